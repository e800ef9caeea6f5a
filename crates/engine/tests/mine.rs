//! Pushing everything of mine: it overwrites what its author can see, and nothing else.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_engine as engine;

mod support;

use engine::command::Command;
use engine::status::Pill;
use engine::store::memory::Fault;
use engine::transport::TransportError;
use shared::field::Field;
use shared::ids::TaskId;
use shared::register::Tag;
use shared::value::Value;
use shared::workflow::{Priority, Status};
use support::{Device, Server, ready, team};

fn push_mine(device: &mut Device) -> usize {
    let Device { engine, clock, .. } = device;
    ready(engine.push_mine(clock)).unwrap()
}

/// A pull without the push that should come before it.
fn only_pull(device: &mut Device, server: &Server) {
    let question = engine::pull::request(device.engine.replica().meta());
    device.pulled(&question, Ok(server.pull(&question)));
}

fn values(server: &Server, task: TaskId, field: Field) -> Vec<Value> {
    server.rows[&task.into()].values[&field].siblings().iter().map(|sibling| sibling.value.clone()).collect()
}

fn write(device: &mut Device, task: TaskId, field: Field, value: impl Into<Value>) {
    device.run(&Command::write(task, field, value)).unwrap();
}

#[test]
fn what_waits_overwrites_what_is_known_here() {
    let (mut server, mut ada, mut ben, task) = team();
    write(&mut ada, task, Field::Priority, Priority::Low);
    ada.retitle(task, "Hello world!").unwrap();
    write(&mut ben, task, Field::Priority, Priority::Urgent);
    ben.retitle(task, "Hello big world").unwrap();
    ben.sync(&mut server);
    only_pull(&mut ada, &server);
    let shown = |device: &Device| device.engine.replica().view().tasks[&task].value.priority;
    assert_eq!(shown(&ada), Priority::Urgent, "the higher of two");
    assert_eq!(push_mine(&mut ada), 1);
    assert_eq!(shown(&ada), Priority::Low);
    ada.reopen();
    ada.sync(&mut server);
    ben.sync(&mut server);
    assert_eq!((shown(&ada), shown(&ben)), (Priority::Low, Priority::Low));
    assert_eq!(values(&server, task, Field::Priority), [Value::Priority(Priority::Low)]);
    assert_eq!(server.title(task), "Hello big world!", "texts merge as ever");
    assert_eq!(push_mine(&mut ada), 0);
}

#[test]
fn what_is_not_known_here_is_not_overwritten() {
    let (mut server, mut ada, mut ben, task) = team();
    write(&mut ada, task, Field::Priority, Priority::Low);
    write(&mut ben, task, Field::Priority, Priority::Urgent);
    ben.sync(&mut server);
    assert_eq!(push_mine(&mut ada), 0, "nothing is known of others");
    ada.sync(&mut server);
    assert_eq!(values(&server, task, Field::Priority).len(), 2);
}

#[test]
fn what_may_have_been_sent_keeps_what_it_had_seen() {
    let (mut server, mut ada, mut ben, task) = team();
    write(&mut ada, task, Field::Priority, Priority::Low);
    let push = ada.push();
    ada.pushed(&push, Err(TransportError::Unreachable));
    write(&mut ben, task, Field::Priority, Priority::Urgent);
    ben.sync(&mut server);
    only_pull(&mut ada, &server);
    assert_eq!(push_mine(&mut ada), 0);
    assert_eq!(ada.engine.replica().outbox().next(), push.mutations.first());
}

#[test]
fn a_removal_takes_away_what_others_put_in_and_a_restore_brings_back() {
    let (mut server, mut ada, mut ben, task) = team();
    let tag = Tag::new("ops");
    let edit = |add: &[Tag], remove: &[Tag]| Command::EditTags { id: task, add: add.to_vec(), remove: remove.to_vec() };
    ada.run(&edit(std::slice::from_ref(&tag), &[])).unwrap();
    ada.run(&Command::Delete(task.into())).unwrap();
    ada.sync(&mut server);
    ada.run(&edit(&[], std::slice::from_ref(&tag))).unwrap();
    ada.run(&Command::Restore(task.into())).unwrap();
    ben.run(&edit(std::slice::from_ref(&tag), &[])).unwrap();
    ben.run(&Command::Delete(task.into())).unwrap();
    ben.sync(&mut server);
    only_pull(&mut ada, &server);
    assert_eq!(push_mine(&mut ada), 2);
    ada.sync(&mut server);
    let row = &server.rows[&task.into()];
    assert!(!row.tags.contains(&tag) && !row.life.is_deleted());
}

/// Done here, cancelled there: nobody but a person can say which.
fn contested() -> (Server, Device, Device, TaskId) {
    let (mut server, mut ada, mut ben, task) = team();
    write(&mut ada, task, Field::Status, Status::Cancelled);
    write(&mut ben, task, Field::Status, Status::Done);
    ben.sync(&mut server);
    ada.sync(&mut server);
    assert_eq!(ada.pill(), Pill::Attention { count: 1 });
    (server, ada, ben, task)
}

