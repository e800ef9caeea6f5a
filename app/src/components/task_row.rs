//! A task in the list: what it is at a glance, and everything that is done to it most.

use engine::view::{Mark, TaskItem};
use leptos::prelude::*;
use shared::date::Date;
use shared::ids::TaskId;
use web_sys::MouseEvent;

use crate::components::icon::{icon, priority_icon, status_icon};
use crate::components::property::{opens, when_mark};
use crate::components::tag;
use crate::components::title_editor::TitleEditor;
use crate::dates;
use crate::i18n as t;
use crate::route::Route;
use crate::state::ui::{Menu, Subject};
use crate::state::{key_of, use_app};

#[component]
pub(crate) fn TaskRow(
    item: RwSignal<TaskItem>,
    /// Its place in its group, from 1.
    place: Signal<usize>,
    /// How many tasks its group has.
    count: Memo<usize>,
) -> impl IntoView {
    let app = use_app();
    let id = item.with_untracked(|item| item.value.id);
    let key = Memo::new(move |_| item.with(|item| key_of(&item.value)));
    let closed = move || item.with(|item| item.value.status.is_closed()).then_some("");
    let cursor = move || (app.ui.cursor.get() == Some(id)).then_some("");
    view! {
        <li
            class="task-row"
            data-task=id.to_string()
            data-cursor=cursor
            data-done=closed
            aria-posinset=move || place.get()
            aria-setsize=move || count.get()
            on:focusin=move |_| app.ui.cursor.set(Some(id))
        >
            <Pick id key />
            <PropertyButtons id item key />
            <Title id item />
            <span class="end">
                <Details item />
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

#[component]
fn Pick(id: TaskId, key: Memo<String>) -> impl IntoView {
    let app = use_app();
    view! {
        <span class="pick">
            <input
                class="check"
                type="checkbox"
                aria-label=move || t::select_task(&key.get())
                prop:checked=move || app.ui.selection.with(|selection| selection.contains(&id))
                on:change=move |_| app.toggle_selected(id)
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
fn Title(id: TaskId, item: RwSignal<TaskItem>) -> impl IntoView {
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
        view! {
            <a href=Route::Task(id).href() dir="auto">{move || item.with(|item| item.value.title.clone())}</a>
            <button class="prop row-edit" type="button" aria-label=t::edit_title() on:click=edit>{icon("#i-edit")}</button>
        }
        .into_any()
    };
    view! { <span class="title">{shown}</span> }.into_any()
}

/// What is only said when there is something to say: unsynced, tags, due date.
#[component]
fn Details(item: RwSignal<TaskItem>) -> impl IntoView {
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
        <span class="tags">{tags}</span>
        {move || match due() {
            (Some(due), closed) => due_text(due, closed),
            (None, _) => no_due(),
        }}
    }
    .into_any()
}

/// The mark of a task whose changes the team does not have.
pub(crate) fn unsynced(mark: Mark) -> Option<AnyView> {
    let (state, href, short, long) = match mark {
        Mark::None => return None,
        Mark::Waiting => ("waiting", "#i-device-up", t::saved_here(), t::saved_here_long()),
        Mark::Attention => ("attention", "#i-warning", t::needs_attention(), t::needs_attention()),
    };
    let mark = view! {
        <span class="unsynced" data-state=state title=long>
            {icon(href)}
            <span class="unsynced-text" aria-hidden="true">{short}</span>
            <span class="sr">{long}</span>
        </span>
    };
    Some(mark.into_any())
}

fn no_due() -> AnyView {
    view! { <span class="due"></span> }.into_any()
}

fn due_text(due: Date, closed: bool) -> AnyView {
    let mark = when_mark(due, closed);
    let late = mark == Some("late");
    view! {
        <span class="due" data-when=mark>
            <span class="sr">{t::due()}" "</span>
            {late.then(|| icon("#i-warning"))}
            {dates::short(due)}
            {late.then(|| view! { <span class="sr">" ("{t::late()}")"</span> })}
        </span>
    }
    .into_any()
}

/// Done with one click, and back.
#[component]
fn Done(id: TaskId, item: RwSignal<TaskItem>, key: Memo<String>) -> impl IntoView {
    let app = use_app();
    let closed = move || item.with(|item| item.value.status.is_closed());
    let label = move || if closed() { t::reopen_task(&key.get()) } else { t::complete_task(&key.get()) };
    view! {
        <button class="prop row-done" type="button" aria-label=label title=label on:click=move |_| app.toggle_done_of(id)>
            {move || icon(if closed() { "#i-restore" } else { "#i-check" })}
        </button>
    }
    .into_any()
}
