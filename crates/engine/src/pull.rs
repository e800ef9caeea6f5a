//! Taking in what the server says: rows, texts, confirmations and refusals, as one change of the replica.
//!
//! Everything a page brings becomes durable together with what it confirms: an outbox entry goes only in the batch
//! that stores the rows with its effect.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shared::clock::{Counter, Version};
use shared::field::TextField;
use shared::hash::chain;
use shared::ids::{EntityId, Epoch};
use shared::mutation::{Mutation, Op, Refusal};
use shared::protocol::{LastMutation, PullPage, PullRequest, PulledRow, RefusedMutation};
use shared::row::Row;
use shared::text::{Delta, TextChange, rebase};

use crate::edit::outbox_key;
use crate::record::{BaseRow, Changes, Meta, Record};
use crate::replica::{Gone, Replica};
use crate::store::{Key, Table};
use crate::view::RefusedChange;

/// Why a page was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PullFault {
    /// Meanwhile another tab has pulled: the page answers a question that is no longer asked.
    #[error("the page is of an earlier state of this replica")]
    Outdated,
    /// The server's history of this device is not this device's.
    #[error("the device's history has forked")]
    Forked,
    /// The page is of another life of the server's data.
    #[error("the page is of another epoch")]
    OtherEpoch,
}

/// What this replica asks for.
pub fn request(meta: &Meta) -> PullRequest {
    PullRequest {
        schema: shared::protocol::SCHEMA,
        actor: meta.actor,
        epoch: meta.epoch,
        cursor: meta.cursor,
        seen: meta.seen,
        since: meta.since,
        confirmed: meta.confirmed.n,
    }
}

/// Plans to fetch everything anew, as of `epoch`. Rows and outbox stay; each old row goes when the last page of the
/// new ones has come without it.
pub fn plan_reset(replica: &Replica, epoch: Epoch) -> Changes {
    let meta = replica.meta.clone();
    let meta =
        Meta { epoch: Some(epoch), generation: meta.generation + 1, cursor: 0, seen: 0, since: 0, floor: 0, ..meta };
    vec![Replica::plan_meta(meta)]
}

/// Plans to take in a page that answers `asked`.
pub fn plan_page(replica: &Replica, asked: &PullRequest, page: PullPage) -> Result<Changes, PullFault> {
    if *asked != request(&replica.meta) {
        return Err(PullFault::Outdated);
    }
    if replica.meta.epoch.is_some_and(|epoch| epoch != page.epoch) {
        return Err(PullFault::OtherEpoch);
    }
    // A device that owes nothing goes on from wherever the server is: it lost its data, or is a copy of another.
    let adopts = replica.waiting() == 0;
    if !adopts {
        verify_history(replica, page.last_mutation)?;
    }
    let mut taking =
        Taking { replica, page_clock: PageClock::of(&page), changes: Changes::new(), edits: BTreeMap::new() };
    let mut meta = Meta { epoch: Some(page.epoch), cursor: page.cursor, ..replica.meta.clone() };
    if asked.cursor == 0 {
        meta.since = page.snapshot;
    }
    if !page.more {
        meta.cursor = page.snapshot;
        meta.seen = page.snapshot;
        meta.floor = page.floor;
        meta.confirmed = page.last_mutation;
        if adopts {
            meta.made = page.last_mutation;
            meta.sent = page.last_mutation.n;
        }
    }
    taking.keep_refused(&page);
    taking.carry_edits(&page.rows, if page.more { &[] } else { &page.refused });
    if !page.more {
        taking.confirm();
    }
    let clock = &taking.page_clock;
    // Numbers that only another copy of this device has used so far are given here too until the last page is in.
    let own = if page.more { clock.last.n.min(replica.meta.made.n) } else { clock.last.n };
    let rows = page.rows.into_iter().map(|pulled| {
        Arc::new(BaseRow { row: pulled.row, snapshot: clock.snapshot, own, generation: meta.generation })
    });
    let rows: Vec<Arc<BaseRow>> = rows.collect();
    // A fetch of everything is over with its last page: what did not come again is gone.
    let only = (!page.more && replica.meta.seen == 0).then_some(meta.generation);
    let gone = Gone { before: only, floor: (meta.floor > replica.meta.floor).then_some(meta.floor) };
    let pages = replica.plan_pages(&mut meta, rows, gone);
    let mut changes = taking.finish();
    changes.extend(pages);
    changes.push(Replica::plan_meta(meta));
    Ok(changes)
}

