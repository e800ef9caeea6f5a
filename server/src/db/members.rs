//! Who belongs to an organization, and as what.

use shared::clock::Millis;
use shared::ids::{Kind, UserId};
use shared::value::Role;
use uuid::Uuid;

use super::convert::{role, timestamp};
use super::{DbError, OrgTx};
use crate::domain::members::leads;

impl OrgTx {
    /// Makes a person a member.
    pub async fn insert_member(&mut self, user: UserId, role: Role, now: Millis) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query("INSERT INTO memberships (org_id, user_id, role, joined_at) VALUES ($1, $2, $3, $4)")
            .bind(org)
            .bind(user.0)
            .bind(role.name())
            .bind(timestamp(now))
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// A member's role.
    pub async fn role(&mut self, user: UserId) -> Result<Option<Role>, DbError> {
        let org = self.org().0;
        let name: Option<String> =
            sqlx::query_scalar("SELECT role FROM memberships WHERE org_id = $1 AND user_id = $2")
                .bind(org)
                .bind(user.0)
                .fetch_optional(self.connection())
                .await?;
        name.as_deref().map(role).transpose()
    }

    /// Whether somebody else is an admin.
    pub async fn has_other_admins(&mut self, user: UserId) -> Result<bool, DbError> {
        let org = self.org().0;
        let others = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM memberships WHERE org_id = $1 AND user_id <> $2 AND role = ANY($3))",
        )
        .bind(org)
        .bind(user.0)
        .bind(Role::ALL.into_iter().filter(|role| leads(*role)).map(Role::name).collect::<Vec<_>>())
        .fetch_one(self.connection())
        .await?;
        Ok(others)
    }

    /// Gives a member another role.
    pub async fn update_role(&mut self, user: UserId, role: Role) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query("UPDATE memberships SET role = $3 WHERE org_id = $1 AND user_id = $2")
            .bind(org)
            .bind(user.0)
            .bind(role.name())
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Ends a membership.
    pub async fn delete_member(&mut self, user: UserId) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query("DELETE FROM memberships WHERE org_id = $1 AND user_id = $2")
            .bind(org)
            .bind(user.0)
            .execute(self.connection())
            .await?;
        Ok(())
    }

    /// Ends the sessions of a member on all devices. Returns those that were open.
    pub async fn end_sessions(&mut self, user: UserId, now: Millis) -> Result<Vec<Uuid>, DbError> {
        let org = self.org().0;
        let ended = sqlx::query_scalar(
            "UPDATE sessions s SET revoked_at = $3 FROM actors a
             WHERE s.org_id = $1 AND (a.org_id, a.actor) = (s.org_id, s.actor) AND a.user_id = $2
               AND s.revoked_at IS NULL AND s.expires_at > $3
             RETURNING s.family",
        )
        .bind(org)
        .bind(user.0)
        .bind(timestamp(now))
        .fetch_all(self.connection())
        .await?;
        Ok(ended)
    }

    /// Ends the invitations of a member that nobody has used; also for those who looked at the clock before they waited
    /// for their turn.
    pub async fn end_invitations(&mut self, user: UserId) -> Result<(), DbError> {
        let org = self.org().0;
        sqlx::query(
            "UPDATE invitations SET expires_at = 'epoch' WHERE org_id = $1 AND invited_by = $2 AND used_at IS NULL",
        )
        .bind(org)
        .bind(user.0)
        .execute(self.connection())
        .await?;
        Ok(())
    }

    /// Whether somebody has been a member before: their row stays.
    pub async fn was_member(&mut self, user: UserId) -> Result<bool, DbError> {
        let org = self.org().0;
        let known =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM entities WHERE org_id = $1 AND kind = $2 AND id = $3)")
                .bind(org)
                .bind(Kind::Member.name())
                .bind(user.0)
                .fetch_one(self.connection())
                .await?;
        Ok(known)
    }
}
