//! Fetching everything anew: what a device keeps of where it stood, and what it lets go of.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

extern crate tern_engine as engine;

mod support;

use engine::command::Command;
use engine::record::{Kept, Meta};
use engine::status::Pill;
use engine::sync::Step;
use shared::field::Field;
use shared::ids::{Epoch, TaskId};
use shared::mutation::Op;
use shared::protocol::PullResponse;
use shared::scope::Scope;
use shared::workflow::{Priority, Status};
use support::{Device, Server, ready, team};
use uuid::Uuid;

const RESTORED: Epoch = Epoch(Uuid::from_u128(2));

/// A server that was restored from this backup.
fn restored(backup: &Server) -> Server {
    let mut server = backup.clone();
    server.epoch = RESTORED;
    server
}

/// A pull without the push that should come before it.
fn only_pull(device: &mut Device, server: &Server) {
    let question = engine::pull::request(device.engine.replica().meta());
    device.pulled(&question, Ok(server.pull(&question)));
}

fn status(device: &Device, task: TaskId) -> Status {
    device.engine.replica().view().tasks[&task].value.status
}

/// A device that keeps some projects, in the middle of fetching another one, from which something was let go of.
fn busy() -> (Server, Device) {
    let (mut server, mut ada, mut ben, task) = team();
    ada.run(&Command::Delete(task.into())).unwrap();
    ada.sync(&mut server);
    ben.sync(&mut server);
    server.purge(server.ver);
    let project = ada.project();
    for n in 0..3 {
        ada.task(project, &format!("Task {n}"));
    }
    ada.sync(&mut server);
    ben.project();
    ben.sync(&mut server);
    let scope = Scope::Project(project);
    for id in server.rows.keys().copied().collect::<Vec<_>>() {
        server.put(id, scope);
    }
    server.page = 1;
    server.open.insert(scope);
    let kept = Kept { projects: Some([project].into()), ..Kept::default() };
    ready(ben.engine.keep(&kept)).unwrap();
    ben.run(&Command::create_project("Quay")).unwrap();
    while ben.engine.replica().meta().fills.is_empty() {
        assert!(ben.exchange(&mut server));
    }
    (server, ben)
}

/// Numbers of versions mean something else after a restore: a device that kept any of them would claim to have seen
/// what it has not, or wait for a version that does not come.
#[test]
fn of_where_a_device_stood_only_its_own_history_stays() {
    let (server, mut ben) = busy();
    let before = ben.engine.replica().meta().clone();
    assert!(before.seen > 0 && before.floor > 0 && before.cursor > 0 && before.filled_at > 0);
    assert!(!before.fills.is_empty() && !before.scopes.is_empty() && before.kept != Kept::default());
    check_begins_anew(&server, &mut ben);
    let (server, mut ada, ..) = team();
    assert!(ada.engine.replica().meta().confirmed_at > 0);
    check_begins_anew(&server, &mut ada);
}

fn check_begins_anew(server: &Server, device: &mut Device) {
    let before = device.engine.replica().meta().clone();
    only_pull(device, &restored(server));
    let after = Meta {
        epoch: Some(RESTORED),
        generation: before.generation + 1,
        confirmed: before.confirmed,
        made: before.made,
        sent: before.sent,
        next_page: before.next_page,
        next_scope: before.next_scope,
        renewing: true,
        same_order: false,
        lost_before: before.lost_before,
        kept: before.kept.clone(),
        ..Meta::new(before.actor)
    };
    assert_eq!(device.engine.replica().meta(), &after);
}

#[test]
fn a_first_fetch_ends_on_a_server_that_was_restored_to_earlier_versions() {
    let (mut server, mut ada, _, _) = team();
    let mut backup = restored(&server);
    for _ in 0..5 {
        ada.project();
    }
    ada.sync(&mut server);
    server.page = 1;
    let mut cy = Device::new(3);
    while cy.engine.replica().meta().filled_at <= backup.ver {
        assert!(cy.exchange(&mut server));
    }
    cy.sync(&mut backup);
    assert_eq!((cy.engine.replica().rows().count(), cy.pill()), (backup.rows.len(), Pill::Synced));
}

