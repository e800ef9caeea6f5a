//! What requests carry: parsed once, with an error that says what is wrong and what to do.

use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use futures::StreamExt as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use shared::limits::BODY_BYTES;
use shared::protocol::{SCHEMA, kind};

use crate::member::Member;
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::tokens::API_TOKEN;

/// Somebody who is signed in.
pub(crate) struct Bearer(pub(crate) Member);

impl FromRequestParts<AppState> for Bearer {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiProblem> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        bearer(app, header).await.map(Self)
    }
}

/// Who bears what a header `Authorization` says.
pub(super) async fn bearer(app: &AppState, header: Option<&str>) -> Result<Member, ApiProblem> {
    let token =
        header.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let (_, token) = token.ok_or_else(|| {
        ApiProblem::unauthenticated("Sign in, and send the access token as 'Authorization: Bearer …'.")
    })?;
    let token = token.trim();
    if token.starts_with(API_TOKEN) {
        return Ok(app.services.token_member(token).await?);
    }
    Ok(app.services.member(token)?)
}

/// A request that no other site has made its visitor's browser send. Browsers name the origin of every such request.
pub(crate) struct SameOrigin;

impl FromRequestParts<AppState> for SameOrigin {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiProblem> {
        if is_same_origin(&parts.headers) {
            return Ok(Self);
        }
        let detail = "The request comes from another site. Open the app at its own address.";
        Err(ApiProblem::invalid(StatusCode::FORBIDDEN, detail))
    }
}

fn is_same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let (Ok(origin), Some(Ok(host))) = (origin.to_str(), headers.get(HOST).map(|host| host.to_str())) else {
        return false;
    };
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let default_port = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    let without_default =
        |authority: &str| authority.strip_suffix(default_port).unwrap_or(authority).to_ascii_lowercase();
    without_default(authority) == without_default(host)
}

/// A JSON body: an object.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, ApiProblem> {
        demand_json(request.headers())?;
        let bytes = read(request.into_body(), BODY_BYTES).await?;
        let body = read_json(&bytes)?;
        // A list of an object's values would be read as the object.
        if bytes.trim_ascii_start().starts_with(b"{") {
            return Ok(Self(body));
        }
        Err(ApiProblem::invalid(StatusCode::UNPROCESSABLE_ENTITY, "The body must be an object. Name its fields."))
    }
}

/// Refuses what does not call itself JSON.
pub(super) fn demand_json(headers: &HeaderMap) -> Result<(), ApiProblem> {
    if is_json(headers) {
        return Ok(());
    }
    let detail = "The body must be JSON. Send it with 'Content-Type: application/json'.";
    Err(ApiProblem::invalid(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}

/// Reads a body of JSON.
pub(super) fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiProblem> {
    serde_json::from_slice(bytes).map_err(|error| invalid_json(bytes, &error))
}

/// What JSON is called; a patch may say what kind it is (RFC 7396).
const JSON: [&str; 2] = ["application/json", "application/merge-patch+json"];

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    JSON.iter().any(|json| essence.eq_ignore_ascii_case(json))
}

/// Of a body that is too large, so many bytes are still read before the answer: a client that is busy sending would see a
/// broken connection instead.
const PATIENCE: usize = 15 * BODY_BYTES;

/// Reads a body of at most so many bytes.
pub(super) async fn read(body: axum::body::Body, most: usize) -> Result<Vec<u8>, ApiProblem> {
    let mut chunks = body.into_data_stream();
    let (mut bytes, mut total) = (Vec::new(), 0_usize);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| {
            ApiProblem::invalid(StatusCode::BAD_REQUEST, "The body did not arrive completely. Send the request again.")
        })?;
        total = total.saturating_add(chunk.len());
        if total <= most {
            bytes.extend_from_slice(&chunk);
        } else if total > most + PATIENCE {
            break;
        }
    }
    if total <= most {
        return Ok(bytes);
    }
    let detail = format!("The body is larger than {most} bytes. Send less at once.");
    Err(ApiProblem::new(StatusCode::PAYLOAD_TOO_LARGE, kind::TOO_LARGE, detail))
}

fn invalid_json(bytes: &[u8], error: &serde_json::Error) -> ApiProblem {
    #[derive(Deserialize)]
    struct Versioned {
        schema: u64,
    }
    match error.classify() {
        Category::Data => {
            // What a newer client sends may differ in more than its number.
            let schema = serde_json::from_slice(bytes).ok().map(|Versioned { schema }| schema);
            other_schema(schema).unwrap_or_else(|| {
                let detail =
                    format!("The JSON is not what this address expects: {error}. See the API's documentation.");
                ApiProblem::invalid(StatusCode::UNPROCESSABLE_ENTITY, detail)
            })
        }
        _ => ApiProblem::invalid(StatusCode::BAD_REQUEST, format!("The body is not valid JSON: {error}. Correct it.")),
    }
}

fn other_schema(schema: Option<u64>) -> Option<ApiProblem> {
    let schema = schema.filter(|schema| *schema != u64::from(SCHEMA))?;
    let detail = format!(
        "This server speaks schema {SCHEMA}, the request is of schema {schema}. Reload the app to get its newest version."
    );
    Some(ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, kind::SCHEMA, detail))
}

/// A body of bytes.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl FromRequest<AppState> for Bytes {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, ApiProblem> {
        read(request.into_body(), BODY_BYTES).await.map(Self)
    }
}

/// The parameters of the query.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for Parameters<T> {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiProblem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(error) => {
                let detail = format!("{}. Correct the parameters behind the '?'.", error.body_text());
                Err(ApiProblem::invalid(StatusCode::BAD_REQUEST, detail))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_site_is_noticed() {
        let check = |origin: Option<&str>, host: &str| {
            let mut headers = HeaderMap::from_iter([(HOST, host.parse().unwrap())]);
            origin.map(|origin| headers.insert(ORIGIN, origin.parse().unwrap()));
            is_same_origin(&headers)
        };
        assert!(check(None, "tern.example"));
        assert!(check(Some("https://tern.example"), "tern.example"));
        assert!(check(Some("https://tern.example"), "tern.example:443"));
        assert!(check(Some("http://localhost:3000"), "localhost:3000"));
        assert!(!check(Some("http://localhost:3001"), "localhost:3000"));
        assert!(!check(Some("https://evil.example"), "tern.example"));
        assert!(!check(Some("null"), "tern.example"));
    }
}
