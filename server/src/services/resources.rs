//! Reading and changing rows one by one, for programs that do not sync. What they change becomes mutations, numbered and
//! merged like those of any device.

use shared::account::DeviceInfo;
use shared::clock::{Actor, Version};
use shared::ids::{DeviceId, EntityId, Kind, MutationId};
use shared::merge::Outcome;
use shared::mutation::Op;
use shared::protocol::{NumberedResult, PushRequest, PushResult, SCHEMA};
use shared::row::Row;
use shared::text::{Delta, transform_over};
use uuid::Uuid;

use super::sync::{apply, new_mutation, number};
use super::{Failure, KeyProblem, Services, now};
use crate::db::{Answer, Entry, Once, OrgTx};
use crate::domain::pull::Open;
use crate::domain::resource::{self, FieldTypes, Object};
use crate::domain::shelf::{HitPlace, Match, Question, RowPlace, TaskPlace};
use crate::member::Member;

/// Rows as REST shows them.
#[derive(Debug)]
pub struct Listing<P, T = Object> {
    pub items: Vec<T>,
    pub next: Option<P>,
}

/// A task that was found.
#[derive(Debug)]
pub struct Found {
    pub task: Object,
    pub rank: u32,
    /// Where the words are.
    pub matches: Vec<Match>,
}

/// What is to be done with one row.
#[derive(Clone, Debug)]
pub struct Change {
    pub entity: EntityId,
    /// The version that the row must be of, or nothing is done.
    pub only_if: Option<Version>,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    Create(Object),
    /// What the row is to say. `seen`: the version that its author looked at; the present one, if none is named.
    Patch {
        body: Object,
        seen: Option<Version>,
    },
    Delete,
}

/// Which rows of a kind are wanted, and how many of them.
#[derive(Clone, Copy, Debug)]
pub struct Selection {
    pub kind: Kind,
    /// Only those of this project, or about this row.
    pub of: Option<EntityId>,
    /// Also what is deleted.
    pub deleted: bool,
    pub after: Option<RowPlace>,
    pub limit: usize,
}

impl Services {
    /// The tasks that a member asks for.
    pub async fn list_tasks(&self, member: &Member, question: &Question) -> Result<Listing<TaskPlace>, Failure> {
        Ok(self.snapshot_for(member, question.has_words()).await?.tasks(question))
    }

    /// The tasks that have the words of a query, the best first.
    pub async fn search(
        &self,
        member: &Member,
        query: &str,
        after: Option<HitPlace>,
        limit: usize,
    ) -> Result<Listing<HitPlace, Found>, Failure> {
        let mut tx = OrgTx::snapshot(&self.db, member).await?;
        let reading = self.shelves.open_for(&mut tx, true).await?;
        let answer = reading.shelf.search(&reading.open, query, after, limit);
        let items = answer.rows.into_iter().map(|found| Found {
            task: resource::show(found.row),
            rank: found.rank,
            matches: found.matches,
        });
        Ok(Listing { items: items.collect(), next: answer.next })
    }

    /// The rows of a kind, in the order in which they were made.
    pub async fn list_rows(&self, member: &Member, selection: Selection) -> Result<Listing<RowPlace>, Failure> {
        Ok(self.snapshot(member).await?.rows(selection))
    }

    /// One row; what is not open to who asks is not there.
    pub async fn show(&self, member: &Member, id: EntityId) -> Result<Object, Failure> {
        self.snapshot(member).await?.show(id).ok_or(Failure::NotFound)
    }

    /// What has been done to a row, the latest first.
    pub async fn history(
        &self,
        member: &Member,
        id: EntityId,
        before: Version,
        limit: usize,
    ) -> Result<Vec<Entry>, Failure> {
        let snapshot = self.snapshot(member).await?;
        snapshot.show(id).ok_or(Failure::NotFound)?;
        Ok(snapshot.histories(&[id], before, limit).await?.remove(&id).unwrap_or_default())
    }

    /// Changes rows, each wholly or not at all, in one transaction: what fails leaves the others as they are. `word`
    /// says with what that is answered, each row as it is afterwards. A request that its author has given a key is done
    /// once: the answer is kept in the same transaction, and a repeat has it again.
    pub async fn change(
        &self,
        member: &Member,
        changes: Vec<Change>,
        once: Option<Once>,
        word: impl FnOnce(Vec<Result<Object, Failure>>) -> Answer,
    ) -> Result<Answer, Failure> {
        let Some(once) = once else {
            let (mut tx, _) = OrgTx::in_line(&self.db, member).await?;
            let answer = word(self.change_all(&mut tx, member, changes).await?);
            tx.commit().await?;
            return Ok(answer);
        };
        let underway = OrgTx::in_line_once(&self.db, member, &once.key).await?;
        let (mut tx, _) = underway.ok_or(KeyProblem::Underway)?;
        if let Some((fingerprint, answer)) = tx.kept_answer(member.actor(), &once.key).await? {
            return if fingerprint == once.fingerprint { Ok(answer) } else { Err(KeyProblem::Used.into()) };
        }
        let answer = word(self.change_all(&mut tx, member, changes).await?);
        tx.keep_answer(member.actor(), &once, &answer, now()).await?;
        tx.commit().await?;
        Ok(answer)
    }