#[test]
fn what_waits_claims_nothing_that_the_backup_does_not_hold() {
    let (mut server, mut ada, mut ben, task) = team();
    let backup = restored(&server);
    ben.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    ben.sync(&mut server);
    ada.sync(&mut server);
    ada.project();
    ada.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    let contexts = |device: &Device| device.engine.replica().outbox().map(|one| one.ctx).collect::<Vec<_>>();
    assert_eq!(contexts(&ada), [0, server.ver]);
    only_pull(&mut ada, &backup);
    assert_eq!(contexts(&ada), [0, backup.ver], "what came after is somebody else's now");
    ada.reopen();
    assert_eq!(contexts(&ada), [0, backup.ver]);
}

/// After a restore what waits has new numbers, and no server has seen any of it.
#[test]
fn what_goes_on_after_a_restore_was_never_sent() {
    let (mut server, mut ada, _, task) = team();
    let mut backup = restored(&server);
    ada.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    ada.sync(&mut server);
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    let push = ada.push();
    ada.pushed(&push, backup.push(&push));
    ada.engine.wake();
    while ada.engine.replica().outbox().next().is_some_and(|one| one.n == push.mutations[0].n) {
        assert!(ada.exchange(&mut backup));
    }
    assert_eq!(ready(ada.engine.take_theirs()), Ok(1), "so it can still be put aside");
    ada.sync(&mut backup);
    assert_eq!((status(&ada, task), ada.pill()), (Status::Todo, Pill::Attention { count: 1 }));
}

/// The numbers that a backup does not hold are given once more; what was refused under one of them keeps its place.
#[test]
fn what_was_refused_after_the_backup_stays_beside_what_is_refused_next() {
    let (mut server, mut ada, _, task) = team();
    let next = (1, ada.engine.replica().meta().made.n + 1);
    server.refuse.push(next);
    let mut backup = restored(&server);
    for (lives, priority) in [(&mut server, Priority::High), (&mut backup, Priority::Low)] {
        ada.sync(lives);
        ada.run(&Command::write(task, Field::Priority, priority)).unwrap();
        ada.sync(lives);
        assert_eq!(lives.refusals(1), [next.1]);
    }
    let refused: Vec<_> = ada.engine.replica().refused().map(|change| change.op.clone()).collect();
    let wanted = [Priority::Low, Priority::High].map(|priority| Op::write(task, Field::Priority, priority));
    assert_eq!(refused, wanted);
}

/// One life of the data has refused it, and before that was confirmed the next one accepts it.
#[test]
fn what_a_lost_life_has_refused_may_be_accepted() {
    let (mut server, mut ada, mut ben, task) = team();
    let mut backup = restored(&server);
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    server.refuse.push((1, ada.engine.replica().meta().made.n));
    half_told(&mut server, &mut ada, &mut ben, task);
    assert_eq!(ada.engine.replica().refused().count(), 1, "it came with its row");
    ada.sync(&mut backup);
    assert_eq!((ada.engine.replica().refused().count(), status(&ada, task)), (0, Status::Done));
}

/// The other way round: a row of the life that is lost contains it; the present life is sent it once more, and refuses it.
#[test]
fn what_a_lost_life_has_accepted_may_be_refused_and_is_told() {
    let (mut server, mut ada, mut ben, task) = team();
    let mut backup = restored(&server);
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    half_told(&mut server, &mut ada, &mut ben, task);
    assert_eq!(status(&ada, task), Status::Done);
    backup.refuse.push((1, ada.engine.replica().meta().made.n));
    only_pull(&mut ada, &backup);
    ada.reopen(); // it sends what it may before it asks
    let push = ada.push();
    let answer = backup.push(&push);
    ada.pushed(&push, answer);
    ada.sync(&mut backup);
    assert_eq!((ada.engine.replica().refused().count(), ada.engine.replica().waiting()), (1, 0));
}

/// Where nothing is lost, what its author has put away does not come back with another epoch.
#[test]
fn what_was_told_is_not_told_again_in_a_life_that_has_lost_nothing() {
    let (mut server, mut ada, mut ben, task) = team();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    let n = ada.engine.replica().meta().made.n;
    server.refuse.push((1, n));
    half_told(&mut server, &mut ada, &mut ben, task);
    assert_eq!(ada.engine.replica().refused().count(), 1);
    ada.run(&Command::Discard(n)).unwrap();
    ada.sync(&mut restored(&server));
    assert_eq!((ada.engine.replica().refused().count(), ada.engine.replica().waiting()), (0, 0));
}

