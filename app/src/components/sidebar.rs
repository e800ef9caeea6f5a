//! The main navigation: the pages, the team's projects, saved views. On a phone it opens over the list.

use engine::view::ProjectItem;
use leptos::prelude::*;
use shared::ids::{EntityId, ProjectId, SectionId};
use shared::saved_view::SavedViewView;

use crate::components::changing::current;
use crate::components::icon::{icon, mark};
use crate::components::places::glyph;
use crate::components::property::opens;
use crate::components::theme::ThemeToggle;
use crate::look::{Facet, Look};
use crate::route::{Page, Route};
use crate::state::ui::{Menu, Subject};
use crate::state::views::COUNTED_PAGES;
use crate::state::{App, use_app};
use crate::{dom, i18n as t};

#[component]
pub(crate) fn Sidebar() -> impl IntoView {
    let app = use_app();
    // On a phone it takes the focus while it covers the page, and gives it back.
    Effect::new(move |was_open: Option<bool>| {
        let open = app.ui.sidebar.get();
        let target = match (was_open, open) {
            (_, true) => ".sidebar .workspace",
            (Some(true), false) => ".topbar [aria-expanded]",
            _ => return open,
        };
        dom::after_paint(move || {
            if let Some(target) = dom::query_visible(target).filter(|_| open || dom::focus_is_lost()) {
                dom::focus(&target);
            }
        });
        open
    });
    view! {
        <nav class="sidebar" aria-label=t::main_navigation() data-open=move || app.ui.sidebar.get().then_some("")>
            <Workspace />
            <button
                class="nav-item"
                type="button"
                title=t::search()
                aria-keyshortcuts="/"
                on:click=move |_| {
                    app.ui.sidebar.set(false);
                    app.toggle_palette();
                }
            >
                {icon("#i-search")}
                <span class="nav-text">{t::search()}</span>
                <kbd aria-hidden="true">"/"</kbd>
            </button>
            <div class="nav">
                {page_link(app, Page::My, "#i-mine")}
                {page_link(app, Page::Inbox, "#i-inbox")}
                {page_link(app, Page::Today, "#i-clock")}
                {page_link(app, Page::Upcoming, "#i-calendar")}
                {link(app, Route::Tasks, icon("#i-list"), t::all_tasks().to_owned(), None)}
            </div>
            <Projects />
            <Show when=move || app.views.saved.with(|views| !views.is_empty())>
                <div class="nav-head" role="presentation"><span>{t::saved_views()}</span></div>
                <div class="nav">
                    {move || app.views.saved.with(|views| views.iter().map(|view| view_link(app, view)).collect_view())}
                </div>
            </Show>
            <div class="nav nav-last">
                {page_link(app, Page::Done, "#i-check")}
                {page_link(app, Page::Trash, "#i-trash")}
            </div>
            <div class="sidebar-foot"><ThemeToggle /></div>
        </nav>
        <Show when=move || app.ui.sidebar.get()>
            <button
                class="scrim phone-only"
                type="button"
                aria-label=t::close_menu()
                on:click=move |_| app.ui.sidebar.set(false)
            ></button>
        </Show>
    }
    .into_any()
}

/// The projects, with their sections, and what is put away.
#[component]
fn Projects() -> impl IntoView {
    let app = use_app();
    let new_project = move |_| {
        app.ui.sidebar.set(false);
        app.ui.new_project.set(true);
    };
    let put_away = Memo::new(move |_| {
        let projects = app.projects.with(|all| all.iter().any(|item| item.value.hidden || item.value.archived));
        projects || app.views.sections.with(|all| all.iter().any(|section| section.hidden))
    });
    view! {
        <div class="nav-head" role="presentation"><span>{t::projects()}</span></div>
        <div class="nav">
            <For each=move || places(app) key=Clone::clone children=move |place| place_link(app, place) />
            <button class="nav-item" type="button" title=t::new_project() on:click=new_project>
                {icon("#i-plus")}
                <span class="nav-text">{t::new_project()}</span>
            </button>
            <Show when=move || put_away.get()>
                <button
                    class="nav-item"
                    type="button"
                    title=t::show_hidden()
                    aria-expanded=move || if app.ui.all_places.get() { "true" } else { "false" }
                    on:click=move |_| app.ui.all_places.update(|all| *all = !*all)
                >
                    {icon("#i-down")}
                    <span class="nav-text">{t::show_hidden()}</span>
                </button>
            </Show>
        </div>
    }
    .into_any()
}

#[component]
fn Workspace() -> impl IntoView {
    let app = use_app();
    let name = Memo::new(move |_| {
        app.account
            .with(|account| account.as_ref().map(|account| account.organization_name.clone()).unwrap_or_default())
    });
    view! {
        <button
            class="workspace"
            type="button"
            aria-haspopup="menu"
            aria-label=move || t::workspace(&name.get())
            on:click=opens(app.ui.menus, Menu::Workspace, Subject::Workspace)
        >
            {mark()}
            <span class="name" dir="auto">{move || name.get()}</span>
            {icon("#i-down")}
        </button>
    }
    .into_any()
}

