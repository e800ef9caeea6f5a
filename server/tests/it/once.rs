//! Requests that are repeated because nobody knows what came of them: done once, and answered the same.

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use reqwest::header::{ETAG, IF_MATCH, LOCATION, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value as Json, json};
use shared::protocol::kind;
use sqlx::Connection as _;
use uuid::Uuid;

use crate::audit::audit;
use crate::harness::{Server, check, footprint};
use crate::rest::{Program, good, project};

const KEY: &str = "Idempotency-Key";

/// Asks under a key.
async fn under(program: &Program<'_>, key: &str, method: Method, path: &str, body: &Json) -> Response {
    let request = program.request(method, path).header(KEY, key);
    let request = if body.is_null() { request } else { request.json(body) };
    request.send().await.unwrap()
}

/// Everything that an answer says.
async fn whole(response: Response) -> (StatusCode, Vec<Option<String>>, String) {
    let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let headers = [ETAG, LOCATION, reqwest::header::CONTENT_TYPE].map(header).to_vec();
    (response.status(), headers, response.text().await.unwrap())
}

async fn titles(program: &Program<'_>) -> Vec<String> {
    let page = program.get("/api/tasks").await;
    page["items"].as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_repeat_is_answered_the_same_and_changes_nothing() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let project = project(&ines).await;
    let task = program.task(&project, "First").await;
    let new = json!({ "title": "Mend the net", "project": project });
    for (method, path, body, status) in [
        (Method::POST, "/api/tasks".to_owned(), new.clone(), 201),
        (Method::POST, "/api/tickets".to_owned(), json!([new, { "title": "" }, new]), 207),
        (Method::POST, format!("{task}/comments"), json!({ "body": "Done" }), 201),
        (Method::PATCH, task.clone(), json!({ "title": "Second", "priority": "low" }), 200),
        (Method::PATCH, task.clone(), json!({ "status": "finished" }), 422),
        (Method::PATCH, format!("/api/tasks/{}", Uuid::now_v7()), json!({ "title": "x" }), 404),
        (Method::PATCH, "/api/tasks".to_owned(), json!([{ "id": Uuid::now_v7(), "title": "x" }]), 207),
        (Method::DELETE, task.clone(), Json::Null, 204),
        (Method::POST, format!("/api/projects/{}/archive", project.as_str().unwrap()), Json::Null, 200),
    ] {
        let key = Uuid::now_v7().to_string();
        let first = whole(under(&program, &key, method.clone(), &path, &body).await).await;
        assert_eq!(first.0.as_u16(), status, "{method} {path}: {first:?}");
        let done = footprint(&server).await;
        // A structured field's string is the same key.
        for key in [key.clone(), format!("\"{key}\"")] {
            assert_eq!(
                whole(under(&program, &key, method.clone(), &path, &body).await).await,
                first,
                "{method} {path}"
            );
        }
        assert_eq!(footprint(&server).await, done, "{method} {path}");
    }
    assert_eq!(titles(&program).await, ["Mend the net"; 3], "each once");
    audit(&server).await;
}

#[tokio::test]
async fn a_key_is_of_one_request_and_of_one_actor() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let (one, two) = (Program::of(&ines, "write").await, Program::of(&ines, "write").await);
    let project = project(&ines).await;
    let new = |title: &str| json!({ "title": title, "project": project });
    let make =
        async |program: &Program<'_>, title: &str| under(program, "k", Method::POST, "/api/tasks", &new(title)).await;
    let first = good(make(&one, "One").await, StatusCode::CREATED).await;
    let done = footprint(&server).await;
    check(make(&one, "Two").await, 422, kind::KEY_USED).await;
    check(under(&one, "k", Method::POST, "/api/tickets", &new("One")).await, 422, kind::KEY_USED).await;
    let path = format!("/api/tasks/{}", first["id"].as_str().unwrap());
    check(under(&one, "k", Method::DELETE, &path, &Json::Null).await, 422, kind::KEY_USED).await;
    let rename =
        one.request(Method::PATCH, &path).header(KEY, "r").header(IF_MATCH, "\"1\"").json(&json!({ "title": "R" }));
    check(rename.send().await.unwrap(), 412, kind::CHANGED).await;
    let other_tag = one.request(Method::PATCH, &path).header(KEY, "r").json(&json!({ "title": "R" }));
    check(other_tag.send().await.unwrap(), 422, kind::KEY_USED).await;
    assert_eq!(footprint(&server).await, done);
    let theirs = good(make(&two, "One").await, StatusCode::CREATED).await;
    assert_ne!(theirs["id"], first["id"], "another program has keys of its own");
    for bad in ["", "\"\"", "a b", &"x".repeat(256), "ä"] {
        check(under(&one, bad, Method::POST, "/api/tasks", &new("Bad")).await, 400, kind::INVALID).await;
    }
    let twice = one.request(Method::POST, "/api/tasks").header(KEY, "a").header(KEY, "b").json(&new("Bad"));
    check(twice.send().await.unwrap(), 400, kind::INVALID).await;
    assert_eq!(titles(&one).await, ["One", "One"]);
}

