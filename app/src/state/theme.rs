//! Light and dark. The system decides until the member does; index.html applies the choice before the first paint.

use leptos::prelude::*;

use crate::dom;

const THEME: &str = "tern.theme";

/// Light if it is dark, and dark if it is light.
pub(crate) fn toggle() {
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
