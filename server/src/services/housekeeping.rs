//! What the server does by itself: letting go of what was deleted long ago.

use std::time::Duration;

use shared::clock::Millis;
use shared::limits::KEPT_FOR;
use tracing::{info, warn};

use super::{Failure, Services, now};
use crate::db::{Door, OrgTx};

/// How often: every 6 hours, so that a restart a day does not keep it from happening.
const PAUSE: Duration = Duration::from_hours(6);

impl Services {
    /// Goes on until it is dropped.
    pub async fn keep_house(&self) {
        loop {
            match self.purge(now() - KEPT_FOR).await {
                Ok(0) => {}
                Ok(rows) => info!(rows, "purged rows that were deleted more than 90 days ago"),
                Err(error) => warn!(%error, "could not purge what was deleted more than 90 days ago"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Forgets the rows of all organizations that were deleted before a time. Returns how many there were.
    pub async fn purge(&self, before: Millis) -> Result<u64, Failure> {
        let mut rows = 0;
        for org in Door::open(&self.db).await?.organizations().await? {
            let mut tx = OrgTx::house(&self.db, org).await?;
            rows += tx.purge(before).await?;
            tx.commit().await?;
        }
        Ok(rows)
    }
}
