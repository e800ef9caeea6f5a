//! What is open, selected and pointed at: the part of the state that is of this screen only and never saved.

use leptos::prelude::*;
use shared::date::Date;
use shared::ids::{EntityId, ProjectId, SectionId, TaskId, UserId};
use shared::workflow::{Priority, Status};
use web_sys::{HtmlElement, Node};

use crate::dom;
use crate::look::Facet;
use crate::state::recent;

/// Which of the small layers is open over a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Menu {
    Status,
    Priority,
    Assignees,
    Due,
    Start,
    Tags,
    Project,
    /// The task that one is a part of.
    Parent,
    /// Everything that can be done with a task.
    Actions,
    Workspace,
    /// Where a card can be put.
    Move,
    /// In which section of its project a task is.
    Section,
    /// By what the list can be filtered.
    Filters,
    /// The values of one filter.
    Filter(Facet),
    Group,
    Sort,
    /// What can be done with a project, a section or a saved view.
    Row,
    /// Shape and colour of a project or a section.
    Glyph,
}

/// What a menu is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Task(TaskId),
    /// The selected tasks.
    Selection,
    /// The task that is being made.
    Draft,
    /// Nothing in particular.
    Workspace,
    /// A project, a section or a saved view.
    Row(EntityId),
}

/// An open menu.
#[derive(Clone, Debug)]
pub(crate) struct OpenMenu {
    pub(crate) menu: Menu,
    pub(crate) subject: Subject,
    /// The control it belongs to, where it appears.
    pub(crate) anchor: HtmlElement,
    /// What has had the focus, and gets it back: the control, or a row if it was opened by key.
    pub(crate) before: HtmlElement,
}

/// Where menus of one layer are opened. The page has one, a modal dialog its own, because it makes the page inert.
#[derive(Clone, Copy)]
pub(crate) struct Menus {
    pub(crate) open: RwSignal<Option<OpenMenu>, LocalStorage>,
    /// The control that was pressed while its menu was open: that press closes the menu and is not to open it again.
    pressed: StoredValue<Option<HtmlElement>, LocalStorage>,
}

impl Menus {
    pub(crate) fn new() -> Self {
        Self { open: RwSignal::new_local(None), pressed: StoredValue::new_local(None) }
    }

    pub(crate) fn show(self, menu: Menu, subject: Subject, anchor: HtmlElement) {
        let is_open = self
            .open
            .with_untracked(|open| open.as_ref().is_some_and(|open| open.anchor == anchor && open.menu == menu));
        let closing = self.pressed.try_update_value(Option::take).flatten().is_some_and(|pressed| pressed == anchor);
        if is_open {
            self.close();
        } else if !closing {
            let before = dom::active_element().filter(|_| !dom::focus_is_lost()).unwrap_or_else(|| anchor.clone());
            self.open.set(Some(OpenMenu { menu, subject, anchor, before }));
        }
    }

    /// Another menu for the same thing in the same place.
    pub(crate) fn switch(self, menu: Menu) {
        self.open.update(|open| {
            if let Some(open) = open {
                open.menu = menu;
            }
        });
    }

    /// Closes it; what gets the focus back.
    pub(crate) fn close(self) -> Option<HtmlElement> {
        self.open.try_update(Option::take)?.map(|open| open.before)
    }

    /// Takes note of a press somewhere on the page, before the browser closes what is open.
    pub(crate) fn press(self, target: Option<&Node>) {
        let anchor = self.open.with_untracked(|open| open.as_ref().map(|open| open.anchor.clone()));
        self.pressed.set_value(anchor.filter(|anchor| anchor.contains(target)));
    }
}

/// A short message, with a way to take back what it tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Toast {
    pub(crate) text: String,
    pub(crate) change: Option<u32>,
}

/// What a new task starts with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Preset {
    pub(crate) project: Option<ProjectId>,
    pub(crate) status: Option<Status>,
    pub(crate) priority: Option<Priority>,
    pub(crate) due: Option<Date>,
    pub(crate) assignee: Option<UserId>,
    /// Of the project.
    pub(crate) section: Option<SectionId>,
}

impl Preset {
    /// What is not said here, as there.
    pub(crate) fn or(self, other: Self) -> Self {
        let elsewhere = self.project.is_some() && self.project != other.project;
        Self {
            project: self.project.or(other.project),
            status: self.status.or(other.status),
            priority: self.priority.or(other.priority),
            due: self.due.or(other.due),
            assignee: self.assignee.or(other.assignee),
            section: self.section.or(other.section.filter(|_| !elsewhere)),
        }
    }
}

/// What is given a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    NewSection(ProjectId),
    /// Keeps the filters of the page as a view.
    NewView,
    Rename(EntityId),
}

