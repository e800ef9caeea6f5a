//! Which scopes a device follows: those that are open to its member, as far as the member wants them here.

use std::collections::BTreeSet;

use shared::protocol::FillPlace;
use shared::scope::Scope;

use crate::gone::Gone;
use crate::record::{Changes, Filling, Followed, Kept, Meta};
use crate::replica::Replica;

/// Whether something is open and wanted that is not followed.
pub(super) fn opens(meta: &Meta, open: &[Scope]) -> bool {
    let followed = |scope: Scope| meta.scopes.iter().any(|followed| followed.scope == scope);
    open.iter().any(|scope| meta.kept.wants(*scope) && !followed(*scope))
}

/// Follows what is open and wanted. Returns the numbers of the scopes that are followed no more.
pub(super) fn follow(meta: &mut Meta, open: &[Scope]) -> BTreeSet<u32> {
    let wanted: BTreeSet<Scope> = open.iter().copied().filter(|scope| meta.kept.wants(*scope)).collect();
    let closed = unfollow(meta, |scope| !wanted.contains(&scope));
    let mut new = Vec::new();
    for scope in wanted {
        if meta.scopes.iter().all(|followed| followed.scope != scope) {
            new.push(meta.next_scope);
            meta.scopes.push(Followed { number: meta.next_scope, scope });
            meta.next_scope += 1;
        }
    }
    // What comes from here on comes as a change.
    if !new.is_empty() && meta.cursor > 0 {
        meta.confirmed_at = 0;
        meta.fills.push(Filling { scopes: new, until: meta.cursor, from: FillPlace::BEGIN });
    }
    closed
}

fn unfollow(meta: &mut Meta, unwanted: impl Fn(Scope) -> bool) -> BTreeSet<u32> {
    let closed = meta.scopes.iter().filter(|followed| unwanted(followed.scope));
    let closed: BTreeSet<u32> = closed.map(|followed| followed.number).collect();
    meta.scopes.retain(|followed| !closed.contains(&followed.number));
    for filling in &mut meta.fills {
        filling.scopes.retain(|number| !closed.contains(number));
    }
    meta.fills.retain(|filling| !filling.scopes.is_empty());
    closed
}

/// Ends a fetch of everything with the last page of changes after the last old row: what did not come again is gone.
pub(super) fn renewed(meta: &mut Meta, gone: &mut Gone) {
    if meta.renewing && meta.fills.is_empty() {
        meta.renewing = false;
        gone.before = Some(meta.generation);
    }
}

/// Plans to keep this on the device. Other rows leave at once, but for those that changes wait for; what is wanted
/// again comes with the next pulls.
pub fn plan_kept(replica: &Replica, kept: Kept) -> Changes {
    let mut meta = replica.meta.clone();
    let closed = unfollow(&mut meta, |scope| !kept.wants(scope));
    meta.kept = kept;
    let gone = Gone { closed, ..Gone::default() };
    let mut changes = replica.plan_pages(&mut meta, Vec::new(), &gone);
    changes.push(Replica::plan_meta(meta));
    changes
}
