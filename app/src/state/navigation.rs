//! Going from place to place without loading a page: the address bar and the back button stay true.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

use crate::i18n as t;
use crate::route::Route;
use crate::state::App;

/// The place that the address bar names.
pub(super) fn current() -> Route {
    let location = window().location();
    Route::parse(&location.pathname().unwrap_or_default(), &location.search().unwrap_or_default())
}

impl App {
    /// Goes to a place, with a way back.
    pub(crate) fn go(self, route: Route) {
        self.change_address(route, false);
    }

    /// Goes to a place that takes the one of this moment's place in the history.
    pub(crate) fn go_instead(self, route: Route) {
        self.change_address(route, true);
    }

    fn change_address(self, route: Route, instead: bool) {
        if self.route.get_untracked() == route {
            return;
        }
        if let Ok(history) = window().history() {
            let href = route.href();
            // Browsers limit how often the address may change; the place changes all the same.
            let _ = if instead {
                history.replace_state_with_url(&JsValue::NULL, "", Some(&href))
            } else {
                history.push_state_with_url(&JsValue::NULL, "", Some(&href))
            };
        }
        self.arrive(route);
    }

    fn arrive(self, route: Route) {
        match &route {
            Route::Tasks => self.tasks.show(None),
            Route::Project(id) => self.tasks.show(Some(*id)),
            Route::Task(id) => self.ui.cursor.set(Some(*id)),
            _ => {}
        }
        self.ui.sidebar.set(false);
        self.route.set(route);
    }

    /// The list that is shown, also behind a task.
    pub(crate) fn list_route(self) -> Route {
        self.tasks.scope.get().map_or(Route::Tasks, Route::Project)
    }

    /// Follows links, the back button, and whether somebody is signed in.
    pub(crate) fn start_navigation(self) {
        self.arrive(current());
        let _ = window_event_listener(ev::popstate, move |_| self.arrive(current()));
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
        let list = move || {
            let project = self.tasks.scope.get().and_then(|id| self.project_name(id));
            project.unwrap_or_else(|| t::all_tasks().to_owned())
        };
        match self.route.get() {
            Route::Tasks | Route::Project(_) => list(),
            Route::Task(id) => self.tasks.find(id).map_or_else(list, |item| item.with(|item| item.value.title.clone())),
            Route::SignIn => t::sign_in().to_owned(),
            Route::Register { .. } => t::create_account().to_owned(),
            Route::NotFound => t::not_found_title().to_owned(),
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
            self.go(route);
        }
    }
}

fn enclosing_link(element: &Element) -> Option<HtmlAnchorElement> {
    element.closest("a[href]").ok().flatten()?.dyn_into().ok()
}
