//! A member: a person in the organization, as the others see them.
//!
//! Only the server writes their rows:
//!
//! - `PATCH /api/members/{user}`: [`ChangeRole`] → [`Membership`]
//! - `DELETE /api/members/{user}`: no body → nothing

use serde::{Deserialize, Serialize};

use crate::field::{Field, TextField};
use crate::ids::{EntityId, UserId};
use crate::row::Row;
use crate::task::value;
use crate::value::{Role, Value};

/// Gives a member a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeRole {
    pub role: Role,
}

/// What somebody is in the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Membership {
    pub user: UserId,
    pub role: Role,
}

/// What a member sees of a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberView {
    pub id: UserId,
    pub name: String,
    pub email: Option<String>,
    pub role: Role,
    /// Whether the person has left.
    pub gone: bool,
}

impl MemberView {
    /// What a row shows, if it is a member's.
    pub fn of(row: &Row) -> Option<Self> {
        let EntityId::Member(id) = row.id else { return None };
        Some(Self {
            id,
            name: row.text(TextField::Name).unwrap_or_default().to_owned(),
            email: value!(row, Email, Text),
            role: value!(row, Role, Role).unwrap_or(Role::Guest),
            gone: row.life.is_deleted(),
        })
    }
}
