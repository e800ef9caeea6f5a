//! A task: what a team does, as its members see it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::clock::{Millis, Stamp};
use crate::date::Date;
use crate::field::{Field, TextField};
use crate::ids::{CustomFieldId, EntityId, ProjectId, SectionId, TaskId, UserId};
use crate::recurrence::Recurrence;
use crate::register::{Sibling, Tag};
use crate::relation::Relation;
use crate::row::Row;
use crate::value::{Reference, Value};
use crate::workflow::{Priority, Status};

/// What a member sees of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskView {
    pub id: TaskId,
    pub project: ProjectId,
    pub section: Option<SectionId>,
    /// The task that this one is a part of.
    pub parent: Option<TaskId>,
    /// Where it stands among the others, see [`crate::order`].
    pub order: String,
    /// For people, such as HAR-231. Given by the server; `None` until the task has reached it.
    pub key: Option<String>,
    pub title: String,
    pub description: String,
    pub notes: String,
    pub status: Status,
    pub priority: Priority,
    pub assignees: BTreeSet<UserId>,
    pub due: Option<Date>,
    pub start: Option<Date>,
    pub estimate: Option<u32>,
    /// In alphabetical order.
    pub tags: Vec<Tag>,
    pub relations: Vec<Relation>,
    pub custom: BTreeMap<CustomFieldId, Value>,
    pub recurrence: Option<Recurrence>,
    pub reminders: BTreeSet<Millis>,
    pub reference: Option<Reference>,
    pub deleted: bool,
    pub created_at: Millis,
    pub updated: Stamp,
    /// Who closed it, where and when, while it is closed.
    pub closed: Option<Stamp>,
    /// The last of the deletions that stand.
    pub deletion: Option<Stamp>,
    /// The fields whose concurrent values no rule could decide between, each with the values that stand, in the
    /// server's order.
    pub unsettled: Vec<(Field, Vec<Sibling<Value>>)>,
}

macro_rules! value {
    ($row:expr, $field:ident, $variant:ident) => {
        match $row.value(Field::$field) {
            Value::$variant(value) => Some(value),
            _ => None,
        }
    };
}
pub(crate) use value;

impl TaskView {
    /// What a row shows, if it is a task's.
    pub fn of(row: &Row) -> Option<Self> {
        let EntityId::Task(id) = row.id else { return None };
        let place = row.place();
        let status = value!(row, Status, Status).unwrap_or(Status::Backlog);
        let text = |field| row.text(field).unwrap_or_default().to_owned();
        Some(Self {
            id,
            project: place.project.unwrap_or_default(),
            section: place.section,
            parent: place.parent,
            order: place.order,
            key: value!(row, Key, Text),
            title: text(TextField::Title),
            description: text(TextField::Description),
            notes: text(TextField::Notes),
            status,
            priority: value!(row, Priority, Priority).unwrap_or(Priority::None),
            assignees: value!(row, Assignees, People).unwrap_or_default(),
            due: value!(row, Due, Date),
            start: value!(row, Start, Date),
            estimate: value!(row, Estimate, Count),
            tags: row.tags.iter().cloned().collect(),
            relations: row.relations.iter().copied().collect(),
            custom: custom(row),
            recurrence: value!(row, Recurrence, Recurrence),
            reminders: value!(row, Reminders, Moments).unwrap_or_default(),
            reference: value!(row, Reference, Reference),
            deleted: row.life.is_deleted(),
            created_at: row.created.at,
            updated: row.updated,
            closed: closed(row, status),
            deletion: row.life.deletions().last().copied(),
            unsettled: unsettled(row),
        })
    }

    /// Whether a rule could not decide between concurrent values and a person should look.
    pub fn needs_review(&self) -> bool {
        !self.unsettled.is_empty()
    }

    /// Whether a person should look at this field.
    pub fn is_unsettled(&self, field: Field) -> bool {
        self.unsettled.iter().any(|(other, _)| *other == field)
    }

    /// The deletion that won against the last edit: its author did not know of it.
    pub fn overruled_by(&self) -> Option<Stamp> {
        self.deletion.filter(|deletion| !self.updated.has_seen(deletion))
    }
}

fn unsettled(row: &Row) -> Vec<(Field, Vec<Sibling<Value>>)> {
    let standing = |field| Some((field, row.values.get(&field)?.siblings().to_vec()));
    row.unsettled().filter_map(standing).collect()
}

fn custom(row: &Row) -> BTreeMap<CustomFieldId, Value> {
    let fields = row.values.keys().filter_map(|field| match field {
        Field::Custom(id) => Some((*id, row.value(*field))),
        _ => None,
    });
    fields.filter(|(_, value)| *value != Value::Nothing).collect()
}

/// The write that closed a task: the first of those that say what counts.
fn closed(row: &Row, status: Status) -> Option<Stamp> {
    let register = row.values.get(&Field::Status).filter(|_| status.is_closed())?;
    let wrote = |stands: &&Sibling<Value>| stands.value == Value::Status(status);
    register.siblings().iter().find(wrote).map(|sibling| sibling.stamp)
}
