//! A task: what a team does, field by field.

use serde::{Deserialize, Serialize};

use crate::clock::{Millis, Stamp};
use crate::date::Date;
use crate::ids::{ProjectId, TaskId};
use crate::policy::Policy;
use crate::register::{Life, Reg, Tag, Tags};
use crate::workflow::{Priority, Status};

/// A task with everything that merging needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    pub id: TaskId,
    pub project: ProjectId,
    /// Given by the server's order, counted per project: 231 in HAR-231. `None` until the task has reached it.
    pub number: Option<u32>,
    /// Merged by character.
    pub title: String,
    pub status: Reg<Status>,
    pub priority: Reg<Priority>,
    pub due: Reg<Option<Date>>,
    pub tags: Tags,
    pub life: Life,
    pub created: Stamp,
}

/// What a member sees of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskView {
    pub id: TaskId,
    pub project: ProjectId,
    pub number: Option<u32>,
    pub title: String,
    pub status: Status,
    pub priority: Priority,
    pub due: Option<Date>,
    /// In alphabetical order.
    pub tags: Vec<Tag>,
    pub deleted: bool,
    pub created_at: Millis,
    /// Whether a rule could not decide between concurrent values and a person should look.
    pub review: bool,
}

impl Task {
    pub fn view(&self) -> TaskView {
        TaskView {
            id: self.id,
            project: self.project,
            number: self.number,
            title: self.title.clone(),
            status: self.status.value_or(Status::Backlog),
            priority: self.priority.value_or(Priority::None),
            due: self.due.value_or(None),
            tags: self.tags.iter().cloned().collect(),
            deleted: self.life.is_deleted(),
            created_at: self.created.at,
            review: Status::resolve(self.status.siblings()).is_some_and(|status| status.review),
        }
    }
}
