//! Stepping through the tasks that are shown, selecting them, and what is done to those at hand: the selected ones, or
//! else the one that is open or under the cursor.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::ids::{ProjectId, TaskId};
use shared::query::group::Heading;
use shared::workflow::Status;
use web_sys::HtmlElement;

use crate::look::{Layout, Look};
use crate::route::{Page, Route};
use crate::state::App;
use crate::state::changes::Edit;
use crate::state::order::sort_by;
use crate::state::ui::{Menu, Preset, Subject};
use crate::{dom, i18n as t};

impl App {
    /// Opens the dialog for a new task, in the project that is shown.
    pub(crate) fn new_task(self, preset: Preset) -> bool {
        let project = preset.project.or(self.tasks.scope.get_untracked());
        self.ui.new_task.set(Some(Preset { project, ..preset }));
        true
    }

    /// The tasks that are shown, from the first to the last.
    fn shown(self) -> Vec<TaskId> {
        if self.search.words.with_untracked(Option::is_some) {
            return self.search.shown.with_untracked(|shown| shown.iter().map(|found| found.id).collect());
        }
        self.tasks.groups().with_untracked(|groups| groups.in_order().collect())
    }

    /// The task under the cursor, if it is there.
    pub(crate) fn on_cursor(self, then: impl FnOnce(TaskId)) -> bool {
        let id = self.ui.cursor.get_untracked().filter(|id| self.tasks.item(*id).is_some());
        id.map(then).is_some()
    }

    /// The tasks that an action is about.
    pub(crate) fn at_hand(self) -> Vec<TaskId> {
        let mut ids = self.ui.selection.get_untracked();
        if ids.is_empty() {
            self.on_cursor(|id| ids.push(id));
        }
        ids
    }

    pub(crate) fn step(self, by: isize) -> bool {
        let cursor = self.ui.cursor.get_untracked();
        let order = self.shown();
        let place = cursor.and_then(|cursor| order.iter().position(|id| *id == cursor));
        let next = match place {
            None => order.first().copied(),
            Some(place) => place.checked_add_signed(by).and_then(|next| order.get(next).copied()),
        };
        let Some(next) = next else { return false };
        self.ui.cursor.set(Some(next));
        self.ui.reveal.set(Some(next));
        if matches!(self.route.get_untracked(), Route::Task(_)) {
            self.go_instead(Route::Task(next));
        }
        true
    }

    pub(crate) fn open_at_cursor(self) -> bool {
        self.on_cursor(|id| self.go(Route::Task(id)))
    }

    pub(crate) fn toggle_selected(self, id: TaskId) {
        self.ui.anchor.set_value(Some(id));
        self.ui.selection.update(|selection| match selection.iter().position(|other| *other == id) {
            Some(place) => drop(selection.remove(place)),
            None => selection.push(id),
        });
    }

    /// Selects everything from the task that was selected last, or is under the cursor, to this one.
    pub(crate) fn select_to(self, id: TaskId) {
        let order = self.shown();
        let place = |id: Option<TaskId>| order.iter().position(|other| Some(*other) == id);
        let from = place(self.ui.anchor.get_value()).or_else(|| place(self.ui.cursor.get_untracked()));
        let Some(to) = place(Some(id)) else { return };
        let from = from.unwrap_or(to);
        self.select(&order[from.min(to)..=from.max(to)]);
        self.ui.anchor.set_value(Some(id));
        self.ui.cursor.set(Some(id));
    }

    fn select(self, ids: &[TaskId]) {
        self.ui.selection.update(|selection| {
            let known = sorted(selection.clone());
            selection.extend(ids.iter().filter(|id| known.binary_search(id).is_err()));
        });
    }

    /// Selects the task under the cursor and the next one, and goes there.
    pub(crate) fn select_on(self, by: isize) -> bool {
        self.on_cursor(|id| self.select(&[id]));
        let went = self.step(by);
        self.on_cursor(|id| {
            self.select(&[id]);
            self.ui.anchor.set_value(Some(id));
        });
        went
    }

    pub(crate) fn select_all(self) -> bool {
        self.select(&self.shown());
        true
    }

    /// Selects a whole group, or, if it is, none of it.
    pub(crate) fn toggle_group(self, heading: &Heading) {
        let group = self.tasks.groups().with_untracked(|groups| groups.of(heading).to_vec());
        if self.has_selected(&group) {
            self.ui.selection.update(|selection| {
                let group = sorted(group);
                selection.retain(|id| group.binary_search(id).is_err());
            });
        } else {
            self.select(&group);
        }
    }

    /// Whether all of these are selected.
    fn has_selected(self, ids: &[TaskId]) -> bool {
        self.ui.selection.with(|selection| {
            let selection = sorted(selection.clone());
            ids.iter().all(|id| selection.binary_search(id).is_ok())
        })
    }

    pub(crate) fn has_selected_group(self, heading: &Heading) -> bool {
        self.tasks.groups().with(|groups| self.has_selected(groups.of(heading)))
    }

    pub(crate) fn select_group_of_cursor(self) -> bool {
        self.on_cursor(|id| {
            if let Some(heading) = self.heading_of(id) {
                self.toggle_group(&heading);
            }
        })
    }

    pub(crate) fn clear_selection(self) {
        self.ui.anchor.set_value(None);
        self.ui.selection.update(Vec::clear);
    }

    /// Done, or open again: one key, one click.
    pub(crate) fn toggle_done_of(self, ids: &[TaskId]) {
        let closed = |id: &TaskId| self.tasks.task(*id).is_none_or(|task| task.status.is_closed());
        let status = if ids.iter().all(closed) { Status::Todo } else { Status::Done };
        self.edit(ids, &Edit::Status(status));
    }

