//! What members do: whatever the app lets them do, at random, on what they see.

use engine::command::{Command, CommandError, NewTask};
use engine::replica::Replica;
use engine::store::StoreError;
use shared::date::Date;
use shared::ids::{EntityId, ProjectId, TaskId};
use shared::register::Tag;
use shared::row::TextField;
use shared::workflow::{Priority, Status};

use crate::database::text_field;
use crate::device::{TabId, ready};
use crate::fault::Fault;
use crate::oracle::marks::{FIRST_MARK, is_mark};
use crate::world::{Event, World};
use crate::{Check, Violation, ensure, note};

/// Characters that are hard to get right, and some that repeat.
const FILLERS: [&str; 14] =
    ["a", "a", "b", " ", "e\u{301}", "👍🏽", "👩\u{200d}🚀", "ש", "漢", "ß", "\u{1d11e}", "\u{fffd}", "\"", "\\"];
/// More rows than this would meet too rarely.
const MOST_TASKS: usize = 6;
const MOST_PROJECTS: usize = 3;

impl World {
    /// The first project and its first task, by the first device.
    pub fn begin(&mut self) -> Check {
        let tab = TabId { device: 0, tab: 0 };
        let name = self.text();
        self.perform(tab, &Command::CreateProject { name })?;
        let new = self.new_task(tab);
        new.map_or(Ok(()), |new| self.perform(tab, &new))
    }

    /// Somebody does something, and something may happen.
    pub fn act(&mut self) -> Check {
        self.acts_left -= 1;
        self.mishap()?;
        let device = self.rng.index(self.devices.len());
        let open = self.devices[device].open_tabs();
        let tab = self.rng.pick(&open).copied();
        if let Some(tab) = tab {
            let tab = TabId { device, tab };
            if let Some(command) = self.choose(tab)? {
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

    /// Something to do that makes sense in this tab.
    fn choose(&mut self, tab: TabId) -> Check<Option<Command>> {
        let view = self.replica(tab)?.view();
        let mut tasks: Vec<TaskId> = view.tasks.keys().copied().collect();
        tasks.sort_unstable();
        let mut projects: Vec<ProjectId> = view.projects.keys().copied().collect();
        projects.sort_unstable();
        let refused: Vec<u64> = self.replica(tab)?.refused().map(|change| change.id).collect();
        let settles = self.rng.chance(250);
        if let Some(id) = self.rng.pick(&refused).copied().filter(|_| settles) {
            return Ok(Some(if self.rng.chance(600) { Command::Retry(id) } else { Command::Discard(id) }));
        }
        let Some(task) = self.rng.pick(&tasks).copied() else { return Ok(self.new_task(tab)) };
        let project = self.rng.pick(&projects).copied();
        let any = if self.rng.chance(800) { Some(task.into()) } else { project.map(EntityId::from) };
        let command = match self.rng.below(100) {
            0..=3 if projects.len() < MOST_PROJECTS => Some(Command::CreateProject { name: self.text() }),
            4..=15 if tasks.len() < MOST_TASKS => self.new_task(tab),
            0..=54 => any.map(|entity| self.edit(tab, entity)).transpose()?.flatten(),
            55..=64 => self.rng.pick(&Status::ALL).map(|status| Command::SetStatus { id: task, status: *status }),
            65..=74 => self.rng.pick(&Priority::ALL).map(|value| Command::SetPriority { id: task, priority: *value }),
            75..=80 => Some(Command::SetDue { id: task, due: self.due() }),
            81..=88 => {
                let (add, remove) = (self.tags(), self.tags());
                Some(Command::EditTags { id: task, add, remove })
            }
            89..=93 => any.map(Command::Delete),
            _ => any.map(Command::Restore),
        };
        Ok(command)
    }

    fn new_task(&mut self, tab: TabId) -> Option<Command> {
        let view = self.replica(tab).ok()?.view();
        let mut projects: Vec<ProjectId> = view.projects.keys().copied().collect();
        projects.sort_unstable();
        let project = *self.rng.pick(&projects)?;
        let mut title = self.text();
        if self.rng.chance(150) {
            // Close to what a title may hold.
            title.extend(std::iter::repeat_n('x', 470));
        }
        Some(Command::CreateTask(NewTask {
            project,
            title,
            status: *self.rng.pick(&Status::ALL)?,
            priority: *self.rng.pick(&Priority::ALL)?,
            due: self.due(),
            tags: self.tags(),
        }))
    }

    fn due(&mut self) -> Option<Date> {
        let day = i32::try_from(self.rng.range(20_000, 20_005)).ok()?;
        Date::from_days(day).ok().filter(|_| self.rng.chance(700))
    }

    fn tags(&mut self) -> Vec<Tag> {
        ["ops", "web", "später"].into_iter().filter(|_| self.rng.chance(300)).map(Tag::new).collect()
    }

    /// Some characters that are nowhere else in this world, between others.
    fn text(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..=self.rng.below(3) {
            text.extend(self.oracle.marks.fresh());
            if self.rng.chance(500) {
                text.push_str(self.rng.pick(&FILLERS).copied().unwrap_or_default());
            }
        }
        text
    }

    /// An edit of a text: usually of what is there, sometimes of what was there when its author began.
    fn edit(&mut self, tab: TabId, entity: EntityId) -> Check<Option<Command>> {
        let field = text_field(entity);
        let Some(text) = self.replica(tab)?.current(entity).and_then(|row| row.text(field).map(str::to_owned)) else {
            return Ok(None);
        };
        let draft = (entity, field, text);
        let began = if self.rng.chance(300) {
            self.devices[tab.device].draft.replace(draft.clone()).unwrap_or(draft)
        } else {
            draft
        };
        let (entity, field, from) = began;
        let to = self.splice(&from);
        Ok(Some(Command::EditText { entity, field, from, to }))
    }

    /// The text with one piece replaced.
    fn splice(&mut self, text: &str) -> String {
        let chars: Vec<char> = text.chars().collect();
        let begin = self.rng.index(chars.len() + 1);
        let most = if self.rng.chance(60) { chars.len() } else { 4 };
        let taken = if self.rng.chance(500) { self.rng.index(most + 1) } else { 0 };
        let end = (begin + taken).min(chars.len());
        let put = if taken > 0 && self.rng.chance(300) { String::new() } else { self.text() };
        let growth = if self.rng.chance(30) { 30 } else { 0 };
        let mut spliced: String = chars[..begin].iter().collect();
        spliced.push_str(&put);
        spliced.extend(std::iter::repeat_n('y', growth));
        spliced.extend(&chars[end..]);
        spliced
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
        self.oracle.record(&disk, &after, command)?;
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
                if before.meta().made == after.meta().made && before.revision() != after.revision() {
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
        let typed = to.chars().filter(|c| is_mark(*c) && !from.contains(*c));
        for mark in typed.chain(then.into_iter().filter(|c| !from.contains(*c))) {
            let count = now.iter().filter(|c| **c == mark).count();
            let number = u32::from(mark) - FIRST_MARK;
            ensure!(
                count == 1,
                "after an edit of {entity:?} the mark {number} is {count} times in what its author sees"
            );
        }
        Ok(())
    }
}
