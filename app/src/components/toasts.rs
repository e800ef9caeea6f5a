//! Short messages with a way back. One stands for eight seconds, and as long as it is pointed at or focused.

use leptos::prelude::*;

use crate::state::ui::Toast;
use crate::state::use_app;
use crate::{dom, i18n as t};

const STANDING_MS: u64 = 8_000;

#[component]
pub(crate) fn Toasts() -> impl IntoView {
    let app = use_app();
    view! {
        <div class="toasts" role="region" aria-live="polite" aria-label=t::notifications()>
            <For
                each=move || app.ui.toasts.get()
                key=|(id, toast)| (*id, toast.text.clone())
                children=move |(id, toast)| view! { <OneToast id toast /> }
            />
        </div>
    }
    .into_any()
}

#[component]
fn OneToast(id: u32, toast: Toast) -> impl IntoView {
    let app = use_app();
    let held = RwSignal::new(false);
    let remove = move || app.ui.toasts.update(|toasts| toasts.retain(|(other, _)| *other != id));
    let timer = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let round = timer.get_value() + 1;
        timer.set_value(round);
        if !held.get() {
            dom::after(STANDING_MS, move || {
                if timer.try_get_value() == Some(round) {
                    remove();
                }
            });
        }
    });
    let undo = toast.change.map(|change| {
        let undo = move |_| {
            remove();
            app.undo(Some(change));
        };
        view! { <button type="button" on:click=undo>{t::undo()}</button> }
    });
    view! {
        <div
            class="toast"
            on:pointerenter=move |_| held.set(true)
            on:pointerleave=move |_| held.set(false)
            on:focusin=move |_| held.set(true)
            on:focusout=move |_| held.set(false)
        >
            <span>{toast.text}</span>
            {undo}
        </div>
    }
    .into_any()
}
