//! Changes: of every kind of row, merged as by REST, each done wholly or not at all.

use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Asks, address, task};
use crate::attachments;
use crate::audit::audit;
use crate::harness::{Server, footprint};
use crate::rest::{Program, good, project};

/// Every kind that is written: its type, its address by REST, what makes one, and a text of it.
async fn kinds(program: &Program<'_>, project: &Json) -> Vec<(&'static str, &'static str, Json, &'static str)> {
    let task = task(program, project, "Mend the net").await;
    let facts = attachments::facts(b"Hello");
    let file = json!({ "mediaType": facts.media_type, "bytes": facts.bytes, "sha256": facts.sha256 });
    vec![
        ("Project", "projects", json!({ "name": "Harbour" }), "name"),
        ("Section", "sections", json!({ "name": "Sails", "project": project }), "name"),
        ("Task", "tasks", json!({ "title": "Buy twine", "project": project }), "title"),
        ("Comment", "comments", json!({ "body": "Which colour?", "task": task }), "body"),
        ("Attachment", "attachments", json!({ "name": "a.txt", "task": task, "file": file }), "name"),
        ("CustomField", "fields", json!({ "name": "Size", "fieldType": { "kind": "TEXT" } }), "name"),
        ("SavedView", "views", json!({ "name": "Late", "filter": "{}" }), "name"),
    ]
}

#[tokio::test]
async fn every_kind_of_row_is_made_changed_deleted_and_brought_back() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let project = project(&ines).await;
    for (name, rest, input, text) in kinds(&program, &project).await {
        let shows = format!("{{ id {text} deleted version }}");
        let change = async |field: &str, arguments: &str, given: &str, variables: Json| {
            let query = format!("mutation({arguments}) {{ done: {field}{name}({given}) {shows} }}");
            program.data(&query, variables).await["done"].take()
        };
        // The client may choose the id.
        let id = json!(Uuid::now_v7());
        let mut chosen = input.clone();
        chosen["id"] = id.clone();
        let create = json!({ "input": chosen });
        let made = change("create", &format!("$input: New{name}!"), "input: $input", create.clone()).await;
        assert_eq!((&made["id"], &made[text], &made["deleted"]), (&id, &input[text], &json!(false)), "{name}");
        let again = format!("mutation($input: New{name}!) {{ create{name}(input: $input) {{ id }} }}");
        assert_eq!(program.refused(&again, create).await, "ALREADY_REGISTERED", "{name}");
        let arguments = format!("$id: ID!, $input: Changed{name}!");
        let variables = json!({ "id": id, "input": { text: "Another" } });
        let changed = change("update", &arguments, "id: $id, input: $input", variables).await;
        assert_eq!(changed[text], "Another", "{name}");
        assert!(changed["version"].as_u64() > made["version"].as_u64(), "{name}");
        let gone = change("delete", "$id: ID!", "id: $id", json!({ "id": id })).await;
        assert_eq!(gone["deleted"], true, "{name}");
        let back = change("restore", "$id: ID!", "id: $id", json!({ "id": id })).await;
        assert_eq!((&back["deleted"], &back[text]), (&json!(false), &json!("Another")), "{name}");
        let by_rest = program.get(&address(rest, &id)).await;
        assert_eq!((&by_rest["version"], &by_rest[text]), (&back["version"], &back[text]), "{name}");
    }
    audit(&server).await;
}

