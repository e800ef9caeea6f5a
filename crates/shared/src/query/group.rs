//! Headings under which a view shows tasks: which there are, and in which order, the same on every device.
//!
//! A task with several tags or assignees stands under each of them. A heading is there when a task is under it.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::filter::is_overdue;
use super::subject::{Places, Subject};
use super::{GROUPS, fold::fold};
use crate::date::Date;
use crate::ids::{ProjectId, SectionId, UserId};
use crate::register::Tag;
use crate::workflow::{Priority, Status};

/// What tasks are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    None,
    Status,
    Priority,
    Assignee,
    Project,
    Section,
    Due,
    Tag,
}

/// A heading.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Heading {
    /// Of a view without groups.
    All,
    Status(Status),
    Priority(Priority),
    /// `None`: assigned to nobody.
    Assignee(Option<UserId>),
    Project(ProjectId),
    /// `None`: in no section.
    Section(Option<SectionId>),
    Due(Due),
    /// `None`: without tags.
    Tag(Option<Tag>),
}

/// How soon a task is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Due {
    /// Before today, and not closed.
    Overdue,
    Today,
    Tomorrow,
    /// Up to the Sunday of this week (ISO 8601).
    ThisWeek,
    Later,
    /// Before today, but closed: nothing is late any more.
    Past,
    /// It has no due date.
    None,
}

/// A heading and the tasks under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub heading: Heading,
    /// As places in the given tasks, in their order.
    pub tasks: Vec<usize>,
}

/// Puts tasks, already in their order, under headings.
pub fn group(tasks: &[Subject<'_>], by: GroupBy, today: Date, places: &Places) -> Vec<Group> {
    let mut groups: Vec<(Rank, Group)> = Vec::new();
    for (at, task) in tasks.iter().enumerate() {
        headings(task, by, today, &mut |heading| {
            let rank = rank(&heading, places);
            let place = groups.binary_search_by(|(other, _)| other.cmp(&rank)).unwrap_or_else(|place| {
                groups.insert(place, (rank, Group { heading, tasks: Vec::new() }));
                place
            });
            groups[place].1.tasks.push(at);
        });
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// What orders headings of one kind; equal only for equal ones.
type Rank = (usize, u128, Option<(String, Tag)>);

/// The place of headings that say what tasks do not have.
const LAST: Rank = (usize::MAX, u128::MAX, None);

/// The order of two headings of one kind.
pub fn compare(left: &Heading, right: &Heading, places: &Places) -> Ordering {
    rank(left, places).cmp(&rank(right, places))
}

/// Tells the headings that a task stands under.
pub fn headings(task: &Subject<'_>, by: GroupBy, today: Date, each: &mut dyn FnMut(Heading)) {
    match by {
        GroupBy::None => each(Heading::All),
        GroupBy::Status => each(Heading::Status(task.status)),
        GroupBy::Priority => each(Heading::Priority(task.priority)),
        GroupBy::Assignee if task.assignees.is_empty() => each(Heading::Assignee(None)),
        GroupBy::Assignee => task.assignees.iter().for_each(|user| each(Heading::Assignee(Some(*user)))),
        GroupBy::Project => each(Heading::Project(task.project)),
        GroupBy::Section => each(Heading::Section(task.section)),
        GroupBy::Due => each(Heading::Due(due(task, today))),
        GroupBy::Tag if task.tags.is_empty() => each(Heading::Tag(None)),
        GroupBy::Tag => task.tags.iter().for_each(|tag| each(Heading::Tag(Some(tag.clone())))),
    }
}

fn rank(heading: &Heading, places: &Places) -> Rank {
    let listed = |id| {
        let (place, id) = places.of(id);
        (place, id.as_u128(), None)
    };
    match heading {
        Heading::All | Heading::Assignee(None) | Heading::Section(None) | Heading::Tag(None) => LAST,
        Heading::Status(status) => (GROUPS.iter().position(|other| other == status).unwrap_or(usize::MAX), 0, None),
        // The most urgent first.
        Heading::Priority(priority) => (Priority::Urgent as usize - *priority as usize, 0, None),
        Heading::Assignee(Some(user)) => listed(user.0),
        Heading::Project(project) => listed(project.0),
        Heading::Section(Some(section)) => listed(section.0),
        Heading::Due(due) => (*due as usize, 0, None),
        Heading::Tag(Some(tag)) => (0, 0, Some((fold(tag.as_str()), tag.clone()))),
    }
}

fn due(task: &Subject<'_>, today: Date) -> Due {
    let Some(due) = task.due else { return Due::None };
    // 1970-01-01 was a Thursday, the fourth day of its week.
    let sunday = today.days() + 6 - (today.days() + 3).rem_euclid(7);
    match due.days() - today.days() {
        ..0 if is_overdue(task, today) => Due::Overdue,
        ..0 => Due::Past,
        0 => Due::Today,
        1 => Due::Tomorrow,
        _ if due.days() <= sunday => Due::ThisWeek,
        _ => Due::Later,
    }
}
