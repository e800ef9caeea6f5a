//! Clients of earlier systems: they name what they have seen by a time, a version or a vector clock, and what they change
//! becomes mutations as anybody's, each change done wholly or not at all and none spoiled by another.

mod change;
mod page;
mod since;
mod unsettled;

use serde_json::Value as Json;
use shared::account::DeviceInfo;
use shared::clock::{Actor, VectorClock, Version};
use shared::device::RenameDevice;
use shared::ids::{DeviceId, EntityId, Kind};
use shared::row::Row;
use uuid::Uuid;

use super::resources::{actor_of, side_actor};
use super::{Failure, Services};
use crate::db::OrgTx;
use crate::domain::earlier::{self, Ids, InvalidChange, KINDS, Operation, Words};
use crate::domain::resource::Object;
use crate::member::Member;
use change::Known;

pub use page::{EarlierPage, EarlierRow};
pub use unsettled::{Choice, Unsettled, UnsettledSide};

/// What came of one change.
#[derive(Debug)]
pub struct EarlierResult {
    /// What its author calls the row.
    pub local_id: Option<String>,
    pub kind: Option<Kind>,
    pub operation: Option<Operation>,
    pub came: Result<EarlierDone, Failure>,
}

/// A change that was made, now or before.
#[derive(Debug)]
pub struct EarlierDone {
    /// The row as it is now.
    pub row: Row,
    /// The version that its author has now: that of the row, unless others have changed it and there is a conflict.
    pub version: Option<Version>,
    pub conflict: Option<EarlierConflict>,
    /// What its author knows of the row now, if they name clocks.
    pub clock: VectorClock<String>,
}

/// Others have changed the row meanwhile: its author does not have it as it is.
#[derive(Debug)]
pub struct EarlierConflict {
    /// What the author has sent, as it was sent.
    pub sent: Object,
    /// What of that is otherwise now, in our words.
    pub fields: Vec<String>,
}

impl EarlierConflict {
    /// What the author should show instead of what was sent.
    pub fn suggested(&self, row: &Row, words: Words) -> Object {
        let shown = earlier::show(row, words);
        let one = |field: &String| words.field(field);
        self.fields.iter().map(one).filter_map(|name| Some((name.clone(), shown.get(&name)?.clone()))).collect()
    }
}

/// Both in one: what came of what was sent, and what the client lacks.
#[derive(Debug)]
pub struct EarlierSync {
    pub results: Vec<EarlierResult>,
    pub page: EarlierPage,
}

/// As whom a client changes rows, and what it calls them.
#[derive(Clone, Copy, Debug)]
struct Whom {
    actor: Actor,
    ids: Ids,
}

/// What a client works under: the same whatever token or session it comes with.
fn device_of(member: &Member, client: &str) -> Uuid {
    Uuid::new_v5(&member.user().0, format!("earlier {} {client}", member.org()).as_bytes())
}

/// A client that names itself counts as a device of its member's; one that does not, as what it bears.
async fn whom(tx: &mut OrgTx, member: &Member, client: Option<&str>) -> Result<Whom, Failure> {
    let Some(client) = client else {
        let actor = actor_of(tx, member).await?;
        return Ok(Whom { actor, ids: Ids { space: Uuid::new_v5(&member.device().0, b"earlier") } });
    };
    let id = device_of(member, client);
    let named = RenameDevice { name: client.to_owned() };
    let name = named.name().unwrap_or("API").to_owned();
    let actor = side_actor(tx, member, DeviceInfo { id: DeviceId(id), name }).await?;
    Ok(Whom { actor, ids: Ids { space: id } })
}

/// Characters of what a client calls itself.
const CLIENT_CHARS: usize = 200;

fn check_client(name: &'static str, client: &str) -> Result<(), Failure> {
    let fits =
        !client.trim().is_empty() && client.chars().count() <= CLIENT_CHARS && !client.chars().any(char::is_control);
    let expected = "a text of 1 to 200 characters";
    if fits { Ok(()) } else { Err(InvalidChange::Value { name, expected }.into()) }
}

