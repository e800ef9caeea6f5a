//! Changes of earlier clients, made on what their authors had before them.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use shared::clock::{Stamp, VectorClock, Version};
use shared::field::Field;
use shared::ids::{EntityId, Kind, TaskId};
use shared::mutation::{Op, Refusal};
use shared::row::Row;
use shared::scope::{Right, Scope};
use shared::text::TextError;
use shared::value::Value;
use uuid::Uuid;

use super::super::Failure;
use super::super::resources::run;
use super::{EarlierConflict, EarlierDone, EarlierResult, Whom};
use crate::db::OrgTx;
use crate::domain::earlier::{Change, Ids, InvalidChange, Operation, Sent, View, view};
use crate::domain::pull::{Located, Open};
use crate::domain::resource::{self, FieldTypes, InvalidResource, Object};

/// What the author of changes had seen, where a change does not name a version.
#[derive(Clone, Copy, Debug)]
pub(super) enum Known<'a> {
    /// The row as it is.
    Present,
    /// Everything up to a version. Who has seen nothing has seen what they have made themselves.
    At(Version),
    /// What each change's clock says; this is what its author calls itself.
    ByClock(&'a str),
}

/// Who writes what the server writes by itself.
const SERVER: &str = "server";

/// Makes changes, each wholly or not at all.
pub(super) async fn change_all(
    tx: &mut OrgTx,
    whom: &Whom,
    sent: Vec<Sent>,
    known: Known<'_>,
) -> Result<Vec<EarlierResult>, Failure> {
    let mut results = Vec::with_capacity(sent.len());
    for Sent { local, kind, operation, data, change } in sent {
        tx.mark().await?;
        let came = match change {
            Ok(change) => make(tx, whom, change, data, known).await,
            Err(invalid) => Err(invalid.into()),
        };
        match came {
            Err(failure @ (Failure::Database(_) | Failure::Bug(_))) => return Err(failure),
            Err(_) => tx.back_to_mark().await?,
            Ok(_) => {}
        }
        results.push(EarlierResult { local_id: local, kind, operation, came });
    }
    Ok(results)
}

async fn make(
    tx: &mut OrgTx,
    whom: &Whom,
    change: Change,
    sent: Object,
    known: Known<'_>,
) -> Result<EarlierDone, Failure> {
    let located = tx.located(change.entity).await?;
    let row = match located {
        Some(one) if open(tx).await?.has(one.scope) => Some(one.row),
        _ => None,
    };
    let seen = match &row {
        Some(row) => seen(tx, whom, row, &change, known).await?,
        None => None,
    };
    let at = row.as_ref().map_or(0, |row| seen.unwrap_or(row.ver));
    let (theirs, others) = match &row {
        Some(row) => had(tx, whom, row, at).await?,
        None => (None, false),
    };
    // Who does not say what they have may have anything.
    let unsaid = row.is_some() && seen.is_none();
    let others = others || (unsaid && row.as_ref().is_some_and(|row| row.updated.actor != whom.actor));
    let mut change = change;
    let said = std::mem::take(&mut change.body);
    let shown = theirs.as_ref().map(|view| resource::show(&view.row)).unwrap_or_default();
    change.body = said.into_iter().filter(|(name, value)| shown.get(name) != Some(value)).collect();
    // That a row was made is told apart from all else that is done to it.
    let done = tx.done_with(change.entity, Ids::mutation(change.fingerprint, 0)).await?;
    let made = row.as_ref().map(|row| row.created.ver);
    if done.is_some() && row.is_none() {
        return Err(Failure::NotFound); // it has been closed to its author since
    }
    if done.is_none_or(|ver| !change.unique && made != Some(ver)) {
        let ops = operations(tx, whom, &change, row.as_ref(), theirs.as_ref()).await?;
        let named = |n| Ids::mutation(change.fingerprint, n);
        if !ops.is_empty() {
            run(tx, whom.actor, ops, Some(at), named).await?;
        }
    }
    let now = tx.located(change.entity).await?.ok_or(Failure::NotFound)?.row;
    let clock = match known {
        Known::ByClock(client) => clock_after(tx, whom, &now, change.clock.clone(), client, others).await?,
        _ => VectorClock::default(),
    };
    let deleted = change.operation == Operation::Delete;
    let conflict = others.then(|| EarlierConflict { fields: otherwise(&change.body, &now, deleted), sent });
    let version = if others || unsaid { seen } else { Some(now.ver) };
    Ok(EarlierDone { row: now, version, conflict, clock })
}

