//! Who sees and may do what: as by REST, in every field.

use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Asks, KINDS, task};
use crate::harness::{Device, Server, check, footprint};
use crate::rest::{Program, project};

impl Device<'_> {
    /// With what a small question is answered.
    pub(super) async fn ask_raw(&self) -> StatusCode {
        self.door().json(&json!({ "query": "{ me { id } }" })).send().await.unwrap().status()
    }
}

/// A row of every kind, each in what this one may see.
async fn rows(device: &Device<'_>) -> Vec<(&'static str, &'static str, Json)> {
    let program = Program::of(device, "write").await;
    let project = project(device).await;
    let task = task(&program, &project, "Mend the net").await;
    let facts = crate::attachments::facts(b"Hello");
    let file = json!({ "mediaType": facts.media_type, "bytes": facts.bytes, "sha256": facts.sha256 });
    let mut rows = vec![("Project", "project", project.clone()), ("Task", "task", task.clone())];
    for (name, one, input) in [
        ("Section", "section", json!({ "name": "Sails", "project": project })),
        ("Comment", "comment", json!({ "body": "Red", "task": task })),
        ("Attachment", "attachment", json!({ "name": "a.txt", "task": task, "file": file })),
        ("CustomField", "customField", json!({ "name": "Size", "fieldType": { "kind": "TEXT" } })),
        ("SavedView", "savedView", json!({ "name": "Late", "filter": "{}", "shared": true })),
    ] {
        let create = format!("mutation($input: New{name}!) {{ create{name}(input: $input) {{ id }} }}");
        let mut made = program.data(&create, json!({ "input": input })).await;
        rows.push((name, one, made[format!("create{name}")]["id"].take()));
    }
    rows.push(("Member", "member", json!(device.session.account.user)));
    rows
}

#[tokio::test]
async fn what_is_anothers_is_not_there() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let eve = server.register("eve@elsewhere.example").await;
    let (theirs, own) = (rows(&ines).await, rows(&eve).await);
    let program = Program::of(&eve, "write").await;
    let before = footprint(&server).await;
    let mut tried = 0;
    for (name, one, id) in &theirs {
        for id in [id.clone(), json!(Uuid::now_v7()), json!("x"), json!("")] {
            let query = format!("query($id: ID!) {{ {one}(id: $id) {{ id }} }}");
            assert_eq!(program.refused(&query, json!({ "id": id })).await, "NOT_FOUND", "{name}");
            if *name == "Member" {
                continue;
            }
            for change in [
                format!("update{name}(id: $id, input: {{ }})"),
                format!("update{name}(id: $id, input: {{ }}, ifVersion: 1)"),
                format!("delete{name}(id: $id)"),
                format!("restore{name}(id: $id)"),
            ] {
                let query = format!("mutation($id: ID!) {{ {change} {{ id }} }}");
                assert_eq!(program.refused(&query, json!({ "id": id })).await, "NOT_FOUND", "{change}");
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried}");
    // Lists hold only what is one's own, also those of what is another's.
    for (name, one, _) in KINDS {
        let list = program.data(&format!("{{ {one}s {{ nodes {{ id }} }} }}"), json!({})).await;
        let text = list.to_string();
        assert!(theirs.iter().all(|(.., id)| !text.contains(id.as_str().unwrap())), "{name}: {text}");
        assert!(own.iter().any(|(of, _, id)| *of == name && text.contains(id.as_str().unwrap())), "{name}: {text}");
    }
    let id = |name: &str| theirs.iter().find(|(one, ..)| *one == name).unwrap().2.clone();
    let of = "query($project: ID!, $task: ID!) {
        tasks(project: $project) { nodes { id } } sections(project: $project) { nodes { id } }
        comments(task: $task) { nodes { id } } attachments(task: $task) { nodes { id } }
      }";
    let found = program.data(of, json!({ "project": id("Project"), "task": id("Task") })).await;
    assert!(found.as_object().unwrap().values().all(|list| list["nodes"] == json!([])), "{found}");
    // Nothing can be put there.
    let put = "mutation($project: ID!) { createTask(input: { title: \"x\", project: $project }) { id } }";
    let before_put = program.answer(put, json!({ "project": id("Project") })).await;
    let nowhere = program.answer(put, json!({ "project": Uuid::now_v7() })).await;
    assert!(before_put["errors"].is_array());
    assert_eq!(before_put, nowhere, "what is another's is as what is not there");
    assert_eq!(footprint(&server).await, before);
}

#[tokio::test]
async fn what_is_closed_is_not_shown_by_what_is_open() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let (program, open) = (Program::of(&ines, "write").await, project(&ines).await);
    let closed = "mutation { createProject(input: { name: \"Closed\", private: true }) { id } }";
    let closed = program.data(closed, json!({})).await["createProject"]["id"].take();
    let (seen, hidden) = (task(&program, &open, "Open").await, task(&program, &closed, "Hidden").await);
    let relate = "mutation($id: ID!, $relations: [String!]) { updateTask(id: $id, input: { relations: $relations }) { relations } }";
    program.data(relate, json!({ "id": seen, "relations": [format!("blocks:{}", hidden.as_str().unwrap())] })).await;
    let query = "query($id: ID!) { task(id: $id) { id project { name } history { nodes { version } } } tasks { nodes { title } } }";
    let found = bo.data(query, json!({ "id": seen })).await;
    assert_eq!(found["tasks"]["nodes"], json!([{ "title": "Open" }]));
    assert_eq!(bo.refused("query($id: ID!) { task(id: $id) { id } }", json!({ "id": hidden })).await, "NOT_FOUND");
    let nested = "query($id: ID!) { project(id: $id) { tasks { nodes { title } } } }";
    assert_eq!(bo.refused(nested, json!({ "id": closed })).await, "NOT_FOUND");
    let listed = bo.data("query($id: ID!) { tasks(project: $id) { nodes { title } } }", json!({ "id": closed })).await;
    assert_eq!(listed["tasks"]["nodes"], json!([]));
}

