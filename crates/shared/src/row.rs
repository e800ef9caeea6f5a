//! A row: one entity with its place in the organization's order, as stored and as pulled.

use serde::{Deserialize, Serialize};

use crate::clock::Version;
use crate::ids::EntityId;
use crate::project::Project;
use crate::task::Task;
use crate::text::TextChange;

/// Any synced entity. Kept in place, not boxed: nearly all of them are tasks.
#[expect(clippy::large_enum_variant, reason = "a box per task would cost more than the few projects waste")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entity {
    Project(Project),
    Task(Task),
}

/// An entity and the version of its last change; `0` while it is only on a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub ver: Version,
    pub entity: Entity,
}

/// Which text of an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextField {
    /// The name of a project.
    Name,
    /// The title of a task.
    Title,
}

/// The log of one text field of a row, as far back as somebody needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextLog {
    pub field: TextField,
    /// In the server's order.
    pub changes: Vec<TextChange>,
}

impl Row {
    pub fn id(&self) -> EntityId {
        match &self.entity {
            Entity::Project(project) => project.id.into(),
            Entity::Task(task) => task.id.into(),
        }
    }

    /// The text in a field, if this kind of entity has the field.
    pub fn text(&self, field: TextField) -> Option<&str> {
        match (&self.entity, field) {
            (Entity::Project(project), TextField::Name) => Some(&project.name),
            (Entity::Task(task), TextField::Title) => Some(&task.title),
            _ => None,
        }
    }

    pub(crate) fn text_mut(&mut self, field: TextField) -> Option<&mut String> {
        match (&mut self.entity, field) {
            (Entity::Project(project), TextField::Name) => Some(&mut project.name),
            (Entity::Task(task), TextField::Title) => Some(&mut task.title),
            _ => None,
        }
    }
}
