//! The layer in which menus open: a popover of the platform beside the control it belongs to, closed by Escape, by a
//! press elsewhere, or by a choice; then the focus returns to the control.

use std::collections::BTreeSet;

use js_sys::Reflect;
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, Node};

use crate::components::day_editor::{Day, DayEditor};
use crate::components::menu_items::{ActionItems, PriorityItems, StatusItems, WorkspaceItems};
use crate::components::move_menus::{ParentEditor, ProjectItems};
use crate::components::people_menu::AssigneeItems;
use crate::components::tag_editor::TagEditor;
use crate::components::{place_menus, view_menus};
use crate::state::changes::Edit;
use crate::state::ui::{Menu, Menus, OpenMenu, Subject};
use crate::state::{App, use_app};
use crate::{dom, i18n as t};
use shared::date::Date;
use shared::ids::{ProjectId, UserId};
use shared::register::Tag;
use shared::task::TaskView;
use shared::workflow::{Priority, Status};

/// The values that a menu shows as chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Values {
    pub(crate) status: Option<Status>,
    pub(crate) priority: Option<Priority>,
    pub(crate) assignees: BTreeSet<UserId>,
    pub(crate) due: Option<Date>,
    pub(crate) start: Option<Date>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) project: Option<ProjectId>,
}

impl Values {
    pub(crate) fn of(task: &TaskView) -> Self {
        Self {
            status: Some(task.status),
            priority: Some(task.priority),
            assignees: task.assignees.clone(),
            due: task.due,
            start: task.start,
            tags: task.tags.clone(),
            project: Some(task.project),
        }
    }

    /// What several tasks have in common; of tags, all that any of them has, so that they can be taken off.
    fn of_all(tasks: impl Iterator<Item = TaskView>) -> Self {
        let mut common: Option<Self> = None;
        for task in tasks {
            let own = Self::of(&task);
            match &mut common {
                None => common = Some(own),
                Some(common) => common.meet(own),
            }
        }
        common.unwrap_or_default()
    }

    fn meet(&mut self, other: Self) {
        self.status = self.status.filter(|status| other.status == Some(*status));
        self.priority = self.priority.filter(|priority| other.priority == Some(*priority));
        self.assignees.retain(|who| other.assignees.contains(who));
        self.due = self.due.filter(|due| other.due == Some(*due));
        self.start = self.start.filter(|start| other.start == Some(*start));
        self.project = self.project.filter(|project| other.project == Some(*project));
        for tag in other.tags {
            self.put_on(tag);
        }
    }

    fn put_on(&mut self, tag: Tag) {
        if let Err(place) = self.tags.binary_search(&tag) {
            self.tags.insert(place, tag);
        }
    }

    /// What they are after a choice.
    pub(crate) fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::Status(status) => self.status = Some(*status),
            Edit::Priority(priority) => self.priority = Some(*priority),
            Edit::Due(due) => self.due = *due,
            Edit::Start(start) => self.start = *start,
            Edit::Assign(who, true) => self.assignees.extend([*who]),
            Edit::Assign(who, false) => self.assignees.retain(|other| other != who),
            Edit::Tags { add, remove } => {
                self.tags.retain(|tag| !remove.contains(tag));
                for tag in add {
                    self.put_on(tag.clone());
                }
            }
            // What such a menu shows as chosen does not change by others.
            _ => {}
        }
    }
}

/// What menus read and what they do.
#[derive(Clone, Copy)]
pub(crate) struct MenuTarget {
    pub(crate) app: App,
    pub(crate) menus: Menus,
    pub(crate) values: Signal<Values>,
    pub(crate) apply: Callback<Edit>,
}

impl MenuTarget {
    /// Applies a choice and closes the menu.
    pub(crate) fn choose(self, edit: Edit) {
        self.close();
        self.apply.run(edit);
    }

    /// Closes the menu and gives the focus back.
    pub(crate) fn close(self) {
        if let Some(before) = self.menus.close() {
            if before.is_connected() && dom::is_visible(&before) {
                dom::focus(&before);
            } else {
                self.app.keep_focus();
            }
        }
    }
}

