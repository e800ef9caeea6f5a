//! Light and dark. The system decides until the member does; index.html applies the choice before the first paint.

use leptos::prelude::*;

use crate::components::icon::icon;
use crate::{dom, i18n as t};

const THEME: &str = "tern.theme";

#[component]
pub(crate) fn ThemeToggle() -> impl IntoView {
    view! {
        <button class="icon-btn" type="button" aria-label=t::switch_theme() on:click=move |_| toggle()>
            {icon("#i-theme")}
        </button>
    }
}

fn toggle() {
    let Some(root) = document().document_element() else { return };
    let dark = match root.get_attribute("data-theme") {
        Some(theme) => theme == "dark",
        None => {
            window().match_media("(prefers-color-scheme: dark)").ok().flatten().is_some_and(|media| media.matches())
        }
    };
    let theme = if dark { "light" } else { "dark" };
    let _ = root.set_attribute("data-theme", theme);
    dom::remember(THEME, theme);
}
