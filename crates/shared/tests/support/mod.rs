//! What the property tests have in common.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use proptest::prelude::*;
use proptest::test_runner::Config;
use shared::text::{Delta, Step};

/// How often each law of texts is tried; `make soak` tries a million times.
pub const TEXT_CASES: u32 = 2_000;

/// So many cases, or as many as `PROPTEST_CASES` says: the one place where all properties get their number.
pub fn cases(usual: u32) -> Config {
    let config = Config { failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() { config } else { Config { cases: usual, ..config } }
}

/// Characters that are hard to get right: combining marks, the neighbours of the surrogates, emoji and their joiners
/// and modifiers, right-to-left letters and overrides, and some that repeat.
pub fn character() -> impl Strategy<Value = char> {
    prop_oneof![
        4 => prop::char::range('a', 'd'),
        1 => prop::sample::select(vec!['\u{301}', '\u{308}', '\u{20dd}', '\u{fe0f}', '\u{200d}', '\u{200c}']),
        1 => prop::sample::select(vec!['\u{d7ff}', '\u{e000}', '\u{fffd}', '\u{ffff}', '\u{10000}', '\u{10ffff}']),
        1 => prop::sample::select(vec!['👍', '🏽', '👩', '🚀', '🇩', '🇪', '❤']),
        1 => prop::sample::select(vec!['ש', 'ا', '\u{202e}', '\u{200f}', '\u{2067}']),
        1 => any::<char>(),
    ]
}

pub fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(character(), 0..12).prop_map(String::from_iter)
}

/// What to do from left to right, whatever the text is; see [`edit`].
pub type Script = Vec<(u8, u32, String)>;

pub fn script() -> impl Strategy<Value = Script> {
    prop::collection::vec((0..3_u8, 1..5_u32, text()), 0..6)
}

/// The edit of a text that a script describes.
pub fn edit(script: &Script, text: &str) -> Delta {
    let mut left = u32::try_from(text.chars().count()).unwrap();
    let mut steps = Vec::new();
    for (kind, count, insert) in script {
        match kind {
            0 => steps.push(Step::Insert(insert.clone())),
            1 => {
                steps.push(Step::Keep((*count).min(left)));
                left -= (*count).min(left);
            }
            _ => {
                steps.push(Step::Delete((*count).min(left)));
                left -= (*count).min(left);
            }
        }
    }
    steps.push(Step::Keep(left));
    steps.retain(|step| !matches!(step, Step::Keep(0) | Step::Delete(0)) && *step != Step::Insert(String::new()));
    Delta::new(steps)
}
