//! What concurrent changes have left for a person to decide.

use serde_json::Value as Json;
use shared::ids::{EntityId, Kind, MutationId, UserId};
use shared::row::Row;
use uuid::Uuid;

use super::super::resources::{actor_of, run};
use super::super::{Failure, Services};
use crate::db::OrgTx;
use crate::domain::earlier::{Conflict, InvalidChange, Side, conflicts};
use crate::domain::pull::Open;
use crate::domain::shelf::RowPlace;
use crate::member::Member;

/// Something that a person should decide, as one member meets it.
#[derive(Clone, Debug)]
pub struct Unsettled {
    pub conflict: Conflict,
    /// What this member meant, if they meant anything, and what somebody else did.
    pub local: UnsettledSide,
    pub remote: UnsettledSide,
    /// All of them, in the order in which they came.
    pub sides: Vec<UnsettledSide>,
}

/// What somebody meant.
#[derive(Clone, Debug)]
pub struct UnsettledSide {
    pub side: Side,
    /// Whose it is, and what their device is called; `None`: the server's own.
    pub author: Option<(UserId, String)>,
}

/// What is to be.
#[derive(Clone, Debug)]
pub enum Choice {
    Local,
    Remote,
    Custom(Json),
}

impl Services {
    /// What a person should decide of what is open to a member, and where the next page begins.
    pub async fn unsettled(
        &self,
        member: &Member,
        after: Option<RowPlace>,
        limit: usize,
    ) -> Result<(Vec<Unsettled>, Option<RowPlace>), Failure> {
        let mut tx = OrgTx::snapshot(&self.db, member).await?;
        let reading = self.shelves.open(&mut tx).await?;
        let wanted = |row: &Row| !conflicts(row).is_empty();
        let answer = reading.shelf.rows((Kind::Task, None), &reading.open, wanted, after, limit);
        let found: Vec<Conflict> = answer.rows.into_iter().flat_map(conflicts).collect();
        let next = answer.next;
        drop(reading);
        Ok((seen_by(&mut tx, member.user(), found).await?, next))
    }

    /// Decides one; the row afterwards.
    pub async fn settle(&self, member: &Member, id: Uuid, choice: &Choice) -> Result<Row, Failure> {
        let (mut tx, _) = OrgTx::in_line(&self.db, member).await?;
        let reading = self.shelves.open(&mut tx).await?;
        let wanted = |row: &Row| conflicts(row).iter().any(|one| one.id == id);
        let found =
            reading.shelf.rows((Kind::Task, None), &reading.open, wanted, None, 1).rows.first().map(|row| row.id);
        drop(reading);
        let row = current(&mut tx, found.ok_or(Failure::NoConflict)?).await?;
        let found: Vec<Conflict> = conflicts(&row).into_iter().filter(|one| one.id == id).collect();
        let found = seen_by(&mut tx, member.user(), found).await?;
        let Unsettled { conflict, local, remote, .. } = found.first().ok_or(Failure::NoConflict)?;
        let op = match choice {
            Choice::Local => conflict.settle(&local.side),
            Choice::Remote => conflict.settle(&remote.side),
            Choice::Custom(value) => conflict.settle_otherwise(value).map_err(InvalidChange::from)?,
        };
        let actor = actor_of(&mut tx, member).await?;
        run(&mut tx, actor, vec![op], None, |_| MutationId(Uuid::now_v7())).await?;
        let row = current(&mut tx, row.id).await?;
        tx.commit().await?;
        Ok(row)
    }
}

/// A row that is open to who asks, as it is.
async fn current(tx: &mut OrgTx, id: EntityId) -> Result<Row, Failure> {
    let reader = tx.reader().ok_or(Failure::Bug("a member's transaction knows no member"))?;
    let open = Open::to(reader, tx.scopes().await?);
    let row = tx.located(id).await?.filter(|one| open.has(one.scope)).map(|one| one.row);
    row.ok_or(Failure::NotFound)
}

async fn seen_by(tx: &mut OrgTx, me: UserId, found: Vec<Conflict>) -> Result<Vec<Unsettled>, Failure> {
    let actors: Vec<u32> = found.iter().flat_map(|one| &one.sides).map(|side| side.actor).collect();
    let authors = tx.authors(&actors).await?;
    let author = |side: &Side| authors.get(&side.actor).map(|(user, _, device)| (*user, device.clone()));
    let side = |side: &Side| UnsettledSide { side: side.clone(), author: author(side) };
    let meet = |conflict: Conflict| {
        let sides: Vec<UnsettledSide> = conflict.sides.iter().map(side).collect();
        let mine = |side: &UnsettledSide| side.author.as_ref().is_some_and(|(user, _)| *user == me);
        let local = sides.iter().rposition(mine).unwrap_or(0);
        let remote = (0..sides.len()).rev().find(|at| *at != local)?;
        let (local, remote) = (sides.get(local)?.clone(), sides.get(remote)?.clone());
        Some(Unsettled { conflict, local, remote, sides })
    };
    Ok(found.into_iter().filter_map(meet).collect())
}
