//! The forms of other programs, and those that are not complete.

use icalendar::parser::{read_calendar, unfold};
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};

use super::{HOSTILE, export, furnish, import, make, text};
use crate::harness::Server;
use crate::rest::good;

#[tokio::test]
async fn tasks_go_through_a_table_and_back() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    furnish(&ines, &bo).await;
    let table = export(&ines, "format=csv").await;
    assert!(table.starts_with("id,key,title,") && table.contains(",\"'=cmd|"), "no cell is a formula: {table}");
    let eve = server.register("eve@elsewhere.example").await;
    let report = import(&eve, "", table.clone()).await;
    assert_eq!(report["made"], json!({ "project": 1, "section": 1, "task": 2 }), "{report}");
    let of = async |device: &crate::harness::Device<'_>| -> Vec<Json> {
        let tasks = device.request(Method::GET, "/api/tasks?sort=title").send().await.unwrap();
        let mut tasks = good(tasks, StatusCode::OK).await["items"].as_array().unwrap().clone();
        tasks.retain(|task| task["title"] != "In what is gone");
        let shown = |task: &Json| {
            let names = [
                "id",
                "title",
                "description",
                "notes",
                "status",
                "priority",
                "due",
                "start",
                "estimate",
                "tags",
                "parent",
            ];
            names.iter().map(|name| ((*name).to_owned(), task[name].clone())).collect()
        };
        tasks.iter().map(shown).collect()
    };
    let (ours, theirs) = (of(&ines).await, of(&eve).await);
    assert_eq!(ours.len(), 2);
    assert_eq!(theirs, ours);
}

#[tokio::test]
async fn another_parser_reads_the_calendar() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    furnish(&ines, &bo).await;
    let project = json!(ines.project().await);
    let done = json!({ "title": "Done", "project": project, "status": "done", "due": "2026-02-01" });
    make(&ines, "tasks", &done).await;
    let calendar = export(&ines, "format=ics").await;
    assert!(calendar.split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')), "{calendar}");
    let unfolded = unfold(&calendar);
    let read = read_calendar(&unfolded).unwrap();
    let of = |kind: &str| read.components.iter().filter(|one| one.name.as_ref() == kind).collect::<Vec<_>>();
    let (todos, events) = (of("VTODO"), of("VEVENT"));
    assert_eq!((todos.len(), events.len()), (3, 1), "what is done is no event any more");
    let property = |component: &icalendar::parser::Component<'_>, name: &str| {
        component.properties.iter().find(|one| one.name.as_ref() == name).map(|one| one.val.to_string())
    };
    let hostile = todos.iter().find(|one| property(one, "PRIORITY").as_deref() == Some("1")).unwrap();
    let summary = property(hostile, "SUMMARY").unwrap();
    assert!(summary.ends_with(HOSTILE), "{summary}");
    for (name, value) in [
        ("STATUS", "IN-PROCESS"),
        ("DTSTART", "20260131"),
        ("DURATION", "P1D"),
        // On the last of a month that has no 31st.
        ("RRULE", "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=28,29,30,31;BYSETPOS=-1"),
    ] {
        assert_eq!(property(hostile, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(hostile.components.len(), 2, "a reminder each");
    let done = todos.iter().find(|one| property(one, "STATUS").as_deref() == Some("COMPLETED")).unwrap();
    assert_eq!(
        (property(done, "DUE").as_deref(), property(done, "PERCENT-COMPLETE").as_deref()),
        (Some("20260201"), Some("100"))
    );
    let event = events[0];
    assert_eq!(
        (property(event, "DTSTART").as_deref(), property(event, "DTEND").as_deref()),
        (Some("20260131"), Some("20260201"))
    );
    let mut uids: Vec<_> = todos.iter().chain(&events).map(|one| property(one, "UID").unwrap()).collect();
    uids.sort();
    uids.dedup();
    assert_eq!(uids.len(), 4);
}

const TODOIST: &str = "TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE\n\
    section,Sails,,,,,,,,\n\
    task,Mend the net @ops,\"By\nFriday\",1,1,Ada (1),Ines Okafor (2),2026-03-01,en,UTC\n\
    task,Buy twine,,4,2,Ada (1),Nobody (3),every 2 weeks,en,UTC\n\
    note,\"Red, please\",,,,Ada (1),,,,\n\
    task,Paint,,9,1,Ada (1),,next friday,en,UTC\n\
    ,,,,,,,,,\n";

#[tokio::test]
async fn a_project_of_another_program_comes_in_whole() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let report = import(&ines, "", TODOIST).await;
    assert_eq!(
        (&report["format"], &report["made"]),
        (&json!("todoist"), &json!({ "project": 1, "section": 1, "task": 3, "comment": 1 }))
    );
    let problems: Vec<(u64, &str, &str)> = report["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["line"].as_u64().unwrap(), text(&one["column"]), text(&one["value"])))
        .collect();
    assert_eq!(problems, [(5, "people", "Nobody"), (7, "date", "next friday"), (7, "priority", "9")], "{report}");
    assert_eq!(report["mapped"]["people"], json!({ "Ines Okafor": ines.session.account.user, "Nobody": null }));
    let tasks = good(ines.request(Method::GET, "/api/tasks?sort=title").send().await.unwrap(), StatusCode::OK).await;
    let [twine, net, paint] = &tasks["items"].as_array().unwrap()[..] else { panic!("{tasks}") };
    assert_eq!(
        (&net["title"], &net["tags"], &net["priority"]),
        (&json!("Mend the net"), &json!(["ops"]), &json!("urgent"))
    );
    assert_eq!((&net["assignees"], &net["due"]), (&json!([ines.session.account.user]), &json!("2026-03-01")));
    assert_eq!((&twine["parent"], &twine["recurrence"]["every"]), (&net["id"], &json!(2)));
    assert_eq!(twine["notes"], json!("Was assigned to: Nobody"));
    assert!(net["section"] == paint["section"] && net["section"] != Json::Null);
    let order = |task: &Json| text(&task["order"]).to_owned();
    assert!(order(net) < order(twine) && order(twine) < order(paint), "as in the file");
    let comments = good(ines.request(Method::GET, "/api/comments").send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(comments["items"][0]["body"], json!("Ada:\n\nRed, please"));
    let again = import(&ines, "format=todoist", TODOIST).await;
    assert_eq!((&again["made"], &again["there"]), (&json!({}), &json!({ "task": 3, "comment": 1 })), "{again}");
}
