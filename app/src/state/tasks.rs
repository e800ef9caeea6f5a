//! The tasks as the app holds them: a signal for each, so that a change of one patches one row, and the groups of the
//! page that is shown.

use std::collections::HashMap;

use engine::view::{Mark, TaskItem};
use leptos::prelude::*;
use shared::date::Date;
use shared::ids::{ProjectId, SectionId, TaskId};
use shared::query::filter::{Filter, Viewer};
use shared::query::subject::Subject;
use shared::register::Tag;
use shared::task::TaskView;

use crate::dom;
use crate::state::groups::{Groups, Items, Question, Standing};
use crate::state::order::sort_by;

/// From this many changes at once, sorting everything is quicker than finding each one's place.
const MANY: usize = 200;

/// How many numbers of tasks the navigation shows.
pub(crate) const COUNTED: usize = 3;

/// Every task of the device, and those of the page that is shown, in groups.
#[derive(Clone, Copy)]
pub(crate) struct Tasks {
    items: StoredValue<Items>,
    groups: RwSignal<Groups>,
    /// What the page that is shown asks.
    question: StoredValue<Question>,
    /// The project that is shown; `None` where the page is not one's.
    pub(crate) scope: RwSignal<Option<ProjectId>>,
    /// Of which tasks the navigation says how many there are.
    counted: StoredValue<([Filter; COUNTED], Viewer)>,
    pub(crate) counts: RwSignal<[isize; COUNTED]>,
    /// Tasks with changes that the team does not have, in the order of their making.
    pub(crate) waiting: RwSignal<Vec<TaskId>>,
    /// Tasks whose deletion won against an edit.
    pub(crate) overruled: RwSignal<Vec<TaskId>>,
    /// Each task that is a part of another, behind that one; sorted.
    parts: StoredValue<Vec<(TaskId, TaskId)>>,
    /// Fires when a task comes or goes, or becomes a part of another one.
    arrivals: Trigger,
}

impl Tasks {
    pub(crate) fn new(today: Date) -> Self {
        Self {
            items: StoredValue::new(HashMap::new()),
            groups: RwSignal::new(Groups::default()),
            question: StoredValue::new(Question::everything(today)),
            scope: RwSignal::new(None),
            counted: StoredValue::new((std::array::from_fn(|_| Filter::Any(Vec::new())), Viewer { me: None, today })),
            counts: RwSignal::new([0; COUNTED]),
            waiting: RwSignal::new(Vec::new()),
            overruled: RwSignal::new(Vec::new()),
            parts: StoredValue::new(Vec::new()),
            arrivals: Trigger::new(),
        }
    }

    /// The groups of the shown page; read it inside of something reactive.
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

    /// Whether a project has tasks, as of now.
    pub(crate) fn has_any(self, project: ProjectId) -> bool {
        let is_of = |item: &TaskItem| item.value.project == project && !item.value.deleted;
        self.items.with_value(|items| items.values().any(|item| item.with_untracked(is_of)))
    }

