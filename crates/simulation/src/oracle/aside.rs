//! What a member has put aside by taking everything from the server: it is with its author, and nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use engine::command::RefusedId;
use engine::replica::Replica;
use engine::view::{Reason, RefusedChange};
use shared::ids::MutationId;
use shared::mutation::{Mutation, Op};

use super::{Oracle, marks};
use crate::device::Device;
use crate::{Check, ensure};

/// The notes of what was put aside.
#[derive(Debug, Default)]
pub struct Aside {
    /// By device, and by what the change is called there.
    kept: BTreeMap<(usize, RefusedId), MutationId>,
    /// Every mutation that a device has given up.
    given_up: BTreeSet<(usize, MutationId)>,
}

impl Aside {
    /// Whether a device has given a mutation up.
    pub fn is_given_up(&self, device: usize, id: MutationId) -> bool {
        self.given_up.contains(&(device, id))
    }

    /// The mutation that a device keeps under this name.
    pub fn mutation(&self, device: usize, id: RefusedId) -> Option<MutationId> {
        self.kept.get(&(device, id)).copied()
    }

    /// Whether another device than this one has put a mutation aside too.
    pub fn is_elsewhere(&self, device: usize, id: MutationId) -> bool {
        self.given_up.iter().any(|(other, given_up)| *given_up == id && *other != device)
    }

    /// A device keeps a mutation under this name.
    pub fn keep(&mut self, device: usize, id: RefusedId, mutation: MutationId) {
        self.kept.insert((device, id), mutation);
    }

    pub fn cloned(&mut self, original: usize, copy: usize) {
        let kept: Vec<_> = self.kept.iter().filter(|((device, _), _)| *device == original).collect();
        let kept: Vec<_> = kept.into_iter().map(|((_, id), mutation)| ((copy, *id), *mutation)).collect();
        self.kept.extend(kept);
        let given_up: Vec<_> = self.given_up.iter().filter(|(device, _)| *device == original).collect();
        let given_up: Vec<_> = given_up.into_iter().map(|(_, id)| (copy, *id)).collect();
        self.given_up.extend(given_up);
    }
}

impl Oracle {
    /// Takes notes of what a device has put aside: all that was not sent, and nothing else.
    pub fn record_aside(&mut self, device: usize, before: &Replica, after: &Replica) -> Check {
        if before.revision() == after.revision() {
            return Ok(());
        }
        let last = before.meta().sent.max(before.meta().confirmed.n);
        let (sent, rest): (Vec<&Mutation>, Vec<&Mutation>) = before.outbox().partition(|mutation| mutation.n <= last);
        ensure!(after.outbox().eq(sent.iter().copied()), "device {device}: what may have been sent is not what waits");
        let known = |change: &RefusedChange| before.refused().any(|old| old == change);
        let mut new: Vec<&RefusedChange> = after.refused().filter(|change| !known(change)).collect();
        for old in before.refused() {
            if after.refused().any(|change| change == old) {
                continue;
            }
            let place = new.iter().position(|one| is_renamed(old, one)).filter(|_| old.id > last);
            let Some(place) = place else { return Err(lost(device, &old.op)) };
            new.remove(place);
        }
        let mut new = new.into_iter();
        for mutation in rest {
            self.give_up(device, mutation);
            let edit = match &mutation.op {
                Op::TextEdit(edit) if edit.delta.is_noop() => continue,
                Op::TextEdit(edit) => Some(edit),
                _ => None,
            };
            let kept = new.next().filter(|change| change.op == mutation.op && change.reason == Reason::PutAside);
            let Some(kept) = kept else { return Err(lost(device, &mutation.op)) };
            let text = kept.text.as_deref().unwrap_or_default();
            let mut typed = edit.into_iter().flat_map(|edit| edit.delta.inserted().flat_map(str::chars));
            let whole = typed.all(|c| !marks::is_mark(c) || text.contains(c));
            ensure!(whole, "device {device}: an edit was put aside, and some of it is lost: {edit:?}, {text:?}");
            self.aside.keep(device, kept.id, mutation.id);
        }
        ensure!(new.next().is_none(), "device {device}: more was put aside than waited");
        // These numbers are other changes' from now on.
        let freed = |id: RefusedId| id > last && before.outbox().any(|mutation| mutation.n == id);
        self.settled.retain(|(owner, id)| *owner != device || !freed(*id));
        self.causal.forget(before.meta().actor, last);
        for mutation in after.outbox().filter(|mutation| matches!(mutation.op, Op::TextEdit(_))) {
            self.marks.compared(mutation.id);
        }
        Ok(())
    }

    fn give_up(&mut self, device: usize, mutation: &Mutation) {
        self.aside.given_up.insert((device, mutation.id));
        self.disown(device, mutation.id);
    }

    /// What was put aside is with its author until the author sends it again or gives it up.
    pub(super) fn check_aside(&self, devices: &[Device]) -> Check {
        for (number, id) in self.aside.kept.keys() {
            let shown = devices[*number].disk()?.refused().any(|change| change.id == *id);
            let settled = self.settled.contains(&(*number, *id));
            ensure!(shown || settled, "change {id} of {number} was put aside, its author cannot see it");
            ensure!(!shown || !settled, "change {id} of {number} was settled, and is back");
        }
        Ok(())
    }
}

/// Whether a refused change is another one under another name, because its number is given anew.
pub(super) fn is_renamed(old: &RefusedChange, new: &RefusedChange) -> bool {
    *new == RefusedChange { id: new.id, ..old.clone() }
}

fn lost(device: usize, op: &Op) -> crate::Violation {
    crate::Violation(format!("device {device}: everything was taken from the server, and {op:?} is lost"))
}
