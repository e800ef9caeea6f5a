//! Where a replica lives on the device: a map of bytes with two verbs, `load` and `commit`.
//!
//! A batch is committed all or nothing, and only on the revision that it was made for: two tabs that share a store
//! cannot overwrite each other unseen. Durable means durable: when `commit` returns, the data survives a crash of the
//! program and, as far as the device allows, of the machine. Every store passes the suite in [`contract`].

use serde::{Deserialize, Serialize};

#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod files;
#[cfg(target_arch = "wasm32")]
pub mod indexeddb;
pub mod memory;

/// Counts the commits of a store, from 0 (empty).
pub type Revision = u64;

/// The parts of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Table {
    /// One record: counter, cursor and the like.
    Meta,
    /// Rows the server confirmed, several to a record.
    Pages,
    /// Mutations not yet confirmed, by number.
    Outbox,
    /// Mutations the server refused.
    Refused,
    /// Which contents of attachments are here ([`files`]).
    Held,
}

impl Table {
    pub const ALL: [Self; 5] = [Self::Meta, Self::Pages, Self::Outbox, Self::Refused, Self::Held];
}

/// A record's address.
pub type Key = (Table, u64);

/// What a store holds: all of it, or the records asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    pub revision: Revision,
    /// In the order of their keys.
    pub records: Vec<(Key, Vec<u8>)>,
}

/// Changes that are made together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The revision that the changes were planned on.
    pub expect: Revision,
    pub put: Vec<(Key, Vec<u8>)>,
    pub delete: Vec<Key>,
}

/// Why a store did not do what it was asked. After [`StoreError::Stale`] and [`StoreError::Full`] nothing of the batch
/// is stored; after any other, all of it or nothing may be: load to know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else has committed meanwhile: load again and plan anew.
    #[error("another window has saved a change meanwhile")]
    Stale,
    /// No room: free some space.
    #[error("there is no space left")]
    Full,
    /// The store was closed (a newer version of the app wants to upgrade it) or lost: reload the app.
    #[error("the storage was closed; reload the page")]
    Closed,
    /// A newer release of the app has written here: reload the app.
    #[error("a newer version of the app has saved here; reload the page to get it")]
    Newer,
    /// A record cannot be read.
    #[error("the stored data cannot be read: {0}")]
    Corrupt(String),
    /// Anything else the platform reports.
    #[error("{0}")]
    Platform(String),
}

/// A device's storage for one replica.
#[expect(async_fn_in_trait, reason = "browser futures are not Send; the engine is generic and never needs it")]
pub trait Store {
    /// All records, or those with the given keys that exist, as of one moment.
    async fn load(&self, keys: Option<&[Key]>) -> Result<Contents, StoreError>;

    /// Makes the changes durable and returns the new revision, `batch.expect + 1`.
    async fn commit(&self, batch: &Batch) -> Result<Revision, StoreError>;
}
