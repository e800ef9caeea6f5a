//! Registering: a person, with an organization of their own or in the one they are invited to.

use shared::account::RegisterRequest;
use shared::clock::Millis;
use shared::hash::Hash;
use shared::ids::{Epoch, MutationId, OrgId, ProjectId, UserId};
use shared::mutation::{Mutation, Op, ProjectCreate};
use shared::protocol::{PushRequest, SCHEMA};
use uuid::Uuid;

use super::{Failure, Services, SignedIn, now, sync};
use crate::db::{Door, NewOrganization, NewUser, OrgTx};
use crate::tokens;

/// The project that a new organization begins with, so that there is a place for the first task.
const FIRST_PROJECT: &str = "General";

impl Services {
    /// Registers somebody and signs their device in.
    pub async fn register(&self, request: RegisterRequest) -> Result<SignedIn, Failure> {
        request.validate()?;
        let ticket = request.invitation.as_deref().map(tokens::ticket).transpose();
        let ticket = ticket.map_err(|_| Failure::Invitation)?;
        let password_hash = self.passwords.hash(request.password.clone()).await?;
        let now = now();
        let user = UserId(Uuid::now_v7());
        let mut door = Door::open(&self.db).await?;
        if !door.insert_user(&NewUser { id: user, request: &request, password_hash: &password_hash }, now).await? {
            return Err(Failure::Taken);
        }
        let tx = match ticket {
            Some(ticket) => {
                let mut tx = door.invited(&ticket, user, now).await?.ok_or(Failure::Invitation)?;
                tx.insert_member(user, "member", now).await?;
                tx
            }
            None => found(door, &request, user, now).await?,
        };
        self.start_session(tx, user, request.device, now).await
    }
}

async fn found(door: Door, request: &RegisterRequest, owner: UserId, now: Millis) -> Result<OrgTx, Failure> {
    let name = request.organization.as_deref().unwrap_or_default();
    let organization = NewOrganization { id: OrgId(Uuid::now_v7()), name, epoch: Epoch(Uuid::now_v7()) };
    let mut tx = door.found(&organization, now).await?;
    tx.insert_member(owner, "owner", now).await?;
    // The server's own writes are mutations too, of an actor of their own, and take the same way.
    let server = tx.insert_actor(None).await?;
    let create = ProjectCreate { id: ProjectId(Uuid::now_v7()), name: FIRST_PROJECT.to_owned() };
    let mutation = Mutation {
        n: 1,
        id: MutationId(Uuid::now_v7()),
        prev_hash: Hash::default(),
        ctx: 0,
        at: now,
        op: Op::ProjectCreate(create),
    };
    let push = PushRequest { schema: SCHEMA, actor: server, epoch: organization.epoch, mutations: vec![mutation] };
    sync::apply(&mut tx, &push, now).await?;
    Ok(tx)
}
