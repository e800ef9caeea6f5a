//! One status of the list: a head that stays in sight, and the rows of it that are on the screen.

use leptos::prelude::*;
use shared::ids::TaskId;
use shared::workflow::Status;

use crate::components::icon::icon;
use crate::components::task_row::TaskRow;
use crate::components::viewport::Viewport;
use crate::i18n as t;
use crate::state::ui::Preset;
use crate::state::use_app;

#[component]
pub(crate) fn TaskGroup(status: Status, icon: AnyView, viewport: RwSignal<Viewport>) -> impl IntoView {
    let app = use_app();
    let groups = app.tasks.groups();
    let count = Memo::new(move |_| groups.with(|groups| groups.of(status).len()));
    let range = Memo::new(move |_| {
        let seen = viewport.get();
        groups.with(|groups| seen.rows(seen.start_of(groups, status), groups.of(status).len()))
    });
    let rows = Memo::new(move |_| {
        let range = range.get();
        groups.with(|groups| groups.of(status).get(range).map(<[TaskId]>::to_vec).unwrap_or_default())
    });
    let above = move || format!("{}px", viewport.get().rows_height(range.get().start));
    let below = move || format!("{}px", viewport.get().rows_height(count.get().saturating_sub(range.get().end)));
    let head_id = head_id(status);
    view! {
        <li>
            <div class="group-head">
                {icon}
                <h2 id=head_id>{t::status_name(status)}</h2>
                <span class="count">{move || count.get()}</span>
                <NewInGroup status />
            </div>
            <ul role="list" aria-labelledby=head_id style:padding-top=above style:padding-bottom=below>
                <ForEnumerate each=move || rows.get() key=|id| *id children=move |place, id| {
                    let place = Signal::derive(move || range.get().start + place.get() + 1);
                    app.tasks.item(id).map(|item| view! { <TaskRow item=item.into() place count /> }.into_any())
                } />
            </ul>
        </li>
    }
    .into_any()
}

#[component]
fn NewInGroup(status: Status) -> impl IntoView {
    let app = use_app();
    let open = move |_| {
        app.new_task(Preset { status: Some(status), ..Preset::default() });
    };
    view! {
        <button class="icon-btn" type="button" aria-label=t::new_task_in(t::status_name(status)) on:click=open>
            {icon("#i-plus")}
        </button>
    }
}

fn head_id(status: Status) -> &'static str {
    match status {
        Status::Backlog => "g-backlog",
        Status::Todo => "g-todo",
        Status::InProgress => "g-progress",
        Status::Blocked => "g-blocked",
        Status::InReview => "g-review",
        Status::Done => "g-done",
        Status::Cancelled => "g-cancelled",
    }
}