#[tokio::test]
async fn guests_and_programs_that_may_only_read_change_nothing() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let guest = server.join(&ines, "gus@saltmarsh.example").await;
    let (user, project) = (guest.session.account.user, project(&ines).await);
    let role = ines.request(Method::PATCH, &format!("/api/members/{user}")).json(&json!({ "role": "guest" }));
    assert_eq!(role.send().await.unwrap().status(), StatusCode::OK);
    let program = Program::of(&ines, "write").await;
    let let_in = "mutation($id: ID!, $access: JSON) { updateProject(id: $id, input: { access: $access }) { access } }";
    program.data(let_in, json!({ "id": project, "access": { user.to_string(): "guest" } })).await;
    let id = task(&program, &project, "Mend the net").await;

    let seen = guest.data("{ tasks { nodes { id } } }", json!({})).await;
    assert_eq!(seen["tasks"]["nodes"], json!([{ "id": id }]));
    let create = "mutation($project: ID!) { createTask(input: { title: \"x\", project: $project }) { id } }";
    assert_eq!(guest.refused(create, json!({ "project": project })).await, "NOT_ALLOWED");
    let delete = "mutation($id: ID!) { deleteTask(id: $id) { id } }";
    assert_eq!(guest.refused(delete, json!({ "id": id })).await, "NOT_ALLOWED");
    let comment = "mutation($task: ID!) { createComment(input: { body: \"Red\", task: $task }) { author { name } } }";
    assert_eq!(guest.data(comment, json!({ "task": id })).await["createComment"]["author"]["name"], "Ines Okafor");

    let reader = Program::of(&ines, "read").await;
    let before = footprint(&server).await;
    let types = "{ __schema { mutationType { fields { name type { name kind } args { name type { kind ofType { name kind } } } } } } }";
    let fields = reader.data(types, json!({})).await["__schema"]["mutationType"]["fields"].take();
    let fields = fields.as_array().unwrap();
    for field in fields {
        let name = field["name"].as_str().unwrap();
        let argument = |one: &Json| {
            let (argument, of) =
                (one["name"].as_str().unwrap(), one["type"]["ofType"]["name"].as_str().unwrap_or_default());
            let value = match (argument, of) {
                ("id", _) => id.to_string(),
                ("inputs" | "items", _) => "[]".to_owned(),
                ("entity", _) => "\"task\"".to_owned(),
                ("name", _) => "\"x\"".to_owned(),
                ("input", of) if of.starts_with("New") => new_input(of, &project, &id),
                ("input", _) => "{}".to_owned(),
                _ => return None,
            };
            Some(format!("{argument}: {value}"))
        };
        let arguments: Vec<String> = field["args"].as_array().unwrap().iter().filter_map(argument).collect();
        let selection = match field["type"]["kind"].as_str().unwrap() {
            "SCALAR" => "",
            "LIST" => "{ problem { status } }",
            _ => "{ id }",
        };
        let query = format!("mutation {{ {name}({}) {selection} }}", arguments.join(", "));
        assert_eq!(reader.refused(&query, json!({})).await, "NOT_ALLOWED", "{query}");
    }
    assert!(fields.len() > 40, "{}", fields.len());
    assert_eq!(footprint(&server).await, before);
}

fn new_input(of: &str, project: &Json, task: &Json) -> String {
    let (project, task) = (format!("project: {project}"), format!("task: {task}"));
    match of {
        "NewTask" => format!("{{ title: \"x\", {project} }}"),
        "NewSection" => format!("{{ name: \"x\", {project} }}"),
        "NewComment" => format!("{{ body: \"x\", {task} }}"),
        "NewAttachment" => {
            format!(
                "{{ name: \"x\", {task}, file: {{ mediaType: \"text/plain\", bytes: 1, sha256: \"{}\" }} }}",
                "0".repeat(64)
            )
        }
        "NewCustomField" => "{ name: \"x\", fieldType: { kind: TEXT } }".to_owned(),
        "NewSavedView" => "{ name: \"x\", filter: \"{}\" }".to_owned(),
        _ => "{ name: \"x\" }".to_owned(),
    }
}

#[tokio::test]
async fn who_is_not_signed_in_is_answered_as_everywhere() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let body = json!({ "query": "{ me { id } }" });
    check(server.post("/api/graphql", &body).await, 401, shared::protocol::kind::UNAUTHENTICATED).await;
    assert_eq!(ines.ask_raw().await, StatusCode::OK);
    // The cookie of a session is not enough: another site could have a browser send it.
    let cookie =
        server.request(Method::POST, "/api/graphql").header("cookie", format!("tern_refresh={}", ines.refresh_token));
    check(cookie.json(&body).send().await.unwrap(), 401, shared::protocol::kind::UNAUTHENTICATED).await;
    ines.logout().await;
    check(ines.door().json(&body).send().await.unwrap(), 401, shared::protocol::kind::UNAUTHENTICATED).await;
}
