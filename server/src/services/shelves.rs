//! The organizations whose rows are in memory ([`Shelf`]), each brought up to date by whoever asks.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use shared::ids::OrgId;
use shared::limits::ROWS_PER_PULL;
use shared::scope::Scope;
use tokio::sync::{OwnedRwLockReadGuard, RwLock};

use super::Failure;
use crate::db::OrgTx;
use crate::domain::pull::{self, Open};
use crate::domain::push::OrgClock;
use crate::domain::shelf::Shelf;

/// How many organizations at most.
const SHELVES: u64 = 64;
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
        let org = tx.org_clock().await?;
        let reader = tx.reader().ok_or(Failure::Bug("a member's transaction knows no member"))?;
        let lock = self.0.get_with(tx.org(), Arc::default);
        let mut found = Arc::clone(&lock).read_owned().await;
        if !found.reaches(&org) {
            drop(found);
            let mut behind = lock.write_owned().await;
            if !behind.reaches(&org) {
                catch_up(&mut behind, tx, &org).await?;
            }
            found = behind.downgrade();
        }
        // Others may have brought it further than this transaction sees: what is open, too, is as of the rows.
        let open = found.open_to(reader.user).ok_or(Failure::SessionEnded)?;
        Ok(Reading { shelf: found, open })
    }
}

async fn catch_up(shelf: &mut Shelf, tx: &mut OrgTx, org: &OrgClock) -> Result<(), Failure> {
    if !shelf.continues(org) {
        *shelf = Shelf::of(org);
    }
    let states = tx.scopes().await?;
    let scopes: Vec<Scope> = states.keys().copied().collect();
    shelf.restrict(states);
    // Page by page, so that a request that is given up leaves a shelf that ends somewhere, not one with holes.
    while shelf.ver() < org.ver {
        let mut rows = tx.changes_after(shelf.ver(), &scopes).await?;
        let end = pull::cut(&mut rows, ROWS_PER_PULL);
        shelf.put(rows, end.unwrap_or(org.ver));
    }
    shelf.forget(org.floor);
    Ok(())
}
