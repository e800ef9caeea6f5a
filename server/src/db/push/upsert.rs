//! Rows into their tables: `state`, and the columns that are drawn from it.

use shared::clock::Millis;
use shared::policy::Policy;
use shared::project::Project;
use shared::register::Reg;
use shared::row::Row;
use shared::task::Task;

use crate::db::convert::{bigint, date, json, label, timestamp};
use crate::db::{DbError, OrgTx};

pub(super) async fn projects(tx: &mut OrgTx, rows: &[(&Row, &Project)], now: Millis) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let org = tx.org().0;
    sqlx::query(
        "INSERT INTO projects (org_id, id, ver, name, prefix, deleted, updated_at, state)
         SELECT $1, id, ver, name, prefix, deleted, $2, state::jsonb
         FROM UNNEST($3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::boolean[], $8::text[])
           AS t (id, ver, name, prefix, deleted, state)
         ON CONFLICT (org_id, id) DO UPDATE SET ver = excluded.ver, name = excluded.name, deleted = excluded.deleted,
           updated_at = excluded.updated_at, state = excluded.state",
    )
    .bind(org)
    .bind(timestamp(now))
    .bind(rows.iter().map(|(_, project)| project.id.0).collect::<Vec<_>>())
    .bind(rows.iter().map(|(row, _)| bigint(row.ver)).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, project)| project.name.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, project)| project.prefix.as_deref()).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, project)| project.life.is_deleted()).collect::<Vec<_>>())
    .bind(rows.iter().map(|(row, _)| json(&row.entity)).collect::<Result<Vec<_>, _>>()?)
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn tasks(tx: &mut OrgTx, rows: &[(&Row, &Task)], now: Millis) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let org = tx.org().0;
    let due = |task: &Task| value(&task.due).flatten().and_then(date);
    sqlx::query(
        "INSERT INTO tasks (org_id, id, project_id, number, ver, title, status, priority, due, deleted, updated_at, state)
         SELECT $1, id, project_id, number, ver, title, status, priority, due, deleted, $2, state::jsonb
         FROM UNNEST($3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[],
                     $10::date[], $11::boolean[], $12::text[])
           AS t (id, project_id, number, ver, title, status, priority, due, deleted, state)
         ON CONFLICT (org_id, id) DO UPDATE SET project_id = excluded.project_id, number = excluded.number,
           ver = excluded.ver, title = excluded.title, status = excluded.status, priority = excluded.priority,
           due = excluded.due, deleted = excluded.deleted, updated_at = excluded.updated_at, state = excluded.state",
    )
    .bind(org)
    .bind(timestamp(now))
    .bind(rows.iter().map(|(_, task)| task.id.0).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, task)| task.project.0).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, task)| task.number.map(i64::from)).collect::<Vec<_>>())
    .bind(rows.iter().map(|(row, _)| bigint(row.ver)).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, task)| task.title.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, task)| label(&value(&task.status))).collect::<Result<Vec<_>, _>>()?)
    .bind(rows.iter().map(|(_, task)| label(&value(&task.priority))).collect::<Result<Vec<_>, _>>()?)
    .bind(rows.iter().map(|(_, task)| due(task)).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, task)| task.life.is_deleted()).collect::<Vec<_>>())
    .bind(rows.iter().map(|(row, _)| json(&row.entity)).collect::<Result<Vec<_>, _>>()?)
    .execute(tx.connection())
    .await?;
    Ok(())
}

fn value<T: Policy>(reg: &Reg<T>) -> Option<T> {
    reg.resolve().map(|resolution| resolution.value)
}
