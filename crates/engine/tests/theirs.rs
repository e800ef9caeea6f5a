//! Taking everything from the server: what was never sent is put aside, and nothing is lost or done twice.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

extern crate tern_engine as engine;

mod support;

use engine::command::Command;
use engine::record::Record;
use engine::status::Pill;
use engine::store::memory::Fault;
use engine::store::{Batch, Store, StoreError, Table};
use engine::sync::Step;
use engine::view::{Mark, Reason, RefusedChange};
use shared::field::{Field, TextField};
use shared::ids::Epoch;
use shared::mutation::{Op, Refusal, TextEdit};
use shared::text::Delta;
use shared::workflow::{Priority, Status};
use support::{Device, misfit, ready, team};
use uuid::Uuid;

fn take_theirs(device: &mut Device) -> usize {
    ready(device.engine.take_theirs()).unwrap()
}

fn refused(device: &Device) -> Vec<RefusedChange> {
    device.engine.replica().refused().cloned().collect()
}

#[test]
fn what_waits_is_put_aside_and_everything_is_fetched() {
    let (mut server, mut ada, mut ben, task) = team();
    ada.retitle(task, "Hello big world").unwrap();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    ben.retitle(task, "Hello Ben").unwrap();
    ben.sync(&mut server);
    let generation = ada.engine.replica().meta().generation;
    assert_eq!(take_theirs(&mut ada), 2);
    let item = ada.engine.replica().view().tasks[&task].clone();
    assert_eq!((item.value.title.as_str(), item.value.status), ("Hello world", Status::Todo));
    assert_eq!((item.mark, ada.outbox().len()), (Mark::Attention, 0));
    ada.reopen();
    ada.sync(&mut server);
    assert_eq!((ada.title(task).as_str(), server.title(task)), ("Hello Ben", "Hello Ben"));
    assert_eq!(ada.engine.replica().meta().generation, generation + 1);
    assert_eq!(ada.pill(), Pill::Attention { count: 2 }, "what was put aside waits for its author");
    let kept = refused(&ada);
    assert!(kept.iter().all(|change| change.reason == Reason::PutAside));
    assert_eq!(kept[0].text.as_deref(), Some("Hello big world"));
    ada.run(&Command::Discard(kept[0].id)).unwrap();
    ada.run(&Command::Retry(kept[1].id)).unwrap();
    ada.sync(&mut server);
    ben.sync(&mut server);
    assert_eq!(ben.engine.replica().view().tasks[&task].value.status, Status::Done);
    assert_eq!((ben.title(task).as_str(), ada.pill()), ("Hello Ben", Pill::Synced));
}

#[test]
fn what_may_be_with_the_server_is_not_put_aside() {
    let (mut server, mut ada, _, task) = team();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    let push = ada.push();
    server.push(&push).unwrap();
    ada.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    assert_eq!(take_theirs(&mut ada), 1);
    assert_eq!(ada.outbox(), [Op::write(task, Field::Status, Status::Done)]);
    // A new change gets the number that was given up, and the answer to the old push is of no harm.
    ada.run(&Command::write(task, Field::Priority, Priority::Low)).unwrap();
    ada.pushed(&push, server.push(&push));
    ada.sync(&mut server);
    let item = &ada.engine.replica().view().tasks[&task].value;
    assert_eq!((item.status, item.priority, ada.outbox().len()), (Status::Done, Priority::Low, 0));
    assert_eq!(ada.pill(), Pill::Attention { count: 1 });
}

#[test]
fn a_change_under_a_number_given_up_is_told_of_when_it_is_refused() {
    let (mut server, mut ada, _, task) = team();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    take_theirs(&mut ada);
    ada.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    server.refuse.push((1, 3));
    ada.sync(&mut server);
    let reasons: Vec<_> = refused(&ada).into_iter().map(|change| change.reason).collect();
    assert_eq!(reasons, [Reason::Refused(Refusal::NotFound), Reason::PutAside]);
    let ids: Vec<_> = refused(&ada).iter().map(|change| change.id).collect();
    assert_eq!(ids[0], 3);
    ada.run(&Command::Discard(ids[1])).unwrap();
    ada.run(&Command::write(task, Field::Priority, Priority::Low)).unwrap();
    take_theirs(&mut ada);
    assert!(refused(&ada).iter().all(|change| change.id != ids[1]), "no id means another change later");
}

/// An edit that fitted no more was refused here, and its number still waited to be sent.
#[test]
fn what_was_refused_here_under_a_number_given_up_stays() {
    let (mut server, mut ada, mut ben, hello) = team();
    misfit(&mut server, &mut ada, &mut ben);
    assert_eq!(refused(&ben).len(), 1, "it was refused here");
    take_theirs(&mut ben);
    ben.run(&Command::write(hello, Field::Status, Status::Done)).unwrap();
    server.refuse.push((2, 1));
    ben.sync(&mut server);
    let kept = refused(&ben);
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert!(kept.iter().any(|change| change.op == Op::write(hello, Field::Status, Status::Done)));
    assert!(kept.iter().any(|change| change.text.as_ref().is_some_and(|text| text.contains(" a day"))));
    for change in kept {
        ben.run(&Command::Discard(change.id)).unwrap();
    }
    assert!(refused(&ben).is_empty());
}

