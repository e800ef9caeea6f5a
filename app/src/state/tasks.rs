//! The tasks as the app holds them: a signal for each, so that a change of one patches one row, and the groups of the
//! list in their order, kept by inserting and removing, never by sorting ten thousand tasks because of one.

use std::collections::HashMap;

use engine::view::{Mark, TaskItem};
use leptos::prelude::*;
use shared::ids::{ProjectId, TaskId};
use shared::query::{GROUPS, shows, sort_key};
use shared::register::Tag;
use shared::task::TaskView;
use shared::workflow::Status;

use crate::dom;
use crate::state::order::sort_by;

/// From this many changes at once, sorting everything is quicker than finding each one's place.
const MANY: usize = 200;

/// Every task of the device, and those of the project that is shown, in groups.
#[derive(Clone, Copy)]
pub(crate) struct Tasks {
    items: StoredValue<Items>,
    groups: RwSignal<Groups>,
    /// The project that is shown; `None` for all.
    pub(crate) scope: RwSignal<Option<ProjectId>>,
    /// Tasks with changes that the team does not have, in the order of their making.
    pub(crate) waiting: RwSignal<Vec<TaskId>>,
    /// Tasks whose deletion won against an edit.
    pub(crate) overruled: RwSignal<Vec<TaskId>>,
    /// Each task that is a part of another, behind that one; sorted.
    parts: StoredValue<Vec<(TaskId, TaskId)>>,
    /// Fires when a task comes or goes, or becomes a part of another one.
    arrivals: Trigger,
}

type Items = HashMap<TaskId, ArcRwSignal<TaskItem>>;

/// The ids of the shown tasks: one list for each of [`GROUPS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Groups([Vec<TaskId>; GROUPS.len()]);

fn group_index(status: Status) -> usize {
    GROUPS.iter().position(|group| *group == status).unwrap_or_default()
}

impl Groups {
    pub(crate) fn of(&self, status: Status) -> &[TaskId] {
        &self.0[group_index(status)]
    }

    /// The groups that have tasks, with how many.
    pub(crate) fn filled(&self) -> impl Iterator<Item = (Status, usize)> {
        GROUPS.iter().zip(&self.0).filter(|(_, ids)| !ids.is_empty()).map(|(status, ids)| (*status, ids.len()))
    }

    /// All tasks, from the top of the list to its end.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = TaskId> {
        self.0.iter().flatten().copied()
    }

    /// Where in its group a task is, or would be. `Err` says where to insert, as in [`slice::binary_search_by`].
    fn place(&self, task: &TaskView, items: &Items) -> Result<usize, usize> {
        let key = sort_key(task);
        self.of(task.status).binary_search_by(|id| {
            let other = items.get(id).map(|item| item.with_untracked(|item| sort_key(&item.value)));
            other.map_or(std::cmp::Ordering::Less, |other| other.cmp(&key))
        })
    }

    fn insert(&mut self, task: &TaskView, items: &Items) {
        if let Err(place) = self.place(task, items) {
            self.0[group_index(task.status)].insert(place, task.id);
        }
    }

    fn remove(&mut self, task: &TaskView, items: &Items) {
        if let Ok(place) = self.place(task, items) {
            self.0[group_index(task.status)].remove(place);
        }
    }

    fn sorted(items: &Items, scope: Option<ProjectId>) -> Self {
        let mut groups = Self::default();
        for (id, item) in items {
            item.with_untracked(|item| {
                if shows(&item.value, scope) {
                    groups.0[group_index(item.value.status)].push(*id);
                }
            });
        }
        for ids in &mut groups.0 {
            ids.sort_by_cached_key(|id| items.get(id).map(|item| item.with_untracked(|item| sort_key(&item.value))));
        }
        groups
    }
}

impl Tasks {
    pub(crate) fn new() -> Self {
        Self {
            items: StoredValue::new(HashMap::new()),
            groups: RwSignal::new(Groups::default()),
            scope: RwSignal::new(None),
            waiting: RwSignal::new(Vec::new()),
            overruled: RwSignal::new(Vec::new()),
            parts: StoredValue::new(Vec::new()),
            arrivals: Trigger::new(),
        }
    }

