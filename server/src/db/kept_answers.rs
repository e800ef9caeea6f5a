//! What requests were answered with that named a key.

use shared::clock::{Actor, Millis};
use sqlx::Row as _;

use super::convert::timestamp;
use super::{DbError, OrgTx};

/// A request under a key that its author has given it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// 1 to 255 characters.
    pub key: String,
    /// SHA-256 of the request: under one key there is one request.
    pub fingerprint: [u8; 32],
}

/// What a request was answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Of HTTP.
    pub status: u16,
    pub etag: Option<String>,
    pub location: Option<String>,
    /// JSON, or nothing.
    pub body: String,
}

impl OrgTx {
    /// What an actor's request under a key was answered with, and which request that was.
    pub async fn kept_answer(&mut self, actor: Actor, key: &str) -> Result<Option<(Vec<u8>, Answer)>, DbError> {
        let org = self.org().0;
        let row = sqlx::query(
            "SELECT fingerprint, status, etag, location, body FROM kept_answers
             WHERE org_id = $1 AND actor = $2 AND key = $3",
        )
        .bind(org)
        .bind(i64::from(actor))
        .bind(key)
        .fetch_optional(self.connection())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let status = u16::try_from(row.try_get::<i16, _>("status")?);
        let status = status.map_err(|_| DbError::Unreadable("the status of a kept answer".to_owned()))?;
        let answer = Answer {
            status,
            etag: row.try_get("etag")?,
            location: row.try_get("location")?,
            body: row.try_get("body")?,
        };
        Ok(Some((row.try_get("fingerprint")?, answer)))
    }

    /// Keeps what a request is answered with. It is there when the change is.
    pub async fn keep_answer(
        &mut self,
        actor: Actor,
        once: &Once,
        answer: &Answer,
        now: Millis,
    ) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query(
            "INSERT INTO kept_answers (org_id, actor, key, fingerprint, status, etag, location, body, answered_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(org)
        .bind(i64::from(actor))
        .bind(&once.key)
        .bind(&once.fingerprint[..])
        .bind(i16::try_from(answer.status).unwrap_or(i16::MAX))
        .bind(&answer.etag)
        .bind(&answer.location)
        .bind(&answer.body)
        .bind(timestamp(now))
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Removes the answers that were given before a time. Returns how many there were.
    pub async fn drop_answers(&mut self, before: Millis) -> Result<u64, DbError> {
        let org = self.org().0;
        let dropped = sqlx::query("DELETE FROM kept_answers WHERE org_id = $1 AND answered_at < $2")
            .bind(org)
            .bind(timestamp(before))
            .execute(self.connection())
            .await?;
        Ok(dropped.rows_affected())
    }
}
