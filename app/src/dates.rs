//! Days and times as people of this place write them: the browser knows their language and their time zone.

use std::cell::OnceCell;

use js_sys::{Array, Date as Clock, Function, Intl::DateTimeFormat, Object, Reflect};
use leptos::ev;
use leptos::prelude::*;
use shared::clock::Millis;
use shared::date::Date;
use wasm_bindgen::{JsCast, JsValue};

use crate::{dom, i18n as t};

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

thread_local! {
    /// Today, where the member is.
    static DAY: ArcRwSignal<Option<Date>> = ArcRwSignal::new(day_of(&Clock::new_0()));
}

/// Today, where the member is; what depends on it notices when the next day begins.
pub(crate) fn today() -> Option<Date> {
    DAY.with(Get::get)
}

/// Today, or 1970-01-01 where a clock shows none that the calendar has.
pub(crate) fn this_day() -> Date {
    today().unwrap_or(Date::EPOCH)
}

/// Lets the next day begin at midnight, and as soon as the app is looked at after it has slept.
pub(crate) fn follow_day() {
    let _ = window_event_listener(ev::visibilitychange, |_| begin_day());
    await_midnight();
}

fn await_midnight() {
    begin_day();
    let midnight = Clock::new_0();
    midnight.set_hours(24);
    midnight.set_minutes(0);
    midnight.set_seconds(0);
    midnight.set_milliseconds(0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "up to a day, or not negative")]
    let wait = (midnight.get_time() - Clock::now()).max(0.0) as u64;
    // A little later, so that rounding does not make it the evening before.
    dom::after(wait + 100, await_midnight);
}

fn begin_day() {
    let now = day_of(&Clock::new_0());
    DAY.with(|day| day.maybe_update(|day| std::mem::replace(day, now) != now));
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

/// A month: "November 2026".
pub(crate) fn month(date: Date) -> String {
    thread_local! {
        static MONTH: OnceCell<DateTimeFormat> = const { OnceCell::new() };
    }
    format(&MONTH, &[("month", "long"), ("year", "numeric")], &at_noon(date))
}

/// A month in short: "Nov".
pub(crate) fn month_short(date: Date) -> String {
    thread_local! {
        static MONTH: OnceCell<DateTimeFormat> = const { OnceCell::new() };
    }
    format(&MONTH, &[("month", "short")], &at_noon(date))
}

/// The day of a week in short: "Fri".
pub(crate) fn weekday(date: Date) -> String {
    thread_local! {
        static WEEKDAY: OnceCell<DateTimeFormat> = const { OnceCell::new() };
    }
    format(&WEEKDAY, &[("weekday", "short")], &at_noon(date))
}

/// The day of a week: "Friday".
pub(crate) fn weekday_long(date: Date) -> String {
    thread_local! {
        static WEEKDAY: OnceCell<DateTimeFormat> = const { OnceCell::new() };
    }
    format(&WEEKDAY, &[("weekday", "long")], &at_noon(date))
}

/// A day in full: "Friday 20 November".
pub(crate) fn long(date: Date) -> String {
    thread_local! {
        static LONG: OnceCell<DateTimeFormat> = const { OnceCell::new() };
    }
    format(&LONG, &[("weekday", "long"), ("day", "numeric"), ("month", "long")], &at_noon(date))
}

/// The day that weeks begin with, where the member is: 0 for Monday to 6. Monday, where the browser does not know.
pub(crate) fn first_weekday() -> u8 {
    let first = || {
        let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
        let locale: Function = Reflect::get(&intl, &"Locale".into()).ok()?.dyn_into().ok()?;
        let language = window().navigator().language()?;
        let locale = Reflect::construct(&locale, &Array::of1(&language.into())).ok()?;
        let ask = Reflect::get(&locale, &"getWeekInfo".into()).ok()?.dyn_into::<Function>();
        let info = ask.map_or_else(|_| Reflect::get(&locale, &"weekInfo".into()), |ask| ask.call0(&locale)).ok()?;
        Reflect::get(&info, &"firstDay".into()).ok()?.as_f64()
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 for Monday to 7")]
    let first = first().map_or(1, |first| first.clamp(1.0, 7.0) as u8);
    first - 1
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
