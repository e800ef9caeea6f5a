//! After a restore from a backup: another life of the data.

use shared::ids::Epoch;
use uuid::Uuid;

use super::{Failure, Services, now};
use crate::db::{BegunEpoch, Door, OrgTx};

impl Services {
    /// Begins a new epoch in every organization, one after the other. Their devices fetch everything anew at their next
    /// contact, and keep what waits. Done twice it costs them another fetch and nothing else.
    pub async fn begin_epochs(&self) -> Result<Vec<BegunEpoch>, Failure> {
        let mut begun = Vec::new();
        for org in Door::open(&self.db).await?.organizations().await? {
            let mut tx = OrgTx::house(&self.db, org).await?;
            begun.push(tx.begin_epoch(Epoch(Uuid::now_v7()), now()).await?);
            tx.commit().await?;
        }
        Ok(begun)
    }
}