/// The row as a change's author had it, who had seen it up to a version, and whether others have changed it since.
async fn had(tx: &mut OrgTx, whom: &Whom, row: &Row, at: Version) -> Result<(Option<View>, bool), Failure> {
    let past = tx.past(row.id, at).await?;
    let theirs = view(row, &past, whom.actor).map_err(misfit)?;
    Ok((Some(theirs), past.iter().any(|one| one.actor != whom.actor)))
}

/// Too much was done to a text since.
fn misfit(_: TextError) -> Failure {
    Failure::Refused(Refusal::TextBase)
}

async fn open(tx: &mut OrgTx) -> Result<Open, Failure> {
    let reader = tx.reader().ok_or(Failure::Bug("a member's transaction knows no member"))?;
    Ok(Open::to(reader, tx.scopes().await?))
}

/// The version up to which a change's author has seen the row; `None`: nobody says. Who names a row has seen it made.
async fn seen(
    tx: &mut OrgTx,
    whom: &Whom,
    row: &Row,
    change: &Change,
    known: Known<'_>,
) -> Result<Option<Version>, Failure> {
    let made_by_them = row.created.actor == whom.actor;
    let seen = match (change.version, &change.clock, known) {
        // Whoever makes what they have made already has not heard that it is there.
        _ if change.operation == Operation::Create => Some(0),
        (None, Some(clock), Known::ByClock(client)) => {
            let writes = tx.writes(&[row.id]).await?.remove(&row.id).unwrap_or_default();
            Some(context(tx, whom, clock, client, &writes).await?)
        }
        (None, _, Known::At(0)) if !made_by_them => None,
        (Some(version), ..) | (None, _, Known::At(version)) => Some(version),
        _ => None,
    };
    Ok(seen.map(|seen| seen.clamp(row.created.ver, row.ver)))
}

/// What is to be done. `theirs`: the row as the author had it.
async fn operations(
    tx: &mut OrgTx,
    whom: &Whom,
    change: &Change,
    row: Option<&Row>,
    theirs: Option<&View>,
) -> Result<Vec<Op>, Failure> {
    let types = if change.body.contains_key("custom") { tx.field_types().await? } else { FieldTypes::new() };
    let invalid = |invalid: InvalidResource| Failure::from(InvalidChange::from(change.in_their_words(invalid)));
    match (change.operation, row) {
        // Whoever had it does not make it: it is gone.
        (Operation::Put, None) if change.version.is_some_and(|version| version > 0) => Err(Failure::NotFound),
        (Operation::Create | Operation::Put, None) => {
            let mut body = change.body.clone();
            // Whoever sends whole rows says what a new one cannot be otherwise.
            body.retain(|name, value| match name.as_str() {
                "deleted" => *value != json!(false),
                "relations" => *value != json!([]),
                _ => true,
            });
            place(tx, change.entity.kind(), &mut body).await?;
            Ok(vec![Op::Create(resource::create(change.entity, &body, &types).map_err(invalid)?)])
        }
        (Operation::Create, Some(row)) if row.created.actor != whom.actor => {
            Err(Failure::Refused(Refusal::AlreadyExists))
        }
        (_, None) => Err(Failure::NotFound),
        (Operation::Delete, Some(row)) => Ok(vec![Op::Delete(row.id)]),
        (_, Some(_)) => {
            let View { row: theirs, since } = theirs.ok_or(Failure::Bug("nobody knows what a row was"))?;
            let mut ops = resource::patch(theirs, &change.body, &types).map_err(invalid)?;
            for op in &mut ops {
                if let Op::TextEdit(edit) = op
                    && let Some(others) = since.get(&edit.field)
                {
                    edit.delta = others.transform(&edit.delta).map_err(misfit)?.1;
                }
            }
            ops.retain(|op| !matches!(op, Op::TextEdit(edit) if edit.delta.is_noop()));
            Ok(ops)
        }
    }
}

/// Where something new is put whose author has not said so: where its section or the task is that it is a part of, or in the
/// first project that they may change.
async fn place(tx: &mut OrgTx, kind: Kind, body: &mut Object) -> Result<(), Failure> {
    let named = |name: &str| body.get(name).and_then(Json::as_str).and_then(|id| id.parse::<Uuid>().ok());
    if !matches!(kind, Kind::Section | Kind::Task) || named("project").is_some() {
        return Ok(());
    }
    let beside = match (named("section"), named("parent")) {
        (Some(section), _) if kind == Kind::Task => tx.located(Kind::Section.of(section)).await?,
        (_, Some(task)) if kind == Kind::Task => tx.located(TaskId(task).into()).await?,
        _ => None,
    };
    let project = match beside.and_then(|one| one.row.place().project) {
        Some(project) => Some(project.0),
        None => first_project(tx).await?,
    };
    if let Some(project) = project {
        body.insert("project".to_owned(), json!(project));
    }
    Ok(())
}

