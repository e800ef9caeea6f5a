//! What a member may see comes and goes without any row changing, and what is old is filled in.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

extern crate tern_engine as engine;

mod support;

use engine::command::Command;
use engine::status::Pill;
use engine::sync::Step;
use engine::view::Reason;
use shared::field::Field;
use shared::ids::ProjectId;
use shared::mutation::Refusal;
use shared::protocol::PullResponse;
use shared::scope::Scope;
use shared::workflow::{Priority, Status};
use support::{Device, Server, cellar, misfit, opened, team};

#[test]
fn what_closes_leaves_and_what_opens_arrives() {
    let (mut server, mut ada, mut ben, hello) = team();
    let (project, task) = cellar(&mut server, &mut ada);
    ben.sync(&mut server);
    assert!(!ben.engine.replica().view().tasks.contains_key(&task), "it was never open to him");
    let ver = server.ver;
    server.open.insert(Scope::Project(project));
    ben.sync(&mut server);
    assert_eq!((ben.title(task), ben.pill(), server.ver), ("Count the casks".into(), Pill::Synced, ver));
    server.open.remove(&Scope::Project(project));
    ben.sync(&mut server);
    assert!(!ben.engine.replica().view().tasks.contains_key(&task));
    assert_eq!((ben.title(hello), ben.pill()), ("Hello world".into(), Pill::Synced));
    ben.reopen();
    assert!(!ben.engine.replica().view().tasks.contains_key(&task), "nor is it on the disk");
}

#[test]
fn what_has_closed_is_kept_while_changes_of_it_wait() {
    let (mut server, mut ada, mut ben, _) = team();
    let (project, task) = opened(&mut server, &mut ada, &mut ben);
    ben.retitle(task, "Count all the casks").unwrap();
    server.open.remove(&Scope::Project(project));
    // A pull before the push: what was typed stays in view.
    ben.engine.wake();
    let push = ben.push();
    ben.pushed(&push, Err(engine::transport::TransportError::OutOfStep));
    ben.clock.now += 60_000;
    let pull = ben.pull();
    let answer = server.pull(&pull);
    ben.pulled(&pull, Ok(answer));
    assert_eq!(ben.title(task), "Count all the casks");
    ben.reopen();
    assert_eq!(ben.title(task), "Count all the casks");
    // The server refuses it; then the row goes, and the text is with its author.
    server.refuse.push((2, push.mutations[0].n));
    ben.sync(&mut server);
    assert!(!ben.engine.replica().view().tasks.contains_key(&task));
    let refused: Vec<_> = ben.engine.replica().refused().cloned().collect();
    assert_eq!((refused.len(), &refused[0].reason), (1, &Reason::Refused(Refusal::NotFound)));
    assert_eq!(refused[0].text.as_deref(), Some("Count all the casks"));
}

#[test]
fn a_task_that_moves_into_a_new_project_never_leaves_the_view() {
    let (mut server, mut ada, mut ben, hello) = team();
    let project = ada.project();
    ada.sync(&mut server);
    let scope = Scope::Project(project);
    server.put(project, scope);
    server.put(hello, scope);
    server.open.insert(scope);
    ben.retitle(hello, "Hello wide world").unwrap();
    ben.engine.wake();
    while ben.exchange(&mut server) {
        assert_eq!(ben.title(hello), "Hello wide world");
    }
    assert_eq!((ben.pill(), server.title(hello)), (Pill::Synced, "Hello wide world"));
}

#[test]
fn an_edit_is_carried_precisely_into_a_project_that_opens() {
    let (mut server, mut ada, mut ben, hello) = team();
    let (other, _) = cellar(&mut server, &mut ada);
    server.open.insert(Scope::Project(other));
    ben.sync(&mut server);
    let project = ada.project();
    ada.sync(&mut server);
    for title in ["world", "Hello world"] {
        ada.retitle(hello, title).unwrap();
        ada.sync(&mut server);
    }
    let scope = Scope::Project(project);
    server.put(project, scope);
    server.put(hello, scope);
    server.open.insert(scope);
    // The word has gone and come again. A comparison of the two titles could not tell.
    ben.retitle(hello, "Hel-lo world").unwrap();
    for _ in 0..2 {
        let question = engine::pull::request(ben.engine.replica().meta());
        ben.pulled(&question, Ok(server.pull(&question)));
    }
    assert_eq!(ben.title(hello), "Hello -world");
}

