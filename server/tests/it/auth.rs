//! Registering, signing in, staying signed in, signing out.

use std::collections::BTreeSet;

use reqwest::Method;
use reqwest::header::{COOKIE, HOST, ORIGIN, SET_COOKIE, WWW_AUTHENTICATE};
use serde_json::Value;
use shared::account::Session;
use shared::protocol::kind;
use uuid::Uuid;

use crate::harness::{PASSWORD, Server, check, cookie, credentials, problem, registration};

#[tokio::test]
async fn who_registers_can_begin_at_once() {
    let server = Server::start().await;
    let device = server.register("ines@saltmarsh.example").await;
    let account = &device.session.account;
    assert_eq!((account.name.as_str(), account.organization_name.as_str()), ("Ines Okafor", "Saltmarsh"));
    assert_eq!(account.email, "ines@saltmarsh.example");
    let page = device.pull(0).await;
    let names: Vec<_> = page.rows.iter().map(|row| crate::harness::title(&row.row)).collect();
    assert_eq!((names, page.cursor, page.epoch), (vec!["Ines Okafor", "General"], 2, account.epoch));
}

#[tokio::test]
async fn an_address_registers_once_in_whatever_case() {
    let server = Server::start().await;
    server.register("Ines@Saltmarsh.example").await;
    let response = server.post("/api/auth/register", &registration("ines@SALTMARSH.example", Uuid::now_v7())).await;
    check(response, 409, kind::TAKEN).await;
    server.login("INES@saltmarsh.EXAMPLE", Uuid::now_v7()).await;
}

