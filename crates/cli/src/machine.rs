//! Time, identities and chance of this machine, for the engine; and its calendar.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::env::Env;
use jiff::Zoned;
use shared::clock::Millis;
use shared::date::Date;
use uuid::Uuid;

use crate::trouble::{Outcome, Trouble};

/// What the engine may ask of the machine besides storage and network.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Machine;

impl Env for Machine {
    fn now(&mut self) -> Millis {
        now()
    }

    fn new_id(&mut self) -> Uuid {
        Uuid::now_v7()
    }

    fn random(&mut self) -> f64 {
        // Of a number of 64 bits the upper 53 are what a fraction can hold. Without chance there is no jitter.
        let number = getrandom::u64().unwrap_or(u64::MAX / 2) >> 11;
        #[expect(clippy::cast_precision_loss, reason = "53 bits")]
        let fraction = number as f64 / (1_u64 << 53) as f64;
        fraction
    }
}

/// The machine's clock.
pub(crate) fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}

/// Returns at or after this time by the machine's clock.
pub(crate) async fn sleep_until(at: Millis) {
    loop {
        let left = at.saturating_sub(now());
        let Ok(left) = u64::try_from(left) else { return };
        if left == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(left)).await;
    }
}

/// Today, by the calendar of whoever sits here (`TZ`, or the machine's time zone).
pub(crate) fn today() -> Outcome<Date> {
    let date = Zoned::now().date();
    let part = |number: i8| u8::try_from(number).unwrap_or_default();
    Date::new(date.year().into(), part(date.month()), part(date.day()))
        .map_err(|_| Trouble::Failed("This machine's clock shows a day that no calendar has. Set it.".into()))
}

/// A time for people here, to the minute.
pub(crate) fn moment(at: Millis) -> String {
    match jiff::Timestamp::from_millisecond(at) {
        Ok(time) => time.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => "?".into(),
    }
}

/// A time as RFC 3339 says it, in UTC; `None` for one that no calendar has.
pub(crate) fn rfc3339(at: Millis) -> Option<String> {
    Some(jiff::Timestamp::from_millisecond(at).ok()?.to_string())
}
