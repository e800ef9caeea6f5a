//! Sorting of what comes back to a request over HTTP: the same for every client.
//!
//! Between a device and the server may stand a hotel's sign-in page, a company's proxy or a cut cable. So an answer
//! counts as the server's only if it has the form that the server gives it; anything else is no answer.

use serde::de::DeserializeOwned;
use shared::compact;
use shared::protocol::{COMPACT, Problem, PullResponse, kind};

use crate::transport::TransportError;

/// What came back, from whomever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    /// Seconds. A date in this header, which our server does not send, is not read.
    pub retry_after: Option<u32>,
    pub body: Vec<u8>,
}

/// Why a request brought nothing usable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No answer, or not the server's: whether it was handled is unknown.
    Unreachable,
    /// The server cannot work now; it may say why, and after how many seconds to come back.
    Busy { retry_after: Option<u32>, problem: Option<Problem> },
    /// The server refused.
    Problem(Problem),
}

impl Failure {
    /// Whether the access token, or the session, is over.
    pub fn is_unauthenticated(&self) -> bool {
        matches!(self, Self::Problem(problem) if problem.kind == kind::UNAUTHENTICATED)
    }
}

impl Answer {
    /// The message in it.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        self.succeeded()?;
        if !self.is("application/json") {
            return Err(Failure::Unreachable);
        }
        serde_json::from_slice(&self.body).map_err(|_| Failure::Unreachable)
    }

    /// The answer to a pull in it, in the form that is asked for.
    pub fn read_compact(&self) -> Result<PullResponse, Failure> {
        self.succeeded()?;
        if !self.is(COMPACT) {
            return Err(Failure::Unreachable);
        }
        compact::decode(&self.body).map_err(|_| Failure::Unreachable)
    }

    /// For requests that are answered with nothing.
    pub fn read_nothing(&self) -> Result<(), Failure> {
        self.succeeded()?;
        if self.body.is_empty() { Ok(()) } else { Err(Failure::Unreachable) }
    }

    pub fn succeeded(&self) -> Result<(), Failure> {
        let problem: Option<Problem> =
            if self.is("application/problem+json") { serde_json::from_slice(&self.body).ok() } else { None };
        match (self.status, problem) {
            (200..=299, _) => Ok(()),
            // "Network Authentication Required" (RFC 6585): by definition not from the server.
            (511, _) => Err(Failure::Unreachable),
            // Also from a proxy of the server, in whatever form.
            (429 | 500..=599, problem) => Err(Failure::Busy { retry_after: self.retry_after, problem }),
            (400..=499, Some(problem)) => Err(Failure::Problem(problem)),
            _ => Err(Failure::Unreachable),
        }
    }

    fn is(&self, media_type: &str) -> bool {
        self.content_type.split(';').next().is_some_and(|found| found.trim().eq_ignore_ascii_case(media_type))
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
            _ if problem.status == 401 => Self::SignIn,
            _ => Self::Rejected(problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::ids::Epoch;
    use uuid::Uuid;

    use super::*;

    fn answer(status: u16, content_type: &str, body: &str) -> Answer {
        Answer { status, content_type: content_type.into(), retry_after: None, body: body.into() }
    }

    fn problem(kind: &str, status: u16) -> Problem {
        Problem { kind: kind.into(), title: "Title".into(), status, detail: "Detail.".into() }
    }

    fn refused(kind: &str, status: u16) -> Answer {
        answer(status, "application/problem+json", &serde_json::to_string(&problem(kind, status)).unwrap())
    }

    #[test]
    fn reads_what_the_server_says() {
        let reset = PullResponse::Reset { epoch: Epoch(Uuid::nil()), common: 0 };
        let text = serde_json::to_string(&reset).unwrap();
        for content_type in ["application/json", "Application/JSON; charset=utf-8"] {
            assert_eq!(answer(200, content_type, &text).read(), Ok(reset.clone()));
        }
        assert_eq!(answer(204, "", "").read_nothing(), Ok(()));
        let bytes = compact::encode(reset.clone()).unwrap();
        let compact = Answer { body: bytes.clone(), ..answer(200, COMPACT, "") };
        assert_eq!(compact.read_compact(), Ok(reset));
        let cut = Answer { body: bytes[..9].into(), ..answer(200, COMPACT, "") };
        for wrong in [cut, answer(200, COMPACT, ""), answer(200, "application/json", &text), answer(200, "", &text)] {
            assert_eq!(wrong.read_compact(), Err(Failure::Unreachable), "{wrong:?}");
        }
    }

    #[test]
    fn takes_nobody_elses_answer_for_the_servers() {
        let page = "<html>Welcome to our hotel</html>";
        for (status, content_type, body) in [
            (200, "text/html", page),
            (200, "application/json", page),
            (200, "application/json", "{\"ok\":true}"),
            (200, "application/json", "{\"reset\":{\"epoch\":\"00000000-0000"),
            (200, "", ""),
            (204, "application/json", ""),
            (302, "text/html", ""),
            (304, "", ""),
            (401, "text/html", page),
            (403, "text/html", page),
            (404, "application/json", "{}"),
            (403, "application/problem+json", page),
            (511, "text/html", page),
        ] {
            let answer = answer(status, content_type, body);
            assert_eq!(answer.read::<PullResponse>(), Err(Failure::Unreachable), "{answer:?}");
        }
        assert_eq!(answer(200, "text/html", page).read_nothing(), Err(Failure::Unreachable));
    }

    #[test]
    fn what_calls_itself_something_else_is_not_the_servers() {
        assert_eq!(answer(200, "text/html", "7").read::<u8>(), Err(Failure::Unreachable));
        let gap = Answer { content_type: "application/json".into(), ..refused(kind::GAP, 409) };
        assert_eq!(gap.read::<u8>(), Err(Failure::Unreachable));
    }

    #[test]
    fn a_busy_server_is_busy_whoever_says_so() {
        let busy = |problem| Err(Failure::Busy { retry_after: None, problem });
        assert_eq!(answer(502, "text/html", "<html>").read::<u8>(), busy(None));
        assert_eq!(refused(kind::UNAVAILABLE, 503).read::<u8>(), busy(Some(problem(kind::UNAVAILABLE, 503))));
        let later = Answer { retry_after: Some(7), ..answer(429, "", "") };
        assert_eq!(later.read::<u8>(), Err(Failure::Busy { retry_after: Some(7), problem: None }));
    }

    #[test]
    fn a_refusal_is_the_servers_if_it_has_its_form() {
        assert_eq!(refused(kind::GAP, 409).read::<u8>(), Err(Failure::Problem(problem(kind::GAP, 409))));
    }

    #[test]
    fn whose_sign_in_is_over_is_told_by_the_kind() {
        assert!(Failure::Problem(problem(kind::UNAUTHENTICATED, 401)).is_unauthenticated());
        for other in [Failure::Problem(problem(kind::GAP, 409)), Failure::Unreachable] {
            assert!(!other.is_unauthenticated());
        }
    }

    #[test]
    fn every_failure_tells_the_engine_what_to_do() {
        let told = |kind: &str, status| TransportError::from(Failure::Problem(problem(kind, status)));
        assert_eq!(told(kind::GAP, 409), TransportError::OutOfStep);
        assert_eq!(told(kind::EPOCH, 409), TransportError::OutOfStep);
        assert_eq!(told(kind::FORKED, 409), TransportError::Forked);
        assert_eq!(told(kind::SCHEMA, 400), TransportError::Schema);
        assert_eq!(told(kind::UNAUTHENTICATED, 401), TransportError::SignIn);
        assert_eq!(told("/problems/of-the-future", 401), TransportError::SignIn);
        assert!(matches!(told(kind::INVALID, 400), TransportError::Rejected(_)));
        assert!(matches!(told("/problems/of-the-future", 418), TransportError::Rejected(_)));
        let busy = Failure::Busy { retry_after: Some(3), problem: None };
        assert_eq!(TransportError::from(busy), TransportError::Busy { retry_after: Some(3) });
        assert_eq!(TransportError::from(Failure::Unreachable), TransportError::Unreachable);
    }
}
