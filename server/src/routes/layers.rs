//! What every request passes on its way in and out.

use std::any::Any;
use std::borrow::Cow;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Method, Response, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::IntoResponse;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::problem::ApiProblem;
use crate::router::AppState;

/// How long a request may take. A client that waits longer has tried again by then.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long it may take where a large file has to arrive, and all of it is one transaction.
const LONG_TIMEOUT: Duration = Duration::from_mins(5);

/// Where calendars have their addresses.
const FEEDS: &str = "/api/feeds/";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Logs a request by its id, which the answer carries too. Of what it holds, only the path.
pub(crate) async fn log(request: Request, next: Next) -> Response<Body> {
    let (id, start) = (Uuid::now_v7(), Instant::now());
    let (method, path) = (request.method().clone(), without_secrets(request.uri().path()).into_owned());
    let span = tracing::info_span!("request", %id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, ms) = (response.status().as_u16(), start.elapsed().as_secs_f64() * 1_000.0);
    span.in_scope(|| tracing::info!(%method, path, status, ms, "answered"));
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// A path that may be written down: the address of a calendar is a secret, and whatever looks like one may be.
fn without_secrets(path: &str) -> Cow<'_, str> {
    let is_id = |name: &str| name.parse::<Uuid>().is_ok();
    match path.split_once(FEEDS) {
        Some((before, name)) if !is_id(name) => Cow::Owned(format!("{before}{FEEDS}…")),
        _ => Cow::Borrowed(path),
    }
}

/// Ends a request that takes too long. Its transaction ends with it.
pub(crate) async fn timeout(request: Request, next: Next) -> Response<Body> {
    let long = request.uri().path() == super::exchange::IMPORT;
    tokio::time::timeout(if long { LONG_TIMEOUT } else { TIMEOUT }, next.run(request)).await.unwrap_or_else(|_| {
        tracing::warn!("the request took too long");
        ApiProblem::unavailable().into_response()
    })
}

/// Answers of the API are nobody's to keep, unless they say otherwise.
pub(crate) async fn no_store(request: Request, next: Next) -> Response<Body> {
    let mut response = next.run(request).await;
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// What browsers are told about every answer.
pub(crate) async fn security(State(app): State<AppState>, request: Request, next: Next) -> Response<Body> {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // What a member has uploaded has a stricter one.
    headers.entry(CONTENT_SECURITY_POLICY).or_insert_with(|| app.files.content_security_policy());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// A panic is a bug of ours; the connection survives it.
#[expect(clippy::needless_pass_by_value, reason = "the signature is tower-http's")]
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response<Body> {
    let what = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(what = what.unwrap_or("unknown"), "panic");
    ApiProblem::bug().into_response()
}

/// A known path, another method.
pub(crate) async fn method_not_allowed(method: Method, uri: Uri) -> ApiProblem {
    let detail = format!("{} does not answer {method}. See the header Allow.", uri.path());
    ApiProblem::invalid(StatusCode::METHOD_NOT_ALLOWED, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_address_is_not_written_down() {
        let id = Uuid::nil();
        for (path, shown) in [
            ("/api/tasks/7", "/api/tasks/7"),
            ("/api/feeds", "/api/feeds"),
            (&format!("/api/feeds/{id}"), &format!("/api/feeds/{id}")),
            ("/api/feeds/c2VjcmV0.ics", "/api/feeds/…"),
            ("/api/feeds/c2VjcmV0", "/api/feeds/…"),
            ("/api/feeds/c2VjcmV0.ics/", "/api/feeds/…"),
            ("//api/feeds/c2VjcmV0.ics", "//api/feeds/…"),
            (&format!("/api/feeds/{id}/c2VjcmV0"), "/api/feeds/…"),
        ] {
            assert_eq!(without_secrets(path), shown);
        }
    }
}
