//! What a push depends on.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use shared::clock::{Actor, Counter, Version};
use shared::ids::{EntityId, MutationId, ProjectId, TaskId};
use shared::merge::Inverse;
use shared::protocol::PushResult;
use shared::scope::Scope;
use shared::text::TextChange;
use uuid::Uuid;

use super::{Loaded, ScopeColumns, scope_state};
use crate::db::convert::{actor, bigint, entity, field, names, row, scope, unsigned};
use crate::db::lineage::columns;
use crate::db::{DbError, OrgTx};
use crate::domain::lineage::Lineage;
use crate::domain::push::{Accepted, DeviceClock, Needs, OrgClock, Prefix, Stored, TextKey};

// What is looked for comes as arrays, and is looked up one by one behind `OFFSET 0`, over which PostgreSQL joins
// nothing. Without that it may read an organization's whole table for one row: a prepared statement keeps the plan that
// was good when the table was small, until statistics are gathered anew.

impl OrgTx {
    /// Loads what a decision about mutations of this device depends on.
    pub async fn load(
        &mut self,
        org: &OrgClock,
        device: &DeviceClock,
        lineage: &Lineage,
        needs: &Needs,
    ) -> Result<Loaded, DbError> {
        let mut loaded = Loaded::default();
        if !needs.entities.is_empty() {
            self.rows(&needs.entities, &mut loaded).await?;
        }
        let moved = needs.moved(&loaded.scopes);
        if !moved.is_empty() {
            self.dependents(&moved, &mut loaded).await?;
        }
        self.states(&mut loaded).await?;
        if !needs.undone.is_empty() {
            loaded.undone = self.undone(device.actor, &needs.undone).await?;
        }
        let mut parents = needs.parents.clone();
        parents.extend(loaded.undone.values().filter_map(|accepted| accepted.inverse.parent()));
        if !parents.is_empty() {
            loaded.parents = self.parents(&parents).await?;
        }
        let mut texts = needs.texts.clone();
        for Accepted { entity, ver, inverse } in loaded.undone.values() {
            if let Inverse::Text { field, .. } = inverse {
                let after = texts.entry((*entity, *field)).or_insert(*ver);
                *after = (*after).min(*ver);
            }
        }
        if !texts.is_empty() {
            loaded.logs = self.logs(&texts).await?;
        }
        if let Some(results) = needs.results.clone().filter(|results| *results.start() <= device.last.n) {
            loaded.stored = self.stored(lineage, results).await?;
        }
        if org.restored {
            let new = needs.named.iter().filter(|(n, _)| **n > device.last.n);
            loaded.elsewhere = self.elsewhere(new.map(|(_, named)| *named).collect()).await?;
        }
        if needs.all_prefixes || !needs.numbered.is_empty() {
            loaded.prefixes = self.prefixes(needs).await?;
        }
        Ok(loaded)
    }

