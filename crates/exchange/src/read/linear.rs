//! Linear's CSV: an issue a line, known by its id such as `ENG-7`, by which others name it as their parent. Issues of no
//! project come into one that is called as their team.

use shared::value::Reference;
use shared::workflow::Status;

use super::draft::{Draft, Packer, Parent};
use super::sheet::{Line, Sheet};
use super::tern_table::{COUNT, DAY, PRIORITY, value};
use super::values::{date, priority, status};
use super::{Source, Unreadable};
use crate::parcel::{Here, Parcel};
use crate::report::{Problem, Report};
use crate::table::split;

const COLUMNS: [(&str, &str); 15] = [
    ("id", "reference"),
    ("team", "project"),
    ("title", "title"),
    ("description", "description"),
    ("status", "status"),
    ("estimate", "estimate"),
    ("priority", "priority"),
    ("project", "project"),
    ("assignee", "assignees"),
    ("labels", "tags"),
    ("completed", "status"),
    ("canceled", "status"),
    ("due date", "due"),
    ("parent issue", "parent"),
    ("project milestone", "section"),
];

pub(super) fn read(sheet: &Sheet, here: &Here) -> Result<Parcel<'static>, Unreadable> {
    sheet.needs("title")?;
    let mut report = Report::default();
    sheet.map(&COLUMNS, &mut report.mapped);
    let lines = sheet.lines(&mut report);
    let drafts: Vec<_> = lines.into_iter().map(|line| draft(line, &mut report)).collect();
    Ok(Packer::new(Source::Linear, here, report).pack(&drafts, "Imported from Linear"))
}

fn draft(line: Line<'_>, report: &mut Report) -> Draft {
    let text = |column: &str| Some(line.get(column)).filter(|text| !text.is_empty()).map(str::to_owned);
    let key = text("id");
    let reference = key.clone().map(|id| Reference { provider: "linear".to_owned(), id });
    Draft {
        line: line.number,
        key,
        reference,
        title: line.get("title").to_owned(),
        description: line.whole("description").to_owned(),
        status: Some(stands(line, report)),
        priority: value(line, "priority", priority, PRIORITY, report),
        project: text("project").or_else(|| text("team")).unwrap_or_default(),
        section: line.get("project milestone").to_owned(),
        parent: text("parent issue").map_or(Parent::None, Parent::Key),
        assignees: text("assignee").into_iter().collect(),
        tags: split(line.get("labels")),
        due: value(line, "due date", date, DAY, report),
        estimate: value(line, "estimate", |text| text.parse().ok(), COUNT, report),
        ..Draft::default()
    }
}

/// Teams name their statuses; where the name says nothing, the times do.
fn stands(line: Line<'_>, report: &mut Report) -> Status {
    let word = line.get("status");
    let has = |column: &str| !line.get(column).is_empty();
    let known = status(word);
    let stands = match known {
        Some(known) => known,
        None if has("canceled") => Status::Cancelled,
        None if has("completed") => Status::Done,
        None if has("started") => Status::InProgress,
        None => Status::Todo,
    };
    if known.is_none() && !word.is_empty() && !report.mapped.statuses.contains_key(word) {
        let reason = "This status is not known; what the issue's times say counts.";
        report.problem(Problem::value(line.number, "Status", word, reason));
    }
    report.mapped.status(word, stands);
    stands
}
