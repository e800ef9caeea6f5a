//! The contents of attachments on their way to the server, as a state machine without I/O: one content after the other,
//! several chunks of it at once, and after a failure the server says where to go on.
//!
//! Nothing here is kept over a restart. Which contents are to be sent follows from the replica
//! ([`crate::replica::Replica::unsent`]), and which chunks of one are there, the server knows.

pub mod run;

use shared::attachment::{AttachmentView, BeginUpload, Cut, Upload};
use shared::clock::Millis;
use shared::ids::AttachmentId;
use shared::limits::CHUNKS_AT_ONCE;
use shared::protocol::kind;

use crate::backoff::Backoff;
use crate::env::Env;
use crate::status::UploadStatus;
use crate::transport::TransportError;

/// The first and the longest pause after a failure.
const PAUSES: (Millis, Millis) = (1_000, 60_000);
/// How often a content that arrived as another one is sent anew before its member is told.
const ATTEMPTS: usize = 3;

/// What to ask the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    Begin(BeginUpload),
    /// The chunk of this number: these bytes.
    Chunk(u64, std::ops::Range<u64>),
    Complete,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Ask(Request),
    /// Nothing before this time, before a request is answered, or before something changes.
    Wait(Option<Millis>),
}

/// Something to ask about a content. The answer is given back with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub attachment: AttachmentId,
    pub ask: Ask,
    /// Tells the answers of an attempt that was given up from those of the present one.
    attempt: u64,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Begun(Upload),
    Done,
    Failed(TransportError),
    /// The content cannot be read on this device.
    Unreadable(String),
}

/// The contents on their way.
#[derive(Debug)]
pub struct Uploads {
    backoff: Backoff,
    pause: Option<Millis>,
    attempt: u64,
    current: Option<Current>,
    /// How many chunks at once: one after a failure, and one more with each that arrives. A slow line carries one in the
    /// time of a request where it would not carry five.
    at_once: usize,
    /// The server has said that they are there; their rows will, too.
    done: Vec<AttachmentId>,
    refused: Vec<(AttachmentId, String)>,
    /// Those that arrived as another one, each as often as it did.
    spoilt: Vec<AttachmentId>,
}

impl Default for Uploads {
    fn default() -> Self {
        let (first, longest) = PAUSES;
        Self {
            backoff: Backoff::new(first, longest),
            pause: None,
            attempt: 0,
            current: None,
            at_once: 1,
            done: Vec::new(),
            refused: Vec::new(),
            spoilt: Vec::new(),
        }
    }
}

/// The content that is being sent.
#[derive(Debug)]
struct Current {
    attachment: AttachmentId,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    Beginning,
    /// The missing chunks, the next one last.
    Sending {
        cut: Cut,
        missing: Vec<u64>,
        underway: usize,
        there: u64,
    },
    Completing,
}

impl Uploads {
    /// What to do next, where these contents are to be sent.
    pub fn next(&mut self, unsent: &[AttachmentView], now: Millis) -> Step {
        if self.current.as_ref().is_some_and(|current| unsent.iter().all(|view| view.id != current.attachment)) {
            self.current = None;
        }
        self.done.retain(|id| unsent.iter().any(|view| view.id == *id));
        self.refused.retain(|(id, _)| unsent.iter().any(|view| view.id == *id));
        let Some(current) = &mut self.current else {
            return self.begin(unsent, now);
        };
        let attachment = current.attachment;
        let ask = match &mut current.phase {
            Phase::Sending { cut, missing, underway, .. } if *underway < self.at_once => match missing.pop() {
                Some(n) => {
                    *underway += 1;
                    cut.chunk(n).map(|range| Ask::Chunk(n, range))
                }
                None if *underway == 0 => {
                    current.phase = Phase::Completing;
                    Some(Ask::Complete)
                }
                None => None,
            },
            _ => None,
        };
        match ask {
            Some(ask) => Step::Ask(Request { attachment, ask, attempt: self.attempt }),
            None => Step::Wait(None),
        }
    }

