//! The top of a page: where one is, whether all is well, and the way to a new task.

use leptos::prelude::*;
use shared::ids::EntityId;

use crate::components::icon::icon;
use crate::components::sidebar::row_actions;
use crate::components::sync_pill::SyncPill;
use crate::i18n as t;
use crate::route::Route;
use crate::state::ui::Preset;
use crate::state::use_app;

#[component]
pub(crate) fn Topbar() -> impl IntoView {
    let app = use_app();
    let actions = move || {
        let entity = match app.views.place.get() {
            Route::Project(id) => EntityId::from(id),
            Route::View(id) => EntityId::from(id),
            _ => return None,
        };
        Some(row_actions(app, entity, &app.list_name()))
    };
    let new_task = move |_| {
        app.new_task(Preset::default());
    };
    view! {
        <header class="topbar">
            <button
                class="icon-btn phone-only"
                type="button"
                aria-label=t::open_menu()
                aria-expanded=move || if app.ui.sidebar.get() { "true" } else { "false" }
                on:click=move |_| app.ui.sidebar.set(true)
            >
                {icon("#i-menu")}
            </button>
            <h1 dir="auto">{move || app.list_name()}</h1>
            {actions}
            <div class="end">
                <button
                    class="icon-btn phone-only"
                    type="button"
                    aria-label=t::search()
                    on:click=move |_| {
                        app.toggle_palette();
                    }
                >
                    {icon("#i-search")}
                </button>
                <SyncPill />
                <button class="btn primary small hide-phone" type="button" aria-keyshortcuts="c" on:click=new_task>
                    {icon("#i-plus")}
                    {t::new_task()}
                    <kbd aria-hidden="true">"C"</kbd>
                </button>
            </div>
        </header>
    }
    .into_any()
}
