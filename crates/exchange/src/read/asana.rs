//! Asana's CSV: a task a line, its section (or column of a board) by name, its parent by title. Who has an address is known
//! by it. What has a time of completion is done; what else a section's name says of the status, it says.

use shared::workflow::Status;

use super::draft::{Draft, Packer, Parent};
use super::sheet::{Line, Sheet};
use super::tern_table::{DAY, value};
use super::values::{date, priority, status};
use super::{Source, Unreadable};
use crate::parcel::{Here, Parcel, Person};
use crate::report::Report;
use crate::table::split;

const COLUMNS: [(&str, &str); 13] = [
    ("task id", "id"),
    ("completed at", "status"),
    ("name", "title"),
    ("section/column", "section"),
    ("assignee", "assignees"),
    ("assignee email", "assignees"),
    ("start date", "start"),
    ("due date", "due"),
    ("tags", "tags"),
    ("notes", "description"),
    ("projects", "project"),
    ("parent task", "parent"),
    ("priority", "priority"),
];

pub(super) fn read(sheet: &Sheet, here: &Here) -> Result<Parcel<'static>, Unreadable> {
    sheet.needs("name")?;
    let mut report = Report::default();
    sheet.map(&COLUMNS, &mut report.mapped);
    let lines = sheet.lines(&mut report);
    let drafts: Vec<_> = lines.iter().map(|line| draft(*line, &mut report)).collect();
    let mut packer = Packer::new(Source::Asana, here, report);
    for line in lines {
        let (name, email) = (line.get("assignee"), line.get("assignee email"));
        if !name.is_empty() || !email.is_empty() {
            let email = Some(email).filter(|email| !email.is_empty()).map(str::to_owned);
            packer.know(called(line), Person { name: name.to_owned(), email });
        }
    }
    Ok(packer.pack(&drafts, "Imported from Asana"))
}

/// What an assignee is called: two people may have one name, but not one address.
fn called(line: Line<'_>) -> &str {
    Some(line.get("assignee email")).filter(|email| !email.is_empty()).unwrap_or(line.get("assignee"))
}

fn draft(line: Line<'_>, report: &mut Report) -> Draft {
    let text = |column: &str| Some(line.get(column)).filter(|text| !text.is_empty()).map(str::to_owned);
    let section = line.get("section/column");
    let stands = if line.get("completed at").is_empty() { status(section) } else { Some(Status::Done) };
    if let Some(stands) = stands.filter(|_| line.get("completed at").is_empty()) {
        report.mapped.status(section, stands);
    }
    Draft {
        line: line.number,
        key: text("task id"),
        title: line.get("name").to_owned(),
        description: line.whole("notes").to_owned(),
        status: stands,
        // A field that teams make themselves: of other words than these nothing follows.
        priority: priority(line.get("priority")),
        project: split(line.get("projects")).into_iter().next().unwrap_or_default(),
        section: section.to_owned(),
        parent: text("parent task").map_or(Parent::None, Parent::Title),
        assignees: Some(called(line)).filter(|name| !name.is_empty()).map(str::to_owned).into_iter().collect(),
        tags: split(line.get("tags")),
        due: value(line, "due date", date, DAY, report),
        start: value(line, "start date", date, DAY, report),
        ..Draft::default()
    }
}
