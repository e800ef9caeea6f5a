//! What somebody is in the organization: another role, leaving, being removed.

use shared::field::Field;
use shared::ids::UserId;
use shared::member::Membership;
use shared::mutation::Op;
use shared::value::{Role, Value};

use super::{Failure, Services, now, sync};
use crate::db::OrgTx;
use crate::domain::members::{self, Case};
use crate::member::Member;

impl Services {
    /// Gives a member another role. It counts from the next push and pull on, also for pushes that are waiting already.
    pub async fn change_role(&self, member: &Member, user: UserId, role: Role) -> Result<Membership, Failure> {
        let (mut tx, _) = OrgTx::in_line(&self.db, member).await?;
        let case = case(&mut tx, user).await?;
        if members::change(&case, role)? {
            tx.update_role(user, role).await?;
            let written = Op::write(user, Field::Role, Value::Role(role));
            let ver = sync::apply_as_server(&mut tx, vec![written], now()).await?;
            tx.tell_role(user, role, ver).await?;
            tx.commit().await?;
            tracing::info!(by = %member.user(), %user, role = role.name(), "a member has another role");
        }
        Ok(Membership { user, role })
    }

    /// Takes somebody out of the organization, or lets them leave. Their name stays where they wrote; their sessions
    /// and the invitations that nobody has used end. What their devices have not sent stays with them.
    pub async fn remove_member(&self, member: &Member, user: UserId) -> Result<(), Failure> {
        let (mut tx, _) = OrgTx::in_line(&self.db, member).await?;
        let case = case(&mut tx, user).await?;
        members::remove(&case)?;
        let now = now();
        tx.delete_member(user).await?;
        tx.end_invitations(user).await?;
        let ended = tx.end_sessions(user, now).await?;
        sync::apply_as_server(&mut tx, vec![Op::Delete(user.into())], now).await?;
        for family in ended {
            tx.tell_ended(family).await?;
        }
        tx.commit().await?;
        tracing::info!(by = %member.user(), %user, "a member is removed");
        Ok(())
    }
}

async fn case(tx: &mut OrgTx, of: UserId) -> Result<Case, Failure> {
    let by = tx.reader().ok_or(Failure::Bug("a member's transaction knows no member"))?;
    Ok(Case { by, of, role: tx.role(of).await?, other_admins: tx.has_other_admins(of).await? })
}
