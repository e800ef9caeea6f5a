//! Work without an account: everything goes on, nothing is sent, and signing in sends it once.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

extern crate tern_engine as engine;

mod support;

use engine::command::{Command, CommandError};
use engine::local::plan_let_go;
use engine::status::Pill;
use engine::store::memory::{Fault, MemoryStore};
use engine::store::{Store, StoreError};
use engine::sync::Step;
use shared::clock::NOBODY;
use shared::field::Field;
use shared::ids::{MutationId, TaskId};
use shared::mutation::{Refusal, Undo};
use shared::protocol::LastMutation;
use shared::workflow::{Priority, Status};
use support::{Device, Server, ready, team};

/// A device without an account, with a project, a task and a few changes of it.
fn alone() -> (Device, TaskId) {
    let mut device = Device::new(NOBODY);
    let project = device.project();
    let task = device.task(project, "Caulk the hull");
    device.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    (device, task)
}

fn ids(device: &Device) -> Vec<MutationId> {
    device.engine.replica().outbox().map(|mutation| mutation.id).collect()
}

fn take_over(device: &mut Device, local: &Device) -> Result<usize, StoreError> {
    ready(device.engine.take_over(local.store.clone()))
}

#[test]
fn everything_works_and_nothing_is_asked_of_anybody() {
    let (mut device, task) = alone();
    device.reopen();
    device.retitle(task, "Caulk the whole hull").unwrap();
    device.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    device.run(&Command::Delete(task.into())).unwrap();
    device.run(&Command::Restore(task.into())).unwrap();
    let mut other = Device::on(device.store.clone(), NOBODY, 1);
    other.run(&Command::write(task, Field::Priority, Priority::Low)).unwrap();
    device.retitle(task, "Caulk the whole hull twice").unwrap();
    let item = &device.engine.replica().view().tasks[&task].value;
    assert_eq!((item.status, item.priority, item.deleted), (Status::Done, Priority::Low, false));
    assert_eq!(device.title(task), "Caulk the whole hull twice");
    device.engine.wake();
    device.engine.poked(7);
    assert!(matches!(device.step().unwrap(), Step::Wait(_)));
    assert_eq!(device.pill(), Pill::Local);
    assert_eq!(ready(device.engine.take_theirs()), Ok(0), "there is nobody to take anything from");
    let undo = Command::Undo(Undo { entity: task.into(), actor: NOBODY, n: 3 });
    assert_eq!(device.run(&undo), Err(CommandError::Refused(Refusal::NothingToUndo)));
}

#[test]
fn signing_in_sends_everything_once_and_in_its_order() {
    let (mut server, _, mut ben, _) = team();
    let (mut device, task) = alone();
    let made = ids(&device);
    ready(device.engine.sign_in(7)).unwrap();
    assert_eq!(ids(&device), made);
    device.sync(&mut server);
    ben.sync(&mut server);
    assert_eq!((ben.title(task).as_str(), device.pill()), ("Caulk the hull", Pill::Synced));
    assert_eq!(ben.engine.replica().view().tasks[&task].value.priority, Priority::High);
}

#[test]
fn a_crash_while_signing_in_neither_loses_nor_doubles() {
    for fault in [Fault::Before, Fault::After] {
        let (mut server, _, mut ben, _) = team();
        let (device, task) = alone();
        device.store.fail_next_commit(fault);
        // Whatever came of it, the program starts again, signed in.
        drop(ready(engine::engine::Engine::open(device.store.clone(), 7)));
        let mut device = Device::on(device.store.clone(), 7, 3);
        let push = loop {
            match device.step().unwrap() {
                Step::Push(push) => break push,
                Step::Pull(pull) => device.pulled(&pull, Ok(server.pull(&pull))),
                step => panic!("{step:?}"),
            }
        };
        server.push(&push).unwrap();
        device.reopen();
        device.sync(&mut server);
        ben.sync(&mut server);
        assert_eq!((ben.title(task).as_str(), device.pill()), ("Caulk the hull", Pill::Synced));
    }
}

/// The server knows the device from before: what it did then is another history.
#[test]
fn signing_in_as_somebody_who_has_a_history_sends_everything_once() {
    let (mut server, ada, mut ben, hello) = team();
    drop(ada);
    let (mut device, task) = alone();
    ready(device.engine.sign_in(1)).unwrap();
    device.sync(&mut server);
    ben.sync(&mut server);
    assert_eq!((ben.title(task).as_str(), device.title(hello).as_str()), ("Caulk the hull", "Hello world"));
    assert_eq!((device.pill(), device.engine.replica().refused().count()), (Pill::Synced, 0));
}

