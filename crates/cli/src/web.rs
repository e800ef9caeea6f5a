//! HTTP as a device speaks it: one request, one whole answer. What comes back, [`engine::answer`] sorts.

use std::io::Read as _;
use std::time::Duration;

use engine::answer::{Answer, Failure};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, HeaderMap, RETRY_AFTER, SET_COOKIE,
};
use hyper::{Response, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use serde::Serialize;
use shared::account::{AccessToken, REFRESH_COOKIE};

use crate::trouble::{Outcome, Trouble};

/// Of a message, or a problem.
const JSON: &str = "application/json, application/problem+json";
/// After which a connection that does not come about is given up.
const CONNECT: Duration = Duration::from_secs(5);
/// After which a request that has no complete answer is given up.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of an answer, unpacked or not. A page of a pull is a few megabytes.
const MOST: usize = 64 * 1024 * 1024;

/// A request that is not sent yet.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    path: String,
    /// The form in which an answer is wanted.
    accept: &'static str,
    body: Option<Vec<u8>>,
}

impl Request {
    pub(crate) fn post(path: &str) -> Self {
        Self { path: path.into(), accept: JSON, body: None }
    }

    /// A request with a body.
    pub(crate) fn post_json(path: &str, body: &impl Serialize) -> Self {
        // The messages have no maps with keys that are not strings, which is all that could fail.
        Self { body: serde_json::to_vec(body).ok(), ..Self::post(path) }
    }

    /// With an answer in another form.
    pub(crate) fn accepting(self, accept: &'static str) -> Self {
        Self { accept, ..self }
    }
}

/// What a request shows of who sends it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Credentials<'a> {
    None,
    Access(&'a AccessToken),
    /// The refresh token.
    Refresh(&'a str),
}

/// What came back, with the refresh token that it may have brought.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) answer: Answer,
    pub(crate) refresh: Option<String>,
}

/// The way to one server.
#[derive(Clone, Debug)]
pub(crate) struct Web {
    server: String,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// The address of a server as it is kept: without a path. Passwords and tokens go there, so without encryption only to
/// this machine, unless that is wanted.
pub(crate) fn address(text: &str, insecure: bool) -> Outcome<String> {
    let usage = |why: &str| Trouble::Usage(format!("`{text}` is no address of a server: {why}"));
    let uri: Uri = text.parse().map_err(|_| usage("say it like https://tern.example."))?;
    let (scheme, authority) = uri.scheme_str().zip(uri.authority()).ok_or_else(|| usage("begin with https://."))?;
    let host = authority.host().trim_matches(['[', ']']);
    let here = host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
    match scheme {
        "https" => {}
        "http" if here || insecure => {}
        "http" => return Err(usage("passwords would cross the network unencrypted. Use https://, or say --insecure.")),
        _ => return Err(usage("begin with https://.")),
    }
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() || authority.as_str().contains('@') {
        return Err(usage("leave out everything but the host and the port."));
    }
    Ok(format!("{scheme}://{authority}"))
}

impl Web {
    /// `server` is of [`address`].
    pub(crate) fn new(server: &str) -> Outcome<Self> {
        let mut http = HttpConnector::new();
        http.set_connect_timeout(Some(CONNECT));
        http.set_nodelay(true);
        http.enforce_http(false);
        let config = ClientConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .map_err(|error| Trouble::Failed(format!("TLS cannot be used here: {error}")))?;
        let tls = if server.starts_with("https:") {
            // Those that the machine trusts, so that a company's own works as well.
            hyper_rustls::ConfigBuilderExt::with_native_roots(config).map_err(|error| {
                Trouble::Failed(format!(
                    "This machine's certificates cannot be read ({error}). Install ca-certificates."
                ))
            })?
        } else {
            config.with_root_certificates(RootCertStore::empty())
        };
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls.with_no_client_auth()).https_or_http().enable_http1();
        let client = Client::builder(TokioExecutor::new()).build(connector.wrap_connector(http));
        Ok(Self { server: server.to_owned(), client })
    }

