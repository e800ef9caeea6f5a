//! Signing in: what a device and the server say to each other before any sync.
//!
//! - `POST /api/auth/register`: [`RegisterRequest`] → [`Session`]
//! - `POST /api/auth/login`: [`LoginRequest`] → [`Session`]
//! - `POST /api/auth/refresh`: no body, the refresh cookie → [`Session`]
//! - `POST /api/auth/logout`: no body, the refresh cookie → nothing
//! - `POST /api/auth/resume`: see [`crate::resume`]
//! - `POST /api/invitations`: no body → [`Invitation`]

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::{Actor, Millis};
use crate::ids::{DeviceId, Epoch, OrgId, UserId};

/// The name of the cookie that carries the refresh token.
pub const REFRESH_COOKIE: &str = "tern_refresh";

/// A password on its way to the server; never shown in a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A bearer token; never shown in a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct AccessToken(pub String);

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// The browser profile or app that signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeviceInfo {
    pub id: DeviceId,
    /// For people, such as "Chromium on Linux".
    pub name: String,
}

/// A new account: with an organization of its own, or in the one that an invitation is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// The name of the new organization; left out with an invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
    pub name: String,
    pub email: String,
    pub password: Password,
    pub device: DeviceInfo,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    pub email: String,
    pub password: Password,
    pub device: DeviceInfo,
}

/// A signed-in device. The refresh token travels beside it, in an `HttpOnly` cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Session {
    pub access_token: AccessToken,
    /// Seconds until the access token expires.
    pub expires_in: u32,
    pub account: Account,
}

/// Who is signed in, where, and as which actor. Kept on the device, so that it opens without a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub user: UserId,
    pub name: String,
    pub email: String,
    pub organization: OrgId,
    pub organization_name: String,
    /// This device of this member in this organization.
    pub actor: Actor,
    pub epoch: Epoch,
}

/// Lets one person join the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// The secret part of the link `/register?invitation={token}`.
    pub token: String,
    pub expires_at: Millis,
}

/// Why a field of an account is not acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAccount {
    #[error("Enter an organization name of 1 to 80 characters.")]
    Organization,
    #[error("Enter your name in 1 to 80 characters.")]
    Name,
    #[error("Enter an e-mail address like ada@example.org.")]
    Email,
    #[error("Choose a password of 10 to 128 characters.")]
    Password,
}

/// Characters of a person's or an organization's name.
const NAME_CHARS: usize = 80;

impl RegisterRequest {
    /// Checks what can be checked without the server; both sides do.
    pub fn validate(&self) -> Result<(), InvalidAccount> {
        match (&self.organization, &self.invitation) {
            (Some(organization), None) if !is_name(organization) => return Err(InvalidAccount::Organization),
            (None, None) => return Err(InvalidAccount::Organization),
            _ => {}
        }
        if !is_name(&self.name) {
            return Err(InvalidAccount::Name);
        }
        if !is_email(&self.email) {
            return Err(InvalidAccount::Email);
        }
        if !(10..=128).contains(&self.password.0.chars().count()) {
            return Err(InvalidAccount::Password);
        }
        Ok(())
    }
}

fn is_name(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.chars().count() <= NAME_CHARS && !text.chars().any(char::is_control)
}

/// Whether mail could be sent there: one `@`, something before it, a host after it (RFC 5321 lengths). More is
/// known only once a mail has arrived.
fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    let printable = text.chars().all(|c| !c.is_whitespace() && !c.is_control());
    printable && text.len() <= 254 && !local.is_empty() && local.len() <= 64 && is_host(host)
}

fn is_host(host: &str) -> bool {
    !host.is_empty() && !host.contains('@') && host.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn request() -> RegisterRequest {
        RegisterRequest {
            organization: Some("Saltmarsh".into()),
            invitation: None,
            name: "Ines Okafor".into(),
            email: "ines@saltmarsh.example".into(),
            password: Password("correct horse".into()),
            device: DeviceInfo { id: DeviceId(Uuid::nil()), name: "test".into() },
        }
    }

    #[test]
    fn says_which_field_is_wrong() {
        assert_eq!(request().validate(), Ok(()));
        assert_eq!(RegisterRequest { organization: None, ..request() }.validate(), Err(InvalidAccount::Organization));
        assert_eq!(RegisterRequest { name: " ".into(), ..request() }.validate(), Err(InvalidAccount::Name));
        for email in ["", "ines", "@x", "a@", "a@b@c", "a b@c", "a@b..c"] {
            let request = RegisterRequest { email: email.into(), ..request() };
            assert_eq!(request.validate(), Err(InvalidAccount::Email), "{email}");
        }
    }

    #[test]
    fn names_and_secrets_have_lengths() {
        let name = |text: String| RegisterRequest { name: text, ..request() }.validate();
        assert_eq!(name("ö".repeat(80)), Ok(()));
        for bad in ["ö".repeat(81), "a\tb".into(), String::new()] {
            assert_eq!(name(bad.clone()), Err(InvalidAccount::Name), "{bad}");
            let organization = RegisterRequest { organization: Some(bad), ..request() };
            assert_eq!(organization.validate(), Err(InvalidAccount::Organization));
        }
        let password = |count: usize| RegisterRequest { password: Password("ß".repeat(count)), ..request() }.validate();
        assert_eq!((password(10), password(128)), (Ok(()), Ok(())));
        for bad in [9, 129] {
            assert_eq!(password(bad), Err(InvalidAccount::Password), "{bad}");
        }
        let email = |local: usize, host: usize| {
            let email = format!("{}@{}", "l".repeat(local), "h".repeat(host));
            RegisterRequest { email, ..request() }.validate()
        };
        assert_eq!((email(64, 189), email(1, 1)), (Ok(()), Ok(())));
        for (local, host) in [(64, 190), (65, 10), (0, 10), (10, 0)] {
            assert_eq!(email(local, host), Err(InvalidAccount::Email), "{local} {host}");
        }
        assert_eq!(RegisterRequest { email: "a\u{1}@b".into(), ..request() }.validate(), Err(InvalidAccount::Email));
    }

    #[test]
    fn an_invitation_brings_the_organization() {
        let invited = RegisterRequest { organization: None, invitation: Some("token".into()), ..request() };
        assert_eq!(invited.validate(), Ok(()));
    }

    #[test]
    fn secrets_do_not_show_in_a_debug_print() {
        let shown = format!("{:?} {:?}", request(), AccessToken("secret-token".into()));
        assert!(!shown.contains("correct horse") && !shown.contains("secret-token"), "{shown}");
    }
}