    /// The groups of the shown project; read it inside of something reactive.
    pub(crate) fn groups(self) -> RwSignal<Groups> {
        self.groups
    }

    /// A task's signal; notices when the task arrives later.
    pub(crate) fn find(self, id: TaskId) -> Option<ArcRwSignal<TaskItem>> {
        let item = self.item(id);
        if item.is_none() {
            self.arrivals.track();
        }
        item
    }

    /// A task's signal as of now.
    pub(crate) fn item(self, id: TaskId) -> Option<ArcRwSignal<TaskItem>> {
        self.items.with_value(|items| items.get(&id).cloned())
    }

    /// A task as of now.
    pub(crate) fn task(self, id: TaskId) -> Option<TaskView> {
        self.item(id).map(|item| item.with_untracked(|item| item.value.clone()))
    }

    /// The tasks that are parts of this one, in their order; notices when that changes.
    pub(crate) fn parts_of(self, id: TaskId) -> Vec<TaskId> {
        self.arrivals.track();
        let ids: Vec<TaskId> = self.parts.with_value(|parts| {
            let first = parts.partition_point(|(whole, _)| *whole < id);
            parts.iter().skip(first).take_while(|(whole, _)| *whole == id).map(|(_, part)| *part).collect()
        });
        let mut parts: Vec<(String, TaskId)> = ids
            .into_iter()
            .filter_map(|part| Some((self.item(part)?.with(|item| item.value.order.clone()), part)))
            .collect();
        sort_by(&mut parts, &Ord::cmp);
        parts.into_iter().map(|(_, part)| part).collect()
    }

    /// This task, its parts, theirs and so on, as of now.
    pub(crate) fn with_parts(self, id: TaskId) -> Vec<TaskId> {
        let mut found = vec![id];
        let mut next = 0;
        while let Some(whole) = found.get(next).copied() {
            let parts = untrack(|| self.parts_of(whole));
            found.extend(parts.into_iter().filter(|part| !found.contains(part)).collect::<Vec<_>>());
            next += 1;
        }
        found
    }

    /// Some tasks of a project whose titles contain a text, the latest first.
    pub(crate) fn named(self, project: ProjectId, wanted: &str, except: &[TaskId], most: usize) -> Vec<TaskView> {
        let fits = |task: &TaskView| {
            task.project == project
                && !task.deleted
                && !except.contains(&task.id)
                && (wanted.is_empty() || dom::lower_case(&task.title).contains(wanted))
        };
        let mut ids: Vec<TaskId> = self.items.with_value(|items| {
            items.iter().filter(|(_, item)| item.with_untracked(|item| fits(&item.value))).map(|(id, _)| *id).collect()
        });
        sort_by(&mut ids, &|a, b| b.cmp(a));
        ids.truncate(most);
        ids.into_iter().filter_map(|id| self.task(id)).collect()
    }

    /// Every tag in use, in alphabetical order.
    pub(crate) fn all_tags(self) -> Vec<Tag> {
        self.items.with_value(|items| {
            let mut tags = Vec::new();
            for item in items.values() {
                item.with_untracked(|item| {
                    for tag in &item.value.tags {
                        if let Err(place) = tags.binary_search(tag) {
                            tags.insert(place, tag.clone());
                        }
                    }
                });
            }
            tags
        })
    }

    /// Shows another project, or all.
    pub(crate) fn show(self, scope: Option<ProjectId>) {
        if self.scope.get_untracked() != scope {
            self.scope.set(scope);
            self.regroup();
        }
    }

    /// Forgets everything, as when another member signs in.
    pub(crate) fn clear(self) {
        self.items.update_value(HashMap::clear);
        self.waiting.update(Vec::clear);
        self.overruled.update(Vec::clear);
        self.parts.update_value(Vec::clear);
        self.scope.set(None);
        self.groups.set(Groups::default());
        self.arrivals.notify();
    }

