//! The laws of text: whoever edits what in which order, all end with the same text, and nothing typed is lost.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

mod support;

use proptest::prelude::*;
use shared::limits::DELTA_STEPS;
use shared::text::{Delta, Step, TextChange, TextError, rebase, transform_over};
use support::{Script, TEXT_CASES, cases, edit, script, text};

proptest! {
    #![proptest_config(cases(TEXT_CASES))]

    /// TP1: `a` then `b'` is `b` then `a'`.
    #[test]
    fn concurrent_edits_meet(text in text(), a in script(), b in script()) {
        let (a, b) = (edit(&a, &text), edit(&b, &text));
        let (a_after, b_after) = a.transform(&b).unwrap();
        let left = b_after.apply(&a.apply(&text).unwrap()).unwrap();
        let right = a_after.apply(&b.apply(&text).unwrap()).unwrap();
        prop_assert_eq!(left, right);
    }

    #[test]
    fn a_composed_edit_does_what_both_do(text in text(), a in script(), b in script()) {
        let a = edit(&a, &text);
        let between = a.apply(&text).unwrap();
        let b = edit(&b, &between);
        prop_assert_eq!(a.compose(&b).unwrap().apply(&text).unwrap(), b.apply(&between).unwrap());
        prop_assert_eq!(a.growth() + b.growth(), a.compose(&b).unwrap().growth());
    }

    #[test]
    fn three_edits_compose_in_either_grouping(text in text(), a in script(), b in script(), c in script()) {
        let (end, edits) = chain(&text, &[a, b, c]);
        let [a, b, c] = [0, 1, 2].map(|place: usize| edits[place].1.clone());
        prop_assert_eq!(a.compose(&b).unwrap().compose(&c).unwrap().apply(&text).unwrap(), end.clone());
        prop_assert_eq!(a.compose(&b.compose(&c).unwrap()).unwrap().apply(&text).unwrap(), end);
    }

    /// What came in, carried over what waits, on what the member sees; and what waits, carried over what came in, on
    /// what the server has: both ways lead to one text.
    #[test]
    fn two_logs_of_edits_meet(
        base in text(),
        own in prop::collection::vec(script(), 0..4),
        foreign in prop::collection::vec(script(), 0..4),
    ) {
        let (seen, pending) = chain(&base, &own);
        let (server, log) = chain(&base, &foreign);
        let (mut waiting, mut shown) = (pending.clone(), seen);
        for (_, incoming) in &log {
            let mut incoming = incoming.clone();
            for (_, delta) in &mut waiting {
                (incoming, *delta) = incoming.transform(delta).unwrap();
            }
            shown = incoming.apply(&shown).unwrap();
        }
        let log: Vec<TextChange> = log.into_iter().zip(1..).map(|((ctr, delta), ver)| change(2, ctr, ver, delta)).collect();
        prop_assert_eq!(see(&server, &rebase(&base, &log, 1, 0, pending).unwrap()), shown);
    }

    /// Undone after others have gone on: of the edit nothing is left, what it took away is back, and of what the others
    /// did everything is there.
    #[test]
    fn an_edit_undone_later_leaves_what_others_did(
        length in 0..10_u32,
        undone in script(),
        others in prop::collection::vec(script(), 0..3),
    ) {
        let base: String = (0..length).map(|number| char::from_u32(0xf_0000 + number).unwrap()).collect();
        let tagged = |script: &Script, tag: &str| -> Script {
            script.iter().map(|(kind, count, text)| (*kind, *count, tag.repeat(text.chars().count()))).collect()
        };
        let undone = edit(&tagged(&undone, "u"), &base);
        let edited = undone.apply(&base).unwrap();
        let others: Vec<Script> = others.iter().map(|script| tagged(script, "o")).collect();
        let (now, log) = chain(&edited, &others);
        let taken = |delta: &Delta, text: &str| -> Vec<char> {
            let left = delta.apply(text).unwrap();
            text.chars().filter(|c| !left.contains(*c)).collect()
        };
        let (mut text, mut gone) = (edited.clone(), Vec::new());
        for (_, delta) in &log {
            gone.extend(taken(delta, &text));
            text = delta.apply(&text).unwrap();
        }
        let log: Vec<TextChange> = log.into_iter().zip(1..).map(|((ctr, delta), ver)| change(2, ctr, ver, delta)).collect();
        let inverse = transform_over(&undone.invert(&base).unwrap(), &log).unwrap();
        let after = inverse.apply(&now).unwrap();
        prop_assert!(!after.contains('u'), "{after}");
        prop_assert_eq!(after.matches('o').count(), now.matches('o').count());
        let back: String = base.chars().filter(|c| !gone.contains(c)).collect();
        prop_assert_eq!(after.replace('o', ""), back);
    }

    #[test]
    fn an_inverted_edit_undoes(text in text(), a in script()) {
        let a = edit(&a, &text);
        prop_assert_eq!(a.invert(&text).unwrap().apply(&a.apply(&text).unwrap()).unwrap(), text);
    }

    #[test]
    fn the_edit_between_two_texts_turns_one_into_the_other(from in text(), to in text()) {
        let delta = Delta::between(&from, &to);
        prop_assert_eq!(delta.apply(&from).unwrap(), to.clone());
        prop_assert_eq!(delta.is_noop(), from == to);
        let growth = i64::try_from(to.chars().count()).unwrap() - i64::try_from(from.chars().count()).unwrap();
        prop_assert_eq!(delta.growth(), growth);
    }

    /// A piece that somebody replaces is all that the edit touches: what is before and behind it is kept.
    #[test]
    fn the_edit_between_touches_only_what_changed(head in text(), old in text(), new in text(), tail in text()) {
        let (from, to) = (format!("{head}{old}{tail}"), format!("{head}{new}{tail}"));
        let delta = Delta::between(&from, &to);
        let touched: usize = delta.steps().iter().map(|step| match step {
            Step::Keep(_) => 0,
            Step::Delete(count) => *count as usize,
            Step::Insert(text) => text.chars().count(),
        }).sum();
        prop_assert!(touched <= old.chars().count() + new.chars().count(), "{:?}", delta);
    }

    #[test]
    fn an_edit_survives_the_wire(text in text(), a in script()) {
        let a = edit(&a, &text);
        let json = serde_json::to_string(&a).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Delta>(&json).unwrap(), &a);
        let bytes = postcard::to_stdvec(&a).unwrap();
        prop_assert_eq!(&postcard::from_bytes::<Delta>(&bytes).unwrap(), &a);
    }

    /// Whatever steps somebody sends: a result or an error, never a panic and never a text of the wrong length.
    #[test]
    fn any_steps_are_applied_or_refused(text in text(), other in text(), a in script(), counts in any::<[u32; 2]>()) {
        let mut steps = edit(&a, &other).steps().to_vec();
        steps.extend([Step::Keep(counts[0]), Step::Delete(counts[1])]);
        let delta = Delta::new(steps);
        if let Ok(edited) = delta.apply(&text) {
            let length = i64::try_from(text.chars().count()).unwrap() + delta.growth();
            prop_assert_eq!(i64::try_from(edited.chars().count()).unwrap(), length);
        }
        let fits = Delta::between(&other, &text);
        let _ = (delta.transform(&fits), delta.compose(&fits), delta.invert(&text));
    }

    /// A member sees the same, whether the server has handled none of the waiting edits or the first few.
    #[test]
    fn what_a_member_sees_does_not_depend_on_how_far_the_server_is(
        base in text(),
        own in prop::collection::vec(script(), 1..4),
        foreign in prop::collection::vec(script(), 0..4),
        handled in 0..4_usize,
    ) {
        let (_, pending) = chain(&base, &own);
        let (server, log) = chain(&base, &foreign);
        let mut log: Vec<TextChange> = log.into_iter().zip(1..).map(|((ctr, delta), ver)| change(2, ctr, ver, delta)).collect();
        let before = see(&server, &rebase(&base, &log, 1, 0, pending.clone()).unwrap());
        // The server handles the first edits, each as the device sends it: made on what the device then knows.
        let mut now = server;
        for count in 0..handled.min(own.len()) {
            let waiting = rebase(&base, &log, 1, count as u64, pending.clone()).unwrap();
            let (ctr, delta) = waiting[0].clone();
            now = delta.apply(&now).unwrap();
            log.push(change(1, ctr, log.len() as u64 + 1, delta));
        }
        let confirmed = handled.min(own.len()) as u64;
        let after = see(&now, &rebase(&base, &log, 1, confirmed, pending).unwrap());
        prop_assert_eq!(before, after);
    }

    /// An edit that waited and was carried along does what the server makes of it as it was first.
    #[test]
    fn carrying_an_edit_along_is_what_the_server_does(
        base in text(),
        own in script(),
        foreign in prop::collection::vec(script(), 0..4),
    ) {
        let own = edit(&own, &base);
        let (server, log) = chain(&base, &foreign);
        let log: Vec<TextChange> = log.into_iter().zip(1..).map(|((ctr, delta), ver)| change(2, ctr, ver, delta)).collect();
        let carried = rebase(&base, &log, 1, 0, vec![(1, own.clone())]).unwrap();
        let transformed = transform_over(&own, &log).unwrap();
        prop_assert_eq!(&carried[0].1, &transformed);
        prop_assert!(transformed.apply(&server).is_ok());
    }

    /// Taking back an edit in the middle leaves what the others did.
    #[test]
    fn a_refused_edit_is_withdrawn_from_those_after_it(
        base in text(),
        own in prop::collection::vec(script(), 2..5),
        foreign in prop::collection::vec(script(), 0..3),
    ) {
        let (_, pending) = chain(&base, &own);
        let (server, log) = chain(&base, &foreign);
        let log: Vec<TextChange> = log.into_iter().zip(1..).map(|((ctr, delta), ver)| change(2, ctr, ver, delta)).collect();
        // The first is refused: it is confirmed, and not in the log.
        let rest = rebase(&base, &log, 1, 1, pending.clone()).unwrap();
        prop_assert_eq!(rest.len(), own.len() - 1);
        see(&server, &rest);
        // All are refused: nothing is left to do.
        prop_assert_eq!(rebase(&base, &log, 1, own.len() as u64, pending).unwrap(), Vec::new());
    }

    /// A copy of the device has carried and sent the first edit in its own way: what was typed after it here is not lost.
    #[test]
    fn an_edit_that_came_in_another_form_keeps_those_after_it(
        base in text(),
        own in prop::collection::vec(script(), 2..5),
        foreign in prop::collection::vec(script(), 0..3),
        other in script(),
    ) {
        let (_, pending) = chain(&base, &own);
        let (server, log) = chain(&base, &foreign);
        let mut log: Vec<TextChange> = log.into_iter().zip(1..).map(|((ctr, delta), ver)| change(2, ctr, ver, delta)).collect();
        let sent = edit(&other, &server);
        let now = sent.apply(&server).unwrap();
        log.push(change(1, 1, log.len() as u64 + 1, sent));
        let rest = rebase(&base, &log, 1, 1, pending.clone()).unwrap();
        see(&now, &rest);
        let typed = |edits: &[(u64, Delta)]| -> Vec<(u64, String)> {
            edits.iter().map(|(n, delta)| (*n, delta.inserted().collect())).collect()
        };
        prop_assert_eq!(typed(&rest), typed(&pending[1..]));
    }
}

