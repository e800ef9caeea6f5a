//! What is shown is what REST shows, in every field of every kind of row.

use serde_json::{Map, Value as Json, json};

use super::{Asks, KINDS, address};
use crate::attachments;
use crate::harness::Server;
use crate::rest::{Program, project};

const TYPES: &str =
    "{ __schema { types { kind name fields { name args { name } type { ...of } } inputFields { name } } } }
    fragment of on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// The innermost type.
fn named(of: &Json) -> &Json {
    if of["ofType"].is_null() { of } else { named(&of["ofType"]) }
}

fn snake(name: &str) -> String {
    let each = name
        .chars()
        .map(|one| if one.is_ascii_uppercase() { format!("_{}", one.to_ascii_lowercase()) } else { one.into() });
    each.collect()
}

/// A selection of every field of a type that REST shows, and of rows their ids.
fn selection(types: &[Json], name: &str) -> String {
    let rows: Vec<&str> = KINDS.iter().map(|(name, ..)| *name).collect();
    let of = types.iter().find(|one| one["name"] == name).unwrap();
    let beyond = ["history", "conflicts", "author"];
    let fields = of["fields"].as_array().unwrap().iter();
    let fields = fields.filter(|one| one["args"] == json!([]) && !beyond.contains(&one["name"].as_str().unwrap()));
    let field = |one: &Json| {
        let (field, of) = (one["name"].as_str().unwrap(), named(&one["type"]));
        match of["name"].as_str().unwrap() {
            row if rows.contains(&row) => format!("{field} {{ id }}"),
            object if of["kind"] == "OBJECT" => format!("{field} {}", selection(types, object)),
            _ => field.to_owned(),
        }
    };
    format!("{{ {} }}", fields.map(field).collect::<Vec<_>>().join(" "))
}

/// As REST would show it: names with lines between their words, rows as their ids, values of enums in small letters.
fn as_rest(name: &str, shown: &Json) -> Json {
    match shown {
        Json::Object(object) if object.len() == 1 && object.contains_key("id") => object["id"].clone(),
        Json::Object(object) if object.contains_key("choices") => {
            let kind = as_rest("kind", &object["kind"]);
            if kind == "choice" { json!({ "choice": object["choices"] }) } else { kind }
        }
        // Any JSON is as it is.
        _ if ["custom", "access"].contains(&name) => shown.clone(),
        Json::Object(object) => {
            let each = object.iter().map(|(name, one)| (snake(name), as_rest(&snake(name), one)));
            Json::Object(each.collect::<Map<_, _>>())
        }
        Json::Array(all) => all.iter().map(|one| as_rest(name, one)).collect(),
        Json::String(text) if ["status", "priority", "role", "unit", "from", "kind"].contains(&name) => {
            json!(text.to_lowercase())
        }
        other => other.clone(),
    }
}

#[tokio::test]
async fn every_field_of_every_row_is_as_by_rest() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let me = json!(ines.session.account.user);
    let project = project(&ines).await;
    let make = async |name: &str, input: Json| {
        let create = format!("mutation($input: New{name}!) {{ create{name}(input: $input) {{ id }} }}");
        program.data(&create, json!({ "input": input })).await[format!("create{name}")]["id"].take()
    };
    let section = make("Section", json!({ "name": "Sails", "project": project, "icon": "⚓", "order": "b1" })).await;
    let field = json!({ "name": "Size", "fieldType": { "kind": "CHOICE", "choices": ["small", "large"] } });
    let field = make("CustomField", field).await;
    let other = make("Task", json!({ "title": "Buy twine", "project": project })).await;
    let task = json!({
        "title": "Mend the net", "description": "With *twine*", "notes": "Today", "project": project, "section": section,
        "parent": other, "order": "a1", "status": "IN_PROGRESS", "priority": "HIGH", "due": "2026-03-01",
        "start": "2026-02-01", "assignees": [me], "estimate": 4_000_000_000_u32, "tags": ["ops", "net"],
        "recurrence": { "every": 2, "unit": "WEEK", "from": "COMPLETION" }, "reminders": ["2026-03-01T09:00:00Z"],
        "reference": { "provider": "github", "id": "7" }, "custom": { field.as_str().unwrap(): "large" },
    });
    let task = make("Task", task).await;
    let facts = attachments::facts(b"Hello");
    let file = json!({ "mediaType": facts.media_type, "bytes": facts.bytes, "sha256": facts.sha256 });
    let comment = make("Comment", json!({ "body": "Which colour?", "task": task })).await;
    let rows = [
        ("Project", make("Project", json!({ "name": "Harbour", "private": true, "color": "#123456" })).await),
        ("Section", section),
        ("Task", task.clone()),
        ("Comment", make("Comment", json!({ "body": "Red", "task": task, "replyTo": comment })).await),
        ("Attachment", make("Attachment", json!({ "name": "a.txt", "task": task, "file": file })).await),
        ("CustomField", field),
        ("CustomField", make("CustomField", json!({ "name": "Depth", "fieldType": { "kind": "NUMBER" } })).await),
        ("SavedView", make("SavedView", json!({ "name": "Late", "filter": "{\"is\":{\"overdue\":true}}" })).await),
        ("Member", me),
    ];
    let types = program.data(TYPES, json!({})).await;
    let types = types["__schema"]["types"].as_array().unwrap();
    for (name, id) in rows {
        let (_, one, rest) = KINDS.iter().find(|(kind, ..)| *kind == name).unwrap();
        let query = format!("query($id: ID!) {{ {one}(id: $id) {} }}", selection(types, name));
        let shown = program.data(&query, json!({ "id": id })).await;
        let shown = as_rest(one, &shown[one]);
        assert_eq!(shown, program.get(&address(rest, &id)).await, "{name}");
    }
}

