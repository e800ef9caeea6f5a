//! Editing a title where it stands. Enter and leaving the field save, Escape does not. What others do to the title
//! meanwhile is merged, because the edit says what the text was when it began.

use engine::view::TaskItem;
use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::field::TextField;
use shared::ids::TaskId;
use web_sys::KeyboardEvent;

use crate::i18n as t;
use crate::state::{App, complaint, use_app};

#[component]
pub(crate) fn TitleEditor(item: RwSignal<TaskItem>) -> impl IntoView {
    let app = use_app();
    let (id, from) = item.with_untracked(|item| (item.value.id, item.value.title.clone()));
    let edit = TitleEdit { app, id, from: StoredValue::new(from.clone()), text: StoredValue::new(from.clone()) };
    let input = NodeRef::<Input>::new();
    input.on_load(|input| {
        let _ = input.focus();
        input.select();
    });
    // Scrolled away, or moved to another group by somebody: what was typed counts.
    on_cleanup(move || edit.save(false));
    view! {
        <input
            class="input title-input"
            type="text"
            aria-label=t::title()
            dir="auto"
            node_ref=input
            value=from
            on:input=move |event| edit.text.set_value(event_target_value(&event))
            on:blur=move |_| edit.save(false)
            on:keydown=move |event| edit.press(&event)
        />
    }
    .into_any()
}

#[derive(Clone, Copy)]
struct TitleEdit {
    app: App,
    id: TaskId,
    from: StoredValue<String>,
    text: StoredValue<String>,
}

impl TitleEdit {
    fn press(self, event: &KeyboardEvent) {
        if event.is_composing() {
            return;
        }
        match event.key().as_str() {
            "Enter" => self.save(true),
            "Escape" => {
                self.text.set_value(self.from.get_value());
                self.finish(true);
            }
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    }

    fn save(self, by_key: bool) {
        let texts = (self.from.try_get_value(), self.text.try_get_value());
        let (Some(from), Some(text)) = texts else { return };
        let to = text.trim().to_owned();
        if to == from || to.is_empty() {
            return self.finish(by_key);
        }
        // Saved once: the blur that follows finds nothing new.
        self.from.set_value(to.clone());
        self.text.set_value(to.clone());
        let Self { app, id, .. } = self;
        let old = from.clone();
        spawn_local(async move {
            match app.edit_text(id.into(), TextField::Title, from, to).await {
                Ok(()) => self.finish(by_key),
                Err(error) => {
                    let _ = self.from.try_set_value(old);
                    app.ui.say(&complaint(&error));
                }
            }
        });
    }

    fn finish(self, by_key: bool) {
        if self.app.ui.editing.get_untracked() == Some(self.id) {
            self.app.ui.editing.set(None);
            if by_key {
                self.app.ui.reveal.set(Some(self.id));
            }
        }
    }
}
