//! What a replica keeps in its store, record by record, and how it is written as bytes: postcard for what the server
//! can send again, JSON for what is nowhere else. Where a device stands and its outbox are read by releases that come
//! months later ([`crate::upgrade`]), which lift operations by their names.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use shared::clock::{Actor, Counter, Version};
use shared::hash::Hash;
use shared::ids::{AttachmentId, Epoch, ProjectId};
use shared::mutation::Mutation;
use shared::protocol::{FillPlace, LastMutation};
use shared::row::Row;
use shared::scope::Scope;

use crate::store::{Key, StoreError, Table};
use crate::view::RefusedChange;

/// Rows in one page record: measured, pages of 20 rows write fastest and read as fast as larger ones.
pub const ROWS_PER_PAGE: usize = 20;

/// The key of the one record in [`Table::Meta`].
pub const META: Key = (Table::Meta, 0);

/// The form of the rows in the pages. A change of form is a new number; pages of an earlier one are fetched anew.
pub const FORMAT: u16 = 4;

/// Where this device stands. What a later release adds to it has a value for stores without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Of the pages: [`FORMAT`].
    pub format: u16,
    /// This device, as the server numbered it; [`shared::clock::NOBODY`] without an account.
    pub actor: Actor,
    /// The life of the server's data that the rows are of.
    pub epoch: Option<Epoch>,
    /// Counts how often the rows were fetched anew; rows of an earlier generation are on their way out.
    pub generation: u32,
    /// Where the next pull begins.
    pub cursor: Version,
    /// Up to here every row is known. Below `cursor` between the pages of one pull.
    pub seen: Version,
    /// Rows that were deleted up to here are gone, [`shared::protocol::PullPage::floor`].
    pub floor: Version,
    /// The last own mutation that a pull has confirmed.
    pub confirmed: LastMutation,
    /// The snapshot of that pull: then, all rows were those of one moment. 0 since old rows are on their way.
    pub confirmed_at: Version,
    /// The number of the last own mutation, and the hash of the history up to it.
    pub made: LastMutation,
    /// The last own mutation that was ever handed to the network: up to here nothing may change its meaning.
    pub sent: Counter,
    /// The number of the next page record.
    pub next_page: u64,
    /// The scopes whose rows are here, or on their way.
    pub scopes: Vec<Followed>,
    /// The number of the next scope.
    pub next_scope: u32,
    /// What is being fetched of scopes that this device did not follow before, one after the other.
    pub fills: Vec<Filling>,
    /// The latest snapshot of an old row's page: changes must have been read at it, or later.
    pub filled_at: Version,
    /// Everything is being fetched anew: rows of an earlier generation stand in for those that have not come.
    pub renewing: bool,
    /// The versions of rows of an earlier generation are of the present order: nothing but this member's wish to fetch
    /// everything came between.
    pub same_order: bool,
    /// Rows of generations before this one are of a life of the server's data that has ended with a loss: what it had done
    /// with own changes says nothing of the present one.
    #[serde(default)]
    pub lost_before: u32,
    /// What the member wants on this device.
    #[serde(default)]
    pub kept: Kept,
    /// How far the history of the store without an account has been taken over into this one, see [`crate::local`].
    pub taken: LastMutation,
}

/// What a member wants on a device, of that which is open. What is of no project is small, and always there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Of these projects; `None`: of all.
    pub projects: Option<BTreeSet<ProjectId>>,
    /// Also the work that was finished long ago.
    pub finished: bool,
}

impl Default for Kept {
    /// Everything.
    fn default() -> Self {
        Self { projects: None, finished: true }
    }
}

impl Kept {
    /// Whether the member wants the rows of a scope.
    pub fn wants(&self, scope: Scope) -> bool {
        let of = |project| self.projects.as_ref().is_none_or(|projects| projects.contains(&project));
        match scope {
            Scope::Project(project) => of(project),
            Scope::Finished(project) => self.finished && of(project),
            Scope::Everyone | Scope::Person(_) => true,
        }
    }
}

