//! What the server does by itself: letting go of what was deleted long ago, and putting aside what was finished long ago,
//! for devices that do not keep it; removing contents that no attachment has; and forgetting what was answered to requests
//! that are not repeated any more, and what webhooks were told long ago.

use std::time::Duration;

use shared::clock::{Millis, Version};
use shared::field::Field;
use shared::ids::OrgId;
use shared::limits::{DAY, KEPT_FOR};
use shared::mutation::Op;
use tracing::{info, warn};

use super::sync::apply_as_server;
use super::{Failure, Services, now};
use crate::db::{Door, OrgTx};
use crate::domain::webhook::LOG_KEPT_FOR;

/// How often: every 6 hours, so that a restart a day does not keep it from happening.
const PAUSE: Duration = Duration::from_hours(6);

impl Services {
    /// Goes on until it is dropped. Work counts as finished long ago after `finished_for`.
    pub async fn keep_house(&self, finished_for: Millis) {
        loop {
            match self.purge(now() - KEPT_FOR).await {
                Ok(0) => {}
                Ok(rows) => info!(rows, "purged rows that were deleted more than 90 days ago"),
                Err(error) => warn!(%error, "could not purge what was deleted more than 90 days ago"),
            }
            match self.file_finished(now() - finished_for).await {
                Ok(0) => {}
                Ok(tasks) => info!(tasks, "filed tasks that were finished long ago"),
                Err(error) => warn!(%error, "could not file what was finished long ago"),
            }
            match self.sweep_contents(now() - DAY).await {
                Ok(0) => {}
                Ok(contents) => info!(contents, "removed contents that no attachment has"),
                Err(error) => warn!(%error, "could not remove the contents that no attachment has"),
            }
            match self.drop_answers(now() - DAY).await {
                Ok(0) => {}
                Ok(answers) => info!(answers, "removed answers to requests of yesterday"),
                Err(error) => warn!(%error, "could not remove the answers to requests of yesterday"),
            }
            match self.drop_deliveries(now() - LOG_KEPT_FOR).await {
                Ok(0) => {}
                Ok(deliveries) => info!(deliveries, "removed old deliveries from the logs of webhooks"),
                Err(error) => warn!(%error, "could not remove old deliveries from the logs of webhooks"),
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

    /// Removes what requests that named a key were answered with before a time. Returns how many there were.
    pub async fn drop_answers(&self, before: Millis) -> Result<u64, Failure> {
        let mut answers = 0;
        for org in Door::open(&self.db).await?.organizations().await? {
            let mut tx = OrgTx::house(&self.db, org).await?;
            answers += tx.drop_answers(before).await?;
            tx.commit().await?;
        }
        Ok(answers)
    }

    /// Puts the tasks of all organizations that are closed, and that nobody has touched since a time, with the finished
    /// work of their projects ([`shared::scope::Scope::Finished`]). Returns how many there were.
    pub async fn file_finished(&self, before: Millis) -> Result<u64, Failure> {
        let mut tasks = 0;
        for org in Door::open(&self.db).await?.organizations().await? {
            let mut place = Some(0);
            while let Some(after) = place {
                let filed;
                (filed, place) = self.file_some(org, before, after).await?;
                tasks += filed;
            }
        }
        Ok(tasks)
    }

    /// Files as many as fit into one push, so that nobody has to wait for more. Returns how many, and the place of the
    /// last one; `None` when there is no other.
    async fn file_some(&self, org: OrgId, before: Millis, after: Version) -> Result<(u64, Option<Version>), Failure> {
        let mut tx = OrgTx::house(&self.db, org).await?;
        // Before it is known what to file: nobody is to touch it meanwhile.
        tx.lock().await?;
        let found = tx.finished_before(before, after).await?;
        // What a person should look at is not put aside.
        let settled = found.iter().filter(|(_, row)| !row.needs_review());
        let ops: Vec<Op> = settled.map(|(_, row)| Op::write(row.id, Field::Filed, true)).collect();
        let filed = ops.len() as u64;
        if filed > 0 {
            apply_as_server(&mut tx, ops, now()).await?;
        }
        tx.commit().await?;
        Ok((filed, found.last().map(|(pos, _)| *pos)))
    }
}
