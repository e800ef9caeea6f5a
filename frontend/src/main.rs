//! The app in the browser: wires the user interface, the engine, IndexedDB, HTTP and the tabs together.

mod channel;
mod clock;
mod files;
mod host;
mod http;
mod identity;
mod leader;
mod listener;
mod lock;
mod online;
mod replica;
mod request;
mod session;
mod socket;
mod update;

use std::rc::Rc;

fn main() {
    console_error_panic_hook::set_once();
    wasm_bindgen_futures::spawn_local(async { app::mount(Rc::new(host::BrowserHost::start().await)) });
}

#[cfg(test)]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
