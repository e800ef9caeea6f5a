//! Programs that do not sync: tokens, and rows one by one.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value as Json, json};
use shared::protocol::kind;
use shared::task::TaskView;
use uuid::Uuid;

use crate::attachments;
use crate::audit::audit;
use crate::harness::{Device, Server, check, create, task_id};
use crate::sync::APPLIED;

/// A program with a token.
pub(crate) struct Program<'a> {
    pub(crate) server: &'a Server,
    pub(crate) token: String,
}

impl<'a> Program<'a> {
    pub(crate) async fn of(device: &Device<'a>, access: &str) -> Program<'a> {
        let made = token(device, &json!({ "name": "Nightly report", "access": access })).await;
        assert_eq!(made.status(), StatusCode::CREATED);
        let made: Json = made.json().await.unwrap();
        Program { server: device.server, token: made["token"].as_str().unwrap().to_owned() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.server.request(method, path).header(AUTHORIZATION, format!("Bearer {}", self.token))
    }

    pub(crate) async fn get(&self, path: &str) -> Json {
        good(self.request(Method::GET, path).send().await.unwrap(), StatusCode::OK).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Json) -> Response {
        self.request(Method::POST, path).json(body).send().await.unwrap()
    }

    pub(crate) async fn patch(&self, path: &str, body: &Json) -> Response {
        self.request(Method::PATCH, path).json(body).send().await.unwrap()
    }

    /// A task in the first project; its path.
    pub(crate) async fn task(&self, project: &Json, title: &str) -> String {
        let made = self.post("/api/tasks", &json!({ "title": title, "project": project })).await;
        assert_eq!(made.status(), StatusCode::CREATED, "{:?}", made.text().await);
        made.headers()[LOCATION].to_str().unwrap().to_owned()
    }
}

async fn token(device: &Device<'_>, body: &Json) -> Response {
    device.request(Method::POST, "/api/tokens").json(body).send().await.unwrap()
}

pub(crate) async fn good(response: Response, status: StatusCode) -> Json {
    assert_eq!(response.status(), status, "{:?}", response.text().await);
    response.json().await.unwrap()
}

/// The titles of the tasks that a device pulls.
async fn synced(device: &Device<'_>) -> Vec<String> {
    let page = device.pull(0).await;
    page.rows.iter().filter_map(|row| TaskView::of(&row.row)).map(|task| task.title).collect()
}

pub(crate) async fn project(device: &Device<'_>) -> Json {
    json!(device.project().await)
}

#[tokio::test]
async fn a_task_goes_through_its_life() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let made = program
        .post(
            "/api/tasks",
            &json!({ "title": "Mend the net", "project": project(&ines).await, "priority": "high", "tags": ["ops"] }),
        )
        .await;
    let path = made.headers()[LOCATION].to_str().unwrap().to_owned();
    let tag = made.headers()[ETAG].clone();
    let task = good(made, StatusCode::CREATED).await;
    assert_eq!(tag, format!("\"{}\"", task["version"]).as_str());
    assert_eq!(
        (&task["title"], &task["priority"], &task["status"]),
        (&json!("Mend the net"), &json!("high"), &json!("backlog"))
    );
    assert!(task["key"].as_str().is_some_and(|key| key.contains('-')), "{task}");
    assert_eq!(program.get(&path).await, task);

    let patched = program.patch(&path, &json!({ "status": "done", "due": "2026-03-01", "tags": [] })).await;
    let patched = good(patched, StatusCode::OK).await;
    assert_eq!(
        (&patched["status"], &patched["due"], &patched["tags"]),
        (&json!("done"), &json!("2026-03-01"), &json!([]))
    );
    let comment = program.post(&format!("{path}/comments"), &json!({ "body": "Done *well*" })).await;
    let comment = good(comment, StatusCode::CREATED).await;
    assert_eq!(program.get(&format!("{path}/comments")).await["items"], json!([comment]));

    assert_eq!(program.request(Method::DELETE, &path).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(program.get(&path).await["deleted"], json!(true));
    assert_eq!(program.get("/api/tasks").await["items"], json!([]));
    let back = good(program.patch(&path, &json!({ "deleted": false })).await, StatusCode::OK).await;
    assert_eq!(back["deleted"], json!(false));
    let history = program.get(&format!("{path}/history?limit=3")).await;
    let versions: Vec<u64> =
        history["items"].as_array().unwrap().iter().map(|one| one["version"].as_u64().unwrap()).collect();
    assert!(versions.is_sorted_by(|a, b| a > b) && versions.len() == 3, "{history}");
    assert_eq!(history["items"][0]["author"]["device_name"], json!("Nightly report"));
    let rest = program.get(&format!("{path}/history?cursor={}", history["next_cursor"].as_str().unwrap())).await;
    assert_eq!(rest["items"].as_array().unwrap().len(), 3, "two changes and the creation: {rest}");
    audit(&server).await;
}

#[tokio::test]
async fn what_a_program_writes_reaches_devices_and_merges_with_theirs() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let path = program.task(&project(&ines).await, "Hello world").await;
    let seen = program.get(&path).await["version"].clone();
    assert_eq!(synced(&ines).await, ["Hello world"]);
    // A stale write is one beside the other, as between two devices.
    good(program.patch(&path, &json!({ "title": "Hello beautiful world" })).await, StatusCode::OK).await;
    let stale = program.patch(&path, &json!({ "title": "Hello world!", "version": seen })).await;
    assert_eq!(good(stale, StatusCode::OK).await["title"], json!("Hello beautiful world!"));
    assert_eq!(synced(&ines).await, ["Hello beautiful world!"]);
}

#[tokio::test]
async fn with_a_version_that_must_be_nothing_is_overwritten() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let path = program.task(&project(&ines).await, "Hello world").await;
    let old = program.request(Method::GET, &path).send().await.unwrap().headers()[ETAG].clone();
    let same = program.request(Method::GET, &path).header(IF_NONE_MATCH, &old).send().await.unwrap();
    assert_eq!(same.status(), StatusCode::NOT_MODIFIED);
    let retitle = |title: &str| {
        program.request(Method::PATCH, &path).header(IF_MATCH, &old).json(&json!({ "title": title })).send()
    };
    assert_eq!(retitle("One").await.unwrap().status(), StatusCode::OK);
    check(retitle("Two").await.unwrap(), 412, kind::CHANGED).await;
    let delete = program.request(Method::DELETE, &path).header(IF_MATCH, &old).send().await.unwrap();
    check(delete, 412, kind::CHANGED).await;
    let now = program.get(&path).await;
    assert_eq!((&now["title"], &now["deleted"]), (&json!("One"), &json!(false)));
}