    /// Takes in what changed. An item that is `None` is gone.
    pub(crate) fn apply(self, changes: Vec<(TaskId, Option<TaskItem>)>) {
        if changes.is_empty() {
            return;
        }
        note(self.waiting, &changes, |item| item.mark == Mark::Waiting);
        note(self.overruled, &changes, |item| item.value.overruled_by().is_some());
        let many = changes.len() > MANY;
        let mut arrivals = false;
        self.groups.maybe_update(|groups| {
            let mut moved = false;
            for (id, item) in changes {
                let change = self.apply_one(id, item, (!many).then_some(&mut *groups));
                moved |= change.moved;
                arrivals |= change.arrived;
            }
            moved && !many
        });
        if many {
            self.regroup();
        }
        if arrivals {
            self.arrivals.notify();
        }
    }

    fn apply_one(self, id: TaskId, item: Option<TaskItem>, mut groups: Option<&mut Groups>) -> Applied {
        let scope = self.scope.get_untracked();
        let known = self.item(id);
        let before = known.as_ref().map(ArcRwSignal::get_untracked);
        if before == item {
            return Applied::default();
        }
        let place = |item: &Option<TaskItem>| {
            let task = item.as_ref().map(|item| &item.value).filter(|task| shows(task, scope))?;
            Some((task.status, sort_key(task)))
        };
        let moved = place(&before) != place(&item);
        if let (true, Some(groups), Some(before)) = (moved, groups.as_deref_mut(), &before) {
            self.items.with_value(|items| groups.remove(&before.value, items));
        }
        let part = self.put_in_family(before.as_ref(), item.as_ref());
        let arrived = part || known.is_none() || item.is_none();
        match (known, item.clone()) {
            (Some(signal), Some(item)) => signal.set(item),
            (None, Some(item)) => self.items.update_value(|items| drop(items.insert(id, ArcRwSignal::new(item)))),
            (_, None) => self.items.update_value(|items| drop(items.remove(&id))),
        }
        if let (true, Some(groups), Some(item)) = (moved, groups, item.filter(|item| shows(&item.value, scope))) {
            self.items.with_value(|items| groups.insert(&item.value, items));
        }
        Applied { moved, arrived }
    }

    /// Keeps `parts` up to date; whether a task became, or ceased to be, a part of another.
    fn put_in_family(self, before: Option<&TaskItem>, after: Option<&TaskItem>) -> bool {
        let part = |item: Option<&TaskItem>| {
            let task = item.map(|item| &item.value).filter(|task| !task.deleted)?;
            Some((task.parent?, task.id))
        };
        let (before, after) = (part(before), part(after));
        if before == after {
            return false;
        }
        self.parts.update_value(|parts| {
            if let Some(Ok(place)) = before.map(|before| parts.binary_search(&before)) {
                parts.remove(place);
            }
            if let Some(after) = after
                && let Err(place) = parts.binary_search(&after)
            {
                parts.insert(place, after);
            }
        });
        true
    }

    fn regroup(self) {
        let scope = self.scope.get_untracked();
        self.groups.set(self.items.with_value(|items| Groups::sorted(items, scope)));
    }
}

/// Keeps a list of the tasks of which something holds.
fn note(list: RwSignal<Vec<TaskId>>, changes: &[(TaskId, Option<TaskItem>)], holds: fn(&TaskItem) -> bool) {
    list.maybe_update(|list| {
        let mut differs = false;
        for (id, item) in changes {
            match (list.binary_search(id), item.as_ref().is_some_and(holds)) {
                (Err(place), true) => list.insert(place, *id),
                (Ok(place), false) => drop(list.remove(place)),
                _ => continue,
            }
            differs = true;
        }
        differs
    });
}

#[derive(Clone, Copy, Default)]
struct Applied {
    /// Whether it takes another place in the list.
    moved: bool,
    /// Whether a task has come or gone.
    arrived: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::clock::Stamp;
    use shared::row::Row;
    use shared::workflow::Priority;

    fn id(n: u32) -> TaskId {
        format!("0199a000-0000-7000-8000-{n:012x}").parse().unwrap()
    }

    fn project(n: u32) -> ProjectId {
        format!("0199b000-0000-7000-8000-{n:012x}").parse().unwrap()
    }

