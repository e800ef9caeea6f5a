//! Actors that branched from others.

use shared::account::DeviceInfo;
use shared::clock::Actor;
use shared::ids::{DeviceId, Epoch, MutationId, UserId};
use shared::protocol::LastMutation;
use shared::resume::History;
use uuid::Uuid;

use super::convert::{actor, bigint, bits, hash, unsigned};
use super::{DbError, OrgTx};
use crate::domain::lineage::Lineage;
use crate::domain::push::DeviceClock;
use crate::domain::resume::Tree;
use crate::member::Member;

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

    /// The device that a member's actor is.
    pub async fn device_of(&mut self, user: UserId, number: Actor) -> Result<DeviceInfo, DbError> {
        let org = self.org().0;
        let (id, name): (Uuid, String) = sqlx::query_as(
            "SELECT d.id, d.name FROM actors a JOIN devices d ON (d.user_id, d.id) = (a.user_id, a.device_id)
             WHERE a.org_id = $1 AND a.actor = $2 AND a.user_id = $3",
        )
        .bind(org)
        .bind(i64::from(number))
        .bind(user.0)
        .fetch_one(self.connection())
        .await?;
        Ok(DeviceInfo { id: DeviceId(id), name })
    }

    /// The actors of a member, and what they have done under the numbers that a device has waiting.
    pub async fn tree(&mut self, member: &Member, epoch: Epoch, history: &History) -> Result<Tree, DbError> {
        type Columns = (i64, i64, i64, Option<i64>, Option<i64>);
        let (org, user, after) = (self.org().0, member.user(), bigint(history.confirmed.n));
        let actors: Vec<Columns> = sqlx::query_as(
            "SELECT actor, last_n, last_hash, succeeds, branched_at FROM actors WHERE org_id = $1 AND user_id = $2",
        )
        .bind(org)
        .bind(user.0)
        .fetch_all(self.connection())
        .await?;
        let ids: Vec<(i64, i64, Uuid)> = sqlx::query_as(
            "SELECT m.actor, m.n, m.id FROM actors a JOIN mutations m USING (org_id, actor)
             WHERE a.org_id = $1 AND a.user_id = $2 AND m.n > $3 AND m.n <= $4",
        )
        .bind(org)
        .bind(user.0)
        .bind(after)
        .bind(after.saturating_add(bigint(history.waiting.len() as u64)))
        .fetch_all(self.connection())
        .await?;
        let mut tree = Tree::new(epoch, member.actor());
        for (number, n, bits, succeeds, at) in actors {
            let number = actor(number)?;
            tree.last.insert(number, LastMutation { n: unsigned(n), hash: hash(bits) });
            if let (Some(of), Some(at)) = (succeeds, at) {
                tree.branches.insert(number, (actor(of)?, unsigned(at)));
            }
        }
        for (number, n, id) in ids {
            tree.handled.insert((actor(number)?, unsigned(n)), MutationId(id));
        }
        Ok(tree)
    }

    /// The organization's next actor, for a new device whose history is that of another actor up to `at`. `false` where
    /// the device is known.
    pub async fn branch_actor(
        &mut self,
        (user, device): (UserId, DeviceId),
        from: Actor,
        at: LastMutation,
    ) -> Result<bool, DbError> {
        let org = self.org().0;
        if self.known_actor(user, device).await?.is_some() {
            return Ok(false);
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
