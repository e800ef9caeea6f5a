//! What the sync pill stands for, in full: what is on this device, what is with the team, and what happens next.

use std::time::Duration;

use engine::status::{Blocked, Pill, SyncStatus};
use js_sys::Reflect;
use leptos::html::{Button, Div};
use leptos::prelude::*;

use crate::components::icon::icon;
use crate::components::menu_layer::place;
use crate::dates;
use crate::i18n as t;
use crate::route::Route;
use crate::state::{App, use_app};

#[component]
pub(crate) fn SyncDetail(open: RwSignal<bool>, anchor: NodeRef<Button>) -> impl IntoView {
    let layer = NodeRef::<Div>::new();
    Effect::new(move |_| {
        let Some(layer) = layer.get() else { return };
        if open.get() {
            let _ = layer.show_popover();
            request_animation_frame(move || {
                if let Some(anchor) = anchor.get_untracked() {
                    place(&layer, &anchor);
                }
            });
        } else {
            let _ = layer.hide_popover();
        }
    });
    let on_toggle = move |event: web_sys::Event| {
        let closed = Reflect::get(&event, &"newState".into()).is_ok_and(|state| state == "closed");
        if closed {
            open.set(false);
        }
    };
    view! {
        <div
            class="sync-detail"
            popover="auto"
            role="dialog"
            aria-label=t::sync()
            node_ref=layer
            on:toggle=on_toggle
        >
            {move || open.get().then(|| view! { <Lines open /> })}
        </div>
    }
    .into_any()
}

#[component]
fn Lines(open: RwSignal<bool>) -> impl IntoView {
    let app = use_app();
    let now = RwSignal::new(dates::now());
    let clock = set_interval_with_handle(move || now.set(dates::now()), Duration::from_secs(1));
    on_cleanup(move || {
        if let Ok(clock) = clock {
            clock.clear();
        }
    });
    let status = move || app.status.get().unwrap_or_default();
    let line = move |href: &'static str, name: &'static str, value: String| {
        view! { <div>{icon(href)}<dt>{name}</dt><dd>{value}</dd></div> }.into_any()
    };
    let show_changes = move |_| {
        open.set(false);
        app.ui.outbox.set(true);
    };
    view! {
        <b>{move || headline(&status())}</b>
        <dl class="sync-lines">
            {move || line("#i-device-check", t::on_this_device(), on_this_device(&status()).to_owned())}
            {move || line("#i-cloud-check", t::with_your_team(), with_your_team(&status()))}
            {move || line("#i-clock", t::next_try(), next_try(&status(), now.get()))}
        </dl>
        <div class="btn-row">
            {move || first_button(app, &status(), open)}
            <button class="btn small plain" type="button" on:click=show_changes>{t::show_changes()}</button>
        </div>
    }
    .into_any()
}

fn first_button(app: App, status: &SyncStatus, open: RwSignal<bool>) -> AnyView {
    let sign_in = status.local.then_some(Blocked::SignIn);
    match status.blocked.or(sign_in) {
        Some(Blocked::SignIn) => {
            let href = Route::SignIn.href();
            view! { <a class="btn small primary" href=href on:click=move |_| open.set(false)>{t::sign_in()}</a> }
                .into_any()
        }
        Some(Blocked::Update) => {
            let update = move |_| app.host().apply_update();
            view! { <button class="btn small primary" type="button" on:click=update>{t::update_now()}</button> }
                .into_any()
        }
        _ => {
            let sync = move |_| app.host().sync_now();
            view! { <button class="btn small" type="button" on:click=sync>{t::sync_now()}</button> }.into_any()
        }
    }
}

/// The state in a sentence.
pub(crate) fn headline(status: &SyncStatus) -> String {
    let pill = status.pill();
    match (pill, status.blocked) {
        (Pill::Attention { .. }, Some(Blocked::SignIn)) => t::sign_in_again(status.waiting),
        (Pill::Attention { .. }, Some(Blocked::Update)) => t::blocked_update().to_owned(),
        (Pill::Attention { .. }, Some(Blocked::Rejected)) => t::blocked_rejected().to_owned(),
        (Pill::Attention { count }, None) => t::line_attention(count),
        (Pill::Synced, _) => t::line_synced().to_owned(),
        (Pill::Saving, _) => t::line_saving().to_owned(),
        (Pill::Local, _) => t::line_local().to_owned(),
        (Pill::Waiting { count }, _) => t::line_waiting(count),
        (Pill::Syncing(progress), _) if progress.total == 0 => t::line_checking().to_owned(),
        (Pill::Syncing(_), _) => t::line_syncing().to_owned(),
        (Pill::Offline { waiting: 0 }, _) => t::line_offline().to_owned(),
        (Pill::Offline { waiting }, _) => t::line_offline_waiting(waiting),
    }
}

pub(crate) fn on_this_device(status: &SyncStatus) -> &'static str {
    if status.saving { t::being_saved() } else { t::everything_saved() }
}

pub(crate) fn with_your_team(status: &SyncStatus) -> String {
    match status.last_synced {
        _ if status.pill() == Pill::Synced => t::up_to_now().to_owned(),
        Some(at) => t::up_to(&dates::time(at)),
        None => t::not_yet().to_owned(),
    }
}

fn next_try(status: &SyncStatus, now: i64) -> String {
    match (status.blocked, status.next_try) {
        (Some(Blocked::SignIn), _) => t::when_signed_in().to_owned(),
        _ if status.local => t::when_signed_in().to_owned(),
        (_, Some(at)) if at > now => t::in_seconds((at - now + 999) / 1000),
        (_, Some(_)) => t::soon().to_owned(),
        _ if !status.online => t::when_back().to_owned(),
        _ if status.waiting > 0 || status.progress.is_some() => t::soon().to_owned(),
        _ => t::when_changed().to_owned(),
    }
}
