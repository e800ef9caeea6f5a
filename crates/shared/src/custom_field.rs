//! A custom field: what an organization adds to its tasks.

use serde::{Deserialize, Serialize};

use crate::field::{Field, TextField};
use crate::ids::{CustomFieldId, EntityId};
use crate::row::Row;
use crate::task::value;
use crate::value::{FieldType, Value};

/// What a member sees of a custom field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomFieldView {
    pub id: CustomFieldId,
    pub name: String,
    pub field_type: FieldType,
    pub deleted: bool,
}

impl CustomFieldView {
    /// What a row shows, if it is a custom field's.
    pub fn of(row: &Row) -> Option<Self> {
        let EntityId::CustomField(id) = row.id else { return None };
        Some(Self {
            id,
            name: row.text(TextField::Name).unwrap_or_default().to_owned(),
            field_type: value!(row, FieldType, FieldType)?,
            deleted: row.life.is_deleted(),
        })
    }
}
