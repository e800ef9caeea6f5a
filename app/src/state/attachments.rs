//! The files that are attached to tasks.

use std::collections::HashMap;

use engine::status::UploadStatus;
use engine::view::{Item, Mark};
use leptos::prelude::*;
use shared::attachment::AttachmentView;
use shared::ids::{AttachmentId, EntityId, TaskId};

use crate::state::order::sort_by;

/// An attachment as the app shows it.
pub(crate) type AttachmentItem = Item<AttachmentView>;

/// Where a content is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    /// With the server.
    Stored,
    /// On this device, for now only there.
    Here,
    /// On its way from this device, so much of it, in percent.
    Sending(u8),
    /// On this device, and the server does not take it.
    Refused(String),
    /// On another device.
    Elsewhere,
}

impl Whereabouts {
    pub(crate) fn of(item: &AttachmentItem, uploads: &UploadStatus) -> Self {
        let id = item.value.id;
        if item.value.stored {
            return Self::Stored;
        }
        if let Some((_, reason)) = uploads.refused.iter().find(|(refused, _)| *refused == id) {
            return Self::Refused(reason.clone());
        }
        match uploads.sending {
            Some((sending, percent)) if sending == id => Self::Sending(percent),
            _ if item.mark == Mark::None => Self::Elsewhere,
            _ => Self::Here,
        }
    }
}

/// Every attachment of the device.
#[derive(Clone, Copy)]
pub(crate) struct Attachments(RwSignal<HashMap<AttachmentId, AttachmentItem>>);

impl Attachments {
    pub(crate) fn new() -> Self {
        Self(RwSignal::new(HashMap::new()))
    }

    pub(crate) fn clear(self) {
        self.0.update(HashMap::clear);
    }

    /// Takes in what changed. An item that is `None` is gone.
    pub(crate) fn apply(self, changes: Vec<(AttachmentId, Option<AttachmentItem>)>) {
        if changes.is_empty() {
            return;
        }
        self.0.update(|attachments| {
            for (id, item) in changes {
                match item {
                    Some(item) => attachments.insert(id, item),
                    None => attachments.remove(&id),
                };
            }
        });
    }

    /// The tasks with attachments that the team does not have yet, each as often as it has any.
    pub(crate) fn waiting(self) -> Vec<TaskId> {
        self.0.with(|attachments| {
            let waits = |item: &&AttachmentItem| item.mark == Mark::Waiting;
            attachments.values().filter(waits).map(|item| item.value.task).collect()
        })
    }

    pub(crate) fn find(self, id: AttachmentId) -> Option<AttachmentItem> {
        self.0.with(|attachments| attachments.get(&id).cloned())
    }

    /// What is attached to a task, in the order of its making.
    pub(crate) fn of(self, task: TaskId) -> Vec<EntityId> {
        self.0.with(|attachments| {
            let of_task = attachments.values().map(|item| &item.value).filter(|one| one.task == task && !one.deleted);
            let mut found: Vec<_> = of_task.map(|one| (one.created.at, one.id)).collect();
            sort_by(&mut found, &Ord::cmp);
            found.into_iter().map(|(_, id)| id.into()).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use shared::clock::Stamp;
    use shared::value::FileFacts;

    use super::*;

    fn id(n: u128) -> AttachmentId {
        format!("0199e000-0000-7000-8000-{n:012x}").parse().unwrap()
    }

    fn item(n: u128, at: i64, mark: Mark, deleted: bool) -> AttachmentItem {
        let (id, task) = (id(n), TaskId::default());
        let created = Stamp { actor: 1, ctr: 1, ver: 0, ctx: 0, at };
        let file = FileFacts { media_type: String::new(), bytes: 0, sha256: String::new() };
        let value = AttachmentView { id, task, comment: None, name: "f".into(), file, stored: false, created, deleted };
        Item { value, mark }
    }

    #[test]
    fn files_stand_in_the_order_of_their_making_without_those_that_are_deleted() {
        Owner::new().with(|| {
            let attachments = Attachments::new();
            let items =
                [item(3, 10, Mark::None, false), item(1, 20, Mark::Waiting, false), item(2, 5, Mark::None, true)];
            attachments.apply(items.into_iter().map(|item| (item.value.id, Some(item))).collect());
            let shown: Vec<_> =
                attachments.of(TaskId::default()).into_iter().map(|id| id.uuid().as_u128() & 0xff).collect();
            assert_eq!(shown, [3, 1]);
            assert_eq!(attachments.waiting(), [TaskId::default()]);
        });
    }

    #[test]
    fn where_a_file_is_is_told_as_it_is_known() {
        let (mut file, id) = (item(1, 0, Mark::Waiting, false), id(1));
        let mut uploads = UploadStatus::default();
        assert_eq!(Whereabouts::of(&file, &uploads), Whereabouts::Here);
        uploads.sending = Some((id, 40));
        assert_eq!(Whereabouts::of(&file, &uploads), Whereabouts::Sending(40));
        uploads.refused = vec![(id, "No.".into())];
        assert_eq!(Whereabouts::of(&file, &uploads), Whereabouts::Refused("No.".into()));
        assert_eq!(Whereabouts::of(&item(2, 0, Mark::None, false), &uploads), Whereabouts::Elsewhere);
        file.value.stored = true;
        assert_eq!(Whereabouts::of(&file, &uploads), Whereabouts::Stored);
    }
}
