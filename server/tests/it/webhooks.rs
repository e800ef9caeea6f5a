//! Webhooks: programs elsewhere are told of what changes, here by real HTTP.

mod receiver;
mod sending;
mod servers;
mod where_to;

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value as Json, json};
use shared::clock::Millis;
use shared::protocol::kind;
use tern_server::courier::{Courier, PATIENCE};
use tern_server::domain::webhook::Reach;
use tern_server::services::now;

use crate::harness::{Device, Server, check};
use crate::rest::{Program, good};
use receiver::{Received, Receiver};

const SECOND: Millis = 1_000;

/// A way to webhooks that goes to the machine itself.
fn anywhere() -> Courier {
    Courier::new(Reach::Anywhere, PATIENCE)
}

/// A server whose operator allows webhooks on the machine itself.
async fn server() -> Server {
    let server = Server::start().await;
    Server::restart_with(&server.database, anywhere()).await
}

async fn ask(device: &Device<'_>, method: Method, path: &str, body: &Json) -> Response {
    device.request(method, &format!("/api/webhooks{path}")).json(body).send().await.unwrap()
}

/// Makes a webhook; what is said of it, with the secret.
async fn hook(device: &Device<'_>, body: &Json) -> Json {
    good(ask(device, Method::POST, "", body).await, StatusCode::CREATED).await
}

fn id(of: &Json) -> String {
    of["id"].as_str().unwrap().to_owned()
}

async fn look(device: &Device<'_>, hook: &Json) -> Json {
    good(ask(device, Method::GET, &format!("/{}", id(hook)), &json!({})).await, StatusCode::OK).await
}

async fn change(device: &Device<'_>, hook: &Json, body: &Json) -> Json {
    good(ask(device, Method::PATCH, &format!("/{}", id(hook)), body).await, StatusCode::OK).await
}

/// The log of a webhook, the latest first.
async fn log(device: &Device<'_>, hook: &Json) -> Vec<Json> {
    let path = format!("/{}/deliveries", id(hook));
    let page = good(ask(device, Method::GET, &path, &json!({})).await, StatusCode::OK).await;
    page["items"].as_array().unwrap().clone()
}

/// Sends all that is due so long from now; in how long more is.
async fn deliver(server: &Server, later: Millis) -> Option<Millis> {
    let at = now() + later;
    server.services.deliver(|| at).await.unwrap().map(|next| next - at)
}

async fn make(device: &Device<'_>, path: &str, body: &Json) -> Json {
    good(device.request(Method::POST, path).json(body).send().await.unwrap(), StatusCode::CREATED).await
}

async fn patch(device: &Device<'_>, path: &str, body: &Json) -> Json {
    good(device.request(Method::PATCH, path).json(body).send().await.unwrap(), StatusCode::OK).await
}

/// A task in the first project; its path.
async fn task(device: &Device<'_>, title: &str) -> String {
    let body = json!({ "title": title, "project": device.project().await });
    format!("/api/tasks/{}", id(&make(device, "/api/tasks", &body).await))
}

/// Events and titles, as a listener has them.
fn told<const N: usize>(all: [(&str, &str); N]) -> Vec<(String, String)> {
    all.map(|(event, title)| (event.to_owned(), title.to_owned())).to_vec()
}

#[tokio::test]
async fn what_happens_is_told_once_and_in_order() {
    let (server, listener) = (server().await, Receiver::start().await);
    let ines = server.register("ines@saltmarsh.example").await;
    let before = task(&ines, "Before").await;
    let hook = hook(&ines, &json!({ "url": listener.url })).await;
    let net = task(&ines, "Mend the net").await;
    patch(&ines, &net, &json!({ "title": "Mend the nets", "priority": "high", "tags": ["ops"] })).await;
    let comment = json!({ "body": "Which?", "task": net.rsplit('/').next() });
    make(&ines, "/api/comments", &comment).await;
    ines.request(Method::DELETE, &before).send().await.unwrap();
    patch(&ines, &before, &json!({ "deleted": false })).await;
    // Nobody else's business.
    make(&ines, "/api/views", &json!({ "name": "Mine", "filter": "{}", "shared": true })).await;

    assert_eq!(deliver(&server, 0).await, None);
    let received = listener.received();
    let events: Vec<&str> = received.iter().map(Received::event).collect();
    let of = |title: &str| -> Vec<&str> {
        received.iter().filter(|one| one.title() == title).map(Received::event).collect()
    };
    assert_eq!(events.len(), 5, "{events:?}");
    assert_eq!(
        (of("Mend the nets"), of("Before")),
        (vec!["task.created", "task.updated"], vec!["task.deleted", "task.restored"],)
    );
    assert!(
        events.iter().position(|one| *one == "comment.created") > events.iter().position(|one| *one == "task.updated")
    );
    let updated = &received.iter().find(|one| one.event() == "task.updated").unwrap().body;
    assert_eq!(updated["changed"], json!(["priority", "tags", "title"]));
    assert_eq!(updated["data"]["priority"], json!("high"));
    assert_eq!(updated["author"]["user"], json!(ines.session.account.user));
    assert_eq!(updated["organization"], json!(ines.session.account.organization));
    assert_eq!(updated["version"], updated["data"]["version"]);
    let example = sending::DOCS.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let example: Json = serde_json::from_str(example).unwrap();
    let names = |json: &Json| json.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(updated), names(&example), "as docs/webhooks.md says");

    deliver(&server, 3_600 * SECOND).await;
    assert_eq!(listener.received().len(), 5, "once");
    let all = log(&ines, &hook).await;
    assert!(all.iter().all(|one| one["state"] == "delivered" && one["attempts"][0]["status"] == 204), "{all:?}");
    assert_eq!(look(&ines, &hook).await["version"], json!(ines.now().await), "its place is where the history ends");
}

