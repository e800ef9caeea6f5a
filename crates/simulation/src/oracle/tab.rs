//! What a device must keep at any time, not only in the end.

use std::collections::BTreeMap;

use engine::command::UNNUMBERED;
use engine::engine::Engine;
use engine::replica::Replica;
use engine::store::memory::MemoryStore;
use shared::clock::Counter;
use shared::ids::{EntityId, Kind};
use shared::mutation::Mutation;
use shared::row::Row;
use shared::scope::Scope;

use super::marks::{FIRST_MARK, is_empty, is_mark};
use super::{Before, Oracle, texts};
use crate::database::Database;
use crate::device::Device;
use crate::{Check, ensure};

impl Oracle {
    /// After something happened in a tab.
    pub fn check_tab(&self, db: &Database, device: &Device, tab: usize, before: &Before) -> Check {
        let Some(engine) = &device.tabs[tab].engine else { return Ok(()) };
        let replica = engine.replica();
        if before.revision == Some(replica.revision())
            && before.disk.as_ref().is_some_and(|disk| disk.revision() == device.revision())
        {
            return Ok(()); // nothing changed
        }
        if !self.cloned || replica.meta().epoch.is_some() {
            self.check_shown(db, device, replica, before)?;
        }
        let disk = device.disk()?;
        self.check_outbox(db, device, &disk)?;
        Self::check_base(db, device, &disk)?;
        self.check_reopened(device, Some(engine))
    }

    /// What a tab shows is what the next start would show, unless the disk has got further meanwhile.
    pub fn check_reopened(&self, device: &Device, engine: Option<&Engine<MemoryStore>>) -> Check {
        let Some(engine) = engine else { return Ok(()) };
        let disk = device.disk()?;
        let current = engine.replica().revision() == disk.revision();
        let same = engine.replica().view() == disk.view();
        ensure!(!current || same, "device {}: after a restart its member would see something else", device.actor);
        let refused = engine.replica().refused().eq(disk.refused());
        ensure!(!current || refused, "device {}: a restart would change what was refused", device.actor);
        Ok(())
    }

    /// No character leaves the view that somebody has not deleted, or that was not refused.
    fn check_shown(&self, db: &Database, device: &Device, replica: &Replica, before: &Before) -> Check {
        let after = texts(replica);
        let actor = replica.meta().actor;
        let gone = |id: &EntityId| {
            // To where its member does not see it.
            let may_close = self.rows_leave() || self.restored || id.kind() == Kind::SavedView;
            db.purged.contains(id) || (may_close && replica.rows().all(|row| row.id != *id))
        };
        for (id, text) in before.texts.iter().filter(|((id, _), _)| !gone(id)) {
            let now = after.get(id).map_or("", String::as_str);
            for mark in text.chars().filter(|mark| is_mark(*mark) && !now.contains(*mark)) {
                let number = u32::from(mark) - FIRST_MARK;
                let fair = self.marks.may_vanish(mark, |id| {
                    let own = self.saved.get(&id).and_then(|owners| owners.get(&device.number));
                    let result = db.result(id);
                    // It came from a life that is lost; the same was done again, but is not known here yet.
                    let later = result.and_then(|one| one.ver).is_none_or(|ver| ver > replica.meta().seen);
                    self.aside.is_given_up(device.number, id)
                        || own.is_some_and(|n| {
                            let kept = |text: &String| self.restored && text.contains(mark);
                            replica.refused().any(|one| one.id == *n || one.text.as_ref().is_some_and(kept))
                        })
                        || result.is_some_and(|one| one.ver.is_none() || is_empty(&one.op))
                        || (later && (db.has_handled_before(id) || self.restored && own.is_none()))
                });
                ensure!(fair, "device {actor}: mark {number} of {id:?} left the view, and nobody took it away");
            }
        }
        Ok(())
    }

    /// What was reported as saved is in the outbox until a pull has confirmed it; the numbers have no gap.
    fn check_outbox(&self, db: &Database, device: &Device, disk: &Replica) -> Check {
        let (actor, confirmed, made) = (disk.meta().actor, disk.meta().confirmed.n, disk.meta().made.n);
        let outbox: BTreeMap<Counter, &Mutation> = disk.outbox().map(|mutation| (mutation.n, mutation)).collect();
        let numbers: Vec<Counter> = outbox.keys().copied().collect();
        let expected: Vec<Counter> = (confirmed + 1..=made).collect();
        ensure!(numbers == expected, "device {actor}: the outbox holds {numbers:?}, not {expected:?}");
        let own = self.saved.iter().filter_map(|(id, owners)| Some((id, owners.get(&device.number)?)));
        for (id, n) in own.filter(|(_, n)| (confirmed + 1..UNNUMBERED).contains(*n)) {
            // A device that owed nothing may have begun anew, under another name.
            let sent = self.cloned && db.result(*id).is_some();
            let kept = sent || outbox.get(n).is_some_and(|mutation| mutation.id == *id);
            ensure!(kept, "device {actor}: mutation {n} was reported as saved and is gone");
        }
        // Until the first complete pull from another life of the data it was confirmed in the one before.
        let (life, began) = (db.life(disk.meta().epoch), disk.meta().confirmed_at == 0);
        let handled = confirmed <= life.last(actor).n || began || !device.is_known(life, actor);
        ensure!(handled, "device {actor}: {confirmed} is confirmed, but was not handled");
        Ok(())
    }

    /// The confirmed rows are rows that the server had. Between two pulls they are exactly those of one moment, and
    /// contain the own mutations up to the confirmed one, and no other.
    fn check_base(db: &Database, device: &Device, disk: &Replica) -> Check {
        let (actor, meta) = (disk.meta().actor, disk.meta());
        let rows: BTreeMap<EntityId, &Row> = disk.rows().map(|row| (row.id, row)).collect();
        for (id, row) in &rows {
            ensure!(db.ever_had(row), "device {actor} holds a state of {id:?} that the server never had: {row:?}");
        }
        if meta.cursor != meta.seen || meta.confirmed_at != meta.seen || meta.seen == 0 {
            return Ok(()); // in the middle of a pull, or of a fill
        }
        let db = db.life(meta.epoch);
        let mut then = db.rows_at(meta.seen, meta.floor);
        let follows = |scope: Scope| meta.scopes.iter().any(|followed| followed.scope == scope);
        then.retain(|id, _| db.scope_at(*id, meta.seen).is_some_and(follows));
        ensure!(rows == then, "device {actor}: its rows are not those of version {}", meta.seen);
        if !device.is_known(db, actor) {
            return Ok(()); // its actor is of a later life than its rows
        }
        for (by, handled) in &db.history {
            let Some(ver) = handled.ver.filter(|_| *by == actor) else { continue };
            let agrees = (ver <= meta.seen) == (handled.n <= meta.confirmed.n);
            ensure!(
                agrees,
                "device {actor}: at version {} mutation {} (version {ver}) is {} as confirmed up to {}",
                meta.seen,
                handled.n,
                if ver <= meta.seen { "contained, although not counted" } else { "not contained, although counted" },
                meta.confirmed.n
            );
        }
        Ok(())
    }
}
