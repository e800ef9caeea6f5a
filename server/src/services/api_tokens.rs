//! Personal access tokens: programs that work in a member's name, each as an actor of its own.

use shared::account::DeviceInfo;
use shared::api_token::{ApiToken, CreatedApiToken, NewApiToken};
use shared::clock::Millis;
use shared::ids::DeviceId;
use uuid::Uuid;

use super::{Failure, Services, now};
use crate::db::{NEVER, OrgTx};
use crate::domain::session::Family;
use crate::member::{Claims, Member};
use crate::tokens;

const DAY: Millis = 24 * 60 * 60 * 1_000;

impl Services {
    /// Who bears a personal access token.
    pub async fn token_member(&self, token: &str) -> Result<Member, Failure> {
        let secret = token.strip_prefix(tokens::API_TOKEN).ok_or(Failure::TokenEnded)?;
        let ticket = tokens::ticket(secret).map_err(|_| Failure::TokenEnded)?;
        let bearer = self.db.token_bearer(&ticket, now()).await?.ok_or(Failure::TokenEnded)?;
        let claims = Claims {
            user: bearer.user,
            org: ticket.org,
            actor: bearer.actor,
            device: bearer.device,
            family: bearer.id,
        };
        Ok(Member::from_token(claims, bearer.access))
    }

    /// Makes a token for the member who asks. A program cannot make itself another one.
    pub async fn create_api_token(&self, member: &Member, new: NewApiToken) -> Result<CreatedApiToken, Failure> {
        new.validate()?;
        person(member)?;
        let (mut tx, _) = OrgTx::in_line(&self.db, member).await?;
        let (id, now) = (Uuid::now_v7(), now());
        let expires_at = new.days.map(|days| now + Millis::from(days) * DAY);
        let name = new.name.trim().to_owned();
        let about = ApiToken { id, name, access: new.access, created_at: now, last_used_at: None, expires_at };
        let device = DeviceInfo { id: DeviceId(id), name: about.name.clone() };
        tx.upsert_device(member.user(), &device, now).await?;
        let actor = tx.actor_of(member.user(), device.id).await?;
        let state = Family { generation: 0, rotated_at: now, expires_at: expires_at.unwrap_or(NEVER), revoked: false };
        tx.insert_session(id, actor, &state).await?;
        let (token, ticket) = tokens::api_token(member.org())?;
        tx.insert_api_token(&about, &ticket.hash).await?;
        tx.commit().await?;
        Ok(CreatedApiToken { about, token })
    }

    /// The tokens of the member who asks.
    pub async fn api_tokens(&self, member: &Member) -> Result<Vec<ApiToken>, Failure> {
        let mut tx = OrgTx::snapshot(&self.db, member).await?;
        Ok(tx.api_tokens(member.user(), now()).await?)
    }

    /// Ends a token of the member who asks, and what is open with it.
    pub async fn end_api_token(&self, member: &Member, id: Uuid) -> Result<(), Failure> {
        person(member)?;
        let (mut tx, _) = OrgTx::in_line(&self.db, member).await?;
        let now = now();
        if !tx.api_tokens(member.user(), now).await?.iter().any(|token| token.id == id) {
            return Err(Failure::NotFound);
        }
        tx.revoke_session(id, now).await?;
        Ok(tx.commit().await?)
    }
}

/// Not for programs, whose tokens might be in somebody else's hands.
pub(super) fn person(member: &Member) -> Result<(), Failure> {
    if member.is_program() { Err(Failure::NoProgram) } else { Ok(()) }
}
