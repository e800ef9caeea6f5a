//! Signing in. A member whose session is over signs in again here; what waits on the device stays.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::account::{LoginRequest, Password};
use web_sys::SubmitEvent;

use crate::components::field::Field;
use crate::components::sign_in_art::{SignInFrame, Wordmark};
use crate::i18n as t;
use crate::route::Route;
use crate::state::use_app;

#[component]
pub(crate) fn SignIn() -> impl IntoView {
    let app = use_app();
    let known = app.account.with_untracked(|account| account.as_ref().map(|account| account.email.clone()));
    let email = RwSignal::new(known.unwrap_or_default());
    let password = RwSignal::new(String::new());
    let error = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let sign_in = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        error.set(None);
        let host = app.host();
        let request = LoginRequest {
            email: email.get_untracked().trim().to_owned(),
            password: Password(password.get_untracked()),
            device: host.device(),
        };
        spawn_local(async move {
            match host.login(request).await {
                Ok(account) => app.signed_in(account),
                Err(refused) => error.set(Some(t::account_error(&refused))),
            }
            let _ = busy.try_set(false);
        });
    };
    view! {
        <SignInFrame>
            <form on:submit=sign_in novalidate>
                <Wordmark />
                <h1>{t::sign_in()}</h1>
                <p class="lead">{t::sign_in_lead()}</p>
                <p class="form-error" role="alert">{move || error.get()}</p>
                <Field id="email" label=t::work_email() kind="email" autocomplete="username" value=email />
                <Field
                    id="password"
                    label=t::password()
                    kind="password"
                    autocomplete="current-password"
                    value=password
                />
                <button class="btn primary wide" type="submit" aria-disabled=move || busy.get().then_some("true")>
                    {t::sign_in()}
                </button>
                <p class="hint">
                    {t::sign_in_needs()}
                    <br />
                    {t::no_account()}" "
                    <a class="link" href=Route::Register { invitation: None }.href()>{t::create_account()}</a>
                </p>
            </form>
        </SignInFrame>
    }
    .into_any()
}