#[tokio::test]
async fn a_patch_is_done_wholly_or_not_at_all() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let path = program.task(&project(&ines).await, "Hello world").await;
    let before = program.get(&path).await;
    for (body, status, which) in [
        (json!({ "title": "New", "project": Uuid::now_v7() }), 422, kind::INVALID),
        (json!({ "title": "New", "status": "finished" }), 422, kind::INVALID),
        (json!({ "title": "New", "titel": 1 }), 422, kind::INVALID),
        (json!({ "priority": "low", "title": "" }), 422, kind::INVALID),
        (json!({ "priority": "low", "title": "a\nb" }), 422, kind::INVALID),
    ] {
        check(program.patch(&path, &body).await, status, which).await;
        assert_eq!(program.get(&path).await, before, "{body}");
    }
    audit(&server).await;
}

#[tokio::test]
async fn many_at_once_have_an_answer_each() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let project = project(&ines).await;
    let bodies = json!([{ "title": "One", "project": project }, { "title": "", "project": project }, { "title": "Three", "project": project }]);
    let made = good(program.post("/api/tasks", &bodies).await, StatusCode::MULTI_STATUS).await;
    let status = |at: usize| made["results"][at]["status"].as_u64().unwrap();
    assert_eq!([status(0), status(1), status(2)], [201, 422, 201], "{made}");
    let id = |at: usize| made["results"][at]["item"]["id"].clone();
    let bodies = json!([{ "id": id(0), "status": "done" }, { "id": Uuid::now_v7(), "status": "done" }, { "id": id(0), "title": "Eins" }]);
    let patched = good(program.patch("/api/tasks", &bodies).await, StatusCode::MULTI_STATUS).await;
    let half = json!([{ "id": id(2), "priority": "low", "title": "" }]);
    let half = good(program.patch("/api/tasks", &half).await, StatusCode::MULTI_STATUS).await;
    assert_eq!(half["results"][0]["status"], json!(422));
    let third = program.get(&format!("/api/tasks/{}", id(2).as_str().unwrap())).await;
    assert_eq!((&third["priority"], &third["title"]), (&json!("none"), &json!("Three")));
    assert_eq!(patched["results"][1]["status"], json!(404));
    assert_eq!(
        (&patched["results"][2]["item"]["title"], &patched["results"][2]["item"]["status"]),
        (&json!("Eins"), &json!("done"))
    );
    check(program.post("/api/tasks", &json!(vec![json!({}); 101])).await, 422, kind::INVALID).await;
    check(program.post("/api/tasks", &json!([7])).await, 422, kind::INVALID).await;
    check(program.post("/api/tasks", &json!("x")).await, 422, kind::INVALID).await;
    audit(&server).await;
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_cut_into_pages() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let project = project(&ines).await;
    for at in 0..7_u32 {
        let priority = ["none", "low", "high"][at as usize % 3];
        let body = json!({ "title": format!("Task {at}"), "project": project, "priority": priority, "tags": [format!("t{}", at % 2)] });
        good(program.post("/api/tasks", &body).await, StatusCode::CREATED).await;
    }
    let titles = |page: &Json| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap().to_owned()).collect()
    };
    let mut all = Vec::new();
    let mut path = "/api/tasks?limit=3&sort=-priority,title".to_owned();
    loop {
        let page = program.get(&path).await;
        all.extend(titles(&page));
        // What comes meanwhile at the beginning shifts nothing.
        good(
            program.post("/api/tasks", &json!({ "title": "A", "project": project, "priority": "urgent" })).await,
            StatusCode::CREATED,
        )
        .await;
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/tasks?limit=3&sort=-priority,title&cursor={cursor}");
    }
    assert_eq!(all, ["Task 2", "Task 5", "Task 1", "Task 4", "Task 0", "Task 3", "Task 6"]);
    assert_eq!(titles(&program.get("/api/tasks?tag=t1&priority=low,high&sort=title").await), ["Task 1", "Task 5"]);
    assert_eq!(titles(&program.get("/api/tickets?q=task%203&sort=-title&limit=1").await), ["Task 3"]);
    assert_eq!(
        titles(&program.get("/api/tasks?filter=%7B%22is%22%3A%7B%22priority%22%3A%5B%22low%22%5D%7D%7D&limit=1").await),
        ["Task 1"]
    );
    for bad in [
        "limit=0",
        "limit=x",
        "cursor=7",
        "sort=size",
        "status=finished",
        "assignee=ada",
        "filter=7",
        "task=7",
        "colour=red",
        "today=soon",
    ] {
        check(program.request(Method::GET, &format!("/api/tasks?{bad}")).send().await.unwrap(), 400, kind::INVALID)
            .await;
    }
    let users = program.get("/api/users").await;
    assert_eq!(
        (users["items"][0]["name"].clone(), users["items"][0].clone()),
        (json!("Ines Okafor"), program.get("/api/users/me").await)
    );
}

