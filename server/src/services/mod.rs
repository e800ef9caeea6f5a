//! Use cases: one transaction script each. They demand a [`crate::member::Member`] or establish one, load, let the
//! domain decide, write, commit.

mod api_tokens;
mod contents;
mod deliveries;
mod devices;
mod earlier;
mod epochs;
mod exchanges;
mod export;
mod failure;
mod feeds;
mod housekeeping;
mod import;
mod invitations;
mod members;
mod organizations;
mod passwords;
mod realtime;
mod registration;
mod resources;
mod resume;
mod sessions;
mod shelves;
mod snapshot;
mod sync;
mod thumbnails;
mod webhooks;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use shared::account::Session;
use shared::clock::Millis;
use tokio::sync::Notify;

use crate::contents::Contents;
use crate::courier::Courier;
use crate::db::{Db, DbError};
use crate::member::Member;
use crate::realtime::Hub;
use crate::tokens::{TokenError, Tokens};

pub use crate::db::{Answer, Entry, Once, Wanted};
pub use contents::{Expected, Given};
pub use devices::Whose;
pub use earlier::{
    Choice, EarlierConflict, EarlierDone, EarlierPage, EarlierResult, EarlierRow, EarlierSync, Unsettled, UnsettledSide,
};
use exchanges::Exchanges;
pub use export::Exported;
pub use failure::{DeviceProblem, Failure, KeyProblem, WebhookProblem};
pub use import::Import;
pub use passwords::Passwords;
pub use resources::{Change, Found, Listing, Selection, What};
use shelves::Shelves;
pub use snapshot::Snapshot;
pub use thumbnails::Thumbnail;
use thumbnails::Thumbnails;

/// What the use cases work with.
#[derive(Debug)]
pub struct Services {
    db: Db,
    tokens: Tokens,
    passwords: Passwords,
    hub: Hub,
    contents: Contents,
    /// Of an attached file.
    most_bytes: u64,
    underway: contents::Underway,
    thumbnails: Thumbnails,
    shelves: Shelves,
    exchanges: Exchanges,
    courier: Courier,
    /// That webhooks may have something to be told.
    woken: Arc<Notify>,
}

/// A device that has just signed in or refreshed: what it is told, and the refresh token for its cookie.
#[derive(Debug)]
pub struct SignedIn {
    pub session: Session,
    pub refresh_token: String,
}

impl Services {
    /// `most_bytes` is how large an attached file may be.
    pub fn new(db: Db, tokens: Tokens, contents: Contents, most_bytes: u64, courier: Courier) -> Self {
        let (passwords, hub, underway) = (Passwords::default(), Hub::default(), contents::Underway::default());
        let (shelves, exchanges, woken) = (Shelves::default(), Exchanges::default(), Arc::default());
        let thumbnails = Thumbnails::default();
        Self {
            db,
            tokens,
            passwords,
            hub,
            contents,
            most_bytes,
            underway,
            thumbnails,
            shelves,
            exchanges,
            courier,
            woken,
        }
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
