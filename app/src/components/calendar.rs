//! The calendar: tasks on the days when they are due, a month or a week at a time. A task is given another day by
//! pointer, by key, or by its menu. On a phone there are dots, and below them the tasks of one day.

use std::collections::HashMap;
use std::sync::Arc;

use engine::view::TaskItem;
use leptos::prelude::*;
use shared::date::Date;
use shared::ids::{EntityId, TaskId};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, MouseEvent};

use crate::components::banners::Banners;
use crate::components::changing::{flag, text};
use crate::components::drag::{Drag, Dropped};
use crate::components::icon::{icon, status_icon};
use crate::components::keyed::keyed;
use crate::components::task_row::TaskRow;
use crate::dates::{self, When};
use crate::look::{Facet, Layout, Look};
use crate::route::Route;
use crate::state::calendar::{Span, later};
use crate::state::changes::{Change, Edit};
use crate::state::ui::{Menu, Subject};
use crate::state::{App, key_of, use_app};
use crate::{dom, i18n as t};

/// So many tasks of a day are shown in a month, and the rest as a number.
const SHOWN: usize = 2;
/// So many in a week.
const SHOWN_IN_WEEK: usize = 40;
/// A day has at most so many dots.
const DOTS: usize = 3;

type Days = HashMap<Date, Vec<TaskId>>;

#[component]
pub(crate) fn Calendar() -> impl IntoView {
    let app = use_app();
    let span = Memo::new(move |_| Span::of(app));
    let days = Memo::new(move |_| days_of(app));
    let drag = Drag::new(Callback::new(move |dropped: Dropped| {
        if let Ok(day) = dropped.to.zone.parse() {
            reschedule(app, dropped.id, day);
        }
    }));
    let picked = RwSignal::new(span.with_untracked(|span| span.day));
    Effect::new(move |_| picked.set(span.with(|span| span.day)));
    reveal_on_request(app);
    let over = Memo::new(move |_| drag.over.with(|over| over.as_ref().and_then(|over| over.zone.parse::<Date>().ok())));
    let cells = Cells { app, span, days, picked, over };
    let week = move |first: Date| {
        view! { <tr>{(0..7).map(|day| cells.cell(later(first, day))).collect_view()}</tr> }.into_any()
    };
    let weekday = |day: Date| {
        view! { <th scope="col"><abbr title=dates::weekday_long(day)>{dates::weekday(day)}</abbr></th> }.into_any()
    };
    view! {
        <div class="view-area">
            <Banners />
            <div
                class="cal-wrap"
                data-week=flag(move || span.get().weeks == 1)
                data-dragging=flag(move || drag.lifted.with(Option::is_some))
                node_ref=drag.root
                on:keydown=move |event| press(app, &event)
            >
                <table class="cal" aria-label=text(move || t::tasks_by_due(&dates::month(span.get().day)))>
                    <thead>
                        <tr>{move || (0..7).map(|day| weekday(later(span.get().first, day))).collect_view()}</tr>
                    </thead>
                    <tbody>{move || span.get().starts().map(week).collect_view()}</tbody>
                </table>
                <Agenda days picked />
            </div>
        </div>
    }
    .into_any()
}

/// The tasks of each day, in their order.
fn days_of(app: App) -> Days {
    let ids: Vec<TaskId> = app.tasks.groups().with(|groups| groups.in_order().collect());
    let mut days = Days::new();
    for id in ids {
        if let Some(due) = app.tasks.find(id).and_then(|item| item.with(|item| item.value.due)) {
            days.entry(due).or_default().push(id);
        }
    }
    days
}

/// What the cells are made of.
#[derive(Clone, Copy)]
struct Cells {
    app: App,
    span: Memo<Span>,
    days: Memo<Days>,
    picked: RwSignal<Date>,
    /// The day over which something is dragged.
    over: Memo<Option<Date>>,
}

