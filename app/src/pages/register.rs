//! A new account: with an organization of its own, or in the one that an invitation is for.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::account::{Password, RegisterRequest};
use web_sys::SubmitEvent;

use crate::components::field::Field;
use crate::components::sign_in_art::{SignInFrame, Wordmark};
use crate::i18n as t;
use crate::route::Route;
use crate::state::{App, use_app};

#[derive(Clone, Copy)]
struct Form {
    app: App,
    invitation: StoredValue<Option<String>>,
    organization: RwSignal<String>,
    name: RwSignal<String>,
    email: RwSignal<String>,
    password: RwSignal<String>,
    error: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
}

impl Form {
    fn request(self) -> RegisterRequest {
        let trimmed = |text: RwSignal<String>| text.get_untracked().trim().to_owned();
        let invitation = self.invitation.get_value();
        RegisterRequest {
            organization: invitation.is_none().then(|| trimmed(self.organization)),
            invitation,
            name: trimmed(self.name),
            email: trimmed(self.email),
            password: Password(self.password.get_untracked()),
            device: self.app.host().device(),
        }
    }

    fn submit(self) {
        if self.busy.get_untracked() {
            return;
        }
        let request = self.request();
        if let Err(invalid) = request.validate() {
            return self.error.set(Some(t::invalid_account(invalid).to_owned()));
        }
        self.busy.set(true);
        self.error.set(None);
        spawn_local(async move {
            match self.app.host().register(request).await {
                Ok(account) => self.app.signed_in(account),
                Err(refused) => self.error.set(Some(t::account_error(&refused))),
            }
            let _ = self.busy.try_set(false);
        });
    }
}

#[component]
pub(crate) fn Register(invitation: Option<String>) -> impl IntoView {
    let text = || RwSignal::new(String::new());
    let invited = invitation.is_some();
    let form = Form {
        app: use_app(),
        invitation: StoredValue::new(invitation),
        organization: text(),
        name: text(),
        email: text(),
        password: text(),
        error: RwSignal::new(None),
        busy: RwSignal::new(false),
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        form.submit();
    };
    let organization = (!invited).then(|| {
        view! { <Field id="organization" label=t::organization() autocomplete="organization" value=form.organization /> }
    });
    view! {
        <SignInFrame>
            <form on:submit=submit novalidate>
                <Wordmark />
                <h1>{t::create_account()}</h1>
                <p class="lead">{if invited { t::join_lead() } else { t::create_account_lead() }}</p>
                <p class="form-error" role="alert">{move || form.error.get()}</p>
                {organization}
                <Field id="name" label=t::your_name() autocomplete="name" value=form.name />
                <Field id="email" label=t::work_email() kind="email" autocomplete="username" value=form.email />
                <Field
                    id="password"
                    label=t::password()
                    kind="password"
                    autocomplete="new-password"
                    value=form.password
                    hint=t::password_hint()
                />
                <button class="btn primary wide" type="submit" aria-disabled=move || form.busy.get().then_some("true")>
                    {t::create_account()}
                </button>
                <p class="hint">
                    {t::have_account()}" "<a class="link" href=Route::SignIn.href()>{t::sign_in()}</a>
                </p>
            </form>
        </SignInFrame>
    }
    .into_any()
}
