//! The operations of the schema before this one, lifted to those of today. A device that was away for months still
//! has them in its outbox.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Create, EditRelations, EditTags, Op, TextEdit, Undo, Write};
use crate::date::Date;
use crate::field::{Field, TextField};
use crate::ids::{EntityId, ProjectId, TaskId};
use crate::register::Tag;
use crate::value::{Place, Value};
use crate::workflow::{Priority, Status};

/// Every operation that can still be read.
#[derive(Deserialize)]
pub(super) enum AnyOp {
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
    // Of schema 1:
    #[serde(rename = "project.create@1")]
    ProjectCreate(ProjectCreate),
    #[serde(rename = "task.create@1")]
    TaskCreate(TaskCreate),
    #[serde(rename = "task.status@1")]
    TaskStatus(TaskStatus),
    #[serde(rename = "task.priority@1")]
    TaskPriority(TaskPriority),
    #[serde(rename = "task.due@1")]
    TaskDue(TaskDue),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProjectCreate {
    id: ProjectId,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TaskCreate {
    id: TaskId,
    project: ProjectId,
    title: String,
    status: Status,
    priority: Priority,
    due: Option<Date>,
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TaskStatus {
    id: TaskId,
    status: Status,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TaskPriority {
    id: TaskId,
    priority: Priority,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TaskDue {
    id: TaskId,
    due: Option<Date>,
}

impl From<AnyOp> for Op {
    fn from(op: AnyOp) -> Self {
        match op {
            AnyOp::Create(op) => Self::Create(op),
            AnyOp::Write(op) => Self::Write(op),
            AnyOp::TextEdit(op) => Self::TextEdit(op),
            AnyOp::Tags(op) => Self::Tags(op),
            AnyOp::Relations(op) => Self::Relations(op),
            AnyOp::Delete(entity) => Self::Delete(entity),
            AnyOp::Restore(entity) => Self::Restore(entity),
            AnyOp::Undo(op) => Self::Undo(op),
            AnyOp::ProjectCreate(op) => Self::Create(Create {
                entity: op.id.into(),
                texts: BTreeMap::from([(TextField::Name, op.name)]),
                values: BTreeMap::new(),
                tags: Vec::new(),
            }),
            AnyOp::TaskCreate(op) => Self::Create(op.lift()),
            AnyOp::TaskStatus(op) => write(op.id, Field::Status, op.status.into()),
            AnyOp::TaskPriority(op) => write(op.id, Field::Priority, op.priority.into()),
            AnyOp::TaskDue(op) => write(op.id, Field::Due, op.due.into()),
        }
    }
}

impl TaskCreate {
    fn lift(self) -> Create {
        let place = Place { project: Some(self.project), ..Place::default() };
        Create {
            entity: self.id.into(),
            texts: BTreeMap::from([(TextField::Title, self.title)]),
            values: BTreeMap::from([
                (Field::Status, self.status.into()),
                (Field::Priority, self.priority.into()),
                (Field::Due, self.due.into()),
                (Field::Place, Value::Place(place)),
            ]),
            tags: self.tags,
        }
    }
}

fn write(id: TaskId, field: Field, value: Value) -> Op {
    Op::Write(Write { entity: id.into(), field, value })
}