impl Services {
    /// What changed of one kind of rows since a time that the client was given.
    pub async fn earlier_pull(
        &self,
        member: &Member,
        entity: &str,
        since: Option<&str>,
        limit: usize,
    ) -> Result<EarlierPage, Failure> {
        let (kind, words) = earlier::kind(entity)?;
        let mut tx = OrgTx::snapshot(&self.db, member).await?;
        let since = since::since(&mut tx, since).await?;
        page::page(&mut tx, &[kind], words, &since, Some(limit)).await
    }

    /// Makes changes of one kind of rows; each may name the version of the row that its author has.
    pub async fn earlier_push(
        &self,
        member: &Member,
        entity: &str,
        items: &[Json],
    ) -> Result<Vec<EarlierResult>, Failure> {
        let (kind, _) = earlier::kind(entity)?;
        let (mut tx, _) = OrgTx::in_line(&self.db, member).await?;
        let whom = whom(&mut tx, member, None).await?;
        let sent = items.iter().map(|item| earlier::read(item, Some(kind), &whom.ids, ""));
        let results = change::change_all(&mut tx, &whom, sent.collect(), Known::Present).await?;
        tx.commit().await?;
        Ok(results)
    }

    /// Makes changes of a client that has seen everything up to a time it was given, and says what it lacks since then.
    pub async fn earlier_sync(
        &self,
        member: &Member,
        client: &str,
        since: Option<&str>,
        changes: &[Json],
        words: Words,
    ) -> Result<EarlierSync, Failure> {
        check_client(if words == earlier::SPACES { "deviceId" } else { "client_id" }, client)?;
        if changes.is_empty() {
            let mut tx = OrgTx::snapshot(&self.db, member).await?;
            let since = since::since(&mut tx, since).await?;
            let page = page::page(&mut tx, &KINDS, words, &since, None).await?;
            return Ok(EarlierSync { results: Vec::new(), page });
        }
        let (mut tx, _) = OrgTx::in_line(&self.db, member).await?;
        let named = since.unwrap_or_default();
        let since = since::since(&mut tx, since).await?;
        let whom = whom(&mut tx, member, Some(client)).await?;
        let sent = changes.iter().map(|one| earlier::read(one, None, &whom.ids, named));
        let results = change::change_all(&mut tx, &whom, sent.collect(), Known::At(since.seen)).await?;
        let page = page::page(&mut tx, &KINDS, words, &since, None).await?;
        tx.commit().await?;
        Ok(EarlierSync { results, page })
    }

    /// Makes changes of a client that says by vector clocks what it knows of each row.
    pub async fn earlier_push_clocks(
        &self,
        member: &Member,
        client: &str,
        entities: &[Json],
    ) -> Result<Vec<EarlierResult>, Failure> {
        check_client("client_id", client)?;
        let (mut tx, _) = OrgTx::in_line(&self.db, member).await?;
        let whom = whom(&mut tx, member, Some(client)).await?;
        let sent = entities.iter().map(|one| earlier::read(one, None, &whom.ids, ""));
        let results = change::change_all(&mut tx, &whom, sent.collect(), Known::ByClock(client)).await?;
        tx.commit().await?;
        Ok(results)
    }

    /// What changed of some kinds of rows since a time that the client was given, with the vector clock of each.
    pub async fn earlier_pull_clocks(
        &self,
        member: &Member,
        client: &str,
        kinds: &[Kind],
        since: Option<&str>,
        limit: usize,
    ) -> Result<(EarlierPage, Vec<VectorClock<String>>), Failure> {
        check_client("client_id", client)?;
        let mut tx = OrgTx::snapshot(&self.db, member).await?;
        let since = since::since(&mut tx, since).await?;
        let page = page::page(&mut tx, kinds, earlier::SNAKE, &since, Some(limit)).await?;
        let rows: Vec<EntityId> = page.rows.iter().map(|row| row.id).collect();
        let own = (device_of(member, client), client);
        let mut clocks = change::clocks(&mut tx, &rows, own).await?;
        let clocks = rows.iter().map(|id| clocks.remove(id).unwrap_or_default()).collect();
        Ok((page, clocks))
    }
}