#[tokio::test]
async fn what_belongs_together_is_asked_for_together() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let project = project(&ines).await;
    let section = "mutation($project: ID!) { createSection(input: { name: \"Sails\", project: $project }) { id } }";
    let section = program.data(section, json!({ "project": project })).await["createSection"]["id"].take();
    let create = "mutation($input: NewTask!) { createTask(input: $input) { id project { id } section { name } author { name } } }";
    let me = json!(ines.session.account.user);
    let input = json!({ "title": "Mend the net", "project": project, "section": section, "assignees": [me] });
    let made = program.data(create, json!({ "input": input })).await["createTask"].take();
    let task = made["id"].clone();
    let author = json!({ "name": "Ines Okafor" });
    let whole = json!({ "id": task, "project": { "id": project }, "section": { "name": "Sails" }, "author": author });
    assert_eq!(made, whole, "also right after it was made");
    let part =
        program.data(create, json!({ "input": { "title": "Buy twine", "project": project, "parent": task } })).await;
    let comment = "mutation($input: NewComment!) { createComment(input: $input) { id } }";
    let first = json!({ "input": { "body": "Which colour?", "task": task } });
    let first = program.data(comment, first).await["createComment"]["id"].take();
    program.data(comment, json!({ "input": { "body": "Red", "task": task, "replyTo": first } })).await;

    let query = "query($id: ID!, $project: ID!) {
        organization { name version }
        me { email role }
        devices { name current }
        task(id: $id) {
          assignees { name } subtasks { nodes { id parent { id } } }
          comments { nodes { body author { name } replyTo { body } replies { nodes { body } } task { id } } }
          history { nodes { version author { member { name } deviceName } operation } }
        }
        project(id: $project) { sections { nodes { name tasks { nodes { id } } } } tasks { nodes { id } } }
      }";
    let all = program.data(query, json!({ "id": task, "project": project })).await;
    assert_eq!(all["organization"]["name"], "Saltmarsh");
    assert_eq!(all["me"], json!({ "email": "ines@saltmarsh.example", "role": "OWNER" }));
    assert_eq!(all["devices"], json!([{ "name": "test", "current": false }]));
    assert_eq!(all["task"]["assignees"], json!([author]));
    assert_eq!(all["task"]["subtasks"]["nodes"], json!([{ "id": part["createTask"]["id"], "parent": { "id": task } }]));
    let (red, which) = (json!({ "body": "Red" }), json!({ "body": "Which colour?" }));
    let comments = json!([
        { "body": "Which colour?", "author": author, "replyTo": null, "replies": { "nodes": [red] }, "task": { "id": task } },
        { "body": "Red", "author": author, "replyTo": which, "replies": { "nodes": [] }, "task": { "id": task } },
    ]);
    assert_eq!(all["task"]["comments"]["nodes"], comments);
    let history = all["task"]["history"]["nodes"].as_array().unwrap();
    assert_eq!(history[0]["author"], json!({ "member": author, "deviceName": "Nightly report" }));
    assert!(history.iter().any(|one| one["operation"].get("create@1").is_some()), "{history:?}");
    let sections = json!([{ "name": "Sails", "tasks": { "nodes": [{ "id": task }] } }]);
    assert_eq!(all["project"]["sections"]["nodes"], sections);
    assert_eq!(all["project"]["tasks"]["nodes"].as_array().unwrap().len(), 2);
}
