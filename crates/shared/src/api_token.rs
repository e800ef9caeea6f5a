//! Personal access tokens, for programs that work in a member's name.
//!
//! - `POST /api/tokens`: [`NewApiToken`] → [`CreatedApiToken`]
//! - `GET /api/tokens` → those of the member, [`ApiToken`]
//! - `DELETE /api/tokens/{id}`

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::AccessToken;
use crate::clock::Millis;

/// What a token lets its bearer do, of what its member may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ApiAccess {
    Read,
    Write,
}

impl ApiAccess {
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    /// The name, as on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewApiToken {
    /// For people: what it is used for.
    pub name: String,
    pub access: ApiAccess,
    /// After how many days it ends; left out: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// A token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ApiToken {
    pub id: Uuid,
    pub name: String,
    pub access: ApiAccess,
    pub created_at: Millis,
    /// To the hour.
    pub last_used_at: Option<Millis>,
    pub expires_at: Option<Millis>,
}

/// A token that has just been made. The secret is not to be had again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CreatedApiToken {
    #[serde(flatten)]
    pub about: ApiToken,
    pub token: AccessToken,
}

/// Characters of a token's name.
const NAME_CHARS: usize = 80;
/// Days that a token may live: ten years.
const MOST_DAYS: u32 = 3_650;

/// Why a token cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidApiToken {
    #[error("Name the token in 1 to 80 characters, for instance after what uses it.")]
    Name,
    #[error("A token lives 1 to 3650 days, or without end if `days` is left out.")]
    Days,
}

impl NewApiToken {
    /// Checks what a member asks for.
    pub fn validate(&self) -> Result<(), InvalidApiToken> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
            return Err(InvalidApiToken::Name);
        }
        if self.days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
            return Err(InvalidApiToken::Days);
        }
        Ok(())
    }
}
