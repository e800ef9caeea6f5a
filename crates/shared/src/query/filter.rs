//! The conditions of a view: a value that is stored and synced as JSON, and asked about every task.
//!
//! A condition that lists values holds when one of them does, so an empty list never holds. `all` of nothing holds,
//! `any` of nothing does not. A view that says nothing about deleted tasks does not show them.
//!
//! The JSON is kept by other members' devices, so its form only grows: a new condition is a new name, which an older
//! release refuses as a whole rather than show a view that means something else.

mod parse;

use serde::{Deserialize, Serialize};

use super::subject::Subject;
use crate::date::Date;
use crate::ids::{ProjectId, SectionId, TaskId, UserId};
use crate::register::Tag;
use crate::workflow::{Priority, Status};

/// How deep `all`, `any` and `not` may be nested.
pub const FILTER_DEPTH: usize = 16;
/// How many conditions, values in them and combinators a filter may have.
pub const FILTER_SIZE: usize = 1_000;

/// Conditions, combined: `{"all": [{"is": {"status": ["todo"]}}, {"not": {"is": {"tags": "none"}}}]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Is(Condition),
}

/// One thing that a task is or has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    Project(Vec<ProjectId>),
    /// `null` is: in no section.
    Section(Vec<Option<SectionId>>),
    /// Is a part of one of these tasks.
    Parent(Vec<TaskId>),
    /// Is a part of some task.
    Subtask(bool),
    Status(Vec<Status>),
    /// No more work is expected: done or cancelled.
    Closed(bool),
    Priority(Vec<Priority>),
    Assignee(Vec<Who>),
    Tags(TagRule),
    Due(When),
    Start(When),
    /// Due before today, and not closed.
    Overdue(bool),
    /// Has the words of a query; see [`super::search`].
    Text(String),
    /// A person should look at what a merge decided.
    Review(bool),
    Deleted(bool),
}

/// Somebody, by name or by the part they play for whoever looks at the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Whoever looks.
    Me,
    /// The task is assigned to nobody.
    Nobody,
    User(UserId),
}

/// Which tags a task has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagRule {
    Any(Vec<Tag>),
    All(Vec<Tag>),
    /// It has no tags.
    None,
}

/// Which date a task has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// It has none.
    None,
    /// It has one.
    Some,
    On(Day),
    Before(Day),
    After(Day),
    /// From the first to the last day, both included.
    Between(Day, Day),
}

/// A day in the calendar, or counted from the day of whoever looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    Date(Date),
    /// So many days after today; before, if negative.
    InDays(i32),
}

/// Who looks at a view, on which day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// `None`: not signed in; nothing is assigned to them.
    pub me: Option<UserId>,
    /// By their own calendar.
    pub today: Date,
}

/// The filter is larger or nested deeper than a member could mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFilter {
    #[error("conditions may be nested {FILTER_DEPTH} deep")]
    TooDeep,
    #[error("a filter may have {FILTER_SIZE} conditions and values")]
    TooLarge,
}

/// A filter for one viewer, ready to be asked about tasks.
#[derive(Clone, Copy)]
pub struct Matcher<'a> {
    filter: &'a Filter,
    viewer: Viewer,
    hides_deleted: bool,
    has_text: &'a dyn Fn(&str, TaskId) -> bool,
}

impl std::fmt::Debug for Matcher<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Matcher").field("filter", self.filter).field("viewer", &self.viewer).finish_non_exhaustive()
    }
}

impl Filter {
    /// All tasks that are not deleted.
    pub fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// Whether the filter is one that others will accept. One that was read has been checked.
    pub fn check(&self) -> Result<(), InvalidFilter> {
        let mut left = FILTER_SIZE;
        self.measure(FILTER_DEPTH, &mut left)
    }

    fn measure(&self, depth: usize, left: &mut usize) -> Result<(), InvalidFilter> {
        let depth = depth.checked_sub(1).ok_or(InvalidFilter::TooDeep)?;
        let size = match self {
            Self::Is(condition) => condition.size(),
            _ => 1,
        };
        *left = left.checked_sub(size).ok_or(InvalidFilter::TooLarge)?;
        self.children().iter().try_for_each(|child| child.measure(depth, left))
    }

    fn children(&self) -> &[Self] {
        match self {
            Self::All(filters) | Self::Any(filters) => filters,
            Self::Not(filter) => std::slice::from_ref(filter),
            Self::Is(_) => &[],
        }
    }

    /// The conditions, wherever they stand.
    fn conditions(&self) -> Vec<&Condition> {
        match self {
            Self::Is(condition) => vec![condition],
            _ => self.children().iter().flat_map(Self::conditions).collect(),
        }
    }

