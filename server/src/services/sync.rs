//! Push and pull.

use shared::clock::Millis;
use shared::protocol::{PullRequest, PullResponse, PushRequest, PushResponse};

use super::{Failure, Services, now};
use crate::db::{Loaded, OrgTx};
use crate::domain::poke::Poke;
use crate::domain::pull::{self, Plan, PullInput};
use crate::domain::push::{self, PushInput};
use crate::member::Member;

impl Services {
    /// Handles a device's mutations: effects, results and the device's number are committed together, or nothing is.
    pub async fn push(&self, member: &Member, request: &PushRequest) -> Result<PushResponse, Failure> {
        push::check(request)?;
        if request.actor != member.actor() {
            return Err(Failure::OtherActor);
        }
        let mut tx = OrgTx::begin(&self.db, member).await?;
        let response = apply(&mut tx, request, now()).await?;
        tx.commit().await?;
        Ok(response)
    }

    /// What a device lacks, read at one moment.
    pub async fn pull(&self, member: &Member, request: &PullRequest) -> Result<PullResponse, Failure> {
        pull::check(request)?;
        if request.actor != member.actor() {
            return Err(Failure::OtherActor);
        }
        let mut tx = OrgTx::snapshot(&self.db, member).await?;
        let org = tx.org_clock().await?;
        let wanted = match pull::plan(&org, request)? {
            Plan::Reset { epoch } => return Ok(PullResponse::Reset { epoch }),
            Plan::Page(wanted) => wanted,
        };
        let last = tx.device_clock(request.actor).await?.last;
        let rows = tx.rows_after(&wanted).await?;
        let texts = tx.texts_after(&rows, wanted.seen).await?;
        let refused = tx.refused_after(request.actor, wanted.confirmed).await?;
        tx.commit().await?;
        Ok(pull::page(PullInput { org, last, rows, texts, refused }))
    }
}

/// Runs a push in a transaction that the caller commits. Everything that changes an organization's data comes through
/// here, whatever door it came in by.
pub(super) async fn apply(tx: &mut OrgTx, request: &PushRequest, now: Millis) -> Result<PushResponse, Failure> {
    let org = tx.lock().await?;
    let device = tx.device_clock(request.actor).await?;
    let Loaded { rows, logs, stored, prefixes, numbers } = tx.load(&device, &push::needs(request)).await?;
    let decision = push::decide(PushInput { org, device, rows, logs, stored, prefixes, numbers, now, request })?;
    tx.write(&decision, now).await?;
    // Last, because of what it locks until the commit: see db::notices.
    if let Some(poke) = Poke::of(tx.org(), &decision) {
        tx.poke(&poke).await?;
    }
    Ok(decision.response)
}