/// The menus of the page: they act on the task, or on the selected ones.
#[component]
pub(crate) fn PageMenus() -> impl IntoView {
    let app = use_app();
    let menus = app.ui.menus;
    // Of the selected ones it is what they were when the menu opened, and what has been chosen since: thousands are not
    // looked at for each of their changes.
    let selected = RwSignal::new(Values::default());
    let subject = StoredValue::new(None);
    Effect::new(move |_| {
        if let Some(now) = menus.open.with(|open| open.as_ref().map(|open| open.subject)) {
            subject.set_value(Some(now));
            if now == Subject::Selection {
                let ids = app.ui.selection.get_untracked();
                selected.set(Values::of_all(ids.into_iter().filter_map(|id| app.tasks.task(id))));
            }
        }
    });
    let values = Signal::derive(move || match menus.open.with(|open| open.as_ref().map(|open| open.subject)) {
        Some(Subject::Task(id)) => {
            app.tasks.find(id).map_or_else(Values::default, |item| item.with(|item| Values::of(&item.value)))
        }
        Some(Subject::Selection) => selected.get(),
        _ => Values::default(),
    });
    let apply = Callback::new(move |edit: Edit| match subject.get_value() {
        Some(Subject::Task(id)) => app.edit(&[id], &edit),
        Some(Subject::Selection) => {
            selected.update(|values| values.apply(&edit));
            app.edit(&app.ui.selection.get_untracked(), &edit);
        }
        _ => {}
    });
    view! { <MenuLayer target=MenuTarget { app, menus, values, apply } /> }
}

#[component]
pub(crate) fn MenuLayer(target: MenuTarget) -> impl IntoView {
    let open = target.menus.open;
    let layer = NodeRef::<Div>::new();
    let kind = Memo::new(move |_| open.with(|open| open.as_ref().map(|open| (open.menu, open.subject))));
    Effect::new(move |_| {
        let shown = open.get();
        let Some(layer) = layer.get() else { return };
        match shown {
            Some(shown) => show(&layer, &shown),
            // Fails if the browser has closed it already.
            None => drop(layer.hide_popover()),
        }
    });
    let presses = window_event_listener(leptos::ev::pointerdown, move |event| {
        target.menus.press(event.target().and_then(|target| target.dyn_into::<Node>().ok()).as_ref());
    });
    on_cleanup(move || presses.remove());
    let on_toggle = move |event: web_sys::Event| {
        let closed = Reflect::get(&event, &"newState".into()).is_ok_and(|state| state == "closed");
        if closed && open.with_untracked(Option::is_some) {
            target.close();
        }
    };
    let (role, label) =
        (move || kind.get().map(|(menu, _)| role(menu)), move || kind.get().map(|(menu, _)| label(menu)));
    view! {
        <div
            class="menu"
            popover="auto"
            role=role
            aria-label=label
            tabindex="-1"
            node_ref=layer
            on:toggle=on_toggle
            on:keydown=move |event| walk(&event)
        >
            {move || kind.get().map(|(menu, subject)| content(menu, subject, target))}
        </div>
    }
    .into_any()
}

fn content(menu: Menu, subject: Subject, target: MenuTarget) -> AnyView {
    match menu {
        Menu::Status => view! { <StatusItems target /> }.into_any(),
        Menu::Priority => view! { <PriorityItems target /> }.into_any(),
        Menu::Assignees => view! { <AssigneeItems target /> }.into_any(),
        Menu::Due => view! { <DayEditor day=Day::Due target /> }.into_any(),
        Menu::Start => view! { <DayEditor day=Day::Start target /> }.into_any(),
        Menu::Tags => view! { <TagEditor target /> }.into_any(),
        Menu::Project => view! { <ProjectItems subject target /> }.into_any(),
        Menu::Parent | Menu::Actions => {
            let Subject::Task(id) = subject else { return ().into_any() };
            match menu {
                Menu::Parent => view! { <ParentEditor id target /> }.into_any(),
                _ => view! { <ActionItems id target /> }.into_any(),
            }
        }
        Menu::Workspace => view! { <WorkspaceItems target /> }.into_any(),
        Menu::Row | Menu::Glyph => place_menus::content(menu, subject, target),
        _ => view_menus::content(menu, subject, target),
    }
}

