//! Concurrent writes: what stands in the end are those that no later writer had seen.
//!
//! This knows nothing of versions and contexts. It notes which writes each writer *saw* in the field, and takes the
//! transitive closure; a naive form of what [`shared::clock::Stamp`] says with two integers.

use std::collections::{BTreeMap, BTreeSet};

use engine::replica::Replica;
use server::domain::push::Handled;
use shared::clock::{Actor, Counter, Stamp};
use shared::field::Field;
use shared::ids::EntityId;
use shared::mutation::Op;
use shared::register::{Reg, Tag};
use shared::relation::Relation;
use shared::row::Row;

use super::Dot;
use crate::database::Database;
use crate::{Check, ensure};

/// A place that several people write to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Field(Field),
    Tag(Tag),
    Relation(Relation),
    Life,
}

#[derive(Clone, Debug)]
struct Write {
    /// Directly: what stood there for the writer, and the writer's own write before.
    sees: BTreeSet<Dot>,
    /// Whether it puts something in, or only takes away what it sees.
    stands: bool,
}

/// Every write, by its place.
#[derive(Debug, Default)]
pub struct Causal {
    writes: BTreeMap<(EntityId, Place), BTreeMap<Dot, Write>>,
}

impl Causal {
    /// Takes notes of a new mutation, and of what its author saw.
    pub fn record(&mut self, dot: Dot, op: &Op, shown: &Replica) {
        let id = op.entity();
        let row = shown.current(id);
        for (field, stands) in places(op) {
            let writes = self.writes.entry((id, field.clone())).or_default();
            let standing = row.iter().flat_map(|row| writes_in(row, &field));
            let own = writes.keys().filter(|(actor, _)| *actor == dot.0).max();
            let sees = standing.map(|stamp| (stamp.actor, stamp.ctr)).chain(own.copied()).collect();
            writes.insert(dot, Write { sees, stands });
        }
    }

    /// Takes notes that the author of a mutation has looked once more, at what the server had confirmed.
    pub fn look_again(&mut self, dot: Dot, op: &Op, confirmed: Option<&Row>) {
        for (field, _) in places(op) {
            let standing = confirmed.into_iter().flat_map(|row| writes_in(row, &field));
            let seen: Vec<Dot> = standing.map(|stamp| (stamp.actor, stamp.ctr)).collect();
            let write = self.writes.get_mut(&(op.entity(), field)).and_then(|writes| writes.get_mut(&dot));
            if let Some(write) = write {
                write.sees.extend(seen.iter().filter(|seen| **seen != dot));
            }
        }
    }

    /// What an actor did is another one's from now on.
    pub fn rename(&mut self, old: Actor, new: Actor) {
        let renamed = |(actor, n): Dot| (if actor == old { new } else { actor }, n);
        for writes in self.writes.values_mut() {
            let again = std::mem::take(writes).into_iter().map(|(dot, mut write)| {
                write.sees = write.sees.into_iter().map(renamed).collect();
                (renamed(dot), write)
            });
            *writes = again.collect();
        }
    }

    /// Forgets what an actor has given up: its mutations after `last`, whose numbers are other ones' from now on.
    pub fn forget(&mut self, actor: Actor, last: Counter) {
        for writes in self.writes.values_mut() {
            writes.retain(|(by, n), _| *by != actor || *n <= last);
        }
    }

    /// Whether in the server's rows exactly those stand that should.
    pub fn check(&self, db: &Database) -> Check {
        // A move that would have put a task into itself has no effect, and nothing that would take it back.
        let effective = |one: &Handled| one.ver.is_some() && (one.inverse.is_some() || !matches!(one.op, Op::Write(_)));
        let accepted: BTreeSet<Dot> =
            db.history.iter().filter(|(_, one)| effective(one)).map(|(actor, one)| (*actor, one.n)).collect();
        for ((id, field), writes) in &self.writes {
            let Some(row) = db.rows.get(id) else { continue };
            let counted = || writes.keys().filter(|dot| accepted.contains(dot));
            let overwritten: BTreeSet<Dot> = counted().flat_map(|dot| closure(writes, *dot)).collect();
            let expected: BTreeSet<Dot> =
                counted().filter(|dot| writes[dot].stands && !overwritten.contains(dot)).copied().collect();
            // That whoever makes a project manages it, the server has written.
            let by_member = |dot: &Dot| writes.contains_key(dot) || !matches!(field, Place::Field(Field::Access(_)));
            let found: BTreeSet<Dot> =
                writes_in(row, field).iter().map(|stamp| (stamp.actor, stamp.ctr)).filter(by_member).collect();
            ensure!(found == expected, "{field:?} of {id:?}: {found:?} stand, {expected:?} should; {writes:?}");
        }
        Ok(())
    }
}

/// Everything that a write had seen, directly or through what it saw.
fn closure(writes: &BTreeMap<Dot, Write>, from: Dot) -> BTreeSet<Dot> {
    let mut known = BTreeSet::new();
    let mut open = vec![from];
    while let Some(dot) = open.pop() {
        let sees = writes.get(&dot).into_iter().flat_map(|write| &write.sees);
        open.extend(sees.filter(|dot| known.insert(**dot)));
    }
    known
}

/// Where an operation writes, and whether something of it stands there.
fn places(op: &Op) -> Vec<(Place, bool)> {
    match op {
        Op::Create(create) => {
            let tags = create.tags.iter().map(|tag| (Place::Tag(tag.clone()), true));
            create.values.keys().map(|field| (Place::Field(*field), true)).chain(tags).collect()
        }
        Op::Write(write) => vec![(Place::Field(write.field), true)],
        Op::Tags(op) => elements(&op.add, &op.remove, |tag| Place::Tag(tag.clone())),
        Op::Relations(op) => elements(&op.add, &op.remove, |relation| Place::Relation(*relation)),
        Op::Delete(_) => vec![(Place::Life, true)],
        Op::Restore(_) => vec![(Place::Life, false)],
        Op::TextEdit(_) | Op::Undo(_) => Vec::new(),
    }
}

fn elements<T: PartialEq>(add: &[T], remove: &[T], place: impl Fn(&T) -> Place) -> Vec<(Place, bool)> {
    let removed = remove.iter().filter(|one| !add.contains(one)).map(|one| (place(one), false));
    add.iter().map(|one| (place(one), true)).chain(removed).collect()
}

/// The writes that stand in a field.
fn writes_in(row: &Row, place: &Place) -> Vec<Stamp> {
    match place {
        Place::Field(field) => {
            row.values.get(field).into_iter().flat_map(Reg::siblings).map(|sibling| sibling.stamp).collect()
        }
        Place::Tag(tag) => row.tags.adds(tag).to_vec(),
        Place::Relation(relation) => row.relations.adds(relation).to_vec(),
        Place::Life => row.life.deletions().to_vec(),
    }
}
