//! Going on after this device's history has forked: a copied profile, a restored disk, or a device that has lost its
//! identity.
//!
//! The server says under which actor ([`shared::resume`]). Numbers, ids and rows stay as they are, for the new actor's
//! history begins with all that this device shares with the server; the complete pull that follows confirms it. Only
//! the context of what waits knows less: own writes of the old actor count as seen by their version, like anybody's.

use shared::clock::Actor;
use shared::resume::History;

use crate::record::{Changes, Meta};
use crate::replica::Replica;

/// What this replica has of its device's history.
pub fn history(replica: &Replica) -> History {
    let waiting = replica.outbox().map(|mutation| mutation.id).collect();
    let Meta { epoch, actor, confirmed, .. } = replica.meta;
    History { epoch, actor, confirmed, waiting }
}

/// Plans to go on as `actor`; `None` where the replica is not the one any more that asked with this history. What it
/// told the server of its outbox is not changed from then on.
pub fn plan_resume(replica: &Replica, asked: &History, actor: Actor) -> Option<Changes> {
    let now = history(replica);
    let same = now.actor == asked.actor && now.confirmed == asked.confirmed && now.waiting.starts_with(&asked.waiting);
    let meta = Meta { actor, sent: replica.meta.made.n, ..replica.meta.clone() };
    same.then(|| vec![Replica::plan_meta(meta)])
}
