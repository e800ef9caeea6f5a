//! The server's data is restored from a backup: another life of it begins, and nobody mistakes it for the one before.

use std::collections::BTreeSet;
use std::process::Stdio;

use engine::view::Reason;
use shared::field::Field;
use shared::ids::Epoch;
use shared::mutation::Refusal;
use shared::protocol::{PullRequest, PullResponse, kind};
use shared::task::TaskView;
use shared::value::Value;
use shared::workflow::Priority;
use tokio::process::Command;
use uuid::Uuid;

use crate::audit::audit;
use crate::device::Real;
use crate::harness::{Device, Server, check, cluster, create, directory, dist, task_id};
use crate::wire::Wire;

/// Stops a server and copies its database.
async fn back_up(server: Server) -> (Server, String) {
    server.stop().await;
    let backup = server.back_up().await;
    (Server::restart(&server.database).await, backup)
}

/// Runs the program's subcommand on a database, and returns what it prints.
async fn new_epoch(database: &str) -> String {
    let wire = Wire::new(&cluster()).await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_tern-server"));
    command.arg("new-epoch").env_clear().env("TERN_LOG", "error").stdin(Stdio::null());
    command.env("DATABASE_URL", format!("postgres://tern@127.0.0.1:{}/{database}?sslmode=disable", wire.port));
    let output = command.output().await.unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The server that serves a backup from now on.
async fn restore(server: &Server, backup: &str) -> Server {
    server.stop().await;
    let said = new_epoch(backup).await;
    assert!(said.contains("restored at version") && said.contains("is lost"), "{said}");
    Server::restart(backup).await
}

/// Two people of one organization, each on a device.
async fn team(server: &Server) -> (Real, Real) {
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    (Real::of(&ines).await, Real::of(&bo).await)
}

#[tokio::test]
async fn after_a_restore_what_waited_arrives_once_and_what_is_lost_is_told() {
    let server = Server::start().await;
    let (mut ines, mut bo) = team(&server).await;
    bo.sync().await;
    ines.sync().await;
    let project = ines.engine.replica().view().projects.keys().copied().next().unwrap();
    let kept = ines.task(project, "Hello world").await;
    ines.sync().await;

    let (server, backup) = back_up(server).await;
    (ines.url, bo.url) = (server.url.clone(), server.url.clone());
    // After the backup: Ines's work is confirmed, and some more waits.
    let lost = ines.task(project, "Lost").await;
    ines.retitle(kept, "Hello lost world").await;
    ines.sync().await;
    bo.sync().await;
    bo.retitle(lost, "Lost for good").await;
    bo.retitle(kept, "Hello lost world!").await;
    let waiting = bo.task(project, "Waits").await;
    let before = ines.engine.replica().meta().confirmed.n;

    let restored = restore(&server, &backup).await;
    (ines.url, bo.url) = (restored.url.clone(), restored.url.clone());
    bo.sync().await;
    ines.sync().await;
    assert_eq!((bo.resets.len(), ines.resets.len()), (1, 1));
    assert_eq!(bo.resets, ines.resets);
    // What waited is there once, for everybody.
    for device in [&ines, &bo] {
        let tasks: BTreeSet<_> = device.engine.replica().view().tasks.keys().copied().collect();
        assert_eq!(tasks, BTreeSet::from([kept, waiting]));
        assert_eq!(device.view(waiting).unwrap().title, "Waits");
        assert_eq!(device.view(kept).unwrap().title, "Hello world!");
        assert!(device.engine.status().verified);
    }
    // The edit of what is lost has come back to its author, with its text.
    let refused: Vec<_> = bo.engine.replica().refused().cloned().collect();
    assert_eq!((refused.len(), &refused[0].reason), (1, &Reason::Refused(Refusal::NotFound)));
    assert_eq!(
        (refused[0].entity(), refused[0].text.as_deref()),
        (lost.into(), Some("Lost for good")),
        "the whole text"
    );
    // Ines goes on with the numbers that the server knows of her.
    assert!(ines.engine.replica().meta().confirmed.n < before);
    let again = ines.task(project, "Again").await;
    ines.sync().await;
    bo.sync().await;
    assert_eq!(bo.view(again).unwrap().title, "Again");
    audit(&restored).await;
}

/// Would fail if contexts were taken over as they are: Ines has seen the version that Bo's "urgent" has now, but of the
/// order that is lost.
#[tokio::test]
async fn what_waits_claims_nothing_of_the_order_after_the_restore() {
    let server = Server::start().await;
    let (mut ines, mut bo) = team(&server).await;
    ines.sync().await;
    let project = ines.engine.replica().view().projects.keys().copied().next().unwrap();
    let task = ines.task(project, "Paint the boat").await;
    ines.sync().await;
    let (server, backup) = back_up(server).await;
    (ines.url, bo.url) = (server.url.clone(), server.url.clone());
    for n in 1..=5 {
        ines.write(task, Field::Estimate, Value::Count(n)).await;
        ines.sync().await;
    }
    ines.write(task, Field::Priority, Priority::Low).await;

    let restored = restore(&server, &backup).await;
    (ines.url, bo.url) = (restored.url.clone(), restored.url.clone());
    bo.sync().await;
    bo.write(task, Field::Priority, Priority::Urgent).await;
    bo.sync().await;
    ines.sync().await;
    bo.sync().await;
    for device in [&ines, &bo] {
        assert_eq!(device.view(task).unwrap().priority, Priority::Urgent, "the higher of two that were concurrent");
        let row = device.engine.replica().current(task.into()).unwrap();
        assert_eq!(row.values[&Field::Priority].siblings().len(), 2, "and the other is kept");
    }
    audit(&restored).await;
}

/// Ines has got a second device after the backup. The server does not know it any more, and the next one that signs in
/// has its number.
#[tokio::test]
async fn what_waits_on_a_device_that_the_backup_does_not_know_arrives_once() {
    let server = Server::start().await;
    let (mut ines, _) = team(&server).await;
    ines.sync().await;
    let project = ines.engine.replica().view().projects.keys().copied().next().unwrap();
    let (server, backup) = back_up(server).await;
    let (phone, other) = (Uuid::now_v7(), Uuid::now_v7());
    let mut second = Real::of(&server.login("ines@saltmarsh.example", phone).await).await;
    second.sync().await;
    second.task(project, "Lost").await;
    second.sync().await;
    let waiting = second.task(project, "Waits").await;
    let was = second.engine.replica().meta().actor;

    let restored = restore(&server, &backup).await;
    let mut bo = Real::of(&restored.login("bo@saltmarsh.example", other).await).await;
    bo.sync().await;
    assert_eq!(bo.engine.replica().meta().actor, was, "the number is another one's now");
    bo.task(project, "Bo's").await;
    let signed_in = restored.login("ines@saltmarsh.example", phone).await;
    second.signed_in(signed_in.session.clone());
    second.url.clone_from(&restored.url);
    second.reopen().await;
    second.sync().await;
    bo.sync().await;
    second.sync().await;
    for device in [&second, &bo] {
        let titles: BTreeSet<_> =
            device.engine.replica().view().tasks.values().map(|task| &*task.value.title).collect();
        assert_eq!(titles, BTreeSet::from(["Waits", "Bo's"]));
        assert!(device.view(waiting).is_some());
    }
    assert_ne!(second.engine.replica().meta().actor, was);
    audit(&restored).await;
}

async fn reset(device: &Device<'_>, epoch: Option<Epoch>, cursor: u64) -> PullResponse {
    device.pull_as(&PullRequest { epoch, ..device.pull_request(cursor) }).await
}

#[tokio::test]
async fn what_is_common_with_each_life_before_is_known() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let (project, id) = (ines.project().await, ines.id);
    let first = ines.session.account.epoch;
    ines.push(1, [create(task_id(), project, "One")]).await;
    let common_with_first = ines.now().await;
    drop(ines);
    let restored = restore_now(server).await;
    let mut ines = restored.login("ines@saltmarsh.example", id).await;
    let second = ines.session.account.epoch;
    assert_ne!(first, second);
    ines.last = ines.pull(0).await.last_mutation;
    ines.push(1, [create(task_id(), project, "Two")]).await;
    let common_with_second = ines.now().await;
    drop(ines);
    let restored = restore_now(restored).await;
    let mut ines = restored.login("ines@saltmarsh.example", id).await;
    let epoch = ines.session.account.epoch;
    ines.last = ines.pull(0).await.last_mutation;
    ines.push(1, [create(task_id(), project, "Three")]).await;
    let of = |common| PullResponse::Reset { epoch, common };
    assert_eq!(reset(&ines, Some(first), 1).await, of(common_with_first));
    assert_eq!(reset(&ines, Some(second), 1).await, of(common_with_second));
    assert_eq!(reset(&ines, Some(Epoch(task_id().0)), 1).await, of(0));
    // A push of a life before is refused as a whole.
    let mut late = ines.next(1, [create(task_id(), project, "Four")]);
    late.epoch = second;
    check(ines.send(&late).await, 409, kind::EPOCH).await;
    let titles = ines.pull(0).await.rows.iter().filter_map(|row| TaskView::of(&row.row)).count();
    assert_eq!(titles, 3);
    audit(&restored).await;
}

/// A restore of what is there: nothing is lost.
async fn restore_now(server: Server) -> Server {
    let (server, backup) = back_up(server).await;
    restore(&server, &backup).await
}

#[tokio::test]
async fn the_operator_is_told_what_is_wrong() {
    let run = async |arguments: &[&str], url: &str| {
        let root = directory();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tern-server"));
        command.args(arguments).env_clear().env("TERN_LOG", "error").env("TERN_DIST", dist(&root)).env("PORT", "0");
        let output = command.env("DATABASE_URL", url).stdin(Stdio::null()).output().await.unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
        String::from_utf8(output.stderr).unwrap()
    };
    let usage =
        "Say 'tern-server' to serve, or 'tern-server new-epoch' after the database was restored from a backup.\n";
    assert_eq!(run(&["epoch"], "").await, usage);
    assert_eq!(run(&["new-epoch", "now"], "").await, usage);
    let none = run(&["new-epoch"], "mysql://x").await;
    assert!(none.starts_with("DATABASE_URL is not a PostgreSQL URL."), "{none}");
}
