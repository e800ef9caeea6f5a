//! Who is signed in, and the credentials for every request.
//!
//! All of it is in one file that only its owner can read: the id of this device, which outlives every account, the
//! server, the account, and the tokens. Several processes share it as the tabs of a browser share a cookie: every use of
//! the refresh token replaces it, so whoever uses it holds a lock and looks first whether another process has been
//! faster.

use std::cell::{Cell, Ref, RefCell};

use engine::answer::{Answer, Failure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::account::{self, AccessToken, Account, DeviceInfo, LoginRequest, Password};
use shared::clock::{Actor, Millis};
use shared::ids::{DeviceId, OrgId, UserId};
use shared::protocol::{Problem, kind};
use shared::resume::{History, ResumeRequest, Resumed};
use uuid::Uuid;

use crate::home::{Home, Lock, replace};
use crate::machine;
use crate::trouble::{Outcome, Trouble};
use crate::web::{Credentials, Reply, Request, Web};

/// A member of an organization: whose requests and data something is.
pub(crate) type Who = (OrgId, UserId);

/// An access token is renewed so long before it runs out.
const MARGIN: Millis = 10_000;

/// What is in the file; JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    device: DeviceId,
    /// What people call this device.
    name: Option<String>,
    /// The last one that somebody signed in to.
    server: Option<String>,
    account: Option<Account>,
    tokens: Option<Tokens>,
    /// Of a session that was ended here, and of which the server has not heard yet.
    #[serde(default)]
    ended: Option<Tokens>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Tokens {
    refresh: String,
    access: AccessToken,
    /// When the access token runs out, by this device's clock.
    until: Millis,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(…)")
    }
}

/// The session of this device.
#[derive(Debug)]
pub(crate) struct Session {
    home: Home,
    kept: RefCell<Kept>,
    /// Made when it is first needed.
    web: RefCell<Option<Web>>,
    /// Whether the refresh token is on its way, and with it the only news of its successor.
    renewing: Cell<bool>,
}

impl Session {
    /// Takes up the session that this device was left with.
    pub(crate) fn restore(home: Home) -> Outcome<Self> {
        let kept = match read(&home)? {
            Some(kept) => kept,
            None => first(&home)?,
        };
        Ok(Self { home, kept: RefCell::new(kept), web: RefCell::default(), renewing: Cell::new(false) })
    }

    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    /// The server that somebody was signed in to last.
    pub(crate) fn server(&self) -> Option<String> {
        self.kept.borrow().server.clone()
    }

    /// Who is signed in, known without a connection.
    pub(crate) fn account(&self) -> Outcome<Account> {
        self.kept.borrow().account.clone().ok_or_else(Trouble::signed_out)
    }

    /// Signs in to a server.
    pub(crate) async fn login(&self, server: &str, email: &str, password: Password, name: &str) -> Outcome<Account> {
        let web = Web::new(server)?;
        let device = DeviceInfo { id: self.kept.borrow().device, name: name.to_owned() };
        let request = LoginRequest { email: email.to_owned(), password, device };
        let _turn = self.turn().await?;
        let reply = web.send(&Request::post_json("/api/auth/login", &request), Credentials::None).await;
        let (session, refresh) = reply.and_then(granted).map_err(told)?;
        self.kept_now()?;
        let mut kept = self.kept.borrow().clone();
        let before = kept.tokens.take().or(kept.ended.take()).zip(kept.server.clone());
        kept.server = Some(server.to_owned());
        kept.name = Some(name.to_owned());
        let account = session.account.clone();
        self.keep(adopted(kept, session, refresh))?;
        if let Some((tokens, server)) = before {
            // The session that this one replaces need not be told: it ends by itself, too.
            let web = Web::new(&server)?;
            let _ = web.send(&Request::post("/api/auth/logout"), Credentials::Refresh(&tokens.refresh)).await;
        }
        *self.web.borrow_mut() = Some(web);
        Ok(account)
    }

    /// Signs out: at once on this device, and on the server as soon as it can be reached. Whether it has heard of it.
    pub(crate) async fn logout(&self) -> Outcome<bool> {
        let _turn = self.turn().await?;
        self.kept_now()?;
        let mut kept = self.kept.borrow().clone();
        kept.ended = kept.tokens.take().or(kept.ended);
        kept.account = None;
        let ended = kept.ended.clone();
        self.keep(kept.clone())?;
        let Some(tokens) = ended else { return Ok(true) };
        let web = self.web()?;
        let answer = web.send(&Request::post("/api/auth/logout"), Credentials::Refresh(&tokens.refresh)).await;
        let heard = matches!(answer.and_then(|reply| reply.answer.read_nothing()), Ok(()) | Err(Failure::Problem(_)));
        if heard {
            self.keep(Kept { ended: None, ..kept })?;
        }
        Ok(heard)
    }

