//! Who is asking: authorization as a value.

use serde::{Deserialize, Serialize};
use shared::api_token::ApiAccess;
use shared::clock::{Actor, Millis};
use shared::ids::{DeviceId, OrgId, UserId};
use uuid::Uuid;

/// A device of a member of an organization, as an access token says that the server has signed. Services demand one
/// and cannot make one: only [`crate::tokens::Tokens`] does, from a valid token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    claims: Claims,
    until: Millis,
    /// What a personal access token lets its bearer do; `None`: a device of the member, which does all that they may.
    token: Option<ApiAccess>,
}

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
    pub(crate) fn from_claims(claims: Claims, until: Millis) -> Self {
        Self { claims, until, token: None }
    }

    /// The bearer of a personal access token, as long as a request takes.
    pub(crate) fn from_token(claims: Claims, access: ApiAccess) -> Self {
        Self { claims, until: Millis::MAX, token: Some(access) }
    }

    /// Whether this is a program with a personal access token.
    pub fn is_program(&self) -> bool {
        self.token.is_some()
    }

    /// Whether this one may change anything.
    pub fn may_write(&self) -> bool {
        self.token != Some(ApiAccess::Read)
    }

    pub(crate) fn claims(&self) -> &Claims {
        &self.claims
    }

    /// When the access ends that was given. A request does not take so long; a socket does.
    pub fn until(&self) -> Millis {
        self.until
    }

    pub fn user(&self) -> UserId {
        self.claims.user
    }

    pub fn org(&self) -> OrgId {
        self.claims.org
    }

    pub fn actor(&self) -> Actor {
        self.claims.actor
    }

    pub fn device(&self) -> DeviceId {
        self.claims.device
    }

    pub fn family(&self) -> Uuid {
        self.claims.family
    }
}
