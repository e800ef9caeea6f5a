//! Use cases: one transaction script each. They demand a [`crate::member::Member`] or establish one, load, let the
//! domain decide, write, commit.

mod epochs;
mod failure;
mod housekeeping;
mod invitations;
mod members;
mod passwords;
mod realtime;
mod registration;
mod resume;
mod sessions;
mod sync;

use std::time::{SystemTime, UNIX_EPOCH};

use shared::account::Session;
use shared::clock::Millis;

use crate::db::{Db, DbError};
use crate::member::Member;
use crate::realtime::Hub;
use crate::tokens::{TokenError, Tokens};

pub use failure::Failure;
pub use passwords::Passwords;

/// What the use cases work with.
#[derive(Debug)]
pub struct Services {
    db: Db,
    tokens: Tokens,
    passwords: Passwords,
    hub: Hub,
}

/// A device that has just signed in or refreshed: what it is told, and the refresh token for its cookie.
#[derive(Debug)]
pub struct SignedIn {
    pub session: Session,
    pub refresh_token: String,
}

impl Services {
    pub fn new(db: Db, tokens: Tokens) -> Self {
        Self { db, tokens, passwords: Passwords::default(), hub: Hub::default() }
    }

    /// Who bears this access token.
    pub fn member(&self, access_token: &str) -> Result<Member, TokenError> {
        self.tokens.member(access_token)
    }

    /// Whether the server can work.
    pub async fn health(&self) -> Result<(), DbError> {
        self.db.answers().await
    }
}

/// The server's clock.
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}