#[test]
fn a_first_fetch_goes_on_where_it_was_interrupted() {
    let (mut server, mut ada, _, _) = team();
    let project = ada.project();
    for n in 0..30 {
        ada.task(project, &format!("Task {n}"));
    }
    ada.sync(&mut server);
    server.page = 4;
    let mut cy = Device::new(3);
    let (mut fetched, mut pages) = (0, 0);
    while cy.exchange(&mut server) {
        let there = cy.engine.replica().rows().count();
        assert!(there >= fetched, "nothing is fetched twice and nothing is lost");
        (fetched, pages) = (there, pages + 1);
        if pages % 2 == 0 && pages < 40 {
            cy.reopen();
        }
    }
    assert!(pages < 40, "it begins anew after each restart");
    assert_eq!(cy.engine.replica().rows().count(), server.rows.len());
    assert_eq!(cy.pill(), Pill::Synced);
}

#[test]
fn where_much_is_going_on_old_rows_have_their_turn() {
    let (mut server, mut ada, _, hello) = team();
    server.page = 1;
    let mut cy = Device::new(3);
    let mut exchanges = 0;
    while !matches!(cy.pill(), Pill::Synced) {
        if exchanges < 40 {
            ada.run(&Command::write(hello, Field::Estimate, shared::value::Value::Count(exchanges))).unwrap();
            ada.sync(&mut server);
            cy.engine.poked(server.ver);
        }
        assert!(exchanges < 40 || cy.engine.replica().meta().fills.is_empty(), "changes come first, and nothing else");
        assert!(cy.exchange(&mut server));
        exchanges += 1;
    }
}

#[test]
fn work_goes_on_during_a_first_fetch_and_is_confirmed_after_it() {
    let (mut server, mut ada, _, hello) = team();
    let project = ada.project();
    for n in 0..30 {
        ada.task(project, &format!("Task {n}"));
    }
    ada.sync(&mut server);
    server.page = 4;
    let mut cy = Device::new(3);
    while !cy.engine.replica().view().tasks.contains_key(&hello) {
        assert!(cy.exchange(&mut server));
    }
    cy.run(&Command::write(hello, Field::Priority, Priority::Urgent)).unwrap();
    assert!(matches!(cy.step().unwrap(), Step::Push(_)), "what its member does goes before what is old");
    while cy.exchange(&mut server) {
        assert_eq!(cy.engine.replica().view().tasks[&hello].value.priority, Priority::Urgent);
    }
    assert_eq!((cy.engine.replica().waiting(), cy.pill()), (0, Pill::Synced));
}

#[test]
fn the_page_of_an_earlier_question_is_not_taken_in() {
    let (mut server, mut ada, mut ben, _) = team();
    let (project, task) = cellar(&mut server, &mut ada);
    server.open.insert(Scope::Project(project));
    ben.engine.wake();
    let pull = ben.pull();
    let answer = server.pull(&pull);
    assert!(matches!(&answer, PullResponse::Page(page) if page.open.is_some()));
    ben.pulled(&pull, Ok(answer.clone()));
    let before = ben.engine.replica().revision();
    ben.pulled(&pull, Ok(answer));
    assert_eq!(ben.engine.replica().revision(), before, "it asks for other scopes now");
    ben.sync(&mut server);
    assert_eq!(ben.title(task), "Count the casks");
}

/// A task has gone from one scope to another, and a later page brings it there.
fn moved_and_changed(server: &mut Server, ada: &mut Device, ben: &mut Device) -> (Scope, shared::ids::TaskId) {
    let (project, task) = cellar(server, ada);
    let attic = ada.project();
    ada.sync(server);
    server.open.extend([Scope::Project(project), Scope::Project(attic)]);
    ben.sync(server);
    server.put(task, Scope::Project(attic));
    ada.project();
    ada.sync(server);
    for title in ["the casks", "Count the casks"] {
        ada.retitle(task, title).unwrap();
        ada.sync(server);
    }
    server.page = 1;
    (Scope::Project(attic), task)
}

#[test]
fn what_would_come_on_a_later_page_goes_when_its_scope_closes_before() {
    let (mut server, mut ada, mut ben, _) = team();
    let (attic, task) = moved_and_changed(&mut server, &mut ada, &mut ben);
    ben.engine.wake();
    assert!(ben.exchange(&mut server), "the first page");
    assert_eq!(ben.title(task), "Count the casks", "it has not come yet, and is not taken away meanwhile");
    server.open.remove(&attic);
    ben.sync(&mut server);
    assert!(!ben.engine.replica().view().tasks.contains_key(&task));
    assert_eq!((ben.pill(), ben.engine.replica().meta().generation), (Pill::Synced, 0), "nothing was fetched anew");
}

