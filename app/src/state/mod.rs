//! The state of the app: fed by the engine's events, read by components. Components dispatch what a member wants
//! through [`App`]; nothing else changes data.

pub(crate) mod attachments;
pub(crate) mod changes;
pub(crate) mod comments;
pub(crate) mod keys;
mod navigation;
mod order;
pub(crate) mod people;
pub(crate) mod pill;
mod session;
pub(crate) mod tasks;
pub(crate) mod ui;

use std::cmp::Ordering;
use std::ops::Deref;
use std::rc::Rc;

use engine::command::{Command, CommandError};
use engine::status::{Pill, SyncStatus};
use engine::view::{Event, Item, ProjectItem, RefusedChange};
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::account::Account;
use shared::custom_field::CustomFieldView;
use shared::field::TextField;
use shared::ids::{CustomFieldId, EntityId, ProjectId, TaskId, UserId};
use shared::member::MemberView;
use shared::task::TaskView;

use crate::host::Host;
use crate::pwa::Pwa;
use crate::route::Route;
use crate::{dom, i18n as t};
use attachments::Attachments;
use changes::{Change, Edit, History, with_keys};
use comments::Comments;
use order::sort_by;
use tasks::Tasks;
use ui::{Toast, Ui};

/// Everything the components share. A handle, as small as a pointer: every event handler holds one. What it leads to
/// is as old as the page.
#[derive(Clone, Copy)]
pub(crate) struct App(&'static State);

impl Deref for App {
    type Target = State;

    fn deref(&self) -> &State {
        self.0
    }
}

pub(crate) struct State {
    host: StoredValue<Rc<dyn Host>, LocalStorage>,
    pub(crate) route: RwSignal<Route>,
    /// Who works here; `None` before a sign-in.
    pub(crate) account: RwSignal<Option<Account>>,
    pub(crate) tasks: Tasks,
    /// In alphabetical order.
    pub(crate) projects: RwSignal<Vec<ProjectItem>>,
    /// Everybody who is or was a member, in alphabetical order.
    pub(crate) people: RwSignal<Vec<MemberView>>,
    /// What the organization has added to its tasks, in the order of its making.
    pub(crate) custom_fields: RwSignal<Vec<CustomFieldView>>,
    pub(crate) comments: Comments,
    pub(crate) attachments: Attachments,
    pub(crate) refused: RwSignal<Vec<RefusedChange>>,
    /// `None` until the engine has said something.
    pub(crate) status: RwSignal<Option<SyncStatus>>,
    pub(crate) pill: ReadSignal<Option<Pill>>,
    /// Whether the local data has been read.
    pub(crate) loaded: RwSignal<bool>,
    /// Why the local data could not be read.
    pub(crate) broken: RwSignal<Option<String>>,
    pub(crate) ui: Ui,
    pub(crate) pwa: Pwa,
    history: History,
    /// Counts the openings of local data: news of an earlier one is not for this member.
    opening: StoredValue<u32>,
}

pub(crate) fn use_app() -> App {
    expect_context()
}

impl App {
    pub(crate) fn new(host: Rc<dyn Host>) -> Self {
        let status = RwSignal::new(None);
        let state = State {
            account: RwSignal::new(host.account()),
            host: StoredValue::new_local(host),
            route: RwSignal::new(navigation::current()),
            tasks: Tasks::new(),
            projects: RwSignal::new(Vec::new()),
            people: RwSignal::new(Vec::new()),
            custom_fields: RwSignal::new(Vec::new()),
            comments: Comments::new(),
            attachments: Attachments::new(),
            refused: RwSignal::new(Vec::new()),
            status,
            pill: pill::shown_pill(status),
            loaded: RwSignal::new(false),
            broken: RwSignal::new(None),
            ui: Ui::new(),
            pwa: Pwa::new(),
            history: History::new(),
            opening: StoredValue::new(0),
        };
        Self(Box::leak(Box::new(state)))
    }

    pub(crate) fn host(self) -> Rc<dyn Host> {
        self.host.get_value()
    }

    fn hear(self, event: Event) {
        match event {
            Event::View(patch) => {
                self.hear_of_projects(patch.projects);
                self.hear_of_people(patch.members);
                self.hear_of_fields(patch.custom_fields);
                self.comments.apply(patch.comments);
                self.attachments.apply(patch.attachments);
                self.tasks.apply(patch.tasks);
                if let Some(refused) = patch.refused {
                    self.refused.set(refused);
                }
                if !self.loaded.get_untracked() {
                    self.loaded.set(true);
                }
            }
            Event::Status(status) => self.status.set(Some(status)),
        }
    }

    fn hear_of_projects(self, changes: Vec<(ProjectId, Option<ProjectItem>)>) {
        if changes.is_empty() {
            return;
        }
        self.projects.update(|projects| {
            for (id, item) in changes {
                projects.retain(|known| known.value.id != id);
                projects.extend(item.filter(|item| !item.value.deleted));
            }
            sort_by(projects, &|a, b| by_name((&a.value.name, &a.value.id), (&b.value.name, &b.value.id)));
        });
    }

    fn hear_of_people(self, changes: Vec<(UserId, Option<Item<MemberView>>)>) {
        if changes.is_empty() {
            return;
        }
        self.people.update(|people| {
            for (id, item) in changes {
                people.retain(|known| known.id != id);
                people.extend(item.map(|item| item.value));
            }
            sort_by(people, &|a, b| by_name((&a.name, &a.id), (&b.name, &b.id)));
        });
    }

    fn hear_of_fields(self, changes: Vec<(CustomFieldId, Option<Item<CustomFieldView>>)>) {
        if changes.is_empty() {
            return;
        }
        self.custom_fields.update(|fields| {
            for (id, item) in changes {
                fields.retain(|known| known.id != id);
                fields.extend(item.map(|item| item.value).filter(|field| !field.deleted));
            }
            sort_by(fields, &|a, b| a.id.cmp(&b.id));
        });
    }

    /// The tasks of which, or about which, the team does not have everything; in the order of their making.
    pub(crate) fn waiting_tasks(self) -> Vec<TaskId> {
        let mut ids = self.tasks.waiting.get();
        ids.extend(self.comments.waiting());
        ids.extend(self.attachments.waiting());
        sort_by(&mut ids, &Ord::cmp);
        ids.dedup();
        ids
    }

    pub(crate) fn project_name(self, id: ProjectId) -> Option<String> {
        self.projects
            .with(|projects| projects.iter().find(|item| item.value.id == id).map(|item| item.value.name.clone()))
    }

    /// Edits tasks, with a way back.
    pub(crate) fn edit(self, ids: &[TaskId], edit: &Edit) {
        let tasks = with_keys(self.tasks, ids, key_of);
        self.make(Change::of(&tasks, edit));
    }

    /// Does something that has a way back.
    pub(crate) fn make(self, change: Change) {
        if !change.forward.is_empty() {
            spawn_local(async move {
                // Told by `carry_out`.
                let _ = self.carry_out(change).await;
            });
        }
    }

    /// Edits a text, with a way back; the error is for where it was typed.
    pub(crate) async fn edit_text(
        self,
        entity: EntityId,
        field: TextField,
        from: String,
        to: String,
    ) -> Result<(), CommandError> {
        let change = Change::of_text(entity, field, &from, &to);
        self.try_all(&change.forward).await?;
        self.note(change);
        Ok(())
    }

    /// Notes a change that has been made, so that it can be undone.
    pub(crate) fn note(self, change: Change) {
        if !change.forward.is_empty() {
            self.history.note_new(change);
        }
    }

    async fn carry_out(self, change: Change) -> Result<(), CommandError> {
        let result = self.try_all(&change.forward).await;
        match &result {
            Ok(()) => {
                let said = change.said.clone();
                let id = self.history.note_new(change);
                if let Some(text) = said {
                    self.ui.toast(Toast { text, change: Some(id) });
                }
            }
            Err(error) => self.complain(error),
        }
        self.keep_focus();
        result
    }

    pub(crate) async fn try_all(self, commands: &[Command]) -> Result<(), CommandError> {
        for command in commands {
            self.host().dispatch(command.clone()).await?;
        }
        Ok(())
    }

    /// Carries one command out that has no way back; what it made, if it worked.
    pub(crate) async fn dispatch(self, command: Command) -> Result<EntityId, CommandError> {
        self.host().dispatch(command).await
    }

    /// As [`App::dispatch`], where nothing waits for the result.
    pub(crate) fn send(self, command: Command) {
        spawn_local(async move {
            if let Err(error) = self.dispatch(command).await {
                self.complain(&error);
            }
        });
    }

    /// Takes back the named change, or the last one.
    pub(crate) fn undo(self, id: Option<u32>) {
        let Some((id, change)) = self.history.take(id) else { return };
        self.ui.forget_toast(id);
        spawn_local(async move {
            match self.try_all(&change.backward).await {
                Ok(()) => {
                    self.history.note_undone(change);
                    self.ui.say(t::undone());
                }
                Err(error) => self.complain(&error),
            }
            self.keep_focus();
        });
    }

    pub(crate) fn redo(self) {
        let Some(change) = self.history.take_undone() else { return };
        spawn_local(async move {
            let again = change.inverted().inverted();
            match self.try_all(&again.forward).await {
                Ok(()) => {
                    self.history.note(again);
                    self.ui.say(t::redone());
                }
                Err(error) => self.complain(&error),
            }
        });
    }

    pub(crate) fn complain(self, error: &CommandError) {
        self.ui.say(&complaint(error));
    }
}

/// An error of a command, for people.
pub(crate) fn complaint(error: &CommandError) -> String {
    match error {
        CommandError::Refused(reason) => t::not_possible(reason),
        CommandError::Storage(error) => t::not_stored(&error.to_string()),
    }
}

/// `HAR-231`, or `New` until the server has given the task its key.
pub(crate) fn key_of(task: &TaskView) -> String {
    task.key.clone().unwrap_or_else(|| t::key_new().to_owned())
}

fn by_name<I: Ord>(a: (&str, &I), b: (&str, &I)) -> Ordering {
    dom::compare(a.0, b.0).then_with(|| a.1.cmp(b.1))
}