impl Cells {
    fn cell(self, day: Date) -> AnyView {
        let Self { app, span, days, picked, over } = self;
        let ids = Memo::new(move |_| days.with(|days| days.get(&day).cloned().unwrap_or_default()));
        let is_today = move || dates::today() == Some(day);
        let label = text(move || t::day_label(&dates::long(day), is_today(), ids.with(Vec::len)));
        let items = move || {
            let most = if span.get().weeks == 1 { SHOWN_IN_WEEK } else { SHOWN };
            ids.with(|ids| {
                let shown = ids
                    .iter()
                    .take(most)
                    .filter_map(|id| app.tasks.item(*id).map(|item| self::item(app, *id, item.into())));
                let rest = ids.len().saturating_sub(most);
                (shown.collect_view(), (rest > 0).then(|| more(app, day, rest)))
            })
        };
        let dots = move || {
            let late = dates::when(day) == When::Late;
            let dot = |id: &TaskId| {
                let open = app.tasks.find(*id).is_some_and(|item| item.with(|item| !item.value.status.is_closed()));
                view! { <i data-late=(late && open).then_some("")></i> }
            };
            ids.with(|ids| ids.iter().take(DOTS).map(dot).collect_view())
        };
        view! {
            <td
                data-zone=day.to_string()
                data-out=span.get_untracked().is_out(day).then_some("")
                data-today=flag(is_today)
                data-picked=flag(move || picked.get() == day)
                data-over=flag(move || over.get() == Some(day))
            >
                <button class="cal-day" type="button" aria-label=label on:click=move |_| pick(app, picked, day)>
                    {day.ymd().2}
                </button>
                <div class="cal-dots" aria-hidden="true">{dots}</div>
                <div class="cal-list">{items}</div>
            </td>
        }
        .into_any()
    }
}

/// One task on its day.
fn item(app: App, id: TaskId, item: RwSignal<TaskItem>) -> AnyView {
    let title = text(move || item.with(|item| item.value.title.clone()));
    let menu = move |event: MouseEvent| {
        if let Some(anchor) = event.current_target().and_then(|target| target.dyn_into::<HtmlElement>().ok())
            && dom::query(".cal-item[data-lifted]").is_none()
        {
            event.prevent_default();
            app.ui.menus.show(Menu::Actions, Subject::Task(id), anchor);
        }
    };
    view! {
        <a
            class="cal-item"
            href=Route::Task(id).href()
            data-drag
            data-task=id.to_string()
            data-cursor=flag(move || app.ui.cursor.get() == Some(id))
            data-done=flag(move || item.with(|item| item.value.status.is_closed()))
            title=title
            on:focusin=move |_| app.ui.cursor.set(Some(id))
            on:contextmenu=menu
        >
            {move || status_icon(item.with(|item| item.value.status))}
            <span dir="auto">{title}</span>
        </a>
    }
    .into_any()
}

fn more(app: App, day: Date, rest: usize) -> AnyView {
    view! { <button class="cal-more" type="button" on:click=move |_| list_day(app, day)>{t::more(rest)}</button> }
        .into_any()
}

/// All tasks of a day as a list.
fn list_day(app: App, day: Date) {
    app.look(&|look: &mut Look| {
        look.layout = Layout::List;
        look.facets.retain(|(facet, _)| *facet != Facet::Due);
        look.toggle(Facet::Due, &day.to_string());
    });
}

/// On a phone the tasks of a day are below the month; elsewhere they are a list.
fn pick(app: App, picked: RwSignal<Date>, day: Date) {
    if dom::is_phone() { picked.set(day) } else { list_day(app, day) }
}

fn reschedule(app: App, id: TaskId, day: Date) {
    let Some(task) = app.tasks.task(id) else { return };
    let said = t::moved_day(&key_of(&task), &untrack(|| dates::short(day)));
    let change = Change::of(&[(task, String::new())], &Edit::Due(Some(day)));
    app.make(Change { said: Some(said), ..change });
}

