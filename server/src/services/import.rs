//! What comes in as a file. It is read and planned beside the line, then done in one transaction: all of it, or nothing.
//!
//! Where the answer is lost the file can be sent again: what it made has the same ids, and is there then.

use exchange::parcel::Here;
use exchange::plan::{Plan, Step, plan};
use exchange::read::{Source, Unreadable, read};
use exchange::report::Report;
use shared::clock::Version;
use shared::ids::ProjectId;
use shared::limits::MUTATIONS_PER_PUSH;
use shared::mutation::Refusal;
use shared::protocol::{PushRequest, PushResult, SCHEMA};
use shared::scope::{Right, Scope};

use super::resources::actor_of;
use super::shelves::Reading;
use super::sync::{new_mutation, number, write};
use super::{Failure, Services, now};
use crate::db::OrgTx;
use crate::domain::poke::Poke;
use crate::member::Member;

/// How a file is to be taken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Import {
    /// Whose form it has; `None`: what it looks like.
    pub source: Option<Source>,
    /// Where its tasks go, whatever it says.
    pub project: Option<ProjectId>,
    /// Whether it is only to be tried.
    pub dry_run: bool,
}

impl Services {
    /// Takes a file in, as the member who asks.
    pub async fn import(&self, member: &Member, wanted: Import, file: Vec<u8>) -> Result<Report, Failure> {
        let mut plan = self.plan_import(member, wanted, file).await?;
        if !plan.steps().is_empty() {
            let (mut tx, org) = OrgTx::in_line(&self.db, member).await?;
            let poke = run(&mut tx, member, &mut plan).await?;
            compare(&mut tx, org.ver, &mut plan).await?;
            if let Some(poke) = poke {
                tx.poke(&poke).await?;
            }
            // Dropped without a commit, it has not happened.
            if !wanted.dry_run {
                tx.commit().await?;
            }
        }
        let report = plan.finish(wanted.dry_run);
        if !wanted.dry_run {
            let (format, made) = (report.format, report.made.values().sum::<usize>());
            tracing::info!(by = %member.user(), format, made, "a file is imported");
        }
        Ok(report)
    }

    async fn plan_import(&self, member: &Member, wanted: Import, file: Vec<u8>) -> Result<Plan, Failure> {
        let mut tx = OrgTx::snapshot(&self.db, member).await?;
        let reading = self.shelves.open(&mut tx).await?;
        let reader = tx.reader().ok_or(Failure::Bug("a member's transaction knows no member"))?;
        drop(tx);
        if let Some(project) = wanted.project {
            reading.shelf.get(project.into(), &reading.open).ok_or(Failure::NotFound)?;
            if reading.open.right(Scope::Project(project), reader).is_none_or(|right| right < Right::Edit) {
                return Err(Failure::Refused(Refusal::NotAllowed));
            }
        }
        let (namespace, Import { source, project, .. }) = (member.org().0, wanted);
        let planning = move || {
            let Reading { shelf, open } = &reading;
            let mut here = Here::new(reader, namespace, project);
            shelf.all(open).for_each(|row| here.open(row));
            shelf.closed(open).for_each(|id| here.closed(id));
            let mut plan = plan(read(&file, source, &here)?, &here);
            if plan.has_check() {
                shelf.all(open).for_each(|row| plan.see(row));
            }
            Ok::<Plan, Unreadable>(plan)
        };
        let made = tokio::task::spawn_blocking(planning).await;
        Ok(made.map_err(|_| Failure::Bug("an import could not be planned"))??)
    }
}

/// Does what a plan says, in a transaction that is in line and that the caller commits; what is refused is noted. Returns
/// what the other devices are to be told.
async fn run(tx: &mut OrgTx, member: &Member, plan: &mut Plan) -> Result<Option<Poke>, Failure> {
    let (now, reader, mut org) = (now(), tx.reader(), tx.org_clock().await?);
    let actor = actor_of(tx, member).await?;
    let mut last = tx.device_clock(actor).await?.0.last;
    let (mut poke, mut refused) = (None, Vec::new());
    for (batch, steps) in plan.steps().chunks(MUTATIONS_PER_PUSH).enumerate() {
        let ops = steps.iter().map(|Step { op, .. }| (new_mutation(), op.clone(), org.ver));
        let push = PushRequest { schema: SCHEMA, actor, epoch: org.epoch, mutations: number(ops, last, now) };
        let decision = write(tx, org, reader, &push, now).await?;
        (org, last) = (decision.org, decision.device.last);
        poke = Poke::of(tx.org(), &decision).or(poke);
        for (at, one) in (batch * MUTATIONS_PER_PUSH..).zip(decision.response.results) {
            if let PushResult::Rejected(refusal) = one.result {
                refused.push((at, refusal));
            }
        }
    }
    for (at, refusal) in refused {
        plan.refuse(at, &refusal);
    }
    Ok(poke)
}

/// Compares what has changed since a version with what the file says, as far as its form says everything.
async fn compare(tx: &mut OrgTx, since: Version, plan: &mut Plan) -> Result<(), Failure> {
    if !plan.has_check() {
        return Ok(());
    }
    let scopes: Vec<Scope> = tx.scopes().await?.into_keys().collect();
    let mut after = since;
    loop {
        let rows = tx.changes_after(after, &scopes).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.pos;
        for one in &rows {
            plan.see(&one.row);
        }
    }
}
