//! A task in the list: what it is at a glance, and everything that is done to it most.

use engine::view::{Mark, TaskItem};
use leptos::prelude::*;
use shared::ids::TaskId;
use web_sys::{Event, HtmlInputElement, MouseEvent};

use crate::components::changing::text;
use crate::components::glance::{due_text, names, people, progress, talk, unsynced};
use crate::components::icon::{icon, priority_icon, status_icon};
use crate::components::marked::marked;
use crate::components::property::opens;
use crate::components::tag;
use crate::components::title_editor::TitleEditor;
use crate::i18n as t;
use crate::route::Route;
use crate::state::changes::Edit;
use crate::state::search::Found;
use crate::state::ui::{Menu, Subject};
use crate::state::{key_of, use_app};

#[component]
pub(crate) fn TaskRow(
    item: RwSignal<TaskItem>,
    /// Its place in its group, from 1.
    place: Signal<usize>,
    /// How many tasks its group has.
    count: Signal<usize>,
    /// For a row of the search: what it was found by.
    #[prop(optional)]
    found: Option<(String, Found)>,
) -> impl IntoView {
    let app = use_app();
    let id = item.with_untracked(|item| item.value.id);
    let key = Memo::new(move |_| item.with(|item| key_of(&item.value)));
    let closed = move || item.with(|item| item.value.status.is_closed()).then_some("");
    let cursor = move || (app.ui.cursor.get() == Some(id)).then_some("");
    // The browser would open a window.
    let select_to = move |event: MouseEvent| {
        if extends(&event) {
            event.prevent_default();
            app.select_to(id);
        }
    };
    view! {
        <li
            class="task-row"
            data-task=id.to_string()
            data-cursor=cursor
            data-done=closed
            aria-posinset=move || place.get()
            aria-setsize=move || count.get()
            on:focusin=move |_| app.ui.cursor.set(Some(id))
            on:mousedown=move |event| keep_text_unselected(&event)
            on:click=select_to
        >
            <Pick id key />
            <PropertyButtons id item key />
            <Title id item found />
            <span class="end">
                <Details id item />
                <Assignees id item />
                <Done id item key />
            </span>
            <button
                class="icon-btn row-more"
                type="button"
                aria-label=move || t::actions_for(&key.get())
                aria-haspopup="menu"
                data-menu="actions"
                on:click=opens(app.ui.menus, Menu::Actions, Subject::Task(id))
            >
                {icon("#i-more")}
            </button>
        </li>
    }
    .into_any()
}

/// Whether a press goes on with a selection.
fn extends(event: &MouseEvent) -> bool {
    event.shift_key() && event.button() == 0
}

fn keep_text_unselected(event: &MouseEvent) {
    if extends(event) {
        event.prevent_default();
    }
}

#[component]
fn Pick(id: TaskId, key: Memo<String>) -> impl IntoView {
    let app = use_app();
    let ranged = StoredValue::new(false);
    let press = move |event: MouseEvent| {
        if extends(&event) {
            event.stop_propagation();
            ranged.set_value(true);
            app.select_to(id);
        }
    };
    // The browser turns the box over, also at the end of a range.
    let change = move |event: Event| {
        if ranged.try_update_value(std::mem::take) == Some(true) {
            event_target::<HtmlInputElement>(&event).set_checked(true);
        } else {
            app.toggle_selected(id);
        }
    };
    view! {
        <span class="pick">
            <input
                class="check"
                type="checkbox"
                aria-label=move || t::select_task(&key.get())
                prop:checked=move || app.ui.selection.with(|selection| selection.contains(&id))
                on:change=change
                on:click=press
            />
        </span>
    }
    .into_any()
}

#[component]
fn PropertyButtons(id: TaskId, item: RwSignal<TaskItem>, key: Memo<String>) -> impl IntoView {
    let app = use_app();
    let status = move || item.with(|item| item.value.status);
    let priority = move || item.with(|item| item.value.priority);
    view! {
        <button
            class="prop pr"
            type="button"
            aria-haspopup="menu"
            data-menu="priority"
            aria-label=move || t::property(t::priority(), t::priority_name(priority()))
            on:click=opens(app.ui.menus, Menu::Priority, Subject::Task(id))
        >
            {move || priority_icon(priority())}
        </button>
        <span class="key">{move || key.get()}</span>
        <button
            class="prop st"
            type="button"
            aria-haspopup="menu"
            data-menu="status"
            aria-label=move || t::property(t::status(), t::status_name(status()))
            on:click=opens(app.ui.menus, Menu::Status, Subject::Task(id))
        >
            {move || status_icon(status())}
        </button>
    }
    .into_any()
}

