//! Two integers say as much as a full vector clock: a world of devices, a server's order and rows that are pulled one by
//! one, against a naive oracle that keeps, of each row, what everybody knows of everybody.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use shared::clock::{Actor, Causality, Counter, Stamp, VectorClock, Version, compare};
use support::cases;

const DEVICES: usize = 4;
const ROWS: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Event {
    Write {
        row: usize,
    },
    /// The first waiting write reaches the server, which may refuse it.
    Push {
        refused: bool,
    },
    /// A page that brings one row.
    PullOne {
        row: usize,
    },
    Pull,
}

fn events() -> impl Strategy<Value = Vec<(usize, Event)>> {
    let event = prop_oneof![
        4 => (0..ROWS).prop_map(|row| Event::Write { row }),
        4 => prop::bool::weighted(0.1).prop_map(|refused| Event::Push { refused }),
        2 => (0..ROWS).prop_map(|row| Event::PullOne { row }),
        1 => Just(Event::Pull),
    ];
    prop::collection::vec((0..DEVICES, event), 0..60)
}

/// A full vector: of each device, the last write to a row that is known.
type Vector = [Counter; DEVICES];

fn learn(known: &mut Vector, more: &Vector) {
    for (known, more) in known.iter_mut().zip(more) {
        *known = (*known).max(*more);
    }
}

fn knows(left: &Vector, right: &Vector) -> bool {
    left.iter().zip(right).all(|(left, right)| left >= right)
}

fn relation(left: &Vector, right: &Vector) -> Causality {
    match (knows(left, right), knows(right, left)) {
        (true, true) => Causality::Equal,
        (true, false) => Causality::After,
        (false, true) => Causality::Before,
        (false, false) => Causality::Concurrent,
    }
}

fn actor(device: usize) -> Actor {
    Actor::try_from(device).unwrap() + 1
}

/// A vector in the form that the code knows.
fn clock(vector: &Vector) -> VectorClock {
    vector.iter().enumerate().map(|(device, ctr)| (actor(device), *ctr)).collect()
}

#[derive(Clone, Debug)]
struct Write {
    row: usize,
    stamp: Stamp,
    /// What its author knew of the row, with this write.
    vector: Vector,
}

#[derive(Clone, Default)]
struct Device {
    made: Counter,
    /// Of each row, the snapshot of the page that brought it, and what the oracle says the device knows.
    rows: [(Version, Vector); ROWS],
    waiting: Vec<Write>,
}

#[derive(Default)]
struct World {
    /// In the server's order.
    accepted: Vec<Write>,
    version: Version,
    devices: [Device; DEVICES],
}

impl World {
    fn after(events: Vec<(usize, Event)>) -> Self {
        let mut world = Self::default();
        for (me, event) in events {
            match event {
                Event::Write { row } => world.write(me, row),
                Event::Push { refused } => world.push(me, refused),
                Event::PullOne { row } => world.pull(me, row),
                Event::Pull => (0..ROWS).for_each(|row| world.pull(me, row)),
            }
        }
        world
    }

    fn write(&mut self, me: usize, row: usize) {
        let device = &mut self.devices[me];
        device.made += 1;
        let (ctx, vector) = &mut device.rows[row];
        vector[me] = device.made;
        // Clocks are wrong, and decide nothing here.
        let stamp = Stamp { actor: actor(me), ctr: device.made, ver: 0, ctx: *ctx, at: -i64::try_from(me).unwrap() };
        device.waiting.push(Write { row, stamp, vector: *vector });
    }

    fn push(&mut self, me: usize, refused: bool) {
        if self.devices[me].waiting.is_empty() {
            return;
        }
        let mut write = self.devices[me].waiting.remove(0);
        if !refused {
            self.version += 1;
            write.stamp.ver = self.version;
            self.accepted.push(write);
        }
    }

    fn pull(&mut self, me: usize, row: usize) {
        let (snapshot, vector) = &mut self.devices[me].rows[row];
        *snapshot = self.version;
        for write in self.accepted.iter().filter(|write| write.row == row) {
            learn(vector, &write.vector);
        }
    }