    pub(crate) fn toggle_done(self) -> bool {
        let ids = self.at_hand();
        self.toggle_done_of(&ids);
        !ids.is_empty()
    }

    /// Edits the title in the open task if it is this one, else in its row.
    pub(crate) fn edit_title(self, id: TaskId) {
        if self.route.get_untracked() == Route::Task(id) {
            if let Some(title) = dom::query(".panel-title") {
                dom::focus(&title);
            }
        } else {
            self.ui.editing.set(Some(id));
        }
    }

    pub(crate) fn copy_link(self, id: TaskId) {
        let link = format!("{}{}", dom::origin(), Route::Task(id).href());
        spawn_local(async move {
            if dom::copy(&link).await {
                self.ui.say(t::link_copied());
            }
        });
    }

    /// Moves tasks to another project, each with its parts.
    pub(crate) fn move_to_project(self, ids: &[TaskId], project: ProjectId) {
        let mut all: Vec<TaskId> = Vec::with_capacity(ids.len());
        for id in ids {
            all.extend(self.tasks.with_parts(*id));
        }
        let mut all = sorted(all);
        all.dedup();
        self.edit(&all, &Edit::Project(project));
    }

    /// Deletes tasks; the list takes the place of one that is open.
    pub(crate) fn delete(self, ids: &[TaskId]) {
        self.edit(ids, &Edit::Delete);
        self.ui.selection.update(|selection| selection.retain(|id| !ids.contains(id)));
        if matches!(self.route.get_untracked(), Route::Task(open) if ids.contains(&open)) {
            self.go(untrack(|| self.list_route()));
        }
    }

    pub(crate) fn delete_at_hand(self) -> bool {
        let ids = self.at_hand();
        self.delete(&ids);
        !ids.is_empty()
    }

    /// Closes the topmost of what is open; then clears the selection.
    pub(crate) fn escape(self) -> bool {
        if self.ui.sidebar.get_untracked() {
            self.ui.sidebar.set(false);
        } else if self.ui.outbox.get_untracked() {
            self.ui.outbox.set(false);
        } else if matches!(self.route.get_untracked(), Route::Task(_)) {
            self.close_task();
        } else if !self.ui.selection.with_untracked(Vec::is_empty) {
            self.clear_selection();
        } else {
            return false;
        }
        true
    }

    /// Brings the cursor's row back into the focus when the list has moved it: without, the keyboard would begin at
    /// the top of the page again.
    pub(crate) fn keep_focus(self) {
        dom::after_paint(move || {
            if dom::focus_is_lost()
                && let Some(row) = self.ui.cursor.get_untracked()
            {
                self.ui.reveal.set(Some(row));
            }
        });
    }

    /// Back to the list, with the cursor on the task that was open.
    pub(crate) fn close_task(self) {
        self.go(untrack(|| self.list_route()));
        self.ui.reveal.set(self.ui.cursor.get_untracked());
    }

    /// Shows the same tasks in a form; a list that is shown already becomes that of all tasks.
    pub(crate) fn show_as(self, layout: Layout) -> bool {
        let searches = self.search.words.with_untracked(Option::is_some);
        let is_list = self.views.look.with_untracked(|look| look.layout == Layout::List);
        if searches || (is_list && layout == Layout::List) {
            self.go_to(Route::Tasks, Look { layout, ..Look::default() }, false);
        } else {
            self.look(&|look| look.layout = layout);
        }
        true
    }

    /// Today in the calendar, if that is shown, or else what is due.
    pub(crate) fn go_to_today(self) -> bool {
        if self.views.look.with_untracked(|look| look.layout == Layout::Calendar) {
            self.look(&|look| look.day = None);
        } else {
            self.go(Route::Page(Page::Today));
        }
        true
    }

    pub(crate) fn open_filters(self) -> bool {
        let button = dom::query_visible(".toolbar [data-menu=filter]");
        button.map(|button| self.ui.menus.show(Menu::Filters, Subject::Workspace, button)).is_some()
    }

    /// Opens a menu for the tasks at hand, at the control that shows what it changes.
    pub(crate) fn open_menu(self, menu: Menu) -> bool {
        let selected = !self.ui.selection.with_untracked(Vec::is_empty);
        if selected && let Some(anchor) = control(".bulk", menu) {
            self.ui.menus.show(menu, Subject::Selection, anchor);
            return true;
        }
        self.on_cursor(|id| {
            let task = format!("[data-task=\"{id}\"]");
            if let Some(anchor) = control(&task, menu) {
                self.ui.menus.show(menu, Subject::Task(id), anchor);
            }
        })
    }
}

fn sorted(mut ids: Vec<TaskId>) -> Vec<TaskId> {
    sort_by(&mut ids, &Ord::cmp);
    ids
}

/// The control on the screen that opens a menu, or the nearest thing to it.
fn control(within: &str, menu: Menu) -> Option<HtmlElement> {
    dom::query_visible(&format!("{within} [data-menu={}]", menu_name(menu)))
        .or_else(|| dom::query_visible(&format!("{within} [data-menu=actions]")))
        .or_else(|| dom::query_visible(within))
}

/// What `data-menu` says on a control that opens a menu.
pub(crate) fn menu_name(menu: Menu) -> &'static str {
    match menu {
        Menu::Status => "status",
        Menu::Priority => "priority",
        Menu::Assignees => "assignees",
        Menu::Due => "due",
        Menu::Start => "start",
        Menu::Tags => "tags",
        Menu::Project => "project",
        Menu::Parent => "parent",
        _ => "actions",
    }
}
