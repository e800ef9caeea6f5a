//! Light and dark.

use leptos::prelude::*;

use crate::components::icon::icon;
use crate::i18n as t;
use crate::state::theme::toggle;

#[component]
pub(crate) fn ThemeToggle() -> impl IntoView {
    view! {
        <button class="icon-btn" type="button" aria-label=t::switch_theme() on:click=move |_| toggle()>
            {icon("#i-theme")}
        </button>
    }
}
