//! What members do: whatever the app lets them do, at random, on what they see.

mod choice;
mod wish;

use engine::command::{Command, CommandError};
use engine::replica::Replica;
use engine::store::StoreError;
use shared::field::TextField;
use shared::ids::{EntityId, UserId};
use uuid::Uuid;

use crate::device::{TabId, ready};
use crate::fault::Fault;
use crate::oracle::marks::{FIRST_MARK, is_mark};
use crate::world::{Event, World};
use crate::{Check, Violation, ensure, note};

/// People who can be assigned.
const MEMBERS: u128 = 4;

impl World {
    /// The first project and its first task, by the first device.
    pub fn begin(&mut self) -> Check {
        self.db.join((1..=MEMBERS).map(|n| UserId(Uuid::from_u128(n))), self.now)?;
        let tab = TabId { device: 0, tab: 0 };
        let name = self.text();
        self.perform(tab, &Command::create_project(name))?;
        let new = self.new_task(tab);
        new.map_or(Ok(()), |new| self.perform(tab, &new))
    }

    /// Somebody does something, and something may happen.
    pub fn act(&mut self) -> Check {
        self.acts_left -= 1;
        self.mishap()?;
        let device = self.rng.index(self.devices.len());
        if self.rng.chance(60) {
            self.sign_up(device)?;
        }
        let open = self.devices[device].open_tabs();
        let tab = self.rng.pick(&open).copied();
        if let Some(tab) = tab {
            let tab = TabId { device, tab };
            if self.chaos.strikes(Fault::TookTheirs) {
                self.take_theirs(tab)?;
            } else if self.oracle.narrowed && self.rng.chance(40) || self.chaos.strikes(Fault::Narrowed) {
                self.keep(tab)?;
            } else if self.chaos.strikes(Fault::PushedMine) {
                self.push_mine(tab)?;
            } else if let Some(command) = self.choose(tab)? {
                self.perform(tab, &command)?;
            }
        }
        let pause = if self.rng.chance(300) { self.rng.range(0, 50) } else { self.rng.range(0, 4_000) };
        if self.acts_left > 0 {
            self.after(pause, Event::Act);
        }
        Ok(())
    }

    fn replica(&self, tab: TabId) -> Check<&Replica> {
        let engine = self.devices[tab.device].tabs[tab.tab].engine.as_ref();
        engine.map(engine::engine::Engine::replica).ok_or_else(|| Violation("the tab is closed".into()))
    }

    /// Carries out what somebody wants, and takes notes of what was promised.
    fn perform(&mut self, tab: TabId, command: &Command) -> Check {
        let before = self.before(tab);
        let disk = self.devices[tab.device].disk()?;
        let trouble = self.arm(tab);
        if self.replica(tab)?.revision() != disk.revision() {
            self.chaos.notice(Fault::Stale);
        }
        let done = self.with_engine(tab, |engine, env| ready(engine.execute(command, env)));
        self.disarm(tab);
        let done = done.ok_or_else(|| Violation("the tab is closed".into()))?;
        note!(self, "tab {}.{}: {command:?} -> {done:?}", tab.device, tab.tab);
        let after = self.devices[tab.device].disk()?;
        self.notice_command(command, &disk, &after, done.is_ok());
        self.oracle.record(tab.device, &disk, &after, command)?;
        match &done {
            Ok(_) => {
                // (A command that changes nothing does not notice that another tab has.)
                let current = self.replica(tab)?.revision() == after.revision();
                let shown = self.replica(tab)?.view() == after.view();
                ensure!(shown || !current, "{command:?} was reported as saved, the disk differs");
                ensure!(current || disk.revision() == after.revision(), "{command:?} was saved before it is shown");
                Self::check_draft(command, &disk, &after)?;
            }
            Err(CommandError::Refused(_) | CommandError::Storage(StoreError::Platform(_) | StoreError::Full)) => {
                // Its author may do it again, and would then have done it twice.
                ensure!(after.revision() == disk.revision(), "{command:?} failed ({done:?}), and something was saved");
            }
            Err(error) => return Err(Violation(format!("{command:?}: {error}"))),
        }
        self.committed(tab, &before)?;
        let error = match &done {
            Err(CommandError::Storage(error)) => Some(error),
            _ => None,
        };
        if self.suffer(tab, trouble, error)? { Ok(()) } else { self.drive(tab) }
    }

    fn notice_command(&mut self, command: &Command, before: &Replica, after: &Replica, done: bool) {
        if !done {
            return;
        }
        match command {
            Command::Retry(_) => self.chaos.notice(Fault::Retried),
            Command::Discard(_) => self.chaos.notice(Fault::Discarded),
            Command::EditText { entity, field, from, .. } => {
                if before.current(*entity).is_some_and(|row| row.text(*field) != Some(from)) {
                    self.chaos.notice(Fault::StaleDraft);
                }
                if before.meta().made.n == after.meta().made.n && before.revision() != after.revision() {
                    self.chaos.notice(Fault::Composed);
                }
            }
            _ => {}
        }
    }

    /// An edit puts in what its author typed, and leaves alone what came in since the author began.
    fn check_draft(command: &Command, before: &Replica, after: &Replica) -> Check {
        let Command::EditText { entity, field, from, to } = command else { return Ok(()) };
        let marks = |replica: &Replica, entity: EntityId, field: TextField| -> Vec<char> {
            let row = replica.current(entity);
            row.and_then(|row| row.text(field).map(|text| text.chars().filter(|c| is_mark(*c)).collect()))
                .unwrap_or_default()
        };
        let (then, now) = (marks(before, *entity, *field), marks(after, *entity, *field));
        let count = |marks: &[char], mark: char| marks.iter().filter(|other| **other == mark).count();
        let typed = to.chars().filter(|c| is_mark(*c) && !from.contains(*c)).map(|mark| (mark, 1));
        // Twice, where somebody has sent again what another edit was to take out, and that edit was refused.
        let came = then.iter().filter(|c| !from.contains(**c)).map(|mark| (*mark, count(&then, *mark)));
        for (mark, expected) in typed.chain(came) {
            let (number, found) = (u32::from(mark) - FIRST_MARK, count(&now, mark));
            ensure!(found == expected, "after an edit of {entity:?} its author sees mark {number} {found} times");
        }
        Ok(())
    }
}
