//! Devices, actors, sessions and invitations of one organization.

use std::collections::HashMap;

use shared::account::{Account, DeviceInfo};
use shared::clock::{Actor, Millis};
use shared::ids::{DeviceId, Epoch, UserId};
use shared::organization::Organization;
use shared::value::Role;
use time::OffsetDateTime;
use uuid::Uuid;

use super::convert::{actor, bigint, millis, timestamp, unsigned};
use super::{DbError, OrgTx};
use crate::domain::session::Family;

/// What signing in compares with.
#[derive(Debug)]
pub struct StoredUser {
    pub id: UserId,
    pub password_hash: String,
}

/// A session with the member and the device it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    pub family: Family,
    pub actor: Actor,
    pub user: UserId,
    pub device: DeviceId,
}

impl OrgTx {
    /// Whose these actors are. Those of the server itself are nobody's.
    pub async fn people(&mut self, actors: &[Actor]) -> Result<HashMap<Actor, UserId>, DbError> {
        let org = self.org().0;
        let columns: Vec<(i64, Uuid)> = sqlx::query_as(
            "SELECT actor, user_id FROM actors WHERE org_id = $1 AND actor = ANY($2) AND user_id IS NOT NULL",
        )
        .bind(org)
        .bind(actors.iter().map(|actor| i64::from(*actor)).collect::<Vec<_>>())
        .fetch_all(self.connection())
        .await?;
        columns.into_iter().map(|(number, user)| Ok((actor(number)?, UserId(user)))).collect()
    }

    /// What the organization is called.
    pub async fn organization_name(&mut self) -> Result<String, DbError> {
        let org = self.org().0;
        let name = sqlx::query_scalar("SELECT name FROM organizations WHERE id = $1").bind(org);
        Ok(name.fetch_one(self.connection()).await?)
    }

