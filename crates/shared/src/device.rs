//! The devices on which members are signed in, as they see them.
//!
//! - `GET /api/devices` → one's own [`Device`]s; an admin's `?user=…` those of somebody else, or of `all`
//! - `PATCH /api/devices/{id}`: [`RenameDevice`] → [`Device`]
//! - `DELETE /api/devices/{id}`: signs it out

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::ids::{DeviceId, UserId};

/// A device on which a member is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Device {
    pub id: DeviceId,
    pub user: UserId,
    pub name: String,
    /// Milliseconds since 1970.
    pub signed_in_at: Millis,
    /// When it last went on being signed in: it has been there since then for a quarter of an hour at most.
    pub seen_at: Millis,
    /// When it is signed out if it is not seen until then.
    pub expires_at: Millis,
    /// The one that asks.
    pub current: bool,
}

/// Gives a device another name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RenameDevice {
    /// 1 to 80 characters.
    pub name: String,
}

/// Characters of a device's name.
pub const NAME_CHARS: usize = 80;

/// The name cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Name the device in 1 to 80 characters, such as \"Chromium on Linux\".")]
pub struct InvalidDeviceName;

impl RenameDevice {
    /// The name without space around it.
    pub fn name(&self) -> Result<&str, InvalidDeviceName> {
        let name = self.name.trim();
        let fits = !name.is_empty() && name.chars().count() <= NAME_CHARS && !name.chars().any(char::is_control);
        if fits { Ok(name) } else { Err(InvalidDeviceName) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_short_line() {
        let name = |text: &str| RenameDevice { name: text.to_owned() }.name().map(str::to_owned);
        assert_eq!(name(" Galley tablet "), Ok("Galley tablet".to_owned()));
        assert!(name(&"é".repeat(NAME_CHARS)).is_ok());
        for bad in ["", " ", "a\nb", "a\0", &"é".repeat(NAME_CHARS + 1)] {
            assert_eq!(name(bad), Err(InvalidDeviceName), "{bad:?}");
        }
    }
}
