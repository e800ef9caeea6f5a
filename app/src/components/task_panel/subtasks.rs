//! The parts of an open task: how far they are, in an order that the team gives them.

use std::sync::Arc;

use engine::command::{Command, New, NewTask};
use engine::view::TaskItem;
use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::field::Field;
use shared::ids::{EntityId, TaskId};
use shared::limits::TITLE_CHARS;
use shared::order;
use shared::task::TaskView;
use shared::value::Place;
use shared::workflow::{Priority, Status};
use web_sys::{KeyboardEvent, SubmitEvent};

use crate::components::icon::icon;
use crate::components::keyed::keyed;
use crate::components::move_menus::last_order;
use crate::route::Route;
use crate::state::changes::{Change, Edit};
use crate::state::{App, complaint, use_app};
use crate::{dom, i18n as t};

#[component]
pub(crate) fn Subtasks(id: TaskId, item: RwSignal<TaskItem>) -> impl IntoView {
    let app = use_app();
    let parts = Memo::new(move |_| app.tasks.parts_of(id));
    let entities = Signal::derive(move || parts.get().into_iter().map(EntityId::from).collect());
    let part = move |id| match id {
        EntityId::Task(id) => app.tasks.item(id).map(|item| view! { <Part id item=item.into() parts /> }).into_any(),
        _ => ().into_any(),
    };
    let adding = RwSignal::new(false);
    let done = move || {
        let closed =
            |id: &TaskId| app.tasks.find(*id).is_some_and(|part| part.with(|part| part.value.status.is_closed()));
        parts.with(|parts| (parts.iter().filter(|id| closed(id)).count(), parts.len()))
    };
    let progress = move || {
        let (done, all) = done();
        (all > 0).then(|| {
            let width = format!("width:{}%", 100 * done / all);
            view! {
                <span class="count">{t::of(done, all)}</span>
                <span class="meter" aria-hidden="true"><span style=width></span></span>
            }
        })
    };
    view! {
        <section class="section" aria-labelledby="parts-head">
            <div class="section-head">
                <h2 id="parts-head">{t::subtasks()}</h2>
                {progress}
                <button
                    class="icon-btn end"
                    type="button"
                    aria-label=t::add_subtask()
                    on:click=move |_| adding.set(true)
                >
                    {icon("#i-plus")}
                </button>
            </div>
            <Show when=move || parts.with(|parts| !parts.is_empty())>
                <ul class="subtasks" role="list" aria-label=t::subtasks()>
                    {keyed(entities, Arc::new(part))}
                </ul>
            </Show>
            {move || adding.get().then(|| view! { <NewPart item adding /> })}
        </section>
    }
    .into_any()
}

#[component]
fn Part(id: TaskId, item: RwSignal<TaskItem>, parts: Memo<Vec<TaskId>>) -> impl IntoView {
    let app = use_app();
    let title = move || item.with(|item| item.value.title.clone());
    let closed = move || item.with(|item| item.value.status.is_closed());
    let first = move || parts.with(|parts| parts.first() == Some(&id));
    view! {
        <li data-done=move || closed().then_some("")>
            <input
                class="check"
                type="checkbox"
                aria-label=move || t::part_done(&title())
                prop:checked=closed
                on:change=move |_| app.toggle_done_of(&[id])
            />
            <a href=Route::Task(id).href() dir="auto">{title}</a>
            <button
                class="icon-btn"
                type="button"
                aria-label=move || t::move_up(&title())
                disabled=first
                on:click=move |_| app.make(moved_up(app, &parts.get_untracked(), id))
            >
                {icon("#i-up")}
            </button>
        </li>
    }
    .into_any()
}

/// One place further up. Where parts have no place of their own yet, as those of an import, all get one.
fn moved_up(app: App, parts: &[TaskId], id: TaskId) -> Change {
    let Some(place) = parts.iter().position(|part| *part == id).filter(|place| *place > 0) else {
        return Change::default();
    };
    let tasks: Vec<TaskView> = parts.iter().filter_map(|part| app.tasks.task(*part)).collect();
    if tasks.len() != parts.len() {
        return Change::default();
    }
    let before = place.checked_sub(2).map(|before| tasks[before].order.as_str());
    let after = tasks[place - 1].order.as_str();
    let between = order::between(before, Some(after));
    if before.is_none_or(|before| before < between.as_str()) && between.as_str() < after {
        return Change::of(&[(tasks[place].clone(), String::new())], &Edit::Order(between));
    }
    let mut tasks = tasks;
    tasks.swap(place - 1, place);
    let mut last = None;
    tasks.into_iter().fold(Change::default(), |change, task| {
        let next = order::between(last.as_deref(), None);
        last = Some(next.clone());
        change.and(Change::of(&[(task, String::new())], &Edit::Order(next)))
    })
}

/// A line to write new parts on, one after the other.
#[component]
fn NewPart(item: RwSignal<TaskItem>, adding: RwSignal<bool>) -> impl IntoView {
    let app = use_app();
    let input = NodeRef::<Input>::new();
    input.on_load(|input| drop(input.focus()));
    let add = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(field) = input.get_untracked() else { return };
        let title = field.value().trim().to_owned();
        if title.is_empty() {
            return adding.set(false);
        }
        field.set_value("");
        let command = new_part(app, &item.with_untracked(|item| item.value.clone()), title.clone());
        spawn_local(async move {
            if let Err(error) = app.create(command).await {
                app.ui.say(&complaint(&error));
                if let Some(field) = input.try_get_untracked().flatten() {
                    field.set_value(&title);
                }
            }
        });
    };
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.is_composing() {
            event.stop_propagation();
            adding.set(false);
            dom::focus_in_panel(t::add_subtask());
        }
    };
    view! {
        <form class="field-row new-part" on:submit=add>
            <input
                class="input"
                type="text"
                aria-label=t::subtask_title()
                placeholder=t::subtask_title()
                maxlength=TITLE_CHARS
                autocomplete="off"
                dir="auto"
                node_ref=input
                on:keydown=on_key
            />
            <button class="btn small" type="submit">{t::add()}</button>
        </form>
    }
    .into_any()
}

fn new_part(app: App, whole: &TaskView, title: String) -> Command {
    let place = Place {
        project: Some(whole.project),
        section: whole.section,
        parent: Some(whole.id),
        order: last_order(app, whole.id),
    };
    let task = NewTask {
        project: whole.project,
        title,
        status: Status::Todo,
        priority: Priority::None,
        due: None,
        tags: Vec::new(),
    };
    Command::Create(New::from(task).value(Field::Place, place))
}
