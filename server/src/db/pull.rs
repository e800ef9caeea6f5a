//! What a pull reads, in a transaction that sees one moment.

use std::collections::BTreeMap;

use shared::clock::{Counter, Version};
use shared::ids::{EntityId, Kind, UserId};
use shared::protocol::{Fill, PushResult, RefusedMutation};
use shared::scope::{Scope, Stage};
use shared::text::TextChange;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::convert::{bigint, entity, names, row, scope, stage_number, unsigned};
use super::lineage::columns;
use super::push::{ScopeColumns, org_clock, org_clock_statement, scope_state};
use super::{DbError, OrgTx};
use crate::domain::lineage::Lineage;
use crate::domain::pull::{Located, ROWS};
use crate::domain::push::{OrgClock, ScopeState, TextKey};
use crate::domain::resource::{FieldTypes, field_type};

impl OrgTx {
    /// Where the organization stands.
    pub async fn org_clock(&mut self) -> Result<OrgClock, DbError> {
        let org = self.org().0;
        let clock = sqlx::query_as(AssertSqlSafe(org_clock_statement())).bind(org).fetch_one(self.connection()).await?;
        Ok(org_clock(clock))
    }

    /// Every scope of the organization.
    pub async fn scopes(&mut self) -> Result<BTreeMap<Scope, ScopeState>, DbError> {
        let org = self.org().0;
        let columns: Vec<ScopeColumns> =
            sqlx::query_as("SELECT scope, access::text, checksum FROM scopes WHERE org_id = $1")
                .bind(org)
                .fetch_all(self.connection())
                .await?;
        columns.into_iter().map(scope_state).collect()
    }

    /// A row where it is.
    pub async fn located(&mut self, id: EntityId) -> Result<Option<Located>, DbError> {
        let org = self.org().0;
        let columns: Option<(String, String, i64)> =
            sqlx::query_as("SELECT state::text, scope, pos FROM entities WHERE org_id = $1 AND kind = $2 AND id = $3")
                .bind(org)
                .bind(id.kind().name())
                .bind(id.uuid())
                .fetch_optional(self.connection())
                .await?;
        columns.map(located).transpose()
    }

    /// What the organization's custom fields hold.
    pub async fn field_types(&mut self) -> Result<FieldTypes, DbError> {
        let org = self.org().0;
        let states: Vec<String> =
            sqlx::query_scalar("SELECT state::text FROM entities WHERE org_id = $1 AND kind = $2")
                .bind(org)
                .bind(Kind::CustomField.name())
                .fetch_all(self.connection())
                .await?;
        let rows: Vec<_> = states.iter().map(|state| row(state)).collect::<Result<_, _>>()?;
        Ok(rows.iter().filter_map(field_type).collect())
    }

    /// What changed in some scopes after a version, in order.
    pub async fn changes_after(&mut self, after: Version, scopes: &[Scope]) -> Result<Vec<Located>, DbError> {
        let org = self.org().0;
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT state::text, scope, pos FROM entities
             WHERE org_id = $1 AND pos > $2 AND scope = ANY($3) ORDER BY pos FETCH FIRST ($4) ROWS WITH TIES",
        )
        .bind(org)
        .bind(bigint(after))
        .bind(names(scopes))
        .bind(bigint(ROWS as u64))
        .fetch_all(self.connection())
        .await?;
        rows.into_iter().map(located).collect()
    }

    /// What left some scopes, after a version and up to another, and is in none of them up to there: one that is told
    /// of later may close before.
    pub async fn left(&mut self, after: Version, until: Version, scopes: &[Scope]) -> Result<Vec<EntityId>, DbError> {
        let org = self.org().0;
        let rows: Vec<(String, Uuid)> = sqlx::query_as(
            "SELECT DISTINCT d.kind, d.id FROM departures d LEFT JOIN entities e USING (org_id, kind, id)
             WHERE d.org_id = $1 AND d.ver > $2 AND d.ver <= $3 AND d.scope = ANY($4)
               AND (e.id IS NULL OR NOT e.scope = ANY($4) OR e.pos > $3)",
        )
        .bind(org)
        .bind(bigint(after))
        .bind(bigint(until))
        .bind(names(scopes))
        .fetch_all(self.connection())
        .await?;
        rows.into_iter().map(|(kind, id)| entity(&kind, id)).collect()
    }

    /// What has long been in some scopes, from one stage of a fill.
    pub async fn stage(&mut self, fill: &Fill, scopes: &[Scope], me: UserId) -> Result<Vec<Located>, DbError> {
        let org = self.org().0;
        let (stage, mine) = match fill.from.stage {
            Stage::Mine => (Stage::Open, Some(true)),
            Stage::Open => (Stage::Open, Some(false)),
            stage => (stage, None),
        };
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT state::text, scope, pos FROM entities
             WHERE org_id = $1 AND stage = $2 AND pos > $3 AND pos <= $4 AND scope = ANY($5)
               AND ($6::boolean IS NULL OR ($7 = ANY(assignees)) = $6)
             ORDER BY pos FETCH FIRST ($8) ROWS WITH TIES",
        )
        .bind(org)
        .bind(stage_number(stage))
        .bind(bigint(fill.from.after))
        .bind(bigint(fill.until))
        .bind(names(scopes))
        .bind(mine)
        .bind(me.0)
        .bind(bigint(ROWS as u64))
        .fetch_all(self.connection())
        .await?;
        rows.into_iter().map(located).collect()
    }

    /// The changes of each of these texts after a version.
    pub async fn texts_after(
        &mut self,
        texts: impl Iterator<Item = (TextKey, Version)>,
    ) -> Result<BTreeMap<TextKey, Vec<TextChange>>, DbError> {
        let wanted: BTreeMap<_, _> = texts.collect();
        if wanted.is_empty() { Ok(BTreeMap::new()) } else { self.logs(&wanted).await }
    }

    /// A device's refused mutations after a number.
    pub async fn refused_after(
        &mut self,
        lineage: &Lineage,
        confirmed: Counter,
    ) -> Result<Vec<RefusedMutation>, DbError> {
        let (org, (actors, upto)) = (self.org().0, columns(lineage));
        let columns: Vec<(i64, String)> = sqlx::query_as(
            "SELECT m.n, m.result::text
             FROM UNNEST($2::bigint[], $3::bigint[]) AS line (actor, upto) JOIN mutations m USING (actor)
             WHERE m.org_id = $1 AND m.n <= line.upto AND m.n > $4 AND m.ver IS NULL ORDER BY m.n",
        )
        .bind(org)
        .bind(actors)
        .bind(upto)
        .bind(bigint(confirmed))
        .fetch_all(self.connection())
        .await?;
        let refused = |(n, result): (i64, String)| match serde_json::from_str(&result)? {
            PushResult::Rejected(reason) => Ok(RefusedMutation { n: unsigned(n), reason }),
            PushResult::Accepted(_) => Err(DbError::Unreadable(format!("mutation {n} has no version, yet no refusal"))),
        };
        columns.into_iter().map(refused).collect()
    }
}

fn located((state, name, pos): (String, String, i64)) -> Result<Located, DbError> {
    Ok(Located { row: row(&state)?, scope: scope(&name)?, pos: unsigned(pos), bytes: state.len() })
}
