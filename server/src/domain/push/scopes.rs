//! Which scopes the rows of a push are in, before and after each of its mutations: who may do what, what a scope's
//! checksum is, and what moves along when a task moves.

use std::collections::{BTreeMap, BTreeSet};

use shared::clock::Version;
use shared::hash::Checksum;
use shared::ids::{EntityId, TaskId};
use shared::mutation::{Op, Refusal};
use shared::row::Row;
use shared::scope::{Access, Home, Reader, Right, Scope, needed};

/// What is known of a scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeState {
    /// Of a project.
    pub access: Access,
    /// Over the rows of the scope.
    pub checksum: Checksum,
}

/// A row has left a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Departure {
    pub entity: EntityId,
    pub from: Scope,
    /// With which version.
    pub ver: Version,
}

/// What a push did to the scopes; see [`super::PushDecision`].
pub(super) struct Placing {
    pub(super) scopes: BTreeMap<EntityId, Scope>,
    pub(super) moved: BTreeMap<EntityId, Version>,
    pub(super) departures: Vec<Departure>,
    pub(super) states: BTreeMap<Scope, ScopeState>,
}

/// The scopes between two mutations.
pub(super) struct Scopes {
    of: BTreeMap<EntityId, Scope>,
    states: BTreeMap<Scope, ScopeState>,
    dependents: BTreeMap<TaskId, BTreeMap<EntityId, Version>>,
    changed: BTreeSet<Scope>,
    moved: BTreeMap<EntityId, Version>,
    departures: Vec<Departure>,
}

impl Scopes {
    pub(super) fn new(
        of: BTreeMap<EntityId, Scope>,
        states: BTreeMap<Scope, ScopeState>,
        dependents: BTreeMap<TaskId, BTreeMap<EntityId, Version>>,
    ) -> Self {
        Self { of, states, dependents, changed: BTreeSet::new(), moved: BTreeMap::new(), departures: Vec::new() }
    }

    /// Whether a row exists as far as its reader is concerned.
    pub(super) fn shows(&self, id: EntityId, reader: Option<Reader>) -> bool {
        self.of.get(&id).is_some_and(|scope| self.right(*scope, reader).is_some())
    }

    /// Whether an operation may change the row that it is about.
    pub(super) fn permit(&self, op: &Op, reader: Option<Reader>) -> Result<(), Refusal> {
        let right = self.of.get(&op.entity()).and_then(|scope| self.right(*scope, reader));
        match right {
            // As if it were not there.
            None => Err(Refusal::NotFound),
            Some(right) if right < needed(op) => Err(Refusal::NotAllowed),
            Some(_) => Ok(()),
        }
    }

    /// Whether a row may come where an operation has put it.
    pub(super) fn permit_place(&self, op: &Op, row: &Row, reader: Option<Reader>) -> Result<(), Refusal> {
        let to = self.home(row);
        if self.of.get(&row.id) == Some(&to) {
            return Ok(());
        }
        let right = match row.id {
            // Whoever may make projects manages the one just made.
            EntityId::Project(_) => self.right(Scope::Everyone, reader),
            _ => self.right(to, reader),
        };
        if right.is_some_and(|right| right >= needed(op)) { Ok(()) } else { Err(Refusal::NotAllowed) }
    }

    fn right(&self, scope: Scope, reader: Option<Reader>) -> Option<Right> {
        let Some(reader) = reader else { return Some(Right::Manage) };
        let open = Access::default();
        scope.right(self.states.get(&scope.gate()).map_or(&open, |state| &state.access), reader)
    }

    fn home(&self, row: &Row) -> Scope {
        match Home::of(row) {
            Home::Scope(scope) => scope,
            Home::Task(task) => {
                // What is about a task stays with it: where it was put when it was made, and wherever the task went.
                let known = self.of.get(&row.id).or_else(|| self.of.get(&task.into()));
                known.copied().unwrap_or(Scope::Everyone)
            }
        }
    }

    /// Takes over what a mutation has made of a row, which was of version `before`.
    pub(super) fn settle(&mut self, row: &Row, before: Option<Version>) {
        let (id, to) = (row.id, self.home(row));
        let from = self.of.insert(id, to);
        if let (Some(from), Some(before)) = (from, before) {
            self.state(from).checksum.remove(id.uuid(), before);
        }
        self.state(to).checksum.add(id.uuid(), row.ver);
        if let EntityId::Project(_) = id {
            self.state(to).access = Access::of(row);
        }
        if let Home::Task(task) = Home::of(row) {
            self.dependents.entry(task).or_default().insert(id, row.ver);
        }
        let Some(from) = from.filter(|from| *from != to) else { return };
        self.depart(id, from, row.ver);
        if let EntityId::Task(task) = id {
            for (dependent, ver) in self.dependents.get(&task).cloned().unwrap_or_default() {
                self.state(from).checksum.remove(dependent.uuid(), ver);
                self.state(to).checksum.add(dependent.uuid(), ver);
                self.of.insert(dependent, to);
                self.depart(dependent, from, row.ver);
            }
        }
    }

    fn depart(&mut self, entity: EntityId, from: Scope, ver: Version) {
        self.moved.insert(entity, ver);
        self.departures.push(Departure { entity, from, ver });
    }

    fn state(&mut self, scope: Scope) -> &mut ScopeState {
        self.changed.insert(scope);
        self.states.entry(scope).or_default()
    }

    /// What there is to write, given which rows changed.
    pub(super) fn finish(mut self, rows: &BTreeSet<EntityId>) -> Placing {
        self.of.retain(|id, _| rows.contains(id) || self.moved.contains_key(id));
        self.states.retain(|scope, _| self.changed.contains(scope));
        Placing { scopes: self.of, moved: self.moved, departures: self.departures, states: self.states }
    }
}
