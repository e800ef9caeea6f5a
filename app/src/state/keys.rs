//! The keyboard: single keys that act on the task under the cursor, while nothing takes text.

use leptos::ev;
use leptos::prelude::*;
use shared::ids::TaskId;
use shared::workflow::Status;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use crate::dom;
use crate::route::Route;
use crate::state::App;
use crate::state::changes::Edit;
use crate::state::ui::{Menu, Preset, Subject};

impl App {
    pub(crate) fn start_keyboard(self) {
        let _ = window_event_listener(ev::keydown, move |event| {
            if self.press(&event) {
                event.prevent_default();
            }
        });
    }

    /// Acts on a key; says whether it did.
    fn press(self, event: &KeyboardEvent) -> bool {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let typing = target.as_ref().is_some_and(dom::takes_text);
        if event.default_prevented() || event.is_composing() || typing || self.is_covered() {
            return false;
        }
        let command = event.ctrl_key() || event.meta_key();
        match (event.key().as_str(), command) {
            ("z" | "Z", true) => self.undo_or_redo(event.shift_key()),
            ("Enter", true) => self.toggle_done(),
            (key, false) if !event.alt_key() => self.single_key(key, event.shift_key(), target.as_ref()),
            _ => false,
        }
    }

    /// Whether a layer over the page has the keyboard.
    fn is_covered(self) -> bool {
        !self.route.with_untracked(Route::is_workspace)
            || self.ui.menus.open.with_untracked(Option::is_some)
            || dom::query(":modal, :popover-open").is_some()
    }

    fn single_key(self, key: &str, shift: bool, target: Option<&Element>) -> bool {
        match key {
            "c" => self.new_task(Preset::default()),
            "j" => self.step(1),
            "k" => self.step(-1),
            "z" | "Z" => self.undo_or_redo(shift),
            "Escape" => self.escape(),
            "Enter" => {
                let on_control =
                    target.is_some_and(|target| target.closest("a, button, input").ok().flatten().is_some());
                !on_control && self.on_cursor(|id| self.go(Route::Task(id)))
            }
            "e" | "F2" => self.on_cursor(|id| self.ui.editing.set(Some(id))),
            "x" => self.on_cursor(|id| self.toggle_selected(id)),
            "s" => self.open_menu(Menu::Status),
            "p" => self.open_menu(Menu::Priority),
            "a" => self.open_menu(Menu::Assignees),
            "l" => self.open_menu(Menu::Tags),
            "d" => self.open_menu(Menu::Due),
            _ => false,
        }
    }

    fn on_cursor(self, then: impl FnOnce(TaskId)) -> bool {
        let id = self.ui.cursor.get_untracked().filter(|id| self.tasks.item(*id).is_some());
        id.map(then).is_some()
    }

    /// Opens the dialog for a new task, in the project that is shown.
    pub(crate) fn new_task(self, preset: Preset) -> bool {
        let project = preset.project.or(self.tasks.scope.get_untracked());
        self.ui.new_task.set(Some(Preset { project, ..preset }));
        true
    }

    fn undo_or_redo(self, redo: bool) -> bool {
        if redo {
            self.redo();
        } else {
            self.undo(None);
        }
        true
    }

    fn step(self, by: isize) -> bool {
        let cursor = self.ui.cursor.get_untracked();
        let next = self.tasks.groups().with_untracked(|groups| {
            let order: Vec<TaskId> = groups.in_order().collect();
            let place = cursor.and_then(|cursor| order.iter().position(|id| *id == cursor));
            match place {
                None => order.first().copied(),
                Some(place) => place.checked_add_signed(by).and_then(|next| order.get(next).copied()),
            }
        });
        let Some(next) = next else { return false };
        self.ui.cursor.set(Some(next));
        self.ui.reveal.set(Some(next));
        if matches!(self.route.get_untracked(), Route::Task(_)) {
            self.go_instead(Route::Task(next));
        }
        true
    }

    /// Done, or open again: one key, one click.
    pub(crate) fn toggle_done_of(self, id: TaskId) {
        if let Some(task) = self.tasks.task(id) {
            let status = if task.status.is_closed() { Status::Todo } else { Status::Done };
            self.edit(&[id], &Edit::Status(status));
        }
    }

    fn toggle_done(self) -> bool {
        self.on_cursor(|id| self.toggle_done_of(id))
    }

    pub(crate) fn toggle_selected(self, id: TaskId) {
        self.ui.selection.update(|selection| match selection.iter().position(|other| *other == id) {
            Some(place) => drop(selection.remove(place)),
            None => selection.push(id),
        });
    }

    fn escape(self) -> bool {
        if self.ui.sidebar.get_untracked() {
            self.ui.sidebar.set(false);
        } else if self.ui.outbox.get_untracked() {
            self.ui.outbox.set(false);
        } else if matches!(self.route.get_untracked(), Route::Task(_)) {
            self.close_task();
        } else if !self.ui.selection.with_untracked(Vec::is_empty) {
            self.ui.selection.update(Vec::clear);
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

    fn open_menu(self, menu: Menu) -> bool {
        self.on_cursor(|id| {
            if let Some(anchor) = control_of(id, menu) {
                self.ui.menus.show(menu, Subject::Task(id), anchor);
            }
        })
    }
}

/// The control on the screen that opens a menu of a task, or the nearest thing to it.
fn control_of(id: TaskId, menu: Menu) -> Option<HtmlElement> {
    let name = menu_name(menu);
    let task = format!("[data-task=\"{id}\"]");
    dom::query_visible(&format!("{task} [data-menu={name}]"))
        .or_else(|| dom::query_visible(&format!("{task} [data-menu=actions]")))
        .or_else(|| dom::query_visible(&task))
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
        Menu::Actions | Menu::Workspace => "actions",
    }
}