/// Plans to go on from where the server is in this device's history, with new numbers for what waits; `None` where
/// something of it might be with the server already, under the number that it has.
///
/// There is nothing with the server when it has lost even what it had confirmed, in a restore from a backup.
pub fn plan_adopt(replica: &Replica, last: LastMutation) -> Option<Changes> {
    let meta = &replica.meta;
    if last.n >= meta.confirmed.n {
        return None;
    }
    let mut changes = replica.plan_own(last.n);
    let (mut made, mut numbered) = (last, Vec::new());
    for mutation in replica.outbox() {
        changes.push((outbox_key(mutation.n), None));
        let again = Mutation { n: made.n + 1, prev_hash: made.hash, ..mutation.clone() };
        made = LastMutation { n: again.n, hash: chain(made.hash, again.n, again.id) };
        numbered.push((outbox_key(again.n), Some(Record::Outbox(again))));
    }
    // A number that is given anew is not taken away.
    changes.retain(|(key, record)| record.is_some() || !numbered.iter().any(|(other, _)| other == key));
    changes.extend(numbered);
    changes.push(Replica::plan_meta(Meta { confirmed: last, made, sent: last.n, ..meta.clone() }));
    Some(changes)
}

/// Whether what the server has handled is the beginning of what this device has made.
fn verify_history(replica: &Replica, last: LastMutation) -> Result<(), PullFault> {
    let confirmed = replica.meta.confirmed;
    let hash = if last.n == confirmed.n {
        Some(confirmed.hash)
    } else {
        replica.outbox_entry(last.n).map(|mutation| chain(mutation.prev_hash, mutation.n, mutation.id))
    };
    if last.n >= confirmed.n && hash == Some(last.hash) { Ok(()) } else { Err(PullFault::Forked) }
}

#[derive(Clone, Copy)]
struct PageClock {
    snapshot: Version,
    last: LastMutation,
}

impl PageClock {
    fn of(page: &PullPage) -> Self {
        Self { snapshot: page.snapshot, last: page.last_mutation }
    }
}

/// A page being taken in.
struct Taking<'a> {
    replica: &'a Replica,
    page_clock: PageClock,
    changes: Changes,
    /// Waiting edits of texts, carried over what the page brings.
    edits: BTreeMap<Counter, Mutation>,
}

