//! Long absence, long queues, bad links, many devices: over real HTTP, with real engines where devices are meant.

use std::collections::{BTreeMap, BTreeSet};

use engine::view::Reason;
use futures::future::join_all;
use reqwest::StatusCode;
use shared::field::Field;
use shared::ids::{EntityId, ProjectId, TaskId};
use shared::limits::KEPT_FOR;
use shared::mutation::{Op, Refusal};
use shared::protocol::{PushRequest, kind};
use shared::tree::above;
use shared::workflow::{Priority, Status};
use tokio::task::JoinSet;

use crate::audit::audit;
use crate::device::Real;
use crate::harness::{Device, Server, check, create, edit, problem, results, task_id, title};
use crate::sync::APPLIED;

fn project(device: &Real) -> ProjectId {
    device.engine.replica().view().projects.keys().copied().next().unwrap()
}

/// Lets it be so many days later for everything that has a time.
async fn pass(server: &Server, days: i32) {
    let mut owner = server.owner().await;
    for aged in [
        "UPDATE mutations SET handled_at = handled_at - make_interval(days => $1)",
        "UPDATE entities SET updated_at = updated_at - make_interval(days => $1)",
        "UPDATE sessions SET rotated_at = rotated_at - make_interval(days => $1), expires_at = expires_at - make_interval(days => $1)",
    ] {
        sqlx::query(aged).bind(days).execute(&mut owner).await.unwrap();
    }
}

#[tokio::test]
async fn after_120_days_nothing_is_lost_doubled_or_resurrected() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let mut bo = server.join(&ines, "bo@saltmarsh.example").await;
    let mut away = Real::of(&ines).await;
    away.sync().await;
    let project = project(&away);
    let (kept, deleted) = (away.task(project, "Kept").await, away.task(project, "Deleted").await);
    let untouched = away.task(project, "Deleted unseen").await;
    away.sync().await;
    // Without a network from now on.
    away.retitle(kept, "Kept, and edited").await;
    away.write(kept, Field::Priority, Priority::High).await;
    away.retitle(deleted, "Deleted, and edited").await;
    let made = away.task(project, "Made on the way").await;

    let seen = bo.now().await;
    bo.push(seen, [edit(kept, "Kept", "Really kept"), Op::Delete(deleted.into()), Op::Delete(untouched.into())]).await;
    pass(&server, 120).await;
    assert_eq!(server.services.purge(tern_server::services::now() - KEPT_FOR).await.unwrap(), 2);
    // The session is over after 90 days; the device stays who it is, and its work waits.
    check(ines.refresh(&ines.refresh_token).await, 401, kind::UNAUTHENTICATED).await;
    let again = server.login("ines@saltmarsh.example", ines.id).await;
    assert_eq!(again.session.account.actor, ines.session.account.actor);
    away.signed_in(again.session.clone());
    away.reopen().await;
    assert_eq!(away.engine.replica().waiting(), 4);
    away.sync().await;

    assert_eq!(away.resets.len(), 1);
    let tasks: BTreeSet<TaskId> = away.engine.replica().view().tasks.keys().copied().collect();
    assert_eq!(tasks, BTreeSet::from([kept, made]));
    let task = away.view(kept).unwrap();
    assert_eq!((task.title.as_str(), task.priority), ("Really kept, and edited", Priority::High));
    let refused: Vec<_> = away.engine.replica().refused().map(|one| (one.entity(), one.reason.clone())).collect();
    assert_eq!(refused, [(deleted.into(), Reason::Refused(Refusal::NotFound))], "its author has it back");
    let page = again.pull(0).await;
    let titles: BTreeSet<&str> = page.rows.iter().map(|row| title(&row.row)).collect();
    assert!(titles.contains("Made on the way") && !titles.iter().any(|title| title.starts_with("Deleted")));
}

/// Ten thousand changes wait, every seventh answer is lost, device and server are restarted on the way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_waiting_changes_arrive_in_their_order_over_a_bad_link() {
    const TASKS: usize = 5_000;
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let (mut away, mut other) = (Real::of(&ines).await, Real::of(&bo).await);
    away.sync().await;
    other.sync().await;
    let project = project(&away);
    let mut tasks = Vec::with_capacity(TASKS);
    for n in 0..TASKS {
        let task = away.task(project, &format!("Task {n}")).await;
        away.write(task, Field::Status, if n % 2 == 0 { Status::Done } else { Status::InProgress }).await;
        tasks.push(task);
    }
    let waiting = away.engine.replica().waiting();
    assert_eq!(waiting, 10_000);
    away.loses = 7;
    away.engine.wake();
    for _ in 0..waiting / 200 {
        if !away.step().await {
            away.engine.wake();
        }
    }
    assert!(away.engine.replica().waiting() > 0, "in the middle");
    away.reopen().await;
    server.stop().await;
    assert!(away.step().await, "and nobody answers");
    let server = Server::restart(&server.database).await;
    (away.url, other.url) = (server.url.clone(), server.url.clone());
    let between = other.task(project, "In between").await;
    other.sync().await;
    away.sync().await;
    away.loses = 0;
    away.sync().await;
    other.sync().await;

    for device in [&away, &other] {
        assert_eq!(device.engine.replica().view().tasks.len(), TASKS + 1);
        assert!(device.view(between).is_some() && device.engine.replica().refused().count() == 0);
        let keys: Vec<_> = tasks.iter().map(|task| device.view(*task).unwrap().key.unwrap()).collect();
        let numbers: Vec<u64> = keys.iter().map(|key| key.rsplit('-').next().unwrap().parse().unwrap()).collect();
        assert!(numbers.is_sorted(), "keys are given in the order in which the tasks were made");
        assert_eq!(device.view(tasks[1]).unwrap().status, Status::InProgress);
    }
    audit(&server).await;
}

