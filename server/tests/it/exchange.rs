//! Files out of an organization and into one.

mod bad;
mod forms;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use shared::protocol::kind;
use uuid::Uuid;

use crate::attachments;
use crate::audit::audit;
use crate::harness::{Device, Server, check, footprint};
use crate::rest::{Program, good};

/// An export as text.
pub(crate) async fn export(device: &Device<'_>, query: &str) -> String {
    let answer = device.request(Method::GET, &format!("/api/export?{query}")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.headers()[CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment; filename=\"tern."));
    answer.text().await.unwrap()
}

/// The report on an import.
pub(crate) async fn import(device: &Device<'_>, query: &str, file: impl Into<reqwest::Body>) -> Json {
    let request = device.request(Method::POST, &format!("/api/import?{query}")).body(file);
    good(request.send().await.unwrap(), StatusCode::OK).await
}

async fn make(device: &Device<'_>, name: &str, body: &Json) -> Json {
    let made = device.request(Method::POST, &format!("/api/{name}")).json(body).send().await.unwrap();
    good(made, StatusCode::CREATED).await["id"].clone()
}

async fn patch(device: &Device<'_>, path: &str, body: &Json) {
    let patched = device.request(Method::PATCH, path).json(body).send().await.unwrap();
    good(patched, StatusCode::OK).await;
}

fn text(id: &Json) -> &str {
    id.as_str().unwrap()
}

/// Texts that break what does not expect them.
const HOSTILE: &str = "=cmd|'/c calc'!A1, \"quoted\"; \\ \u{202e}\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{1f469}\u{200d}\u{1f680} e\u{301} \u{feff} BEGIN:VEVENT ]]> <b> # *";

/// A row of every kind, with everything that it can say.
async fn furnish(ines: &Device<'_>, bo: &Device<'_>) -> Json {
    let people = [ines.session.account.user, bo.session.account.user];
    let mut fields = Vec::new();
    for (name, field_type) in [
        ("Words", json!("text")),
        ("Size", json!("number")),
        ("Day", json!("date")),
        ("Yes", json!("flag")),
        ("Who", json!("people")),
        ("Color", json!({ "choice": ["red", "green"] })),
    ] {
        fields.push(make(ines, "fields", &json!({ "name": name, "field_type": field_type })).await);
    }
    let project = json!({
        "name": HOSTILE.split(" BEGIN").next(), "description": format!("{HOSTILE}\nTwo"), "icon": "⚓", "color": "#0af",
        "hidden": true, "archived": true, "private": true, "order": "a5", "access": { (people[1].to_string()): "member" },
    });
    let project = make(ines, "projects", &project).await;
    let section = json!({ "name": "Sails", "project": project, "order": "a1", "icon": "⛵", "hidden": true });
    let section = make(ines, "sections", &section).await;
    let parent = make(ines, "tasks", &json!({ "title": "Harbour", "project": project })).await;
    let tags: Vec<String> = (0..50).map(|at| format!("tag, {at}")).collect();
    let task = json!({
        "title": HOSTILE, "description": format!("\t{HOSTILE}\n\n- [ ] list\n"), "notes": "'=1\nsecond", "project": project,
        "section": section, "parent": parent, "order": "a0V", "status": "in_review", "priority": "urgent",
        "assignees": people, "due": "2026-01-31", "start": "2026-01-01", "estimate": 90, "tags": tags,
        "recurrence": { "every": 2, "unit": "month", "from": "due" },
        "reminders": ["2026-01-30T09:00:00Z", "2026-01-31T07:30:00.5Z"], "reference": { "provider": "github", "id": "7" },
        "custom": {
            (text(&fields[0])): "=words", (text(&fields[1])): 2.5, (text(&fields[2])): "2026-03-01",
            (text(&fields[3])): true, (text(&fields[4])): people, (text(&fields[5])): "green",
        },
    });
    let task = make(ines, "tasks", &task).await;
    let path = format!("/api/tasks/{}", text(&task));
    let more: Vec<String> = tags.iter().cloned().chain(["one more".to_owned()]).collect();
    patch(ines, &path, &json!({ "tags": more, "relations": [format!("blocks:{}", text(&parent))] })).await;
    // In a circle with its own relation, which is none of parts.
    let relations =
        json!({ "relations": [format!("duplicates:{}", text(&task)), format!("relates_to:{}", text(&task))] });
    patch(ines, &format!("/api/tasks/{}", text(&parent)), &relations).await;
    let comment = make(bo, "comments", &json!({ "task": task, "body": HOSTILE })).await;
    let answer = make(ines, "comments", &json!({ "task": task, "reply_to": comment, "body": "Yes" })).await;
    let file = json!({ "name": "a, b.png", "file": attachments::facts(b"hello"), "reply_to": answer });
    make(ines, &format!("tasks/{}/attachments", text(&task)), &file).await;
    let filter = json!({ "is": { "assignee": [{ "user": people[1] }, "me"] } }).to_string();
    make(ines, "views", &json!({ "name": "Bo's", "filter": filter, "shared": true })).await;
    make(ines, "views", &json!({ "name": "Mine", "filter": "{\"all\":[]}" })).await;
    let gone = make(ines, "tasks", &json!({ "title": "Gone", "project": project, "parent": task })).await;
    ines.request(Method::DELETE, &format!("/api/tasks/{}", text(&gone))).send().await.unwrap();
    let gone = make(ines, "projects", &json!({ "name": "Gone" })).await;
    make(ines, "tasks", &json!({ "title": "In what is gone", "project": gone })).await;
    ines.request(Method::DELETE, &format!("/api/projects/{}", text(&gone))).send().await.unwrap();
    project
}

