//! Event listeners that are removed when nobody holds them any more.

use wasm_bindgen::prelude::*;
use web_sys::{Event, EventTarget};

/// Calls back for every event of one kind until it is dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    target: EventTarget,
    kind: &'static str,
    callback: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// `None` if the browser refuses, which it does for no event of this app.
    pub(crate) fn on(target: &EventTarget, kind: &'static str, callback: impl FnMut(Event) + 'static) -> Option<Self> {
        let callback = Closure::new(callback);
        target.add_event_listener_with_callback(kind, callback.as_ref().unchecked_ref()).ok()?;
        Some(Self { target: target.clone(), kind, callback })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(self.kind, self.callback.as_ref().unchecked_ref());
    }
}