#[tokio::test]
async fn a_token_does_what_it_may_until_it_ends() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let (reader, writer) = (Program::of(&ines, "read").await, Program::of(&ines, "write").await);
    let path = writer.task(&project(&ines).await, "Hello world").await;
    assert_eq!(reader.get(&path).await["title"], json!("Hello world"));
    check(reader.patch(&path, &json!({ "title": "Mine" })).await, 403, kind::NOT_ALLOWED).await;
    check(reader.request(Method::POST, "/api/invitations").send().await.unwrap(), 403, kind::NOT_ALLOWED).await;
    check(writer.post("/api/tokens", &json!({ "name": "x", "access": "write" })).await, 403, kind::NOT_ALLOWED).await;

    let list =
        async || -> Json { good(ines.request(Method::GET, "/api/tokens").send().await.unwrap(), StatusCode::OK).await };
    let tokens = list().await;
    assert_eq!(tokens["items"].as_array().unwrap().len(), 2);
    assert!(!tokens.to_string().contains(&writer.token[5..]), "a secret is shown once");
    assert!(tokens["items"][1]["last_used_at"].is_number());
    let id = tokens["items"][1]["id"].as_str().unwrap();
    let end = |id: &str| ines.request(Method::DELETE, &format!("/api/tokens/{id}")).send();
    assert_eq!(end(id).await.unwrap().status(), StatusCode::NO_CONTENT);
    check(end(id).await.unwrap(), 404, kind::NOT_FOUND).await;
    check(writer.request(Method::GET, &path).send().await.unwrap(), 401, kind::UNAUTHENTICATED).await;
    assert_eq!(reader.get(&path).await["title"], json!("Hello world"));
    for bad in [
        json!({ "name": " ", "access": "read" }),
        json!({ "name": "x", "access": "all" }),
        json!({ "name": "x", "access": "read", "days": 0 }),
    ] {
        check(token(&ines, &bad).await, 422, kind::INVALID).await;
    }
    let mut owner = server.owner().await;
    sqlx::query("UPDATE sessions SET expires_at = now() - interval '1 second'").execute(&mut owner).await.unwrap();
    check(reader.request(Method::GET, &path).send().await.unwrap(), 401, kind::UNAUTHENTICATED).await;
    let bad = Program { server: &server, token: format!("tern_{}", "A".repeat(64)) };
    check(bad.request(Method::GET, "/api/tasks").send().await.unwrap(), 401, kind::UNAUTHENTICATED).await;
}

