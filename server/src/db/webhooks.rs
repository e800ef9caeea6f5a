//! Webhooks, as admins manage them, and the log of their deliveries.

use std::collections::{BTreeMap, BTreeSet};

use shared::clock::Millis;
use shared::ids::{ProjectId, UserId};
use shared::webhook::{Attempt, Delivery, DeliveryState, EventName, Webhook};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, FromRow, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

use super::convert::{bigint, millis, timestamp, unsigned};
use super::{DbError, OrgTx};
use crate::domain::webhook::SECRET_BYTES;

pub(super) const WEBHOOK: &str =
    "id, url, events, projects, active, note, owner, place, failing_since, created_at, updated_at";

/// What [`WEBHOOK`] names, as it is stored.
pub(super) struct Stored(Webhook);

impl<'a> FromRow<'a, PgRow> for Stored {
    fn from_row(row: &'a PgRow) -> Result<Self, sqlx::Error> {
        let time = |name| row.try_get::<OffsetDateTime, _>(name).map(millis);
        let events: Vec<String> = row.try_get("events")?;
        let events = events.iter().map(|name| name.parse());
        let projects: Vec<Uuid> = row.try_get("projects")?;
        Ok(Self(Webhook {
            id: row.try_get("id")?,
            url: row.try_get("url")?,
            events: events.collect::<Result<_, _>>().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            projects: projects.into_iter().map(ProjectId).collect(),
            active: row.try_get("active")?,
            note: row.try_get("note")?,
            owner: UserId(row.try_get("owner")?),
            version: unsigned(row.try_get("place")?),
            failing_since: row.try_get::<Option<OffsetDateTime>, _>("failing_since")?.map(millis),
            created_at: time("created_at")?,
            updated_at: time("updated_at")?,
        }))
    }
}

impl From<Stored> for Webhook {
    fn from(Stored(webhook): Stored) -> Self {
        webhook
    }
}

fn names(events: &BTreeSet<EventName>) -> Vec<String> {
    events.iter().map(ToString::to_string).collect()
}

fn ids(projects: &BTreeSet<ProjectId>) -> Vec<Uuid> {
    projects.iter().map(|project| project.0).collect()
}

/// Which deliveries are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub webhook: Uuid,
    pub state: Option<DeliveryState>,
    /// Those before this one.
    pub before: Option<Uuid>,
    pub limit: usize,
}

impl OrgTx {
    /// The organization's webhooks, the oldest first.
    pub async fn webhooks(&mut self) -> Result<Vec<Webhook>, DbError> {
        let org = self.org().0;
        let stored: Vec<Stored> =
            sqlx::query_as(AssertSqlSafe(format!("SELECT {WEBHOOK} FROM webhooks WHERE org_id = $1 ORDER BY id")))
                .bind(org)
                .fetch_all(self.connection())
                .await?;
        Ok(stored.into_iter().map(Webhook::from).collect())
    }

    /// One of them.
    pub async fn webhook(&mut self, id: Uuid) -> Result<Option<Webhook>, DbError> {
        let org = self.org().0;
        let select = format!("SELECT {WEBHOOK} FROM webhooks WHERE org_id = $1 AND id = $2");
        let stored: Option<Stored> =
            sqlx::query_as(AssertSqlSafe(select)).bind(org).bind(id).fetch_optional(self.connection()).await?;
        Ok(stored.map(Webhook::from))
    }

    /// The same, to be changed: nobody else changes it until the end of the transaction.
    pub async fn lock_webhook(&mut self, id: Uuid) -> Result<Option<Webhook>, DbError> {
        let org = self.org().0;
        sqlx::query("SELECT 1 FROM webhooks WHERE org_id = $1 AND id = $2 FOR UPDATE")
            .bind(org)
            .bind(id)
            .execute(self.connection())
            .await?;
        self.webhook(id).await
    }

