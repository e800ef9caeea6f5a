//! The history, replayed from nothing through the rules of merging, gives the rows.

use std::collections::BTreeMap;

use server::domain::push::Handled;
use shared::clock::{Actor, Stamp, Version};
use shared::field::{Field, TextField};
use shared::hash::Checksum;
use shared::ids::{EntityId, ProjectId, TaskId, UserId};
use shared::merge::{self, Around};
use shared::mutation::Op;
use shared::project::prefix_for;
use shared::row::Row;
use shared::scope::{Access, Home, Scope};
use shared::text::TextChange;
use shared::tree::would_cycle;
use shared::value::{Role, Value};

use crate::database::Database;
use crate::{Check, Violation, ensure};

#[derive(Default)]
struct Tables {
    rows: BTreeMap<EntityId, Row>,
    logs: BTreeMap<(EntityId, TextField), Vec<TextChange>>,
    prefixes: BTreeMap<ProjectId, (String, u64)>,
}

/// Replays the history and compares.
pub fn check(db: &Database) -> Check {
    let mut accepted: Vec<(Version, Actor, &Handled)> =
        db.history.iter().filter_map(|(actor, one)| Some((one.ver?, *actor, one))).collect();
    ensure!(accepted.is_sorted_by_key(|(ver, ..)| *ver), "versions are not in the order of the commits");
    accepted.sort_by_key(|(ver, ..)| *ver);
    let mut tables = Tables::default();
    let mut purges = db.purges.iter().peekable();
    for (place, (ver, actor, one)) in (1..).zip(accepted) {
        // What is gone is nobody's parent any more.
        while let Some((_, floor)) = purges.next_if(|(after, _)| *after < ver) {
            tables.rows.retain(|_, row| !row.is_gone_at(*floor));
        }
        ensure!(ver == place, "version {ver} is at place {place}");
        let maker = db.members.get(&actor).copied();
        tables.apply(Stamp { actor, ctr: one.n, ver, ctx: one.ctx, at: one.at }, &one.op, maker)?;
    }
    for (_, floor) in purges {
        tables.rows.retain(|_, row| !row.is_gone_at(*floor));
    }
    for (id, row) in &db.rows {
        ensure!(
            tables.rows.get(id) == Some(row),
            "the history gives {:?}, the table holds {row:?}",
            tables.rows.get(id)
        );
    }
    ensure!(tables.rows.len() == db.rows.len(), "the history gives rows that the tables do not hold");
    let mut sums: BTreeMap<Scope, Checksum> = BTreeMap::new();
    for (id, row) in &db.rows {
        let scope = db.scopes.get(id).ok_or_else(|| Violation(format!("{id:?} is in no scope")))?;
        sums.entry(*scope).or_default().add(id.uuid(), row.ver);
        let task = row.subject().and_then(|subject| db.scopes.get(&subject.task.into()));
        let right = match Home::of(row) {
            Home::Scope(home) => home == *scope,
            Home::Task(_) => task.is_none_or(|of_task| of_task == scope),
        };
        ensure!(right, "{id:?} is in {scope}");
        if let EntityId::Project(_) = id {
            ensure!(db.states_of[scope].access == Access::of(row), "{scope} is open to others than {id:?} says");
        }
    }
    for (scope, state) in &db.states_of {
        let sum = sums.remove(scope).unwrap_or_default();
        ensure!(sum == state.checksum, "the checksum of {scope} is not that of its rows");
    }
    ensure!(sums.is_empty(), "scopes that nobody knows of: {sums:?}");
    Ok(())
}

impl Tables {
    fn apply(&mut self, stamp: Stamp, op: &Op, maker: Option<UserId>) -> Check {
        let id = op.entity();
        let mut row = self.rows.get(&id).cloned();
        let log = match op {
            Op::TextEdit(edit) => self.logs.get(&(id, edit.field)).map_or(&[][..], Vec::as_slice),
            _ => &[],
        };
        let parent_of = |task: TaskId| self.rows.get(&task.into()).and_then(|row| row.place().parent);
        let cycle = merge::moves_under(op).is_some_and(|(task, parent)| would_cycle(task, parent, parent_of));
        let around = Around { log: merge::after(log, stamp.ctx), cycle, undone: None };
        let merged = merge::apply(&mut row, op, stamp, &around)
            .map_err(|refusal| Violation(format!("replaying version {}: {refusal}", stamp.ver)))?;
        if let Some(merge::TextEntry { field, change }) = merged.text {
            self.logs.entry((id, field)).or_default().push(change);
        }
        let Some(mut row) = row else { return Err(Violation(format!("version {} made no row", stamp.ver))) };
        if op.creates() {
            self.name(&mut row, stamp, maker);
        }
        self.rows.insert(id, row);
        Ok(())
    }

    fn name(&mut self, row: &mut Row, stamp: Stamp, maker: Option<UserId>) {
        if let EntityId::Project(id) = row.id {
            let taken = |prefix: &str| self.prefixes.values().any(|(other, _)| other == prefix);
            let prefix = prefix_for(row.text(TextField::Name).unwrap_or_default(), taken);
            row.assign(Field::Prefix, Value::Text(prefix.clone()), stamp);
            self.prefixes.insert(id, (prefix, 0));
            if let Some(maker) = maker {
                row.assign(Field::Access(maker), Value::Role(Role::Admin), stamp);
            }
        }
        if let (EntityId::SavedView(_), Some(maker)) = (row.id, maker) {
            row.assign(Field::Owner, Value::People([maker].into()), stamp);
        }
        let project = row.place().project.filter(|_| matches!(row.id, EntityId::Task(_)));
        if let Some((prefix, last)) = project.and_then(|project| self.prefixes.get_mut(&project)) {
            *last += 1;
            row.assign(Field::Key, Value::Text(format!("{prefix}-{last}")), stamp);
        }
    }
}
