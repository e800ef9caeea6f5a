//! Inviting somebody into the organization.

use shared::account::Invitation;
use shared::clock::Millis;
use shared::value::Role;

use super::{Failure, Services, now};
use crate::db::OrgTx;
use crate::member::Member;
use crate::tokens;

/// How long an invitation can be used: 7 days.
const LIFETIME: Millis = 7 * 24 * 60 * 60 * 1_000;

impl Services {
    /// Makes an invitation for one person. Guests cannot invite.
    pub async fn invite(&self, member: &Member) -> Result<Invitation, Failure> {
        // In line: the removal of a member finds every invitation that they have made.
        let (mut tx, _) = OrgTx::in_line(&self.db, member).await?;
        if tx.reader().is_none_or(|reader| reader.role == Role::Guest) {
            return Err(Failure::MayNotInvite);
        }
        let (token, ticket) = tokens::invitation(member.org())?;
        let expires_at = now() + LIFETIME;
        tx.insert_invitation(&ticket.hash, member.user(), expires_at).await?;
        tx.commit().await?;
        Ok(Invitation { token, expires_at })
    }
}
