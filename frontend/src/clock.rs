//! The browser's time, identities and chance, for the engine.

use engine::env::Env;
use gloo_timers::future::TimeoutFuture;
use shared::clock::Millis;
use uuid::{Builder, Uuid};

/// The longest single timer, far below the 24.8 days after which a browser's `setTimeout` overflows.
const LONGEST_TIMER: u32 = 24 * 60 * 60 * 1000;

/// What the engine may ask of the browser besides storage and network.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BrowserEnv;

impl Env for BrowserEnv {
    fn now(&mut self) -> Millis {
        now()
    }

    fn new_id(&mut self) -> Uuid {
        new_id()
    }

    fn random(&mut self) -> f64 {
        js_sys::Math::random()
    }
}

/// The device's clock.
#[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, within ± 8.64e15 by ECMA-262")]
pub(crate) fn now() -> Millis {
    js_sys::Date::now() as Millis
}

/// A new `UUIDv7` (RFC 9562) with 74 random bits.
pub(crate) fn new_id() -> Uuid {
    let mut random = [0; 10];
    let crypto = web_sys::window().and_then(|window| window.crypto().ok());
    let secure = crypto.and_then(|crypto| crypto.get_random_values_with_u8_array(&mut random).ok());
    if secure.is_none() {
        // Every browser that runs this app has `crypto`. Should one not, an id need not be secret, only unlikely.
        random.fill_with(weak_byte);
    }
    // A device that believes it is before 1970 gets ids of 1970.
    Builder::from_unix_timestamp_millis(now().try_into().unwrap_or(0), &random).into_uuid()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 ≤ random() < 1")]
fn weak_byte() -> u8 {
    (js_sys::Math::random() * 256.0) as u8
}

/// Returns at or after this time by the device's clock.
pub(crate) async fn sleep_until(at: Millis) {
    loop {
        let left = at.saturating_sub(now());
        if left <= 0 {
            return;
        }
        TimeoutFuture::new(u32::try_from(left).unwrap_or(LONGEST_TIMER).min(LONGEST_TIMER)).await;
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test]
    fn ids_are_of_version_7_of_now_and_differ() {
        let (before, ids, after) = (now(), [new_id(), new_id()], now());
        for id in ids {
            assert_eq!(id.get_version_num(), 7);
            let (seconds, nanos) = id.get_timestamp().unwrap().to_unix();
            let millis = i64::try_from(seconds).unwrap() * 1000 + i64::from(nanos / 1_000_000);
            assert!((before..=after).contains(&millis), "{id}");
        }
        assert_ne!(ids[0].as_bytes()[6..], ids[1].as_bytes()[6..]);
    }

    #[wasm_bindgen_test]
    async fn sleeps_until_the_time_and_not_at_all_for_a_past_one() {
        let at = now() + 30;
        sleep_until(at).await;
        assert!(now() >= at);
        sleep_until(Millis::MIN).await;
    }
}
