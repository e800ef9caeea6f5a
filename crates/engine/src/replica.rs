//! A device's copy: what the server confirmed (*base*), what its member did since (*outbox*), and what the member
//! therefore sees: `view = base ∘ outbox`.
//!
//! A replica changes in one way only: records are planned as values ([`Changes`]), made durable by a store, and then
//! applied here. It does no I/O, and planning changes nothing.

pub mod held;
mod pages;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use shared::clock::{Actor, Counter, Stamp, Version};
use shared::hash::Checksum;
use shared::ids::{AttachmentId, EntityId, TaskId};
use shared::merge;
use shared::mutation::Mutation;
use shared::row::Row;
use shared::tree::would_cycle;

use crate::record::{BaseRow, Changes, META, Meta, Record};
use crate::store::{Batch, Contents, Key, Revision, StoreError, Table};
use crate::view::{Mark, RefusedChange, View, ViewPatch};

/// A device's copy of an organization's data, in memory.
#[derive(Clone, Debug)]
pub struct Replica {
    revision: Revision,
    pub(crate) meta: Meta,
    /// The last mutation that was there when the replica was opened. Up to here nothing is changed: a copy of the
    /// store, made while it was closed, would hold the same mutation with another content.
    pub(crate) sealed: Counter,
    base: HashMap<EntityId, Slot>,
    /// The confirmed rows that are in no scope that this device follows.
    left: BTreeSet<EntityId>,
    /// Which rows are in a page, old copies of those in a newer one included.
    pages: BTreeMap<u64, Vec<EntityId>>,
    outbox: BTreeMap<Counter, Mutation>,
    /// The numbers of the waiting mutations of each row.
    waiting: HashMap<EntityId, BTreeSet<Counter>>,
    /// The waiting moves of tasks under others, and those of them that would put a task into itself.
    moves: BTreeSet<Counter>,
    blocked_moves: BTreeSet<Counter>,
    refused: BTreeMap<Counter, RefusedChange>,
    /// The attachments whose content is on this device, by the numbers of the records that say so.
    held: BTreeMap<u64, AttachmentId>,
    view: View,
    checksum: Checksum,
}

#[derive(Clone, Debug)]
struct Slot {
    base: Arc<BaseRow>,
    page: u64,
}

impl Replica {
    /// The replica that a store holds; an empty one, of `actor`, for an empty store.
    pub fn open(contents: Contents, actor: Actor) -> Result<Self, StoreError> {
        let mut replica = Self {
            revision: 0,
            meta: Meta::new(actor),
            sealed: 0,
            base: HashMap::new(),
            left: BTreeSet::new(),
            pages: BTreeMap::new(),
            outbox: BTreeMap::new(),
            waiting: HashMap::new(),
            moves: BTreeSet::new(),
            blocked_moves: BTreeSet::new(),
            refused: BTreeMap::new(),
            held: BTreeMap::new(),
            view: View::default(),
            checksum: Checksum::default(),
        };
        // Nobody has seen anything yet, so nothing is noted of what changes.
        let changes = decode(contents.records)?;
        replica.put(contents.revision, changes, None);
        replica.sealed = replica.meta.made.n;
        Ok(replica)
    }

    /// Takes over what a store holds now: `contents`, and of `asked` the keys that are not in it are gone.
    pub fn absorb(&mut self, contents: Contents, asked: &[Key]) -> Result<ViewPatch, StoreError> {
        let mut gone: BTreeSet<Key> = asked.iter().copied().collect();
        for (key, _) in &contents.records {
            gone.remove(key);
        }
        let mut changes = decode(contents.records)?;
        changes.extend(gone.into_iter().map(|key| (key, None)));
        Ok(self.apply(contents.revision, changes))
    }

    /// The batch that makes planned changes durable.
    pub fn batch(&self, changes: &Changes) -> Result<Batch, StoreError> {
        let mut batch = Batch { expect: self.revision, ..Batch::default() };
        for (key, record) in changes {
            match record {
                Some(record) => batch.put.push((*key, record.encode()?)),
                None => batch.delete.push(*key),
            }
        }
        Ok(batch)
    }

    /// Applies changes that are durable, and tells what the member sees change.
    pub fn apply(&mut self, revision: Revision, changes: Changes) -> ViewPatch {
        let mut patch = ViewPatch::default();
        let refused_changed = self.put(revision, changes, Some(&mut patch));
        patch.refused = refused_changed.then(|| self.refused().cloned().collect());
        patch
    }

