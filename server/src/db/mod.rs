//! PostgreSQL: the only place that speaks SQL.
//!
//! | module | holds |
//! |---|---|
//! | [`cluster`] | the server's own PostgreSQL, where it is given none |
//! | `open` | connecting, migrating, the runtime role |
//! | `tx` | [`OrgTx`]: a transaction on one organization's data |
//! | `door` | [`Door`]: a transaction of somebody whose organization is not known yet |
//! | `accounts` | actors, sessions, invitations |
//! | `devices` | what members are signed in on |
//! | `api_tokens` | personal access tokens |
//! | `history` | what has been done to a row |
//! | `kept_answers` | what requests were answered with that must not be done twice |
//! | `members` | who belongs to an organization, and as what |
//! | `lineage` | actors that branched from others |
//! | `push`, `pull` | what a decision depends on, and what it writes |
//! | `contents` | how far the contents of attachments have come |
//! | `epochs` | the lives of the data: a new one begins after a restore from a backup |
//! | `finished` | what was finished long ago |
//! | `purge` | letting go of what was deleted long ago |
//! | `notices` | what the servers of one database tell each other |

mod accounts;
mod api_tokens;
pub mod cluster;
mod contents;
mod convert;
mod devices;
mod door;
mod epochs;
mod error;
mod finished;
mod history;
mod kept_answers;
mod lineage;
mod members;
mod notices;
mod open;
mod pull;
mod purge;
mod push;
mod tx;

pub use accounts::{Session, StoredUser};
pub use api_tokens::{NEVER, TokenBearer};
pub use door::{Door, NewOrganization, NewUser, Ticket};
pub use epochs::BegunEpoch;
pub use error::DbError;
pub use history::Entry;
pub use kept_answers::{Answer, Once};
pub use notices::{ChangedRole, EndedSession, Notice, Notices, RollCall};
pub use open::{Keys, OpenError, RUNTIME_ROLE, open, options_from_url, prepare};
pub use push::Loaded;
pub use tx::{Clocks, OrgTx};

use sqlx::{Postgres, SqlSafeStr, Transaction};

/// The database, as the runtime role sees it.
#[derive(Clone, Debug)]
pub struct Db {
    pool: sqlx::PgPool,
}

impl Db {
    /// Whether the database answers.
    pub async fn answers(&self) -> Result<(), DbError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Begins a transaction with the statement given, which may have others behind it.
    ///
    /// In a task of its own, because a request may be given up at any point and sqlx counts a transaction only once
    /// `BEGIN` is answered: given up in between, the connection would go back to the pool with an open transaction in
    /// it, and the next request would work within that one's isolation level and snapshot. The task goes on to its
    /// end, and a transaction that nobody waits for any more rolls back.
    async fn begin(
        &self,
        statement: impl SqlSafeStr + Send + 'static,
    ) -> Result<Transaction<'static, Postgres>, DbError> {
        let pool = self.pool.clone();
        let begun = tokio::spawn(async move { pool.begin_with(statement).await });
        Ok(begun.await.map_err(|error| sqlx::Error::Io(error.into()))??)
    }

    /// Whether [`Self::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.pool.is_closed()
    }

    /// Closes every connection, after its transaction.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
