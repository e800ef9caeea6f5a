//! The organization that a session, or a token, is of.

use shared::ids::OrgId;
use shared::organization::Organization;

use super::{Failure, Services};
use crate::db::OrgTx;
use crate::member::Member;

impl Services {
    /// The organization of whoever asks.
    pub async fn organization(&self, member: &Member) -> Result<Organization, Failure> {
        let mut tx = OrgTx::snapshot(&self.db, member).await?;
        let reader = tx.reader().ok_or(Failure::Bug("a member's transaction knows no member"))?;
        Ok(tx.organization(reader.role).await?)
    }

    /// The same by its id. Another one is not there.
    pub async fn organization_by_id(&self, member: &Member, id: OrgId) -> Result<Organization, Failure> {
        let own = self.organization(member).await?;
        if own.id == id { Ok(own) } else { Err(Failure::NotFound) }
    }
}
