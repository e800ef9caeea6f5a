//! How a device goes on that disagrees with the server about its history.
//!
//! A new actor is given only where the histories have parted for good: where the server has handled another mutation
//! under the number of the device's next one. Everything the device has sent under its old actor and that still is on
//! its way will then be refused, so nothing can be done under both.

use std::collections::BTreeMap;

use shared::clock::Counter;
use shared::ids::MutationId;
use shared::limits::MUTATIONS_PER_RESUME;
use shared::protocol::LastMutation;
use shared::resume::History;

/// As whom a device goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumption {
    /// As the actor that it is: the server knows nothing else of it.
    Same,
    /// As a new one, which has in common with the old one what was handled up to here.
    Branch { at: LastMutation },
}

/// The device names more mutations than [`MUTATIONS_PER_RESUME`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A device can name at most {MUTATIONS_PER_RESUME} waiting mutations, this one {0}. Export them first.")]
pub struct TooManyWaiting(pub usize);

/// Checks what can be checked before anything is loaded.
pub fn check(history: &History) -> Result<(), TooManyWaiting> {
    if history.waiting.len() > MUTATIONS_PER_RESUME { Err(TooManyWaiting(history.waiting.len())) } else { Ok(()) }
}

/// Decides. `last` is how far the actor's mutations were handled, `handled` are the ids of those after what the device
/// has seen confirmed.
pub fn decide(history: &History, last: LastMutation, handled: &BTreeMap<Counter, MutationId>) -> Resumption {
    if last.n < history.confirmed.n {
        // The server has lost what it had confirmed; a pull tells the device.
        return Resumption::Same;
    }
    let numbered = (history.confirmed.n + 1..).zip(&history.waiting);
    let common = history.after(numbered.take_while(|(n, id)| handled.get(n) == Some(id)).count());
    if last == common { Resumption::Same } else { Resumption::Branch { at: common } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::hash::{Hash, chain};
    use uuid::Uuid;

    fn id(n: u128) -> MutationId {
        MutationId(Uuid::from_u128(n))
    }

    const CONFIRMED: LastMutation = LastMutation { n: 4, hash: Hash(7) };

    fn history(waiting: &[u128]) -> History {
        History { actor: 2, confirmed: CONFIRMED, waiting: waiting.iter().map(|n| id(*n)).collect() }
    }

    fn server(ids: &[u128]) -> (LastMutation, BTreeMap<Counter, MutationId>) {
        (history(ids).after(ids.len()), (5..).zip(ids.iter().map(|n| id(*n))).collect())
    }

    #[test]
    fn a_history_that_only_goes_further_is_no_branch() {
        for known in [&[][..], &[1], &[1, 2]] {
            let (last, handled) = server(known);
            assert_eq!(decide(&history(&[1, 2]), last, &handled), Resumption::Same, "{known:?}");
        }
    }

    #[test]
    fn a_branch_has_in_common_what_was_handled_before_the_parting() {
        let at = LastMutation { n: 5, hash: chain(CONFIRMED.hash, 5, id(1)) };
        let (last, handled) = server(&[1, 9]);
        assert_eq!(decide(&history(&[1, 2]), last, &handled), Resumption::Branch { at });
        assert_eq!(decide(&history(&[1]), last, &handled), Resumption::Branch { at }, "the device is behind");
        assert_eq!(decide(&history(&[2]), last, &handled), Resumption::Branch { at: CONFIRMED });
    }

    #[test]
    fn a_server_that_has_lost_what_was_confirmed_gives_no_new_actor() {
        let last = LastMutation { n: 3, hash: Hash(1) };
        assert_eq!(decide(&history(&[1]), last, &BTreeMap::new()), Resumption::Same);
    }

    #[test]
    fn what_was_confirmed_may_be_another_history_of_the_same_length() {
        let last = LastMutation { hash: Hash(8), ..CONFIRMED };
        assert_eq!(decide(&history(&[1]), last, &BTreeMap::new()), Resumption::Branch { at: CONFIRMED });
    }

    #[test]
    fn a_device_names_no_more_than_it_may() {
        assert_eq!(check(&history(&[1])), Ok(()));
        let history = History { waiting: vec![id(1); MUTATIONS_PER_RESUME + 1], ..history(&[]) };
        assert_eq!(check(&history), Err(TooManyWaiting(MUTATIONS_PER_RESUME + 1)));
    }
}
