//! Calendars by a secret address.

use shared::clock::{Actor, Millis};
use shared::feed::{Feed, NewFeed};
use shared::ids::{DeviceId, ProjectId, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::convert::{actor, json, millis, timestamp};
use super::{Db, DbError, Door, OrgTx, Ticket};

/// Who reads a calendar.
#[derive(Clone, Debug)]
pub struct FeedBearer {
    pub actor: Actor,
    pub user: UserId,
    pub device: DeviceId,
    pub feed: Feed,
}

type Columns = (Uuid, String, Option<Uuid>, bool, Option<String>, OffsetDateTime, Option<OffsetDateTime>);

fn feed((id, name, project, mine, filter, created_at, last_used_at): Columns) -> Result<Feed, DbError> {
    let filter = filter.map(|filter| serde_json::from_str(&filter)).transpose()?;
    let what = NewFeed { name, project: project.map(ProjectId), mine, filter };
    Ok(Feed { id, what, created_at: millis(created_at), last_used_at: last_used_at.map(millis) })
}

impl Db {
    /// Who reads the calendar whose secret has this hash, if it has not been ended. Of its uses, one an hour is written down.
    pub async fn feed_bearer(&self, ticket: &Ticket, now: Millis) -> Result<Option<FeedBearer>, DbError> {
        type Bearer = (i64, Uuid, Uuid, bool);
        let mut tx = Door::open(self).await?.token(ticket).await?;
        let found: Option<Columns> = sqlx::query_as(
            "SELECT id, name, project_id, mine, filter, created_at, last_used_at FROM feeds
             WHERE org_id = $1 AND secret_hash = $2",
        )
        .bind(ticket.org.0)
        .bind(&ticket.hash[..])
        .fetch_optional(tx.connection())
        .await?;
        let Some(feed) = found.map(feed).transpose()? else { return Ok(None) };
        let bearer: Option<Bearer> = sqlx::query_as(
            "SELECT s.actor, a.user_id, a.device_id,
                    f.last_used_at IS NULL OR f.last_used_at < $3 - interval '1 hour'
             FROM feeds f
             JOIN sessions s ON (s.org_id, s.family) = (f.org_id, f.id)
             JOIN actors a ON (a.org_id, a.actor) = (s.org_id, s.actor)
             WHERE f.org_id = $1 AND f.id = $2 AND s.revoked_at IS NULL AND s.expires_at > $3",
        )
        .bind(ticket.org.0)
        .bind(feed.id)
        .bind(timestamp(now))
        .fetch_optional(tx.connection())
        .await?;
        let Some((number, user, device, note)) = bearer else { return Ok(None) };
        if note {
            sqlx::query("UPDATE feeds SET last_used_at = $3 WHERE org_id = $1 AND id = $2")
                .bind(ticket.org.0)
                .bind(feed.id)
                .bind(timestamp(now))
                .execute(tx.connection())
                .await?;
        }
        tx.commit().await?;
        Ok(Some(FeedBearer { actor: actor(number)?, user: UserId(user), device: DeviceId(device), feed }))
    }
}

impl OrgTx {
    /// Remembers a calendar by the hash of its secret. Its session has its id.
    pub async fn insert_feed(&mut self, feed: &Feed, hash: &[u8; 32]) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query(
            "INSERT INTO feeds (org_id, id, secret_hash, name, project_id, mine, filter, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(org)
        .bind(feed.id)
        .bind(&hash[..])
        .bind(&feed.what.name)
        .bind(feed.what.project.map(|project| project.0))
        .bind(feed.what.mine)
        .bind(feed.what.filter.as_ref().map(json).transpose()?)
        .bind(timestamp(feed.created_at))
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// A member's calendars that have not been ended, the oldest first.
    pub async fn feeds(&mut self, user: UserId) -> Result<Vec<Feed>, DbError> {
        let org = self.org().0;
        let columns: Vec<Columns> = sqlx::query_as(
            "SELECT f.id, f.name, f.project_id, f.mine, f.filter, f.created_at, f.last_used_at
             FROM feeds f
             JOIN sessions s ON (s.org_id, s.family) = (f.org_id, f.id)
             JOIN actors a ON (a.org_id, a.actor) = (s.org_id, s.actor)
             WHERE f.org_id = $1 AND a.user_id = $2 AND s.revoked_at IS NULL
             ORDER BY f.created_at, f.id",
        )
        .bind(org)
        .bind(user.0)
        .fetch_all(self.connection())
        .await?;
        columns.into_iter().map(feed).collect()
    }
}
