//! How a device goes on that disagrees with the server about its history.
//!
//! The histories of a device and its copies, and of their copies, are a tree. Each mutation is in it once, and it grows
//! only at the ends of its branches, each of which is an actor's. So a device is sent to where its own history leaves
//! the tree: to the actor whose end that is, which it then shares with whoever goes on as that one too, until they part;
//! or, where others have gone on from there, to a new branch.
//!
//! What the device has sent under its old actor and that still is on its way is refused from then on, for that actor
//! has gone another way: nothing can be done under both.

use std::collections::BTreeMap;

use shared::clock::{Actor, Counter};
use shared::ids::{Epoch, MutationId};
use shared::limits::MUTATIONS_PER_RESUME;
use shared::protocol::LastMutation;
use shared::resume::History;

use super::lineage::Lineage;

/// What is known of the actors of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The present life of the data.
    pub epoch: Epoch,
    /// As whom the device is signed in that asks.
    pub asking: Actor,
    /// How far the mutations of each were handled.
    pub last: BTreeMap<Actor, LastMutation>,
    /// Of each branch, the actor that it is of, and up to which number.
    pub branches: BTreeMap<Actor, (Actor, Counter)>,
    /// What was handled under the numbers that the device has waiting.
    pub handled: BTreeMap<(Actor, Counter), MutationId>,
}

impl Tree {
    /// Nobody but who asks, of whom nothing is known yet.
    pub fn new(epoch: Epoch, asking: Actor) -> Self {
        Self { epoch, asking, last: BTreeMap::new(), branches: BTreeMap::new(), handled: BTreeMap::new() }
    }
}

/// As whom a device goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumption {
    /// As an actor that there is; mostly the one that it has been.
    As(Actor),
    /// As a new one, which has in common with another one what was handled up to here.
    Branch { of: Actor, at: LastMutation },
}

/// The device names more mutations than [`MUTATIONS_PER_RESUME`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A device can name at most {MUTATIONS_PER_RESUME} waiting mutations, this one {0}. Export them first.")]
pub struct TooManyWaiting(pub usize);

/// Checks what can be checked before anything is loaded.
pub fn check(history: &History) -> Result<(), TooManyWaiting> {
    if history.waiting.len() > MUTATIONS_PER_RESUME { Err(TooManyWaiting(history.waiting.len())) } else { Ok(()) }
}

/// The history is not one of the member's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("actor {0} is none of this member's")]
pub struct Foreign(pub Actor);

/// Decides.
pub fn decide(history: &History, tree: &Tree) -> Result<Resumption, Foreign> {
    let asked = history.actor;
    if tree.last.contains_key(&asked) {
        return Ok(decide_known(history, tree));
    }
    // Actors that came after the backup are lost with what they did, and their numbers are others' now. The device has
    // new numbers for what waits as soon as it hears how far the actor is that it has signed in as.
    let lost = history.epoch.is_some_and(|epoch| epoch != tree.epoch);
    if lost { Ok(Resumption::As(tree.asking)) } else { Err(Foreign(asked)) }
}