#[test]
fn the_other_tab_fetches_everything_and_sends_nothing_that_was_put_aside() {
    let (mut server, mut one, mut ben, task) = team();
    let mut two = Device::on(one.store.duplicate(), 1, 1);
    two.store = one.store.clone();
    two.reopen();
    one.retitle(task, "Hello big world").unwrap();
    two.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    assert_eq!(take_theirs(&mut one), 2, "it has loaded what the other tab saved");
    // The other tab has not heard of it: it may not send what is put aside.
    two.engine.wake();
    while two.exchange(&mut server) {}
    assert_eq!(server.title(task), "Hello world");
    let item = &two.engine.replica().view().tasks[&task];
    assert_eq!((item.value.priority, item.mark), (Priority::None, Mark::Attention));
    assert_eq!((two.engine.replica().meta().generation, two.pill()), (1, Pill::Attention { count: 2 }));
    ben.sync(&mut server);
    assert_eq!(ben.pill(), Pill::Synced);
}

#[test]
fn a_tab_that_hears_of_it_asks_at_once() {
    let (mut server, mut one, _, _) = team();
    let mut two = Device::on(one.store.clone(), 1, 1);
    two.sync(&mut server);
    assert!(matches!(two.step().unwrap(), Step::Wait(_)));
    ready(one.engine.reload()).unwrap();
    one.engine.take_commits();
    take_theirs(&mut one);
    for commit in one.engine.take_commits() {
        ready(two.engine.follow(&commit)).unwrap();
    }
    assert!(matches!(two.step().unwrap(), Step::Pull(question) if question.cursor == 0));
}

#[test]
fn it_is_done_whole_or_not_at_all() {
    let (mut server, mut ada, _, task) = team();
    ada.retitle(task, "Hello big world").unwrap();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    let shown = ada.engine.replica().view().clone();
    ada.store.fail_next_commit(Fault::Before);
    assert!(matches!(ready(ada.engine.take_theirs()), Err(StoreError::Platform(_))));
    assert_eq!(ada.engine.replica().view(), &shown);
    ada.store.fail_next_commit(Fault::After);
    assert_eq!(take_theirs(&mut ada), 2, "the error was wrong, and it is not done twice");
    ada.reopen();
    assert_eq!((refused(&ada).len(), ada.outbox().len()), (2, 0));
    ada.sync(&mut server);
    assert_eq!(server.title(task), "Hello world");
}

#[test]
fn it_works_in_the_middle_of_a_fetch_of_everything() {
    let (mut server, mut ada, mut ben, task) = team();
    for _ in 0..3 {
        ben.project();
    }
    ben.sync(&mut server);
    server.page = 1;
    server.epoch = Epoch(Uuid::from_u128(2));
    ada.engine.wake();
    for _ in 0..3 {
        assert!(ada.exchange(&mut server));
    }
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    take_theirs(&mut ada);
    ada.sync(&mut server);
    assert_eq!((ada.engine.replica().rows().count(), refused(&ada).len()), (server.rows.len(), 1));
    assert_eq!(ada.engine.replica().view().tasks[&task].value.status, Status::Todo);
}

/// While the rows come anew, those that are still the old ones are of the same order.
#[test]
fn what_is_written_while_everything_comes_overwrites_what_its_author_saw() {
    let (mut server, mut ada, mut ben, task) = team();
    ben.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    ben.sync(&mut server);
    ada.sync(&mut server);
    take_theirs(&mut ada);
    ada.run(&Command::write(task, Field::Status, Status::Cancelled)).unwrap();
    ada.sync(&mut server);
    assert_eq!(server.rows[&task.into()].values[&Field::Status].siblings().len(), 1);
    assert_eq!(ada.pill(), Pill::Synced);
}

/// A row of this device's own making that is with the server, and with others, and has not come back.
#[test]
fn of_a_row_that_is_still_on_its_way_nothing_was_seen() {
    let (mut server, mut ada, mut ben, hello) = team();
    let project = ada.engine.replica().view().tasks[&hello].value.project;
    let task = ada.task(project, "Mend the net");
    let push = ada.push();
    server.push(&push).unwrap();
    ben.sync(&mut server);
    ben.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    ben.sync(&mut server);
    take_theirs(&mut ada);
    while ada.engine.replica().meta().fills.is_empty() {
        assert!(ada.exchange(&mut server));
    }
    ada.run(&Command::write(task, Field::Status, Status::Cancelled)).unwrap();
    ada.sync(&mut server);
    assert_eq!(server.rows[&task.into()].values[&Field::Status].siblings().len(), 2);
}

