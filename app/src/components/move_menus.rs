//! Moving a task: to another project, together with its parts, or under another task.

use leptos::prelude::*;
use shared::ids::{ProjectId, TaskId};
use shared::order;
use shared::task::TaskView;

use crate::components::icon::{icon, status_icon};
use crate::components::menu_items::checkable;
use crate::components::menu_layer::MenuTarget;
use crate::components::tag;
use crate::state::changes::Edit;
use crate::state::ui::Subject;
use crate::state::{App, key_of, use_app};
use crate::{dom, i18n as t};

/// So many tasks are offered at once; typing narrows them down.
const OFFERED: usize = 6;

#[component]
pub(crate) fn ProjectItems(subject: Subject, target: MenuTarget) -> impl IntoView {
    let app = use_app();
    let projects = app.projects.with_untracked(|all| {
        all.iter().map(|item| (item.value.id, item.value.name.clone())).collect::<Vec<(ProjectId, String)>>()
    });
    let items = projects.into_iter().map(|(project, name)| {
        let here = Signal::derive(move || target.values.with(|values| values.project == Some(project)));
        let glyph = view! { <span class="nav-glyph">{tag::glyph(project.0.as_bytes())}</span> }.into_any();
        let go = move || {
            target.close();
            match subject {
                Subject::Task(id) => app.move_to_project(&[id], project),
                _ => app.move_to_project(&app.ui.selection.get_untracked(), project),
            }
        };
        checkable("menuitemradio", glyph, name, here, Box::new(go))
    });
    items.collect_view()
}

/// Finds the task that one is to be a part of.
#[component]
pub(crate) fn ParentEditor(id: TaskId, target: MenuTarget) -> impl IntoView {
    let app = use_app();
    let Some(task) = app.tasks.task(id) else { return ().into_any() };
    let (project, parent) = (task.project, task.parent);
    let within = app.tasks.with_parts(id);
    let typed = RwSignal::new(String::new());
    let offered = move || {
        let wanted = dom::lower_case(typed.get().trim());
        app.tasks.named(project, &wanted, &within, OFFERED)
    };
    let none = parent.is_some().then(|| {
        let free = move |_| target.choose(Edit::Parent(None, task.order.clone()));
        view! { <button class="btn plain small" type="button" on:click=free>{t::remove_parent()}</button> }
    });
    view! {
        <div class="popover-form">
            <input
                class="input"
                type="search"
                aria-label=t::find_task()
                placeholder=t::find_task()
                dir="auto"
                data-first
                prop:value=move || typed.get()
                on:input=move |event| typed.set(event_target_value(&event))
            />
            <div class="offers">
                {move || match offered() {
                    none if none.is_empty() => view! { <p class="menu-note">{t::no_task_found()}</p> }.into_any(),
                    some => some.into_iter().map(|task| offer(app, &task, target)).collect_view().into_any(),
                }}
            </div>
            {none}
        </div>
    }
    .into_any()
}

fn offer(app: App, task: &TaskView, target: MenuTarget) -> AnyView {
    let (parent, status) = (task.id, task.status);
    let choose = move |_| target.choose(Edit::Parent(Some(parent), last_order(app, parent)));
    view! {
        <button class="menu-item" type="button" on:click=choose>
            {status_icon(status)}
            <span class="key">{key_of(task)}</span>
            <span class="menu-text" dir="auto">{task.title.clone()}</span>
        </button>
    }
    .into_any()
}

/// The place behind the parts that a task has.
pub(crate) fn last_order(app: App, whole: TaskId) -> String {
    let last = untrack(|| app.tasks.parts_of(whole)).last().and_then(|last| app.tasks.task(*last));
    order::between(last.map(|last| last.order).as_deref(), None)
}

/// What shows that a task is a part of another, and the way to that one.
pub(crate) fn whole_link(task: &TaskView) -> AnyView {
    let href = crate::route::Route::Task(task.id).href();
    view! { <a class="icon-btn" href=href aria-label=t::open_task(&task.title)>{icon("#i-link")}</a> }.into_any()
}
