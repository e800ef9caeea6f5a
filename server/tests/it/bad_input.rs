//! Whatever comes in: a clear error, never a 500, nothing half done.

use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::header::{ALLOW, CONTENT_TYPE};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use shared::field::Field;
use shared::ids::{Kind, SectionId, UserId};
use shared::limits::BODY_BYTES;
use shared::mutation::{Op, Refusal, Undo};
use shared::protocol::{PushResult, SCHEMA, kind};
use shared::value::{Place, Value as FieldValue};
use uuid::Uuid;

use crate::harness::{
    Device, PASSWORD, Server, check, create, credentials, edit, footprint, problem, registration, task_id,
};

const REGISTER: &str = "/api/auth/register";
const LOGIN: &str = "/api/auth/login";
const PUSH: &str = "/api/sync/push";
const PULL: &str = "/api/sync/pull";

/// A change to a valid body, and what it comes to.
type Case = (&'static str, fn(&mut Value), u16, &'static str);

async fn run(device: &Device<'_>, path: &str, valid: &Value, cases: &[Case]) {
    let before = footprint(device.server).await;
    for (name, change, status, kind) in cases {
        let mut body = valid.clone();
        change(&mut body);
        let response = device.request(Method::POST, path).json(&body).send().await.unwrap();
        assert_eq!(response.status().as_u16(), *status, "{name}: {}", response.text().await.unwrap());
        let problem = problem(response).await;
        assert_eq!(problem.kind, *kind, "{name}: {problem:?}");
    }
    assert_eq!(footprint(device.server).await, before);
}

#[tokio::test]
async fn registrations() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let cases: &[Case] = &[
        ("an unknown field", |body| body["role"] = json!("owner"), 422, kind::INVALID),
        ("an unknown field within", |body| body["device"]["model"] = json!("x"), 422, kind::INVALID),
        ("a missing field", |body| body["email"] = Value::Null, 422, kind::INVALID),
        ("no organization", |body| body["organization"] = Value::Null, 422, kind::INVALID),
        ("an empty organization", |body| body["organization"] = json!(" "), 422, kind::INVALID),
        ("a name of control characters", |body| body["name"] = json!("a\0b"), 422, kind::INVALID),
        ("a name that is too long", |body| body["name"] = json!("x".repeat(81)), 422, kind::INVALID),
        ("no e-mail address", |body| body["email"] = json!("ines"), 422, kind::INVALID),
        ("a short password", |body| body["password"] = json!("123456789"), 422, kind::INVALID),
        ("a very long password", |body| body["password"] = json!("x".repeat(129)), 422, kind::INVALID),
        ("an id that is no UUID", |body| body["device"]["id"] = json!("17"), 422, kind::INVALID),
        ("a number for a name", |body| body["name"] = json!(7), 422, kind::INVALID),
        ("an array", |body| *body = json!([]), 422, kind::INVALID),
        ("a registered address", |body| body["email"] = json!("INES@saltmarsh.example"), 409, kind::TAKEN),
        ("an invitation that is none", |body| body["invitation"] = json!("x"), 404, kind::NOT_FOUND),
        ("an invented invitation", |body| body["invitation"] = json!("A".repeat(64)), 404, kind::NOT_FOUND),
    ];
    run(&ines, REGISTER, &registration("bo@saltmarsh.example", Uuid::now_v7()), cases).await;
}

#[tokio::test]
async fn sign_ins() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let cases: &[Case] = &[
        ("an unknown field", |body| body["remember"] = json!(true), 422, kind::INVALID),
        ("an id that is no UUID", |body| body["device"]["id"] = json!("x"), 422, kind::INVALID),
        ("a wrong password", |body| body["password"] = json!("Correct horse"), 401, kind::CREDENTIALS),
        ("an empty password", |body| body["password"] = json!(""), 401, kind::CREDENTIALS),
        (
            "a password of 100,000 characters",
            |body| body["password"] = json!("x".repeat(100_000)),
            401,
            kind::CREDENTIALS,
        ),
        ("an unknown address", |body| body["email"] = json!("x@y.example"), 401, kind::CREDENTIALS),
        ("an address with a zero", |body| body["email"] = json!("\0"), 401, kind::CREDENTIALS),
    ];
    run(&ines, LOGIN, &credentials("ines@saltmarsh.example", PASSWORD, ines.id), cases).await;
}

