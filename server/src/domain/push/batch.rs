//! The new mutations of one push, applied one after the other: each sees the rows as the ones before left them.

use std::collections::{BTreeMap, BTreeSet};

use shared::clock::{Actor, Counter, Millis, Stamp, Version};
use shared::field::Field;
use shared::field::TextField;
use shared::hash::chain;
use shared::ids::{EntityId, MutationId, ProjectId, TaskId};
use shared::merge::{self, Around, Merged, Undone};
use shared::mutation::{Author, Mutation, Op, Refusal};
use shared::project::prefix_for;
use shared::protocol::{LastMutation, NumberedResult, PushResponse, PushResult};
use shared::row::Row;
use shared::scope::Reader;
use shared::text::TextChange;
use shared::tree::would_cycle;
use shared::value::{Role, Value};

use super::scopes::{Placing, Scopes};
use super::{Accepted, DeviceClock, Handled, OrgClock, Prefix, PushDecision, PushInput, TextEntry, TextKey};

/// The state of a push between two of its mutations.
pub(super) struct Batch {
    /// What a device could have seen when it sent the push.
    seen: Version,
    org: OrgClock,
    device: DeviceClock,
    reader: Option<Reader>,
    rows: BTreeMap<EntityId, Row>,
    scopes: Scopes,
    parents: BTreeMap<TaskId, TaskId>,
    logs: BTreeMap<TextKey, Vec<TextChange>>,
    prefixes: BTreeMap<String, Prefix>,
    undone: BTreeMap<(Actor, Counter), Accepted>,
    elsewhere: BTreeMap<MutationId, PushResult>,
    now: Millis,
    changed: BTreeSet<EntityId>,
    numbered: BTreeSet<String>,
    texts: Vec<TextEntry>,
    handled: Vec<Handled>,
}

impl Batch {
    pub(super) fn new(input: PushInput<'_>) -> Self {
        Self {
            seen: input.org.ver,
            org: input.org,
            device: input.device,
            reader: input.reader,
            rows: input.rows,
            scopes: Scopes::new(input.scopes, input.states, input.dependents),
            parents: input.parents,
            logs: input.logs,
            prefixes: input.prefixes,
            undone: input.undone,
            elsewhere: input.elsewhere,
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
        let applied = match self.elsewhere.get(&mutation.id) {
            None => self.apply(&mutation.op, stamp),
            // A copy of the device has sent it, before or after either has numbered it anew.
            Some(PushResult::Accepted(_)) => Err(Refusal::Repeated),
            Some(PushResult::Rejected(refusal)) => Err(refusal.clone()),
        };
        let (result, inverse) = match applied {
            Ok(merged) => {
                let outcome = merged.outcome;
                (PushResult::Accepted(outcome), self.accept(&mutation.op, stamp, merged))
            }
            Err(refusal) => (PushResult::Rejected(refusal), None),
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
            inverse,
        });
        result
    }

