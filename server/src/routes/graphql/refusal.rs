//! Errors of a request: the same problems as by REST. What is wrong is said in `message` and in the extension `detail`,
//! the kind of it in `code`.

use async_graphql::{Error, ErrorExtensionValues, ErrorExtensions as _, Response, ServerError};
use axum::http::StatusCode;
use shared::protocol::{Problem, kind};

use super::names::code;
use crate::problem::ApiProblem;

/// The error that a problem is.
pub(super) fn refusal(problem: impl Into<ApiProblem>) -> Error {
    refused(problem.into().body())
}

/// The same of a problem that was put into words already.
pub(super) fn refused(Problem { kind, status, detail, .. }: &Problem) -> Error {
    Error::new(detail).extend_with(|_, extensions| {
        extensions.set("code", code(kind));
        extensions.set("detail", detail.as_str());
        extensions.set("type", kind.as_str());
        extensions.set("status", *status);
    })
}

/// That something asked for is not of the documented form.
pub(super) fn invalid(detail: impl Into<String>) -> Error {
    refusal(ApiProblem::invalid(StatusCode::UNPROCESSABLE_ENTITY, detail))
}

/// A bug of ours.
pub(super) fn bug(what: &str) -> Error {
    tracing::error!(what, "bug");
    refusal(ApiProblem::bug())
}

/// The answer to what is refused as a whole.
pub(super) fn refuse(detail: impl Into<String>) -> Response {
    Response::from_errors(vec![dressed(ServerError::new(detail, None))])
}

/// Gives the errors that the library has found the form that ours have.
pub(super) fn dress(mut response: Response) -> Response {
    response.errors = response.errors.into_iter().map(dressed).collect();
    response
}

fn dressed(mut error: ServerError) -> ServerError {
    if error.extensions.is_none() {
        let ServerError { message, extensions, .. } = &mut error;
        let about = extensions.get_or_insert_with(ErrorExtensionValues::default);
        about.set("code", code(kind::INVALID));
        about.set("detail", message.as_str());
        about.set("type", kind::INVALID);
        about.set("status", StatusCode::UNPROCESSABLE_ENTITY.as_u16());
    }
    error
}

/// That the session has ended, if an answer says so.
pub(super) fn signed_out(response: &Response) -> Option<ApiProblem> {
    let ended = code(kind::UNAUTHENTICATED);
    let says = |error: &&ServerError| {
        let code = error.extensions.as_ref().and_then(|about| about.get("code"));
        code.is_some_and(|code| *code == ended.as_str().into())
    };
    response.errors.iter().find(says).map(|error| ApiProblem::unauthenticated(error.message.as_str()))
}
