//! PostgreSQL: the only place that speaks SQL.
//!
//! | module | holds |
//! |---|---|
//! | [`cluster`] | the server's own PostgreSQL, where it is given none |
//! | `open` | connecting, migrating, the runtime role |
//! | `tx` | [`OrgTx`]: a transaction on one organization's data |
//! | `door` | [`Door`]: a transaction of somebody whose organization is not known yet |
//! | `accounts` | members, devices, actors, sessions, invitations |
//! | `push`, `pull` | what a decision depends on, and what it writes |

mod accounts;
pub mod cluster;
mod convert;
mod door;
mod error;
mod open;
mod pull;
mod push;
mod tx;

pub use accounts::{Session, StoredUser};
pub use door::{Door, NewOrganization, NewUser, Ticket};
pub use error::DbError;
pub use open::{Keys, OpenError, RUNTIME_ROLE, open, options_from_url, prepare};
pub use push::Loaded;
pub use tx::OrgTx;

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

    /// Closes every connection, after its transaction.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