    /// Applies changes, and notes what they change in the view where there is a `patch`. Whether refused changes are
    /// among them.
    fn put(&mut self, revision: Revision, changes: Changes, patch: Option<&mut ViewPatch>) -> bool {
        self.revision = revision;
        let mut touched = BTreeSet::new();
        let mut refused_changed = false;
        for ((table, number), record) in changes {
            match (table, record) {
                (Table::Meta, Some(Record::Meta(meta))) => {
                    if meta.actor != self.meta.actor {
                        // What waits is another actor's now: it may have seen less of what its rows hold.
                        touched.extend(self.waiting.keys());
                    }
                    self.meta = meta;
                }
                (Table::Pages, Some(Record::Page(rows))) => self.put_page(number, rows, &mut touched),
                (Table::Pages, _) => self.put_page(number, Vec::new(), &mut touched),
                (Table::Outbox, record) => {
                    let mutation = record.and_then(|record| match record {
                        Record::Outbox(mutation) => Some(mutation),
                        _ => None,
                    });
                    self.put_outbox(number, mutation, &mut touched);
                }
                (Table::Refused, record) => {
                    refused_changed = true;
                    let old = match record {
                        Some(Record::Refused(change)) => {
                            touched.insert(change.entity());
                            self.refused.insert(number, change)
                        }
                        _ => self.refused.remove(&number),
                    };
                    touched.extend(old.map(|change| change.entity()));
                }
                (Table::Held, record) => self.put_held(number, record.as_ref(), &mut touched),
                (Table::Meta, _) => {}
            }
        }
        self.find_blocked_moves(&mut touched);
        self.refresh(touched, patch);
        refused_changed
    }

    fn put_page(&mut self, number: u64, rows: Vec<Arc<BaseRow>>, touched: &mut BTreeSet<EntityId>) {
        let ids: Vec<EntityId> = rows.iter().map(|base| base.row.id).collect();
        for id in self.pages.remove(&number).unwrap_or_default() {
            let kept = ids.contains(&id);
            if !kept && self.base.get(&id).is_some_and(|slot| slot.page == number) {
                self.remove_base(id);
                touched.insert(id);
            }
        }
        for base in rows {
            let id = base.row.id;
            if self.base.get(&id).is_some_and(|slot| slot.page > number) {
                continue; // an old copy
            }
            if self.base.get(&id).is_none_or(|slot| !Arc::ptr_eq(&slot.base, &base) && slot.base != base) {
                self.remove_base(id);
                if base.scope.is_some() {
                    self.checksum.add(id.uuid(), base.row.ver);
                } else {
                    self.left.insert(id);
                }
                touched.insert(id);
            }
            self.base.insert(id, Slot { base, page: number });
        }
        if !ids.is_empty() {
            self.pages.insert(number, ids);
        }
    }

    fn remove_base(&mut self, id: EntityId) {
        let Some(old) = self.base.remove(&id) else { return };
        if old.base.scope.is_some() {
            self.checksum.remove(id.uuid(), old.base.row.ver);
        } else {
            self.left.remove(&id);
        }
    }

    fn put_outbox(&mut self, n: Counter, mutation: Option<Mutation>, touched: &mut BTreeSet<EntityId>) {
        let old = if let Some(mutation) = mutation {
            let entity = mutation.op.entity();
            if merge::moves_under(&mutation.op).is_some() {
                self.moves.insert(n);
            }
            self.waiting.entry(entity).or_default().insert(n);
            touched.insert(entity);
            self.outbox.insert(n, mutation).filter(|old| old.op.entity() != entity)
        } else {
            self.moves.remove(&n);
            self.outbox.remove(&n)
        };
        let Some(entity) = old.map(|old| old.op.entity()) else { return };
        touched.insert(entity);
        if let Some(waiting) = self.waiting.get_mut(&entity) {
            waiting.remove(&n);
            if waiting.is_empty() {
                self.waiting.remove(&entity);
            }
        }
    }

    /// Derives the view of the touched rows again. Most have no waiting change: they are shown as they are, uncopied.
    fn refresh(&mut self, touched: BTreeSet<EntityId>, mut patch: Option<&mut ViewPatch>) {
        if patch.is_none() {
            self.view.reserve(&touched);
        }
        for id in touched {
            let changed = self.pending(id).next().is_some().then(|| self.current(id));
            let base = self.base(id).cloned();
            let row = match &changed {
                Some(row) => row.as_ref(),
                None => base.as_ref().map(|base| &base.row),
            };
            let mark = self.mark(id, row);
            self.view.show(id, row, mark, patch.as_deref_mut());
        }
    }

