//! The conversation with the server: what is sent when, what confirms, and what happens when it goes wrong.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

extern crate tern_engine as engine;

mod support;

use engine::command::Command;
use engine::status::{Blocked, Pill, Progress};
use engine::sync::Step;
use engine::transport::TransportError;
use proptest::prelude::*;
use shared::clock::Millis;
use shared::field::{Field, TextField};
use shared::ids::Epoch;
use shared::limits::{BODY_BYTES, DESCRIPTION_CHARS};
use shared::protocol::{Problem, PullResponse};
use shared::workflow::{Priority, Status};
use support::{Device, Server, team};
use uuid::Uuid;

#[test]
fn only_a_pull_confirms() {
    let (mut server, mut ada, _, task) = team();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    let push = ada.push();
    ada.pushed(&push, Ok(server.push(&push).unwrap()));
    assert_eq!(ada.engine.replica().waiting(), 1);
    assert_eq!(ada.engine.replica().view().tasks[&task].value.status, Status::Done);
    let confirmed =
        |ada: &Device| ada.engine.replica().confirmed(task.into()).unwrap().values.get(&Field::Status).cloned();
    assert_ne!(confirmed(&ada), server.rows[&task.into()].values.get(&Field::Status).cloned());
    ada.exchange(&mut server);
    assert_eq!((ada.engine.replica().waiting(), ada.pill()), (0, Pill::Synced));
    assert_eq!(confirmed(&ada), server.rows[&task.into()].values.get(&Field::Status).cloned());
}

#[test]
fn a_lost_answer_to_a_push_doubles_nothing() {
    let (mut server, mut ada, mut ben, task) = team();
    ada.retitle(task, "Hello big world").unwrap();
    let push = ada.push();
    server.push(&push).unwrap();
    ada.pushed(&push, Err(TransportError::Unreachable));
    ada.reopen();
    assert_eq!(ada.push(), push, "it cannot know");
    ben.retitle(task, "Hello world!").unwrap();
    ben.sync(&mut server);
    ada.sync(&mut server);
    ben.sync(&mut server);
    assert_eq!((ada.title(task).as_str(), ben.title(task).as_str()), ("Hello big world!", "Hello big world!"));
    assert_eq!(server.title(task), "Hello big world!");
}

#[test]
fn of_each_text_one_edit_is_under_way() {
    let (mut server, mut ada, mut ben, task) = team();
    ada.retitle(task, "Hello world 1").unwrap();
    let first = ada.push();
    ada.retitle(task, "Hello world 12").unwrap();
    ada.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    ben.retitle(task, "> Hello world").unwrap();
    ben.sync(&mut server);
    ada.pushed(&first, Ok(server.push(&first).unwrap()));
    assert!(matches!(ada.step().unwrap(), Step::Pull(_)), "the second waits for the first, and what is behind it too");
    ada.sync(&mut server);
    assert_eq!((server.title(task), ada.engine.replica().waiting()), ("> Hello world 12", 0));
}

/// The row that has the change is on a later page than the one that says that it was handled.
#[test]
fn what_waits_is_shown_until_the_last_page() {
    let (mut server, mut ada, mut ben, task) = team();
    ben.project();
    ben.project();
    ben.sync(&mut server);
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    let push = ada.push();
    ada.pushed(&push, server.push(&push));
    server.page = 1;
    assert!(ada.exchange(&mut server));
    assert!(ada.engine.replica().meta().cursor < server.ver, "one page of several");
    assert_eq!(ada.engine.replica().waiting(), 1);
    assert_eq!(ada.engine.replica().view().tasks[&task].value.status, Status::Done);
    ada.sync(&mut server);
    assert_eq!((ada.engine.replica().waiting(), ada.pill()), (0, Pill::Synced));
}

#[test]
fn another_checksum_leads_to_one_fetch_of_everything() {
    let (mut server, mut ada, _, task) = team();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    server.wrong_sum = 1;
    let generation = ada.engine.replica().meta().generation;
    ada.sync(&mut server);
    assert_eq!(ada.engine.replica().meta().generation, generation + 1, "once, not for ever");
    assert_ne!(ada.pill(), Pill::Synced);
    server.wrong_sum = 0;
    ada.sync(&mut server);
    assert_eq!((ada.engine.replica().meta().generation, ada.pill()), (generation + 1, Pill::Synced));
    server.wrong_sum = 1;
    ada.sync(&mut server);
    assert_eq!(ada.engine.replica().meta().generation, generation + 2, "and once more the next time");
}

