//! The sending of deliveries: which webhooks have something to send, who sends it, and what came of it.

use std::collections::BTreeMap;

use shared::clock::{Millis, Version};
use shared::ids::{DeviceId, EntityId, OrgId, UserId};
use shared::row::Row;
use shared::scope::Scope;
use shared::webhook::{Attempt, DeliveryState, Webhook};
use sqlx::{AssertSqlSafe, FromRow, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

use super::convert::{actor, bigint, entity, millis, row, scope, timestamp, unsigned};
use super::webhooks::{Stored, WEBHOOK};
use super::{DbError, Door, OrgTx};
use crate::domain::webhook::{Line, SECRET_BYTES};

/// A webhook with something to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    pub org: OrgId,
    pub webhook: Uuid,
}

/// What is to be sent, and when more is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueNow {
    pub now: Vec<Due>,
    pub next: Option<Millis>,
}

/// That one server sends for a webhook, and nobody else.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub webhook: Uuid,
    pub by: Uuid,
    pub now: Millis,
    pub until: Millis,
}

/// A webhook that is claimed.
#[derive(Debug)]
pub struct Claimed {
    pub webhook: Webhook,
    /// The keys that sign, the newest first.
    pub keys: Vec<[u8; SECRET_BYTES]>,
}

/// A delivery that is to be made.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    pub id: Uuid,
    pub lane: Uuid,
    pub position: Version,
    pub event: String,
    pub body: String,
}

/// A delivery that is to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub id: Uuid,
    pub body: String,
    /// Since it was last to be sent anew.
    pub failures: u32,
}

/// What an attempt made of a delivery.
#[derive(Clone, Debug)]
pub struct Outcome<'a> {
    pub delivery: Uuid,
    pub state: DeliveryState,
    pub failures: u32,
    /// When it is sent again.
    pub next_at: Option<Millis>,
    pub attempt: &'a Attempt,
}

impl Door {
    /// The webhooks of all organizations that have something to send, those that have waited longest first.
    pub async fn due_webhooks(mut self, now: Millis, limit: usize) -> Result<DueNow, DbError> {
        sqlx::query("SELECT set_config('tern.housekeeping', 'on', true)").execute(self.connection()).await?;
        let due: Vec<(Uuid, Uuid)> = sqlx::query_as(
            "SELECT w.org_id, w.id FROM webhooks w JOIN organizations o ON o.id = w.org_id
             WHERE w.active AND (w.claimed_until IS NULL OR w.claimed_until <= $1) AND (w.place < o.ver OR w.next_at <= $1)
             ORDER BY w.next_at NULLS FIRST, w.id LIMIT $2",
        )
        .bind(timestamp(now))
        .bind(bigint(limit as u64))
        .fetch_all(self.connection())
        .await?;
        let next: Option<OffsetDateTime> = sqlx::query_scalar(
            "SELECT min(greatest(next_at, claimed_until)) FROM webhooks
             WHERE active AND (next_at IS NOT NULL OR claimed_until IS NOT NULL)",
        )
        .fetch_one(self.connection())
        .await?;
        let now = due.into_iter().map(|(org, webhook)| Due { org: OrgId(org), webhook }).collect();
        Ok(DueNow { now, next: next.map(millis) })
    }
}

impl OrgTx {
    /// Claims a webhook, or keeps the claim; `None` where it is off, or somebody else sends.
    pub async fn claim_webhook(&mut self, claim: &Claim) -> Result<Option<Claimed>, DbError> {
        let org = self.org().0;
        let update = format!(
            "UPDATE webhooks SET claimed_by = $3, claimed_until = $5
             WHERE org_id = $1 AND id = $2 AND active
               AND (claimed_by IS NULL OR claimed_by = $3 OR claimed_until <= $4)
             RETURNING {WEBHOOK}, secret, CASE WHEN former_until > $4 THEN former_secret END AS former"
        );
        let claimed = sqlx::query(AssertSqlSafe(update))
            .bind(org)
            .bind(claim.webhook)
            .bind(claim.by)
            .bind(timestamp(claim.now))
            .bind(timestamp(claim.until))
            .fetch_optional(self.connection())
            .await?;
        let Some(columns) = claimed else { return Ok(None) };
        let key =
            |bytes: Vec<u8>| bytes.try_into().map_err(|_| DbError::Unreadable("a secret of a webhook".to_owned()));
        let secret: Vec<u8> = columns.try_get("secret")?;
        let former: Option<Vec<u8>> = columns.try_get("former")?;
        let keys = std::iter::once(secret).chain(former).map(key).collect::<Result<_, _>>()?;
        Ok(Some(Claimed { webhook: Stored::from_row(&columns)?.into(), keys }))
    }

