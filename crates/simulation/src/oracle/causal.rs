//! Concurrent writes: what stands in the end are those that no later writer had seen.
//!
//! This knows nothing of versions and contexts. It notes which writes each writer *saw* in the field, and takes the
//! transitive closure; a naive form of what [`shared::clock::Stamp`] says with two integers.

use std::collections::{BTreeMap, BTreeSet};

use engine::replica::Replica;
use shared::clock::Stamp;
use shared::ids::EntityId;
use shared::mutation::Op;
use shared::register::{Tag, Tags};
use shared::row::{Entity, Row};

use super::Dot;
use crate::database::Database;
use crate::{Check, ensure};

/// A place that several people write to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Status,
    Priority,
    Due,
    Tag(Tag),
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
    writes: BTreeMap<(EntityId, Field), BTreeMap<Dot, Write>>,
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

    /// Whether in the server's rows exactly those stand that should.
    pub fn check(&self, db: &Database) -> Check {
        let accepted: BTreeSet<Dot> =
            db.history.iter().filter(|(_, one)| one.ver.is_some()).map(|(actor, one)| (*actor, one.n)).collect();
        for ((id, field), writes) in &self.writes {
            let Some(row) = db.rows.get(id) else { continue };
            let counted = || writes.keys().filter(|dot| accepted.contains(dot));
            let overwritten: BTreeSet<Dot> = counted().flat_map(|dot| closure(writes, *dot)).collect();
            let expected: BTreeSet<Dot> =
                counted().filter(|dot| writes[dot].stands && !overwritten.contains(dot)).copied().collect();
            let found: BTreeSet<Dot> = writes_in(row, field).iter().map(|stamp| (stamp.actor, stamp.ctr)).collect();
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
fn places(op: &Op) -> Vec<(Field, bool)> {
    match op {
        Op::TaskCreate(create) => {
            let tags = create.tags.iter().map(|tag| (Field::Tag(tag.clone()), true));
            [Field::Status, Field::Priority, Field::Due].map(|field| (field, true)).into_iter().chain(tags).collect()
        }
        Op::TaskStatus(_) => vec![(Field::Status, true)],
        Op::TaskPriority(_) => vec![(Field::Priority, true)],
        Op::TaskDue(_) => vec![(Field::Due, true)],
        Op::TaskTags(op) => {
            let removed =
                op.remove.iter().filter(|tag| !op.add.contains(tag)).map(|tag| (Field::Tag(tag.clone()), false));
            op.add.iter().map(|tag| (Field::Tag(tag.clone()), true)).chain(removed).collect()
        }
        Op::Delete(_) => vec![(Field::Life, true)],
        Op::Restore(_) => vec![(Field::Life, false)],
        Op::ProjectCreate(_) | Op::TextEdit(_) => Vec::new(),
    }
}

/// The writes that stand in a field.
fn writes_in(row: &Row, field: &Field) -> Vec<Stamp> {
    match (&row.entity, field) {
        (Entity::Task(task), Field::Status) => task.status.siblings().iter().map(|sibling| sibling.stamp).collect(),
        (Entity::Task(task), Field::Priority) => task.priority.siblings().iter().map(|sibling| sibling.stamp).collect(),
        (Entity::Task(task), Field::Due) => task.due.siblings().iter().map(|sibling| sibling.stamp).collect(),
        (Entity::Task(task), Field::Tag(tag)) => adds(&task.tags, tag),
        (Entity::Task(task), Field::Life) => task.life.deletions().to_vec(),
        (Entity::Project(project), Field::Life) => project.life.deletions().to_vec(),
        (Entity::Project(_), _) => Vec::new(),
    }
}

/// The writes that put a tag on, read from the stored form of the tags.
fn adds(tags: &Tags, tag: &Tag) -> Vec<Stamp> {
    let stored = postcard::to_stdvec(tags).unwrap_or_default();
    let mut adds: BTreeMap<Tag, Vec<Stamp>> = postcard::from_bytes(&stored).unwrap_or_default();
    adds.remove(tag).unwrap_or_default()
}