    /// Sends a request as this member. Where the access token has run out, renews it and sends once more. Refused when
    /// somebody else is signed in by now: one member's requests never carry another one's credentials.
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
        let token = self.access(member).await?;
        let reply = self.web_or_none()?.send(request, Credentials::Access(&token)).await?;
        match reply.answer.succeeded() {
            Err(failure) if failure.is_unauthenticated() => {
                let token = self.renew(member, Some(token)).await?;
                read(&self.web_or_none()?.send(request, Credentials::Access(&token)).await?.answer)
            }
            _ => read(&reply.answer),
        }
    }

    /// The way to the server of this session.
    pub(crate) fn web_or_none(&self) -> Result<Web, Failure> {
        // What is wrong with it was said when somebody signed in.
        self.web().map_err(|_| Failure::Unreachable)
    }

    fn web(&self) -> Outcome<Web> {
        if let Some(web) = &*self.web.borrow() {
            return Ok(web.clone());
        }
        let web = Web::new(&self.server().ok_or_else(Trouble::signed_out)?)?;
        *self.web.borrow_mut() = Some(web.clone());
        Ok(web)
    }

    /// Whether somebody who now stops waiting would lose the session: the server may have replaced the refresh token
    /// already, and takes the old one for stolen in a minute.
    pub(crate) fn is_renewing(&self) -> bool {
        self.renewing.get()
    }

    /// As which actor this device is signed in, where it is this member. `afresh`: as the file says now.
    pub(crate) fn actor(&self, member: Who, afresh: bool) -> Result<Actor, Failure> {
        if afresh {
            self.kept_now().map_err(|_| Failure::Unreachable)?;
        }
        Ok(self.of(member)?.actor)
    }

    /// Asks as whom to go on with this history (`shared::resume`), and is signed in as that device from then on.
    pub(crate) async fn resume(&self, member: Who, history: &History) -> Result<Actor, Failure> {
        let name = self.kept.borrow().name.clone().unwrap_or_default();
        let device = DeviceInfo { id: DeviceId(Uuid::now_v7()), name };
        let request = Request::post_json("/api/auth/resume", &ResumeRequest { device, history: history.clone() });
        let token = self.access(member).await?;
        let _turn = self.turn().await.map_err(|_| Failure::Unreachable)?;
        let reply = self.web_or_none()?.send(&request, Credentials::Access(&token)).await?;
        reply.answer.succeeded()?;
        let refresh = reply.refresh.ok_or(Failure::Unreachable)?;
        let Resumed { device, session } = reply.answer.read()?;
        // Somebody may have signed out meanwhile.
        self.kept_now().map_err(|_| Failure::Unreachable)?;
        self.of(member)?;
        if who(&session.account) != member {
            return Err(signed_out());
        }
        let actor = session.account.actor;
        let kept = Kept { device, ..self.kept.borrow().clone() };
        self.keep(adopted(kept, session, refresh)).map_err(|_| Failure::Unreachable)?;
        Ok(actor)
    }

    /// An access token that is good for a while, by this device's clock.
    async fn access(&self, member: Who) -> Result<AccessToken, Failure> {
        self.of(member)?;
        let good = |tokens: &Tokens| tokens.until - MARGIN > machine::now();
        let token = self.tokens().as_ref().filter(|tokens| good(tokens)).map(|tokens| tokens.access.clone());
        match token {
            Some(token) => Ok(token),
            None => self.renew(member, None).await,
        }
    }

    /// A new access token in place of the `refused` one, or of one that has run out.
    async fn renew(&self, member: Who, refused: Option<AccessToken>) -> Result<AccessToken, Failure> {
        let before = refused.or_else(|| self.tokens().as_ref().map(|tokens| tokens.access.clone()));
        let _turn = self.turn().await.map_err(|_| Failure::Unreachable)?;
        // Another process may have renewed it while this one waited, signed out, or signed somebody else in.
        self.kept_now().map_err(|_| Failure::Unreachable)?;
        self.of(member)?;
        let Some(tokens) = self.tokens().clone() else { return Err(signed_out()) };
        if before.is_some_and(|before| before != tokens.access) {
            return Ok(tokens.access);
        }
        let request = Request::post("/api/auth/refresh");
        self.renewing.set(true);
        let reply = self.web_or_none()?.send(&request, Credentials::Refresh(&tokens.refresh)).await;
        self.renewing.set(false);
        let (session, refresh) = granted(reply?)?;
        if who(&session.account) != member {
            return Err(signed_out());
        }
        let access = session.access_token.clone();
        let kept = self.kept.borrow().clone();
        self.keep(adopted(kept, session, refresh)).map_err(|_| Failure::Unreachable)?;
        Ok(access)
    }

    fn tokens(&self) -> Ref<'_, Option<Tokens>> {
        Ref::map(self.kept.borrow(), |kept| &kept.tokens)
    }

    /// This member's account, while it is who is signed in.
    fn of(&self, member: Who) -> Result<Account, Failure> {
        let account = self.kept.borrow().account.clone();
        account.filter(|account| who(account) == member).ok_or_else(signed_out)
    }

    /// Waits for the turn to use the refresh token.
    async fn turn(&self) -> Outcome<Lock> {
        let path = self.home.session_lock();
        let locked = tokio::task::spawn_blocking(move || Lock::acquire(&path).map_err(|error| (path, error))).await;
        let locked = locked.map_err(|_| Trouble::Failed("The session could not be locked. Try again.".into()))?;
        locked.map_err(|(path, error)| Trouble::file(&path, &error))
    }

    /// Takes over what the file says now.
    fn kept_now(&self) -> Outcome<()> {
        if let Some(kept) = read(&self.home)? {
            *self.kept.borrow_mut() = kept;
        }
        Ok(())
    }

    fn keep(&self, kept: Kept) -> Outcome<()> {
        write(&self.home, &kept)?;
        *self.kept.borrow_mut() = kept;
        Ok(())
    }
}

