//! Personal access tokens.

use shared::api_token::{ApiAccess, ApiToken};
use shared::clock::{Actor, Millis};
use shared::ids::{DeviceId, UserId};
use sqlx::AssertSqlSafe;
use time::OffsetDateTime;
use uuid::Uuid;

use super::convert::{actor, millis, timestamp};
use super::{Db, DbError, Door, OrgTx, Ticket};

/// Who bears a token.
#[derive(Clone, Copy, Debug)]
pub struct TokenBearer {
    pub id: Uuid,
    pub actor: Actor,
    pub user: UserId,
    pub device: DeviceId,
    pub access: ApiAccess,
}

/// When a token ends that has no end: what no session outlives.
pub const NEVER: Millis = 253_370_764_800_000; // the year 9999

/// Of each token, an hour's uses are written down once.
const USES: &str = "1 hour";

fn access(name: &str) -> Result<ApiAccess, DbError> {
    let known = ApiAccess::ALL.into_iter().find(|access| access.name() == name);
    known.ok_or_else(|| DbError::Unreadable(format!("the access {name}")))
}

impl Db {
    /// Who bears the token with this hash, if it is good at `now`.
    pub async fn token_bearer(&self, ticket: &Ticket, now: Millis) -> Result<Option<TokenBearer>, DbError> {
        type Columns = (Uuid, i64, Uuid, Uuid, String, bool);
        let mut tx = Door::open(self).await?.token(ticket).await?;
        let columns: Option<Columns> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT t.id, s.actor, a.user_id, a.device_id, t.access,
                    t.last_used_at IS NULL OR t.last_used_at < $3 - interval '{USES}'
             FROM api_tokens t
             JOIN sessions s ON (s.org_id, s.family) = (t.org_id, t.id)
             JOIN actors a ON (a.org_id, a.actor) = (s.org_id, s.actor)
             WHERE t.org_id = $1 AND t.token_hash = $2 AND s.revoked_at IS NULL AND s.expires_at > $3"
        )))
        .bind(ticket.org.0)
        .bind(&ticket.hash[..])
        .bind(timestamp(now))
        .fetch_optional(tx.connection())
        .await?;
        let Some((id, number, user, device, name, note)) = columns else { return Ok(None) };
        if note {
            sqlx::query("UPDATE api_tokens SET last_used_at = $3 WHERE org_id = $1 AND id = $2")
                .bind(ticket.org.0)
                .bind(id)
                .bind(timestamp(now))
                .execute(tx.connection())
                .await?;
        }
        tx.commit().await?;
        Ok(Some(TokenBearer {
            id,
            actor: actor(number)?,
            user: UserId(user),
            device: DeviceId(device),
            access: access(&name)?,
        }))
    }
}

impl OrgTx {
    /// Remembers a token by its hash. Its session has its id.
    pub async fn insert_api_token(&mut self, token: &ApiToken, hash: &[u8; 32]) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query(
            "INSERT INTO api_tokens (org_id, id, token_hash, name, access, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(org)
        .bind(token.id)
        .bind(&hash[..])
        .bind(&token.name)
        .bind(token.access.name())
        .bind(timestamp(token.created_at))
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// A member's tokens that are good, the oldest first.
    pub async fn api_tokens(&mut self, user: UserId, now: Millis) -> Result<Vec<ApiToken>, DbError> {
        type Columns = (Uuid, String, String, OffsetDateTime, Option<OffsetDateTime>, OffsetDateTime);
        let org = self.org().0;
        let columns: Vec<Columns> = sqlx::query_as(
            "SELECT t.id, t.name, t.access, t.created_at, t.last_used_at, s.expires_at
             FROM api_tokens t
             JOIN sessions s ON (s.org_id, s.family) = (t.org_id, t.id)
             JOIN actors a ON (a.org_id, a.actor) = (s.org_id, s.actor)
             WHERE t.org_id = $1 AND a.user_id = $2 AND s.revoked_at IS NULL AND s.expires_at > $3
             ORDER BY t.created_at, t.id",
        )
        .bind(org)
        .bind(user.0)
        .bind(timestamp(now))
        .fetch_all(self.connection())
        .await?;
        let token = |(id, name, may, created_at, last_used_at, expires_at): Columns| {
            let end = millis(expires_at);
            Ok(ApiToken {
                id,
                name,
                access: access(&may)?,
                created_at: millis(created_at),
                last_used_at: last_used_at.map(millis),
                expires_at: (end < NEVER).then_some(end),
            })
        };
        columns.into_iter().map(token).collect()
    }
}