const LISTS: [&str; 7] = ["fields", "projects", "sections", "tasks", "comments", "attachments", "views"];

/// The rows of an export by list and id, without what an import cannot restore.
fn rows(export: &str) -> BTreeMap<(&'static str, String), Json> {
    let export: Json = serde_json::from_str(export).unwrap();
    let mut rows = BTreeMap::new();
    for list in LISTS {
        for row in export[list].as_array().unwrap() {
            let mut row = row.clone();
            for name in
                ["version", "created_at", "created_by", "updated_at", "key", "prefix", "owner", "stored", "unsettled"]
            {
                row.as_object_mut().unwrap().remove(name);
            }
            rows.insert((list, text(&row["id"]).to_owned()), row);
        }
    }
    rows
}

#[tokio::test]
async fn what_is_exported_and_imported_is_the_same() {
    let origin = Server::start().await;
    let ines = origin.register("ines@saltmarsh.example").await;
    let bo = origin.join(&ines, "bo@saltmarsh.example").await;
    furnish(&ines, &bo).await;
    let out = export(&ines, "format=json").await;
    let written = rows(&out);
    assert_eq!(written.len(), 19, "{:?}", written.keys());
    let parsed: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((&parsed["format"], &parsed["organization_name"]), (&json!("tern-export-1"), &json!("Saltmarsh")));
    let by_bo = parsed["comments"].as_array().unwrap().iter().find(|one| one["reply_to"].is_null()).unwrap();
    assert_eq!(by_bo["created_by"], json!(bo.session.account.user));

    // On another server, with the same people, who have other ids there, and led by somebody else.
    let server = Server::start().await;
    let eve = server.register("eve@elsewhere.example").await;
    let here = [&ines, &bo].map(|device| device.session.account.user.to_string());
    let mut there = Vec::new();
    for email in ["ines@saltmarsh.example", "bo@saltmarsh.example"] {
        there.push(server.join(&eve, email).await.session.account.user.to_string());
    }
    let before = footprint(&server).await;
    let tried = import(&eve, "dry_run=true", out.clone()).await;
    assert_eq!(footprint(&server).await, before, "a trial does nothing");
    let report = import(&eve, "", out.clone()).await;
    assert_eq!(report["problems"], json!([]), "{report}");
    assert_eq!(
        (&report["made"], &report["mapped"], &report["content"]),
        (&tried["made"], &tried["mapped"], &tried["content"])
    );
    assert_eq!((&tried["dry_run"], &report["dry_run"]), (&json!(true), &json!(false)));
    let content = &report["content"];
    assert_eq!((&content["intact"], &content["equal"]), (&json!(true), &json!(true)), "{report}");
    assert_eq!((&content["stated"], &content["here"]), (&parsed["hash"], &parsed["hash"]));

    let mut theirs = export(&eve, "format=json").await;
    for (there, here) in there.iter().zip(&here) {
        theirs = theirs.replace(there, here);
    }
    let theirs = rows(&theirs);
    // One's views are one's own; whoever imports has those that were not shared.
    for (id, row) in &written {
        assert_eq!(theirs.get(id), Some(row));
    }
    audit(&server).await;

    // Again: everything is there.
    let (before, again) = (footprint(&server).await, import(&eve, "format=json", out).await);
    assert_eq!((&again["made"], &again["there"]), (&json!({}), &report["made"]));
    assert_eq!(again["content"]["equal"], json!(true));
    assert_eq!(footprint(&server).await, before);
}

