//! Under the top bar: in which form the tasks are shown, through which filters, grouped and sorted by what. Whatever is
//! chosen here is in the address.

use leptos::prelude::*;
use shared::query::filter::{Condition, Day, When};
use shared::query::group::GroupBy;
use shared::query::sort::SortBy;

use crate::components::calendar::Pager;
use crate::components::changing::{current, text};
use crate::components::icon::icon;
use crate::components::property::opens;
use crate::look::{Facet, GROUPS, Layout, Look, facet};
use crate::route::Route;
use crate::state::ui::{Menu, Naming, Subject};
use crate::state::views::{COLUMNS, heading_of};
use crate::state::{App, use_app};
use crate::{dates, i18n as t};

#[component]
pub(crate) fn Toolbar() -> impl IntoView {
    let app = use_app();
    let layout = Memo::new(move |_| app.views.look.with(|look| look.layout));
    let tab = move |which: Layout| {
        let href = match which {
            Layout::List => "#i-list",
            Layout::Board => "#i-board",
            Layout::Calendar => "#i-calendar",
        };
        view! {
            <a href=text(move || app.layout_href(which)) aria-current=current(move || layout.get() == which)>
                {icon(href)}
                <span>{t::layout_name(which)}</span>
            </a>
        }
        .into_any()
    };
    let end = move || match layout.get() {
        Layout::Calendar => view! { <Pager /> }.into_any(),
        layout => {
            let board = layout == Layout::Board;
            view! { <Orders board /> }.into_any()
        }
    };
    view! {
        <div class="toolbar">
            <nav class="segmented" aria-label=t::views()>{Layout::ALL.map(tab).collect_view()}</nav>
            <span class="divider hide-phone"></span>
            <Filters />
            <div class="end">
                {end}
                <button
                    class="icon-btn phone-only"
                    type="button"
                    aria-label=t::filter()
                    aria-haspopup="menu"
                    on:click=opens(app.ui.menus, Menu::Filters, Subject::Workspace)
                >
                    {icon("#i-filter")}
                </button>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Filters() -> impl IntoView {
    let app = use_app();
    let facets = Memo::new(move |_| {
        app.views.look.with(|look| look.facets.iter().map(|(facet, _)| *facet).collect::<Vec<Facet>>())
    });
    let some = Memo::new(move |_| facets.with(|facets| !facets.is_empty()));
    let save = move || {
        let view = app.views.place.with(|place| matches!(place, Route::View(_)));
        (some.get() && !view).then(|| {
            let open = move |_| app.ui.naming.set(Some(Naming::NewView));
            view! { <button class="btn plain small" type="button" on:click=open>{t::save_view()}</button> }
        })
    };
    let clear = move |_| app.look(&|look: &mut Look| look.facets.clear());
    view! {
        <div class="filters" role="group" aria-label=t::filters()>
            <button
                class="chip add hide-phone"
                type="button"
                aria-haspopup="menu"
                data-menu="filter"
                on:click=opens(app.ui.menus, Menu::Filters, Subject::Workspace)
            >
                {icon("#i-filter")}
                {t::filter()}
                <kbd aria-hidden="true">"F"</kbd>
            </button>
            {move || facets.get().into_iter().map(|facet| view! { <Chip facet /> }.into_any()).collect_view()}
        </div>
        // Beside the filters: however many they are, these are not scrolled away.
        {move || some.get().then(|| {
            view! { <button class="btn plain small" type="button" on:click=clear>{t::clear_filters()}</button> }
        })}
        {save}
    }
    .into_any()
}

#[component]
fn Chip(facet: Facet) -> impl IntoView {
    let app = use_app();
    let values = text(move || {
        let values = app.views.look.with(|look| look.values(facet).to_vec());
        t::list(values.iter().map(|value| value_name(app, facet, value)).collect::<Vec<_>>().iter())
    });
    let remove = move |_| app.look(&|look: &mut Look| look.facets.retain(|(other, _)| *other != facet));
    view! {
        <span class="chip" data-active>
            <button
                class="chip-text"
                type="button"
                aria-haspopup="menu"
                on:click=opens(app.ui.menus, Menu::Filter(facet), Subject::Workspace)
            >
                {t::filter_is(facet)}
                <b dir="auto">{values}</b>
            </button>
            <button
                class="chip-x"
                type="button"
                aria-label=text(move || t::remove_filter(&(t::filter_is(facet) + &values.get())))
                on:click=remove
            >
                {icon("#i-close")}
            </button>
        </span>
    }
    .into_any()
}

/// What a value of a filter is called.
pub(crate) fn value_name(app: App, facet: Facet, value: &str) -> String {
    match (facet, facet.condition(value)) {
        (Facet::Assignee, _) if value == facet::ME => t::me().to_owned(),
        (Facet::Due, Some(Condition::Due(When::On(Day::Date(date))))) => dates::short(date),
        (Facet::Due, _) => t::due_name(value).unwrap_or_default().to_owned(),
        (_, condition) => {
            let heading = condition.and_then(|condition| heading_of(&condition));
            heading.map(|heading| app.heading_name(&heading)).unwrap_or_default()
        }
    }
}

/// What the tasks are grouped and sorted by.
#[component]
fn Orders(board: bool) -> impl IntoView {
    let app = use_app();
    let group = move || app.group_by();
    let sort = move || app.sort_key().map(|key| key.by);
    let name = if board { t::columns_by() } else { t::group() };
    view! {
        {order_button(app, Menu::Group, "#i-board", name, Signal::derive(move || t::group_name(group())))}
        {order_button(app, Menu::Sort, "#i-sort", t::sort(), Signal::derive(move || sort_by_name(sort())))}
    }
    .into_any()
}

fn order_button(app: App, menu: Menu, href: &'static str, name: &'static str, value: Signal<&'static str>) -> AnyView {
    let said = text(move || t::property(name, value.get()));
    view! {
        <button
            class="btn plain small hide-phone"
            type="button"
            aria-haspopup="menu"
            aria-label=said
            title=said
            on:click=opens(app.ui.menus, menu, Subject::Workspace)
        >
            {icon(href)}
            <span class="order-text">{said}</span>
        </button>
    }
    .into_any()
}

/// What an order is called; none is the one by urgency.
pub(crate) fn sort_by_name(by: Option<SortBy>) -> &'static str {
    by.map_or(t::by_urgency(), t::sort_name)
}

/// What the tasks of this page can be grouped by; in a project not by projects, elsewhere not by sections.
pub(crate) fn groupings(app: App, board: bool) -> Vec<GroupBy> {
    let in_project = untrack(|| app.tasks.scope.get()).is_some();
    let fits = |by: &GroupBy| match by {
        GroupBy::Project => !in_project,
        GroupBy::Section => in_project,
        _ => true,
    };
    let all: Vec<GroupBy> = if board { COLUMNS.to_vec() } else { GROUPS.iter().map(|(by, _)| *by).collect() };
    all.into_iter().filter(fits).collect()
}