    /// What there is to write after the last mutation.
    pub(super) fn finish(mut self, results: Vec<NumberedResult>) -> PushDecision {
        self.rows.retain(|id, _| self.changed.contains(id));
        let Placing { scopes, moved, departures, states } = self.scopes.finish(&self.changed);
        self.prefixes.retain(|prefix, _| self.numbered.contains(prefix));
        PushDecision {
            response: PushResponse { results, ver: self.org.ver },
            org: self.org,
            device: self.device,
            rows: self.rows,
            scopes,
            moved,
            departures,
            states,
            texts: self.texts,
            handled: self.handled,
            prefixes: self.prefixes,
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
        let known = std::iter::once(mutation.op.entity()).chain(mutation.op.requires());
        let rows = known.filter_map(|id| self.rows.get(&id));
        let latest = rows.flat_map(Row::stamps).filter(|other| stamp.has_seen(other)).map(|other| other.at).max();
        stamp.at = latest.map_or(stamp.at, |latest| stamp.at.max(latest));
        stamp
    }

    /// The mutation's effect on its row, or why it has none.
    fn apply(&mut self, op: &Op, stamp: Stamp) -> Result<Merged, Refusal> {
        op.validate(if self.reader.is_some() { Author::Member } else { Author::Server })?;
        let known = |id: &EntityId| self.rows.contains_key(id) && self.scopes.shows(*id, self.reader);
        if let Some(missing) = op.requires().into_iter().find(|id| !known(id)) {
            return Err(Refusal::Unknown { kind: missing.kind() });
        }
        let entity = op.entity();
        if self.rows.contains_key(&entity) {
            self.scopes.permit(op, self.reader)?;
        }
        let mut row = self.rows.get(&entity).cloned();
        let before = row.as_ref().map(|row| row.ver);
        let merged = merge::apply(&mut row, op, stamp, &self.around(op, stamp)?)?;
        let Some(mut row) = row else { return Err(Refusal::NotFound) };
        let prefix = if op.creates() { self.name(&mut row, stamp) } else { None };
        self.scopes.permit_place(op, &row, self.reader)?;
        self.scopes.settle(&row, before);
        self.numbered.extend(prefix.iter().map(|(name, _)| name.clone()));
        self.prefixes.extend(prefix);
        if let EntityId::Task(task) = entity {
            match row.place().parent {
                Some(parent) => self.parents.insert(task, parent),
                None => self.parents.remove(&task),
            };
        }
        self.rows.insert(entity, row);
        Ok(merged)
    }

    /// What an operation depends on besides its row.
    fn around(&self, op: &Op, stamp: Stamp) -> Result<Around<'_>, Refusal> {
        let parent_of = |task| self.parents.get(&task).copied();
        let cycle = merge::moves_under(op).is_some_and(|(task, parent)| would_cycle(task, parent, parent_of));
        let around = Around { cycle, ..Around::default() };
        match op {
            Op::TextEdit(edit) => {
                let log = merge::after(self.log(edit.entity, edit.field), stamp.ctx);
                Ok(Around { log, ..around })
            }
            Op::Undo(undo) => {
                let target = self.undone.get(&(undo.actor, undo.n)).filter(|target| target.entity == undo.entity);
                let Accepted { ver, inverse, .. } = target.ok_or(Refusal::NothingToUndo)?;
                let done = Stamp { actor: undo.actor, ctr: undo.n, ver: *ver, ctx: 0, at: 0 };
                let log = match inverse {
                    merge::Inverse::Text { field, .. } => self.log(undo.entity, *field),
                    _ => &[],
                };
                let back = match inverse {
                    merge::Inverse::Write { field, value } => Some(Op::write(undo.entity, *field, value.clone())),
                    _ => None,
                };
                let moved = back.as_ref().and_then(merge::moves_under);
                let cycle = moved.is_some_and(|(task, parent)| would_cycle(task, parent, parent_of));
                Ok(Around { log, cycle, undone: Some(Undone { stamp: done, inverse }) })
            }
            _ => Ok(around),
        }
    }

    fn log(&self, entity: EntityId, field: TextField) -> &[TextChange] {
        self.logs.get(&(entity, field)).map_or(&[], Vec::as_slice)
    }

    fn accept(&mut self, op: &Op, stamp: Stamp, merged: Merged) -> Option<merge::Inverse> {
        let entity = op.entity();
        self.org.ver = stamp.ver;
        self.changed.insert(entity);
        if let Some(merge::TextEntry { field, change }) = merged.text {
            self.logs.entry((entity, field)).or_default().push(change.clone());
            self.texts.push(TextEntry { entity, field, change });
        }
        if let Some(inverse) = &merged.inverse {
            let accepted = Accepted { entity, ver: stamp.ver, inverse: inverse.clone() };
            self.undone.insert((stamp.actor, stamp.ctr), accepted);
        }
        merged.inverse
    }

    /// Gives a new project its prefix and its maker, a new task its key and a new view its owner. Returns the prefix
    /// that was made or has given a number.
    fn name(&self, row: &mut Row, stamp: Stamp) -> Option<(String, Prefix)> {
        match row.id {
            EntityId::Project(project) => {
                let name = row.text(TextField::Name).unwrap_or_default();
                let prefix = prefix_for(name, |prefix| self.prefixes.contains_key(prefix));
                row.assign(Field::Prefix, Value::Text(prefix.clone()), stamp);
                if let Some(reader) = self.reader {
                    row.assign(Field::Access(reader.user), Value::Role(Role::Admin), stamp);
                }
                Some((prefix, Prefix { project, last_number: 0 }))
            }
            EntityId::Task(_) => {
                let project: Option<ProjectId> = row.place().project;
                let (name, prefix) = self.prefixes.iter().find(|(_, prefix)| Some(prefix.project) == project)?;
                let prefix = Prefix { last_number: prefix.last_number.saturating_add(1), ..*prefix };
                row.assign(Field::Key, Value::Text(format!("{name}-{}", prefix.last_number)), stamp);
                Some((name.clone(), prefix))
            }
            EntityId::SavedView(_) => {
                let owner = self.reader?.user;
                row.assign(Field::Owner, Value::People([owner].into()), stamp);
                None
            }
            _ => None,
        }
    }
}
