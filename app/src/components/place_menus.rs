//! What can be done with a project, a section or a saved view: each a change with a way back.

use engine::command::Command;
use leptos::prelude::*;
use shared::field::Field;
use shared::ids::{EntityId, ProjectId, SectionId};
use shared::order::{self, effective};
use shared::query::filter::Filter;
use shared::value::{Place, Value};
use uuid::Uuid;

use crate::components::icon::{icon, toned};
use crate::components::menu_items::{action, checkable};
use crate::components::menu_layer::MenuTarget;
use crate::components::places::{COLORS, SHAPES};
use crate::i18n as t;
use crate::look::Look;
use crate::route::Route;
use crate::state::App;
use crate::state::changes::{Change, Edit, Step};
use crate::state::ui::{Menu, Naming, Subject};

/// What menus read of a project or a section.
#[derive(Clone)]
struct Facts {
    place: Place,
    icon: Option<String>,
    color: Option<String>,
    hidden: bool,
    archived: bool,
}

pub(crate) fn content(menu: Menu, subject: Subject, target: MenuTarget) -> AnyView {
    let Subject::Row(entity) = subject else { return ().into_any() };
    match (menu, entity) {
        (Menu::Glyph, _) => glyphs(entity, target),
        (_, EntityId::SavedView(id)) => {
            let shared = untrack(|| target.app.saved_view(id)).is_some_and(|view| view.shared);
            view_items(target, &Route::View(id), entity, shared)
        }
        _ => place_items(entity, target),
    }
}

fn facts(app: App, entity: EntityId) -> Option<Facts> {
    match entity {
        EntityId::Project(id) => app.projects.with_untracked(|all| {
            let project = &all.iter().find(|item| item.value.id == id)?.value;
            Some(Facts {
                place: Place { order: project.order.clone(), ..Place::default() },
                icon: project.icon.clone(),
                color: project.color.clone(),
                hidden: project.hidden,
                archived: project.archived,
            })
        }),
        EntityId::Section(id) => app.views.sections.with_untracked(|all| {
            let section = all.iter().find(|section| section.id == id)?;
            Some(Facts {
                place: Place { project: Some(section.project), order: section.order.clone(), ..Place::default() },
                icon: section.icon.clone(),
                color: section.color.clone(),
                hidden: section.hidden,
                archived: false,
            })
        }),
        _ => None,
    }
}

/// A field's new value, with the way back.
fn written(entity: EntityId, field: Field, from: Value, to: Value) -> Change {
    let differs = from != to;
    let step = Step { forward: Command::write(entity, field, to), backward: Command::write(entity, field, from) };
    Change { steps: differs.then_some(step).into_iter().collect(), said: None }
}

/// Those that stand beside a project or a section, in their order, with their indices.
fn siblings(app: App, entity: EntityId) -> Vec<(Uuid, String)> {
    match entity {
        EntityId::Project(_) => app.projects.with_untracked(|all| {
            let stand = |order: &str, id: ProjectId| (id.0, effective(order, id.0).into_owned());
            all.iter().map(|item| stand(&item.value.order, item.value.id)).collect()
        }),
        EntityId::Section(id) => app.views.sections.with_untracked(|all| {
            let project = all.iter().find(|one| one.id == id).map(|one| one.project);
            let beside = all.iter().filter(|one| Some(one.project) == project);
            beside.map(|one| (one.id.0, effective(&one.order, one.id.0).into_owned())).collect()
        }),
        _ => Vec::new(),
    }
}

/// The index of somebody who goes one place up or down among others; `None` at the end.
fn stepped(siblings: &[(Uuid, String)], id: Uuid, by: isize) -> Option<String> {
    let at = siblings.iter().position(|(other, _)| *other == id)?;
    let next = at.checked_add_signed(by).filter(|next| *next < siblings.len())?;
    let others: Vec<&String> = siblings.iter().filter(|(other, _)| *other != id).map(|(_, order)| order).collect();
    let before = next.checked_sub(1).and_then(|before| others.get(before));
    Some(order::between(before.map(|order| order.as_str()), others.get(next).map(|order| order.as_str())))
}

fn place_items(entity: EntityId, target: MenuTarget) -> AnyView {
    let app = target.app;
    let Some(facts) = facts(app, entity) else { return ().into_any() };
    let make = move |change: Change| -> Box<dyn Fn()> {
        Box::new(move || {
            target.close();
            app.make(change.clone());
        })
    };
    let flag = |field, now: bool| make(written(entity, field, Value::Flag(now), Value::Flag(!now)));
    let order = |by| {
        let order = stepped(&siblings(app, entity), entity.uuid(), by);
        order.map(|order| {
            let there = Place { order, ..facts.place.clone() };
            make(written(entity, Field::Place, facts.place.clone().into(), there.into()))
        })
    };
    let mut items = vec![
        action("#i-edit", t::rename(), "", naming(target, Naming::Rename(entity))),
        action("#i-t-ring", t::icon_and_color(), "", Box::new(move || target.menus.switch(Menu::Glyph))),
    ];
    if let EntityId::Project(id) = entity {
        items.push(action("#i-plus", t::new_section(), "", naming(target, Naming::NewSection(id))));
    }
    items.push(view! { <hr /> }.into_any());
    items.extend(order(-1).map(|up| action("#i-up", t::move_up_here(), "", up)));
    items.extend(order(1).map(|down| action("#i-down", t::move_down_here(), "", down)));
    let hide = if facts.hidden { t::unhide() } else { t::hide() };
    items.push(action("#i-close", hide, "", flag(Field::Hidden, facts.hidden)));
    if let EntityId::Section(id) = entity {
        let delete = move || {
            target.close();
            delete_section(app, id);
        };
        items.push(action("#i-trash", t::delete(), "", Box::new(delete)));
    } else {
        let archive = if facts.archived { t::unarchive() } else { t::archive() };
        items.push(action("#i-inbox", archive, "", flag(Field::Archived, facts.archived)));
    }
    items.into_any()
}

