//! `tern show`: a task with everything that is known of it here.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};
use shared::date::Date;
use shared::ids::TaskId;
use shared::register::Tag;
use shared::relation::Relation;
use shared::task::TaskView;

use crate::command::list::status;
use crate::command::{Tern, far};
use crate::machine::moment;
use crate::names::label;
use crate::plain;
use crate::trouble::Outcome;

pub(crate) fn show(tern: &mut Tern, name: &str) -> Outcome<()> {
    let id = tern.task(name)?.value.id;
    if tern.output.json {
        let json = json(tern, id);
        return Ok(tern.output.json(&json)?);
    }
    let text = text(tern, name)?;
    Ok(tern.output.line(text.trim_end())?)
}

/// The task with its comments and its parts.
fn json(tern: &Tern, id: TaskId) -> Json {
    let replica = tern.device.replica();
    let view = replica.view();
    let Some(item) = view.tasks.get(&id) else { return Json::Null };
    let mut json = plain::task(item, replica.current(id.into()).as_ref());
    let me = tern.device.account.actor;
    json["comments"] = plain::comments_on(view, id).into_iter().map(|item| plain::comment(item, me)).collect();
    json["subtasks"] = parts(tern, id).into_iter().map(|(id, _)| json!(id)).collect();
    json
}

/// The tasks that are a part of this one, in the team's order.
fn parts(tern: &Tern, id: TaskId) -> Vec<(TaskId, String)> {
    let tasks = tern.device.replica().view().tasks.values().map(|item| &item.value);
    let mut parts: Vec<_> = tasks.filter(|task| task.parent == Some(id) && !task.deleted).collect();
    parts.sort_by_key(|task| (&task.order, task.id));
    parts.into_iter().map(|task| (task.id, format!("{}  {}", label(task), status(task.status)))).collect()
}

fn text(tern: &Tern, name: &str) -> Outcome<String> {
    let names = tern.names();
    let item = tern.task(name)?;
    let task = &item.value;
    let mut text = format!("{}{}\n", label(task), far(item.mark));
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:<12}{value}");
        }
    };
    let list = |names: Vec<&str>| names.join(", ");
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    line("Id", task.id.to_string());
    line("Project", names.project_name(task.project).to_owned());
    line("Section", task.section.map(|id| names.section_name(id).to_owned()).unwrap_or_default());
    line("Part of", task.parent.map(|id| names.task_name(id)).unwrap_or_default());
    line("Status", status(task.status).to_owned());
    line("Priority", format!("{:?}", task.priority).to_lowercase());
    line("Assignees", list(task.assignees.iter().map(|id| names.person_name(*id)).collect()));
    line("Due", day(task.due));
    line("Start", day(task.start));
    line("Estimate", task.estimate.map(|estimate| estimate.to_string()).unwrap_or_default());
    line("Tags", list(task.tags.iter().map(Tag::as_str).collect()));
    for relation in &task.relations {
        line(kind(*relation), names.task_name(relation.task()));
    }
    let blocks = |other: &&TaskView| !other.deleted && other.relations.contains(&Relation::Blocks(task.id));
    for other in tern.device.replica().view().tasks.values().map(|item| &item.value).filter(blocks) {
        line("Blocked by", label(other));
    }
    line("Created", moment(task.created_at));
    line("Updated", moment(task.updated.at));
    line("Deleted", task.deletion.filter(|_| task.deleted).map(|stamp| moment(stamp.at)).unwrap_or_default());
    for (field, _) in &task.unsettled {
        line("Unsettled", format!("{field}: see `tern conflicts`"));
    }
    for (title, body) in [("Description", &task.description), ("Notes", &task.notes)] {
        if !body.is_empty() {
            let _ = write!(text, "\n{title}\n{}\n", indented(body));
        }
    }
    sections(tern, task.id, &mut text);
    Ok(text)
}

/// What hangs on a task: its parts, its files, and what people say of it.
fn sections(tern: &Tern, id: TaskId, text: &mut String) {
    let view = tern.device.replica().view();
    let parts: Vec<String> = parts(tern, id).into_iter().map(|(_, part)| part).collect();
    let files = view.attachments.values().map(|item| &item.value).filter(|file| file.task == id && !file.deleted);
    let files: Vec<String> = files.map(|file| format!("{}  {} bytes", file.name, file.file.bytes)).collect();
    for (title, lines) in [("Subtasks", parts), ("Files", files)] {
        if !lines.is_empty() {
            let _ = write!(text, "\n{title}\n{}\n", indented(&lines.join("\n")));
        }
    }
    for item in plain::comments_on(view, id) {
        let mine = item.value.created.actor == tern.device.account.actor;
        let who = if mine { "You" } else { "Somebody" };
        let at = moment(item.value.created.at);
        let _ = write!(text, "\n{who}, {at}{}\n{}\n", far(item.mark), indented(&item.value.body));
    }
}

fn kind(relation: Relation) -> &'static str {
    match relation {
        Relation::Blocks(_) => "Blocks",
        Relation::RelatesTo(_) => "Relates to",
        Relation::Duplicates(_) => "Duplicates",
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
