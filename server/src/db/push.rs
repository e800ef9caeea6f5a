//! What a push depends on, read under the organization's lock, and what it writes. One statement per table, however
//! many mutations there are.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use shared::clock::{Actor, Counter, Millis, Version};
use shared::hash::Checksum;
use shared::ids::{EntityId, Epoch, MutationId, ProjectId};
use shared::protocol::{LastMutation, PushResult};
use shared::row::{Entity, Row};
use shared::text::TextChange;
use uuid::Uuid;

use super::convert::{actor, bigint, bits, entity, field, field_name, hash, json, kind, row, timestamp, unsigned};
use super::{DbError, OrgTx};
use crate::domain::push::{DeviceClock, Handled, Needs, OrgClock, PushDecision, Stored, TextEntry, TextKey};

mod upsert;

/// What [`Needs`] asked for.
#[derive(Debug, Default)]
pub struct Loaded {
    pub rows: BTreeMap<EntityId, Row>,
    pub logs: BTreeMap<TextKey, Vec<TextChange>>,
    pub stored: BTreeMap<Counter, Stored>,
    pub prefixes: BTreeSet<String>,
    pub numbers: BTreeMap<ProjectId, u32>,
}

pub(super) const ORG_CLOCK: &str = "SELECT epoch, ver, checksum FROM organizations WHERE id = $1";

pub(super) fn org_clock((epoch, ver, checksum): (Uuid, i64, i64)) -> OrgClock {
    OrgClock { epoch: Epoch(epoch), ver: unsigned(ver), checksum: Checksum(hash(checksum)) }
}

impl OrgTx {
    /// Takes the organization's place in line: until the end of the transaction nobody else moves its version. Comes
    /// before anything is read that a decision depends on.
    pub async fn lock(&mut self) -> Result<OrgClock, DbError> {
        let org = self.org().0;
        let clock = sqlx::query_as("SELECT epoch, ver, checksum FROM organizations WHERE id = $1 FOR UPDATE")
            .bind(org)
            .fetch_one(self.connection())
            .await?;
        Ok(org_clock(clock))
    }

    /// How far a device's mutations have been handled.
    pub async fn device_clock(&mut self, number: Actor) -> Result<DeviceClock, DbError> {
        let org = self.org().0;
        let (n, bits): (i64, i64) =
            sqlx::query_as("SELECT last_n, last_hash FROM actors WHERE org_id = $1 AND actor = $2")
                .bind(org)
                .bind(i64::from(number))
                .fetch_one(self.connection())
                .await?;
        Ok(DeviceClock { actor: number, last: LastMutation { n: unsigned(n), hash: hash(bits) } })
    }

    /// Loads what a decision about mutations of this actor depends on.
    pub async fn load(&mut self, device: &DeviceClock, needs: &Needs) -> Result<Loaded, DbError> {
        let mut loaded = Loaded::default();
        if !needs.entities.is_empty() {
            loaded.rows = self.rows(&needs.entities).await?;
        }
        if !needs.texts.is_empty() {
            loaded.logs = self.logs(&needs.texts).await?;
        }
        if let Some(results) = needs.results.clone().filter(|results| *results.start() <= device.last.n) {
            loaded.stored = self.stored(device.actor, results).await?;
        }
        if needs.prefixes {
            loaded.prefixes = self.prefixes().await?;
        }
        if !needs.numbers.is_empty() {
            loaded.numbers = self.numbers(&needs.numbers).await?;
        }
        Ok(loaded)
    }

    /// Writes a decision. Becomes visible with [`Self::commit`], all of it at once.
    pub async fn write(&mut self, decision: &PushDecision, now: Millis) -> Result<(), DbError> {
        if decision.handled.is_empty() {
            return Ok(()); // only repeats
        }
        self.upsert_rows(decision.rows.values(), now).await?;
        self.write_numbers(&decision.numbers).await?;
        self.insert_texts(&decision.texts).await?;
        self.insert_handled(decision.device.actor, &decision.handled, now).await?;
        self.write_clocks(decision).await
    }

