//! The way to webhooks: one request over a connection of its own, to exactly the addresses that were looked at.
//!
//! A name is looked up once. What it stands for is checked, and then connected to: in between, nobody can let it stand for
//! something else. Redirects are answers like others and are not followed, there is no proxy, and of an answer only the
//! beginning is read.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::handshake;
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, USER_AGENT};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use url::{Host, Position, Url};

use crate::domain::webhook::{NotPublic, Reach, allowed, target};

/// How long a delivery may take, from looking the name up to the end of the answer.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// Bytes of an answer that are read, and shown in the log.
const SHOWN: usize = 1_000;
const AGENT: &str = concat!("Tern/", env!("CARGO_PKG_VERSION"));

/// Sends what webhooks are told.
#[derive(Clone, Debug)]
pub struct Courier {
    reach: Reach,
    patience: Duration,
    /// What is trusted: read when it is first needed.
    tls: Arc<OnceLock<Arc<ClientConfig>>>,
}

/// An answer, as far as the log shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
    pub beginning: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    #[error("{0}")]
    Address(String),
    #[error("The name {0} cannot be found.")]
    Name(String),
    #[error(transparent)]
    Private(#[from] NotPublic),
    #[error("There is no connection: {0}.")]
    Connection(std::io::Error),
    #[error("The connection is not encrypted as it should be: {0}.")]
    Encryption(String),
    #[error("There is no answer: {0}.")]
    Exchange(hyper::Error),
    #[error("There was no answer in time.")]
    Late,
}

impl Default for Courier {
    fn default() -> Self {
        Self::new(Reach::Public, PATIENCE)
    }
}

impl Courier {
    pub fn new(reach: Reach, patience: Duration) -> Self {
        Self { reach, patience, tls: Arc::default() }
    }

    /// How far it goes.
    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// How long one delivery may take.
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// Sends a body of JSON with these headers.
    pub async fn send(&self, url: &str, headers: HeaderMap, body: String) -> Result<Answered, NotSent> {
        let url = target(url, self.reach).map_err(|error| NotSent::Address(error.to_string()))?;
        let exchange = async {
            let stream = connect(&self.look_up(&url).await?).await?;
            if url.scheme() == "https" {
                let name = server_name(&url)?;
                let stream = TlsConnector::from(self.tls()?).connect(name, stream).await;
                ask(stream.map_err(|error| NotSent::Encryption(error.to_string()))?, &url, headers, body).await
            } else {
                ask(stream, &url, headers, body).await
            }
        };
        tokio::time::timeout(self.patience, exchange).await.unwrap_or(Err(NotSent::Late))
    }

    /// What a name stands for, if it may be connected to.
    async fn look_up(&self, url: &Url) -> Result<Vec<SocketAddr>, NotSent> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        let unknown = || NotSent::Name(host.to_owned());
        let found: Vec<SocketAddr> = match url.host().ok_or_else(unknown)? {
            Host::Ipv4(address) => vec![(address, port).into()],
            Host::Ipv6(address) => vec![(address, port).into()],
            Host::Domain(name) => lookup_host((name, port)).await.map_err(|_| unknown())?.collect(),
        };
        if found.is_empty() { Err(unknown()) } else { Ok(allowed(found, self.reach)?) }
    }

    /// What the machine trusts, so that a company's own certificates work as well.
    fn tls(&self) -> Result<Arc<ClientConfig>, NotSent> {
        if let Some(known) = self.tls.get() {
            return Ok(Arc::clone(known));
        }
        let unusable = |error: String| NotSent::Encryption(error);
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(unusable("the server's machine trusts nobody; install ca-certificates on it".to_owned()));
        }
        let config = ClientConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::clone(self.tls.get_or_init(|| Arc::new(config))))
    }
}

fn server_name(url: &Url) -> Result<ServerName<'static>, NotSent> {
    let name = match url.host() {
        Some(Host::Ipv4(address)) => Some(ServerName::IpAddress(address.into())),
        Some(Host::Ipv6(address)) => Some(ServerName::IpAddress(address.into())),
        Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()).ok(),
        None => None,
    };
    name.ok_or_else(|| NotSent::Name(url.host_str().unwrap_or_default().to_owned()))
}

/// To the first that answers.
async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, NotSent> {
    TcpStream::connect(addresses).await.map_err(NotSent::Connection)
}

async fn ask<S>(stream: S, url: &Url, headers: HeaderMap, body: String) -> Result<Answered, NotSent>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(NotSent::Exchange)?;
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = Method::POST;
    let invalid = || NotSent::Address("The address cannot be asked for. Write it otherwise.".to_owned());
    // Without a fragment, which is nobody else's.
    *request.uri_mut() = url[Position::BeforePath..Position::AfterQuery].parse().map_err(|_| invalid())?;
    let own = request.headers_mut();
    own.insert(HOST, url[Position::BeforeHost..Position::AfterPort].parse().map_err(|_| invalid())?);
    own.insert(USER_AGENT, AGENT.parse().map_err(|_| invalid())?);
    own.insert(CONTENT_TYPE, "application/json".parse().map_err(|_| invalid())?);
    own.extend(headers);
    let exchange = async {
        let (head, body) = sender.send_request(request).await.map_err(NotSent::Exchange)?.into_parts();
        Ok(Answered { status: head.status.as_u16(), beginning: beginning(body).await })
    };
    tokio::select! {
        answered = exchange => answered,
        // The connection goes on as long as the exchange, and its end is the exchange's.
        Err(error) = connection => Err(NotSent::Exchange(error)),
    }
}

/// As a text that can be stored. An answer that breaks off is one all the same.
async fn beginning(mut body: Incoming) -> String {
    let mut bytes = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        bytes.extend(frame.into_data().unwrap_or_default());
        if bytes.len() >= SHOWN {
            break;
        }
    }
    String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]).replace('\0', "\u{fffd}")
}
