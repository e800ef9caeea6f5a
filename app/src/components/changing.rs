//! What changes on the screen, as one type for all: what the library would make of every closure anew is a part of the
//! app's size.

use leptos::prelude::*;

/// An attribute that is there or not.
pub(crate) fn flag(on: impl Fn() -> bool + Send + Sync + 'static) -> Signal<Option<&'static str>> {
    Signal::derive(move || on().then_some(""))
}

/// `aria-current` of a link to what is shown.
pub(crate) fn current(on: impl Fn() -> bool + Send + Sync + 'static) -> Signal<Option<&'static str>> {
    Signal::derive(move || on().then_some("page"))
}

pub(crate) fn text(of: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    Signal::derive(of)
}
