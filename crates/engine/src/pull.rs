//! Taking in what the server says: rows, texts, confirmations and refusals, as one change of the replica.
//!
//! Everything a page brings becomes durable together with what it confirms: an outbox entry goes only in the batch
//! that stores the rows with its effect.

mod follow;
mod settling;
mod taking;

use std::collections::BTreeSet;
use std::sync::Arc;

use shared::clock::{Counter, Version};
use shared::hash::chain;
use shared::ids::Epoch;
use shared::mutation::Mutation;
use shared::protocol::{Fill, FillPage, LastMutation, PullPage, PullRequest, PulledRow};

use crate::edit::outbox_key;
use crate::gone::Gone;
use crate::record::{BaseRow, Changes, Filling, Meta, Record};
use crate::refused;
use crate::replica::Replica;

pub use follow::plan_kept;
use taking::{Logs, PageClock, Taking};

/// Why a page was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PullFault {
    /// Meanwhile another tab has pulled: the page answers a question that is no longer asked.
    #[error("the page is of an earlier state of this replica")]
    Outdated,
    /// The server's history of this device is not this device's.
    #[error("the device's history has forked")]
    Forked,
    /// The server has lost what it had handled, and rows of this replica still contain.
    #[error("the server has lost some of the device's history")]
    Lost,
    /// The page is of another life of the server's data.
    #[error("the page is of another epoch")]
    OtherEpoch,
}

/// What changes this replica asks for.
pub fn request(meta: &Meta) -> PullRequest {
    PullRequest {
        schema: shared::protocol::SCHEMA,
        actor: meta.actor,
        epoch: meta.epoch,
        cursor: meta.cursor,
        seen: meta.seen,
        confirmed: meta.confirmed.n,
        scopes: meta.scopes.iter().map(|followed| followed.scope).collect(),
        fill: None,
    }
}

/// What old rows this replica asks for, if it lacks any.
pub fn fill_request(meta: &Meta) -> Option<PullRequest> {
    let Filling { scopes, until, from } = meta.fills.first()?;
    let scopes = meta.scopes.iter().filter(|followed| scopes.contains(&followed.number));
    let fill = Fill { scopes: scopes.map(|followed| followed.scope).collect(), until: *until, from: *from };
    Some(PullRequest { fill: Some(fill), ..request(meta) })
}

/// Plans to fetch everything anew, as of `epoch`. Rows and outbox stay; each old row goes when the last page of the
/// new ones has come without it.
///
/// What waits claims no more than `common`, up to which the new order of versions is the one that it was made in: a
/// version beyond is somebody else's change now, which its author has never seen.
pub fn plan_reset(replica: &Replica, epoch: Epoch, common: Version) -> Changes {
    let claiming = replica.outbox().filter(|mutation| mutation.ctx > common);
    let translated = claiming.map(|mutation| Mutation { ctx: common, ..mutation.clone() });
    let mut changes: Changes =
        translated.map(|mutation| (outbox_key(mutation.n), Some(Record::Outbox(mutation)))).collect();
    let meta = renewed(replica);
    let lost = meta.epoch.is_some_and(|known| known != epoch) && replica.latest_snapshot() > common;
    let lost_before = if lost { meta.generation } else { meta.lost_before };
    changes.push(Replica::plan_meta(Meta { epoch: Some(epoch), same_order: false, lost_before, ..meta }));
    changes
}

/// Where a replica stands that begins to fetch everything anew.
pub(crate) fn renewed(replica: &Replica) -> Meta {
    let meta = replica.meta.clone();
    Meta {
        generation: meta.generation + 1,
        cursor: 0,
        seen: 0,
        floor: 0,
        confirmed_at: 0,
        filled_at: 0,
        scopes: Vec::new(),
        fills: Vec::new(),
        renewing: replica.has_rows(),
        ..meta
    }
}

/// Plans to take in a page of changes that answers `asked`.
pub fn plan_page(replica: &Replica, asked: &PullRequest, page: PullPage) -> Result<Changes, PullFault> {
    let clock = PageClock { snapshot: page.snapshot, last: page.last_mutation };
    check(replica, asked, &request(&replica.meta), page.epoch, clock.last)?;
    let old = &replica.meta;
    // Read before the last old rows were: what changed between is in neither, and the checksum would be another's. So it
    // would be if the server has let go of rows since.
    if page.snapshot < old.filled_at || page.floor < old.floor {
        return Err(PullFault::Outdated);
    }
    if let Some(open) = page.open.as_ref().filter(|open| old.cursor > 0 && follow::opens(old, open)) {
        // What has opened is followed from where this device is, and then asked for once more: what came there from
        // where it was followed before arrives as a change.
        let mut meta = old.clone();
        let closed = follow::follow(&mut meta, open);
        let gone = Gone { closed, awaited: true, ..Gone::default() };
        return Ok(plan_rows(replica, Taking::new(replica, clock, Logs::Told), Vec::new(), clock, meta, &gone));
    }
    let mut meta = Meta { epoch: Some(page.epoch), cursor: page.cursor, ..old.clone() };
    let closed = page.open.map(|open| follow::follow(&mut meta, &open)).unwrap_or_default();
    let mut gone = Gone { closed, left: page.left.into_iter().collect(), ..Gone::default() };
    let mut renumbered = Changes::new();
    if !page.more {
        meta.seen = page.snapshot;
        follow::renewed(&mut meta, &mut gone);
    }
    // While rows are on their way, a confirmed change could vanish with its outbox entry: the row that holds it may not
    // have come.
    let confirms = !page.more && meta.fills.is_empty();
    if confirms {
        meta.confirmed_at = page.snapshot;
        meta.floor = page.floor;
        gone.floor = (meta.floor > old.floor).then_some(meta.floor);
        meta.confirmed = clock.last;
        // A device that owes nothing goes on from wherever the server is: it lost its data, or is a copy of another.
        if replica.waiting() == 0 {
            meta.made = clock.last;
            meta.sent = clock.last.n;
            renumbered = refused::plan_unnumbered(replica, clock.last.n, &mut refused::unnumbered(replica));
        }
    }
    gone.settled = meta.confirmed.n;
    gone.awaited = !confirms;
    let mut taking = Taking::new(replica, clock, Logs::Told);
    taking.keep_refused(&page.rows, &page.refused, confirms);
    taking.carry_edits(&page.rows);
    if confirms {
        taking.settle(&page.rows, &page.refused, &gone);
        taking.confirm(&page.refused);
    }
    renumbered.extend(plan_rows(replica, taking, page.rows, clock, meta, &gone));
    Ok(renumbered)
}

