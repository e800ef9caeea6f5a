//! Which mutations are a device's own: those of its actor, and those of the actors that its history branched from, up to
//! where it did (`shared::resume`).

use std::collections::BTreeMap;

use shared::clock::{Actor, Counter};
use shared::text::TextChange;

use super::push::TextKey;

/// The actors that a device's history goes through, the present one first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage {
    actor: Actor,
    /// Each with the number of its last mutation that belongs to this history.
    ancestors: Vec<(Actor, Counter)>,
}

impl Lineage {
    pub fn new(actor: Actor, ancestors: Vec<(Actor, Counter)>) -> Self {
        Self { actor, ancestors }
    }

    /// The line of an actor, where each branch is known with the actor that it is of, and up to which number.
    pub fn trace(actor: Actor, branches: &BTreeMap<Actor, (Actor, Counter)>) -> Self {
        let (mut ancestors, mut upto, mut current) = (Vec::new(), Counter::MAX, actor);
        while let Some((ancestor, at)) = branches.get(&current) {
            (current, upto) = (*ancestor, upto.min(*at));
            ancestors.push((current, upto));
        }
        Self::new(actor, ancestors)
    }

    /// The first actor of the line.
    pub fn root(&self) -> Actor {
        self.ancestors.last().map_or(self.actor, |(actor, _)| *actor)
    }

    /// The actor under which a number of this history was handled, or will be.
    pub fn actor_at(&self, n: Counter) -> Actor {
        self.parts().take_while(|(_, last)| n <= *last).last().map_or(self.actor, |(actor, _)| actor)
    }

    /// The actor that the device has now.
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// Whether a mutation is one of this history.
    pub fn owns(&self, actor: Actor, n: Counter) -> bool {
        actor == self.actor || self.ancestors.iter().any(|(ancestor, last)| *ancestor == actor && n <= *last)
    }

    /// Every actor of the history, with the number of the last mutation that belongs to it.
    pub fn parts(&self) -> impl Iterator<Item = (Actor, Counter)> {
        std::iter::once((self.actor, Counter::MAX)).chain(self.ancestors.iter().copied())
    }

    /// Names the device's present actor in the changes of texts that are its own: a device knows its waiting edits by
    /// actor and number.
    pub fn claim(&self, texts: &mut BTreeMap<TextKey, Vec<TextChange>>) {
        if self.ancestors.is_empty() {
            return;
        }
        for change in texts.values_mut().flatten().filter(|change| self.owns(change.actor, change.ctr)) {
            change.actor = self.actor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::field::TextField;
    use shared::ids::TaskId;
    use shared::text::Delta;
    use uuid::Uuid;

    #[test]
    fn a_branch_owns_what_came_before_it() {
        let line = Lineage::new(9, vec![(5, 8), (2, 3)]);
        assert!(line.owns(9, 9) && line.owns(5, 8) && line.owns(2, 3));
        assert!(!line.owns(5, 9) && !line.owns(2, 4) && !line.owns(7, 1));
        assert_eq!([3, 4, 8, 9].map(|n| line.actor_at(n)), [2, 5, 5, 9]);
        let branches = BTreeMap::from([(9, (5, 8)), (5, (2, 3)), (6, (2, 1))]);
        assert_eq!((Lineage::trace(9, &branches), line.root()), (line.clone(), 2));
        // Of a branch that ends before its own beginning, what is common counts.
        let short = BTreeMap::from([(9, (5, 2)), (5, (2, 3))]);
        assert_eq!(Lineage::trace(9, &short), Lineage::new(9, vec![(5, 2), (2, 2)]));
    }

    #[test]
    fn own_changes_of_texts_are_told_as_those_of_the_present_actor() {
        let change = |actor, ctr| TextChange { ver: ctr, actor, ctr, delta: Delta::default() };
        let key = (TaskId(Uuid::nil()).into(), TextField::Title);
        let mut texts = BTreeMap::from([(key, vec![change(2, 3), change(2, 4), change(7, 1)])]);
        Lineage::new(9, vec![(2, 3)]).claim(&mut texts);
        assert_eq!(texts[&key], [change(9, 3), change(2, 4), change(7, 1)]);
    }
}