#[tokio::test]
async fn pushes() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let project = ines.project().await;
    let valid = serde_json::to_value(ines.next(1, [create(task_id(), project, "One")])).unwrap();
    let cases: &[Case] = &[
        ("an unknown field", |body| body["dry_run"] = json!(true), 422, kind::INVALID),
        ("an unknown field of a mutation", |body| body["mutations"][0]["x"] = json!(1), 422, kind::INVALID),
        ("an unknown field of an operation", |body| op(body)["x"] = json!(1), 422, kind::INVALID),
        ("an unknown operation", |body| body["mutations"][0]["op"] = json!({"task.eat@1": {}}), 422, kind::INVALID),
        ("no operation", |body| body["mutations"][0]["op"] = json!({}), 400, kind::INVALID),
        ("a task id that is no UUID", |body| op(body)["entity"]["task"] = json!("7"), 422, kind::INVALID),
        (
            "a kind of row that does not exist",
            |body| op(body)["entity"] = json!({"boat": Uuid::nil()}),
            422,
            kind::INVALID,
        ),
        ("a field that does not exist", |body| op(body)["values"]["weight"] = json!("nothing"), 422, kind::INVALID),
        ("a text that does not exist", |body| op(body)["texts"]["poem"] = json!(""), 422, kind::INVALID),
        ("a mutation id that is no UUID", |body| body["mutations"][0]["id"] = json!(7), 422, kind::INVALID),
        (
            "a status that does not exist",
            |body| op(body)["values"]["status"] = json!({"status": "eaten"}),
            422,
            kind::INVALID,
        ),
        (
            "a day that does not exist",
            |body| op(body)["values"]["due"] = json!({"date": "2026-02-30"}),
            422,
            kind::INVALID,
        ),
        ("a hash that is none", |body| body["mutations"][0]["prev_hash"] = json!("0"), 422, kind::INVALID),
        ("a negative number", |body| body["mutations"][0]["n"] = json!(-1), 422, kind::INVALID),
        ("a fraction", |body| body["mutations"][0]["n"] = json!(1.5), 422, kind::INVALID),
        ("number 0", |body| body["mutations"][0]["n"] = json!(0), 422, kind::INVALID),
        ("the largest number", |body| body["mutations"][0]["n"] = json!(u64::MAX), 422, kind::INVALID),
        ("a far number", |body| body["mutations"][0]["n"] = json!(u64::MAX - 1), 409, kind::GAP),
        ("an actor beyond any", |body| body["actor"] = json!(u64::MAX), 422, kind::INVALID),
        ("another actor", |body| body["actor"] = json!(1), 404, kind::NOT_FOUND),
        ("an epoch that is no UUID", |body| body["epoch"] = json!(""), 422, kind::INVALID),
        ("another epoch", |body| body["epoch"] = json!(Uuid::nil()), 409, kind::EPOCH),
        ("an older schema", |body| body["schema"] = json!(0), 422, kind::SCHEMA),
        ("a newer schema", newer_schema, 422, kind::SCHEMA),
        ("too many mutations", too_many, 422, kind::INVALID),
        ("no mutations at all", |body| body["mutations"] = Value::Null, 422, kind::INVALID),
    ];
    run(&ines, PUSH, &valid, cases).await;
}

fn op(body: &mut Value) -> &mut Value {
    &mut body["mutations"][0]["op"]["create@1"]
}

fn newer_schema(body: &mut Value) {
    body["schema"] = json!(70_000);
    body["mutations"][0]["op"] = json!({ "create@2": {} });
}

fn too_many(body: &mut Value) {
    let mutation = body["mutations"][0].clone();
    body["mutations"] = vec![mutation; 101].into();
}

