//! Some devices keep only a part of what is open to their member, and are whole all the same.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_engine as engine;

mod support;

use engine::command::Command;
use engine::record::Kept;
use engine::status::Pill;
use engine::sync::Step;
use shared::field::Field;
use shared::scope::Scope;
use shared::workflow::Status;
use support::{cellar, opened, ready, team};

#[test]
fn a_device_keeps_the_projects_its_member_has_chosen() {
    let (mut server, mut ada, mut ben, hello) = team();
    let (_, task) = opened(&mut server, &mut ada, &mut ben);
    ready(ben.engine.keep(&Kept { projects: Some([].into()), ..Kept::default() })).unwrap();
    assert!(!ben.engine.replica().view().tasks.contains_key(&task), "at once");
    ben.sync(&mut server);
    assert_eq!((ben.title(hello), ben.pill()), ("Hello world".into(), Pill::Synced));
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    ada.sync(&mut server);
    ben.sync(&mut server);
    assert!(!ben.engine.replica().view().tasks.contains_key(&task));
    assert!(matches!(ben.step().unwrap(), Step::Wait(_)));
    ready(ben.engine.keep(&Kept::default())).unwrap();
    assert!(matches!(ben.step().unwrap(), Step::Pull(_)), "it asks at once");
    ben.sync(&mut server);
    assert_eq!(ben.engine.replica().view().tasks[&task].value.status, Status::Done);
    assert_eq!(ben.pill(), Pill::Synced);
}

/// Ben's device keeps no work that was finished long ago, until he wants all of it.
#[test]
fn a_device_without_finished_work_is_whole_all_the_same() {
    let (mut server, mut ada, mut ben, _) = team();
    let (project, task) = cellar(&mut server, &mut ada);
    server.open.extend([Scope::Project(project), Scope::Finished(project)]);
    ben.sync(&mut server);
    ready(ben.engine.keep(&Kept { finished: false, ..Kept::default() })).unwrap();
    ben.sync(&mut server);
    assert_eq!((ben.title(task).as_str(), ben.pill()), ("Count the casks", Pill::Synced));
    server.put(task, Scope::Finished(project));
    ben.sync(&mut server);
    ada.sync(&mut server);
    assert!(!ben.engine.replica().view().tasks.contains_key(&task));
    assert_eq!((ada.title(task).as_str(), ada.pill(), ben.pill()), ("Count the casks", Pill::Synced, Pill::Synced));
    ben.reopen();
    ready(ben.engine.keep(&Kept::default())).unwrap();
    ben.sync(&mut server);
    assert_eq!((ben.title(task).as_str(), ben.pill()), ("Count the casks", Pill::Synced));
}

/// Ben gives a project up and wants it again while his edit of a title is on its way; then he types on. The old row
/// that comes has his edit already, and no log that says so.
#[test]
fn an_edit_on_its_way_is_known_again_in_an_old_row() {
    let (mut server, mut ada, mut ben, _) = team();
    let (project, task) = opened(&mut server, &mut ada, &mut ben);
    ben.retitle(task, "Count all the casks").unwrap();
    let push = ben.push();
    ben.pushed(&push, server.push(&push));
    let edited = server.ver;
    for title in ["One", "Two", "Three", "Four"] {
        ada.task(project, title);
    }
    ada.sync(&mut server);
    server.page = 1;
    ready(ben.engine.keep(&Kept { projects: Some([].into()), ..Kept::default() })).unwrap();
    while ben.engine.replica().meta().cursor <= edited {
        assert!(ben.exchange(&mut server));
    }
    assert!(ben.engine.replica().meta().seen < edited, "in the middle of a pull");
    ready(ben.engine.keep(&Kept::default())).unwrap();
    ben.retitle(task, "Count all the casks twice").unwrap();
    ben.sync(&mut server);
    ada.sync(&mut server);
    assert_eq!((ben.title(task), ada.title(task)), (server.title(task).into(), "Count all the casks twice".into()));
    assert!(server.refusals(2).is_empty());
}
