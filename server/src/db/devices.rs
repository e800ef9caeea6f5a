//! The devices on which members are signed in.

use shared::clock::Millis;
use shared::device::Device;
use shared::ids::{DeviceId, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::convert::{millis, timestamp};
use super::{DbError, OrgTx};

impl OrgTx {
    /// The devices of a member, or of all, with a session that goes on; those that signed in first come first. What
    /// works with a token or reads a calendar is no device, nor is what changes rows beside one. `here` is the session that asks.
    pub async fn devices(&mut self, of: Option<UserId>, here: Uuid, now: Millis) -> Result<Vec<Device>, DbError> {
        type Columns = (Uuid, Uuid, String, OffsetDateTime, OffsetDateTime, OffsetDateTime, bool);
        let org = self.org().0;
        let columns: Vec<Columns> = sqlx::query_as(
            "SELECT d.id, d.user_id, d.name, d.last_sign_in, max(s.rotated_at), max(s.expires_at),
                    bool_or(s.family = $3)
             FROM sessions s
             JOIN actors a ON (a.org_id, a.actor) = (s.org_id, s.actor)
             JOIN devices d ON (d.user_id, d.id) = (a.user_id, a.device_id)
             WHERE s.org_id = $1 AND ($2::uuid IS NULL OR a.user_id = $2)
               AND s.revoked_at IS NULL AND s.expires_at > $4
               AND NOT EXISTS (SELECT FROM api_tokens t WHERE (t.org_id, t.id) = (s.org_id, s.family))
               AND NOT EXISTS (SELECT FROM feeds f WHERE (f.org_id, f.id) = (s.org_id, s.family))
             GROUP BY d.user_id, d.id
             ORDER BY d.last_sign_in, d.id",
        )
        .bind(org)
        .bind(of.map(|user| user.0))
        .bind(here)
        .bind(timestamp(now))
        .fetch_all(self.connection())
        .await?;
        let device = |(id, user, name, signed_in, seen, expires, current): Columns| Device {
            id: DeviceId(id),
            user: UserId(user),
            name,
            signed_in_at: millis(signed_in),
            seen_at: millis(seen),
            expires_at: millis(expires),
            current,
        };
        Ok(columns.into_iter().map(device).collect())
    }

    /// Gives a device a name that stays.
    pub async fn rename_device(&mut self, user: UserId, id: DeviceId, name: &str) -> Result<(), DbError> {
        sqlx::query("UPDATE devices SET name = $3, renamed = true WHERE user_id = $1 AND id = $2")
            .bind(user.0)
            .bind(id.0)
            .bind(name)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Ends the sessions of a member's device, and what is open with them.
    pub async fn sign_device_out(&mut self, user: UserId, id: DeviceId, now: Millis) -> Result<(), DbError> {
        let org = self.org().0;
        let families: Vec<Uuid> = sqlx::query_scalar(
            "SELECT s.family FROM sessions s JOIN actors a ON (a.org_id, a.actor) = (s.org_id, s.actor)
             WHERE s.org_id = $1 AND a.user_id = $2 AND a.device_id = $3 AND s.revoked_at IS NULL",
        )
        .bind(org)
        .bind(user.0)
        .bind(id.0)
        .fetch_all(self.connection())
        .await?;
        for family in families {
            self.revoke_session(family, now).await?;
        }
        Ok(())
    }
}
