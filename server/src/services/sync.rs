//! Push and pull.

use std::collections::BTreeMap;

use shared::clock::{Millis, Version};
use shared::hash::chain;
use shared::ids::{MutationId, UserId};
use shared::limits::ROWS_PER_PULL;
use shared::mutation::{Mutation, Op};
use shared::protocol::{Fill, LastMutation, PullRequest, PullResponse, PushRequest, PushResponse, PushResult, SCHEMA};
use shared::scope::Reader;
use shared::text::TextChange;
use uuid::Uuid;

use super::{Failure, Services, now};
use crate::db::{Clocks, Loaded, OrgTx};
use crate::domain::poke::Poke;
use crate::domain::pull::{self, Open, PullInput};
use crate::domain::push::{self, OrgClock, PushInput, TextKey};
use crate::member::Member;

impl Services {
    /// Handles a device's mutations: effects, results and the device's number are committed together, or nothing is.
    pub async fn push(&self, member: &Member, request: &PushRequest) -> Result<PushResponse, Failure> {
        push::check(request)?;
        if request.actor != member.actor() {
            return Err(Failure::OtherActor);
        }
        let (mut tx, org) = OrgTx::in_line(&self.db, member).await?;
        let reader = tx.reader();
        let response = apply(&mut tx, org, reader, request, now()).await?;
        tx.commit().await?;
        Ok(response)
    }

    /// What a device lacks, read at one moment.
    pub async fn pull(&self, member: &Member, request: &PullRequest) -> Result<PullResponse, Failure> {
        pull::check(request)?;
        if request.actor != member.actor() {
            return Err(Failure::OtherActor);
        }
        let (mut tx, Clocks { org, device, lineage }) = OrgTx::snapshot_with_clocks(&self.db, member).await?;
        if pull::must_reset(&org, request) {
            let common = tx.common_version(&org, request.epoch).await?;
            if request.cursor > common {
                let (actor, seen) = (request.actor, request.cursor);
                tracing::warn!(actor, seen, common, "a device had seen more than there is");
            }
            return Ok(PullResponse::Reset { epoch: org.epoch, common });
        }
        let last = device.last;
        let reader = tx.reader().ok_or(Failure::Bug("a member's transaction knows no member"))?;
        let open = Open::to(reader, tx.scopes().await?);
        let request = &open.question(request);
        let refused = match pull::wants_refused(request, last) {
            Some(confirmed) => tx.refused_after(&lineage, confirmed).await?,
            None => Vec::new(),
        };
        let input = PullInput { request, org, open, last, lineage, refused, rows: Vec::new(), texts: BTreeMap::new() };
        let response = match &request.fill {
            Some(fill) => fill_page(&mut tx, input, fill, reader.user).await?,
            None => page(&mut tx, input).await?,
        };
        tx.commit().await?;
        Ok(response)
    }
}

async fn page(tx: &mut OrgTx, mut input: PullInput<'_>) -> Result<PullResponse, Failure> {
    let (request, org) = (input.request, input.org);
    let after = if request.epoch.is_some() { request.cursor } else { 0 };
    let followed = input.open.of(&request.scopes);
    // Most pulls find nothing new, and the clocks alone say so.
    let changed = org.ver > after && !followed.is_empty();
    if changed {
        input.rows = tx.changes_after(after, &followed).await?;
    }
    let end = pull::cut(&mut input.rows, ROWS_PER_PULL);
    let left = if changed { tx.left(after, end.unwrap_or(org.ver), &followed).await? } else { Vec::new() };
    input.texts = texts(tx, &input).await?;
    Ok(pull::page(input, end, left))
}

async fn fill_page(tx: &mut OrgTx, mut input: PullInput<'_>, fill: &Fill, me: UserId) -> Result<PullResponse, Failure> {
    let followed = input.open.of(&fill.scopes);
    let mut fill = fill.clone();
    // A page goes on into the next stages until it is full.
    let next = loop {
        let mut rows = tx.stage(&fill, &followed, me).await?;
        let end = pull::cut(&mut rows, ROWS_PER_PULL);
        input.rows.append(&mut rows);
        let next = pull::go_on(fill.from, end);
        match next {
            Some(from) if end.is_none() && input.rows.len() < ROWS_PER_PULL / 2 => fill.from = from,
            next => break next,
        }
    };
    input.texts = texts(tx, &input).await?;
    Ok(pull::fill_page(input, next))
}

async fn texts(tx: &mut OrgTx, input: &PullInput<'_>) -> Result<BTreeMap<TextKey, Vec<TextChange>>, Failure> {
    let wanted = input.rows.iter().flat_map(|one| pull::texts(&one.row, input.request, &input.lineage));
    Ok(tx.texts_after(wanted).await?)
}

/// Runs a push in a transaction that holds the organization's lock and that the caller commits. Everything that changes
/// an organization's data comes through here, whatever door it came in by.
pub(super) async fn apply(
    tx: &mut OrgTx,
    org: OrgClock,
    reader: Option<Reader>,
    request: &PushRequest,
    now: Millis,
) -> Result<PushResponse, Failure> {
    let (device, lineage) = tx.device_clock(request.actor).await?;
    let Loaded { rows, scopes, states, dependents, parents, logs, stored, elsewhere, prefixes, undone } =
        tx.load(&org, &device, &lineage, &push::needs(request)).await?;
    let decision = push::decide(PushInput {
        org,
        device,
        reader,
        rows,
        scopes,
        states,
        dependents,
        logs,
        stored,
        elsewhere,
        parents,
        prefixes,
        undone,
        now,
        request,
    })?;
    tx.write(&decision, now).await?;
    // Last, because of what it locks until the commit: see db::notices.
    if let Some(poke) = Poke::of(tx.org(), &decision) {
        tx.poke(&poke).await?;
    }
    Ok(decision.response)
}

/// Makes changes of the server's own: numbered mutations of an actor that is nobody's device. Returns with which version
/// the last one was made.
pub(super) async fn apply_as_server(tx: &mut OrgTx, ops: Vec<Op>, now: Millis) -> Result<Version, Failure> {
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
    let response = apply(tx, org, None, &push, now).await?;
    let refused = response.results.iter().any(|one| matches!(one.result, PushResult::Rejected(_)));
    if refused { Err(Failure::Bug("a change of the server's own was refused")) } else { Ok(response.ver) }
}
