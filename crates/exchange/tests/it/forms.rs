//! Files of other programs, as these write them: what comes of them.

use serde_json::{Value as Json, json};
use shared::ids::{Kind, ProjectId, UserId};
use uuid::Uuid;

use crate::support::{INES, Organization};
use tern_exchange::read::Source;

/// Asserts that a row says this, and whatever else.
fn says(row: &Json, wanted: &Json) {
    for (name, value) in wanted.as_object().unwrap() {
        assert_eq!(&row[name], value, "{name} of {row}");
    }
}

const TRELLO_BOARD: &str = r#"{
  "id": "b1", "name": "Boats", "desc": "", "labels": [],
  "lists": [{"id": "l1", "name": "Doing", "closed": false, "pos": 1}, {"id": "l2", "name": "Ideas board", "closed": false, "pos": 2}],
  "members": [{"id": "m1", "fullName": "Ines Okafor", "username": "ines"}],
  "cards": [
    {"id": "c2", "name": "Paint the hull", "desc": "", "closed": true, "idList": "l2", "pos": 2, "due": null, "idMembers": [], "labels": []},
    {"id": "c1", "name": "Mend the net", "desc": "By *Friday*", "closed": false, "idList": "l1", "pos": 1,
     "due": "2026-03-01T12:00:00.000Z", "start": null, "dueComplete": false, "idMembers": ["m1"],
     "labels": [{"id": "x", "name": "ops", "color": "green"}, {"id": "y", "name": "", "color": "red"}]}
  ],
  "checklists": [{"id": "k1", "idCard": "c1", "name": "Steps", "checkItems": [
    {"id": "i1", "name": "Buy twine", "state": "complete"}, {"id": "i2", "name": "Knots", "state": "incomplete"}]}],
  "actions": [
    {"type": "commentCard", "date": "2026-02-02T10:00:00.000Z", "data": {"text": "Second", "card": {"id": "c1"}}, "memberCreator": {"id": "m2", "fullName": "Ada"}},
    {"type": "updateCard", "date": "2026-02-01T10:00:00.000Z", "data": {"card": {"id": "c1"}}},
    {"type": "commentCard", "date": "2026-02-01T10:00:00.000Z", "data": {"text": "First", "card": {"id": "c1"}}, "memberCreator": {"id": "m2", "fullName": "Ada"}}
  ]
}"#;

#[test]
fn a_board_of_trello() {
    let mut organization = Organization::new();
    let report = organization.import(TRELLO_BOARD, None).unwrap();
    assert_eq!((report.format, report.problems.len()), ("trello", 0), "{report:?}");
    let net = organization.task("Mend the net");
    says(
        &net,
        &json!({
            "description": "By *Friday*", "status": "in_progress", "due": "2026-03-01", "assignees": [INES],
            "tags": ["ops", "red"], "reference": { "provider": "trello", "id": "c1" },
        }),
    );
    assert_eq!(organization.name_of(Kind::Section, &net["section"]), "Doing");
    assert_eq!(organization.name_of(Kind::Project, &net["project"]), "Boats");
    says(&organization.task("Paint the hull"), &json!({ "status": "done" }));
    says(&organization.task("Buy twine"), &json!({ "status": "done", "parent": net["id"] }));
    says(&organization.task("Knots"), &json!({ "status": "todo", "parent": net["id"] }));
    let order = |title: &str| organization.task(title)["order"].as_str().unwrap().to_owned();
    assert!(order("Mend the net") < order("Paint the hull"), "as on the board");
    let comments: Vec<Json> = organization.of(Kind::Comment).iter().map(|one| one["body"].clone()).collect();
    assert_eq!(comments, ["Ada, 2026-02-01:\n\nFirst", "Ada, 2026-02-02:\n\nSecond"]);
    let again = organization.import(TRELLO_BOARD, None).unwrap();
    assert!(again.made.is_empty() && again.there["task"] == 4, "{again:?}");
}

#[test]
fn cards_of_trello() {
    let file = "Card ID,Card Name,Card URL,Card Description,Labels,Members,Due Date,Attachment Count,List ID,List Name,Board ID,\
                Board Name,Archived,Start Date,Due Complete\n\
                c1,Mend the net,https://x.example/c1,By Friday,\"ops (green), Sea (light) (blue)\",Ines Okafor,\
                2026-03-01T12:00:00.000Z,0,l1,Doing,b1,Boats,false,,false\n\
                c2,Paint,,,,Somebody,,0,l1,Doing,b1,Boats,true,,false\n";
    let mut organization = Organization::new();
    let report = organization.import(file, None).unwrap();
    assert_eq!((report.format, report.problems.len()), ("trello", 1), "{report:?}");
    let net =
        json!({ "tags": ["Sea (light)", "ops"], "assignees": [INES], "due": "2026-03-01", "status": "in_progress" });
    says(&organization.task("Mend the net"), &net);
    says(&organization.task("Paint"), &json!({ "status": "done", "notes": "Was assigned to: Somebody" }));
    assert_eq!(report.mapped.columns["Card URL"], None);
}

