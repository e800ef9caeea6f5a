//! What words in tables mean.

use shared::date::Date;
use shared::recurrence::{From, Recurrence, Unit};
use shared::workflow::{Priority, Status};

use crate::parcel::Person;

/// Words that programs have for where a task stands.
const STATUSES: [(Status, &[&str]); 7] = [
    (Status::Backlog, &["backlog", "icebox", "someday", "later", "ideas"]),
    (Status::Todo, &["todo", "open", "notstarted", "unstarted", "new", "triage", "next", "ready", "planned"]),
    (Status::InProgress, &["inprogress", "doing", "started", "wip", "working", "active"]),
    (Status::Blocked, &["blocked", "waiting", "onhold", "paused", "stuck"]),
    (Status::InReview, &["inreview", "review", "testing", "qa", "verify"]),
    (Status::Done, &["done", "completed", "complete", "closed", "finished", "resolved", "shipped"]),
    (Status::Cancelled, &["cancelled", "canceled", "duplicate", "wontdo", "wontfix", "rejected", "abandoned"]),
];

/// The status that a word means.
pub(super) fn status(word: &str) -> Option<Status> {
    let letters: String = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    STATUSES.into_iter().find(|(_, words)| words.contains(&letters.as_str())).map(|(status, _)| status)
}

/// The priority that a word means.
pub(super) fn priority(word: &str) -> Option<Priority> {
    Some(match word.trim().to_lowercase().as_str() {
        "" | "none" | "no priority" => Priority::None,
        "low" => Priority::Low,
        "medium" | "normal" => Priority::Medium,
        "high" => Priority::High,
        "urgent" | "critical" => Priority::Urgent,
        _ => return None,
    })
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// A day as programs write it: `2026-03-01`, also with a time behind it, `1 Mar 2026` or `Mar 1, 2026`. Of days that could be
/// another one, such as 03/01/2026, none.
pub(super) fn date(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Some(date) = text.get(..10).and_then(|day| day.parse().ok())
        && text[10..].chars().next().is_none_or(|next| next == 'T' || next == ' ')
    {
        return Some(date);
    }
    let words: Vec<String> =
        text.split([' ', ',']).filter(|word| !word.is_empty() && !is_weekday(word)).map(str::to_lowercase).collect();
    let [one, two, year] = words.get(..3)? else { return None };
    let month = |word: &str| MONTHS.iter().zip(1..).find(|(name, _)| word.get(..3) == Some(**name)).map(|(_, n)| n);
    let (day, month) = match (month(one), month(two)) {
        (Some(month), None) => (two, month),
        (None, Some(month)) => (one, month),
        _ => return None,
    };
    Date::new(year.parse().ok()?, month, day.parse().ok()?).ok()
}

fn is_weekday(word: &str) -> bool {
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].contains(&word.to_lowercase().as_str())
}

/// `every day`, `every 2 weeks`, `every! month` (counted from when it was done): what Todoist calls a date that comes again.
pub(super) fn recurrence(text: &str) -> Option<Recurrence> {
    let lower = text.trim().to_lowercase();
    let (from, rest) = match lower.strip_prefix("every!") {
        Some(rest) => (From::Completion, rest),
        None => (From::Due, lower.strip_prefix("every ")?),
    };
    let words: Vec<&str> = rest.split_whitespace().collect();
    let (every, unit) = match words[..] {
        [unit] => (1, unit),
        ["other", unit] => (2, unit),
        [every, unit] => (every.parse().ok().filter(|every| *every > 0)?, unit),
        _ => return None,
    };
    let unit = match unit.trim_end_matches('s') {
        "day" => Unit::Day,
        "week" => Unit::Week,
        "month" => Unit::Month,
        "year" => Unit::Year,
        _ => return None,
    };
    Some(Recurrence { every, unit, from })
}

/// Somebody as a cell names them: an address, a name, `Ada (1234)` or `Ada <ada@x.example>`.
pub(super) fn person(text: &str) -> Person {
    let text = text.trim();
    let (before, within) = match text.strip_suffix(['>', ')']).and_then(|text| text.rsplit_once(['<', '('])) {
        Some((before, within)) if !before.trim().is_empty() => (before.trim(), Some(within.trim())),
        _ => (text, None),
    };
    let address = [within, Some(before)].into_iter().flatten().find(|word| is_address(word)).map(str::to_owned);
    Person { name: before.trim_start_matches('@').to_owned(), email: address }
}

fn is_address(word: &str) -> bool {
    word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
        && !word.contains(char::is_whitespace)
}

/// A text of one line: line breaks and other control characters become spaces.
pub(super) fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.trim().to_owned()
}

/// A text of several lines, with the line breaks that Tern has.
pub(super) fn lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_where_it_can_only_be_one() {
        let day = |text: &str| date(text).map(|date| date.to_string());
        for text in ["2026-03-01", "2026-03-01T22:00:00.000Z", "1 Mar 2026", "Mar 1, 2026", "Sun Mar 01 2026 00:00"] {
            assert_eq!(day(text).as_deref(), Some("2026-03-01"), "{text}");
        }
        for text in ["", "03/01/2026", "tomorrow", "1 Mar", "2026-03-011", "2026-02-30", "é2026-03-0", "every day"] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn what_comes_again_is_read() {
        let of = |every, unit, from| Some(Recurrence { every, unit, from });
        for (text, meant) in [
            ("every day", of(1, Unit::Day, From::Due)),
            ("Every 2 weeks", of(2, Unit::Week, From::Due)),
            ("every other month", of(2, Unit::Month, From::Due)),
            ("every! 3 days", of(3, Unit::Day, From::Completion)),
            ("every monday", None),
            ("every 0 days", None),
            ("everyday", None),
        ] {
            assert_eq!(recurrence(text), meant, "{text}");
        }
    }

    #[test]
    fn people_are_known_by_name_or_address() {
        for (text, name, email) in [
            ("Ada Lovelace", "Ada Lovelace", None),
            ("Ada (123)", "Ada", None),
            ("Ada <ada@x.example>", "Ada", Some("ada@x.example")),
            ("ada@x.example", "ada@x.example", Some("ada@x.example")),
            ("@ada", "ada", None),
            ("(ops)", "(ops)", None),
        ] {
            assert_eq!(person(text), Person { name: name.into(), email: email.map(str::to_owned) }, "{text}");
        }
    }

    #[test]
    fn words_for_statuses_are_known() {
        for (word, meant) in [("To Do", Some(Status::Todo)), ("in-progress", Some(Status::InProgress)), ("Bugs", None)]
        {
            assert_eq!(status(word), meant, "{word}");
        }
    }
}