    /// Sends a request, and waits for the whole answer. Dropping the future cancels it.
    pub(crate) async fn send(&self, request: &Request, credentials: Credentials<'_>) -> Result<Reply, Failure> {
        let mut message = hyper::Request::post(format!("{}{}", self.server, request.path))
            .header(ACCEPT, request.accept)
            .header(ACCEPT_ENCODING, "zstd");
        match credentials {
            Credentials::None => {}
            Credentials::Access(AccessToken(token)) => {
                message = message.header(AUTHORIZATION, format!("Bearer {token}"));
            }
            Credentials::Refresh(token) => message = message.header(COOKIE, format!("{REFRESH_COOKIE}={token}")),
        }
        if request.body.is_some() {
            message = message.header(CONTENT_TYPE, "application/json");
        }
        let body = Full::new(Bytes::from(request.body.clone().unwrap_or_default()));
        let message = message.body(body).map_err(|_| Failure::Unreachable)?;
        let exchange = async {
            let response = self.client.request(message).await.map_err(|_| Failure::Unreachable)?;
            read(response).await
        };
        tokio::time::timeout(TIMEOUT, exchange).await.map_err(|_| Failure::Unreachable)?
    }

    /// Asks for another protocol on the connection (RFC 9110, section 7.8). The response says whether it is spoken now.
    pub(crate) async fn upgrade(&self, path: &str, headers: HeaderMap) -> Result<Response<Incoming>, Failure> {
        let message = hyper::Request::get(format!("{}{path}", self.server)).body(Full::default());
        let mut message = message.map_err(|_| Failure::Unreachable)?;
        message.headers_mut().extend(headers);
        let response = tokio::time::timeout(TIMEOUT, self.client.request(message)).await;
        response.map_err(|_| Failure::Unreachable)?.map_err(|_| Failure::Unreachable)
    }
}

async fn read(response: Response<Incoming>) -> Result<Reply, Failure> {
    let (head, body) = response.into_parts();
    let header = |name| head.headers.get(name).and_then(|value: &hyper::header::HeaderValue| value.to_str().ok());
    let mut cookies = head.headers.get_all(SET_COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let refresh = cookies.find_map(refresh_token).map(str::to_owned);
    let bytes = Limited::new(body, MOST).collect().await.map_err(|_| Failure::Unreachable)?.to_bytes();
    let body = match header(CONTENT_ENCODING) {
        None => bytes.into(),
        Some("zstd") => unpacked(&bytes).ok_or(Failure::Unreachable)?,
        // Not what was asked for.
        Some(_) => return Err(Failure::Unreachable),
    };
    let answer = Answer {
        status: head.status.as_u16(),
        content_type: header(CONTENT_TYPE).unwrap_or_default().to_owned(),
        retry_after: header(RETRY_AFTER).and_then(|seconds| seconds.trim().parse().ok()),
        body,
    };
    Ok(Reply { answer, refresh })
}

fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    let decoder = zstd::Decoder::new(bytes).ok()?;
    decoder.take(MOST as u64 + 1).read_to_end(&mut body).ok()?;
    (body.len() <= MOST).then_some(body)
}

/// The token in a header that sets it; one that removes it has none.
fn refresh_token(cookie: &str) -> Option<&str> {
    let (name, token) = cookie.split(';').next()?.split_once('=')?;
    (name.trim() == REFRESH_COOKIE && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_an_address_that_keeps_secrets() {
        let good = |text: &str| address(text, false).unwrap();
        assert_eq!(good("https://tern.example/"), "https://tern.example");
        assert_eq!(good("https://tern.example:8443"), "https://tern.example:8443");
        for here in ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"] {
            assert_eq!(good(here), here);
        }
        for bad in ["", "tern.example", "ftp://tern.example", "https://", "https://a/b", "https://a?b", "https://a:b@c"]
        {
            assert!(matches!(address(bad, true), Err(Trouble::Usage(_))), "{bad}");
        }
        assert!(address("http://tern.example", false).is_err());
        assert_eq!(address("http://tern.example", true).unwrap(), "http://tern.example");
    }

    #[test]
    fn the_refresh_token_is_read_off_its_cookie() {
        assert_eq!(refresh_token("tern_refresh=t.o-k; HttpOnly; Path=/api/auth"), Some("t.o-k"));
        for none in ["tern_refresh=; Max-Age=0", "other=t", "tern_refresher=t", "", "tern_refresh"] {
            assert_eq!(refresh_token(none), None, "{none}");
        }
    }

    #[test]
    fn what_unpacks_without_end_is_no_answer() {
        let bomb = zstd::encode_all(std::io::repeat(0).take(MOST as u64 + 1), 1).unwrap();
        assert!(unpacked(&bomb).is_none());
        assert_eq!(unpacked(&zstd::encode_all(&b"fine"[..], 1).unwrap()).as_deref(), Some(&b"fine"[..]));
    }
}
