use serde_json::json;
use shared::clock::Stamp;
use shared::ids::{ProjectId, UserId};
use shared::merge::{self, Around};
use uuid::Uuid;

use super::*;

fn stamp(ver: u64) -> Stamp {
    Stamp { actor: 1, ctr: ver, ver, ctx: ver - 1, at: 1_767_225_600_000 }
}

fn object(json: Json) -> Object {
    match json {
        Json::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

const TASK: TaskId = TaskId(Uuid::from_u128(7));
const PROJECT: ProjectId = ProjectId(Uuid::from_u128(8));

fn apply(row: &mut Option<Row>, op: &Op, ver: u64) {
    op.validate(shared::mutation::Author::Member).unwrap();
    merge::apply(row, op, stamp(ver), &Around::default()).unwrap();
}

/// A task made of an object.
fn made(body: Json) -> Row {
    let types = FieldTypes::from([(CustomFieldId(Uuid::from_u128(1)), FieldType::Number)]);
    let mut row = None;
    apply(&mut row, &Op::Create(create(TASK.into(), &object(body), &types).unwrap()), 1);
    row.unwrap()
}

fn patched(row: &Row, body: Json) -> Row {
    let mut row = Some(row.clone());
    for (op, ver) in patch(row.as_ref().unwrap(), &object(body), &FieldTypes::new()).unwrap().iter().zip(2..) {
        apply(&mut row, op, ver);
    }
    row.unwrap()
}

#[test]
fn what_is_shown_can_be_written_again_and_changes_nothing() {
    let row = made(json!({
        "title": "Mend the net", "description": "By *Friday*", "project": PROJECT, "status": "in_progress",
        "priority": "high", "due": "2026-03-01", "tags": ["ops", "später"], "assignees": [Uuid::from_u128(3)],
        "reminders": ["2026-02-28T09:00:00Z"], "estimate": 30, "custom": { (Uuid::from_u128(1).to_string()): 2.5 },
        "recurrence": { "every": 1, "unit": "week", "from": "due" }, "reference": { "provider": "github", "id": "7" },
    }));
    let shown = show(&row);
    assert_eq!(patch(&row, &shown, &FieldTypes::new()), Ok(Vec::new()));
    for (key, value) in [
        ("title", json!("Mend the net")),
        ("status", json!("in_progress")),
        ("due", json!("2026-03-01")),
        ("reminders", json!(["2026-02-28T09:00:00Z"])),
        ("project", json!(PROJECT)),
        ("section", json!(null)),
        ("key", json!(null)),
        ("deleted", json!(false)),
        ("version", json!(1)),
        ("created_at", json!("2026-01-01T00:00:00Z")),
    ] {
        assert_eq!(shown[key], value, "{key}");
    }
}

#[test]
fn a_patch_changes_what_it_names_and_null_empties() {
    let row = made(json!({ "title": "Mend the net", "project": PROJECT, "due": "2026-03-01", "tags": ["ops"] }));
    let row = patched(&row, json!({ "title": "Mend the nets", "due": null, "tags": ["web"], "priority": "low" }));
    let shown = show(&row);
    assert_eq!(
        (&shown["title"], &shown["due"], &shown["tags"], &shown["priority"]),
        (&json!("Mend the nets"), &json!(null), &json!(["web"]), &json!("low"))
    );
    assert_eq!(show(&patched(&row, json!({ "deleted": true })))["deleted"], json!(true));
}

#[test]
fn what_goes_to_another_project_leaves_its_section_and_its_parent() {
    let section = Uuid::from_u128(21);
    let row = made(json!({ "title": "Mend", "project": PROJECT, "section": section, "parent": Uuid::from_u128(22) }));
    let moved = show(&patched(&row, json!({ "project": Uuid::from_u128(9) })));
    assert_eq!((&moved["section"], &moved["parent"]), (&json!(null), &json!(null)));
    let kept = show(&patched(&row, json!({ "project": PROJECT, "parent": null })));
    assert_eq!((&kept["section"], &kept["parent"]), (&json!(section), &json!(null)));
}

#[test]
fn what_cannot_be_taken_is_said_by_name() {
    let row = made(json!({ "title": "Mend", "project": PROJECT }));
    let problem = |body: Json| patch(&row, &object(body), &FieldTypes::new()).unwrap_err().to_string();
    for (body, part) in [
        (json!({ "titel": "x" }), "no field `titel`"),
        (json!({ "status": "finished" }), "`status` must be a status: backlog"),
        (json!({ "due": "tomorrow" }), "`due` must be a date"),
        (json!({ "estimate": -1 }), "`estimate` must be a whole number"),
        (json!({ "tags": "ops" }), "`tags` must be a list"),
        (json!({ "key": "HAR-1" }), "`key` cannot be changed"),
        (json!({ "created_at": "2026-01-01T00:00:00Z ago" }), "`created_at` cannot be changed"),
        (json!({ "custom": { "7": 1 } }), "no field `custom.7`"),
        (json!({ "body": "x" }), "no field `body`"),
        (json!({ "filed": true }), "no field `filed`"),
        (json!({ "deleted": "yes" }), "`deleted` must be"),
    ] {
        assert!(problem(body.clone()).contains(part), "{body}: {}", problem(body.clone()));
    }
}

#[test]
fn a_comment_is_about_a_task_and_stays_there() {
    let id = EntityId::Comment(shared::ids::CommentId(Uuid::from_u128(5)));
    let types = FieldTypes::new();
    assert!(create(id, &object(json!({ "body": "Yes" })), &types).is_err());
    let made = create(id, &object(json!({ "body": "Yes", "task": TASK })), &types).unwrap();
    let mut row = None;
    apply(&mut row, &Op::Create(made), 1);
    let row = row.unwrap();
    assert_eq!(show(&row)["task"], json!(TASK));
    let moved = patch(&row, &object(json!({ "task": Uuid::from_u128(9) })), &types);
    assert_eq!(moved, Err(InvalidResource::Fixed("task".into())));
}

#[test]
fn roles_in_a_project_are_named_by_person() {
    let (id, types) = (EntityId::Project(PROJECT), FieldTypes::new());
    let mut row = None;
    apply(&mut row, &Op::Create(create(id, &object(json!({ "name": "Harbour" })), &types).unwrap()), 1);
    let ada = UserId(Uuid::from_u128(3));
    let body = object(json!({ "access": { (ada.to_string()): "guest" }, "private": true }));
    for (op, ver) in patch(row.as_ref().unwrap(), &body, &types).unwrap().iter().zip(2..) {
        apply(&mut row, op, ver);
    }
    let shown = show(row.as_ref().unwrap());
    assert_eq!((&shown["access"][ada.to_string()], &shown["private"]), (&json!("guest"), &json!(true)));
}
