//! Taking a change back after others have gone on: what is still there of it goes, what others did since stays.

use serde::{Deserialize, Serialize};

use super::{Around, Merged, Outcome, Undone, after, applied, met, refusal, texted, write};
use crate::clock::Stamp;
use crate::field::{Field, TextField};
use crate::ids::TaskId;
use crate::mutation::{EditRelations, EditTags, Refusal};
use crate::register::{Set, Tag};
use crate::relation::Relation;
use crate::row::Row;
use crate::text::{Delta, transform_over};
use crate::value::Value;

/// What would take a mutation back, kept with it in the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Inverse {
    /// What the field said before.
    Write {
        field: Field,
        value: Value,
    },
    /// The edit that takes the edit back, made on the text as it left it.
    Text {
        field: TextField,
        delta: Delta,
    },
    /// The tags that it put on and that were not there, and those it took off.
    Tags {
        added: Vec<Tag>,
        removed: Vec<Tag>,
    },
    Relations {
        added: Vec<Relation>,
        removed: Vec<Relation>,
    },
    Create,
    Delete,
    Restore,
}

impl Inverse {
    pub(super) fn of_tags(tags: &Set<Tag>, op: &EditTags) -> Self {
        let (added, removed) = difference(tags, &op.add, &op.remove);
        Self::Tags { added, removed }
    }

    /// The task that taking it back puts something under.
    pub fn parent(&self) -> Option<TaskId> {
        match self {
            Self::Write { value: Value::Place(place), .. } => place.parent,
            _ => None,
        }
    }

    pub(super) fn of_relations(relations: &Set<Relation>, op: &EditRelations) -> Self {
        let (added, removed) = difference(relations, &op.add, &op.remove);
        Self::Relations { added, removed }
    }
}

/// What adding and removing changes in a set.
fn difference<T: Ord + Clone>(set: &Set<T>, add: &[T], remove: &[T]) -> (Vec<T>, Vec<T>) {
    let added = add.iter().filter(|one| !set.contains(one)).cloned().collect();
    let removed = remove.iter().filter(|one| set.contains(one) && !add.contains(one)).cloned().collect();
    (added, removed)
}

/// Takes a mutation back.
pub(super) fn undo(row: &mut Row, undone: &Undone<'_>, stamp: Stamp, around: &Around<'_>) -> Result<Merged, Refusal> {
    let target = undone.stamp;
    match undone.inverse {
        Inverse::Write { field, value } => undo_write(row, *field, value, target, stamp, around.cycle),
        Inverse::Text { field, delta } => undo_text(row, *field, delta, target, stamp, around),
        Inverse::Tags { added, removed } => {
            let inverse = take_back(&mut row.tags, added, removed, target, stamp);
            inverse.map(|(added, removed)| applied(Some(Inverse::Tags { added, removed })))
        }
        Inverse::Relations { added, removed } => {
            let inverse = take_back(&mut row.relations, added, removed, target, stamp);
            inverse.map(|(added, removed)| applied(Some(Inverse::Relations { added, removed })))
        }
        Inverse::Create | Inverse::Restore => {
            if row.life.is_deleted() {
                return Err(Refusal::NothingToUndo);
            }
            row.life.delete(stamp);
            Ok(applied(Some(Inverse::Delete)))
        }
        Inverse::Delete => {
            if !row.life.deletions().iter().any(|deletion| deletion.same_write(&target)) {
                return Err(Refusal::NothingToUndo);
            }
            let still = row.life.take_back(&target);
            let outcome = if still { Outcome::Superseded } else { Outcome::Applied };
            Ok(Merged { outcome, ..applied(Some(Inverse::Restore)) })
        }
    }
}

/// A value is taken back while it is there: what somebody has written over it is theirs. Where others wrote at the
/// same time, theirs is what stays; otherwise what was there before comes back.
fn undo_write(
    row: &mut Row,
    field: Field,
    value: &Value,
    target: Stamp,
    stamp: Stamp,
    cycle: bool,
) -> Result<Merged, Refusal> {
    let register = row.values.get_mut(&field).ok_or(Refusal::NothingToUndo)?;
    let stands = register.siblings().iter().any(|sibling| sibling.stamp.same_write(&target));
    if !stands {
        return Err(Refusal::NothingToUndo);
    }
    // Of places the next one might be within the task by now; a write is checked for that.
    if register.siblings().len() == 1 || field == Field::Place {
        let mut merged = write(row, field, value, stamp, cycle);
        let register = row.values.entry(field).or_default();
        // Who takes a write back knows it, even from a device that it has not come to yet.
        if !cycle && register.take_back(&target).is_some() {
            merged.outcome = met(register, field.spec().rule, value);
        }
        return Ok(merged);
    }
    let taken = register.take_back(&target).map_or(Value::Nothing, |sibling| sibling.value);
    Ok(applied(Some(Inverse::Write { field, value: taken })))
}

fn undo_text(
    row: &mut Row,
    field: TextField,
    inverse: &Delta,
    target: Stamp,
    stamp: Stamp,
    around: &Around<'_>,
) -> Result<Merged, Refusal> {
    let text = row.text(field).ok_or(Refusal::NotFound)?;
    let refuse = |error| refusal(error, field);
    let delta = transform_over(inverse, after(around.log, target.ver)).map_err(refuse)?;
    if delta.is_noop() {
        return Err(Refusal::NothingToUndo);
    }
    let edited = delta.apply(text).map_err(refuse)?;
    if field.is_required() && edited.trim().is_empty() {
        return Err(Refusal::Empty);
    }
    let back = delta.invert(text).map_err(refuse)?;
    row.set_text(field, edited);
    Ok(texted(field, delta, stamp, Outcome::Applied, back))
}

/// Takes out what the target put in and nobody else did, and puts back what it took out. Tells what that changed.
fn take_back<T: Ord + Clone>(
    set: &mut Set<T>,
    added: &[T],
    removed: &[T],
    target: Stamp,
    stamp: Stamp,
) -> Result<(Vec<T>, Vec<T>), Refusal> {
    let out: Vec<T> =
        added.iter().filter(|one| set.adds(one).iter().all(|add| add.same_write(&target))).cloned().collect();
    let out: Vec<T> = out.into_iter().filter(|one| set.contains(one)).collect();
    let back: Vec<T> = removed.iter().filter(|one| !set.contains(one)).cloned().collect();
    if out.is_empty() && back.is_empty() {
        return Err(Refusal::NothingToUndo);
    }
    for one in &out {
        set.take_back(one, &target);
    }
    for one in &back {
        set.add(one.clone(), stamp);
    }
    Ok((back, out))
}
