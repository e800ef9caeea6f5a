//! Two tabs on one store: one outbox, one counter, no surprise.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_engine as engine;

mod support;

use std::cell::RefCell;

use engine::command::Command;
use engine::engine::Engine;
use engine::record::ROWS_PER_PAGE;
use engine::status::Pill;
use engine::store::memory::MemoryStore;
use engine::store::{Batch, Contents, Key, Revision, Store, StoreError};
use shared::field::Field;
use shared::ids::Epoch;
use shared::scope::Scope;
use shared::value::Value;
use shared::workflow::{Priority, Status};
use support::{Device, ready, team};
use uuid::Uuid;

/// A further tab of the same device.
fn tab(device: &Device) -> Device {
    Device::on(device.store.clone(), 1, 1)
}

#[test]
fn a_stale_plan_is_made_anew_on_what_the_other_tab_left() {
    let (_, mut one, _, task) = team();
    let mut two = tab(&one);
    one.retitle(task, "Hello big world").unwrap();
    two.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    assert_eq!(two.title(task), "Hello big world", "it has loaded what the first one saved");
    let numbers: Vec<u64> = two.engine.replica().outbox().map(|mutation| mutation.n).collect();
    assert_eq!(numbers, [3, 4]);
}

#[test]
fn a_tab_follows_another() {
    let (mut server, mut one, _, task) = team();
    let mut two = tab(&one);
    two.engine.take_patch();
    one.engine.take_commits();
    one.retitle(task, "Hello").unwrap();
    one.sync(&mut server);
    for commit in one.engine.take_commits() {
        ready(two.engine.follow(&commit)).unwrap();
    }
    assert_eq!(two.engine.replica().view(), one.engine.replica().view());
    assert_eq!(two.engine.replica().revision(), one.engine.replica().revision());
    let patch = two.engine.take_patch();
    assert!(patch.tasks.last().is_some_and(|(id, item)| *id == task && item.as_ref().unwrap().value.title == "Hello"));
}

#[test]
fn what_another_tab_saved_is_sent_even_if_nobody_heard_of_it() {
    let (mut server, mut one, _, task) = team();
    let mut two = tab(&one);
    two.retitle(task, "Hello").unwrap();
    one.clock.now += 30_000;
    while one.exchange(&mut server) {}
    assert_eq!((server.title(task), one.pill()), ("Hello", Pill::Synced));
}

#[test]
fn missing_late_and_repeated_news_do_no_harm() {
    let (mut server, mut one, _, task) = team();
    let mut two = tab(&one);
    one.engine.take_commits();
    one.retitle(task, "Hello").unwrap();
    one.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    let commits = one.engine.take_commits();
    ready(two.engine.follow(&commits[1])).unwrap();
    assert_eq!(two.engine.replica().view(), one.engine.replica().view(), "the first was missed");
    ready(two.engine.follow(&commits[0])).unwrap();
    ready(two.engine.follow(&commits[1])).unwrap();
    one.sync(&mut server);
    ready(two.engine.follow(&one.engine.take_commits()[0])).unwrap();
    assert_eq!(two.engine.replica().view(), one.engine.replica().view(), "the store was further than the news");
}

/// A row has left with the page record that it was in, and has come again in another one.
#[test]
fn a_tab_that_slept_through_it_finds_a_row_in_its_new_page() {
    let (mut server, mut one, mut ben, _) = team();
    for _ in 0..ROWS_PER_PAGE - 2 {
        ben.project();
    }
    ben.sync(&mut server);
    one.sync(&mut server);
    let project = ben.project();
    ben.sync(&mut server);
    let scope = Scope::Project(project);
    server.put(project, scope);
    server.open.insert(scope);
    one.sync(&mut server);
    let mut two = tab(&one);
    assert!(two.engine.replica().view().projects.contains_key(&project));
    server.open.remove(&scope);
    one.sync(&mut server);
    assert!(!one.engine.replica().view().projects.contains_key(&project));
    server.open.insert(scope);
    one.sync(&mut server);
    ready(two.engine.reload()).unwrap();
    assert!(two.engine.replica().view().projects.contains_key(&project));
    assert_eq!(two.engine.replica().checksum(), one.engine.replica().checksum());
}

#[test]
fn an_answer_that_another_tab_has_overtaken_is_asked_for_again() {
    let (mut server, mut one, mut ben, task) = team();
    let mut two = tab(&one);
    ben.retitle(task, "Hello there").unwrap();
    ben.sync(&mut server);
    one.engine.wake();
    let question = one.pull();
    let answer = server.pull(&question);
    two.sync(&mut server);
    two.retitle(task, "Hello there!").unwrap();
    one.pulled(&question, Ok(answer));
    one.sync(&mut server);
    assert_eq!((one.title(task).as_str(), server.title(task)), ("Hello there!", "Hello there!"));
    assert_eq!(one.pill(), Pill::Synced);
}

