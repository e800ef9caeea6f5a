//! What the palette offers for what is typed: tasks, actions, projects, people; and, in its second step, the values that
//! an action lets choose from.

use leptos::prelude::*;
use shared::date::Date;
use shared::ids::{ProjectId, TaskId, UserId};
use shared::member::MemberView;
use shared::query::highlight::highlight;
use shared::quick_add::day;
use shared::register::Tag;
use shared::workflow::{Priority, Status};

use crate::route::Route;
use crate::state::actions::{self, ACTIONS, Action, Place};
use crate::state::changes::Edit;
use crate::state::recent::{self, Recent};
use crate::state::search::Found;
use crate::state::ui::Menu;
use crate::state::{App, key_of};
use crate::{dates, dom, i18n as t};

/// So many tasks are offered; the page of the search has more.
const TASKS: usize = 6;
const RECENT: usize = 5;
/// So many values are offered of what there may be hundreds of.
const VALUES: usize = 12;

/// What is shown in front of an offer.
#[derive(Clone, Debug)]
pub(crate) enum Glyph {
    Icon(&'static str),
    Status(Status),
    Priority(Priority),
    Project(ProjectId),
    Person(UserId),
    Tag,
}

/// What an offer does.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    Open(TaskId),
    Go(Route),
    Run(&'static Action),
    /// Goes on to the values.
    Choose(Menu),
    Edit(Edit),
    Move(ProjectId),
    NewTask(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) glyph: Glyph,
    pub(crate) name: String,
    /// Said of it at the end of the line.
    pub(crate) note: String,
    /// What people call a task.
    pub(crate) key: String,
    /// The keys that do the same.
    pub(crate) keys: &'static str,
    pub(crate) does: Does,
}

/// Offers of one kind, under a name.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) offers: Vec<Offer>,
}

impl Offer {
    fn new(glyph: Glyph, name: impl Into<String>, does: Does) -> Self {
        Self { glyph, name: name.into(), note: String::new(), key: String::new(), keys: "", does }
    }

    fn with_note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }
}

/// Whether a name has all words of a query.
fn fits(name: &str, query: &str) -> bool {
    query.split_whitespace().all(|word| !highlight(name, word).is_empty())
}

impl App {
    /// Opens the palette, or closes it.
    pub(crate) fn toggle_palette(self) -> bool {
        if self.ui.palette.get_untracked() {
            self.close_palette();
        } else {
            self.ui.menus.close();
            self.ui.palette.set(true);
        }
        true
    }

    /// Closes the palette, so that what had the focus has it again at once.
    fn close_palette(self) {
        dom::close_dialog(".palette");
        self.ui.palette.set(false);
    }

    /// Does what was chosen. `about`: the tasks that the palette was opened for.
    pub(crate) fn accept(self, does: Does, about: &[TaskId]) {
        self.close_palette();
        if !matches!(does, Does::Edit(_) | Does::Move(_)) {
            self.ui.new_task.set(None);
        }
        match does {
            Does::Open(id) => self.go(Route::Task(id)),
            Does::Go(route) => self.go(route),
            Does::Run(action) => {
                recent::note(action.id);
                action.run(self);
            }
            Does::Choose(menu) => {
                self.open_menu(menu);
            }
            Does::Edit(edit) => self.edit(about, &edit),
            Does::Move(project) => self.move_to_project(about, project),
            Does::NewTask(line) => self.add_quickly(&line),
        }
    }

    /// What there is to choose from. `about`: the tasks at hand.
    pub(crate) fn offers(self, query: &str, step: Option<Menu>, about: &[TaskId]) -> Vec<Section> {
        let query = query.trim();
        let on = || self.on_tasks(about);
        let mut sections = Vec::new();
        let mut add = |name: String, offers: Vec<Offer>| {
            if !offers.is_empty() {
                sections.push(Section { name, offers });
            }
        };
        if let Some(menu) = step {
            add(on(), self.values(menu, query, about));
            return sections;
        }
        if query.is_empty() {
            add(t::recent().to_owned(), self.recent_offers(about));
        } else {
            add(t::tasks().to_owned(), self.task_offers(query));
        }
        if !about.is_empty() {
            add(on(), action_offers(&[Place::Task], query));
        }
        if !query.is_empty() {
            add(t::people().to_owned(), self.people_offers(query, about));
        }
        add(t::projects().to_owned(), self.project_offers(query, &|id| Does::Go(Route::Project(id))));
        let mut commands = action_offers(&[Place::Page, Place::Go, Place::List], query);
        if !query.is_empty() {
            let offer = Offer::new(Glyph::Icon("#i-plus"), t::new_task_named(query), Does::NewTask(query.to_owned()));
            commands.push(offer);
        }
        add(t::commands().to_owned(), commands);
        sections
    }

