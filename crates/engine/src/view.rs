//! What a member sees: the rows the server confirmed with the member's own waiting changes applied.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use shared::ids::{EntityId, ProjectId, TaskId};
use shared::mutation::{Op, Refusal};
use shared::project::ProjectView;
use shared::task::TaskView;

use crate::command::RefusedId;

/// What the mark on a row says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// Everything about it is with the team.
    #[default]
    None,
    /// Saved on this device, not synced yet.
    Waiting,
    /// A change of it was refused, or a person must choose between values.
    Attention,
}

/// A task as a view shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskItem {
    pub task: TaskView,
    pub mark: Mark,
}

/// A project as a view shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectItem {
    pub project: ProjectView,
    pub mark: Mark,
}

/// Everything a member sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    pub tasks: HashMap<TaskId, TaskItem>,
    pub projects: HashMap<ProjectId, ProjectItem>,
}

/// What changed in the view. An item that is `None` is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewPatch {
    pub tasks: Vec<(TaskId, Option<TaskItem>)>,
    pub projects: Vec<(ProjectId, Option<ProjectItem>)>,
    /// All refused changes, when they changed.
    pub refused: Option<Vec<RefusedChange>>,
}

/// A change that the server refused; kept until its author retries or discards it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedChange {
    pub id: RefusedId,
    /// What was asked for.
    pub op: Op,
    /// For an edit of a text: the whole text as its author saw it.
    pub text: Option<String>,
    pub reason: Refusal,
}

impl RefusedChange {
    pub fn entity(&self) -> EntityId {
        self.op.entity()
    }
}

impl ViewPatch {
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.projects.is_empty() && self.refused.is_none()
    }
}

/// What the engine tells the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    View(ViewPatch),
    Status(crate::status::SyncStatus),
}