/// A tab that missed the news of a change that the other one made and sent hears of it first from the server.
#[test]
fn the_work_of_another_tab_is_no_fork() {
    let (mut server, mut one, _, task) = team();
    let mut two = tab(&one);
    two.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    let push = two.push();
    two.pushed(&push, Ok(server.push(&push).unwrap()));
    one.sync(&mut server);
    assert_eq!((one.engine.status().blocked, one.pill()), (None, Pill::Synced));
}

#[test]
fn a_device_that_owes_nothing_takes_its_new_number() {
    let (mut server, one, _, task) = team();
    let mut other = Device::on(one.store.duplicate(), 9, 0);
    let replica = other.engine.replica();
    assert_eq!((replica.meta().actor, replica.rows().count()), (9, 0), "and begins with nothing");
    other.sync(&mut server);
    other.retitle(task, "Hello").unwrap();
    other.sync(&mut server);
    assert_eq!((server.title(task), other.pill()), ("Hello", Pill::Synced));
}

#[test]
fn a_copied_profile_that_owes_nothing_goes_on() {
    let (mut server, mut one, _, task) = team();
    let mut copy = Device::on(one.store.duplicate(), 1, 2);
    one.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    one.sync(&mut server);
    copy.sync(&mut server);
    assert_eq!((copy.engine.status().blocked, copy.pill()), (None, Pill::Synced));
    copy.retitle(task, "From the copy").unwrap();
    copy.sync(&mut server);
    assert_eq!((server.title(task), copy.pill()), ("From the copy", Pill::Synced));
}

#[test]
fn what_waits_goes_on_after_a_restore_that_lost_what_was_confirmed() {
    let (mut server, mut one, _, task) = team();
    let mut backup = server.clone();
    backup.epoch = Epoch(Uuid::from_u128(2));
    one.retitle(task, "Hello lost world").unwrap();
    one.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    one.sync(&mut server);
    one.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    one.sync(&mut backup); // the push is refused as a whole …
    one.sync(&mut backup); // … and everything is fetched
    assert_eq!((one.engine.status().blocked, one.pill()), (None, Pill::Synced));
    let item = &one.engine.replica().view().tasks[&task].value;
    assert_eq!((item.status, item.title.as_str()), (Status::Done, "Hello world"));
    one.retitle(task, "Hello again").unwrap();
    one.sync(&mut backup);
    assert_eq!(backup.title(task), "Hello again");
}

/// A store that reports one failed commit while another tab makes one: instead of it, or after it.
#[derive(Debug)]
struct Unlucky {
    store: MemoryStore,
    other: RefCell<Option<Device>>,
    saves: bool,
}

impl Store for Unlucky {
    async fn load(&self, keys: Option<&[Key]>) -> Result<Contents, StoreError> {
        self.store.load(keys).await
    }

    async fn commit(&self, batch: &Batch) -> Result<Revision, StoreError> {
        let Some(mut other) = self.other.take() else { return self.store.commit(batch).await };
        if self.saves {
            self.store.commit(batch).await?;
        }
        other.project();
        Err(StoreError::Platform("nobody knows".into()))
    }
}

/// What another tab has saved is not this one's, and none of it is overwritten.
#[test]
fn a_commit_that_failed_is_not_taken_for_that_of_another_tab() {
    for saves in [false, true] {
        let (_, one, _, task) = team();
        let other = RefCell::new(Some(Device::on(one.store.clone(), 1, 5)));
        let store = Unlucky { store: one.store.clone(), other, saves };
        let Device { mut clock, .. } = tab(&one);
        let mut two = ready(Engine::open(store, 1)).unwrap();
        let write = |field, value: Value| Command::write(task, field, value);
        assert!(ready(two.execute(&write(Field::Status, Status::Done.into()), &mut clock)).is_err());
        ready(two.execute(&write(Field::Priority, Priority::High.into()), &mut clock)).unwrap();
        let after = tab(&one);
        assert_eq!(two.replica().view(), after.engine.replica().view());
        assert_eq!(after.engine.replica().view().projects.len(), 2);
        let item = &after.engine.replica().view().tasks[&task].value;
        assert_eq!((item.status == Status::Done, item.priority), (saves, Priority::High));
    }
}