#[test]
fn an_edit_is_carried_precisely_to_where_its_task_has_gone() {
    let (mut server, mut ada, mut ben, _) = team();
    let (_, task) = moved_and_changed(&mut server, &mut ada, &mut ben);
    // The word has gone and come again. A comparison of the two titles could not tell.
    ben.retitle(task, "Co-unt the casks").unwrap();
    ben.engine.wake();
    let push = ben.push();
    ben.pushed(&push, Err(engine::transport::TransportError::OutOfStep));
    ben.sync(&mut server);
    assert_eq!((ben.title(task), ben.pill()), ("Count -the casks".into(), Pill::Synced));
}

#[test]
fn an_edit_that_fits_no_more_is_refused_once() {
    let (mut server, mut ada, mut ben, _) = team();
    let (task, refused) = misfit(&mut server, &mut ada, &mut ben);
    ben.run(&Command::Discard(refused)).unwrap();
    ben.sync(&mut server);
    assert_eq!((ben.engine.replica().refused().count(), ben.pill()), (0, Pill::Synced));
    assert_eq!(ben.title(task), server.title(task));
}

#[test]
fn an_edit_that_fits_no_more_spoils_none_after_it() {
    let (mut server, mut ada, mut ben, _) = team();
    let (task, refused) = misfit(&mut server, &mut ada, &mut ben);
    ben.run(&Command::Retry(refused)).unwrap();
    ada.sync(&mut server);
    ada.retitle(task, &format!("{}!", ada.title(task))).unwrap();
    ada.sync(&mut server);
    // The page comes before the push.
    let question = engine::pull::request(ben.engine.replica().meta());
    ben.pulled(&question, Ok(server.pull(&question)));
    ben.sync(&mut server);
    assert_eq!((ben.engine.replica().refused().count(), ben.pill()), (0, Pill::Synced));
    assert!(server.title(task).contains("a day") && server.title(task).contains('!'), "{}", server.title(task));
}

/// Old rows are asked for of a scope that has closed: left out without a word, they would count as fetched.
#[test]
fn what_closes_during_a_fetch_is_told_and_what_opens_again_is_fetched() {
    let (mut server, mut ada, mut ben, hello) = team();
    let (project, task) = opened(&mut server, &mut ada, &mut ben);
    server.epoch = shared::ids::Epoch(uuid::Uuid::from_u128(2));
    server.page = 1;
    ben.engine.wake();
    while engine::pull::fill_request(ben.engine.replica().meta()).is_none() {
        assert!(ben.exchange(&mut server));
    }
    server.open.remove(&Scope::Project(project));
    ben.sync(&mut server);
    assert!(!ben.engine.replica().view().tasks.contains_key(&task));
    assert_eq!((ben.title(hello), ben.pill()), ("Hello world".into(), Pill::Synced));
    server.open.insert(Scope::Project(project));
    ben.sync(&mut server);
    assert_eq!((ben.title(task), ben.pill()), ("Count the casks".into(), Pill::Synced));
    assert_eq!(ben.engine.replica().meta().generation, 1, "nothing was fetched anew but for the epoch");
}

/// A task that has been made here, and has gone where its maker does not see it before its row ever came.
#[test]
fn what_happened_to_a_task_that_never_came_was_not_seen() {
    let (mut server, mut ada, mut ben, hello) = team();
    let (project, _) = cellar(&mut server, &mut ada);
    let task = ben.task(ben.engine.replica().view().tasks[&hello].value.project, "Mend the net");
    let push = ben.push();
    ben.pushed(&push, Ok(server.push(&push).unwrap()));
    ada.sync(&mut server);
    ada.run(&Command::Delete(task.into())).unwrap();
    ada.sync(&mut server);
    let deleted = server.ver;
    server.put(task, Scope::Project(ProjectId(uuid::Uuid::from_u128(9))));
    server.open.insert(Scope::Project(project));
    while ben.engine.replica().meta().seen <= deleted {
        let question = engine::pull::request(ben.engine.replica().meta());
        ben.pulled(&question, Ok(server.pull(&question)));
    }
    assert!(engine::pull::fill_request(ben.engine.replica().meta()).is_some(), "so nothing is confirmed yet");
    ben.run(&Command::Restore(task.into())).unwrap();
    let restore = ben.engine.replica().outbox().last().unwrap();
    assert!(restore.ctx < deleted, "{restore:?}");
}