#[tokio::test]
async fn who_is_not_here_is_told_and_stands_in_the_notes() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    furnish(&ines, &bo).await;
    let out = export(&ines, "format=json").await;
    // In the same tables; and of those who are there two have the name of the others.
    let eve = server.register("eve@elsewhere.example").await;
    server.join(&eve, "cleo@elsewhere.example").await;
    let report = import(&eve, "", out.clone()).await;
    assert_eq!(report["mapped"]["people"], json!({ "Ines Okafor": null }), "{report}");
    assert_eq!((&report["content"]["intact"], &report["content"]["equal"]), (&json!(true), &json!(false)));
    let problems = report["problems"].as_array().unwrap();
    assert!(
        problems.len() == 2 && problems.iter().all(|one| one["left_out"] == "value" && one["column"] == "people"),
        "{report}"
    );
    let theirs = rows(&export(&eve, "format=json").await);
    assert_eq!(theirs.len(), 20, "all of it under its own ids, and the first project");
    let task = theirs.values().find(|row| row["priority"] == "urgent").unwrap();
    assert_eq!(task["assignees"], json!([]));
    assert_eq!(task["notes"], json!("'=1\nsecond\n\nWas assigned to: Ines Okafor, Ines Okafor"));
    let changed = out.replace("Harbour", "Harbor");
    let report = import(&eve, "dry_run=true", changed).await;
    assert_eq!(report["content"]["intact"], json!(false), "somebody has changed the file");
    audit(&server).await;
}

#[tokio::test]
async fn an_export_holds_what_its_member_sees() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let guest = server.join(&ines, "gus@saltmarsh.example").await;
    let path = format!("/api/members/{}", guest.session.account.user);
    patch(&ines, &path, &json!({ "role": "guest" })).await;
    let cleo = server.join(&ines, "cleo@saltmarsh.example").await;
    let project = furnish(&ines, &bo).await;
    for (device, tasks) in [(&ines, 4), (&bo, 4), (&cleo, 1), (&guest, 0)] {
        let seen: Json = serde_json::from_str(&export(device, "format=json").await).unwrap();
        assert_eq!(seen["tasks"].as_array().unwrap().len(), tasks, "{seen}");
        assert_eq!(seen["comments"].as_array().unwrap().len(), if tasks > 1 { 2 } else { 0 });
    }
    let one: Json =
        serde_json::from_str(&export(&bo, &format!("format=json&project={}", text(&project))).await).unwrap();
    let count = |list: &str| one[list].as_array().unwrap().len();
    assert_eq!(
        [count("projects"), count("sections"), count("tasks"), count("fields"), count("views")],
        [1, 1, 3, 6, 0]
    );
    for format in ["csv", "markdown", "ics"] {
        let (open, closed) =
            (export(&bo, &format!("format={format}")).await, export(&cleo, &format!("format={format}")).await);
        assert!(open.contains("Harbour") && !closed.contains("Harbour"), "{format}");
        assert!(!open.contains("Gone"), "what is deleted is in JSON alone");
    }
    let of_closed = format!("/api/export?format=csv&project={}", text(&project));
    check(cleo.request(Method::GET, &of_closed).send().await.unwrap(), 404, kind::NOT_FOUND).await;
    let reader = Program::of(&ines, "read").await;
    assert_eq!(reader.get("/api/export?format=json").await["tasks"].as_array().unwrap().len(), 4);
    let answer = reader.request(Method::GET, "/api/export?format=ics").send().await.unwrap();
    assert_eq!(answer.headers()[CONTENT_TYPE], "text/calendar; charset=utf-8");
}

