//! `tern add`: a task of a line.

use std::collections::BTreeSet;

use engine::command::{Command, New};
use shared::field::{Field, TextField};
use shared::ids::{EntityId, Kind, ProjectId};
use shared::quick_add::{self, QuickAdd};
use shared::register::Tag;
use shared::value::{Place, Value};
use shared::workflow::Status;

use crate::args::{Add, Set};
use crate::command::values::{NONE, date, estimate, people};
use crate::command::{Tern, given};
use crate::machine;
use crate::names::Names;
use crate::trouble::{Outcome, Trouble};

/// The project of tasks that name none.
const PROJECT: &str = "TERN_PROJECT";

pub(crate) async fn add(tern: &mut Tern, asked: Add) -> Outcome<()> {
    let line = asked.words.join(" ");
    let read = if asked.literal {
        QuickAdd { title: line, ..QuickAdd::default() }
    } else {
        quick_add::parse(&line, machine::today()?)
    };
    if read.title.is_empty() {
        return Err(Trouble::Usage("Say what is to be done: the words alone make no title.".into()));
    }
    let new = task(tern.names(), read, &asked.set)?;
    let rows = tern.execute(&[Command::Create(new)]).await?;
    match rows.first() {
        Some(EntityId::Task(id)) => tern.tell(*id),
        _ => Ok(()),
    }
}

/// The task that words and options describe; where both say something, the option counts.
fn task(names: Names<'_>, read: QuickAdd, set: &Set) -> Outcome<New> {
    let mut assignees: BTreeSet<_> = people(names, read.people.iter().map(String::as_str))?;
    assignees.extend(people(names, set.assign.iter().map(String::as_str))?);
    let due = set.due.as_deref().map(date).transpose()?.unwrap_or_else(|| read.due.into());
    let mut new = New::of(Kind::Task)
        .text(TextField::Title, read.title)
        .value(Field::Place, place(names, read.project.as_deref(), set)?)
        .value(Field::Status, set.status.map_or(Status::Todo, Into::into))
        .value(Field::Due, due)
        .value(Field::Assignees, assignees);
    if let Some(priority) = set.priority.map(Into::into).or(read.priority) {
        new = new.value(Field::Priority, Value::Priority(priority));
    }
    for (field, text) in [(TextField::Description, &set.description), (TextField::Notes, &set.notes)] {
        if let Some(text) = text {
            new = new.text(field, given(text)?);
        }
    }
    if let Some(start) = &set.start {
        new = new.value(Field::Start, date(start)?);
    }
    if let Some(number) = &set.estimate {
        new = new.value(Field::Estimate, estimate(number)?);
    }
    new.tags = read.tags;
    for tag in set.tag.iter().map(|tag| Tag::new(tag)) {
        if !new.tags.contains(&tag) {
            new.tags.push(tag);
        }
    }
    Ok(new)
}

fn place(names: Names<'_>, typed: Option<&str>, set: &Set) -> Outcome<Place> {
    let said = |text: &&str| !text.eq_ignore_ascii_case(NONE);
    let parent = set.parent.as_deref().filter(said).map(|name| names.task(name)).transpose()?.map(|item| &item.value);
    let project = match (set.project.as_deref().or(typed), parent) {
        (Some(name), _) => names.project(name)?.id,
        (None, Some(parent)) => parent.project,
        (None, None) => usual(names)?,
    };
    let section = set.section.as_deref().filter(said).map(|name| names.section(project, name)).transpose()?;
    Ok(Place { project: Some(project), section, parent: parent.map(|parent| parent.id), order: String::new() })
}

/// The project of a task that names none.
fn usual(names: Names<'_>) -> Outcome<ProjectId> {
    if let Some(name) = std::env::var(PROJECT).ok().filter(|name| !name.is_empty()) {
        return Ok(names.project(&name)?.id);
    }
    let projects: Vec<_> = names.projects().into_iter().filter(|project| !project.archived).collect();
    match projects[..] {
        [only] => Ok(only.id),
        [] => Err(Trouble::NotFound("There is no project yet. Make one with `tern projects --add NAME`.".into())),
        _ => {
            let list: Vec<_> = projects.iter().map(|project| project.name.as_str()).collect();
            Err(Trouble::Usage(format!(
                "Say in which project: +name, --project, or {PROJECT} for all that name none. There are: {}.",
                list.join(", ")
            )))
        }
    }
}
