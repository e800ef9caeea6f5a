//! What a member has made count against others: what was not sent, and what a person would have had to settle.

use std::collections::BTreeMap;

use engine::replica::Replica;
use shared::clock::Counter;
use shared::mutation::{Mutation, Op};
use shared::register::Reg;

use super::Oracle;
use crate::{Check, ensure};

impl Oracle {
    /// Takes notes of what has changed in an outbox: nothing but what its mutations have seen, and writes of values
    /// that this device has written before, where nobody but a person could choose.
    pub fn record_mine(&mut self, device: usize, before: &Replica, after: &Replica) -> Check {
        let (actor, made) = (after.meta().actor, before.meta().made.n);
        let known: BTreeMap<Counter, &Mutation> = before.outbox().map(|mutation| (mutation.n, mutation)).collect();
        let waiting = after.outbox().filter(|mutation| mutation.n <= made).count();
        ensure!(waiting == known.len(), "device {device}: something left the outbox with a push of everything");
        for mutation in after.outbox() {
            let Some(old) = known.get(&mutation.n) else {
                self.record_settled(device, before, mutation)?;
                continue;
            };
            if mutation == *old {
                continue;
            }
            let same = **old == Mutation { ctx: old.ctx, ..mutation.clone() };
            let free = mutation.n > before.meta().sent && !matches!(mutation.op, Op::TextEdit(_));
            ensure!(same && free, "device {device}: mutation {} is another one now: {mutation:?}", mutation.n);
            let confirmed = before.confirmed(mutation.op.entity());
            self.causal.look_again((actor, mutation.n), &mutation.op, confirmed);
        }
        Ok(())
    }

    fn record_settled(&mut self, device: usize, before: &Replica, mutation: &Mutation) -> Check {
        let Op::Write(write) = &mutation.op else {
            return Err(crate::Violation(format!("device {device}: nobody did {:?}", mutation.op)));
        };
        let row = before.current(write.entity);
        let unsettled = row.as_ref().is_some_and(|row| row.unsettled().any(|field| field == write.field));
        let siblings = row.as_ref().and_then(|row| row.values.get(&write.field)).map(Reg::siblings).unwrap_or_default();
        let actor = before.meta().actor;
        let own = siblings.iter().any(|sibling| sibling.stamp.actor == actor && sibling.value == write.value);
        ensure!(unsettled && own, "device {device}: there was nothing to settle with {write:?}");
        self.saved.insert(mutation.id, [(device, mutation.n)].into());
        self.causal.record((actor, mutation.n), &mutation.op, before);
        Ok(())
    }
}
