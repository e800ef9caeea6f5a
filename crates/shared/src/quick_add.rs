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

/// What a word says of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    Due(Date),
    Priority(Priority),
    Tag(Tag),
    /// As it was typed, without the sign.
    Project(String),
    /// As it was typed, without the sign.
    Person(String),
}

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Reads a line that was typed on a day of its author's calendar.
pub fn parse(line: &str, today: Date) -> QuickAdd {
    let mut read = QuickAdd::default();
    let mut title: Vec<&str> = Vec::new();
    for (word, meaning) in words(line, today) {
        match meaning {
            Some(meaning) => read.take(meaning),
            None => title.push(plain(word)),
        }
    }
    read.title = title.join(" ");
    read
}

/// The words of a line, each with what it says; those without are the title.
pub fn words(line: &str, today: Date) -> Vec<(&str, Option<Meaning>)> {
    let mut read: Vec<(&str, Option<Meaning>)> = Vec::new();
    for word in line.split_whitespace() {
        let counts =
            |meaning: &Meaning| meaning.is_one_of_many() || !read.iter().any(|(_, said)| meaning.is_as(said.as_ref()));
        let meaning = meaning(word, today).filter(counts);
        read.push((word, meaning));
    }
    read
}

/// A word as the title has it, without the backslash that keeps it there.
pub fn plain(word: &str) -> &str {
    word.strip_prefix('\\').filter(|rest| !rest.is_empty()).unwrap_or(word)
}

impl Meaning {
    /// Whether a task can have several of these.
    fn is_one_of_many(&self) -> bool {
        matches!(self, Self::Tag(_) | Self::Person(_))
    }

    /// Whether something that was said is of the same kind.
    fn is_as(&self, said: Option<&Self>) -> bool {
        said.is_some_and(|said| std::mem::discriminant(self) == std::mem::discriminant(said))
    }
}

impl QuickAdd {
    fn take(&mut self, meaning: Meaning) {
        match meaning {
            Meaning::Due(date) => self.due = Some(date),
            Meaning::Priority(priority) => self.priority = Some(priority),
            Meaning::Project(name) => self.project = Some(name),
            Meaning::Tag(tag) if !self.tags.contains(&tag) => self.tags.push(tag),
            Meaning::Person(name) if !self.people.contains(&name) => self.people.push(name),
            Meaning::Tag(_) | Meaning::Person(_) => {}
        }
    }
}

/// What a word says by itself.
fn meaning(word: &str, today: Date) -> Option<Meaning> {
    if let Some(tag) = name(word, '#') {
        return Some(Meaning::Tag(Tag::new(tag)));
    }
    if let Some(person) = name(word, '@') {
        return Some(Meaning::Person(person.to_owned()));
    }
    if let Some(project) = name(word, '+') {
        return Some(Meaning::Project(project.to_owned()));
    }
    match word.strip_prefix('!') {
        Some(priority) => priority_of(priority).map(Meaning::Priority),
        None => day(word, today).map(Meaning::Due),
    }
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
    fn each_word_says_what_it_means() {
        let read = words("Mend \\today #ops !high @ines !low", today());
        let meanings: Vec<_> = read.into_iter().filter_map(|(word, meaning)| Some((word, meaning?))).collect();
        let expected = [
            ("#ops", Meaning::Tag(Tag::new("ops"))),
            ("!high", Meaning::Priority(Priority::High)),
            ("@ines", Meaning::Person("ines".into())),
        ];
        assert_eq!(meanings, expected);
    }

    #[test]
    fn a_backslash_keeps_a_word() {
        assert_eq!(parse("\\today \\#ops \\\\high", today()).title, "today #ops \\high");
        assert_eq!(parse("\\today", today()).due, None);
    }
}
