//! Which tasks each page shows, and how: what the address says, on top of what the page is about.

use engine::view::Item;
use leptos::prelude::*;
use shared::ids::{ProjectId, SavedViewId, SectionId, UserId};
use shared::order::effective;
use shared::query::filter::{Condition, Day, Filter, TagRule, Viewer, When, Who};
use shared::query::group::{GroupBy, Heading};
use shared::query::sort::{SortBy, SortKey};
use shared::query::subject::Places;
use shared::saved_view::SavedViewView;
use shared::section::SectionView;
use shared::workflow::{Priority, Status};

use crate::dates;
use crate::i18n as t;
use crate::look::{Facet, Layout, Look};
use crate::route::{Page, Route};
use crate::state::App;
use crate::state::calendar::Span;
use crate::state::groups::{BY_URGENCY, Question};
use crate::state::order::sort_by;
use crate::state::tasks::COUNTED;
use crate::state::ui::Preset;

/// The pages whose tasks the navigation counts, in the order of the counts.
pub(crate) const COUNTED_PAGES: [Page; COUNTED] = [Page::My, Page::Inbox, Page::Today];

/// What the columns of a board can be.
pub(crate) const COLUMNS: [GroupBy; 4] = [GroupBy::Status, GroupBy::Assignee, GroupBy::Priority, GroupBy::Section];

/// What a page is about besides tasks.
pub(crate) struct Views {
    /// The list that is shown, also behind a task.
    pub(crate) place: RwSignal<Route>,
    pub(crate) look: RwSignal<Look>,
    /// In the order that members gave them.
    pub(crate) sections: RwSignal<Vec<SectionView>>,
    /// In alphabetical order.
    pub(crate) saved: RwSignal<Vec<SavedViewView>>,
}

impl Views {
    pub(crate) fn new(place: Route, look: Look) -> Self {
        Self {
            place: RwSignal::new(place),
            look: RwSignal::new(look),
            sections: RwSignal::new(Vec::new()),
            saved: RwSignal::new(Vec::new()),
        }
    }
}

impl App {
    /// Asks the tasks for what is to be shown, whenever that becomes something else.
    pub(crate) fn start_views(self) {
        dates::follow_day();
        Effect::new(move || self.tasks.show(self.question()));
        Effect::new(move || {
            let filters = COUNTED_PAGES.map(|page| self.filter_of(&Route::Page(page)));
            self.tasks.count(filters, self.viewer());
        });
    }

    fn viewer(self) -> Viewer {
        Viewer { me: self.me(), today: dates::this_day() }
    }

    /// What the page asks about every task.
    fn question(self) -> Question {
        let place = self.views.place.get();
        let (layout, facets) = self.views.look.with(|look| (look.layout, look.filters()));
        let mut filters = vec![self.filter_of(&place)];
        filters.extend(facets);
        if layout == Layout::Calendar {
            let (first, last) = Span::of(self).days();
            filters.push(Filter::Is(Condition::Due(When::Between(Day::Date(first), Day::Date(last)))));
        }
        let (group, sort) = (self.group_by(), self.sort_keys());
        let places = self.places(group, &sort);
        Question { filter: Filter::All(filters), sort, group, viewer: self.viewer(), places }
    }

    /// What the page is about, whatever the chips say.
    pub(crate) fn filter_of(self, place: &Route) -> Filter {
        let filters = match place {
            Route::Project(id) => vec![Condition::Project(vec![*id])],
            Route::Page(page) => conditions(*page),
            _ => Vec::new(),
        };
        let mut filters: Vec<Filter> = filters.into_iter().map(Filter::Is).collect();
        if let Route::View(id) = place {
            filters.push(self.saved_filter(*id));
        }
        if !matches!(place, Route::Project(_) | Route::Page(Page::Trash)) {
            let archived = self.projects.with(|all| {
                all.iter().filter(|item| item.value.archived).map(|item| item.value.id).collect::<Vec<ProjectId>>()
            });
            filters.extend(without(Condition::Project(archived)));
        }
        let sectioned = self.views.look.with(|look| !look.values(Facet::Section).is_empty());
        if matches!(place, Route::Project(_)) && !sectioned {
            let hidden = self.views.sections.with(|all| {
                all.iter().filter(|section| section.hidden).map(|section| Some(section.id)).collect::<Vec<_>>()
            });
            filters.extend(without(Condition::Section(hidden)));
        }
        Filter::All(filters)
    }

    /// What the tasks are grouped by; on a board what its columns are.
    pub(crate) fn group_by(self) -> GroupBy {
        let (layout, group) = self.views.look.with(|look| (look.layout, look.group));
        match layout {
            Layout::List => group.unwrap_or_else(|| self.views.place.with(usual_group)),
            Layout::Board => group.filter(|group| COLUMNS.contains(group)).unwrap_or(GroupBy::Status),
            Layout::Calendar => GroupBy::None,
        }
    }

