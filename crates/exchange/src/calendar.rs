//! Tasks as iCalendar (RFC 5545): each as a to-do (VTODO), and where it is open and has a due date also as an event of that
//! day (VEVENT), because many calendars show no to-dos. The ids in it are the tasks' own, so that a calendar that reads it
//! again changes what it has.
//!
//! | Tern | iCalendar |
//! |---|---|
//! | backlog, todo, blocked | `NEEDS-ACTION` |
//! | in progress, in review | `IN-PROCESS` |
//! | done, cancelled | `COMPLETED`, `CANCELLED` |
//! | urgent, high, medium, low | priority 1, 3, 5, 7 |
//! | comes again, counted from the day it was due | `RRULE`; one that is counted from its completion has no rule here |

mod line;

use std::fmt::{self, Write};

use shared::clock::Millis;
use shared::date::Date;
use shared::recurrence::{From, Recurrence, Unit};
use shared::register::Tag;
use shared::task::TaskView;
use shared::workflow::{Priority, Status};
use time::OffsetDateTime;

use crate::library::Library;
use line::{Lines, escaped};

/// Writes a calendar of a name, with those of the tasks that stand of which `wanted` holds.
pub fn write(
    library: &Library<'_>,
    name: &str,
    wanted: impl Fn(&TaskView) -> bool,
    out: &mut impl Write,
) -> fmt::Result {
    let mut lines = Lines(out);
    for (property, value) in
        [("BEGIN", "VCALENDAR"), ("VERSION", "2.0"), ("PRODID", "-//Tern//Tern//EN"), ("CALSCALE", "GREGORIAN")]
    {
        lines.put(property, value)?;
    }
    lines.put("NAME", &escaped(name))?;
    lines.put("X-WR-CALNAME", &escaped(name))?;
    for task in library.tasks().iter().filter(|task| wanted(task)) {
        to_do(library, task, &mut lines)?;
        if let Some(due) = task.due.filter(|_| !task.status.is_closed()) {
            event(library, task, due, &mut lines)?;
        }
    }
    lines.put("END", "VCALENDAR")
}

fn to_do<W: Write>(library: &Library<'_>, task: &TaskView, lines: &mut Lines<'_, W>) -> fmt::Result {
    lines.put("BEGIN", "VTODO")?;
    lines.put("UID", &format!("{}@tern", task.id))?;
    common(library, task, lines)?;
    if !task.description.is_empty() {
        lines.put("DESCRIPTION", &escaped(&task.description))?;
    }
    let status = match task.status {
        Status::Backlog | Status::Todo | Status::Blocked => "NEEDS-ACTION",
        Status::InProgress | Status::InReview => "IN-PROCESS",
        Status::Done => "COMPLETED",
        Status::Cancelled => "CANCELLED",
    };
    lines.put("STATUS", status)?;
    if let Some(closed) = task.closed.filter(|_| task.status == Status::Done) {
        lines.put("PERCENT-COMPLETE", "100")?;
        lines.moment("COMPLETED", closed.at)?;
    }
    match (rule(task), task.due) {
        // Due is later than start, or there is none (RFC 5545, 3.8.2.3); what comes again needs a start.
        (Some((due, rule)), _) => {
            lines.put("DTSTART;VALUE=DATE", &day(due))?;
            lines.put("DURATION", "P1D")?;
            lines.put("RRULE", &rule)?;
        }
        (None, due) => {
            if let Some(start) = task.start.filter(|start| due.is_none_or(|due| *start < due)) {
                lines.put("DTSTART;VALUE=DATE", &day(start))?;
            }
            if let Some(due) = due {
                lines.put("DUE;VALUE=DATE", &day(due))?;
            }
        }
    }
    if let Some(parent) = task.parent {
        lines.put("RELATED-TO", &format!("{parent}@tern"))?;
    }
    for at in task.reminders.iter().filter_map(|at| moment(*at)) {
        lines.put("BEGIN", "VALARM")?;
        lines.put("ACTION", "DISPLAY")?;
        lines.put("DESCRIPTION", &escaped(&task.title))?;
        lines.put("TRIGGER;VALUE=DATE-TIME", &at)?;
        lines.put("END", "VALARM")?;
    }
    lines.put("END", "VTODO")
}

fn event<W: Write>(library: &Library<'_>, task: &TaskView, due: Date, lines: &mut Lines<'_, W>) -> fmt::Result {
    lines.put("BEGIN", "VEVENT")?;
    lines.put("UID", &format!("{}-due@tern", task.id))?;
    common(library, task, lines)?;
    lines.put("DTSTART;VALUE=DATE", &day(due))?;
    if let Ok(next) = Date::from_days(due.days() + 1) {
        lines.put("DTEND;VALUE=DATE", &day(next))?;
    }
    if let Some((_, rule)) = rule(task) {
        lines.put("RRULE", &rule)?;
    }
    // A due date takes nobody's time.
    lines.put("TRANSP", "TRANSPARENT")?;
    lines.put("END", "VEVENT")
}

/// What is said of a task in either form. The stamp is the last change, as for calendars that nobody sends (3.8.7.2).
fn common<W: Write>(library: &Library<'_>, task: &TaskView, lines: &mut Lines<'_, W>) -> fmt::Result {
    lines.moment("DTSTAMP", task.updated.at)?;
    lines.moment("LAST-MODIFIED", task.updated.at)?;
    lines.moment("CREATED", task.created_at)?;
    let key = task.key.as_ref().map(|key| format!("{key} ")).unwrap_or_default();
    lines.put("SUMMARY", &escaped(&format!("{key}{}", task.title)))?;
    let priority = match task.priority {
        Priority::None => None,
        Priority::Low => Some("7"),
        Priority::Medium => Some("5"),
        Priority::High => Some("3"),
        Priority::Urgent => Some("1"),
    };
    if let Some(priority) = priority {
        lines.put("PRIORITY", priority)?;
    }
    let mut categories: Vec<String> = task.tags.iter().map(Tag::as_str).map(escaped).collect();
    categories.insert(0, escaped(library.project(task.project)));
    lines.put("CATEGORIES", &categories.join(","))
}

/// From when on and how a task comes again.
fn rule(task: &TaskView) -> Option<(Date, String)> {
    let due = task.due?;
    let Recurrence { every, unit, .. } = task.recurrence.filter(|one| one.from == From::Due && one.every > 0)?;
    let (_, month, day) = due.ymd();
    // Where a month is too short it is the last of it.
    let last = |first: u8| {
        let days: Vec<String> = (first..=day).map(|day| day.to_string()).collect();
        format!(";BYMONTHDAY={};BYSETPOS=-1", days.join(","))
    };
    let (frequency, which) = match unit {
        Unit::Day => ("DAILY", String::new()),
        Unit::Week => ("WEEKLY", String::new()),
        Unit::Month if day > 28 => ("MONTHLY", last(28)),
        Unit::Month => ("MONTHLY", String::new()),
        Unit::Year if (month, day) == (2, 29) => ("YEARLY", format!(";BYMONTH=2{}", last(28))),
        Unit::Year => ("YEARLY", String::new()),
    };
    Some((due, format!("FREQ={frequency};INTERVAL={every}{which}")))
}

fn day(date: Date) -> String {
    let (year, month, day) = date.ymd();
    format!("{year:04}{month:02}{day:02}")
}

/// A time in UTC; `None` for one that no calendar has.
fn moment(at: Millis) -> Option<String> {
    let time = OffsetDateTime::from_unix_timestamp(at.div_euclid(1_000)).ok()?;
    let (date, (hour, minute, second)) = (time.date(), time.to_hms());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    Some(format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z"))
}