#[test]
fn a_row_that_is_gone_leaves_with_the_fetch_of_everything() {
    let (mut server, mut ada, _, task) = team();
    server.rows.remove(&task.into());
    ada.sync(&mut server);
    assert!(!ada.engine.replica().view().tasks.contains_key(&task));
    assert_eq!(ada.pill(), Pill::Synced);
}

#[test]
fn a_reset_keeps_the_outbox() {
    let (mut server, mut ada, mut ben, task) = team();
    ben.retitle(task, "Hello world!").unwrap();
    ben.sync(&mut server);
    ada.retitle(task, "Hello big world").unwrap();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    server.epoch = Epoch(Uuid::from_u128(2));
    server.page = 1;
    // The first push is refused as a whole; the pull that follows says that everything is to be fetched.
    let push = ada.push();
    ada.pushed(&push, server.push(&push));
    ada.engine.wake();
    let question = ada.pull();
    ada.pulled(&question, Ok(PullResponse::Reset { epoch: server.epoch, common: server.ver }));
    assert_eq!((ada.engine.replica().waiting(), ada.title(task).as_str()), (2, "Hello big world"));
    assert!(matches!(ada.step().unwrap(), Step::Pull(_)), "nothing is sent before all has come");
    ada.retitle(task, "Hello big, big world").unwrap();
    ada.sync(&mut server);
    assert_eq!((server.title(task), ada.title(task).as_str()), ("Hello big, big world!", "Hello big, big world!"));
    assert_eq!((ada.engine.replica().refused().count(), ada.pill()), (0, Pill::Synced));
}

#[test]
fn a_restart_in_the_middle_of_a_reset_sends_no_text_made_on_the_old_rows() {
    let (mut server, mut ada, mut ben, task) = team();
    ben.retitle(task, "Hello world!").unwrap();
    ben.sync(&mut server);
    server.epoch = Epoch(Uuid::from_u128(2));
    ada.engine.wake();
    let question = ada.pull();
    ada.pulled(&question, Ok(server.pull(&question)));
    ada.retitle(task, "Hello big world").unwrap();
    ada.reopen();
    assert!(matches!(ada.step().unwrap(), Step::Pull(_)));
    ada.sync(&mut server);
    assert_eq!(server.title(task), "Hello big world!");
}

#[test]
fn work_from_before_the_first_sync_is_sent_after_it() {
    let mut server = Server::new();
    let mut ada = Device::new(1);
    ada.project();
    assert!(matches!(ada.step().unwrap(), Step::Pull(_)), "the epoch is not known yet");
    ada.sync(&mut server);
    assert_eq!((server.rows.len(), ada.pill()), (1, Pill::Synced));
}

#[test]
fn what_needs_the_member_waits_for_the_member() {
    let problem = Problem { kind: String::new(), title: String::new(), status: 400, detail: String::new() };
    let cases = [
        (TransportError::SignIn, Blocked::SignIn),
        (TransportError::Schema, Blocked::Update),
        (TransportError::Rejected(problem), Blocked::Rejected),
    ];
    for (error, blocked) in cases {
        let (mut server, mut ada, _, task) = team();
        ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
        let push = ada.push();
        ada.pushed(&push, Err(error));
        assert_eq!((ada.engine.status().blocked, ada.pill()), (Some(blocked), Pill::Attention { count: 1 }));
        ada.clock.now += 3_600_000;
        assert_eq!(ada.step().unwrap(), Step::Wait(None));
        ada.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
        ada.sync(&mut server);
        assert_eq!((ada.engine.replica().waiting(), ada.pill()), (0, Pill::Synced));
    }
}

/// How long the engine waits after a failure.
fn pause(device: &mut Device, error: TransportError) -> Millis {
    let Step::Pull(question) = device.step().unwrap() else { panic!("nothing to ask") };
    device.pulled(&question, Err(error));
    let Step::Wait(Some(until)) = device.step().unwrap() else { panic!("no pause") };
    let pause = until - device.clock.now;
    assert_eq!(device.engine.status().next_try, Some(until));
    device.clock.now = until;
    pause
}

