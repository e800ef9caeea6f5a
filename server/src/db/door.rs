//! The way in, for somebody whose organization is not known yet: registering, signing in, refreshing.

use shared::account::RegisterRequest;
use shared::clock::Millis;
use shared::ids::{Epoch, OrgId, UserId};
use sqlx::{PgConnection, Postgres, Transaction};

use super::accounts::StoredUser;
use super::convert::timestamp;
use super::{Db, DbError, OrgTx};
use crate::tokens::RefreshToken;

/// A transaction that sees no organization's rows. Each of its exits checks something and leads into one
/// organization.
#[derive(Debug)]
pub struct Door {
    tx: Transaction<'static, Postgres>,
}

/// A person who is about to have an account.
#[derive(Debug)]
pub struct NewUser<'a> {
    pub id: UserId,
    pub request: &'a RegisterRequest,
    pub password_hash: &'a str,
}

/// An organization that is about to exist.
#[derive(Debug)]
pub struct NewOrganization<'a> {
    pub id: OrgId,
    pub name: &'a str,
    pub epoch: Epoch,
}

/// An invitation, a personal access token, or a calendar's secret, as presented: which organization it claims to be for, and the hash of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub org: OrgId,
    pub hash: [u8; 32],
}

/// What addresses are compared by.
fn email_key(email: &str) -> String {
    email.to_lowercase()
}

impl Db {
    /// The account with this address.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<StoredUser>, DbError> {
        if email.contains('\0') {
            return Ok(None); // PostgreSQL's texts cannot hold it
        }
        let user: Option<(uuid::Uuid, String)> =
            sqlx::query_as("SELECT id, password_hash FROM users WHERE email_key = $1")
                .bind(email_key(email))
                .fetch_optional(&self.pool)
                .await?;
        Ok(user.map(|(id, password_hash)| StoredUser { id: UserId(id), password_hash }))
    }
}

impl Door {
    pub async fn open(db: &Db) -> Result<Self, DbError> {
        Ok(Self { tx: db.begin("BEGIN").await? })
    }

    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Adds a person; `false` when the address is registered already.
    pub async fn insert_user(&mut self, user: &NewUser<'_>, now: Millis) -> Result<bool, DbError> {
        let inserted = sqlx::query(
            "INSERT INTO users (id, email, email_key, name, password_hash, created_at)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email_key) DO NOTHING",
        )
        .bind(user.id.0)
        .bind(&user.request.email)
        .bind(email_key(&user.request.email))
        .bind(user.request.name.trim())
        .bind(user.password_hash)
        .bind(timestamp(now))
        .execute(&mut *self.tx)
        .await?;
        Ok(inserted.rows_affected() == 1)
    }

    /// Founds an organization and enters it.
    pub async fn found(self, organization: &NewOrganization<'_>, now: Millis) -> Result<OrgTx, DbError> {
        let mut tx = OrgTx::confine(self.tx, organization.id).await?;
        sqlx::query("INSERT INTO organizations (id, name, epoch, created_at) VALUES ($1, $2, $3, $4)")
            .bind(organization.id.0)
            .bind(organization.name.trim())
            .bind(organization.epoch.0)
            .bind(timestamp(now))
            .execute(tx.connection())
            .await?;
        Ok(tx)
    }

    /// Enters with an invitation, in line ([`OrgTx::lock`]), and uses it up; `None` when it does not exist, is used or has expired.
    pub async fn invited(self, ticket: &Ticket, user: UserId, now: Millis) -> Result<Option<OrgTx>, DbError> {
        let mut tx = OrgTx::confine(self.tx, ticket.org).await?;
        // In line before it: the removal of who made the invitation is there first, and ends it, or comes afterwards.
        match tx.lock().await {
            Err(DbError::SignedOut) => return Ok(None), // there is no such organization
            locked => locked?,
        };
        let update = sqlx::query(
            "UPDATE invitations SET used_by = $3, used_at = $4
             WHERE org_id = $1 AND token_hash = $2 AND used_at IS NULL AND expires_at > $4",
        )
        .bind(ticket.org.0)
        .bind(&ticket.hash[..])
        .bind(user.0)
        .bind(timestamp(now))
        .execute(tx.connection())
        .await?;
        Ok((update.rows_affected() == 1).then_some(tx))
    }

    /// Enters the organization of somebody ([`Self::home`]).
    pub async fn member(mut self, user: UserId) -> Result<Option<OrgTx>, DbError> {
        match self.home(user).await? {
            Some(org) => Ok(Some(OrgTx::confine(self.tx, org).await?)),
            None => Ok(None),
        }
    }

    /// The organization that somebody, who has given the right password, joined first.
    pub async fn home(&mut self, user: UserId) -> Result<Option<OrgId>, DbError> {
        sqlx::query("SELECT set_config('tern.user', $1, true)").bind(user.to_string()).execute(&mut *self.tx).await?;
        let org: Option<uuid::Uuid> =
            sqlx::query_scalar("SELECT org_id FROM memberships WHERE user_id = $1 ORDER BY joined_at, org_id LIMIT 1")
                .bind(user.0)
                .fetch_optional(&mut *self.tx)
                .await?;
        Ok(org.map(OrgId))
    }

    /// Every organization, for the server's own housekeeping.
    pub async fn organizations(mut self) -> Result<Vec<OrgId>, DbError> {
        sqlx::query("SELECT set_config('tern.housekeeping', 'on', true)").execute(&mut *self.tx).await?;
        let ids: Vec<uuid::Uuid> =
            sqlx::query_scalar("SELECT id FROM organizations ORDER BY id").fetch_all(&mut *self.tx).await?;
        Ok(ids.into_iter().map(OrgId).collect())
    }

    /// Enters the organization that a personal access token or a calendar's secret claims to be of. What it is worth, its hash says.
    pub(super) async fn token(self, ticket: &Ticket) -> Result<OrgTx, DbError> {
        OrgTx::confine(self.tx, ticket.org).await
    }

    /// Enters the organization of a session, with a token that the server has signed.
    pub async fn session(self, token: &RefreshToken) -> Result<OrgTx, DbError> {
        OrgTx::confine(self.tx, token.org()).await
    }
}
