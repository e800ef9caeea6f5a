//! How a list is looked at: as a list, a board or a calendar, through which filters, grouped and sorted by what. It is the
//! query of the address, so that a link shows others the same and the back button goes back.

pub mod facet;

use std::str::FromStr;

use shared::date::Date;
use shared::query::filter::Filter;
use shared::query::group::GroupBy;
use shared::query::sort::{SortBy, SortKey};

pub use facet::Facet;

/// In which form tasks are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    #[default]
    List,
    Board,
    Calendar,
}

impl Layout {
    pub const ALL: [Self; 3] = [Self::List, Self::Board, Self::Calendar];

    fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Board => "board",
            Self::Calendar => "calendar",
        }
    }
}

/// What the query of an address says. What it does not say is the page's to decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub layout: Layout,
    /// The chips, in the order in which they were added: any of the values of each.
    pub facets: Vec<(Facet, Vec<String>)>,
    pub group: Option<GroupBy>,
    pub sort: Option<SortKey>,
    /// A day of the month or week that the calendar shows.
    pub day: Option<Date>,
    /// Whether the calendar shows a week.
    pub week: bool,
}

/// What tasks can be grouped by, and how an address says so.
pub const GROUPS: [(GroupBy, &str); 8] = [
    (GroupBy::Status, "status"),
    (GroupBy::Priority, "priority"),
    (GroupBy::Assignee, "assignee"),
    (GroupBy::Due, "due"),
    (GroupBy::Tag, "tag"),
    (GroupBy::Project, "project"),
    (GroupBy::Section, "section"),
    (GroupBy::None, "none"),
];

/// What tasks can be sorted by, how an address says so, and whether one would begin at the other end.
pub const SORTS: [(SortBy, &str, bool); 9] = [
    (SortBy::Manual, "manual", false),
    (SortBy::Priority, "priority", true),
    (SortBy::Due, "due", false),
    (SortBy::Start, "start", false),
    (SortBy::Created, "created", true),
    (SortBy::Updated, "updated", true),
    (SortBy::Title, "title", false),
    (SortBy::Status, "status", false),
    (SortBy::Assignee, "assignee", false),
];

impl Look {
    /// Reads a query, with or without `?`. What it does not know it leaves out.
    pub fn parse(query: &str) -> Self {
        let mut look = Self::default();
        for (name, value) in form_urlencoded::parse(query.trim_start_matches('?').as_bytes()) {
            look.take(&name, &value);
        }
        look
    }

    fn take(&mut self, name: &str, value: &str) {
        match name {
            "view" => self.layout = Layout::ALL.into_iter().find(|layout| layout.name() == value).unwrap_or_default(),
            "group" => self.group = GROUPS.iter().find(|(_, name)| *name == value).map(|(by, _)| *by),
            "sort" => self.sort = sort_key(value),
            "day" => self.day = Date::from_str(value).ok(),
            "span" => self.week = value == "week",
            _ => {
                if let Some(facet) = Facet::ALL.into_iter().find(|facet| facet.name() == name)
                    && !self.values(facet).iter().any(|known| known == value)
                    && facet.condition(value).is_some()
                {
                    self.toggle(facet, value);
                }
            }
        }
    }

