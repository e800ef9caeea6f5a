//! Tasks that come again.

use serde::{Deserialize, Serialize};

use crate::date::Date;

/// When a task comes again after it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Recurrence {
    /// Every so many units, from 1.
    pub every: u16,
    pub unit: Unit,
    pub from: From,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Day,
    Week,
    Month,
    Year,
}

/// What the next date is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// The day the task was due, however late it was done: rent.
    Due,
    /// The day it was done: watering plants.
    Completion,
}

impl Recurrence {
    /// The day it is due again, always after `done`: whoever finishes last month's task today does not get one that
    /// is late already. `None` past the end of the calendar.
    pub fn next(self, due: Option<Date>, done: Date) -> Option<Date> {
        let start = match self.from {
            From::Due => due.unwrap_or(done),
            From::Completion => done,
        };
        // Counted from the start each time: the 31st stays the 31st where a month has one.
        let mut times = match self.unit {
            Unit::Day | Unit::Week => self.skip(start, done),
            Unit::Month | Unit::Year => 1,
        };
        loop {
            let next = self.after(start, times)?;
            if next > done {
                return Some(next);
            }
            times = times.checked_add(1)?;
        }
    }

    fn every(self) -> i32 {
        i32::from(self.every.max(1))
    }

    /// How often the shortest units can be taken at once without passing `done`.
    fn skip(self, start: Date, done: Date) -> i32 {
        let step = self.every() * if self.unit == Unit::Week { 7 } else { 1 };
        ((done.days() - start.days()) / step).max(0) + 1
    }

    fn after(self, start: Date, times: i32) -> Option<Date> {
        let count = self.every().checked_mul(times)?;
        match self.unit {
            Unit::Day => Date::from_days(start.days().checked_add(count)?).ok(),
            Unit::Week => Date::from_days(start.days().checked_add(count.checked_mul(7)?)?).ok(),
            Unit::Month => months_after(start, count),
            Unit::Year => months_after(start, count.checked_mul(12)?),
        }
    }
}

/// The same day so many months later, or the last of a shorter month.
fn months_after(start: Date, months: i32) -> Option<Date> {
    let (year, month, day) = start.ymd();
    let total = year.checked_mul(12)?.checked_add(i32::from(month) - 1)?.checked_add(months)?;
    let (year, month) = (total.div_euclid(12), u8::try_from(total.rem_euclid(12)).ok()? + 1);
    (day.saturating_sub(3).max(1)..=day).rev().find_map(|day| Date::new(year, month, day).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn check(every: u16, unit: Unit, from: From, due: &str, done: &str, next: &str) {
        let recurrence = Recurrence { every, unit, from };
        assert_eq!(recurrence.next(Some(day(due)), day(done)), Some(day(next)), "{recurrence:?} {due} {done}");
    }

    #[test]
    fn comes_again_after_the_day_it_was_done() {
        check(1, Unit::Day, From::Due, "2026-11-20", "2026-11-20", "2026-11-21");
        check(2, Unit::Week, From::Due, "2026-11-02", "2026-11-20", "2026-11-30");
        check(1, Unit::Week, From::Completion, "2026-11-02", "2026-11-20", "2026-11-27");
        check(3, Unit::Day, From::Due, "1990-01-01", "2026-11-20", "2026-11-21");
        check(1, Unit::Day, From::Due, "2026-12-24", "2026-11-20", "2026-12-25");
    }

    #[test]
    fn the_last_of_a_month_stays_the_last() {
        check(1, Unit::Month, From::Due, "2026-01-31", "2026-01-31", "2026-02-28");
        check(1, Unit::Month, From::Due, "2026-01-31", "2026-02-28", "2026-03-31");
        check(1, Unit::Year, From::Due, "2024-02-29", "2024-03-01", "2025-02-28");
        check(1, Unit::Year, From::Due, "2024-02-29", "2027-12-31", "2028-02-29");
    }

    #[test]
    fn ends_with_the_calendar() {
        let yearly = Recurrence { every: u16::MAX, unit: Unit::Year, from: From::Due };
        assert_eq!(yearly.next(None, day("2026-11-20")), None);
        let never = Recurrence { every: 0, unit: Unit::Day, from: From::Due };
        assert_eq!(never.next(None, day("2026-11-20")), Some(day("2026-11-21")));
    }
}
