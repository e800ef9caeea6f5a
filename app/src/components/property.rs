//! A property of a task as a button that says its value and opens the way to change it.

use leptos::prelude::*;
use shared::date::Date;
use shared::ids::{ProjectId, UserId};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, MouseEvent};

use crate::components::avatar::{avatar, nobody};
use crate::components::icon::{icon, priority_icon, status_icon};
use crate::components::tag;
use crate::dates::{self, When};
use crate::i18n as t;
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

/// A property whose value may be missing.
fn button(
    name: &'static str,
    value: impl Fn() -> Option<String> + Copy + Send + Sync + 'static,
    icon: impl Fn() -> AnyView + Send + 'static,
    attributes: (&'static str, &'static str),
    on_click: impl Fn(MouseEvent) + 'static,
) -> AnyView {
    let (menu, popup) = attributes;
    let said = move || value().unwrap_or_else(|| t::nothing().to_owned());
    view! {
        <button
            class="prop-btn"
            type="button"
            aria-label=move || t::property(name, &said())
            aria-haspopup=popup
            data-menu=menu
            on:click=on_click
        >
            {icon}
            <span class="prop-value" dir="auto" data-none=move || value().is_none().then_some("")>{said}</span>
        </button>
    }
    .into_any()
}

pub(crate) fn status_button(status: Signal<Status>, menus: Menus, subject: Subject) -> AnyView {
    let value = move || Some(t::status_name(status.get()).to_owned());
    let open = opens(menus, Menu::Status, subject);
    button(t::status(), value, move || status_icon(status.get()), ("status", "menu"), open)
}

pub(crate) fn priority_button(priority: Signal<Priority>, menus: Menus, subject: Subject) -> AnyView {
    let value = move || Some(t::priority_name(priority.get()).to_owned());
    let open = opens(menus, Menu::Priority, subject);
    button(t::priority(), value, move || priority_icon(priority.get()), ("priority", "menu"), open)
}

/// The people that a task is given to.
pub(crate) fn assignees_button(people: Signal<Vec<(UserId, String)>>, menus: Menus, subject: Subject) -> AnyView {
    let value =
        move || people.with(|people| (!people.is_empty()).then(|| t::list(people.iter().map(|(_, name)| name))));
    let avatars = move || {
        people.with(|people| match people.as_slice() {
            [] => nobody(),
            people => people.iter().map(|(id, name)| avatar(Some(*id), name)).collect_view().into_any(),
        })
    };
    button(t::assignees(), value, avatars, ("assignees", "menu"), opens(menus, Menu::Assignees, subject))
}

pub(crate) fn start_button(start: Signal<Option<Date>>, menus: Menus, subject: Subject) -> AnyView {
    let value = move || start.get().map(dates::short);
    let open = opens(menus, Menu::Start, subject);
    button(t::start_date(), value, || icon("#i-calendar"), ("start", "dialog"), open)
}

/// The project, and the way to another one.
pub(crate) fn project_button(project: Signal<(ProjectId, Option<String>)>, menus: Menus, subject: Subject) -> AnyView {
    let value = move || project.get().1;
    let glyph = move || view! { <span class="nav-glyph">{tag::glyph(project.get().0.0.as_bytes())}</span> }.into_any();
    button(t::project(), value, glyph, ("project", "menu"), opens(menus, Menu::Project, subject))
}

/// The task that one is a part of.
pub(crate) fn parent_button(parent: Signal<Option<String>>, menus: Menus, subject: Subject) -> AnyView {
    let open = opens(menus, Menu::Parent, subject);
    button(t::parent(), move || parent.get(), || icon("#i-subtasks"), ("parent", "dialog"), open)
}

/// A due date, with whether it still matters; `none` is what stands for none.
pub(crate) fn due_button(
    due: Signal<(Option<Date>, bool)>,
    none: &'static str,
    menus: Menus,
    subject: Subject,
) -> AnyView {
    let mark = move || due.with(|(due, closed)| when_mark((*due)?, *closed));
    let value = move |none: &str| due.with(|(due, _)| due.map_or_else(|| none.to_owned(), dates::short));
    let absent = move || due.with(|(due, _)| due.is_none()).then_some("");
    view! {
        <button
            class="prop-btn"
            type="button"
            aria-label=move || t::property(t::due_date(), &value(t::nothing()))
            aria-haspopup="dialog"
            data-menu="due"
            on:click=opens(menus, Menu::Due, subject)
        >
            {move || icon(if mark() == When::Late.mark() { "#i-warning" } else { "#i-calendar" })}
            <span class="prop-value" data-when=mark data-none=absent>{move || value(none)}</span>
        </button>
    }
    .into_any()
}