/// A scope by the number that its rows on this device name it with. No number is given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    pub number: u32,
    pub scope: Scope,
}

/// A fetch of old rows, and how far it has got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filling {
    /// By their numbers.
    pub scopes: Vec<u32>,
    /// What came after this version comes as a change.
    pub until: Version,
    pub from: FillPlace,
}

impl Meta {
    /// A device that has done and seen nothing.
    pub fn new(actor: Actor) -> Self {
        Self {
            format: FORMAT,
            actor,
            epoch: None,
            generation: 0,
            cursor: 0,
            seen: 0,
            floor: 0,
            confirmed: LastMutation { n: 0, hash: Hash(0) },
            confirmed_at: 0,
            made: LastMutation { n: 0, hash: Hash(0) },
            sent: 0,
            next_page: 0,
            scopes: Vec::new(),
            next_scope: 0,
            fills: Vec::new(),
            filled_at: 0,
            renewing: false,
            same_order: true,
            lost_before: 0,
            kept: Kept::default(),
            taken: LastMutation { n: 0, hash: Hash(0) },
        }
    }
}

/// A row as the server confirmed it, and what it is known to contain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseRow {
    pub row: Row,
    /// The row contains every change up to this version ([`Meta::seen`], where that is later).
    pub snapshot: Version,
    /// The row contains the device's own mutations up to this one ([`Meta::confirmed`], where that is later).
    pub own: Counter,
    pub generation: u32,
    /// The scope that it is in, by its number. `None`: it has left what this device follows, and is here only until
    /// the changes that wait for it have been judged.
    pub scope: Option<u32>,
}

/// A content of an attachment is on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub attachment: AttachmentId,
}

/// One record of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    Meta(Meta),
    /// Shared with the replica: a change of one row plans and compares the others of its page, and copies none.
    Page(Vec<Arc<BaseRow>>),
    Outbox(Mutation),
    Refused(RefusedChange),
    Held(Held),
}

/// Records to put (`Some`) and to delete (`None`).
pub type Changes = Vec<(Key, Option<Record>)>;

impl Record {
    fn page(rows: Vec<BaseRow>) -> Self {
        Self::Page(rows.into_iter().map(Arc::new).collect())
    }

    /// The record as bytes.
    pub fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let bytes = match self {
            Self::Meta(meta) => serde_json::to_vec(meta).map_err(|error| error.to_string()),
            Self::Page(rows) => postcard::to_stdvec(&rows.iter().map(Arc::as_ref).collect::<Vec<_>>())
                .map_err(|error| error.to_string()),
            Self::Outbox(mutation) => serde_json::to_vec(mutation).map_err(|error| error.to_string()),
            Self::Refused(change) => serde_json::to_vec(change).map_err(|error| error.to_string()),
            Self::Held(held) => serde_json::to_vec(held).map_err(|error| error.to_string()),
        };
        bytes.map_err(StoreError::Platform)
    }

    /// Reads a record of a table.
    pub fn decode((table, number): Key, bytes: &[u8]) -> Result<Self, StoreError> {
        let record = match table {
            Table::Meta => serde_json::from_slice(bytes).map(Self::Meta).map_err(|error| error.to_string()),
            Table::Pages => {
                postcard::from_bytes::<Vec<BaseRow>>(bytes).map(Self::page).map_err(|error| error.to_string())
            }
            Table::Outbox => serde_json::from_slice(bytes).map(Self::Outbox).map_err(|error| error.to_string()),
            Table::Refused => serde_json::from_slice(bytes).map(Self::Refused).map_err(|error| error.to_string()),
            Table::Held => serde_json::from_slice(bytes).map(Self::Held).map_err(|error| error.to_string()),
        };
        let record = record.map_err(|error| StoreError::Corrupt(format!("{table:?} {number}: {error}")))?;
        match &record {
            Self::Meta(meta) if meta.format > FORMAT => Err(StoreError::Newer),
            _ => Ok(record),
        }
    }
}
