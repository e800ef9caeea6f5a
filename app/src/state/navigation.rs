//! Going from place to place without loading a page: the address bar and the back button stay true.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

use crate::i18n as t;
use crate::look::Look;
use crate::route::Route;
use crate::state::{App, recent};

/// The place that the address bar names, and how it is looked at.
pub(super) fn current() -> (Route, Look) {
    let location = window().location();
    let query = location.search().unwrap_or_default();
    (Route::parse(&location.pathname().unwrap_or_default(), &query), Look::parse(&query))
}

impl App {
    /// Goes to a place, with a way back.
    pub(crate) fn go(self, route: Route) {
        let look = self.look_there(&route);
        self.go_to(route, look, false);
    }

    /// Goes to a place that takes the one of this moment's place in the history.
    pub(crate) fn go_instead(self, route: Route) {
        let look = self.look_there(&route);
        self.go_to(route, look, true);
    }

    /// From a task back to the list behind it, that is looked at as before.
    fn look_there(self, route: &Route) -> Look {
        let back = matches!(self.route.get_untracked(), Route::Task(_));
        let same = back && self.views.place.with_untracked(|place| place == route);
        if same { self.views.look.get_untracked() } else { Look::default() }
    }

    /// Goes to a place and looks at it in some way.
    pub(crate) fn go_to(self, route: Route, look: Look, instead: bool) {
        let same_look = !route.is_list() || self.views.look.with_untracked(|now| *now == look);
        if self.route.get_untracked() == route && same_look {
            return;
        }
        if let Ok(history) = window().history() {
            let query = if route.is_list() { look.query() } else { String::new() };
            let href = route.href() + &query;
            // Browsers limit how often the address may change; the place changes all the same.
            let _ = if instead {
                history.replace_state_with_url(&JsValue::NULL, "", Some(&href))
            } else {
                history.push_state_with_url(&JsValue::NULL, "", Some(&href))
            };
        }
        self.arrive(route, look);
    }

    fn arrive(self, route: Route, look: Look) {
        match &route {
            Route::Task(id) => {
                self.ui.cursor.set(Some(*id));
                recent::note(&id.to_string());
            }
            list if list.is_list() => {
                let scope = if let Route::Project(id) = list { Some(*id) } else { None };
                self.tasks.scope.maybe_update(|now| std::mem::replace(now, scope) != scope);
                // What is selected is what one sees.
                let words = if let Route::Search(words) = list { Some(words.clone()) } else { None };
                let searches = self.search.words.with_untracked(Option::is_some);
                if self.views.place.with_untracked(|now| now != list) && !(searches && words.is_some()) {
                    self.clear_selection();
                }
                self.search.words.maybe_update(|now| {
                    *now != words && {
                        *now = words;
                        true
                    }
                });
                self.views.place.maybe_update(|now| {
                    *now != *list && {
                        now.clone_from(list);
                        true
                    }
                });
                self.views.look.maybe_update(|now| {
                    *now != look && {
                        *now = look;
                        true
                    }
                });
            }
            _ => {}
        }
        self.ui.sidebar.set(false);
        self.route.set(route);
    }

    /// The list that is shown, also behind a task.
    pub(crate) fn list_route(self) -> Route {
        self.views.place.get()
    }

    /// Follows links, the back button, and whether somebody is signed in.
    pub(crate) fn start_navigation(self) {
        let arrive = move || {
            let (route, look) = current();
            self.arrive(route, look);
        };
        arrive();
        let _ = window_event_listener(ev::popstate, move |_| arrive());
        let _ = window_event_listener(ev::click, move |event| self.follow(&event));
        Effect::new(move || {
            let signed_in = self.account.with(Option::is_some);
            if !signed_in && self.route.with(Route::is_workspace) {
                self.go_instead(Route::SignIn);
            }
        });
        Effect::new(move || document().set_title(&t::page_title(&self.place())));
    }

    /// What the place is called.
    pub(crate) fn place(self) -> String {
        let list = move || self.list_name();
        match self.route.get() {
            Route::Search(words) => t::search_for(&words),
            Route::Task(id) => self.tasks.find(id).map_or_else(list, |item| item.with(|item| item.value.title.clone())),
            Route::SignIn => t::sign_in().to_owned(),
            Route::Register { .. } => t::create_account().to_owned(),
            Route::NotFound => t::not_found_title().to_owned(),
            _ => list(),
        }
    }

    /// Takes a click on a link to a place of the app for itself.
    fn follow(self, event: &MouseEvent) {
        let modified = event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key();
        if event.default_prevented() || event.button() != 0 || modified {
            return;
        }
        let Some(link) = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok())
            .and_then(|element| enclosing_link(&element))
        else {
            return;
        };
        let elsewhere = link.has_attribute("target") || link.has_attribute("download") || !link.hash().is_empty();
        if elsewhere || Some(link.origin()) != window().location().origin().ok() {
            return;
        }
        let route = Route::parse(&link.pathname(), &link.search());
        if route != Route::NotFound {
            event.prevent_default();
            let look = Look::parse(&link.search());
            self.go_to(route, look, false);
        }
    }
}

fn enclosing_link(element: &Element) -> Option<HtmlAnchorElement> {
    element.closest("a[href]").ok().flatten()?.dyn_into().ok()
}
