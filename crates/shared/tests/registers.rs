//! Registers, tags and life against a naive oracle: full vector clocks, and the maximal writes of their order.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

mod support;

use std::collections::BTreeSet;

use proptest::prelude::*;
use shared::clock::Stamp;
use shared::register::{Life, Reg, Set, Tag};
use support::cases;

const DEVICES: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Event {
    /// Writes: puts something in (or takes away what the writer sees).
    Write {
        puts: bool,
    },
    /// The first waiting write reaches the server.
    Push,
    Pull,
}

fn events() -> impl Strategy<Value = Vec<(usize, Event)>> {
    let event = prop_oneof![
        3 => any::<bool>().prop_map(|puts| Event::Write { puts }),
        3 => Just(Event::Push),
        2 => Just(Event::Pull),
    ];
    prop::collection::vec((0..DEVICES, event), 0..40)
}

/// A full vector clock: of each device, the last write that is known.
type Vector = [u64; DEVICES];

#[derive(Clone, Debug)]
struct Write {
    stamp: Stamp,
    clock: Vector,
    puts: bool,
}

#[derive(Clone, Default)]
struct Device {
    clock: Vector,
    seen: u64,
    waiting: Vec<Write>,
}

/// Plays the events. Returns the server's writes in its order, and for each device what it has pulled (a prefix of
/// them) and what waits.
fn play(events: Vec<(usize, Event)>) -> (Vec<Write>, [Device; DEVICES]) {
    let (mut server, mut devices) = (Vec::<Write>::new(), <[Device; DEVICES]>::default());
    for (me, event) in events {
        let device = &mut devices[me];
        match event {
            Event::Write { puts } => {
                device.clock[me] += 1;
                let actor = u32::try_from(me).unwrap() + 1;
                let stamp = Stamp { actor, ctr: device.clock[me], ver: 0, ctx: device.seen, at: 0 };
                device.waiting.push(Write { stamp, clock: device.clock, puts });
            }
            Event::Push if !device.waiting.is_empty() => {
                let mut write = device.waiting.remove(0);
                write.stamp.ver = server.len() as u64 + 1;
                server.push(write);
            }
            // A pull that shows an own write drops it from what waits; here it never waits any more.
            Event::Pull => {
                device.seen = server.len() as u64;
                for write in &server {
                    for (known, other) in device.clock.iter_mut().zip(write.clock) {
                        *known = (*known).max(other);
                    }
                }
            }
            Event::Push => {}
        }
    }
    (server, devices)
}

/// Whether the clock of `later` contains everything of `earlier`.
fn contains(later: &Write, earlier: &Write) -> bool {
    later.clock.iter().zip(earlier.clock).all(|(later, earlier)| *later >= earlier)
}

/// The writes that put something in and that no other one has seen: as (actor, number).
fn maximal(writes: &[&Write]) -> BTreeSet<(u32, u64)> {
    let overwritten =
        |write: &Write| writes.iter().any(|other| !other.stamp.same_write(&write.stamp) && contains(other, write));
    let standing = writes.iter().filter(|write| write.puts && !overwritten(write));
    standing.map(|write| (write.stamp.actor, write.stamp.ctr)).collect()
}

fn dots<'a>(stamps: impl IntoIterator<Item = &'a Stamp>) -> BTreeSet<(u32, u64)> {
    stamps.into_iter().map(|stamp| (stamp.actor, stamp.ctr)).collect()
}

/// What each party sees: the server, and each device with what it has pulled, what the server has of it, and what
/// waits.
fn views<'a>(server: &'a [Write], devices: &'a [Device]) -> Vec<Vec<&'a Write>> {
    let mut views = vec![server.iter().collect::<Vec<_>>()];
    for (me, device) in devices.iter().enumerate() {
        let actor = u32::try_from(me).unwrap() + 1;
        let pulled = server.iter().filter(|write| write.stamp.ver <= device.seen);
        let sent = server.iter().filter(|write| write.stamp.ver > device.seen && write.stamp.actor == actor);
        views.push(pulled.chain(sent).chain(&device.waiting).collect());
    }
    views
}

proptest! {
    #![proptest_config(cases(1_024))]

    #[test]
    fn a_register_keeps_what_no_later_writer_had_seen(events in events()) {
        let (mut server, mut devices) = play(events);
        let all = server.iter_mut().chain(devices.iter_mut().flat_map(|device| &mut device.waiting));
        all.for_each(|write| write.puts = true);
        for view in views(&server, &devices) {
            let mut reg: Option<Reg<u64>> = None;
            for write in &view {
                match &mut reg {
                    Some(reg) => {
                        let before = reg.siblings().len();
                        let gone = reg.write(write.stamp, write.stamp.ctr);
                        prop_assert!(gone.iter().all(|gone| write.stamp.has_seen(&gone.stamp)));
                        prop_assert_eq!(before + 1, reg.siblings().len() + gone.len());
                    }
                    None => reg = Some(Reg::new(write.stamp, write.stamp.ctr)),
                }
            }
            let Some(reg) = reg else { continue };
            let stamps = || reg.siblings().iter().map(|sibling| &sibling.stamp);
            prop_assert_eq!(dots(stamps()), maximal(&view));
            prop_assert!(stamps().is_sorted_by_key(Stamp::order));
        }
    }

    #[test]
    fn a_tag_stays_while_an_add_stands_that_no_removal_had_seen(events in events()) {
        let (server, devices) = play(events);
        let tag = Tag::new("ops");
        for view in views(&server, &devices) {
            let mut tags = Set::default();
            for write in &view {
                if write.puts {
                    tags.add(tag.clone(), write.stamp);
                } else {
                    let stays = tags.remove(&tag, write.stamp);
                    prop_assert_eq!(stays, tags.contains(&tag));
                }
            }
            prop_assert_eq!(dots(tags.stamps()), maximal(&view));
            prop_assert_eq!(tags.contains(&tag), !maximal(&view).is_empty());
            prop_assert!(tags.adds(&tag).is_sorted_by_key(Stamp::order));
        }
    }

    #[test]
    fn a_row_is_deleted_while_a_deletion_stands_that_no_restore_had_seen(events in events()) {
        let (server, devices) = play(events);
        for view in views(&server, &devices) {
            let mut life = Life::default();
            for write in &view {
                if write.puts {
                    life.delete(write.stamp);
                } else {
                    let still = life.restore(write.stamp);
                    prop_assert_eq!(still, life.is_deleted());
                }
            }
            prop_assert_eq!(dots(life.deletions()), maximal(&view));
            prop_assert!(life.deletions().is_sorted_by_key(Stamp::order));
        }
    }

    /// An answer that comes twice, or late, does nothing more.
    #[test]
    fn the_last_write_repeated_changes_nothing(events in events()) {
        let (server, _) = play(events);
        let Some(last) = server.last() else { return Ok(()) };
        let (mut reg, mut life) = (Reg::new(server[0].stamp, 0), Life::default());
        for write in &server {
            reg.write(write.stamp, write.stamp.ctr);
            life.delete(write.stamp);
        }
        let once = (reg.clone(), life.clone());
        reg.write(last.stamp, last.stamp.ctr);
        life.delete(last.stamp);
        prop_assert_eq!((reg, life), once);
    }
}
