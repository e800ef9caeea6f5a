//! A person as a small round picture: the initials, on a colour that every device gives the same person.

use leptos::prelude::*;
use shared::ids::UserId;

use crate::components::icon::icon;
use crate::components::tag::spread;

const CLASSES: [&str; 6] = ["avatar", "avatar av2", "avatar av3", "avatar av4", "avatar av5", "avatar av6"];

/// Decorates: the name is beside it.
pub(crate) fn avatar(id: Option<UserId>, name: &str) -> AnyView {
    let Some(id) = id else { return nobody() };
    let class = CLASSES[spread(id.0.as_bytes()) % CLASSES.len()];
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    let initials: String = first.into_iter().chain(last).flat_map(char::to_uppercase).collect();
    view! { <span class=class aria-hidden="true">{initials}</span> }.into_any()
}

pub(crate) fn nobody() -> AnyView {
    view! { <span class="avatar none" aria-hidden="true">{icon("#i-mine")}</span> }.into_any()
}
