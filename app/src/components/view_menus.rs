//! The menus of lists and boards: filters, groups, orders, and where a card goes.

use leptos::prelude::*;
use shared::ids::TaskId;
use shared::query::group::{GroupBy, Heading};
use shared::query::sort::{SortBy, SortKey};

use crate::components::heading::heading_icon;
use crate::components::icon::icon;
use crate::components::menu_items::{action, checkable};
use crate::components::menu_layer::MenuTarget;
use crate::components::toolbar::{groupings, sort_by_name, value_name};
use crate::i18n as t;
use crate::look::{Facet, Layout, Look, SORTS, facet};
use crate::state::App;
use crate::state::changes::Edit;
use crate::state::moves::Move;
use crate::state::ui::{Menu, Subject};
use crate::state::views::heading_of;

pub(crate) fn content(menu: Menu, subject: Subject, target: MenuTarget) -> AnyView {
    match (menu, subject) {
        (Menu::Filters, _) => filters(target),
        (Menu::Filter(facet), _) => values(facet, target),
        (Menu::Group, _) => groups(target),
        (Menu::Sort, _) => sorts(target),
        (Menu::Move, Subject::Task(id)) => moves(id, target),
        (Menu::Section, Subject::Task(id)) => sections(id, target),
        _ => ().into_any(),
    }
}

fn filters(target: MenuTarget) -> AnyView {
    let app = target.app;
    let in_project = untrack(|| app.tasks.scope.get()).is_some();
    let calendar = app.views.look.with_untracked(|look| look.layout == Layout::Calendar);
    let item = |facet: Facet| {
        let glyph = match facet {
            Facet::Status => "#i-s-progress",
            Facet::Assignee => "#i-mine",
            Facet::Priority => "#i-p-high",
            Facet::Tag => "#i-tag",
            Facet::Due => "#i-calendar",
            Facet::Project | Facet::Section => "#i-list",
        };
        action(glyph, t::facet_name(facet), "", Box::new(move || target.menus.switch(Menu::Filter(facet))))
    };
    let fits = |facet: &Facet| match facet {
        Facet::Project => !in_project,
        Facet::Section => in_project,
        _ => true,
    };
    let mut items: Vec<AnyView> = Facet::ALL.into_iter().filter(fits).map(item).collect();
    if !calendar {
        let switch = move |menu| -> Box<dyn Fn()> { Box::new(move || target.menus.switch(menu)) };
        items.push(view! { <hr /> }.into_any());
        items.push(action("#i-board", t::group_by(), "", switch(Menu::Group)));
        items.push(action("#i-sort", t::sort_by(), "", switch(Menu::Sort)));
    }
    items.into_any()
}

/// The values of a filter; the menu stays, because often there are several.
fn values(facet: Facet, target: MenuTarget) -> AnyView {
    let app = target.app;
    let item = move |value: String| {
        let name = untrack(|| value_name(app, facet, &value));
        let glyph = untrack(|| value_icon(app, facet, &value));
        let value = StoredValue::new(value);
        let chosen = Signal::derive(move || {
            app.views.look.with(|look| value.with_value(|value| look.values(facet).contains(value)))
        });
        let toggle = move || value.with_value(|value| app.look(&|look: &mut Look| look.toggle(facet, value)));
        checkable("menuitemcheckbox", glyph, name, chosen, Box::new(toggle))
    };
    known_values(app, facet).into_iter().map(item).collect_view().into_any()
}

fn known_values(app: App, facet: Facet) -> Vec<String> {
    let strings = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>();
    match facet {
        Facet::Status | Facet::Priority => facet::names(facet),
        Facet::Due => strings(&facet::DUES),
        Facet::Assignee => {
            let people = untrack(|| app.present_people()).into_iter().map(|person| person.id.to_string());
            strings(&[facet::ME, facet::NOBODY]).into_iter().chain(people).collect()
        }
        Facet::Tag => {
            let tags = app.tasks.all_tags().into_iter().map(|tag| tag.as_str().to_owned());
            tags.chain(strings(&[facet::NONE])).collect()
        }
        Facet::Project => app.projects.with_untracked(|all| {
            all.iter().filter(|item| !item.value.archived).map(|item| item.value.id.to_string()).collect()
        }),
        Facet::Section => {
            let scope = untrack(|| app.tasks.scope.get());
            let sections = app.views.sections.with_untracked(|all| {
                let here = all.iter().filter(|section| Some(section.project) == scope);
                here.map(|section| section.id.to_string()).collect::<Vec<_>>()
            });
            sections.into_iter().chain(strings(&[facet::NONE])).collect()
        }
    }
}

