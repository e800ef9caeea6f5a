//! Against a network that answers as a test says.

use js_sys::{Array, Function, Reflect};
use shared::account::Password;
use shared::ids::Epoch;
use shared::protocol::LastMutation;
use uuid::Uuid;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;

const OK: (u16, &str) = (200, "application/json");
const NO: (u16, &str) = (401, "application/problem+json");

/// Replaces the server: each request takes the next of these answers. Returns what was asked.
fn network(answers: &[((u16, &str), String)]) -> Array {
    let (asked, queue) = (Array::new(), Array::new());
    for ((status, content_type), body) in answers {
        queue.push(&Array::of3(&(*status).into(), &(*content_type).into(), &body.into()));
    }
    let fetch = Function::new_with_args(
        "original, asked, queue, path, init",
        "if (!path.startsWith('/api/')) return original(path, init);
         asked.push(`${path} ${init.headers.get('authorization')}`);
         if (queue.length == 0) return Promise.reject(new TypeError('no network'));
         const [status, type, body] = queue.shift();
         return Promise.resolve(new Response(body || null, { status, headers: { 'content-type': type } }));",
    );
    let window = web_sys::window().unwrap();
    let original = Reflect::get(&window, &"fetch".into()).unwrap();
    let fetch = fetch.bind3(&JsValue::NULL, &original, &asked, &queue);
    Reflect::set(&window, &"fetch".into(), &fetch).unwrap();
    asked
}

fn asked(log: &Array) -> Vec<String> {
    log.iter().map(|line| line.as_string().unwrap()).collect()
}

fn account(user: u128) -> Account {
    Account {
        user: UserId(Uuid::from_u128(user)),
        name: "Ines Okafor".into(),
        email: "ines@saltmarsh.example".into(),
        organization: OrgId(Uuid::from_u128(9)),
        organization_name: "Saltmarsh".into(),
        actor: 1,
        epoch: Epoch(Uuid::from_u128(8)),
    }
}