/// The tab that syncs has slept while the other one signed in.
#[test]
fn a_tab_that_has_not_heard_of_the_sign_in_sends_all_the_same() {
    let (mut server, ..) = team();
    let (mut one, task) = alone();
    assert!(matches!(one.step().unwrap(), Step::Wait(Some(_))));
    let mut two = Device::on(one.store.clone(), NOBODY, 1);
    ready(two.engine.sign_in(7)).unwrap();
    one.clock.now += 30_000;
    while one.exchange(&mut server) {}
    assert_eq!((server.title(task), one.pill()), ("Caulk the hull", Pill::Synced));
}

#[test]
fn the_other_tab_is_signed_in_too() {
    let (mut server, ..) = team();
    let (mut one, task) = alone();
    let mut two = Device::on(one.store.clone(), NOBODY, 1);
    ready(one.engine.sign_in(7)).unwrap();
    two.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    assert_eq!(two.engine.replica().meta().actor, 7);
    one.sync(&mut server);
    assert_eq!(one.engine.replica().view().tasks[&task].value.status, Status::Done);
    assert_eq!(one.pill(), Pill::Synced);
}

#[test]
fn who_is_not_signed_in_takes_nothing_from_an_account() {
    let (_, mut ada, _, task) = team();
    ada.reopen();
    let nobody = Device::on(ada.store.clone(), NOBODY, 1);
    assert_eq!(nobody.engine.replica().meta().actor, 1);
    assert!(nobody.engine.replica().view().tasks.contains_key(&task));
}

#[test]
fn what_was_done_before_is_taken_over_after_what_waits() {
    let (mut server, mut ada, mut ben, hello) = team();
    let (local, task) = alone();
    ada.run(&Command::write(hello, Field::Status, Status::Done)).unwrap();
    let made: Vec<MutationId> = ids(&ada).into_iter().chain(ids(&local)).collect();
    assert_eq!(take_over(&mut ada, &local), Ok(3));
    assert_eq!(ids(&ada), made);
    assert_eq!(ada.title(task), "Caulk the hull");
    let left = Device::on(local.store.clone(), NOBODY, 2);
    assert!(left.outbox().is_empty() && left.engine.replica().view().tasks.is_empty(), "it is here no more");
    assert_eq!(take_over(&mut ada, &left), Ok(0));
    ada.sync(&mut server);
    ben.sync(&mut server);
    assert_eq!((ben.title(task).as_str(), ada.pill()), ("Caulk the hull", Pill::Synced));
}

#[test]
fn a_crash_between_the_two_stores_neither_loses_nor_doubles() {
    // Of the three commits one is lost, or made without anybody knowing.
    for (commit, fault) in (0..3).flat_map(|commit| [(commit, Fault::Before), (commit, Fault::After)]) {
        let (mut server, mut ada, mut ben, _) = team();
        let (mut local, task) = alone();
        let made = ids(&local);
        let dying = Dying { store: local.store.clone(), before: commit == 2 };
        match commit {
            0 => local.store.fail_next_commit(fault),
            1 => ada.store.fail_next_commit(fault),
            _ => {}
        }
        let interrupted = ready(ada.engine.take_over(dying));
        assert!(commit != 2 || interrupted.is_err());
        ada.reopen();
        // Before it goes on, part of it may have been confirmed, and a tab without an account may still be open.
        ada.sync(&mut server);
        local.retitle(task, "Caulk the whole hull").unwrap_or(task.into());
        take_over(&mut ada, &local).unwrap();
        take_over(&mut ada, &local).unwrap();
        ada.sync(&mut server);
        ben.sync(&mut server);
        assert_eq!((ada.pill(), ada.engine.replica().refused().count()), (Pill::Synced, 0), "{commit} {fault:?}");
        assert!(ben.title(task).starts_with("Caulk the "));
        assert_eq!(server.handled(made[0]), 1, "{commit} {fault:?}");
        let left = Device::on(local.store.clone(), NOBODY, 2);
        assert!(left.outbox().is_empty());
    }
}

/// A store that takes the first commit and no second one.
#[derive(Debug)]
struct Dying {
    store: MemoryStore,
    before: bool,
}