fn naming(target: MenuTarget, naming: Naming) -> Box<dyn Fn()> {
    Box::new(move || {
        target.close();
        target.app.ui.naming.set(Some(naming));
    })
}

/// Its tasks stay in the project, in no section.
fn delete_section(app: App, id: SectionId) {
    let tasks = app.tasks.in_section(id);
    let out = Change::of(
        &tasks.into_iter().map(|task| (task, String::new())).collect::<Vec<_>>(),
        &Edit::Section(None, String::new()),
    );
    let said = Some(t::section_deleted().to_owned());
    app.make(Change { said, ..out.and(Change::deletion(id.into(), t::section_deleted())) });
}

/// Shapes and colours; the menu stays, because one chooses both.
fn glyphs(entity: EntityId, target: MenuTarget) -> AnyView {
    let app = target.app;
    let text = |value: Option<String>| value.map_or(Value::Nothing, Value::Text);
    let item = move |field: Field, name: &'static str, picture: AnyView| {
        let now =
            move || facts(app, entity).and_then(|facts| if field == Field::Icon { facts.icon } else { facts.color });
        let chosen = Signal::derive(move || {
            app.projects.track();
            app.views.sections.track();
            now().as_deref() == Some(name)
        });
        let choose = move || app.make(written(entity, field, text(now()), Value::Text(name.to_owned())));
        checkable("menuitemradio", picture, t::glyph_name(name).to_owned(), chosen, Box::new(choose))
    };
    let shapes = SHAPES.into_iter().map(|(name, href)| item(Field::Icon, name, icon(href)));
    let colors = COLORS.into_iter().map(|(name, class)| item(Field::Color, name, toned("#i-t-circle", class)));
    view! {
        <div class="glyph-menu">
            <div role="group" aria-label=t::shape()>{shapes.collect_view()}</div>
            <div role="group" aria-label=t::color()>{colors.collect_view()}</div>
        </div>
    }
    .into_any()
}

fn view_items(target: MenuTarget, route: &Route, entity: EntityId, shared: bool) -> AnyView {
    let app = target.app;
    let share = move || {
        target.close();
        app.make(written(entity, Field::Shared, Value::Flag(shared), Value::Flag(!shared)));
    };
    let here = app.views.place.with_untracked(|place| place == route);
    let refined = here && app.views.look.with_untracked(|look| !look.facets.is_empty());
    let update = move || {
        target.close();
        update_view(app, entity);
    };
    let delete = move || {
        target.close();
        app.make(Change::deletion(entity, t::view_deleted()));
        if app.views.place.get_untracked() == Route::View(shared::ids::SavedViewId(entity.uuid())) {
            app.go(Route::Tasks);
        }
    };
    let mut items = vec![action("#i-edit", t::rename(), "", naming(target, Naming::Rename(entity)))];
    if refined {
        items.push(action("#i-filter", t::update_view(), "", Box::new(update)));
    }
    let sharing = if shared { t::unshare_view() } else { t::share_view() };
    items.push(action("#i-people", sharing, "", Box::new(share)));
    items.push(action("#i-trash", t::delete(), "", Box::new(delete)));
    items.into_any()
}

/// Takes the chips into the view.
fn update_view(app: App, entity: EntityId) {
    let EntityId::SavedView(id) = entity else { return };
    let before = untrack(|| app.saved_view(id)).map(|view| view.filter).unwrap_or_default();
    if let Some(filter) = page_filter(app) {
        app.make(Change {
            said: Some(t::view_saved().to_owned()),
            ..written(entity, Field::Filter, Value::Text(before), Value::Text(filter))
        });
        app.look(&|look: &mut Look| look.facets.clear());
    }
}

/// What the page shows, with its chips, as saved views keep it.
pub(crate) fn page_filter(app: App) -> Option<String> {
    let filter = untrack(|| {
        let place = app.views.place.get();
        let mut filters = match app.filter_of(&place) {
            Filter::All(filters) => filters,
            filter => vec![filter],
        };
        filters.extend(app.views.look.with(Look::filters));
        Filter::All(filters)
    });
    serde_json::to_string(&filter).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_write_moves_a_place_up_or_down() {
        let id = |n: u32| Uuid::from_u128(n.into());
        let all: Vec<(Uuid, String)> =
            ["a0", "a1", "a2", "a3"].iter().zip(1..).map(|(o, n)| (id(n), (*o).into())).collect();
        for (n, by, lower, upper) in [(3, -1, "a0", "a1"), (2, 1, "a2", "a3"), (2, -1, "", "a0"), (3, 1, "a3", "b")] {
            let order = stepped(&all, id(n), by).unwrap();
            assert!(lower < order.as_str() && order.as_str() < upper, "{n} by {by}: {order}");
        }
        assert_eq!((stepped(&all, id(1), -1), stepped(&all, id(4), 1)), (None, None));
    }
}
