//! Actors that branched from others.

use std::collections::BTreeMap;

use shared::account::DeviceInfo;
use shared::clock::{Actor, Counter};
use shared::ids::{DeviceId, MutationId, UserId};
use shared::protocol::LastMutation;
use shared::resume::History;
use uuid::Uuid;

use super::convert::{actor, bigint, bits, hash, unsigned};
use super::{DbError, OrgTx};
use crate::domain::lineage::Lineage;
use crate::domain::push::DeviceClock;

impl OrgTx {
    /// How far a device's mutations have been handled, and the actors that its history goes through.
    pub async fn device_clock(&mut self, number: Actor) -> Result<(DeviceClock, Lineage), DbError> {
        let org = self.org().0;
        let line: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
            "WITH RECURSIVE line (actor, upto, last_n, last_hash, succeeds, branched_at) AS (
               SELECT actor, 9223372036854775807, last_n, last_hash, succeeds, branched_at
               FROM actors WHERE org_id = $1 AND actor = $2
               UNION ALL
               SELECT a.actor, LEAST(line.upto, line.branched_at), a.last_n, a.last_hash, a.succeeds, a.branched_at
               FROM line JOIN actors a ON a.org_id = $1 AND a.actor = line.succeeds
             )
             SELECT actor, upto, last_n, last_hash FROM line ORDER BY actor DESC",
        )
        .bind(org)
        .bind(i64::from(number))
        .fetch_all(self.connection())
        .await?;
        let Some((_, _, n, bits)) = line.first().copied() else { return Err(sqlx::Error::RowNotFound.into()) };
        let ancestors = line[1..].iter().map(|(ancestor, upto, ..)| Ok((actor(*ancestor)?, unsigned(*upto))));
        let lineage = Lineage::new(number, ancestors.collect::<Result<_, DbError>>()?);
        Ok((DeviceClock { actor: number, last: LastMutation { n: unsigned(n), hash: hash(bits) } }, lineage))
    }

    /// The device that an actor is, if it is one of this member's.
    pub async fn device_of(&mut self, user: UserId, number: Actor) -> Result<Option<DeviceInfo>, DbError> {
        let org = self.org().0;
        let found: Option<(Uuid, String)> = sqlx::query_as(
            "SELECT d.id, d.name FROM actors a JOIN devices d ON (d.user_id, d.id) = (a.user_id, a.device_id)
             WHERE a.org_id = $1 AND a.actor = $2 AND a.user_id = $3",
        )
        .bind(org)
        .bind(i64::from(number))
        .bind(user.0)
        .fetch_optional(self.connection())
        .await?;
        Ok(found.map(|(id, name)| DeviceInfo { id: DeviceId(id), name }))
    }

    /// The ids under the numbers that a device asks about.
    pub async fn history_after(
        &mut self,
        lineage: &Lineage,
        history: &History,
    ) -> Result<BTreeMap<Counter, MutationId>, DbError> {
        let (org, (actors, upto)) = (self.org().0, columns(lineage));
        let after = bigint(history.confirmed.n);
        let ids: Vec<(i64, Uuid)> = sqlx::query_as(
            "SELECT m.n, m.id FROM UNNEST($2::bigint[], $3::bigint[]) AS line (actor, upto) JOIN mutations m USING (actor)
             WHERE m.org_id = $1 AND m.n <= line.upto AND m.n > $4 AND m.n <= $5",
        )
        .bind(org)
        .bind(actors)
        .bind(upto)
        .bind(after)
        .bind(after.saturating_add(bigint(history.waiting.len() as u64)))
        .fetch_all(self.connection())
        .await?;
        Ok(ids.into_iter().map(|(n, id)| (unsigned(n), MutationId(id))).collect())
    }

    /// The organization's next actor, for a device whose history is that of another actor up to `at`. Asked for once
    /// more, it is the same. `false` where the device has been another one before.
    pub async fn branch_actor(
        &mut self,
        (user, device): (UserId, DeviceId),
        from: Actor,
        at: LastMutation,
    ) -> Result<bool, DbError> {
        let org = self.org().0;
        let known: Option<Option<i64>> =
            sqlx::query_scalar("SELECT succeeds FROM actors WHERE org_id = $1 AND user_id = $2 AND device_id = $3")
                .bind(org)
                .bind(user.0)
                .bind(device.0)
                .fetch_optional(self.connection())
                .await?;
        if let Some(succeeds) = known {
            return Ok(succeeds == Some(i64::from(from)));
        }
        let number = self.insert_actor(Some((user, device))).await?;
        sqlx::query(
            "UPDATE actors SET succeeds = $3, branched_at = $4, last_n = $4, last_hash = $5
             WHERE org_id = $1 AND actor = $2",
        )
        .bind(org)
        .bind(i64::from(number))
        .bind(i64::from(from))
        .bind(bigint(at.n))
        .bind(bits(at.hash))
        .execute(self.connection())
        .await?;
        Ok(true)
    }
}

/// A lineage as two arrays: actors, and the last number of each that belongs to it.
pub(super) fn columns(lineage: &Lineage) -> (Vec<i64>, Vec<i64>) {
    lineage.parts().map(|(actor, upto)| (i64::from(actor), bigint(upto))).unzip()
}