    async fn change_all(
        &self,
        tx: &mut OrgTx,
        member: &Member,
        changes: Vec<Change>,
    ) -> Result<Vec<Result<Object, Failure>>, Failure> {
        let mut results = Vec::with_capacity(changes.len());
        for change in changes {
            tx.mark().await?;
            let result = self.change_in(tx, member, change).await;
            match &result {
                Ok(_) => {}
                Err(Failure::Database(_) | Failure::Bug(_)) => return result.map(|object| vec![Ok(object)]),
                Err(_) => tx.back_to_mark().await?,
            }
            results.push(result);
        }
        Ok(results)
    }

    async fn change_in(&self, tx: &mut OrgTx, member: &Member, change: Change) -> Result<Object, Failure> {
        let Change { entity, only_if, what } = change;
        let reader = tx.reader().ok_or(Failure::Bug("a member's transaction knows no member"))?;
        let open = Open::to(reader, tx.scopes().await?);
        let row = tx.located(entity).await?.filter(|one| open.has(one.scope)).map(|one| one.row);
        if only_if.is_some_and(|ver| row.as_ref().is_none_or(|row| row.ver != ver)) {
            return Err(if row.is_none() { Failure::NotFound } else { Failure::Changed });
        }
        let types = match &what {
            What::Create(body) | What::Patch { body, .. } if body.contains_key("custom") => tx.field_types().await?,
            _ => FieldTypes::new(),
        };
        let (ops, seen) = match (what, &row) {
            (What::Create(body), _) => (vec![Op::Create(resource::create(entity, &body, &types)?)], None),
            (_, None) => return Err(Failure::NotFound),
            (What::Patch { body, seen }, Some(row)) => {
                let mut ops = resource::patch(row, &body, &types)?;
                let seen = seen.filter(|seen| *seen < row.ver);
                if let Some(seen) = seen {
                    as_of(tx, row, &body, seen, &mut ops).await?;
                }
                (ops, seen)
            }
            (What::Delete, Some(_)) => (vec![Op::Delete(entity)], None),
        };
        if !ops.is_empty() {
            let actor = actor_of(tx, member).await?;
            run(tx, actor, ops, seen, |_| new_mutation()).await?;
        }
        let after = tx.located(entity).await?.ok_or(Failure::Bug("what was changed is not there"))?;
        Ok(resource::show(&after.row))
    }
}

/// Carries edits of texts that were made on those of an earlier version over what has been done to them since.
async fn as_of(tx: &mut OrgTx, row: &Row, body: &Object, seen: Version, ops: &mut Vec<Op>) -> Result<(), Failure> {
    const MISFIT: Failure = Failure::Bug("a log of a text does not lead to the text");
    let edited = ops.iter_mut().filter_map(|op| match op {
        Op::TextEdit(edit) => Some(edit),
        _ => None,
    });
    for edit in edited {
        let mut then = row.text(edit.field).unwrap_or_default().to_owned();
        for back in tx.text_inverses(row.id, edit.field, seen).await? {
            then = back.apply(&then).map_err(|_| MISFIT)?;
        }
        let wanted = body.get(edit.field.name()).and_then(serde_json::Value::as_str).unwrap_or_default();
        let key = (row.id, edit.field);
        let logs = tx.texts_after([(key, seen)].into_iter()).await?;
        let log = logs.get(&key).map(Vec::as_slice).unwrap_or_default();
        edit.delta = transform_over(&Delta::between(&then, wanted), log).map_err(|_| MISFIT)?;
    }
    ops.retain(|op| !matches!(op, Op::TextEdit(edit) if edit.delta.is_noop()));
    Ok(())
}

/// Does what operations say, in a transaction that is in line and that the caller commits; the first that is refused is
/// why nothing may be. `named`: what each mutation is called.
pub(super) async fn run(
    tx: &mut OrgTx,
    actor: Actor,
    ops: Vec<Op>,
    seen: Option<Version>,
    named: impl Fn(usize) -> MutationId,
) -> Result<Vec<Outcome>, Failure> {
    let org = tx.org_clock().await?;
    let (now, reader) = (now(), tx.reader());
    let last = tx.device_clock(actor).await?.0.last;
    // Edits of texts are carried to where the texts are now.
    let ctx = |op: &Op| seen.filter(|_| !matches!(op, Op::TextEdit(_))).unwrap_or(org.ver);
    let ops = ops.into_iter().enumerate().map(|(at, op)| {
        let ctx = ctx(&op);
        (named(at), op, ctx)
    });
    let mutations = number(ops, last, now);
    let push = PushRequest { schema: SCHEMA, actor, epoch: org.epoch, mutations };
    let response = apply(tx, org, reader, &push, now).await?;
    let outcome = |one: NumberedResult| match one.result {
        PushResult::Rejected(refusal) => Err(Failure::Refused(refusal)),
        PushResult::Accepted(outcome) => Ok(outcome),
    };
    response.results.into_iter().map(outcome).collect()
}

/// As whom rows are changed without syncing: a program as itself, a device that is signed in as another one beside it, because
/// the numbers of its own actor are the device's to give.
pub(super) async fn actor_of(tx: &mut OrgTx, member: &Member) -> Result<Actor, Failure> {
    if member.is_program() {
        return Ok(member.actor());
    }
    let id = DeviceId(Uuid::new_v5(&member.device().0, b"api"));
    side_actor(tx, member, DeviceInfo { id, name: "API".to_owned() }).await
}

/// The actor of something that works beside a member's devices.
pub(super) async fn side_actor(tx: &mut OrgTx, member: &Member, device: DeviceInfo) -> Result<Actor, Failure> {
    tx.upsert_device(member.user(), &device, now()).await?;
    Ok(tx.actor_of(member.user(), device.id).await?)
}
