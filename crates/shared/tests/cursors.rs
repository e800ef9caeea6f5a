//! A cursor and a selection keep their place while others, or their owner, go on writing: held against an oracle that
//! follows each character of the text.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

mod support;

use proptest::prelude::*;
use shared::text::{By, Delta, Selection, Step};
use support::{Script, TEXT_CASES, cases, edit, script};

/// The characters of a text that all differ, and none of which [`support::text`] puts in.
fn numbered(count: u32) -> String {
    (0..count).map(|number| char::from_u32(0xf_0000 + number).unwrap()).collect()
}

/// A text, an edit of it that puts in other characters, and the text after it.
fn edited(length: u32, script: &Script) -> (Vec<char>, Delta, Vec<char>) {
    let old = numbered(length);
    let script: Script =
        script.iter().map(|(kind, count, text)| (*kind, *count, "+".repeat(text.chars().count()))).collect();
    let delta = edit(&script, &old);
    let new = delta.apply(&old).unwrap();
    (old.chars().collect(), delta, new.chars().collect())
}

/// The same edit, said in another order: what is deleted first, what is put in last.
fn deleting_first(delta: &Delta) -> Delta {
    let mut steps = Vec::new();
    for piece in delta.steps().chunk_by(|a, b| !matches!(a, Step::Keep(_)) && !matches!(b, Step::Keep(_))) {
        let (inserts, others): (Vec<_>, Vec<_>) = piece.iter().partition(|step| matches!(step, Step::Insert(_)));
        steps.extend(others.into_iter().chain(inserts).cloned());
    }
    Delta::new(steps)
}

/// Right behind the last of these characters that is left.
fn behind(left: &[char], new: &[char]) -> usize {
    left.iter().rev().find_map(|c| new.iter().position(|other| other == c)).map_or(0, |place| place + 1)
}

/// Right before the first of these characters that is left.
fn before(right: &[char], new: &[char]) -> usize {
    right.iter().find_map(|c| new.iter().position(|other| other == c)).unwrap_or(new.len())
}

fn carry(delta: &Delta, position: usize, by: By) -> usize {
    delta.carry(u32::try_from(position).unwrap(), by) as usize
}

proptest! {
    #![proptest_config(cases(TEXT_CASES))]

    #[test]
    fn a_cursor_keeps_its_place(length in 0..10_u32, script in script()) {
        let (old, delta, new) = edited(length, &script);
        for position in 0..=old.len() {
            let (left, right) = old.split_at(position);
            let typed = before(right, &new);
            prop_assert_eq!(carry(&delta, position, By::Oneself), typed, "{:?} at {}", delta, position);
            let last_is_left = left.last().is_none_or(|c| new.contains(c));
            let next_is_left = right.first().is_none_or(|c| new.contains(c));
            let seen = if !last_is_left && next_is_left { typed } else { behind(left, &new) };
            prop_assert_eq!(carry(&delta, position, By::Others), seen, "{:?} at {}", delta, position);
        }
        prop_assert_eq!(delta.carry(u32::MAX, By::Others), delta.carry(length, By::Others));
    }

    #[test]
    fn what_is_left_of_a_selection_stays_selected_and_nothing_else(
        length in 0..10_u32, script in script(), anchor in 0..10_u32, head in 0..10_u32
    ) {
        let (old, delta, new) = edited(length, &script);
        let selection = Selection { anchor: anchor.min(length), head: head.min(length) };
        let (from, to) = (selection.anchor.min(selection.head), selection.anchor.max(selection.head));
        let selected = &old[from as usize..to as usize];
        for by in [By::Oneself, By::Others] {
            let carried = selection.carry(&delta, by);
            if selected.iter().any(|c| new.contains(c)) {
                let (start, end) = (before(selected, &new), behind(selected, &new));
                let ends = (carried.anchor.min(carried.head) as usize, carried.anchor.max(carried.head) as usize);
                prop_assert_eq!(ends, (start, end), "{:?} {:?}", delta, selection);
                prop_assert_eq!(carried.anchor < carried.head, selection.anchor < selection.head);
            } else {
                let cursor = delta.carry(selection.head, by);
                prop_assert_eq!(carried, Selection { anchor: cursor, head: cursor }, "{:?} {:?}", delta, selection);
            }
        }
    }

    /// Two ways to say one edit move nobody differently.
    #[test]
    fn a_cursor_does_not_depend_on_how_an_edit_is_said(length in 0..10_u32, script in script(), head in 0..12_u32) {
        let (_, delta, _) = edited(length, &script);
        let other = deleting_first(&delta);
        let with_nothing = Delta::new(delta.steps().iter().flat_map(|step| [Step::Keep(0), step.clone()]).collect());
        for by in [By::Oneself, By::Others] {
            prop_assert_eq!(delta.carry(head, by), other.carry(head, by));
            prop_assert_eq!(delta.carry(head, by), with_nothing.carry(head, by));
        }
    }

    /// Whatever steps somebody sends: a position, never a panic.
    #[test]
    fn any_steps_carry_a_cursor_somewhere(counts in any::<[u32; 4]>(), position in any::<u32>()) {
        let [kept, taken, more, last] = counts;
        let steps = [Step::Keep(kept), Step::Delete(taken), Step::Insert("a".into()), Step::Keep(more), Step::Keep(last)];
        let delta = Delta::new(steps.to_vec());
        prop_assert!(delta.carry(position, By::Others) <= delta.carry(position, By::Oneself));
    }
}

fn check(before: &str, after: &str, by: By) {
    let position = |text: &str| u32::try_from(text.chars().position(|c| c == '|').unwrap()).unwrap();
    let (old, new) = (before.replace('|', ""), after.replace('|', ""));
    let delta = Delta::between(&old, &new);
    assert_eq!(delta.carry(position(before), by), position(after), "{before} to {after}: {delta:?}");
}

#[test]
fn others_write_around_a_cursor_and_its_owner_with_it() {
    check("Hello |world", "Hello |beautiful world", By::Others);
    check("Hello |world", "Hello beautiful |world", By::Oneself);
    check("Hello worl|d", "Hello beautiful worl|d", By::Others);
    check("Hello world|", "Hello beautiful world|", By::Others);
    check("Pay Ann|a", "Ann|a", By::Others);
    check("Pay 👩\u{200d}🚀|!", "Pay today 👩\u{200d}🚀|!", By::Others);
}
