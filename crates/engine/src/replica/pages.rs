//! The confirmed rows of a replica, page by page.
//!
//! A row that changes goes to the newest page, so that what a pull brings is written in few records, however far apart
//! its rows were. The page where it was keeps the old copy until half of its rows have gone that way; then the others
//! follow, and the page goes. Of several copies that in the newest page counts. So the number of a row's page never falls,
//! and a row that leaves the device leaves every page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shared::clock::{Counter, Version};
use shared::ids::EntityId;

use super::Replica;
use crate::gone::Gone;
use crate::record::{BaseRow, Changes, Meta, ROWS_PER_PAGE, Record};
use crate::store::Table;

/// A page with no more rows than these that count is given up.
const WORTH_KEEPING: usize = ROWS_PER_PAGE / 2;

/// Pages that are to be written, with all the rows that they are to hold.
struct Writing<'a> {
    replica: &'a Replica,
    /// The newest page before, and now.
    first: u64,
    newest: u64,
    pages: BTreeMap<u64, Vec<Arc<BaseRow>>>,
    /// The rows that are in a newer page from now on.
    moved: BTreeSet<EntityId>,
}

impl<'a> Writing<'a> {
    fn new(replica: &'a Replica, newest: u64) -> Self {
        Self { replica, first: newest, newest, pages: BTreeMap::new(), moved: BTreeSet::new() }
    }

    /// The rows of a page that have not moved.
    fn rows_of(&self, number: u64) -> impl Iterator<Item = &'a Arc<BaseRow>> {
        self.replica.rows_of(number).filter(|base| !self.moved.contains(&base.row.id))
    }

    /// A page, to be written anew.
    fn page(&mut self, number: u64) -> &mut Vec<Arc<BaseRow>> {
        if !self.pages.contains_key(&number) {
            let rows = self.rows_of(number).cloned().collect();
            self.pages.insert(number, rows);
        }
        self.pages.entry(number).or_default()
    }

    /// Puts a row into the newest page, if it is not in that already.
    fn put(&mut self, row: Arc<BaseRow>) {
        let (id, first) = (row.row.id, self.first);
        if self.replica.page_of(id) == Some(first)
            && let Some(old) = self.page(first).iter_mut().find(|old| old.row.id == id)
        {
            *old = row;
        } else {
            self.append(row);
        }
    }

    fn append(&mut self, row: Arc<BaseRow>) {
        if self.newest == 0 || self.page(self.newest).len() >= ROWS_PER_PAGE {
            self.newest += 1;
        }
        self.moved.insert(row.row.id);
        self.pages.entry(self.newest).or_default().push(row);
    }

    /// Gives up the pages that few rows are left in.
    fn give_up(&mut self) {
        let replica = self.replica;
        let left: BTreeSet<u64> = self.moved.iter().filter_map(|id| replica.page_of(*id)).collect();
        for number in left {
            let rows: Vec<_> = self.rows_of(number).take(WORTH_KEEPING + 1).cloned().collect();
            if rows.len() <= WORTH_KEEPING {
                for row in rows {
                    self.append(row);
                }
                self.pages.insert(number, Vec::new());
            }
        }
    }
}

impl Replica {
    /// Plans pages that hold `rows` besides what is there, without what is gone. What is gone stays outside of every
    /// scope while changes of it wait.
    pub(crate) fn plan_pages(&self, meta: &mut Meta, rows: Vec<Arc<BaseRow>>, gone: &Gone) -> Changes {
        let waits = |id: EntityId| self.waiting_of(id).any(|n| n > gone.settled);
        let stays = |row: &BaseRow| !gone.covers(row) || waits(row.row.id) || (gone.awaited && !gone.must_go(row));
        let mut leaving: BTreeSet<EntityId> = rows.iter().filter(|row| !stays(row)).map(|row| row.row.id).collect();
        let mut writing = Writing::new(self, meta.next_page);
        for row in rows {
            writing.put(row);
        }
        writing.give_up();
        if !gone.is_nothing() || !self.left.is_empty() {
            let covered = self.base.values().map(|slot| &slot.base).filter(|base| gone.covers(base));
            leaving.extend(covered.map(|base| base.row.id));
        }
        if !leaving.is_empty() {
            for (number, ids) in &self.pages {
                if ids.iter().any(|id| leaving.contains(id)) {
                    writing.page(*number);
                }
            }
        }
        meta.next_page = writing.newest;
        let record = |(number, mut rows): (u64, Vec<Arc<BaseRow>>)| {
            rows.retain(|row| stays(row));
            for row in rows.iter_mut().filter(|row| row.scope.is_some() && gone.covers(row)) {
                // Up to now everything that happened to it was told, but to one that has not come again.
                let told = row.generation == self.meta.generation;
                let snapshot = if told { row.snapshot.max(self.meta.seen) } else { row.snapshot };
                *row = Arc::new(BaseRow { scope: None, snapshot, ..BaseRow::clone(row) });
            }
            ((Table::Pages, number), (!rows.is_empty()).then_some(Record::Page(rows)))
        };
        // The newest first: what has moved is in its new place before it leaves the old one.
        writing.pages.into_iter().rev().map(record).collect()
    }

    /// The page that a row is in.
    fn page_of(&self, id: EntityId) -> Option<u64> {
        self.base.get(&id).map(|slot| slot.page)
    }

    /// The rows that are in a page, without old copies of those that are in a newer one.
    fn rows_of(&self, number: u64) -> impl Iterator<Item = &Arc<BaseRow>> {
        let ids = self.pages.get(&number).into_iter().flatten();
        ids.filter_map(move |id| self.base.get(id).filter(|slot| slot.page == number)).map(|slot| &slot.base)
    }

    /// Whether a row contains own mutations after `last`. Only rows of before a fetch of everything can, if that is what
    /// the server has handled.
    pub(crate) fn contains_after(&self, last: Counter) -> bool {
        self.meta.renewing && self.base.values().any(|slot| slot.base.own > last)
    }

    /// The latest version that a row is known to contain.
    pub(crate) fn latest_snapshot(&self) -> Version {
        self.base.values().map(|slot| slot.base.snapshot).max().map_or(0, |latest| latest.max(self.meta.seen))
    }

    /// Plans rows that contain none of the device's own mutations after `last`: those numbers are given anew.
    pub(crate) fn plan_own(&self, last: Counter) -> Changes {
        let pages = self.pages.keys().filter(|number| self.rows_of(**number).any(|base| base.own > last));
        let page = |number: &u64| {
            let own = |base: &Arc<BaseRow>| BaseRow { own: base.own.min(last), ..BaseRow::clone(base) };
            let rows = self.rows_of(*number).map(|base| Arc::new(own(base))).collect();
            ((Table::Pages, *number), Some(Record::Page(rows)))
        };
        pages.map(page).collect()
    }
}