/// A copy of the device has sent what this one gives up.
#[test]
fn what_a_copy_has_sent_is_not_taken_for_what_gets_its_number() {
    let (mut server, mut one, mut ben, task) = team();
    one.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    let mut copy = Device::on(one.store.duplicate(), 1, 2);
    copy.sync(&mut server);
    let project = ben.engine.replica().view().tasks[&task].value.project;
    ben.run(&Command::EditText {
        entity: project.into(),
        field: TextField::Name,
        from: "Harbour".into(),
        to: "Port".into(),
    })
    .unwrap();
    ben.project();
    ben.sync(&mut server);
    // All rows that the device has come, and it is told that more follows.
    server.page = 2;
    one.engine.wake();
    let question = engine::pull::request(one.engine.replica().meta());
    one.pulled(&question, Ok(server.pull(&question)));
    take_theirs(&mut one);
    one.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    assert_eq!(one.engine.replica().view().tasks[&task].value.status, Status::Done);
    one.sync(&mut server);
    copy.sync(&mut server);
    let item = &copy.engine.replica().view().tasks[&task].value;
    assert_eq!((item.status, item.priority), (Status::Done, Priority::High));
}

#[test]
fn a_row_that_was_put_aside_can_be_made_once_more() {
    let (mut server, mut ada, mut ben, _) = team();
    let project = ada.project();
    let task = ada.task(project, "Mend the net");
    take_theirs(&mut ada);
    assert!(!ada.engine.replica().view().tasks.contains_key(&task));
    ada.sync(&mut server);
    for change in refused(&ada) {
        ada.run(&Command::Retry(change.id)).unwrap();
    }
    ada.sync(&mut server);
    ben.sync(&mut server);
    assert_eq!((ben.title(task).as_str(), ada.pill()), ("Mend the net", Pill::Synced));
}

#[test]
fn the_stored_form_of_reasons_is_that_of_refusals() {
    let json = |reason: &Reason| serde_json::to_string(reason).unwrap();
    let limit = Reason::Refused(Refusal::TooLong { limit: 5 });
    for (reason, stored) in [
        (Reason::PutAside, "\"put_aside\""),
        (Reason::Refused(Refusal::NotFound), "\"not_found\""),
        (limit, "{\"too_long\":{\"limit\":5}}"),
    ] {
        assert_eq!(json(&reason), stored);
        assert_eq!(serde_json::from_str::<Reason>(stored).unwrap(), reason);
    }
    assert!(serde_json::from_str::<Refusal>("\"put_aside\"").is_err(), "no server can say it");
}

#[test]
fn what_is_kept_has_the_same_id_for_good() {
    let (mut server, mut ada, _, task) = team();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    server.refuse.push((1, 3));
    ada.sync(&mut server);
    ada.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    take_theirs(&mut ada);
    let ids = |ada: &Device| refused(ada).iter().map(|change| change.id).collect::<Vec<_>>();
    let first = ids(&ada);
    assert_eq!((first.len(), first[0]), (2, 3), "refused under a number that is not given again");
    ada.run(&Command::write(task, Field::Priority, Priority::Low)).unwrap();
    assert_eq!(take_theirs(&mut ada), 1, "besides those that are kept already");
    assert_eq!((&ids(&ada)[..2], ids(&ada).len()), (&first[..], 3));
    for id in ids(&ada) {
        ada.run(&Command::Discard(id)).unwrap();
    }
}

/// Puts a change into a store as one that was put aside.
fn keep(device: &mut Device, change: &RefusedChange) {
    let put = vec![((Table::Refused, change.id), Record::Refused(change.clone()).encode().unwrap())];
    let expect = device.engine.replica().revision();
    ready(device.store.commit(&Batch { expect, put, delete: Vec::new() })).unwrap();
    device.reopen();
}

/// Of a text that is gone, or that an earlier release did not keep.
#[test]
fn what_was_typed_into_a_text_that_is_not_known_goes_to_the_end() {
    let (_, mut ada, _, task) = team();
    let (entity, field) = (task.into(), TextField::Title);
    let op = Op::TextEdit(TextEdit { entity, field, delta: Delta::between("", "!") });
    keep(&mut ada, &RefusedChange { id: 7, op, text: Some("!".into()), before: None, reason: Reason::PutAside });
    ada.run(&Command::Retry(7)).unwrap();
    assert_eq!(ada.title(task), "Hello world!");
}

/// Revisions of a store that was put together from an older one may begin lower.
#[test]
fn no_id_of_something_kept_is_given_again() {
    let (_, mut ada, _, task) = team();
    let kept =
        RefusedChange { id: 1 << 53, op: Op::Delete(task.into()), text: None, before: None, reason: Reason::PutAside };
    keep(&mut ada, &kept);
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    take_theirs(&mut ada);
    assert_eq!((refused(&ada).len(), refused(&ada)[0].clone()), (2, kept));
}
