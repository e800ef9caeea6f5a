//! The workspace: the list of tasks, and beside it the task that is open.

use leptos::prelude::*;

use crate::components::bulk_bar::BulkBar;
use crate::components::invite::InviteDialog;
use crate::components::menu_layer::PageMenus;
use crate::components::new_project::NewProjectDialog;
use crate::components::new_task::NewTaskDialog;
use crate::components::outbox::Outbox;
use crate::components::sidebar::Sidebar;
use crate::components::tabbar::Tabbar;
use crate::components::task_list::TaskList;
use crate::components::task_panel::TaskPanel;
use crate::components::toasts::Toasts;
use crate::components::topbar::Topbar;
use crate::i18n as t;
use crate::route::Route;
use crate::state::use_app;

#[component]
pub(crate) fn Workspace() -> impl IntoView {
    let app = use_app();
    let open = Memo::new(move |_| match app.route.get() {
        Route::Task(id) => Some(id),
        _ => None,
    });
    view! {
        <a class="skip" href="#main">{t::skip()}</a>
        <div class="app" data-detail=move || open.get().map(|_| "")>
            <Sidebar />
            <main class="main" id="main" inert=move || app.ui.sidebar.get()>
                <Topbar />
                <div class="list-area" class:split=move || open.get().is_some()>
                    <TaskList />
                    {move || open.get().map(|id| view! { <TaskPanel id /> })}
                </div>
                <BulkBar />
            </main>
            <Tabbar />
        </div>
        <Outbox />
        <PageMenus />
        <NewTaskDialog />
        <NewProjectDialog />
        <InviteDialog />
        <Toasts />
    }
    .into_any()
}
