//! The new mutations of one push, applied one after the other: each sees the rows as the ones before left them.

use std::collections::{BTreeMap, BTreeSet};

use shared::clock::{Millis, Stamp, Version};
use shared::hash::chain;
use shared::ids::EntityId;
use shared::merge::{self, Merged};
use shared::mutation::{Mutation, Op, Refusal, TextEdit};
use shared::project::prefix_for;
use shared::protocol::{LastMutation, NumberedResult, PushResponse, PushResult};
use shared::row::{Entity, Row};
use shared::text::TextChange;

use super::{DeviceClock, Handled, OrgClock, PushDecision, PushInput, TextEntry, TextKey};

/// The state of a push between two of its mutations.
pub(super) struct Batch {
    /// What a device could have seen when it sent the push.
    seen: Version,
    org: OrgClock,
    device: DeviceClock,
    rows: BTreeMap<EntityId, Row>,
    logs: BTreeMap<TextKey, Vec<TextChange>>,
    prefixes: BTreeSet<String>,
    numbers: BTreeMap<shared::ids::ProjectId, u32>,
    now: Millis,
    changed: BTreeSet<EntityId>,
    numbered: BTreeSet<shared::ids::ProjectId>,
    texts: Vec<TextEntry>,
    handled: Vec<Handled>,
}

impl Batch {
    pub(super) fn new(input: PushInput<'_>) -> Self {
        Self {
            seen: input.org.ver,
            org: input.org,
            device: input.device,
            rows: input.rows,
            logs: input.logs,
            prefixes: input.prefixes,
            numbers: input.numbers,
            now: input.now,
            changed: BTreeSet::new(),
            numbered: BTreeSet::new(),
            texts: Vec::new(),
            handled: Vec::new(),
        }
    }

    /// Handles the next mutation. Accepted or refused, it counts.
    pub(super) fn handle(&mut self, mutation: &Mutation) -> PushResult {
        let stamp = self.stamp(mutation);
        let result = match self.apply(&mutation.op, stamp) {
            Ok(merged) => {
                self.accept(&mutation.op, stamp, &merged);
                PushResult::Accepted(merged.outcome)
            }
            Err(refusal) => PushResult::Rejected(refusal),
        };
        self.device.last = LastMutation { n: mutation.n, hash: chain(self.device.last.hash, mutation.n, mutation.id) };
        self.handled.push(Handled {
            n: mutation.n,
            id: mutation.id,
            entity: mutation.op.entity(),
            op: mutation.op.clone(),
            ctx: stamp.ctx,
            at: stamp.at,
            ver: matches!(result, PushResult::Accepted(_)).then_some(stamp.ver),
            result: result.clone(),
        });
        result
    }

    /// What there is to write after the last mutation.
    pub(super) fn finish(mut self, results: Vec<NumberedResult>) -> PushDecision {
        self.rows.retain(|id, _| self.changed.contains(id));
        self.numbers.retain(|project, _| self.numbered.contains(project));
        PushDecision {
            response: PushResponse { results, ver: self.org.ver },
            org: self.org,
            device: self.device,
            rows: self.rows,
            texts: self.texts,
            handled: self.handled,
            numbers: self.numbers,
        }
    }

    /// The stamp the mutation gets if it is accepted.
    fn stamp(&self, mutation: &Mutation) -> Stamp {
        let mut stamp = Stamp {
            actor: self.device.actor,
            ctr: mutation.n,
            ver: self.org.ver + 1,
            ctx: mutation.ctx.min(self.seen),
            at: mutation.at.clamp(0, self.now.max(0)),
        };
        let known = [Some(mutation.op.entity()), merge::requires(&mutation.op)];
        let rows = known.into_iter().flatten().filter_map(|id| self.rows.get(&id));
        let latest = rows.flat_map(stamps).filter(|other| stamp.has_seen(other)).map(|other| other.at).max();
        stamp.at = latest.map_or(stamp.at, |latest| stamp.at.max(latest));
        stamp
    }

    /// The mutation's effect on its row, or why it has none.
    fn apply(&mut self, op: &Op, stamp: Stamp) -> Result<Merged, Refusal> {
        op.validate()?;
        if merge::requires(op).is_some_and(|id| !self.rows.contains_key(&id)) {
            return Err(Refusal::UnknownProject);
        }
        let log = match op {
            Op::TextEdit(edit) => self.log_after(edit, stamp.ctx),
            _ => &[],
        };
        let entity = op.entity();
        let mut row = self.rows.get(&entity).cloned();
        let before = row.as_ref().map(|row| row.ver);
        let merged = merge::apply(&mut row, op, stamp, log)?;
        let Some(mut row) = row else { return Err(Refusal::NotFound) };
        if op.creates() {
            self.name(&mut row);
        }
        if let Some(before) = before {
            self.org.checksum.remove(entity.uuid(), before);
        }
        self.org.checksum.add(entity.uuid(), row.ver);
        self.rows.insert(entity, row);
        Ok(merged)
    }

    fn log_after(&self, edit: &TextEdit, ctx: Version) -> &[TextChange] {
        let log = self.logs.get(&(edit.entity, edit.field)).map_or(&[][..], Vec::as_slice);
        &log[log.partition_point(|change| change.ver <= ctx)..]
    }

    fn accept(&mut self, op: &Op, stamp: Stamp, merged: &Merged) {
        self.org.ver = stamp.ver;
        self.changed.insert(op.entity());
        if let (Op::TextEdit(TextEdit { entity, field, .. }), Some(change)) = (op, &merged.text) {
            self.logs.entry((*entity, *field)).or_default().push(change.clone());
            self.texts.push(TextEntry { entity: *entity, field: *field, change: change.clone() });
        }
    }

    /// Gives a new project its prefix and a new task its number.
    fn name(&mut self, row: &mut Row) {
        match &mut row.entity {
            Entity::Project(project) => {
                let prefix = prefix_for(&project.name, |prefix| self.prefixes.contains(prefix));
                self.prefixes.insert(prefix.clone());
                project.prefix = Some(prefix);
            }
            Entity::Task(task) => {
                let last = self.numbers.entry(task.project).or_default();
                *last = last.saturating_add(1);
                task.number = Some(*last);
                self.numbered.insert(task.project);
            }
        }
    }
}

/// Every write that a row remembers.
fn stamps(row: &Row) -> Vec<&Stamp> {
    match &row.entity {
        Entity::Project(project) => std::iter::once(&project.created).chain(project.life.deletions()).collect(),
        Entity::Task(task) => std::iter::once(&task.created)
            .chain(task.status.siblings().iter().map(|sibling| &sibling.stamp))
            .chain(task.priority.siblings().iter().map(|sibling| &sibling.stamp))
            .chain(task.due.siblings().iter().map(|sibling| &sibling.stamp))
            .chain(task.tags.stamps())
            .chain(task.life.deletions())
            .collect(),
    }
}
