//! The list of tasks in groups. Only the rows on the screen have elements; see [`Viewport`].

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use shared::query::group::Heading;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, KeyboardEvent, ResizeObserver};

use crate::components::banners::Banners;
use crate::components::empty::NoTasks;
use crate::components::task_group::TaskGroup;
use crate::components::viewport::Viewport;
use crate::state::{App, use_app};
use crate::{dom, i18n as t};

#[component]
pub(crate) fn TaskList() -> impl IntoView {
    let app = use_app();
    let scroller = NodeRef::<html::Div>::new();
    let list = NodeRef::<html::Ul>::new();
    let viewport = RwSignal::new(Viewport::default());
    // Where a frame comes after the page has gone, there is nothing to measure.
    let measure = move || {
        if let (Some(Some(scroller)), Some(Some(list))) = (scroller.try_get_untracked(), list.try_get_untracked()) {
            let seen = measured(&scroller, &list);
            viewport.try_maybe_update(|viewport| (std::mem::replace(viewport, seen) != seen, ()));
        }
    };
    scroller.on_load(move |scroller| observe_size(&scroller, measure));
    // Not `on_load`, which panics the second time: the list goes when it is empty and comes again with its first task.
    Effect::new(move |_| {
        if list.with(Option::is_some) {
            request_animation_frame(measure);
        }
    });
    reveal_on_request(scroller, viewport, measure);

    // Another list begins at its top.
    Effect::new(move |_| {
        app.views.place.track();
        app.views.look.track();
        if let Some(scroller) = scroller.get_untracked() {
            scroller.set_scroll_top(0);
        }
    });
    let filled = Memo::new(move |_| {
        app.tasks.groups().with(|groups| groups.filled().map(|(heading, _)| heading.clone()).collect::<Vec<_>>())
    });
    // Without groups there are no heads, and the rows begin at the top.
    let plain = Memo::new(move |_| filled.with(|filled| filled.as_slice() == [Heading::All]));
    Effect::new(move |_| {
        plain.track();
        request_animation_frame(measure);
    });
    view! {
        <div class="content" tabindex="-1" node_ref=scroller on:scroll=move |_| measure()>
            <Banners />
            <Show when=move || !filled.with(Vec::is_empty) fallback=NoTasks>
                <ul
                    class="tasks"
                    role="list"
                    aria-label=t::tasks()
                    data-plain=move || plain.get().then_some("")
                    node_ref=list
                    on:keydown=move |event| nudge_row(app, &event)
                >
                    <For each=move || filled.get() key=Heading::clone children=move |heading| {
                        view! { <TaskGroup heading viewport /> }
                    } />
                </ul>
            </Show>
        </div>
    }
    .into_any()
}

/// Moves a row by key, where members choose the order.
fn nudge_row(app: App, event: &KeyboardEvent) {
    let by = match event.key().as_str() {
        "ArrowUp" => -1,
        "ArrowDown" => 1,
        _ => return,
    };
    let by_hand = event.shift_key() && untrack(|| app.is_by_hand());
    if let Some(id) = app.ui.cursor.get_untracked().filter(|_| by_hand) {
        event.prevent_default();
        app.nudge(id, 0, by);
    }
}

/// Brings the task that is asked for into view, and the focus to it.
fn reveal_on_request(scroller: NodeRef<html::Div>, viewport: RwSignal<Viewport>, measure: impl Fn() + Copy + 'static) {
    let app = use_app();
    Effect::new(move |_| {
        let Some(id) = app.ui.reveal.get() else { return };
        measure();
        let seen = viewport.get_untracked();
        let place = app.tasks.groups().with_untracked(|groups| seen.scroll_to(groups, id));
        if let (Some(place), Some(scroller)) = (place, scroller.get_untracked()) {
            let by = place - seen.top;
            #[expect(clippy::cast_possible_truncation, reason = "a scroll position")]
            scroller.set_scroll_top(scroller.scroll_top() + by.round() as i32);
            measure();
        }
        app.ui.reveal.set(None);
        dom::after_paint(move || {
            // With the key held down, the cursor may be further by now.
            if app.ui.cursor.get_untracked() != Some(id) {
                return;
            }
            if let Some(link) = dom::query_visible(&format!(".task-row[data-task=\"{id}\"] .title a")) {
                dom::focus(&link);
            }
        });
    });
}

fn measured(scroller: &Element, list: &Element) -> Viewport {
    let (outer, inner) = (scroller.get_bounding_client_rect(), list.get_bounding_client_rect());
    let style = window().get_computed_style(list).ok().flatten();
    let pixels = |name: &str| {
        let value = style.as_ref()?.get_property_value(name).ok()?;
        Some(js_sys::parse_float(&value)).filter(|pixels| pixels.is_finite())
    };
    Viewport {
        top: outer.top() - inner.top(),
        height: outer.height(),
        row: pixels("--row").unwrap_or(48.0),
        head: pixels("--group-head").unwrap_or(36.0),
    }
}

/// Measures again when the scrolled box or the window changes its size.
fn observe_size(scroller: &Element, measure: impl Fn() + Copy + 'static) {
    let on_size = Closure::<dyn Fn()>::new(measure);
    if let Ok(observer) = ResizeObserver::new(on_size.as_ref().unchecked_ref()) {
        observer.observe(scroller);
        let observer = StoredValue::new_local((observer, on_size));
        on_cleanup(move || {
            let _ = observer.try_with_value(|(observer, _)| observer.disconnect());
        });
    }
    let resized = window_event_listener(ev::resize, move |_| measure());
    on_cleanup(move || resized.remove());
}
