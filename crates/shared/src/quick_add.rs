//! A task in one line, as somebody types it in a hurry: `Mend the net tomorrow #ops !high +harbour @ines`.
//!
//! | word | what it says |
//! |---|---|
//! | `today`, `tomorrow`, `monday` … `sunday`, `2026-03-01` | when it is due; a weekday is the next one after today |
//! | `#ops` | a tag |
//! | `!low`, `!medium`, `!high`, `!urgent` (`!none`) | the priority |
//! | `+harbour` | the project: which one is meant, whoever knows the projects decides |
//! | `@ines` | who does it, in the same way |
//!
//! All other words are the title, in their order. Of what a task has only one of, the first word counts and later ones
//! stay in the title; so do words that say nothing here, such as `#231`, `+1`, `!` or `c++`. A backslash before a word
//! keeps it in the title: `\today`. Letters may be large or small; the names of days and priorities are English, like
//! every name on the wire.

use crate::date::Date;
use crate::register::Tag;
use crate::workflow::Priority;

/// What one line says of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuickAdd {
    /// May be empty, where every word says something else.
    pub title: String,
    pub due: Option<Date>,
    pub priority: Option<Priority>,
    /// Each once, in the order in which they were typed.
    pub tags: Vec<Tag>,
    /// As it was typed, without the sign.
    pub project: Option<String>,
    /// As they were typed, without the sign; each once.
    pub people: Vec<String>,
}

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Reads a line that was typed on a day of its author's calendar.
pub fn parse(line: &str, today: Date) -> QuickAdd {
    let mut read = QuickAdd::default();
    let mut title: Vec<&str> = Vec::new();
    for word in line.split_whitespace() {
        if !read.take(word, today) {
            title.push(word.strip_prefix('\\').filter(|rest| !rest.is_empty()).unwrap_or(word));
        }
    }
    read.title = title.join(" ");
    read
}

impl QuickAdd {
    /// Takes a word in; whether it said anything.
    fn take(&mut self, word: &str, today: Date) -> bool {
        if let Some(tag) = name(word, '#') {
            let tag = Tag::new(tag);
            if !self.tags.contains(&tag) {
                self.tags.push(tag);
            }
            return true;
        }
        if let Some(person) = name(word, '@') {
            if !self.people.iter().any(|known| known == person) {
                self.people.push(person.to_owned());
            }
            return true;
        }
        if let Some(project) = name(word, '+') {
            return set(&mut self.project, Some(project.to_owned()));
        }
        if let Some(priority) = word.strip_prefix('!') {
            return set(&mut self.priority, priority_of(priority));
        }
        set(&mut self.due, day(word, today))
    }
}

/// Gives something a value that has none; whether it did.
fn set<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let sets = place.is_none() && value.is_some();
    if sets {
        *place = value;
    }
    sets
}

/// The name behind a sign. A number is none: `#231` is an issue of somebody else's, and `+1` is agreement.
fn name(word: &str, sign: char) -> Option<&str> {
    word.strip_prefix(sign).filter(|name| name.chars().any(char::is_alphabetic))
}

/// The priority of this name.
pub fn priority_of(name: &str) -> Option<Priority> {
    let names = ["none", "low", "medium", "high", "urgent"];
    let place = names.iter().position(|known| known.eq_ignore_ascii_case(name))?;
    Priority::ALL.get(place).copied()
}

/// The day that a word means: `today`, `tomorrow`, a weekday (the next one after today) or a date.
pub fn day(word: &str, today: Date) -> Option<Date> {
    let after = |days: i32| Date::from_days(today.days().checked_add(days)?).ok();
    if word.eq_ignore_ascii_case("today") {
        return Some(today);
    }
    if word.eq_ignore_ascii_case("tomorrow") {
        return after(1);
    }
    match WEEKDAYS.iter().zip(0_i32..).find(|(name, _)| name.eq_ignore_ascii_case(word)) {
        // The first of January 1970 was a Thursday.
        Some((_, weekday)) => after((weekday - (today.days() + 3)).rem_euclid(7))
            .and_then(|day| if day == today { after(7) } else { Some(day) }),
        None => word.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// A Saturday.
    fn today() -> Date {
        date("2026-11-21")
    }

    #[test]
    fn a_line_says_all_that_is_usually_known() {
        let read = parse("Mend the net tomorrow #ops !high +Harbour @ines #boats", today());
        let expected = QuickAdd {
            title: "Mend the net".into(),
            due: Some(date("2026-11-22")),
            priority: Some(Priority::High),
            tags: vec![Tag::new("ops"), Tag::new("boats")],
            project: Some("Harbour".into()),
            people: vec!["ines".into()],
        };
        assert_eq!(read, expected);
        assert_eq!(parse("  !HIGH  Mend   the net @ines #ops Tomorrow +Harbour #boats #ops", today()), expected);
    }

    #[test]
    fn a_weekday_is_the_next_one() {
        let days = WEEKDAYS.map(|name| day(name, today()).unwrap().to_string());
        assert_eq!(
            days,
            ["2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-28", "2026-11-22"]
        );
        assert_eq!(day("Sunday", date("1969-12-31")), Some(date("1970-01-04")));
        assert_eq!(day("today", today()), Some(today()));
        assert_eq!(day("2026-03-01", today()), Some(date("2026-03-01")));
        for none in ["", "mon", "2026-02-30", "yesterday", "01.03.2026"] {
            assert_eq!(day(none, today()), None, "{none}");
        }
    }

    #[test]
    fn at_the_end_of_the_calendar_there_is_no_tomorrow() {
        let last = date("9999-12-31");
        assert_eq!(parse("Rest tomorrow", last).title, "Rest tomorrow");
        assert_eq!((day("friday", last), day("today", last)), (None, Some(last)));
    }

    #[test]
    fn the_first_counts_and_what_comes_later_stays() {
        let read = parse("Move it from monday to 2026-12-24 !low not !urgent +harbour +boats", today());
        assert_eq!(read.title, "Move it from to 2026-12-24 not !urgent +boats");
        assert_eq!((read.due, read.priority), (Some(date("2026-11-23")), Some(Priority::Low)));
        assert_eq!(read.project.as_deref(), Some("harbour"));
    }

    #[test]
    fn what_says_nothing_stays_in_the_title() {
        for title in ["Fix #231 and #7", "+1 for c++ a+b", "Now! ! !now", "# + @ \\", "mail ines@saltmarsh.example", ""]
        {
            assert_eq!(parse(title, today()), QuickAdd { title: title.into(), ..QuickAdd::default() });
        }
    }

    #[test]
    fn a_backslash_keeps_a_word() {
        assert_eq!(parse("\\today \\#ops \\\\high", today()).title, "today #ops \\high");
        assert_eq!(parse("\\today", today()).due, None);
    }
}
