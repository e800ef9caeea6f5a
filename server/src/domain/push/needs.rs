//! What to load before a push can be decided.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use shared::clock::{Counter, Version};
use shared::ids::{EntityId, ProjectId};
use shared::merge;
use shared::mutation::{Mutation, Op};
use shared::protocol::PushRequest;

use super::TextKey;

/// What [`super::decide`] depends on, as far as the request tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The rows that the mutations change, and those that must exist for them.
    pub entities: BTreeSet<EntityId>,
    /// Of these texts, the changes after a version.
    pub texts: BTreeMap<TextKey, Version>,
    /// The numbers of the request; the stored results of those that were handled before.
    pub results: Option<RangeInclusive<Counter>>,
    /// Whether the prefixes of the organization's projects are wanted.
    pub prefixes: bool,
    /// The projects whose last task number is wanted.
    pub numbers: BTreeSet<ProjectId>,
}

/// What to load for a request that has passed [`super::check`].
pub fn needs(request: &PushRequest) -> Needs {
    let mut needs = Needs { results: results(&request.mutations), ..Needs::default() };
    for Mutation { op, ctx, .. } in &request.mutations {
        needs.entities.insert(op.entity());
        needs.entities.extend(merge::requires(op));
        match op {
            Op::TextEdit(edit) => {
                let after = needs.texts.entry((edit.entity, edit.field)).or_insert(*ctx);
                *after = (*after).min(*ctx);
            }
            Op::ProjectCreate(_) => needs.prefixes = true,
            Op::TaskCreate(create) => {
                needs.numbers.insert(create.project);
            }
            _ => {}
        }
    }
    needs
}

fn results(mutations: &[Mutation]) -> Option<RangeInclusive<Counter>> {
    Some(mutations.first()?.n..=mutations.last()?.n)
}