pub(crate) fn who(account: &Account) -> Who {
    (account.organization, account.user)
}

/// What to tell somebody who waits for an answer.
pub(crate) fn told(failure: Failure) -> Trouble {
    match failure {
        Failure::Unreachable | Failure::Busy { problem: None, .. } => Trouble::offline(),
        Failure::Busy { problem: Some(problem), .. } => Trouble::Offline(problem.detail),
        Failure::Problem(problem) if problem.kind == kind::UNAUTHENTICATED => Trouble::session_over(),
        Failure::Problem(problem) if problem.status == 401 => Trouble::SignedOut(problem.detail),
        Failure::Problem(problem) => Trouble::Refused(problem.detail),
    }
}

/// The session in a reply, with its refresh token.
fn granted(reply: Reply) -> Result<(account::Session, String), Failure> {
    let session = reply.answer.read()?;
    Ok((session, reply.refresh.ok_or(Failure::Unreachable)?))
}

fn adopted(kept: Kept, session: account::Session, refresh: String) -> Kept {
    let until = machine::now() + Millis::from(session.expires_in) * 1_000;
    let tokens = Tokens { refresh, access: session.access_token, until };
    Kept { account: Some(session.account), tokens: Some(tokens), ..kept }
}

fn signed_out() -> Failure {
    Failure::Problem(Problem {
        kind: kind::UNAUTHENTICATED.into(),
        title: "Signed out".into(),
        status: 401,
        detail: "You are signed out, perhaps by another process. Sign in again with `tern login`.".into(),
    })
}

/// The first start on this device. Two processes may be at it at once: one of them says which device this is.
fn first(home: &Home) -> Outcome<Kept> {
    let path = home.session_lock();
    let _turn = Lock::acquire(&path).map_err(|error| Trouble::file(&path, &error))?;
    if let Some(kept) = read(home)? {
        return Ok(kept);
    }
    let device = DeviceId(Uuid::now_v7());
    let kept = Kept { device, name: None, server: None, account: None, tokens: None, ended: None };
    write(home, &kept)?;
    Ok(kept)
}

fn read(home: &Home) -> Outcome<Option<Kept>> {
    let path = home.session();
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            Trouble::Failed(format!("{}: {error}. Remove the file and sign in again.", path.display()))
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Trouble::file(&path, &error)),
    }
}

fn write(home: &Home, kept: &Kept) -> Outcome<()> {
    let path = home.session();
    let bytes = serde_json::to_vec(kept).map_err(|error| Trouble::Failed(error.to_string()))?;
    replace(&path, &bytes).map_err(|error| Trouble::file(&path, &error))
}
