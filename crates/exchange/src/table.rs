//! Tasks as a table in CSV (RFC 4180), for spreadsheets and other programs; and how lists and cells are written in it.
//!
//! Spreadsheets take a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula. Such a cell gets
//! an apostrophe before it, which reading takes away again.

use std::fmt::{self, Write};

use shared::date::Date;
use shared::register::Tag;
use shared::task::TaskView;
use shared::workflow::{Priority, Status};

use crate::library::Library;
use crate::resource;

/// The columns.
pub const COLUMNS: [&str; 17] = [
    "id",
    "key",
    "title",
    "status",
    "priority",
    "project",
    "section",
    "parent",
    "assignees",
    "due",
    "start",
    "estimate",
    "tags",
    "description",
    "notes",
    "created_at",
    "updated_at",
];

/// The status's name, as on the wire.
pub fn status(status: Status) -> &'static str {
    match status {
        Status::Backlog => "backlog",
        Status::Todo => "todo",
        Status::InProgress => "in_progress",
        Status::Blocked => "blocked",
        Status::InReview => "in_review",
        Status::Done => "done",
        Status::Cancelled => "cancelled",
    }
}

/// The priority's name, as on the wire.
pub fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::None => "none",
        Priority::Low => "low",
        Priority::Medium => "medium",
        Priority::High => "high",
        Priority::Urgent => "urgent",
    }
}

/// Writes the tasks that stand, a line for each, in the order of their ids.
pub fn write(library: &Library<'_>, out: &mut impl Write) -> fmt::Result {
    row(&COLUMNS.map(str::to_owned), out)?;
    library.tasks().iter().try_for_each(|task| row(&record(library, task), out))
}

fn record(library: &Library<'_>, task: &TaskView) -> [String; COLUMNS.len()] {
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let moment = |at| resource::time(at).as_str().unwrap_or_default().to_owned();
    [
        task.id.to_string(),
        task.key.clone().unwrap_or_default(),
        task.title.clone(),
        status(task.status).to_owned(),
        priority(task.priority).to_owned(),
        library.project(task.project).to_owned(),
        task.section.map(|id| library.section(id).to_owned()).unwrap_or_default(),
        task.parent.map(|id| id.to_string()).unwrap_or_default(),
        join(task.assignees.iter().map(|id| library.person(*id))),
        day(task.due),
        day(task.start),
        task.estimate.map(|estimate| estimate.to_string()).unwrap_or_default(),
        join(task.tags.iter().map(Tag::as_str)),
        task.description.clone(),
        task.notes.clone(),
        moment(task.created_at),
        moment(task.updated.at),
    ]
}

/// A line of the table.
fn row<const N: usize>(cells: &[String; N], out: &mut impl Write) -> fmt::Result {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.write_char(',')?;
        }
        let cell = guarded(cell);
        if cell.contains(['"', ',', '\r', '\n']) || cell.trim() != cell {
            write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
        } else {
            out.write_str(&cell)?;
        }
    }
    out.write_str("\r\n")
}

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(FORMULA)
}

/// A cell that no spreadsheet takes for a formula.
pub(crate) fn guarded(cell: &str) -> String {
    if is_formula(cell) { format!("'{cell}") } else { cell.to_owned() }
}

/// What was guarded, without its guard.
pub(crate) fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|_| is_formula(cell)).unwrap_or(cell)
}

/// Several texts in one cell. One with a comma or a quotation mark in it is quoted, as in a table.
pub(crate) fn join<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let one = |text: &str| {
        let plain = !text.contains([',', '"']) && text.trim() == text && !text.is_empty();
        if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
    };
    texts.map(one).collect::<Vec<_>>().join(", ")
}

/// The texts in a cell.
pub(crate) fn split(cell: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = cell.trim();
    while !rest.is_empty() {
        let (text, after) = rest.strip_prefix('"').and_then(quoted).unwrap_or_else(|| {
            let (text, after) = rest.split_once(',').unwrap_or((rest, ""));
            (text.trim().to_owned(), after)
        });
        texts.push(text);
        rest = after.trim_start();
    }
    texts.retain(|text| !text.is_empty());
    texts
}

/// A text up to its closing quotation mark, and what comes after the comma behind it.
fn quoted(rest: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '"' {
            text.push(c);
        } else if chars.next_if(|(_, next)| *next == '"').is_some() {
            text.push('"');
        } else {
            let after = rest.get(at + 1..)?.trim_start();
            return Some((text, if after.is_empty() { after } else { after.strip_prefix(',')? }));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, written) in
            [("=1+1", "'=1+1"), ("'=1", "''=1"), ("'tis", "'tis"), ("-", "'-"), ("", ""), ("'", "'"), ("@x", "'@x")]
        {
            assert_eq!(guarded(cell), written);
            assert_eq!(unguarded(written), cell);
        }
    }

    #[test]
    fn lists_are_split_as_they_were_joined() {
        assert_eq!(join(["ops", "a, b", "say \"x\""].into_iter()), "ops, \"a, b\", \"say \"\"x\"\"\"");
        assert_eq!(split("Bug,  Chore,"), ["Bug", "Chore"]);
        assert_eq!(split("\"unclosed, 7"), ["\"unclosed", "7"]);
        assert_eq!(split(""), [""; 0]);
    }

    proptest! {
        #[test]
        fn a_cell_is_read_as_it_was_written(cell in any::<String>()) {
            let written = guarded(&cell);
            prop_assert_eq!(unguarded(&written), cell.as_str());
        }

        #[test]
        fn a_list_is_read_as_it_was_written(texts in prop::collection::vec("[a-z,\" ]{1,6}", 0..6)) {
            prop_assert_eq!(split(&join(texts.iter().map(String::as_str))), texts);
        }

        #[test]
        fn a_line_is_read_as_it_was_written(cells in prop::array::uniform3(any::<String>())) {
            let mut text = String::new();
            row(&cells, &mut text).unwrap();
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            let read = reader.records().next().unwrap().unwrap();
            let read: Vec<String> = read.iter().map(|cell| unguarded(cell).to_owned()).collect();
            prop_assert_eq!(read, cells.to_vec());
        }
    }
}
