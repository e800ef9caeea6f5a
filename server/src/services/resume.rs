//! Going on after a device's history has forked.

use shared::ids::DeviceId;
use shared::resume::ResumeRequest;

use super::sessions::readable;
use super::{Failure, Services, SignedIn, now};
use crate::db::OrgTx;
use crate::domain::resume::{Resumption, check, decide};
use crate::member::Member;

impl Services {
    /// Says as whom a device of this member goes on, and starts a session of that device.
    pub async fn resume(&self, member: &Member, request: ResumeRequest) -> Result<(DeviceId, SignedIn), Failure> {
        let ResumeRequest { device: new, history } = request;
        check(&history)?;
        let (user, now) = (member.user(), now());
        let mut tx = OrgTx::begin(&self.db, member).await?;
        // Nothing is handled between the look at the history and the branch.
        tx.lock().await?;
        let known = tx.device_of(user, history.actor).await?.ok_or(Failure::OtherActor)?;
        let (clock, lineage) = tx.device_clock(history.actor).await?;
        let handled = tx.history_after(&lineage, &history).await?;
        let device = match decide(&history, clock.last, &handled) {
            Resumption::Same => known,
            Resumption::Branch { at } => {
                let new = readable(new);
                tx.upsert_device(user, &new, now).await?;
                if !tx.branch_actor((user, new.id), history.actor, at).await? {
                    return Err(Failure::DeviceTaken);
                }
                tracing::warn!(actor = history.actor, at = at.n, %user, "a device's history has forked");
                new
            }
        };
        let id = device.id;
        Ok((id, self.start_session(tx, user, device, now).await?))
    }
}
