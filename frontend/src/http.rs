//! The engine's way to the server: push and pull over HTTP.

use engine::answer::Failure;
use engine::transport::{Transport, TransportError};
use shared::clock::Actor;
use shared::protocol::{COMPACT, PullRequest, PullResponse, PushRequest, PushResponse};
use shared::resume::History;

use crate::request::{Answer, Request};
use crate::session::{Session, Who};

/// Push and pull for one member; nothing is sent once somebody else is signed in.
#[derive(Clone, Debug)]
pub(crate) struct HttpTransport {
    session: Session,
    member: Who,
}

impl HttpTransport {
    pub(crate) fn new(session: Session, member: Who) -> Self {
        Self { session, member }
    }

    /// Sends what the replica's actor has to say, if that is who this browser is signed in as.
    async fn ask_as<T>(
        &self,
        actor: Actor,
        request: &Request,
        read: fn(&Answer) -> Result<T, Failure>,
    ) -> Result<T, TransportError> {
        if self.session.actor(self.member).await? != actor {
            // Another tab may have gone on as another device; the browser's cookie says which.
            self.session.doubt();
            if self.session.actor(self.member).await? != actor {
                return Err(TransportError::Forked);
            }
        }
        Ok(self.session.ask(self.member, request, read).await?)
    }
}

impl Transport for HttpTransport {
    async fn push(&self, request: &PushRequest) -> Result<PushResponse, TransportError> {
        self.ask_as(request.actor, &Request::post_json("/api/sync/push", request), Answer::read).await
    }

    async fn pull(&self, request: &PullRequest) -> Result<PullResponse, TransportError> {
        let compact = Request { accept: COMPACT, ..Request::post_json("/api/sync/pull", request) };
        self.ask_as(request.actor, &compact, Answer::read_compact).await
    }

    async fn resume(&self, history: &History) -> Result<Actor, TransportError> {
        Ok(self.session.resume(self.member, history).await?)
    }
}