#[component]
fn Title(id: TaskId, item: RwSignal<TaskItem>, found: Option<(String, Found)>) -> impl IntoView {
    let app = use_app();
    let editing = Memo::new(move |_| app.ui.editing.get() == Some(id));
    let edit = move |event: MouseEvent| {
        event.prevent_default();
        app.ui.editing.set(Some(id));
    };
    let shown = move || {
        if editing.get() {
            return view! { <TitleEditor item /> }.into_any();
        }
        let query = found.as_ref().map(|(query, _)| query.clone()).unwrap_or_default();
        let excerpt = found.as_ref().and_then(|(query, found)| Some(excerpt(query, found.excerpt.as_ref()?)));
        view! {
            <a href=Route::Task(id).href() dir="auto">{move || item.with(|item| marked(&item.value.title, &query))}</a>
            <button class="prop row-edit" type="button" aria-label=t::edit_title() on:click=edit>{icon("#i-edit")}</button>
            {excerpt}
        }
        .into_any()
    };
    view! { <span class="title">{shown}</span> }.into_any()
}

/// What was found, and where.
fn excerpt(query: &str, (place, text): &(&'static str, String)) -> AnyView {
    view! {
        <span class="excerpt">
            <span class="place">{*place}</span>
            <span dir="auto">{marked(text, query)}</span>
        </span>
    }
    .into_any()
}

/// What is only said when there is something to say: unsynced, subtasks, comments, tags, due date.
#[component]
fn Details(id: TaskId, item: RwSignal<TaskItem>) -> impl IntoView {
    let app = use_app();
    let priority = move || item.with(|item| item.value.priority);
    let mark = move || item.with(|item| if item.value.needs_review() { Mark::Attention } else { item.mark });
    let tags = move || item.with(|item| item.value.tags.iter().map(|tag| tag::chip(tag.as_str())).collect_view());
    let due = move || item.with(|item| (item.value.due, item.value.status.is_closed()));
    view! {
        <span
            class="pr-mini phone-only"
            role="img"
            aria-label=move || t::property(t::priority(), t::priority_name(priority()))
        >
            {move || priority_icon(priority())}
        </span>
        {move || unsynced(mark())}
        {move || progress(app, id)}
        {move || talk(app, id)}
        <span class="tags">{tags}</span>
        {move || match due() {
            (Some(due), closed) => due_text(due, closed),
            (None, _) => no_due(),
        }}
    }
    .into_any()
}

fn no_due() -> AnyView {
    view! { <span class="due"></span> }.into_any()
}

/// Who is to do it, and the way to change that.
#[component]
fn Assignees(id: TaskId, item: RwSignal<TaskItem>) -> impl IntoView {
    let app = use_app();
    let names = text(move || t::property(t::assignees(), &names(app, item, t::nothing())));
    view! {
        <button
            class="prop people"
            type="button"
            aria-haspopup="menu"
            data-menu="assignees"
            data-nobody=move || item.with(|item| item.value.assignees.is_empty()).then_some("")
            aria-label=names
            title=names
            on:click=opens(app.ui.menus, Menu::Assignees, Subject::Task(id))
        >
            {move || item.with(|item| people(app, &item.value.assignees))}
        </button>
    }
    .into_any()
}

/// Done with one click, and back; out of the trash.
#[component]
fn Done(id: TaskId, item: RwSignal<TaskItem>, key: Memo<String>) -> impl IntoView {
    let app = use_app();
    let state = move || item.with(|item| (item.value.deleted, item.value.status.is_closed()));
    let label = move || match state() {
        (true, _) => t::restore_task(&key.get()),
        (false, true) => t::reopen_task(&key.get()),
        (false, false) => t::complete_task(&key.get()),
    };
    let act = move |_| {
        if untrack(state).0 {
            app.edit(&[id], &Edit::Restore);
        } else {
            app.toggle_done_of(&[id]);
        }
    };
    view! {
        <button class="prop row-done" type="button" aria-label=label title=label on:click=act>
            {move || icon(if state() == (false, false) { "#i-check" } else { "#i-restore" })}
        </button>
    }
    .into_any()
}
