//! What a client lacks, with the time that it hands back.

use shared::clock::{Stamp, Version};
use shared::field::Field;
use shared::ids::{EntityId, Kind};
use shared::register::Reg;
use shared::row::Row;
use shared::scope::Scope;
use shared::value::Value;

use super::super::Failure;
use super::since::Since;
use crate::db::OrgTx;
use crate::domain::earlier::{self, Moment, Words};
use crate::domain::pull::{Located, Open, cut, cut_to};
use crate::domain::resource::Object;

/// A row that has changed, or is there no more.
#[derive(Clone, Debug)]
pub struct EarlierRow {
    pub id: EntityId,
    /// `None`: it has gone where who asks may not look.
    pub row: Option<Row>,
}

impl EarlierRow {
    /// In a client's words.
    pub fn show(&self, words: Words) -> Object {
        self.row.as_ref().map_or_else(|| earlier::gone(self.id), |row| earlier::show(row, words))
    }

    fn is_deleted(&self) -> bool {
        self.row.as_ref().is_none_or(|row| row.life.is_deleted())
    }
}

/// What has changed.
#[derive(Clone, Debug)]
pub struct EarlierPage {
    pub rows: Vec<EarlierRow>,
    pub words: Words,
    /// For the next question.
    pub last_sync: String,
    pub has_more: bool,
}

impl EarlierPage {
    /// The rows as the client is shown them.
    pub fn items(&self) -> Vec<Object> {
        self.rows.iter().map(|row| row.show(self.words)).collect()
    }
}

/// What changed of some kinds since; so many rows at most, where that is said, unless more have one moment.
pub(super) async fn page(
    tx: &mut OrgTx,
    kinds: &[Kind],
    words: Words,
    since: &Since,
    limit: Option<usize>,
) -> Result<EarlierPage, Failure> {
    let reader = tx.reader().ok_or(Failure::Bug("a member's transaction knows no member"))?;
    let open = Open::to(reader, tx.scopes().await?);
    let scopes = open.all();
    let (rows, end) = changed(tx, kinds, &scopes, since, limit).await?;
    let (until, moment) = match end {
        Some(end) => end,
        None => (tx.org_clock().await?.ver, tx.last_moment().await?),
    };
    let row = |one: Located| EarlierRow { id: one.row.id, row: Some(one.row) };
    let mut rows: Vec<EarlierRow> = rows.into_iter().map(row).collect();
    if since.from == 0 {
        // Of what it never had, a client need not hear that it is gone.
        rows.retain(|row| !row.is_deleted());
    } else {
        let left = tx.left(since.from, until, &scopes).await?;
        rows.extend(left.into_iter().filter(|id| kinds.contains(&id.kind())).map(|id| EarlierRow { id, row: None }));
        let opened = opened(tx, reader.user.into(), &open, (since.from, until)).await?;
        let before = tx.changes_of(kinds, 0, &opened, usize::MAX).await?;
        rows.extend(before.into_iter().filter(|one| one.pos <= since.from).map(row));
    }
    Ok(EarlierPage { rows, words, last_sync: moment.to_string(), has_more: end.is_some() })
}

/// Rows in their order, and where they end if more follow: at a version with its moment.
async fn changed(
    tx: &mut OrgTx,
    kinds: &[Kind],
    scopes: &[Scope],
    since: &Since,
    limit: Option<usize>,
) -> Result<(Vec<Located>, Option<(Version, Moment)>), Failure> {
    let Some(limit) = limit else { return Ok((tx.changes_of(kinds, since.from, scopes, usize::MAX).await?, None)) };
    let mut most = limit;
    loop {
        let mut rows = tx.changes_of(kinds, since.from, scopes, most.saturating_add(1)).await?;
        let follows = if most == limit { cut(&mut rows, most) } else { cut_to(&mut rows, most, usize::MAX) };
        if follows.is_none() {
            return Ok((rows, None));
        }
        // What came along with another row has no moment of its own.
        if let Some(last) = rows.iter().rposition(|one| one.row.ver == one.pos) {
            let (id, ver) = (rows[last].row.id, rows[last].pos);
            if let Some(moment) = tx.moment_of(id, ver).await?.filter(|moment| *moment > since.beyond) {
                rows.truncate(rows.partition_point(|one| one.pos <= ver));
                return Ok((rows, Some((ver, moment))));
            }
        }
        most = most.saturating_mul(2);
    }
}

/// The scopes that were opened to a member between two versions, as far as they are open now: what is in them may be older.
async fn opened(
    tx: &mut OrgTx,
    member: EntityId,
    open: &Open,
    (after, until): (Version, Version),
) -> Result<Vec<Scope>, Failure> {
    let within = |stamp: &Stamp| after < stamp.ver && stamp.ver <= until;
    let written = |row: &Row, field: Field| {
        let siblings = row.values.get(&field).map(Reg::siblings).unwrap_or_default();
        siblings.iter().any(|one: &shared::register::Sibling<Value>| within(&one.stamp))
    };
    let scopes = open.all();
    if tx.located(member).await?.is_some_and(|one| written(&one.row, Field::Role)) {
        return Ok(scopes);
    }
    let projects = tx.changes_of(&[Kind::Project], after, &scopes, usize::MAX).await?;
    let mine = Field::Access(shared::ids::UserId(member.uuid()));
    let opened = projects.iter().filter(|one| written(&one.row, Field::Private) || written(&one.row, mine));
    let opened: Vec<EntityId> = opened.map(|one| one.row.id).collect();
    let of = |scope: &Scope| match scope.gate() {
        Scope::Project(project) => opened.contains(&project.into()),
        _ => false,
    };
    Ok(scopes.into_iter().filter(of).collect())
}
