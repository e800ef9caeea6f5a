//! The bar at the bottom of a phone, where a thumb reaches.

use leptos::prelude::*;

use crate::components::icon::icon;
use crate::i18n as t;
use crate::route::Route;
use crate::state::ui::Preset;
use crate::state::use_app;

#[component]
pub(crate) fn Tabbar() -> impl IntoView {
    let app = use_app();
    let new_task = move |_| {
        app.new_task(Preset::default());
    };
    let attention = Memo::new(move |_| app.refused.with(Vec::len));
    let count = move || (attention.get() > 0).then(|| view! { <span class="count">{attention.get()}</span> });
    let current = move || matches!(app.route.get(), Route::Tasks | Route::Project(_)).then_some("page");
    view! {
        <nav class="tabbar" aria-label=t::quick_navigation() inert=move || app.ui.sidebar.get()>
            <a href=Route::Tasks.href() aria-current=current>{icon("#i-list")}<span>{t::tasks()}</span></a>
            <button class="new" type="button" aria-label=t::new_task() on:click=new_task>{icon("#i-plus")}</button>
            <button type="button" on:click=move |_| app.ui.outbox.set(true)>
                {icon("#i-device-up")}
                <span>{t::changes_tab()}</span>
                {count}
            </button>
        </nav>
    }
    .into_any()
}
