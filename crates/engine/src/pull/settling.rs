//! What a confirmed row is, of which the page that confirms own changes says nothing.
//!
//! A row that this device follows contains what the server accepted, for a page has brought it. One that has left, that
//! leaves now, or that never came, does not: what was accepted of it is nowhere but in the outbox, which lets go of it.
//! So it is settled here: the row takes in what was accepted, and the edits that still wait are of that.

use std::collections::BTreeSet;
use std::sync::Arc;

use shared::clock::Counter;
use shared::ids::EntityId;
use shared::merge;
use shared::protocol::{PulledRow, RefusedMutation};
use shared::text::{Delta, TextError, rebase};

use super::taking::{Taking, without_refused};
use crate::gone::Gone;
use crate::record::BaseRow;

impl Taking<'_> {
    /// Settles the rows that the page does not bring, and of which it confirms changes.
    pub(super) fn settle(&mut self, rows: &[PulledRow], refused: &[RefusedMutation], gone: &Gone) {
        let refused: BTreeSet<Counter> = refused.iter().map(|refusal| refusal.n).collect();
        let brought: BTreeSet<EntityId> = rows.iter().map(|pulled| pulled.row.id).collect();
        let handled = self.replica.outbox_range(..=self.page_clock.last.n).map(|mutation| mutation.op.entity());
        let concerned: BTreeSet<EntityId> = handled.filter(|id| !brought.contains(id)).collect();
        for id in concerned {
            self.settle_row(id, &refused, gone);
        }
    }

    fn settle_row(&mut self, id: EntityId, refused: &BTreeSet<Counter>, gone: &Gone) {
        let (replica, last) = (self.replica, self.page_clock.last.n);
        let base = replica.base(id);
        if !replica.waiting_of(id).any(|n| n > last) {
            return; // nothing is made on it
        }
        let followed = base.is_some_and(|base| !gone.covers(base));
        // What happens to a row elsewhere, the page does not tell.
        let seen = followed.then_some(self.page_clock.snapshot);
        for (field, edits) in self.waiting_edits(id) {
            let Some(text) = self.text_before(id, field) else { continue };
            let edits = without_refused(&text, edits);
            let numbers: Vec<Counter> = edits.iter().map(|(n, _)| *n).collect();
            match after_handled(text, edits, last, refused) {
                Ok(edits) => edits.into_iter().for_each(|(n, delta)| self.replace(n, delta, seen)),
                Err(_) => self.give_back(numbers, seen),
            }
        }
        let mut row = base.map(|base| base.row.clone());
        let handled = replica.pending(id).take_while(|mutation| mutation.n <= last);
        for mutation in handled.filter(|mutation| !refused.contains(&mutation.n)) {
            merge::apply_waiting(&mut row, &mutation.op, replica.stamp(mutation), replica.cycles(mutation));
        }
        if let Some(row) = row.filter(|_| !followed) {
            // Of one that never came, no one else's change was seen.
            let (snapshot, generation) =
                base.map_or((0, replica.meta.generation), |base| (base.snapshot, base.generation));
            self.settled.push(Arc::new(BaseRow {
                row,
                snapshot,
                own: last,
                generation,
                scope: base.and_then(|base| base.scope),
            }));
        }
    }
}

/// The edits of a text after those up to `last`: made on those that were accepted, and carried over the withdrawal of
/// those that were refused.
fn after_handled(
    mut text: String,
    mut edits: Vec<(Counter, Delta)>,
    last: Counter,
    refused: &BTreeSet<Counter>,
) -> Result<Vec<(Counter, Delta)>, TextError> {
    while let Some((n, delta)) = edits.first().filter(|(n, _)| *n <= last) {
        if refused.contains(n) {
            edits = rebase(&text, &[], 0, *n, edits)?;
        } else {
            text = delta.apply(&text)?;
            edits.remove(0);
        }
    }
    Ok(edits)
}
