//! A project: a named set of tasks. Its prefix begins the keys of its tasks (HAR in HAR-231).

use serde::{Deserialize, Serialize};

use crate::clock::Stamp;
use crate::ids::ProjectId;
use crate::register::Life;

/// A project with everything that merging needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    pub id: ProjectId,
    /// Merged by character.
    pub name: String,
    /// Given by the server when the project reaches it; unique in the organization, never changed.
    pub prefix: Option<String>,
    pub life: Life,
    pub created: Stamp,
}

/// What a member sees of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectView {
    pub id: ProjectId,
    pub name: String,
    pub prefix: Option<String>,
    pub deleted: bool,
}

impl Project {
    pub fn view(&self) -> ProjectView {
        ProjectView {
            id: self.id,
            name: self.name.clone(),
            prefix: self.prefix.clone(),
            deleted: self.life.is_deleted(),
        }
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
