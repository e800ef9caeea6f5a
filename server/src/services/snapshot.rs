//! What a member sees at one moment: rows from memory, and what only the database knows of that moment.

use std::collections::HashMap;

use shared::clock::{Actor, Version};
use shared::device::Device;
use shared::ids::{EntityId, Kind, TaskId, UserId};
use shared::row::Row;
use tokio::sync::Mutex;

use super::devices::devices;
use super::shelves::Reading;
use super::{Failure, Listing, Selection, Services, Whose};
use crate::db::{Entry, OrgTx};
use crate::domain::resource::{self, Object};
use crate::domain::shelf::{Question, RowPlace, TaskPlace};
use crate::member::Member;

/// One moment of an organization, as a member sees it. While there is one, the organization's rows in memory stay as they
/// are, and newer ones wait: it is not to be kept across anything that waits for a client.
#[derive(Debug)]
pub struct Snapshot {
    member: Member,
    reading: Reading,
    tx: Mutex<Later>,
}

/// The transaction of a snapshot. The rows may be ahead of it, because others have brought them further; before anything
/// is read with it that must not be behind the rows, it goes on to a later moment, on the same connection: whoever waited
/// for another one meanwhile could wait for those who wait for the rows.
#[derive(Debug)]
struct Later {
    tx: OrgTx,
    renewed: bool,
}

impl Later {
    async fn tx(&mut self) -> Result<&mut OrgTx, Failure> {
        if !self.renewed {
            self.tx.renew().await?;
            self.renewed = true;
        }
        Ok(&mut self.tx)
    }
}

impl Services {
    /// Everything as it is now.
    pub async fn snapshot(&self, member: &Member) -> Result<Snapshot, Failure> {
        self.snapshot_for(member, false).await
    }

    /// The same; with `words`, words can be looked for.
    pub async fn snapshot_for(&self, member: &Member, words: bool) -> Result<Snapshot, Failure> {
        let mut tx = OrgTx::snapshot(&self.db, member).await?;
        let reading = self.shelves.open_for(&mut tx, words).await?;
        Ok(Snapshot { member: member.clone(), reading, tx: Mutex::new(Later { tx, renewed: false }) })
    }
}

impl Snapshot {
    /// The version of the organization that this is.
    pub fn version(&self) -> Version {
        self.reading.shelf.ver()
    }

    fn row(&self, id: EntityId) -> Option<&Row> {
        self.reading.shelf.get(id, &self.reading.open)
    }

    /// One row; what is not open to the member is not there.
    pub fn show(&self, id: EntityId) -> Option<Object> {
        self.row(id).map(resource::show)
    }

    /// The concurrent values of a row that nobody has decided between.
    pub fn unsettled(&self, id: EntityId) -> Vec<Object> {
        self.row(id).map(resource::unsettled).unwrap_or_default()
    }

    /// The tasks that are asked for.
    pub fn tasks(&self, question: &Question) -> Listing<TaskPlace> {
        let answer = self.reading.shelf.tasks(&self.reading.open, question);
        Listing { items: answer.rows.into_iter().map(resource::show).collect(), next: answer.next }
    }

    /// The rows of a kind, in the order in which they were made.
    pub fn rows(&self, selection: Selection) -> Listing<RowPlace> {
        let Selection { kind, of, deleted, after, limit } = selection;
        let wanted = |row: &Row| deleted || !row.life.is_deleted();
        let answer = self.reading.shelf.rows((kind, of), &self.reading.open, wanted, after, limit);
        Listing { items: answer.rows.into_iter().map(resource::show).collect(), next: answer.next }
    }

    /// Where a task stands in a list.
    pub fn task_place(&self, id: TaskId) -> Option<TaskPlace> {
        self.row(id.into())?;
        self.reading.shelf.task_place(id)
    }

    /// Where a row stands in the list of its kind.
    pub fn row_place(&self, id: EntityId) -> Option<RowPlace> {
        self.row(id).map(RowPlace::of)
    }

    /// The first row of a kind, in the order in which they changed last, after a version or after a row that changed with
    /// it. `of`: the row that it belongs to.
    pub fn changed_after(
        &self,
        kind: Kind,
        of: Option<EntityId>,
        after: (Version, Option<EntityId>),
    ) -> Option<(Version, EntityId)> {
        let belongs = |row: &Row| of.is_none_or(|of| resource::belongs(row, of));
        let row = self.reading.shelf.changed_after(kind, &self.reading.open, after, belongs)?;
        Some((row.ver, row.id))
    }

    /// What has been done to some rows before a version, of each the latest first. The caller has seen that they are open.
    pub async fn histories(
        &self,
        ids: &[EntityId],
        before: Version,
        limit: usize,
    ) -> Result<HashMap<EntityId, Vec<Entry>>, Failure> {
        let before = before.min(self.version().saturating_add(1));
        let mut later = self.tx.lock().await;
        Ok(later.tx().await?.histories(ids, before, limit).await?)
    }

    /// Who made a row, as which actor.
    pub fn maker(&self, id: EntityId) -> Option<Actor> {
        self.row(id).map(|row| row.created.actor)
    }

    /// Whose these actors are. Those of the server itself are nobody's.
    pub async fn people(&self, actors: &[Actor]) -> Result<HashMap<Actor, UserId>, Failure> {
        let mut later = self.tx.lock().await;
        Ok(later.tx().await?.people(actors).await?)
    }

    /// What the organization is called.
    pub async fn organization(&self) -> Result<String, Failure> {
        let mut later = self.tx.lock().await;
        Ok(later.tx().await?.organization_name().await?)
    }

    /// One's own devices; an admin sees those of the others, too.
    pub async fn devices(&self, whose: Whose) -> Result<Vec<Device>, Failure> {
        let mut later = self.tx.lock().await;
        devices(later.tx().await?, &self.member, whose).await
    }
}
