//! What the browser knows about the network, and when the member comes back to the tab.

use engine::driver::Wake;
use web_sys::VisibilityState;

use crate::listener::Listener;

/// Whether the browser says that there is a network. `false` is certain, `true` is a guess.
pub(crate) fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

/// Calls back until it is dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    _listeners: Vec<Listener>,
}

impl Watch {
    /// Tells when the network came or went and when the tab became visible.
    pub(crate) fn start(wake: impl Fn(Wake) + Clone + 'static) -> Self {
        let Some(window) = web_sys::window() else { return Self { _listeners: Vec::new() } };
        let (came, went) = (wake.clone(), wake.clone());
        let visible = window.document().and_then(|document| {
            let target = document.clone();
            Listener::on(&target, "visibilitychange", move |_| {
                if document.visibility_state() == VisibilityState::Visible {
                    // A tab that slept may have missed the events of the network.
                    wake(Wake::Online(is_online()));
                    wake(Wake::Asked);
                }
            })
        });
        let online = Listener::on(&window, "online", move |_| came(Wake::Online(true)));
        let offline = Listener::on(&window, "offline", move |_| went(Wake::Online(false)));
        Self { _listeners: [online, offline, visible].into_iter().flatten().collect() }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use wasm_bindgen_test::wasm_bindgen_test;
    use web_sys::Event;

    use super::*;

    #[wasm_bindgen_test]
    fn tells_of_the_network_and_of_the_members_return_until_dropped() {
        let window = web_sys::window().unwrap();
        let heard = Rc::new(RefCell::new(Vec::new()));
        let watch = Watch::start({
            let heard = Rc::clone(&heard);
            move |wake| heard.borrow_mut().push(wake)
        });
        let all = || {
            window.dispatch_event(&Event::new("offline").unwrap()).unwrap();
            window.dispatch_event(&Event::new("online").unwrap()).unwrap();
            window.document().unwrap().dispatch_event(&Event::new("visibilitychange").unwrap()).unwrap();
        };
        all();
        let network = [Wake::Online(false), Wake::Online(true)];
        assert_eq!(heard.borrow()[..2], network);
        assert_eq!(heard.borrow()[2..], [Wake::Online(is_online()), Wake::Asked]);
        drop(watch);
        all();
        assert_eq!(heard.borrow().len(), 4);
    }
}
