//! The title of an open task. Enter and leaving the field save, Escape does not.

use engine::view::TaskItem;
use leptos::html::Textarea;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::field::TextField;
use shared::ids::TaskId;
use web_sys::KeyboardEvent;

use crate::i18n as t;
use crate::state::{complaint, use_app};

#[component]
pub(crate) fn PanelTitle(id: TaskId, item: RwSignal<TaskItem>) -> impl IntoView {
    let app = use_app();
    let area = NodeRef::<Textarea>::new();
    // What the title was when typing began; nothing while nobody types.
    let from = StoredValue::new(None::<String>);
    let save = move || {
        let (Some(Some(began)), Some(area)) = (from.try_get_value(), area.get_untracked()) else { return };
        let to = area.value().trim().to_owned();
        let _ = from.try_set_value(None);
        if to.is_empty() || to == began {
            return area.set_value(&item.with_untracked(|item| item.value.title.clone()));
        }
        spawn_local(async move {
            match app.edit_text(id.into(), TextField::Title, began.clone(), to).await {
                Ok(()) => area.set_value(&item.try_with_untracked(|item| item.value.title.clone()).unwrap_or_default()),
                Err(error) => {
                    let _ = from.try_set_value(Some(began));
                    app.ui.say(&complaint(&error));
                }
            }
        });
    };
    let on_key = move |event: KeyboardEvent| {
        if event.is_composing() || !matches!(event.key().as_str(), "Enter" | "Escape") {
            return;
        }
        event.prevent_default();
        event.stop_propagation();
        if let Some(area) = area.get_untracked() {
            if event.key() == "Escape" {
                from.set_value(None);
                area.set_value(&item.with_untracked(|item| item.value.title.clone()));
            }
            let _ = area.blur();
        }
    };
    Effect::new(move |_| {
        let title = item.with(|item| item.value.title.clone());
        if let (Some(area), true) = (area.get(), from.with_value(Option::is_none)) {
            area.set_value(&title);
        }
    });
    on_cleanup(save);
    let began = move || {
        if from.with_value(Option::is_none) {
            from.set_value(Some(item.with_untracked(|item| item.value.title.clone())));
        }
    };
    view! {
        <textarea
            class="panel-title"
            rows="1"
            aria-label=t::title()
            dir="auto"
            node_ref=area
            on:beforeinput=move |_| began()
            on:input=move |_| began()
            on:blur=move |_| save()
            on:keydown=on_key
        ></textarea>
    }
    .into_any()
}
