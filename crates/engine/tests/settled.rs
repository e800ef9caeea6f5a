//! What is confirmed of rows that this device does not follow: it is nowhere but here, and what waits is made on it.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_engine as engine;

mod support;

use engine::command::Command;
use shared::field::Field;
use shared::scope::Scope;
use shared::workflow::Priority;

use support::{Device, Server, opened, team};

/// Ben changes a task whose project closes to him, and the server has accepted some of that before, and something else.
fn closing(server: &mut Server, ada: &mut Device, ben: &mut Device) -> (shared::ids::ProjectId, shared::ids::TaskId) {
    let (project, task) = opened(server, ada, ben);
    ben.retitle(task, "Count the casks twice").unwrap();
    ben.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    ben.project();
    let push = ben.push();
    ben.pushed(&push, Ok(server.push(&push).unwrap()));
    server.open.remove(&Scope::Project(project));
    (project, task)
}

/// Pulls, and does not push.
fn pull(server: &Server, ben: &mut Device) {
    let question = engine::pull::request(ben.engine.replica().meta());
    ben.pulled(&question, Ok(server.pull(&question)));
}

/// Pulls once more, and all old rows of what has opened.
fn fill(server: &Server, ben: &mut Device) {
    pull(server, ben);
    pull(server, ben);
    while let Some(question) = engine::pull::fill_request(ben.engine.replica().meta()) {
        ben.pulled(&question, Ok(server.pull(&question)));
    }
}

#[test]
fn what_was_accepted_of_a_task_that_leaves_stays_in_view_while_something_waits() {
    let (mut server, mut ada, mut ben, _) = team();
    let (_, task) = closing(&mut server, &mut ada, &mut ben);
    ben.retitle(task, "Count the casks twice a day").unwrap();
    pull(&server, &mut ben);
    assert_eq!((ben.title(task).as_str(), ben.outbox().len()), ("Count the casks twice a day", 1));
    assert_eq!(ben.engine.replica().view().tasks[&task].value.priority, Priority::High);
    ben.reopen();
    assert_eq!(ben.title(task), "Count the casks twice a day");
}

#[test]
fn an_edit_after_what_was_accepted_still_fits_when_its_task_comes_back() {
    let (mut server, mut ada, mut ben, _) = team();
    let (project, task) = closing(&mut server, &mut ada, &mut ben);
    // It takes back a part of what was accepted.
    ben.retitle(task, "Count the casks twi").unwrap();
    ben.retitle(task, "Count the big casks twi").unwrap();
    pull(&server, &mut ben);
    server.open.insert(Scope::Project(project));
    fill(&server, &mut ben);
    assert_eq!((ben.title(task).as_str(), ben.engine.replica().refused().count()), ("Count the big casks twi", 0));
    ben.sync(&mut server);
    assert_eq!(server.title(task), "Count the big casks twi");
}

#[test]
fn a_task_that_never_came_is_what_its_maker_made_of_it() {
    let (mut server, mut ada, mut ben, hello) = team();
    let project = ben.engine.replica().view().tasks[&hello].value.project;
    let task = ben.task(project, "Mend the net");
    ben.retitle(task, "Mend the nets").unwrap();
    let push = ben.push();
    ben.pushed(&push, Ok(server.push(&push).unwrap()));
    let away = ada.project();
    ada.sync(&mut server);
    server.put(task, Scope::Project(away));
    ben.retitle(task, "Mend all the nets").unwrap();
    pull(&server, &mut ben);
    assert_eq!((ben.title(task).as_str(), ben.outbox().len()), ("Mend all the nets", 1));
    // Somebody changes it there, and it comes to where Ben sees it.
    server.open.insert(Scope::Project(away));
    ada.sync(&mut server);
    ada.retitle(task, "Mend the nets of Ada").unwrap();
    ada.sync(&mut server);
    fill(&server, &mut ben);
    assert_eq!(ben.title(task), "Mend all the nets of Ada");
    ben.sync(&mut server);
    assert_eq!((server.title(task), ben.engine.replica().refused().count()), ("Mend all the nets of Ada", 0));
}

/// An edit that claimed to have seen what happened since would be applied as it is, over what others wrote.
#[test]
fn an_edit_after_a_refused_one_has_seen_no_more_of_a_task_that_leaves() {
    let (mut server, mut ada, mut ben, _) = team();
    let (project, task) = opened(&mut server, &mut ada, &mut ben);
    ada.sync(&mut server);
    ben.sync(&mut server);
    let known = server.ver;
    server.refuse.push((2, 1));
    ben.retitle(task, "Count the casks twice").unwrap();
    let push = ben.push();
    ben.pushed(&push, Ok(server.push(&push).unwrap()));
    ben.retitle(task, "Count the casks twice a day").unwrap();
    ada.retitle(task, "Do count the casks").unwrap();
    ada.sync(&mut server);
    server.open.remove(&Scope::Project(project));
    pull(&server, &mut ben);
    let waiting: Vec<_> = ben.engine.replica().outbox().map(|mutation| (mutation.n, mutation.ctx)).collect();
    assert_eq!(waiting, [(2, known)]);
    server.open.insert(Scope::Project(project));
    let push = ben.push();
    ben.pushed(&push, Ok(server.push(&push).unwrap()));
    assert_eq!(server.title(task), "Do count the casks a day");
}

/// As the one before, of a row that everything was fetched anew without.
#[test]
fn what_happens_to_a_task_that_does_not_come_again_was_not_seen() {
    let (mut server, mut ada, mut ben, hello) = team();
    let (project, task) = opened(&mut server, &mut ada, &mut ben);
    ada.sync(&mut server);
    ben.sync(&mut server);
    let known = server.ver;
    ben.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    let lost = ben.push();
    ben.pushed(&lost, Err(engine::transport::TransportError::Unreachable));
    server.open.remove(&Scope::Project(project));
    ada.retitle(hello, "Hello big world").unwrap();
    ada.sync(&mut server);
    support::ready(ben.engine.take_theirs()).unwrap();
    fill(&server, &mut ben);
    pull(&server, &mut ben);
    assert!(!ben.engine.replica().meta().renewing && ben.engine.replica().meta().seen > known);
    ben.run(&Command::write(task, Field::Status, shared::workflow::Status::Done)).unwrap();
    assert_eq!(ben.engine.replica().outbox().last().unwrap().ctx, known);
}
