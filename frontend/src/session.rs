//! Who is signed in, and the credentials for every request.
//!
//! The access token lives in memory only. The refresh token is in a cookie that no script can read; every tab uses the
//! same one and every use replaces it, so all requests that touch it take turns ([`COOKIE_LOCK`]). The account and the
//! id of the device are kept on the device ([`identity`], and for the other tabs `localStorage`): they are no secrets,
//! and the app opens with them offline.

use std::cell::RefCell;
use std::rc::Rc;

use app::host::AccountError;
use serde::de::DeserializeOwned;
use shared::account::{AccessToken, Account, DeviceInfo, Invitation, LoginRequest, RegisterRequest};
use shared::ids::{DeviceId, OrgId, UserId};
use shared::protocol::{Problem, kind};
use wasm_bindgen::JsCast;
use web_sys::{Storage, StorageEvent};

use crate::clock;
use crate::identity::{self, Identity};
use crate::listener::Listener;
use crate::lock::Lock;
use crate::request::{Answer, Failure, Request};

/// Held by whoever sends or receives the refresh cookie.
const COOKIE_LOCK: &str = "tern-refresh";
/// Where the account is kept; JSON.
const ACCOUNT: &str = "tern.account";
/// Where the id of this device is kept. It outlives every account.
const DEVICE: &str = "tern.device";
/// Present while the server has not heard of a sign-out yet.
const SIGNED_OUT: &str = "tern.signed-out";

/// A member of an organization: whose requests and data something is.
pub(crate) type Who = (OrgId, UserId);

pub(crate) fn who(account: &Account) -> Who {
    (account.organization, account.user)
}

/// The session of this tab. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    state: Rc<RefCell<State>>,
    device: DeviceInfo,
}

#[derive(Debug)]
struct State {
    account: Option<Account>,
    token: Option<AccessToken>,
}

impl Session {
    /// Takes up the session that this browser was left with.
    pub(crate) async fn restore() -> Self {
        let identity = if let Some(identity) = identity::recall().await {
            identity
        } else {
            let kept = stored(DEVICE).and_then(|id| id.parse().ok());
            let device = kept.unwrap_or_else(|| DeviceId(clock::new_id()));
            let identity = Identity { device, account: stored_account() };
            identity::remember(&identity).await;
            identity
        };
        store(DEVICE, &identity.device.to_string());
        store_account(identity.account.as_ref());
        let agent = web_sys::window().and_then(|window| window.navigator().user_agent().ok()).unwrap_or_default();
        Self {
            state: Rc::new(RefCell::new(State { account: identity.account, token: None })),
            device: DeviceInfo { id: identity.device, name: device_name(&agent) },
        }
    }

    /// Who is signed in, known without a connection.
    pub(crate) fn account(&self) -> Option<Account> {
        self.state.borrow().account.clone()
    }

    pub(crate) fn device(&self) -> DeviceInfo {
        self.device.clone()
    }

    pub(crate) async fn register(&self, request: &RegisterRequest) -> Result<Account, AccountError> {
        self.enter(Request::post_json("/api/auth/register", request)).await
    }

    pub(crate) async fn login(&self, request: &LoginRequest) -> Result<Account, AccountError> {
        self.enter(Request::post_json("/api/auth/login", request)).await
    }

    async fn enter(&self, request: Request) -> Result<Account, AccountError> {
        let _turn = Lock::acquire(COOKIE_LOCK).await;
        let session: shared::account::Session = request.send(None).await.and_then(|answer| answer.read())?;
        self.adopt(session.access_token, session.account.clone()).await;
        // The cookie that a sign-out left behind is replaced.
        forget(SIGNED_OUT);
        Ok(session.account)
    }

    async fn adopt(&self, token: AccessToken, account: Account) {
        store_account(Some(&account));
        let known = self.account().as_ref() == Some(&account);
        *self.state.borrow_mut() = State { account: Some(account), token: Some(token) };
        if !known {
            self.remember().await;
        }
    }

    async fn remember(&self) {
        identity::remember(&Identity { device: self.device.id, account: self.account() }).await;
    }

    /// Signs out: at once on this device, and on the server as soon as it can be reached.
    pub(crate) async fn logout(&self) {
        *self.state.borrow_mut() = State { account: None, token: None };
        store(SIGNED_OUT, "");
        store_account(None);
        self.remember().await;
        self.finish_logout().await;
    }

    /// Tells the server of a sign-out that it has not heard of: for the start of the app and when the network is back.
    pub(crate) async fn finish_logout(&self) {
        if stored(SIGNED_OUT).is_none() {
            return;
        }
        let _turn = Lock::acquire(COOKIE_LOCK).await;
        // Somebody may have signed in while this waited.
        if stored(SIGNED_OUT).is_none() {
            return;
        }
        let answer = Request::post("/api/auth/logout").send(None).await.and_then(|answer| answer.read_nothing());
        if matches!(answer, Ok(()) | Err(Failure::Problem(_))) {
            forget(SIGNED_OUT);
        }
    }