    /// What the tasks are sorted by, first of all; `None`: by how urgent they are.
    pub(crate) fn sort_key(self) -> Option<SortKey> {
        let (layout, sort) = self.views.look.with(|look| (look.layout, look.sort));
        match layout {
            Layout::Calendar => Some(SortKey::ascending(SortBy::Due)),
            Layout::Board => sort.or(Some(SortKey::ascending(SortBy::Manual))),
            Layout::List => sort.or_else(|| self.views.place.with(usual_sort)),
        }
    }

    fn sort_keys(self) -> Vec<SortKey> {
        self.sort_key().into_iter().chain(BY_URGENCY).collect()
    }

    /// Whether tasks stand where members put them.
    pub(crate) fn is_by_hand(self) -> bool {
        self.sort_key() == Some(SortKey::ascending(SortBy::Manual))
    }

    /// The order of people, projects and sections, where it counts.
    fn places(self, group: GroupBy, sort: &[SortKey]) -> Places {
        let mut ids = Vec::new();
        if group == GroupBy::Assignee || sort.iter().any(|key| key.by == SortBy::Assignee) {
            self.people.with(|people| ids.extend(people.iter().map(|person| person.id.0)));
        }
        if group == GroupBy::Project {
            self.projects.with(|projects| ids.extend(projects.iter().map(|item| item.value.id.0)));
        }
        if group == GroupBy::Section {
            self.views.sections.with(|sections| ids.extend(sections.iter().map(|section| section.id.0)));
        }
        ids.into_iter().collect()
    }

    /// Looks at the same tasks in another way.
    pub(crate) fn look(self, change: &dyn Fn(&mut Look)) {
        let mut look = self.views.look.get_untracked();
        change(&mut look);
        self.go_to(self.views.place.get_untracked(), look, false);
    }

    /// The address of the same tasks in another form.
    pub(crate) fn layout_href(self, layout: Layout) -> String {
        let look = Look { layout, ..self.views.look.get() };
        self.views.place.with(Route::href) + &look.query()
    }

    /// What the list that is shown, also behind a task, is called.
    pub(crate) fn list_name(self) -> String {
        let named = match self.views.place.get() {
            Route::Project(id) => self.project_name(id),
            Route::Page(page) => Some(t::page_name(page).to_owned()),
            Route::View(id) => self.saved_view(id).map(|view| view.name),
            Route::Search(_) => Some(t::search().to_owned()),
            _ => None,
        };
        named.unwrap_or_else(|| t::all_tasks().to_owned())
    }

    /// What tasks stand under.
    pub(crate) fn heading_name(self, heading: &Heading) -> String {
        let text = match heading {
            Heading::All => t::tasks(),
            Heading::Status(status) => t::status_name(*status),
            Heading::Priority(priority) => t::priority_name(*priority),
            Heading::Assignee(None) => t::no_one(),
            Heading::Assignee(Some(id)) => return self.person_name(*id).unwrap_or_else(|| t::somebody().to_owned()),
            Heading::Project(id) => return self.project_name(*id).unwrap_or_default(),
            Heading::Section(None) => t::no_section(),
            Heading::Section(Some(id)) => return self.section_name(*id).unwrap_or_default(),
            Heading::Due(due) => t::due_group(*due),
            Heading::Tag(None) => t::no_tags(),
            Heading::Tag(Some(tag)) => return tag.as_str().to_owned(),
        };
        text.to_owned()
    }

    pub(crate) fn section_name(self, id: SectionId) -> Option<String> {
        self.views.sections.with(|all| all.iter().find(|one| one.id == id).map(|one| one.name.clone()))
    }

    pub(crate) fn saved_view(self, id: SavedViewId) -> Option<SavedViewView> {
        self.views.saved.with(|all| all.iter().find(|view| view.id == id).cloned())
    }

    /// What a saved view asks; one that this release does not understand shows nothing.
    pub(crate) fn saved_filter(self, id: SavedViewId) -> Filter {
        let filter = self.saved_view(id).and_then(|view| serde_json::from_str(&view.filter).ok());
        filter.unwrap_or(Filter::Any(Vec::new()))
    }

    /// What a new task has to have to be seen where it is made.
    pub(crate) fn page_preset(self) -> Preset {
        let mut preset = Preset::default();
        match self.views.place.get_untracked() {
            Route::Project(id) => preset.project = Some(id),
            Route::Page(Page::My) => preset.assignee = untrack(|| self.me()),
            Route::Page(Page::Today) => preset.due = Some(dates::this_day()),
            Route::Page(Page::Upcoming) => preset.due = dates::days_from_today(1),
            _ => {}
        }
        self.views.look.with_untracked(|look| {
            for (facet, values) in &look.facets {
                if let [value] = values.as_slice() {
                    preset.fit(facet.condition(value), untrack(|| self.me()));
                }
            }
        });
        preset
    }

    pub(crate) fn hear_of_sections(self, changes: Vec<(SectionId, Option<Item<SectionView>>)>) {
        if changes.is_empty() {
            return;
        }
        self.views.sections.update(|sections| {
            for (id, section) in changes {
                sections.retain(|known| known.id != id);
                sections.extend(section.map(|item| item.value).filter(|section| !section.deleted));
            }
            sort_by(sections, &|a, b| (effective(&a.order, a.id.0), a.id).cmp(&(effective(&b.order, b.id.0), b.id)));
        });
    }