    /// Every write to a row that the server has accepted or that waits on a device.
    fn writes(&self, row: usize) -> Vec<&Write> {
        let waiting = self.devices.iter().flat_map(|device| &device.waiting);
        self.accepted.iter().chain(waiting).filter(|write| write.row == row).collect()
    }

    fn accepted(&self, row: usize) -> Vec<Stamp> {
        self.accepted.iter().filter(|write| write.row == row).map(|write| write.stamp).collect()
    }
}

fn clocks() -> impl Strategy<Value = VectorClock> {
    prop::collection::btree_map(0..5_u32, 0..4_u64, 0..5).prop_map(VectorClock::from)
}

fn merged(left: &VectorClock, right: &VectorClock) -> VectorClock {
    let mut merged = left.clone();
    merged.merge(right.clone());
    merged
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn stamps_compare_as_vector_clocks(events in events()) {
        let world = World::after(events);
        for row in 0..ROWS {
            let all = world.writes(row);
            let stamps = || all.iter().map(|write| &write.stamp);
            for left in &all {
                prop_assert_eq!(VectorClock::of(&left.stamp, stamps()), clock(&left.vector), "{:?}", left);
                for right in &all {
                    let expected = relation(&left.vector, &right.vector);
                    prop_assert_eq!(compare(&left.stamp, &right.stamp), expected, "{:?} {:?}", left, right);
                    let seen = knows(&left.vector, &right.vector);
                    prop_assert_eq!(left.stamp.has_seen(&right.stamp), seen, "{:?} {:?}", left, right);
                    prop_assert_eq!(clock(&left.vector).compare(&clock(&right.vector)), expected);
                }
            }
        }
    }

    /// Who hands in a clock instead of a context is taken to have seen exactly what the clock says.
    #[test]
    fn a_clock_gives_the_context_back(events in events()) {
        let world = World::after(events);
        for (me, row) in (0..DEVICES).flat_map(|me| (0..ROWS).map(move |row| (me, row))) {
            let accepted = world.accepted(row);
            let (snapshot, vector) = &world.devices[me].rows[row];
            let next = |ctx| Stamp { actor: actor(me), ctr: world.devices[me].made + 1, ver: 0, ctx, at: 0 };
            let (by_version, by_clock) = (next(*snapshot), next(clock(vector).context(&accepted)));
            for write in &accepted {
                prop_assert_eq!(by_clock.has_seen(write), by_version.has_seen(write), "{:?} {:?}", by_clock, write);
            }
        }
    }

    /// What the server knows of a row grows, and is never behind what any of its writers knew.
    #[test]
    fn the_clock_of_a_row_only_grows(events in events()) {
        let world = World::after(events);
        for row in 0..ROWS {
            let mut before = VectorClock::default();
            for (count, write) in world.accepted.iter().filter(|write| write.row == row).enumerate() {
                let now: VectorClock = world.accepted(row)[..=count].iter().collect();
                prop_assert_eq!(now.compare(&before), Causality::After);
                prop_assert!(now.covers(&clock(&write.vector)));
                prop_assert_eq!(&merged(&before, &clock(&write.vector)), &now);
                before = now;
            }
        }
    }

    #[test]
    fn a_merged_clock_knows_what_both_do_and_no_more(a in clocks(), b in clocks(), c in clocks()) {
        let both = merged(&a, &b);
        prop_assert!(both.covers(&a) && both.covers(&b));
        prop_assert_eq!(c.covers(&both), c.covers(&a) && c.covers(&b));
        prop_assert_eq!(&both, &merged(&b, &a));
        prop_assert_eq!(merged(&both, &c), merged(&a, &merged(&b, &c)));
        prop_assert_eq!(&merged(&a, &a), &a);
        let seen: BTreeMap<Actor, Counter> = both.clone().into();
        prop_assert!(seen.iter().all(|(writer, ctr)| *ctr > 0 && *ctr == a.last(writer).max(b.last(writer))));
    }

    #[test]
    fn comparing_clocks_has_two_sides(a in clocks(), b in clocks()) {
        let mirrored = match a.compare(&b) {
            Causality::Before => Causality::After,
            Causality::After => Causality::Before,
            same => same,
        };
        prop_assert_eq!(b.compare(&a), mirrored);
        prop_assert_eq!(a.compare(&b) == Causality::Equal, a == b);
    }
}
