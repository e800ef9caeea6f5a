//! A pull: what a device lacks, read at one moment. Either what has changed in the scopes that it follows, or what has
//! been there for long in those that it follows only now.

use std::collections::{BTreeMap, BTreeSet};

use shared::clock::{Counter, Version};
use shared::field::TextField;
use shared::hash::Checksum;
use shared::ids::EntityId;
use shared::limits::{BYTES_PER_PULL, ROWS_PER_PULL};
use shared::protocol::{
    Fill, FillPage, FillPlace, LastMutation, PullPage, PullRequest, PullResponse, PulledRow, RefusedMutation, SCHEMA,
};
use shared::row::{Row, TextLog};
use shared::scope::{Reader, Scope};
use shared::text::TextChange;

use super::lineage::Lineage;
use super::push::{OrgClock, ScopeState, TextKey};

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

/// Whether the device's data cannot be brought up to date by changes: it is of another epoch, of a future that a
/// restore has undone, or so old that deletions it has not heard of are forgotten.
pub fn must_reset(org: &OrgClock, request: &PullRequest) -> bool {
    let fresh = request.epoch.is_none() || request.cursor == 0;
    let foreign = request.epoch.is_some_and(|epoch| epoch != org.epoch);
    foreign || (!fresh && (request.seen < org.floor || request.cursor > org.ver))
}

/// The scopes of an organization as one member meets them.
#[derive(Clone, Debug, Default)]
pub struct Open {
    states: BTreeMap<Scope, ScopeState>,
}

impl Open {
    /// Of all scopes those that are open to a reader.
    pub fn to(reader: Reader, states: BTreeMap<Scope, ScopeState>) -> Self {
        let open = |scope: &Scope| {
            let gate = states.get(&scope.gate());
            gate.is_some_and(|gate| scope.right(&gate.access, reader).is_some())
        };
        let closed: BTreeSet<Scope> = states.keys().copied().filter(|scope| !open(scope)).collect();
        let mut states = states;
        states.retain(|scope, _| !closed.contains(scope));
        Self { states }
    }

    /// Of the scopes that a device names those that are open, each once, in its order.
    pub fn of(&self, named: &[Scope]) -> Vec<Scope> {
        let mut once = BTreeSet::new();
        named.iter().copied().filter(|scope| self.states.contains_key(scope) && once.insert(*scope)).collect()
    }

    /// All scopes that are open.
    pub fn all(&self) -> Vec<Scope> {
        self.states.keys().copied().collect()
    }

    /// Whether a scope is open.
    pub fn has(&self, scope: Scope) -> bool {
        self.states.contains_key(&scope)
    }

    /// The question that is to be answered: that for changes, where old rows are asked for of what is not open. Left
    /// out, they would count as fetched; a page of changes tells.
    pub fn question(&self, request: &PullRequest) -> PullRequest {
        let open = |fill: &Fill| fill.scopes.iter().all(|scope| self.states.contains_key(scope));
        PullRequest { fill: request.fill.clone().filter(open), ..request.clone() }
    }

    fn checksum(&self, scopes: &[Scope]) -> Checksum {
        let mut sum = Checksum::default();
        scopes.iter().filter_map(|scope| self.states.get(scope)).for_each(|state| sum.join(state.checksum));
        sum
    }

    /// All of them, where a device follows others.
    pub fn other_than(&self, followed: &[Scope]) -> Option<Vec<Scope>> {
        let followed: BTreeSet<_> = followed.iter().collect();
        (!self.states.keys().eq(followed)).then(|| self.states.keys().copied().collect())
    }
}

/// A row where it is.
#[derive(Clone, Debug)]
pub struct Located {
    pub row: Row,
    pub scope: Scope,
    /// The version with which it last changed, or came into its scope.
    pub pos: Version,
    /// How much it is to read.
    pub bytes: usize,
}

/// One more than a page holds, to know whether another follows.
pub const ROWS: usize = ROWS_PER_PULL + 1;

/// Cuts what was read, at most [`ROWS`] and those of the last one's version, to a page. Returns where the page ends, if
/// something follows. Rows of one version stay together.
pub fn cut(rows: &mut Vec<Located>, most: usize) -> Option<Version> {
    cut_to(rows, most, BYTES_PER_PULL)
}

