//! Signing in, staying signed in, signing out.

use shared::account::{DeviceInfo, LoginRequest, Password, Session};
use shared::clock::{Actor, Millis};
use shared::device::NAME_CHARS;
use shared::ids::{DeviceId, UserId};
use uuid::Uuid;

use super::{Failure, Services, SignedIn, now};
use crate::db::{Door, OrgTx};
use crate::domain::session::{Family, LIFETIME, Refresh, refresh};
use crate::member::Claims;
use crate::tokens::ACCESS_SECONDS;

/// A device in a session, before it is told so.
struct Seat {
    user: UserId,
    device: DeviceId,
    actor: Actor,
    family: Uuid,
    generation: u64,
}

impl Services {
    /// Signs a device in. Whether the address or the password is wrong is not to be found out.
    pub async fn login(&self, request: LoginRequest) -> Result<SignedIn, Failure> {
        let user = self.prove(&request.email, request.password).await?.ok_or(Failure::Credentials)?;
        let tx = Door::open(&self.db).await?.member(user).await?.ok_or(Failure::NoOrganization)?;
        self.start_session(tx, user, request.device, now()).await
    }

    /// Whose address and password these are.
    pub(super) async fn prove(&self, email: &str, password: Password) -> Result<Option<UserId>, Failure> {
        let user = self.db.user_by_email(email).await?;
        let (id, hash) = user.map(|user| (user.id, user.password_hash)).unzip();
        let right = self.passwords.verify(password, hash).await?;
        Ok(id.filter(|_| right))
    }

    /// Continues a session with its refresh token.
    pub async fn refresh(&self, token: &str) -> Result<SignedIn, Failure> {
        let token = self.tokens.read_refresh(token).map_err(|_| Failure::SessionEnded)?;
        let now = now();
        let mut tx = Door::open(&self.db).await?.session(&token).await?;
        let family = token.family();
        let session = tx.lock_session(family).await?.ok_or(Failure::SessionEnded)?;
        let generation = match refresh(&session.family, token.generation(), now) {
            Refresh::Rotate(generation) => {
                let next = Family { generation, rotated_at: now, expires_at: now + LIFETIME, revoked: false };
                tx.update_session(family, &next).await?;
                generation
            }
            Refresh::Again(generation) => generation,
            Refresh::Reused => {
                tracing::warn!(%family, user = %session.user, "an old refresh token was used: the session is ended");
                tx.revoke_session(family, now).await?;
                tx.commit().await?;
                return Err(Failure::SessionEnded);
            }
            Refresh::Over => return Err(Failure::SessionEnded),
        };
        let seat = Seat { user: session.user, device: session.device, actor: session.actor, family, generation };
        self.seat(tx, seat, now).await
    }

    /// Ends a session. A token that is none is not worth an error: whoever has it is signed out.
    pub async fn logout(&self, token: &str) -> Result<(), Failure> {
        let Ok(token) = self.tokens.read_refresh(token) else { return Ok(()) };
        let mut tx = Door::open(&self.db).await?.session(&token).await?;
        tx.revoke_session(token.family(), now()).await?;
        Ok(tx.commit().await?)
    }

    /// Starts a session on a device; the same device is always the same actor.
    pub(super) async fn start_session(
        &self,
        mut tx: OrgTx,
        user: UserId,
        device: DeviceInfo,
        now: Millis,
    ) -> Result<SignedIn, Failure> {
        let device = readable(&device);
        tx.upsert_device(user, &device, now).await?;
        let actor = tx.actor_of(user, device.id).await?;
        // In line now: whoever was removed meanwhile does not get in any more.
        tx.role(user).await?.ok_or(Failure::NoOrganization)?;
        let family = Uuid::now_v7();
        let state = Family { generation: 0, rotated_at: now, expires_at: now + LIFETIME, revoked: false };
        tx.insert_session(family, actor, &state).await?;
        self.seat(tx, Seat { user, device: device.id, actor, family, generation: 0 }, now).await
    }

    /// Commits, and tells the device.
    async fn seat(&self, mut tx: OrgTx, seat: Seat, now: Millis) -> Result<SignedIn, Failure> {
        let Seat { user, device, actor, family, generation } = seat;
        let org = tx.org();
        let account = tx.account(user, actor).await?;
        let access_token = self.tokens.access(Claims { user, org, actor, device, family }, now)?;
        tx.commit().await?;
        Ok(SignedIn {
            session: Session { access_token, expires_in: ACCESS_SECONDS, account },
            refresh_token: self.tokens.refresh(org, family, generation),
        })
    }
}

/// A device with a name that can be shown and stored.
pub(super) fn readable(device: &DeviceInfo) -> DeviceInfo {
    let name: String = device.name.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect();
    let name = name.trim();
    DeviceInfo { id: device.id, name: if name.is_empty() { "Unnamed device".to_owned() } else { name.to_owned() } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_name_can_be_shown() {
        let readable = |name: &str| readable(&DeviceInfo { id: DeviceId(Uuid::nil()), name: name.to_owned() }).name;
        assert_eq!(readable(" Chromium\u{0} on\n Linux "), "Chromium on Linux");
        assert_eq!(readable("\u{0}"), "Unnamed device");
        assert_eq!(readable(&"é".repeat(100)).chars().count(), 80);
    }
}
