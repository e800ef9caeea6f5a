//! In which order rows can be made that name each other: what something is a part of comes before it.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use shared::ids::{EntityId, Kind};
use uuid::Uuid;

use crate::parcel::{Body, Item};

/// The places of items, parents first and otherwise as they stand; and which of them would be parts of themselves: these are
/// made without a parent.
pub(super) fn parents_first(items: &[&Item<'_>]) -> (Vec<usize>, HashSet<usize>) {
    let mut places: HashMap<EntityId, usize> = HashMap::new();
    for (at, item) in items.iter().enumerate() {
        places.entry(item.entity).or_insert(at);
    }
    let parents: Vec<Option<usize>> =
        items.iter().map(|item| parent(item).and_then(|parent| places.get(&parent).copied())).collect();
    let (mut order, mut cut) = (Vec::with_capacity(items.len()), HashSet::new());
    let mut done = vec![false; items.len()];
    for start in 0..items.len() {
        let mut chain = Vec::new();
        let mut within = HashSet::new();
        let mut next = Some(start).filter(|at| !done[*at]);
        while let Some(at) = next {
            if !within.insert(at) {
                cut.extend(chain.last().copied());
                break;
            }
            chain.push(at);
            next = parents[at].filter(|parent| !done[*parent]);
        }
        for at in chain.into_iter().rev() {
            done[at] = true;
            order.push(at);
        }
    }
    (order, cut)
}

/// What an item is a part of, or an answer to.
fn parent(item: &Item<'_>) -> Option<EntityId> {
    #[derive(Default, Deserialize)]
    struct Head {
        #[serde(default)]
        parent: Option<Uuid>,
        #[serde(default)]
        reply_to: Option<Uuid>,
    }
    let kind = item.entity.kind();
    let name = match kind {
        Kind::Task => "parent",
        Kind::Comment => "reply_to",
        _ => return None,
    };
    let id = match &item.body {
        Body::Raw(raw) => {
            let head: Head = serde_json::from_str(raw.get()).unwrap_or_default();
            if kind == Kind::Task { head.parent } else { head.reply_to }
        }
        Body::Read(object) => object.get(name).and_then(|id| id.as_str()?.parse().ok()),
    };
    id.map(|id| kind.of(id))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Tasks, each with its parent.
    fn order(tasks: &[(u128, Option<u128>)]) -> (Vec<usize>, Vec<usize>) {
        let item = |(id, parent): &(u128, Option<u128>)| {
            let body = json!({ "parent": parent.map(Uuid::from_u128) });
            let body = Body::Read(body.as_object().unwrap().clone());
            Item { line: 1, entity: Kind::Task.of(Uuid::from_u128(*id)), body }
        };
        let items: Vec<Item<'_>> = tasks.iter().map(item).collect();
        let (order, cut) = parents_first(&items.iter().collect::<Vec<_>>());
        let mut cut: Vec<usize> = cut.into_iter().collect();
        cut.sort_unstable();
        (order, cut)
    }

    #[test]
    fn parents_come_first_and_circles_are_cut() {
        for (tasks, places, cut) in [
            (vec![(1, None), (2, None)], vec![0, 1], vec![]),
            (vec![(1, Some(2)), (2, Some(3)), (3, None)], vec![2, 1, 0], vec![]),
            (vec![(1, Some(9))], vec![0], vec![]),
            (vec![(1, Some(1))], vec![0], vec![0]),
            (vec![(1, Some(2)), (2, Some(1)), (3, Some(2))], vec![1, 0, 2], vec![1]),
        ] {
            assert_eq!(order(&tasks), (places, cut), "{tasks:?}");
        }
    }

    #[test]
    fn a_long_chain_is_no_trouble() {
        let tasks: Vec<_> = (0..50_000_u128).map(|at| (at, Some(at + 1))).collect();
        let (places, cut) = order(&tasks);
        assert_eq!((places.len(), places[0], cut.len()), (50_000, 49_999, 0));
    }
}
