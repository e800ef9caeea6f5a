//! Tern's own CSV, and any table that names its columns as Tern does: only `title` must be there.

use super::draft::{Draft, Packer, Parent};
use super::sheet::{Line, Sheet};
use super::values::{date, priority, status};
use super::{Source, Unreadable};
use crate::parcel::{Here, Parcel};
use crate::report::{Problem, Report};
use crate::table::{COLUMNS, split, unguarded};

/// Where tasks go that name no project.
const UNNAMED: &str = "Imported";

pub(super) fn read(sheet: &Sheet, here: &Here) -> Result<Parcel<'static>, Unreadable> {
    sheet.needs("title")?;
    let mut report = Report::default();
    let same: Vec<(&str, &str)> =
        COLUMNS.iter().filter(|name| !name.ends_with("_at") && **name != "key").map(|name| (*name, *name)).collect();
    sheet.map(&same, &mut report.mapped);
    let lines = sheet.lines(&mut report);
    let drafts: Vec<_> = lines.into_iter().map(|line| draft(line, &mut report)).collect();
    Ok(Packer::new(Source::Csv, here, report).pack(&drafts, UNNAMED))
}

/// A value of a column; one that cannot be read is told and left out.
pub(super) fn value<T>(
    line: Line<'_>,
    column: &str,
    read: impl Fn(&str) -> Option<T>,
    expected: &str,
    report: &mut Report,
) -> Option<T> {
    let text = line.get(column);
    if text.is_empty() {
        return None;
    }
    let value = read(text);
    if value.is_none() {
        report.problem(Problem::value(line.number, column, text, format!("This is not {expected}; it is left out.")));
    }
    value
}

pub(super) const DAY: &str = "a day such as 2026-03-01";
pub(super) const PRIORITY: &str = "a priority: none, low, medium, high or urgent";
pub(super) const STATUS: &str = "a status: backlog, todo, in_progress, blocked, in_review, done or cancelled";
pub(super) const COUNT: &str = "a whole number from 0";
const ID: &str = "an id of Tern's, a UUID";

fn draft(line: Line<'_>, report: &mut Report) -> Draft {
    let text = |column: &str| unguarded(line.whole(column)).to_owned();
    let id = |text: &str| text.parse().ok();
    let status = value(line, "status", status, STATUS, report);
    if let Some(status) = status {
        report.mapped.status(line.get("status"), status);
    }
    Draft {
        line: line.number,
        id: value(line, "id", id, ID, report),
        title: text("title"),
        description: text("description"),
        notes: text("notes"),
        status,
        priority: value(line, "priority", priority, PRIORITY, report),
        project: text("project"),
        section: text("section"),
        parent: value(line, "parent", id, ID, report).map_or(Parent::None, Parent::Id),
        assignees: split(&text("assignees")),
        tags: split(&text("tags")),
        due: value(line, "due", date, DAY, report),
        start: value(line, "start", date, DAY, report),
        estimate: value(line, "estimate", |text| text.parse().ok(), COUNT, report),
        ..Draft::default()
    }
}
