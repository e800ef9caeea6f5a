//! `tern export`: what is on this device, also what waits to be sent, as a file for other programs or for people.

use std::fmt::Write as _;
use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use engine::replica::Replica;
use engine::view::TaskItem;
use serde_json::{Value as Json, json};
use shared::ids::{ProjectId, TaskId};
use shared::project::ProjectView;
use shared::register::Tag;
use shared::task::TaskView;

use crate::args::{Export, Format};
use crate::command::Tern;
use crate::command::list::status;
use crate::machine::{now, rfc3339};
use crate::names::{Names, key};
use crate::plain;
use crate::trouble::{Outcome, Trouble};

const CSV: [&str; 17] = [
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

pub(crate) fn export(tern: &mut Tern, asked: &Export) -> Outcome<()> {
    let project = asked.project.as_deref().map(|name| tern.names().project(name)).transpose()?.map(|one| one.id);
    let content = match asked.format {
        Format::Json => json(tern, project).to_string() + "\n",
        Format::Csv => csv(tern, project)?,
        Format::Markdown => markdown(tern, project),
    };
    match &asked.output {
        None => Ok(tern.output.raw(content.as_bytes())?),
        Some(path) => write(path, content.as_bytes()).map_err(|error| Trouble::file(path, &error)),
    }
}

/// Replaces a file as a whole, or not at all. Unlike the session it is for others too, as their own files are.
fn write(path: &std::path::Path, content: &[u8]) -> std::io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut file = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o666)) // less what the umask takes
        .tempfile_in(directory.unwrap_or(std::path::Path::new(".")))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The tasks that are exported, in the order of their ids.
fn tasks(replica: &Replica, project: Option<ProjectId>) -> Vec<&TaskItem> {
    let all = replica.view().tasks.values();
    let shown = |item: &&TaskItem| shared::query::shows(&item.value, project);
    let mut tasks: Vec<&TaskItem> = all.filter(shown).collect();
    tasks.sort_by_key(|item| item.value.id);
    tasks
}

fn json(tern: &Tern, project: Option<ProjectId>) -> Json {
    let (replica, names, me) = (tern.device.replica(), tern.names(), tern.device.account.actor);
    let view = replica.view();
    let tasks = tasks(replica, project);
    let of = |other: ProjectId| project.is_none_or(|project| project == other);
    let projects = names.projects().into_iter().filter(|project| of(project.id));
    let projects: Json = projects.filter_map(|one| view.projects.get(&one.id)).map(plain::project).collect();
    let mut sections: Vec<_> = view.sections.values().collect();
    sections.retain(|item| !item.value.deleted && of(item.value.project));
    sections.sort_by_key(|item| item.value.id);
    let comments: Json = tasks
        .iter()
        .flat_map(|item| plain::comments_on(view, item.value.id))
        .map(|item| plain::comment(item, me))
        .collect();
    let people: Json = names.present().into_iter().map(plain::person).collect();
    let tasks: Json =
        tasks.iter().map(|item| plain::task(item, replica.current(item.value.id.into()).as_ref())).collect();
    json!({
        "format": "tern-export-1", "exported_at": rfc3339(now()), "organization": tern.device.account.organization,
        "organization_name": tern.device.account.organization_name, "people": people, "projects": projects,
        "sections": sections.into_iter().map(plain::section).collect::<Json>(), "tasks": tasks, "comments": comments,
    })
}

