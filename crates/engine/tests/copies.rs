//! Two devices with one past: a copied profile, a restored disk. Both go on, nothing is lost, nothing is done twice.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

extern crate tern_engine as engine;

mod support;

use engine::command::Command;
use engine::status::Pill;
use engine::store::memory::{Fault, MemoryStore};
use engine::sync::Step;
use engine::transport::TransportError;
use shared::field::Field;
use shared::ids::TaskId;
use shared::resume::History;
use shared::workflow::{Priority, Status};
use support::{Device, Server, ready, team};

/// Another device with everything that this one has.
fn copy(device: &Device) -> Device {
    Device::on(device.store.duplicate(), 1, 2)
}

fn resume(device: &mut Device) -> History {
    match device.step().unwrap() {
        Step::Resume(history) => history,
        step => panic!("no question as whom to go on: {step:?}"),
    }
}

/// A device and its copy with one edit that both have and one that each made alone, of which the device's are with the
/// server.
fn forked() -> (Server, Device, Device, TaskId) {
    let (mut server, mut one, _, task) = team();
    one.retitle(task, "Hello big world").unwrap();
    let mut two = copy(&one);
    one.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    one.sync(&mut server);
    two.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    (server, one, two, task)
}

/// Where the first answer is that nothing has forked, the device looks once more after a pause.
fn sync_twice(device: &mut Device, server: &mut Server) {
    device.sync(server);
    device.sync(server);
}

fn check_settled(server: &Server, devices: &[&Device]) {
    for device in devices {
        assert_eq!((device.engine.replica().waiting(), device.pill()), (0, Pill::Synced));
        assert_eq!(device.engine.replica().rows().count(), server.rows.len());
    }
}

#[test]
fn both_copies_go_on_and_what_they_share_is_done_once() {
    let (mut server, mut one, mut two, task) = forked();
    two.engine.wake();
    let push = two.push();
    assert_eq!(server.push(&push), Err(TransportError::Forked));
    two.sync(&mut server);
    one.sync(&mut server);
    check_settled(&server, &[&one, &two]);
    assert_eq!(server.title(task), "Hello big world");
    let item = &one.engine.replica().view().tasks[&task].value;
    assert_eq!((item.status, item.priority), (Status::Done, Priority::High));
    assert_ne!(one.engine.replica().meta().actor, two.engine.replica().meta().actor);
    two.retitle(task, "Hello from the copy").unwrap();
    two.sync(&mut server);
    assert_eq!(server.title(task), "Hello from the copy");
}

#[test]
fn a_fork_is_noticed_by_a_pull_too() {
    let (mut server, _, mut two, _) = forked();
    let question = engine::pull::request(two.engine.replica().meta());
    two.pulled(&question, Ok(server.pull(&question)));
    assert_eq!(resume(&mut two).actor, 1);
    two.sync(&mut server);
    check_settled(&server, &[&two]);
}

#[test]
fn a_fork_that_a_probe_finds_ends_the_probing() {
    let (mut server, _, mut two, _) = forked();
    for _ in 0..6 {
        two.engine.wake();
        match two.step().unwrap() {
            Step::Push(push) => two.pushed(&push, Err(TransportError::Unreachable)),
            Step::Pull(probe) => two.pulled(&probe, Err(TransportError::Unreachable)),
            step => panic!("{step:?}"),
        }
    }
    two.sync(&mut server);
    check_settled(&server, &[&two]);
}

#[test]
fn edits_of_a_text_that_both_copies_have_are_there_once() {
    let (mut server, mut one, mut two, task) = forked();
    // On top of the edit that both have, and that the server knows by now.
    two.retitle(task, "Hello big world, said the copy").unwrap();
    one.retitle(task, "> Hello big world").unwrap();
    one.sync(&mut server);
    two.sync(&mut server);
    assert_eq!(server.title(task), "> Hello big world, said the copy");
    assert_eq!(two.title(task), server.title(task));
    check_settled(&server, &[&two]);
}

#[test]
fn an_edit_that_one_copy_went_on_typing_at_is_not_taken_for_the_others() {
    let (mut server, mut one, _, task) = team();
    one.retitle(task, "Hello world!").unwrap();
    let mut two = copy(&one);
    two.retitle(task, "Hello world! Copied").unwrap();
    two.sync(&mut server);
    one.retitle(task, "Hello world! Typed").unwrap();
    one.sync(&mut server);
    two.sync(&mut server);
    let title = server.title(task);
    assert!(title.contains("Copied") && title.contains("Typed"), "{title}");
    check_settled(&server, &[&one, &two]);
}

