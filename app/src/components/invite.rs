//! A link with which a teammate joins.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::icon::icon;
use crate::components::modal::Modal;
use crate::route::Route;
use crate::state::use_app;
use crate::{dom, i18n as t};

#[component]
pub(crate) fn InviteDialog() -> impl IntoView {
    let app = use_app();
    let close = Callback::new(move |()| app.ui.inviting.set(false));
    view! { <Modal open=app.ui.inviting on_close=close label=t::invite()><Link /></Modal> }.into_any()
}

#[component]
fn Link() -> impl IntoView {
    let app = use_app();
    let link = RwSignal::new(None::<Result<String, String>>);
    spawn_local(async move {
        let made = match app.host().invite().await {
            Ok(made) => Ok(format!("{}{}", dom::origin(), Route::Register { invitation: Some(made.token) }.href())),
            Err(error) => Err(t::account_error(&error)),
        };
        let _ = link.try_set(Some(made));
    });
    view! {
        <div class="dialog-form">
            <h2>{t::invite()}</h2>
            <p class="muted">{t::invite_lead()}</p>
            {move || match link.get() {
                None => view! { <p role="status">{t::invite_wait()}</p> }.into_any(),
                Some(Err(reason)) => view! { <p class="form-error" role="alert">{reason}</p> }.into_any(),
                Some(Ok(link)) => view! { <Ready link /> }.into_any(),
            }}
            <div class="btn-row end">
                <button class="btn" type="button" on:click=move |_| app.ui.inviting.set(false)>{t::close()}</button>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Ready(link: String) -> impl IntoView {
    let copied = RwSignal::new(false);
    let text = link.clone();
    let copy = move |_| {
        let text = text.clone();
        spawn_local(async move {
            let done = dom::copy(&text).await;
            let _ = copied.try_set(done);
        });
    };
    view! {
        <div class="field-row">
            <input class="input" type="text" readonly aria-label=t::invite_link() value=link />
            <button class="btn primary" type="button" on:click=copy>{icon("#i-link")}{t::copy_link()}</button>
        </div>
        <p class="hint" role="status">{move || copied.get().then(t::link_copied)}</p>
    }
    .into_any()
}