    fn on_tasks(self, about: &[TaskId]) -> String {
        let first = about.first().and_then(|id| self.tasks.task(*id));
        t::on_tasks(&first.as_ref().map(key_of).unwrap_or_default(), about.len())
    }

    fn task_offers(self, query: &str) -> Vec<Offer> {
        let found = self.find(query, TASKS);
        let mut offers: Vec<Offer> = found.into_iter().filter_map(|found| self.task_offer(&found)).collect();
        if offers.len() == TASKS {
            let all = Does::Go(Route::Search(query.to_owned()));
            offers.push(Offer::new(Glyph::Icon("#i-search"), t::all_results(query), all));
        }
        offers
    }

    fn task_offer(self, found: &Found) -> Option<Offer> {
        let task = self.tasks.task(found.id).filter(|task| !task.deleted)?;
        let key = key_of(&task);
        let note = found.excerpt.as_ref().map_or("", |(place, _)| place);
        let offer = Offer::new(Glyph::Status(task.status), task.title, Does::Open(found.id));
        Some(Offer { key, ..offer.with_note(note) })
    }

    fn recent_offers(self, about: &[TaskId]) -> Vec<Offer> {
        let offer = |recent| match recent {
            Recent::Task(id) => self.task_offer(&Found { id, excerpt: None }),
            Recent::Action(action) if action.place == Place::Task && about.is_empty() => None,
            Recent::Action(action) => Some(action_offer(action)),
        };
        recent::all().into_iter().filter_map(offer).take(RECENT).collect()
    }

    fn project_offers(self, query: &str, does: &dyn Fn(ProjectId) -> Does) -> Vec<Offer> {
        self.projects.with(|projects| {
            let fitting = projects.iter().map(|item| &item.value).filter(|project| fits(&project.name, query));
            fitting.map(|one| Offer::new(Glyph::Project(one.id), one.name.clone(), does(one.id))).collect()
        })
    }

    /// Puts people on the tasks at hand, or takes those off who are on all of them.
    fn people_offers(self, query: &str, about: &[TaskId]) -> Vec<Offer> {
        if about.is_empty() {
            return Vec::new();
        }
        let tasks: Vec<_> = about.iter().filter_map(|id| self.tasks.task(*id)).collect();
        let people = self.present_people().into_iter().filter(|person| fits(&person.name, query));
        let offer = |person: MemberView| {
            let on_all = tasks.iter().all(|task| task.assignees.contains(&person.id));
            let note = if on_all { t::take_off() } else { t::change_assignees() };
            let does = Does::Edit(Edit::Assign(person.id, !on_all));
            Offer::new(Glyph::Person(person.id), person.name, does).with_note(note)
        };
        people.take(VALUES).map(offer).collect()
    }

    /// The values that an action lets choose from.
    fn values(self, menu: Menu, query: &str, about: &[TaskId]) -> Vec<Offer> {
        let edit = |glyph, name: String, edit| Offer::new(glyph, name, Does::Edit(edit));
        match menu {
            Menu::Status => {
                let of = |status: Status| {
                    edit(Glyph::Status(status), t::status_name(status).to_owned(), Edit::Status(status))
                };
                fitting(Status::ALL.map(of).into(), query)
            }
            Menu::Priority => {
                let of = |priority: &Priority| {
                    edit(Glyph::Priority(*priority), t::priority_name(*priority).to_owned(), Edit::Priority(*priority))
                };
                fitting(Priority::ALL.iter().rev().map(of).collect(), query)
            }
            Menu::Assignees => self.people_offers(query, about),
            Menu::Due => day_offers(query, t::no_due_date(), &Edit::Due),
            Menu::Start => day_offers(query, t::no_start_date(), &Edit::Start),
            Menu::Tags => self.tag_offers(query, about),
            Menu::Project => self.project_offers(query, &Does::Move),
            _ => Vec::new(),
        }
    }

