//! From a command to something that is saved and shown, and what becomes of it when the server says no.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

extern crate tern_engine as engine;

mod support;

use engine::command::{Command, CommandError, NewTask};
use engine::store::StoreError;
use engine::store::memory::Fault;
use engine::view::{Mark, Reason};
use shared::field::{Field, TextField};
use shared::ids::TaskId;
use shared::limits::TITLE_CHARS;
use shared::mutation::{Op, Refusal};
use shared::register::Tag;
use shared::value::{Place, Value};
use shared::workflow::{Priority, Status};
use support::{Device, Server, team};

#[test]
fn a_command_is_durable_before_it_is_shown() {
    let mut device = Device::new(1);
    let project = device.project();
    let task = device.task(project, "  Paint the boat ");
    assert_eq!(device.title(task), "Paint the boat");
    let shown = device.engine.replica().view().clone();
    device.reopen();
    assert_eq!(device.engine.replica().view(), &shown);
    assert_eq!(device.engine.replica().waiting(), 2);
}

#[test]
fn what_cannot_be_saved_is_not_shown() {
    let (_, mut ada, _, task) = team();
    ada.store.set_quota(Some(0));
    let full = ada.retitle(task, "Hello");
    assert_eq!(full, Err(CommandError::Storage(StoreError::Full)));
    ada.store.set_quota(None);
    ada.store.fail_next_commit(Fault::Before);
    assert!(matches!(ada.retitle(task, "Hello"), Err(CommandError::Storage(_))));
    assert_eq!((ada.title(task).as_str(), ada.engine.replica().waiting()), ("Hello world", 0));
    ada.retitle(task, "Hello").unwrap();
    assert_eq!(ada.title(task), "Hello");
}

#[test]
fn a_patch_brings_what_changed_once() {
    let (_, mut ada, _, task) = team();
    ada.reopen();
    let whole = ada.engine.take_patch();
    assert_eq!((whole.tasks.len(), whole.projects.len()), (1, 1));
    assert!(ada.engine.take_patch().is_empty());
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    let patch = ada.engine.take_patch();
    let [(id, Some(item))] = &patch.tasks[..] else { panic!("{patch:?}") };
    assert_eq!((*id, item.value.status, item.mark), (task, Status::Done, Mark::Waiting));
}

#[test]
fn mistakes_are_said_at_once_and_save_nothing() {
    let (_, mut ada, _, task) = team();
    let long = "x".repeat(TITLE_CHARS + 1);
    let revision = ada.engine.replica().revision();
    let limit = u32::try_from(TITLE_CHARS).unwrap();
    assert_eq!(ada.retitle(task, &long), Err(Refusal::TooLong { limit }.into()));
    assert_eq!(ada.retitle(task, " "), Err(Refusal::Empty.into()));
    assert_eq!(ada.retitle(task, "a\nb"), Err(Refusal::InvalidText.into()));
    let unknown = TaskId(uuid::Uuid::nil());
    assert_eq!(ada.run(&Command::Delete(unknown.into())), Err(Refusal::NotFound.into()));
    ada.retitle(task, "Hello world").unwrap();
    assert_eq!(ada.engine.replica().revision(), revision, "and an edit that changes nothing saves nothing");
}

#[test]
fn edits_of_one_title_become_one_mutation_until_it_is_sent() {
    let (mut server, mut ada, _, task) = team();
    ada.retitle(task, "Hello big world").unwrap();
    ada.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    ada.retitle(task, "Hello big world!").unwrap();
    assert_eq!(ada.outbox().len(), 2);
    let sent = ada.push();
    ada.retitle(task, "Hello big world!?").unwrap();
    assert_eq!(ada.outbox().len(), 3, "what was handed to the network keeps its meaning");
    assert_eq!(ada.outbox()[..2], sent.mutations.iter().map(|one| one.op.clone()).collect::<Vec<_>>());
    ada.retitle(task, "Hello big world!?!").unwrap();
    assert_eq!(ada.outbox().len(), 3, "the new one was not sent");
    ada.reopen();
    ada.retitle(task, "Hello big world!?!?").unwrap();
    assert_eq!(ada.outbox().len(), 4, "what was there at the start may be in a copy of this device");
    ada.sync(&mut server);
    assert_eq!(server.title(task), "Hello big world!?!?");
}

