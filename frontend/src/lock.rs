//! Locks between the tabs of this browser (Web Locks API, W3C). The browser frees the locks of a tab that goes away.
//!
//! Where there are none (a page over plain HTTP, not from this machine), every tab gets every lock at once. They save
//! work; what is correct never hangs on them: the store compares revisions, the server numbers.

use futures::channel::oneshot;
use futures::future::{Either, select};
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// A lock held until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    /// Resolves the promise that the browser waits for.
    release: Option<Function>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(release) = self.release.take() {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

impl Lock {
    /// Waits for its turn. A future that is dropped leaves the queue.
    pub(crate) async fn acquire(name: &str) -> Self {
        let (sender, granted) = oneshot::channel();
        let on_grant = Closure::once_into_js(move |_lock: JsValue| -> JsValue {
            let mut release = None;
            let held = Promise::new(&mut |resolve, _| release = Some(resolve));
            // A lock that nobody waits for any more is dropped here, and thereby released.
            let _ = sender.send(Self { release });
            held.into()
        });
        let none = Self { release: None };
        let Some(request) = request(name, &on_grant) else { return none };
        // The request ends before the lock is granted only if the browser denies it.
        match select(granted, JsFuture::from(request)).await {
            Either::Left((lock, _)) => lock.unwrap_or(none),
            Either::Right(_) => none,
        }
    }
}

/// `navigator.locks.request(name, callback)`; web-sys has it only behind a flag for the whole build.
fn request(name: &str, callback: &JsValue) -> Option<Promise> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(JsValue::is_object)?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    request.call2(&locks, &name.into(), callback).ok()?.dyn_into().ok()
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use gloo_timers::future::TimeoutFuture;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test]
    async fn one_holds_it_and_the_next_waits() {
        let first = Lock::acquire("test-queue").await;
        assert!(first.release.is_some(), "the browser has locks");
        let mut second = Box::pin(Lock::acquire("test-queue"));
        assert!((&mut second).now_or_never().is_none());
        TimeoutFuture::new(20).await;
        assert!((&mut second).now_or_never().is_none(), "the first still holds it");
        drop(first);
        second.await;
        Lock::acquire("test-other").await;
    }

    #[wasm_bindgen_test]
    async fn who_gave_up_waiting_does_not_hold_it() {
        let first = Lock::acquire("test-given-up").await;
        let second = Lock::acquire("test-given-up").now_or_never();
        assert!(second.is_none());
        drop(first);
        Lock::acquire("test-given-up").await;
    }
}