/// What leaves may come again from elsewhere, and its old row stands in until it has.
#[test]
fn a_task_that_has_left_stays_in_view_until_its_new_project_has_come() {
    let (mut server, mut ada, mut ben, hello) = team();
    let project = ada.project();
    let others: Vec<_> = (0..3).map(|n| ada.task(project, &n.to_string())).collect();
    ada.project();
    ada.sync(&mut server);
    ben.sync(&mut server);
    let scope = Scope::Project(project);
    server.put(project, scope);
    for task in others {
        server.put(task, scope);
    }
    server.put(hello, scope);
    server.page = 1;
    ada.project();
    ada.project();
    ada.sync(&mut server);
    ben.engine.wake();
    // The project opens after the page that says what has left.
    let question = ben.pull();
    let answer = server.pull(&question);
    assert!(matches!(&answer, PullResponse::Page(page) if page.more && page.left.contains(&hello.into())));
    ben.pulled(&question, Ok(answer));
    server.open.insert(scope);
    let mut exchanges = 0;
    while ben.exchange(&mut server) {
        assert_eq!(ben.title(hello), "Hello world", "after {exchanges} exchanges");
        exchanges += 1;
    }
    assert!(exchanges > 5, "the task was among the last to come");
    assert_eq!((ben.pill(), ben.engine.replica().meta().generation), (Pill::Synced, 0));
}

#[test]
fn what_closes_leaves_while_something_else_opens() {
    let (mut server, mut ada, mut ben, _) = team();
    let (cellar_project, casks) = cellar(&mut server, &mut ada);
    let (attic, chests) = cellar(&mut server, &mut ada);
    server.open.insert(Scope::Project(cellar_project));
    ben.sync(&mut server);
    server.open.remove(&Scope::Project(cellar_project));
    server.open.insert(Scope::Project(attic));
    ben.sync(&mut server);
    let shown = &ben.engine.replica().view().tasks;
    assert!(!shown.contains_key(&casks) && shown.contains_key(&chests));
    assert_eq!((ben.pill(), ben.engine.replica().meta().generation), (Pill::Synced, 0), "nothing was fetched anew");
}

/// A change of it waits, and so its row is still here; what others do to it does not come any more.
#[test]
fn what_happens_to_a_task_that_has_closed_was_not_seen() {
    let (mut server, mut ada, mut ben, hello) = team();
    let (project, task) = opened(&mut server, &mut ada, &mut ben);
    ada.project();
    ada.sync(&mut server);
    ben.sync(&mut server);
    let known = server.ver;
    ben.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    server.open.remove(&Scope::Project(project));
    for title in ["Hello big world", "Hello"] {
        ben.engine.wake();
        let question = engine::pull::request(ben.engine.replica().meta());
        ben.pulled(&question, Ok(server.pull(&question)));
        let mut cy = Device::new(3);
        cy.sync(&mut server);
        cy.retitle(hello, title).unwrap();
        cy.sync(&mut server);
    }
    assert!(ben.engine.replica().meta().seen > known);
    ben.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    assert_eq!(ben.engine.replica().outbox().last().unwrap().ctx, known);
}

/// Nothing is confirmed while old rows are on their way, so the server tells of all that happened since the creation.
#[test]
fn what_a_row_contains_is_not_told_twice() {
    let (mut server, mut ada, _, hello) = team();
    for _ in 0..9 {
        ada.project();
    }
    ada.sync(&mut server);
    server.page = 1;
    let mut cy = Device::new(3);
    while !cy.engine.replica().view().tasks.contains_key(&hello) {
        assert!(cy.exchange(&mut server));
    }
    let task = cy.task(cy.engine.replica().view().tasks[&hello].value.project, "Mend nets");
    let push = cy.push();
    cy.pushed(&push, Ok(server.push(&push).unwrap()));
    let mut edits = ["Mend the nets", "Mend all the nets"].into_iter();
    for title in &mut edits {
        ada.sync(&mut server);
        ada.retitle(task, title).unwrap();
        ada.sync(&mut server);
        // Its own edit waits, and the pull comes before the push.
        cy.retitle(task, &format!("{}!", cy.title(task))).unwrap();
        while cy.engine.replica().meta().cursor < server.ver {
            let question = engine::pull::request(cy.engine.replica().meta());
            cy.pulled(&question, Ok(server.pull(&question)));
        }
    }
    assert!(!cy.engine.replica().meta().fills.is_empty());
    assert_eq!((cy.title(task).as_str(), cy.engine.replica().refused().count()), ("Mend all the nets!!", 0));
    cy.sync(&mut server);
    assert_eq!((server.title(task), cy.pill()), ("Mend all the nets!!", Pill::Synced));
}