#[test]
fn what_a_person_would_have_to_settle_is_settled_as_it_was_here() {
    let (mut server, mut ada, mut ben, task) = contested();
    assert_eq!(push_mine(&mut ada), 1);
    assert_eq!(push_mine(&mut ada), 0, "it waits already");
    ada.sync(&mut server);
    assert_eq!((push_mine(&mut ada), ada.pill()), (0, Pill::Synced));
    ben.sync(&mut server);
    assert_eq!(ben.engine.replica().view().tasks[&task].value.status, Status::Cancelled);
    assert_eq!(push_mine(&mut ben), 0);
}

#[test]
fn who_has_written_nothing_of_it_settles_nothing() {
    let (mut server, _, _, task) = contested();
    let mut cy = Device::new(3);
    cy.sync(&mut server);
    assert_eq!(cy.pill(), Pill::Attention { count: 1 });
    assert_eq!(push_mine(&mut cy), 0);
    assert_eq!(values(&server, task, Field::Status).len(), 2);
}

#[test]
fn what_waits_for_a_field_settles_it_already() {
    let (mut server, mut ada, mut ben, task) = contested();
    write(&mut ada, task, Field::Status, Status::Done);
    write(&mut ben, task, Field::Status, Status::Cancelled);
    ben.sync(&mut server);
    only_pull(&mut ada, &server);
    assert_eq!((push_mine(&mut ada), ada.outbox().len()), (1, 1));
    ada.sync(&mut server);
    assert_eq!(values(&server, task, Field::Status), [Value::Status(Status::Done)]);
}

/// While everything is fetched anew after the order of versions has changed, nothing of it was seen.
#[test]
fn of_rows_of_another_order_nothing_is_overwritten() {
    let (mut server, mut ada, _, task) = contested();
    server.epoch = shared::ids::Epoch(uuid::Uuid::from_u128(2));
    only_pull(&mut ada, &server);
    assert!(ada.engine.replica().meta().renewing);
    assert_eq!((push_mine(&mut ada), ada.outbox().len()), (0, 0));
    write(&mut ada, task, Field::Estimate, Value::Count(3));
    assert_eq!((push_mine(&mut ada), ada.outbox().len()), (0, 1), "nor is there anything that it could claim");
    ada.sync(&mut server);
    assert_eq!((push_mine(&mut ada), values(&server, task, Field::Status).len()), (1, 2));
}

#[test]
fn two_tabs_settle_it_once() {
    let (mut server, mut one, _, task) = contested();
    let mut two = Device::on(one.store.clone(), 1, 1);
    assert_eq!(push_mine(&mut one), 1);
    assert_eq!(push_mine(&mut two), 0, "it had not heard of the first, whose write waits already");
    assert_eq!(two.outbox().len(), 1);
    two.sync(&mut server);
    assert_eq!(values(&server, task, Field::Status), [Value::Status(Status::Cancelled)]);
}

#[test]
fn it_is_done_whole_or_not_at_all() {
    let (mut server, mut ada, mut ben, task) = contested();
    write(&mut ada, task, Field::Priority, Priority::Low);
    write(&mut ben, task, Field::Priority, Priority::Urgent);
    ben.sync(&mut server);
    only_pull(&mut ada, &server);
    ada.store.fail_next_commit(Fault::Before);
    let waiting: Vec<_> = ada.engine.replica().outbox().cloned().collect();
    let Device { engine, clock, .. } = &mut ada;
    assert!(ready(engine.push_mine(clock)).is_err());
    assert!(ada.engine.replica().outbox().eq(&waiting));
    ada.store.fail_next_commit(Fault::After);
    assert_eq!(push_mine(&mut ada), 2, "the error was wrong, and it is not done twice");
    ada.reopen();
    ada.sync(&mut server);
    assert_eq!(values(&server, task, Field::Priority), [Value::Priority(Priority::Low)]);
    assert_eq!(values(&server, task, Field::Status), [Value::Status(Status::Cancelled)]);
}

#[test]
fn what_nobody_else_has_changed_stays_as_it_is() {
    let (mut server, mut ada, mut ben, task) = team();
    write(&mut ada, task, Field::Priority, Priority::Low);
    ben.project();
    ben.sync(&mut server);
    only_pull(&mut ada, &server);
    let waiting: Vec<_> = ada.engine.replica().outbox().cloned().collect();
    assert_eq!(waiting[0].ctx, server.rows[&task.into()].ver, "the row is the one that it was written on");
    assert_eq!(push_mine(&mut ada), 0);
    assert!(ada.engine.replica().outbox().eq(&waiting));
}

/// Its context cannot be raised any more, so it would leave both values to a person.
#[test]
fn what_may_have_been_sent_settles_nothing() {
    let (mut server, mut ada, mut ben, task) = contested();
    write(&mut ada, task, Field::Status, Status::Done);
    let push = ada.push();
    ada.pushed(&push, Err(TransportError::Unreachable));
    ben.sync(&mut server);
    write(&mut ben, task, Field::Status, Status::Cancelled);
    ben.sync(&mut server);
    only_pull(&mut ada, &server);
    assert_eq!(push_mine(&mut ada), 1);
    ada.sync(&mut server);
    assert_eq!(values(&server, task, Field::Status), [Value::Status(Status::Done)]);
}
