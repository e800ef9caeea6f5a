//! The main navigation: the team, its projects. On a phone it opens over the list.

use engine::view::ProjectItem;
use leptos::prelude::*;

use crate::components::icon::{icon, mark};
use crate::components::property::opens;
use crate::components::tag;
use crate::components::theme::ThemeToggle;
use crate::route::Route;
use crate::state::ui::{Menu, Subject};
use crate::state::use_app;
use crate::{dom, i18n as t};

#[component]
pub(crate) fn Sidebar() -> impl IntoView {
    let app = use_app();
    let new_project = move |_| {
        app.ui.sidebar.set(false);
        app.ui.new_project.set(true);
    };
    let all_current = move || app.tasks.scope.get().is_none().then_some("page");
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
            <div class="nav">
                <a class="nav-item" href=Route::Tasks.href() title=t::all_tasks() aria-current=all_current>
                    {icon("#i-list")}
                    <span class="nav-text">{t::all_tasks()}</span>
                </a>
            </div>
            <div class="nav-head" role="presentation"><span>{t::projects()}</span></div>
            <div class="nav">
                <For
                    each=move || app.projects.get()
                    key=|item| (item.value.id, item.value.name.clone())
                    children=|item| view! { <ProjectLink item /> }
                />
                <button class="nav-item" type="button" title=t::new_project() on:click=new_project>
                    {icon("#i-plus")}
                    <span class="nav-text">{t::new_project()}</span>
                </button>
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

#[component]
fn ProjectLink(item: ProjectItem) -> impl IntoView {
    let app = use_app();
    let id = item.value.id;
    let name = item.value.name;
    let shown = name.clone();
    let current = move || (app.tasks.scope.get() == Some(id)).then_some("page");
    view! {
        <a class="nav-item" href=Route::Project(id).href() title=name aria-current=current>
            <span class="nav-glyph">{tag::glyph(id.0.as_bytes())}</span>
            <span class="nav-text" dir="auto">{shown}</span>
        </a>
    }
    .into_any()
}
