//! Who is signed in, and the credentials for every request.
//!
//! The access token lives in memory only. The refresh token is in a cookie that no script can read; every tab uses the
//! same one and every use replaces it, so all requests that touch it take turns ([`COOKIE_LOCK`]). The account and the
//! id of the device are kept on the device ([`identity`], and for the other tabs `localStorage`): they are no secrets,
//! and the app opens with them offline.

use std::cell::RefCell;
use std::rc::Rc;

use app::host::RequestError;
use engine::answer::Failure;
use serde::de::DeserializeOwned;
use shared::account::{AccessToken, Account, DeviceInfo, Invitation, LoginRequest, RegisterRequest};
use shared::clock::Actor;
use shared::ids::{DeviceId, OrgId, UserId};
use shared::protocol::{Problem, kind};
use shared::resume::{History, ResumeRequest, Resumed};
use wasm_bindgen::JsCast;
use web_sys::{Storage, StorageEvent};

use crate::clock;
use crate::identity::{self, Identity};
use crate::listener::Listener;
use crate::lock::Lock;
use crate::request::{Answer, Request};

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
    /// What people call this device.
    name: Rc<str>,
}

#[derive(Debug)]
struct State {
    device: DeviceId,
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
            state: Rc::new(RefCell::new(State { device: identity.device, account: identity.account, token: None })),
            name: device_name(&agent).into(),
        }
    }

    /// Who is signed in, known without a connection.
    pub(crate) fn account(&self) -> Option<Account> {
        self.state.borrow().account.clone()
    }

    pub(crate) fn device(&self) -> DeviceInfo {
        // Another tab may have had to become another device.
        let id = stored(DEVICE).and_then(|id| id.parse().ok()).unwrap_or(self.state.borrow().device);
        DeviceInfo { id, name: self.name.to_string() }
    }

    pub(crate) async fn register(&self, request: &RegisterRequest) -> Result<Account, RequestError> {
        self.enter(Request::post_json("/api/auth/register", request)).await
    }

    pub(crate) async fn login(&self, request: &LoginRequest) -> Result<Account, RequestError> {
        self.enter(Request::post_json("/api/auth/login", request)).await
    }

    async fn enter(&self, request: Request) -> Result<Account, RequestError> {
        let _turn = Lock::acquire(COOKIE_LOCK).await;
        let session: shared::account::Session =
            request.send(None).await.and_then(|answer| answer.read()).map_err(told)?;
        self.adopt(session.access_token, session.account.clone()).await;
        // The cookie that a sign-out left behind is replaced.
        forget(SIGNED_OUT);
        Ok(session.account)
    }

    async fn adopt(&self, token: AccessToken, account: Account) {
        store_account(Some(&account));
        let known = self.account().as_ref() == Some(&account);
        {
            let mut state = self.state.borrow_mut();
            (state.account, state.token) = (Some(account), Some(token));
        }
        if !known {
            self.remember().await;
        }
    }

    async fn remember(&self) {
        identity::remember(&Identity { device: self.device().id, account: self.account() }).await;
    }

    /// Signs out: at once on this device, and on the server as soon as it can be reached.
    pub(crate) async fn logout(&self) {
        {
            let mut state = self.state.borrow_mut();
            (state.account, state.token) = (None, None);
        }
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
    pub(crate) async fn invite(&self) -> Result<Invitation, RequestError> {
        let member = self.who().ok_or_else(signed_out).map_err(told)?;
        self.send(member, &Request::post("/api/invitations")).await.map_err(told)
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
        read(&self.answer(member, request).await?)
    }

    /// What comes back to a request of this member.
    async fn answer(&self, member: Who, request: &Request) -> Result<Answer, Failure> {
        let mut refused = None;
        if let Some(token) = self.token(member)? {
            let answer = request.send(Some(&token)).await?;
            match answer.succeeded() {
                Err(failure) if failure.is_unauthenticated() => refused = Some(token),
                _ => return Ok(answer),
            }
        }
        let token = self.renew(member, refused).await?;
        request.send(Some(&token)).await
    }

    /// As which actor this browser is signed in, where it is this member.
    pub(crate) async fn actor(&self, member: Who) -> Result<Actor, Failure> {
        if self.token(member)?.is_none() {
            self.renew(member, None).await?;
        }
        self.account().map(|account| account.actor).ok_or_else(signed_out)
    }

    /// Forgets the access token: the next request finds out anew as whom this browser is signed in.
    pub(crate) fn doubt(&self) {
        self.state.borrow_mut().token = None;
    }

    /// Asks as whom to go on with this history (`shared::resume`), and is signed in as that device from then on.
    pub(crate) async fn resume(&self, member: Who, history: &History) -> Result<Actor, Failure> {
        let device = DeviceInfo { id: DeviceId(clock::new_id()), ..self.device() };
        let request = Request::post_json("/api/auth/resume", &ResumeRequest { device, history: history.clone() });
        let refused = self.token(member)?;
        if refused.is_none() {
            self.renew(member, None).await?;
        }
        match self.try_resume(member, &request).await {
            Err(failure) if failure.is_unauthenticated() && refused.is_some() => {
                self.renew(member, refused).await?;
                self.try_resume(member, &request).await
            }
            result => result,
        }
    }

    async fn try_resume(&self, member: Who, request: &Request) -> Result<Actor, Failure> {
        let _turn = Lock::acquire(COOKIE_LOCK).await;
        let token = self.token(member)?;
        let Resumed { device, session } = request.send(token.as_ref()).await?.read()?;
        // This tab may have signed out while it waited.
        self.token(member)?;
        if who(&session.account) != member {
            return Err(signed_out());
        }
        let actor = session.account.actor;
        store(DEVICE, &device.to_string());
        self.state.borrow_mut().device = device;
        self.adopt(session.access_token, session.account).await;
        self.remember().await;
        Ok(actor)
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

/// What to tell somebody who waits for an answer.
pub(crate) fn told(failure: Failure) -> RequestError {
    match failure {
        Failure::Unreachable | Failure::Busy { problem: None, .. } => RequestError::Offline,
        Failure::Busy { problem: Some(problem), .. } | Failure::Problem(problem) => RequestError::Problem(problem),
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
mod tests;
