//! The engine's way to the server: push and pull over HTTP, for one member.

use std::rc::Rc;

use engine::answer::{Answer, Failure};
use engine::transport::{Transport, TransportError};
use shared::clock::Actor;
use shared::protocol::{COMPACT, PullRequest, PullResponse, PushRequest, PushResponse};
use shared::resume::History;

use crate::session::{Session, Who};
use crate::web::Request;

/// Nothing is sent once somebody else is signed in.
#[derive(Clone, Debug)]
pub(crate) struct HttpTransport {
    session: Rc<Session>,
    member: Who,
}

impl HttpTransport {
    pub(crate) fn new(session: Rc<Session>, member: Who) -> Self {
        Self { session, member }
    }

    /// Sends what the replica's actor has to say, if that is who this device is signed in as.
    async fn ask_as<T>(
        &self,
        actor: Actor,
        request: &Request,
        read: fn(&Answer) -> Result<T, Failure>,
    ) -> Result<T, TransportError> {
        // Another process may have gone on as another device.
        if self.session.actor(self.member, false)? != actor && self.session.actor(self.member, true)? != actor {
            return Err(TransportError::Forked);
        }
        Ok(self.session.ask(self.member, request, read).await?)
    }
}

impl Transport for HttpTransport {
    async fn push(&self, request: &PushRequest) -> Result<PushResponse, TransportError> {
        self.ask_as(request.actor, &Request::post_json("/api/sync/push", request), Answer::read).await
    }

    async fn pull(&self, request: &PullRequest) -> Result<PullResponse, TransportError> {
        let compact = Request::post_json("/api/sync/pull", request).accepting(COMPACT);
        self.ask_as(request.actor, &compact, Answer::read_compact).await
    }

    async fn resume(&self, history: &History) -> Result<Actor, TransportError> {
        Ok(self.session.resume(self.member, history).await?)
    }
}
