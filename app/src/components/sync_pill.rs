//! The sync pill: one quiet word about saving and syncing, and the way to more.

use engine::status::Pill;
use leptos::html::Button;
use leptos::prelude::*;

use crate::components::icon::icon;
use crate::components::sync_detail::SyncDetail;
use crate::i18n as t;
use crate::state::use_app;

#[component]
pub(crate) fn SyncPill() -> impl IntoView {
    let pill = use_app().pill;
    let open = RwSignal::new(false);
    let button = NodeRef::<Button>::new();
    let state = move || pill.get().map(state);
    view! {
        <div class="sync" role="status" aria-label=t::sync_status()>
            <button
                class="sync-pill"
                type="button"
                aria-haspopup="dialog"
                data-state=state
                node_ref=button
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {move || pill.get().map(content)}
            </button>
        </div>
        <SyncDetail open anchor=button />
    }
    .into_any()
}

fn state(pill: Pill) -> &'static str {
    match pill {
        Pill::Synced => "synced",
        Pill::Saving => "saving",
        Pill::Local => "local",
        Pill::Waiting { .. } => "waiting",
        Pill::Syncing(_) => "syncing",
        Pill::Offline { .. } => "offline",
        Pill::Attention { .. } => "attention",
    }
}

fn content(pill: Pill) -> AnyView {
    let (icon, text) = match pill {
        Pill::Synced => (icon("#i-cloud-check"), t::synced().to_owned()),
        Pill::Saving => (icon("#i-device"), t::saving().to_owned()),
        Pill::Local => (icon("#i-device-check"), t::local().to_owned()),
        Pill::Waiting { count } => (icon("#i-device-up"), t::waiting(count)),
        Pill::Syncing(progress) if progress.total == 0 => (ring(0, 1), t::checking().to_owned()),
        Pill::Syncing(progress) => (ring(progress.done, progress.total), t::syncing(progress.done, progress.total)),
        Pill::Offline { .. } => (icon("#i-cloud-off"), t::offline().to_owned()),
        Pill::Attention { count } => (icon("#i-warning"), t::attention(count)),
    };
    let saved = match pill {
        Pill::Offline { waiting: waiting @ 1.. } => Some(saved_here(waiting)),
        _ => None,
    };
    view! { {icon}<span>{text}</span>{saved} }.into_any()
}

fn saved_here(waiting: usize) -> AnyView {
    view! {
        // Read as "Offline, 5 saved here"; a line stands for the comma.
        <span class="sr">", "</span>
        <span class="sep"></span>
        <span class="sub">{t::saved_here_count(waiting)}</span>
    }
    .into_any()
}

/// How much is done, as a ring that fills up.
fn ring(done: usize, total: usize) -> AnyView {
    let left = 100 - (100 * done.min(total)).checked_div(total).unwrap_or(0);
    view! {
        <svg class="ring" viewBox="0 0 16 16" aria-hidden="true">
            <circle class="track" cx="8" cy="8" r="6.25" />
            <circle
                class="value"
                cx="8"
                cy="8"
                r="6.25"
                pathLength="100"
                stroke-dasharray="100"
                stroke-dashoffset=left.to_string()
            />
        </svg>
    }
    .into_any()
}