#[test]
fn a_refusal_of_what_both_copies_have_reaches_both() {
    let (mut server, mut one, _, task) = team();
    one.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    let mut two = copy(&one);
    server.refuse.push((1, 3));
    one.retitle(task, "Hello from one").unwrap();
    one.sync(&mut server);
    two.retitle(task, "Hello from two").unwrap();
    two.sync(&mut server);
    for device in [&one, &two] {
        let refused: Vec<u64> = device.engine.replica().refused().map(|change| change.id).collect();
        assert_eq!((refused, device.pill()), (vec![3], Pill::Attention { count: 1 }));
    }
}

#[test]
fn three_copies_of_a_copy_each_go_their_way() {
    let (mut server, mut one, mut two, task) = forked();
    let mut three = copy(&two);
    three.project();
    two.sync(&mut server);
    two.retitle(task, "Hello two").unwrap();
    let mut four = Device::on(two.store.duplicate(), two.engine.replica().meta().actor, 4);
    two.run(&Command::write(task, Field::Status, Status::Blocked)).unwrap();
    for device in [&mut two, &mut three] {
        device.sync(&mut server);
    }
    let project = four.project();
    let own = four.task(project, "Made by the fourth");
    four.sync(&mut server);
    for device in [&mut one, &mut two, &mut three, &mut four] {
        device.sync(&mut server);
    }
    check_settled(&server, &[&one, &two, &three, &four]);
    assert_eq!((server.title(task), server.title(own)), ("Hello two", "Made by the fourth"));
    let mut actors: Vec<u32> = [&one, &two, &three, &four].map(|it| it.engine.replica().meta().actor).into();
    actors.dedup();
    assert_eq!(actors.len(), 4);
}

#[test]
fn a_disk_that_was_put_back_owes_only_what_came_after() {
    let (mut server, mut one, _, task) = team();
    one.retitle(task, "Hello big world").unwrap();
    let backup = one.store.duplicate();
    one.sync(&mut server);
    one.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    one.sync(&mut server);
    let mut restored = Device::on(backup, 1, 5);
    restored.sync(&mut server);
    check_settled(&server, &[&restored]);
    assert_eq!(server.title(task), "Hello big world");
    assert_eq!(restored.engine.replica().view().tasks[&task].value.status, Status::Done);
    restored.retitle(task, "Hello restored world").unwrap();
    restored.sync(&mut server);
    assert_eq!(server.title(task), "Hello restored world");
}

#[test]
fn a_lost_answer_and_a_crash_at_each_step_change_nothing() {
    let (mut server, _, mut two, task) = forked();
    two.engine.wake();
    let push = two.push();
    let answer = server.push(&push);
    two.pushed(&push, answer);
    let history = resume(&mut two);
    let unused = server.resume(&history);
    ready(two.engine.resumed(&history, Err(TransportError::Unreachable), &mut two.clock)).unwrap();
    assert!(matches!(two.step().unwrap(), Step::Wait(Some(_))));
    // The answer was lost; next, the device dies after it knows its name and before its replica does.
    let mut two = Device::on(two.store.duplicate(), unused, 6);
    let history = resume(&mut two);
    assert_eq!(history.actor, 1);
    let actor = server.resume(&history);
    two.store.fail_next_commit(Fault::Before);
    assert!(ready(two.engine.resumed(&history, Ok(actor), &mut two.clock)).is_err());
    let mut two = Device::on(two.store.duplicate(), actor, 7);
    two.sync(&mut server);
    check_settled(&server, &[&two]);
    assert_eq!(server.title(task), "Hello big world");
    // And the other way round: the replica knows, the device does not.
    two.run(&Command::write(task, Field::Status, Status::Blocked)).unwrap();
    let mut two = Device::on(two.store.duplicate(), 1, 8);
    sync_twice(&mut two, &mut server);
    check_settled(&server, &[&two]);
}

#[test]
fn a_tab_that_has_not_heard_of_it_goes_on_with_the_others() {
    let (mut server, _, mut two, task) = forked();
    let mut tab = Device::on(two.store.clone(), 1, 9);
    two.engine.wake();
    for device in [&mut two, &mut tab] {
        let push = device.push();
        let answer = server.push(&push);
        device.pushed(&push, answer);
    }
    two.sync(&mut server);
    tab.run(&Command::write(task, Field::Status, Status::Blocked)).unwrap();
    sync_twice(&mut tab, &mut server);
    check_settled(&server, &[&tab]);
    assert_eq!(tab.engine.replica().meta().actor, two.engine.replica().meta().actor);
}

