//! What to load before a push can be decided.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use shared::clock::{Actor, Counter, Version};
use shared::field::Field;
use shared::ids::{EntityId, MutationId, ProjectId, TaskId};
use shared::merge;
use shared::mutation::{Mutation, Op, Write};
use shared::protocol::PushRequest;
use shared::scope::Scope;

use super::TextKey;

/// What [`super::decide`] depends on, as far as the request tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The rows that the mutations change, and those that must exist for them.
    pub entities: BTreeSet<EntityId>,
    /// Tasks that others are put under: the tasks above them are wanted too.
    pub parents: BTreeSet<TaskId>,
    /// Tasks that may come into another scope by what is done to them.
    moved: BTreeSet<TaskId>,
    /// Of these texts, the changes after a version.
    pub texts: BTreeMap<TextKey, Version>,
    /// The numbers of the request; the stored results of those that were handled before.
    pub results: Option<RangeInclusive<Counter>>,
    /// By number, the rows and ids of the mutations: one may have been handled under another number.
    pub named: BTreeMap<Counter, (EntityId, MutationId)>,
    /// Whether all prefixes of the organization are wanted, because a project needs a free one.
    pub all_prefixes: bool,
    /// The projects whose prefix and last task number are wanted.
    pub numbered: BTreeSet<ProjectId>,
    /// Mutations that are to be taken back: with them, the changes of their texts since.
    pub undone: BTreeSet<(Actor, Counter)>,
}

impl Needs {
    /// The tasks that may come into another scope, given where they are: what is about them is wanted too.
    pub fn moved(&self, scopes: &BTreeMap<EntityId, Scope>) -> BTreeSet<TaskId> {
        // Whoever touches finished work takes it out again.
        let filed = scopes.iter().filter_map(|(id, scope)| match (id, scope) {
            (EntityId::Task(task), Scope::Finished(_)) => Some(*task),
            _ => None,
        });
        filed.chain(self.moved.iter().copied()).collect()
    }
}

/// What to load for a request that has passed [`super::check`].
pub fn needs(request: &PushRequest) -> Needs {
    let mut needs = Needs { results: results(&request.mutations), ..Needs::default() };
    for Mutation { n, id, op, ctx, .. } in &request.mutations {
        needs.named.insert(*n, (op.entity(), *id));
        needs.entities.insert(op.entity());
        needs.entities.extend(op.requires());
        needs.parents.extend(merge::moves_under(op).map(|(_, parent)| parent));
        if let (EntityId::Task(task), Op::Write(Write { field: Field::Place | Field::Filed, .. }) | Op::Undo(_)) =
            (op.entity(), op)
        {
            needs.moved.insert(task);
        }
        match op {
            Op::TextEdit(edit) => {
                let after = needs.texts.entry((edit.entity, edit.field)).or_insert(*ctx);
                *after = (*after).min(*ctx);
            }
            Op::Create(create) => match create.entity {
                EntityId::Project(_) => needs.all_prefixes = true,
                EntityId::Task(_) => needs.numbered.extend(create.project()),
                _ => {}
            },
            Op::Undo(undo) => {
                needs.undone.insert((undo.actor, undo.n));
            }
            _ => {}
        }
    }
    needs
}

fn results(mutations: &[Mutation]) -> Option<RangeInclusive<Counter>> {
    Some(mutations.first()?.n..=mutations.last()?.n)
}