    /// The tasks of a section, as of now.
    pub(crate) fn in_section(self, section: SectionId) -> Vec<TaskView> {
        self.items.with_value(|items| {
            let tasks = items.values().map(|item| {
                item.with_untracked(|item| item.value.section == Some(section))
                    .then(|| item.with_untracked(|item| item.value.clone()))
            });
            tasks.flatten().filter(|task| !task.deleted).collect()
        })
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

    /// Shows what another page asks for.
    pub(crate) fn show(self, question: Question) {
        if self.question.with_value(|now| *now != question) {
            self.question.set_value(question);
            self.regroup();
        }
    }

    /// Says which tasks the navigation counts, and for whom.
    pub(crate) fn count(self, filters: [Filter; COUNTED], viewer: Viewer) {
        self.counted.set_value((filters, viewer));
        self.recount();
    }

    fn recount(self) {
        let mut counts = [0; COUNTED];
        self.items.with_value(|items| {
            for item in items.values() {
                item.with_untracked(|item| self.tally(&mut counts, Some(item), 1));
            }
        });
        self.counts.maybe_update(|now| std::mem::replace(now, counts) != counts);
    }

    /// Adds to each count that a task is a part of.
    fn tally(self, counts: &mut [isize; COUNTED], item: Option<&TaskItem>, by: isize) {
        let Some(task) = item.map(|item| Subject::from(&item.value)) else { return };
        self.counted.with_value(|(filters, viewer)| {
            for (filter, count) in filters.iter().zip(counts) {
                if filter.matcher(*viewer, &|_, _| false).matches(&task) {
                    *count += by;
                }
            }
        });
    }

    /// Forgets everything, as when another member signs in.
    pub(crate) fn clear(self) {
        self.items.update_value(HashMap::clear);
        self.waiting.update(Vec::clear);
        self.overruled.update(Vec::clear);
        self.parts.update_value(Vec::clear);
        self.counts.set([0; COUNTED]);
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
        let mut counts = self.counts.get_untracked();
        self.groups.maybe_update(|groups| {
            let mut moved = false;
            for (id, item) in changes {
                let change = self.apply_one(id, item.as_ref(), (!many).then_some((&mut *groups, &mut counts)));
                moved |= change.moved;
                arrivals |= change.arrived;
            }
            moved && !many
        });
        if many {
            self.regroup();
            self.recount();
        } else {
            self.counts.maybe_update(|now| std::mem::replace(now, counts) != counts);
        }
        if arrivals {
            self.arrivals.notify();
        }
    }

    /// Takes one change in; `shown` is what is to follow at once.
    fn apply_one(
        self,
        id: TaskId,
        item: Option<&TaskItem>,
        shown: Option<(&mut Groups, &mut [isize; COUNTED])>,
    ) -> Applied {
        let known = self.item(id);
        let before = known.as_ref().map(ArcRwSignal::get_untracked);
        if before.as_ref() == item {
            return Applied::default();
        }
        let (mut groups, counts) = shown.unzip();
        let stood = self.on_shown(groups.as_deref_mut(), before.as_ref(), Groups::take);
        let part = self.put_in_family(before.as_ref(), item);
        let arrived = part || known.is_none() || item.is_none();
        if let Some(counts) = counts {
            self.tally(counts, before.as_ref(), -1);
            self.tally(counts, item, 1);
        }
        match (known, item.cloned()) {
            (Some(signal), Some(item)) => signal.set(item),
            (None, Some(item)) => self.items.update_value(|items| drop(items.insert(id, ArcRwSignal::new(item)))),
            (_, None) => self.items.update_value(|items| drop(items.remove(&id))),
        }
        let stands = self.on_shown(groups, item, Groups::put);
        Applied { moved: stood != stands, arrived }
    }

    /// Takes a task out of the groups, or puts it in, if the page shows it.
    fn on_shown(
        self,
        groups: Option<&mut Groups>,
        item: Option<&TaskItem>,
        act: fn(&mut Groups, &TaskView, &Items, &Question) -> Standing,
    ) -> Standing {
        let (Some(groups), Some(item)) = (groups, item) else { return Standing::new() };
        self.question.with_value(|question| {
            let shown = question.matcher().matches(&Subject::from(&item.value));
            if shown {
                self.items.with_value(|items| act(groups, &item.value, items, question))
            } else {
                Standing::new()
            }
        })
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
        let sorted = |items: &Items| self.question.with_value(|question| Groups::sorted(items, question));
        self.groups.set(self.items.with_value(sorted));
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
    use shared::ids::UserId;
    use shared::query::GROUPS;
    use shared::query::filter::{Condition, Who};
    use shared::query::group::{GroupBy, Heading};
    use shared::row::Row;
    use shared::workflow::{Priority, Status};

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

    fn day() -> Date {
        "2026-11-20".parse().unwrap()
    }

    fn apply(tasks: Tasks, items: &[TaskItem]) {
        tasks.apply(items.iter().map(|item| (item.value.id, Some(item.clone()))).collect());
    }

    fn todo(tasks: Tasks) -> Vec<TaskId> {
        tasks.groups().with_untracked(|groups| groups.of(&Heading::Status(Status::Todo)).to_vec())
    }

    #[test]
    fn a_change_moves_one_task_to_where_sorting_would_put_it() {
        for group in [GroupBy::Status, GroupBy::Priority, GroupBy::Due, GroupBy::Tag, GroupBy::None] {
            check_moves(group);
        }
    }

    fn check_moves(group: GroupBy) {
        Owner::new().with(|| {
            let tasks = Tasks::new(day());
            tasks.show(Question { group, ..Question::everything(day()) });
            let priorities = [Priority::None, Priority::Urgent, Priority::Low, Priority::High, Priority::Medium];
            let mut all: Vec<TaskItem> =
                (0..40).map(|n| item(n, GROUPS[n as usize % 7], priorities[n as usize % 5])).collect();
            apply(tasks, &all);
            for n in 0..40_usize {
                all[n].value.priority = priorities[(n * 3 + 1) % 5];
                all[n].value.status = GROUPS[(n * 5 + 2) % 7];
                all[n].value.deleted = n % 11 == 0;
                all[n].value.due =
                    (n % 3 > 0).then(|| Date::from_days(day().days() + i32::try_from(n % 9).unwrap() - 3).unwrap());
                all[n].value.tags = ["Maps", "iOS"][..n % 3].iter().map(|tag| Tag::new(tag)).collect();
                apply(tasks, &all[n..=n]);
                let kept = tasks.groups().get_untracked();
                let anew = |question: &Question| tasks.items.with_value(|items| Groups::sorted(items, question));
                assert_eq!(kept, tasks.question.with_value(anew), "{group:?} after change {n}");
            }
        });
    }

    #[test]
    fn shows_the_tasks_of_one_project() {
        Owner::new().with(|| {
            let tasks = Tasks::new(day());
            apply(tasks, &(0..6).map(|n| item(n, Status::Todo, Priority::None)).collect::<Vec<_>>());
            assert_eq!(todo(tasks), (0..6).map(id).collect::<Vec<_>>());
            let filter = Filter::Is(Condition::Project(vec![project(1)]));
            tasks.show(Question { filter, ..Question::everything(day()) });
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
    fn counts_what_the_navigation_tells() {
        Owner::new().with(|| {
            let (tasks, me) = (Tasks::new(day()), UserId::default());
            let mine = Filter::Is(Condition::Assignee(vec![Who::Me]));
            let todo = Filter::Is(Condition::Status(vec![Status::Todo]));
            let viewer = Viewer { me: Some(me), today: day() };
            tasks.count([mine, todo, Filter::Any(Vec::new())], viewer);
            let mut all: Vec<TaskItem> = (0..6).map(|n| item(n, Status::Todo, Priority::None)).collect();
            all[0].value.assignees.insert(me);
            apply(tasks, &all);
            assert_eq!(tasks.counts.get_untracked(), [1, 6, 0]);
            all[1].value.assignees.insert(me);
            all[1].value.status = Status::Done;
            all[2].value.deleted = true;
            apply(tasks, &all[..3]);
            assert_eq!(tasks.counts.get_untracked(), [2, 4, 0]);
            tasks.apply(vec![(id(0), None)]);
            assert_eq!(tasks.counts.get_untracked(), [1, 3, 0]);
            tasks.recount();
            assert_eq!(tasks.counts.get_untracked(), [1, 3, 0]);
        });
    }

    #[test]
    fn knows_the_parts_of_a_task_in_their_order() {
        Owner::new().with(|| {
            let tasks = Tasks::new(day());
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
            let tasks = Tasks::new(day());
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
