//! What changes of rows are answered with.

use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Json, json};

use super::etag::etag;
use crate::domain::resource::Object;
use crate::problem::ApiProblem;
use crate::services::{Answer, Failure};

/// What came of each change.
pub(in crate::routes) type Results = Vec<Result<Object, Failure>>;

/// Of the one change there was: the row, and where it is, if it is new.
pub(super) fn one(results: Results, good: StatusCode, location: Option<String>) -> Answer {
    match results.into_iter().next().unwrap_or(Err(Failure::Bug("a change came to nothing"))) {
        Ok(object) => Answer {
            status: good.as_u16(),
            etag: Some(etag(&object)),
            location,
            body: Json::Object(object).to_string(),
        },
        Err(failure) => problem(failure),
    }
}

/// That a row is deleted.
pub(super) fn gone(results: Results) -> Answer {
    let none = Answer { status: StatusCode::NO_CONTENT.as_u16(), etag: None, location: None, body: String::new() };
    results.into_iter().find_map(Result::err).map_or(none, problem)
}

/// 207 (RFC 4918, section 11.1), with a status for each.
pub(in crate::routes) fn several(results: Results, good: StatusCode) -> Answer {
    let result = |result: Result<Object, Failure>| match result {
        Ok(object) => json!({ "status": good.as_u16(), "item": object }),
        Err(failure) => {
            let problem = ApiProblem::from(failure);
            json!({ "status": problem.status().as_u16(), "problem": problem.body() })
        }
    };
    let results: Vec<Json> = results.into_iter().map(result).collect();
    let body = json!({ "results": results }).to_string();
    Answer { status: StatusCode::MULTI_STATUS.as_u16(), etag: None, location: None, body }
}

fn problem(failure: Failure) -> Answer {
    let problem = ApiProblem::from(failure);
    let body = json!(problem.body()).to_string();
    Answer { status: problem.status().as_u16(), etag: None, location: None, body }
}

/// The same for the one who asked.
pub(super) fn response(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let problem = status.is_client_error() || status.is_server_error();
    let media_type = if problem { "application/problem+json" } else { "application/json" };
    let with_body = !answer.body.is_empty();
    let mut response = (status, answer.body).into_response();
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    if with_body {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    let mut set = |name: HeaderName, value: Option<String>| {
        value.and_then(|value| HeaderValue::try_from(value).ok()).and_then(|value| headers.insert(name, value))
    };
    set(ETAG, answer.etag);
    set(LOCATION, answer.location);
    response
}