#[tokio::test]
async fn what_is_closed_is_not_there() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let ada = server.join(&ines, "ada@saltmarsh.example").await;
    let other = server.register("eve@elsewhere.example").await;
    let owner = Program::of(&ines, "write").await;
    let private =
        good(owner.post("/api/projects", &json!({ "name": "Secret", "private": true })).await, StatusCode::CREATED)
            .await;
    let path = owner.task(&private["id"], "Secret").await;
    for device in [&ada, &other] {
        let program = Program::of(device, "write").await;
        check(program.request(Method::GET, &path).send().await.unwrap(), 404, kind::NOT_FOUND).await;
        for body in [json!({ "title": "Mine" }), json!({})] {
            check(program.patch(&path, &body).await, 404, kind::NOT_FOUND).await;
        }
        check(program.request(Method::DELETE, &path).send().await.unwrap(), 404, kind::NOT_FOUND).await;
        check(program.request(Method::GET, &format!("{path}/history")).send().await.unwrap(), 404, kind::NOT_FOUND)
            .await;
        check(program.post(&format!("{path}/comments"), &json!({ "body": "x" })).await, 404, kind::NOT_FOUND).await;
        assert_eq!(program.get("/api/tasks?q=secret").await["items"], json!([]));
        let into = program.post("/api/tasks", &json!({ "title": "x", "project": private["id"] })).await;
        check(into, 422, kind::INVALID).await;
    }
    // A device that is signed in may do it, too, without touching the numbers of what it syncs.
    let archived = ines.request(Method::POST, &format!("/api/projects/{}/archive", private["id"].as_str().unwrap()));
    assert_eq!(good(archived.send().await.unwrap(), StatusCode::OK).await["archived"], json!(true));
    let by_session = ines.request(Method::PATCH, &path).header(CONTENT_TYPE, "application/merge-patch+json");
    good(by_session.body(r#"{"title": "Still secret"}"#).send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(synced(&ines).await, ["Still secret"]);
}

#[tokio::test]
async fn a_device_that_uses_rest_goes_on_syncing() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let (project, task) = (ines.project().await, task_id());
    let body = json!({ "title": "By REST", "project": project });
    let made = ines.request(Method::POST, "/api/tasks").json(&body).send().await.unwrap();
    good(made, StatusCode::CREATED).await;
    // The first number of its own is still to be given.
    assert_eq!(ines.push(1, [create(task, project, "By sync")]).await, [APPLIED]);
    assert_eq!(synced(&ines).await, ["By REST", "By sync"]);
}

