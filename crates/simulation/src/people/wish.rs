//! What members want of their device as a whole.

use engine::engine::Engine;
use engine::store::StoreError;
use engine::store::memory::MemoryStore;

use crate::device::{Surroundings, TabId, ready};
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

    /// Carries a wish out, takes notes, and looks whether what is shown is what was saved. Returns how many changes it
    /// concerned.
    fn wish(
        &mut self,
        tab: TabId,
        run: fn(&mut Engine<MemoryStore>, &mut Surroundings<'_>) -> Result<usize, StoreError>,
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
