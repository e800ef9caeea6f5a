//! A pull: what a device lacks, read at one moment.

use std::collections::BTreeMap;

use shared::clock::{Counter, Version};
use shared::field::TextField;
use shared::ids::Epoch;
use shared::limits::ROWS_PER_PULL;
use shared::protocol::{LastMutation, PullPage, PullRequest, PullResponse, PulledRow, RefusedMutation, SCHEMA};
use shared::row::{Row, TextLog};
use shared::text::TextChange;

use super::lineage::Lineage;
use super::push::{OrgClock, TextKey};

/// What to read for a pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// The device's data cannot be brought up to date by changes.
    Reset { epoch: Epoch },
    /// One page.
    Page(Wanted),
}

/// What a page is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Rows with a later version, in the order of their versions.
    pub after: Version,
    /// At most so many: one more than a page holds, to know whether another follows.
    pub rows: usize,
    /// Of the texts of the page's rows, the changes after this version.
    pub seen: Version,
    /// The device's refused mutations after this number.
    pub confirmed: Counter,
}

/// The client is older or newer than this server understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PullProblem {
    #[error(
        "This server speaks schema {SCHEMA}, the request is of schema {0}. Reload the app to get its newest version."
    )]
    Schema(u16),
}

/// Checks what can be checked before anything is read.
pub fn check(request: &PullRequest) -> Result<(), PullProblem> {
    if request.schema == SCHEMA { Ok(()) } else { Err(PullProblem::Schema(request.schema)) }
}

/// Says what to read. A device that has data of another epoch, or of a future that a restore has undone, starts anew;
/// one that has none gets the first page.
pub fn plan(org: &OrgClock, request: &PullRequest) -> Result<Plan, PullProblem> {
    check(request)?;
    let fresh = request.epoch.is_none() || request.cursor == 0;
    let foreign = request.epoch.is_some_and(|epoch| epoch != org.epoch);
    // What was deleted before the floor, and is gone for good, cannot be told any more to one that has not seen it.
    let forgotten = !fresh && request.seen.max(request.since) < org.floor;
    if foreign || forgotten || (!fresh && request.cursor > org.ver) {
        return Ok(Plan::Reset { epoch: org.epoch });
    }
    let after = if fresh { 0 } else { request.cursor };
    // What a device holds in the middle of its first fetch, it got after that had begun.
    let seen = if fresh { 0 } else { request.seen.max(request.since).min(org.ver) };
    Ok(Plan::Page(Wanted { after, rows: ROWS_PER_PULL + 1, seen, confirmed: request.confirmed }))
}

/// The texts of a row whose changes the page needs, and the version after which.
pub fn texts(row: &Row, wanted: &Wanted, lineage: &Lineage) -> Vec<(TextKey, Version)> {
    let own = lineage.owns(row.created.actor, row.created.ctr);
    let after = if own && row.created.ctr > wanted.confirmed {
        // The device has it as it made it, and edits that were made on that.
        row.created.ver
    } else if !own && row.created.ver > wanted.after {
        // The device has never had it, and cannot have edited it.
        return Vec::new();
    } else {
        wanted.seen
    };
    let on = TextField::ALL.into_iter().filter(|field| field.is_on(row.id.kind()));
    on.map(|field| ((row.id, field), after)).collect()
}

/// What was read, all of it at one moment.
#[derive(Clone, Debug)]
pub struct PullInput {
    pub org: OrgClock,
    pub last: LastMutation,
    /// As [`Wanted::after`] and [`Wanted::rows`] say.
    pub rows: Vec<Row>,
    /// As [`Wanted::seen`] says, in the server's order.
    pub texts: BTreeMap<TextKey, Vec<TextChange>>,
    /// As [`Wanted::confirmed`] says, in the order of their numbers.
    pub refused: Vec<RefusedMutation>,
}

