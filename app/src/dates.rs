//! Days and times as people of this place write them: the browser knows their language and their time zone.

use std::cell::OnceCell;

use js_sys::{Array, Date as Clock, Intl::DateTimeFormat, Object, Reflect};
use shared::clock::Millis;
use shared::date::Date;
use wasm_bindgen::JsValue;

use crate::i18n as t;

/// How a due date relates to today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Late,
    Today,
    Later,
}

impl When {
    /// The value of `data-when`; nothing for the usual case.
    pub(crate) fn mark(self) -> Option<&'static str> {
        match self {
            Self::Late => Some("late"),
            Self::Today => Some("today"),
            Self::Later => None,
        }
    }
}

pub(crate) fn now() -> Millis {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit for 285,000 years")]
    let now = Clock::now() as Millis;
    now
}

/// Today, where the member is.
pub(crate) fn today() -> Option<Date> {
    day_of(&Clock::new_0())
}

/// The day so many days from today.
pub(crate) fn days_from_today(days: i32) -> Option<Date> {
    today().and_then(|today| Date::from_days(today.days() + days).ok())
}

pub(crate) fn when(due: Date) -> When {
    match today() {
        Some(today) if due < today => When::Late,
        Some(today) if due == today => When::Today,
        _ => When::Later,
    }
}

/// A due date as short as it can be said: "Today", "30 Nov", "30 Nov 2027".
pub(crate) fn short(date: Date) -> String {
    let today = today();
    if today == Some(date) {
        return t::today().to_owned();
    }
    let (year, ..) = date.ymd();
    let this_year = today.is_none_or(|today| today.ymd().0 == year);
    thread_local! {
        static DAY: OnceCell<DateTimeFormat> = const { OnceCell::new() };
        static DAY_OF_YEAR: OnceCell<DateTimeFormat> = const { OnceCell::new() };
    }
    let numbers = [("day", "numeric"), ("month", "short"), ("year", "numeric")];
    if this_year { format(&DAY, &numbers[..2], &at_noon(date)) } else { format(&DAY_OF_YEAR, &numbers, &at_noon(date)) }
}

/// The time of day: "09:42".
pub(crate) fn time(at: Millis) -> String {
    thread_local! {
        static TIME: OnceCell<DateTimeFormat> = const { OnceCell::new() };
    }
    format(&TIME, &[("hour", "2-digit"), ("minute", "2-digit")], &clock(at))
}

/// A moment of the past: "Today 09:42", "20 Nov 09:42".
pub(crate) fn moment(at: Millis) -> String {
    let time = time(at);
    match day_of(&clock(at)) {
        Some(day) => format!("{} {time}", short(day)),
        None => time,
    }
}

fn clock(at: Millis) -> Clock {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
    let at = at as f64;
    Clock::new(&JsValue::from_f64(at))
}

/// The day that a clock shows, where the member is.
fn day_of(clock: &Clock) -> Option<Date> {
    let year = i32::try_from(clock.get_full_year()).ok()?;
    let month = u8::try_from(clock.get_month() + 1).ok()?;
    let day = u8::try_from(clock.get_date()).ok()?;
    Date::new(year, month, day).ok()
}

/// Noon of a day: no time zone's summer time moves it to another day.
fn at_noon(date: Date) -> Clock {
    let (year, month, day) = date.ymd();
    let clock = Clock::new_with_year_month_day(2000, 0, 1);
    clock.set_full_year_with_month_date(year.unsigned_abs(), i32::from(month) - 1, i32::from(day));
    clock.set_hours(12);
    clock
}

/// Making a format costs a hundred times what using it does: it is made once.
fn format(
    cached: &'static std::thread::LocalKey<OnceCell<DateTimeFormat>>,
    options: &[(&str, &str)],
    at: &Clock,
) -> String {
    let text = cached.with(|cell| {
        let formatter = cell.get_or_init(|| {
            let wanted = Object::new();
            for (name, value) in options {
                // Setting a field of a plain new object cannot fail.
                let _ = Reflect::set(&wanted, &(*name).into(), &(*value).into());
            }
            DateTimeFormat::new(&Array::new(), &wanted)
        });
        formatter.format().call1(&JsValue::UNDEFINED, at)
    });
    text.ok().and_then(|text| text.as_string()).unwrap_or_default()
}
