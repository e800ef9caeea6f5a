//! Which confirmed rows leave a device with a page.

use std::collections::BTreeSet;

use shared::clock::{Counter, Version};
use shared::ids::EntityId;

use crate::record::BaseRow;

/// Confirmed rows that are not to be kept, but while changes wait for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gone {
    /// Those of a generation before this one.
    pub(crate) before: Option<u32>,
    /// Those deleted up to this version.
    pub(crate) floor: Option<Version>,
    /// Those of these scopes.
    pub(crate) closed: BTreeSet<u32>,
    /// Those that have left the scopes that this device follows.
    pub(crate) left: BTreeSet<EntityId>,
    /// With this page no change waits any more up to this number.
    pub(crate) settled: Counter,
    /// Old rows are on their way. What has left may be among them: it stays so long, outside of every scope.
    pub(crate) awaited: bool,
}

impl Gone {
    pub(crate) fn covers(&self, base: &BaseRow) -> bool {
        self.must_go(base) || base.scope.is_none() || self.left.contains(&base.row.id)
    }

    /// As far as it is not to be found in another scope.
    pub(crate) fn must_go(&self, base: &BaseRow) -> bool {
        let old = self.before.is_some_and(|generation| base.generation != generation);
        let forgotten = self.floor.is_some_and(|floor| base.row.is_gone_at(floor));
        let closed = base.scope.is_some_and(|scope| self.closed.contains(&scope));
        old || forgotten || closed
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.before.is_none() && self.floor.is_none() && self.closed.is_empty() && self.left.is_empty()
    }
}
