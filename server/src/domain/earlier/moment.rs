//! A time as earlier clients hold it where a device holds a version.
//!
//! What the server gives out is the moment of a mutation, with microseconds that are never 0, and moments grow with
//! versions: so a client that hands it back as it is names exactly one version. One that has cut it to milliseconds names a
//! push, and whoever comes with a time of its own clock names nothing exactly ([`Asked`]).

use std::fmt;

use shared::clock::Millis;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

/// Microseconds of a millisecond.
const MILLISECOND: i64 = 1_000;
const SECOND: i64 = 1_000 * MILLISECOND;

/// How far a client's own clock may be ahead of the server's, and how long a push may take that it did not see: whoever names
/// a time of their own gets what was done since so long before.
const MARGIN: i64 = 60 * SECOND;

/// What a time that a client names can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A moment that it was given, if there was a mutation at it; otherwise as [`Self::Foreign`].
    Exact,
    /// A moment without its microseconds, if there were mutations in this millisecond, from the first to the last of these;
    /// otherwise as [`Self::Foreign`].
    Cut(Moment, Moment),
    /// A time of the client's own clock: everything up to the first moment is taken for seen, and a page that goes on must
    /// reach the second.
    Foreign(Moment, Moment),
    /// A time that is not yet: it says nothing.
    Future,
}

impl Moment {
    /// The beginning of time.
    pub const FIRST: Self = Self(0);

    /// Reads a time as RFC 3339 writes it.
    pub fn read(text: &str) -> Option<Self> {
        let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000)).ok().map(Self)
    }

    /// What a client may mean by it.
    pub fn asked(self) -> Asked {
        if self.0.rem_euclid(MILLISECOND) == 0 {
            return Asked::Cut(self, Self(self.0.saturating_add(MILLISECOND - 1)));
        }
        Asked::Exact
    }

    /// What it means if it is none of the server's moments.
    pub fn foreign(self, now: Millis) -> Asked {
        if self.0 > now.saturating_mul(MILLISECOND).saturating_add(MARGIN) {
            return Asked::Future;
        }
        Asked::Foreign(Self(self.0.saturating_sub(MARGIN)), Self(self.0.saturating_add(SECOND)))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = i128::from(self.0) * 1_000;
        let time = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (date, clock) = (time.date(), time.time());
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            date.year(),
            u8::from(date.month()),
            date.day(),
            clock.hour(),
            clock.minute(),
            clock.second(),
            clock.microsecond()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_back() {
        for text in ["2026-11-27T07:05:12.123045Z", "1970-01-01T00:00:00.000000Z", "2025-12-29T14:30:00.000000Z"] {
            assert_eq!(Moment::read(text).unwrap().to_string(), text);
        }
        let moment = Moment::read("2025-12-29T14:30:00.000Z").unwrap();
        assert_eq!(Moment::read("2025-12-29T15:30:00+01:00"), Some(moment));
        for bad in ["", "now", "2025-12-29", "2025-12-29T14:30:00", "1735482600000", "2025-02-30T00:00:00Z"] {
            assert_eq!(Moment::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_moment_without_its_microseconds_is_a_push() {
        let moment = |text: &str| Moment::read(text).unwrap();
        assert_eq!(moment("2026-11-27T07:05:12.123045Z").asked(), Asked::Exact);
        let cut = moment("2026-11-27T07:05:12.123Z");
        assert_eq!(cut.asked(), Asked::Cut(cut, moment("2026-11-27T07:05:12.123999Z")));
        let now = 1_000_000;
        assert_eq!(Moment(1_000_000_000).foreign(now), Asked::Foreign(Moment(940_000_000), Moment(1_001_000_000)));
        assert_eq!(Moment(1_060_000_001).foreign(now), Asked::Future);
    }
}