#[test]
fn an_edit_that_grew_is_another_mutation_and_those_after_it_follow_it() {
    let (mut server, mut ada, _, task) = team();
    ada.retitle(task, "Hello big world").unwrap();
    ada.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    let before: Vec<_> = ada.engine.replica().outbox().map(|one| one.id).collect();
    ada.retitle(task, "Hello big world!").unwrap();
    let after: Vec<_> = ada.engine.replica().outbox().map(|one| one.id).collect();
    assert!(before[0] != after[0] && before[1] == after[1]);
    ada.sync(&mut server);
    assert_eq!(server.title(task), "Hello big world!");
}

#[test]
fn an_edit_far_back_is_not_changed_any_more() {
    let (mut server, mut ada, _, task) = team();
    ada.retitle(task, "Hello big world").unwrap();
    for n in 0..30 {
        let project = ada.project();
        ada.task(project, &n.to_string());
    }
    let waiting = ada.outbox().len();
    ada.retitle(task, "Hello big world!").unwrap();
    assert_eq!(ada.outbox().len(), waiting + 1);
    ada.sync(&mut server);
    assert_eq!(server.title(task), "Hello big world!");
}

#[test]
fn edits_of_a_new_row_go_into_its_creation() {
    let mut device = Device::new(1);
    let project = device.project();
    let task = device.task(project, "a");
    device.retitle(task, "ab").unwrap();
    assert_eq!(device.outbox().len(), 2);
    assert!(matches!(&device.outbox()[1], Op::Create(create) if create.texts[&TextField::Title] == "ab"));
}

#[test]
fn an_edit_stays_on_its_side_of_a_deletion() {
    let (_, mut ada, _, task) = team();
    ada.retitle(task, "Hello").unwrap();
    ada.run(&Command::Delete(task.into())).unwrap();
    ada.retitle(task, "Hello!").unwrap();
    assert_eq!(ada.outbox().len(), 3);
}

#[test]
fn what_came_in_while_somebody_typed_stays() {
    let (mut server, mut ada, mut ben, task) = team();
    ben.retitle(task, "Hello beautiful world").unwrap();
    ben.sync(&mut server);
    ada.sync(&mut server);
    ada.edit(task, "Hello world", "Hello world!").unwrap();
    assert_eq!(ada.title(task), "Hello beautiful world!");
}

#[test]
fn a_refused_edit_is_kept_with_its_whole_text() {
    let (mut server, mut ada, mut ben, task) = team();
    ada.retitle(task, "Hello dear world").unwrap();
    server.refuse.push((1, 3));
    ada.sync(&mut server);
    assert_eq!(ada.title(task), "Hello world");
    let refused: Vec<_> = ada.engine.replica().refused().cloned().collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(
        (refused[0].text.as_deref(), &refused[0].reason),
        (Some("Hello dear world"), &Reason::Refused(Refusal::NotFound))
    );
    assert_eq!(ada.engine.replica().view().tasks[&task].mark, Mark::Attention);
    ada.reopen();
    assert_eq!(ada.engine.replica().refused().count(), 1, "also after a restart");
    assert_eq!(ada.engine.take_patch().refused, Some(refused.clone()), "and it is shown then");

    ada.run(&Command::Retry(refused[0].id)).unwrap();
    assert_eq!((ada.title(task).as_str(), ada.engine.replica().refused().count()), ("Hello dear world", 0));
    ada.sync(&mut server);
    ben.sync(&mut server);
    assert_eq!(ben.title(task), "Hello dear world");
}

/// It is sent again as the edit that it was, not as the text that it made.
#[test]
fn sent_again_an_edit_leaves_what_others_wrote_since() {
    let (mut server, mut ada, mut ben, task) = team();
    ada.retitle(task, "Hello dear world").unwrap();
    server.refuse.push((1, 3));
    ada.sync(&mut server);
    ben.retitle(task, "Hello world of ours").unwrap();
    ben.sync(&mut server);
    ada.sync(&mut server);
    ada.run(&Command::Retry(3)).unwrap();
    assert_eq!(ada.title(task), "Hello dear world of ours");
}

