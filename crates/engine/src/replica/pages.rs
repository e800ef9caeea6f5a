//! The confirmed rows of a replica, page by page.

use std::collections::BTreeMap;
use std::sync::Arc;

use shared::clock::Counter;
use shared::ids::EntityId;

use super::Replica;
use crate::gone::Gone;
use crate::record::{BaseRow, Changes, Meta, ROWS_PER_PAGE, Record};
use crate::store::Table;

impl Replica {
    /// Plans pages that hold `rows` besides what is there, without what is gone. What is gone stays outside of every
    /// scope while changes of it wait.
    pub(crate) fn plan_pages(&self, meta: &mut Meta, rows: Vec<Arc<BaseRow>>, gone: &Gone) -> Changes {
        let waits = |id: EntityId| self.waiting_of(id).any(|n| n > gone.settled);
        let mut changed: BTreeMap<u64, Vec<Arc<BaseRow>>> = BTreeMap::new();
        let stored = |number: u64| -> Vec<Arc<BaseRow>> {
            let ids = self.pages.get(&number).into_iter().flatten();
            ids.filter_map(|id| self.base(*id).cloned()).collect()
        };
        let mut open = self.pages.last_key_value().filter(|(_, ids)| ids.len() < ROWS_PER_PAGE).map(|(n, _)| *n);
        for row in rows {
            if let Some(slot) = self.base.get(&row.row.id) {
                let page = changed.entry(slot.page).or_insert_with(|| stored(slot.page));
                if let Some(place) = page.iter_mut().find(|old| old.row.id == row.row.id) {
                    *place = row;
                    continue;
                }
            }
            let number = open.unwrap_or_else(|| {
                meta.next_page += 1;
                meta.next_page
            });
            let page = changed.entry(number).or_insert_with(|| stored(number));
            page.push(row);
            open = (page.len() < ROWS_PER_PAGE).then_some(number);
        }
        let all = (!gone.is_nothing() || !self.left.is_empty()).then_some(&self.pages);
        for (number, ids) in all.into_iter().flatten() {
            if ids.iter().filter_map(|id| self.base(*id)).any(|row| gone.covers(row)) {
                changed.entry(*number).or_insert_with(|| stored(*number));
            }
        }
        let record = |(number, mut rows): (u64, Vec<Arc<BaseRow>>)| {
            let stays = |row: &BaseRow| !gone.covers(row) || waits(row.row.id) || (gone.awaited && !gone.must_go(row));
            rows.retain(|row| stays(row));
            for row in rows.iter_mut().filter(|row| row.scope.is_some() && gone.covers(row)) {
                // Up to now everything that happened to it was told, but to one that has not come again.
                let told = row.generation == self.meta.generation;
                let snapshot = if told { row.snapshot.max(self.meta.seen) } else { row.snapshot };
                *row = Arc::new(BaseRow { scope: None, snapshot, ..BaseRow::clone(row) });
            }
            ((Table::Pages, number), (!rows.is_empty()).then_some(Record::Page(rows)))
        };
        changed.into_iter().map(record).collect()
    }

    /// Whether a row contains own mutations after `last`. Only rows of before a fetch of everything can, if that is what
    /// the server has handled.
    pub(crate) fn contains_after(&self, last: Counter) -> bool {
        self.meta.renewing && self.pages.values().flatten().any(|id| self.base(*id).is_some_and(|base| base.own > last))
    }

    /// Plans rows that contain none of the device's own mutations after `last`: those numbers are given anew.
    pub(crate) fn plan_own(&self, last: Counter) -> Changes {
        let later = |id: &EntityId| self.base(*id).is_some_and(|base| base.own > last);
        let pages = self.pages.iter().filter(|(_, ids)| ids.iter().any(later));
        let page = |(number, ids): (&u64, &Vec<EntityId>)| {
            let rows = ids.iter().filter_map(|id| self.base(*id).cloned());
            let rows =
                rows.map(|base| Arc::new(BaseRow { own: base.own.min(last), ..BaseRow::clone(&base) })).collect();
            ((Table::Pages, *number), Some(Record::Page(rows)))
        };
        pages.map(page).collect()
    }
}