    /// The query, with `?` unless there is nothing to say.
    pub fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if self.layout != Layout::List {
            query.append_pair("view", self.layout.name());
        }
        for (facet, values) in &self.facets {
            for value in values {
                query.append_pair(facet.name(), value);
            }
        }
        if let Some((_, name)) = self.group.and_then(|group| GROUPS.iter().find(|(by, _)| *by == group)) {
            query.append_pair("group", name);
        }
        if let Some(sort) = self.sort {
            query.append_pair("sort", &sort_name(sort));
        }
        if let Some(day) = self.day {
            query.append_pair("day", &day.to_string());
        }
        if self.week {
            query.append_pair("span", "week");
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    /// The values of a chip.
    pub fn values(&self, facet: Facet) -> &[String] {
        self.facets.iter().find(|(other, _)| *other == facet).map_or(&[], |(_, values)| values)
    }

    /// Adds a value to a chip, or takes it away; a chip without values goes.
    pub fn toggle(&mut self, facet: Facet, value: &str) {
        let place = self.facets.iter().position(|(other, _)| *other == facet).unwrap_or_else(|| {
            self.facets.push((facet, Vec::new()));
            self.facets.len() - 1
        });
        let values = &mut self.facets[place].1;
        match values.iter().position(|other| other == value) {
            Some(known) => drop(values.remove(known)),
            None => values.push(value.to_owned()),
        }
        if self.facets[place].1.is_empty() {
            self.facets.remove(place);
        }
    }

    /// What the chips ask of a task, one condition for each chip.
    pub fn filters(&self) -> Vec<Filter> {
        let of = |(facet, values): &(Facet, Vec<String>)| facet.filter(values);
        self.facets.iter().map(of).collect()
    }

    /// The chips that ask what a filter asks; `None` if there are no such.
    pub fn of_filter(filter: &Filter) -> Option<Self> {
        let Filter::All(filters) = filter else { return None };
        let facets: Option<Vec<_>> = filters.iter().map(Facet::of_filter).collect();
        facets.map(|facets| Self { facets, ..Self::default() })
    }
}

fn sort_key(text: &str) -> Option<SortKey> {
    let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
    SORTS.iter().find(|(_, known, _)| *known == name).map(|(by, ..)| SortKey { by: *by, descending })
}

fn sort_name(key: SortKey) -> String {
    let name = SORTS.iter().find(|(by, ..)| *by == key.by).map_or("", |(_, name, _)| *name);
    format!("{}{name}", if key.descending { "-" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_how_to_look_and_a_look_its_address() {
        let id = "0199a000-0000-7000-8000-000000000001";
        for query in [
            "",
            "?view=board&group=assignee",
            "?view=calendar&day=2026-11-20&span=week",
            "?status=todo&status=in_progress&priority=urgent&assignee=me&assignee=nobody",
            &format!("?project={id}&section={id}&section=&assignee={id}&sort=-due"),
            "?tag=Maps&tag=&tag=a%2Cb+%26+c&due=overdue&due=2026-11-20",
        ] {
            assert_eq!(Look::parse(query).query(), query);
        }
    }

    #[test]
    fn what_an_address_should_not_say_is_left_out() {
        for query in [
            "status=someday&priority=&due=2026-02-30&project=7&assignee=ada&section=x&day=today",
            "sort=-luck&group=mood&view=cloud&span=year&new=task",
            "a=b&&=&%ff=%",
        ] {
            assert_eq!(Look::parse(query), Look::default(), "{query}");
        }
        assert_eq!(Look::parse("status=todo&status=todo").query(), "?status=todo");
    }

    #[test]
    fn a_chip_has_the_values_that_are_toggled() {
        let mut look = Look::default();
        for (facet, value) in [(Facet::Status, "todo"), (Facet::Tag, "Maps"), (Facet::Status, "done")] {
            look.toggle(facet, value);
        }
        assert_eq!(look.values(Facet::Status), ["todo", "done"]);
        look.toggle(Facet::Status, "todo");
        look.toggle(Facet::Tag, "Maps");
        assert_eq!(look.query(), "?status=done");
    }

    #[test]
    fn chips_are_a_filter_and_a_filter_is_chips() {
        for query in [
            "?status=todo&status=in_progress&priority=high&assignee=me&assignee=nobody&due=overdue&due=none",
            "?tag=Maps&tag=iOS&tag=&section=&due=today&due=week&due=2026-11-20&due=some",
        ] {
            let look = Look::parse(query);
            let filter = Filter::All(look.filters());
            assert_eq!(Look::of_filter(&filter), Some(look), "{filter:?}");
        }
        assert_eq!(Look::of_filter(&Filter::Not(Box::new(Filter::everything()))), None);
    }
}