/// A row has come that contains an edit; before a complete pull has confirmed it, the server loses both.
#[test]
fn an_edit_that_only_a_lost_row_contains_is_kept_for_its_author() {
    let (mut server, mut ada, mut ben, task) = team();
    let mut backup = restored(&server);
    ada.retitle(task, "Hello dear world").unwrap();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    half_told(&mut server, &mut ada, &mut ben, task);
    assert_eq!((ada.engine.replica().waiting(), ada.title(task).as_str()), (2, "Hello dear world!"));
    ada.retitle(task, "Hello dear world! Here").unwrap();
    ada.sync(&mut backup);
    ada.engine.wake();
    ada.sync(&mut backup);
    assert_eq!(kept_texts(&ada), [Some("dear ".to_owned())], "what was typed");
    assert_eq!((ada.title(task).as_str(), status(&ada, task)), ("Hello world Here", Status::Done));
    assert_eq!((backup.title(task), ada.engine.replica().waiting()), ("Hello world Here", 0));
}

/// The row contains the edit as the last thing that it contains, and is as long as before, so that the edit would fit it
/// once more.
#[test]
fn of_the_last_edit_that_a_lost_row_contains_what_was_typed_is_kept() {
    let (mut server, mut ada, mut ben, task) = team();
    let mut backup = restored(&server);
    ada.retitle(task, "BRAVO world").unwrap();
    let push = ada.push();
    let answer = server.push(&push);
    ada.pushed(&push, answer);
    ben.project();
    ben.sync(&mut server);
    server.page = 1;
    assert!(ada.exchange(&mut server), "the row comes, but not the last page");
    ada.sync(&mut backup);
    assert_eq!(kept_texts(&ada), [Some("BRAVO".to_owned())]);
}

/// The backup holds the edit, but not what came after it: there is nothing to keep for its author.
#[test]
fn an_edit_that_the_backup_holds_is_not_lost() {
    let (mut server, mut ada, mut ben, task) = team();
    ada.retitle(task, "Hello dear world").unwrap();
    let push = ada.push();
    let answer = server.push(&push);
    ada.pushed(&push, answer);
    let mut backup = restored(&server);
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    half_told(&mut server, &mut ada, &mut ben, task);
    ada.sync(&mut backup);
    assert_eq!((kept_texts(&ada), backup.title(task), status(&ada, task)), (vec![], "Hello dear world", Status::Done));
}

/// The life that is lost has refused the edit, and told so: its author keeps the whole text, not only what was typed.
#[test]
fn a_refused_edit_keeps_its_whole_text_when_its_refusal_is_lost() {
    let (mut server, mut ada, mut ben, task) = team();
    let mut backup = restored(&server);
    ada.retitle(task, "Hello dear world").unwrap();
    server.refuse.push((1, ada.engine.replica().meta().made.n));
    half_told(&mut server, &mut ada, &mut ben, task);
    let whole = Some("Hello dear world".to_owned());
    assert_eq!(kept_texts(&ada), std::slice::from_ref(&whole), "it came with its row");
    ada.sync(&mut backup);
    ada.engine.wake();
    ada.sync(&mut backup);
    assert_eq!(kept_texts(&ada), [whole]);
    assert_eq!((backup.title(task), ada.engine.replica().waiting()), ("Hello world", 0));
}

fn kept_texts(device: &Device) -> Vec<Option<String>> {
    device.engine.replica().refused().map(|change| change.text.clone()).collect()
}

/// Ada's changes are handled, and a page has brought her the row, but not the last one.
fn half_told(server: &mut Server, ada: &mut Device, ben: &mut Device, task: TaskId) {
    let push = ada.push();
    let answer = server.push(&push);
    ada.pushed(&push, answer);
    ben.sync(server);
    ben.retitle(task, &format!("{}!", ben.title(task))).unwrap();
    ben.project();
    ben.sync(server);
    server.page = 1;
    assert!(ada.exchange(server));
}

/// The rows of a restored server have come; from then on its order is the present one.
#[test]
fn what_was_seen_after_a_restore_counts_when_all_is_fetched_once_more() {
    let (server, mut ada, _, task) = team();
    let mut backup = restored(&server);
    ada.sync(&mut backup);
    assert!(!ada.engine.replica().meta().same_order);
    ready(ada.engine.take_theirs()).unwrap();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    assert_eq!(ada.engine.replica().outbox().next().unwrap().ctx, backup.ver);
}

