//! Calendars by a secret address, for calendar programs: they can fetch an address, and send no token with it.
//!
//! - `POST /api/feeds`: [`NewFeed`] → [`CreatedFeed`]
//! - `GET /api/feeds` → those of the member, [`Feed`]
//! - `DELETE /api/feeds/{id}`
//! - `GET /api/feeds/{secret}.ics` → the calendar

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Millis;
use crate::ids::ProjectId;
use crate::query::filter::Filter;

/// A calendar to be made: of all tasks that its member sees, as far as nothing else is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewFeed {
    /// For people: what the calendar is called.
    pub name: String,
    /// Only of this project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// Only those that are assigned to the member.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mine: bool,
    /// Only those for which a filter holds, as saved views have them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::schema::Object>"))]
    pub filter: Option<Filter>,
}

/// A calendar, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Feed {
    pub id: Uuid,
    #[serde(flatten)]
    pub what: NewFeed,
    pub created_at: Millis,
    /// To the hour.
    pub last_used_at: Option<Millis>,
}

/// A calendar that has just been made. The secret is not to be had again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CreatedFeed {
    #[serde(flatten)]
    pub about: Feed,
    /// Its address on this server. Whoever knows it reads the calendar.
    pub path: String,
}

/// Characters of a calendar's name.
const NAME_CHARS: usize = 80;
/// Calendars that a member may have.
pub const FEEDS: usize = 50;

/// Why a calendar cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFeed {
    #[error("Name the calendar in 1 to 80 characters, for instance \"My tasks\".")]
    Name,
    #[error("A member has at most {FEEDS} calendars. End one that is not used.")]
    TooMany,
}

impl NewFeed {
    /// Checks what a member asks for.
    pub fn validate(&self) -> Result<(), InvalidFeed> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
            return Err(InvalidFeed::Name);
        }
        Ok(())
    }
}
