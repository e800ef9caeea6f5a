//! Taking changes back, and doing them again.
//!
//! A change is taken back where it still stands: what somebody has made of a field since is not overwritten.

use engine::command::Command;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::ids::{EntityId, ProjectId};

use crate::i18n as t;
use crate::route::Route;
use crate::state::App;
use crate::state::changes::{Change, stands};

impl App {
    /// Takes back the named change, or the last one.
    pub(crate) fn undo(self, id: Option<u32>) -> bool {
        spawn_local(async move {
            let _turn = self.turns.wait().await;
            let Some((id, mut change)) = self.history.take(id) else { return self.ui.say(t::nothing_to_undo()) };
            self.ui.forget_toast(id);
            let all = change.steps.len();
            change.steps.retain(|step| self.still_stands(&step.forward));
            let left = change.steps.len();
            let (done, result) = self.dispatch_all(change.backward()).await;
            // They are undone from the last to the first.
            let undone = change.steps.split_off(left - done);
            if let Err(error) = result {
                self.history.note(change);
                self.complain(&error);
            } else {
                self.ui.say(&t::undone_of(left, all));
            }
            if !undone.is_empty() {
                self.leave_deleted_project();
                self.history.note_undone(Change { steps: undone, said: None });
            }
            self.keep_focus();
        });
        true
    }

    pub(crate) fn redo(self) -> bool {
        spawn_local(async move {
            let _turn = self.turns.wait().await;
            let Some(mut change) = self.history.take_undone() else { return self.ui.say(t::nothing_to_redo()) };
            let (done, result) = self.dispatch_all(change.forward()).await;
            let left = change.steps.split_off(done);
            match result {
                Ok(()) => self.ui.say(t::redone()),
                Err(error) => {
                    self.history.note_undone(Change { steps: left, said: None });
                    self.complain(&error);
                }
            }
            if !change.steps.is_empty() {
                self.history.note(change);
            }
            self.keep_focus();
        });
        true
    }

    fn still_stands(self, done: &Command) -> bool {
        match done {
            Command::Write { entity: EntityId::Task(id), .. } => {
                self.tasks.task(*id).is_none_or(|task| stands(&task, done))
            }
            // A project that was made, and in which somebody works by now.
            Command::Restore(EntityId::Project(id)) => !self.tasks.has_any(*id),
            _ => true,
        }
    }

    /// Where the project that is shown is not there any more, all tasks are.
    fn leave_deleted_project(self) {
        let shown: Option<ProjectId> = self.tasks.scope.get_untracked();
        let gone = |id| self.projects.with_untracked(|all| all.iter().all(|item| item.value.id != id));
        if shown.is_some_and(gone) && self.route.with_untracked(|route| matches!(route, Route::Project(_))) {
            self.go(Route::Tasks);
        }
    }
}