#[tokio::test]
async fn several_are_changed_in_one_field_each_by_itself() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let project = project(&ines).await;
    let create = "mutation($inputs: [NewTask!]!) { createTasks(inputs: $inputs) { item { id title } problem { type status detail } } }";
    let inputs = json!([
        { "title": "One", "project": project }, { "title": "", "project": project }, { "title": "Three", "project": project },
    ]);
    let made = program.data(create, json!({ "inputs": inputs })).await["createTasks"].take();
    let titles: Vec<&Json> = made.as_array().unwrap().iter().map(|one| &one["item"]["title"]).collect();
    assert_eq!(titles, [&json!("One"), &Json::Null, &json!("Three")]);
    assert_eq!((&made[1]["problem"]["status"], &made[0]["problem"]), (&json!(422), &Json::Null));
    let update =
        "mutation($inputs: [TaskChange!]!) { updateTasks(inputs: $inputs) { item { title } problem { status } } }";
    let inputs = json!([
        { "id": made[0]["item"]["id"], "input": { "title": "Uno" } },
        { "id": Uuid::now_v7(), "input": { "title": "Due" } },
        { "id": made[2]["item"]["id"], "input": { "title": "Tre" }, "ifVersion": 1 },
    ]);
    let changed = program.data(update, json!({ "inputs": inputs })).await["updateTasks"].take();
    let came = json!([
        { "item": { "title": "Uno" }, "problem": null }, { "item": null, "problem": { "status": 404 } },
        { "item": null, "problem": { "status": 412 } },
    ]);
    assert_eq!(changed, came);
    let many: Vec<Json> = (0..101).map(|_| json!({ "title": "x", "project": project })).collect();
    assert_eq!(program.refused(create, json!({ "inputs": many })).await, "INVALID_REQUEST");
    // One field that is refused does not touch the others.
    let both = "mutation($project: ID!) {
        bad: createTask(input: { title: \"\", project: $project }) { id }
        good: createTask(input: { title: \"Four\", project: $project }) { title project { name } }
      }";
    let answer = program.answer(both, json!({ "project": project })).await;
    assert_eq!(answer["data"]["good"]["title"], "Four");
    assert_eq!((&answer["data"]["bad"], &answer["errors"][0]["path"]), (&Json::Null, &json!(["bad"])), "{answer}");
}

#[tokio::test]
async fn what_is_left_out_stays_and_null_empties() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let me = json!(ines.session.account.user);
    let input = json!({
        "title": "Mend the net", "project": project(&ines).await, "due": "2026-03-01", "estimate": 3, "assignees": [me],
        "recurrence": { "every": 1, "unit": "WEEK", "from": "DUE" }, "description": "With twine",
    });
    let create = "mutation($input: NewTask!) { createTask(input: $input) { id } }";
    let id = program.data(create, json!({ "input": input })).await["createTask"]["id"].take();
    let update = "mutation($id: ID!, $input: ChangedTask!) { updateTask(id: $id, input: $input) {
        due estimate assignees { id } recurrence { every unit from } description } }";
    let changed =
        async |input: Json| program.data(update, json!({ "id": id, "input": input })).await["updateTask"].take();
    let weekly = json!({ "every": 1, "unit": "WEEK", "from": "DUE" });
    let as_it_was = json!({
        "due": "2026-03-01", "estimate": 3, "assignees": [{ "id": me }], "recurrence": weekly, "description": "With twine",
    });
    assert_eq!(changed(json!({})).await, as_it_was);
    let mut without_due = as_it_was.clone();
    without_due["due"] = Json::Null;
    assert_eq!(changed(json!({ "due": null })).await, without_due);
    let emptied = json!({ "estimate": null, "assignees": null, "recurrence": null, "description": null });
    let empty = json!({ "due": null, "estimate": null, "assignees": [], "recurrence": null, "description": "" });
    assert_eq!(changed(emptied).await, empty);
    // Also where it is written in the query, and where a variable is left out.
    let literal = format!(
        "mutation($due: Date) {{ updateTask(id: {id}, input: {{ due: $due, estimate: 5, priority: URGENT }}) {{ due estimate priority }} }}"
    );
    let given = program.data(&literal, json!({ "due": "2026-04-01" })).await["updateTask"].take();
    assert_eq!(given, json!({ "due": "2026-04-01", "estimate": 5, "priority": "URGENT" }));
    let left_out = program.data(&literal, json!({})).await["updateTask"].take();
    assert_eq!(left_out["due"], "2026-04-01", "a variable that is not given is a field that is left out");
}

