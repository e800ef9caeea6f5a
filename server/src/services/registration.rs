//! Registering: a person, with an organization of their own or in the one they are invited to.

use shared::account::RegisterRequest;
use shared::clock::Millis;
use shared::field::{Field, TextField};
use shared::ids::{Epoch, OrgId, ProjectId, UserId};
use shared::mutation::{Create, Op};
use shared::value::{Role, Value};
use uuid::Uuid;

use super::{Failure, Services, SignedIn, now, sync};
use crate::db::{Door, NewOrganization, NewUser, OrgTx, Ticket};
use crate::tokens;

/// The project that a new organization begins with, so that there is a place for the first task.
const FIRST_PROJECT: &str = "General";

impl Services {
    /// Registers somebody and signs their device in. Who has an account and belongs nowhere may use an invitation, too:
    /// whoever was removed comes back this way.
    pub async fn register(&self, request: RegisterRequest) -> Result<SignedIn, Failure> {
        request.validate()?;
        let ticket = request.invitation.as_deref().map(tokens::ticket).transpose();
        let ticket = ticket.map_err(|_| Failure::Invitation)?;
        let password_hash = self.passwords.hash(request.password.clone()).await?;
        let now = now();
        let user = UserId(Uuid::now_v7());
        let mut door = Door::open(&self.db).await?;
        if !door.insert_user(&NewUser { id: user, request: &request, password_hash: &password_hash }, now).await? {
            drop(door);
            return self.join_again(request, ticket.ok_or(Failure::Taken)?, now).await;
        }
        let tx = match ticket {
            Some(ticket) => {
                let mut tx = door.invited(&ticket, user, now).await?.ok_or(Failure::Invitation)?;
                join(&mut tx, &request, user, Role::Member, now).await?;
                tx
            }
            None => found(door, &request, user, now).await?,
        };
        self.start_session(tx, user, request.device, now).await
    }

    /// Lets somebody in who has an account, if the password is theirs. Nobody is in two organizations.
    async fn join_again(&self, request: RegisterRequest, ticket: Ticket, now: Millis) -> Result<SignedIn, Failure> {
        let user = self.prove(&request.email, request.password.clone()).await?.ok_or(Failure::Taken)?;
        let mut door = Door::open(&self.db).await?;
        if door.home(user).await?.is_some() {
            return Err(Failure::Taken);
        }
        let mut tx = door.invited(&ticket, user, now).await?.ok_or(Failure::Invitation)?;
        if tx.role(user).await?.is_some() {
            return Err(Failure::Taken); // by another invitation, meanwhile
        }
        join(&mut tx, &request, user, Role::Member, now).await?;
        self.start_session(tx, user, request.device, now).await
    }
}

async fn found(door: Door, request: &RegisterRequest, owner: UserId, now: Millis) -> Result<OrgTx, Failure> {
    let name = request.organization.as_deref().unwrap_or_default();
    let organization = NewOrganization { id: OrgId(Uuid::now_v7()), name, epoch: Epoch(Uuid::now_v7()) };
    let mut tx = door.found(&organization, now).await?;
    join(&mut tx, request, owner, Role::Owner, now).await?;
    let project = Create::new(ProjectId(Uuid::now_v7())).text(TextField::Name, FIRST_PROJECT);
    sync::apply_as_server(&mut tx, vec![Op::Create(project)], now).await?;
    Ok(tx)
}

/// Makes somebody a member, whom the others see: as whom they know, where it is somebody who was there before.
async fn join(tx: &mut OrgTx, request: &RegisterRequest, user: UserId, role: Role, now: Millis) -> Result<(), Failure> {
    tx.insert_member(user, role, now).await?;
    let ops = if tx.was_member(user).await? {
        vec![Op::Restore(user.into()), Op::write(user, Field::Role, Value::Role(role))]
    } else {
        let member = Create::new(user)
            .text(TextField::Name, request.name.trim())
            .value(Field::Role, Value::Role(role))
            .value(Field::Email, Value::Text(request.email.clone()));
        vec![Op::Create(member)]
    };
    sync::apply_as_server(tx, ops, now).await?;
    Ok(())
}
