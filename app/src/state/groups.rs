//! The tasks of a page: which they are, under which headings, in which order. Kept by inserting and removing, never by
//! sorting ten thousand tasks because of one.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use engine::view::TaskItem;
use leptos::prelude::*;
use shared::date::Date;
use shared::ids::TaskId;
use shared::query::filter::{Filter, Matcher, Viewer};
use shared::query::group::{self, GroupBy, Heading};
use shared::query::sort::{self, SortBy, SortKey};
use shared::query::subject::{Places, Subject};
use shared::task::TaskView;

pub(crate) type Items = HashMap<TaskId, ArcRwSignal<TaskItem>>;

/// The most urgent first, then the earliest due, then as they were made.
pub(crate) const BY_URGENCY: [SortKey; 3] = [
    SortKey { by: SortBy::Priority, descending: true },
    SortKey { by: SortBy::Due, descending: false },
    SortKey { by: SortBy::Created, descending: false },
];

/// What a page asks about every task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) filter: Filter,
    pub(crate) sort: Vec<SortKey>,
    pub(crate) group: GroupBy,
    pub(crate) viewer: Viewer,
    /// The order of people, projects and sections.
    pub(crate) places: Places,
}

impl Question {
    /// All tasks by their status.
    pub(crate) fn everything(today: Date) -> Self {
        Self {
            filter: Filter::everything(),
            sort: BY_URGENCY.to_vec(),
            group: GroupBy::Status,
            viewer: Viewer { me: None, today },
            places: Places::default(),
        }
    }

    pub(crate) fn matcher(&self) -> Matcher<'_> {
        self.filter.matcher(self.viewer, &|_, _| false)
    }

    fn headings(&self, task: &Subject<'_>) -> Vec<Heading> {
        let mut headings = Vec::new();
        group::headings(task, self.group, self.viewer.today, &mut |heading| headings.push(heading));
        headings
    }

    fn compare(&self, left: &Subject<'_>, right: &Subject<'_>) -> Ordering {
        sort::compare(&self.sort, &self.places, left, right)
    }
}

/// The shown tasks, under their headings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Groups(Vec<(Heading, Vec<TaskId>)>);

/// Where a task stands: under which headings, at which place of each.
pub(super) type Standing = Vec<(Heading, usize)>;

impl Groups {
    pub(crate) fn of(&self, heading: &Heading) -> &[TaskId] {
        self.0.iter().find(|(other, _)| other == heading).map_or(&[], |(_, ids)| ids)
    }

    /// The headings that have tasks, with how many.
    pub(crate) fn filled(&self) -> impl Iterator<Item = (&Heading, usize)> {
        self.0.iter().map(|(heading, ids)| (heading, ids.len()))
    }

    /// All tasks, from the top of the list to its end. One with several headings stands where it comes first.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = TaskId> {
        let mut seen = HashSet::new();
        self.0.iter().flat_map(|(_, ids)| ids).copied().filter(move |id| seen.insert(*id))
    }

    /// Takes a task out; where it stood.
    pub(super) fn take(&mut self, task: &TaskView, items: &Items, question: &Question) -> Standing {
        let subject = Subject::from(task);
        let mut stood = Standing::new();
        for heading in question.headings(&subject) {
            let Some(at) = self.0.iter().position(|(other, _)| *other == heading) else { continue };
            let ids = &mut self.0[at].1;
            if let Ok(place) = place(ids, &subject, items, question) {
                ids.remove(place);
                if ids.is_empty() {
                    self.0.remove(at);
                }
                stood.push((heading, place));
            }
        }
        stood
    }

    /// Puts a task in; where it stands.
    pub(super) fn put(&mut self, task: &TaskView, items: &Items, question: &Question) -> Standing {
        let subject = Subject::from(task);
        let mut stands = Standing::new();
        for heading in question.headings(&subject) {
            let order = |other: &(Heading, Vec<TaskId>)| group::compare(&other.0, &heading, &question.places);
            let at = self.0.binary_search_by(order).unwrap_or_else(|at| {
                self.0.insert(at, (heading.clone(), Vec::new()));
                at
            });
            let ids = &mut self.0[at].1;
            if let Err(place) = place(ids, &subject, items, question) {
                ids.insert(place, task.id);
                stands.push((heading, place));
            }
        }
        stands
    }

    pub(super) fn sorted(items: &Items, question: &Question) -> Self {
        let matcher = question.matcher();
        let guards: Vec<_> = items.values().map(|item| item.read_untracked()).collect();
        let subjects = guards.iter().map(|item| Subject::from(&item.value)).filter(|task| matcher.matches(task));
        let subjects: Vec<Subject<'_>> = subjects.collect();
        let order = sort::first(&subjects, &question.sort, &question.places, subjects.len());
        let ordered: Vec<Subject<'_>> = order.into_iter().map(|at| subjects[at]).collect();
        let groups = group::group(&ordered, question.group, question.viewer.today, &question.places);
        let ids = |group: group::Group| (group.heading, group.tasks.into_iter().map(|at| ordered[at].id).collect());
        Self(groups.into_iter().map(ids).collect())
    }
}

/// Where in a list a task is, or would be. `Err` says where to insert, as in [`slice::binary_search_by`].
fn place(ids: &[TaskId], task: &Subject<'_>, items: &Items, question: &Question) -> Result<usize, usize> {
    ids.binary_search_by(|id| {
        let compared = |item: &TaskItem| question.compare(&Subject::from(&item.value), task);
        items.get(id).map_or(Ordering::Less, |item| item.with_untracked(compared))
    })
}
