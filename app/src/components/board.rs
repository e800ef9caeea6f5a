//! The board: a column for each status, person, priority or section. Cards are moved by pointer, by key and by menu.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use shared::ids::{EntityId, TaskId};
use shared::query::group::Heading;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use crate::components::banners::Banners;
use crate::components::card::Card;
use crate::components::changing::{flag, text};
use crate::components::drag::{Drag, Dropped};
use crate::components::heading::heading_icon;
use crate::components::keyed::keyed;
use crate::components::task_group::new_under;
use crate::state::moves::Move;
use crate::state::{App, use_app};
use crate::{dom, i18n as t};

/// Cards of a column that are there at first, and how many come when its end is near.
const STEP: usize = 40;
/// Stands for the place where a card would be dropped.
const GAP: EntityId = EntityId::Task(TaskId(Uuid::nil()));
/// How near, in pixels.
const NEAR: i32 = 600;

#[component]
pub(crate) fn Board() -> impl IntoView {
    let app = use_app();
    let columns = Memo::new(move |_| app.columns());
    let drag = Drag::new(Callback::new(move |dropped: Dropped| {
        let heading = |zone: &str| columns.with_untracked(|columns| columns.get(zone.parse::<usize>().ok()?).cloned());
        if let (Some(from), Some(to)) = (heading(&dropped.from), heading(&dropped.to.zone)) {
            app.put(&Move { id: dropped.id, from, to, place: Some(dropped.to.place) }, false);
        }
    }));
    let limit = RwSignal::new(STEP);
    Effect::new(move |_| {
        app.views.place.track();
        app.views.look.track();
        limit.set(STEP);
    });
    reveal_on_request(app, limit);
    let column = move |(index, heading)| view! { <Column index heading drag limit /> }.into_any();
    view! {
        <div class="view-area">
            <Banners />
            <div
                class="board"
                role="region"
                aria-label=t::board()
                data-dragging=flag(move || drag.lifted.with(Option::is_some))
                node_ref=drag.root
                on:keydown=move |event| press(app, &event)
            >
                {move || columns.get().into_iter().enumerate().map(column).collect_view()}
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Column(index: usize, heading: Heading, drag: Drag, limit: RwSignal<usize>) -> impl IntoView {
    let app = use_app();
    let groups = app.tasks.groups();
    let new_here = new_under(app, &heading);
    let under = StoredValue::new(heading);
    let zone = index.to_string();
    let count = Memo::new(move |_| under.with_value(|heading| groups.with(|groups| groups.of(heading).len())));
    let mine = {
        let zone = zone.clone();
        Memo::new(move |_| drag.over.with(|over| over.as_ref().filter(|over| over.zone == zone).map(|over| over.place)))
    };
    let dragged = {
        let zone = zone.clone();
        Memo::new(move |_| {
            drag.lifted.with(|lifted| lifted.as_ref().filter(|(_, from)| *from == zone).map(|(id, _)| *id))
        })
    };
    // The cards, and a gap where the one that is dragged would be dropped.
    let shown = Memo::new(move |_| {
        let limit = limit.get();
        let ids: Vec<TaskId> =
            under.with_value(|heading| groups.with(|groups| groups.of(heading).iter().take(limit).copied().collect()));
        with_gap(&ids, dragged.get(), mine.get())
    });
    let card = move |id| match id {
        gap if gap == GAP => view! { <li class="drop-slot" aria-hidden="true">{t::drop_here()}</li> }.into_any(),
        EntityId::Task(id) => app.tasks.item(id).map(|item| view! { <Card item=item.into() dragged /> }).into_any(),
        _ => ().into_any(),
    };
    let empty = Memo::new(move |_| shown.with(Vec::is_empty));
    let list = NodeRef::<html::Ul>::new();
    let more = move |_| {
        let near = list
            .get_untracked()
            .is_some_and(|list| list.scroll_height() - list.scroll_top() - list.client_height() < NEAR);
        if near && count.get_untracked() > limit.get_untracked() {
            limit.update(|limit| *limit += STEP);
        }
    };
    let name = text(move || under.with_value(|heading| app.heading_name(heading)));
    let icon = move || under.with_value(|heading| heading_icon(app, heading));
    view! {
        <section class="column" data-zone=zone aria-label=name>
            <div class="column-head">
                {icon}
                <h2 dir="auto">{name}</h2>
                <span class="count">{count}</span>
                {new_here}
            </div>
            <ul class="column-list" role="list" data-scroll aria-label=name node_ref=list on:scroll=more>
                {keyed(shown.into(), Arc::new(card))}
                {move || empty.get().then(|| view! { <li class="column-empty">{t::column_empty()}</li> })}
            </ul>
        </section>
    }
    .into_any()
}

/// A column's cards with a gap behind so many of those that are not dragged.
fn with_gap(ids: &[TaskId], dragged: Option<TaskId>, place: Option<usize>) -> Vec<EntityId> {
    let mut shown: Vec<EntityId> = ids.iter().copied().map(EntityId::Task).collect();
    let Some(place) = place else { return shown };
    let mut others = ids.iter().enumerate().filter(|(_, id)| Some(**id) != dragged).map(|(at, _)| at);
    let at = others.nth(place).unwrap_or(ids.len());
    shown.insert(at, GAP);
    shown
}

/// Shift with an arrow moves the card; an arrow alone goes to the next one.
fn press(app: App, event: &KeyboardEvent) {
    let (columns, places) = match event.key().as_str() {
        "ArrowLeft" => (-1, 0),
        "ArrowRight" => (1, 0),
        "ArrowUp" => (0, -1),
        "ArrowDown" => (0, 1),
        _ => return,
    };
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(card) = target.and_then(|target| target.closest(".card").ok().flatten()) else { return };
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    event.prevent_default();
    if !event.shift_key() {
        if let Some(link) = neighbour(&card, columns, places) {
            let _ = link.focus();
        }
    } else if let Some(id) = app.ui.cursor.get_untracked() {
        app.nudge(id, columns, places);
    }
}

/// The link of the card so many columns and places further; over empty columns to the next one with cards.
fn neighbour(card: &Element, columns: isize, places: isize) -> Option<HtmlElement> {
    let cards = |column: &Element| -> Vec<Element> {
        let Ok(found) = column.query_selector_all(".card") else { return Vec::new() };
        (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
    };
    let mut column = card.closest(".column").ok().flatten()?;
    let place = cards(&column).iter().position(|other| other == card)?;
    let next = if columns == 0 {
        cards(&column).get(place.checked_add_signed(places)?)?.clone()
    } else {
        loop {
            column = if columns < 0 { column.previous_element_sibling()? } else { column.next_element_sibling()? };
            let there = cards(&column);
            if let Some(card) = there.get(place).or(there.last()) {
                break card.clone();
            }
        }
    };
    next.query_selector("h3 a").ok().flatten()?.dyn_into().ok()
}

/// Brings the card that is asked for into view, and the focus to it.
fn reveal_on_request(app: App, limit: RwSignal<usize>) {
    Effect::new(move |_| {
        let Some(id) = app.ui.reveal.get() else { return };
        let place = app.heading_of(id).and_then(|heading| {
            app.tasks.groups().with_untracked(|groups| groups.of(&heading).iter().position(|other| *other == id))
        });
        if place.is_some_and(|place| place >= limit.get_untracked()) {
            limit.set(place.unwrap_or_default() + STEP);
        }
        app.ui.reveal.set(None);
        dom::after_paint(move || {
            if app.ui.cursor.get_untracked() == Some(id)
                && let Some(link) = dom::query_visible(&format!(".card[data-task=\"{id}\"] h3 a"))
            {
                // With scrolling: a card may be in a column that is out of sight.
                let _ = link.focus();
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gap_is_among_the_cards_that_stay() {
        let ids: Vec<TaskId> =
            (1..5).map(|n| format!("0199a000-0000-7000-8000-00000000000{n}").parse().unwrap()).collect();
        let [a, b, c, d] = [0, 1, 2, 3].map(|at| EntityId::Task(ids[at]));
        let dragged = Some(ids[1]);
        assert_eq!(with_gap(&ids, dragged, None), [a, b, c, d]);
        assert_eq!(with_gap(&ids, dragged, Some(0)), [GAP, a, b, c, d]);
        assert_eq!(with_gap(&ids, dragged, Some(1)), [a, b, GAP, c, d]);
        assert_eq!(with_gap(&ids, dragged, Some(3)), [a, b, c, d, GAP]);
        assert_eq!(with_gap(&ids, None, Some(4)), [a, b, c, d, GAP]);
        assert_eq!(with_gap(&[], None, Some(0)), [GAP]);
    }
}
