//! What a field can hold.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::date::Date;
use crate::ids::{CommentId, ProjectId, SectionId, TaskId, UserId};
use crate::limits::{ORDER_CHARS, REFERENCE_CHARS};
use crate::mutation::Refusal;
use crate::recurrence::Recurrence;
use crate::workflow::{Priority, Status};

/// A value of a field. Which kind of value a field takes is [`crate::field::Field`]'s to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// The field is empty.
    #[default]
    Nothing,
    Flag(bool),
    Count(u32),
    /// One line.
    Text(String),
    Status(Status),
    Priority(Priority),
    Date(Date),
    /// Several times, such as those of reminders, the earliest first.
    Moments(BTreeSet<Millis>),
    People(BTreeSet<UserId>),
    Place(Place),
    Recurrence(Recurrence),
    Reference(Reference),
    Subject(Subject),
    File(FileFacts),
    FieldType(FieldType),
    Role(Role),
}

/// Where something stands: one value, because a project, a section, a parent and an order that come from different
/// moves would not be a place anybody has chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Of a section and of a task.
    pub project: Option<ProjectId>,
    /// Of a task.
    pub section: Option<SectionId>,
    /// The task that this one is a part of.
    pub parent: Option<TaskId>,
    /// A fractional index ([`crate::order`]): compared as text, and between any two there is room for another.
    pub order: String,
}

/// Something that another service knows about. Only who and what is kept; a client fetches the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Such as `github` or `tmdb`.
    pub provider: String,
    /// As the provider names it.
    pub id: String,
}

/// What a comment or a file is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    pub task: TaskId,
    /// The comment that this one answers.
    pub reply_to: Option<CommentId>,
}

/// What is known of an attached file before its content has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FileFacts {
    /// Such as `image/png`.
    pub media_type: String,
    pub bytes: u64,
    /// Of the content, 64 hexadecimal digits.
    pub sha256: String,
}

/// What a custom field holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    Text,
    Number,
    Date,
    Flag,
    People,
    /// One of these.
    Choice(Vec<String>),
}

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Guest,
    Member,
    Admin,
    Owner,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Guest, Self::Member, Self::Admin, Self::Owner];

    /// The role's name, as on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

impl Place {
    /// Whether a member could have made it: names of a sane length, and a section only within a project.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let order = self.order.len() <= ORDER_CHARS && self.order.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let section = self.section.is_none() || self.project.is_some();
        if order && section { Ok(()) } else { Err(Refusal::InvalidValue) }
    }
}

impl Reference {
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let fits = |text: &str| !text.is_empty() && text.chars().count() <= REFERENCE_CHARS;
        let plain = |text: &str| !text.chars().any(char::is_control);
        let all = [&self.provider, &self.id];
        if all.iter().all(|text| fits(text) && plain(text)) { Ok(()) } else { Err(Refusal::InvalidValue) }
    }
}

impl FileFacts {
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let hash = self.sha256.len() == 64 && self.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        let media =
            self.media_type.len() <= REFERENCE_CHARS && self.media_type.bytes().all(|byte| byte.is_ascii_graphic());
        if hash && media { Ok(()) } else { Err(Refusal::InvalidValue) }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Status> for Value {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl From<Priority> for Value {
    fn from(priority: Priority) -> Self {
        Self::Priority(priority)
    }
}

impl From<Place> for Value {
    fn from(place: Place) -> Self {
        Self::Place(place)
    }
}

impl From<Option<Date>> for Value {
    fn from(date: Option<Date>) -> Self {
        date.map_or(Self::Nothing, Self::Date)
    }
}

impl From<BTreeSet<UserId>> for Value {
    fn from(people: BTreeSet<UserId>) -> Self {
        if people.is_empty() { Self::Nothing } else { Self::People(people) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_one_name_everywhere() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{}\"", role.name()));
        }
    }
}
