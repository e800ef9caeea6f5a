//! Push and pull.

use shared::clock::Millis;
use shared::hash::chain;
use shared::ids::MutationId;
use shared::mutation::{Author, Mutation, Op};
use shared::protocol::{LastMutation, PullRequest, PullResponse, PushRequest, PushResponse, PushResult, SCHEMA};
use uuid::Uuid;

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
        let response = apply(&mut tx, Author::Member, request, now()).await?;
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
        let (device, lineage) = tx.device_clock(request.actor).await?;
        let last = device.last;
        // Most pulls find nothing new, and the clocks alone say so.
        let rows = if org.ver > wanted.after { tx.rows_after(&wanted).await? } else { Vec::new() };
        let keys = rows.iter().flat_map(|row| pull::texts(row, &wanted, &lineage));
        let mut texts = tx.texts_after(keys).await?;
        lineage.claim(&mut texts);
        let refused = match wanted.confirmed {
            confirmed if last.n > confirmed => tx.refused_after(&lineage, confirmed).await?,
            _ => Vec::new(),
        };
        tx.commit().await?;
        Ok(pull::page(PullInput { org, last, rows, texts, refused }))
    }
}

/// Runs a push in a transaction that the caller commits. Everything that changes an organization's data comes through
/// here, whatever door it came in by.
pub(super) async fn apply(
    tx: &mut OrgTx,
    author: Author,
    request: &PushRequest,
    now: Millis,
) -> Result<PushResponse, Failure> {
    let org = tx.lock().await?;
    let (device, lineage) = tx.device_clock(request.actor).await?;
    let Loaded { rows, parents, logs, stored, prefixes, undone } =
        tx.load(&device, &lineage, &push::needs(request)).await?;
    let decision =
        push::decide(PushInput { org, device, author, rows, logs, stored, parents, prefixes, undone, now, request })?;
    tx.write(&decision, now).await?;
    // Last, because of what it locks until the commit: see db::notices.
    if let Some(poke) = Poke::of(tx.org(), &decision) {
        tx.poke(&poke).await?;
    }
    Ok(decision.response)
}

/// Makes changes of the server's own: numbered mutations of an actor that is nobody's device.
pub(super) async fn apply_as_server(tx: &mut OrgTx, ops: Vec<Op>, now: Millis) -> Result<(), Failure> {
    let org = tx.lock().await?;
    let actor = tx.server_actor().await?;
    let mut last = tx.device_clock(actor).await?.0.last;
    let mutations = ops.into_iter().map(|op| {
        let id = MutationId(Uuid::now_v7());
        let mutation = Mutation { n: last.n + 1, id, prev_hash: last.hash, ctx: org.ver, at: now, op };
        last = LastMutation { n: mutation.n, hash: chain(last.hash, mutation.n, id) };
        mutation
    });
    let push = PushRequest { schema: SCHEMA, actor, epoch: org.epoch, mutations: mutations.collect() };
    let response = apply(tx, Author::Server, &push, now).await?;
    let refused = response.results.iter().any(|one| matches!(one.result, PushResult::Rejected(_)));
    if refused { Err(Failure::Bug("a change of the server's own was refused")) } else { Ok(()) }
}
