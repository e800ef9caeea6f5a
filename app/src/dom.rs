//! The few things of the browser that components need besides their own elements.

use std::cmp::Ordering;
use std::time::Duration;

use js_sys::{Array, JsString, Object};
use leptos::prelude::{document, request_animation_frame, set_timeout, window};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, Element, FocusOptions, HtmlAnchorElement, HtmlDialogElement, HtmlElement, HtmlFormElement,
    ScrollIntoViewOptions, ScrollLogicalPosition, Storage, Url,
};

/// What this browser keeps for the app besides its data; absent where the browser forbids it.
pub(crate) fn local_storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

pub(crate) fn remembered(key: &str) -> Option<String> {
    local_storage()?.get_item(key).ok().flatten()
}

/// Remembers a small thing; a browser that keeps nothing only forgets it.
pub(crate) fn remember(key: &str, value: &str) {
    if let Some(storage) = local_storage() {
        let _ = storage.set_item(key, value);
    }
}

pub(crate) fn forget(key: &str) {
    if let Some(storage) = local_storage() {
        let _ = storage.remove_item(key);
    }
}

/// Forgets whatever has a name that begins so.
pub(crate) fn forget_all(prefix: &str) {
    let Some(storage) = local_storage() else { return };
    let length = storage.length().unwrap_or_default();
    let names: Vec<String> = (0..length).filter_map(|index| storage.key(index).ok().flatten()).collect();
    for name in names.iter().filter(|name| name.starts_with(prefix)) {
        forget(name);
    }
}

/// Runs after the changes that were just made are on the screen.
pub(crate) fn after_paint(then: impl FnOnce() + 'static) {
    request_animation_frame(move || request_animation_frame(then));
}

pub(crate) fn after(ms: u64, then: impl FnOnce() + 'static) {
    set_timeout(then, Duration::from_millis(ms));
}

pub(crate) fn focus(element: &HtmlElement) {
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = element.focus_with_options(&options);
}

/// Sends a form, as its button does.
pub(crate) fn submit(form: &Element) {
    if let Some(form) = form.dyn_ref::<HtmlFormElement>() {
        let _ = form.request_submit();
    }
}

pub(crate) fn query(selector: &str) -> Option<HtmlElement> {
    document().query_selector(selector).ok().flatten()?.dyn_into().ok()
}

/// Closes a dialog as Escape does; the platform gives the focus back.
pub(crate) fn close_dialog(selector: &str) {
    if let Some(dialog) = query(selector).and_then(|dialog| dialog.dyn_into::<HtmlDialogElement>().ok()) {
        dialog.close();
    }
}

/// Scrolls what is around an element, and no further than needed.
pub(crate) fn bring_into_view(element: &Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// The first element for this selector that is on the screen.
pub(crate) fn query_visible(selector: &str) -> Option<HtmlElement> {
    let found = document().query_selector_all(selector).ok()?;
    (0..found.length()).filter_map(|i| found.get(i)?.dyn_into::<HtmlElement>().ok()).find(is_visible)
}

/// Puts the focus on a control of the open task.
pub(crate) fn focus_in_panel(label: &str) {
    if let Some(control) = query_visible(&format!(".panel [aria-label=\"{label}\"]")) {
        focus(&control);
    }
}

pub(crate) fn is_visible(element: &HtmlElement) -> bool {
    let size = element.get_bounding_client_rect();
    size.width() > 0.0 && size.height() > 0.0
}

pub(crate) fn active_element() -> Option<HtmlElement> {
    document().active_element()?.dyn_into().ok()
}

/// Whether nothing in particular has the focus, as after the focused element was removed.
pub(crate) fn focus_is_lost() -> bool {
    active_element().is_none_or(|element| element.tag_name() == "BODY")
}

/// Whether typing into this element writes text, so that single keys are not shortcuts.
pub(crate) fn takes_text(element: &Element) -> bool {
    match element.tag_name().as_str() {
        "TEXTAREA" | "SELECT" => true,
        "INPUT" => {
            !matches!(element.get_attribute("type").as_deref(), Some("checkbox" | "radio" | "button" | "submit"))
        }
        _ => element.closest("[contenteditable]").ok().flatten().is_some(),
    }
}

pub(crate) fn is_phone() -> bool {
    window().match_media("(max-width: 640px)").ok().flatten().is_some_and(|media| media.matches())
}

/// How people of this place sort names.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    JsString::from(a).locale_compare(b, &Array::new(), &Object::new()).cmp(&0)
}

/// A text for finding it whatever the case.
pub(crate) fn lower_case(text: &str) -> String {
    JsString::from(text).to_lower_case().into()
}

pub(crate) fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// Puts a text on the clipboard; says whether that worked.
pub(crate) async fn copy(text: &str) -> bool {
    let promise = window().navigator().clipboard().write_text(text);
    JsFuture::from(promise).await.is_ok()
}

/// Gives a content out as a download of this name.
pub(crate) fn download(content: &Blob, name: &str) {
    let Ok(url) = Url::create_object_url_with_blob(content) else { return };
    if let Some(link) = document().create_element("a").ok().and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok()) {
        link.set_href(&url);
        link.set_download(name);
        link.click();
    }
    // The browser has begun to read it by then.
    after(60_000, move || drop(Url::revoke_object_url(&url)));
}
