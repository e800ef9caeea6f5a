//! How the engine reaches the server.

use shared::clock::Actor;
use shared::protocol::{Problem, PullRequest, PullResponse, PushRequest, PushResponse};
use shared::resume::History;

/// Why a request brought no answer that the engine can use. Says what to do next; nothing is ever dropped for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No answer, or one that is not the server's (a captive portal): whether it was handled is unknown. Try again.
    #[error("the server could not be reached")]
    Unreachable,
    /// The server is there but cannot work now. Try again, after so many seconds if it said so.
    #[error("the server is busy")]
    Busy { retry_after: Option<u32> },
    /// The session is over and could not be renewed: the member must sign in.
    #[error("the session is over")]
    SignIn,
    /// The server holds fewer or other mutations of this device than the push assumed: pull, then push again.
    #[error("the server is at another place of this device's history")]
    OutOfStep,
    /// This device's history has forked.
    #[error("this device's history was copied or restored")]
    Forked,
    /// Client and server do not understand each other's version.
    #[error("this version of the app does not fit the server")]
    Schema,
    /// The server will never accept this request.
    #[error("{}", .0.detail)]
    Rejected(Problem),
}

/// A connection to the server, with the session's credentials.
#[expect(async_fn_in_trait, reason = "browser futures are not Send; the engine is generic and never needs it")]
pub trait Transport {
    async fn push(&self, request: &PushRequest) -> Result<PushResponse, TransportError>;

    async fn pull(&self, request: &PullRequest) -> Result<PullResponse, TransportError>;

    /// Asks as whom a device with this history goes on, and sends everything else as that one from then on. Ready when
    /// the device will know after a restart who it is.
    async fn resume(&self, history: &History) -> Result<Actor, TransportError>;
}