    fn begin(&mut self, unsent: &[AttachmentView], now: Millis) -> Step {
        let refused = |id: AttachmentId| self.refused.iter().any(|(refused, _)| *refused == id);
        let open = |view: &&AttachmentView| !self.done.contains(&view.id) && !refused(view.id);
        let Some(view) = unsent.iter().find(open) else { return Step::Wait(None) };
        // A clock that was set back lengthens no pause.
        if let Some(until) = self.pause.filter(|until| *until > now && *until - now <= PAUSES.1) {
            return Step::Wait(Some(until));
        }
        self.attempt += 1;
        self.current = Some(Current { attachment: view.id, phase: Phase::Beginning });
        let begin = BeginUpload { attachment: view.id, size: view.file.bytes, sha256: view.file.sha256.clone() };
        Step::Ask(Request { attachment: view.id, ask: Ask::Begin(begin), attempt: self.attempt })
    }

    /// Takes in what came of a request.
    pub fn answered(&mut self, request: &Request, answer: Answer, env: &mut impl Env) {
        let attachment = request.attachment;
        let Some(current) = self.current.as_mut().filter(|_| request.attempt == self.attempt) else { return };
        match answer {
            Answer::Failed(error) => self.failed(attachment, &error, env),
            Answer::Unreadable(reason) => self.refuse(attachment, reason),
            Answer::Begun(upload) => {
                let Ask::Begin(BeginUpload { size, .. }) = request.ask else { return };
                if upload.stored {
                    self.finish(attachment);
                    return;
                }
                let cut = Cut { size, chunk_size: upload.chunk_size.max(1) };
                let missing: Vec<u64> = (0..cut.count()).rev().filter(|n| !upload.chunks.contains(n)).collect();
                let there = cut.count() - missing.len() as u64;
                current.phase = Phase::Sending { cut, missing, underway: 0, there };
            }
            Answer::Done => match &mut current.phase {
                Phase::Sending { underway, there, .. } => {
                    *underway -= 1;
                    *there += 1;
                    self.at_once = (self.at_once + 1).min(CHUNKS_AT_ONCE);
                    self.backoff.reset();
                }
                Phase::Completing => self.finish(attachment),
                Phase::Beginning => {}
            },
        }
    }

    fn finish(&mut self, attachment: AttachmentId) {
        self.current = None;
        self.done.push(attachment);
        self.backoff.reset();
    }

    fn refuse(&mut self, attachment: AttachmentId, reason: String) {
        self.current = None;
        self.refused.push((attachment, reason));
    }

    fn failed(&mut self, attachment: AttachmentId, error: &TransportError, env: &mut impl Env) {
        self.current = None;
        self.at_once = 1;
        if let TransportError::Rejected(problem) = error {
            let again = match problem.kind.as_str() {
                kind::INCOMPLETE => true,
                kind::CONTENT => {
                    self.spoilt.push(attachment);
                    self.spoilt.iter().filter(|spoilt| **spoilt == attachment).count() < ATTEMPTS
                }
                _ => false,
            };
            if !again {
                self.refuse(attachment, problem.detail.clone());
                return;
            }
        }
        let asked = match error {
            TransportError::Busy { retry_after: Some(seconds) } => Millis::from(*seconds).saturating_mul(1_000),
            _ => 0,
        };
        let pause = self.backoff.pause(env).max(asked.min(PAUSES.1));
        self.pause = Some(env.now() + pause);
    }

    /// The network is back, or the member asks: no pause any longer. What was refused is tried once more, and of what is
    /// done but not known to be stored the server is asked again.
    pub fn wake(&mut self) {
        self.pause = None;
        self.refused.clear();
        self.done.clear();
    }

    pub fn status(&self) -> UploadStatus {
        let percent = |phase: &Phase| match phase {
            Phase::Beginning => 0,
            Phase::Sending { cut, there, .. } => {
                u8::try_from(there.saturating_mul(100) / cut.count().max(1)).unwrap_or(100)
            }
            Phase::Completing => 100,
        };
        let sending = self.current.as_ref().map(|current| (current.attachment, percent(&current.phase)));
        UploadStatus { sending, refused: self.refused.clone() }
    }
}
