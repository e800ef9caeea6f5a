//! No value is lost without a trace: of 10,000 concurrent edits, each is in its field, in the ledger, or was replaced
//! by somebody who saw it there.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

mod support;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use shared::clock::{Stamp, Version};
use shared::date::Date;
use shared::field::{Field, TextField};
use shared::ids::{EntityId, ProjectId, TaskId};
use shared::merge::{self, Around};
use shared::mutation::{Create, Op};
use shared::row::Row;
use shared::value::{Place, Value};
use shared::workflow::{Priority, Status};
use support::cases;
use uuid::Uuid;

const DEVICES: usize = 3;
const EVENTS: usize = 60;

#[derive(Clone, Debug)]
enum Event {
    Write(Field, Value),
    /// The first waiting write reaches the server.
    Push,
    Pull,
}

#[derive(Clone, Debug)]
struct Write {
    stamp: Stamp,
    field: Field,
    value: Value,
    /// What its author saw in the field before.
    replaced: Value,
}

#[derive(Clone, Debug)]
struct Device {
    seen: Version,
    made: u64,
    waiting: Vec<Write>,
}

fn task() -> EntityId {
    TaskId(Uuid::from_u128(1)).into()
}

fn value() -> impl Strategy<Value = (Field, Value)> {
    let day = (20_000..20_006).prop_map(|day| Value::Date(Date::from_days(day).unwrap()));
    prop_oneof![
        prop::sample::select(Status::ALL.to_vec()).prop_map(|status| (Field::Status, status.into())),
        prop::sample::select(Priority::ALL.to_vec()).prop_map(|priority| (Field::Priority, priority.into())),
        prop_oneof![4 => day, 1 => Just(Value::Nothing)].prop_map(|value| (Field::Due, value)),
        (0..1_000_u32).prop_map(|count| (Field::Estimate, Value::Count(count))),
    ]
}

fn events() -> impl Strategy<Value = Vec<(usize, Event)>> {
    let event = prop_oneof![
        4 => value().prop_map(|(field, value)| Event::Write(field, value)),
        4 => Just(Event::Push),
        2 => Just(Event::Pull),
    ];
    prop::collection::vec((0..DEVICES, event), 0..EVENTS)
}

/// The row after its creation and these writes.
fn row<'a>(writes: impl IntoIterator<Item = &'a Write>) -> Row {
    let place = Place { project: Some(ProjectId(Uuid::from_u128(2))), ..Place::default() };
    let create = Create::new(task()).text(TextField::Title, "One").value(Field::Place, place);
    let mut row = None;
    let created = Stamp { actor: 9, ctr: 1, ver: 1, ctx: 0, at: 0 };
    merge::apply(&mut row, &Op::Create(create), created, &Around::default()).unwrap();
    for write in writes {
        let op = Op::write(task(), write.field, write.value.clone());
        merge::apply(&mut row, &op, write.stamp, &Around::default()).unwrap();
    }
    row.unwrap()
}

/// Plays the events; returns the server's writes in its order.
fn play(events: Vec<(usize, Event)>) -> Vec<Write> {
    let mut server: Vec<Write> = Vec::new();
    let mut devices = vec![Device { seen: 1, made: 0, waiting: Vec::new() }; DEVICES];
    for (n, (me, event)) in events.into_iter().enumerate() {
        let device = &mut devices[me];
        let actor = u32::try_from(me).unwrap() + 1;
        match event {
            Event::Write(field, value) => {
                device.made += 1;
                let known = server.iter().filter(|write| write.stamp.ver <= device.seen || write.stamp.actor == actor);
                let replaced = row(known.chain(&device.waiting)).value(field);
                // Every device's clock is wrong in its own way, but goes on.
                let at = i64::try_from(n / (me + 1)).unwrap();
                let stamp = Stamp { actor, ctr: device.made, ver: 0, ctx: device.seen, at };
                device.waiting.push(Write { stamp, field, value, replaced });
            }
            Event::Push if !device.waiting.is_empty() => {
                let mut write = device.waiting.remove(0);
                write.stamp.ver = server.len() as u64 + 2;
                server.push(write);
            }
            Event::Push => {}
            Event::Pull => device.seen = server.len() as u64 + 1,
        }
    }
    for device in &mut devices {
        for mut write in device.waiting.drain(..) {
            write.stamp.ver = server.len() as u64 + 2;
            server.push(write);
        }
    }
    server
}

fn check(writes: &[Write]) -> Result<(), TestCaseError> {
    let row = row(writes);
    for write in writes {
        let stands = row.values[&write.field].siblings().iter().any(|sibling| sibling.stamp.same_write(&write.stamp));
        let kept = row.lost.iter().any(|lost| lost.stamp.same_write(&write.stamp) && lost.value == write.value);
        // By somebody who saw it there, or by its own author, or with the same value.
        let after = |other: &&Write| other.field == write.field && other.stamp.has_seen(&write.stamp);
        let knowingly = |other: &Write| {
            other.replaced == write.value
                || (other.stamp.actor == write.stamp.actor && other.stamp.ctr > write.stamp.ctr)
                || (other.value == write.value && !other.stamp.same_write(&write.stamp))
        };
        let replaced = writes.iter().filter(after).any(knowingly);
        prop_assert!(stands || kept || replaced, "{:?} is nowhere: {:?}", write, writes);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(700))]

    #[test]
    fn every_value_is_in_its_field_or_in_the_ledger_or_was_replaced_knowingly(events in events()) {
        check(&play(events))?;
    }
}
