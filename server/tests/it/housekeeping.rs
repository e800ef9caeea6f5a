//! What was deleted more than 90 days ago is let go, and nobody notices but who was away. What was finished long ago is
//! put aside, until somebody touches it.

use shared::clock::Version;
use shared::field::{Field, TextField};
use shared::ids::{CommentId, EntityId, ProjectId, TaskId};
use shared::limits::{DAY, KEPT_FOR};
use shared::mutation::{Create, Op, Refusal};
use shared::protocol::{PullPage, PullRequest, PullResponse, PushResult};
use shared::scope::Scope;
use shared::value::{Subject, Value};
use shared::workflow::Status;
use uuid::Uuid;

use crate::harness::{Device, Server, checksum, create, edit, task_id, title};

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

/// Lets it be 31 days since anybody touched these tasks, and files what was finished 30 days ago. Returns how many.
async fn file(server: &Server, tasks: &[TaskId]) -> u64 {
    sqlx::query("UPDATE entities SET updated_at = now() - interval '31 days' WHERE id = ANY($1)")
        .bind(tasks.iter().map(|task| task.0).collect::<Vec<_>>())
        .execute(&mut server.owner().await)
        .await
        .unwrap();
    server.services.file_finished(tern_server::services::now() - 30 * DAY).await.unwrap()
}

/// What has changed since a version for a device that follows these scopes.
async fn changes(device: &Device<'_>, since: Version, scopes: &[Scope]) -> PullPage {
    match device.pull_as(&PullRequest { scopes: scopes.to_vec(), ..device.pull_request(since) }).await {
        PullResponse::Page(page) => page,
        other => panic!("{other:?}"),
    }
}

fn ids(page: &PullPage) -> Vec<EntityId> {
    page.rows.iter().map(|row| row.row.id).collect()
}

/// A task with a comment, both done.
async fn finish(device: &mut Device<'_>, project: ProjectId, title: &str) -> (TaskId, CommentId) {
    let (task, comment) = (task_id(), CommentId(Uuid::now_v7()));
    let subject = Value::Subject(Subject { task, reply_to: None });
    let said = Create::new(comment).text(TextField::Body, "Well done").value(Field::Subject, subject);
    let done = Op::write(task, Field::Status, Status::Done);
    device.push(device.now().await, [create(task, project, title), Op::Create(said), done]).await;
    (task, comment)
}

#[tokio::test]
async fn what_was_finished_long_ago_is_apart_until_somebody_touches_it() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let project = ines.project().await;
    let (old, said) = finish(&mut ines, project, "Old").await;
    let (recent, _) = finish(&mut ines, project, "Recent").await;
    let open = task_id();
    ines.push(ines.now().await, [create(open, project, "Open")]).await;
    let before = ines.now().await;

    assert_eq!(file(&server, &[old, open]).await, 1);
    assert_eq!(file(&server, &[old, open]).await, 0, "once");
    let (everyone, all, finished) = (Scope::Everyone, Scope::Project(project), Scope::Finished(project));
    let page = changes(&ines, before, &[everyone, all]).await;
    assert!(page.rows.is_empty() && page.open.is_some_and(|open| open.contains(&finished)));
    assert_eq!(page.left.into_iter().collect::<std::collections::BTreeSet<_>>(), [old.into(), said.into()].into());
    let rest = changes(&ines, 0, &[everyone, all]).await;
    assert!(ids(&rest).contains(&recent.into()) && !ids(&rest).contains(&old.into()));
    assert_eq!(rest.checksum, checksum(&rest), "whoever does not keep it is synced all the same");
    let aside = changes(&ines, before, &[everyone, all, finished]).await;
    assert_eq!(ids(&aside), [old.into(), said.into()]);
    assert_eq!(aside.rows[0].row.updated.ver, aside.rows[1].row.ver + 1, "nobody has changed it");

    // Its author takes it out again, and what was said with it.
    let filed = ines.now().await;
    assert!(matches!(ines.push(filed, [edit(old, "Old", "Older")]).await[..], [PushResult::Accepted(_)]));
    let back = changes(&ines, filed, &[everyone, all]).await;
    assert_eq!(ids(&back), [old.into(), said.into()]);
    assert_eq!(changes(&ines, filed, &[finished]).await.left.len(), 2);
    let whole = changes(&ines, 0, &[everyone, all, finished]).await;
    assert_eq!(whole.checksum, checksum(&whole));
}

#[tokio::test]
async fn finished_work_is_open_to_whoever_its_project_is_open_to() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut sol = server.join(&ines, "sol@saltmarsh.example").await;
    let project = ProjectId(Uuid::now_v7());
    let made = Create::new(project).text(TextField::Name, "Cellar").value(Field::Private, Value::Flag(true));
    ines.push(ines.now().await, [Op::Create(made)]).await;
    let (task, _) = finish(&mut ines, project, "Count the casks").await;
    assert_eq!(file(&server, &[task]).await, 1);
    let finished = Scope::Finished(project);
    let page = changes(&sol, 0, &[Scope::Everyone, finished]).await;
    assert!(!ids(&page).contains(&task.into()) && page.open.is_some_and(|open| !open.contains(&finished)));
    let refused = sol.push(1, [edit(task, "Count the casks", "Count them")]).await;
    assert_eq!(refused, [PushResult::Rejected(Refusal::NotFound)]);
    let let_in = Op::write(project, Field::Access(sol.session.account.user), Value::Role(shared::value::Role::Member));
    ines.push(ines.now().await, [let_in]).await;
    assert!(ids(&changes(&sol, 0, &[finished]).await).contains(&task.into()));
}

/// Two people have decided differently, and a third has to look.
#[tokio::test]
async fn what_is_not_settled_is_not_put_aside() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut sol = server.join(&ines, "sol@saltmarsh.example").await;
    let project = ines.project().await;
    let (task, settled) = (task_id(), task_id());
    ines.push(ines.now().await, [create(task, project, "Which?"), create(settled, project, "That")]).await;
    let seen = ines.now().await;
    ines.push(seen, [Op::write(task, Field::Status, Status::Done), Op::write(settled, Field::Status, Status::Done)])
        .await;
    sol.push(seen, [Op::write(task, Field::Status, Status::Cancelled)]).await;
    assert_eq!(file(&server, &[task, settled]).await, 1);
    assert!(ids(&changes(&ines, 0, &[Scope::Finished(project)]).await).contains(&settled.into()));
}