/// What kind of layer a menu is, for `role` and `aria-haspopup`.
pub(crate) fn role(menu: Menu) -> &'static str {
    if matches!(menu, Menu::Due | Menu::Start | Menu::Tags | Menu::Parent) { "dialog" } else { "menu" }
}

fn label(menu: Menu) -> &'static str {
    match menu {
        Menu::Status => t::status(),
        Menu::Priority => t::priority(),
        Menu::Assignees => t::assignees(),
        Menu::Due => t::due_date(),
        Menu::Start => t::start_date(),
        Menu::Tags => t::tags(),
        Menu::Project => t::project(),
        Menu::Parent => t::parent(),
        Menu::Actions => t::more_actions(),
        Menu::Workspace => t::app_name(),
        Menu::Move => t::move_to(),
        Menu::Section => t::move_to_section(),
        Menu::Filters => t::filter(),
        Menu::Filter(facet) => t::facet_name(facet),
        Menu::Group => t::group_by(),
        Menu::Sort => t::sort_by(),
        Menu::Row => t::row_actions(),
        Menu::Glyph => t::icon_and_color(),
    }
}

fn show(layer: &HtmlElement, open: &OpenMenu) {
    // Fails if it is shown already, as when one menu leads to another.
    let _ = layer.show_popover();
    place(layer, &open.anchor);
    let (layer, anchor) = (layer.clone(), open.anchor.clone());
    request_animation_frame(move || {
        place(&layer, &anchor);
        // What is chosen, or else what is to be filled in, or else the first.
        let first = ["[aria-checked=true]", "[data-first]", "button"]
            .iter()
            .find_map(|wanted| layer.query_selector(wanted).ok().flatten()?.dyn_into::<HtmlElement>().ok());
        if let Some(first) = first {
            dom::focus(&first);
        }
    });
}

/// Puts a layer below its control, or above it where there is more room, and inside of the window.
pub(crate) fn place(layer: &HtmlElement, anchor: &HtmlElement) {
    const GAP: f64 = 4.0;
    let (size, control) = (layer.get_bounding_client_rect(), anchor.get_bounding_client_rect());
    let length =
        |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|value| value.as_f64()).unwrap_or_default();
    let (width, height) = (length(window().inner_width()), length(window().inner_height()));
    let below = control.bottom() + GAP;
    let above = control.top() - GAP - size.height();
    let top = if below + size.height() <= height - GAP || above < GAP { below } else { above };
    let top = top.min(height - size.height() - GAP).max(GAP);
    let left = control.left().min(width - size.width() - 2.0 * GAP).max(2.0 * GAP);
    let style = layer.style();
    #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
    let pixels = |length: f64| format!("{}px", length as i32);
    let _ = style.set_property("top", &pixels(top));
    let _ = style.set_property("left", &pixels(left));
}

/// Arrow keys, Home and End go through the items of a menu.
fn walk(event: &KeyboardEvent) {
    let Some(menu) = event.current_target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) else { return };
    let Some(items) = menu.query_selector_all("[role^=menuitem]").ok().filter(|items| items.length() > 0) else {
        return;
    };
    let items: Vec<HtmlElement> = (0..items.length()).filter_map(|i| items.get(i)?.dyn_into().ok()).collect();
    let now = items.iter().position(|item| dom::active_element().as_ref() == Some(item));
    let last = items.len() - 1;
    let next = match event.key().as_str() {
        "ArrowDown" => now.map_or(0, |now| if now == last { 0 } else { now + 1 }),
        "ArrowUp" => now.map_or(last, |now| if now == 0 { last } else { now - 1 }),
        "Home" => 0,
        "End" => last,
        _ => return,
    };
    event.prevent_default();
    let _ = items[next].focus();
}
