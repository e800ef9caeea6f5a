//! Calendars by a secret address.

use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value as Json, json};
use shared::feed::FEEDS;
use shared::protocol::kind;

use crate::harness::{Device, Server, check};
use crate::rest::{Program, good, project};

async fn make(device: &Device<'_>, body: &Json) -> Json {
    let made = device.request(Method::POST, "/api/feeds").json(body).send().await.unwrap();
    good(made, StatusCode::CREATED).await
}

fn path(feed: &Json) -> &str {
    feed["path"].as_str().unwrap()
}

/// The titles of the to-dos in a calendar, in their order.
async fn titles(server: &Server, feed: &Json) -> Vec<String> {
    let text = server.get(path(feed)).await.text().await.unwrap();
    let mut titles: Vec<String> = text
        .split("BEGIN:VTODO")
        .skip(1)
        .map(|todo| todo.split("SUMMARY:").nth(1).unwrap().split("\r\n").next().unwrap().to_owned())
        .map(|summary| summary.split_once(' ').unwrap().1.to_owned())
        .collect();
    titles.sort();
    titles
}

async fn gone(answer: Response) {
    check(answer, 404, kind::NOT_FOUND).await;
}

#[tokio::test]
async fn whoever_knows_the_address_reads_what_its_member_sees_until_it_is_ended() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let (open, me) = (project(&ines).await, json!([bo.session.account.user]));
    let closed = good(program.post("/api/projects", &json!({ "name": "Boats" })).await, StatusCode::CREATED).await;
    for body in [
        json!({ "title": "Mend", "project": open, "assignees": me, "due": "2026-03-01" }),
        json!({ "title": "Paint", "project": open, "priority": "high" }),
        json!({ "title": "Sail", "project": closed["id"], "assignees": me }),
    ] {
        good(program.post("/api/tasks", &body).await, StatusCode::CREATED).await;
    }
    let all = make(&bo, &json!({ "name": " All ", "filter": { "not": { "is": { "closed": true } } } })).await;
    assert_eq!(all["name"], json!("All"));
    let mine = make(&bo, &json!({ "name": "Mine", "mine": true })).await;
    let boats = make(&bo, &json!({ "name": "Boats", "project": closed["id"] })).await;
    let high = make(&bo, &json!({ "name": "High", "filter": { "is": { "priority": ["high"] } } })).await;
    assert_eq!(titles(&server, &all).await, ["Mend", "Paint", "Sail"]);
    assert_eq!(titles(&server, &mine).await, ["Mend", "Sail"]);
    assert_eq!(titles(&server, &boats).await, ["Sail"]);
    assert_eq!(titles(&server, &high).await, ["Paint"]);

    let answer = server.get(path(&mine)).await;
    assert_eq!(
        (&answer.headers()[CONTENT_TYPE], &answer.headers()[CACHE_CONTROL]),
        (&"text/calendar; charset=utf-8".parse().unwrap(), &"private, no-cache".parse().unwrap())
    );
    let tag = answer.headers()[ETAG].clone();
    let known =
        async || server.request(Method::GET, path(&mine)).header(IF_NONE_MATCH, &tag).send().await.unwrap().status();
    assert_eq!(known().await, StatusCode::NOT_MODIFIED);

    // A project closes to the member.
    let access = json!({ "private": true, "access": { (bo.session.account.user.to_string()): null } });
    good(program.patch(&format!("/api/projects/{}", closed["id"].as_str().unwrap()), &access).await, StatusCode::OK)
        .await;
    assert_eq!(known().await, StatusCode::OK);
    assert_eq!(titles(&server, &all).await, ["Mend", "Paint"]);
    assert_eq!(titles(&server, &boats).await, [""; 0]);

    let path_of_one = format!("/api/feeds/{}", mine["id"].as_str().unwrap());
    gone(ines.request(Method::DELETE, &path_of_one).send().await.unwrap()).await;
    assert_eq!(bo.request(Method::DELETE, &path_of_one).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    gone(server.get(path(&mine)).await).await;
    assert_eq!(titles(&server, &high).await, ["Paint"]);
    // Whoever has the address of a calendar has nothing else.
    let secret = path(&high).rsplit('/').next().unwrap().trim_end_matches(".ics");
    for token in [secret.to_owned(), format!("tern_{secret}")] {
        let tried = server.request(Method::GET, "/api/tasks").bearer_auth(token).send().await.unwrap();
        assert_eq!(tried.status(), StatusCode::UNAUTHORIZED);
    }
    let removed = format!("/api/members/{}", bo.session.account.user);
    ines.request(Method::DELETE, &removed).send().await.unwrap().error_for_status().unwrap();
    gone(server.get(path(&high)).await).await;
    // Not even by coming back.
    server.join(&ines, "bo@saltmarsh.example").await;
    gone(server.get(path(&high)).await).await;
}

#[tokio::test]
async fn a_secret_is_told_once_and_stored_nowhere() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let feed = make(&ines, &json!({ "name": "Mine", "mine": true })).await;
    let listed = good(ines.request(Method::GET, "/api/feeds").send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(listed["items"][0]["id"], feed["id"]);
    assert!(listed["items"][0].get("path").is_none() && listed["items"][0]["last_used_at"].is_null(), "{listed}");
    server.get(path(&feed)).await.error_for_status().unwrap();
    let used = good(ines.request(Method::GET, "/api/feeds").send().await.unwrap(), StatusCode::OK).await;
    assert!(used["items"][0]["last_used_at"].is_i64(), "{used}");
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT to_jsonb(f)::text FROM feeds f").fetch_all(&mut server.owner().await).await.unwrap();
    let secret = path(&feed).rsplit('/').next().unwrap().trim_end_matches(".ics");
    assert!(rows.len() == 1 && !rows[0].contains(secret), "{rows:?}");
    let devices = good(ines.request(Method::GET, "/api/devices").send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(devices["items"].as_array().unwrap().len(), 1, "a calendar is no device: {devices}");

    let program = Program::of(&ines, "write").await;
    check(program.post("/api/feeds", &json!({ "name": "x" })).await, 403, kind::NOT_ALLOWED).await;
    for body in [json!({ "name": " " }), json!({ "name": "x".repeat(81) }), json!({ "name": "a\nb" })] {
        let refused = ines.request(Method::POST, "/api/feeds").json(&body).send().await.unwrap();
        check(refused, 422, kind::INVALID).await;
    }
    for _ in 1..FEEDS {
        make(&ines, &json!({ "name": "More" })).await;
    }
    let more = ines.request(Method::POST, "/api/feeds").json(&json!({ "name": "More" })).send().await.unwrap();
    check(more, 422, kind::INVALID).await;
    for bad in ["x.ics", ".ics", &format!("{secret}.ICS"), secret, &format!("{}.ics", &secret[1..])] {
        gone(server.get(&format!("/api/feeds/{bad}")).await).await;
    }
}
