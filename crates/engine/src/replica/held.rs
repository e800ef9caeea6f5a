//! Which contents of attachments are on this device, and which of them the server lacks.
//!
//! A content is saved before its attachment is made, and a record says from then on that it is here. Whether the server
//! has it, its row says. A content that the server lacks is kept whatever happens; one that it has is a copy.

use std::collections::BTreeSet;

use shared::attachment::AttachmentView;
use shared::clock::Millis;
use shared::ids::{AttachmentId, EntityId};
use shared::limits::KEPT_FOR;
use shared::row::Row;

use super::Replica;
use crate::record::{Changes, Held, Record};
use crate::store::Table;

impl Replica {
    pub(super) fn put_held(&mut self, number: u64, record: Option<&Record>, touched: &mut BTreeSet<EntityId>) {
        let old = match record {
            Some(Record::Held(held)) => {
                touched.insert(held.attachment.into());
                self.held.insert(number, held.attachment)
            }
            _ => self.held.remove(&number),
        };
        touched.extend(old.map(EntityId::from));
    }

    /// The contents that are on this device.
    pub fn held(&self) -> impl Iterator<Item = AttachmentId> {
        self.held.values().copied()
    }

    /// Whether the server lacks a content that is here, of an attachment that stands.
    pub(super) fn is_unsent(&self, id: EntityId, row: Option<&Row>) -> bool {
        let wanted = |row: &Row| AttachmentView::of(row).is_some_and(|view| !view.stored && !view.deleted);
        matches!(id, EntityId::Attachment(id) if self.held().any(|held| held == id)) && row.is_some_and(wanted)
    }

    /// The attachments whose content can be sent: it is here, the server lacks it and knows the row. In the order in
    /// which they were attached.
    pub fn unsent(&self) -> Vec<AttachmentView> {
        let known = self.held().filter(|id| self.confirmed((*id).into()).is_some());
        let seen = known.filter_map(|id| self.view.attachments.get(&id).map(|item| &item.value));
        seen.filter(|view| !view.stored && !view.deleted).cloned().collect()
    }

    /// The contents that are nowhere but here, and of which no change tells that still waits.
    pub(crate) fn waiting_contents(&self) -> usize {
        let alone = |id: &AttachmentId| {
            let id = EntityId::from(*id);
            !self.waiting.contains_key(&id) && self.is_unsent(id, self.confirmed(id))
        };
        self.held().filter(alone).count()
    }

    /// The contents that are only copies.
    pub fn copies(&self) -> Vec<AttachmentId> {
        let stored = |id: &AttachmentId| self.view.attachments.get(id).is_some_and(|item| item.value.stored);
        self.held().filter(stored).collect()
    }

    /// The contents of attachments that this device has heard nothing of for so long that they were purged or never
    /// made. None while rows are still to come: theirs may be among them.
    pub fn lapsed(&self, now: Millis) -> Vec<AttachmentId> {
        if self.meta.cursor == 0 || self.meta.renewing || !self.meta.fills.is_empty() {
            return Vec::new();
        }
        let known = |id: EntityId| self.current(id).is_some() || self.refused().any(|change| change.entity() == id);
        self.held().filter(|id| made_at(*id) < now - KEPT_FOR && !known((*id).into())).collect()
    }

    /// Plans to note that a content is here.
    pub(crate) fn plan_held(&self, attachment: AttachmentId) -> Changes {
        let number = self.held.last_key_value().map_or(0, |(number, _)| number + 1);
        vec![((Table::Held, number), Some(Record::Held(Held { attachment })))]
    }

    /// Plans to forget that some contents are here.
    pub(crate) fn plan_not_held(&self, gone: &[AttachmentId]) -> Changes {
        let numbers = self.held.iter().filter(|(_, id)| gone.contains(id)).map(|(number, _)| *number);
        numbers.map(|number| ((Table::Held, number), None)).collect()
    }
}

/// When an attachment was made, by the clock of the device that made it: a `UUIDv7` begins with the milliseconds.
pub fn made_at(id: AttachmentId) -> Millis {
    Millis::try_from(id.0.as_u128() >> 80).unwrap_or(Millis::MAX)
}
