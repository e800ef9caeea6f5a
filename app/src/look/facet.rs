//! What a filter chip is about, and what its values mean.

use shared::date::Date;
use shared::query::filter::{Condition, Day, Filter, TagRule, When, Who};
use shared::register::Tag;
use shared::workflow::{Priority, Status};

/// What tasks are filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Facet {
    Status,
    Assignee,
    Priority,
    Tag,
    Due,
    Project,
    Section,
}

/// The value that says: none of them. Of tags and sections, which people name.
pub const NONE: &str = "";
pub const ME: &str = "me";
pub const NOBODY: &str = "nobody";
/// What can be asked of a due date, besides that it is a certain day.
pub const DUES: [&str; 5] = ["overdue", "today", "week", "some", "none"];
/// "Within seven days" ends so many days after today.
const WEEK: i32 = 6;

const STATUSES: [(&str, Status); 7] = [
    ("backlog", Status::Backlog),
    ("todo", Status::Todo),
    ("in_progress", Status::InProgress),
    ("blocked", Status::Blocked),
    ("in_review", Status::InReview),
    ("done", Status::Done),
    ("cancelled", Status::Cancelled),
];

const PRIORITIES: [(&str, Priority); 5] = [
    ("urgent", Priority::Urgent),
    ("high", Priority::High),
    ("medium", Priority::Medium),
    ("low", Priority::Low),
    ("none", Priority::None),
];

fn named<T: Copy + PartialEq>(table: &[(&'static str, T)], name: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

fn name_of<T: Copy + PartialEq>(table: &[(&'static str, T)], value: T) -> String {
    table.iter().find(|(_, known)| *known == value).map_or("", |(name, _)| name).to_owned()
}

impl Facet {
    pub const ALL: [Self; 7] =
        [Self::Status, Self::Assignee, Self::Priority, Self::Tag, Self::Due, Self::Project, Self::Section];

    /// How an address says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Assignee => "assignee",
            Self::Priority => "priority",
            Self::Tag => "tag",
            Self::Due => "due",
            Self::Project => "project",
            Self::Section => "section",
        }
    }

    /// What a value asks of a task; `None` if it is no value.
    pub fn condition(self, value: &str) -> Option<Condition> {
        Some(match self {
            Self::Status => Condition::Status(vec![status(value)?]),
            Self::Priority => Condition::Priority(vec![priority(value)?]),
            Self::Assignee => Condition::Assignee(vec![match value {
                ME => Who::Me,
                NOBODY => Who::Nobody,
                id => Who::User(id.parse().ok()?),
            }]),
            Self::Tag if value == NONE => Condition::Tags(TagRule::None),
            Self::Tag => Condition::Tags(TagRule::Any(vec![Tag::new(value)])),
            Self::Due => match value {
                "overdue" => Condition::Overdue(true),
                "today" => Condition::Due(When::On(Day::InDays(0))),
                "week" => Condition::Due(When::Between(Day::InDays(0), Day::InDays(WEEK))),
                "some" => Condition::Due(When::Some),
                "none" => Condition::Due(When::None),
                date => Condition::Due(When::On(Day::Date(date.parse::<Date>().ok()?))),
            },
            Self::Project => Condition::Project(vec![value.parse().ok()?]),
            Self::Section if value == NONE => Condition::Section(vec![None]),
            Self::Section => Condition::Section(vec![Some(value.parse().ok()?)]),
        })
    }

    /// Asks for any of some values.
    pub(super) fn filter(self, values: &[String]) -> Filter {
        let conditions = values.iter().filter_map(|value| self.condition(value)).map(Filter::Is);
        let mut conditions: Vec<Filter> = conditions.collect();
        if conditions.len() == 1 { conditions.remove(0) } else { Filter::Any(conditions) }
    }

    /// The chip that asks what a filter asks.
    pub(super) fn of_filter(filter: &Filter) -> Option<(Self, Vec<String>)> {
        match filter {
            Filter::Is(condition) => Self::of_condition(condition),
            Filter::Any(filters) => {
                let mut chips = filters.iter().map(Self::of_filter);
                let (facet, mut values) = chips.next()??;
                for chip in chips {
                    let (_, more) = chip.filter(|(other, _)| *other == facet)?;
                    values.extend(more);
                }
                Some((facet, values))
            }
            Filter::All(_) | Filter::Not(_) => None,
        }
    }

    fn of_condition(condition: &Condition) -> Option<(Self, Vec<String>)> {
        let due = |name: &str| Some((Self::Due, vec![name.to_owned()]));
        Some(match condition {
            Condition::Status(list) => (Self::Status, list.iter().map(|one| name_of(&STATUSES, *one)).collect()),
            Condition::Priority(list) => (Self::Priority, list.iter().map(|one| name_of(&PRIORITIES, *one)).collect()),
            Condition::Assignee(list) => (Self::Assignee, list.iter().map(|who| name_of_who(*who)).collect()),
            Condition::Tags(TagRule::None) => (Self::Tag, vec![NONE.to_owned()]),
            Condition::Tags(TagRule::Any(tags)) => {
                (Self::Tag, tags.iter().map(|tag| tag.as_str().to_owned()).collect())
            }
            Condition::Project(list) => (Self::Project, list.iter().map(ToString::to_string).collect()),
            Condition::Section(list) => {
                (Self::Section, list.iter().map(|one| one.map_or(String::new(), |id| id.to_string())).collect())
            }
            Condition::Overdue(true) => return due("overdue"),
            Condition::Due(When::Some) => return due("some"),
            Condition::Due(When::None) => return due("none"),
            Condition::Due(When::On(Day::InDays(0))) => return due("today"),
            Condition::Due(When::On(Day::Date(date))) => return due(&date.to_string()),
            Condition::Due(When::Between(Day::InDays(0), Day::InDays(WEEK))) => return due("week"),
            _ => return None,
        })
    }
}

/// The status with this name.
pub fn status(name: &str) -> Option<Status> {
    named(&STATUSES, name)
}

/// The priority with this name.
pub fn priority(name: &str) -> Option<Priority> {
    named(&PRIORITIES, name)
}

/// The names of all statuses, or of all priorities.
pub fn names(facet: Facet) -> Vec<String> {
    match facet {
        Facet::Status => STATUSES.iter().map(|(name, _)| (*name).to_owned()).collect(),
        Facet::Priority => PRIORITIES.iter().map(|(name, _)| (*name).to_owned()).collect(),
        _ => Vec::new(),
    }
}

fn name_of_who(who: Who) -> String {
    match who {
        Who::Me => ME.to_owned(),
        Who::Nobody => NOBODY.to_owned(),
        Who::User(id) => id.to_string(),
    }
}
