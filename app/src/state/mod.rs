//! The state of the app: fed by the engine's events, read by components. Components dispatch what a member wants
//! through [`App`]; nothing else changes data.

pub(crate) mod actions;
pub(crate) mod attachments;
pub(crate) mod calendar;
pub(crate) mod changes;
pub(crate) mod comments;
pub(crate) mod groups;
pub(crate) mod keys;
pub(crate) mod moves;
mod navigation;
mod order;
pub(crate) mod palette;
pub(crate) mod people;
pub(crate) mod pill;
pub(crate) mod quick;
pub(crate) mod recent;
pub(crate) mod search;
pub(crate) mod selection;
mod session;
pub(crate) mod tasks;
pub(crate) mod theme;
mod turns;
pub(crate) mod ui;
mod undo;
pub(crate) mod views;

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
use shared::order::effective;
use shared::task::TaskView;

use crate::host::Host;
use crate::pwa::Pwa;
use crate::route::Route;
use crate::{dates, dom, i18n as t};
use attachments::Attachments;
use changes::{Change, Edit, History, with_keys};
use comments::Comments;
use keys::Keyboard;
use order::sort_by;
use search::Search;
use tasks::Tasks;
use turns::Turns;
use ui::{Toast, Ui};
use views::Views;

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
    pub(crate) views: Views,
    /// In the order that members gave them.
    pub(crate) projects: RwSignal<Vec<ProjectItem>>,
    /// Everybody who is or was a member, in alphabetical order.
    pub(crate) people: RwSignal<Vec<MemberView>>,
    /// What the organization has added to its tasks, in the order of its making.
    pub(crate) custom_fields: RwSignal<Vec<CustomFieldView>>,
    pub(crate) comments: Comments,
    pub(crate) attachments: Attachments,
    pub(crate) search: Search,
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
    pub(crate) keys: Keyboard,
    history: History,
    turns: Turns,
    /// Counts the openings of local data: news of an earlier one is not for this member.
    opening: StoredValue<u32>,
}

pub(crate) fn use_app() -> App {
    expect_context()
}

impl App {
    pub(crate) fn new(host: Rc<dyn Host>) -> Self {
        let status = RwSignal::new(None);
        let (route, look) = navigation::current();
        let state = State {
            account: RwSignal::new(host.account()),
            host: StoredValue::new_local(host),
            route: RwSignal::new(route),
            tasks: Tasks::new(untrack(dates::this_day)),
            views: Views::new(Route::Tasks, look),
            projects: RwSignal::new(Vec::new()),
            people: RwSignal::new(Vec::new()),
            custom_fields: RwSignal::new(Vec::new()),
            comments: Comments::new(),
            attachments: Attachments::new(),
            search: Search::new(),
            refused: RwSignal::new(Vec::new()),
            status,
            pill: pill::shown_pill(status),
            loaded: RwSignal::new(false),
            broken: RwSignal::new(None),
            ui: Ui::new(),
            pwa: Pwa::new(),
            keys: Keyboard::new(),
            history: History::new(),
            turns: Turns::new(),
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
                self.hear_of_sections(patch.sections);
                self.hear_of_views(patch.saved_views);
                self.note_for_search(&patch.tasks, &patch.comments);
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
            sort_by(projects, &|a, b| {
                let place =
                    |item: &ProjectItem| (effective(&item.value.order, item.value.id.0).into_owned(), item.value.id);
                place(a).cmp(&place(b))
            });
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
        if !change.steps.is_empty() {
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
        let _turn = self.turns.wait().await;
        let change = Change::of_text(entity, field, &from, &to);
        self.dispatch_all(change.forward()).await.1?;
        self.note(change);
        Ok(())
    }

    /// Makes a row, with a way back; the row.
    pub(crate) async fn create(self, command: Command) -> Result<EntityId, CommandError> {
        let _turn = self.turns.wait().await;
        let made = self.dispatch(command).await?;
        self.note(Change::creation(made));
        Ok(made)
    }

    /// As [`App::create`], and says so.
    pub(crate) async fn create_and_say(self, command: Command, said: String) -> Result<EntityId, CommandError> {
        let _turn = self.turns.wait().await;
        let made = self.dispatch(command).await?;
        let id = self.history.note_new(Change::creation(made));
        self.ui.toast(Toast { text: said, change: Some(id) });
        Ok(made)
    }

    /// Notes a change that has been made, so that it can be undone.
    pub(crate) fn note(self, change: Change) {
        if !change.steps.is_empty() {
            self.history.note_new(change);
        }
    }

    async fn carry_out(self, mut change: Change) -> Result<(), CommandError> {
        let _turn = self.turns.wait().await;
        let (done, result) = self.dispatch_all(change.forward()).await;
        match &result {
            Ok(()) => {
                let said = change.said.clone();
                let id = self.history.note_new(change);
                if let Some(text) = said {
                    self.ui.toast(Toast { text, change: Some(id) });
                }
            }
            Err(error) => {
                // What was done until then has its way back, too.
                change.steps.truncate(done);
                self.note(change);
                self.complain(error);
            }
        }
        self.keep_focus();
        result
    }

    /// Carries commands out until one does not work; how many did.
    pub(crate) async fn dispatch_all(self, commands: Vec<Command>) -> (usize, Result<(), CommandError>) {
        let all = commands.len();
        for (done, command) in commands.into_iter().enumerate() {
            if let Err(error) = self.dispatch(command).await {
                return (done, Err(error));
            }
        }
        (all, Ok(()))
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
