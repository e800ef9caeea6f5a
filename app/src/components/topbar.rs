//! The top of a page: where one is, whether all is well, and the way to a new task.

use leptos::prelude::*;

use crate::components::icon::icon;
use crate::components::sync_pill::SyncPill;
use crate::i18n as t;
use crate::state::ui::Preset;
use crate::state::use_app;

#[component]
pub(crate) fn Topbar() -> impl IntoView {
    let app = use_app();
    let title = move || {
        let project = app.tasks.scope.get().and_then(|id| app.project_name(id));
        project.unwrap_or_else(|| t::all_tasks().to_owned())
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
            <h1 dir="auto">{title}</h1>
            <div class="end">
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
