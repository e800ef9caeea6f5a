//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the key that a request's author has given it, so that
//! they can repeat it when they do not know what came of it.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::extract::{self, Bytes};
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::services::Once;

/// The header's name, as the document says it.
pub(super) const NAME: &str = "Idempotency-Key";
const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Characters of a key.
const MOST: usize = 255;

/// A body, and the key of the request, if it has one.
pub(super) struct Keyed<T>(pub(super) T, pub(super) Option<Once>);

/// The key of a request without a body.
pub(super) struct Key(pub(super) Option<Once>);

impl<T: DeserializeOwned> FromRequest<AppState> for Keyed<T> {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, ApiProblem> {
        extract::demand_json(request.headers())?;
        let (parts, body) = request.into_parts();
        let key = key(&parts)?;
        let Bytes(bytes) = Bytes::from_request(Request::new(body), app).await?;
        let once = key.map(|key| Once { key, fingerprint: fingerprint(&parts, &bytes) });
        Ok(Self(extract::read_json(&bytes)?, once))
    }
}

impl FromRequestParts<AppState> for Key {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiProblem> {
        Ok(Self(key(parts)?.map(|key| Once { key, fingerprint: fingerprint(parts, &[]) })))
    }
}

/// The key; a structured field's string (RFC 9651, section 3.3.3), or what is in it without the marks.
fn key(parts: &Parts) -> Result<Option<String>, ApiProblem> {
    let mut values = parts.headers.get_all(HEADER).into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    let key = text.map(|text| text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text));
    let plain = |key: &&str| {
        (1..=MOST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
    };
    key.filter(plain).map(|key| Some(key.to_owned())).ok_or_else(|| {
        let detail = "Idempotency-Key must be one text of 1 to 255 visible ASCII characters without quotation marks, such \
                      as a new UUID for each request.";
        ApiProblem::invalid(StatusCode::BAD_REQUEST, detail)
    })
}

/// What a request is, to be told from another one.
fn fingerprint(parts: &Parts, body: &[u8]) -> [u8; 32] {
    let path = parts.uri.path_and_query().map(axum::http::uri::PathAndQuery::as_str).unwrap_or_default();
    let mut hash = Sha256::new().chain_update(parts.method.as_str()).chain_update(b" ").chain_update(path);
    for tag in parts.headers.get_all(IF_MATCH) {
        hash.update(b"\n");
        hash.update(tag.as_bytes());
    }
    hash.chain_update(b"\n\n").chain_update(body).finalize().into()
}