/// Puts a page together.
pub fn page(input: PullInput) -> PullResponse {
    let PullInput { org, last, mut rows, mut texts, refused } = input;
    let more = rows.len() > ROWS_PER_PULL;
    rows.truncate(ROWS_PER_PULL);
    // The last page reaches to the snapshot: what was not there then has a later version.
    let cursor = rows.last().filter(|_| more).map_or(org.ver, |row| row.ver);
    let mut logs: BTreeMap<_, Vec<TextLog>> = BTreeMap::new();
    while let Some(((entity, field), changes)) = texts.pop_first() {
        logs.entry(entity).or_default().push(TextLog { field, changes });
    }
    let pulled = |row: Row| PulledRow { texts: logs.remove(&row.id).unwrap_or_default(), row };
    PullResponse::Page(PullPage {
        epoch: org.epoch,
        rows: rows.into_iter().map(pulled).collect(),
        cursor,
        snapshot: org.ver,
        more,
        last_mutation: last,
        refused,
        checksum: org.checksum,
        floor: org.floor,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::clock::Stamp;
    use shared::hash::Checksum;
    use shared::ids::{EntityId, ProjectId};
    use shared::text::Delta;
    use uuid::Uuid;

    fn org(ver: Version) -> OrgClock {
        OrgClock { epoch: Epoch(Uuid::from_u128(9)), ver, checksum: Checksum::default(), floor: 0 }
    }

    fn request(epoch: Option<Epoch>, cursor: Version) -> PullRequest {
        PullRequest { schema: SCHEMA, actor: 2, epoch, cursor, seen: cursor, since: 0, confirmed: 4 }
    }

    fn row(ver: Version) -> Row {
        let created = Stamp { actor: 2, ctr: 1, ver, ctx: 0, at: 0 };
        Row::new(ProjectId(Uuid::from_u128(ver.into())).into(), created)
    }

    fn input(org: OrgClock, rows: Vec<Row>) -> PullInput {
        PullInput { org, last: LastMutation::default(), rows, texts: BTreeMap::new(), refused: Vec::new() }
    }

    #[test]
    fn a_device_with_data_of_another_life_starts_anew() {
        let (org, other) = (org(5), Epoch(Uuid::from_u128(8)));
        let reset = Ok(Plan::Reset { epoch: org.epoch });
        assert_eq!(plan(&org, &request(Some(other), 3)), reset);
        assert_eq!(plan(&org, &request(Some(org.epoch), 6)), reset);
        assert!(matches!(plan(&org, &request(Some(org.epoch), 5)), Ok(Plan::Page(wanted)) if wanted.after == 5));
    }

    #[test]
    fn a_device_without_data_gets_everything() {
        let Ok(Plan::Page(wanted)) = plan(&org(5), &request(None, 99)) else { panic!("no page") };
        assert_eq!((wanted.after, wanted.seen, wanted.confirmed), (0, 0, 4));
    }

    #[test]
    fn a_device_that_missed_deletions_for_good_starts_anew() {
        let org = OrgClock { floor: 4, ..org(9) };
        let request = |cursor, seen, since| PullRequest { cursor, seen, since, ..request(Some(org.epoch), 0) };
        let page = |request| matches!(plan(&org, &request), Ok(Plan::Page(_)));
        assert!(!page(request(3, 3, 1)) && page(request(4, 4, 1)));
        // In the middle of its first fetch: what it has not got yet cannot be missing.
        assert!(page(request(0, 0, 0)) && page(request(2, 0, 8)) && !page(request(2, 0, 3)));
    }

    #[test]
    fn a_client_of_another_schema_is_told_so() {
        let request = PullRequest { schema: 9, ..request(None, 0) };
        assert_eq!(plan(&org(0), &request), Err(PullProblem::Schema(9)));
    }

    #[test]
    fn the_last_page_reaches_to_the_snapshot() {
        let PullResponse::Page(last) = page(input(org(9), vec![row(3), row(7)])) else { panic!("reset") };
        assert_eq!((last.rows.len(), last.cursor, last.snapshot, last.more), (2, 9, 9, false));
    }

    #[test]
    fn a_full_page_ends_at_its_last_row() {
        let rows = (1..=ROWS_PER_PULL as u64 + 1).map(row).collect();
        let PullResponse::Page(first) = page(input(org(5_000), rows)) else { panic!("reset") };
        assert_eq!((first.rows.len(), first.cursor, first.more), (ROWS_PER_PULL, ROWS_PER_PULL as u64, true));
    }

    #[test]
    fn each_row_brings_the_changes_of_its_texts() {
        let change = TextChange { ver: 7, actor: 3, ctr: 1, delta: Delta::between("", "P") };
        let key: (EntityId, _) = (row(7).id, TextField::Name);
        let texts = BTreeMap::from([(key, vec![change.clone()])]);
        let PullResponse::Page(page) = page(PullInput { texts, ..input(org(9), vec![row(3), row(7)]) }) else {
            panic!("reset")
        };
        assert!(page.rows[0].texts.is_empty());
        assert_eq!(page.rows[1].texts, [TextLog { field: TextField::Name, changes: vec![change] }]);
    }
}
