//! The organizations whose rows are in memory ([`Shelf`]), each brought up to date by whoever asks.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use shared::ids::OrgId;
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};
use tokio::task::{JoinHandle, spawn_blocking};

use super::Failure;
use crate::db::{DbError, OrgTx, READ_AT_ONCE, StoredRow};
use crate::domain::pull::Open;
use crate::domain::push::OrgClock;
use crate::domain::shelf::{Book, Shelf};

/// How many organizations at most.
const SHELVES: u64 = 64;
/// Rows whose words are noted before others have their turn.
const NOTED_AT_ONCE: usize = 2_000;
/// How long one stays that nobody asks about.
const IDLE: Duration = Duration::from_mins(10);

/// The shelves of all organizations that were asked about lately.
#[derive(Clone, Debug)]
pub(super) struct Shelves(Cache<OrgId, Arc<RwLock<Shelf>>>);

impl Default for Shelves {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(SHELVES).time_to_idle(IDLE).build())
    }
}

/// An organization's rows as one member meets them.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) shelf: OwnedRwLockReadGuard<Shelf>,
    pub(super) open: Open,
}

impl Shelves {
    /// Everything of the organization, at least up to the moment of the transaction.
    pub(super) async fn open(&self, tx: &mut OrgTx) -> Result<Reading, Failure> {
        self.open_for(tx, false).await
    }

    /// The same, and if `words`, one on which words can be looked for. Whoever asks first brings it up to date, and the
    /// others of the organization wait for that.
    pub(super) async fn open_for(&self, tx: &mut OrgTx, words: bool) -> Result<Reading, Failure> {
        let org = tx.org_clock().await?;
        let reader = tx.reader().ok_or(Failure::Bug("a member's transaction knows no member"))?;
        let lock = self.0.get_with(tx.org(), Arc::default);
        let mut found = Arc::clone(&lock).read_owned().await;
        let is_ready = |shelf: &Shelf| shelf.reaches(&org) && (!words || shelf.has_words());
        while !is_ready(&found) {
            drop(found);
            let mut behind = Arc::clone(&lock).write_owned().await;
            if !behind.reaches(&org) {
                catch_up(&mut behind, tx, &org).await?;
            }
            if words && !behind.has_words() {
                behind = with_words(behind).await?;
            }
            found = if is_ready(&behind) {
                behind.downgrade()
            } else {
                // Whoever waits and asks for no words has their turn before the next ones are noted.
                drop(behind);
                Arc::clone(&lock).read_owned().await
            };
        }
        // Others may have brought it further than this transaction sees: what is open, too, is as of the rows.
        let open = found.open_to(reader.user).ok_or(Failure::SessionEnded)?;
        Ok(Reading { shelf: found, open })
    }
}

/// Brings a shelf to where the organization stands. The rows are put there as they come, in the order of their positions, so
/// that a request that is given up leaves a shelf that ends somewhere, not one with holes.
async fn catch_up(shelf: &mut Shelf, tx: &mut OrgTx, org: &OrgClock) -> Result<(), Failure> {
    if !shelf.continues(org) {
        *shelf = Shelf::of(org);
    }
    shelf.restrict(tx.scopes().await?);
    if shelf.ver() < org.ver {
        tx.begin_reading(shelf.ver()).await?;
        // While one page is read, something is made of the one before.
        let mut before = None;
        loop {
            let rows = tx.read_on().await?;
            let more = rows.len() == READ_AT_ONCE;
            // Of the last one's position there may be others.
            let end = rows.last().filter(|_| more).map_or(org.ver, |last| last.pos().saturating_sub(1));
            let page = spawn_blocking(move || rows.into_iter().map(book).collect::<Result<Vec<Book>, DbError>>());
            if let Some((page, end)) = before.replace((page, end)) {
                shelf.put(finished(page).await??, end);
            }
            if !more {
                break;
            }
        }
        if let Some((page, end)) = before {
            shelf.put(finished(page).await??, end);
        }
    }
    shelf.forget(org.floor);
    Ok(())
}

fn book(row: StoredRow) -> Result<Book, DbError> {
    row.read().map(Book::from)
}

/// Notes words, some at once.
async fn with_words(mut shelf: OwnedRwLockWriteGuard<Shelf>) -> Result<OwnedRwLockWriteGuard<Shelf>, Failure> {
    let noting = spawn_blocking(move || {
        shelf.note_words(NOTED_AT_ONCE);
        shelf
    });
    finished(noting).await
}

async fn finished<T>(work: JoinHandle<T>) -> Result<T, Failure> {
    work.await.map_err(|_| Failure::Bug("what was read could not be put on a shelf"))
}