/// The page that brings the row comes before the one that confirms the refusal.
#[test]
fn a_refused_edit_keeps_its_text_over_several_pages() {
    let (mut server, mut ada, mut ben, task) = team();
    for _ in 0..3 {
        ben.retitle(task, &format!("{}!", ben.title(task))).unwrap();
        ben.project();
        ben.sync(&mut server);
    }
    ada.retitle(task, "Hello dear world").unwrap();
    server.refuse.push((1, 3));
    server.page = 1;
    ada.sync(&mut server);
    let texts: Vec<_> = ada.engine.replica().refused().map(|change| change.text.clone()).collect();
    assert_eq!(texts, [Some("Hello dear world".to_owned())]);
}

/// Ada shortens a description that is refused: nothing is left of her later edits, but they are no less in order.
#[test]
fn edits_of_a_refused_text_are_not_refused_as_well() {
    let (mut server, mut ada, _, task) = team();
    let describe = |ada: &mut Device, from: &str, to: &str| {
        let (entity, field) = (task.into(), TextField::Description);
        ada.run(&Command::EditText { entity, field, from: from.into(), to: to.into() }).unwrap();
    };
    describe(&mut ada, "", "Oak");
    server.refuse.push((1, 3));
    let push = ada.push();
    describe(&mut ada, "Oak", "O");
    ada.run(&Command::Delete(task.into())).unwrap();
    ada.run(&Command::Restore(task.into())).unwrap();
    describe(&mut ada, "O", "");
    ada.pushed(&push, Ok(server.push(&push).unwrap()));
    ada.sync(&mut server);
    assert_eq!(server.refusals(1), [3]);
    assert_eq!(ada.engine.replica().refused().count(), 1);
}

#[test]
fn a_refusal_that_was_settled_between_two_pages_does_not_come_back() {
    let (mut server, mut ada, mut ben, task) = team();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    server.refuse.push((1, 3));
    let push = ada.push();
    ada.pushed(&push, Ok(server.push(&push).unwrap()));
    ben.retitle(task, "Hello").unwrap();
    ben.project();
    ben.sync(&mut server);
    server.page = 1;
    assert!(ada.exchange(&mut server));
    assert_eq!(ada.engine.replica().refused().count(), 1, "it came with its row");
    ada.run(&Command::Discard(3)).unwrap();
    ada.sync(&mut server);
    assert_eq!((ada.engine.replica().refused().count(), ada.engine.replica().waiting()), (0, 0));
}

/// Two edits that each kept the limit: the one that comes too late is refused, and must not vanish before.
#[test]
fn an_edit_that_has_become_too_long_is_shown_until_it_is_refused() {
    let (mut server, mut ada, mut ben, task) = team();
    ada.retitle(task, "Hello world.").unwrap();
    let push = ada.push();
    let mine = format!("Hello world.{}", "a".repeat(300));
    ada.retitle(task, &mine).unwrap();
    ben.retitle(task, &format!("{}Hello world", "b".repeat(300))).unwrap();
    ben.sync(&mut server);
    ada.pushed(&push, Ok(server.push(&push).unwrap()));
    assert!(ada.exchange(&mut server), "the pull");
    let both = format!("{}{mine}", "b".repeat(300));
    assert_eq!(ada.title(task), both);
    ada.sync(&mut server);
    assert_eq!(ada.title(task), format!("{}Hello world.", "b".repeat(300)));
    let texts: Vec<_> = ada.engine.replica().refused().map(|change| change.text.clone()).collect();
    assert_eq!(texts, [Some(both)]);
}

#[test]
fn a_refused_change_can_be_given_up() {
    let (mut server, mut ada, _, task) = team();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    server.refuse.push((1, 3));
    ada.sync(&mut server);
    assert_eq!(ada.engine.replica().view().tasks[&task].value.status, Status::Todo);
    ada.run(&Command::Discard(3)).unwrap();
    assert_eq!(ada.engine.replica().refused().count(), 0);
    assert_eq!(ada.run(&Command::Discard(3)), Err(Refusal::NotFound.into()));
    assert_eq!(ada.engine.replica().view().tasks[&task].mark, Mark::None);
}

