//! Which keys do what, from the table of actions, and the switch for those who need single keys for something else.

use leptos::prelude::*;

use crate::components::icon::icon;
use crate::components::modal::Modal;
use crate::i18n as t;
use crate::state::actions::{Action, Place};
use crate::state::use_app;

#[component]
pub(crate) fn ShortcutsDialog() -> impl IntoView {
    let app = use_app();
    let open = app.ui.shortcuts;
    let close = Callback::new(move |()| open.set(false));
    view! {
        <Modal open on_close=close label=t::shortcuts() class="dialog shortcuts">
            <div class="drawer-head">
                <h2>{t::shortcuts()}</h2>
                <button class="icon-btn" type="button" aria-label=t::close() on:click=move |_| open.set(false)>
                    {icon("#i-close")}
                </button>
            </div>
            <div class="shortcuts-body" tabindex="0" role="region" aria-label=t::shortcuts()>
                <SingleKeys />
                {Place::ALL.map(group).collect_view()}
            </div>
        </Modal>
    }
    .into_any()
}

#[component]
fn SingleKeys() -> impl IntoView {
    let app = use_app();
    view! {
        <div class="setting">
            <div>
                <label class="label" for="single-keys">{t::single_keys()}</label>
                <small id="single-keys-lead">{t::single_keys_lead()}</small>
            </div>
            <input
                class="switch"
                id="single-keys"
                type="checkbox"
                role="switch"
                aria-describedby="single-keys-lead"
                prop:checked=move || app.keys.single.get()
                on:change=move |event| app.keys.allow_single(event_target_checked(&event))
            />
        </div>
    }
    .into_any()
}

fn group(place: Place) -> AnyView {
    let rows = place.actions().filter(|action| !action.keys.is_empty()).map(row).collect_view();
    view! {
        <section>
            <h3>{place.name()}</h3>
            <dl class="keys">{rows}</dl>
        </section>
    }
    .into_any()
}

fn row(action: &'static Action) -> AnyView {
    let mut keys = Vec::new();
    for row in action.keys {
        if !keys.is_empty() {
            keys.push(t::key_or().into_any());
        }
        keys.push(caps(row, t::key_then()));
    }
    view! { <div><dt>{(action.name)()}</dt><dd>{keys}</dd></div> }.into_any()
}

/// A row of keys as they are on a keyboard, with a word between one and the next.
pub(crate) fn caps(row: &'static str, then: &'static str) -> AnyView {
    let mut keys = Vec::new();
    for stroke in row.split(' ') {
        if !keys.is_empty() {
            keys.push(then.into_any());
        }
        keys.extend(stroke.split('+').map(|key| view! { <kbd>{t::key_name(key)}</kbd> }.into_any()));
    }
    keys.into_any()
}
