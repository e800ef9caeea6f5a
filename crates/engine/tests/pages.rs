//! How confirmed rows are stored: what changes is written in few records, and what was is never taken for what is.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

extern crate tern_engine as engine;

mod support;

use std::collections::BTreeSet;

use engine::command::Command;
use engine::record::{ROWS_PER_PAGE, Record};
use engine::replica::Replica;
use engine::status::Pill;
use engine::store::{Store, Table};
use shared::field::Field;
use shared::ids::{EntityId, TaskId};
use shared::protocol::{PullPage, PullResponse};
use shared::row::Row;
use shared::workflow::Priority;
use support::{Device, Server, ready, team};

/// A team with so many full pages of tasks, which Ada has made and Ben has fetched.
fn shelves(pages: usize) -> (Server, Device, Device, Vec<TaskId>) {
    let (mut server, mut ada, mut ben) = (Server::new(), Device::new(1), Device::new(2));
    let project = ada.project();
    let tasks = (1..pages * ROWS_PER_PAGE).map(|n| ada.task(project, &format!("Task {n}"))).collect();
    ada.sync(&mut server);
    ben.sync(&mut server);
    (server, ada, ben, tasks)
}

/// The stored pages, each with the rows that are in it.
fn stored(device: &Device) -> Vec<Vec<EntityId>> {
    let records = ready(device.store.load(None)).unwrap().records;
    let pages = records.iter().filter_map(|(key, bytes)| match Record::decode(*key, bytes).unwrap() {
        Record::Page(rows) => Some(rows.iter().map(|base| base.row.id).collect()),
        _ => None,
    });
    pages.collect()
}

fn rows(device: &Device) -> Vec<Row> {
    let mut rows: Vec<Row> = device.engine.replica().rows().cloned().collect();
    rows.sort_by_key(|row| row.id);
    rows
}

/// Ben's store holds what Ben sees, whoever opens it.
fn check_reopened(ben: &mut Device) {
    let (before, checksum) = (rows(ben), ben.engine.replica().checksum());
    ben.reopen();
    assert_eq!(rows(ben), before);
    assert_eq!(ben.engine.replica().checksum(), checksum);
}

fn prioritize(ada: &mut Device, task: TaskId, turn: usize) {
    let priority = [Priority::High, Priority::Low][turn % 2];
    ada.run(&Command::write(task, Field::Priority, priority)).unwrap();
}

#[test]
fn no_page_of_rows_is_begun_before_the_one_before_it_is_full() {
    let (mut server, mut ada, ..) = team();
    for _ in 0..43 {
        ada.project();
    }
    ada.sync(&mut server);
    for page in [7, ROWS_PER_PAGE, 100] {
        server.page = page;
        let mut cy = Device::new(3);
        cy.sync(&mut server);
        let lengths: Vec<usize> = stored(&cy).iter().map(Vec::len).collect();
        assert_eq!(lengths, [ROWS_PER_PAGE, ROWS_PER_PAGE, 5], "{page} at once");
    }
}

#[test]
fn what_changes_far_apart_is_written_together() {
    let (mut server, mut ada, mut ben, tasks) = shelves(10);
    for turn in 0..3 {
        let far = tasks.iter().skip(turn).step_by(ROWS_PER_PAGE);
        far.for_each(|task| prioritize(&mut ada, *task, turn));
        ada.sync(&mut server);
        ben.engine.take_commits();
        ben.sync(&mut server);
        let written: BTreeSet<_> = ben.engine.take_commits().into_iter().flat_map(|commit| commit.keys).collect();
        let pages = written.iter().filter(|(table, _)| *table == Table::Pages).count();
        assert!(pages <= 2, "{pages} pages for ten rows");
        check_reopened(&mut ben);
    }
}