#[tokio::test]
async fn operations_that_are_of_the_right_form_and_wrong() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let (project, task) = (ines.project().await, task_id());
    ines.push(1, [create(task, project, "One")]).await;
    let limit = 500;
    let section = Some(SectionId(Uuid::now_v7()));
    let nowhere = Place { project: Some(project), section, ..Place::default() };
    let nobody = FieldValue::People([UserId(Uuid::now_v7())].into());
    for (op, refusal) in [
        (create(task_id(), project, &"x".repeat(501)), Refusal::TooLong { limit }),
        (create(task_id(), project, "  "), Refusal::Empty),
        (create(task_id(), project, "a\0"), Refusal::InvalidText),
        (edit(task, "One", &"x".repeat(501)), Refusal::TooLong { limit }),
        (edit(task, "One", ""), Refusal::Empty),
        (edit(task, "A text of another length", "x"), Refusal::TextBase),
        (edit(task_id(), "", "x"), Refusal::NotFound),
        (Op::write(task, Field::Status, FieldValue::Flag(true)), Refusal::InvalidValue),
        (Op::write(task, Field::Prefix, FieldValue::Text("HAR".into())), Refusal::NotAllowed),
        (Op::write(task, Field::Icon, FieldValue::Text("x".into())), Refusal::InvalidValue),
        (Op::write(task, Field::Place, Place::default()), Refusal::InvalidValue),
        (Op::write(task, Field::Place, nowhere), Refusal::Unknown { kind: Kind::Section }),
        (Op::write(task, Field::Assignees, nobody), Refusal::Unknown { kind: Kind::Member }),
        (Op::Undo(Undo { entity: task.into(), actor: 1, n: 1 }), Refusal::NothingToUndo),
    ] {
        assert_eq!(ines.push(u64::MAX, [op.clone()]).await, [PushResult::Rejected(refusal)], "{op:?}");
    }
    let page = ines.pull(2).await;
    assert_eq!((page.rows.len(), page.snapshot, page.refused.len()), (1, 3, 14));
}

#[tokio::test]
async fn pulls() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let actor = ines.session.account.actor;
    let valid = serde_json::to_value(ines.pull_request(0)).unwrap();
    let with = |field: &str, value: Value| {
        let mut request = valid.clone();
        request[field] = value;
        request
    };
    let ask = async |request: &Value| ines.request(Method::POST, PULL).json(request).send().await.unwrap();
    assert_eq!(ask(&valid).await.status().as_u16(), 200);
    let mut future = with("seen", json!(u64::MAX));
    future["confirmed"] = json!(u64::MAX);
    assert_eq!(ask(&future).await.status().as_u16(), 200);
    let twice = json!(["everyone", "everyone", format!("project:{}", Uuid::nil())]);
    assert_eq!(ask(&with("scopes", twice)).await.status().as_u16(), 200);
    let fill =
        |stage: &str, after: Value| json!({ "scopes": [], "until": 9, "from": { "stage": stage, "after": after } });
    assert_eq!(ask(&with("fill", fill("done", json!(u64::MAX)))).await.status().as_u16(), 200);
    for (field, value, status, kind) in [
        ("cursor", json!("x"), 422, kind::INVALID),
        ("cursor", json!(-1), 422, kind::INVALID),
        ("cursor", json!(null), 422, kind::INVALID),
        ("epoch", json!(7), 422, kind::INVALID),
        ("limit", json!(7), 422, kind::INVALID),
        ("scopes", json!(["everybody"]), 422, kind::INVALID),
        ("scopes", json!(["project:7"]), 422, kind::INVALID),
        ("fill", fill("tomorrow", json!(0)), 422, kind::INVALID),
        ("fill", fill("done", json!(-1)), 422, kind::INVALID),
        ("schema", json!(SCHEMA + 1), 422, kind::SCHEMA),
        ("schema", json!(SCHEMA - 1), 422, kind::SCHEMA),
        ("actor", json!(actor + 1_000), 404, kind::NOT_FOUND),
        ("actor", json!(4_294_967_296_u64), 422, kind::INVALID),
    ] {
        check(ask(&with(field, value)).await, status, kind).await;
    }
}

#[tokio::test]
async fn bodies_that_are_not_even_json() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let before = footprint(&server).await;
    let deep = "[".repeat(100_000);
    for path in [REGISTER, LOGIN, PUSH, PULL] {
        for (content_type, body, status) in [
            ("application/json", "", 400),
            ("application/json", "{", 400),
            ("application/json; charset=utf-8", "nonsense", 400),
            ("application/json", deep.as_str(), 422),
            ("application/json", "null", 422),
            ("text/plain", "{}", 415),
            ("application/x-www-form-urlencoded", "email=x", 415),
        ] {
            let request = ines.request(Method::POST, path).header(CONTENT_TYPE, content_type);
            check(request.body(body.to_owned()).send().await.unwrap(), status, kind::INVALID).await;
        }
        check(ines.request(Method::POST, path).body("{}").send().await.unwrap(), 415, kind::INVALID).await;
        let invalid_utf8 = ines.request(Method::POST, path).header(CONTENT_TYPE, "application/json");
        let status = invalid_utf8.body(b"\"\xff\"".to_vec()).send().await.unwrap().status().as_u16();
        assert!([400, 422].contains(&status), "{status}");
    }
    assert_eq!(footprint(&server).await, before);
}

