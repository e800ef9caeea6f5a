//! Errors as `application/problem+json` (RFC 9457): what is wrong and what to do, and nothing of how the server works.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use exchange::read::Unreadable;
use shared::mutation::Refusal;
use shared::protocol::{Problem, kind};

use crate::db::DbError;
use crate::domain::contents::ContentProblem;
use crate::domain::members::MemberProblem;
use crate::domain::push::PushProblem;
use crate::services::{DeviceProblem, Failure, KeyProblem, WebhookProblem};
use crate::tokens::TokenError;

/// An error that a client gets.
#[derive(Debug)]
pub struct ApiProblem(Problem);

impl ApiProblem {
    pub(crate) fn new(status: StatusCode, kind: &str, detail: impl Into<String>) -> Self {
        let title = title(kind).to_owned();
        Self(Problem { kind: kind.to_owned(), title, status: status.as_u16(), detail: detail.into() })
    }

    /// The request is not of the documented form.
    pub(crate) fn invalid(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::new(status, kind::INVALID, detail)
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, kind::NOT_FOUND, detail)
    }

    pub(crate) fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, kind::UNAUTHENTICATED, detail)
    }

    /// With which status it is answered.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What is said of it.
    pub(crate) fn body(&self) -> &Problem {
        &self.0
    }

    /// The kind in a word, such as `not-found`.
    pub(crate) fn word(&self) -> &str {
        self.0.kind.rsplit('/').next().unwrap_or_default()
    }

    /// The server cannot work at the moment.
    pub(crate) fn unavailable() -> Self {
        // A connection may have been lost after the commit, so whether it was done is not to be said.
        let detail = "The server cannot do this at the moment. Try again in a few seconds.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, kind::UNAVAILABLE, detail)
    }

    /// A bug. What exactly is in the log, beside the id of the request.
    pub(crate) fn bug() -> Self {
        let detail = "The server made a mistake and has logged it. Nothing has been changed; try again later.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, kind::UNAVAILABLE, detail)
    }
}