    async fn rows(&mut self, wanted: &BTreeSet<EntityId>) -> Result<BTreeMap<EntityId, Row>, DbError> {
        let org = self.org().0;
        let of_kind = |project: bool| -> Vec<Uuid> {
            let ids = wanted.iter().filter(|id| matches!(id, EntityId::Project(_)) == project);
            ids.map(|id| id.uuid()).collect()
        };
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "SELECT ver, state::text FROM projects WHERE org_id = $1 AND id = ANY($2)
             UNION ALL
             SELECT ver, state::text FROM tasks WHERE org_id = $1 AND id = ANY($3)",
        )
        .bind(org)
        .bind(of_kind(true))
        .bind(of_kind(false))
        .fetch_all(self.connection())
        .await?;
        rows.iter().map(|(ver, state)| row(*ver, state).map(|row| (row.id(), row))).collect()
    }

    /// The changes of each of these texts after a version.
    pub(super) async fn logs(
        &mut self,
        wanted: &BTreeMap<TextKey, Version>,
    ) -> Result<BTreeMap<TextKey, Vec<TextChange>>, DbError> {
        type Columns = (Uuid, String, String, i64, i64, i64, String);
        let org = self.org().0;
        let columns: Vec<Columns> = sqlx::query_as(
            "SELECT c.entity_id, c.kind, c.field, c.ver, c.actor, c.ctr, c.delta::text
             FROM UNNEST($2::uuid[], $3::text[], $4::text[], $5::bigint[]) AS wanted (entity_id, kind, field, after)
             JOIN text_changes c USING (entity_id, kind, field)
             WHERE c.org_id = $1 AND c.ver > wanted.after
             ORDER BY c.ver",
        )
        .bind(org)
        .bind(wanted.keys().map(|(entity, _)| entity.uuid()).collect::<Vec<_>>())
        .bind(wanted.keys().map(|(entity, _)| kind(*entity)).collect::<Vec<_>>())
        .bind(wanted.keys().map(|(_, field)| field_name(*field)).collect::<Vec<_>>())
        .bind(wanted.values().map(|after| bigint(*after)).collect::<Vec<_>>())
        .fetch_all(self.connection())
        .await?;
        let mut logs: BTreeMap<TextKey, Vec<TextChange>> = BTreeMap::new();
        for (id, kind, name, ver, author, ctr, delta) in columns {
            let delta = serde_json::from_str(&delta)?;
            let change = TextChange { ver: unsigned(ver), actor: actor(author)?, ctr: unsigned(ctr), delta };
            logs.entry((entity(&kind, id)?, field(&name)?)).or_default().push(change);
        }
        Ok(logs)
    }

    async fn stored(
        &mut self,
        actor: Actor,
        numbers: RangeInclusive<Counter>,
    ) -> Result<BTreeMap<Counter, Stored>, DbError> {
        let org = self.org().0;
        let columns: Vec<(i64, Uuid, String)> = sqlx::query_as(
            "SELECT n, id, result::text FROM mutations WHERE org_id = $1 AND actor = $2 AND n BETWEEN $3 AND $4",
        )
        .bind(org)
        .bind(i64::from(actor))
        .bind(bigint(*numbers.start()))
        .bind(bigint(*numbers.end()))
        .fetch_all(self.connection())
        .await?;
        let stored = |(n, id, result): (i64, Uuid, String)| {
            let result: PushResult = serde_json::from_str(&result)?;
            Ok((unsigned(n), Stored { id: MutationId(id), result }))
        };
        columns.into_iter().map(stored).collect()
    }

    async fn prefixes(&mut self) -> Result<BTreeSet<String>, DbError> {
        let org = self.org().0;
        let prefixes: Vec<String> = sqlx::query_scalar("SELECT prefix FROM projects WHERE org_id = $1")
            .bind(org)
            .fetch_all(self.connection())
            .await?;
        Ok(prefixes.into_iter().collect())
    }

    async fn numbers(&mut self, projects: &BTreeSet<ProjectId>) -> Result<BTreeMap<ProjectId, u32>, DbError> {
        let org = self.org().0;
        let columns: Vec<(Uuid, i64)> =
            sqlx::query_as("SELECT id, last_number FROM projects WHERE org_id = $1 AND id = ANY($2)")
                .bind(org)
                .bind(projects.iter().map(|project| project.0).collect::<Vec<_>>())
                .fetch_all(self.connection())
                .await?;
        let number = |(id, last): (Uuid, i64)| {
            let last = u32::try_from(last).map_err(|_| DbError::Unreadable(format!("task number {last}")))?;
            Ok((ProjectId(id), last))
        };
        columns.into_iter().map(number).collect()
    }

    async fn upsert_rows(&mut self, rows: impl Iterator<Item = &Row> + Clone, now: Millis) -> Result<(), DbError> {
        let projects = rows.clone().filter_map(|row| match &row.entity {
            Entity::Project(project) => Some((row, project)),
            Entity::Task(_) => None,
        });
        upsert::projects(self, &projects.collect::<Vec<_>>(), now).await?;
        let tasks = rows.filter_map(|row| match &row.entity {
            Entity::Task(task) => Some((row, task)),
            Entity::Project(_) => None,
        });
        upsert::tasks(self, &tasks.collect::<Vec<_>>(), now).await
    }

    async fn write_numbers(&mut self, numbers: &BTreeMap<ProjectId, u32>) -> Result<(), DbError> {
        if numbers.is_empty() {
            return Ok(());
        }
        let org = self.org().0;
        sqlx::query(
            "UPDATE projects SET last_number = moved.last_number
             FROM UNNEST($2::uuid[], $3::bigint[]) AS moved (id, last_number)
             WHERE projects.org_id = $1 AND projects.id = moved.id",
        )
        .bind(org)
        .bind(numbers.keys().map(|project| project.0).collect::<Vec<_>>())
        .bind(numbers.values().map(|number| i64::from(*number)).collect::<Vec<_>>())
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
        .bind(texts.iter().map(|text| kind(text.entity)).collect::<Vec<_>>())
        .bind(texts.iter().map(|text| field_name(text.field)).collect::<Vec<_>>())
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
        sqlx::query(
            "INSERT INTO mutations (org_id, actor, n, id, entity_id, kind, op, ctx, at, ver, result, handled_at)
             SELECT $1, $2, n, id, entity_id, kind, op::json, ctx, at, ver, result::jsonb, $3
             FROM UNNEST($4::bigint[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::bigint[], $10::bigint[],
                         $11::bigint[], $12::text[]) AS t (n, id, entity_id, kind, op, ctx, at, ver, result)",
        )
        .bind(org)
        .bind(i64::from(actor))
        .bind(timestamp(now))
        .bind(handled.iter().map(|one| bigint(one.n)).collect::<Vec<_>>())
        .bind(handled.iter().map(|one| one.id.0).collect::<Vec<_>>())
        .bind(handled.iter().map(|one| one.entity.uuid()).collect::<Vec<_>>())
        .bind(handled.iter().map(|one| kind(one.entity)).collect::<Vec<_>>())
        .bind(handled.iter().map(|one| json(&one.op)).collect::<Result<Vec<_>, _>>()?)
        .bind(handled.iter().map(|one| bigint(one.ctx)).collect::<Vec<_>>())
        .bind(handled.iter().map(|one| one.at).collect::<Vec<_>>())
        .bind(handled.iter().map(|one| one.ver.map(bigint)).collect::<Vec<_>>())
        .bind(handled.iter().map(|one| json(&one.result)).collect::<Result<Vec<_>, _>>()?)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    async fn write_clocks(&mut self, decision: &PushDecision) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query("UPDATE organizations SET ver = $2, checksum = $3 WHERE id = $1")
            .bind(org)
            .bind(bigint(decision.org.ver))
            .bind(bits(decision.org.checksum.0))
            .execute(self.connection())
            .await?;
        let DeviceClock { actor, last } = decision.device;
        sqlx::query("UPDATE actors SET last_n = $3, last_hash = $4 WHERE org_id = $1 AND actor = $2")
            .bind(org)
            .bind(i64::from(actor))
            .bind(bigint(last.n))
            .bind(bits(last.hash))
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
