//! What a page makes of the outbox: edits of texts are carried over it, what it confirms goes, and what it refuses is
//! kept for its author.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shared::clock::{Counter, Version};
use shared::field::TextField;
use shared::ids::EntityId;
use shared::mutation::{Mutation, Op, Refusal};
use shared::protocol::{LastMutation, PulledRow, RefusedMutation};
use shared::row::Row;
use shared::text::{Delta, TextChange, rebase};

use crate::edit::outbox_key;
use crate::record::{BaseRow, Changes, Record};
use crate::refused;
use crate::replica::Replica;
use crate::store::{Key, Table};
use crate::view::Reason;

/// When a page was read.
#[derive(Clone, Copy)]
pub(super) struct PageClock {
    pub(super) snapshot: Version,
    pub(super) last: LastMutation,
}

/// What a page says of how texts came to be what they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Logs {
    /// The changes of every text that the device may have.
    Told,
    /// None, of rows that the device does not have: those that it has made itself, or that have left it.
    OfOwn,
}

/// A page being taken in.
pub(super) struct Taking<'a> {
    pub(super) replica: &'a Replica,
    pub(super) page_clock: PageClock,
    logs: Logs,
    changes: Changes,
    /// Waiting edits of texts, carried over what the page brings.
    edits: BTreeMap<Counter, Mutation>,
    /// Rows that have taken in what was accepted of them ([`super::settling`]).
    pub(super) settled: Vec<Arc<BaseRow>>,
}

impl<'a> Taking<'a> {
    pub(super) fn new(replica: &'a Replica, page_clock: PageClock, logs: Logs) -> Self {
        Self { replica, page_clock, logs, changes: Changes::new(), edits: BTreeMap::new(), settled: Vec::new() }
    }

    /// Carries the waiting edits of every text that the page brings.
    pub(super) fn carry_edits(&mut self, rows: &[PulledRow]) {
        for pulled in rows {
            for (field, edits) in self.waiting_edits(pulled.row.id) {
                let log = pulled.texts.iter().filter(|log| log.field == field).flat_map(|log| log.changes.clone());
                self.carry(&pulled.row, field, edits, log.collect());
            }
        }
    }

    /// The edits of a row's texts that its confirmed state does not contain. Edits of a creation that was refused may
    /// stand before the one that makes the row once more: they are of nothing, and what comes after is not made on them.
    pub(super) fn waiting_edits(&self, id: EntityId) -> BTreeMap<TextField, Vec<(Counter, Delta)>> {
        let from = if self.replica.base(id).is_some() { 0 } else { self.creation(id).map_or(0, |creation| creation.n) };
        let mut edits: BTreeMap<TextField, Vec<(Counter, Delta)>> = BTreeMap::new();
        for mutation in self.replica.pending(id).skip_while(|mutation| mutation.n < from) {
            if let Op::TextEdit(edit) = &mutation.op {
                edits.entry(edit.field).or_default().push((mutation.n, edit.delta.clone()));
            }
        }
        edits
    }

    /// The device's own waiting creation of a row.
    fn creation(&self, id: EntityId) -> Option<&Mutation> {
        self.replica.pending(id).find(|mutation| mutation.op.creates())
    }

    /// Whether no log of what happened since leads from a row to what it is now.
    fn is_of_another_order(&self, base: &BaseRow) -> bool {
        let meta = &self.replica.meta;
        let had_left = base.scope.is_none() && (self.logs == Logs::OfOwn || base.snapshot < meta.seen);
        base.generation != meta.generation || had_left
    }

    /// Carries edits of a text over to its row of the page.
    fn carry(&mut self, row: &Row, field: TextField, edits: Vec<(Counter, Delta)>, log: Vec<TextChange>) {
        let id = row.id;
        let base = self.replica.base(id);
        let Some(text) = self.text_before(id, field) else { return };
        let edits = without_refused(&text, edits);
        let log = match base {
            // The versions are of another order now: what happened meanwhile is taken as one change.
            // Nor does the log tell all that happened to a row that had left before.
            Some(base) if self.is_of_another_order(base) => {
                let delta = Delta::between(&text, row.text(field).unwrap_or_default());
                vec![TextChange { ver: row.ver, actor: 0, ctr: 0, delta }]
            }
            Some(_) => log.into_iter().filter(|change| change.ver > self.replica.context(id)).collect(),
            // A row of this device's own making: all that happened since.
            None => log,
        };
        let actor = self.replica.meta.actor;
        let (last, seen) = (self.page_clock.last.n, Some(self.page_clock.snapshot));
        let numbers: Vec<Counter> = edits.iter().map(|(n, _)| *n).collect();
        match rebase(&text, &log, actor, last, edits) {
            Ok(carried) => carried.into_iter().for_each(|(n, delta)| self.replace(n, delta, seen)),
            Err(_) => self.give_back(numbers, seen),
        }
    }

