//! Several people and a server edit one text, in every order: all end with the same, what nobody deleted is there
//! exactly once, and what somebody deleted is gone.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

mod support;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use shared::text::{Delta, Step, TextChange, rebase, transform_over};
use support::cases;

/// What happens next, to which device.
#[derive(Clone, Debug)]
enum Event {
    /// Deletes so many characters at a place and types as many new ones.
    Edit {
        at: usize,
        delete: usize,
        insert: usize,
    },
    /// The first waiting edit reaches the server, which may refuse it.
    Push {
        refused: bool,
    },
    Pull,
}

fn event() -> impl Strategy<Value = (usize, Event)> {
    let event = prop_oneof![
        3 => (0..20_usize, 0..4_usize, 0..4_usize).prop_map(|(at, delete, insert)| Event::Edit { at, delete, insert }),
        2 => prop::bool::weighted(0.15).prop_map(|refused| Event::Push { refused }),
        2 => Just(Event::Pull),
    ];
    (0..3_usize, event)
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

/// Who typed and who deleted each character.
#[derive(Default)]
struct Notes {
    typed: Vec<(usize, u64)>,
    deleted: Vec<BTreeSet<(usize, u64)>>,
}

impl Notes {
    fn character(number: usize) -> char {
        char::from_u32(0xf_0000 + u32::try_from(number).unwrap()).unwrap()
    }
}

impl Device {
    fn text(&self) -> String {
        self.pending.iter().fold(self.base.clone(), |text, (_, delta)| delta.apply(&text).unwrap())
    }

    fn edit(&mut self, me: usize, (at, delete, insert): (usize, usize, usize), notes: &mut Notes) {
        let text: Vec<char> = self.text().chars().collect();
        let at = at % (text.len() + 1);
        let end = (at + delete).min(text.len());
        self.made += 1;
        let dot = (me, self.made);
        for gone in &text[at..end] {
            notes.deleted[(u32::from(*gone) - 0xf_0000) as usize].insert(dot);
        }
        let typed: String = (0..insert).map(|place| Notes::character(notes.typed.len() + place)).collect();
        notes.typed.extend(std::iter::repeat_n(dot, insert));
        notes.deleted.extend(std::iter::repeat_n(BTreeSet::new(), insert));
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

fn run(events: Vec<(usize, Event)>) -> (Server, [Device; 3], Notes) {
    let (mut server, mut devices, mut notes) = (Server::default(), <[Device; 3]>::default(), Notes::default());
    for (me, event) in events {
        match event {
            Event::Edit { at, delete, insert } => devices[me].edit(me, (at, delete, insert), &mut notes),
            Event::Push { refused } => server.push(me, &devices[me], refused),
            Event::Pull => devices[me].pull(me, &server),
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

proptest! {
    #![proptest_config(cases(1_024))]

    #[test]
    fn all_end_with_the_same_text_and_nothing_is_lost(events in prop::collection::vec(event(), 0..40)) {
        let (server, devices, notes) = run(events);
        for device in &devices {
            prop_assert_eq!(&device.text(), &server.text);
        }
        for (number, typed) in notes.typed.iter().enumerate() {
            let count = server.text.chars().filter(|c| *c == Notes::character(number)).count();
            let deleted = notes.deleted[number].iter().any(|dot| server.accepted.contains(dot));
            let expected = usize::from(server.accepted.contains(typed) && !deleted);
            prop_assert_eq!(count, expected, "character {} of {:?}, deleted by {:?}", number, typed, notes.deleted[number]);
        }
    }
}
