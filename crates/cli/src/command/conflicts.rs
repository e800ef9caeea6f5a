//! `tern conflicts` and `resolve`: values that several people chose at once and that no rule decides between. Choosing is
//! a change like any other, made by somebody who has seen all of them.

use std::collections::BTreeSet;

use engine::command::Command;
use serde_json::{Value as Json, json};
use shared::clock::Actor;
use shared::field::{Field, Shape};
use shared::ids::UserId;
use shared::register::Sibling;
use shared::task::TaskView;
use shared::value::Value;
use shared::workflow::Status;

use crate::command::Tern;
use crate::command::list::status;
use crate::command::values::people;
use crate::machine::{moment, rfc3339};
use crate::names::{Names, key, label};
use crate::trouble::{Outcome, Trouble};

pub(crate) fn conflicts(tern: &mut Tern) -> Outcome<()> {
    let tasks = tern.device.replica().view().tasks.values().map(|item| &item.value);
    let mut tasks: Vec<&TaskView> = tasks.filter(|task| task.needs_review() && !task.deleted).collect();
    tasks.sort_by_key(|task| task.id);
    let me = tern.device.account.actor;
    if tern.output.json {
        let all: Json = tasks.iter().flat_map(|task| cards(task, me)).collect();
        return Ok(tern.output.json(&all)?);
    }
    let names = tern.names();
    let mut lines = Vec::new();
    for task in tasks {
        for (field, values) in &task.unsettled {
            lines.push(format!("{}  {field}", label(task)));
            for one in values {
                let who = if one.stamp.actor == me { "mine" } else { "theirs" };
                lines.push(format!("  {who:<8}{}  {}", shown(names, &one.value), moment(one.stamp.at)));
            }
            let all = if field.spec().shape == Shape::People { "|all" } else { "" };
            lines.push(format!("  tern resolve {} {field} mine|theirs{all}|VALUE", key(task)));
        }
    }
    if lines.is_empty() {
        lines.push("Nothing needs a choice.".into());
    }
    Ok(tern.output.line(&lines.join("\n"))?)
}

fn cards(task: &TaskView, me: Actor) -> Vec<Json> {
    let value = |one: &Sibling<Value>| {
        let value = match &one.value {
            Value::Status(status) => json!(status),
            Value::People(people) => json!(people),
            _ => json!([]),
        };
        json!({ "value": value, "mine": one.stamp.actor == me, "at": rfc3339(one.stamp.at) })
    };
    let card = |(field, values): &(Field, Vec<Sibling<Value>>)| {
        let values: Json = values.iter().map(value).collect();
        json!({ "task": task.id, "key": task.key, "title": task.title, "field": field.to_string(), "values": values })
    };
    task.unsettled.iter().map(card).collect()
}

fn shown(names: Names<'_>, value: &Value) -> String {
    match value {
        Value::Status(one) => status(*one).to_owned(),
        Value::People(people) => people.iter().map(|id| names.person_name(*id)).collect::<Vec<_>>().join(", "),
        _ => "nobody".to_owned(),
    }
}

/// Writes the value that is right.
pub(crate) async fn resolve(tern: &mut Tern, name: &str, field: &str, choice: &str) -> Outcome<()> {
    let task = tern.task(name)?.value.clone();
    let of = |(unsettled, _): &&(Field, Vec<Sibling<Value>>)| unsettled.to_string().eq_ignore_ascii_case(field);
    let (field, values) = task.unsettled.iter().find(of).ok_or_else(|| {
        Trouble::NotFound(format!(
            "{} has no conflict in `{field}`. `tern conflicts` lists those there are.",
            key(&task)
        ))
    })?;
    let value = chosen(tern.names(), tern.device.account.actor, values, choice)?;
    tern.execute(&[Command::write(task.id, *field, value)]).await?;
    tern.tell(task.id)
}

fn chosen(names: Names<'_>, me: Actor, values: &[Sibling<Value>], choice: &str) -> Outcome<Value> {
    let of = |mine: bool| values.iter().filter(move |one| (one.stamp.actor == me) == mine).collect::<Vec<_>>();
    let several = |value: &Value| matches!(value, Value::People(_) | Value::Nothing);
    match choice.to_ascii_lowercase().as_str() {
        "mine" => match of(true).last() {
            Some(one) => Ok(one.value.clone()),
            None => Err(Trouble::NotFound("None of the values was chosen on this device. Say the value.".into())),
        },
        "theirs" => match of(false)[..] {
            [one] => Ok(one.value.clone()),
            [] => Err(Trouble::NotFound("All of the values were chosen on this device. Say the value.".into())),
            _ => Err(Trouble::NotFound("Several others chose, each something else. Say the value.".into())),
        },
        "all" if values.iter().all(|one| several(&one.value)) => {
            let everybody: BTreeSet<UserId> = values.iter().flat_map(|one| in_value(&one.value)).copied().collect();
            Ok(everybody.into())
        }
        _ if values.iter().any(|one| matches!(one.value, Value::Status(_))) => status_of(choice),
        "none" | "nobody" => Ok(Value::Nothing),
        _ => Ok(people(names, choice.split(','))?.into()),
    }
}

fn in_value(value: &Value) -> impl Iterator<Item = &UserId> {
    match value {
        Value::People(people) => Some(people),
        _ => None,
    }
    .into_iter()
    .flatten()
}

fn status_of(name: &str) -> Outcome<Value> {
    let known = Status::ALL.into_iter().find(|one| status(*one).eq_ignore_ascii_case(name));
    known.map(Value::Status).ok_or_else(|| {
        let all: Vec<_> = Status::ALL.into_iter().map(status).collect();
        Trouble::Usage(format!("`{name}` is none of mine, theirs, {}.", all.join(", ")))
    })
}