/// The question of one tab was not answered; the other one has asked as well, and gone on. What it sends from then on
/// must not be sent under a further name.
#[test]
fn a_tab_that_has_heard_of_it_asks_no_more() {
    let (mut server, _, mut two, task) = forked();
    let mut tab = Device::on(two.store.clone(), 1, 3);
    for device in [&mut tab, &mut two] {
        device.engine.wake();
        let push = device.push();
        device.pushed(&push, server.push(&push));
        resume(device);
    }
    two.engine.take_commits();
    two.sync(&mut server);
    for commit in two.engine.take_commits() {
        ready(tab.engine.follow(&commit)).unwrap();
    }
    assert!(matches!(tab.step().unwrap(), Step::Pull(_)));
    tab.retitle(task, "Hello once").unwrap();
    tab.sync(&mut server);
    assert_eq!((server.title(task), tab.pill()), ("Hello once", Pill::Synced));
}

#[test]
fn a_device_that_lost_its_identity_is_told_who_it_is() {
    let (mut server, mut one, _, task) = team();
    one.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    let mut other = Device::on(one.store.duplicate(), 9, 0);
    sync_twice(&mut other, &mut server);
    check_settled(&server, &[&other]);
    assert_eq!(other.engine.replica().meta().actor, 1);
}

#[test]
fn a_device_that_lost_its_data_goes_on_with_what_it_has_made_since() {
    let (mut server, mut one, mut ben, task) = team();
    one.retitle(task, "Before the loss").unwrap();
    one.sync(&mut server);
    let mut again = Device::on(MemoryStore::default(), 1, 3);
    // Its member works before the first contact.
    let project = again.project();
    let made = again.task(project, "After the loss");
    again.sync(&mut server);
    assert_eq!(again.pill(), Pill::Synced);
    assert_eq!((again.title(task), server.title(made)), ("Before the loss".to_owned(), "After the loss"));
    ben.sync(&mut server);
    assert_eq!(ben.title(made), "After the loss");
}

#[test]
fn what_copies_made_before_the_first_contact_is_done_once() {
    let mut server = Server::new();
    let mut one = Device::new(1);
    let project = one.project();
    let task = one.task(project, "Hello world");
    one.reopen();
    one.retitle(task, "Hello big world").unwrap();
    let mut two = copy(&one);
    one.task(project, "One's");
    two.task(project, "Two's");
    for device in [&mut one, &mut two] {
        device.sync(&mut server);
        device.sync(&mut server);
    }
    one.sync(&mut server);
    check_settled(&server, &[&one, &two]);
    assert_eq!((server.rows.len(), server.title(task)), (4, "Hello big world"));
}

#[test]
fn what_an_idle_copy_makes_between_two_pages_is_not_taken_for_the_others() {
    let (mut server, mut one, _, task) = team();
    let mut two = copy(&one);
    one.retitle(task, "Hello from one").unwrap();
    one.project();
    one.sync(&mut server);
    server.page = 1;
    two.engine.wake();
    two.exchange(&mut server);
    assert_eq!(two.title(task), "Hello from one");
    two.retitle(task, "Hello from one and two").unwrap();
    assert_eq!(two.title(task), "Hello from one and two");
    two.sync(&mut server);
    assert_eq!(server.title(task), "Hello from one and two");
    check_settled(&server, &[&two]);
}

/// A new device of somebody's, in the middle of its first fetch, which has brought the task.
fn filling() -> (Server, Device, TaskId) {
    let (mut server, mut ada, _, task) = team();
    let project = ada.project();
    for n in 0..12 {
        ada.task(project, &format!("Task {n}"));
    }
    ada.sync(&mut server);
    server.page = 3;
    let mut cy = Device::new(3);
    while !cy.engine.replica().view().tasks.contains_key(&task) {
        assert!(cy.exchange(&mut server));
    }
    (server, cy, task)
}

