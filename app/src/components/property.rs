//! A property of a task as a button that says its value and opens the way to change it.

use leptos::prelude::*;
use shared::date::Date;
use shared::ids::{ProjectId, UserId};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, MouseEvent};

use crate::components::avatar::{avatar, nobody};
use crate::components::icon::{icon, priority_icon, status_icon};
use crate::components::menu_layer::role;
use crate::components::tag;
use crate::dates::{self, When};
use crate::i18n as t;
use crate::state::selection::menu_name;
use crate::state::ui::{Menu, Menus, Subject};
use shared::workflow::{Priority, Status};

/// Opens a menu at the button that was pressed.
pub(crate) fn opens(menus: Menus, menu: Menu, subject: Subject) -> impl Fn(MouseEvent) + Copy + 'static {
    move |event| {
        if let Some(anchor) = event.current_target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) {
            menus.show(menu, subject, anchor);
        }
    }
}

/// The value of `data-when`: only what is not done can be late.
pub(crate) fn when_mark(due: Date, closed: bool) -> Option<&'static str> {
    if closed { None } else { dates::when(due).mark() }
}

/// What a property's button shows and opens. One type for all of them, and so one piece of code.
struct Property {
    name: &'static str,
    /// `None` where the task has none.
    value: Signal<Option<String>>,
    /// What is shown of none.
    none: &'static str,
    icon: Box<dyn Fn() -> AnyView + Send>,
    /// The value of `data-when`.
    mark: Option<Signal<Option<&'static str>>>,
    menu: Menu,
}

impl Property {
    fn new(
        name: &'static str,
        value: Signal<Option<String>>,
        menu: Menu,
        icon: Box<dyn Fn() -> AnyView + Send>,
    ) -> Self {
        Self { name, value, none: t::nothing(), icon, mark: None, menu }
    }

    fn button(self, menus: Menus, subject: Subject) -> AnyView {
        let Self { name, value, none, icon, mark, menu } = self;
        let said = move |none: &str| value.get().unwrap_or_else(|| none.to_owned());
        view! {
            <button
                class="prop-btn"
                type="button"
                aria-label=move || t::property(name, &said(t::nothing()))
                aria-haspopup=role(menu)
                data-menu=menu_name(menu)
                on:click=opens(menus, menu, subject)
            >
                {icon}
                <span
                    class="prop-value"
                    dir="auto"
                    data-when=move || mark.and_then(|mark| mark.get())
                    data-none=move || value.with(Option::is_none).then_some("")
                >
                    {move || said(none)}
                </span>
            </button>
        }
        .into_any()
    }
}

pub(crate) fn status_button(status: Signal<Status>, menus: Menus, subject: Subject) -> AnyView {
    let value = Signal::derive(move || Some(t::status_name(status.get()).to_owned()));
    let icon = Box::new(move || status_icon(status.get()));
    Property::new(t::status(), value, Menu::Status, icon).button(menus, subject)
}

pub(crate) fn priority_button(priority: Signal<Priority>, menus: Menus, subject: Subject) -> AnyView {
    let value = Signal::derive(move || Some(t::priority_name(priority.get()).to_owned()));
    let icon = Box::new(move || priority_icon(priority.get()));
    Property::new(t::priority(), value, Menu::Priority, icon).button(menus, subject)
}

/// The people that a task is given to.
pub(crate) fn assignees_button(people: Signal<Vec<(UserId, String)>>, menus: Menus, subject: Subject) -> AnyView {
    let value = Signal::derive(move || {
        people.with(|people| (!people.is_empty()).then(|| t::list(people.iter().map(|(_, name)| name))))
    });
    let avatars = Box::new(move || {
        people.with(|people| match people.as_slice() {
            [] => nobody(),
            people => people.iter().map(|(id, name)| avatar(Some(*id), name)).collect_view().into_any(),
        })
    });
    Property::new(t::assignees(), value, Menu::Assignees, avatars).button(menus, subject)
}

/// A due date, with whether it still matters; `none` is what stands for none.
pub(crate) fn due_button(
    due: Signal<(Option<Date>, bool)>,
    none: &'static str,
    menus: Menus,
    subject: Subject,
) -> AnyView {
    let mark = Signal::derive(move || due.with(|(due, closed)| when_mark((*due)?, *closed)));
    let icon = Box::new(move || icon(if mark.get() == When::Late.mark() { "#i-warning" } else { "#i-calendar" }));
    let value = Signal::derive(move || due.with(|(due, _)| due.map(dates::short)));
    let property = Property::new(t::due_date(), value, Menu::Due, icon);
    Property { none, mark: Some(mark), ..property }.button(menus, subject)
}

pub(crate) fn start_button(value: Signal<Option<String>>, menus: Menus, subject: Subject) -> AnyView {
    Property::new(t::start_date(), value, Menu::Start, Box::new(|| icon("#i-calendar"))).button(menus, subject)
}

/// The project, and the way to another one.
pub(crate) fn project_button(
    project: Signal<ProjectId>,
    name: Signal<Option<String>>,
    menus: Menus,
    subject: Subject,
) -> AnyView {
    let glyph = move || view! { <span class="nav-glyph">{tag::glyph(project.get().0.as_bytes())}</span> }.into_any();
    Property::new(t::project(), name, Menu::Project, Box::new(glyph)).button(menus, subject)
}

/// The task that one is a part of.
pub(crate) fn parent_button(title: Signal<Option<String>>, menus: Menus, subject: Subject) -> AnyView {
    Property::new(t::parent(), title, Menu::Parent, Box::new(|| icon("#i-subtasks"))).button(menus, subject)
}
