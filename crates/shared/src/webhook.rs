//! Webhooks: programs elsewhere that are told of what changes.
//!
//! - `POST /api/webhooks`: [`NewWebhook`] → [`CreatedWebhook`]
//! - `GET /api/webhooks` → all of the organization, [`Webhook`]
//! - `GET`, `PATCH` and `DELETE /api/webhooks/{id}`: [`ChangeWebhook`] → [`Webhook`]
//! - `POST /api/webhooks/{id}/secret` → [`WebhookSecret`]
//! - `POST /api/webhooks/{id}/ping` → [`Delivery`]
//! - `GET /api/webhooks/{id}/deliveries` → [`Delivery`]
//! - `POST /api/webhooks/{id}/deliveries/{delivery}/retry` → [`Delivery`]

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::clock::{Millis, Version};
use crate::ids::{Kind, ProjectId, UserId};

/// What can happen to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Happening {
    Created,
    Updated,
    Deleted,
    Restored,
}

impl Happening {
    pub const ALL: [Self; 4] = [Self::Created, Self::Updated, Self::Deleted, Self::Restored];

    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
        }
    }
}

/// Something that happens to rows of a kind, such as `task.updated`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventName {
    pub kind: Kind,
    pub what: Happening,
}

/// The kinds of rows that webhooks tell of. How somebody looks at tasks is nobody else's business.
pub const TOLD: [Kind; 7] =
    [Kind::Project, Kind::Section, Kind::Task, Kind::Comment, Kind::Attachment, Kind::CustomField, Kind::Member];

impl EventName {
    /// Every event.
    pub fn all() -> impl Iterator<Item = Self> {
        TOLD.into_iter().flat_map(|kind| Happening::ALL.into_iter().map(move |what| Self { kind, what }))
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind.name(), self.what.name())
    }
}

/// There is no such event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is a kind of rows and what happens to one, such as `task.updated`")]
pub struct UnknownEvent;

impl FromStr for EventName {
    type Err = UnknownEvent;

    fn from_str(text: &str) -> Result<Self, UnknownEvent> {
        Self::all().find(|one| one.to_string() == text).ok_or(UnknownEvent)
    }
}

impl Serialize for EventName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A webhook to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// Where it is told: an `https` address on the public internet, unless the server's operator allows others.
    pub url: String,
    /// Of what it is told; of everything, if there is none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<EventName>"))] // named twice is named
    pub events: BTreeSet<EventName>,
    /// Only of what is in these projects; of all, if there is none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<ProjectId>"))] // named twice is named
    pub projects: BTreeSet<ProjectId>,
    /// Whether it is told of anything yet; if nothing is said, it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
}

/// What is to change of a webhook; what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeWebhook {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<EventName>>"))]
    pub events: Option<BTreeSet<EventName>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<ProjectId>>"))]
    pub projects: Option<BTreeSet<ProjectId>>,
    /// What happens while it is off, it is told of once it is on again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
}

/// A webhook, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    pub id: Uuid,
    pub url: String,
    pub events: BTreeSet<EventName>,
    pub projects: BTreeSet<ProjectId>,
    pub active: bool,
    /// Why the server has switched it off.
    pub note: Option<String>,
    /// Who has made it, or switched it on last: it is told what this admin may see, and is off when they are none any
    /// more.
    pub owner: UserId,
    /// Up to which version of the organization its deliveries are in the log.
    pub version: Version,
    /// Since when no delivery has succeeded; milliseconds since 1970.
    pub failing_since: Option<Millis>,
    pub created_at: Millis,
    pub updated_at: Millis,
}

/// A webhook that has just been made. The secret is not to be had again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CreatedWebhook {
    #[serde(flatten)]
    pub about: Webhook,
    pub secret: Secret,
}

/// A new secret of a webhook. The one before it signs as well, for a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WebhookSecret {
    pub secret: Secret,
}

/// What signs deliveries: `whsec_` and the key in Base64. Never shown in a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// To be sent, or to be sent again.
    Waiting,
    Delivered,
    /// Given up.
    Failed,
}

impl DeliveryState {
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Failed];

    /// The name, as on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// One event on its way to one webhook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// As in the header `webhook-id`, the same however often it is sent.
    pub id: Uuid,
    /// An event, or `ping`.
    pub event: String,
    pub state: DeliveryState,
    /// Milliseconds since 1970.
    pub queued_at: Millis,
    /// When it is sent, or sent again, unless one before it of the same task waits.
    pub next_at: Option<Millis>,
    /// The first comes first.
    pub attempts: Vec<Attempt>,
}

/// One try to send a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    pub at: Millis,
    /// How many milliseconds it took.
    pub took: u32,
    /// The HTTP status, if there was an answer. From 200 to 299 it is delivered.
    pub status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
    /// The beginning of the answer.
    pub response: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_named_by_what_happens_to_what() {
        let task = EventName { kind: Kind::Task, what: Happening::Updated };
        assert_eq!(task.to_string(), "task.updated");
        for event in EventName::all() {
            assert_eq!(event.to_string().parse(), Ok(event));
        }
        assert_eq!(EventName::all().count(), 28);
        for none in ["", "task", "task.", "task.moved", "saved_view.created", "TASK.created"] {
            assert_eq!(none.parse::<EventName>(), Err(UnknownEvent), "{none}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert!(!format!("{:?}", Secret("whsec_c2VjcmV0".into())).contains("c2Vj"));
    }
}
