//! The loop that sends contents, beside the one that syncs ([`crate::driver`]): neither waits for the other, and no lock
//! is held while a request is under way.

use std::cell::RefCell;

use futures::channel::mpsc;
use futures::future::{Either, select};
use futures::lock::Mutex;
use futures::stream::{FuturesUnordered, StreamExt};
use shared::attachment::{BeginUpload, Upload};
use shared::ids::AttachmentId;

use super::{Answer, Ask, Request, Step, Uploads};
use crate::driver::{Shared, Surroundings};
use crate::engine::Engine;
use crate::env::Env;
use crate::store::Store;
use crate::store::files::FileStore;
use crate::transport::TransportError;

/// Why the loop should look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nudge {
    /// Attachments have changed.
    Changed,
    /// The network is back, or the member asks.
    Now,
}

/// The server, as contents are sent to it.
#[expect(async_fn_in_trait, reason = "browser futures are not Send; the loop is generic and never needs it")]
pub trait Depot<C> {
    async fn begin(&self, upload: &BeginUpload) -> Result<Upload, TransportError>;
    async fn send(&self, id: AttachmentId, n: u64, chunk: C) -> Result<(), TransportError>;
    async fn complete(&self, id: AttachmentId) -> Result<(), TransportError>;
}

/// Sends contents until `nudges` ends.
pub async fn run<S: Store + FileStore + Clone, D: Depot<S::Content>, E: Env>(
    engine: &Mutex<Engine<S>>,
    uploads: &RefCell<Uploads>,
    depot: &D,
    env: &RefCell<E>,
    surroundings: &impl Surroundings,
    mut nudges: mpsc::UnboundedReceiver<Nudge>,
) {
    let files = engine.lock().await.store().clone();
    let mut underway = FuturesUnordered::new();
    loop {
        let unsent = engine.lock().await.replica().unsent();
        let now = env.borrow_mut().now();
        let step = uploads.borrow_mut().next(&unsent, now);
        surroundings.changed();
        let until = match step {
            Step::Ask(request) => {
                let (files, depot) = (&files, depot);
                underway.push(async move {
                    let answer = ask(files, depot, &request).await;
                    (request, answer)
                });
                continue;
            }
            Step::Wait(until) => until,
        };
        let sleep = async {
            match until {
                Some(at) => surroundings.sleep_until(at).await,
                None => futures::future::pending().await,
            }
        };
        // An empty set of requests would be "all answered" at once, again and again.
        let answer = async {
            match underway.next().await {
                Some(answer) => answer,
                None => futures::future::pending().await,
            }
        };
        let (answer, sleep) = (std::pin::pin!(answer), std::pin::pin!(sleep));
        match select(nudges.next(), select(answer, sleep)).await {
            Either::Left((None, _)) => return,
            Either::Left((Some(Nudge::Now), _)) => uploads.borrow_mut().wake(),
            Either::Left((Some(Nudge::Changed), _)) | Either::Right((Either::Right(_), _)) => {}
            Either::Right((Either::Left(((request, answer), _)), _)) => {
                uploads.borrow_mut().answered(&request, answer, &mut Shared(env));
            }
        }
    }
}

async fn ask<F: FileStore>(files: &F, depot: &impl Depot<F::Content>, request: &Request) -> Answer {
    let id = request.attachment;
    let done = match &request.ask {
        Ask::Begin(upload) => return depot.begin(upload).await.map_or_else(Answer::Failed, Answer::Begun),
        Ask::Complete => depot.complete(id).await,
        Ask::Chunk(n, range) => {
            let content = match files.get(id).await {
                Ok(Some(content)) => content,
                Ok(None) => return Answer::Unreadable("The file is not on this device any more.".into()),
                Err(error) => return Answer::Unreadable(error.to_string()),
            };
            match F::part(&content, range.clone()) {
                Ok(chunk) => depot.send(id, *n, chunk).await,
                Err(error) => return Answer::Unreadable(error.to_string()),
            }
        }
    };
    done.map_or_else(Answer::Failed, |()| Answer::Done)
}