/// The same with another limit for the bytes.
pub fn cut_to(rows: &mut Vec<Located>, most: usize, most_bytes: usize) -> Option<Version> {
    let mut bytes = 0_usize;
    let heavy = rows.iter().position(|one| {
        bytes = bytes.saturating_add(one.bytes);
        bytes > most_bytes
    });
    let next = heavy.unwrap_or(most).min(most).max(1);
    let pos = rows.get(next)?.pos;
    let before = rows.partition_point(|one| one.pos < pos);
    let end = if before > 0 { before } else { rows.partition_point(|one| one.pos <= pos) };
    let follows = end < rows.len();
    rows.truncate(end);
    rows.last().filter(|_| follows).map(|last| last.pos)
}

/// The texts of a row whose changes the page needs, and the version after which.
pub fn texts(row: &Row, request: &PullRequest, lineage: &Lineage) -> Vec<(TextKey, Version)> {
    let own = lineage.owns(row.created.actor, row.created.ctr);
    let after = if own && row.created.ctr > request.confirmed {
        // The device has it as it made it, and edits that were made on that.
        row.created.ver
    } else if request.fill.is_some() || (!own && row.created.ver > request.cursor) {
        // The device does not have it, and cannot have edited it.
        return Vec::new();
    } else {
        request.seen
    };
    let on = TextField::ALL.into_iter().filter(|field| field.is_on(row.id.kind()));
    on.map(|field| ((row.id, field), after)).collect()
}

/// What was read, all of it at one moment.
#[derive(Clone, Debug)]
pub struct PullInput<'a> {
    pub request: &'a PullRequest,
    pub org: OrgClock,
    pub open: Open,
    pub last: LastMutation,
    pub lineage: Lineage,
    pub rows: Vec<Located>,
    /// As [`texts`] says, in the server's order.
    pub texts: BTreeMap<TextKey, Vec<TextChange>>,
    /// The device's refused mutations after [`PullRequest::confirmed`].
    pub refused: Vec<RefusedMutation>,
}

/// Puts a page of changes together that ends at `end`, if something follows. Up to there `left` has gone to where the
/// device does not follow it.
pub fn page(input: PullInput<'_>, end: Option<Version>, left: Vec<EntityId>) -> PullResponse {
    let PullInput { request, org, open, last, lineage, rows, texts, refused } = input;
    let followed = open.of(&request.scopes);
    PullResponse::Page(PullPage {
        epoch: org.epoch,
        rows: pulled(rows, texts, &lineage, &request.scopes),
        left,
        open: open.other_than(&request.scopes),
        // The last page reaches to the snapshot: what was not there then has a later version.
        cursor: end.unwrap_or(org.ver),
        snapshot: org.ver,
        more: end.is_some(),
        last_mutation: last,
        refused,
        checksum: open.checksum(&followed),
        floor: org.floor,
    })
}

/// Where a fill goes on after a page that began at a place and, if something of its stage follows, ended at `end`.
pub fn go_on(from: FillPlace, end: Option<Version>) -> Option<FillPlace> {
    match end {
        Some(after) => Some(FillPlace { after, ..from }),
        None => from.stage.next().map(|stage| FillPlace { stage, after: 0 }),
    }
}

/// Puts a page of a fill together.
pub fn fill_page(input: PullInput<'_>, next: Option<FillPlace>) -> PullResponse {
    let PullInput { request, org, last, lineage, rows, texts, refused, .. } = input;
    let rows = pulled(rows, texts, &lineage, &request.scopes);
    PullResponse::Filled(FillPage { epoch: org.epoch, rows, snapshot: org.ver, last_mutation: last, refused, next })
}

fn pulled(
    rows: Vec<Located>,
    mut texts: BTreeMap<TextKey, Vec<TextChange>>,
    lineage: &Lineage,
    scopes: &[Scope],
) -> Vec<PulledRow> {
    lineage.claim(&mut texts);
    let mut logs: BTreeMap<_, Vec<TextLog>> = BTreeMap::new();
    while let Some(((entity, field), changes)) = texts.pop_first() {
        logs.entry(entity).or_default().push(TextLog { field, changes });
    }
    let numbers: BTreeMap<Scope, u32> = scopes.iter().copied().zip(0..).collect();
    let pulled = |one: Located| {
        let scope = *numbers.get(&one.scope)?;
        Some(PulledRow { texts: logs.remove(&one.row.id).unwrap_or_default(), row: one.row, scope })
    };
    rows.into_iter().filter_map(pulled).collect()
}

