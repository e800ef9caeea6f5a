//! What was deleted more than 90 days ago is let go, and nobody notices but who was away.

use shared::clock::Version;
use shared::limits::KEPT_FOR;
use shared::mutation::{Op, Refusal};
use shared::protocol::{PullRequest, PullResponse, PushResult};

use crate::harness::{Server, checksum, create, edit, task_id, title};

/// Lets it be 91 days since everything up to a version.
async fn age(server: &Server, ver: Version) {
    sqlx::query("UPDATE mutations SET handled_at = now() - interval '91 days' WHERE ver <= $1")
        .bind(i64::try_from(ver).unwrap())
        .execute(&mut server.owner().await)
        .await
        .unwrap();
}

async fn count(server: &Server, what: &'static str) -> i64 {
    sqlx::query_scalar(what).fetch_one(&mut server.owner().await).await.unwrap()
}

#[tokio::test]
async fn what_was_deleted_long_ago_is_gone_for_everybody() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let eve = server.register("eve@elsewhere.example").await;
    let project = ines.project().await;
    let (old, recent, alive) = (task_id(), task_id(), task_id());
    let before = ines.now().await;
    ines.push(before, [create(old, project, "Old"), edit(old, "Old", "Older"), Op::Delete(old.into())]).await;
    let floor = ines.now().await;
    ines.push(floor, [create(alive, project, "Alive"), create(recent, project, "Recent"), Op::Delete(recent.into())])
        .await;
    age(&server, floor).await;

    let now = tern_server::services::now();
    assert_eq!(server.services.purge(now - KEPT_FOR).await.unwrap(), 1);
    assert_eq!(server.services.purge(now - KEPT_FOR).await.unwrap(), 0, "once");
    assert_eq!(count(&server, "SELECT count(*) FROM text_changes").await, 0);
    let all = ines.pull(0).await;
    let titles: Vec<_> = all.rows.iter().map(|row| title(&row.row)).collect();
    assert_eq!(titles, ["Ines Okafor", "General", "Alive", "Recent"]);
    assert_eq!((all.floor, all.checksum), (floor, checksum(&all)));
    assert_eq!(eve.pull(0).await.floor, 2, "its own, not another organization's");

    // Whoever has seen the deletion goes on; whoever has not begins anew, and resurrects nothing.
    assert!(matches!(ines.pull_as(&ines.pull_request(floor)).await, PullResponse::Page(_)));
    let epoch = ines.session.account.epoch;
    let reset = PullResponse::Reset { epoch, common: all.snapshot };
    assert_eq!(ines.pull_as(&ines.pull_request(before + 1)).await, reset);
    let first_fetch = PullRequest { cursor: 0, seen: 0, ..ines.pull_request(0) };
    assert!(matches!(ines.pull_as(&first_fetch).await, PullResponse::Page(_)));
    let late = [edit(old, "Older", "Oldest"), Op::Restore(old.into())];
    assert_eq!(ines.push(before + 2, late).await, [Refusal::NotFound, Refusal::NotFound].map(PushResult::Rejected));
}

#[tokio::test]
async fn what_was_restored_in_time_stays() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let (project, task) = (ines.project().await, task_id());
    ines.push(2, [create(task, project, "Back again"), Op::Delete(task.into())]).await;
    let floor = ines.now().await;
    ines.push(floor, [Op::Restore(task.into())]).await;
    age(&server, floor).await;
    assert_eq!(server.services.purge(tern_server::services::now() - KEPT_FOR).await.unwrap(), 0);
    assert_eq!(title(&ines.pull(0).await.rows[2].row), "Back again");
}
