//! From what a member asks for to the records that make it durable.

use shared::attachment;
use shared::clock::{Counter, Millis};
use shared::field::{Field, TextField};
use shared::hash::chain;
use shared::ids::{EntityId, MutationId};
use shared::merge::{self, Around};
use shared::mutation::{Author, Create, EditRelations, EditTags, Mutation, Op, Refusal, TextEdit};
use shared::protocol::LastMutation;
use shared::text::Delta;
use shared::value::{Subject, Value};

use crate::command::{Command, New, RefusedId};
use crate::env::Env;
use crate::local;
use crate::record::{Changes, Meta, Record};
use crate::replica::Replica;
use crate::store::{Key, Table};

/// An edit is taken into an earlier one that has at most so many mutations behind it: their hashes change with it.
const MOST_CHAINED: Counter = 20;

/// What a command comes to: the row it concerns and the records to change (none, if it changes nothing).
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub entity: EntityId,
    pub changes: Changes,
}

/// Plans a command on a replica. Checks the same rules as the server, so that what can be mended is said at once.
pub fn plan(replica: &Replica, command: &Command, env: &mut impl Env) -> Result<Plan, Refusal> {
    match command {
        Command::EditText { entity, field, from, to } => plan_text(replica, *entity, *field, from, to, env),
        Command::Retry(id) => plan_retry(replica, *id, env),
        Command::Discard(id) => {
            let change = replica.refused_change(*id).ok_or(Refusal::NotFound)?;
            let mut changes = vec![((Table::Refused, *id), None)];
            if let (EntityId::Attachment(id), Op::Create(_)) = (change.entity(), &change.op) {
                changes.extend(replica.plan_not_held(&[id]));
            }
            Ok(Plan { entity: change.entity(), changes })
        }
        Command::Attach { id, .. } => {
            let op = op(command, env).ok_or(Refusal::NotFound)?;
            let mut plan = append(replica, op, env)?;
            plan.changes.extend(replica.plan_held(*id));
            Ok(plan)
        }
        _ => {
            let op = op(command, env).ok_or(Refusal::NotFound)?;
            append(replica, op, env)
        }
    }
}

/// The operation a command stands for, where that needs no look at the row.
fn op(command: &Command, env: &mut impl Env) -> Option<Op> {
    Some(match command {
        Command::Create(new) => Op::Create(create(new, new.kind.of(env.new_id()))),
        Command::Carry(op) => op.clone(),
        Command::Attach { id, task, name, file } => {
            let subject = Value::Subject(Subject { task: *task, reply_to: None });
            let values = [(Field::Subject, subject), (Field::File, Value::File(file.clone()))];
            let texts = [(TextField::Name, attachment::name_of(name))];
            Op::Create(Create { values: values.into(), texts: texts.into(), ..Create::new(*id) })
        }
        Command::Write { entity, field, value } => Op::write(*entity, *field, value.clone()),
        Command::EditTags { id, add, remove } => {
            Op::Tags(EditTags { id: *id, add: add.clone(), remove: remove.clone() })
        }
        Command::EditRelations { id, add, remove } => {
            Op::Relations(EditRelations { id: *id, add: add.clone(), remove: remove.clone() })
        }
        Command::Delete(entity) => Op::Delete(*entity),
        Command::Restore(entity) => Op::Restore(*entity),
        Command::Undo(undo) => Op::Undo(*undo),
        Command::EditText { .. } | Command::Retry(_) | Command::Discard(_) => return None,
    })
}

fn create(new: &New, entity: EntityId) -> Create {
    let tidy = |(field, text): (&TextField, &String)| (*field, tidy(*field, text).to_owned());
    let texts = new.texts.iter().map(tidy).filter(|(_, text)| !text.is_empty()).collect();
    let values = new.values.iter().filter(|(_, value)| **value != Value::Nothing);
    let values = values.map(|(field, value)| (*field, value.clone())).collect();
    Create { entity, texts, values, tags: new.tags.clone() }
}

/// A text as it is kept: one of a single line without the space around it.
fn tidy(field: TextField, text: &str) -> &str {
    if field.has_lines() { text } else { text.trim() }
}

/// Plans a new mutation at the end of the outbox.
fn append(replica: &Replica, op: Op, env: &mut impl Env) -> Result<Plan, Refusal> {
    let entity = op.entity();
    let at = env.now();
    let mutation = next_mutation(replica, op, at, MutationId(env.new_id()));
    check(replica, &mutation)?;
    let mut meta = replica.meta.clone();
    meta.made = LastMutation { n: mutation.n, hash: chain(mutation.prev_hash, mutation.n, mutation.id) };
    let changes = vec![Replica::plan_meta(meta), (outbox_key(mutation.n), Some(Record::Outbox(mutation)))];
    Ok(Plan { entity, changes })
}

fn next_mutation(replica: &Replica, op: Op, at: Millis, id: MutationId) -> Mutation {
    let made = replica.meta.made;
    Mutation { n: made.n + 1, id, prev_hash: made.hash, ctx: replica.context(op.entity()), at, op }
}