#[tokio::test]
async fn a_token_that_may_only_read_has_files_and_sends_none() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let content = b"Hello harbour";
    let id = attachments::attach(&mut ines, content).await;
    attachments::begin(&ines, id, content).await;
    let reader = Program::of(&ines, "read").await;
    for path in ["chunks/0", "complete"] {
        let sent = reader.request(Method::POST, &format!("/api/attachments/{id}/{path}")).body("Hello harvest");
        check(sent.send().await.unwrap(), 403, kind::NOT_ALLOWED).await;
    }
    attachments::upload(&ines, id, content).await;
    let had = reader.request(Method::GET, &format!("/api/attachments/{id}")).send().await.unwrap();
    assert_eq!(had.bytes().await.unwrap(), content.as_slice());
}

#[tokio::test]
async fn files_are_rows_beside_their_contents() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let project = project(&ines).await;
    let (task, other) = (program.task(&project, "Mend the net").await, program.task(&project, "Rest").await);
    let content = b"Hello harbour";
    let new = json!({ "name": "harbour.txt", "file": attachments::facts(content) });
    let made = program.post(&format!("{task}/attachments"), &new).await;
    let at = made.headers()[LOCATION].to_str().unwrap().to_owned();
    let made = good(made, StatusCode::CREATED).await;
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!((&made["task"], &made["stored"]), (&json!(task.rsplit('/').next().unwrap()), &json!(false)));
    assert_eq!(program.get(&at).await, made);

    // A program sends the content, too.
    let hash = &made["file"]["sha256"];
    let begin = json!({ "attachment": id, "size": content.len(), "sha256": hash });
    good(program.post("/api/attachments", &begin).await, StatusCode::OK).await;
    for (part, body) in [("chunks/0", content.as_slice()), ("complete", b"")] {
        let sent = program.request(Method::POST, &format!("/api/attachments/{id}/{part}")).body(body);
        assert_eq!(sent.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    }
    let had = program.request(Method::GET, &format!("/api/attachments/{id}")).send().await.unwrap();
    assert_eq!(had.bytes().await.unwrap(), content.as_slice());
    assert_eq!(program.get(&at).await["stored"], json!(true));

    let ids = async |path: String| -> Vec<String> {
        let page = program.get(&path).await;
        page["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let of = |path: &str| format!("/api/attachments?task={}", path.rsplit('/').next().unwrap());
    for path in ["/api/attachments".to_owned(), of(&task), format!("{task}/attachments")] {
        assert_eq!(ids(path).await, [id.as_str()]);
    }
    for path in [of(&other), format!("{other}/attachments")] {
        assert!(ids(path).await.is_empty());
    }
    let path = format!("/api/attachments/{id}");
    let named = good(program.patch(&path, &json!({ "name": "quay.txt" })).await, StatusCode::OK).await;
    assert_eq!(named["name"], json!("quay.txt"));
    check(program.patch(&path, &json!({ "file": attachments::facts(b"x") })).await, 422, kind::INVALID).await;
    assert_eq!(program.request(Method::DELETE, &path).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(program.get(&at).await["deleted"], json!(true));
    assert!(ids(of(&task)).await.is_empty());
    let history = program.get(&format!("{path}/history")).await;
    assert_eq!(history["items"].as_array().unwrap().len(), 4, "made, stored, named, deleted: {history}");
    audit(&server).await;
}

#[tokio::test]
async fn members_are_only_read_here() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let me = program.get("/api/users/me").await;
    let path = format!("/api/users/{}", me["id"].as_str().unwrap());
    assert_eq!(program.get(&path).await, me);
    check(program.patch(&path, &json!({ "name": "Ada" })).await, 405, kind::INVALID).await;
    check(program.post("/api/users", &json!({ "name": "Ada" })).await, 405, kind::INVALID).await;
}