    /// Tags to put on, also new ones; and to take off, of any of the tasks.
    fn tag_offers(self, query: &str, about: &[TaskId]) -> Vec<Offer> {
        let worn: Vec<Tag> = about.iter().filter_map(|id| self.tasks.task(*id)).flat_map(|task| task.tags).collect();
        let offer = |tag: Tag| {
            let name = tag.as_str().to_owned();
            if worn.contains(&tag) {
                let take_off = Edit::Tags { add: Vec::new(), remove: vec![tag] };
                return Offer::new(Glyph::Tag, name, Does::Edit(take_off)).with_note(t::take_off());
            }
            let put_on = Edit::Tags { add: vec![tag], remove: Vec::new() };
            Offer::new(Glyph::Tag, name, Does::Edit(put_on)).with_note(t::add())
        };
        let known = self.tasks.all_tags();
        let typed = Tag::new(query);
        let new = !typed.as_str().is_empty() && !known.contains(&typed);
        let fitting = known.into_iter().filter(|tag| fits(tag.as_str(), query)).take(VALUES);
        fitting.chain(new.then_some(typed)).map(offer).collect()
    }
}

fn fitting(mut offers: Vec<Offer>, query: &str) -> Vec<Offer> {
    offers.retain(|offer| fits(&offer.name, query));
    offers
}

/// Days to choose from, the one that is typed among them.
fn day_offers(query: &str, none: &str, edit: &dyn Fn(Option<Date>) -> Edit) -> Vec<Offer> {
    let offer = |name: &str, date: Option<Date>| {
        Offer::new(Glyph::Icon("#i-calendar"), name, Does::Edit(edit(date)))
            .with_note(date.map_or_else(String::new, dates::short))
    };
    let usual = [(t::today(), 0), (t::tomorrow(), 1), (t::next_week(), 7)];
    let mut offers: Vec<Offer> =
        usual.into_iter().filter_map(|(name, days)| Some(offer(name, Some(dates::days_from_today(days)?)))).collect();
    offers.push(offer(none, None));
    let mut offers = fitting(offers, query);
    let typed = dates::today().and_then(|today| day(query, today));
    if let (true, Some(date)) = (offers.is_empty(), typed) {
        offers.push(offer(query, Some(date)));
    }
    offers
}

fn action_offers(places: &[Place], query: &str) -> Vec<Offer> {
    let offered =
        |action: &&Action| places.contains(&action.place) && !action.icon.is_empty() && fits((action.name)(), query);
    ACTIONS.iter().filter(offered).map(action_offer).collect()
}

fn action_offer(action: &'static Action) -> Offer {
    let name = (action.name)();
    let offer = match action.does {
        actions::Does::Choose(menu) => Offer::new(Glyph::Icon(action.icon), t::and_then(name), Does::Choose(menu)),
        _ => Offer::new(Glyph::Icon(action.icon), name, Does::Run(action)),
    };
    Offer { keys: action.keys.first().copied().unwrap_or_default(), ..offer }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_when_it_has_all_words_begun() {
        assert!(fits("Keyboard shortcuts", "short key"));
        assert!(fits("Größe ändern", "GROS"));
        assert!(fits("Keyboard shortcuts", ""));
        assert!(!fits("Keyboard shortcuts", "board"));
        assert!(!fits("Keyboard shortcuts", "key nothing"));
    }

    #[test]
    fn actions_are_found_by_name_with_the_key_that_does_the_same() {
        let offers = action_offers(&[Place::Page, Place::Go], "undo");
        assert_eq!(offers.iter().map(|offer| (offer.name.as_str(), offer.keys)).collect::<Vec<_>>(), [("Undo", "z")]);
        let status = action_offers(&[Place::Task], "status");
        assert!(matches!(status[..], [Offer { does: Does::Choose(Menu::Status), keys: "s", .. }]));
    }
}
