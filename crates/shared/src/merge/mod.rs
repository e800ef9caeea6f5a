//! What a mutation makes of a row: the one set of rules that device, server and simulator run.

mod inverse;

use serde::{Deserialize, Serialize};

use crate::clock::{Stamp, Version};
use crate::field::Field;
use crate::ids::{EntityId, TaskId};
use crate::mutation::{Create, Op, Refusal, TextEdit, Write};
use crate::policy::Rule;
use crate::register::{Reg, Sibling};
use crate::row::Row;
use crate::text::{TextChange, TextError, transform_over};
use crate::value::{Place, Value};

pub use inverse::Inverse;

/// How a mutation that was accepted met what others did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nobody else had changed this field meanwhile.
    Applied,
    /// Somebody had, and both changes count or this one does.
    Merged,
    /// Somebody had, and the other change counts; this one is kept.
    Superseded,
}

/// What an operation depends on besides its row. A device knows none of it, and leaves it empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'a> {
    /// For an edit of a text: the changes of that field after what its author had seen. A device carries its waiting
    /// edits along with each pull instead ([`crate::text::rebase`]).
    pub log: &'a [TextChange],
    /// For a move: whether it would put the task into itself ([`crate::tree::would_cycle`]).
    pub cycle: bool,
    /// For an undo: what is to be taken back.
    pub undone: Option<Undone<'a>>,
}

/// An earlier mutation that is to be taken back.
#[derive(Clone, Copy, Debug)]
pub struct Undone<'a> {
    /// The mutation's own stamp, as it was accepted.
    pub stamp: Stamp,
    pub inverse: &'a Inverse,
}

/// What came of a mutation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    pub outcome: Outcome,
    /// For a change of a text: the edit as it was applied, for the field's log.
    pub text: Option<TextEntry>,
    /// What would take it back.
    pub inverse: Option<Inverse>,
}

/// An entry of a text's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEntry {
    pub field: crate::field::TextField,
    pub change: TextChange,
}

/// Applies an operation to its row (`None`: there is no such row). On an error nothing has changed.
///
/// The operation has been validated ([`Op::validate`]), and whether other rows it names exist has been checked.
pub fn apply(row: &mut Option<Row>, op: &Op, stamp: Stamp, around: &Around<'_>) -> Result<Merged, Refusal> {
    if let Op::Create(create) = op {
        if row.is_some() {
            return Err(Refusal::AlreadyExists);
        }
        *row = Some(made(create, stamp));
        return Ok(applied(Some(Inverse::Create)));
    }
    let row = row.as_mut().ok_or(Refusal::NotFound)?;
    if row.id != op.entity() {
        return Err(Refusal::NotFound);
    }
    let mut merged = change(row, op, stamp, around)?;
    if row.life.is_deleted() && !matches!(op, Op::Delete(_) | Op::Undo(_)) {
        // The deletion wins; the change is in the row all the same and comes back with a restore. (Where this is one,
        // another deletion stands.)
        merged.outcome = Outcome::Superseded;
    }
    touch(row, op, stamp);
    Ok(merged)
}

/// Applies a device's own waiting operation to what its member sees. As [`apply`], but an edit of a text counts even
/// where it breaks a limit that it kept when it was made: until the server has decided, nothing of it may vanish, and
/// the waiting edits after it are made on it. What cannot be applied changes nothing; the server will refuse it, and
/// its author be told then.
pub fn apply_waiting(row: &mut Option<Row>, op: &Op, stamp: Stamp, cycle: bool) {
    let Op::TextEdit(edit) = op else {
        let _ = apply(row, op, stamp, &Around { cycle, ..Around::default() });
        return;
    };
    let Some(row) = row.as_mut().filter(|row| row.id == edit.entity) else { return };
    if let Some(Ok(edited)) = row.text(edit.field).map(|text| edit.delta.apply(text)) {
        row.set_text(edit.field, edited);
        touch(row, op, stamp);
    }
}

/// The task and the parent it is put under, if the operation moves or makes it there.
pub fn moves_under(op: &Op) -> Option<(TaskId, TaskId)> {
    let value = match op {
        Op::Write(Write { value, .. }) => Some(value),
        Op::Create(create) => create.values.get(&Field::Place),
        _ => None,
    };
    match (op.entity(), value) {
        (EntityId::Task(task), Some(Value::Place(Place { parent: Some(parent), .. }))) => Some((task, *parent)),
        _ => None,
    }
}

fn touch(row: &mut Row, op: &Op, stamp: Stamp) {
    row.ver = row.ver.max(stamp.ver);
    // Where the server keeps it is no news of it.
    if !matches!(op, Op::Write(Write { field: Field::Filed | Field::Stored, .. })) {
        row.updated = stamp;
    }
}

fn applied(inverse: Option<Inverse>) -> Merged {
    Merged { outcome: Outcome::Applied, text: None, inverse }
}

fn made(create: &Create, stamp: Stamp) -> Row {
    let mut row = Row::new(create.entity, stamp);
    for (field, text) in &create.texts {
        row.set_text(*field, text.clone());
    }
    for (field, value) in &create.values {
        row.values.entry(*field).or_default().write(stamp, value.clone());
    }
    for tag in &create.tags {
        row.tags.add(tag.clone(), stamp);
    }
    row
}