proptest! {
    #[test]
    fn pauses_grow_are_jittered_and_have_an_end(chances in prop::collection::vec(0.0..1.0_f64, 12)) {
        let mut ada = Device::new(1);
        for (failures, chance) in chances.into_iter().enumerate() {
            ada.clock.chance = chance;
            let longest = (500 << failures.min(10)).min(30_000);
            let pause = pause(&mut ada, TransportError::Unreachable);
            prop_assert!((longest / 2..=longest).contains(&pause), "{pause} after {failures} failures");
        }
    }
}

#[test]
fn the_dice_decide_within_a_pause() {
    let pauses = [0.0, 0.25, 0.75].map(|chance| {
        let mut ada = Device::new(1);
        ada.clock.chance = chance;
        pause(&mut ada, TransportError::Unreachable)
    });
    assert_eq!(pauses, [250, 312, 437]);
}

#[test]
fn a_server_that_asks_for_time_gets_it() {
    let mut ada = Device::new(1);
    assert_eq!(pause(&mut ada, TransportError::Busy { retry_after: Some(7) }), 7_000);
    assert!(pause(&mut ada, TransportError::Busy { retry_after: None }) <= 1_000);
    assert_eq!(pause(&mut ada, TransportError::Busy { retry_after: Some(90) }), 90_000);
    assert!(pause(&mut ada, TransportError::Busy { retry_after: Some(u32::MAX) }) <= 600_000, "but not for ever");
}

#[test]
fn an_answer_or_a_request_ends_the_pause() {
    let (mut server, mut ada, _, _) = team();
    ada.engine.wake();
    for _ in 0..8 {
        pause(&mut ada, TransportError::Unreachable);
    }
    assert!(ada.exchange(&mut server));
    ada.engine.wake();
    assert!(pause(&mut ada, TransportError::Unreachable) <= 500, "it begins anew");
    ada.clock.now -= 200;
    assert!(matches!(ada.step().unwrap(), Step::Wait(Some(_))));
    ada.engine.set_online(true);
    assert!(matches!(ada.step().unwrap(), Step::Wait(Some(_))), "no news");
    ada.engine.set_online(false);
    ada.engine.set_online(true);
    assert!(matches!(ada.step().unwrap(), Step::Pull(_)));
}

#[test]
fn after_many_failures_a_probe_goes_before_what_waits() {
    let (mut server, mut ada, _, task) = team();
    ada.engine.wake();
    for _ in 0..5 {
        pause(&mut ada, TransportError::Unreachable);
    }
    ada.clock.now -= 1;
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    assert!(matches!(ada.step().unwrap(), Step::Wait(Some(_))), "an edit starts no attempt");
    ada.clock.now += 1;
    let probe = ada.pull();
    ada.pulled(&probe, Err(TransportError::Unreachable));
    ada.engine.set_online(false);
    ada.engine.set_online(true);
    let probe = ada.pull();
    ada.pulled(&probe, Ok(server.pull(&probe)));
    let push = ada.push();
    ada.pushed(&push, Ok(server.push(&push).unwrap()));
    ada.sync(&mut server);
    assert_eq!(ada.pill(), Pill::Synced);
}

#[test]
fn a_clock_that_jumps_back_years_does_not_stop_sync() {
    let (_, mut ada, _, task) = team();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    let push = ada.push();
    ada.pushed(&push, Err(TransportError::Unreachable));
    ada.clock.now -= 10 * 365 * 24 * 3_600_000;
    assert!(matches!(ada.step().unwrap(), Step::Push(_)));
    let (mut server, mut ben, ..) = team();
    ben.sync(&mut server);
    ben.clock.now -= 10 * 365 * 24 * 3_600_000;
    assert!(matches!(ben.step().unwrap(), Step::Pull(_)), "the next look is not ten years away");
}

#[test]
fn an_idle_device_looks_every_30_seconds() {
    let (mut server, mut ada, ..) = team();
    ada.sync(&mut server);
    let Step::Wait(Some(until)) = ada.step().unwrap() else { panic!("not idle") };
    assert_eq!(until - ada.clock.now, 30_000);
    ada.clock.now = until;
    assert!(matches!(ada.step().unwrap(), Step::Pull(_)));
}

