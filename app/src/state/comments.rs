//! What is said about tasks.

use std::collections::HashMap;

use engine::view::{Item, Mark};
use leptos::prelude::*;
use shared::comment::CommentView;
use shared::ids::{CommentId, EntityId, TaskId};

use crate::state::order::sort_by;

/// A comment as the app shows it.
pub(crate) type CommentItem = Item<CommentView>;

/// Every comment of the device.
#[derive(Clone, Copy)]
pub(crate) struct Comments {
    all: RwSignal<HashMap<CommentId, CommentItem>>,
    /// How many each task has that are not deleted: kept, for every row that is shown asks.
    counts: RwSignal<HashMap<TaskId, usize>>,
}

impl Comments {
    pub(crate) fn new() -> Self {
        Self { all: RwSignal::new(HashMap::new()), counts: RwSignal::new(HashMap::new()) }
    }

    pub(crate) fn clear(self) {
        self.all.update(HashMap::clear);
        self.counts.update(HashMap::clear);
    }

    /// Takes in what changed. An item that is `None` is gone.
    pub(crate) fn apply(self, changes: Vec<(CommentId, Option<CommentItem>)>) {
        if changes.is_empty() {
            return;
        }
        self.all.update(|comments| {
            self.counts.update(|counts| {
                for (id, item) in changes {
                    let there = item.as_ref().and_then(counted);
                    let before = match item {
                        Some(item) => comments.insert(id, item),
                        None => comments.remove(&id),
                    };
                    let before = before.as_ref().and_then(counted);
                    if let Some(count) = before.and_then(|task| counts.get_mut(&task)) {
                        *count = count.saturating_sub(1);
                    }
                    if let Some(task) = there {
                        *counts.entry(task).or_default() += 1;
                    }
                }
            });
        });
    }

    /// How many comments a task has; notices when that changes.
    pub(crate) fn count(self, task: TaskId) -> usize {
        self.counts.with(|counts| counts.get(&task).copied().unwrap_or_default())
    }

    /// The tasks with comments that the team does not have yet, each as often as it has any.
    pub(crate) fn waiting(self) -> Vec<TaskId> {
        self.all.with(|comments| {
            let waits = |item: &&CommentItem| item.mark == Mark::Waiting;
            comments.values().filter(waits).map(|item| item.value.task).collect()
        })
    }

    pub(crate) fn find(self, id: CommentId) -> Option<CommentItem> {
        self.all.with(|comments| comments.get(&id).cloned())
    }

    /// Something of a comment as of now.
    pub(crate) fn read<T>(self, id: CommentId, part: impl FnOnce(&CommentItem) -> T) -> Option<T> {
        self.all.with_untracked(|comments| comments.get(&id).map(part))
    }

    /// All comments as of now, in whatever order.
    pub(crate) fn each(self, each: &mut dyn FnMut(&CommentItem)) {
        self.all.with_untracked(|comments| comments.values().for_each(each));
    }

    /// The comments on a task: in the order of their making, and answers behind what they answer. One that was
    /// deleted stays only where it is answered.
    pub(crate) fn thread(self, task: TaskId) -> Vec<EntityId> {
        self.all.with(|comments| {
            let all: Vec<&CommentView> =
                comments.values().map(|item| &item.value).filter(|comment| comment.task == task).collect();
            let mut thread: Vec<_> = all
                .iter()
                .filter(|comment| {
                    !comment.deleted || all.iter().any(|other| !other.deleted && root(comments, other) == comment.id)
                })
                .map(|comment| {
                    let root = root(comments, comment);
                    let begun = comments.get(&root).map_or(comment.created.at, |root| root.value.created.at);
                    let answers = root != comment.id;
                    (begun, root, answers, comment.created.at, comment.id)
                })
                .collect();
            sort_by(&mut thread, &Ord::cmp);
            thread.into_iter().map(|(_, _, _, _, id)| id.into()).collect()
        })
    }
}

/// The task that it counts for.
fn counted(comment: &CommentItem) -> Option<TaskId> {
    (!comment.value.deleted).then_some(comment.value.task)
}

/// The comment that began what this one is part of.
fn root(comments: &HashMap<CommentId, CommentItem>, comment: &CommentView) -> CommentId {
    let mut root = comment;
    // Never longer than there are comments, whatever they say that they answer.
    for _ in 0..comments.len() {
        match root.reply_to.and_then(|id| comments.get(&id)) {
            Some(answered) => root = &answered.value,
            None => break,
        }
    }
    root.id
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::clock::Stamp;

    fn comment(n: u32, at: i64, reply_to: Option<u32>, deleted: bool) -> (CommentId, Option<CommentItem>) {
        let id = |n: u32| -> CommentId { format!("0199d000-0000-7000-8000-{n:012x}").parse().unwrap() };
        let stamp = Stamp { actor: 1, ctr: n.into(), ver: 0, ctx: 0, at };
        let value = CommentView {
            id: id(n),
            task: TaskId::default(),
            reply_to: reply_to.map(id),
            body: String::new(),
            created: stamp,
            updated: stamp,
            deleted,
        };
        (id(n), Some(Item { value, mark: Mark::None }))
    }

    fn shown(comments: Comments) -> Vec<u128> {
        comments.thread(TaskId::default()).into_iter().map(|id| id.uuid().as_u128() & 0xff).collect()
    }

    #[test]
    fn answers_stand_behind_what_they_answer() {
        Owner::new().with(|| {
            let comments = Comments::new();
            comments.apply(vec![
                comment(1, 10, None, false),
                comment(2, 20, None, false),
                comment(3, 30, Some(1), false),
                comment(4, 40, Some(3), false),
            ]);
            assert_eq!(shown(comments), [1, 3, 4, 2]);
        });
    }

    #[test]
    fn a_deleted_comment_stays_while_it_is_answered() {
        Owner::new().with(|| {
            let comments = Comments::new();
            comments.apply(vec![
                comment(1, 10, None, true),
                comment(2, 20, Some(1), false),
                comment(3, 30, None, true),
            ]);
            assert_eq!(shown(comments), [1, 2]);
            comments.apply(vec![comment(2, 20, Some(1), true)]);
            assert!(shown(comments).is_empty());
        });
    }

    #[test]
    fn a_task_counts_what_is_said_and_not_deleted() {
        Owner::new().with(|| {
            let comments = Comments::new();
            let count = || comments.count(TaskId::default());
            comments.apply(vec![
                comment(1, 10, None, false),
                comment(2, 20, Some(1), false),
                comment(3, 30, None, true),
            ]);
            assert_eq!(count(), 2);
            comments.apply(vec![
                comment(1, 10, None, true),
                comment(2, 20, Some(1), false),
                comment(3, 30, None, false),
            ]);
            assert_eq!(count(), 2);
            comments.apply(vec![(comment(2, 0, None, false).0, None)]);
            assert_eq!(count(), 1);
            comments.clear();
            assert_eq!(count(), 0);
        });
    }

    #[test]
    fn comments_that_answer_each_other_do_no_harm() {
        Owner::new().with(|| {
            let comments = Comments::new();
            comments.apply(vec![comment(1, 10, Some(2), false), comment(2, 20, Some(1), false)]);
            assert_eq!(shown(comments).len(), 2);
        });
    }
}