    fn mark(&self, id: EntityId, row: Option<&Row>) -> Mark {
        let unsettled = row.is_some_and(Row::needs_review);
        if unsettled || self.refused.values().any(|change| change.entity() == id) {
            Mark::Attention
        } else if self.waiting.contains_key(&id) || self.is_unsent(id, row) {
            Mark::Waiting
        } else {
            Mark::None
        }
    }

    /// The row as its member sees it: the confirmed one with the waiting mutations that it does not contain yet.
    pub fn current(&self, id: EntityId) -> Option<Row> {
        self.row_before(id, Counter::MAX)
    }

    /// The row as it was just before the own mutation `end`.
    pub(crate) fn row_before(&self, id: EntityId, end: Counter) -> Option<Row> {
        let mut row = self.base(id).map(|base| base.row.clone());
        for mutation in self.pending(id).take_while(|mutation| mutation.n < end) {
            merge::apply_waiting(&mut row, &mutation.op, self.stamp(mutation), self.cycles(mutation));
        }
        row
    }

    /// Whether a move would put its task into itself.
    pub(crate) fn cycles(&self, mutation: &Mutation) -> bool {
        if self.moves.contains(&mutation.n) {
            return self.blocked_moves.contains(&mutation.n);
        }
        let parent_of = |task: TaskId| self.view.tasks.get(&task).and_then(|item| item.value.parent);
        merge::moves_under(&mutation.op).is_some_and(|(task, parent)| would_cycle(task, parent, parent_of))
    }

    /// Finds the waiting moves that would put a task into itself, each on what the ones before it left: what somebody
    /// else did meanwhile may have made one of them such a move. Touches the tasks whose moves begin or cease to be.
    fn find_blocked_moves(&mut self, touched: &mut BTreeSet<EntityId>) {
        if self.moves.is_empty() && self.blocked_moves.is_empty() {
            return;
        }
        let moved: BTreeSet<EntityId> =
            self.moves.iter().filter_map(|n| Some(self.outbox.get(n)?.op.entity())).collect();
        let mut rows: BTreeMap<EntityId, Option<Row>> =
            moved.iter().map(|id| (*id, self.base(*id).map(|base| base.row.clone()))).collect();
        let mut waiting: Vec<&Mutation> = moved.iter().flat_map(|id| self.pending(*id)).collect();
        waiting.sort_unstable_by_key(|mutation| mutation.n);
        let mut blocked = BTreeSet::new();
        for mutation in waiting {
            let parent_of = |task: TaskId| match rows.get(&task.into()) {
                Some(row) => row.as_ref().and_then(|row| row.place().parent),
                None => self.base(task.into()).and_then(|base| base.row.place().parent),
            };
            let cycle =
                merge::moves_under(&mutation.op).is_some_and(|(task, parent)| would_cycle(task, parent, parent_of));
            if cycle {
                blocked.insert(mutation.n);
            }
            if let Some(row) = rows.get_mut(&mutation.op.entity()) {
                merge::apply_waiting(row, &mutation.op, self.stamp(mutation), cycle);
            }
        }
        let changed = blocked.symmetric_difference(&self.blocked_moves).filter_map(|n| self.outbox.get(n));
        touched.extend(changed.map(|mutation| mutation.op.entity()));
        self.blocked_moves = blocked;
    }

    /// The waiting mutations of a row that its confirmed state does not contain, in their order.
    pub(crate) fn pending(&self, id: EntityId) -> impl Iterator<Item = &Mutation> {
        let contained = self.contained(id);
        let numbers = self.waiting.get(&id).into_iter().flatten();
        numbers.filter(move |n| **n > contained).filter_map(|n| self.outbox.get(n))
    }

    /// The last own mutation that the confirmed state of a row contains.
    pub(crate) fn contained(&self, id: EntityId) -> Counter {
        self.base(id).map_or(0, |base| base.own).max(self.meta.confirmed.n)
    }

    /// Up to which of this device's own changes it has been told what became of them, as far as a row is concerned. What
    /// a lost life of the server's data had done with them says nothing of this one's.
    pub(crate) fn told(&self, id: EntityId) -> Counter {
        let present = |base: &&Arc<BaseRow>| base.generation >= self.meta.lost_before;
        self.base(id).filter(present).map_or(0, |base| base.own).max(self.meta.confirmed.n)
    }

