//! Tern as an installed app: the service worker, the offer of a new version and the offer to install.

use js_sys::{Function, Reflect};
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ServiceWorkerRegistration, ServiceWorkerState, VisibilityState};

use crate::dom;

/// The service worker, as the server serves it.
const WORKER: &str = "/sw.js";
/// Where index.html keeps the browser's offer to install, which comes before the app has started.
const OFFER: &str = "ternInstall";
const OFFER_EVENT: &str = "beforeinstallprompt";
const VISITS: &str = "tern.visits";
const DECLINED: &str = "tern.install-declined";

/// What the browser offers.
#[derive(Clone, Copy)]
pub(crate) struct Pwa {
    /// A new version is downloaded and waits for its turn.
    pub(crate) update_ready: RwSignal<bool>,
    /// Tern can be installed, and it is time to say so: from the second visit on, until somebody declines.
    pub(crate) installable: RwSignal<bool>,
}

impl Pwa {
    pub(crate) fn new() -> Self {
        Self { update_ready: RwSignal::new(false), installable: RwSignal::new(false) }
    }

    pub(crate) fn start(self) {
        spawn_local(async move {
            // Without a service worker (a private window, plain http) Tern works as long as there is a connection.
            if let Some(registration) = register().await {
                self.watch(registration);
            }
        });
        if count_visit() > 1 && dom::remembered(DECLINED).is_none() {
            let offered = move || Reflect::get(&window(), &OFFER.into()).is_ok_and(|offer| offer.is_truthy());
            self.installable.set(offered());
            let _ = window_event_listener(ev::Custom::<web_sys::Event>::new(OFFER_EVENT), move |_| {
                self.installable.set(true);
            });
        }
    }

    fn watch(self, registration: ServiceWorkerRegistration) {
        let this = registration.clone();
        let announce = move || {
            if this.waiting().is_some() && this.active().is_some() {
                self.update_ready.set(true);
            }
        };
        announce();
        let found = registration.clone();
        let on_update = Closure::<dyn Fn()>::new(move || {
            let Some(worker) = found.installing() else { return };
            let (announce, installing) = (announce.clone(), worker.clone());
            let on_state = Closure::<dyn Fn()>::new(move || {
                if installing.state() == ServiceWorkerState::Installed {
                    announce();
                }
            });
            worker.set_onstatechange(Some(on_state.as_ref().unchecked_ref()));
            on_state.forget();
        });
        registration.set_onupdatefound(Some(on_update.as_ref().unchecked_ref()));
        on_update.forget();
        // An app that stays open for weeks asks when it is looked at again.
        let _ = window_event_listener(ev::visibilitychange, move |_| {
            if document().visibility_state() == VisibilityState::Visible {
                let _ = registration.update();
            }
        });
    }

    /// Shows the browser's own dialog for the installation.
    pub(crate) fn install(self) {
        self.installable.set(false);
        let Ok(offer) = Reflect::get(&window(), &OFFER.into()) else { return };
        if let Ok(prompt) = Reflect::get(&offer, &"prompt".into()).and_then(JsCast::dyn_into::<Function>) {
            let _ = prompt.call0(&offer);
        }
        // An offer can be used once.
        let _ = Reflect::set(&window(), &OFFER.into(), &JsValue::NULL);
    }

    /// Never offers it again on this device.
    pub(crate) fn decline(self) {
        dom::remember(DECLINED, "1");
        self.installable.set(false);
    }
}

async fn register() -> Option<ServiceWorkerRegistration> {
    let navigator = window().navigator();
    if !Reflect::has(&navigator, &"serviceWorker".into()).unwrap_or(false) {
        return None;
    }
    let registration = JsFuture::from(navigator.service_worker().register(WORKER)).await.ok()?;
    registration.dyn_into().ok()
}

/// Counts this visit; reloading is not another one.
fn count_visit() -> u32 {
    let visits = dom::remembered(VISITS).and_then(|visits| visits.parse().ok()).unwrap_or(0_u32);
    let session = window().session_storage().ok().flatten();
    if session.as_ref().and_then(|session| session.get_item(VISITS).ok().flatten()).is_some() {
        return visits;
    }
    if let Some(session) = session {
        let _ = session.set_item(VISITS, "1");
    }
    let visits = visits.saturating_add(1);
    dom::remember(VISITS, &visits.to_string());
    visits
}
