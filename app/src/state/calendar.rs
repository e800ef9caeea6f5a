//! Which days a calendar shows: the six weeks that a month is in, or one week.

use leptos::prelude::*;
use shared::date::Date;

use crate::dates;
use crate::state::App;

/// Weeks of a month's page: as many as any month needs, so that the page never jumps.
const WEEKS: i32 = 6;

/// The days that are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// A day that it is about.
    pub(crate) day: Date,
    pub(crate) first: Date,
    pub(crate) weeks: i32,
}

impl Span {
    /// What the address asks for.
    pub(crate) fn of(app: App) -> Self {
        let (day, week) = app.views.look.with(|look| (look.day, look.week));
        let day = day.unwrap_or_else(dates::this_day);
        if week { Self::week(day, dates::first_weekday()) } else { Self::month(day, dates::first_weekday()) }
    }

    fn week(day: Date, first_weekday: u8) -> Self {
        Self { day, first: week_start(day, first_weekday), weeks: 1 }
    }

    fn month(day: Date, first_weekday: u8) -> Self {
        Self { day, first: week_start(first_of_month(day), first_weekday), weeks: WEEKS }
    }

    /// The first and the last day.
    pub(crate) fn days(self) -> (Date, Date) {
        (self.first, later(self.first, self.weeks * 7 - 1))
    }

    /// The first days of the weeks.
    pub(crate) fn starts(self) -> impl Iterator<Item = Date> {
        (0..self.weeks).map(move |week| later(self.first, week * 7))
    }

    /// Whether a day belongs to another month than the one that is shown.
    pub(crate) fn is_out(self, date: Date) -> bool {
        self.weeks > 1 && date.ymd().1 != self.day.ymd().1
    }

    /// A day of the page after this one, or before it.
    pub(crate) fn turned(self, by: i32) -> Date {
        if self.weeks == 1 {
            return later(self.day, by * 7);
        }
        let (year, month, _) = self.day.ymd();
        let months = year * 12 + i32::from(month) - 1 + by;
        let month = u8::try_from(months.rem_euclid(12) + 1).unwrap_or(1);
        Date::new(months.div_euclid(12), month, 1).unwrap_or(self.day)
    }
}

/// So many days later; the same day where the calendar ends.
pub(crate) fn later(date: Date, days: i32) -> Date {
    Date::from_days(date.days() + days).unwrap_or(date)
}

fn first_of_month(day: Date) -> Date {
    let (year, month, _) = day.ymd();
    Date::new(year, month, 1).unwrap_or(day)
}

/// The first day of the week that a day is in, when weeks begin so many days after Monday.
fn week_start(day: Date, first_weekday: u8) -> Date {
    // 1970-01-01 was a Thursday, three days after a Monday.
    let weekday = (day.days() + 3).rem_euclid(7);
    later(day, -(weekday - i32::from(first_weekday)).rem_euclid(7))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_is_six_whole_weeks() {
        for (day, first_weekday, first, last) in [
            ("2026-11-20", 0, "2026-10-26", "2026-12-06"),
            ("2026-11-20", 6, "2026-11-01", "2026-12-12"),
            ("2026-02-01", 0, "2026-01-26", "2026-03-08"),
            ("2026-06-01", 0, "2026-06-01", "2026-07-12"),
        ] {
            let span = Span::month(date(day), first_weekday);
            assert_eq!(span.days(), (date(first), date(last)), "{day}");
            assert_eq!(span.starts().count(), 6);
        }
        let november = Span::month(date("2026-11-20"), 0);
        assert!(november.is_out(date("2026-10-31")) && !november.is_out(date("2026-11-30")));
    }

    #[test]
    fn a_week_begins_as_people_of_the_place_say() {
        for (first_weekday, first) in [(0, "2026-11-16"), (6, "2026-11-15"), (5, "2026-11-14"), (4, "2026-11-20")] {
            let week = Span::week(date("2026-11-20"), first_weekday);
            assert_eq!(week.first, date(first), "{first_weekday}");
            assert!(!week.is_out(date("2026-12-01")));
        }
    }

    #[test]
    fn pages_are_turned() {
        let turned = |day, by| Span::month(date(day), 0).turned(by);
        assert_eq!(turned("2026-12-31", 1), date("2027-01-01"));
        assert_eq!(turned("2026-01-15", -1), date("2025-12-01"));
        assert_eq!(turned("9999-12-31", 1), date("9999-12-31"));
        assert_eq!(Span::week(date("2026-12-30"), 0).turned(1), date("2027-01-06"));
    }
}