    /// What this device has seen of a row: the context of a write to it.
    pub(crate) fn context(&self, id: EntityId) -> Version {
        match self.base(id) {
            // Of another order of versions: nothing of the present one was seen.
            Some(base) if base.generation != self.meta.generation && !self.meta.same_order => 0,
            // What happened since it was fetched, or happens to it elsewhere, this device does not see.
            Some(base) if base.generation != self.meta.generation || base.scope.is_none() => base.snapshot,
            Some(base) => base.snapshot.max(self.meta.seen),
            // Of what only its author has, no one else's change was seen; the own ones are, by their numbers.
            None => 0,
        }
    }

    /// The stamp of a waiting mutation.
    pub(crate) fn stamp(&self, mutation: &Mutation) -> Stamp {
        Stamp { actor: self.meta.actor, ctr: mutation.n, ver: 0, ctx: mutation.ctx, at: mutation.at }
    }

    pub(crate) fn base(&self, id: EntityId) -> Option<&Arc<BaseRow>> {
        self.base.get(&id).map(|slot| &slot.base)
    }

    /// A row as the server confirmed it.
    pub fn confirmed(&self, id: EntityId) -> Option<&Row> {
        self.base(id).map(|base| &base.row)
    }

    /// Plans an empty replica of another actor. Only for one that holds nothing of its member's: no waiting and no
    /// refused change.
    pub(crate) fn plan_actor(&self, actor: Actor) -> Changes {
        let pages = self.pages.keys().map(|number| ((Table::Pages, *number), None));
        let meta = Meta { taken: self.meta.taken, next_page: self.meta.next_page, ..Meta::new(actor) };
        pages.chain([Self::plan_meta(meta)]).collect()
    }

    /// Plans the new state of the one meta record.
    pub(crate) fn plan_meta(meta: Meta) -> (Key, Option<Record>) {
        (META, Some(Record::Meta(meta)))
    }

    /// The keys of every record but the one that is always there.
    pub(crate) fn keys(&self) -> Vec<Key> {
        let pages = self.pages.keys().map(|n| (Table::Pages, *n));
        let outbox = self.outbox.keys().map(|n| (Table::Outbox, *n));
        let refused = self.refused.keys().map(|n| (Table::Refused, *n));
        pages.chain(outbox).chain(refused).chain(self.held.keys().map(|n| (Table::Held, *n))).collect()
    }

    /// What the member sees.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// All of the view, as a patch on an empty one.
    pub fn whole(&self) -> ViewPatch {
        ViewPatch { refused: Some(self.refused().cloned().collect()), ..self.view.whole() }
    }

    pub fn revision(&self) -> Revision {
        self.revision
    }

    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The waiting mutations, in their order.
    pub fn outbox(&self) -> impl Iterator<Item = &Mutation> {
        self.outbox.values()
    }

    pub fn waiting(&self) -> usize {
        self.outbox.len()
    }

    pub(crate) fn outbox_entry(&self, n: Counter) -> Option<&Mutation> {
        self.outbox.get(&n)
    }

    pub(crate) fn outbox_range(
        &self,
        range: impl std::ops::RangeBounds<Counter>,
    ) -> impl DoubleEndedIterator<Item = &Mutation> {
        self.outbox.range(range).map(|(_, mutation)| mutation)
    }

    /// The numbers of a row's waiting mutations, in their order.
    pub(crate) fn waiting_of(&self, id: EntityId) -> impl DoubleEndedIterator<Item = Counter> {
        self.waiting.get(&id).into_iter().flatten().copied()
    }

    /// The refused changes, the oldest first.
    pub fn refused(&self) -> impl Iterator<Item = &RefusedChange> {
        self.refused.values()
    }

    pub(crate) fn refused_change(&self, id: Counter) -> Option<&RefusedChange> {
        self.refused.get(&id)
    }

    /// Over the confirmed rows.
    pub fn checksum(&self) -> Checksum {
        self.checksum
    }

    /// The confirmed rows of the followed scopes, in no order.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.base.values().filter(|slot| slot.base.scope.is_some()).map(|slot| &slot.base.row)
    }

    /// Whether no confirmed row is of an earlier generation.
    pub(crate) fn is_of_one_generation(&self) -> bool {
        self.base.values().all(|slot| slot.base.generation == self.meta.generation)
    }

    /// Whether there are confirmed rows.
    pub(crate) fn has_rows(&self) -> bool {
        !self.base.is_empty()
    }
}

/// The records of a store, as changes of an empty replica.
fn decode(records: Vec<(Key, Vec<u8>)>) -> Result<Changes, StoreError> {
    records.into_iter().map(|(key, bytes)| Ok((key, Some(Record::decode(key, &bytes)?)))).collect()
}
