//! `tern edit`, `done`, `reopen`, `delete`, `restore` and `comment`: changes of tasks that are there.

use engine::command::{Command, New};
use shared::field::{Field, TextField};
use shared::ids::{EntityId, Kind, TaskId};
use shared::register::Tag;
use shared::task::TaskView;
use shared::value::{Place, Subject, Value};
use shared::workflow::{Priority, Status};

use crate::args::{Edit, Set};
use crate::command::values::{NONE, date, estimate, people};
use crate::command::{Tern, far, given};
use crate::names::{Names, label};
use crate::plain;
use crate::trouble::{Outcome, Trouble};

pub(crate) async fn edit(tern: &mut Tern, asked: Edit) -> Outcome<()> {
    let task = tern.task(&asked.task)?.value.clone();
    let commands = changes(tern.names(), &task, &asked)?;
    if commands.is_empty() {
        return Err(Trouble::Usage("Say what to change, such as --status done; see `tern edit --help`.".into()));
    }
    tern.execute(&commands).await?;
    tern.tell(task.id)
}

pub(crate) async fn done(tern: &mut Tern, names: &[String]) -> Outcome<()> {
    put(tern, names, |task| Some(Command::write(task.id, Field::Status, Status::Done))).await
}

pub(crate) async fn reopen(tern: &mut Tern, names: &[String]) -> Outcome<()> {
    let open = |task: &TaskView| task.status.is_closed().then(|| Command::write(task.id, Field::Status, Status::Todo));
    put(tern, names, open).await
}

pub(crate) async fn delete(tern: &mut Tern, names: &[String]) -> Outcome<()> {
    put(tern, names, |task| (!task.deleted).then(|| Command::Delete(task.id.into()))).await
}

pub(crate) async fn restore(tern: &mut Tern, names: &[String]) -> Outcome<()> {
    put(tern, names, |task| task.deleted.then(|| Command::Restore(task.id.into()))).await
}

/// Does the same to all of these tasks, or, if one of the names fits none, to none.
async fn put(tern: &mut Tern, names: &[String], change: impl Fn(&TaskView) -> Option<Command>) -> Outcome<()> {
    let tasks: Vec<TaskView> = names.iter().map(|name| Ok(tern.task(name)?.value.clone())).collect::<Outcome<_>>()?;
    let commands: Vec<Command> = tasks.iter().filter_map(change).collect();
    tern.execute(&commands).await?;
    let ids: Vec<TaskId> = tasks.iter().map(|task| task.id).collect();
    tern.tell_all(&ids)
}

pub(crate) async fn comment(tern: &mut Tern, name: &str, text: Option<String>) -> Outcome<()> {
    let task = tern.task(name)?.value.clone();
    let subject = Value::Subject(Subject { task: task.id, reply_to: None });
    let text = given(text.as_deref().unwrap_or("-"))?;
    let new = New::of(Kind::Comment).text(TextField::Body, text).value(Field::Subject, subject);
    let rows = tern.execute(&[Command::Create(new)]).await?;
    let Some(EntityId::Comment(id)) = rows.first() else { return Ok(()) };
    let Some(item) = tern.device.replica().view().comments.get(id) else { return Ok(()) };
    let json = plain::comment(item, tern.device.account.actor);
    let text = format!("Commented on {}{}", label(&task), far(item.mark));
    tern.say(&text, &json)
}

/// The commands that make of a task what was asked for.
fn changes(names: Names<'_>, task: &TaskView, asked: &Edit) -> Outcome<Vec<Command>> {
    let set = &asked.set;
    let mut commands = texts(task, asked)?;
    let status: Option<Status> = set.status.map(Into::into);
    let priority: Option<Priority> = set.priority.map(Into::into);
    let values = [
        (Field::Status, status.map(Value::from)),
        (Field::Priority, priority.map(Value::from)),
        (Field::Due, set.due.as_deref().map(date).transpose()?),
        (Field::Start, set.start.as_deref().map(date).transpose()?),
        (Field::Estimate, set.estimate.as_deref().map(estimate).transpose()?),
    ];
    let values = values.into_iter().filter_map(|(field, value)| Some((field, value?)));
    commands.extend(values.map(|(field, value)| Command::write(task.id, field, value)));
    if !set.assign.is_empty() || !asked.unassign.is_empty() {
        let mut assignees = task.assignees.clone();
        assignees.extend(people(names, set.assign.iter().map(String::as_str))?);
        for gone in people(names, asked.unassign.iter().map(String::as_str))? {
            assignees.remove(&gone);
        }
        commands.push(Command::write(task.id, Field::Assignees, assignees));
    }
    let tags = |tags: &[String]| tags.iter().map(|tag| Tag::new(tag)).collect::<Vec<_>>();
    let (add, remove) = (tags(&set.tag), tags(&asked.untag));
    if !add.is_empty() || !remove.is_empty() {
        commands.push(Command::EditTags { id: task.id, add, remove });
    }
    commands.extend(moved(names, task, set)?.map(|place| Command::write(task.id, Field::Place, place)));
    Ok(commands)
}

fn texts(task: &TaskView, asked: &Edit) -> Outcome<Vec<Command>> {
    let texts = [
        (TextField::Title, &task.title, &asked.title),
        (TextField::Description, &task.description, &asked.set.description),
        (TextField::Notes, &task.notes, &asked.set.notes),
    ];
    let mut commands = Vec::new();
    for (field, from, to) in texts {
        if let Some(to) = to {
            let to = if field.has_lines() { given(to)? } else { to.clone() };
            commands.push(Command::EditText { entity: task.id.into(), field, from: from.clone(), to });
        }
    }
    Ok(commands)
}

/// The task's new place, if it is to get one. In another project it is in no section and a part of nothing, unless
/// that was said.
fn moved(names: Names<'_>, task: &TaskView, set: &Set) -> Outcome<Option<Place>> {
    if set.project.is_none() && set.section.is_none() && set.parent.is_none() {
        return Ok(None);
    }
    let is_none = |text: &str| text.eq_ignore_ascii_case(NONE);
    let project = set.project.as_deref().map(|name| names.project(name)).transpose()?;
    let project = project.map_or(task.project, |project| project.id);
    let stays = project == task.project;
    let section = match set.section.as_deref() {
        Some(name) if is_none(name) => None,
        Some(name) => Some(names.section(project, name)?),
        None => task.section.filter(|_| stays),
    };
    let parent = match set.parent.as_deref() {
        Some(name) if is_none(name) => None,
        Some(name) => Some(names.task(name)?.value.id),
        None => task.parent.filter(|_| stays),
    };
    Ok(Some(Place { project: Some(project), section, parent, order: task.order.clone() }))
}
