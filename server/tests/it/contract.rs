//! The document of the API is true: whatever any test asks a server of the harness, question and answer are held against
//! it. An answer that the document does not know reaches the test as status 599, and says what is wrong.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use jsonschema::{Registry, Validator};
use serde_json::{Value as Json, json};

/// What an answer gets that the document does not know.
pub(crate) const UNDOCUMENTED: u16 = 599;
/// On answers that were held against the document.
pub(crate) const HELD: &str = "x-held";
/// Bytes of a body that is looked at before the server does: a larger one may be part of a test.
const SMALL: usize = 100_000;
/// Bytes of an answer of JSON.
const LARGE: usize = 64 * 1024 * 1024;

pub(crate) static DOCUMENT: LazyLock<Json> = LazyLock::new(tern_server::router::document);
/// Where the document is, to the schemas in it.
const ADDRESS: &str = "https://tern.example/api/schema";
static REGISTRY: LazyLock<Registry<'static>> =
    LazyLock::new(|| Registry::new().add(ADDRESS, &*DOCUMENT).unwrap().prepare().unwrap());
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// What validates against a schema of the document, by where it stands there.
pub(crate) fn validator(pointer: &str) -> Arc<Validator> {
    let mut all = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let make = || {
        assert!(DOCUMENT.pointer(pointer).is_some(), "the document has no {pointer}");
        // As a part of an address.
        let pointer = pointer.replace('%', "%25").replace('{', "%7B").replace('}', "%7D");
        let schema = json!({ "$ref": format!("{ADDRESS}#{pointer}") });
        let options = jsonschema::options().should_validate_formats(true).with_registry(&REGISTRY);
        Arc::new(options.build(&schema).unwrap())
    };
    Arc::clone(all.entry(pointer.to_owned()).or_insert_with(make))
}

/// What is wrong with a value, by a schema of the document.
pub(crate) fn faults(pointer: &str, value: &Json) -> Option<String> {
    let faults: Vec<String> =
        validator(pointer).iter_errors(value).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    (!faults.is_empty()).then(|| format!("{pointer}: {}; {value}", faults.join("; ")))
}

/// A part of a JSON pointer.
pub(crate) fn part(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}

fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// Holds every question and its answer against the document.
pub(crate) async fn hold(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let Some(path) = path else { return next.run(request).await };
    let method = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
    let head = request.method() == Method::HEAD;
    let operation = format!("/paths/{}/{}", part(&path), method.as_str().to_lowercase());
    let (asked, request) = asked(request).await;
    let response = next.run(request).await;
    if DOCUMENT.pointer(&operation).is_none() {
        let known = response.status() == StatusCode::METHOD_NOT_ALLOWED;
        return if known { response } else { undocumented(format!("{method} {path} is not in the document")) };
    }
    let status = response.status();
    let body = format!("{operation}/requestBody/content/application~1json/schema");
    let asked = asked.filter(|_| DOCUMENT.pointer(&body).is_some());
    if let Some(asked) = asked.filter(|_| status.is_success() && status != StatusCode::MULTI_STATUS)
        && let Some(fault) = faults(&body, &asked)
    {
        return undocumented(format!("{method} {path} takes what the document does not: {fault}"));
    }
    match answered(&operation, response, head).await {
        Ok(mut response) => {
            response.headers_mut().insert(HELD, HeaderValue::from_static("yes"));
            response
        }
        Err(fault) => undocumented(format!("{method} {path}: {fault}")),
    }
}

fn undocumented(fault: String) -> Response {
    (StatusCode::from_u16(UNDOCUMENTED).unwrap(), fault).into_response()
}

/// The JSON of a request, if it is small enough to be looked at.
async fn asked(request: Request) -> (Option<Json>, Request) {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if !media_type(request.headers()).ends_with("json") || length.is_none_or(|length| length > SMALL) {
        return (None, request);
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, SMALL).await {
        Ok(bytes) => (serde_json::from_slice(&bytes).ok(), Request::from_parts(parts, Body::from(bytes))),
        Err(_) => (None, Request::from_parts(parts, Body::empty())),
    }
}

async fn answered(operation: &str, response: Response, head: bool) -> Result<Response, String> {
    let status = response.status().as_u16();
    let at = format!("{operation}/responses/{status}");
    let described = DOCUMENT.pointer(&at).ok_or_else(|| format!("{status} is not documented"))?;
    for name in described["headers"].as_object().into_iter().flatten().map(|(name, _)| name) {
        if !response.headers().contains_key(name) {
            return Err(format!("{status} has no {name}"));
        }
    }
    let Some(contents) = described["content"].as_object().filter(|_| !head) else { return Ok(response) };
    let said = media_type(response.headers()).to_owned();
    let content = contents.keys().find(|one| [said.as_str(), "*/*"].contains(&one.as_str()));
    let content = content.ok_or_else(|| format!("{status} is of the type {said}"))?;
    let at = format!("{at}/content/{}/schema", part(content));
    if !said.ends_with("json") || DOCUMENT.pointer(&at).is_none() || response.headers().contains_key(CONTENT_ENCODING) {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, LARGE).await.map_err(|error| error.to_string())?;
    let json = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    match faults(&at, &json) {
        Some(fault) => Err(fault),
        None => Ok(Response::from_parts(parts, Body::from(bytes))),
    }
}
