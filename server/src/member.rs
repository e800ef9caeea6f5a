//! Who is asking: authorization as a value.

use serde::{Deserialize, Serialize};
use shared::clock::Actor;
use shared::ids::{DeviceId, OrgId, UserId};
use uuid::Uuid;

/// A device of a member of an organization, as an access token says that the server has signed. Services demand one
/// and cannot make one: only [`crate::tokens::Tokens`] does, from a valid token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member(Claims);

/// What an access token says beside its times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    #[serde(rename = "sub")]
    pub(crate) user: UserId,
    pub(crate) org: OrgId,
    pub(crate) actor: Actor,
    pub(crate) device: DeviceId,
    /// The family of refresh tokens that the token belongs to: the session.
    pub(crate) family: Uuid,
}

impl Member {
    pub(crate) fn from_claims(claims: Claims) -> Self {
        Self(claims)
    }

    pub fn user(&self) -> UserId {
        self.0.user
    }

    pub fn org(&self) -> OrgId {
        self.0.org
    }

    pub fn actor(&self) -> Actor {
        self.0.actor
    }

    pub fn device(&self) -> DeviceId {
        self.0.device
    }

    pub fn family(&self) -> Uuid {
        self.0.family
    }
}
