//! An address that leads nowhere.

use leptos::prelude::*;

use crate::components::icon::toned;
use crate::i18n as t;
use crate::route::Route;

#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! {
        <main class="lone" id="main">
            <div class="empty">
                {toned("#b-horizon", "art")}
                <h1>{t::not_found_title()}</h1>
                <p>{t::not_found_lead()}</p>
                <div class="btn-row"><a class="btn primary" href=Route::Tasks.href()>{t::to_tasks()}</a></div>
            </div>
        </main>
    }
    .into_any()
}