fn change(row: &mut Row, op: &Op, stamp: Stamp, around: &Around<'_>) -> Result<Merged, Refusal> {
    Ok(match op {
        Op::Write(op) => write(row, op.field, &op.value, stamp, around.cycle),
        Op::TextEdit(edit) => return edit_text(row, edit, stamp, around.log),
        Op::Tags(op) => {
            let inverse = Inverse::of_tags(&row.tags, op);
            let stays = op.remove.iter().filter(|tag| row.tags.remove(tag, stamp)).count();
            for tag in &op.add {
                row.tags.add(tag.clone(), stamp);
            }
            Merged { outcome: if stays > 0 { Outcome::Merged } else { Outcome::Applied }, ..applied(Some(inverse)) }
        }
        Op::Relations(op) => {
            let inverse = Inverse::of_relations(&row.relations, op);
            let stays = op.remove.iter().filter(|one| row.relations.remove(one, stamp)).count();
            for relation in &op.add {
                row.relations.add(*relation, stamp);
            }
            Merged { outcome: if stays > 0 { Outcome::Merged } else { Outcome::Applied }, ..applied(Some(inverse)) }
        }
        Op::Delete(_) => {
            // Who deletes what is deleted already has nothing to take back: it was another one's deletion.
            let was_deleted = row.life.is_deleted();
            row.life.delete(stamp);
            applied((!was_deleted).then_some(Inverse::Delete))
        }
        Op::Restore(_) => {
            let was_deleted = row.life.is_deleted();
            row.life.restore(stamp);
            applied(was_deleted.then_some(Inverse::Restore))
        }
        Op::Undo(_) => {
            let undone = around.undone.ok_or(Refusal::NothingToUndo)?;
            return inverse::undo(row, &undone, stamp, around);
        }
        Op::Create(_) => return Err(Refusal::AlreadyExists),
    })
}

/// Gives a field a value. What loses stays beside what wins, or goes to the ledger.
fn write(row: &mut Row, field: Field, value: &Value, stamp: Stamp, cycle: bool) -> Merged {
    if cycle {
        row.keep_lost(field, Sibling { stamp, value: value.clone() }, stamp);
        return Merged { outcome: Outcome::Superseded, ..applied(None) };
    }
    let rule = field.spec().rule;
    let register = row.values.entry(field).or_default();
    let before = register.resolve(rule).map_or(Value::Nothing, |resolution| resolution.value);
    let before_count = register.siblings().len();
    let gone = register.write(stamp, value.clone());
    let outcome = met(register, rule, value);
    if rule != Rule::Everybody {
        // Who saw all of them knew which one counted.
        let known = (gone.len() == before_count).then(|| rule.resolve(&gone)).flatten();
        for lost in unknowingly_replaced(gone, known.map(|known| known.value).as_ref(), value, stamp) {
            row.keep_lost(field, lost, stamp);
        }
    }
    Merged { outcome, ..applied(Some(Inverse::Write { field, value: before })) }
}

/// How a value that has just been written met the others of its register.
fn met(register: &Reg<Value>, rule: Rule, value: &Value) -> Outcome {
    let counts = || register.resolve(rule).is_some_and(|resolution| resolution.value == *value);
    match register.siblings().len() {
        ..2 => Outcome::Applied,
        _ if rule == Rule::Everybody || counts() => Outcome::Merged,
        _ => Outcome::Superseded,
    }
}

/// Of concurrent values that a write takes away, those that its author may never have seen count: they go to the
/// ledger. `known` is the one that the author saw, where that is certain; where it is not, all but the author's own
/// are kept, for what counted for the author may have been replaced meanwhile.
fn unknowingly_replaced(
    gone: impl IntoIterator<Item = Sibling<Value>>,
    known: Option<&Value>,
    now: &Value,
    stamp: Stamp,
) -> Vec<Sibling<Value>> {
    let lost = |gone: &Sibling<Value>| match known {
        Some(known) => gone.value != *known,
        None => gone.stamp.actor != stamp.actor,
    };
    gone.into_iter().filter(|gone| gone.value != *now && lost(gone)).collect()
}

fn edit_text(row: &mut Row, edit: &TextEdit, stamp: Stamp, log: &[TextChange]) -> Result<Merged, Refusal> {
    if log.iter().any(|change| change.actor == stamp.actor) {
        // A device sends an edit only once its earlier edits of the same text have come back to it.
        return Err(Refusal::TextBase);
    }
    let field = edit.field;
    let text = row.text(field).ok_or(Refusal::NotFound)?;
    let refuse = |error| refusal(error, field);
    let delta = transform_over(&edit.delta, log).map_err(refuse)?;
    let edited = delta.apply(text).map_err(refuse)?;
    // Two edits that each kept the limit may exceed it together; that is no reason to lose one of them. Growing a
    // text that is too long already is refused, and so is emptying it on purpose.
    let limit = field.max_chars();
    if log.is_empty() && delta.growth() > 0 && edited.chars().count() > limit {
        return Err(Refusal::too_long(limit));
    }
    if log.is_empty() && field.is_required() && edited.trim().is_empty() {
        return Err(Refusal::Empty);
    }
    let inverse = delta.invert(text).map_err(refuse)?;
    row.set_text(field, edited);
    let outcome = if log.is_empty() { Outcome::Applied } else { Outcome::Merged };
    Ok(texted(field, delta, stamp, outcome, inverse))
}

fn refusal(error: TextError, field: crate::field::TextField) -> Refusal {
    match error {
        TextError::WrongBase => Refusal::TextBase,
        TextError::TooLarge => Refusal::too_long(field.max_chars()),
    }
}

fn texted(
    field: crate::field::TextField,
    delta: crate::text::Delta,
    stamp: Stamp,
    outcome: Outcome,
    inverse: crate::text::Delta,
) -> Merged {
    let change = TextChange { ver: stamp.ver, actor: stamp.actor, ctr: stamp.ctr, delta };
    let inverse = Some(Inverse::Text { field, delta: inverse });
    Merged { outcome, text: Some(TextEntry { field, change }), inverse }
}

/// The changes of a log after a version.
pub fn after(log: &[TextChange], ver: Version) -> &[TextChange] {
    &log[log.partition_point(|change| change.ver <= ver)..]
}
