//! Changes that are not part of the work any more, and how they are kept for their author.
//!
//! One that the server has refused is kept under its number. One that was never sent gives its number back, and is
//! kept under an id that is no number: the change that gets the number may be refused too.

use shared::clock::Counter;
use shared::mutation::{Mutation, Op};

use crate::command::RefusedId;
use crate::record::{Changes, Record};
use crate::replica::Replica;
use crate::store::Table;
use crate::view::{Reason, RefusedChange};

/// The ids of changes whose number was given back begin here. (Keys of a browser's store are exact up to 2^53.)
const UNNUMBERED: RefusedId = 1 << 52;

/// So many such ids are left to each revision of a store, so that no id means another change later: a window that has
/// not heard of a change discards by id.
const PER_REVISION: u64 = 1 << 20;

/// What is kept of a waiting change.
pub(crate) fn kept(replica: &Replica, mutation: &Mutation, id: RefusedId, reason: Reason) -> RefusedChange {
    let (before, text) = match &mutation.op {
        Op::TextEdit(edit) => {
            let row = replica.row_before(edit.entity, mutation.n);
            let before = row.as_ref().and_then(|row| row.text(edit.field));
            let edited = before.and_then(|before| Some((before.to_owned(), edit.delta.apply(before).ok()?)));
            // Where the row is gone, or has become another without this edit, at least what was typed.
            let typed = || edit.delta.inserted().collect();
            edited.map_or_else(|| (None, Some(typed())), |(before, text)| (Some(before), Some(text)))
        }
        _ => (None, None),
    };
    RefusedChange { id, op: mutation.op.clone(), text, before, reason }
}

/// Ids that are no numbers and that nothing else has, or will have.
pub(crate) fn unnumbered(replica: &Replica) -> impl Iterator<Item = RefusedId> + use<> {
    let last = replica.refused().last().map_or(0, |change| change.id);
    let first = UNNUMBERED + replica.revision().saturating_mul(PER_REVISION);
    first.max(last + 1)..
}

/// Plans to keep under other ids what is kept under numbers after `last`, because these are given anew.
pub(crate) fn plan_unnumbered(replica: &Replica, last: Counter, ids: &mut impl Iterator<Item = RefusedId>) -> Changes {
    let numbered = replica.refused().filter(|change| change.id > last && change.id < UNNUMBERED);
    let again = numbered.zip(ids).flat_map(|(change, id)| {
        let again = RefusedChange { id, ..change.clone() };
        [((Table::Refused, change.id), None), ((Table::Refused, id), Some(Record::Refused(again)))]
    });
    again.collect()
}