/// In the middle of it, the rows that have not come are still of the order before the restore.
#[test]
fn rows_from_before_a_restore_were_not_seen_however_often_all_is_fetched() {
    let (server, mut ada, _, task) = team();
    let backup = restored(&server);
    only_pull(&mut ada, &backup);
    ready(ada.engine.take_theirs()).unwrap();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    assert_eq!(ada.engine.replica().outbox().next().unwrap().ctx, 0);
}

/// There are no old rows that an edit could have been made on.
#[test]
fn a_device_without_rows_sends_before_all_has_come() {
    let (mut server, mut ada, ..) = team();
    for _ in 0..5 {
        ada.project();
    }
    ada.sync(&mut server);
    server.page = 1;
    let mut cy = Device::new(3);
    ready(cy.engine.take_theirs()).unwrap();
    cy.project();
    assert!(cy.exchange(&mut server), "the epoch is not known before the first pull");
    while cy.engine.replica().rows().count() == 0 && !matches!(cy.step().unwrap(), Step::Push(_)) {
        assert!(cy.exchange(&mut server));
    }
    assert_eq!(cy.engine.replica().rows().count(), 0);
    cy.sync(&mut server);
    assert_eq!((cy.engine.replica().rows().count(), cy.pill()), (server.rows.len(), Pill::Synced));
}

#[test]
fn what_was_deleted_long_ago_is_let_go_of() {
    let (mut server, mut ada, mut ben, task) = team();
    let project = ada.project();
    let other = ada.task(project, "Mend the net");
    ada.run(&Command::Delete(task.into())).unwrap();
    ada.run(&Command::Delete(other.into())).unwrap();
    ada.sync(&mut server);
    ben.sync(&mut server);
    let deleted = server.rows[&task.into()].ver;
    assert!(ben.engine.replica().view().tasks[&task].value.deleted);
    server.purge(deleted);
    ben.sync(&mut server);
    let shown = &ben.engine.replica().view().tasks;
    assert!(!shown.contains_key(&task) && shown[&other].value.deleted, "deleted later");
    assert_eq!((ben.pill(), ben.engine.replica().meta().generation), (Pill::Synced, 0), "nothing was fetched anew");
    ben.reopen();
    assert!(!ben.engine.replica().view().tasks.contains_key(&task));
}

/// The answer has been on its way while the server let go of rows, and another one has told of it.
#[test]
fn an_answer_from_before_rows_were_let_go_of_is_asked_for_again() {
    let (mut server, mut ada, mut ben, task) = team();
    ada.run(&Command::Delete(task.into())).unwrap();
    ada.sync(&mut server);
    ben.sync(&mut server);
    ben.engine.wake();
    let question = ben.pull();
    let late = server.pull(&question);
    server.purge(server.ver);
    ben.pulled(&question, Ok(server.pull(&question)));
    let revision = ben.engine.replica().revision();
    ben.pulled(&question, Ok(late));
    assert_eq!(ben.engine.replica().revision(), revision, "its checksum is of rows that are gone");
    ben.sync(&mut server);
    assert_eq!((ben.pill(), ben.engine.replica().meta().generation), (Pill::Synced, 0));
}

#[test]
fn of_an_organization_that_has_nothing_no_old_rows_are_asked_for() {
    let mut new = Device::new(4);
    let question = new.pull();
    let answer = Server::new().pull(&question);
    assert!(matches!(&answer, PullResponse::Page(page) if page.cursor == 0));
    new.pulled(&question, Ok(answer));
    assert_eq!(engine::pull::fill_request(new.engine.replica().meta()), None);
}

#[test]
fn that_all_is_to_be_fetched_may_be_the_answer_to_a_request_for_old_rows() {
    let (server, mut ben) = busy();
    let old = engine::pull::fill_request(ben.engine.replica().meta()).unwrap();
    let answer = restored(&server).pull(&old);
    assert!(matches!(answer, PullResponse::Reset { .. }));
    ben.pulled(&old, Ok(answer.clone()));
    assert_eq!(ben.engine.replica().meta().generation, 1);
    ben.pulled(&old, Ok(answer));
    assert_eq!(ben.engine.replica().meta().generation, 1, "to a request that is not made any more it is none");
}
