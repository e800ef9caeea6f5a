//! What a member can ask for. A component of the app dispatches a command; the engine makes a mutation of it, saves
//! it, and only then shows it.

use shared::date::Date;
use shared::ids::{EntityId, ProjectId, TaskId};
use shared::mutation::Refusal;
use shared::register::Tag;
use shared::row::TextField;
use shared::workflow::{Priority, Status};

use crate::store::StoreError;

/// Something a member does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    CreateProject {
        name: String,
    },
    CreateTask(NewTask),
    /// The text was `from` when the member began and is to be `to`; what has come in meanwhile is kept.
    EditText {
        entity: EntityId,
        field: TextField,
        from: String,
        to: String,
    },
    SetStatus {
        id: TaskId,
        status: Status,
    },
    SetPriority {
        id: TaskId,
        priority: Priority,
    },
    SetDue {
        id: TaskId,
        due: Option<Date>,
    },
    EditTags {
        id: TaskId,
        add: Vec<Tag>,
        remove: Vec<Tag>,
    },
    Delete(EntityId),
    Restore(EntityId),
    /// Sends a refused change once more, as a new one.
    Retry(RefusedId),
    /// Gives a refused change up.
    Discard(RefusedId),
}

/// A task to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTask {
    pub project: ProjectId,
    pub title: String,
    pub status: Status,
    pub priority: Priority,
    pub due: Option<Date>,
    pub tags: Vec<Tag>,
}

/// Names a refused change on this device.
pub type RefusedId = u64;

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
