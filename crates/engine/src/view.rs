//! What a member sees: the rows the server confirmed with the member's own waiting changes applied.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use shared::attachment::AttachmentView;
use shared::comment::CommentView;
use shared::custom_field::CustomFieldView;
use shared::ids::{
    AttachmentId, CommentId, CustomFieldId, EntityId, ProjectId, SavedViewId, SectionId, TaskId, UserId,
};
use shared::member::MemberView;
use shared::mutation::{Op, Refusal};
use shared::project::ProjectView;
use shared::row::Row;
use shared::saved_view::SavedViewView;
use shared::section::SectionView;
use shared::task::TaskView;

use crate::command::RefusedId;

/// What the mark on a row says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// Everything about it is with the team.
    #[default]
    None,
    /// Saved on this device, not synced yet.
    Waiting,
    /// A change of it was refused, or a person must choose between values.
    Attention,
}

/// Something as a view shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<T> {
    pub value: T,
    pub mark: Mark,
}

/// A task as a view shows it.
pub type TaskItem = Item<TaskView>;
/// A project as a view shows it.
pub type ProjectItem = Item<ProjectView>;

macro_rules! kinds {
    ($($kind:ident: $items:ident, $id:ident, $view:ident;)*) => {
        /// Everything a member sees.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct View {
            $(pub $items: HashMap<$id, Item<$view>>,)*
        }

        /// What changed in the view. An item that is `None` is gone.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct ViewPatch {
            $(pub $items: Vec<($id, Option<Item<$view>>)>,)*
            /// All refused changes, when they changed.
            pub refused: Option<Vec<RefusedChange>>,
        }

        impl View {
            /// Makes room for rows that will be shown.
            pub(crate) fn reserve(&mut self, ids: &BTreeSet<EntityId>) {
                $({
                    let more = ids.iter().filter(|id| matches!(id, EntityId::$kind(_))).count();
                    self.$items.reserve(more);
                })*
            }

            /// Everything that is shown, one kind after the other; within a kind in no certain order.
            pub fn ids(&self) -> impl Iterator<Item = EntityId> {
                std::iter::empty()$(.chain(self.$items.keys().map(|id| EntityId::from(*id))))*
            }

            /// Shows a row (`None`: it is gone), and notes in the patch, where there is one, what that changes.
            pub(crate) fn show(&mut self, id: EntityId, row: Option<&Row>, mark: Mark, patch: Option<&mut ViewPatch>) {
                match id {
                    $(EntityId::$kind(id) => {
                        let item = row.and_then($view::of).map(|value| Item { value, mark });
                        let Some(patch) = patch else {
                            replace(&mut self.$items, id, item);
                            return;
                        };
                        if replace(&mut self.$items, id, item.clone()) {
                            patch.$items.push((id, item));
                        }
                    })*
                }
            }

            /// All of it, as a patch on an empty one.
            pub(crate) fn whole(&self) -> ViewPatch {
                ViewPatch {
                    $($items: self.$items.iter().map(|(id, item)| (*id, Some(item.clone()))).collect(),)*
                    refused: None,
                }
            }
        }

        impl ViewPatch {
            pub fn is_empty(&self) -> bool {
                self.refused.is_none() $(&& self.$items.is_empty())*
            }

            /// Goes on with a later one.
            pub(crate) fn extend(&mut self, later: Self) {
                $(self.$items.extend(later.$items);)*
                self.refused = later.refused.or(self.refused.take());
            }
        }
    };
}

kinds! {
    Project: projects, ProjectId, ProjectView;
    Section: sections, SectionId, SectionView;
    Task: tasks, TaskId, TaskView;
    Comment: comments, CommentId, CommentView;
    Attachment: attachments, AttachmentId, AttachmentView;
    CustomField: custom_fields, CustomFieldId, CustomFieldView;
    SavedView: saved_views, SavedViewId, SavedViewView;
    Member: members, UserId, MemberView;
}

/// Replaces an item of a map; whether that changed anything.
fn replace<K: std::hash::Hash + Eq, V: PartialEq>(map: &mut HashMap<K, V>, key: K, value: Option<V>) -> bool {
    match value {
        Some(value) => {
            let changed = map.get(&key) != Some(&value);
            map.insert(key, value);
            changed
        }
        None => map.remove(&key).is_some(),
    }
}

/// Why a change is not part of its author's work any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Its author took everything from the server instead. A device says so, and never a server.
    PutAside,
    /// The rules forbid it.
    #[serde(untagged)]
    Refused(Refusal),
}

/// A change that was refused or put aside; kept until its author sends it again or discards it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedChange {
    pub id: RefusedId,
    /// What was asked for.
    pub op: Op,
    /// For an edit of a text: the whole text as its author saw it, or what was typed where that is not known.
    pub text: Option<String>,
    /// For an edit of a text: the whole text before it. `None` where that is not known.
    #[serde(default)]
    pub before: Option<String>,
    pub reason: Reason,
}

impl RefusedChange {
    pub fn entity(&self) -> EntityId {
        self.op.entity()
    }
}

/// What the engine tells the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    View(ViewPatch),
    Status(crate::status::SyncStatus),
}
