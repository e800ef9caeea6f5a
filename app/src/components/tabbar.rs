//! The bar at the bottom of a phone, where a thumb reaches.

use leptos::prelude::*;

use crate::components::changing::current;
use crate::components::icon::icon;
use crate::i18n as t;
use crate::route::{Page, Route};
use crate::state::ui::Preset;
use crate::state::use_app;

static MY: Route = Route::Page(Page::My);
static INBOX: Route = Route::Page(Page::Inbox);

#[component]
pub(crate) fn Tabbar() -> impl IntoView {
    let app = use_app();
    let new_task = move |_| {
        app.new_task(Preset::default());
    };
    let attention = Memo::new(move |_| app.refused.with(Vec::len));
    let count = move || (attention.get() > 0).then(|| view! { <span class="count">{attention.get()}</span> });
    let at = move |route: &'static Route| current(move || app.route.get() == *route);
    let tasks = current(move || matches!(app.route.get(), Route::Tasks | Route::Project(_) | Route::View(_)));
    let inbox = move || {
        let count = app.tasks.counts.get()[1];
        (count > 0).then(|| view! { <span class="count">{count}</span> })
    };
    view! {
        <nav class="tabbar" aria-label=t::quick_navigation() inert=move || app.ui.sidebar.get()>
            <a href=Route::Tasks.href() aria-current=tasks>{icon("#i-list")}<span>{t::tasks()}</span></a>
            <a href=MY.href() aria-current=at(&MY)>{icon("#i-mine")}<span>{t::page_name(Page::My)}</span></a>
            <button class="new" type="button" aria-label=t::new_task() on:click=new_task>{icon("#i-plus")}</button>
            <a href=INBOX.href() aria-current=at(&INBOX)>
                {icon("#i-inbox")}
                <span>{t::page_name(Page::Inbox)}</span>
                {inbox}
            </a>
            <button type="button" on:click=move |_| app.ui.outbox.set(true)>
                {icon("#i-device-up")}
                <span>{t::changes_tab()}</span>
                {count}
            </button>
        </nav>
    }
    .into_any()
}