    fn item(n: u32, status: Status, priority: Priority) -> TaskItem {
        let created = Stamp { actor: 1, ctr: 1, ver: 1, ctx: 0, at: n.into() };
        let task = TaskView {
            project: project(n % 2),
            title: format!("task {n}"),
            status,
            priority,
            ..TaskView::of(&Row::new(id(n).into(), created)).unwrap()
        };
        TaskItem { value: task, mark: Mark::None }
    }

    fn apply(tasks: Tasks, items: &[TaskItem]) {
        tasks.apply(items.iter().map(|item| (item.value.id, Some(item.clone()))).collect());
    }

    fn todo(tasks: Tasks) -> Vec<TaskId> {
        tasks.groups().with_untracked(|groups| groups.of(Status::Todo).to_vec())
    }

    #[test]
    fn a_change_moves_one_task_to_where_sorting_would_put_it() {
        Owner::new().with(|| {
            let tasks = Tasks::new();
            let priorities = [Priority::None, Priority::Urgent, Priority::Low, Priority::High, Priority::Medium];
            let mut all: Vec<TaskItem> =
                (0..40).map(|n| item(n, GROUPS[n as usize % 7], priorities[n as usize % 5])).collect();
            apply(tasks, &all);
            for n in 0..40_usize {
                all[n].value.priority = priorities[(n * 3 + 1) % 5];
                all[n].value.status = GROUPS[(n * 5 + 2) % 7];
                all[n].value.deleted = n % 11 == 0;
                apply(tasks, &all[n..=n]);
                let kept = tasks.groups().get_untracked();
                assert_eq!(kept, tasks.items.with_value(|items| Groups::sorted(items, None)), "after change {n}");
            }
        });
    }

    #[test]
    fn shows_the_tasks_of_one_project() {
        Owner::new().with(|| {
            let tasks = Tasks::new();
            apply(tasks, &(0..6).map(|n| item(n, Status::Todo, Priority::None)).collect::<Vec<_>>());
            assert_eq!(todo(tasks), (0..6).map(id).collect::<Vec<_>>());
            tasks.show(Some(project(1)));
            assert_eq!(todo(tasks), [id(1), id(3), id(5)]);
            apply(tasks, &[item(7, Status::Todo, Priority::Urgent), item(8, Status::Todo, Priority::Urgent)]);
            assert_eq!(todo(tasks), [id(7), id(1), id(3), id(5)]);
            tasks.apply(vec![(id(3), None)]);
            assert_eq!(todo(tasks), [id(7), id(1), id(5)]);
            tasks.clear();
            assert!(tasks.groups().get_untracked() == Groups::default() && tasks.item(id(1)).is_none());
        });
    }

    #[test]
    fn knows_the_parts_of_a_task_in_their_order() {
        Owner::new().with(|| {
            let tasks = Tasks::new();
            let part = |n, order: &str, of: u32| {
                let mut item = item(n, Status::Todo, Priority::None);
                (item.value.order, item.value.parent) = (order.to_owned(), Some(id(of)));
                item
            };
            apply(tasks, &[item(1, Status::Todo, Priority::None), part(2, "b", 1), part(3, "a", 1), part(4, "", 3)]);
            assert_eq!(tasks.parts_of(id(1)), [id(3), id(2)]);
            assert_eq!(tasks.with_parts(id(1)), [id(1), id(3), id(2), id(4)]);
            apply(tasks, &[part(3, "c", 1), part(4, "a", 1)]);
            assert_eq!(tasks.parts_of(id(1)), [id(4), id(2), id(3)]);
            let mut gone = part(4, "a", 1);
            gone.value.deleted = true;
            apply(tasks, &[gone, item(2, Status::Todo, Priority::None)]);
            assert_eq!(tasks.parts_of(id(1)), [id(3)]);
        });
    }

    #[test]
    fn knows_which_tasks_wait() {
        Owner::new().with(|| {
            let tasks = Tasks::new();
            let mut one = item(1, Status::Todo, Priority::None);
            one.mark = Mark::Waiting;
            apply(tasks, &[one.clone(), item(2, Status::Todo, Priority::None)]);
            assert_eq!(tasks.waiting.get_untracked(), [id(1)]);
            one.mark = Mark::None;
            apply(tasks, &[one]);
            assert!(tasks.waiting.get_untracked().is_empty());
        });
    }
}
