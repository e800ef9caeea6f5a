//! One tab syncs for all tabs of a member.
//!
//! Which one does not matter for the data (the store lets one of two competing commits win); it saves requests. When the
//! leader's tab is closed or crashes, the browser passes its lock to the next tab.

use crate::lock::Lock;
use crate::session::Who;

/// This tab syncs, until this is dropped.
#[derive(Debug)]
pub(crate) struct Leadership {
    _lock: Lock,
}

impl Leadership {
    /// Resolves when this tab is the one that syncs.
    pub(crate) async fn win((organization, user): Who) -> Self {
        Self { _lock: Lock::acquire(&format!("tern-sync-{organization}-{user}")).await }
    }
}
