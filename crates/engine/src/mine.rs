//! Pushing everything of mine: where others changed the same meanwhile, what this device's member did counts.
//!
//! A merge asks what a writer had seen. So what waits, and was never sent, gets the context that it would have if its
//! author did it now, and where a person has to choose between a value of this device's and others', the device's own
//! is written once more. What that replaces the server keeps with the mutation, as what would take it back: an undo
//! brings it back, as long as nobody has written there since. Texts are left as they are: they merge by character, and
//! nobody's counts more.

use shared::clock::Stamp;
use shared::field::Field;
use shared::hash::chain;
use shared::ids::{EntityId, MutationId};
use shared::mutation::{Mutation, Op};
use shared::protocol::LastMutation;
use shared::value::Value;

use crate::edit::{self, outbox_key};
use crate::env::Env;
use crate::record::{Changes, Meta, Record};
use crate::replica::Replica;

/// Plans that what this device's member did counts against what the device knows of others. Nothing, where there is
/// nothing to settle.
pub fn plan_mine(replica: &Replica, env: &mut impl Env) -> Changes {
    let raised = replica.outbox_range(replica.meta().sent + 1..).filter_map(|mutation| raised(replica, mutation));
    let mut changes: Changes =
        raised.map(|mutation| (outbox_key(mutation.n), Some(Record::Outbox(mutation)))).collect();
    let mut made = replica.meta().made;
    let mut contested = contested(replica);
    contested.sort_unstable_by_key(|(id, field, _)| (*id, *field));
    for (entity, field, value) in contested {
        let id = MutationId(env.new_id());
        let op = Op::write(entity, field, value);
        let ctx = replica.context(entity);
        let mutation = Mutation { n: made.n + 1, id, prev_hash: made.hash, ctx, at: env.now(), op };
        // Where it may not be written any more, a person settles it in another way.
        if edit::check(replica, &mutation).is_ok() {
            made = LastMutation { n: mutation.n, hash: chain(made.hash, mutation.n, mutation.id) };
            changes.push((outbox_key(mutation.n), Some(Record::Outbox(mutation))));
        }
    }
    if made != replica.meta().made {
        changes.push(Replica::plan_meta(Meta { made, ..replica.meta().clone() }));
    }
    changes
}

/// A waiting mutation as its author would make it now, if its row has changed since.
fn raised(replica: &Replica, mutation: &Mutation) -> Option<Mutation> {
    let overwrites = match &mutation.op {
        Op::Write(_) | Op::Tags(_) | Op::Relations(_) | Op::Delete(_) | Op::Restore(_) => true,
        Op::Create(_) | Op::TextEdit(_) | Op::Undo(_) => false,
    };
    let entity = mutation.op.entity();
    let ctx = replica.context(entity);
    let changed = replica.base(entity).is_some_and(|base| base.row.ver > mutation.ctx);
    (overwrites && changed && ctx > mutation.ctx).then(|| Mutation { ctx, ..mutation.clone() })
}

/// The fields that a person would have to settle, with the value that was last written here, where a write would
/// settle it: nothing waits that does so anyway, and the others' values were all seen.
fn contested(replica: &Replica) -> Vec<(EntityId, Field, Value)> {
    let rows = replica.rows().filter_map(|row| replica.current(row.id)).filter(|row| !row.life.is_deleted());
    let mut contested = Vec::new();
    for row in rows {
        let ctx = replica.context(row.id);
        let now = Stamp { actor: replica.meta().actor, ctr: replica.meta().made.n + 1, ver: 0, ctx, at: 0 };
        for field in row.unsettled().filter(|field| !will_overwrite(replica, row.id, *field)) {
            let siblings = row.values.get(&field).map(shared::register::Reg::siblings).unwrap_or_default();
            let own = siblings.iter().rev().find(|sibling| sibling.stamp.actor == now.actor);
            if let Some(own) = own.filter(|_| siblings.iter().all(|sibling| now.has_seen(&sibling.stamp))) {
                contested.push((row.id, field, own.value.clone()));
            }
        }
    }
    contested
}

/// Whether a waiting write of a field, which was never sent, overwrites the others' values once its context is raised.
fn will_overwrite(replica: &Replica, entity: EntityId, field: Field) -> bool {
    let sent = replica.meta().sent;
    let waiting = replica.pending(entity).filter(|mutation| mutation.n > sent);
    let mut writes = waiting.map(|mutation| &mutation.op);
    writes.any(|op| matches!(op, Op::Write(write) if write.field == field))
}
