//! What clients of earlier systems ask for: times instead of versions, and what was done to a row since.

use std::collections::BTreeMap;

use shared::clock::{Actor, Stamp, Version};
use shared::ids::{DeviceId, EntityId, Kind, MutationId, UserId};
use shared::scope::Scope;
use time::OffsetDateTime;
use uuid::Uuid;

use super::convert::{actor, bigint, entity, names, row, scope, unsigned};
use super::{DbError, OrgTx};
use crate::domain::earlier::{Moment, Past};
use crate::domain::pull::Located;

fn timestamp(moment: Moment) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(moment.0) * 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn moment(timestamp: OffsetDateTime) -> Moment {
    Moment(i64::try_from(timestamp.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX))
}

impl OrgTx {
    /// The moment of the last version.
    pub async fn last_moment(&mut self) -> Result<Moment, DbError> {
        let org = self.org().0;
        let last: OffsetDateTime = sqlx::query_scalar("SELECT moment FROM organizations WHERE id = $1")
            .bind(org)
            .fetch_one(self.connection())
            .await?;
        Ok(moment(last))
    }

    /// The last version at a moment or before it, with its own moment.
    pub async fn version_at(&mut self, at: Moment) -> Result<Option<(Version, Moment)>, DbError> {
        let org = self.org().0;
        let found: Option<(i64, OffsetDateTime)> = sqlx::query_as(
            "SELECT ver, handled_at FROM mutations
             WHERE org_id = $1 AND ver IS NOT NULL AND handled_at <= $2
             ORDER BY handled_at DESC, ver DESC LIMIT 1",
        )
        .bind(org)
        .bind(timestamp(at))
        .fetch_optional(self.connection())
        .await?;
        Ok(found.map(|(ver, at)| (unsigned(ver), moment(at))))
    }

    /// The moment at which a row got a version.
    pub async fn moment_of(&mut self, id: EntityId, ver: Version) -> Result<Option<Moment>, DbError> {
        let org = self.org().0;
        let found: Option<OffsetDateTime> = sqlx::query_scalar(
            "SELECT handled_at FROM mutations WHERE org_id = $1 AND entity_id = $2 AND ver = $3 AND kind = $4",
        )
        .bind(org)
        .bind(id.uuid())
        .bind(bigint(ver))
        .bind(id.kind().name())
        .fetch_optional(self.connection())
        .await?;
        Ok(found.map(moment))
    }

    /// What changed of some kinds in some scopes after a version, in order: so many rows, and all of the last one's version.
    pub async fn changes_of(
        &mut self,
        kinds: &[Kind],
        after: Version,
        scopes: &[Scope],
        most: usize,
    ) -> Result<Vec<Located>, DbError> {
        let org = self.org().0;
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT state::text, scope, pos FROM entities
             WHERE org_id = $1 AND pos > $2 AND scope = ANY($3) AND kind = ANY($4)
             ORDER BY pos FETCH FIRST ($5) ROWS WITH TIES",
        )
        .bind(org)
        .bind(bigint(after))
        .bind(names(scopes))
        .bind(kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>())
        .bind(bigint(most as u64))
        .fetch_all(self.connection())
        .await?;
        let located = |(state, name, pos): (String, String, i64)| {
            Ok(Located { row: row(&state)?, scope: scope(&name)?, pos: unsigned(pos), bytes: state.len() })
        };
        rows.into_iter().map(located).collect()
    }

    /// What was done to a row after a version, in order.
    pub async fn past(&mut self, id: EntityId, after: Version) -> Result<Vec<Past>, DbError> {
        let org = self.org().0;
        let columns: Vec<(i64, String, Option<String>)> = sqlx::query_as(
            "SELECT actor, op::text, inverse::text FROM mutations
             WHERE org_id = $1 AND entity_id = $2 AND kind = $3 AND ver > $4 ORDER BY ver",
        )
        .bind(org)
        .bind(id.uuid())
        .bind(id.kind().name())
        .bind(bigint(after))
        .fetch_all(self.connection())
        .await?;
        let past = |(number, op, inverse): (i64, String, Option<String>)| {
            let inverse = inverse.as_deref().map(serde_json::from_str).transpose()?;
            Ok(Past { actor: actor(number)?, op: serde_json::from_str(&op)?, inverse })
        };
        columns.into_iter().map(past).collect()
    }

    /// With which version a mutation of a row was accepted, under whatever number.
    pub async fn done_with(&mut self, entity: EntityId, id: MutationId) -> Result<Option<Version>, DbError> {
        let org = self.org().0;
        let ver: Option<i64> = sqlx::query_scalar(
            "SELECT ver FROM mutations WHERE org_id = $1 AND entity_id = $2 AND id = $3 AND ver IS NOT NULL",
        )
        .bind(org)
        .bind(entity.uuid())
        .bind(id.0)
        .fetch_optional(self.connection())
        .await?;
        Ok(ver.map(unsigned))
    }

    /// All that was written to rows, in the server's order.
    pub async fn writes(&mut self, rows: &[EntityId]) -> Result<BTreeMap<EntityId, Vec<Stamp>>, DbError> {
        let org = self.org().0;
        let columns: Vec<(String, Uuid, i64, i64, i64)> = sqlx::query_as(
            "SELECT m.kind, m.entity_id, m.actor, m.n, m.ver
             FROM UNNEST($2::text[], $3::uuid[]) AS wanted (kind, id)
             CROSS JOIN LATERAL (
               SELECT * FROM mutations WHERE org_id = $1 AND entity_id = wanted.id AND kind = wanted.kind OFFSET 0
             ) m
             WHERE m.ver IS NOT NULL ORDER BY m.ver",
        )
        .bind(org)
        .bind(rows.iter().map(|id| id.kind().name()).collect::<Vec<_>>())
        .bind(rows.iter().map(|id| id.uuid()).collect::<Vec<_>>())
        .fetch_all(self.connection())
        .await?;
        let mut writes: BTreeMap<EntityId, Vec<Stamp>> = BTreeMap::new();
        for (kind, id, number, n, ver) in columns {
            let stamp = Stamp { actor: actor(number)?, ctr: unsigned(n), ver: unsigned(ver), ctx: 0, at: 0 };
            writes.entry(entity(&kind, id)?).or_default().push(stamp);
        }
        Ok(writes)
    }

    /// Whose actors these are: members, their devices and what those are called. The server itself is nobody.
    pub async fn authors(&mut self, actors: &[Actor]) -> Result<BTreeMap<Actor, (UserId, DeviceId, String)>, DbError> {
        let org = self.org().0;
        let columns: Vec<(i64, Uuid, Uuid, String)> = sqlx::query_as(
            "SELECT a.actor, d.user_id, d.id, d.name FROM actors a
             JOIN devices d ON (d.user_id, d.id) = (a.user_id, a.device_id)
             WHERE a.org_id = $1 AND a.actor = ANY($2)",
        )
        .bind(org)
        .bind(actors.iter().map(|one| i64::from(*one)).collect::<Vec<_>>())
        .fetch_all(self.connection())
        .await?;
        let author = |(number, user, device, name)| Ok((actor(number)?, (UserId(user), DeviceId(device), name)));
        columns.into_iter().map(author).collect()
    }
}