#[tokio::test]
async fn a_device_is_always_the_same_actor() {
    let server = Server::start().await;
    let first = server.register("ines@saltmarsh.example").await;
    let again = server.login("ines@saltmarsh.example", first.id).await;
    let other = server.login("ines@saltmarsh.example", Uuid::now_v7()).await;
    assert_eq!(again.session.account, first.session.account);
    assert_ne!(other.session.account.actor, first.session.account.actor);
    assert_eq!(other.session.account.organization, first.session.account.organization);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_look_the_same() {
    let server = Server::start().await;
    let device = server.register("ines@saltmarsh.example").await;
    let mut problems = Vec::new();
    for (email, password) in
        [("ines@saltmarsh.example", "wrong horse"), ("nobody@saltmarsh.example", PASSWORD), ("\0", "")]
    {
        let response = server.post("/api/auth/login", &credentials(email, password, device.id)).await;
        assert_eq!(response.status().as_u16(), 401);
        assert!(!response.headers().contains_key(SET_COOKIE));
        problems.push(problem(response).await);
    }
    assert_eq!(problems[0].kind, kind::CREDENTIALS);
    assert!(problems.iter().all(|problem| *problem == problems[0]));
}

#[tokio::test]
async fn a_session_goes_on_with_a_new_token_each_time() {
    let server = Server::start().await;
    let device = server.register("ines@saltmarsh.example").await;
    let mut token = device.refresh_token.clone();
    let mut seen = BTreeSet::from([token.clone()]);
    for _ in 0..3 {
        let response = device.refresh(&token).await;
        assert_eq!(response.status().as_u16(), 200);
        token = cookie(&response);
        assert!(seen.insert(token.clone()));
        assert_eq!(response.json::<Session>().await.unwrap().account, device.session.account);
    }
}

#[tokio::test]
async fn two_tabs_that_refresh_at_once_stay_signed_in() {
    let server = Server::start().await;
    let device = server.register("ines@saltmarsh.example").await;
    let (a, b) = tokio::join!(device.refresh(&device.refresh_token), device.refresh(&device.refresh_token));
    let (a, b) = (cookie(&a), cookie(&b));
    assert_eq!(a, b);
    assert_eq!(device.refresh(&a).await.status().as_u16(), 200);
}

#[tokio::test]
async fn a_token_used_again_ends_the_session() {
    let server = Server::start().await;
    let device = server.register("ines@saltmarsh.example").await;
    let second = cookie(&device.refresh(&device.refresh_token).await);
    let third = cookie(&device.refresh(&second).await);
    check(device.refresh(&device.refresh_token).await, 401, kind::UNAUTHENTICATED).await;
    check(device.refresh(&third).await, 401, kind::UNAUTHENTICATED).await;
    // The access token ends with it, though it has not expired.
    check(device.ask(&device.pull_request(0)).await, 401, kind::UNAUTHENTICATED).await;
}

#[tokio::test]
async fn the_previous_token_is_good_for_a_minute_only() {
    let server = Server::start().await;
    let device = server.register("ines@saltmarsh.example").await;
    let next = cookie(&device.refresh(&device.refresh_token).await);
    let earlier = "UPDATE sessions SET rotated_at = rotated_at - interval '61 seconds'";
    sqlx::query(earlier).execute(&mut server.owner().await).await.unwrap();
    check(device.refresh(&device.refresh_token).await, 401, kind::UNAUTHENTICATED).await;
    check(device.refresh(&next).await, 401, kind::UNAUTHENTICATED).await;
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends() {
    let server = Server::start().await;
    let device = server.register("ines@saltmarsh.example").await;
    sqlx::query("UPDATE sessions SET expires_at = now()").execute(&mut server.owner().await).await.unwrap();
    check(device.refresh(&device.refresh_token).await, 401, kind::UNAUTHENTICATED).await;
}

#[tokio::test]
async fn signing_out_ends_the_session_and_takes_the_cookie() {
    let server = Server::start().await;
    let device = server.register("ines@saltmarsh.example").await;
    let other = server.login("ines@saltmarsh.example", Uuid::now_v7()).await;
    let response = device.logout().await;
    assert_eq!(response.status().as_u16(), 204);
    assert!(response.headers()[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    check(device.refresh(&device.refresh_token).await, 401, kind::UNAUTHENTICATED).await;
    check(device.ask(&device.pull_request(0)).await, 401, kind::UNAUTHENTICATED).await;
    assert_eq!(other.pull(0).await.rows.len(), 2);
    // Nobody is signed out twice, and that is no error.
    assert_eq!(device.logout().await.status().as_u16(), 204);
    assert_eq!(server.request(Method::POST, "/api/auth/logout").send().await.unwrap().status().as_u16(), 204);
}

#[tokio::test]
async fn the_cookie_is_out_of_reach() {
    let server = Server::start().await;
    let login = async |host: &str| {
        let request = server.request(Method::POST, "/api/auth/register").header(HOST, host);
        let body = registration(&format!("{}@saltmarsh.example", Uuid::now_v7().simple()), Uuid::now_v7());
        let response = request.json(&body).send().await.unwrap();
        response.headers()[SET_COOKIE].to_str().unwrap().to_owned()
    };
    let local = login("localhost:3000").await;
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/api/auth", "Max-Age=7776000"] {
        assert!(local.contains(attribute), "{local}");
    }
    assert!(!local.contains("Secure"));
    assert!(login("tern.example").await.contains("; Secure"));
}

#[tokio::test]
async fn another_site_cannot_use_the_cookie() {
    let server = Server::start().await;
    let device = server.register("ines@saltmarsh.example").await;
    for path in ["/api/auth/refresh", "/api/auth/logout"] {
        let request = server.request(Method::POST, path).header(ORIGIN, "https://evil.example");
        let response = request.header(COOKIE, format!("tern_refresh={}", device.refresh_token)).send().await.unwrap();
        check(response, 403, kind::INVALID).await;
    }
    let request = server.request(Method::POST, "/api/auth/refresh").header(ORIGIN, &server.url);
    let response = request.header(COOKIE, format!("tern_refresh={}", device.refresh_token)).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
}

#[tokio::test]
async fn an_invitation_lets_one_person_in() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let response = ines.request(Method::POST, "/api/invitations").send().await.unwrap();
    assert_eq!(response.status().as_u16(), 201);
    let invitation: Value = response.json().await.unwrap();
    let body = |email: &str| {
        let mut body = registration(email, Uuid::now_v7());
        body.as_object_mut().unwrap().remove("organization");
        body["invitation"] = invitation["token"].clone();
        body
    };
    let joined = server.post("/api/auth/register", &body("bo@saltmarsh.example")).await;
    let joined: Session = joined.json().await.unwrap();
    assert_eq!(joined.account.organization, ines.session.account.organization);
    assert_ne!(joined.account.actor, ines.session.account.actor);
    check(server.post("/api/auth/register", &body("cy@saltmarsh.example")).await, 404, kind::NOT_FOUND).await;
    // Nothing of the second attempt is left: the address is free.
    server.register("cy@saltmarsh.example").await;
    let roles: Vec<String> = sqlx::query_scalar("SELECT role FROM memberships ORDER BY joined_at LIMIT 2")
        .fetch_all(&mut server.owner().await)
        .await
        .unwrap();
    assert_eq!(roles, ["owner", "member"]);
}

#[tokio::test]
async fn an_invitation_expires() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let response = ines.request(Method::POST, "/api/invitations").send().await.unwrap();
    let invitation: Value = response.json().await.unwrap();
    sqlx::query("UPDATE invitations SET expires_at = now()").execute(&mut server.owner().await).await.unwrap();
    let mut body = registration("bo@saltmarsh.example", Uuid::now_v7());
    body["invitation"] = invitation["token"].clone();
    check(server.post("/api/auth/register", &body).await, 404, kind::NOT_FOUND).await;
}

#[tokio::test]
async fn a_removed_member_is_out_at_once() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    sqlx::query("DELETE FROM memberships WHERE user_id = $1")
        .bind(bo.session.account.user.0)
        .execute(&mut server.owner().await)
        .await
        .unwrap();
    check(bo.ask(&bo.pull_request(0)).await, 401, kind::UNAUTHENTICATED).await;
    check(bo.refresh(&bo.refresh_token).await, 401, kind::UNAUTHENTICATED).await;
}

#[tokio::test]
async fn a_request_without_a_valid_token_is_told_to_bring_one() {
    let server = Server::start().await;
    for header in [None, Some("Bearer"), Some("Bearer x.y.z"), Some("Basic eDp5")] {
        let mut request = server.request(Method::POST, "/api/invitations");
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()[WWW_AUTHENTICATE], "Bearer");
        check(response, 401, kind::UNAUTHENTICATED).await;
    }
}