/// The device's refused mutations after this number are wanted, if it has made any.
pub fn wants_refused(request: &PullRequest, last: LastMutation) -> Option<Counter> {
    (last.n > request.confirmed).then_some(request.confirmed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::clock::Stamp;
    use shared::ids::{Epoch, ProjectId};
    use shared::protocol::Fill;
    use shared::scope::Stage;
    use shared::text::Delta;
    use uuid::Uuid;

    fn org(ver: Version) -> OrgClock {
        OrgClock { epoch: Epoch(Uuid::from_u128(9)), ver, floor: 0, restored: false }
    }

    fn request(epoch: Option<Epoch>, cursor: Version) -> PullRequest {
        PullRequest {
            schema: SCHEMA,
            actor: 2,
            epoch,
            cursor,
            seen: cursor,
            confirmed: 4,
            scopes: vec![Scope::Everyone],
            fill: None,
        }
    }

    fn located(pos: Version) -> Located {
        let created = Stamp { actor: 3, ctr: 1, ver: pos, ctx: 0, at: 0 };
        let row = Row::new(ProjectId(Uuid::from_u128(pos.into())).into(), created);
        Located { row, scope: Scope::Everyone, pos, bytes: 100 }
    }

    fn input(request: &PullRequest, ver: Version, rows: Vec<Located>) -> PullInput<'_> {
        let open = Open { states: BTreeMap::from([(Scope::Everyone, ScopeState::default())]) };
        PullInput {
            request,
            org: org(ver),
            open,
            last: LastMutation::default(),
            lineage: Lineage::new(request.actor, vec![(1, 5)]),
            rows,
            texts: BTreeMap::new(),
            refused: Vec::new(),
        }
    }

    fn whole(input: PullInput<'_>, end: Option<Version>) -> PullPage {
        match page(input, end, Vec::new()) {
            PullResponse::Page(page) => page,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_device_with_data_of_another_life_starts_anew() {
        let (org, other) = (org(5), Epoch(Uuid::from_u128(8)));
        assert!(must_reset(&org, &request(Some(other), 3)));
        assert!(must_reset(&org, &request(Some(org.epoch), 6)));
        assert!(!must_reset(&org, &request(Some(org.epoch), 5)));
        assert!(!must_reset(&org, &request(None, 99)));
    }

    #[test]
    fn a_device_that_missed_deletions_for_good_starts_anew() {
        let org = OrgClock { floor: 4, ..org(9) };
        let reset = |cursor, seen| must_reset(&org, &PullRequest { seen, ..request(Some(org.epoch), cursor) });
        assert!(reset(3, 3) && !reset(4, 4) && reset(5, 3));
        // What it has not got yet cannot be missing.
        assert!(!reset(0, 0));
    }

    #[test]
    fn a_client_of_another_schema_is_told_so() {
        let request = PullRequest { schema: 9, ..request(None, 0) };
        assert_eq!(check(&request), Err(PullProblem::Schema(9)));
    }

    #[test]
    fn the_last_page_reaches_to_the_snapshot() {
        let request = request(None, 0);
        let last = whole(input(&request, 9, vec![located(3), located(7)]), None);
        assert_eq!((last.rows.len(), last.cursor, last.snapshot, last.more), (2, 9, 9, false));
        assert_eq!(last.open, None);
    }

    #[test]
    fn a_full_page_ends_at_its_last_row() {
        let mut rows: Vec<Located> = (1..=5).map(located).collect();
        assert_eq!(cut(&mut rows, 3), Some(3));
        assert_eq!(rows.len(), 3);
        assert_eq!(cut(&mut rows, 3), None);
    }

    #[test]
    fn what_moved_with_one_version_stays_together() {
        let rows = |positions: &[Version]| -> Vec<Located> { positions.iter().copied().map(located).collect() };
        let mut between = rows(&[1, 2, 2, 2, 3]);
        assert_eq!((cut(&mut between, 2), between.len()), (Some(1), 1));
        let mut first = rows(&[2, 2, 2, 3]);
        assert_eq!((cut(&mut first, 2), first.len()), (Some(2), 3));
        let mut last = rows(&[2, 2, 2]);
        assert_eq!((cut(&mut last, 2), last.len()), (None, 3));
    }

    #[test]
    fn a_page_is_not_heavier_than_a_request_may_take() {
        let heavy = |pos| Located { bytes: BYTES_PER_PULL / 2 + 1, ..located(pos) };
        let mut rows: Vec<Located> = (1..=3).map(heavy).collect();
        assert_eq!((cut(&mut rows, 1_000), rows.len()), (Some(1), 1));
        let mut one = vec![Located { bytes: BYTES_PER_PULL * 2, ..located(1) }];
        assert_eq!((cut(&mut one, 1_000), one.len()), (None, 1));
    }

    #[test]
    fn a_device_that_follows_other_scopes_is_told_which_are_open() {
        let closed = Scope::Project(ProjectId(Uuid::nil()));
        let request = PullRequest { scopes: vec![closed], ..request(None, 0) };
        let mut row = located(3);
        row.scope = closed;
        let page = whole(input(&request, 9, Vec::new()), None);
        assert_eq!(page.open, Some(vec![Scope::Everyone]));
        assert_eq!(page.checksum, Checksum::default());
    }

    #[test]
    fn a_fill_goes_through_the_stages() {
        let at = |stage, after| FillPlace { stage, after };
        assert_eq!(go_on(at(Stage::Mine, 3), Some(7)), Some(at(Stage::Mine, 7)));
        assert_eq!(go_on(at(Stage::Mine, 3), None), Some(at(Stage::Open, 0)));
        assert_eq!(go_on(at(Stage::Done, 3), None), None);
    }

    #[test]
    fn a_branch_has_made_what_was_made_before_it() {
        // Actor 2 is a branch of 1, at its mutation 5; confirmed is 4.
        let changes = request(Some(org(9).epoch), 2);
        let place = Fill { scopes: vec![Scope::Everyone], until: 2, from: FillPlace::BEGIN };
        let fill = PullRequest { fill: Some(place), ..changes.clone() };
        let lineage = input(&changes, 9, Vec::new()).lineage;
        let after = |request: &PullRequest, actor, ctr| {
            let mut row = located(7).row;
            (row.created.actor, row.created.ctr) = (actor, ctr);
            texts(&row, request, &lineage).first().map(|(_, after)| *after)
        };
        for request in [&changes, &fill] {
            assert_eq!([(1, 5), (2, 6)].map(|(actor, n)| after(request, actor, n)), [Some(7); 2], "as it was made");
            assert_eq!([(1, 6), (3, 5)].map(|(actor, n)| after(request, actor, n)), [None; 2], "by somebody else");
        }
        assert_eq!((after(&changes, 1, 4), after(&fill, 1, 4)), (Some(2), None), "confirmed: an old row is a new one");
    }

    #[test]
    fn on_every_page_the_edits_of_a_branch_are_called_its_own() {
        let change = |ver, actor, ctr| TextChange { ver, actor, ctr, delta: Delta::between("", "P") };
        let key: (EntityId, _) = (located(7).row.id, TextField::Name);
        let texts = BTreeMap::from([(key, vec![change(7, 1, 5), change(8, 1, 6), change(9, 2, 6)])]);
        let request = request(None, 0);
        let input = || PullInput { texts: texts.clone(), ..input(&request, 9, vec![located(7)]) };
        let own = [change(7, 2, 5), change(8, 1, 6), change(9, 2, 6)];
        assert_eq!(whole(input(), None).rows[0].texts[0].changes, own);
        let PullResponse::Filled(page) = fill_page(input(), None) else { panic!("not a page of old rows") };
        assert_eq!(page.rows[0].texts[0].changes, own);
    }

    #[test]
    fn each_row_brings_the_changes_of_its_texts() {
        let request = request(None, 0);
        let change = TextChange { ver: 7, actor: 3, ctr: 1, delta: Delta::between("", "P") };
        let key: (EntityId, _) = (located(7).row.id, TextField::Name);
        let texts = BTreeMap::from([(key, vec![change.clone()])]);
        let page = whole(PullInput { texts, ..input(&request, 9, vec![located(3), located(7)]) }, None);
        assert!(page.rows[0].texts.is_empty());
        assert_eq!(page.rows[1].texts, [TextLog { field: TextField::Name, changes: vec![change] }]);
    }
}
