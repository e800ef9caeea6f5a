//! A section: a named part of a project.

use serde::{Deserialize, Serialize};

use crate::field::{Field, TextField};
use crate::ids::{EntityId, ProjectId, SectionId};
use crate::row::Row;
use crate::task::value;
use crate::value::Value;

/// What a member sees of a section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionView {
    pub id: SectionId,
    pub project: ProjectId,
    /// Where it stands among the others, see [`crate::order`].
    pub order: String,
    pub name: String,
    pub icon: Option<String>,
    pub color: Option<String>,
    pub hidden: bool,
    pub deleted: bool,
}

impl SectionView {
    /// What a row shows, if it is a section's.
    pub fn of(row: &Row) -> Option<Self> {
        let EntityId::Section(id) = row.id else { return None };
        let place = row.place();
        Some(Self {
            id,
            project: place.project.unwrap_or_default(),
            order: place.order,
            name: row.text(TextField::Name).unwrap_or_default().to_owned(),
            icon: value!(row, Icon, Text),
            color: value!(row, Color, Text),
            hidden: value!(row, Hidden, Flag).unwrap_or(false),
            deleted: row.life.is_deleted(),
        })
    }
}
