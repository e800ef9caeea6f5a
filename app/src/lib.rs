//! The user interface of Tern.
//!
//! It renders what the engine's events say and dispatches what a member wants as commands; a component never changes
//! data, and nothing in here touches a store, a transport or the network: that is the [`host::Host`]'s.
//!
//! - [`host`]: what the app needs from the place it runs in
//! - `state`: the reactive store, undo, the keyboard, navigation
//! - `pages`, `components`: what is seen
//! - `i18n`: every word; `dates`: days and times as people write them
//! - [`route`]: the addresses; [`look`]: their queries

#![expect(unreachable_pub, reason = "what #[component] makes of a `pub(crate) fn` is `pub`")]

mod components;
mod dates;
mod dom;
pub mod host;
mod i18n;
pub mod look;
mod pages;
mod pwa;
pub mod route;
mod state;

use std::rc::Rc;

use leptos::mount::mount_to;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use host::Host;
use state::App;
use state::ui::Preset;

/// The element of index.html that the app lives in; until then it holds a picture of the empty app.
const ROOT: &str = "app";

/// Whether the app was started with its shortcut for a new task.
fn asks_for_task() -> bool {
    window()
        .location()
        .search()
        .is_ok_and(|query| query.trim_start_matches('?').split('&').any(|pair| pair == "new=task"))
}

/// Starts the app on this page.
pub fn mount(host: Rc<dyn Host>) {
    let Some(root) = document().get_element_by_id(ROOT).and_then(|root| root.dyn_into::<HtmlElement>().ok()) else {
        return leptos::logging::error!("there is no element with the id {ROOT:?} to start in");
    };
    root.set_inner_html("");
    let _ = root.remove_attribute("aria-busy");
    mount_to(root, move || {
        let app = App::new(host);
        provide_context(app);
        app.start_navigation();
        app.start_views();
        app.start_keyboard();
        app.pwa.start();
        if app.account.with_untracked(Option::is_some) {
            app.open();
            if asks_for_task() {
                app.new_task(Preset::default());
            }
        }
        view! { <pages::Pages /> }
    })
    .forget();
}
