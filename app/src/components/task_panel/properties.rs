//! The properties of an open task.

use engine::view::TaskItem;
use leptos::prelude::*;
use shared::ids::TaskId;
use web_sys::Event;

use crate::components::icon::icon;
use crate::components::move_menus::whole_link;
use crate::components::property::{
    assignees_button, due_button, opens, parent_button, priority_button, project_button, start_button, status_button,
};
use crate::components::tag;
use crate::components::task_panel::custom_fields::CustomFields;
use crate::state::changes::Edit;
use crate::state::ui::{Menu, Subject};
use crate::state::use_app;
use crate::{dates, i18n as t};

#[component]
pub(crate) fn Properties(id: TaskId, item: RwSignal<TaskItem>) -> impl IntoView {
    let app = use_app();
    let (menus, subject) = (app.ui.menus, Subject::Task(id));
    let status = Memo::new(move |_| item.with(|item| item.value.status));
    let priority = Memo::new(move |_| item.with(|item| item.value.priority));
    let due = Memo::new(move |_| item.with(|item| (item.value.due, item.value.status.is_closed())));
    let start = Signal::derive(move || item.with(|item| item.value.start.map(dates::short)));
    let assignees = Signal::derive(move || {
        let people = item.with(|item| item.value.assignees.clone());
        let name = |id| app.person_name(id).unwrap_or_else(|| t::somebody().to_owned());
        people.into_iter().map(|id| (id, name(id))).collect::<Vec<_>>()
    });
    let project = Signal::derive(move || item.with(|item| item.value.project));
    let project_name = Signal::derive(move || app.project_name(project.get()));
    let whole = move || app.tasks.find(item.with(|item| item.value.parent)?);
    let whole_title = Signal::derive(move || whole().map(|whole| whole.with(|whole| whole.value.title.clone())));
    view! {
        <dl class="props">
            <dt>{t::status()}</dt>
            <dd>{status_button(status.into(), menus, subject)}</dd>
            <dt>{t::priority()}</dt>
            <dd>{priority_button(priority.into(), menus, subject)}</dd>
            <dt>{t::assignees()}</dt>
            <dd>{assignees_button(assignees, menus, subject)}</dd>
            <dt>{t::due_date()}</dt>
            <dd>{due_button(due.into(), t::nothing(), menus, subject)}</dd>
            <dt>{t::start_date()}</dt>
            <dd>{start_button(start, menus, subject)}</dd>
            <Estimate id item />
            <dt>{t::tags()}</dt>
            <dd class="tag-row"><Tags id item /></dd>
            <dt>{t::project()}</dt>
            <dd>{project_button(project, project_name, menus, subject)}</dd>
            <dt>{t::parent()}</dt>
            <dd>
                {parent_button(whole_title, menus, subject)}
                {move || whole().map(|whole| whole.with(|whole| whole_link(&whole.value)))}
            </dd>
            <CustomFields id item />
        </dl>
    }
    .into_any()
}

#[component]
fn Estimate(id: TaskId, item: RwSignal<TaskItem>) -> impl IntoView {
    let app = use_app();
    let shown = move || item.with(|item| item.value.estimate).map(|estimate| estimate.to_string()).unwrap_or_default();
    let save = move |event: Event| {
        let typed = event_target_value(&event);
        let typed = typed.trim();
        if typed.is_empty() {
            app.edit(&[id], &Edit::Estimate(None));
        } else if let Ok(number) = typed.parse() {
            app.edit(&[id], &Edit::Estimate(Some(number)));
        } else {
            app.ui.say(t::no_number());
        }
    };
    view! {
        <dt><label for="estimate">{t::estimate()}</label></dt>
        <dd>
            <input
                class="prop-input"
                id="estimate"
                inputmode="numeric"
                autocomplete="off"
                placeholder=t::nothing()
                prop:value=shown
                on:change=save
            />
        </dd>
    }
    .into_any()
}

#[component]
fn Tags(id: TaskId, item: RwSignal<TaskItem>) -> impl IntoView {
    let menus = use_app().ui.menus;
    let tags = Memo::new(move |_| item.with(|item| item.value.tags.clone()));
    view! {
        {move || tags.with(|tags| tags.iter().map(|tag| tag::chip(tag.as_str())).collect_view())}
        <button
            class="icon-btn"
            type="button"
            aria-label=t::tags()
            aria-haspopup="dialog"
            data-menu="tags"
            on:click=opens(menus, Menu::Tags, Subject::Task(id))
        >
            {icon("#i-plus")}
        </button>
    }
    .into_any()
}
