//! What came of an import, or would come of it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;
use shared::ids::{Kind, UserId};
use shared::workflow::Status;

/// Problems that a report lists; of more it says how many there are.
pub const PROBLEMS: usize = 1_000;
/// Characters of a value that a problem shows.
const SHOWN: usize = 100;
/// Names that a report lists in each of its maps.
const NAMES: usize = 1_000;

/// What was made of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether all of it was only tried.
    pub dry_run: bool,
    /// Whose form the file has.
    pub format: &'static str,
    /// How many rows of each kind were made.
    pub made: BTreeMap<&'static str, usize>,
    /// How many were there already, and are as they were.
    pub there: BTreeMap<&'static str, usize>,
    pub problems: Vec<Problem>,
    /// Problems that are not listed.
    pub more_problems: usize,
    pub mapped: Mapped,
    /// Of Tern's own form: whether what it says is what is here now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
}

/// Something that was not taken over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Of the file, counted from 1.
    pub line: u64,
    pub column: Option<String>,
    pub value: Option<String>,
    /// What is wrong, and what became of it.
    pub reason: String,
    pub left_out: LeftOut,
}

/// How much of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    Row,
    Value,
}

/// What was taken for what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Mapped {
    /// Columns and the fields that they became; `null`: none.
    pub columns: BTreeMap<String, Option<String>>,
    /// People of the file and the members that they are; `null`: nobody here.
    pub people: BTreeMap<String, Option<UserId>>,
    pub statuses: BTreeMap<String, Status>,
}

/// Whether what the file says is what is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Content {
    /// The hash that the file names.
    pub stated: Option<String>,
    /// Whether the file still has that hash: nobody has changed it since it was written.
    pub intact: bool,
    /// The hash of what is here of the rows that the file names.
    pub here: String,
    /// Whether each of its rows is here and says the same.
    pub equal: bool,
}

impl Report {
    /// Notes something that was not taken over.
    pub fn problem(&mut self, problem: Problem) {
        if self.problems.len() < PROBLEMS {
            self.problems.push(problem);
        } else {
            self.more_problems += 1;
        }
    }

    pub(crate) fn made(&mut self, kind: Kind) {
        *self.made.entry(kind.name()).or_default() += 1;
    }

    pub(crate) fn there(&mut self, kind: Kind) {
        *self.there.entry(kind.name()).or_default() += 1;
    }
}

impl Mapped {
    pub(crate) fn status(&mut self, word: &str, status: Status) {
        if json!(status) != word {
            put(&mut self.statuses, word, status);
        }
    }

    pub(crate) fn person(&mut self, name: &str, person: Option<UserId>) {
        put(&mut self.people, name, person);
    }

    pub(crate) fn column(&mut self, name: &str, field: Option<&str>) {
        put(&mut self.columns, name, field.map(str::to_owned));
    }
}

fn put<T>(map: &mut BTreeMap<String, T>, name: &str, value: T) {
    if map.len() < NAMES || map.contains_key(name) {
        map.insert(cut(name), value);
    }
}

impl Problem {
    /// A row that was not made.
    pub fn row(line: u64, reason: impl Into<String>) -> Self {
        Self { line, column: None, value: None, reason: reason.into(), left_out: LeftOut::Row }
    }

    /// A value that its row was made without.
    pub fn value(line: u64, column: &str, value: &str, reason: impl Into<String>) -> Self {
        let (column, value) = (Some(cut(column)), Some(cut(value)));
        Self { line, column, value, reason: reason.into(), left_out: LeftOut::Value }
    }

    /// The same, and the row was not made.
    #[must_use]
    pub fn of_row(self) -> Self {
        Self { left_out: LeftOut::Row, ..self }
    }
}

/// As much of a text as a report shows.
fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
