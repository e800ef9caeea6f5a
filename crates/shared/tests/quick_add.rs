//! Laws of the line that makes a task: no word is lost, none counts twice, and a backslash keeps each.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

use proptest::collection::vec;
use proptest::prelude::*;
use shared::date::Date;
use shared::quick_add::{QuickAdd, day, parse};
use shared::register::Tag;
use shared::workflow::Priority;

fn days() -> impl Strategy<Value = Date> {
    (-700_000_i32..2_900_000).prop_filter_map("a day that a calendar has", |days| Date::from_days(days).ok())
}

/// Words that say something, and others that look like it.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Zäß日本#!@+\\\\-]{1,8}",
        "[#@+][a-z0-9]{0,4}",
        "!(none|low|medium|high|urgent|nix)",
        "(today|Tomorrow|MONDAY|friday|sunday|2026-0[1-3]-[0-3][0-9])",
    ]
}

/// A word of a title that says nothing.
fn plain() -> impl Strategy<Value = String> {
    "[a-z]{1,8}x"
}

proptest! {
    #[test]
    fn each_word_counts_once(words in vec(word(), 0..12), today in days()) {
        let read = parse(&words.join(" "), today);
        let title: Vec<&str> = read.title.split_whitespace().collect();
        let single = [read.due.is_some(), read.priority.is_some(), read.project.is_some()];
        let taken = single.into_iter().filter(|is| *is).count() + read.tags.len() + read.people.len();
        // Only tags and people may be named twice.
        let again = words.iter().enumerate().filter(|(at, word)| {
            word.starts_with(['#', '@']) && word.chars().any(char::is_alphabetic) && words[..*at].contains(word)
        });
        prop_assert_eq!(title.len() + taken + again.count(), words.len());
        // In their order, but for the backslash.
        let mut rest = words.iter();
        for word in title {
            prop_assert!(rest.any(|typed| typed == word || typed.strip_prefix('\\') == Some(word)), "{}", word);
        }
    }

    #[test]
    fn a_backslash_keeps_every_word(words in vec(word(), 0..12), today in days()) {
        let kept: Vec<String> = words.iter().map(|word| format!("\\{word}")).collect();
        let read = parse(&kept.join(" "), today);
        prop_assert_eq!(read, QuickAdd { title: words.join(" "), ..QuickAdd::default() });
    }

    #[test]
    fn what_is_said_is_read_wherever_it_stands(
        title in vec(plain(), 1..6),
        days in 0..10_000_i32,
        places in (0..6_usize, 0..6_usize, 0..6_usize, 0..6_usize),
        today in days(),
    ) {
        let due = Date::from_days(18_000 + days).unwrap();
        let mut words = title.clone();
        for (place, word) in [places.0, places.1, places.2, places.3].into_iter().zip([
            due.to_string(), "#ops".to_owned(), "!urgent".to_owned(), "+harbour".to_owned(),
        ]) {
            words.insert(place.min(words.len()), word);
        }
        let expected = QuickAdd {
            title: title.join(" "),
            due: Some(due),
            priority: Some(Priority::Urgent),
            tags: vec![Tag::new("ops")],
            project: Some("harbour".to_owned()),
            people: Vec::new(),
        };
        prop_assert_eq!(parse(&words.join(" "), today), expected);
    }

    #[test]
    fn the_next_weekday_is_within_a_week_and_seven_days_differ(today in (0..100_000_i32)) {
        let today = Date::from_days(today).unwrap();
        let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let ahead: Vec<i32> = names.iter().map(|name| day(name, today).unwrap().days() - today.days()).collect();
        let mut sorted = ahead.clone();
        sorted.sort_unstable();
        prop_assert_eq!(sorted, (1..=7).collect::<Vec<_>>());
        // And they follow one another.
        let follow = ahead.windows(2).all(|pair| (pair[1] - pair[0]).rem_euclid(7) == 1);
        prop_assert!(follow);
    }
}
