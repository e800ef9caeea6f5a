//! What a member can ask for. A component of the app dispatches a command; the engine makes a mutation of it, saves
//! it, and only then shows it.

use std::collections::BTreeMap;

use shared::date::Date;
use shared::field::{Field, TextField};
use shared::ids::{AttachmentId, EntityId, Kind, ProjectId, TaskId};
use shared::mutation::{Op, Refusal, Undo};
use shared::register::Tag;
use shared::relation::Relation;
use shared::value::{FileFacts, Place, Value};
use shared::workflow::{Priority, Status};

use crate::store::StoreError;

/// Something a member does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Create(New),
    /// What was planned elsewhere as a whole, such as a row of a file, whose id is made of what the file says.
    Carry(Op),
    /// Attaches a file to a task. Its content is on this device already ([`crate::store::files`]), under this id.
    Attach {
        id: AttachmentId,
        task: TaskId,
        /// As the device that it comes from calls it.
        name: String,
        file: FileFacts,
    },
    /// The text was `from` when the member began and is to be `to`; what has come in meanwhile is kept.
    EditText {
        entity: EntityId,
        field: TextField,
        from: String,
        to: String,
    },
    /// Gives a field a value.
    Write {
        entity: EntityId,
        field: Field,
        value: Value,
    },
    EditTags {
        id: TaskId,
        add: Vec<Tag>,
        remove: Vec<Tag>,
    },
    EditRelations {
        id: TaskId,
        add: Vec<Relation>,
        remove: Vec<Relation>,
    },
    Delete(EntityId),
    Restore(EntityId),
    /// Takes one of the member's own changes back that the server has; what others did since stays.
    Undo(Undo),
    /// Sends a refused change once more, as a new one.
    Retry(RefusedId),
    /// Gives a refused change up.
    Discard(RefusedId),
}

/// A row to be made. Its id is the engine's to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    pub kind: Kind,
    pub texts: BTreeMap<TextField, String>,
    pub values: BTreeMap<Field, Value>,
    pub tags: Vec<Tag>,
}

/// A task to be made, with what is usually known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTask {
    pub project: ProjectId,
    pub title: String,
    pub status: Status,
    pub priority: Priority,
    pub due: Option<Date>,
    pub tags: Vec<Tag>,
}

impl New {
    /// A row of a kind with nothing in it yet.
    pub fn of(kind: Kind) -> Self {
        Self { kind, texts: BTreeMap::new(), values: BTreeMap::new(), tags: Vec::new() }
    }

    #[must_use]
    pub fn text(mut self, field: TextField, text: impl Into<String>) -> Self {
        self.texts.insert(field, text.into());
        self
    }

    #[must_use]
    pub fn value(mut self, field: Field, value: impl Into<Value>) -> Self {
        self.values.insert(field, value.into());
        self
    }
}

impl From<NewTask> for New {
    fn from(task: NewTask) -> Self {
        let place = Place { project: Some(task.project), ..Place::default() };
        let new = Self::of(Kind::Task)
            .text(TextField::Title, task.title)
            .value(Field::Place, place)
            .value(Field::Status, task.status)
            .value(Field::Priority, task.priority)
            .value(Field::Due, task.due);
        Self { tags: task.tags, ..new }
    }
}

impl Command {
    pub fn create_project(name: impl Into<String>) -> Self {
        Self::Create(New::of(Kind::Project).text(TextField::Name, name))
    }

    pub fn create_task(task: NewTask) -> Self {
        Self::Create(task.into())
    }

    /// Gives a field of a row a value.
    pub fn write(entity: impl Into<EntityId>, field: Field, value: impl Into<Value>) -> Self {
        Self::Write { entity: entity.into(), field, value: value.into() }
    }
}

/// Names a refused change on this device.
pub type RefusedId = u64;

/// From here on such a name is no number: that was given back, and is another change's. (Keys of a browser's store are
/// exact up to 2^53.)
pub const UNNUMBERED: RefusedId = 1 << 52;

/// Why a command was not carried out. Nothing of it has happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The member can mend it: the title is empty, the text too long…
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The device could not save it.
    #[error("this device could not save the change: {0}")]
    Storage(#[from] StoreError),
}
