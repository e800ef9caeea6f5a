//! Organizations, as their members see them.
//!
//! - `GET /api/organizations` → those of whoever asks, [`Organization`]
//! - `GET /api/organizations/{id}` → [`Organization`]

use serde::{Deserialize, Serialize};

use crate::clock::{Millis, Version};
use crate::ids::OrgId;
use crate::value::Role;

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Organization {
    pub id: OrgId,
    pub name: String,
    /// What whoever asks is in it.
    pub role: Role,
    /// How many people belong to it.
    pub members: u64,
    /// How many changes were made in it.
    pub version: Version,
    /// Milliseconds since 1970.
    pub created_at: Millis,
}