#[test]
fn a_project_of_asana() {
    let file = "Task ID,Created At,Completed At,Last Modified,Name,Section/Column,Assignee,Assignee Email,Start Date,Due Date,\
                Tags,Notes,Projects,Parent task,Priority,Size\n\
                1,2026-01-01,,2026-01-02,Mend the net,To do,Somebody Else,ines@saltmarsh.example,2026-02-01,2026-03-01,\
                \"ops,sea\",\"Two\nlines\",\"Boats,Harbour\",,High,\n\
                2,2026-01-01,2026-01-05,2026-01-05,Buy twine,To do,Nobody,,,,,,Boats,Mend the net,,\n\
                3,2026-01-01,,,Lost,Review,,,,03/04/2026,,,Boats,Not there,,\n";
    let mut organization = Organization::new();
    let report = organization.import(file, None).unwrap();
    let net = organization.task("Mend the net");
    says(
        &net,
        &json!({
            "status": "todo", "priority": "high", "assignees": [INES], "start": "2026-02-01", "due": "2026-03-01",
            "tags": ["ops", "sea"], "description": "Two\nlines", "reference": null,
        }),
    );
    assert_eq!(organization.name_of(Kind::Project, &net["project"]), "Boats");
    let twine = json!({ "status": "done", "parent": net["id"], "notes": "Was assigned to: Nobody" });
    says(&organization.task("Buy twine"), &twine);
    says(&organization.task("Lost"), &json!({ "status": "in_review", "parent": null, "due": null }));
    let columns: Vec<_> = report.problems.iter().map(|one| one.column.clone().unwrap()).collect();
    assert_eq!(columns, ["people", "due date", "parent"], "{report:?}");
}

#[test]
fn issues_of_linear() {
    let file = "\"ID\",\"Team\",\"Title\",\"Description\",\"Status\",\"Estimate\",\"Priority\",\"Project ID\",\"Project\",\"Creator\",\
                \"Assignee\",\"Labels\",\"Cycle Number\",\"Cycle Name\",\"Created\",\"Updated\",\"Started\",\"Completed\",\"Canceled\",\
                \"Due Date\",\"Parent issue\",\"Project Milestone\"\n\
                \"ENG-1\",\"Engineering\",\"Ship\",\"Plan\",\"In Progress\",\"3\",\"Urgent\",\"\",\"\",\"x\",\"ines@saltmarsh.example\",\
                \"Bug, Customer\",\"\",\"\",\"2026-01-05T10:00:00.000Z\",\"\",\"\",\"\",\"\",\"2026-02-01\",\"\",\"Beta\"\n\
                \"ENG-2\",\"Engineering\",\"Fix\",\"\",\"Parked\",\"\",\"No priority\",\"\",\"Roadmap\",\"x\",\"\",\"\",\"\",\"\",\"\",\"\",\
                \"\",\"\",\"2026-01-06T10:00:00.000Z\",\"\",\"ENG-1\",\"\"\n";
    let mut organization = Organization::new();
    let report = organization.import(file, None).unwrap();
    assert_eq!((report.format, report.problems.len()), ("linear", 1), "{report:?}");
    let ship = organization.task("Ship");
    says(
        &ship,
        &json!({
            "status": "in_progress", "priority": "urgent", "estimate": 3, "assignees": [INES], "tags": ["Bug", "Customer"],
            "due": "2026-02-01", "reference": { "provider": "linear", "id": "ENG-1" },
        }),
    );
    assert_eq!(organization.name_of(Kind::Project, &ship["project"]), "Engineering");
    assert_eq!(organization.name_of(Kind::Section, &ship["section"]), "Beta");
    let fix = organization.task("Fix");
    says(&fix, &json!({ "status": "cancelled", "priority": "none", "parent": ship["id"] }));
    assert_eq!(organization.name_of(Kind::Project, &fix["project"]), "Roadmap");
}

#[test]
fn rows_that_say_the_same_are_two_and_stay_two() {
    let file = "title,project\nMend,Boats\nMend,boats \nMend,Nets\n";
    let mut organization = Organization::new();
    let report = organization.import(file, None).unwrap();
    assert_eq!((report.made["task"], report.made["project"]), (3, 2));
    // Another row before them makes no others of them.
    let more = "title,project\nPaint,Boats\nMend,Boats\nMend,boats \nMend,Nets\n";
    let report = organization.import(more, None).unwrap();
    assert_eq!((report.made["task"], report.there["task"]), (1, 3), "{report:?}");
    let into = organization.import_into(file, None, Some(ProjectId(Uuid::from_u128(0xb))));
    assert!(into.unwrap().problems.iter().all(|one| one.reason.contains("neither in the file nor here")));
}

#[test]
fn of_two_people_of_one_name_nobody_is_meant() {
    let mut organization = Organization::new();
    organization.add_member(UserId(Uuid::from_u128(0xd)), "Ines Okafor", "other@saltmarsh.example");
    let file = "title,assignees\nOne,ines okafor\nTwo,OTHER@saltmarsh.example\nThree,\"\"\"Okafor, Ines\"\", x\"\n";
    organization.import(file, Some(Source::Csv)).unwrap();
    says(&organization.task("One"), &json!({ "assignees": [], "notes": "Was assigned to: ines okafor" }));
    says(&organization.task("Two"), &json!({ "assignees": [Uuid::from_u128(0xd)] }));
    says(&organization.task("Three"), &json!({ "notes": "Was assigned to: Okafor, Ines, x" }));
    assert_eq!(organization.titles().len(), 3);
}
