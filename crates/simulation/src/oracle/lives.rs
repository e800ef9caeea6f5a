//! What a restore from a backup takes away, and what it must not: whatever waits on a device is sent to the life of the
//! data that has begun, once, and what was refused in one that has ended stays with its author.

use std::collections::BTreeMap;

use engine::command::UNNUMBERED;
use engine::replica::Replica;
use shared::clock::Counter;
use shared::ids::MutationId;

use super::{Before, Oracle, aside};
use crate::database::Database;
use crate::device::Device;
use crate::{Check, Violation, ensure};

impl Oracle {
    /// The server's data was put back: what was confirmed since is lost, wherever it does not wait any more.
    pub fn restored(&mut self, db: &Database, devices: &[Device]) -> Check {
        self.restored = true;
        self.reset = true;
        for device in devices {
            let waiting = numbers(&*device.disk()?);
            let confirmed = |id: &MutationId| db.result(*id).is_none() && !waiting.contains_key(id);
            let lost: Vec<MutationId> = self.saved.keys().copied().filter(confirmed).collect();
            for id in lost {
                self.lose(device.number, id);
            }
        }
        Ok(())
    }

    fn lose(&mut self, device: usize, id: MutationId) {
        if let Some(n) = self.disown(device, id) {
            self.lost.insert((device, n), id);
        }
    }

    /// A device owes a mutation no longer. Returns its number there.
    pub(super) fn disown(&mut self, device: usize, id: MutationId) -> Option<Counter> {
        let owners = self.saved.get_mut(&id)?;
        let n = owners.remove(&device);
        if owners.is_empty() {
            self.saved.remove(&id);
        }
        n
    }

    /// Takes notes of what a device's disk holds otherwise than before: whatever has left its outbox was handled, and
    /// whatever has another number has it because the server gives it anew.
    pub fn follow(&mut self, db: &Database, device: &Device, before: &Before) -> Check {
        let (Some(old), new) = (&before.disk, device.disk()?) else { return Ok(()) };
        if old.revision() == new.revision() || old.revision() == 0 {
            return Ok(());
        }
        let waiting = numbers(&new);
        let life = db.life(new.meta().epoch);
        for mutation in old.outbox().filter(|mutation| !waiting.contains_key(&mutation.id)) {
            if !self.saved.get(&mutation.id).is_some_and(|owners| owners.contains_key(&device.number)) {
                continue; // another one has taken its place
            }
            let handled = life.result(mutation.id).is_some();
            ensure!(handled, "device {}: mutation {} has left its outbox", device.number, mutation.n);
            if db.result(mutation.id).is_none() {
                self.lose(device.number, mutation.id);
            }
        }
        let confirmed = new.meta().confirmed.n;
        let anew = confirmed < old.meta().confirmed.n;
        for (id, n) in &waiting {
            let known = self.saved.get_mut(id).and_then(|owners| owners.get_mut(&device.number));
            let Some(known) = known.filter(|known| **known != *n) else { continue };
            ensure!(anew, "device {}: mutation {known} is number {n} now", device.number);
            *known = *n;
        }
        if anew { self.renumber(device.number, old, &new) } else { Ok(()) }
    }

    /// The numbers after the confirmed one are given anew: what was refused under them has other names now, and what
    /// was settled under them is settled.
    fn renumber(&mut self, device: usize, old: &Replica, new: &Replica) -> Check {
        let last = new.meta().confirmed.n;
        let freed = |n: Counter| n > last && n < UNNUMBERED;
        let mut names = BTreeMap::new();
        let mut added = new.refused().filter(|change| old.refused().all(|other| other.id != change.id));
        for change in old.refused().filter(|change| freed(change.id)) {
            let renamed = added.find(|one| aside::is_renamed(change, one));
            let Some(renamed) = renamed else {
                return Err(Violation(format!("device {device}: the refused change {} is gone", change.id)));
            };
            names.insert(change.id, renamed.id);
        }
        let waiting = numbers(new);
        let owed = self.saved.iter().filter(|(id, _)| !waiting.contains_key(id));
        let owed = owed.filter_map(|(id, owners)| Some((*id, *owners.get(&device)?))).filter(|(_, n)| freed(*n));
        for (id, n) in owed.collect::<Vec<_>>() {
            self.disown(device, id);
            if let Some(name) = names.get(&n) {
                self.saved.entry(id).or_default().insert(device, *name);
            }
        }
        for (n, name) in names {
            if let Some(id) = self.lost.remove(&(device, n)) {
                self.aside.keep(device, name, id);
            }
        }
        self.lost.retain(|(owner, n), _| *owner != device || !freed(*n));
        self.settled.retain(|(owner, n)| *owner != device || !freed(*n));
        Ok(())
    }
}

/// What waits, with its numbers.
fn numbers(replica: &Replica) -> BTreeMap<MutationId, Counter> {
    replica.outbox().map(|mutation| (mutation.id, mutation.n)).collect()
}
