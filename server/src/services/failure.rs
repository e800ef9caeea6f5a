//! Why a use case did not do what it was asked to.

use exchange::read::Unreadable;
use shared::account::InvalidAccount;
use shared::api_token::InvalidApiToken;
use shared::device::InvalidDeviceName;
use shared::feed::InvalidFeed;

use crate::contents::ContentsError;
use crate::db::DbError;
use crate::domain::contents::ContentProblem;
use crate::domain::earlier::InvalidChange;
use crate::domain::members::MemberProblem;
use crate::domain::pull::PullProblem;
use crate::domain::push::PushProblem;
use crate::domain::resource::InvalidResource;
use crate::domain::resume::TooManyWaiting;
use crate::domain::webhook::InvalidWebhook;
use crate::tokens::TokenError;
use shared::mutation::Refusal;

/// What the caller gets to know is for [`crate::problem`] to say.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Account(#[from] InvalidAccount),
    #[error("the e-mail address is registered already")]
    Taken,
    #[error("wrong e-mail address or password")]
    Credentials,
    #[error("the session has ended")]
    SessionEnded,
    #[error("the socket ticket is none of this server's, or has expired")]
    Ticket,
    #[error("the invitation does not exist, is used or has expired")]
    Invitation,
    #[error("guests cannot invite")]
    MayNotInvite,
    #[error("who gives the right password belongs to no organization")]
    NoOrganization,
    #[error(transparent)]
    Member(#[from] MemberProblem),
    #[error(transparent)]
    Push(#[from] PushProblem),
    #[error(transparent)]
    Pull(#[from] PullProblem),
    #[error(transparent)]
    Resume(#[from] TooManyWaiting),
    #[error(transparent)]
    Content(#[from] ContentProblem),
    #[error(transparent)]
    Contents(#[from] ContentsError),
    #[error("the device that is to be a new one is known already")]
    DeviceTaken,
    #[error("the request is of another actor than the access token")]
    OtherActor,
    #[error(transparent)]
    ApiToken(#[from] InvalidApiToken),
    #[error("the personal access token is none, or has ended")]
    TokenEnded,
    #[error("a token that may only read was used to write")]
    ReadOnly,
    #[error("only a person who has signed in says what is signed in")]
    NoProgram,
    #[error(transparent)]
    Device(#[from] DeviceProblem),
    #[error(transparent)]
    InvalidWebhook(#[from] InvalidWebhook),
    #[error(transparent)]
    Webhook(#[from] WebhookProblem),
    #[error("there is no such thing, or not for who asks")]
    NotFound,
    #[error("there is no such conflict, or it is settled")]
    NoConflict,
    #[error(transparent)]
    Resource(#[from] InvalidResource),
    #[error(transparent)]
    Earlier(#[from] InvalidChange),
    #[error("{0}")]
    Refused(Refusal),
    #[error("it is not of this version any more")]
    Changed,
    #[error(transparent)]
    Key(#[from] KeyProblem),
    #[error(transparent)]
    Feed(#[from] InvalidFeed),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("a file cannot be kept until it is sent")]
    NoRoom,
    #[error("as many exports and imports are under way as there may be")]
    ExchangesUnderway,
    #[error(transparent)]
    Database(DbError),
    #[error("{0}")]
    Bug(&'static str),
}

/// Why a device is not shown, or not named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceProblem {
    #[error(transparent)]
    Name(#[from] InvalidDeviceName),
    #[error("Only admins see the devices of others. Leave out `user` to see your own.")]
    Others,
}

/// Why a webhook is not shown, or not sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookProblem {
    #[error("Only admins see and change webhooks. Ask one to do it.")]
    Admins,
    #[error("The webhook is switched off. Switch it on first, with `PATCH` and `{{\"active\": true}}`.")]
    Off,
}

/// Why a request that names a key is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    #[error("A request with this Idempotency-Key is being done. Send it again in a moment to have its answer.")]
    Underway,
    #[error("This Idempotency-Key was used for another request. Give every request a key of its own.")]
    Used,
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        match error {
            DbError::SignedOut => Self::SessionEnded,
            DbError::ReadOnly => Self::ReadOnly,
            error => Self::Database(error),
        }
    }
}

/// Of tokens that the server makes itself; those that come in are turned away before.
impl From<TokenError> for Failure {
    fn from(_: TokenError) -> Self {
        Self::Bug("a token could not be made")
    }
}
