//! What a push changes.

use std::collections::BTreeMap;

use shared::clock::{Actor, Millis};
use shared::field::Field;
use shared::ids::TaskId;
use shared::row::Row;
use shared::scope::{Scope, Stage};
use shared::value::Value;

use crate::db::convert::{bigint, bits, json, names, stage_number, timestamp};
use crate::db::{DbError, OrgTx};
use crate::domain::push::{DeviceClock, Handled, Prefix, PushDecision, ScopeState, TextEntry};

/// The task that a row is a part of, or is about.
fn task(row: &Row) -> Option<TaskId> {
    row.subject().map(|subject| subject.task).or_else(|| row.place().parent)
}

/// The people who are to do it, as an array in PostgreSQL's notation.
fn assignees(row: &Row) -> String {
    let people = match row.value(Field::Assignees) {
        Value::People(people) => people.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    format!("{{{}}}", people.join(","))
}

impl OrgTx {
    /// Writes a decision. Becomes visible with [`Self::commit`], all of it at once.
    pub async fn write(&mut self, decision: &PushDecision, now: Millis) -> Result<(), DbError> {
        if decision.handled.is_empty() {
            return Ok(()); // only repeats
        }
        self.upsert_scopes(&decision.states).await?;
        self.upsert_rows(decision, now).await?;
        self.move_rows(decision).await?;
        self.upsert_prefixes(&decision.prefixes).await?;
        self.insert_texts(&decision.texts).await?;
        self.insert_handled(decision.device.actor, &decision.handled, now).await?;
        self.write_clocks(decision, now).await
    }

    pub(in crate::db) async fn upsert_scopes(&mut self, states: &BTreeMap<Scope, ScopeState>) -> Result<(), DbError> {
        if states.is_empty() {
            return Ok(());
        }
        let org = self.org().0;
        sqlx::query(
            "INSERT INTO scopes (org_id, scope, access, checksum)
             SELECT $1, scope, access::jsonb, checksum FROM UNNEST($2::text[], $3::text[], $4::bigint[])
               AS t (scope, access, checksum)
             ON CONFLICT (org_id, scope) DO UPDATE SET access = excluded.access, checksum = excluded.checksum",
        )
        .bind(org)
        .bind(names(&states.keys().copied().collect::<Vec<_>>()))
        .bind(states.values().map(|state| json(&state.access)).collect::<Result<Vec<_>, _>>()?)
        .bind(states.values().map(|state| bits(state.checksum.0)).collect::<Vec<_>>())
        .execute(self.connection())
        .await?;
        Ok(())
    }

    async fn upsert_rows(&mut self, decision: &PushDecision, now: Millis) -> Result<(), DbError> {
        let rows: Vec<&Row> = decision.rows.values().collect();
        if rows.is_empty() {
            return Ok(());
        }
        let pos = |row: &Row| decision.moved.get(&row.id).copied().unwrap_or_default().max(row.ver);
        let scope = |row: &&Row| decision.scopes.get(&row.id).map(Scope::to_string);
        let org = self.org().0;
        // An array of arrays must be a rectangle: the assignees travel as text.
        sqlx::query(
            "INSERT INTO entities
               (org_id, kind, id, ver, scope, pos, stage, assignees, task_id, deleted, updated_at, state)
             SELECT $1, kind, id, ver, scope, pos, stage, assignees::uuid[], task_id, deleted, $2, state::jsonb
             FROM UNNEST($3::text[], $4::uuid[], $5::bigint[], $6::text[], $7::bigint[], $8::smallint[], $9::text[],
                         $10::uuid[], $11::boolean[], $12::text[])
               AS t (kind, id, ver, scope, pos, stage, assignees, task_id, deleted, state)
             ON CONFLICT (org_id, kind, id) DO UPDATE SET ver = excluded.ver, scope = excluded.scope,
               pos = excluded.pos, stage = excluded.stage, assignees = excluded.assignees,
               task_id = excluded.task_id, deleted = excluded.deleted, updated_at = excluded.updated_at,
               state = excluded.state",
        )
        .bind(org)
        .bind(timestamp(now))
        .bind(rows.iter().map(|row| row.id.kind().name()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.id.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| bigint(row.ver)).collect::<Vec<_>>())
        .bind(rows.iter().map(scope).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| bigint(pos(row))).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| stage_number(Stage::of(row))).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| assignees(row)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| task(row).map(|task| task.0)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.life.is_deleted()).collect::<Vec<_>>())
        .bind(rows.iter().map(json).collect::<Result<Vec<_>, _>>()?)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// What went along with a task, and what has left a scope.
    async fn move_rows(&mut self, decision: &PushDecision) -> Result<(), DbError> {
        if decision.moved.is_empty() {
            return Ok(());
        }
        let org = self.org().0;
        let along = decision.moved.iter().filter(|(id, _)| !decision.rows.contains_key(id));
        let along: Vec<_> = along.filter_map(|(id, ver)| Some((id, ver, decision.scopes.get(id)?))).collect();
        sqlx::query(
            "UPDATE entities e SET scope = t.scope, pos = t.pos
             FROM UNNEST($2::text[], $3::uuid[], $4::bigint[], $5::text[]) AS t (kind, id, pos, scope)
             WHERE e.org_id = $1 AND (e.kind, e.id) = (t.kind, t.id)",
        )
        .bind(org)
        .bind(along.iter().map(|(id, ..)| id.kind().name()).collect::<Vec<_>>())
        .bind(along.iter().map(|(id, ..)| id.uuid()).collect::<Vec<_>>())
        .bind(along.iter().map(|(_, ver, _)| bigint(**ver)).collect::<Vec<_>>())
        .bind(along.iter().map(|(.., scope)| scope.to_string()).collect::<Vec<_>>())
        .execute(self.connection())
        .await?;
        let gone = &decision.departures;
        sqlx::query(
            "INSERT INTO departures (org_id, ver, kind, id, scope)
             SELECT $1, ver, kind, id, scope FROM UNNEST($2::bigint[], $3::text[], $4::uuid[], $5::text[])
               AS t (ver, kind, id, scope)",
        )
        .bind(org)
        .bind(gone.iter().map(|one| bigint(one.ver)).collect::<Vec<_>>())
        .bind(gone.iter().map(|one| one.entity.kind().name()).collect::<Vec<_>>())
        .bind(gone.iter().map(|one| one.entity.uuid()).collect::<Vec<_>>())
        .bind(gone.iter().map(|one| one.from.to_string()).collect::<Vec<_>>())
        .execute(self.connection())
        .await?;
        Ok(())
    }

    async fn upsert_prefixes(&mut self, prefixes: &BTreeMap<String, Prefix>) -> Result<(), DbError> {
        if prefixes.is_empty() {
            return Ok(());
        }
        let org = self.org().0;
        sqlx::query(
            "INSERT INTO prefixes (org_id, prefix, project_id, last_number)
             SELECT $1, prefix, project_id, last_number
             FROM UNNEST($2::text[], $3::uuid[], $4::bigint[]) AS t (prefix, project_id, last_number)
             ON CONFLICT (org_id, prefix) DO UPDATE SET last_number = excluded.last_number",
        )
        .bind(org)
        .bind(prefixes.keys().map(String::as_str).collect::<Vec<_>>())
        .bind(prefixes.values().map(|prefix| prefix.project.0).collect::<Vec<_>>())
        .bind(prefixes.values().map(|prefix| bigint(prefix.last_number)).collect::<Vec<_>>())
        .execute(self.connection())
        .await?;
        Ok(())
    }

    async fn insert_texts(&mut self, texts: &[TextEntry]) -> Result<(), DbError> {
        if texts.is_empty() {
            return Ok(());
        }
        let org = self.org().0;
        sqlx::query(
            "INSERT INTO text_changes (org_id, entity_id, kind, field, ver, actor, ctr, delta)
             SELECT $1, entity_id, kind, field, ver, actor, ctr, delta::jsonb
             FROM UNNEST($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[])
               AS t (entity_id, kind, field, ver, actor, ctr, delta)",
        )
        .bind(org)
        .bind(texts.iter().map(|text| text.entity.uuid()).collect::<Vec<_>>())
        .bind(texts.iter().map(|text| text.entity.kind().name()).collect::<Vec<_>>())
        .bind(texts.iter().map(|text| text.field.name()).collect::<Vec<_>>())
        .bind(texts.iter().map(|text| bigint(text.change.ver)).collect::<Vec<_>>())
        .bind(texts.iter().map(|text| i64::from(text.change.actor)).collect::<Vec<_>>())
        .bind(texts.iter().map(|text| bigint(text.change.ctr)).collect::<Vec<_>>())
        .bind(texts.iter().map(|text| json(&text.change.delta)).collect::<Result<Vec<_>, _>>()?)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    async fn insert_handled(&mut self, actor: Actor, handled: &[Handled], now: Millis) -> Result<(), DbError> {
        let org = self.org().0;
        let inverse = |one: &Handled| one.inverse.as_ref().map(json).transpose();
        // Moments grow with versions (migration 0041): each push begins after the one before, whatever the clock says.
        sqlx::query(
            "INSERT INTO mutations
               (org_id, actor, n, id, entity_id, kind, op, ctx, at, ver, result, inverse, handled_at)
             SELECT $1, $2, n, t.id, entity_id, kind, op::json, ctx, at, t.ver, result::jsonb, inverse::json,
               greatest($3, date_trunc('milliseconds', o.moment) + interval '1 millisecond')
                 + place * interval '1 microsecond'
             FROM organizations o,
               UNNEST($4::bigint[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::bigint[], $10::bigint[],
                      $11::bigint[], $12::text[], $13::text[]) WITH ORDINALITY
               AS t (n, id, entity_id, kind, op, ctx, at, ver, result, inverse, place)
             WHERE o.id = $1",
        )
        .bind(org)
        .bind(i64::from(actor))
        .bind(timestamp(now))
        .bind(handled.iter().map(|one| bigint(one.n)).collect::<Vec<_>>())
        .bind(handled.iter().map(|one| one.id.0).collect::<Vec<_>>())
        .bind(handled.iter().map(|one| one.entity.uuid()).collect::<Vec<_>>())
        .bind(handled.iter().map(|one| one.entity.kind().name()).collect::<Vec<_>>())
        .bind(handled.iter().map(|one| json(&one.op)).collect::<Result<Vec<_>, _>>()?)
        .bind(handled.iter().map(|one| bigint(one.ctx)).collect::<Vec<_>>())
        .bind(handled.iter().map(|one| one.at).collect::<Vec<_>>())
        .bind(handled.iter().map(|one| one.ver.map(bigint)).collect::<Vec<_>>())
        .bind(handled.iter().map(|one| json(&one.result)).collect::<Result<Vec<_>, _>>()?)
        .bind(handled.iter().map(inverse).collect::<Result<Vec<_>, _>>()?)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    async fn write_clocks(&mut self, decision: &PushDecision, now: Millis) -> Result<(), DbError> {
        let org = self.org().0;
        let DeviceClock { actor, last } = decision.device;
        let accepted = decision.handled.iter().rposition(|one| one.ver.is_some()).map(|last| bigint(last as u64 + 1));
        sqlx::query(
            "WITH organization AS (
               UPDATE organizations SET ver = $2, moment = CASE WHEN $7::bigint IS NULL THEN moment ELSE
                 greatest($6, date_trunc('milliseconds', moment) + interval '1 millisecond')
                   + $7 * interval '1 microsecond' END
               WHERE id = $1
             )
             UPDATE actors SET last_n = $4, last_hash = $5 WHERE org_id = $1 AND actor = $3",
        )
        .bind(org)
        .bind(bigint(decision.org.ver))
        .bind(i64::from(actor))
        .bind(bigint(last.n))
        .bind(bits(last.hash))
        .bind(timestamp(now))
        .bind(accepted)
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