impl Store for Dying {
    async fn load(&self, keys: Option<&[engine::store::Key]>) -> Result<engine::store::Contents, StoreError> {
        self.store.load(keys).await
    }

    async fn commit(&self, batch: &engine::store::Batch) -> Result<engine::store::Revision, StoreError> {
        if self.before && !batch.delete.is_empty() {
            return Err(StoreError::Closed);
        }
        self.store.commit(batch).await
    }
}

#[test]
fn a_tab_without_an_account_changes_nothing_that_is_being_taken_over() {
    let (mut server, mut ada, ..) = team();
    let (mut local, task) = alone();
    local.retitle(task, "Caulk the whole hull").unwrap();
    let dying = Dying { store: local.store.clone(), before: true };
    assert!(ready(ada.engine.take_over(dying)).is_err());
    ready(local.engine.reload()).unwrap();
    local.retitle(task, "Caulk the whole hull twice").unwrap();
    assert_eq!(take_over(&mut ada, &local), Ok(1), "only what is new");
    assert_eq!(ada.title(task), "Caulk the whole hull twice");
    ada.sync(&mut server);
    assert_eq!(server.title(task), "Caulk the whole hull twice");
}

#[test]
fn what_is_done_after_signing_out_is_taken_over_the_next_time() {
    let (mut server, mut ada, ..) = team();
    let (mut local, task) = alone();
    take_over(&mut ada, &local).unwrap();
    ada.sync(&mut server);
    ready(local.engine.reload()).unwrap();
    assert!(!local.engine.replica().view().tasks.contains_key(&task));
    let project = local.project();
    let next = local.task(project, "Tar the hull");
    assert_eq!(take_over(&mut ada, &local), Ok(2));
    // A store that was begun anew has another history.
    let mut other = Device::on(MemoryStore::new(), NOBODY, 9);
    let project = other.project();
    let last = other.task(project, "Launch her");
    assert_eq!(take_over(&mut ada, &other), Ok(2));
    ada.sync(&mut server);
    assert_eq!((server.title(next), server.title(last), ada.pill()), ("Tar the hull", "Launch her", Pill::Synced));
}

#[test]
fn an_account_takes_nothing_over_from_another() {
    let (mut server, mut ada, mut ben, task) = team();
    ben.retitle(task, "Hello Ben").unwrap();
    assert_eq!(take_over(&mut ada, &ben), Ok(0));
    assert_eq!((ada.outbox().len(), ben.outbox().len()), (0, 1));
    ben.sync(&mut server);
    assert_eq!(ben.pill(), Pill::Synced);
}

#[test]
fn it_is_known_after_another_identity_too() {
    let mut server = Server::new();
    let mut ada = Device::new(1);
    let (local, task) = alone();
    let dying = Dying { store: local.store.clone(), before: true };
    assert!(ready(ada.engine.take_over(dying)).is_err());
    ada.sync(&mut server);
    let mut again = Device::on(ada.store.clone(), 5, 4);
    assert_eq!(take_over(&mut again, &local), Ok(0));
    again.sync(&mut server);
    assert_eq!((again.title(task).as_str(), again.engine.replica().refused().count()), ("Caulk the hull", 0));
}

/// What was taken over is numbered in the account's history; what is left goes on with the numbers of its own.
#[test]
fn what_is_done_after_a_take_over_can_be_signed_in_where_it_is() {
    let (mut server, mut ada, mut ben, _) = team();
    let (mut local, _) = alone();
    take_over(&mut ada, &local).unwrap();
    ready(local.engine.reload()).unwrap();
    let project = local.project();
    let next = local.task(project, "Tar the hull");
    ready(local.engine.sign_in(7)).unwrap();
    local.sync(&mut server);
    ben.sync(&mut server);
    assert_eq!((ben.title(next).as_str(), local.pill()), ("Tar the hull", Pill::Synced));
}

#[test]
fn nothing_is_let_go_of_that_was_not_taken_over() {
    let (local, _) = alone();
    let (mut other, _) = alone();
    other.project();
    let made = other.engine.replica().meta().made;
    assert_eq!(plan_let_go(local.engine.replica(), made), [], "of another history");
    let second = other.engine.replica().outbox().nth(2).unwrap();
    let elsewhere = LastMutation { n: 2, hash: second.prev_hash };
    assert!(!plan_let_go(other.engine.replica(), elsewhere).is_empty());
    assert_eq!(plan_let_go(other.engine.replica(), LastMutation { n: 2, hash: made.hash }), []);
}
