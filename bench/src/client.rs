//! HTTP as a device speaks it: one connection, kept open, answers compressed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::answer::Answer;
use engine::transport::{Transport, TransportError};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder, Response};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::account::{Account, DeviceInfo, Invitation, LoginRequest, Password, RegisterRequest, Session};
use shared::clock::Actor;
use shared::ids::DeviceId;
use shared::protocol::{COMPACT, PullRequest, PullResponse, PushRequest, PushResponse};
use shared::realtime::SocketTicket;
use shared::resume::History;
use uuid::Uuid;

use crate::outcome::Outcome;

/// What Chromium and Firefox understand. Of these the server takes Zstandard.
const ENCODINGS: &str = "gzip, deflate, br, zstd";

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A signed-in device's way to the server.
#[derive(Debug)]
pub(crate) struct Connection {
    http: Client,
    url: String,
    token: String,
    pub(crate) account: Account,
    /// Bytes of the answers' bodies, as they came over the wire.
    received: AtomicU64,
}

impl Connection {
    /// Founds an organization and signs its owner in.
    pub(crate) async fn found(url: &str, organization: &str) -> Outcome<Self> {
        Self::register(url, Some(organization.to_owned()), None).await
    }

    /// Registers somebody in the organization of a member, on a device of their own.
    pub(crate) async fn join(&self) -> Outcome<Self> {
        let invitation: Invitation = self.answer(self.http.post(self.address("/api/invitations"))).await?;
        Self::register(&self.url, None, Some(invitation.token)).await
    }

    /// The same person on another device.
    pub(crate) async fn second_device(&self) -> Outcome<Self> {
        let email = self.account.email.clone();
        let body = LoginRequest { email, password: Password(PASSWORD.to_owned()), device: device() };
        Self::enter(&self.url, "/api/auth/login", &body).await
    }

    async fn register(url: &str, organization: Option<String>, invitation: Option<String>) -> Outcome<Self> {
        let email = format!("{}@bench.example", Uuid::now_v7().simple());
        let (name, password) = ("Ines Okafor".to_owned(), Password(PASSWORD.to_owned()));
        let body = RegisterRequest { organization, invitation, name, email, password, device: device() };
        Self::enter(url, "/api/auth/register", &body).await
    }

    async fn enter(url: &str, path: &str, body: &impl Serialize) -> Outcome<Self> {
        let http = Client::builder().no_proxy().tcp_nodelay(true).build()?;
        let response = http.post(format!("{url}{path}")).json(body).send().await?;
        let Session { access_token, account, .. } = response.error_for_status()?.json().await?;
        Ok(Self { http, url: url.to_owned(), token: access_token.0, account, received: AtomicU64::new(0) })
    }

    /// Bytes received since the last call.
    pub(crate) fn take_received(&self) -> u64 {
        self.received.swap(0, Ordering::Relaxed)
    }

    /// What opens this device's socket: an address.
    pub(crate) async fn socket_address(&self) -> Outcome<String> {
        let ticket: SocketTicket = self.answer(self.http.post(self.address("/api/ws/ticket"))).await?;
        Ok(format!("{}/api/ws?ticket={}", self.url.replacen("http", "ws", 1), ticket.ticket))
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Asks for what is at an address, as a program does; fails if it is nothing good.
    pub(crate) async fn get(&self, path: &str) -> Result<(), TransportError> {
        self.answer(self.http.get(self.address(path))).await.map(|IgnoredAny| ())
    }

    /// Fetches a file.
    pub(crate) async fn file(&self, path: &str) -> Outcome<Vec<u8>> {
        let Answer { status, body, .. } = self.ask(self.http.get(self.address(path))).await?;
        if status == 200 { Ok(body) } else { Err(format!("{path} is answered with {status}").into()) }
    }

    /// Sends a file in. Returns how many tasks were made of it.
    pub(crate) async fn import(&self, path: &str, file: Vec<u8>) -> Outcome<u64> {
        #[derive(Deserialize)]
        struct Report {
            made: BTreeMap<String, u64>,
        }
        let Report { made } = self.answer(self.http.post(self.address(path)).body(file)).await?;
        Ok(made.get("task").copied().unwrap_or_default())
    }

    /// Sends JSON to an address, as a program does; what it answers with.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, TransportError> {
        self.answer(self.http.post(self.address(path)).json(body)).await
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, TransportError> {
        Ok(self.ask(request).await?.read()?)
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Answer, TransportError> {
        let request = request.bearer_auth(&self.token).header(ACCEPT_ENCODING, ENCODINGS);
        let response = request.send().await.map_err(|_| TransportError::Unreachable)?;
        let status = response.status().as_u16();
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or_default().to_owned();
        Ok(Answer { status, content_type, retry_after: None, body: self.body(response).await? })
    }

    async fn body(&self, response: Response) -> Result<Vec<u8>, TransportError> {
        let encoding = response.headers().get(CONTENT_ENCODING).cloned();
        let bytes = response.bytes().await.map_err(|_| TransportError::Unreachable)?;
        self.received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        match encoding {
            None => Ok(bytes.into()),
            Some(encoding) if encoding == "zstd" => {
                zstd::decode_all(&bytes[..]).map_err(|_| TransportError::Unreachable)
            }
            Some(_) => Err(TransportError::Unreachable),
        }
    }
}

impl Transport for Connection {
    async fn push(&self, request: &PushRequest) -> Result<PushResponse, TransportError> {
        self.answer(self.http.post(self.address("/api/sync/push")).json(request)).await
    }

    async fn pull(&self, request: &PullRequest) -> Result<PullResponse, TransportError> {
        let request = self.http.post(self.address("/api/sync/pull")).header(ACCEPT, COMPACT).json(request);
        Ok(self.ask(request).await?.read_compact()?)
    }

    /// Nobody copies these devices, so none of them has reason to ask.
    async fn resume(&self, _: &History) -> Result<Actor, TransportError> {
        Err(TransportError::Forked)
    }
}

fn device() -> DeviceInfo {
    DeviceInfo { id: DeviceId(Uuid::now_v7()), name: "bench".to_owned() }
}
