//! A saved view: a named filter with its order.

use serde::{Deserialize, Serialize};

use crate::clock::Stamp;
use crate::field::{Field, TextField};
use crate::ids::{EntityId, SavedViewId};
use crate::row::Row;
use crate::task::value;
use crate::value::Value;

/// What a member sees of a saved view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedViewView {
    pub id: SavedViewId,
    pub name: String,
    /// As JSON, see [`crate::query`].
    pub filter: String,
    /// Whether everybody sees it.
    pub shared: bool,
    /// Whose it is.
    pub created: Stamp,
    pub deleted: bool,
}

impl SavedViewView {
    /// What a row shows, if it is a saved view's.
    pub fn of(row: &Row) -> Option<Self> {
        let EntityId::SavedView(id) = row.id else { return None };
        Some(Self {
            id,
            name: row.text(TextField::Name).unwrap_or_default().to_owned(),
            filter: value!(row, Filter, Text).unwrap_or_default(),
            shared: value!(row, Shared, Flag).unwrap_or(false),
            created: row.created,
            deleted: row.life.is_deleted(),
        })
    }
}