    /// Edits of a text that fit it no more: their author gets what they made of it. Their numbers must still reach the
    /// server, which is asked for nothing.
    pub(super) fn give_back(&mut self, numbers: Vec<Counter>, seen: Option<Version>) {
        let last = self.page_clock.last.n;
        for n in numbers.into_iter().filter(|n| *n > last) {
            self.refuse(n, Refusal::TextBase);
            self.replace(n, Delta::default(), seen);
        }
    }

    /// The text that the first of the waiting edits was made on: of the confirmed row, or what this device's own waiting
    /// creation of the row gave it.
    pub(super) fn text_before(&self, id: EntityId, field: TextField) -> Option<String> {
        let created = || {
            let creation = self.creation(id)?;
            self.replica.row_before(id, creation.n + 1)?.text(field).map(str::to_owned)
        };
        let base = self.replica.base(id);
        base.and_then(|base| base.row.text(field)).map(str::to_owned).or_else(created)
    }

    /// Replaces a waiting edit by what it is on a text of which everything up to `seen` is known; by default as much
    /// as before.
    pub(super) fn replace(&mut self, n: Counter, delta: Delta, seen: Option<Version>) {
        let Some(mutation) = self.replica.outbox_entry(n) else { return };
        let Op::TextEdit(edit) = &mutation.op else { return };
        let op = Op::TextEdit(shared::mutation::TextEdit { delta, ..edit.clone() });
        self.edits.insert(n, Mutation { op, ctx: seen.unwrap_or(mutation.ctx), ..mutation.clone() });
    }

    /// Keeps what was refused for its author: with the page that brings its row, while the replica still shows what
    /// its author meant, and at the latest with the page that confirms it. Once, because between two pages the author
    /// may have sent it again or given it up.
    pub(super) fn keep_refused(&mut self, rows: &[PulledRow], refused: &[RefusedMutation], confirms: bool) {
        let brought: BTreeSet<EntityId> = rows.iter().map(|pulled| pulled.row.id).collect();
        for RefusedMutation { n, reason } in refused {
            let Some(op) = self.replica.outbox_entry(*n).map(|mutation| &mutation.op) else { continue };
            let entity = op.entity();
            // With an edit that changes nothing its author loses nothing: others did the same, or it has been refused
            // here already.
            let empty = asks_for_nothing(op);
            // And with one that was done under another number.
            let done = *reason == Refusal::Repeated;
            let kept = empty || done || self.replica.told(entity) >= *n;
            if !kept && (confirms || brought.contains(&entity)) {
                self.refuse(*n, reason.clone());
            }
        }
    }

    /// Drops what the page confirms from the outbox, and what a life of the data that is lost had refused of it.
    pub(super) fn confirm(&mut self, refused: &[RefusedMutation]) {
        let last = self.page_clock.last.n;
        for mutation in self.replica.outbox_range(..=last) {
            let n = mutation.n;
            self.edits.remove(&n);
            self.changes.push((outbox_key(n), None));
            let accepted = !asks_for_nothing(&mutation.op) && refused.iter().all(|refusal| refusal.n != n);
            if accepted && self.replica.refused_change(n).is_some() {
                self.changes.push(((Table::Refused, n), None));
            }
        }
    }

    fn refuse(&mut self, n: Counter, reason: Refusal) {
        let key: Key = (Table::Refused, n);
        let known = self.replica.refused_change(n).is_some();
        let Some(mutation) = self.replica.outbox_entry(n).filter(|_| !known) else { return };
        let change = refused::kept(self.replica, mutation, n, Reason::Refused(reason));
        self.changes.push((key, Some(Record::Refused(change))));
    }

    pub(super) fn finish(self) -> Changes {
        let mut changes = self.changes;
        let edits = self.edits.into_iter();
        changes.extend(edits.map(|(n, mutation)| (outbox_key(n), Some(Record::Outbox(mutation)))));
        changes
    }
}

/// Whether nothing is left of an edit of a text: others did the same, or its author has got it back.
fn asks_for_nothing(op: &Op) -> bool {
    matches!(op, Op::TextEdit(edit) if edit.delta.is_noop())
}

/// The edits of `text`, each made on the result of the one before, without those that were refused here: they are edits
/// of nothing by now. So is one that others have carried out, but only on a text of which nothing is left.
pub(super) fn without_refused(text: &str, edits: Vec<(Counter, Delta)>) -> Vec<(Counter, Delta)> {
    let mut length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let mut stands = |(_, delta): &(Counter, Delta)| {
        let refused = *delta == Delta::default() && length > 0;
        length = length.saturating_add(delta.growth());
        !refused
    };
    edits.into_iter().filter(|edit| stands(edit)).collect()
}
