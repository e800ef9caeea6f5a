//! Dragging a task by pointer: with a mouse at once, with a finger after a long press, so that a swipe still scrolls. What
//! can be dragged has `data-drag` and `data-task`, where it can be dropped has `data-zone`.

use leptos::html;
use leptos::prelude::*;
use shared::ids::TaskId;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent, PointerEvent};

use crate::dom;

/// A mouse that moves less is clicking.
const MOUSE_SLOP: f64 = 5.0;
/// A finger that moves more before the press was long is swiping.
const TOUCH_SLOP: f64 = 10.0;
const LONG_PRESS_MS: u64 = 350;
/// So close to an edge the page begins to scroll, by so many pixels in a frame.
const EDGE: f64 = 48.0;
const SCROLL: i32 = 12;

/// What is listened to. Not passively: while something is lifted, moving a finger is not scrolling.
const LISTENED: [&str; 7] =
    ["pointerdown", "pointermove", "pointerup", "pointercancel", "touchmove", "contextmenu", "dragstart"];

/// Where something is dropped: in which zone, behind how many of the others there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) zone: String,
    pub(crate) place: usize,
}

/// What has been let go, and where.
#[derive(Clone, Debug)]
pub(crate) struct Dropped {
    pub(crate) id: TaskId,
    pub(crate) from: String,
    pub(crate) to: Spot,
}

/// A pointer that is down on something that can be dragged.
#[derive(Clone)]
struct Press {
    pointer: i32,
    id: TaskId,
    zone: String,
    element: HtmlElement,
    touch: bool,
    start: (f64, f64),
    at: (f64, f64),
    /// What follows the pointer, once it is lifted.
    ghost: Option<HtmlElement>,
}

#[derive(Clone, Copy)]
pub(crate) struct Drag {
    press: StoredValue<Option<Press>, LocalStorage>,
    /// The element in which things are dragged.
    pub(crate) root: NodeRef<html::Div>,
    /// What is lifted, and out of which zone.
    pub(crate) lifted: RwSignal<Option<(TaskId, String)>>,
    pub(crate) over: RwSignal<Option<Spot>>,
    on_drop: Callback<Dropped>,
}

