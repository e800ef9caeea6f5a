//! What members want of their device as a whole.

use std::collections::BTreeSet;

use engine::engine::Engine;
use engine::record::Kept;
use engine::store::StoreError;
use engine::store::memory::MemoryStore;

use shared::clock::NOBODY;
use shared::ids::ProjectId;

use crate::database::Database;
use crate::device::{Device, Surroundings, TabId, ready};
use crate::fault::Fault;
use crate::oracle::Oracle;
use crate::world::World;
use crate::{Check, Violation, ensure, note};
use engine::replica::Replica;

/// How notes are taken of a wish: the device, and its disk before and after.
type Notes = fn(&mut Oracle, usize, &Replica, &Replica) -> Check;

impl World {
    /// Somebody takes everything from the server.
    pub(super) fn take_theirs(&mut self, tab: TabId) -> Check {
        note!(self, "tab {}.{}: takes everything from the server", tab.device, tab.tab);
        let put_aside = self.wish(tab, |engine, _| ready(engine.take_theirs()), Oracle::record_aside)?;
        if put_aside > 0 {
            self.chaos.notice(Fault::PutAside);
        }
        Ok(())
    }

    /// Somebody pushes everything of theirs.
    pub(super) fn push_mine(&mut self, tab: TabId) -> Check {
        note!(self, "tab {}.{}: pushes everything of mine", tab.device, tab.tab);
        let concerned = self.wish(tab, |engine, env| ready(engine.push_mine(env)), Oracle::record_mine)?;
        if concerned > 0 {
            self.chaos.notice(Fault::Overwritten);
        }
        Ok(())
    }

    /// Somebody wants more, or less, on a device.
    pub(super) fn keep(&mut self, tab: TabId) -> Check {
        let replica = self.replica(tab)?;
        let projects: BTreeSet<ProjectId> = replica.view().projects.keys().copied().collect();
        let wanted = projects.into_iter().filter(|_| self.rng.chance(500)).collect();
        let kept = Kept { projects: self.rng.chance(500).then_some(wanted), finished: self.rng.chance(300) };
        note!(self, "tab {}.{}: keeps {kept:?}", tab.device, tab.tab);
        self.oracle.narrowed = true;
        self.wish(tab, |engine, _| ready(engine.keep(&kept)).map(|()| 0), |_, _, _, _| Ok(()))?;
        Ok(())
    }

    /// Somebody who has worked on a device without an account signs in, in each tab that is open.
    pub(crate) fn sign_up(&mut self, device: usize) -> Check {
        let Some(account) = self.devices[device].account else { return Ok(()) };
        note!(self, "device {device}: its member signs in as {account}");
        self.devices[device].seat(Database::first_device(account), account);
        for tab in self.devices[device].open_tabs() {
            let tab = TabId { device, tab };
            let before = self.before(tab);
            let trouble = self.arm(tab);
            let done = self.with_engine(tab, |engine, _| ready(engine.sign_in(account)));
            self.disarm(tab);
            self.committed(tab, &before)?;
            let error = done.and_then(Result::err);
            if !self.suffer(tab, trouble, error.as_ref())? {
                self.drive(tab)?;
            }
        }
        Ok(())
    }

    /// Somebody signs in again. Whom the server does not know any more is another one from now on, and loads the app anew.
    pub(crate) fn sign_in_again(&mut self, device: usize) -> Check {
        let Device { actor, user, ref seats, .. } = self.devices[device];
        let Some(id) = seats.get(&actor).copied().filter(|_| actor != NOBODY) else { return Ok(()) };
        let now = self.db.sign_in(user, id);
        note!(self, "device {device}: signs in again, as {now}");
        self.devices[device].seat(id, now);
        if now != actor {
            for tab in self.devices[device].open_tabs() {
                self.kill(TabId { device, tab })?;
            }
        }
        Ok(())
    }

    /// What was done without an account is an actor's, as soon as the disk says so.
    pub(crate) fn notice_sign_up(&mut self, device: usize) -> Check {
        let Some(account) = self.devices[device].account else { return Ok(()) };
        let disk = self.devices[device].disk()?;
        if disk.revision() > 0 && disk.meta().actor == account {
            self.devices[device].account = None;
            self.oracle.signed_up(account);
            if disk.waiting() > 0 {
                self.chaos.notice(Fault::SignedUp);
            }
        }
        Ok(())
    }

    /// Carries a wish out, takes notes, and looks whether what is shown is what was saved. Returns how many changes it
    /// concerned.
    fn wish(
        &mut self,
        tab: TabId,
        run: impl FnOnce(&mut Engine<MemoryStore>, &mut Surroundings<'_>) -> Result<usize, StoreError>,
        notes: Notes,
    ) -> Check<usize> {
        let before = self.before(tab);
        let disk = self.devices[tab.device].disk()?;
        let trouble = self.arm(tab);
        let done = self.with_engine(tab, run);
        self.disarm(tab);
        let done = done.ok_or_else(|| Violation("the tab is closed".into()))?;
        let after = self.devices[tab.device].disk()?;
        notes(&mut self.oracle, tab.device, &disk, &after)?;
        match &done {
            Ok(_) => {
                let current = self.replica(tab)?.revision() == after.revision();
                ensure!(current || disk.revision() == after.revision(), "a wish was granted before it is shown");
            }
            Err(StoreError::Platform(_) | StoreError::Full) => {
                ensure!(
                    after.revision() == disk.revision(),
                    "a wish was not granted ({done:?}), and something changed"
                );
            }
            Err(error) => return Err(Violation(format!("a wish: {error}"))),
        }
        self.committed(tab, &before)?;
        if !self.suffer(tab, trouble, done.as_ref().err())? {
            self.drive(tab)?;
        }
        Ok(done.unwrap_or_default())
    }
}