async fn first_project(tx: &mut OrgTx) -> Result<Option<Uuid>, Failure> {
    let reader = tx.reader().ok_or(Failure::Bug("a member's transaction knows no member"))?;
    let states = tx.scopes().await?;
    let may = |scope: &Scope| {
        let right = states.get(&scope.gate()).and_then(|state| scope.right(&state.access, reader));
        right.is_some_and(|right| right >= Right::Edit)
    };
    let scopes: Vec<Scope> = states.keys().copied().filter(may).collect();
    let projects = tx.changes_of(&[Kind::Project], 0, &scopes, usize::MAX).await?;
    let stands = |one: &&Located| !one.row.life.is_deleted() && one.row.value(Field::Archived) != Value::Flag(true);
    let first = projects.iter().filter(stands).min_by_key(|one| one.row.created.ver);
    Ok(first.map(|one| one.row.id.uuid()))
}

/// What of a body a row says otherwise.
fn otherwise(body: &Object, row: &Row, deleted: bool) -> Vec<String> {
    let shown = resource::show(row);
    let differs = |(name, value): &(&String, &Json)| shown.get(*name).is_some_and(|shown| plain(shown) != plain(value));
    let fields = body.iter().filter(differs).map(|(name, _)| name.clone());
    let gone = row.life.is_deleted() && !deleted && !body.contains_key("deleted");
    fields.chain(gone.then(|| "deleted".to_owned())).collect()
}

/// Nothing is nothing however it is said, and lists have no order.
fn plain(json: &Json) -> Json {
    match json {
        Json::Array(all) if all.is_empty() => Json::Null,
        Json::String(text) if text.is_empty() => Json::Null,
        Json::Array(all) => {
            let mut all: Vec<String> = all.iter().map(Json::to_string).collect();
            all.sort_unstable();
            json!(all)
        }
        other => other.clone(),
    }
}

/// The version up to which somebody knows all that was written to a row.
async fn context(
    tx: &mut OrgTx,
    whom: &Whom,
    clock: &VectorClock<String>,
    client: &str,
    writes: &[Stamp],
) -> Result<Version, Failure> {
    let names = names(tx, writes, (whom.ids.space, client)).await?;
    let known = |stamp: &Stamp| names.get(&stamp.actor).map_or(0, |name| clock.last(name));
    let by_actor: VectorClock = writes.iter().map(|stamp| (stamp.actor, known(stamp))).collect();
    Ok(by_actor.context(writes))
}

/// The clocks of rows: of all that was written to each. `own`: what a client is called here, and what it calls itself.
pub(super) async fn clocks(
    tx: &mut OrgTx,
    rows: &[EntityId],
    own: (Uuid, &str),
) -> Result<BTreeMap<EntityId, VectorClock<String>>, Failure> {
    let writes = tx.writes(rows).await?;
    let all: Vec<Stamp> = writes.values().flatten().copied().collect();
    let names = names(tx, &all, own).await?;
    let clock = |writes: Vec<Stamp>| writes.iter().collect::<VectorClock>().renamed(|actor| names.get(&actor).cloned());
    Ok(writes.into_iter().map(|(id, writes)| (id, clock(writes))).collect())
}

/// What a client knows of a row after its change: all of it, or what it knew and what it has written.
async fn clock_after(
    tx: &mut OrgTx,
    whom: &Whom,
    row: &Row,
    known: Option<VectorClock<String>>,
    client: &str,
    others: bool,
) -> Result<VectorClock<String>, Failure> {
    let mut clocks = clocks(tx, &[row.id], (whom.ids.space, client)).await?;
    let whole = clocks.remove(&row.id).unwrap_or_default();
    if !others {
        return Ok(whole);
    }
    let mut clock = known.unwrap_or_default();
    let own = client.to_owned();
    clock.merge([(own.clone(), whole.last(&own))].into_iter().collect());
    Ok(clock)
}

async fn names(tx: &mut OrgTx, writes: &[Stamp], (id, client): (Uuid, &str)) -> Result<BTreeMap<u32, String>, Failure> {
    let mut actors: Vec<u32> = writes.iter().map(|stamp| stamp.actor).collect();
    actors.sort_unstable();
    actors.dedup();
    let authors = tx.authors(&actors).await?;
    let name = |actor: u32| match authors.get(&actor) {
        Some((_, device, _)) if device.0 == id => client.to_owned(),
        Some((_, device, _)) => device.to_string(),
        None => SERVER.to_owned(),
    };
    Ok(actors.into_iter().map(|actor| (actor, name(actor))).collect())
}