#[test]
fn a_poke_brings_what_is_new_at_once_and_what_is_known_not_again() {
    let (mut server, mut ada, mut ben, task) = team();
    ada.sync(&mut server);
    ada.engine.poked(server.ver);
    assert!(matches!(ada.step().unwrap(), Step::Wait(Some(_))), "it has this version");
    ben.retitle(task, "Hello world!").unwrap();
    ben.sync(&mut server);
    ada.engine.poked(server.ver);
    while ada.exchange(&mut server) {}
    assert_eq!(ada.title(task), "Hello world!");
}

#[test]
fn a_poke_ends_no_pause_and_unblocks_nothing() {
    let (mut server, mut ada, ..) = team();
    ada.engine.wake();
    let question = ada.pull();
    ada.pulled(&question, Err(TransportError::Busy { retry_after: Some(20) }));
    let pause = ada.step().unwrap();
    ada.engine.poked(server.ver + 1);
    assert_eq!(ada.step().unwrap(), pause, "the server has asked for it");
    let Step::Wait(Some(until)) = pause else { panic!("no pause") };
    ada.clock.now = until;
    ada.sync(&mut server);

    ada.engine.wake();
    let question = ada.pull();
    ada.pulled(&question, Err(TransportError::SignIn));
    ada.engine.poked(server.ver + 1);
    assert_eq!((ada.step().unwrap(), ada.engine.status().blocked), (Step::Wait(None), Some(Blocked::SignIn)));
}

#[test]
fn the_pill_tells_the_way_of_a_change() {
    let (mut server, mut ada, _, task) = team();
    assert_eq!(ada.pill(), Pill::Synced);
    ada.engine.set_online(false);
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    ada.run(&Command::write(task, Field::Priority, Priority::High)).unwrap();
    assert_eq!(ada.pill(), Pill::Offline { waiting: 2 });
    assert_eq!(ada.step().unwrap(), Step::Wait(None));
    ada.engine.set_online(true);
    assert_eq!(ada.pill(), Pill::Waiting { count: 2 });
    let push = ada.push();
    assert_eq!(ada.pill(), Pill::Syncing(Progress { done: 0, total: 2 }));
    let answer = server.push(&push);
    ada.pushed(&push, answer);
    assert_eq!(ada.pill(), Pill::Syncing(Progress { done: 2, total: 2 }));
    ada.exchange(&mut server);
    assert_eq!(ada.pill(), Pill::Synced);
    ada.engine.wake();
    let question = ada.pull();
    ada.pulled(&question, Err(TransportError::Unreachable));
    assert_eq!(ada.pill(), Pill::Offline { waiting: 0 }, "the device has a network, the server is not there");
    ada.sync(&mut server);
    server.refuse.push((1, 5));
    ada.run(&Command::write(task, Field::Status, Status::Todo)).unwrap();
    ada.sync(&mut server);
    assert_eq!(ada.pill(), Pill::Attention { count: 1 });
}

#[test]
fn a_choice_between_done_and_cancelled_asks_for_attention() {
    let (mut server, mut ada, mut ben, task) = team();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    ben.run(&Command::write(task, Field::Status, Status::Cancelled)).unwrap();
    ada.sync(&mut server);
    ben.sync(&mut server);
    assert_eq!(ben.pill(), Pill::Attention { count: 1 });
    ben.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    ben.sync(&mut server);
    ada.sync(&mut server);
    assert_eq!((ada.pill(), ben.pill()), (Pill::Synced, Pill::Synced));
}

#[test]
fn a_write_claims_to_have_seen_everything_up_to_the_last_pull() {
    let (mut server, mut ada, mut ben, task) = team();
    ben.project();
    ben.sync(&mut server);
    ada.sync(&mut server);
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    assert_eq!(ada.engine.replica().outbox().next().unwrap().ctx, server.ver);
}

#[test]
fn nothing_is_called_synced_between_two_pages() {
    let (mut server, mut ada, mut ben, task) = team();
    ben.retitle(task, "Hello world!").unwrap();
    ben.project();
    ben.sync(&mut server);
    server.page = 1;
    ada.engine.wake();
    assert!(ada.exchange(&mut server));
    assert_ne!(ada.pill(), Pill::Synced);
    ada.sync(&mut server);
    assert_eq!(ada.pill(), Pill::Synced);
}

