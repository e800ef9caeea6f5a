//! Letting go of what was deleted long ago.

use std::collections::BTreeSet;

use shared::clock::{Millis, Version};
use shared::ids::Kind;
use uuid::Uuid;

use super::convert::{bigint, scope, timestamp, unsigned};
use super::{DbError, OrgTx};

impl OrgTx {
    /// Raises the floor to the last version that was given before a time, and removes the rows that were deleted up to
    /// there, but for those of members: what they wrote bears their names. What is gone is a function of the floor alone
    /// ([`shared::row::Row::is_gone_at`]), so that a device that hears of the floor lets go of the same rows. Returns how
    /// many there were.
    pub async fn purge(&mut self, before: Millis) -> Result<u64, DbError> {
        let clock = self.lock().await?;
        let floor = self.last_version(before).await?;
        if floor <= clock.floor {
            return Ok(0);
        }
        let org = self.org().0;
        let gone: Vec<(String, Uuid, i64, String)> = sqlx::query_as(
            "DELETE FROM entities WHERE org_id = $1 AND deleted AND ver <= $2 AND kind <> $3
             RETURNING kind, id, ver, scope",
        )
        .bind(org)
        .bind(bigint(floor))
        .bind(Kind::Member.name())
        .fetch_all(self.connection())
        .await?;
        self.forget(&gone).await?;
        sqlx::query("DELETE FROM departures WHERE org_id = $1 AND ver <= $2")
            .bind(org)
            .bind(bigint(floor))
            .execute(self.connection())
            .await?;
        sqlx::query(
            "DELETE FROM text_changes c USING UNNEST($2::text[], $3::uuid[]) AS gone (kind, id)
             WHERE c.org_id = $1 AND (c.kind, c.entity_id) = (gone.kind, gone.id)",
        )
        .bind(org)
        .bind(gone.iter().map(|(kind, ..)| kind.as_str()).collect::<Vec<_>>())
        .bind(gone.iter().map(|(_, id, ..)| *id).collect::<Vec<_>>())
        .execute(self.connection())
        .await?;
        sqlx::query("UPDATE organizations SET floor = $2 WHERE id = $1")
            .bind(org)
            .bind(bigint(floor))
            .execute(self.connection())
            .await?;
        Ok(gone.len() as u64)
    }

    /// Takes rows out of the checksums of their scopes.
    async fn forget(&mut self, gone: &[(String, Uuid, i64, String)]) -> Result<(), DbError> {
        let mut states = self.scopes().await?;
        let mut changed = BTreeSet::new();
        for (_, id, ver, name) in gone {
            let scope = scope(name)?;
            changed.insert(scope);
            states.entry(scope).or_default().checksum.remove(*id, unsigned(*ver));
        }
        states.retain(|scope, _| changed.contains(scope));
        self.upsert_scopes(&states).await
    }

    /// The last version that was given before a time; 0 if there was none.
    async fn last_version(&mut self, before: Millis) -> Result<Version, DbError> {
        let org = self.org().0;
        let last: Option<i64> =
            sqlx::query_scalar("SELECT max(ver) FROM mutations WHERE org_id = $1 AND handled_at < $2")
                .bind(org)
                .bind(timestamp(before))
                .fetch_one(self.connection())
                .await?;
        Ok(last.map_or(0, unsigned))
    }
}