#[tokio::test]
async fn only_what_a_member_may_make_is_made() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let guest = server.join(&ines, "gus@saltmarsh.example").await;
    let path = format!("/api/members/{}", guest.session.account.user);
    patch(&ines, &path, &json!({ "role": "guest" })).await;
    let closed = make(&ines, "projects", &json!({ "name": "Closed", "private": true })).await;
    let secret = make(&ines, "tasks", &json!({ "title": "Secret", "project": closed })).await;
    let member = server.join(&ines, "bo@saltmarsh.example").await;
    let rows = async || server_rows(&server).await;
    let before = rows().await;
    let file = json!({
        "format": "tern-export-1",
        "projects": [{ "id": Uuid::now_v7(), "name": "Mine" }],
        "tasks": [
            { "id": Uuid::now_v7(), "title": "In", "project": closed },
            { "id": secret, "title": "Mine", "project": closed },
        ],
        "comments": [{ "id": Uuid::now_v7(), "task": secret, "body": "In" }],
    });
    let report = import(&guest, "", file.to_string()).await;
    assert_eq!(
        (&report["made"], &report["there"]),
        (&json!({ "project": 0, "task": 0, "comment": 0 }), &json!({ "task": 1 }))
    );
    assert_eq!(rows().await, before);
    let report = import(&member, "", file.to_string()).await;
    assert_eq!(report["made"], json!({ "project": 1, "task": 0, "comment": 0 }), "{report}");
    let reasons: Vec<&str> = report["problems"].as_array().unwrap().iter().map(|one| text(&one["reason"])).collect();
    assert_eq!(reasons.len(), 2, "{report}");
    assert!(reasons.iter().all(|reason| reason.contains("does not exist here")), "{reasons:?}");
    assert_eq!(rows().await, before + 1);
    let reader = Program::of(&member, "read").await;
    let refused = reader.request(Method::POST, "/api/import").body("title\nMend").send().await.unwrap();
    check(refused, 403, kind::NOT_ALLOWED).await;
    let writer = Program::of(&member, "write").await;
    let made = writer.request(Method::POST, "/api/import").body("title\nMend").send().await.unwrap();
    assert_eq!(good(made, StatusCode::OK).await["made"], json!({ "project": 1, "task": 1 }));
    audit(&server).await;
}

async fn server_rows(server: &Server) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM entities").fetch_one(&mut server.owner().await).await.unwrap()
}

#[tokio::test]
async fn a_file_of_many_batches_is_made_once_and_reaches_devices() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let project = json!(ines.project().await);
    let mut file = String::from("title,tags,parent,id\r\n");
    let ids: Vec<Uuid> = (0..250).map(|_| Uuid::now_v7()).collect();
    for (at, id) in ids.iter().enumerate() {
        // Each a part of the one behind it: the last must be made first.
        let parent = ids.get(at + 1).map(ToString::to_string).unwrap_or_default();
        write!(file, "Task {at},ops,{parent},{id}\r\n").unwrap();
    }
    let query = format!("project={}", text(&project));
    let report = import(&ines, &query, file.clone()).await;
    assert_eq!((&report["made"], &report["problems"]), (&json!({ "task": 250 }), &json!([])));
    let page = ines.pull(0).await;
    assert_eq!(page.rows.len(), 252);
    let again = import(&ines, &query, file).await;
    assert_eq!((&again["made"], &again["there"]), (&json!({}), &json!({ "task": 250 })));
    let first =
        good(ines.request(Method::GET, &format!("/api/tasks/{}", ids[0])).send().await.unwrap(), StatusCode::OK).await;
    assert_eq!((&first["parent"], &first["project"], &first["tags"]), (&json!(ids[1]), &project, &json!(["ops"])));
    let history = ines.request(Method::GET, &format!("/api/tasks/{}/history", ids[0])).send().await.unwrap();
    let history = good(history, StatusCode::OK).await;
    assert_eq!(history["items"][0]["author"]["user"], json!(ines.session.account.user));
    audit(&server).await;
}
