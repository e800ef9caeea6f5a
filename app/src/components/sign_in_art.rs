//! The picture beside the sign-in, and the frame of pages without a workspace.

use leptos::prelude::*;

use crate::components::icon::toned;
use crate::components::theme::ThemeToggle;
use crate::i18n as t;

#[component]
pub(crate) fn SignInFrame(children: Children) -> impl IntoView {
    view! {
        <main class="signin" id="main">
            <div class="signin-form">{children()}</div>
            <aside class="signin-art" aria-label=t::about_tern()>
                {toned("#b-flight", "flight")}
                <p>{t::art_line()}</p>
                <small>{t::art_small()}</small>
            </aside>
            <div class="corner"><ThemeToggle /></div>
        </main>
    }
    .into_any()
}

#[component]
pub(crate) fn Wordmark() -> impl IntoView {
    view! { <svg class="wordmark" viewBox="0 0 300 96" role="img" aria-label=t::app_name()><use href="#b-wordmark" /></svg> }
        .into_any()
}
