//! Instead of a list: that it is being read, or how to begin.

use engine::status::SyncStatus;
use leptos::prelude::*;

use crate::components::icon::toned;
use crate::dom;
use crate::i18n as t;
use crate::look::Look;
use crate::route::{Page, Route};
use crate::state::ui::Preset;
use crate::state::use_app;

/// Reading the local data usually takes less, and then nothing flashes up.
const PATIENCE_MS: u64 = 150;

#[component]
pub(crate) fn NoTasks() -> impl IntoView {
    let app = use_app();
    // A new device is not known to be empty before the first news of the team.
    let reading = Memo::new(move |_| {
        let first_pull = app.status.with(|status| status.as_ref().is_some_and(is_first_pull));
        app.broken.with(Option::is_none) && (!app.loaded.get() || (first_pull && app.projects.with(Vec::is_empty)))
    });
    let filtered = Memo::new(move |_| app.views.look.with(|look| !look.facets.is_empty()));
    let nothing = move || match app.views.place.get() {
        _ if filtered.get() => view! { <NoMatch /> }.into_any(),
        Route::Page(page) => view! { <EmptyPage page /> }.into_any(),
        Route::View(_) => view! { <NoMatch /> }.into_any(),
        _ => view! { <FirstRun /> }.into_any(),
    };
    view! { <Show when=move || reading.get() fallback=nothing><Skeleton /></Show> }.into_any()
}

fn is_first_pull(status: &SyncStatus) -> bool {
    let failed = status.next_try.is_some() || status.blocked.is_some() || !status.online;
    !failed && !status.verified && status.last_synced.is_none()
}

#[component]
fn FirstRun() -> impl IntoView {
    let app = use_app();
    let title = move || {
        let project = app.tasks.scope.get().and_then(|id| app.project_name(id));
        t::empty_title(project.as_deref())
    };
    let create = move |_| {
        app.new_task(Preset::default());
    };
    view! {
        <div class="empty">
            {toned("#b-horizon", "art")}
            <h2 dir="auto">{title}</h2>
            <p>{t::empty_lead()}</p>
            <div class="btn-row">
                <button class="btn primary" type="button" on:click=create>
                    {t::first_task()}
                    <kbd class="hide-phone" aria-hidden="true">"C"</kbd>
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// A page with nothing on it, which is often good news.
#[component]
fn EmptyPage(page: Page) -> impl IntoView {
    let (title, lead) = t::page_empty(page);
    view! {
        <div class="empty">
            {toned("#b-horizon", "art")}
            <h2>{title}</h2>
            <p>{lead}</p>
        </div>
    }
    .into_any()
}

#[component]
fn NoMatch() -> impl IntoView {
    let app = use_app();
    let clear = move |_| app.look(&|look: &mut Look| look.facets.clear());
    view! {
        <div class="empty">
            {toned("#b-horizon", "art")}
            <h2>{t::no_match()}</h2>
            <Show when=move || app.views.look.with(|look| !look.facets.is_empty())>
                <p>{t::no_match_lead()}</p>
                <div class="btn-row">
                    <button class="btn" type="button" on:click=clear>{t::clear_all()}</button>
                </div>
            </Show>
        </div>
    }
    .into_any()
}

#[component]
fn Skeleton() -> impl IntoView {
    let shown = RwSignal::new(false);
    dom::after(PATIENCE_MS, move || {
        let _ = shown.try_set(true);
    });
    let row = |width: &'static str| {
        view! {
            <div class="task-row" aria-hidden="true">
                <span></span>
                <span class="skeleton round"></span>
                <span class="skeleton"></span>
                <span class="skeleton round"></span>
                <span class="skeleton" style:width=width></span>
            </div>
        }
        .into_any()
    };
    view! {
        <Show when=move || shown.get()>
            <div role="img" aria-label=t::loading()>{["62%", "48%", "71%", "55%"].map(row).collect_view()}</div>
        </Show>
    }
    .into_any()
}
