//! What the servers of one database tell each other, with PostgreSQL's NOTIFY.
//!
//! A notification is sent within the transaction that it is about: PostgreSQL delivers it after the commit, to every
//! server, and in the order of the commits. From NOTIFY to the end of its commit a transaction holds one lock of the whole
//! database, so such commits queue behind each other. That costs little as long as nothing slow follows the NOTIFY and
//! the payloads are small, so it comes last in its transaction and names at most a few rows.
//!
//! Nothing is stored: who does not listen misses it. So [`Notices`] does not mend a lost connection in silence; it ends,
//! and [`Db::roll_call`] makes up for what the next one has not heard.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::clock::Version;
use shared::ids::{OrgId, UserId};
use shared::value::Role;
use sqlx::postgres::{PgListener, PgNotification};
use uuid::Uuid;

use super::convert::{role, unsigned};
use super::{Db, DbError, OrgTx};
use crate::domain::poke::Poke;

/// Payload: a [`Poke`].
const POKE: &str = "tern_poke";
/// Payload: an [`EndedSession`].
const ENDED: &str = "tern_session_ended";
/// Payload: a [`ChangedRole`].
const ROLE: &str = "tern_role";

/// After so long without a notification the connection is tried: one that died in silence would never say so.
const QUIET: Duration = Duration::from_secs(30);
/// How long it may then take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Somebody has signed out, or a session was ended for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedSession {
    pub org: OrgId,
    pub family: Uuid,
}

/// A member has another role from a version on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedRole {
    pub org: OrgId,
    pub user: UserId,
    pub role: Role,
    pub ver: Version,
}

/// What a server hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    Poke(Poke),
    Ended(EndedSession),
    Role(ChangedRole),
}

/// How an organization stands, for its open sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollCall {
    pub ver: Version,
    /// Those of the sessions asked for that go on, and their members' roles.
    pub standing: BTreeMap<Uuid, Role>,
}

/// One server's ear: a connection that does nothing else.
pub struct Notices {
    listener: PgListener,
}

impl std::fmt::Debug for Notices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notices")
    }
}

impl Notices {
    /// Listens from now on, with one of the pool's connections.
    pub async fn listen(db: &Db) -> Result<Self, DbError> {
        let mut listener = PgListener::connect_with(&db.pool).await?;
        listener.eager_reconnect(false);
        listener.listen_all([POKE, ENDED, ROLE]).await?;
        Ok(Self { listener })
    }

    /// The next notice. After an error this ear is deaf, and another one is needed.
    pub async fn next(&mut self) -> Result<Notice, DbError> {
        loop {
            let Ok(received) = tokio::time::timeout(QUIET, self.listener.try_recv()).await else {
                self.answers().await?;
                continue;
            };
            let notification = received?.ok_or(sqlx::Error::Io(std::io::ErrorKind::ConnectionAborted.into()))?;
            if let Some(notice) = read(&notification) {
                return Ok(notice);
            }
        }
    }

    async fn answers(&mut self) -> Result<(), DbError> {
        let answer = tokio::time::timeout(PATIENCE, sqlx::query("SELECT 1").execute(&mut self.listener)).await;
        answer.map_err(|_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))??;
        Ok(())
    }
}

/// `None` for what another version of the server may say.
fn read(notification: &PgNotification) -> Option<Notice> {
    let payload = notification.payload();
    let notice = match notification.channel() {
        POKE => serde_json::from_str(payload).map(Notice::Poke),
        ENDED => serde_json::from_str(payload).map(Notice::Ended),
        ROLE => serde_json::from_str(payload).map(Notice::Role),
        _ => return None,
    };
    notice.inspect_err(|error| tracing::warn!(%error, "a notification cannot be read")).ok()
}

impl Db {
    /// How far an organization is and which of these sessions go on. For the servers' own use: nobody asks for it over
    /// HTTP.
    pub async fn roll_call(&self, org: OrgId, sessions: &[Uuid]) -> Result<RollCall, DbError> {
        let mut tx = OrgTx::confine(self.begin("BEGIN READ ONLY").await?, org).await?;
        let ver: i64 = sqlx::query_scalar("SELECT ver FROM organizations WHERE id = $1")
            .bind(org.0)
            .fetch_one(tx.connection())
            .await?;
        let standing: Vec<(Uuid, String)> = sqlx::query_as(
            "SELECT s.family, m.role
             FROM sessions s
             JOIN actors a ON (a.org_id, a.actor) = (s.org_id, s.actor)
             JOIN memberships m ON (m.org_id, m.user_id) = (a.org_id, a.user_id)
             WHERE s.org_id = $1 AND s.family = ANY($2) AND s.revoked_at IS NULL",
        )
        .bind(org.0)
        .bind(sessions)
        .fetch_all(tx.connection())
        .await?;
        tx.commit().await?;
        let standing = standing.into_iter().map(|(family, name)| Ok((family, role(&name)?)));
        Ok(RollCall { ver: unsigned(ver), standing: standing.collect::<Result<_, DbError>>()? })
    }
}

impl OrgTx {
    /// Tells every server, once this is committed, that the organization has changed.
    pub async fn poke(&mut self, poke: &Poke) -> Result<(), DbError> {
        self.notify(POKE, poke).await
    }

    /// Tells every server, once this is committed, that a session has ended.
    pub async fn tell_ended(&mut self, family: Uuid) -> Result<(), DbError> {
        let org = self.org();
        self.notify(ENDED, &EndedSession { org, family }).await
    }

    /// Tells every server, once this is committed, that a member has another role.
    pub async fn tell_role(&mut self, user: UserId, role: Role, ver: Version) -> Result<(), DbError> {
        let org = self.org();
        self.notify(ROLE, &ChangedRole { org, user, role, ver }).await
    }

    async fn notify(&mut self, channel: &str, payload: &impl Serialize) -> Result<(), DbError> {
        let payload = serde_json::to_string(payload)?;
        sqlx::query("SELECT pg_notify($1, $2)").bind(channel).bind(payload).execute(self.connection()).await?;
        Ok(())
    }
}