pub(crate) struct Ui {
    /// The task that single keys act on.
    pub(crate) cursor: RwSignal<Option<TaskId>>,
    /// A task that is to be brought into view and focused.
    pub(crate) reveal: RwSignal<Option<TaskId>>,
    /// The task whose title is being edited in its row.
    pub(crate) editing: RwSignal<Option<TaskId>>,
    pub(crate) selection: RwSignal<Vec<TaskId>>,
    /// The task that was selected last: a range begins at it.
    pub(crate) anchor: StoredValue<Option<TaskId>>,
    pub(crate) menus: Menus,
    pub(crate) toasts: RwSignal<Vec<(u32, Toast)>>,
    pub(crate) new_task: RwSignal<Option<Preset>>,
    pub(crate) new_project: RwSignal<bool>,
    pub(crate) naming: RwSignal<Option<Naming>>,
    /// Whether the navigation shows what is hidden or archived.
    pub(crate) all_places: RwSignal<bool>,
    /// The last thing that is said to those who do not see it.
    pub(crate) announced: RwSignal<String>,
    pub(crate) inviting: RwSignal<bool>,
    pub(crate) palette: RwSignal<bool>,
    /// The list of keys.
    pub(crate) shortcuts: RwSignal<bool>,
    pub(crate) outbox: RwSignal<bool>,
    /// The navigation of a phone.
    pub(crate) sidebar: RwSignal<bool>,
}

const DRAFT: &str = "tern.draft";
/// What the names of the drafts of comments begin with.
const COMMENT: &str = "tern.comment.";

/// The comment that was being written on a task.
pub(crate) fn comment_draft(task: TaskId) -> String {
    dom::remembered(&format!("{COMMENT}{task}")).unwrap_or_default()
}

pub(crate) fn keep_comment_draft(task: TaskId, text: &str) {
    let name = format!("{COMMENT}{task}");
    if text.is_empty() { dom::forget(&name) } else { dom::remember(&name, text) }
}

/// The title that was being typed when the app was closed.
pub(crate) fn draft() -> String {
    dom::remembered(DRAFT).unwrap_or_default()
}

pub(crate) fn keep_draft(title: &str) {
    dom::remember(DRAFT, title);
}

pub(crate) fn forget_draft() {
    dom::forget(DRAFT);
}

/// Forgets everything that was being written, and what was used lately.
pub(crate) fn forget_drafts() {
    forget_draft();
    recent::forget();
    dom::forget_all(COMMENT);
}

impl Ui {
    pub(crate) fn new() -> Self {
        Self {
            cursor: RwSignal::new(None),
            reveal: RwSignal::new(None),
            editing: RwSignal::new(None),
            selection: RwSignal::new(Vec::new()),
            anchor: StoredValue::new(None),
            menus: Menus::new(),
            toasts: RwSignal::new(Vec::new()),
            new_task: RwSignal::new(None),
            new_project: RwSignal::new(false),
            naming: RwSignal::new(None),
            all_places: RwSignal::new(false),
            announced: RwSignal::new(String::new()),
            inviting: RwSignal::new(false),
            palette: RwSignal::new(false),
            shortcuts: RwSignal::new(false),
            outbox: RwSignal::new(false),
            sidebar: RwSignal::new(false),
        }
    }

    pub(crate) fn clear(&self) {
        self.menus.close();
        self.cursor.set(None);
        self.editing.set(None);
        self.selection.update(Vec::clear);
        self.toasts.update(Vec::clear);
        self.new_task.set(None);
        self.naming.set(None);
        self.announced.update(String::clear);
        let open = [self.new_project, self.inviting, self.palette, self.shortcuts, self.outbox, self.sidebar];
        for open in open.into_iter().chain([self.all_places]) {
            open.set(false);
        }
    }

    pub(crate) fn toast(&self, toast: Toast) {
        self.toasts.update(|toasts| {
            // What only tells something gives way; of what can be taken back here, the last two stay. The others can
            // be by key.
            toasts.retain(|(_, toast)| toast.change.is_some());
            if toasts.len() == 2 {
                toasts.remove(0);
            }
            let id = toasts.last().map_or(0, |(id, _)| id.wrapping_add(1));
            toasts.push((id, toast));
        });
    }

    /// A change is taken back: its toast has nothing to offer any more.
    pub(crate) fn forget_toast(&self, change: u32) {
        self.toasts.maybe_update(|toasts| {
            let before = toasts.len();
            toasts.retain(|(_, toast)| toast.change != Some(change));
            toasts.len() != before
        });
    }

    /// A message without anything to take back.
    pub(crate) fn say(&self, text: &str) {
        self.toast(Toast { text: text.to_owned(), change: None });
    }
}
