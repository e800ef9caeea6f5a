//! What conditions, orders and groups look at: the fields of a task that a view can ask about.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::clock::Millis;
use crate::date::Date;
use crate::ids::{ProjectId, SectionId, TaskId, UserId};
use crate::register::Tag;
use crate::task::TaskView;
use crate::workflow::{Priority, Status};

/// A task as a view sees it; borrowed, a view makes one for each task it looks at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub id: TaskId,
    pub project: ProjectId,
    pub section: Option<SectionId>,
    pub parent: Option<TaskId>,
    /// A fractional index; compared as text.
    pub order: &'a str,
    pub title: &'a str,
    pub status: Status,
    pub priority: Priority,
    pub assignees: &'a BTreeSet<UserId>,
    pub tags: &'a [Tag],
    pub due: Option<Date>,
    pub start: Option<Date>,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub review: bool,
    pub deleted: bool,
}

impl<'a> From<&'a TaskView> for Subject<'a> {
    fn from(task: &'a TaskView) -> Self {
        Self {
            id: task.id,
            project: task.project,
            section: task.section,
            parent: task.parent,
            order: &task.order,
            title: &task.title,
            status: task.status,
            priority: task.priority,
            assignees: &task.assignees,
            tags: &task.tags,
            due: task.due,
            start: task.start,
            created_at: task.created_at,
            updated_at: task.updated.at,
            review: task.needs_review(),
            deleted: task.deleted,
        }
    }
}

/// In which order people, projects and sections are listed, where tasks are sorted or grouped by them. Who is not in
/// the list comes after all who are, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<Uuid, usize>);

impl Places {
    pub(super) fn of(&self, id: Uuid) -> (usize, Uuid) {
        (self.0.get(&id).copied().unwrap_or(usize::MAX), id)
    }
}

impl FromIterator<Uuid> for Places {
    /// The ids in their order; of several places the last counts.
    fn from_iter<I: IntoIterator<Item = Uuid>>(ids: I) -> Self {
        Self(ids.into_iter().enumerate().map(|(place, id)| (id, place)).collect())
    }
}