    /// What was done after a version, in order.
    pub async fn lines_after(&mut self, after: Version, limit: usize) -> Result<Vec<Line>, DbError> {
        type Columns = (i64, i64, Option<Uuid>, Option<Uuid>, i64, OffsetDateTime, String, Option<String>);
        let org = self.org().0;
        let columns: Vec<Columns> = sqlx::query_as(
            "SELECT m.ver, m.actor, a.user_id, a.device_id, m.at, m.handled_at, m.op::text, u.inverse::text
             FROM (SELECT * FROM mutations WHERE org_id = $1 AND ver > $2 ORDER BY ver LIMIT $3) m
             JOIN actors a ON (a.org_id, a.actor) = (m.org_id, m.actor)
             LEFT JOIN LATERAL (
               SELECT inverse FROM mutations
               WHERE org_id = $1 AND actor = (m.op #>> '{undo@1,actor}')::bigint
                 AND n = (m.op #>> '{undo@1,n}')::bigint OFFSET 0
             ) u ON true
             ORDER BY m.ver",
        )
        .bind(org)
        .bind(bigint(after))
        .bind(bigint(limit as u64))
        .fetch_all(self.connection())
        .await?;
        let line = |(ver, number, user, device, at, handled_at, op, undone): Columns| {
            Ok(Line {
                ver: unsigned(ver),
                actor: actor(number)?,
                author: user.zip(device).map(|(user, device)| (UserId(user), DeviceId(device))),
                at,
                handled_at: millis(handled_at),
                op: serde_json::from_str(&op)?,
                undone: undone.as_deref().map(serde_json::from_str).transpose()?,
            })
        };
        columns.into_iter().map(line).collect()
    }

    /// Those of some rows that are there, with their scopes.
    pub async fn rows_of(&mut self, ids: &[EntityId]) -> Result<BTreeMap<EntityId, (Row, Scope)>, DbError> {
        let org = self.org().0;
        let columns: Vec<(String, Uuid, String, String)> = sqlx::query_as(
            "SELECT e.kind, e.id, e.state::text, e.scope
             FROM UNNEST($2::text[], $3::uuid[]) AS wanted (kind, id)
             CROSS JOIN LATERAL (
               SELECT kind, id, state, scope FROM entities
               WHERE org_id = $1 AND kind = wanted.kind AND id = wanted.id OFFSET 0
             ) e",
        )
        .bind(org)
        .bind(ids.iter().map(|id| id.kind().name()).collect::<Vec<_>>())
        .bind(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>())
        .fetch_all(self.connection())
        .await?;
        let one = |(kind, id, state, name): (String, Uuid, String, String)| {
            Ok((entity(&kind, id)?, (row(&state)?, scope(&name)?)))
        };
        columns.into_iter().map(one).collect()
    }

    /// Makes deliveries of a webhook, and moves its place in the history to where they lead.
    pub async fn queue(
        &mut self,
        webhook: Uuid,
        deliveries: &[NewDelivery],
        place: Version,
        now: Millis,
    ) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query(
            "INSERT INTO webhook_deliveries
               (org_id, webhook_id, id, lane, position, event, body, state, queued_at, next_at)
             SELECT $1, $2, id, lane, position, event, body, 'waiting', $3, $3
             FROM UNNEST($4::uuid[], $5::uuid[], $6::bigint[], $7::text[], $8::text[])
               AS t (id, lane, position, event, body)",
        )
        .bind(org)
        .bind(webhook)
        .bind(timestamp(now))
        .bind(deliveries.iter().map(|one| one.id).collect::<Vec<_>>())
        .bind(deliveries.iter().map(|one| one.lane).collect::<Vec<_>>())
        .bind(deliveries.iter().map(|one| bigint(one.position)).collect::<Vec<_>>())
        .bind(deliveries.iter().map(|one| one.event.as_str()).collect::<Vec<_>>())
        .bind(deliveries.iter().map(|one| one.body.as_str()).collect::<Vec<_>>())
        .execute(self.connection())
        .await?;
        sqlx::query("UPDATE webhooks SET place = $3 WHERE org_id = $1 AND id = $2")
            .bind(org)
            .bind(webhook)
            .bind(bigint(place))
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// What a webhook is to be sent now: of each lane the first that waits, if its time has come.
    pub async fn outgoing(&mut self, webhook: Uuid, now: Millis, limit: usize) -> Result<Vec<Outgoing>, DbError> {
        let org = self.org().0;
        let columns: Vec<(Uuid, String, i32)> = sqlx::query_as(
            "SELECT id, body, failures FROM (
               SELECT DISTINCT ON (lane) id, lane, position, body, failures, next_at FROM webhook_deliveries
               WHERE org_id = $1 AND webhook_id = $2 AND state = 'waiting' ORDER BY lane, position, id) AS first
             WHERE next_at <= $3 ORDER BY position, id LIMIT $4",
        )
        .bind(org)
        .bind(webhook)
        .bind(timestamp(now))
        .bind(bigint(limit as u64))
        .fetch_all(self.connection())
        .await?;
        let one = |(id, body, failures): (Uuid, String, i32)| Outgoing {
            id,
            body,
            failures: u32::try_from(failures).unwrap_or_default(),
        };
        Ok(columns.into_iter().map(one).collect())
    }

    /// The webhook, if the claim stands; locked until the end of the transaction.
    pub async fn still_claimed(&mut self, claim: &Claim) -> Result<Option<Webhook>, DbError> {
        let org = self.org().0;
        let select =
            format!("SELECT {WEBHOOK} FROM webhooks WHERE org_id = $1 AND id = $2 AND claimed_by = $3 FOR UPDATE");
        let stored: Option<Stored> = sqlx::query_as(AssertSqlSafe(select))
            .bind(org)
            .bind(claim.webhook)
            .bind(claim.by)
            .fetch_optional(self.connection())
            .await?;
        Ok(stored.map(Webhook::from))
    }

    /// Writes down what an attempt came to.
    pub async fn record(&mut self, outcome: &Outcome<'_>) -> Result<(), DbError> {
        let (org, Outcome { delivery, state, failures, next_at, attempt }) = (self.org().0, outcome);
        let int = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        sqlx::query(
            "INSERT INTO webhook_attempts (org_id, delivery_id, n, at, took, status, error, response)
             SELECT $1, $2, coalesce(max(n), 0) + 1, $3, $4, $5, $6, $7 FROM webhook_attempts
             WHERE org_id = $1 AND delivery_id = $2",
        )
        .bind(org)
        .bind(delivery)
        .bind(timestamp(attempt.at))
        .bind(int(attempt.took))
        .bind(attempt.status.and_then(|status| i16::try_from(status).ok()))
        .bind(&attempt.error)
        .bind(&attempt.response)
        .execute(self.connection())
        .await?;
        let settled = (*state != DeliveryState::Waiting).then(|| timestamp(attempt.at));
        sqlx::query(
            "UPDATE webhook_deliveries SET state = $3, failures = $4, next_at = $5, settled_at = $6
             WHERE org_id = $1 AND id = $2",
        )
        .bind(org)
        .bind(delivery)
        .bind(state.name())
        .bind(int(*failures))
        .bind(next_at.map(timestamp))
        .bind(settled)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Lets go of a webhook, and notes when it has something to send again.
    pub async fn release_webhook(&mut self, claim: &Claim) -> Result<(), DbError> {
        // Locked first: what somebody else has it send meanwhile is seen by the next statement.
        if self.still_claimed(claim).await?.is_none() {
            return Ok(());
        }
        let org = self.org().0;
        sqlx::query(
            "UPDATE webhooks SET claimed_by = NULL, claimed_until = NULL, next_at = (
               SELECT min(next_at) FROM (
                 SELECT DISTINCT ON (lane) next_at FROM webhook_deliveries
                 WHERE org_id = $1 AND webhook_id = $2 AND state = 'waiting' ORDER BY lane, position, id) AS first)
             WHERE org_id = $1 AND id = $2",
        )
        .bind(org)
        .bind(claim.webhook)
        .execute(self.connection())
        .await?;
        Ok(())
    }
}