    /// A link with which one person can join the organization.
    pub(crate) async fn invite(&self) -> Result<Invitation, AccountError> {
        let member = self.who().ok_or_else(signed_out)?;
        Ok(self.send(member, &Request::post("/api/invitations")).await?)
    }

    /// Sends a request as this member. Where the access token has run out, renews it and sends once more. Refused
    /// when somebody else is signed in by now: one member's requests never carry another one's credentials.
    pub(crate) async fn send<T: DeserializeOwned>(&self, member: Who, request: &Request) -> Result<T, Failure> {
        self.ask(member, request, Answer::read).await
    }

    /// As [`Self::send`], with an answer that is to be read in its own way.
    pub(crate) async fn ask<T>(
        &self,
        member: Who,
        request: &Request,
        read: fn(&Answer) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut refused = None;
        if let Some(token) = self.token(member)? {
            match read(&request.send(Some(&token)).await?) {
                Err(Failure::Problem(problem)) if problem.kind == kind::UNAUTHENTICATED => refused = Some(token),
                result => return result,
            }
        }
        let token = self.renew(member, refused).await?;
        read(&request.send(Some(&token)).await?)
    }

    /// A new access token in place of the `refused` one.
    async fn renew(&self, member: Who, refused: Option<AccessToken>) -> Result<AccessToken, Failure> {
        let _turn = Lock::acquire(COOKIE_LOCK).await;
        if let Some(token) = self.token(member)?.filter(|token| Some(token) != refused.as_ref()) {
            // Another request of this tab has renewed it while this one waited.
            return Ok(token);
        }
        self.state.borrow_mut().token = None;
        // The cookie is the browser's, not this tab's: another tab may have signed out, or somebody else in.
        if stored_account().is_some_and(|account| who(&account) != member) || stored(SIGNED_OUT).is_some() {
            return Err(signed_out());
        }
        let answer = Request::post("/api/auth/refresh").send(None).await?;
        let session: shared::account::Session = answer.read()?;
        // This tab may have signed out while it waited.
        self.token(member)?;
        if who(&session.account) != member {
            return Err(signed_out());
        }
        self.adopt(session.access_token.clone(), session.account).await;
        Ok(session.access_token)
    }

    fn who(&self) -> Option<Who> {
        self.state.borrow().account.as_ref().map(who)
    }

    fn token(&self, member: Who) -> Result<Option<AccessToken>, Failure> {
        if self.who() == Some(member) { Ok(self.state.borrow().token.clone()) } else { Err(signed_out()) }
    }

    /// Calls back when another tab has signed out or signed somebody else in: this tab's data is not to be shown any
    /// longer. Until it is dropped.
    pub(crate) fn watch(&self, switched: impl Fn() + 'static) -> Option<Listener> {
        let session = self.clone();
        Listener::on(web_sys::window()?.as_ref(), "storage", move |event| {
            // No key: everything was cleared.
            let key = event.dyn_into::<StorageEvent>().ok().and_then(|event| event.key());
            if key.is_none_or(|key| key == ACCOUNT) && stored_account().as_ref().map(who) != session.who() {
                switched();
            }
        })
    }
}

impl From<Failure> for AccountError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable | Failure::Busy { problem: None, .. } => Self::Offline,
            Failure::Busy { problem: Some(problem), .. } | Failure::Problem(problem) => Self::Problem(problem),
        }
    }
}

fn signed_out() -> Failure {
    Failure::Problem(Problem {
        kind: kind::UNAUTHENTICATED.into(),
        title: "Signed out".into(),
        status: 401,
        detail: "You are signed out, perhaps in another tab of this browser. Sign in again.".into(),
    })
}

/// None where the member has forbidden it; then a session lasts as long as the tab.
fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

fn stored(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

fn stored_account() -> Option<Account> {
    serde_json::from_slice(stored(ACCOUNT)?.as_bytes()).ok()
}

fn store_account(account: Option<&Account>) {
    match account.and_then(|account| serde_json::to_string(account).ok()) {
        Some(text) => store(ACCOUNT, &text),
        None => forget(ACCOUNT),
    }
}

fn store(key: &str, value: &str) {
    // Fails where the storage is full or forbidden; the next start then begins with a sign-in.
    let _ = storage().map(|storage| storage.set_item(key, value));
}

fn forget(key: &str) {
    let _ = storage().map(|storage| storage.remove_item(key));
}

/// What a person calls a device, such as "Chrome on Linux". The order matters: browsers claim to be their ancestors.
fn device_name(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Macintosh", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let find =
        |names: &[(&str, &'static str)]| names.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.into(),
        (None, None) => "Browser".into(),
    }
}

#[cfg(test)]
mod tests {
    use js_sys::{Array, Function, Reflect};
    use shared::account::Password;
    use shared::ids::Epoch;
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
        let session = shared::account::Session {
            access_token: AccessToken(token.into()),
            expires_in: 900,
            account: account(user),
        };
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
        assert_eq!(session.login(&login(&session)).await, Err(AccountError::Offline));
        network(&[refusal(kind::CREDENTIALS)]);
        let refused = session.login(&login(&session)).await;
        assert!(matches!(refused, Err(AccountError::Problem(problem)) if problem.detail == "Detail."));
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
}