#[test]
fn the_ones_behind_a_refused_one_go_on() {
    let (mut server, mut ada, _, task) = team();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    ada.run(&Command::write(task, Field::Priority, Priority::Urgent)).unwrap();
    server.refuse.push((1, 3));
    ada.sync(&mut server);
    let item = &ada.engine.replica().view().tasks[&task].value;
    assert_eq!((item.status, item.priority, ada.engine.replica().waiting()), (Status::Todo, Priority::Urgent, 0));
}

#[test]
fn a_new_device_sees_everything() {
    let (mut server, mut ada, _, task) = team();
    server.page = 1;
    ada.retitle(task, "Hello all").unwrap();
    ada.sync(&mut server);
    let mut new = Device::new(3);
    new.sync(&mut server);
    assert_eq!(new.engine.replica().view(), ada.engine.replica().view());
    let mut empty = Device::new(4);
    empty.sync(&mut Server::new());
    assert!(empty.engine.replica().view().tasks.is_empty());
}

/// A creation is refused, and what was typed into it meanwhile goes with it. Sent again, it is another row to which
/// the old edits do not belong.
#[test]
fn an_edit_of_what_was_made_once_more_stays() {
    let (mut server, mut ada, mut ben, hello) = team();
    let project = ada.engine.replica().view().tasks[&hello].value.project;
    let task = ada.task(project, "Mend the net");
    server.refuse.extend([(1, 3), (1, 4)]);
    let push = ada.push();
    ada.retitle(task, "Mend the long net").unwrap();
    ada.pushed(&push, Ok(server.push(&push).unwrap()));
    assert!(ada.exchange(&mut server), "the pull");
    assert_eq!(ada.engine.replica().refused().count(), 1);
    // The edit is sent, and what came of it not heard yet.
    let push = ada.push();
    ada.pushed(&push, Ok(server.push(&push).unwrap()));
    ada.run(&Command::Retry(3)).unwrap();
    let push = ada.push();
    ada.pushed(&push, Ok(server.push(&push).unwrap()));
    ada.retitle(task, "Mend the nets").unwrap();
    ben.project();
    ben.sync(&mut server);
    server.page = 1;
    ada.engine.wake();
    while ada.exchange(&mut server) {
        assert_eq!(ada.title(task), "Mend the nets");
    }
    assert_eq!((server.title(task), ada.engine.replica().waiting()), ("Mend the nets", 0));
}

/// Puts a task under another one, or (`None`) under none.
fn put_under(device: &mut Device, task: TaskId, parent: Option<TaskId>) -> Result<(), CommandError> {
    let project = device.engine.replica().view().tasks[&task].value.project;
    let place = Place { project: Some(project), parent, ..Place::default() };
    device.run(&Command::write(task, Field::Place, Value::Place(place))).map(drop)
}

fn parent(device: &Device, task: TaskId) -> Option<TaskId> {
    device.engine.replica().view().tasks[&task].value.parent
}

#[test]
fn no_task_is_put_into_itself() {
    let (_, mut ada, _, hull) = team();
    let mast = ada.task(ada.engine.replica().view().tasks[&hull].value.project, "Mast");
    put_under(&mut ada, mast, Some(hull)).unwrap();
    assert_eq!(put_under(&mut ada, hull, Some(mast)), Err(Refusal::Cycle.into()));
    put_under(&mut ada, mast, None).unwrap();
    put_under(&mut ada, hull, Some(mast)).unwrap();
    assert_eq!((parent(&ada, hull), parent(&ada, mast)), (Some(mast), None));
}

