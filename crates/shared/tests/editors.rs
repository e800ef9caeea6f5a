//! Two or three people and a server edit one text, in every order: all end with the same, every run of characters that
//! nobody deleted is there exactly once and in its order, and what somebody deleted is gone.
//!
//! Each world runs twice with the same steps. Once every character is a number, so that it can be followed; once it is
//! what was typed, of whatever script: both must come out alike.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

mod support;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use shared::text::{Delta, Step, TextChange, rebase, transform_over};
use support::{TEXT_CASES, cases, text};

/// What happens next, to which device.
#[derive(Clone, Debug)]
enum Event {
    /// Deletes so many characters at a place and types others.
    Edit {
        at: usize,
        delete: usize,
        insert: String,
    },
    /// The first waiting edit reaches the server, which may refuse it.
    Push {
        refused: bool,
    },
    Pull,
}

/// What happens among so many people.
fn events(people: usize) -> impl Strategy<Value = Vec<(usize, Event)>> {
    let event = prop_oneof![
        3 => (0..20_usize, 0..4_usize, text()).prop_map(|(at, delete, insert)| Event::Edit { at, delete, insert }),
        2 => prop::bool::weighted(0.15).prop_map(|refused| Event::Push { refused }),
        2 => Just(Event::Pull),
    ];
    prop::collection::vec((0..people, event), 0..40)
}

#[derive(Default)]
struct Server {
    text: String,
    log: Vec<TextChange>,
    handled: BTreeMap<usize, u64>,
    accepted: BTreeSet<(usize, u64)>,
}

#[derive(Clone, Default)]
struct Device {
    base: String,
    seen: u64,
    made: u64,
    pending: Vec<(u64, Delta)>,
}

/// What a character looks like in a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Letters {
    Numbered,
    AsTyped,
}

/// Of each character ever typed: what it is, who typed it, and who deleted it.
#[derive(Default)]
struct Notes {
    typed: Vec<(char, (usize, u64))>,
    deleted: Vec<BTreeSet<(usize, u64)>>,
}

impl Notes {
    const FIRST: u32 = 0xf_0000;

    fn letter(number: usize) -> char {
        char::from_u32(Self::FIRST + u32::try_from(number).unwrap()).unwrap()
    }

    fn number(letter: char) -> usize {
        (u32::from(letter) - Self::FIRST) as usize
    }

    /// The same text with what was typed for the numbers.
    fn as_typed(&self, numbered: &str) -> String {
        numbered.chars().map(|letter| self.typed[Self::number(letter)].0).collect()
    }
}

impl Device {
    fn text(&self) -> String {
        self.pending.iter().fold(self.base.clone(), |text, (_, delta)| delta.apply(&text).unwrap())
    }

    fn edit(&mut self, me: usize, (at, delete, insert): (usize, usize, &str), letters: Letters, notes: &mut Notes) {
        let text: Vec<char> = self.text().chars().collect();
        let at = at % (text.len() + 1);
        let end = (at + delete).min(text.len());
        self.made += 1;
        let dot = (me, self.made);
        if letters == Letters::Numbered {
            for gone in &text[at..end] {
                notes.deleted[Notes::number(*gone)].insert(dot);
            }
        }
        let mut typed = String::new();
        for letter in insert.chars() {
            typed.push(if letters == Letters::Numbered { Notes::letter(notes.typed.len()) } else { letter });
            notes.typed.push((letter, dot));
            notes.deleted.push(BTreeSet::new());
        }
        let count = |chars: usize| u32::try_from(chars).unwrap();
        let steps = vec![
            Step::Keep(count(at)),
            Step::Insert(typed),
            Step::Delete(count(end - at)),
            Step::Keep(count(text.len() - end)),
        ];
        self.pending.push((self.made, Delta::new(steps)));
    }

    fn pull(&mut self, me: usize, server: &Server) {
        let log = &server.log[usize::try_from(self.seen).unwrap()..];
        let confirmed = server.handled.get(&me).copied().unwrap_or(0);
        let actor = u32::try_from(me).unwrap();
        self.pending = rebase(&self.base, log, actor, confirmed, std::mem::take(&mut self.pending)).unwrap();
        self.base.clone_from(&server.text);
        self.seen = server.log.len() as u64;
    }
}

impl Server {
    /// Handles a device's first edit, unless an earlier one has not come back yet.
    fn push(&mut self, me: usize, device: &Device, refused: bool) {
        let handled = self.handled.get(&me).copied().unwrap_or(0);
        let Some((ctr, delta)) = device.pending.first().filter(|(ctr, _)| *ctr > handled) else { return };
        self.handled.insert(me, *ctr);
        if refused {
            return;
        }
        let log = &self.log[usize::try_from(device.seen).unwrap()..];
        let delta = transform_over(delta, log).unwrap();
        self.text = delta.apply(&self.text).unwrap();
        let ver = self.log.len() as u64 + 1;
        self.log.push(TextChange { ver, actor: u32::try_from(me).unwrap(), ctr: *ctr, delta });
        self.accepted.insert((me, *ctr));
    }
}

fn run(people: usize, events: &[(usize, Event)], letters: Letters) -> (Server, Vec<Device>, Notes) {
    let (mut server, mut devices, mut notes) = (Server::default(), vec![Device::default(); people], Notes::default());
    for (me, event) in events {
        match event {
            Event::Edit { at, delete, insert } => {
                devices[*me].edit(*me, (*at, *delete, insert), letters, &mut notes);
            }
            Event::Push { refused } => server.push(*me, &devices[*me], *refused),
            Event::Pull => devices[*me].pull(*me, &server),
        }
    }
    while devices.iter().any(|device| !device.pending.is_empty()) {
        for (me, device) in devices.iter_mut().enumerate() {
            server.push(me, device, false);
            device.pull(me, &server);
        }
    }
    for (me, device) in devices.iter_mut().enumerate() {
        device.pull(me, &server);
    }
    (server, devices, notes)
}

fn check(people: usize, events: &[(usize, Event)]) -> Result<(), TestCaseError> {
    let (server, devices, notes) = run(people, events, Letters::Numbered);
    for device in &devices {
        prop_assert_eq!(&device.text(), &server.text);
    }
    for (number, (_, typed)) in notes.typed.iter().enumerate() {
        let count = server.text.chars().filter(|c| *c == Notes::letter(number)).count();
        let deleted = notes.deleted[number].iter().any(|dot| server.accepted.contains(dot));
        let expected = usize::from(server.accepted.contains(typed) && !deleted);
        prop_assert_eq!(count, expected, "character {} of {:?}, deleted by {:?}", number, typed, notes.deleted[number]);
    }
    let mut runs: BTreeMap<(usize, u64), Vec<usize>> = BTreeMap::new();
    for number in server.text.chars().map(Notes::number) {
        runs.entry(notes.typed[number].1).or_default().push(number);
    }
    prop_assert!(runs.values().all(|run| run.is_sorted()), "what somebody typed is out of order: {:?}", runs);
    let (as_typed, devices, _) = run(people, events, Letters::AsTyped);
    prop_assert_eq!(&as_typed.text, &notes.as_typed(&server.text));
    prop_assert!(devices.iter().all(|device| device.text() == as_typed.text));
    Ok(())
}

proptest! {
    #![proptest_config(cases(TEXT_CASES))]

    #[test]
    fn two_end_with_the_same_text_and_nothing_is_lost(events in events(2)) {
        check(2, &events)?;
    }

    #[test]
    fn three_end_with_the_same_text_and_nothing_is_lost(events in events(3)) {
        check(3, &events)?;
    }
}