    /// The queries in it, to be searched for once before tasks are asked about.
    pub fn texts(&self) -> Vec<&str> {
        let conditions = self.conditions().into_iter();
        let texts = conditions.filter_map(|condition| match condition {
            Condition::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// The filter for a viewer. `has_text` says whether a task has the words of a query.
    pub fn matcher<'a>(&'a self, viewer: Viewer, has_text: &'a dyn Fn(&str, TaskId) -> bool) -> Matcher<'a> {
        let asks = self.conditions().iter().any(|condition| matches!(condition, Condition::Deleted(_)));
        Matcher { filter: self, viewer, hides_deleted: !asks, has_text }
    }
}

impl Condition {
    /// One, and one for each value.
    fn size(&self) -> usize {
        1 + match self {
            Self::Project(values) => values.len(),
            Self::Section(values) => values.len(),
            Self::Parent(values) => values.len(),
            Self::Status(values) => values.len(),
            Self::Priority(values) => values.len(),
            Self::Assignee(values) => values.len(),
            Self::Tags(TagRule::Any(values) | TagRule::All(values)) => values.len(),
            _ => 0,
        }
    }
}

impl Matcher<'_> {
    /// Whether the view shows a task.
    pub fn matches(&self, task: &Subject<'_>) -> bool {
        !(self.hides_deleted && task.deleted) && self.holds(self.filter, task)
    }

    fn holds(&self, filter: &Filter, task: &Subject<'_>) -> bool {
        match filter {
            Filter::All(filters) => filters.iter().all(|filter| self.holds(filter, task)),
            Filter::Any(filters) => filters.iter().any(|filter| self.holds(filter, task)),
            Filter::Not(filter) => !self.holds(filter, task),
            Filter::Is(condition) => self.is(condition, task),
        }
    }

    fn is(&self, condition: &Condition, task: &Subject<'_>) -> bool {
        match condition {
            Condition::Project(projects) => projects.contains(&task.project),
            Condition::Section(sections) => sections.contains(&task.section),
            Condition::Parent(parents) => task.parent.is_some_and(|parent| parents.contains(&parent)),
            Condition::Subtask(is) => task.parent.is_some() == *is,
            Condition::Status(statuses) => statuses.contains(&task.status),
            Condition::Closed(is) => task.status.is_closed() == *is,
            Condition::Priority(priorities) => priorities.contains(&task.priority),
            Condition::Assignee(people) => people.iter().any(|who| self.is_assigned(*who, task)),
            Condition::Tags(rule) => rule.holds(task.tags),
            Condition::Due(when) => self.is_when(*when, task.due),
            Condition::Start(when) => self.is_when(*when, task.start),
            Condition::Overdue(is) => is_overdue(task, self.viewer.today) == *is,
            Condition::Text(query) => (self.has_text)(query, task.id),
            Condition::Review(is) => task.review == *is,
            Condition::Deleted(is) => task.deleted == *is,
        }
    }

    fn is_assigned(&self, who: Who, task: &Subject<'_>) -> bool {
        match who {
            Who::Me => self.viewer.me.is_some_and(|me| task.assignees.contains(&me)),
            Who::Nobody => task.assignees.is_empty(),
            Who::User(user) => task.assignees.contains(&user),
        }
    }

    fn is_when(&self, when: When, date: Option<Date>) -> bool {
        let Some(date) = date.map(|date| i64::from(date.days())) else { return when == When::None };
        match when {
            When::None => false,
            When::Some => true,
            When::On(day) => date == self.days(day),
            When::Before(day) => date < self.days(day),
            When::After(day) => date > self.days(day),
            When::Between(first, last) => (self.days(first)..=self.days(last)).contains(&date),
        }
    }

    /// Days since 1970-01-01; also of days that no calendar has.
    fn days(&self, day: Day) -> i64 {
        match day {
            Day::Date(date) => date.days().into(),
            Day::InDays(days) => i64::from(self.viewer.today.days()) + i64::from(days),
        }
    }
}

impl TagRule {
    fn holds(&self, tags: &[Tag]) -> bool {
        match self {
            Self::Any(wanted) => wanted.iter().any(|tag| tags.contains(tag)),
            Self::All(wanted) => wanted.iter().all(|tag| tags.contains(tag)),
            Self::None => tags.is_empty(),
        }
    }
}

/// Whether a task should have been done before today.
pub(super) fn is_overdue(task: &Subject<'_>, today: Date) -> bool {
    !task.status.is_closed() && task.due.is_some_and(|due| due < today)
}
