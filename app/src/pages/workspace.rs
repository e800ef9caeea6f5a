//! The workspace: tasks as a list, a board or a calendar, and beside them the task that is open.

use leptos::prelude::*;

use crate::components::board::Board;
use crate::components::bulk_bar::BulkBar;
use crate::components::calendar::Calendar;
use crate::components::invite::InviteDialog;
use crate::components::menu_layer::PageMenus;
use crate::components::name_dialog::NameDialogs;
use crate::components::new_project::NewProjectDialog;
use crate::components::new_task::NewTaskDialog;
use crate::components::outbox::Outbox;
use crate::components::palette::PaletteDialog;
use crate::components::search_page::SearchPage;
use crate::components::shortcuts::ShortcutsDialog;
use crate::components::sidebar::Sidebar;
use crate::components::tabbar::Tabbar;
use crate::components::task_list::TaskList;
use crate::components::task_panel::TaskPanel;
use crate::components::toasts::Toasts;
use crate::components::toolbar::Toolbar;
use crate::components::topbar::Topbar;
use crate::look::Layout;
use crate::route::Route;
use crate::state::use_app;
use crate::{dom, i18n as t};

#[component]
pub(crate) fn Workspace() -> impl IntoView {
    let app = use_app();
    let open = Memo::new(move |_| match app.route.get() {
        Route::Task(id) => Some(id),
        _ => None,
    });
    let searching = Memo::new(move |_| app.search.words.with(Option::is_some));
    let layout = Memo::new(move |_| app.views.look.with(|look| look.layout));
    // Only rows are edited in place; of cards and days the task is opened.
    Effect::new(move |_| {
        let Some(id) = app.ui.editing.get().filter(|_| layout.get() != Layout::List) else { return };
        app.ui.editing.set(None);
        app.go(Route::Task(id));
        dom::after_paint(|| {
            if let Some(title) = dom::query(".panel-title") {
                dom::focus(&title);
            }
        });
    });
    view! {
        <a class="skip" href="#main">{t::skip()}</a>
        <div class="app" data-detail=move || open.get().map(|_| "")>
            <Sidebar />
            <main class="main" id="main" inert=move || app.ui.sidebar.get()>
                <Topbar />
                {move || (!searching.get()).then(|| view! { <Toolbar /> })}
                <div class="list-area" class:split=move || open.get().is_some()>
                    {move || match layout.get() {
                        _ if searching.get() => view! { <SearchPage /> }.into_any(),
                        Layout::List => view! { <TaskList /> }.into_any(),
                        Layout::Board => view! { <Board /> }.into_any(),
                        Layout::Calendar => view! { <Calendar /> }.into_any(),
                    }}
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
        <NameDialogs />
        <InviteDialog />
        <ShortcutsDialog />
        <PaletteDialog />
        <Toasts />
        <p class="sr" role="status">{move || app.ui.announced.get()}</p>
    }
    .into_any()
}