/// Whether the rules accept a mutation in its place in the outbox, on what this device knows.
pub(crate) fn check(replica: &Replica, mutation: &Mutation) -> Result<(), Refusal> {
    mutation.op.validate(Author::Member)?;
    if let Some(missing) = mutation.op.requires().into_iter().find(|id| replica.current(*id).is_none()) {
        return Err(Refusal::Unknown { kind: missing.kind() });
    }
    let mut row = replica.row_before(mutation.op.entity(), mutation.n);
    if let Op::Undo(_) = mutation.op {
        // What it takes back only the server knows, which has nothing of somebody without an account.
        let known = if local::is_local(replica) { Err(Refusal::NothingToUndo) } else { Ok(()) };
        return row.map(drop).ok_or(Refusal::NotFound).and(known);
    }
    if replica.cycles(mutation) {
        return Err(Refusal::Cycle);
    }
    merge::apply(&mut row, &mutation.op, replica.stamp(mutation), &Around::default()).map(drop)
}

/// Plans the edit of a text that was `from` when its author began. What has come in meanwhile stays.
fn plan_text(
    replica: &Replica,
    entity: EntityId,
    field: TextField,
    from: &str,
    to: &str,
    env: &mut impl Env,
) -> Result<Plan, Refusal> {
    let row = replica.current(entity).ok_or(Refusal::NotFound)?;
    let text = row.text(field).ok_or(Refusal::NotFound)?;
    let edit = Delta::between(from, tidy(field, to));
    let incoming = Delta::between(from, text);
    let (_, delta) = incoming.transform(&edit).map_err(|_| Refusal::TextBase)?;
    if delta.is_noop() {
        return Ok(Plan { entity, changes: Changes::new() });
    }
    if let Some(plan) = compose(replica, entity, field, &delta, env) {
        return Ok(plan);
    }
    append(replica, Op::TextEdit(TextEdit { entity, field, delta }), env)
}

/// Takes an edit into one of the same text that was never sent, if there is one: one mutation instead of two. It is
/// another mutation then, with an id of its own: should a copy of this device send the shorter one, the two differ.
fn compose(replica: &Replica, entity: EntityId, field: TextField, delta: &Delta, env: &mut impl Env) -> Option<Plan> {
    let last = replica.meta.made.n;
    let fixed = replica.meta.sent.max(replica.sealed).max(last.saturating_sub(MOST_CHAINED));
    for n in replica.waiting_of(entity).rev().take_while(|n| *n > fixed) {
        let mutation = replica.outbox_entry(n)?;
        let op = match &mutation.op {
            Op::TextEdit(edit) if edit.field == field => {
                let delta = edit.delta.compose(delta).ok()?;
                Op::TextEdit(TextEdit { entity, field, delta })
            }
            Op::Create(create) => {
                let text = create.texts.get(&field).map_or("", String::as_str);
                let edited = delta.apply(text).ok()?;
                let mut create = create.clone();
                if edited.is_empty() {
                    create.texts.remove(&field)
                } else {
                    create.texts.insert(field, edited)
                };
                Op::Create(create)
            }
            // An edit belongs on its side of a deletion.
            Op::Delete(_) | Op::Restore(_) | Op::Undo(_) => return None,
            _ => continue,
        };
        let mutation = Mutation { op, id: MutationId(env.new_id()), ..mutation.clone() };
        check(replica, &mutation).ok()?;
        return Some(Plan { entity, changes: chained(replica, mutation) });
    }
    None
}

/// Plans a mutation in place of the one with its number, and the hashes of those after it.
fn chained(replica: &Replica, mutation: Mutation) -> Changes {
    let later = replica.outbox_range(mutation.n + 1..).cloned();
    let mut made = LastMutation { n: mutation.n, hash: mutation.prev_hash };
    let mut changes = Changes::new();
    for mutation in std::iter::once(mutation).chain(later) {
        let mutation = Mutation { prev_hash: made.hash, ..mutation };
        made = LastMutation { n: mutation.n, hash: chain(made.hash, mutation.n, mutation.id) };
        changes.push((outbox_key(mutation.n), Some(Record::Outbox(mutation))));
    }
    changes.push(Replica::plan_meta(Meta { made, ..replica.meta.clone() }));
    changes
}

/// Plans a refused change once more, as a new mutation on what the device knows now.
fn plan_retry(replica: &Replica, id: RefusedId, env: &mut impl Env) -> Result<Plan, Refusal> {
    let change = replica.refused_change(id).ok_or(Refusal::NotFound)?;
    let mut plan = match (&change.op, &change.text) {
        (Op::TextEdit(edit), Some(text)) => {
            // As an edit of the text that it was made on: what others have written since stays. Where that text is not
            // known, what was typed goes to the end.
            let (from, to) = (change.before.as_deref().unwrap_or_default(), text);
            plan_text(replica, edit.entity, edit.field, from, to, env)?
        }
        (op, _) => append(replica, op.clone(), env)?,
    };
    plan.changes.push(((Table::Refused, id), None));
    Ok(plan)
}

pub(crate) fn outbox_key(n: Counter) -> Key {
    (Table::Outbox, n)
}
