//! A push and a pull read what they need, however large the organization has grown since their statements were planned.

use shared::field::Field;
use shared::ids::{ProjectId, TaskId};
use shared::mutation::{Op, Undo};
use shared::value::Place;
use sqlx::Executor as _;

use crate::harness::{Device, Server, cluster, create, edit, task_id};
use crate::wire::Wire;

/// Rows that an organization has got meanwhile.
const GROWN: i64 = 5_000;

/// A push of everything that is looked up, and the pull after it.
async fn work(ines: &mut Device<'_>, project: ProjectId, above: TaskId) {
    let (task, seen) = (task_id(), ines.now().await);
    let place = Place { project: Some(project), parent: Some(above), ..Place::default() };
    ines.push(seen, [create(task, project, "One"), Op::write(task, Field::Place, place)]).await;
    let seen = ines.now().await;
    ines.push(seen, [edit(task, "One", "Two")]).await;
    let undo = Undo { entity: task.into(), actor: ines.session.account.actor, n: ines.last.n };
    let request = ines.pull_request(seen);
    ines.push(seen + 1, [Op::Undo(undo)]).await;
    ines.pull_as(&request).await;
}

/// Would fail with a plan that reads the organization's whole table to find one row in it: PostgreSQL keeps such a plan
/// from the time when the table was small.
#[tokio::test]
async fn what_is_read_does_not_grow_with_the_organization() {
    let wire = Wire::new(&cluster()).await;
    let server = Server::start_behind(&wire).await; // one connection makes and keeps all plans
    let mut ines = server.register("ines@saltmarsh.example").await;
    let (project, above) = (ines.project().await, task_id());
    ines.push(1, [create(above, project, "Above")]).await;
    let mut owner = server.owner().await;
    for table in ["entities", "text_changes", "mutations"] {
        // As right after a lot has come in: no new statistics yet.
        owner
            .execute(sqlx::AssertSqlSafe(format!("ALTER TABLE {table} SET (autovacuum_enabled = off)")))
            .await
            .unwrap();
    }
    for _ in 0..8 {
        work(&mut ines, project, above).await;
    }
    // Beyond every version that the server knows of, and so in nobody's page.
    for fill in [
        "INSERT INTO entities SELECT id, 'task', gen_random_uuid(), 1000000 + n, 'everyone', 1000000 + n, 1, '{}', NULL,
           false, now(), '{}'
         FROM organizations, generate_series(1, $1) n",
        "INSERT INTO text_changes SELECT id, gen_random_uuid(), 'task', 'title', 1000000 + n, 1, n, '[]'
         FROM organizations, generate_series(1, $1) n",
        "INSERT INTO mutations SELECT id, 1, 1000000 + n, gen_random_uuid(), gen_random_uuid(), 'task', '{}', 1, 1,
           1000000 + n, '{}', '{}', now() FROM organizations, generate_series(1, $1) n",
    ] {
        sqlx::query(fill).bind(GROWN).execute(&mut owner).await.unwrap();
    }
    // A pull from the beginning would get the new rows, and rightly so.
    let seen: i64 = sqlx::query_scalar("SELECT ver FROM organizations").fetch_one(&mut owner).await.unwrap();
    let task = task_id();
    let seen = u64::try_from(seen).unwrap();
    let place = Place { project: Some(project), parent: Some(above), ..Place::default() };
    ines.push(seen, [create(task, project, "One"), Op::write(task, Field::Place, place)]).await;
    ines.push(seen + 2, [edit(task, "One", "Two")]).await;
    ines.push(seen + 3, [Op::Undo(Undo { entity: task.into(), actor: ines.session.account.actor, n: ines.last.n })])
        .await;

    // A session's counts are all in when it has ended.
    server.stop().await;
    let sessions =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tern'";
    while sqlx::query_scalar::<_, i64>(sessions).fetch_one(&mut owner).await.unwrap() > 0 {}
    let read = "SELECT relname::text, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables
                WHERE relname IN ('entities', 'text_changes', 'mutations')";
    let read: Vec<(String, i64)> = sqlx::query_as(read).fetch_all(&mut owner).await.unwrap();
    for (table, rows) in read {
        assert!(rows < GROWN, "{rows} rows of {table} were read for a few");
    }
}