#[tokio::test]
async fn a_webhook_is_told_only_what_it_asks_for() {
    let (server, listener) = (server().await, Receiver::start().await);
    let ines = server.register("ines@saltmarsh.example").await;
    let other = make(&ines, "/api/projects", &json!({ "name": "Cellar", "private": true })).await;
    let body = json!({ "url": listener.url, "events": ["task.created", "comment.created"], "projects": [id(&other)] });
    hook(&ines, &body).await;
    let elsewhere = task(&ines, "Elsewhere").await;
    let body = json!({ "title": "Count the casks", "project": id(&other) });
    let casks = make(&ines, "/api/tasks", &body).await;
    patch(&ines, &format!("/api/tasks/{}", id(&casks)), &json!({ "priority": "low" })).await;
    make(&ines, "/api/comments", &json!({ "body": "Twelve", "task": id(&casks) })).await;
    make(&ines, "/api/comments", &json!({ "body": "No", "task": elsewhere.rsplit('/').next() })).await;
    deliver(&server, 0).await;
    assert_eq!(listener.take(), told([("task.created", "Count the casks"), ("comment.created", "")]));
}

#[tokio::test]
async fn a_webhook_is_its_admins_and_off_without_one() {
    let (server, listener) = (server().await, Receiver::start().await);
    let ines = server.register("ines@saltmarsh.example").await;
    let ada = server.join(&ines, "ada@saltmarsh.example").await;
    let path = format!("/api/members/{}", ada.session.account.user);
    patch(&ines, &path, &json!({ "role": "admin" })).await;
    let made = hook(&ada, &json!({ "url": listener.url, "events": ["task.created"] })).await;
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"));
    for shown in [look(&ines, &made).await, good(ask(&ines, Method::GET, "", &json!({})).await, StatusCode::OK).await] {
        assert!(!shown.to_string().contains(secret), "once");
    }
    patch(&ines, &path, &json!({ "role": "member" })).await;
    task(&ines, "Not for her").await;
    deliver(&server, 0).await;
    assert_eq!(listener.take(), []);
    let off = look(&ines, &made).await;
    assert_eq!(off["active"], json!(false));
    assert!(off["note"].as_str().unwrap().contains("no admin any more"), "{off}");
    let ping = ask(&ines, Method::POST, &format!("/{}/ping", id(&made)), &json!({})).await;
    check(ping, 409, kind::OFF).await;
    assert_eq!(log(&ines, &made).await.len(), 0, "what was refused leaves nothing");
    check(ask(&ada, Method::GET, "", &json!({})).await, 403, kind::NOT_ALLOWED).await;

    let on = change(&ines, &made, &json!({ "active": true })).await;
    assert_eq!((&on["owner"], &on["note"]), (&json!(ines.session.account.user), &Json::Null));
    deliver(&server, 0).await;
    assert_eq!(listener.take(), told([("task.created", "Not for her")]), "nothing is lost meanwhile");
}

#[tokio::test]
async fn a_program_manages_webhooks_as_its_member_may() {
    let server = server().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let (reader, writer) = (Program::of(&ines, "read").await, Program::of(&ines, "write").await);
    let body = json!({ "url": "https://hooks.example.org/" });
    check(reader.post("/api/webhooks", &body).await, 403, kind::NOT_ALLOWED).await;
    let made = good(writer.post("/api/webhooks", &body).await, StatusCode::CREATED).await;
    assert_eq!(reader.get("/api/webhooks").await["items"][0]["id"], made["id"]);
    for (body, word) in [
        (json!({ "url": "https://hooks.example.org/", "events": ["task.moved"] }), "an event is"),
        (json!({ "url": "hooks.example.org" }), "The `url` must be"),
        (json!({ "url": "https://ines:secret@hooks.example.org/" }), "The signature says who sends"),
        (json!({ "url": "https://hooks.example.org/", "projects": vec![uuid::Uuid::now_v7(); 1] }), ""),
    ] {
        let answer = writer.post("/api/webhooks", &body).await;
        if word.is_empty() {
            assert_eq!(answer.status(), StatusCode::CREATED);
        } else {
            let problem = crate::harness::problem(answer).await;
            assert!(problem.status == 422 && problem.detail.contains(word), "{problem:?}");
        }
    }
    for _ in 2..50 {
        assert_eq!(writer.post("/api/webhooks", &body).await.status(), StatusCode::CREATED);
    }
    check(writer.post("/api/webhooks", &body).await, 422, kind::INVALID).await;
    let gone = ask(&ines, Method::DELETE, &format!("/{}", id(&made)), &json!({})).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    check(ask(&ines, Method::GET, &format!("/{}", id(&made)), &json!({})).await, 404, kind::NOT_FOUND).await;
}
