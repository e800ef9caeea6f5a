//! One group of the list: a head that stays in sight, and the rows of it that are on the screen.

use leptos::prelude::*;
use shared::ids::TaskId;
use shared::query::group::Heading;

use crate::components::changing::text;
use crate::components::heading::heading_icon;
use crate::components::icon::icon;
use crate::components::task_row::TaskRow;
use crate::components::viewport::Viewport;
use crate::i18n as t;
use crate::state::ui::Preset;
use crate::state::views::condition_of;
use crate::state::{App, use_app};

#[component]
pub(crate) fn TaskGroup(heading: Heading, viewport: RwSignal<Viewport>) -> impl IntoView {
    let app = use_app();
    let groups = app.tasks.groups();
    let (plain, new_here) = (heading == Heading::All, new_under(app, &heading));
    let under = StoredValue::new(heading);
    let count = Memo::new(move |_| under.with_value(|heading| groups.with(|groups| groups.of(heading).len())));
    let range = Memo::new(move |_| {
        let seen = viewport.get();
        under.with_value(|heading| {
            groups.with(|groups| seen.rows(seen.start_of(groups, heading), groups.of(heading).len()))
        })
    });
    let rows = Memo::new(move |_| {
        let range = range.get();
        let slice = |heading: &Heading| groups.with(|groups| groups.of(heading).get(range).map(<[TaskId]>::to_vec));
        under.with_value(slice).unwrap_or_default()
    });
    let above = move || format!("{}px", viewport.get().rows_height(range.get().start));
    let below = move || format!("{}px", viewport.get().rows_height(count.get().saturating_sub(range.get().end)));
    let name = text(move || under.with_value(|heading| app.heading_name(heading)));
    // The list of a page without groups has its name already.
    let label = (!plain).then_some(name);
    let head = (!plain).then(|| {
        let icon = move || under.with_value(|heading| heading_icon(app, heading));
        view! {
            <div class="group-head">
                {icon}
                <h2 dir="auto">{name}</h2>
                <span class="count">{count}</span>
                <SelectGroup heading=under />
                {new_here}
            </div>
        }
    });
    view! {
        <li>
            {head}
            <ul role="list" aria-label=label style:padding-top=above style:padding-bottom=below>
                <ForEnumerate each=move || rows.get() key=|id| *id children=move |place, id| {
                    let place = Signal::derive(move || range.get().start + place.get() + 1);
                    app.tasks.item(id).map(|item| view! { <TaskRow item=item.into() place count=count.into() /> }.into_any())
                } />
            </ul>
        </li>
    }
    .into_any()
}

/// The way to a new task under a heading, where one can be made there.
pub(crate) fn new_under(app: App, heading: &Heading) -> Option<AnyView> {
    let condition = condition_of(heading)?;
    let heading = heading.clone();
    let open = move |_| {
        let mut preset = Preset::default();
        preset.fit(Some(condition.clone()), None);
        app.new_task(preset);
    };
    let label = text(move || t::new_task_in(&app.heading_name(&heading)));
    let button = view! {
        <button class="icon-btn" type="button" aria-label=label on:click=open>
            {icon("#i-plus")}
        </button>
    };
    Some(button.into_any())
}

#[component]
fn SelectGroup(heading: StoredValue<Heading>) -> impl IntoView {
    let app = use_app();
    let selected = Memo::new(move |_| heading.with_value(|heading| app.has_selected_group(heading)));
    let name = move || heading.with_value(|heading| t::select_group(&app.heading_name(heading)));
    view! {
        <button
            class="icon-btn group-select hide-phone"
            type="button"
            aria-label=name
            aria-pressed=move || if selected.get() { "true" } else { "false" }
            title=name
            on:click=move |_| heading.with_value(|heading| app.toggle_group(heading))
        >
            {icon("#i-check")}
        </button>
    }
    .into_any()
}
