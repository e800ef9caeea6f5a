//! A transaction on one organization's data.

use std::sync::LazyLock;

use shared::ids::OrgId;
use shared::protocol::LastMutation;
use shared::scope::Reader;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::QueryAs;
use sqlx::{AssertSqlSafe, FromRow, PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::push::{ORG_CLOCK_COLUMNS, org_clock};
use super::{Db, DbError, convert};
use crate::domain::lineage::Lineage;
use crate::domain::push::{DeviceClock, OrgClock};
use crate::member::Member;

/// A transaction that sees one organization's rows and no other's. To have one is to be allowed: it is made from a
/// [`Member`] whose session still stands, or by [`super::Door`] for somebody who has just proved who they are.
/// Dropped without [`Self::commit`], it leaves nothing.
#[derive(Debug)]
pub struct OrgTx {
    tx: Transaction<'static, Postgres>,
    org: OrgId,
    reader: Option<Reader>,
}

/// Where an organization and a device stand, at one moment.
#[derive(Debug)]
pub struct Clocks {
    pub org: OrgClock,
    pub device: DeviceClock,
    pub lineage: Lineage,
}

/// Sees one moment.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The member, if their session stands and they still are one.
const ADMITTED: &str = "FROM sessions s
     JOIN actors a ON (a.org_id, a.actor) = (s.org_id, s.actor)
     JOIN memberships m ON (m.org_id, m.user_id) = (a.org_id, a.user_id)
     JOIN organizations o ON o.id = s.org_id
     WHERE s.org_id = $1 AND s.family = $2 AND s.revoked_at IS NULL AND a.actor = $3 AND a.user_id = $4";

static ROLE_OF_ADMITTED: LazyLock<String> = LazyLock::new(|| format!("SELECT m.role {ADMITTED}"));

static CLOCKS_OF_ADMITTED: LazyLock<String> = LazyLock::new(|| {
    let clock = ORG_CLOCK_COLUMNS;
    format!("SELECT m.role, a.last_n, a.last_hash, a.succeeds IS NOT NULL, {clock} {ADMITTED}")
});

fn admitted<O>(statement: &'static str, member: &Member) -> QueryAs<'static, Postgres, O, PgArguments>
where
    O: for<'r> FromRow<'r, PgRow>,
{
    sqlx::query_as(statement)
        .bind(member.org().0)
        .bind(member.family())
        .bind(i64::from(member.actor()))
        .bind(member.user().0)
}

impl OrgTx {
    /// For writing; every statement sees what was committed before it. Takes the organization's place in line
    /// ([`Self::lock`]) before it looks who this is: whoever was removed while they waited is not let in, and a role
    /// is the one that its member has when it is their turn, until the end of the transaction.
    pub async fn in_line(db: &Db, member: &Member) -> Result<(Self, OrgClock), DbError> {
        if !member.may_write() {
            return Err(DbError::ReadOnly);
        }
        let mut tx = Self::enter(db, "BEGIN", member.org()).await?;
        let clock = tx.lock().await?;
        tx.admit(member).await?;
        Ok((tx, clock))
    }

    /// As [`Self::in_line`], for a request that its author has given a key; `None` while another one with this key of
    /// theirs is being done, on whatever server.
    pub async fn in_line_once(db: &Db, member: &Member, key: &str) -> Result<Option<(Self, OrgClock)>, DbError> {
        if !member.may_write() {
            return Err(DbError::ReadOnly);
        }
        let mut tx = Self::enter(db, "BEGIN", member.org()).await?;
        // Before the line: whoever waits there is being done. Two keys of one hash are rare, and only come later.
        let free: bool = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))")
            .bind(format!("{} {} {key}", member.org(), member.actor()))
            .fetch_one(tx.connection())
            .await?;
        if !free {
            return Ok(None);
        }
        let clock = tx.lock().await?;
        tx.admit(member).await?;
        Ok(Some((tx, clock)))
    }

    /// For reading; every statement sees one and the same moment.
    pub async fn snapshot(db: &Db, member: &Member) -> Result<Self, DbError> {
        let mut tx = Self::enter(db, SNAPSHOT, member.org()).await?;
        tx.admit(member).await?;
        Ok(tx)
    }

    /// As [`Self::snapshot`], with where the organization and the member's device stand: most pulls ask no more than that,
    /// so it is one statement.
    pub async fn snapshot_with_clocks(db: &Db, member: &Member) -> Result<(Self, Clocks), DbError> {
        type Columns = (String, i64, i64, bool, Uuid, i64, i64, bool);
        let mut tx = Self::enter(db, SNAPSHOT, member.org()).await?;
        let columns: Option<Columns> =
            admitted(CLOCKS_OF_ADMITTED.as_str(), member).fetch_optional(tx.connection()).await?;
        let (role, n, bits, branched, epoch, ver, floor, restored) = columns.ok_or(DbError::SignedOut)?;
        tx.reader = Some(Reader { user: member.user(), role: convert::role(&role)? });
        let actor = member.actor();
        let last = LastMutation { n: convert::unsigned(n), hash: convert::hash(bits) };
        let (device, lineage) = match branched {
            true => tx.device_clock(actor).await?,
            false => (DeviceClock { actor, last }, Lineage::new(actor, Vec::new())),
        };
        Ok((tx, Clocks { org: org_clock((epoch, ver, floor, restored)), device, lineage }))
    }

    /// For the server's own housekeeping, of which no member knows.
    pub async fn house(db: &Db, org: OrgId) -> Result<Self, DbError> {
        Self::confine(db.begin("BEGIN").await?, org).await
    }

    /// Remembers this point of the transaction.
    pub async fn mark(&mut self) -> Result<(), DbError> {
        sqlx::query("SAVEPOINT mark").execute(self.connection()).await?;
        Ok(())
    }

    /// Goes back to the point remembered last: what was done since is not done.
    pub async fn back_to_mark(&mut self) -> Result<(), DbError> {
        sqlx::query("ROLLBACK TO SAVEPOINT mark").execute(self.connection()).await?;
        Ok(())
    }

    pub async fn commit(self) -> Result<(), DbError> {
        Ok(self.tx.commit().await?)
    }

    /// The organization whose data this is.
    pub fn org(&self) -> OrgId {
        self.org
    }

    /// Who reads and writes; `None`: the server itself.
    pub fn reader(&self) -> Option<Reader> {
        self.reader
    }

    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Confines a transaction to an organization. The caller has made sure that this is allowed.
    pub(super) async fn confine(mut tx: Transaction<'static, Postgres>, org: OrgId) -> Result<Self, DbError> {
        sqlx::query("SELECT set_config('tern.org', $1, true)").bind(org.to_string()).execute(&mut *tx).await?;
        Ok(Self { tx, org, reader: None })
    }

    /// As [`Self::confine`], but on the way of BEGIN: every request comes through here.
    async fn enter(db: &Db, begin: &str, org: OrgId) -> Result<Self, DbError> {
        // Nothing in a UUID needs quoting.
        let begin = format!("{begin}; SELECT set_config('tern.org', '{}', true)", org.0);
        Ok(Self { tx: db.begin(AssertSqlSafe(begin)).await?, org, reader: None })
    }

    /// An access token outlives what it was given for by some minutes: whether its bearer is still a member, and the
    /// session not ended, is asked here.
    async fn admit(&mut self, member: &Member) -> Result<(), DbError> {
        let role: Option<(String,)> =
            admitted(ROLE_OF_ADMITTED.as_str(), member).fetch_optional(self.connection()).await?;
        let (role,) = role.ok_or(DbError::SignedOut)?;
        self.reader = Some(Reader { user: member.user(), role: convert::role(&role)? });
        Ok(())
    }
}
