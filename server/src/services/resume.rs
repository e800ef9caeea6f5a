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
        // Nothing is handled between the look at the history and the branch.
        let (mut tx, org) = OrgTx::in_line(&self.db, member).await?;
        let tree = tx.tree(member, org.epoch, &history).await?;
        let device = match decide(&history, &tree).map_err(|_| Failure::OtherActor)? {
            Resumption::As(actor) => tx.device_of(user, actor).await?,
            Resumption::Branch { of, at } => {
                let new = readable(&new);
                tx.upsert_device(user, &new, now).await?;
                if !tx.branch_actor((user, new.id), of, at).await? {
                    return Err(Failure::DeviceTaken);
                }
                tracing::warn!(actor = of, at = at.n, %user, "a device's history has forked");
                new
            }
        };
        let id = device.id;
        Ok((id, self.start_session(tx, user, device, now).await?))
    }
}