/// Both moves were right when they were made. Together they are a circle, and the one that comes later has no effect.
#[test]
fn a_waiting_move_that_others_made_a_circle_of_has_no_effect_as_long_as_it_is_one() {
    let (mut server, mut ada, mut ben, hull) = team();
    let mast = ada.task(ada.engine.replica().view().tasks[&hull].value.project, "Mast");
    ada.sync(&mut server);
    ben.sync(&mut server);
    put_under(&mut ada, hull, Some(mast)).unwrap();
    let pull = |ada: &mut Device, server: &Server| {
        let question = engine::pull::request(ada.engine.replica().meta());
        ada.pulled(&question, Ok(server.pull(&question)));
    };
    put_under(&mut ben, mast, Some(hull)).unwrap();
    ben.sync(&mut server);
    pull(&mut ada, &server);
    assert_eq!((parent(&ada, hull), parent(&ada, mast)), (None, Some(hull)));
    ada.reopen();
    assert_eq!((parent(&ada, hull), parent(&ada, mast)), (None, Some(hull)));
    put_under(&mut ben, mast, None).unwrap();
    ben.sync(&mut server);
    pull(&mut ada, &server);
    assert_eq!((parent(&ada, hull), parent(&ada, mast)), (Some(mast), None));
}

/// The row comes with what others typed since it was made.
#[test]
fn an_edit_of_a_new_row_is_carried_over_what_others_did_to_it_before_it_came() {
    let (mut server, mut ada, mut ben, hello) = team();
    let task = ada.task(ada.engine.replica().view().tasks[&hello].value.project, "Mend the net");
    let push = ada.push();
    ada.retitle(task, "Mend the net today").unwrap();
    ada.pushed(&push, Ok(server.push(&push).unwrap()));
    ben.sync(&mut server);
    ben.retitle(task, "First: Mend the net").unwrap();
    ben.sync(&mut server);
    assert!(ada.exchange(&mut server), "the pull");
    assert_eq!(ada.title(task), "First: Mend the net today");
    ada.sync(&mut server);
    assert_eq!((server.title(task), ada.engine.replica().refused().count()), ("First: Mend the net today", 0));
}

/// The row has come, the page that confirms has not.
#[test]
fn what_a_row_contains_is_not_done_to_it_once_more() {
    let (mut server, mut ada, mut ben, task) = team();
    ada.run(&Command::write(task, Field::Priority, Priority::Urgent)).unwrap();
    let push = ada.push();
    ada.pushed(&push, Ok(server.push(&push).unwrap()));
    ben.sync(&mut server);
    ben.run(&Command::write(task, Field::Priority, Priority::Low)).unwrap();
    ben.project();
    ben.sync(&mut server);
    server.page = 1;
    assert!(ada.exchange(&mut server));
    assert_eq!(ada.engine.replica().waiting(), 1);
    assert_eq!(ada.engine.replica().view().tasks[&task].value.priority, Priority::Low);
}

#[test]
fn edits_of_two_texts_of_a_row_stay_two() {
    let (mut server, mut ada, _, task) = team();
    let describe = |ada: &mut Device, from: &str, to: &str| {
        let (entity, field) = (task.into(), TextField::Description);
        ada.run(&Command::EditText { entity, field, from: from.into(), to: to.into() }).unwrap();
    };
    // As long as the title, before and after: the edit of one would fit the other.
    describe(&mut ada, "", "Paint it up");
    ada.sync(&mut server);
    ada.retitle(task, "Hello earth").unwrap();
    describe(&mut ada, "Paint it up", "Paint it up!");
    let item = &ada.engine.replica().view().tasks[&task].value;
    assert_eq!((item.title.as_str(), item.description.as_str()), ("Hello earth", "Paint it up!"));
    assert_eq!(ada.outbox().len(), 2);
}

#[test]
fn a_new_task_is_as_its_author_described_it() {
    let mut device = Device::new(1);
    let new = NewTask {
        project: device.project(),
        title: "Paint the boat".into(),
        status: Status::InProgress,
        priority: Priority::High,
        due: Some("2026-11-20".parse().unwrap()),
        tags: vec![Tag::new("ops")],
    };
    device.run(&Command::create_task(new.clone())).unwrap();
    let item = device.engine.replica().view().tasks.values().next().unwrap().value.clone();
    assert_eq!((item.project, item.title, item.status), (new.project, new.title, new.status));
    assert_eq!((item.priority, item.due, item.tags), (new.priority, new.due, new.tags));
}
