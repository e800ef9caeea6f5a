//! A project: a named set of tasks. Its prefix begins the keys of its tasks (HAR in HAR-231).

use serde::{Deserialize, Serialize};

use crate::field::{Field, TextField};
use crate::ids::{EntityId, ProjectId};
use crate::row::Row;
use crate::scope::Access;
use crate::task::value;
use crate::value::Value;

/// What a member sees of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectView {
    pub id: ProjectId,
    pub name: String,
    pub description: String,
    /// Where it stands among the others, see [`crate::order`].
    pub order: String,
    /// Given by the server when the project reaches it; unique in the organization, never changed.
    pub prefix: Option<String>,
    pub icon: Option<String>,
    pub color: Option<String>,
    pub hidden: bool,
    pub archived: bool,
    /// Who sees it, and may do what.
    pub access: Access,
    pub deleted: bool,
}

impl ProjectView {
    /// What a row shows, if it is a project's.
    pub fn of(row: &Row) -> Option<Self> {
        let EntityId::Project(id) = row.id else { return None };
        let text = |field| row.text(field).unwrap_or_default().to_owned();
        Some(Self {
            id,
            name: text(TextField::Name),
            description: text(TextField::Description),
            order: row.place().order,
            prefix: value!(row, Prefix, Text),
            icon: value!(row, Icon, Text),
            color: value!(row, Color, Text),
            hidden: value!(row, Hidden, Flag).unwrap_or(false),
            archived: value!(row, Archived, Flag).unwrap_or(false),
            access: Access::of(row),
            deleted: row.life.is_deleted(),
        })
    }
}

/// Letters of a prefix before any digit that makes it unique.
const PREFIX_CHARS: usize = 3;

/// A prefix for a project of this name that `taken` does not hold: the first letters of the name, with a number
/// behind them where they are taken, and `TSK` where the name has no letter of the Latin alphabet.
pub fn prefix_for(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let letters: String = name.chars().filter(char::is_ascii_alphabetic).take(PREFIX_CHARS).collect();
    let stem = if letters.is_empty() { "TSK".to_owned() } else { letters.to_ascii_uppercase() };
    if !taken(&stem) {
        return stem;
    }
    let mut number = 2_u64;
    loop {
        let candidate = format!("{stem}{number}");
        if !taken(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_short_readable_and_free() {
        assert_eq!(prefix_for("Harbour app", |_| false), "HAR");
        assert_eq!(prefix_for("42 Øre", |_| false), "RE");
        assert_eq!(prefix_for("日本", |_| false), "TSK");
        assert_eq!(prefix_for("Harbour", |taken| ["HAR", "HAR2"].contains(&taken)), "HAR3");
    }
}
