//! The history, replayed from nothing through the rules of merging, gives the rows.

use std::collections::{BTreeMap, BTreeSet};

use server::domain::push::Handled;
use shared::clock::{Actor, Stamp, Version};
use shared::hash::Checksum;
use shared::ids::{EntityId, ProjectId};
use shared::merge;
use shared::mutation::Op;
use shared::project::prefix_for;
use shared::row::{Entity, Row};
use shared::text::TextChange;

use crate::database::Database;
use crate::{Check, Violation, ensure};

#[derive(Default)]
struct Tables {
    rows: BTreeMap<EntityId, Row>,
    logs: BTreeMap<EntityId, Vec<TextChange>>,
    prefixes: BTreeSet<String>,
    numbers: BTreeMap<ProjectId, u32>,
}

/// Replays the history and compares.
pub fn check(db: &Database) -> Check {
    let mut accepted: Vec<(Version, Actor, &Handled)> =
        db.history.iter().filter_map(|(actor, one)| Some((one.ver?, *actor, one))).collect();
    ensure!(accepted.is_sorted_by_key(|(ver, ..)| *ver), "versions are not in the order of the commits");
    accepted.sort_by_key(|(ver, ..)| *ver);
    let mut tables = Tables::default();
    for (place, (ver, actor, one)) in (1..).zip(accepted) {
        ensure!(ver == place, "version {ver} is at place {place}");
        tables.apply(Stamp { actor, ctr: one.n, ver, ctx: one.ctx, at: one.at }, &one.op)?;
    }
    for (id, row) in &db.rows {
        ensure!(
            tables.rows.get(id) == Some(row),
            "the history gives {:?}, the table holds {row:?}",
            tables.rows.get(id)
        );
    }
    ensure!(tables.rows.len() == db.rows.len(), "the history gives rows that the tables do not hold");
    let mut sum = Checksum::default();
    db.rows.iter().for_each(|(id, row)| sum.add(id.uuid(), row.ver));
    ensure!(sum == db.org.checksum, "the checksum is not that of the rows");
    Ok(())
}

impl Tables {
    fn apply(&mut self, stamp: Stamp, op: &Op) -> Check {
        let id = op.entity();
        let mut row = self.rows.get(&id).cloned();
        let log = self.logs.entry(id).or_default();
        let after = match op {
            Op::TextEdit(_) => &log[log.partition_point(|change| change.ver <= stamp.ctx)..],
            _ => &[],
        };
        let merged = merge::apply(&mut row, op, stamp, after)
            .map_err(|refusal| Violation(format!("replaying version {}: {refusal}", stamp.ver)))?;
        log.extend(merged.text);
        let Some(mut row) = row else { return Err(Violation(format!("version {} made no row", stamp.ver))) };
        match &mut row.entity {
            Entity::Project(project) if op.creates() => {
                let prefix = prefix_for(&project.name, |prefix| self.prefixes.contains(prefix));
                self.prefixes.insert(prefix.clone());
                project.prefix = Some(prefix);
            }
            Entity::Task(task) if op.creates() => {
                let number = self.numbers.entry(task.project).or_default();
                *number += 1;
                task.number = Some(*number);
            }
            Entity::Project(_) | Entity::Task(_) => {}
        }
        self.rows.insert(id, row);
        Ok(())
    }
}
