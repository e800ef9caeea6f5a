//! Who asks, and what they are shown. A query is answered from one snapshot: nothing in its answer is of another moment,
//! and nothing that it asks for one by one is loaded one by one.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Data, Error};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use shared::clock::{Actor, Version};
use shared::ids::{EntityId, UserId};
use shared::protocol::Problem;
use tokio::sync::Mutex;

use super::refusal::{bug, refusal, refused};
use crate::domain::resource::Object;
use crate::member::Member;
use crate::problem::ApiProblem;
use crate::services::{Entry, Failure, Once, Services, Snapshot};

/// One request of a member.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) services: Arc<Services>,
    pub(super) member: Member,
    /// Opened by whatever needs it first.
    snapshot: Mutex<Option<Arc<Snapshot>>>,
    /// Whether the request may look for words.
    words: bool,
    once: Option<Once>,
    /// Changes made so far.
    changes: AtomicUsize,
}

impl Asking {
    /// For a request with this document.
    pub(super) fn new(services: Arc<Services>, member: Member, document: &str, once: Option<Once>) -> Arc<Self> {
        let words = names_words(document);
        Arc::new(Self { services, member, snapshot: Mutex::default(), words, once, changes: AtomicUsize::default() })
    }

    /// What the resolvers find in their context.
    pub(super) fn data(self: &Arc<Self>) -> Data {
        let mut data = Data::default();
        data.insert(Arc::clone(self));
        data.insert(DataLoader::new(Loads(Arc::clone(self)), tokio::spawn));
        data
    }

    /// The moment that the request is answered from.
    pub(super) async fn snapshot(&self) -> Result<Arc<Snapshot>, Error> {
        let mut known = self.snapshot.lock().await;
        if let Some(snapshot) = &*known {
            return Ok(Arc::clone(snapshot));
        }
        let snapshot = Arc::new(self.services.snapshot_for(&self.member, self.words).await.map_err(refusal)?);
        *known = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    /// Lets go of it: what comes next is of a later moment. It holds up others, so nobody keeps it while they wait.
    pub(super) async fn forget(&self) {
        *self.snapshot.lock().await = None;
    }

    /// The key of the next change, where the request has one: the first change has the request's own, each other one is
    /// told from it by its number.
    pub(super) fn next_once(&self) -> Option<Once> {
        let number = self.changes.fetch_add(1, Ordering::Relaxed);
        let Once { key, fingerprint } = self.once.clone()?;
        Some(Once { key: if number == 0 { key } else { numbered(&key, number) }, fingerprint })
    }
}

/// Whether a document names an argument that can hold words to look for.
fn names_words(document: &str) -> bool {
    let mut names = document.split(|one: char| !one.is_ascii_alphanumeric() && one != '_');
    names.any(|name| ["q", "filter"].contains(&name))
}

/// A key that no client gives, because there is a blank in it; short, however long the request's own is.
fn numbered(key: &str, number: usize) -> String {
    format!("{} {number}", URL_SAFE_NO_PAD.encode(Sha256::digest(key)))
}

/// Who asks.
pub(super) fn asking<'a>(ctx: &Context<'a>) -> Result<&'a Arc<Asking>, Error> {
    ctx.data::<Arc<Asking>>().map_err(|_| bug("a request of nobody"))
}

/// The moment that a request is answered from.
pub(super) async fn snapshot(ctx: &Context<'_>) -> Result<Arc<Snapshot>, Error> {
    asking(ctx)?.snapshot().await
}

/// A part of a row's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Part {
    row: EntityId,
    before: Version,
    limit: usize,
}

/// Loads what only the database knows of many rows, for all rows of a list together.
struct Loads(Arc<Asking>);

fn problem(failure: Failure) -> Problem {
    ApiProblem::from(failure).body().clone()
}

impl Loads {
    async fn snapshot(&self) -> Result<Arc<Snapshot>, Problem> {
        let snapshot = self.0.snapshot.lock().await.clone();
        snapshot.ok_or_else(|| problem(Failure::Bug("something is loaded of no moment")))
    }
}

impl Loader<Part> for Loads {
    type Value = Vec<Arc<Entry>>;
    type Error = Problem;

    async fn load(&self, parts: &[Part]) -> Result<HashMap<Part, Self::Value>, Problem> {
        let mut alike: HashMap<(Version, usize), Vec<EntityId>> = HashMap::new();
        for Part { row, before, limit } in parts {
            alike.entry((*before, *limit)).or_default().push(*row);
        }
        let (snapshot, mut found) = (self.snapshot().await?, HashMap::new());
        for ((before, limit), rows) in alike {
            for (row, entries) in snapshot.histories(&rows, before, limit).await.map_err(problem)? {
                found.insert(Part { row, before, limit }, entries.into_iter().map(Arc::new).collect());
            }
        }
        Ok(found)
    }
}

impl Loader<Actor> for Loads {
    type Value = UserId;
    type Error = Problem;

    async fn load(&self, actors: &[Actor]) -> Result<HashMap<Actor, UserId>, Problem> {
        self.snapshot().await?.people(actors).await.map_err(problem)
    }
}

fn loads<'a>(ctx: &Context<'a>) -> Result<&'a DataLoader<Loads>, Error> {
    ctx.data::<DataLoader<Loads>>().map_err(|_| bug("a request that loads nothing"))
}

/// What was done to a row before a version, the latest first.
pub(super) async fn history(
    ctx: &Context<'_>,
    row: EntityId,
    before: Version,
    limit: usize,
) -> Result<Vec<Arc<Entry>>, Error> {
    // Whoever waits holds on to the moment that it is of.
    let _snapshot = snapshot(ctx).await?;
    let loaded = loads(ctx)?.load_one(Part { row, before, limit }).await;
    Ok(loaded.map_err(|problem| refused(&problem))?.unwrap_or_default())
}

/// The member that an actor is of; `None`: the server itself.
pub(super) async fn person(ctx: &Context<'_>, actor: Actor) -> Result<Option<Object>, Error> {
    let snapshot = snapshot(ctx).await?;
    let user = loads(ctx)?.load_one(actor).await.map_err(|problem| refused(&problem))?;
    Ok(user.and_then(|user| snapshot.show(user.into())))
}