#[test]
fn copies_of_a_device_that_is_still_filling_in_both_go_on() {
    let (mut server, mut one, task) = filling();
    one.retitle(task, "Hello big world").unwrap();
    one.reopen();
    let mut two = Device::on(one.store.duplicate(), 3, 2);
    one.retitle(task, "> Hello big world").unwrap();
    one.sync(&mut server);
    two.retitle(task, "Hello big world, said the copy").unwrap();
    assert!(!two.engine.replica().meta().fills.is_empty());
    two.engine.wake();
    while two.exchange(&mut server) {
        assert!(two.title(task).ends_with("Hello big world, said the copy"), "{}", two.title(task));
    }
    assert_eq!(server.title(task), "> Hello big world, said the copy");
    one.sync(&mut server);
    check_settled(&server, &[&one, &two]);
    assert_ne!(one.engine.replica().meta().actor, two.engine.replica().meta().actor);
}

#[test]
fn what_an_idle_copy_makes_while_it_fills_in_is_not_taken_for_the_others() {
    let (mut server, mut one, task) = filling();
    let mut two = Device::on(one.store.duplicate(), 3, 2);
    let project = one.project();
    let made = one.task(project, "Made by one");
    one.retitle(made, "Hello from one").unwrap();
    one.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    one.sync(&mut server);
    // With what the other one has done come old rows; nothing is confirmed yet.
    two.engine.wake();
    while two.engine.replica().view().tasks.get(&made).is_none_or(|item| item.value.title != "Hello from one") {
        assert!(two.exchange(&mut server));
    }
    assert!(!two.engine.replica().meta().fills.is_empty() && two.engine.replica().meta().confirmed.n == 0);
    two.retitle(made, "Hello from one and two").unwrap();
    two.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    while two.exchange(&mut server) {
        assert_eq!(two.title(made), "Hello from one and two");
        assert_eq!(two.engine.replica().view().tasks[&task].value.priority, Priority::High);
    }
    assert_eq!(server.title(made), "Hello from one and two");
    check_settled(&server, &[&two]);
}

/// As another actor a device has not seen its own earlier writes by their numbers: of two values that it gave one
/// after the other, both stand where the first is in the row already.
#[test]
fn what_is_shown_after_going_on_as_another_is_what_a_restart_shows() {
    let (mut server, mut one, _, task) = team();
    one.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    let mut two = copy(&one);
    two.run(&Command::write(task, Field::Status, Status::Cancelled)).unwrap();
    let push = one.push();
    one.pushed(&push, Ok(server.push(&push).unwrap()));
    let mut ben = Device::new(2);
    ben.sync(&mut server);
    ben.project();
    ben.sync(&mut server);
    server.page = 1;
    // The row comes with the first value, and the page that confirms it does not.
    let question = engine::pull::request(two.engine.replica().meta());
    two.pulled(&question, Ok(server.pull(&question)));
    assert_eq!(two.engine.replica().waiting(), 2);
    one.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    one.sync(&mut server);
    two.engine.wake();
    while two.engine.replica().meta().actor == 1 {
        assert!(two.exchange(&mut server));
    }
    let shown = two.engine.replica().view().clone();
    two.reopen();
    assert_eq!(two.engine.replica().view(), &shown);
    assert!(shown.tasks[&task].value.needs_review(), "done or cancelled?");
}

/// While it was asked as whom to go on, something has changed: the answer is to another question.
#[test]
fn an_answer_to_another_history_is_not_taken_in() {
    let (_, _, two, _) = forked();
    let replica = two.engine.replica();
    let asked = engine::resume::history(replica);
    let plan = |asked: &History| engine::resume::plan_resume(replica, asked, 100);
    assert!(plan(&asked).is_some());
    assert!(plan(&History { waiting: asked.waiting[..1].to_vec(), ..asked.clone() }).is_some(), "made since");
    assert_eq!(plan(&History { actor: 9, ..asked.clone() }), None);
    assert_eq!(plan(&History { confirmed: asked.after(1), ..asked.clone() }), None);
    assert_eq!(plan(&History { waiting: asked.waiting[1..].to_vec(), ..asked.clone() }), None);
}

#[test]
fn what_the_server_was_told_of_is_not_changed_any_more() {
    let (mut server, _, mut two, task) = forked();
    two.retitle(task, "Hello from the copy").unwrap();
    while two.engine.replica().meta().actor == 1 {
        two.engine.wake();
        assert!(two.exchange(&mut server));
    }
    let waiting: Vec<_> = two.engine.replica().outbox().cloned().collect();
    two.retitle(task, "Hello from the copy!").unwrap();
    assert!(two.engine.replica().outbox().take(waiting.len()).eq(&waiting));
    two.sync(&mut server);
    assert_eq!(server.title(task), "Hello from the copy!");
}
