//! The devices on which somebody is signed in: seen, named, signed out.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value as Json, json};
use shared::protocol::kind;
use uuid::Uuid;

use crate::harness::{Device, Server, check};
use crate::rest::{Program, good};

async fn list(device: &Device<'_>, query: &str) -> Response {
    device.request(Method::GET, &format!("/api/devices{query}")).send().await.unwrap()
}

/// Ids and names of the devices that somebody sees, and which one asks.
async fn seen(device: &Device<'_>, query: &str) -> Vec<(Uuid, String, bool)> {
    let page = good(list(device, query).await, StatusCode::OK).await;
    let one = |one: &Json| {
        let id = one["id"].as_str().unwrap().parse().unwrap();
        (id, one["name"].as_str().unwrap().to_owned(), one["current"].as_bool().unwrap())
    };
    page["items"].as_array().unwrap().iter().map(one).collect()
}

async fn rename(device: &Device<'_>, id: impl std::fmt::Display, name: &str) -> Response {
    let request = device.request(Method::PATCH, &format!("/api/devices/{id}"));
    request.json(&json!({ "name": name })).send().await.unwrap()
}

async fn sign_out(device: &Device<'_>, id: impl std::fmt::Display) -> Response {
    device.request(Method::DELETE, &format!("/api/devices/{id}")).send().await.unwrap()
}

#[tokio::test]
async fn ones_own_devices_are_seen_named_and_signed_out() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let tablet = server.login("ines@saltmarsh.example", Uuid::now_v7()).await;
    // Neither of these is a device.
    let program = Program::of(&ines, "write").await;
    let project = json!({ "name": "By the device's side" });
    good(ines.request(Method::POST, "/api/projects").json(&project).send().await.unwrap(), StatusCode::CREATED).await;
    let both = |name: &str| vec![(ines.id, "test".to_owned(), true), (tablet.id, name.to_owned(), false)];
    assert_eq!(seen(&ines, "").await, both("test"));

    let named = good(rename(&ines, tablet.id, " Galley tablet ").await, StatusCode::OK).await;
    assert_eq!(named["name"], json!("Galley tablet"));
    assert_eq!(seen(&ines, "").await, both("Galley tablet"));
    let tablet = server.login("ines@saltmarsh.example", tablet.id).await;
    assert_eq!(seen(&ines, "").await, both("Galley tablet"), "what it calls itself does not count any more");
    for bad in ["", "a\nb", &"x".repeat(81)] {
        check(rename(&ines, tablet.id, bad).await, 422, kind::INVALID).await;
    }

    assert_eq!(sign_out(&ines, tablet.id).await.status(), StatusCode::NO_CONTENT);
    check(tablet.ask(&tablet.pull_request(0)).await, 401, kind::UNAUTHENTICATED).await;
    check(tablet.refresh(&tablet.refresh_token).await, 401, kind::UNAUTHENTICATED).await;
    assert_eq!(seen(&ines, "").await, both("")[..1]);
    check(sign_out(&ines, tablet.id).await, 404, kind::NOT_FOUND).await;
    check(rename(&ines, tablet.id, "x").await, 404, kind::NOT_FOUND).await;
    program.get("/api/users/me").await;

    // Signed in again it is the same device, under the name that it was given.
    let back = server.login("ines@saltmarsh.example", tablet.id).await;
    assert_eq!(back.session.account.actor, tablet.session.account.actor);
    assert_eq!(seen(&ines, "").await, both("Galley tablet"));
}

#[tokio::test]
async fn only_admins_see_the_devices_of_others_and_nobody_touches_them() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let eve = server.register("eve@elsewhere.example").await;
    let of = |device: &Device<'_>| format!("?user={}", device.session.account.user);
    assert_eq!(seen(&ines, &of(&bo)).await, [(bo.id, "test".to_owned(), false)]);
    assert_eq!(seen(&ines, "?user=all").await.len(), 2);
    assert_eq!(seen(&bo, &of(&bo)).await, [(bo.id, "test".to_owned(), true)], "one's own name is no other's");
    let nobody = format!("?user={}", Uuid::now_v7());
    for query in [of(&ines), of(&eve), nobody.clone(), "?user=all".to_owned()] {
        check(list(&bo, &query).await, 403, kind::NOT_ALLOWED).await;
    }
    for query in [of(&eve), nobody] {
        check(list(&ines, &query).await, 404, kind::NOT_FOUND).await;
    }
    for bad in ["?user=", "?user=bo", "?users=all"] {
        check(list(&ines, bad).await, 400, kind::INVALID).await;
    }
    for id in [bo.id.to_string(), eve.id.to_string(), Uuid::now_v7().to_string(), "x".to_owned()] {
        check(rename(&ines, &id, "Mine").await, 404, kind::NOT_FOUND).await;
        check(sign_out(&ines, &id).await, 404, kind::NOT_FOUND).await;
    }
    assert_eq!(seen(&bo, "").await, [(bo.id, "test".to_owned(), true)]);
}

#[tokio::test]
async fn a_program_sees_devices_and_touches_none() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    for access in ["read", "write"] {
        let program = Program::of(&ines, access).await;
        assert_eq!(program.get("/api/devices").await["items"][0]["id"], json!(ines.id));
        let path = format!("/api/devices/{}", ines.id);
        check(program.patch(&path, &json!({ "name": "x" })).await, 403, kind::NOT_ALLOWED).await;
        let gone = program.request(Method::DELETE, &path).send().await.unwrap();
        check(gone, 403, kind::NOT_ALLOWED).await;
    }
    assert_eq!(seen(&ines, "").await, [(ines.id, "test".to_owned(), true)]);
}
