//! A day in the calendar, without a time and without a time zone: what a due date is.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::Month;

/// A day of the Gregorian calendar from 0001-01-01 to 9999-12-31. In JSON `"2026-11-30"` (RFC 3339 full-date).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(time::Date);

/// The text is not a day of the calendar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a date is written like 2026-11-30, and the day must exist")]
pub struct InvalidDate;

impl Date {
    /// 1970-01-01.
    pub const EPOCH: Self = Self(time::OffsetDateTime::UNIX_EPOCH.date());

    /// The day with this year, month (1 to 12) and day of the month, if there is one.
    pub fn new(year: i32, month: u8, day: u8) -> Result<Self, InvalidDate> {
        if !(1..=9999).contains(&year) {
            return Err(InvalidDate);
        }
        let month = Month::try_from(month).map_err(|_| InvalidDate)?;
        time::Date::from_calendar_date(year, month, day).map(Self).map_err(|_| InvalidDate)
    }

    /// Year, month (1 to 12), day of the month.
    pub fn ymd(self) -> (i32, u8, u8) {
        let (year, month, day) = self.0.to_calendar_date();
        (year, month.into(), day)
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i32 {
        self.0.to_julian_day() - UNIX_EPOCH_JULIAN_DAY
    }

    /// The day that is so many days after 1970-01-01.
    pub fn from_days(days: i32) -> Result<Self, InvalidDate> {
        let julian = days.checked_add(UNIX_EPOCH_JULIAN_DAY).ok_or(InvalidDate)?;
        let date = time::Date::from_julian_day(julian).map_err(|_| InvalidDate)?;
        if (1..=9999).contains(&date.year()) { Ok(Self(date)) } else { Err(InvalidDate) }
    }
}

/// 1970-01-01 as a Julian day number.
const UNIX_EPOCH_JULIAN_DAY: i32 = 2_440_588;

impl FromStr for Date {
    type Err = InvalidDate;

    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
        if !shape {
            return Err(InvalidDate);
        }
        let number = |range: std::ops::Range<usize>| text[range].parse::<u16>().map_err(|_| InvalidDate);
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let small = |n: u16| u8::try_from(n).map_err(|_| InvalidDate);
        Self::new(year.into(), small(month)?, small(day)?)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.days().serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
        } else {
            Self::from_days(i32::deserialize(deserializer)?).map_err(D::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_days_that_exist_and_nothing_else() {
        for good in ["2026-11-30", "2024-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(good.parse::<Date>().unwrap().to_string(), good);
        }
        for bad in [
            "2026-11-31",
            "2026-02-29",
            "0000-01-01",
            "2026-1-01",
            "2026/11/30",
            "+026-11-30",
            "",
            "2026-11-30T",
            "２０26-11",
        ] {
            assert!(bad.parse::<Date>().is_err(), "{bad}");
        }
    }

    #[test]
    fn counts_days_from_the_unix_epoch() {
        assert_eq!("1970-01-01".parse::<Date>().unwrap().days(), 0);
        let day = "2026-11-30".parse::<Date>().unwrap();
        assert_eq!(Date::from_days(day.days()).unwrap(), day);
        assert!(Date::from_days(i32::MAX).is_err() && Date::from_days(i32::MIN).is_err());
        let bytes = postcard::to_stdvec(&day).unwrap();
        assert_eq!(postcard::from_bytes::<Date>(&bytes).unwrap(), day);
    }
}
