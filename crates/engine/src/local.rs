//! Work without an account.
//!
//! A replica of [`NOBODY`] is all outbox: everything is done here as anywhere, and nothing is ever sent. Whoever signs
//! in makes it theirs, in the same store ([`plan_sign_in`]), or has its changes taken over into the store of their
//! account. In the latter case the account's store is to the one without what a server is to a device: it numbers the
//! changes in its own way, remembers up to where it has them ([`Meta::taken`]) in the commit that takes them in, and
//! only then they leave the other one. So a crash between the two stores neither loses nor doubles.

use shared::clock::{Actor, NOBODY};
use shared::hash::chain;
use shared::mutation::Mutation;
use shared::protocol::LastMutation;

use crate::edit::outbox_key;
use crate::record::{Changes, Meta, Record};
use crate::replica::Replica;

/// Whether a replica is of no account.
pub fn is_local(replica: &Replica) -> bool {
    replica.meta().actor == NOBODY
}

/// Plans that what was done without an account is `actor`'s from now on. Numbers, ids and order stay.
pub fn plan_sign_in(replica: &Replica, actor: Actor) -> Changes {
    vec![Replica::plan_meta(Meta { actor, ..replica.meta().clone() })]
}

/// Plans to take over what `local` holds and was not taken over before, after what waits already. The changes keep
/// their ids and their order.
pub fn plan_take_over(replica: &Replica, local: &Replica) -> Changes {
    let meta = replica.meta();
    if meta.taken == local.meta().made {
        return Changes::new();
    }
    // Of another history nothing was taken.
    let taken = if knows(local, meta.taken) { meta.taken.n } else { 0 };
    let (mut made, mut changes) = (meta.made, Changes::new());
    for mutation in local.outbox_range(taken + 1..) {
        // Nor does it claim to have seen anything: there are no confirmed rows without an account.
        let again = Mutation { n: made.n + 1, prev_hash: made.hash, ..mutation.clone() };
        made = LastMutation { n: again.n, hash: chain(made.hash, again.n, again.id) };
        changes.push((outbox_key(again.n), Some(Record::Outbox(again))));
    }
    changes.push(Replica::plan_meta(Meta { made, taken: local.meta().made, ..meta.clone() }));
    changes
}

/// Plans to let go of what another store has taken over.
pub fn plan_let_go(local: &Replica, taken: LastMutation) -> Changes {
    if taken.n <= local.meta().confirmed.n || !knows(local, taken) {
        return Changes::new();
    }
    let mut changes: Changes = local.outbox_range(..=taken.n).map(|mutation| (outbox_key(mutation.n), None)).collect();
    changes.push(Replica::plan_meta(Meta { confirmed: taken, ..local.meta().clone() }));
    changes
}

/// Whether a replica's history has been at this place.
fn knows(replica: &Replica, at: LastMutation) -> bool {
    let after = |mutation: &Mutation| chain(mutation.prev_hash, mutation.n, mutation.id);
    at == replica.meta().confirmed || replica.outbox_entry(at.n).is_some_and(|mutation| after(mutation) == at.hash)
}