    async fn rows(&mut self, wanted: &BTreeSet<EntityId>, loaded: &mut Loaded) -> Result<(), DbError> {
        let org = self.org().0;
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT e.state::text, e.scope
             FROM UNNEST($2::text[], $3::uuid[]) AS wanted (kind, id)
             CROSS JOIN LATERAL (
               SELECT state, scope FROM entities
               WHERE org_id = $1 AND kind = wanted.kind AND id = wanted.id OFFSET 0
             ) e",
        )
        .bind(org)
        .bind(wanted.iter().map(|id| id.kind().name()).collect::<Vec<_>>())
        .bind(wanted.iter().map(|id| id.uuid()).collect::<Vec<_>>())
        .fetch_all(self.connection())
        .await?;
        for (state, name) in rows {
            let row = row(&state)?;
            loaded.scopes.insert(row.id, scope(&name)?);
            loaded.rows.insert(row.id, row);
        }
        Ok(())
    }

    /// What is about these tasks, with its version and scope.
    async fn dependents(&mut self, tasks: &BTreeSet<TaskId>, loaded: &mut Loaded) -> Result<(), DbError> {
        let org = self.org().0;
        let rows: Vec<(String, Uuid, Uuid, i64, String)> = sqlx::query_as(
            "SELECT e.kind, e.id, wanted.task_id, e.ver, e.scope
             FROM UNNEST($2::uuid[]) AS wanted (task_id)
             CROSS JOIN LATERAL (
               SELECT kind, id, ver, scope FROM entities
               WHERE org_id = $1 AND task_id = wanted.task_id AND kind IN ('comment', 'attachment') OFFSET 0
             ) e",
        )
        .bind(org)
        .bind(tasks.iter().map(|task| task.0).collect::<Vec<_>>())
        .fetch_all(self.connection())
        .await?;
        for (kind, id, task, ver, name) in rows {
            let id = entity(&kind, id)?;
            loaded.scopes.insert(id, scope(&name)?);
            loaded.dependents.entry(TaskId(task)).or_default().insert(id, unsigned(ver));
        }
        Ok(())
    }

    /// The states of the scopes that were loaded, of everyone's, and of the reader's own.
    async fn states(&mut self, loaded: &mut Loaded) -> Result<(), DbError> {
        let org = self.org().0;
        let own = self.reader().map(|reader| Scope::Person(reader.user));
        let of_rows = loaded.scopes.values().flat_map(|scope| [*scope, scope.gate()]);
        let scopes: BTreeSet<Scope> = of_rows.chain([Scope::Everyone]).chain(own).collect();
        let columns: Vec<ScopeColumns> =
            sqlx::query_as("SELECT scope, access::text, checksum FROM scopes WHERE org_id = $1 AND scope = ANY($2)")
                .bind(org)
                .bind(names(&scopes.into_iter().collect::<Vec<_>>()))
                .fetch_all(self.connection())
                .await?;
        loaded.states = columns.into_iter().map(scope_state).collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Each task's parent, and the parent's, up to the top. UNION, because it must end whatever the rows say.
    async fn parents(&mut self, tasks: &BTreeSet<TaskId>) -> Result<BTreeMap<TaskId, TaskId>, DbError> {
        let org = self.org().0;
        let pairs: Vec<(Uuid, Uuid)> = sqlx::query_as(
            "WITH RECURSIVE above (id, parent) AS (
               SELECT e.id, e.task_id FROM UNNEST($2::uuid[]) AS wanted (id)
               CROSS JOIN LATERAL (
                 SELECT id, task_id FROM entities WHERE org_id = $1 AND kind = 'task' AND id = wanted.id OFFSET 0
               ) e
               UNION
               SELECT e.id, e.task_id FROM above
               CROSS JOIN LATERAL (
                 SELECT id, task_id FROM entities WHERE org_id = $1 AND kind = 'task' AND id = above.parent OFFSET 0
               ) e
             )
             SELECT id, parent FROM above WHERE parent IS NOT NULL",
        )
        .bind(org)
        .bind(tasks.iter().map(|task| task.0).collect::<Vec<_>>())
        .fetch_all(self.connection())
        .await?;
        Ok(pairs.into_iter().map(|(task, parent)| (TaskId(task), TaskId(parent))).collect())
    }

    /// Of these mutations those that were accepted and can be taken back by this actor: its member's own.
    async fn undone(
        &mut self,
        by: Actor,
        wanted: &BTreeSet<(Actor, Counter)>,
    ) -> Result<BTreeMap<(Actor, Counter), Accepted>, DbError> {
        let org = self.org().0;
        let columns: Vec<(i64, i64, String, Uuid, i64, String)> = sqlx::query_as(
            "SELECT m.actor, m.n, m.kind, m.entity_id, m.ver, m.inverse::text
             FROM UNNEST($3::bigint[], $4::bigint[]) AS wanted (actor, n)
             CROSS JOIN LATERAL (
               SELECT * FROM mutations WHERE org_id = $1 AND actor = wanted.actor AND n = wanted.n OFFSET 0
             ) m
             JOIN actors author ON author.org_id = $1 AND author.actor = m.actor
             JOIN actors me ON me.org_id = $1 AND me.actor = $2
             WHERE m.ver IS NOT NULL AND m.inverse IS NOT NULL
               AND (author.actor = me.actor OR author.user_id = me.user_id)",
        )
        .bind(org)
        .bind(i64::from(by))
        .bind(wanted.iter().map(|(actor, _)| i64::from(*actor)).collect::<Vec<_>>())
        .bind(wanted.iter().map(|(_, n)| bigint(*n)).collect::<Vec<_>>())
        .fetch_all(self.connection())
        .await?;
        let accepted = |(author, n, kind, id, ver, inverse): (i64, i64, String, Uuid, i64, String)| {
            let inverse: Inverse = serde_json::from_str(&inverse)?;
            let accepted = Accepted { entity: entity(&kind, id)?, ver: unsigned(ver), inverse };
            Ok(((actor(author)?, unsigned(n)), accepted))
        };
        columns.into_iter().map(accepted).collect()
    }

    /// The changes of each of these texts after a version.
    pub(in crate::db) async fn logs(
        &mut self,
        wanted: &BTreeMap<TextKey, Version>,
    ) -> Result<BTreeMap<TextKey, Vec<TextChange>>, DbError> {
        type Columns = (Uuid, String, String, i64, i64, i64, String);
        let org = self.org().0;
        let columns: Vec<Columns> = sqlx::query_as(
            "SELECT wanted.entity_id, wanted.kind, wanted.field, c.ver, c.actor, c.ctr, c.delta::text
             FROM UNNEST($2::uuid[], $3::text[], $4::text[], $5::bigint[]) AS wanted (entity_id, kind, field, after)
             CROSS JOIN LATERAL (
               SELECT ver, actor, ctr, delta FROM text_changes
               WHERE org_id = $1 AND entity_id = wanted.entity_id AND kind = wanted.kind AND field = wanted.field
                 AND ver > wanted.after
               OFFSET 0
             ) c
             ORDER BY c.ver",
        )
        .bind(org)
        .bind(wanted.keys().map(|(entity, _)| entity.uuid()).collect::<Vec<_>>())
        .bind(wanted.keys().map(|(entity, _)| entity.kind().name()).collect::<Vec<_>>())
        .bind(wanted.keys().map(|(_, field)| field.name()).collect::<Vec<_>>())
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
        lineage: &Lineage,
        numbers: RangeInclusive<Counter>,
    ) -> Result<BTreeMap<Counter, Stored>, DbError> {
        let (org, (actors, upto)) = (self.org().0, columns(lineage));
        let columns: Vec<(i64, Uuid, String)> = sqlx::query_as(
            "SELECT m.n, m.id, m.result::text
             FROM UNNEST($2::bigint[], $3::bigint[]) AS line (actor, upto) JOIN mutations m USING (actor)
             WHERE m.org_id = $1 AND m.n <= line.upto AND m.n BETWEEN $4 AND $5",
        )
        .bind(org)
        .bind(actors)
        .bind(upto)
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

    /// What came of those of these mutations that were handled, under whatever number.
    async fn elsewhere(
        &mut self,
        wanted: Vec<(EntityId, MutationId)>,
    ) -> Result<BTreeMap<MutationId, PushResult>, DbError> {
        let org = self.org().0;
        let columns: Vec<(Uuid, String)> = sqlx::query_as(
            "SELECT m.id, m.result::text
             FROM UNNEST($2::uuid[], $3::uuid[]) AS wanted (entity_id, id)
             CROSS JOIN LATERAL (
               SELECT id, result FROM mutations
               WHERE org_id = $1 AND entity_id = wanted.entity_id AND id = wanted.id OFFSET 0
             ) m",
        )
        .bind(org)
        .bind(wanted.iter().map(|(entity, _)| entity.uuid()).collect::<Vec<_>>())
        .bind(wanted.iter().map(|(_, id)| id.0).collect::<Vec<_>>())
        .fetch_all(self.connection())
        .await?;
        columns.into_iter().map(|(id, result)| Ok((MutationId(id), serde_json::from_str(&result)?))).collect()
    }

    /// All prefixes, or those of some projects.
    async fn prefixes(&mut self, needs: &Needs) -> Result<BTreeMap<String, Prefix>, DbError> {
        let org = self.org().0;
        let columns: Vec<(String, Uuid, i64)> = sqlx::query_as(
            "SELECT prefix, project_id, last_number FROM prefixes
             WHERE org_id = $1 AND ($2 OR project_id = ANY($3))",
        )
        .bind(org)
        .bind(needs.all_prefixes)
        .bind(needs.numbered.iter().map(|project| project.0).collect::<Vec<_>>())
        .fetch_all(self.connection())
        .await?;
        let prefix = |(prefix, project, last): (String, Uuid, i64)| {
            (prefix, Prefix { project: ProjectId(project), last_number: unsigned(last) })
        };
        Ok(columns.into_iter().map(prefix).collect())
    }
}
