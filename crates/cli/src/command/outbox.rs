//! `tern outbox`: the changes that the team does not have, on their way or refused; and what is to become of the latter.

use engine::command::{Command, New};
use engine::view::{Reason, RefusedChange};
use serde_json::{Value as Json, json};
use shared::ids::EntityId;
use shared::mutation::{Create, Mutation, Op};
use shared::value::Value;

use crate::args::Refused;
use crate::command::{Tern, done};
use crate::machine::{moment, rfc3339};
use crate::names::Names;
use crate::trouble::{Outcome, Trouble};

pub(crate) async fn outbox(tern: &mut Tern, action: Option<Refused>) -> Outcome<()> {
    match action {
        None => list(tern),
        Some(Refused::Retry { id }) => settle(tern, id, &[Command::Retry(id)]).await,
        Some(Refused::Discard { id }) => settle(tern, id, &[Command::Discard(id)]).await,
        Some(Refused::Edit { id, text }) => {
            let again = again(tern, refused(tern, id)?, text)?;
            // Cut short in between, both are there; nothing is lost.
            settle(tern, id, &[again, Command::Discard(id)]).await
        }
    }
}

async fn settle(tern: &mut Tern, id: u64, commands: &[Command]) -> Outcome<()> {
    refused(tern, id)?;
    tern.execute(commands).await?;
    tern.say("Done.", &done())
}

fn refused(tern: &Tern, id: u64) -> Outcome<&RefusedChange> {
    let change = tern.device.replica().refused().find(|change| change.id == id);
    change.ok_or_else(|| Trouble::NotFound(format!("There is no refused change {id}. `tern outbox` lists them.")))
}

/// The refused change with another text.
fn again(tern: &Tern, change: &RefusedChange, text: String) -> Outcome<Command> {
    match &change.op {
        Op::TextEdit(edit) => {
            let row = tern.device.replica().current(edit.entity);
            let now = row.as_ref().and_then(|row| row.text(edit.field)).map(str::to_owned);
            let from =
                now.ok_or_else(|| Trouble::NotFound("What it is about is not on this device any more.".into()))?;
            Ok(Command::EditText { entity: edit.entity, field: edit.field, from, to: text })
        }
        Op::Create(Create { entity, texts, values, tags }) => {
            let field = texts.keys().find(|field| field.is_required()).copied();
            let field = field.ok_or_else(|| Trouble::Usage("It has no text. Try `tern outbox retry`.".into()))?;
            let mut texts = texts.clone();
            texts.insert(field, text);
            Ok(Command::Create(New { kind: entity.kind(), texts, values: values.clone(), tags: tags.clone() }))
        }
        _ => Err(Trouble::Usage("It has no text. Make the change anew with `tern edit`, and discard this one.".into())),
    }
}

fn list(tern: &mut Tern) -> Outcome<()> {
    let (replica, names) = (tern.device.replica(), tern.names());
    if tern.output.json {
        let waiting: Json = replica.outbox().map(|mutation| waiting_json(mutation, replica.meta().sent)).collect();
        let refused: Json = replica.refused().map(refused_json).collect();
        return Ok(tern.output.json(&json!({ "waiting": waiting, "refused": refused }))?);
    }
    let mut lines = Vec::new();
    for change in replica.refused() {
        lines.push(format!("refused {}  {}: {}", change.id, subject(names, change.entity()), what(names, &change.op)));
        lines.push(format!("  {}", why(&change.reason)));
        lines.extend(change.text.iter().map(|text| format!("  the text: {text}")));
        lines.push(format!("  tern outbox retry|edit|discard {}", change.id));
    }
    for mutation in replica.outbox() {
        let (subject, what) = (subject(names, mutation.op.entity()), what(names, &mutation.op));
        lines.push(format!("waiting  {subject}: {what}  {}", moment(mutation.at)));
    }
    if lines.is_empty() {
        lines.push("Nothing waits, and nothing was refused.".into());
    }
    Ok(tern.output.line(&lines.join("\n"))?)
}

fn waiting_json(mutation: &Mutation, sent: u64) -> Json {
    let entity = mutation.op.entity();
    json!({
        "number": mutation.n, "kind": entity.kind(), "row": entity.uuid(), "operation": mutation.op,
        "at": rfc3339(mutation.at), "sent": mutation.n <= sent,
    })
}

fn refused_json(change: &RefusedChange) -> Json {
    let entity = change.entity();
    json!({
        "id": change.id, "kind": entity.kind(), "row": entity.uuid(), "operation": change.op, "text": change.text,
        "before": change.before, "reason": change.reason, "message": why(&change.reason),
    })
}

fn why(reason: &Reason) -> String {
    match reason {
        Reason::PutAside => "You took everything from the server instead.".into(),
        Reason::Refused(refusal) => format!("Refused: {refusal}."),
    }
}

fn subject(names: Names<'_>, entity: EntityId) -> String {
    match entity {
        EntityId::Task(id) => names.task_name(id),
        EntityId::Project(id) => names.project_name(id).to_owned(),
        other => other.kind().name().replace('_', " "),
    }
}

/// A change in a few words.
fn what(names: Names<'_>, op: &Op) -> String {
    match op {
        Op::Create(create) => {
            let text = create.texts.iter().find(|(field, _)| field.is_required()).map(|(_, text)| text.as_str());
            format!("new: {}", text.unwrap_or_default())
        }
        Op::Write(write) => format!("{} is {}", write.field, value(names, &write.value)),
        Op::TextEdit(edit) => format!("{} edited", edit.field.name()),
        Op::Tags(tags) => {
            let add = tags.add.iter().map(|tag| format!("+{}", tag.as_str()));
            let all: Vec<_> = add.chain(tags.remove.iter().map(|tag| format!("-{}", tag.as_str()))).collect();
            format!("tags {}", all.join(" "))
        }
        Op::Relations(_) => "relations".into(),
        Op::Delete(_) => "deleted".into(),
        Op::Restore(_) => "restored".into(),
        Op::Undo(_) => "a change undone".into(),
    }
}

fn value(names: Names<'_>, value: &Value) -> String {
    match value {
        Value::Nothing => "empty".into(),
        Value::People(people) => people.iter().map(|id| names.person_name(*id)).collect::<Vec<_>>().join(", "),
        Value::Place(place) => place.project.map_or_else(String::new, |id| format!("in {}", names.project_name(id))),
        Value::Status(status) => super::list::status(*status).into(),
        Value::Date(date) => date.to_string(),
        Value::Count(count) => count.to_string(),
        Value::Text(text) => text.clone(),
        Value::Flag(flag) => flag.to_string(),
        other => format!("{other:?}").to_lowercase(),
    }
}
