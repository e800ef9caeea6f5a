//! A task on a board.

use engine::view::{Mark, TaskItem};
use leptos::prelude::*;
use shared::ids::TaskId;
use shared::workflow::Priority;

use crate::components::changing::{flag, text};
use crate::components::glance::{due_text, names, people, progress, talk, unsynced};
use crate::components::icon::{icon, priority_icon};
use crate::components::property::opens;
use crate::components::tag;
use crate::i18n as t;
use crate::route::Route;
use crate::state::ui::{Menu, Subject};
use crate::state::{App, key_of, use_app};

#[component]
pub(crate) fn Card(item: RwSignal<TaskItem>, dragged: Memo<Option<TaskId>>) -> impl IntoView {
    let app = use_app();
    let id = item.with_untracked(|item| item.value.id);
    let key = Memo::new(move |_| item.with(|item| key_of(&item.value)));
    let priority = Memo::new(move |_| item.with(|item| item.value.priority));
    let mark = move || item.with(|item| if item.value.needs_review() { Mark::Attention } else { item.mark });
    let who = text(move || names(app, item, t::nobody_assigned()));
    let urgency = move || {
        let priority = Some(priority.get()).filter(|priority| *priority != Priority::None)?;
        let said = t::property(t::priority(), t::priority_name(priority));
        Some(view! { <span role="img" aria-label=said>{priority_icon(priority)}</span> })
    };
    view! {
        <li
            class="card"
            data-drag
            data-task=id.to_string()
            data-dragged=flag(move || dragged.get() == Some(id))
            data-cursor=flag(move || app.ui.cursor.get() == Some(id))
            data-done=flag(move || item.with(|item| item.value.status.is_closed()))
            on:focusin=move |_| app.ui.cursor.set(Some(id))
        >
            <div class="card-top">
                {urgency}
                <span class="key">{key}</span>
                {move || unsynced(mark())}
                <span class="end">
                    <button
                        class="icon-btn"
                        type="button"
                        aria-label=text(move || t::move_card(&key.get()))
                        aria-haspopup="menu"
                        data-menu="actions"
                        on:click=opens(app.ui.menus, Menu::Move, Subject::Task(id))
                    >
                        {icon("#i-more")}
                    </button>
                </span>
            </div>
            <h3>
                <a href=Route::Task(id).href() dir="auto">{text(move || item.with(|item| item.value.title.clone()))}</a>
            </h3>
            <div class="card-foot">
                <span>{move || item.with(|item| details(app, item))}</span>
                <span class="people" role="img" aria-label=who title=who>
                    {move || item.with(|item| people(app, &item.value.assignees))}
                </span>
            </div>
        </li>
    }
    .into_any()
}

/// Tags, parts, comments and the due date, where there are any.
fn details(app: App, item: &TaskItem) -> AnyView {
    let task = &item.value;
    let tags = task.tags.iter().map(|tag| tag::chip(tag.as_str())).collect_view();
    let due = task.due.map(|due| due_text(due, task.status.is_closed()));
    (tags, progress(app, task.id), talk(app, task.id), due).into_any()
}
