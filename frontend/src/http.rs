//! The engine's way to the server: push and pull over HTTP.

use engine::transport::{Transport, TransportError};
use shared::clock::Actor;
use shared::protocol::{COMPACT, PullRequest, PullResponse, PushRequest, PushResponse, kind};
use shared::resume::History;

use crate::request::{Answer, Failure, Request};
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

impl From<Failure> for TransportError {
    fn from(failure: Failure) -> Self {
        let problem = match failure {
            Failure::Unreachable => return Self::Unreachable,
            Failure::Busy { retry_after, .. } => return Self::Busy { retry_after },
            Failure::Problem(problem) => problem,
        };
        match problem.kind.as_str() {
            kind::GAP | kind::EPOCH => Self::OutOfStep,
            kind::FORKED => Self::Forked,
            kind::SCHEMA => Self::Schema,
            kind::UNAUTHENTICATED => Self::SignIn,
            _ if problem.status == 401 => Self::SignIn,
            _ => Self::Rejected(problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::protocol::Problem;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test]
    fn every_failure_tells_the_engine_what_to_do() {
        let refused = |kind: &str, status| {
            TransportError::from(Failure::Problem(Problem {
                kind: kind.into(),
                title: String::new(),
                status,
                detail: String::new(),
            }))
        };
        assert_eq!(refused(kind::GAP, 409), TransportError::OutOfStep);
        assert_eq!(refused(kind::EPOCH, 409), TransportError::OutOfStep);
        assert_eq!(refused(kind::FORKED, 409), TransportError::Forked);
        assert_eq!(refused(kind::SCHEMA, 400), TransportError::Schema);
        assert_eq!(refused(kind::UNAUTHENTICATED, 401), TransportError::SignIn);
        assert!(matches!(refused(kind::INVALID, 400), TransportError::Rejected(_)));
        assert!(matches!(refused("/problems/of-the-future", 418), TransportError::Rejected(_)));
        let busy = Failure::Busy { retry_after: Some(3), problem: None };
        assert_eq!(TransportError::from(busy), TransportError::Busy { retry_after: Some(3) });
        assert_eq!(TransportError::from(Failure::Unreachable), TransportError::Unreachable);
    }
}
