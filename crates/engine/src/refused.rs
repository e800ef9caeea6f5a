//! Changes that are not part of the work any more, and how they are kept for their author.
//!
//! One that the server has refused is kept under its number. One that was never sent gives its number back, and is
//! kept under an id that is no number: the change that gets the number may be refused too.

use shared::clock::Counter;
use shared::mutation::{Mutation, Op, Refusal, TextEdit};
use shared::text::Delta;

use crate::command::{RefusedId, UNNUMBERED};
use crate::record::{Changes, Record};
use crate::replica::Replica;
use crate::store::Table;
use crate::view::{Reason, RefusedChange};

/// So many such ids are left to each revision of a store, so that no id means another change later: a window that has
/// not heard of a change discards by id.
const PER_REVISION: u64 = 1 << 20;

/// What is kept of a waiting change.
pub(crate) fn kept(replica: &Replica, mutation: &Mutation, id: RefusedId, reason: Reason) -> RefusedChange {
    let (before, text) = match &mutation.op {
        Op::TextEdit(edit) => {
            // What one was made on that a confirmed row contains, is not known any more.
            let open = replica.contained(edit.entity) < mutation.n;
            let row = replica.row_before(edit.entity, mutation.n).filter(|_| open);
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

/// The waiting edits of texts that confirmed rows contain, although the server has handled nothing after `last`: it has
/// lost them in a restore. Nobody knows any more what they were made on, so they cannot be sent again; their author gets
/// what was typed.
pub(crate) fn lost_edits(replica: &Replica, last: Counter) -> impl Iterator<Item = &Mutation> {
    replica.outbox_range(last + 1..).filter(|mutation| match &mutation.op {
        Op::TextEdit(edit) => !edit.delta.is_noop() && replica.contained(edit.entity) >= mutation.n,
        _ => false,
    })
}

/// Plans to keep a lost edit for its author, unless it is kept already, with all that its author saw: the life of the
/// data that is lost may have refused it.
pub(crate) fn plan_lost_edit(replica: &Replica, mutation: &Mutation, id: RefusedId) -> Changes {
    if replica.refused_change(mutation.n).is_some() {
        return Changes::new();
    }
    let change = kept(replica, mutation, id, Reason::Refused(Refusal::TextBase));
    vec![((Table::Refused, id), Some(Record::Refused(change)))]
}

/// An edit of a text that is asked for no more. Its number must still reach the server.
pub(crate) fn given_up(mutation: &Mutation) -> Mutation {
    let op = match &mutation.op {
        Op::TextEdit(edit) => Op::TextEdit(TextEdit { delta: Delta::default(), ..edit.clone() }),
        op => op.clone(),
    };
    Mutation { op, ..mutation.clone() }
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