    /// Adds a webhook.
    pub async fn insert_webhook(&mut self, webhook: &Webhook, secret: &[u8; SECRET_BYTES]) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query(
            "INSERT INTO webhooks (org_id, id, owner, url, events, projects, active, secret, place, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        )
        .bind(org)
        .bind(webhook.id)
        .bind(webhook.owner.0)
        .bind(&webhook.url)
        .bind(names(&webhook.events))
        .bind(ids(&webhook.projects))
        .bind(webhook.active)
        .bind(&secret[..])
        .bind(bigint(webhook.version))
        .bind(timestamp(webhook.created_at))
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Writes what admins and the server decide about a webhook; its place and its secrets stay.
    pub async fn update_webhook(&mut self, webhook: &Webhook) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query(
            "UPDATE webhooks SET owner = $3, url = $4, events = $5, projects = $6, active = $7, note = $8,
               failing_since = $9, updated_at = $10
             WHERE org_id = $1 AND id = $2",
        )
        .bind(org)
        .bind(webhook.id)
        .bind(webhook.owner.0)
        .bind(&webhook.url)
        .bind(names(&webhook.events))
        .bind(ids(&webhook.projects))
        .bind(webhook.active)
        .bind(&webhook.note)
        .bind(webhook.failing_since.map(timestamp))
        .bind(timestamp(webhook.updated_at))
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Gives a webhook another secret. The present one signs until then as well.
    pub async fn rotate_secret(
        &mut self,
        id: Uuid,
        secret: &[u8; SECRET_BYTES],
        former_until: Millis,
    ) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query(
            "UPDATE webhooks SET secret = $3, former_secret = secret, former_until = $4 WHERE org_id = $1 AND id = $2",
        )
        .bind(org)
        .bind(id)
        .bind(&secret[..])
        .bind(timestamp(former_until))
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Takes a webhook away, with its log. Whether there was one.
    pub async fn delete_webhook(&mut self, id: Uuid) -> Result<bool, DbError> {
        let org = self.org().0;
        let delete = sqlx::query("DELETE FROM webhooks WHERE org_id = $1 AND id = $2");
        Ok(delete.bind(org).bind(id).execute(self.connection()).await?.rows_affected() == 1)
    }

    /// Deliveries of a webhook with their attempts, the latest first.
    pub async fn deliveries(&mut self, wanted: &Wanted) -> Result<Vec<Delivery>, DbError> {
        let org = self.org().0;
        let columns: Vec<DeliveryColumns> = sqlx::query_as(
            "SELECT id, event, state, queued_at, next_at FROM webhook_deliveries
             WHERE org_id = $1 AND webhook_id = $2 AND ($3::text IS NULL OR state = $3) AND ($4::uuid IS NULL OR id < $4)
             ORDER BY id DESC LIMIT $5",
        )
        .bind(org)
        .bind(wanted.webhook)
        .bind(wanted.state.map(DeliveryState::name))
        .bind(wanted.before)
        .bind(bigint(wanted.limit as u64))
        .fetch_all(self.connection())
        .await?;
        let ids: Vec<Uuid> = columns.iter().map(|(id, ..)| *id).collect();
        let mut attempts = self.attempts(&ids).await?;
        columns.into_iter().map(|one| delivery(one, &mut attempts)).collect()
    }

    /// One delivery of a webhook.
    pub async fn delivery(&mut self, webhook: Uuid, id: Uuid) -> Result<Option<Delivery>, DbError> {
        let org = self.org().0;
        let columns: Option<DeliveryColumns> = sqlx::query_as(
            "SELECT id, event, state, queued_at, next_at FROM webhook_deliveries
             WHERE org_id = $1 AND webhook_id = $2 AND id = $3",
        )
        .bind(org)
        .bind(webhook)
        .bind(id)
        .fetch_optional(self.connection())
        .await?;
        let mut attempts = self.attempts(&[id]).await?;
        columns.map(|one| delivery(one, &mut attempts)).transpose()
    }

    async fn attempts(&mut self, deliveries: &[Uuid]) -> Result<BTreeMap<Uuid, Vec<Attempt>>, DbError> {
        type Columns = (Uuid, OffsetDateTime, i32, Option<i16>, Option<String>, String);
        let org = self.org().0;
        let columns: Vec<Columns> = sqlx::query_as(
            "SELECT delivery_id, at, took, status, error, response FROM webhook_attempts
             WHERE org_id = $1 AND delivery_id = ANY($2) ORDER BY delivery_id, n",
        )
        .bind(org)
        .bind(deliveries)
        .fetch_all(self.connection())
        .await?;
        let mut all: BTreeMap<Uuid, Vec<Attempt>> = BTreeMap::new();
        for (id, at, took, status, error, response) in columns {
            let (took, status) = (u32::try_from(took).unwrap_or_default(), status.and_then(|one| one.try_into().ok()));
            all.entry(id).or_default().push(Attempt { at: millis(at), took, status, error, response });
        }
        Ok(all)
    }

    /// Has a webhook looked at by whoever sends.
    pub async fn call_webhook(&mut self, id: Uuid, now: Millis) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query("UPDATE webhooks SET next_at = $3 WHERE org_id = $1 AND id = $2")
            .bind(org)
            .bind(id)
            .bind(timestamp(now))
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Has a delivery sent at once, whatever came of it; it is tried as often as a new one.
    pub async fn send_anew(&mut self, id: Uuid, now: Millis) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query(
            "UPDATE webhook_deliveries SET state = 'waiting', failures = 0, next_at = $3, settled_at = NULL
             WHERE org_id = $1 AND id = $2",
        )
        .bind(org)
        .bind(id)
        .bind(timestamp(now))
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Removes what was settled before a time from the log. Returns how much it was.
    pub async fn drop_deliveries(&mut self, before: Millis) -> Result<u64, DbError> {
        let org = self.org().0;
        let delete =
            sqlx::query("DELETE FROM webhook_deliveries WHERE org_id = $1 AND state <> 'waiting' AND settled_at < $2");
        Ok(delete.bind(org).bind(timestamp(before)).execute(self.connection()).await?.rows_affected())
    }
}

type DeliveryColumns = (Uuid, String, String, OffsetDateTime, Option<OffsetDateTime>);

fn delivery(
    (id, event, state, queued_at, next_at): DeliveryColumns,
    attempts: &mut BTreeMap<Uuid, Vec<Attempt>>,
) -> Result<Delivery, DbError> {
    let known = DeliveryState::ALL.into_iter().find(|one| one.name() == state);
    Ok(Delivery {
        id,
        event,
        state: known.ok_or_else(|| DbError::Unreadable(format!("the state {state}")))?,
        queued_at: millis(queued_at),
        next_at: next_at.map(millis),
        attempts: attempts.remove(&id).unwrap_or_default(),
    })
}