/// A project or a section as the navigation shows it.
#[derive(Clone, PartialEq, Eq, Hash)]
struct PlaceLink {
    entity: EntityId,
    name: String,
    icon: Option<String>,
    color: Option<String>,
    /// Hidden or archived, and shown because that was asked for.
    away: bool,
}

/// The projects, and below the one that is open its sections.
fn places(app: App) -> Vec<PlaceLink> {
    let all = app.ui.all_places.get();
    let open = app.tasks.scope.get();
    let sections = app.views.sections.get();
    let mut links = Vec::new();
    app.projects.with(|projects| {
        for ProjectItem { value, .. } in projects {
            let away = value.hidden || value.archived;
            if away && !all && open != Some(value.id) {
                continue;
            }
            let (icon, color) = (value.icon.clone(), value.color.clone());
            links.push(PlaceLink { entity: value.id.into(), name: value.name.clone(), icon, color, away });
            let shown = sections.iter().filter(|one| open == Some(value.id) && one.project == value.id);
            links.extend(shown.filter(|one| all || !one.hidden).map(|one| PlaceLink {
                entity: one.id.into(),
                name: one.name.clone(),
                icon: one.icon.clone(),
                color: one.color.clone(),
                away: one.hidden,
            }));
        }
    });
    links
}

fn place_link(app: App, place: PlaceLink) -> AnyView {
    let PlaceLink { entity, name, icon, color, away } = place;
    let picture = glyph(entity.uuid().as_bytes(), icon.as_deref(), color.as_deref());
    let away = away.then_some("");
    let (link, is_section) = match entity {
        EntityId::Section(id) => (section_link(app, id, picture, name.clone()), Some("")),
        _ => (link(app, Route::Project(ProjectId(entity.uuid())), picture, name.clone(), None), None),
    };
    view! { <div class="nav-row" data-section=is_section data-away=away>{link}{row_actions(app, entity, &name)}</div> }
        .into_any()
}

fn view_link(app: App, view: &SavedViewView) -> AnyView {
    let mark = view.shared.then(|| {
        view! { <span class="nav-mark" role="img" aria-label=t::shared_view() title=t::shared_view()>{icon("#i-people")}</span> }
            .into_any()
    });
    let link = link(app, Route::View(view.id), icon("#i-filter"), view.name.clone(), mark);
    view! { <div class="nav-row">{link}{row_actions(app, view.id.into(), &view.name)}</div> }.into_any()
}

/// What can be done with a project, a section or a saved view.
pub(crate) fn row_actions(app: App, entity: EntityId, name: &str) -> AnyView {
    view! {
        <button
            class="icon-btn nav-more"
            type="button"
            aria-haspopup="menu"
            aria-label=t::actions_for_row(name)
            on:click=opens(app.ui.menus, Menu::Row, Subject::Row(entity))
        >
            {icon("#i-more")}
        </button>
    }
    .into_any()
}

fn page_link(app: App, page: Page, href: &'static str) -> AnyView {
    let counted = COUNTED_PAGES.iter().position(|other| *other == page);
    let count = counted.map(|at| {
        let count = Memo::new(move |_| app.tasks.counts.with(|counts| counts[at]));
        let shown = move || (count.get() > 0).then(|| view! { <span class="count">{count.get()}</span> });
        shown.into_any()
    });
    link(app, Route::Page(page), icon(href), t::page_name(page).to_owned(), count)
}

fn link(app: App, route: Route, picture: AnyView, name: String, end: Option<AnyView>) -> AnyView {
    let href = route.href();
    let current = current(move || app.views.place.with(|place| *place == route) && no_section(app));
    nav_item(href, picture, name, end, current)
}

fn section_link(app: App, id: SectionId, picture: AnyView, name: String) -> AnyView {
    let project = app.views.sections.with_untracked(|all| all.iter().find(|one| one.id == id).map(|one| one.project));
    let value = id.to_string();
    let look = Look { facets: vec![(Facet::Section, vec![value.clone()])], ..Look::default() };
    let href = project.map_or(Route::Tasks, Route::Project).href() + &look.query();
    let current = current(move || app.views.look.with(|look| look.values(Facet::Section) == [value.as_str()]));
    nav_item(href, picture, name, None, current)
}

/// Whether the page is not about one section, which then is what is current.
fn no_section(app: App) -> bool {
    app.views.look.with(|look| look.values(Facet::Section).len() != 1)
}

fn nav_item(
    href: String,
    picture: AnyView,
    name: String,
    end: Option<AnyView>,
    current: Signal<Option<&'static str>>,
) -> AnyView {
    let title = name.clone();
    view! {
        <a class="nav-item" href=href title=title aria-current=current>
            {picture}
            <span class="nav-text" dir="auto">{name}</span>
            {end}
        </a>
    }
    .into_any()
}
