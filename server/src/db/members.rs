//! Who belongs to an organization, and as what.

use shared::clock::Millis;
use shared::ids::UserId;
use shared::value::Role;

use super::convert::{role, timestamp};
use super::{DbError, OrgTx};

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
}