/// A kind of problem in words.
pub(crate) fn title(kind: &str) -> &'static str {
    match kind {
        kind::INVALID => "The request is not valid",
        kind::TOO_LARGE => "The request is too large",
        kind::UNAUTHENTICATED => "Not signed in",
        kind::CREDENTIALS => "Wrong e-mail address or password",
        kind::NOT_FOUND => "Not found",
        kind::TAKEN => "It exists already",
        kind::NOT_ALLOWED => "Not allowed",
        kind::CHANGED => "It has changed",
        kind::LAST_ADMIN => "The last admin",
        kind::GAP => "Mutations are missing",
        kind::FORKED => "The device's history has forked",
        kind::EPOCH => "The server's data is of another epoch",
        kind::SCHEMA => "Unsupported schema",
        kind::INCOMPLETE => "The upload is not complete",
        kind::CONTENT => "The content is another one",
        kind::BUSY => "Too many requests",
        kind::UNDERWAY => "It is being done",
        kind::OFF => "It is switched off",
        kind::KEY_USED => "The key is of another request",
        _ => "The server cannot work at the moment",
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let status = self.status();
        let bearer = self.0.kind == kind::UNAUTHENTICATED;
        let wait = match self.0.kind.as_str() {
            kind::UNDERWAY | kind::BUSY => Some("1"),
            _ => (status == StatusCode::SERVICE_UNAVAILABLE).then_some("5"),
        };
        let mut response = (status, Json(self.0)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = wait {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        if bearer {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<Failure> for ApiProblem {
    fn from(failure: Failure) -> Self {
        const FOREIGN_ACTOR: &str = "There is no such actor for this access token. Use the one of your own session.";
        match failure {
            Failure::Account(invalid) => Self::invalid(StatusCode::UNPROCESSABLE_ENTITY, invalid.to_string()),
            Failure::Taken => Self::new(
                StatusCode::CONFLICT,
                kind::TAKEN,
                "An account with this e-mail address exists. Sign in instead.",
            ),
            Failure::Credentials => Self::new(
                StatusCode::UNAUTHORIZED,
                kind::CREDENTIALS,
                "The e-mail address or the password is wrong. Check both and try again.",
            ),
            Failure::SessionEnded => Self::unauthenticated("The session has ended. Sign in again."),
            Failure::Ticket => Self::unauthenticated(
                "The ticket is not valid any more, or never was. Get a new one with POST /api/ws/ticket.",
            ),
            Failure::Invitation => {
                Self::not_found("This invitation does not exist, has been used or has expired. Ask for a new one.")
            }
            Failure::MayNotInvite => {
                Self::new(StatusCode::FORBIDDEN, kind::NOT_FOUND, "Guests cannot invite. Ask a member to do it.")
            }
            Failure::NoOrganization => Self::new(
                StatusCode::FORBIDDEN,
                kind::NOT_FOUND,
                "You are not a member of an organization any more. Ask for an invitation, and register with it and your \
                 password.",
            ),
            Failure::Member(problem) => member(problem),
            Failure::Push(PushProblem::OtherActor) | Failure::OtherActor => Self::not_found(FOREIGN_ACTOR),
            Failure::Push(problem) => push(problem),
            Failure::Pull(problem) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, kind::SCHEMA, problem.to_string()),
            Failure::Resume(problem) => Self::invalid(StatusCode::UNPROCESSABLE_ENTITY, problem.to_string()),
            Failure::Content(problem) => content(problem),
            Failure::Contents(error) => {
                tracing::warn!(%error, "the content store does not work");
                Self::unavailable()
            }
            Failure::DeviceTaken => Self::invalid(
                StatusCode::UNPROCESSABLE_ENTITY,
                "This device id is in use. Name a new one to go on with.",
            ),
            Failure::ApiToken(problem) => Self::invalid(StatusCode::UNPROCESSABLE_ENTITY, problem.to_string()),
            Failure::TokenEnded => Self::unauthenticated("There is no such token, or it has ended. Make a new one."),
            Failure::ReadOnly => Self::new(
                StatusCode::FORBIDDEN,
                kind::NOT_ALLOWED,
                "This token may only read. Make one that may write.",
            ),
            Failure::NoProgram => {
                Self::new(StatusCode::FORBIDDEN, kind::NOT_ALLOWED, "A token is not good for this. Sign in to do it.")
            }
            Failure::Device(problem) => device(problem),
            Failure::InvalidWebhook(problem) => Self::invalid(StatusCode::UNPROCESSABLE_ENTITY, problem.to_string()),
            Failure::Webhook(problem) => webhook(problem),
            Failure::NotFound => Self::not_found("There is no such thing here. Check the id."),
            Failure::NoConflict => Self::not_found(
                "There is no such conflict, or it was settled meanwhile. Read the list of conflicts again.",
            ),
            Failure::Resource(problem) => Self::invalid(StatusCode::UNPROCESSABLE_ENTITY, problem.to_string()),
            Failure::Earlier(problem) => Self::invalid(StatusCode::UNPROCESSABLE_ENTITY, problem.to_string()),
            Failure::Refused(refusal) => refused(&refusal),
            Failure::Changed => Self::new(
                StatusCode::PRECONDITION_FAILED,
                kind::CHANGED,
                "It has changed since. Read it again, and decide anew.",
            ),
            Failure::Key(problem) => key(problem),
            Failure::Feed(problem) => Self::invalid(StatusCode::UNPROCESSABLE_ENTITY, problem.to_string()),
            Failure::Unreadable(problem) => unreadable(&problem),
            Failure::NoRoom => Self::unavailable(),
            Failure::ExchangesUnderway => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                kind::BUSY,
                "Other exports or imports are under way. Send the request again in a moment.",
            ),
            Failure::Database(error) => error.into(),
            Failure::Bug(what) => {
                tracing::error!(what, "bug");
                Self::bug()
            }
        }
    }
}

fn refused(refusal: &Refusal) -> ApiProblem {
    let (status, kind) = match refusal {
        Refusal::NotFound => (StatusCode::NOT_FOUND, kind::NOT_FOUND),
        Refusal::NotAllowed => (StatusCode::FORBIDDEN, kind::NOT_ALLOWED),
        Refusal::AlreadyExists => (StatusCode::CONFLICT, kind::TAKEN),
        _ => (StatusCode::UNPROCESSABLE_ENTITY, kind::INVALID),
    };
    ApiProblem::new(status, kind, format!("This cannot be done: {refusal}. Nothing has been changed."))
}

fn member(problem: MemberProblem) -> ApiProblem {
    let (status, kind) = match problem {
        MemberProblem::Unknown => (StatusCode::NOT_FOUND, kind::NOT_FOUND),
        MemberProblem::NotAllowed | MemberProblem::Above => (StatusCode::FORBIDDEN, kind::NOT_FOUND),
        MemberProblem::LastAdmin => (StatusCode::CONFLICT, kind::LAST_ADMIN),
    };
    ApiProblem::new(status, kind, problem.to_string())
}

fn device(problem: DeviceProblem) -> ApiProblem {
    let (status, kind) = match problem {
        DeviceProblem::Name(_) => (StatusCode::UNPROCESSABLE_ENTITY, kind::INVALID),
        DeviceProblem::Others => (StatusCode::FORBIDDEN, kind::NOT_ALLOWED),
    };
    ApiProblem::new(status, kind, problem.to_string())
}

fn webhook(problem: WebhookProblem) -> ApiProblem {
    let (status, kind) = match problem {
        WebhookProblem::Admins => (StatusCode::FORBIDDEN, kind::NOT_ALLOWED),
        WebhookProblem::Off => (StatusCode::CONFLICT, kind::OFF),
    };
    ApiProblem::new(status, kind, problem.to_string())
}

fn key(problem: KeyProblem) -> ApiProblem {
    let (status, kind) = match problem {
        KeyProblem::Underway => (StatusCode::CONFLICT, kind::UNDERWAY),
        KeyProblem::Used => (StatusCode::UNPROCESSABLE_ENTITY, kind::KEY_USED),
    };
    ApiProblem::new(status, kind, problem.to_string())
}

fn unreadable(problem: &Unreadable) -> ApiProblem {
    let (status, kind) = match problem {
        Unreadable::TooLarge | Unreadable::TooManyRows => (StatusCode::PAYLOAD_TOO_LARGE, kind::TOO_LARGE),
        _ => (StatusCode::UNPROCESSABLE_ENTITY, kind::INVALID),
    };
    ApiProblem::new(status, kind, problem.to_string())
}

fn content(problem: ContentProblem) -> ApiProblem {
    let (status, kind) = match problem {
        ContentProblem::Unknown | ContentProblem::NotStored => (StatusCode::NOT_FOUND, kind::NOT_FOUND),
        ContentProblem::NotAllowed => (StatusCode::FORBIDDEN, kind::NOT_FOUND),
        ContentProblem::OtherFacts
        | ContentProblem::Chunk(_)
        | ContentProblem::LargeImage
        | ContentProblem::BrokenImage => (StatusCode::UNPROCESSABLE_ENTITY, kind::INVALID),
        ContentProblem::NoImage => (StatusCode::UNSUPPORTED_MEDIA_TYPE, kind::INVALID),
        ContentProblem::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, kind::TOO_LARGE),
        ContentProblem::NotBegun | ContentProblem::Incomplete => (StatusCode::CONFLICT, kind::INCOMPLETE),
        ContentProblem::WrongContent => (StatusCode::UNPROCESSABLE_ENTITY, kind::CONTENT),
        ContentProblem::TooManyAtOnce => (StatusCode::TOO_MANY_REQUESTS, kind::BUSY),
        ContentProblem::Range(_) => (StatusCode::RANGE_NOT_SATISFIABLE, kind::INVALID),
    };
    ApiProblem::new(status, kind, problem.to_string())
}

fn push(problem: PushProblem) -> ApiProblem {
    let (status, kind) = match problem {
        PushProblem::Schema(_) => (StatusCode::UNPROCESSABLE_ENTITY, kind::SCHEMA),
        PushProblem::TooMany(_) | PushProblem::OutOfPlace(_) => (StatusCode::UNPROCESSABLE_ENTITY, kind::INVALID),
        PushProblem::OtherActor => (StatusCode::NOT_FOUND, kind::NOT_FOUND),
        PushProblem::Epoch => (StatusCode::CONFLICT, kind::EPOCH),
        PushProblem::Gap { .. } => (StatusCode::CONFLICT, kind::GAP),
        PushProblem::Forked { .. } => (StatusCode::CONFLICT, kind::FORKED),
    };
    ApiProblem::new(status, kind, problem.to_string())
}

impl From<DbError> for ApiProblem {
    fn from(error: DbError) -> Self {
        match error {
            DbError::SignedOut => Failure::SessionEnded.into(),
            DbError::ReadOnly => Failure::ReadOnly.into(),
            DbError::Unavailable(error) => {
                tracing::warn!(%error, "the database does not answer");
                Self::unavailable()
            }
            error => {
                tracing::error!(%error, "the database");
                Self::bug()
            }
        }
    }
}

impl From<TokenError> for ApiProblem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Expired => Self::unauthenticated("The access token has expired. Refresh the session."),
            _ => Self::unauthenticated("The access token is not valid. Refresh the session, or sign in."),
        }
    }
}
