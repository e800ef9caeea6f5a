//! Into a new version of the app: the waiting service worker takes over, and the page is loaded from it.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::ServiceWorkerRegistration;

/// Lets the waiting version take over and reloads this tab. Every edit is durable already, so nothing is asked.
pub(crate) async fn apply() {
    let Some(window) = web_sys::window() else { return };
    let location = window.location();
    let container = window.navigator().service_worker();
    let registration = JsFuture::from(container.get_registration()).await.ok();
    let registration = registration.and_then(|value| value.dyn_into::<ServiceWorkerRegistration>().ok());
    let Some(waiting) = registration.and_then(|registration| registration.waiting()) else {
        // Another tab was faster: the new version is in charge already.
        let _ = location.reload();
        return;
    };
    let reload = Closure::once_into_js(move || {
        let _ = location.reload();
    });
    container.set_oncontrollerchange(Some(reload.unchecked_ref()));
    let message = Object::new();
    // Setting a property of a fresh object cannot fail.
    let _ = Reflect::set(&message, &"type".into(), &"skip-waiting".into());
    let _ = waiting.post_message(&message);
}