/// Edits made one after the other, numbered from 1, and the text after them.
fn chain(base: &str, scripts: &[Script]) -> (String, Vec<(u64, Delta)>) {
    let mut text = base.to_owned();
    let mut edits = Vec::new();
    for (ctr, script) in (1..).zip(scripts) {
        let delta = edit(script, &text);
        text = delta.apply(&text).unwrap();
        edits.push((ctr, delta));
    }
    (text, edits)
}

fn change(actor: u32, ctr: u64, ver: u64, delta: Delta) -> TextChange {
    TextChange { ver, actor, ctr, delta }
}

fn see(server: &str, pending: &[(u64, Delta)]) -> String {
    pending.iter().fold(server.to_owned(), |text, (_, delta)| delta.apply(&text).unwrap())
}

#[test]
fn of_two_at_one_place_the_first_in_order_stands_first() {
    let (a, b) = (Delta::between("", "first"), Delta::between("", "second"));
    let (_, b_after) = a.transform(&b).unwrap();
    assert_eq!(b_after.apply("first").unwrap(), "firstsecond");
}

#[test]
fn an_edit_of_another_text_is_refused() {
    let delta = Delta::between("hello", "hullo");
    assert_eq!(delta.apply("hell"), Err(TextError::WrongBase));
    assert_eq!(delta.invert("hell"), Err(TextError::WrongBase));
    assert_eq!(delta.compose(&Delta::between("hell", "")), Err(TextError::WrongBase));
    assert_eq!(delta.transform(&Delta::between("hell", "")), Err(TextError::WrongBase));
}

#[test]
fn monstrous_edits_are_refused() {
    let many = Delta::new(vec![Step::Insert("a".into()); DELTA_STEPS + 1]);
    assert_eq!(many.apply(""), Err(TextError::TooLarge));
    let just = Delta::new(vec![Step::Insert("a".into()); DELTA_STEPS]);
    assert_eq!(just.apply("").unwrap(), "a".repeat(DELTA_STEPS));
    for step in [Step::Keep(u32::MAX), Step::Delete(u32::MAX)] {
        assert_eq!(Delta::new(vec![step]).apply(""), Err(TextError::TooLarge));
    }
    for step in [Step::Keep(10_000_000), Step::Delete(10_000_000)] {
        assert_eq!(Delta::new(vec![step]).apply(""), Err(TextError::WrongBase), "long, but a text could be");
    }
}

#[test]
fn both_words_of_the_mission_stay() {
    let (base, a, b) = ("Hello world", "Hello beautiful world", "Hello world!");
    let (a, b) = (Delta::between(base, a), Delta::between(base, b));
    let (_, b_after) = a.transform(&b).unwrap();
    assert_eq!(b_after.apply("Hello beautiful world").unwrap(), "Hello beautiful world!");
}