#[test]
fn everything_was_with_the_team_when_nothing_waited() {
    let (mut server, mut ada, _, task) = team();
    let synced = ada.clock.now;
    assert_eq!(ada.engine.status().last_synced, Some(synced));
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    ada.clock.now += 1_000;
    let question = engine::pull::request(ada.engine.replica().meta());
    ada.pulled(&question, Ok(server.pull(&question)));
    assert_eq!(ada.engine.status().last_synced, Some(synced));
    ada.sync(&mut server);
    assert_eq!(ada.engine.status().last_synced, Some(synced + 1_000));
}

#[test]
fn progress_counts_what_is_sent_and_ends_with_the_network() {
    let (mut server, mut ada, _, task) = team();
    for status in [Status::Done, Status::Blocked, Status::Done] {
        ada.run(&Command::write(task, Field::Status, status)).unwrap();
    }
    let push = ada.push();
    ada.pushed(&push, Ok(server.push(&push).unwrap()));
    let all = Some(Progress { done: 3, total: 3 });
    assert_eq!(ada.engine.status().progress, all);
    ada.engine.set_online(true);
    assert_eq!(ada.engine.status().progress, all, "it was there all the time");
    ada.engine.set_online(false);
    assert_eq!(ada.engine.status().progress, None);
}

/// A push of more than the server takes would be refused as a whole, for ever.
#[test]
fn no_request_is_heavier_than_the_server_takes() {
    let (mut server, mut ada, _, task) = team();
    let project = ada.engine.replica().view().tasks[&task].value.project;
    // Twice in a task it is more than half of what a request may weigh.
    let heavy = "\u{1f6a4}".repeat(DESCRIPTION_CHARS);
    let mut expected = Vec::new();
    for text in [heavy.as_str(), "light", "light", heavy.as_str()] {
        let made = ada.task(project, "Mend the net");
        for field in [TextField::Description, TextField::Notes] {
            ada.run(&Command::EditText { entity: made.into(), field, from: String::new(), to: text.into() }).unwrap();
        }
        expected.push(made);
    }
    let mut sizes = Vec::new();
    while let Step::Push(push) = ada.step().unwrap() {
        assert!(serde_json::to_vec(&push).unwrap().len() < BODY_BYTES);
        sizes.push(push.mutations.len());
        ada.pushed(&push, Ok(server.push(&push).unwrap()));
    }
    assert_eq!(sizes, [1, 2, 1], "as many as fit, and one in any case");
    ada.sync(&mut server);
    assert!(expected.iter().all(|task| server.rows.contains_key(&(*task).into())));
}

/// After a restart in the middle of a fetch of everything, what has come is as good as ever.
#[test]
fn an_edit_of_a_row_that_has_come_anew_does_not_wait_for_the_others() {
    let (mut server, mut ada, mut ben, task) = team();
    let project = ben.engine.replica().view().tasks[&task].value.project;
    ben.retitle(task, "Hello world!").unwrap();
    for _ in 0..3 {
        ben.task(project, "Mend the net");
    }
    ben.sync(&mut server);
    server.epoch = Epoch(Uuid::from_u128(2));
    server.page = 1;
    ada.engine.wake();
    while ada.title(task) != "Hello world!" {
        assert!(ada.exchange(&mut server));
    }
    assert!(ada.engine.replica().meta().renewing);
    ada.retitle(task, "Hello big world!").unwrap();
    ada.reopen();
    assert!(matches!(ada.step().unwrap(), Step::Push(_)));
}

/// The row does not come again, and stays only because a change of it waits.
#[test]
fn an_edit_of_a_row_that_is_gone_reaches_the_server_and_comes_back_refused() {
    let (mut server, mut ada, _, task) = team();
    ada.retitle(task, "Hello big world").unwrap();
    server.rows.remove(&task.into());
    server.epoch = Epoch(Uuid::from_u128(2));
    let push = ada.push();
    ada.pushed(&push, server.push(&push));
    ada.sync(&mut server);
    assert_eq!((ada.engine.replica().waiting(), ada.pill()), (0, Pill::Attention { count: 1 }));
    assert!(!ada.engine.replica().view().tasks.contains_key(&task));
}

#[test]
fn what_the_store_could_not_take_in_is_fetched_later() {
    let (_, mut ada, ..) = team();
    ada.engine.wake();
    let Device { engine, clock, .. } = &mut ada;
    engine.store_failed(clock);
    assert!(matches!(ada.step().unwrap(), Step::Wait(Some(_))));
}