/// Arrows go from day to day; with Shift they take the task along.
fn press(app: App, event: &KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let by = match event.key().as_str() {
        "ArrowLeft" => -1,
        "ArrowRight" => 1,
        "ArrowUp" => -7,
        "ArrowDown" => 7,
        _ => return,
    };
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let zone = target.closest("[data-zone]").ok().flatten().and_then(|zone| zone.get_attribute("data-zone"));
    let Some(day) = zone.and_then(|zone| zone.parse::<Date>().ok()) else { return };
    let to = later(day, by);
    let task = target.get_attribute("data-task").and_then(|id| id.parse::<TaskId>().ok());
    event.prevent_default();
    match task.filter(|_| event.shift_key()) {
        Some(id) => reschedule(app, id, to),
        None => {
            if let Some(button) = dom::query_visible(&format!("[data-zone=\"{to}\"] .cal-day")) {
                dom::focus(&button);
            }
        }
    }
}

/// The focus goes with a task to its new day.
fn reveal_on_request(app: App) {
    Effect::new(move |_| {
        let Some(id) = app.ui.reveal.get() else { return };
        app.ui.reveal.set(None);
        dom::after_paint(move || {
            let due = app.tasks.task(id).and_then(|task| task.due);
            let day = due.and_then(|day| dom::query_visible(&format!("[data-zone=\"{day}\"] .cal-day")));
            if let Some(element) = dom::query_visible(&format!(".cal-item[data-task=\"{id}\"]")).or(day) {
                dom::focus(&element);
            }
        });
    });
}

/// The tasks of the day that was picked.
#[component]
fn Agenda(days: Memo<Days>, picked: RwSignal<Date>) -> impl IntoView {
    let app = use_app();
    let ids = Memo::new(move |_| days.with(|days| days.get(&picked.get()).cloned().unwrap_or_default()));
    let count = Memo::new(move |_| ids.with(Vec::len));
    let day = text(move || dates::long(picked.get()));
    let entities = Signal::derive(move || ids.get().into_iter().map(EntityId::from).collect());
    let row = move |id| {
        let EntityId::Task(id) = id else { return ().into_any() };
        let at = move || ids.with(|ids| ids.iter().position(|other| *other == id)).unwrap_or_default();
        let place = Signal::derive(move || at() + 1);
        app.tasks.item(id).map(|item| view! { <TaskRow item=item.into() place count=count.into() /> }).into_any()
    };
    view! {
        <section class="agenda" aria-label=day>
            <div class="group-head"><h2>{day}</h2><span class="count">{count}</span></div>
            <ul role="list" aria-label=text(move || t::tasks_due(&day.get()))>
                {keyed(entities, Arc::new(row))}
            </ul>
        </section>
    }
    .into_any()
}

/// Which month or week is shown, and the ways to others.
#[component]
pub(crate) fn Pager() -> impl IntoView {
    let app = use_app();
    let week = Memo::new(move |_| app.views.look.with(|look| look.week));
    let turn = move |by: i32| {
        let day = untrack(|| Span::of(app).turned(by));
        app.look(&|look: &mut Look| look.day = Some(day));
    };
    let button = move |href: &'static str, month: &'static str, of_week: &'static str, by: i32| {
        let label = Signal::derive(move || if week.get() { of_week } else { month });
        view! {
            <button class="icon-btn" type="button" aria-label=label on:click=move |_| turn(by)>{icon(href)}</button>
        }
        .into_any()
    };
    let choose = move |to: bool| {
        let name = if to { t::week() } else { t::month() };
        let chosen = Signal::derive(move || if week.get() == to { "true" } else { "false" });
        view! {
            <button
                type="button"
                aria-pressed=chosen
                on:click=move |_| app.look(&|look: &mut Look| look.week = to)
            >
                {name}
            </button>
        }
        .into_any()
    };
    view! {
        <div class="segmented hide-phone" role="group" aria-label=t::layout_name(Layout::Calendar)>
            {choose(false)}
            {choose(true)}
        </div>
        {button("#i-left", t::previous_month(), t::previous_week(), -1)}
        <h2 class="cal-title" aria-live="polite">
            <span class="hide-phone">{text(move || dates::month(Span::of(app).day))}</span>
            <span class="phone-only">{text(move || dates::month_short(Span::of(app).day))}</span>
        </h2>
        {button("#i-right", t::next_month(), t::next_week_page(), 1)}
        <button
            class="btn small hide-phone"
            type="button"
            on:click=move |_| app.look(&|look: &mut Look| look.day = None)
        >
            {t::today()}
        </button>
    }
    .into_any()
}