    /// Remembers a device and what it calls itself, unless its member has given it another name.
    pub async fn upsert_device(&mut self, user: UserId, device: &DeviceInfo, now: Millis) -> Result<(), DbError> {
        sqlx::query(
            "INSERT INTO devices (user_id, id, name, last_sign_in) VALUES ($1, $2, $3, $4)
             ON CONFLICT (user_id, id) DO UPDATE SET
               name = CASE WHEN devices.renamed THEN devices.name ELSE excluded.name END,
               last_sign_in = excluded.last_sign_in",
        )
        .bind(user.0)
        .bind(device.id.0)
        .bind(&device.name)
        .bind(timestamp(now))
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// The organization's next actor: of a member's device, or (`None`) of the server itself.
    pub(super) async fn insert_actor(&mut self, owner: Option<(UserId, DeviceId)>) -> Result<Actor, DbError> {
        let org = self.org().0;
        let next: i64 = sqlx::query_scalar(
            "UPDATE organizations SET next_actor = next_actor + 1 WHERE id = $1 RETURNING next_actor - 1",
        )
        .bind(org)
        .fetch_one(self.connection())
        .await?;
        sqlx::query("INSERT INTO actors (org_id, actor, user_id, device_id) VALUES ($1, $2, $3, $4)")
            .bind(org)
            .bind(next)
            .bind(owner.map(|(user, _)| user.0))
            .bind(owner.map(|(_, device)| device.0))
            .execute(self.connection())
            .await?;
        actor(next)
    }

    /// The actor that the server's own changes are of. The organization's lock is held.
    pub async fn server_actor(&mut self) -> Result<Actor, DbError> {
        let org = self.org().0;
        let found: Option<i64> =
            sqlx::query_scalar("SELECT min(actor) FROM actors WHERE org_id = $1 AND user_id IS NULL")
                .bind(org)
                .fetch_one(self.connection())
                .await?;
        match found {
            Some(found) => actor(found),
            None => self.insert_actor(None).await,
        }
    }

    /// The organization, for somebody of this role.
    pub async fn organization(&mut self, role: Role) -> Result<Organization, DbError> {
        let org = self.org();
        let (name, ver, created_at, members): (String, i64, OffsetDateTime, i64) = sqlx::query_as(
            "SELECT name, ver, created_at, (SELECT count(*) FROM memberships WHERE org_id = $1)
             FROM organizations WHERE id = $1",
        )
        .bind(org.0)
        .fetch_one(self.connection())
        .await?;
        let (members, version, created_at) = (unsigned(members), unsigned(ver), millis(created_at));
        Ok(Organization { id: org, name, role, members, version, created_at })
    }

    /// The actor of a member's device: always the same one.
    pub async fn actor_of(&mut self, user: UserId, device: DeviceId) -> Result<Actor, DbError> {
        let org = self.org().0;
        // Two sign-ins of one device at once take turns, so that they find one actor.
        sqlx::query("SELECT 1 FROM organizations WHERE id = $1 FOR UPDATE")
            .bind(org)
            .execute(self.connection())
            .await?;
        match self.known_actor(user, device).await? {
            Some(known) => Ok(known),
            None => self.insert_actor(Some((user, device))).await,
        }
    }

    /// The actor of a device, if it has one.
    pub(super) async fn known_actor(&mut self, user: UserId, device: DeviceId) -> Result<Option<Actor>, DbError> {
        let org = self.org().0;
        let known: Option<i64> =
            sqlx::query_scalar("SELECT actor FROM actors WHERE org_id = $1 AND user_id = $2 AND device_id = $3")
                .bind(org)
                .bind(user.0)
                .bind(device.0)
                .fetch_optional(self.connection())
                .await?;
        known.map(actor).transpose()
    }

    /// Starts a session.
    pub async fn insert_session(&mut self, family: Uuid, actor: Actor, state: &Family) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query(
            "INSERT INTO sessions (org_id, family, actor, generation, rotated_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(org)
        .bind(family)
        .bind(i64::from(actor))
        .bind(bigint(state.generation))
        .bind(timestamp(state.rotated_at))
        .bind(timestamp(state.expires_at))
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// A session of somebody who still is a member, locked: whoever refreshes it at the same time waits.
    pub async fn lock_session(&mut self, family: Uuid) -> Result<Option<Session>, DbError> {
        type Columns = (i64, OffsetDateTime, OffsetDateTime, bool, i64, Uuid, Uuid);
        let org = self.org().0;
        let columns: Option<Columns> = sqlx::query_as(
            "SELECT s.generation, s.rotated_at, s.expires_at, s.revoked_at IS NOT NULL, s.actor, a.user_id, a.device_id
             FROM sessions s
             JOIN actors a ON (a.org_id, a.actor) = (s.org_id, s.actor)
             JOIN memberships m ON (m.org_id, m.user_id) = (a.org_id, a.user_id)
             WHERE s.org_id = $1 AND s.family = $2 FOR UPDATE OF s",
        )
        .bind(org)
        .bind(family)
        .fetch_optional(self.connection())
        .await?;
        let session = |(generation, rotated_at, expires_at, revoked, number, user, device): Columns| {
            let family = Family {
                generation: unsigned(generation),
                rotated_at: millis(rotated_at),
                expires_at: millis(expires_at),
                revoked,
            };
            Ok(Session { family, actor: actor(number)?, user: UserId(user), device: DeviceId(device) })
        };
        columns.map(session).transpose()
    }

    /// Moves a session on.
    pub async fn update_session(&mut self, family: Uuid, state: &Family) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query(
            "UPDATE sessions SET generation = $3, rotated_at = $4, expires_at = $5 WHERE org_id = $1 AND family = $2",
        )
        .bind(org)
        .bind(family)
        .bind(bigint(state.generation))
        .bind(timestamp(state.rotated_at))
        .bind(timestamp(state.expires_at))
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Ends a session, and with it its open sockets on every server.
    pub async fn revoke_session(&mut self, family: Uuid, now: Millis) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query("UPDATE sessions SET revoked_at = $3 WHERE org_id = $1 AND family = $2 AND revoked_at IS NULL")
            .bind(org)
            .bind(family)
            .bind(timestamp(now))
            .execute(self.connection())
            .await?;
        self.tell_ended(family).await
    }

    /// What a device keeps about who is signed in.
    pub async fn account(&mut self, user: UserId, actor: Actor) -> Result<Account, DbError> {
        let org = self.org();
        let (name, email, organization_name, epoch): (String, String, String, Uuid) = sqlx::query_as(
            "SELECT u.name, u.email, o.name, o.epoch FROM users u CROSS JOIN organizations o
             WHERE u.id = $1 AND o.id = $2",
        )
        .bind(user.0)
        .bind(org.0)
        .fetch_one(self.connection())
        .await?;
        Ok(Account { user, name, email, organization: org, organization_name, actor, epoch: Epoch(epoch) })
    }

    /// Remembers an invitation by the hash of its token.
    pub async fn insert_invitation(
        &mut self,
        hash: &[u8; 32],
        invited_by: UserId,
        expires_at: Millis,
    ) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query("INSERT INTO invitations (org_id, token_hash, invited_by, expires_at) VALUES ($1, $2, $3, $4)")
            .bind(org)
            .bind(&hash[..])
            .bind(invited_by.0)
            .bind(timestamp(expires_at))
            .execute(self.connection())
            .await?;
        Ok(())
    }
}