#[tokio::test]
async fn of_requests_at_once_one_is_done() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let new = json!({ "title": "Mend the net", "project": project(&ines).await });
    let mut owner = server.owner().await;
    let mut line = owner.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM organizations FOR UPDATE").fetch_all(&mut *line).await.unwrap();
    let ask = async || whole_with_wait(under(&program, "k", Method::POST, "/api/tasks", &new).await).await;
    let mut asked: FuturesUnordered<_> = (0..5).map(|_| ask()).collect();
    for _ in 0..4 {
        let (status, wait, body) = asked.next().await.unwrap();
        assert_eq!((status, wait.as_deref()), (StatusCode::CONFLICT, Some("1")), "{body}");
        assert!(body.contains(kind::UNDERWAY), "{body}");
    }
    line.rollback().await.unwrap();
    let (status, _, first) = asked.next().await.unwrap();
    assert_eq!(status, StatusCode::CREATED, "{first}");
    assert_eq!(ask().await, (StatusCode::CREATED, None, first));
    assert_eq!(titles(&program).await, ["Mend the net"]);
}

async fn whole_with_wait(response: Response) -> (StatusCode, Option<String>, String) {
    let wait = response.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned());
    (response.status(), wait, response.text().await.unwrap())
}

#[tokio::test]
async fn change_and_answer_are_there_together_or_not_at_all() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let new = json!({ "title": "Mend the net", "project": project(&ines).await });
    let mut owner = server.owner().await;
    sqlx::query("ALTER TABLE kept_answers ADD CONSTRAINT full_disk CHECK (false)").execute(&mut owner).await.unwrap();
    let before = footprint(&server).await;
    check(under(&program, "k", Method::POST, "/api/tasks", &new).await, 500, kind::UNAVAILABLE).await;
    assert_eq!(footprint(&server).await, before, "an answer that cannot be kept is no reason to change anything");
    sqlx::query("ALTER TABLE kept_answers DROP CONSTRAINT full_disk").execute(&mut owner).await.unwrap();
    let first = whole(under(&program, "k", Method::POST, "/api/tasks", &new).await).await;
    assert_eq!(first.0, StatusCode::CREATED);

    // Whoever never had the answer gets it, from another server, too.
    server.stop().await;
    let again = Server::restart(&server.database).await;
    let program = Program { server: &again, token: program.token };
    assert_eq!(whole(under(&program, "k", Method::POST, "/api/tasks", &new).await).await, first);
    assert_eq!(titles(&program).await, ["Mend the net"]);
}

#[tokio::test]
async fn answers_of_yesterday_are_forgotten() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let new = json!({ "title": "Mend the net", "project": project(&ines).await });
    for key in ["old", "new"] {
        good(under(&program, key, Method::POST, "/api/tasks", &new).await, StatusCode::CREATED).await;
    }
    let mut owner = server.owner().await;
    let age = "UPDATE kept_answers SET answered_at = answered_at - interval '25 hours' WHERE key = 'old'";
    sqlx::query(age).execute(&mut owner).await.unwrap();
    let day = shared::limits::DAY;
    assert_eq!(server.services.drop_answers(tern_server::services::now() - day).await.unwrap(), 1);
    good(under(&program, "old", Method::POST, "/api/tasks", &new).await, StatusCode::CREATED).await;
    good(under(&program, "new", Method::POST, "/api/tasks", &new).await, StatusCode::CREATED).await;
    assert_eq!(titles(&program).await.len(), 3, "only what was forgotten is done anew");
}