impl Drag {
    pub(crate) fn new(on_drop: Callback<Dropped>) -> Self {
        let drag = Self {
            press: StoredValue::new_local(None),
            root: NodeRef::new(),
            lifted: RwSignal::new(None),
            over: RwSignal::new(None),
            on_drop,
        };
        // One listener for all: typed ones are a piece of code each.
        let listener = Closure::<dyn Fn(Event)>::new(move |event: Event| drag.listen(&event));
        let listener = StoredValue::new_local(listener);
        drag.root.on_load(move |root| {
            listener.with_value(|listener| {
                for name in LISTENED {
                    let _ = root.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
                }
            });
        });
        let keys = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
            if event.key() == "Escape" && drag.is_lifted() {
                event.prevent_default();
                drag.end();
            }
        });
        on_cleanup(move || {
            keys.remove();
            drag.end();
        });
        drag
    }

    fn is_lifted(self) -> bool {
        self.press.try_with_value(|press| press.as_ref().is_some_and(|press| press.ghost.is_some())).unwrap_or(false)
    }

    fn listen(self, event: &Event) {
        match (event.type_().as_str(), event.dyn_ref::<PointerEvent>()) {
            ("pointerdown", Some(event)) => self.down(event),
            ("pointermove", Some(event)) => self.moved(event),
            ("pointerup", Some(event)) => self.up(event),
            ("pointercancel", _) => self.end(),
            // The browser's own dragging of links, and scrolling, while something is lifted.
            ("dragstart", _) => event.prevent_default(),
            ("touchmove" | "contextmenu", _) if self.is_lifted() => event.prevent_default(),
            _ => {}
        }
    }

    fn down(self, event: &PointerEvent) {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let closest =
            |selector: &str| target.as_ref()?.closest(selector).ok().flatten()?.dyn_into::<HtmlElement>().ok();
        let (Some(element), Some(zone), None) = (closest("[data-drag]"), closest("[data-zone]"), closest("button"))
        else {
            return;
        };
        let id = element.get_attribute("data-task").and_then(|id| id.parse().ok());
        let Some(id) = id.filter(|_| event.button() == 0 && event.is_primary()) else { return };
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        let touch = event.pointer_type() == "touch";
        let zone = zone.get_attribute("data-zone").unwrap_or_default();
        let pointer = event.pointer_id();
        self.press.set_value(Some(Press { pointer, id, zone, element, touch, start: at, at, ghost: None }));
        if touch {
            dom::after(LONG_PRESS_MS, move || {
                let waits = self.press.try_with_value(|press| press.as_ref().is_some_and(|one| one.pointer == pointer));
                if waits == Some(true) && !self.is_lifted() {
                    self.lift();
                }
            });
        }
    }

    fn moved(self, event: &PointerEvent) {
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        let Some(press) = self.press.get_value().filter(|press| press.pointer == event.pointer_id()) else { return };
        let far = (at.0 - press.start.0).hypot(at.1 - press.start.1);
        self.press.update_value(|press| {
            if let Some(press) = press {
                press.at = at;
            }
        });
        match (&press.ghost, press.touch) {
            (Some(_), _) => self.follow(),
            (None, true) if far > TOUCH_SLOP => self.press.set_value(None),
            (None, false) if far > MOUSE_SLOP => {
                self.lift();
                self.follow();
            }
            _ => {}
        }
    }

    fn lift(self) {
        let Some(press) = self.press.get_value() else { return };
        let area = press.element.get_bounding_client_rect();
        let Some(ghost) =
            press.element.clone_node_with_deep(true).ok().and_then(|node| node.dyn_into::<HtmlElement>().ok())
        else {
            return;
        };
        for name in ["data-task", "data-drag", "data-cursor"] {
            let _ = ghost.remove_attribute(name);
        }
        for name in ["data-lifted", "inert"] {
            let _ = ghost.set_attribute(name, "");
        }
        let style =
            format!("width:{}px;height:{}px;left:{}px;top:{}px", area.width(), area.height(), area.left(), area.top());
        let _ = ghost.set_attribute("style", &style);
        if let Some(body) = document().body() {
            let _ = body.append_child(&ghost);
        }
        // From now on the pointer is ours, wherever it goes.
        if let Some(root) = self.root.get_untracked() {
            let _ = root.set_pointer_capture(press.pointer);
        }
        self.press.set_value(Some(Press { ghost: Some(ghost), ..press.clone() }));
        self.lifted.set(Some((press.id, press.zone)));
        self.aim();
        self.scroll_at_edges();
    }

    /// The lifted thing goes with the pointer.
    fn follow(self) {
        self.press.with_value(|press| {
            if let Some(Press { ghost: Some(ghost), start, at, .. }) = press {
                let by = format!("{}px {}px", at.0 - start.0, at.1 - start.1);
                let _ = ghost.style().set_property("translate", &by);
            }
        });
        self.aim();
    }

    /// Finds out where it would be dropped.
    fn aim(self) {
        let Some(press) = self.press.get_value() else { return };
        #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
        let under = document().element_from_point(press.at.0 as f32, press.at.1 as f32);
        let zone = under.and_then(|under| under.closest("[data-zone]").ok().flatten());
        let spot = zone.map(|zone| Spot {
            zone: zone.get_attribute("data-zone").unwrap_or_default(),
            place: place_in(&zone, press.at.1),
        });
        self.over.maybe_update(|over| std::mem::replace(over, spot.clone()) != spot);
    }

    fn up(self, event: &PointerEvent) {
        let Some(press) = self.press.get_value().filter(|press| press.pointer == event.pointer_id()) else { return };
        let spot = self.over.get_untracked().filter(|_| press.ghost.is_some());
        self.end();
        if let Some(to) = spot {
            self.on_drop.run(Dropped { id: press.id, from: press.zone, to });
        }
    }

    fn end(self) {
        let press = self.press.try_update_value(Option::take).flatten();
        if let Some(ghost) = press.and_then(|press| press.ghost) {
            ghost.remove();
            let _ = self.lifted.try_set(None);
            let _ = self.over.try_set(None);
        }
    }

    /// Scrolls while the pointer is at an edge, as long as something is lifted.
    fn scroll_at_edges(self) {
        request_animation_frame(move || {
            let Some(press) = self.press.try_get_value().flatten().filter(|press| press.ghost.is_some()) else {
                return;
            };
            let Some(root) = self.root.try_get_untracked().flatten() else { return };
            let zone = self.over.get_untracked().map(|spot| format!("[data-zone=\"{}\"] [data-scroll]", spot.zone));
            let list = zone.and_then(|zone| root.query_selector(&zone).ok().flatten());
            let mut scrolled = scroll(&root, press.at.0, true);
            if let Some(list) = list {
                scrolled |= scroll(&list, press.at.1, false);
            }
            if scrolled {
                self.aim();
            }
            self.scroll_at_edges();
        });
    }
}

/// Scrolls an element whose edge is near; whether it did.
fn scroll(element: &Element, at: f64, sideways: bool) -> bool {
    let area = element.get_bounding_client_rect();
    let (first, last) = if sideways { (area.left(), area.right()) } else { (area.top(), area.bottom()) };
    let by = match at {
        at if at < first + EDGE => -SCROLL,
        at if at > last - EDGE => SCROLL,
        _ => return false,
    };
    let before = if sideways { element.scroll_left() } else { element.scroll_top() };
    if sideways {
        element.set_scroll_left(before + by);
    } else {
        element.set_scroll_top(before + by);
    }
    before != if sideways { element.scroll_left() } else { element.scroll_top() }
}

/// Behind how many of the others in a zone a point is.
fn place_in(zone: &Element, y: f64) -> usize {
    let Ok(others) = zone.query_selector_all("[data-drag]:not([data-dragged])") else { return 0 };
    let elements = (0..others.length()).filter_map(|at| others.get(at)?.dyn_into::<Element>().ok());
    let middles: Vec<f64> = elements
        .map(|element| element.get_bounding_client_rect())
        .map(|area| area.top() + area.height() / 2.0)
        .collect();
    middles.partition_point(|middle| *middle < y)
}