    pub(crate) fn hear_of_views(self, changes: Vec<(SavedViewId, Option<Item<SavedViewView>>)>) {
        if changes.is_empty() {
            return;
        }
        self.views.saved.update(|views| {
            for (id, view) in changes {
                views.retain(|known| known.id != id);
                views.extend(view.map(|item| item.value).filter(|view| !view.deleted));
            }
            sort_by(views, &|a, b| super::by_name((&a.name, &a.id), (&b.name, &b.id)));
        });
    }
}

fn without(condition: Condition) -> Option<Filter> {
    let empty = matches!(&condition, Condition::Project(ids) if ids.is_empty())
        || matches!(&condition, Condition::Section(ids) if ids.is_empty());
    (!empty).then(|| Filter::Not(Box::new(Filter::Is(condition))))
}

/// What a page is about.
fn conditions(page: Page) -> Vec<Condition> {
    let on_my_plate = || vec![Condition::Closed(false), Condition::Assignee(vec![Who::Me, Who::Nobody])];
    match page {
        Page::My => vec![Condition::Closed(false), Condition::Assignee(vec![Who::Me])],
        // What came in and nobody has decided anything about: by whom, by when, how urgent, in which section.
        Page::Inbox => vec![
            Condition::Status(vec![Status::Backlog, Status::Todo]),
            Condition::Assignee(vec![Who::Nobody]),
            Condition::Priority(vec![Priority::None]),
            Condition::Due(When::None),
            Condition::Section(vec![None]),
            Condition::Subtask(false),
        ],
        Page::Today => {
            let mut conditions = on_my_plate();
            conditions.push(Condition::Due(When::Before(Day::InDays(1))));
            conditions
        }
        Page::Upcoming => {
            let mut conditions = on_my_plate();
            conditions.push(Condition::Due(When::After(Day::InDays(0))));
            conditions
        }
        Page::Done => vec![Condition::Closed(true)],
        Page::Trash => vec![Condition::Deleted(true)],
    }
}

fn usual_group(place: &Route) -> GroupBy {
    match place {
        Route::Page(Page::Inbox) => GroupBy::Project,
        Route::Page(Page::Today | Page::Upcoming) => GroupBy::Due,
        Route::Page(Page::Done | Page::Trash) => GroupBy::None,
        _ => GroupBy::Status,
    }
}

fn usual_sort(place: &Route) -> Option<SortKey> {
    match place {
        Route::Page(Page::Inbox) => Some(SortKey::descending(SortBy::Created)),
        Route::Page(Page::Upcoming) => Some(SortKey::ascending(SortBy::Due)),
        Route::Page(Page::Done | Page::Trash) => Some(SortKey::descending(SortBy::Updated)),
        _ => None,
    }
}

/// What a task has to have to stand under a heading; `None` where that is nothing that a new one could be given.
pub(crate) fn condition_of(heading: &Heading) -> Option<Condition> {
    Some(match heading {
        Heading::Status(status) => Condition::Status(vec![*status]),
        Heading::Priority(priority) => Condition::Priority(vec![*priority]),
        Heading::Assignee(Some(user)) => Condition::Assignee(vec![Who::User(*user)]),
        Heading::Project(project) => Condition::Project(vec![*project]),
        Heading::Section(section) => Condition::Section(vec![*section]),
        _ => return None,
    })
}

/// The heading under which a condition's tasks would stand, where it is about one.
pub(crate) fn heading_of(condition: &Condition) -> Option<Heading> {
    Some(match condition {
        Condition::Status(list) => Heading::Status(*list.first()?),
        Condition::Priority(list) => Heading::Priority(*list.first()?),
        Condition::Project(list) => Heading::Project(*list.first()?),
        Condition::Section(list) => Heading::Section(*list.first()?),
        Condition::Tags(TagRule::None) => Heading::Tag(None),
        Condition::Tags(TagRule::Any(list)) => Heading::Tag(list.first().cloned()),
        Condition::Assignee(list) => match list.first()? {
            Who::Me => return None,
            Who::Nobody => Heading::Assignee(None),
            Who::User(user) => Heading::Assignee(Some(*user)),
        },
        _ => return None,
    })
}

impl Preset {
    /// Starts with what a condition asks for, where it asks for one thing.
    pub(crate) fn fit(&mut self, condition: Option<Condition>, me: Option<UserId>) {
        match condition {
            Some(Condition::Status(list)) => self.status = list.first().copied(),
            Some(Condition::Priority(list)) => self.priority = list.first().copied(),
            Some(Condition::Project(list)) => self.project = list.first().copied(),
            Some(Condition::Section(list)) => self.section = list.first().copied().flatten(),
            Some(Condition::Due(When::On(Day::Date(date)))) => self.due = Some(date),
            Some(Condition::Due(When::On(Day::InDays(days)))) => self.due = dates::days_from_today(days),
            Some(Condition::Assignee(list)) => {
                self.assignee = match list.first() {
                    Some(Who::Me) => me,
                    Some(Who::User(user)) => Some(*user),
                    _ => None,
                };
            }
            _ => {}
        }
    }
}
