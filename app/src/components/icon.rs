//! Icons: references into the sprite of index.html. They decorate; what they mean is always also a word.

use leptos::prelude::*;
use shared::workflow::{Priority, Status};

pub(crate) fn icon(href: &'static str) -> AnyView {
    toned(href, "icon")
}

/// An icon with more classes than `icon`, such as its colour.
pub(crate) fn toned(href: &'static str, class: &'static str) -> AnyView {
    view! { <svg class=class aria-hidden="true"><use href=href /></svg> }.into_any()
}

pub(crate) fn status_icon(status: Status) -> AnyView {
    let (href, class) = match status {
        Status::Backlog => ("#i-s-backlog", "icon st-backlog"),
        Status::Todo => ("#i-s-todo", "icon st-todo"),
        Status::InProgress => ("#i-s-progress", "icon st-progress"),
        Status::InReview => ("#i-s-review", "icon st-review"),
        Status::Blocked => ("#i-s-blocked", "icon st-blocked"),
        Status::Done => ("#i-s-done", "icon st-done"),
        Status::Cancelled => ("#i-s-cancelled", "icon st-cancelled"),
    };
    toned(href, class)
}

pub(crate) fn priority_icon(priority: Priority) -> AnyView {
    let (href, class) = match priority {
        Priority::Urgent => ("#i-p-urgent", "icon pr-urgent"),
        Priority::High => ("#i-p-high", "icon pr-high"),
        Priority::Medium => ("#i-p-medium", "icon pr-medium"),
        Priority::Low => ("#i-p-low", "icon pr-low"),
        Priority::None => ("#i-p-none", "icon pr-none"),
    };
    toned(href, class)
}

/// The bird on its tile.
pub(crate) fn mark() -> AnyView {
    toned("#b-mark", "mark")
}
