//! The items of the menus.

use leptos::prelude::*;
use shared::ids::TaskId;
use shared::workflow::{Priority, Status};

use crate::components::icon::{icon, priority_icon, status_icon};
use crate::components::menu_layer::MenuTarget;
use crate::i18n as t;
use crate::state::changes::Edit;
use crate::state::ui::Menu;
use crate::state::use_app;

/// One of several values.
fn choice(icon: AnyView, name: &'static str, checked: Signal<bool>, on_click: Box<dyn Fn()>) -> AnyView {
    checkable("menuitemradio", icon, name.to_owned(), checked, on_click)
}

/// A value that is chosen or not; `role` says whether others are then given up.
pub(crate) fn checkable(
    role: &'static str,
    icon: AnyView,
    name: String,
    checked: Signal<bool>,
    on_click: Box<dyn Fn()>,
) -> AnyView {
    view! {
        <button
            class="menu-item"
            type="button"
            role=role
            aria-checked=move || if checked.get() { "true" } else { "false" }
            on:click=move |_| on_click()
        >
            {icon}
            <span class="menu-text" dir="auto">{name}</span>
        </button>
    }
    .into_any()
}

/// Something to do; with the key that does it too.
pub(crate) fn action(href: &'static str, name: &'static str, key: &'static str, on_click: Box<dyn Fn()>) -> AnyView {
    view! {
        <button class="menu-item" type="button" role="menuitem" on:click=move |_| on_click()>
            {icon(href)}
            {name}
            {(!key.is_empty()).then(|| view! { <kbd class="hide-phone" aria-hidden="true">{key}</kbd> })}
        </button>
    }
    .into_any()
}

#[component]
pub(crate) fn StatusItems(target: MenuTarget) -> impl IntoView {
    Status::ALL
        .map(|status| {
            let checked = Signal::derive(move || target.values.with(|values| values.status == Some(status)));
            choice(
                status_icon(status),
                t::status_name(status),
                checked,
                Box::new(move || target.choose(Edit::Status(status))),
            )
        })
        .collect_view()
}

#[component]
pub(crate) fn PriorityItems(target: MenuTarget) -> impl IntoView {
    let items = Priority::ALL.iter().rev().map(|priority| {
        let priority = *priority;
        let checked = Signal::derive(move || target.values.with(|values| values.priority == Some(priority)));
        let choose = Box::new(move || target.choose(Edit::Priority(priority)));
        choice(priority_icon(priority), t::priority_name(priority), checked, choose)
    });
    items.collect_view()
}

/// Everything that can be done with a task, for those who use neither the keys nor the row's small controls.
#[component]
pub(crate) fn ActionItems(id: TaskId, target: MenuTarget) -> impl IntoView {
    let app = use_app();
    let switch = move |menu| -> Box<dyn Fn()> { Box::new(move || target.menus.switch(menu)) };
    if app.tasks.task(id).is_some_and(|task| task.deleted) {
        return action("#i-restore", t::restore(), "", Box::new(move || target.choose(Edit::Restore)));
    }
    let closed = target.values.with_untracked(|values| values.status.is_some_and(Status::is_closed));
    let toggle = move || {
        target.close();
        app.toggle_done_of(&[id]);
    };
    let edit_title = move || {
        drop(target.menus.close());
        app.edit_title(id);
    };
    let copy = move || {
        target.close();
        app.copy_link(id);
    };
    let delete = move || {
        target.close();
        app.delete(&[id]);
    };
    vec![
        action("#i-edit", t::edit_title(), "E", Box::new(edit_title)),
        action("#i-s-todo", t::status(), "S", switch(Menu::Status)),
        action("#i-p-high", t::priority(), "P", switch(Menu::Priority)),
        action("#i-mine", t::assignees(), "A", switch(Menu::Assignees)),
        action("#i-calendar", t::due_date(), "D", switch(Menu::Due)),
        action("#i-tag", t::tags(), "L", switch(Menu::Tags)),
        action("#i-list", t::move_to_project(), "", switch(Menu::Project)),
        action("#i-board", t::move_to_section(), "", switch(Menu::Section)),
        action("#i-subtasks", t::move_to_parent(), "", switch(Menu::Parent)),
        view! { <hr /> }.into_any(),
        if closed {
            action("#i-restore", t::reopen(), "", Box::new(toggle))
        } else {
            action("#i-check", t::mark_done(), "", Box::new(toggle))
        },
        action("#i-link", t::copy_link(), "", Box::new(copy)),
        action("#i-trash", t::delete(), "", Box::new(delete)),
    ]
    .into_any()
}

#[component]
pub(crate) fn WorkspaceItems(target: MenuTarget) -> impl IntoView {
    let app = use_app();
    let who = app.account.with_untracked(|account| account.as_ref().map(|account| account.email.clone()));
    let invite = move || {
        target.close();
        app.ui.inviting.set(true);
    };
    let shortcuts = move || {
        target.close();
        app.ui.shortcuts.set(true);
    };
    let sign_out = move || {
        target.close();
        app.sign_out();
    };
    vec![
        view! { <p class="menu-note">{who}</p> }.into_any(),
        action("#i-people", t::invite(), "", Box::new(invite)),
        action("#i-keyboard", t::shortcuts(), "?", Box::new(shortcuts)),
        view! { <hr /> }.into_any(),
        action("#i-out", t::sign_out(), "", Box::new(sign_out)),
    ]
    .into_any()
}
