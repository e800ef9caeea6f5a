//! The lives of an organization's data. After a restore from a backup it gets a new one: versions that were given after
//! the backup are given once more, and whatever names one of them must say of which life.

use shared::clock::{Millis, Version};
use shared::ids::Epoch;
use time::OffsetDateTime;

use super::convert::{bigint, timestamp, unsigned};
use super::{DbError, OrgTx};
use crate::domain::push::OrgClock;

/// A life that has just begun, for whoever began it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BegunEpoch {
    pub organization: String,
    /// Where the data stands: of the life before, this much is left.
    pub ver: Version,
    /// The last change that is in it.
    pub last_change: Option<OffsetDateTime>,
}

impl OrgTx {
    /// Up to which version today's order is the one that somebody knows who has data of an epoch. 0 where nothing is
    /// known of that epoch: it began after the backup that the data was restored from.
    pub async fn common_version(&mut self, now: &OrgClock, known: Option<Epoch>) -> Result<Version, DbError> {
        let Some(known) = known.filter(|known| *known != now.epoch) else { return Ok(now.ver) };
        let org = self.org().0;
        let ver: Option<i64> = sqlx::query_scalar("SELECT ver FROM ended_epochs WHERE org_id = $1 AND epoch = $2")
            .bind(org)
            .bind(known.0)
            .fetch_optional(self.connection())
            .await?;
        Ok(ver.map_or(0, unsigned))
    }

    /// Ends the present life of the data where it stands, and begins another.
    pub async fn begin_epoch(&mut self, next: Epoch, now: Millis) -> Result<BegunEpoch, DbError> {
        let ended = self.lock().await?;
        let org = self.org().0;
        sqlx::query("INSERT INTO ended_epochs (org_id, epoch, ver, ended_at) VALUES ($1, $2, $3, $4)")
            .bind(org)
            .bind(ended.epoch.0)
            .bind(bigint(ended.ver))
            .bind(timestamp(now))
            .execute(self.connection())
            .await?;
        let (organization, last_change): (String, Option<OffsetDateTime>) = sqlx::query_as(
            "UPDATE organizations SET epoch = $2 WHERE id = $1
             RETURNING name, (SELECT handled_at FROM mutations m WHERE m.org_id = $1 AND m.ver = organizations.ver)",
        )
        .bind(org)
        .bind(next.0)
        .fetch_one(self.connection())
        .await?;
        Ok(BegunEpoch { organization, ver: ended.ver, last_change })
    }
}