#[tokio::test]
async fn a_change_on_what_one_has_seen_is_merged_or_refused() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let id = task(&program, &project(&ines).await, "Hello world").await;
    let seen = program.get(&address("tasks", &id)).await["version"].clone();
    let update = "mutation($id: ID!, $title: String, $version: Int, $ifVersion: Int) {
        updateTask(id: $id, input: { title: $title }, version: $version, ifVersion: $ifVersion) { title version } }";
    program.data(update, json!({ "id": id, "title": "Hello beautiful world" })).await;
    let merged = program.data(update, json!({ "id": id, "title": "Hello world!", "version": seen })).await;
    assert_eq!(merged["updateTask"]["title"], "Hello beautiful world!");
    let stale = json!({ "id": id, "title": "Nothing", "ifVersion": seen });
    assert_eq!(program.refused(update, stale).await, "CHANGED");
    let fresh = json!({ "id": id, "title": "Hello", "ifVersion": merged["updateTask"]["version"] });
    assert_eq!(program.data(update, fresh).await["updateTask"]["title"], "Hello");
    // Of done and cancelled no rule decides: a person should look.
    let conflicts =
        "query($id: ID!) { task(id: $id) { unsettled conflicts { field values { value version author { name } } } } }";
    assert_eq!(program.data(conflicts, json!({ "id": id })).await["task"], json!({ "unsettled": [], "conflicts": [] }));
    let set = "mutation($id: ID!, $status: Status, $version: Int) {
        updateTask(id: $id, input: { status: $status }, version: $version) { version } }";
    let seen = program.data(set, json!({ "id": id, "status": "IN_REVIEW" })).await["updateTask"]["version"].clone();
    program.data(set, json!({ "id": id, "status": "DONE" })).await;
    let phone = Program::of(&ines, "write").await;
    phone.data(set, json!({ "id": id, "status": "CANCELLED", "version": seen })).await;
    let found = program.data(conflicts, json!({ "id": id })).await["task"].take();
    assert_eq!(found["unsettled"], program.get(&address("tasks", &id)).await["unsettled"]);
    assert_eq!((&found["unsettled"], &found["conflicts"][0]["field"]), (&json!(["status"]), &json!("status")));
    let values = found["conflicts"][0]["values"].as_array().unwrap();
    let by = |value: &Json| (value["value"].clone(), value["author"]["name"].clone());
    assert_eq!(
        values.iter().map(by).collect::<Vec<_>>(),
        [(json!("done"), json!("Ines Okafor")), (json!("cancelled"), json!("Ines Okafor"))]
    );
}

#[tokio::test]
async fn a_request_under_a_key_is_done_once() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let project = project(&ines).await;
    let create = "mutation($project: ID!) {
        one: createTask(input: { title: \"One\", project: $project }) { id }
        two: createTask(input: { title: \"Two\", project: $project }) { id project { name } }
      }";
    let under = async |key: &str, query: &str| {
        let body = json!({ "query": query, "variables": { "project": project } });
        good(program.door().header("Idempotency-Key", key).json(&body).send().await.unwrap(), StatusCode::OK).await
    };
    let key = "k".repeat(255);
    let first = under(&key, create).await;
    assert!(first["data"]["two"]["project"]["name"].is_string(), "{first}");
    let done = footprint(&server).await;
    assert_eq!(under(&key, create).await, first);
    assert_eq!(footprint(&server).await, done, "nothing is done again");
    let other = under(&key, &create.replace("One", "Uno")).await;
    let codes: Vec<&Json> = other["errors"].as_array().unwrap().iter().map(|one| &one["extensions"]["code"]).collect();
    assert_eq!(codes, ["KEY_USED", "KEY_USED"]);
    let by_rest = program.request(Method::POST, "/api/tasks").header("Idempotency-Key", &key);
    let by_rest = by_rest.json(&json!({ "title": "x", "project": project })).send().await.unwrap();
    assert_eq!(by_rest.status(), StatusCode::UNPROCESSABLE_ENTITY, "a key is its token's own, at every address");
    assert_eq!(footprint(&server).await, done);
}

#[tokio::test]
async fn devices_are_named_and_signed_out_by_people() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let phone = server.login("ines@saltmarsh.example", Uuid::now_v7()).await;
    let rename = "mutation($id: ID!) { renameDevice(id: $id, name: \"Galley tablet\") { id name } }";
    let renamed = ines.data(rename, json!({ "id": phone.id })).await["renameDevice"].take();
    assert_eq!(renamed, json!({ "id": phone.id, "name": "Galley tablet" }));
    let out = "mutation($id: ID!) { signDeviceOut(id: $id) }";
    let program = Program::of(&ines, "write").await;
    assert_eq!(program.refused(out, json!({ "id": phone.id })).await, "NOT_ALLOWED");
    assert_eq!(ines.data(out, json!({ "id": phone.id })).await, json!({ "signDeviceOut": true }));
    assert_eq!(phone.ask_raw().await, StatusCode::UNAUTHORIZED);
    assert_eq!(ines.refused(out, json!({ "id": phone.id })).await, "NOT_FOUND");
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    assert_eq!(bo.refused("{ devices(user: \"all\") { id } }", json!({})).await, "NOT_ALLOWED");
    let all = ines.data("{ devices(user: \"all\") { id } }", json!({})).await;
    assert_eq!(all["devices"].as_array().unwrap().len(), 2);
}
