//! What a member can do, as values: saved in the outbox, sent to the server, applied by both.

mod check;
mod earlier;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::{Actor, Counter, Millis, Version};
use crate::field::{Field, TextField};
use crate::hash::Hash;
use crate::ids::{EntityId, Kind, MutationId, ProjectId, TaskId};
use crate::register::Tag;
use crate::relation::Relation;
use crate::text::Delta;
use crate::value::Value;

pub use check::required;

/// One numbered change of one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Object"))]
    pub op: Op,
}

/// What is to happen. The name of an operation carries its version (`name@version`): a changed meaning is a new one.
/// Reading lifts the operations of the schema before this one; writing knows only these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "earlier::AnyOp")]
pub enum Op {
    #[serde(rename = "create@1")]
    Create(Create),
    #[serde(rename = "write@1")]
    Write(Write),
    #[serde(rename = "text.edit@1")]
    TextEdit(TextEdit),
    #[serde(rename = "task.tags@1")]
    Tags(EditTags),
    #[serde(rename = "task.relations@1")]
    Relations(EditRelations),
    #[serde(rename = "delete@1")]
    Delete(EntityId),
    #[serde(rename = "restore@1")]
    Restore(EntityId),
    #[serde(rename = "undo@1")]
    Undo(Undo),
}

/// Makes a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    pub entity: EntityId,
    #[serde(default)]
    pub texts: BTreeMap<TextField, String>,
    #[serde(default)]
    pub values: BTreeMap<Field, Value>,
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// Gives a field a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Write {
    pub entity: EntityId,
    pub field: Field,
    pub value: Value,
}

/// Changes a text here and there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextEdit {
    pub entity: EntityId,
    pub field: TextField,
    pub delta: Delta,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditTags {
    pub id: TaskId,
    pub add: Vec<Tag>,
    pub remove: Vec<Tag>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditRelations {
    pub id: TaskId,
    pub add: Vec<Relation>,
    pub remove: Vec<Relation>,
}

/// Takes a mutation of the same member back that the server has accepted. What others did since stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// The row that the mutation changed.
    pub entity: EntityId,
    pub actor: Actor,
    pub n: Counter,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    Member,
    /// The server itself, which alone keeps the list of members and gives out keys.
    Server,
}

/// Why a mutation can never be accepted. Its author sees the reason beside the edit, which is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    #[error("it does not exist here")]
    NotFound,
    #[error("it exists already")]
    AlreadyExists,
    #[error("the {} it belongs to does not exist here", .kind.name())]
    Unknown { kind: Kind },
    #[error("it needs a text")]
    Empty,
    #[error("it is longer than {limit} characters")]
    TooLong { limit: u32 },
    #[error("it contains characters that cannot be stored, such as line breaks or control characters")]
    InvalidText,
    #[error("there are more than {limit} tags or relations in one change, or one tag is empty or too long")]
    InvalidTags { limit: u32 },
    #[error("this field cannot hold this value")]
    InvalidValue,
    #[error("a task cannot be a part of itself")]
    Cycle,
    #[error("the text has changed in a way that this edit does not fit any more")]
    TextBase,
    #[error("you are not allowed to do this here")]
    NotAllowed,
    #[error("there is nothing left of it to undo")]
    NothingToUndo,
    #[error("it was done already, under another number")]
    Repeated,
}

impl Refusal {
    pub(crate) fn too_long(limit: usize) -> Self {
        Self::TooLong { limit: u32::try_from(limit).unwrap_or(u32::MAX) }
    }
}

impl Create {
    /// Makes a row without anything in it; see [`Op::validate`] for what it must get.
    pub fn new(entity: impl Into<EntityId>) -> Self {
        Self { entity: entity.into(), texts: BTreeMap::new(), values: BTreeMap::new(), tags: Vec::new() }
    }

    /// The project it is put into.
    pub fn project(&self) -> Option<ProjectId> {
        match self.values.get(&Field::Place) {
            Some(Value::Place(place)) => place.project,
            _ => None,
        }
    }

    /// With a text.
    #[must_use]
    pub fn text(mut self, field: TextField, text: impl Into<String>) -> Self {
        self.texts.insert(field, text.into());
        self
    }

    /// With a value; one that says nothing is left out.
    #[must_use]
    pub fn value(mut self, field: Field, value: impl Into<Value>) -> Self {
        match value.into() {
            Value::Nothing => self.values.remove(&field),
            value => self.values.insert(field, value),
        };
        self
    }
}

impl Op {
    /// Gives a field of a row a value.
    pub fn write(entity: impl Into<EntityId>, field: Field, value: impl Into<Value>) -> Self {
        Self::Write(Write { entity: entity.into(), field, value: value.into() })
    }

    /// The row this operation changes.
    pub fn entity(&self) -> EntityId {
        match self {
            Self::Create(op) => op.entity,
            Self::Write(op) => op.entity,
            Self::TextEdit(op) => op.entity,
            Self::Tags(op) => op.id.into(),
            Self::Relations(op) => op.id.into(),
            Self::Delete(entity) | Self::Restore(entity) => *entity,
            Self::Undo(op) => op.entity,
        }
    }

    /// Whether this operation creates its row.
    pub fn creates(&self) -> bool {
        matches!(self, Self::Create(_))
    }

    /// The rows that must exist for this operation to make sense, apart from the one it changes.
    pub fn requires(&self) -> Vec<EntityId> {
        match self {
            Self::Create(create) => {
                create.values.iter().flat_map(|(field, value)| required_by(*field, value)).collect()
            }
            Self::Write(write) => required_by(write.field, &write.value),
            Self::Relations(op) => op.add.iter().map(|relation| relation.task().into()).collect(),
            Self::TextEdit(_) | Self::Tags(_) | Self::Delete(_) | Self::Restore(_) | Self::Undo(_) => Vec::new(),
        }
    }

    /// Whether it writes a text of a row.
    pub fn writes_text(&self, entity: EntityId, field: TextField) -> bool {
        match self {
            Self::TextEdit(edit) => edit.entity == entity && edit.field == field,
            // What an undo does to a text only the server knows.
            Self::Undo(undo) => undo.entity == entity,
            _ => self.creates() && self.entity() == entity,
        }
    }
}

fn required_by(field: Field, value: &Value) -> Vec<EntityId> {
    let named = match field {
        Field::Custom(id) => Some(EntityId::from(id)),
        Field::Access(user) => Some(EntityId::from(user)),
        _ => None,
    };
    let mut rows: Vec<EntityId> = match value {
        Value::Place(place) => place.rows().collect(),
        Value::Subject(subject) => subject.rows().collect(),
        Value::People(people) => people.iter().map(|user| EntityId::from(*user)).collect(),
        _ => Vec::new(),
    };
    rows.extend(named);
    rows
}
