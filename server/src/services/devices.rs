//! The devices on which members are signed in: seen, named, signed out.

use shared::device::{Device, RenameDevice};
use shared::ids::{DeviceId, UserId};

use super::api_tokens::person;
use super::{DeviceProblem, Failure, Services, now};
use crate::db::OrgTx;
use crate::domain::members::leads;
use crate::member::Member;

/// Whose devices are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Own,
    Of(UserId),
    Everybodys,
}

impl Services {
    /// One's own devices; an admin sees those of the others, too.
    pub async fn devices(&self, member: &Member, whose: Whose) -> Result<Vec<Device>, Failure> {
        devices(&mut OrgTx::snapshot(&self.db, member).await?, member, whose).await
    }

    /// Gives one of one's devices another name.
    pub async fn rename_device(&self, member: &Member, id: DeviceId, wanted: &RenameDevice) -> Result<Device, Failure> {
        let name = wanted.name().map_err(DeviceProblem::Name)?;
        person(member)?;
        let (mut tx, _) = OrgTx::in_line(&self.db, member).await?;
        let device = own(&mut tx, member, id).await?;
        tx.rename_device(member.user(), id, name).await?;
        tx.commit().await?;
        Ok(Device { name: name.to_owned(), ..device })
    }

    /// Signs one of one's devices out. What waits on it stays there.
    pub async fn sign_device_out(&self, member: &Member, id: DeviceId) -> Result<(), Failure> {
        person(member)?;
        let (mut tx, _) = OrgTx::in_line(&self.db, member).await?;
        own(&mut tx, member, id).await?;
        tx.sign_device_out(member.user(), id, now()).await?;
        tx.commit().await?;
        tracing::info!(user = %member.user(), device = %id, "a device is signed out");
        Ok(())
    }
}

/// The devices that a member asks for, if they may.
pub(super) async fn devices(tx: &mut OrgTx, member: &Member, whose: Whose) -> Result<Vec<Device>, Failure> {
    let own = member.user();
    let of = match whose {
        Whose::Own => Some(own),
        Whose::Of(user) => Some(user),
        Whose::Everybodys => None,
    };
    let reader = tx.reader().ok_or(Failure::Bug("a member's transaction knows no member"))?;
    if of != Some(own) && !leads(reader.role) {
        return Err(DeviceProblem::Others.into());
    }
    if let Some(user) = of
        && tx.role(user).await?.is_none()
    {
        return Err(Failure::NotFound);
    }
    Ok(tx.devices(of, member.family(), now()).await?)
}

async fn own(tx: &mut OrgTx, member: &Member, id: DeviceId) -> Result<Device, Failure> {
    let all = tx.devices(Some(member.user()), member.family(), now()).await?;
    all.into_iter().find(|device| device.id == id).ok_or(Failure::NotFound)
}