fn decide_known(history: &History, tree: &Tree) -> Resumption {
    let (asked, confirmed) = (history.actor, history.confirmed.n);
    let last = |actor: Actor| tree.last.get(&actor).copied().unwrap_or_default();
    if last(asked).n < confirmed {
        // The server has lost what it had confirmed; a pull tells the device.
        return Resumption::As(asked);
    }
    let own = Lineage::trace(asked, &tree.branches);
    let lines = tree.last.keys().map(|actor| Lineage::trace(*actor, &tree.branches));
    let same_past = |line: &Lineage| {
        line.root() == own.root() && (confirmed == 0 || line.actor_at(confirmed) == own.actor_at(confirmed))
    };
    let common = |line: &Lineage| {
        let numbered = (confirmed + 1..).zip(&history.waiting);
        numbered.take_while(|(n, id)| tree.handled.get(&(line.actor_at(*n), *n)) == Some(id)).count()
    };
    // The furthest along with the device; of several, the one that ends there, or the device's own.
    let found = lines.filter(same_past).filter(|line| last(line.actor()).n >= confirmed).map(|line| {
        let count = common(&line);
        let ends = last(line.actor()) == history.after(count);
        (count, ends, line.actor() == asked, line.actor())
    });
    match found.max() {
        Some((count, false, _, of)) => Resumption::Branch { of, at: history.after(count) },
        Some((_, true, _, actor)) => Resumption::As(actor),
        None => Resumption::As(asked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::hash::{Hash, chain};
    use uuid::Uuid;

    fn id(n: u128) -> MutationId {
        MutationId(Uuid::from_u128(n))
    }

    const EPOCH: Epoch = Epoch(Uuid::nil());
    const CONFIRMED: LastMutation = LastMutation { n: 4, hash: Hash(7) };

    fn history(waiting: &[u128]) -> History {
        let waiting = waiting.iter().map(|n| id(*n)).collect();
        History { epoch: Some(EPOCH), actor: 2, confirmed: CONFIRMED, waiting }
    }

    fn decided(history: &History, tree: &Tree) -> Resumption {
        decide(history, tree).unwrap()
    }

    /// Actor 2 with these mutations after the confirmed one.
    fn tree(ids: &[u128]) -> Tree {
        let mut tree = Tree::new(EPOCH, 2);
        grow(&mut tree, 2, &[], ids);
        tree
    }

    /// An actor whose history goes `through` those of others, and has its own.
    fn grow(tree: &mut Tree, actor: Actor, through: &[u128], own: &[u128]) {
        let all: Vec<u128> = through.iter().chain(own).copied().collect();
        tree.last.insert(actor, history(&all).after(all.len()));
        let numbered = (CONFIRMED.n + 1 + through.len() as u64..).zip(own);
        tree.handled.extend(numbered.map(|(n, one)| ((actor, n), id(*one))));
    }

    #[test]
    fn a_history_that_only_goes_further_is_no_branch() {
        for known in [&[][..], &[1], &[1, 2]] {
            assert_eq!(decided(&history(&[1, 2]), &tree(known)), Resumption::As(2), "{known:?}");
        }
    }

    #[test]
    fn a_branch_has_in_common_what_was_handled_before_the_parting() {
        let at = LastMutation { n: 5, hash: chain(CONFIRMED.hash, 5, id(1)) };
        let parted = tree(&[1, 9]);
        assert_eq!(decided(&history(&[1, 2]), &parted), Resumption::Branch { of: 2, at });
        assert_eq!(decided(&history(&[1]), &parted), Resumption::Branch { of: 2, at }, "the device is behind");
        assert_eq!(decided(&history(&[2]), &parted), Resumption::Branch { of: 2, at: CONFIRMED });
    }

    #[test]
    fn copies_of_a_copy_go_where_their_common_work_is() {
        let mut tree = tree(&[9]);
        // Another copy has gone its way with 1 already, which this one has too.
        tree.branches.insert(5, (2, CONFIRMED.n));
        grow(&mut tree, 5, &[], &[1]);
        assert_eq!(decided(&history(&[1, 2]), &tree), Resumption::As(5));
        grow(&mut tree, 5, &[], &[1, 3]);
        let at = history(&[1]).after(1);
        assert_eq!(decided(&history(&[1, 2]), &tree), Resumption::Branch { of: 5, at });
        // And one that branched there, and has not done anything yet, is for all who go that way.
        tree.branches.insert(6, (5, at.n));
        grow(&mut tree, 6, &[1], &[]);
        assert_eq!(decided(&history(&[1, 2]), &tree), Resumption::As(6));
        assert_eq!(decided(&history(&[1, 3, 4]), &tree), Resumption::As(5));
    }

    #[test]
    fn somebody_with_another_past_is_of_no_concern() {
        let mut tree = tree(&[9]);
        grow(&mut tree, 7, &[], &[1]);
        assert_eq!(decided(&history(&[1]), &tree), Resumption::Branch { of: 2, at: CONFIRMED });
        tree.branches.insert(7, (2, CONFIRMED.n - 1));
        assert_eq!(decided(&history(&[1]), &tree), Resumption::Branch { of: 2, at: CONFIRMED }, "it left before");
    }

    #[test]
    fn a_server_that_has_lost_what_was_confirmed_gives_no_new_actor() {
        let mut tree = tree(&[]);
        tree.last.insert(2, LastMutation { n: 3, hash: Hash(1) });
        assert_eq!(decided(&history(&[1]), &tree), Resumption::As(2));
    }

    #[test]
    fn what_was_confirmed_may_be_another_history_of_the_same_length() {
        let mut tree = tree(&[]);
        tree.last.insert(2, LastMutation { hash: Hash(8), ..CONFIRMED });
        assert_eq!(decided(&history(&[1]), &tree), Resumption::Branch { of: 2, at: CONFIRMED });
    }

    #[test]
    fn a_device_names_no_more_than_it_may() {
        assert_eq!(check(&history(&[1])), Ok(()));
        let history = History { waiting: vec![id(1); MUTATIONS_PER_RESUME + 1], ..history(&[]) };
        assert_eq!(check(&history), Err(TooManyWaiting(MUTATIONS_PER_RESUME + 1)));
    }

    #[test]
    fn an_actor_of_a_life_that_is_lost_goes_on_as_who_asks() {
        let mut tree = Tree::new(EPOCH, 7);
        tree.last.insert(7, LastMutation::default());
        let lost = History { epoch: Some(Epoch(Uuid::max())), ..history(&[1]) };
        assert_eq!(decide(&lost, &tree), Ok(Resumption::As(7)));
        for epoch in [Some(EPOCH), None] {
            let foreign = History { epoch, ..history(&[1]) };
            assert_eq!(decide(&foreign, &tree), Err(Foreign(2)), "somebody else's, of this life: {epoch:?}");
        }
    }
}