/// Of several copies the newest counts, in whatever order a store gives them out.
#[test]
fn old_copies_do_not_count() {
    let (mut server, mut ada, mut ben, tasks) = shelves(3);
    prioritize(&mut ada, tasks[2], 0);
    ada.sync(&mut server);
    ben.sync(&mut server);
    let mut contents = ready(ben.store.load(None)).unwrap();
    contents.records.reverse();
    let replica = Replica::open(contents, 2).unwrap();
    assert_eq!(replica.confirmed(tasks[2].into()), ben.engine.replica().confirmed(tasks[2].into()));
    assert_eq!(replica.checksum(), ben.engine.replica().checksum());
}

/// Whoever is there for long does not keep ever more old copies.
#[test]
fn old_copies_are_fewer_than_the_rows() {
    let (mut server, mut ada, mut ben, tasks) = shelves(5);
    for turn in 0..40 {
        let some = tasks.iter().skip(turn * 7 % 13).step_by(9 + turn % 5);
        some.for_each(|task| prioritize(&mut ada, *task, turn));
        ada.sync(&mut server);
        ben.sync(&mut server);
        let pages = stored(&ben);
        let (all, present) = (pages.iter().flatten().count(), server.rows.len());
        assert!(all <= 2 * present + ROWS_PER_PAGE, "{all} copies of {present} rows");
        assert!(pages.iter().all(|page| (1..=ROWS_PER_PAGE).contains(&page.len())));
        check_reopened(&mut ben);
    }
}

/// The device has become another one, and has fetched everything: a tab that slept through it takes new pages for new.
#[test]
fn pages_of_another_actor_are_newer() {
    let (mut server, mut ada, mut ben, tasks) = shelves(2);
    for turn in 0..4 {
        tasks.iter().for_each(|task| prioritize(&mut ada, *task, turn));
        ada.sync(&mut server);
        ben.sync(&mut server);
    }
    let mut again = Device::on(ben.store.clone(), 7, 1);
    again.sync(&mut server);
    ready(ben.engine.reload()).unwrap();
    assert_eq!(rows(&ben), rows(&again));
    assert_eq!(rows(&ben).len(), server.rows.len());
}

/// A row has moved to a newer page, and is let go of: its old copy must not bring it back.
#[test]
fn what_leaves_leaves_no_old_copy() {
    let (mut server, mut ada, mut ben, tasks) = shelves(3);
    prioritize(&mut ada, tasks[2], 0);
    ada.sync(&mut server);
    ben.sync(&mut server);
    let gone = EntityId::from(tasks[2]);
    let copies = |device: &Device| stored(device).iter().flatten().filter(|id| **id == gone).count();
    assert_eq!(copies(&ben), 2);
    ada.run(&Command::Delete(gone)).unwrap();
    ada.sync(&mut server);
    ben.sync(&mut server);
    server.purge(server.ver);
    ben.sync(&mut server);
    assert_eq!((copies(&ben), rows(&ben).len()), (0, server.rows.len()));
    check_reopened(&mut ben);
}

/// It comes in its last form, and is let go of in the same moment: an old copy would come back.
#[test]
fn what_arrives_to_leave_leaves_no_old_copy() {
    let (mut server, mut ada, mut ben, tasks) = shelves(3);
    ada.run(&Command::Delete(tasks[2].into())).unwrap();
    ada.sync(&mut server);
    ben.engine.wake();
    let question = ben.pull();
    let before = server.pull(&question);
    server.purge(server.ver);
    let (PullResponse::Page(before), PullResponse::Page(after)) = (before, server.pull(&question)) else { panic!() };
    assert_eq!((before.rows.len(), after.rows.len()), (1, 0));
    ben.pulled(&question, Ok(PullResponse::Page(PullPage { rows: before.rows, ..after })));
    let gone = EntityId::from(tasks[2]);
    assert!(!stored(&ben).iter().flatten().any(|id| *id == gone));
    assert_eq!((ben.pill(), rows(&ben).len()), (Pill::Synced, server.rows.len()));
    check_reopened(&mut ben);
}
