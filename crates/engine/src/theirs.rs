//! Taking everything from the server: what waits here is put aside, and all rows are fetched anew.

use shared::hash::chain;
use shared::mutation::Op;
use shared::protocol::LastMutation;

use crate::edit::outbox_key;
use crate::pull;
use crate::record::{Changes, Meta, Record};
use crate::refused;
use crate::replica::Replica;
use crate::store::Table;
use crate::view::Reason;

/// Plans to put aside what was never handed to the network, and to fetch everything anew.
///
/// What may have been sent may be with the server: it keeps its number, and is confirmed or refused like all else. The
/// numbers of what is put aside are given anew, so that there is no gap.
pub fn plan_theirs(replica: &Replica) -> Changes {
    let meta = replica.meta();
    let last = meta.sent.max(meta.confirmed.n);
    // Another copy of this device may have sent what this one gives up: a row that contains it contains nothing of
    // what gets its number here.
    let mut changes = replica.plan_own(last);
    let mut ids = refused::unnumbered(replica);
    changes.extend(refused::plan_unnumbered(replica, last, &mut ids));
    for (mutation, id) in replica.outbox_range(last + 1..).zip(ids) {
        changes.push((outbox_key(mutation.n), None));
        // Nothing is left of an edit that others have made too, or that is kept as refused already.
        if !matches!(&mutation.op, Op::TextEdit(edit) if edit.delta.is_noop()) {
            let change = refused::kept(replica, mutation, id, Reason::PutAside);
            changes.push(((Table::Refused, id), Some(Record::Refused(change))));
        }
    }
    let sent = replica.outbox_range(..=last).next_back();
    let made = sent.map_or(meta.confirmed, |mutation| LastMutation {
        n: mutation.n,
        hash: chain(mutation.prev_hash, mutation.n, mutation.id),
    });
    let same_order = meta.same_order || replica.is_of_one_generation();
    changes.push(Replica::plan_meta(Meta { made, same_order, ..pull::renewed(replica) }));
    changes
}
