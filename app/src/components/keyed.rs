//! A list whose elements stay when others come, go or move: with their focus, and with what is typed in them.

use std::sync::Arc;

use leptos::prelude::*;
use shared::ids::EntityId;

/// One type for all such lists of rows, and so one piece of code.
pub(crate) fn keyed(each: Signal<Vec<EntityId>>, element: Arc<dyn Fn(EntityId) -> AnyView + Send + Sync>) -> AnyView {
    view! { <For each=move || each.get() key=|id| *id children=move |id| element(id) /> }.into_any()
}
