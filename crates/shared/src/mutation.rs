//! What a member can do, as values: saved in the outbox, sent to the server, applied by both.

use serde::{Deserialize, Serialize};

use crate::clock::{Counter, Millis, Version};
use crate::date::Date;
use crate::hash::Hash;
use crate::ids::{EntityId, MutationId, ProjectId, TaskId};
use crate::limits::{DELTA_STEPS, PROJECT_NAME_CHARS, TAG_CHARS, TAGS_PER_MUTATION, TITLE_CHARS};
use crate::register::Tag;
use crate::row::TextField;
use crate::text::Delta;
use crate::workflow::{Priority, Status};

/// One numbered change of one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutation {
    /// The number on its device: 1, 2, 3… without gaps.
    pub n: Counter,
    pub id: MutationId,
    /// The hash of the device's history before this mutation, see [`crate::hash::chain`].
    pub prev_hash: Hash,
    /// What its author had seen of the row. For an edit of a text: the version of the text it was made on.
    pub ctx: Version,
    /// When, by the author's clock.
    pub at: Millis,
    pub op: Op,
}

/// What is to happen. The name of an operation carries its version (`name@version`): a changed meaning is a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    #[serde(rename = "project.create@1")]
    ProjectCreate(ProjectCreate),
    #[serde(rename = "task.create@1")]
    TaskCreate(TaskCreate),
    #[serde(rename = "text.edit@1")]
    TextEdit(TextEdit),
    #[serde(rename = "task.status@1")]
    TaskStatus(TaskStatus),
    #[serde(rename = "task.priority@1")]
    TaskPriority(TaskPriority),
    #[serde(rename = "task.due@1")]
    TaskDue(TaskDue),
    #[serde(rename = "task.tags@1")]
    TaskTags(TaskTags),
    #[serde(rename = "delete@1")]
    Delete(EntityId),
    #[serde(rename = "restore@1")]
    Restore(EntityId),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectCreate {
    pub id: ProjectId,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskCreate {
    pub id: TaskId,
    pub project: ProjectId,
    pub title: String,
    pub status: Status,
    pub priority: Priority,
    pub due: Option<Date>,
    pub tags: Vec<Tag>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextEdit {
    pub entity: EntityId,
    pub field: TextField,
    pub delta: Delta,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskStatus {
    pub id: TaskId,
    pub status: Status,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskPriority {
    pub id: TaskId,
    pub priority: Priority,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskDue {
    pub id: TaskId,
    pub due: Option<Date>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskTags {
    pub id: TaskId,
    pub add: Vec<Tag>,
    pub remove: Vec<Tag>,
}

/// Why a mutation can never be accepted. Its author sees the reason beside the edit, which is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    #[error("it does not exist here")]
    NotFound,
    #[error("it exists already")]
    AlreadyExists,
    #[error("its project does not exist here")]
    UnknownProject,
    #[error("it needs a title")]
    Empty,
    #[error("it is longer than {limit} characters")]
    TooLong { limit: u32 },
    #[error("it contains characters that cannot be stored, such as line breaks or control characters")]
    InvalidText,
    #[error("there are more than {limit} tags in one change, or one tag is empty or too long")]
    InvalidTags { limit: u32 },
    #[error("the text has changed in a way that this edit does not fit any more")]
    TextBase,
}

impl Op {
    /// The row this operation changes.
    pub fn entity(&self) -> EntityId {
        match self {
            Self::ProjectCreate(op) => op.id.into(),
            Self::TaskCreate(op) => op.id.into(),
            Self::TextEdit(op) => op.entity,
            Self::TaskStatus(op) => op.id.into(),
            Self::TaskPriority(op) => op.id.into(),
            Self::TaskDue(op) => op.id.into(),
            Self::TaskTags(op) => op.id.into(),
            Self::Delete(entity) | Self::Restore(entity) => *entity,
        }
    }

    /// Whether this operation creates its row.
    pub fn creates(&self) -> bool {
        matches!(self, Self::ProjectCreate(_) | Self::TaskCreate(_))
    }

    /// Checks everything that can be checked without the row. Both sides do: the app before it saves an edit, the
    /// server for each mutation by itself, because one bad mutation must not hold up the others of its batch.
    pub fn validate(&self) -> Result<(), Refusal> {
        match self {
            Self::ProjectCreate(op) => line(&op.name, PROJECT_NAME_CHARS),
            Self::TaskCreate(op) => line(&op.title, TITLE_CHARS).and_then(|()| tags(&op.tags)),
            Self::TextEdit(op) => delta(&op.delta, op.field),
            Self::TaskTags(op) => tags(&op.add).and_then(|()| tags(&op.remove)),
            Self::TaskStatus(_) | Self::TaskPriority(_) | Self::TaskDue(_) | Self::Delete(_) | Self::Restore(_) => {
                Ok(())
            }
        }
    }
}

/// How long a text in this field may become.
pub fn max_chars(field: TextField) -> usize {
    match field {
        TextField::Name => PROJECT_NAME_CHARS,
        TextField::Title => TITLE_CHARS,
    }
}

/// Checks a text of one line that must not be empty.
fn line(text: &str, limit: usize) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::Empty);
    }
    characters(text)?;
    if text.chars().count() > limit { Err(too_long(limit)) } else { Ok(()) }
}

fn characters(text: &str) -> Result<(), Refusal> {
    if text.chars().any(char::is_control) { Err(Refusal::InvalidText) } else { Ok(()) }
}

fn delta(delta: &Delta, field: TextField) -> Result<(), Refusal> {
    let limit = max_chars(field);
    if delta.steps().len() > DELTA_STEPS || delta.inserted().map(|text| text.chars().count()).sum::<usize>() > limit {
        return Err(too_long(limit));
    }
    delta.inserted().try_for_each(characters)
}

fn tags(tags: &[Tag]) -> Result<(), Refusal> {
    let invalid = |tag: &Tag| {
        let text = tag.as_str();
        text.is_empty() || text.trim() != text || text.chars().count() > TAG_CHARS || text.chars().any(char::is_control)
    };
    let limit = u32::try_from(TAGS_PER_MUTATION).unwrap_or(u32::MAX);
    if tags.len() > TAGS_PER_MUTATION || tags.iter().any(invalid) {
        Err(Refusal::InvalidTags { limit })
    } else {
        Ok(())
    }
}

pub(crate) fn too_long(limit: usize) -> Refusal {
    Refusal::TooLong { limit: u32::try_from(limit).unwrap_or(u32::MAX) }
}