/// A shuffle that is the same in every run.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed;
    for end in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(end, usize::try_from(state >> 33).unwrap() % (end + 1));
    }
}

/// Each batch ten times, in any order, all at once: what comes too early is a gap, what comes again is a repeat.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn batches_that_are_doubled_and_reordered_count_once() {
    const BATCHES: usize = 12;
    let server: &'static Server = Box::leak(Box::new(Server::start().await));
    let mut ines = server.register("ines@saltmarsh.example").await;
    let project = ines.project().await;
    let mut batches: Vec<PushRequest> = Vec::new();
    for n in 0..BATCHES {
        let task = task_id();
        let long = "x".repeat(501);
        batches.push(ines.next(
            1,
            [create(task, project, "One"), create(task_id(), project, &long), edit(task, "One", &n.to_string())],
        ));
    }
    let ines: &'static Device<'_> = Box::leak(Box::new(ines));
    let mut first: BTreeMap<usize, Vec<_>> = BTreeMap::new();
    let mut seed = 1;
    while first.len() < BATCHES {
        let mut sent: Vec<usize> = (0..10).flat_map(|_| 0..BATCHES).collect();
        shuffle(&mut sent, seed);
        seed += 1;
        let mut under_way = JoinSet::new();
        for batch in sent {
            let request = batches[batch].clone();
            under_way.spawn(async move { (batch, ines.send(&request).await) });
        }
        while let Some(answered) = under_way.join_next().await {
            let (batch, response) = answered.unwrap();
            if response.status() == StatusCode::OK {
                let results = results(response).await;
                assert_eq!(first.entry(batch).or_insert_with(|| results.clone()), &results, "the stored ones");
            } else {
                assert_eq!(problem(response).await.kind, kind::GAP);
            }
        }
    }
    let page = ines.pull(0).await;
    let titles: Vec<&str> = page.rows.iter().map(|row| title(&row.row)).collect();
    let expected: Vec<String> = (0..BATCHES).map(|n| n.to_string()).collect();
    assert_eq!(titles[2..], expected);
    assert_eq!((page.last_mutation, page.refused.len()), (ines.last, BATCHES));
    audit(server).await;
}

/// Many people change the same few tasks at once, each of them in the middle of the others' pushes and pulls.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_devices_that_change_the_same_tasks_at_once_end_alike() {
    const DEVICES: usize = 8;
    const ROUNDS: u32 = 6;
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let mut devices = vec![Real::of(&ines).await];
    for n in 1..DEVICES {
        devices.push(Real::of(&server.join(&ines, &format!("d{n}@saltmarsh.example")).await).await);
    }
    devices[0].sync().await;
    let project = project(&devices[0]);
    let mut tasks = Vec::new();
    for n in 0..3 {
        tasks.push(devices[0].task(project, &format!("Task {n}")).await);
    }
    devices[0].sync().await;
    for device in &mut devices {
        device.sync().await;
    }
    for round in 0..ROUNDS {
        let work = devices.iter_mut().enumerate().map(|(number, device)| {
            let tasks = &tasks;
            async move {
                for task in tasks {
                    let title = device.view(*task).unwrap().title;
                    device.retitle(*task, &format!("{title} <{number}.{round}>")).await;
                    // Everybody moves something under something else, and some of these moves meet in a circle.
                    let under = tasks[(number + usize::try_from(round).unwrap()) % tasks.len()];
                    device.move_under(*task, under).await;
                }
                device.task(project, &format!("Of {number} in round {round}")).await;
                device.sync().await;
            }
        });
        join_all(work).await;
    }
    for device in &mut devices {
        device.sync().await;
    }
    let rows = |device: &Real| -> BTreeMap<EntityId, _> {
        device.engine.replica().rows().map(|row| (row.id, row.clone())).collect()
    };
    let expected = rows(&devices[0]);
    assert_eq!(expected.len(), DEVICES + 1 + tasks.len() + DEVICES * usize::try_from(ROUNDS).unwrap());
    for device in &devices {
        assert_eq!(rows(device), expected);
        assert_eq!(device.engine.replica().refused().count(), 0);
    }
    for task in &tasks {
        let parent_of = |task: TaskId| expected[&task.into()].place().parent;
        assert!(above(&BTreeSet::from([*task]), parent_of).values().all(|up| up != task), "within itself");
        let title = devices[0].view(*task).unwrap().title;
        for number in 0..DEVICES {
            for round in 0..ROUNDS {
                assert_eq!(title.matches(&format!("<{number}.{round}>")).count(), 1, "{title}");
            }
        }
    }
    audit(&server).await;
}

/// The one device of two that were copied from each other goes on; the other is told, and nothing of either is mixed.
#[tokio::test]
async fn two_that_claim_the_same_numbers_are_told_apart() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let project = ines.project().await;
    let before = ines.last;
    let mine = ines.next(1, [create(task_id(), project, "Mine"), create(task_id(), project, "Mine, too")]);
    ines.last = before;
    let copy = ines.next(1, [create(task_id(), project, "The copy's"), create(task_id(), project, "Another")]);
    let (a, b) = tokio::join!(ines.send(&mine), ines.send(&copy));
    let (won, lost) = if a.status() == StatusCode::OK { (a, b) } else { (b, a) };
    assert_eq!(results(won).await, [APPLIED, APPLIED]);
    check(lost, 409, kind::FORKED).await;
    assert_eq!(ines.pull(2).await.rows.len(), 2);
    audit(&server).await;
}