fn csv(tern: &Tern, project: Option<ProjectId>) -> Outcome<String> {
    let names = tern.names();
    let failed = |error: &dyn std::fmt::Display| Trouble::Failed(format!("The table could not be written: {error}"));
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    table.write_record(CSV).map_err(|error| failed(&error))?;
    for item in tasks(tern.device.replica(), project) {
        table.write_record(record(names, &item.value)).map_err(|error| failed(&error))?;
    }
    let bytes = table.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

fn record(names: Names<'_>, task: &TaskView) -> [String; CSV.len()] {
    let day = |day: Option<shared::date::Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let who: Vec<_> = task.assignees.iter().map(|id| names.person_name(*id)).collect();
    let tags: Vec<_> = task.tags.iter().map(Tag::as_str).collect();
    [
        task.id.to_string(),
        task.key.clone().unwrap_or_default(),
        task.title.clone(),
        status(task.status).to_owned(),
        format!("{:?}", task.priority).to_lowercase(),
        names.project_name(task.project).to_owned(),
        task.section.map(|id| names.section_name(id).to_owned()).unwrap_or_default(),
        task.parent.map(|id| id.to_string()).unwrap_or_default(),
        who.join(", "),
        day(task.due),
        day(task.start),
        task.estimate.map(|estimate| estimate.to_string()).unwrap_or_default(),
        tags.join(", "),
        task.description.clone(),
        task.notes.clone(),
        rfc3339(task.created_at).unwrap_or_default(),
        rfc3339(task.updated.at).unwrap_or_default(),
    ]
}

fn markdown(tern: &Tern, project: Option<ProjectId>) -> String {
    let (replica, names) = (tern.device.replica(), tern.names());
    let tasks: Vec<&TaskView> = tasks(replica, project).into_iter().map(|item| &item.value).collect();
    let mut text = String::new();
    for ProjectView { id, name, .. } in names.projects() {
        let mut own: Vec<&TaskView> = tasks.iter().copied().filter(|task| task.project == *id).collect();
        if own.is_empty() {
            continue;
        }
        own.sort_by_key(|task| (&task.order, task.id));
        let _ = writeln!(text, "# {}\n", one_line(name));
        // Whose parent is elsewhere, or gone, stands by itself.
        let within = |task: &TaskView| task.parent.filter(|parent| own.iter().any(|other| other.id == *parent));
        let mut sections: Vec<_> = view_sections(replica, *id);
        sections.insert(0, None);
        for section in sections {
            let top: Vec<&TaskView> =
                own.iter().copied().filter(|task| within(task).is_none() && known(replica, task) == section).collect();
            if top.is_empty() {
                continue;
            }
            if let Some(section) = section {
                let _ = writeln!(text, "## {}\n", one_line(names.section_name(section)));
            }
            for task in top {
                item(names, &own, task, 0, &mut text);
            }
            text.push('\n');
        }
    }
    text
}

/// The sections of a project that stand, in the team's order.
fn view_sections(replica: &Replica, project: ProjectId) -> Vec<Option<shared::ids::SectionId>> {
    let all = replica.view().sections.values().map(|item| &item.value);
    let mut sections: Vec<_> = all.filter(|section| section.project == project && !section.deleted).collect();
    sections.sort_by_key(|section| (&section.order, section.id));
    sections.into_iter().map(|section| Some(section.id)).collect()
}

/// The section of a task, where that stands and is of its project.
fn known(replica: &Replica, task: &TaskView) -> Option<shared::ids::SectionId> {
    let section = replica.view().sections.get(&task.section?)?;
    (!section.value.deleted && section.value.project == task.project).then_some(section.value.id)
}

/// How deep parts of parts are indented; below that they stand beside each other.
const DEEPEST: usize = 32;

/// A task and its parts. (No task is within itself, so this ends.)
fn item(names: Names<'_>, tasks: &[&TaskView], task: &TaskView, depth: usize, text: &mut String) {
    let done = if task.status.is_closed() { 'x' } else { ' ' };
    let mut facts: Vec<String> = Vec::new();
    if !matches!(task.status, shared::workflow::Status::Todo | shared::workflow::Status::Done) {
        facts.push(status(task.status).replace('_', " "));
    }
    if task.priority != shared::workflow::Priority::None {
        facts.push(format!("{:?}", task.priority).to_lowercase());
    }
    facts.extend(task.due.map(|due| format!("due {due}")));
    facts.extend(task.assignees.iter().map(|id| one_line(names.person_name(*id))));
    facts.extend(task.tags.iter().map(|tag| format!("#{}", tag.as_str())));
    let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
    let indent = "  ".repeat(depth.min(DEEPEST));
    let _ = writeln!(text, "{indent}- [{done}] {} {}{facts}", key(task), one_line(&task.title));
    for line in task.description.lines().filter(|line| !line.trim().is_empty()) {
        let _ = writeln!(text, "{indent}  {line}");
    }
    let part = |other: &&&TaskView| -> bool { other.parent == Some::<TaskId>(task.id) };
    for part in tasks.iter().filter(part) {
        item(names, tasks, part, depth + 1, text);
    }
}

/// Names have no line breaks; should one have, it makes no heading.
fn one_line(text: &str) -> String {
    text.split(['\r', '\n']).collect::<Vec<_>>().join(" ")
}