#[tokio::test]
async fn bodies_that_are_too_large() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    for path in [REGISTER, LOGIN, PUSH, PULL] {
        for size in [BODY_BYTES + 1, BODY_BYTES * 3] {
            let request = ines.request(Method::POST, path).header(CONTENT_TYPE, "application/json");
            check(request.body(" ".repeat(size)).send().await.unwrap(), 413, kind::TOO_LARGE).await;
        }
        let request = ines.request(Method::POST, path).header(CONTENT_TYPE, "application/json");
        check(request.body(" ".repeat(BODY_BYTES)).send().await.unwrap(), 400, kind::INVALID).await;
    }
}

#[tokio::test]
async fn addresses_and_methods_that_do_not_exist() {
    let server = Server::start().await;
    for path in ["/api", "/api/", "/api/sync/", "/api/sync/push/", "/api/x.js", "/api/%00"] {
        check(server.get(path).await, 404, kind::NOT_FOUND).await;
    }
    for (method, path, allowed) in [
        (Method::GET, REGISTER, "POST"),
        (Method::DELETE, PUSH, "POST"),
        (Method::GET, PULL, "POST"),
        (Method::PUT, "/api/health", "GET,HEAD"),
    ] {
        let response = server.request(method, path).send().await.unwrap();
        assert_eq!(response.headers()[ALLOW], allowed);
        check(response, 405, kind::INVALID).await;
    }
}

#[tokio::test]
async fn tokens_that_are_expired_or_forged() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let key: Vec<u8> =
        sqlx::query_scalar("SELECT access_key FROM server_secret").fetch_one(&mut server.owner().await).await.unwrap();
    let account = &ines.session.account;
    let family: Uuid =
        sqlx::query_scalar("SELECT family FROM sessions").fetch_one(&mut server.owner().await).await.unwrap();
    let ask = async |key: &[u8], change: fn(&mut Value)| -> Response {
        let mut claims = json!({
            "sub": account.user, "org": account.organization, "actor": account.actor, "device": ines.id,
            "family": family, "iat": 0, "exp": 4_000_000_000_u64,
        });
        change(&mut claims);
        let token = encode(&Header::default(), &claims, &EncodingKey::from_secret(key)).unwrap();
        let request = server.request(Method::POST, "/api/sync/pull").json(&ines.pull_request(0));
        request.bearer_auth(token).send().await.unwrap()
    };
    assert_eq!(ask(&key, |_| {}).await.status().as_u16(), 200);
    let expired = problem(ask(&key, |claims| claims["exp"] = json!(1_700_000_000)).await).await;
    assert_eq!((expired.status, expired.kind.as_str()), (401, kind::UNAUTHENTICATED));
    assert!(expired.detail.contains("expired"), "{expired:?}");
    check(ask(&[7; 32], |_| {}).await, 401, kind::UNAUTHENTICATED).await;
    check(ask(&key, |claims| claims["exp"] = Value::Null).await, 401, kind::UNAUTHENTICATED).await;
    check(ask(&key, |claims| claims["org"] = json!("x")).await, 401, kind::UNAUTHENTICATED).await;
    check(ask(&key, |claims| claims["org"] = json!(Uuid::nil())).await, 401, kind::UNAUTHENTICATED).await;
    check(ask(&key, |claims| claims["sub"] = json!(Uuid::nil())).await, 401, kind::UNAUTHENTICATED).await;
    check(ask(&key, |claims| claims["family"] = json!(Uuid::nil())).await, 401, kind::UNAUTHENTICATED).await;
}

#[tokio::test]
async fn cookies_that_are_forged() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let flipped: String = ines.refresh_token.chars().rev().collect();
    for token in ["", "x", "%00", flipped.as_str()] {
        check(ines.refresh(token).await, 401, kind::UNAUTHENTICATED).await;
    }
    let without = server.request(Method::POST, "/api/auth/refresh").send().await.unwrap();
    check(without, 401, kind::UNAUTHENTICATED).await;
    assert_eq!(ines.refresh(&ines.refresh_token).await.status().as_u16(), 200);
}