fn grant(token: &str, user: u128) -> ((u16, &'static str), String) {
    let session =
        shared::account::Session { access_token: AccessToken(token.into()), expires_in: 900, account: account(user) };
    (OK, serde_json::to_string(&session).unwrap())
}

fn refusal(kind: &str) -> ((u16, &'static str), String) {
    let problem = Problem { kind: kind.into(), title: String::new(), status: 401, detail: "Detail.".into() };
    (NO, serde_json::to_string(&problem).unwrap())
}

fn login(session: &Session) -> LoginRequest {
    LoginRequest {
        email: "ines@saltmarsh.example".into(),
        password: Password("correct horse".into()),
        device: session.device(),
    }
}

async fn signed_in() -> Session {
    storage().unwrap().clear().unwrap();
    identity::forget().await;
    let session = Session::restore().await;
    network(&[grant("first", 1)]);
    assert_eq!(session.login(&login(&session)).await, Ok(account(1)));
    session
}

fn request() -> Request {
    Request::post("/api/x")
}

fn is_signed_out<T: std::fmt::Debug>(result: Result<T, Failure>) -> bool {
    matches!(result, Err(Failure::Problem(problem)) if problem.kind == kind::UNAUTHENTICATED)
}

#[wasm_bindgen_test]
async fn a_restart_knows_account_and_device_but_not_the_token() {
    let session = signed_in().await;
    let again = Session::restore().await;
    assert_eq!((again.account(), again.device()), (Some(account(1)), session.device()));
    let kept = storage().unwrap();
    for index in 0..kept.length().unwrap() {
        let key = kept.key(index).unwrap().unwrap();
        assert!(!kept.get_item(&key).unwrap().unwrap().contains("first"), "{key} holds the token");
    }
    let log = network(&[grant("second", 1), (OK, "7".into())]);
    assert_eq!(again.send(who(&account(1)), &request()).await, Ok(7));
    assert_eq!(asked(&log), ["/api/auth/refresh null", "/api/x Bearer second"]);
}

#[wasm_bindgen_test]
async fn a_crash_before_local_storage_is_written_forgets_nothing() {
    let session = signed_in().await;
    storage().unwrap().clear().unwrap();
    let again = Session::restore().await;
    assert_eq!((again.account(), again.device()), (Some(account(1)), session.device()));
    assert_eq!(stored_account(), Some(account(1)), "the other tabs know, too");
}

#[wasm_bindgen_test]
async fn a_token_that_ran_out_is_renewed_once() {
    let session = signed_in().await;
    let expired = || refusal(kind::UNAUTHENTICATED);
    let log = network(&[expired(), grant("second", 1), (OK, "7".into())]);
    assert_eq!(session.send(who(&account(1)), &request()).await, Ok(7));
    assert_eq!(asked(&log), ["/api/x Bearer first", "/api/auth/refresh null", "/api/x Bearer second"]);

    let log = network(&[expired(), grant("third", 1), expired()]);
    assert!(is_signed_out(session.send::<u8>(who(&account(1)), &request()).await));
    assert_eq!(asked(&log).len(), 3, "no loop");

    network(&[expired(), expired()]);
    assert!(is_signed_out(session.send::<u8>(who(&account(1)), &request()).await));
    assert_eq!(session.account(), Some(account(1)), "the member's data stays on the device");
}

#[wasm_bindgen_test]
async fn two_requests_at_once_renew_once() {
    let session = signed_in().await;
    let expired = || refusal(kind::UNAUTHENTICATED);
    let log = network(&[expired(), expired(), grant("second", 1), (OK, "7".into()), (OK, "7".into())]);
    let request = request();
    let both = futures::future::join(
        session.send::<u8>(who(&account(1)), &request),
        session.send::<u8>(who(&account(1)), &request),
    );
    assert_eq!(both.await, (Ok(7), Ok(7)));
    assert_eq!(asked(&log).iter().filter(|line| line.contains("refresh")).count(), 1);
}

#[wasm_bindgen_test]
async fn nobody_uses_the_session_of_another_member() {
    let session = signed_in().await;
    // Another tab has signed somebody else in: the cookie is theirs.
    let log = network(&[refusal(kind::UNAUTHENTICATED), grant("theirs", 2)]);
    assert!(is_signed_out(session.send::<u8>(who(&account(1)), &request()).await));
    assert_eq!(asked(&log).len(), 2);
    assert_eq!(stored_account(), Some(account(1)));
    // The same, and this tab can tell beforehand.
    store(ACCOUNT, &serde_json::to_string(&account(2)).unwrap());
    let log = network(&[grant("theirs", 2)]);
    assert!(is_signed_out(session.send::<u8>(who(&account(1)), &request()).await));
    assert!(asked(&log).is_empty());
    // This tab has: what is still under way for the first member ends.
    network(&[grant("theirs", 2)]);
    session.login(&login(&session)).await.unwrap();
    let log = network(&[(OK, "7".into())]);
    assert!(is_signed_out(session.send::<u8>(who(&account(1)), &request()).await));
    assert!(asked(&log).is_empty());
}

#[wasm_bindgen_test]
async fn a_sign_out_without_a_connection_is_made_up_for() {
    let session = signed_in().await;
    let device = session.device();
    network(&[]);
    session.logout().await;
    assert_eq!(session.account(), None);
    let again = Session::restore().await;
    assert_eq!((again.account(), again.device()), (None, device));
    let log = network(&[((204, ""), String::new())]);
    again.finish_logout().await;
    again.finish_logout().await;
    assert_eq!(asked(&log), ["/api/auth/logout null"]);
}

#[wasm_bindgen_test]
async fn a_sign_in_that_fails_says_why() {
    storage().unwrap().clear().unwrap();
    identity::forget().await;
    let session = Session::restore().await;
    network(&[]);
    assert_eq!(session.login(&login(&session)).await, Err(RequestError::Offline));
    network(&[refusal(kind::CREDENTIALS)]);
    let refused = session.login(&login(&session)).await;
    assert!(matches!(refused, Err(RequestError::Problem(problem)) if problem.detail == "Detail."));
    assert_eq!(session.account(), None);
}

#[wasm_bindgen_test]
fn a_device_has_a_name_for_people() {
    let name = |rest: &str| device_name(&format!("Mozilla/5.0 {rest}"));
    let webkit = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";
    assert_eq!(name(&format!("(X11; Linux x86_64) {webkit}")), "Chrome on Linux");
    assert_eq!(name(&format!("(Windows NT 10.0; Win64; x64) {webkit} Edg/140.0")), "Edge on Windows");
    assert_eq!(name("(Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"), "Firefox on Android");
    assert_eq!(name("(iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"), "Safari on iPhone");
    assert_eq!(device_name("curl"), "Browser");
}

#[wasm_bindgen_test]
async fn a_device_whose_history_has_forked_is_another_one_from_then_on() {
    let session = signed_in().await;
    let (before, copy) = (session.device(), DeviceId(Uuid::from_u128(77)));
    let branch = Account { actor: 5, ..account(1) };
    let access_token = AccessToken("branch".into());
    let resumed = Resumed {
        device: copy,
        session: shared::account::Session { access_token, expires_in: 900, account: branch.clone() },
    };
    let history = History { epoch: None, actor: 1, confirmed: LastMutation::default(), waiting: Vec::new() };
    let log = network(&[(OK, serde_json::to_string(&resumed).unwrap()), (OK, "7".into())]);
    assert_eq!(session.resume(who(&account(1)), &history).await, Ok(5));
    assert_eq!(session.send(who(&account(1)), &request()).await, Ok(7));
    assert_eq!(asked(&log), ["/api/auth/resume Bearer first", "/api/x Bearer branch"]);
    assert_eq!(session.device(), DeviceInfo { id: copy, ..before });
    let again = Session::restore().await;
    assert_eq!((again.account(), again.device().id), (Some(branch), copy), "also after a restart");
    storage().unwrap().clear().unwrap();
    assert_eq!(Session::restore().await.device().id, copy, "and without the copy that the tabs share");
}