/// Plans to take in old rows that answer `asked`.
pub fn plan_fill(replica: &Replica, asked: &PullRequest, page: FillPage) -> Result<Changes, PullFault> {
    let expected = fill_request(&replica.meta).ok_or(PullFault::Outdated)?;
    let clock = PageClock { snapshot: page.snapshot, last: page.last_mutation };
    check(replica, asked, &expected, page.epoch, clock.last)?;
    let mut meta = replica.meta.clone();
    meta.filled_at = meta.filled_at.max(page.snapshot);
    let gone = Gone { awaited: true, ..Gone::default() };
    match page.next {
        Some(next) => meta.fills.iter_mut().take(1).for_each(|filling| filling.from = next),
        None => drop(meta.fills.remove(0)),
    }
    let mut taking = Taking::new(replica, clock, Logs::OfOwn);
    taking.keep_refused(&page.rows, &page.refused, false);
    taking.carry_edits(&page.rows);
    Ok(plan_rows(replica, taking, page.rows, clock, meta, &gone))
}

/// Whether an answer is to what this replica would ask now, of its epoch, and continues its history.
fn check(
    replica: &Replica,
    asked: &PullRequest,
    expected: &PullRequest,
    epoch: Epoch,
    last: LastMutation,
) -> Result<(), PullFault> {
    if asked != expected {
        return Err(PullFault::Outdated);
    }
    if replica.meta.epoch.is_some_and(|known| known != epoch) {
        return Err(PullFault::OtherEpoch);
    }
    if replica.waiting() == 0 {
        return Ok(());
    }
    verify_history(replica, last)?;
    if replica.contains_after(last.n) { Err(PullFault::Lost) } else { Ok(()) }
}

fn plan_rows(
    replica: &Replica,
    mut taking: Taking<'_>,
    rows: Vec<PulledRow>,
    clock: PageClock,
    mut meta: Meta,
    gone: &Gone,
) -> Changes {
    let (snapshot, generation) = (clock.snapshot, meta.generation);
    // Numbers that only another copy of this device has used so far are given here too, until a page confirms them.
    let own = clock.last.n.min(meta.made.n);
    let base = |pulled: PulledRow| {
        let place = usize::try_from(pulled.scope).ok()?;
        // As numbered when it was asked for; one that has closed meanwhile is not wanted any more.
        let followed = replica.meta.scopes.get(place).filter(|followed| meta.scopes.contains(followed))?;
        Some(Arc::new(BaseRow { row: pulled.row, snapshot, own, generation, scope: Some(followed.number) }))
    };
    let settled = std::mem::take(&mut taking.settled);
    let rows = settled.into_iter().chain(rows.into_iter().filter_map(base)).collect();
    let pages = replica.plan_pages(&mut meta, rows, gone);
    let mut changes = taking.finish();
    changes.extend(pages);
    changes.push(Replica::plan_meta(meta));
    changes
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
    let mut ids = refused::unnumbered(replica);
    changes.extend(refused::plan_unnumbered(replica, last.n, &mut ids));
    let given_up: BTreeSet<Counter> = refused::lost_edits(replica, last.n).map(|mutation| mutation.n).collect();
    let (mut made, mut numbered) = (last, Vec::new());
    for mutation in replica.outbox() {
        changes.push((outbox_key(mutation.n), None));
        let mut again = mutation.clone();
        if let Some(id) = given_up.contains(&mutation.n).then(|| ids.next()).flatten() {
            changes.extend(refused::plan_lost_edit(replica, mutation, id));
            again = refused::given_up(mutation);
        }
        (again.n, again.prev_hash) = (made.n + 1, made.hash);
        made = LastMutation { n: again.n, hash: chain(made.hash, again.n, again.id) };
        numbered.push((outbox_key(again.n), Some(Record::Outbox(again))));
    }
    // A number that is given anew is not taken away.
    changes.retain(|(key, record)| record.is_some() || !numbered.iter().any(|(other, _)| other == key));
    changes.extend(numbered);
    changes.push(Replica::plan_meta(Meta { confirmed: last, made, sent: last.n, ..meta.clone() }));
    Some(changes)
}

/// Plans to let go of what rows contain that the server has handled and then lost, in a restore from a backup: of `last`
/// on, what waits is not in them. Edits of texts of which nobody knows any more what they were made on are kept for
/// their author.
pub fn plan_lost(replica: &Replica, last: LastMutation) -> Changes {
    let mut changes = replica.plan_own(last.n);
    for mutation in refused::lost_edits(replica, last.n) {
        changes.extend(refused::plan_lost_edit(replica, mutation, mutation.n));
        changes.push((outbox_key(mutation.n), Some(Record::Outbox(refused::given_up(mutation)))));
    }
    changes
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