fn value_icon(app: App, facet: Facet, value: &str) -> AnyView {
    match (facet.condition(value).and_then(|condition| heading_of(&condition)), facet) {
        (Some(heading), _) => heading_icon(app, &heading),
        (None, Facet::Assignee) => icon("#i-mine"),
        (None, _) => icon("#i-calendar"),
    }
}

fn groups(target: MenuTarget) -> AnyView {
    let app = target.app;
    let board = app.views.look.with_untracked(|look| look.layout == Layout::Board);
    let item = move |by: GroupBy| {
        let chosen = Signal::derive(move || app.group_by() == by);
        let choose = move || {
            target.close();
            app.look(&|look: &mut Look| look.group = Some(by));
        };
        checkable("menuitemradio", icon("#i-board"), t::group_name(by).to_owned(), chosen, Box::new(choose))
    };
    groupings(app, board).into_iter().map(item).collect_view().into_any()
}

/// Choosing the order that stands turns it around.
fn sorts(target: MenuTarget) -> AnyView {
    let app = target.app;
    let item = move |(by, _, downward): (SortBy, &str, bool)| {
        let chosen = Signal::derive(move || app.sort_key().is_some_and(|key| key.by == by));
        let choose = move || {
            target.close();
            let now = untrack(|| app.sort_key()).filter(|key| key.by == by);
            let descending = now.map_or(downward, |key| !key.descending);
            app.look(&|look: &mut Look| look.sort = Some(SortKey { by, descending }));
        };
        checkable("menuitemradio", icon("#i-sort"), sort_by_name(Some(by)).to_owned(), chosen, Box::new(choose))
    };
    SORTS.into_iter().map(item).collect_view().into_any()
}

/// The sections of a task's project, and none.
fn sections(id: TaskId, target: MenuTarget) -> AnyView {
    let app = target.app;
    let Some(task) = app.tasks.task(id) else { return ().into_any() };
    let ids = app.views.sections.with_untracked(|all| {
        let here = all.iter().filter(|section| section.project == task.project);
        here.map(|section| Some(section.id)).chain([None]).collect::<Vec<_>>()
    });
    let item = |section| {
        let heading = Heading::Section(section);
        let (name, glyph) = untrack(|| (app.heading_name(&heading), heading_icon(app, &heading)));
        let order = task.order.clone();
        let choose = move || target.choose(Edit::Section(section, order.clone()));
        checkable("menuitemradio", glyph, name, Signal::stored(task.section == section), Box::new(choose))
    };
    ids.into_iter().map(item).collect_view().into_any()
}

/// Where a card can be put, and how it gets there without being dragged.
fn moves(id: TaskId, target: MenuTarget) -> AnyView {
    let app = target.app;
    let Some(from) = app.heading_of(id) else { return ().into_any() };
    let go = move |to: &Move| {
        target.close();
        app.put(to, false);
    };
    let column = |to: Heading| {
        let here = Signal::stored(to == from);
        let (name, glyph) = untrack(|| (app.heading_name(&to), heading_icon(app, &to)));
        let from = from.clone();
        let choose = move || go(&Move { id, from: from.clone(), to: to.clone(), place: None });
        checkable("menuitemradio", glyph, name, here, Box::new(choose))
    };
    let mut items: Vec<AnyView> = untrack(|| app.destinations()).into_iter().map(column).collect();
    items.push(view! { <hr /> }.into_any());
    if untrack(|| app.is_by_hand()) {
        let nudge = move |by: isize| -> Box<dyn Fn()> {
            Box::new(move || {
                target.close();
                app.nudge(id, 0, by);
            })
        };
        items.push(action("#i-up", t::move_up_here(), "", nudge(-1)));
        items.push(action("#i-down", t::move_down_here(), "", nudge(1)));
    }
    items.push(action("#i-more", t::more_actions(), "", Box::new(move || target.menus.switch(Menu::Actions))));
    items.into_any()
}