impl Taking<'_> {
    /// Carries the waiting edits of every text that the page or a refusal changes.
    fn carry_edits(&mut self, rows: &[PulledRow], refused: &[RefusedMutation]) {
        let mut done = BTreeSet::new();
        for pulled in rows {
            for (field, edits) in self.waiting_edits(pulled.row.id) {
                let log = pulled.texts.iter().filter(|log| log.field == field).flat_map(|log| log.changes.clone());
                self.carry(&pulled.row, field, edits, log.collect());
            }
            done.insert(pulled.row.id);
        }
        for refusal in refused {
            let Some(Op::TextEdit(edit)) = self.replica.outbox_entry(refusal.n).map(|mutation| &mutation.op) else {
                continue;
            };
            let Some(base) = self.replica.base(edit.entity).filter(|_| done.insert(edit.entity)) else { continue };
            let row = base.row.clone();
            for (field, edits) in self.waiting_edits(row.id) {
                self.carry(&row, field, edits, Vec::new());
            }
        }
    }

    /// The edits of a row's texts that its confirmed state does not contain.
    fn waiting_edits(&self, id: EntityId) -> BTreeMap<TextField, Vec<(Counter, Delta)>> {
        let mut edits: BTreeMap<TextField, Vec<(Counter, Delta)>> = BTreeMap::new();
        for mutation in self.replica.pending(id) {
            if let Op::TextEdit(edit) = &mutation.op {
                edits.entry(edit.field).or_default().push((mutation.n, edit.delta.clone()));
            }
        }
        edits
    }

    fn carry(&mut self, row: &Row, field: TextField, edits: Vec<(Counter, Delta)>, log: Vec<TextChange>) {
        let id = row.id;
        let base = self.replica.base(id);
        let text =
            base.and_then(|base| base.row.text(field)).map(str::to_owned).or_else(|| self.created_text(id, field));
        let Some(text) = text else { return };
        let log = match base {
            // The versions are of another order now: what happened meanwhile is taken as one change.
            Some(base) if base.generation != self.replica.meta.generation => {
                let delta = Delta::between(&text, row.text(field).unwrap_or_default());
                vec![TextChange { ver: row.ver, actor: 0, ctr: 0, delta }]
            }
            _ => log.into_iter().filter(|change| change.ver > self.replica.context(id)).collect(),
        };
        let actor = self.replica.meta.actor;
        let numbers: Vec<Counter> = edits.iter().map(|(n, _)| *n).collect();
        if let Ok(carried) = rebase(&text, &log, actor, self.page_clock.last.n, edits) {
            for (n, delta) in carried {
                self.replace(n, delta);
            }
            return;
        }
        // It fits no more. Its author gets the text back; the number must still reach the server, which refuses an
        // edit of nothing.
        let last = self.page_clock.last.n;
        for n in numbers.into_iter().filter(|n| *n > last) {
            self.refuse(n, Refusal::TextBase);
            self.replace(n, Delta::default());
        }
    }

    /// The text that the device's own waiting creation of a row gave it.
    fn created_text(&self, id: EntityId, field: TextField) -> Option<String> {
        // Not always the first that waits: edits of a creation that was refused may stand before the one that makes the
        // row once more.
        let creation = self.replica.pending(id).find(|mutation| mutation.op.creates())?;
        self.replica.row_before(id, creation.n + 1)?.text(field).map(str::to_owned)
    }

    fn replace(&mut self, n: Counter, delta: Delta) {
        let Some(mutation) = self.replica.outbox_entry(n) else { return };
        let Op::TextEdit(edit) = &mutation.op else { return };
        let op = Op::TextEdit(shared::mutation::TextEdit { delta, ..edit.clone() });
        self.edits.insert(n, Mutation { op, ctx: self.page_clock.snapshot, ..mutation.clone() });
    }

    /// Keeps what was refused for its author: with the page that brings its row, while the replica still shows what
    /// its author meant, and at the latest with the page that confirms it. Once, because between two pages the author
    /// may have sent it again or given it up.
    fn keep_refused(&mut self, page: &PullPage) {
        let brought: BTreeSet<EntityId> = page.rows.iter().map(|pulled| pulled.row.id).collect();
        for RefusedMutation { n, reason } in &page.refused {
            let Some(entity) = self.replica.outbox_entry(*n).map(|mutation| mutation.op.entity()) else { continue };
            let kept = self.replica.contained(entity) >= *n;
            if !kept && (!page.more || brought.contains(&entity)) {
                self.refuse(*n, reason.clone());
            }
        }
    }

    /// Drops what the page confirms from the outbox.
    fn confirm(&mut self) {
        let last = self.page_clock.last.n;
        let confirmed: Vec<Counter> = self.replica.outbox_range(..=last).map(|mutation| mutation.n).collect();
        for n in confirmed {
            self.edits.remove(&n);
            self.changes.push((outbox_key(n), None));
        }
    }

    fn refuse(&mut self, n: Counter, reason: Refusal) {
        let key: Key = (Table::Refused, n);
        let known = self.replica.refused_change(n).is_some() || self.changes.iter().any(|(other, _)| *other == key);
        let Some(mutation) = self.replica.outbox_entry(n).filter(|_| !known) else { return };
        let text = match &mutation.op {
            Op::TextEdit(edit) => {
                let row = self.replica.row_before(edit.entity, n + 1);
                // Where the row is gone, at least what was typed.
                let typed = || edit.delta.inserted().collect();
                Some(row.and_then(|row| row.text(edit.field).map(str::to_owned)).unwrap_or_else(typed))
            }
            _ => None,
        };
        let change = RefusedChange { id: n, op: mutation.op.clone(), text, reason };
        self.changes.push((key, Some(Record::Refused(change))));
    }

    fn finish(self) -> Changes {
        let mut changes = self.changes;
        let edits = self.edits.into_iter();
        changes.extend(edits.map(|(n, mutation)| (outbox_key(n), Some(Record::Outbox(mutation)))));
        changes
    }
}
