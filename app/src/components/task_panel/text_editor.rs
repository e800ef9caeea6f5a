//! A text of several lines, edited where it stands and saved while it is typed. What others write meanwhile appears in
//! it: an edit says what the text was when it began, and where nobody types the text is what the device has.

use leptos::html::Textarea;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::field::TextField;
use shared::ids::EntityId;
use web_sys::{HtmlTextAreaElement, KeyboardEvent};

use crate::dom;
use crate::state::changes::Change;
use crate::state::{App, complaint, use_app};

/// What was typed is saved this long after it was begun: often enough to lose nothing, seldom enough not to make an
/// edit of each letter.
const SAVE_AFTER_MS: u64 = 400;

#[component]
pub(crate) fn TextEditor(
    #[prop(into)] entity: EntityId,
    field: TextField,
    /// What the device has.
    text: Signal<String>,
    label: &'static str,
    placeholder: &'static str,
    limit: usize,
) -> impl IntoView {
    let area = NodeRef::<Textarea>::new();
    let typing = Typing {
        app: use_app(),
        entity,
        field,
        text,
        area,
        shown: StoredValue::new(String::new()),
        began: StoredValue::new(None),
        waits: StoredValue::new(false),
        pending: StoredValue::new(None),
    };
    Effect::new(move |_| {
        text.track();
        if area.get().is_some() {
            typing.take_in();
        }
    });
    on_cleanup(move || typing.leave());
    let hidden = window_event_listener(leptos::ev::pagehide, move |_| typing.save(true));
    on_cleanup(move || hidden.remove());
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.is_composing() {
            event.stop_propagation();
            if let Some(area) = area.get_untracked() {
                let _ = area.blur();
            }
        }
    };
    view! {
        <textarea
            class="panel-text"
            rows="1"
            aria-label=label
            placeholder=placeholder
            maxlength=limit
            dir="auto"
            node_ref=area
            on:input=move |_| typing.type_on()
            on:blur=move |_| typing.leave()
            on:keydown=on_key
        ></textarea>
    }
    .into_any()
}

#[derive(Clone, Copy)]
struct Typing {
    app: App,
    entity: EntityId,
    field: TextField,
    text: Signal<String>,
    area: NodeRef<Textarea>,
    /// What stood in the field when it was last the same as on the device: what the next edit is made on.
    shown: StoredValue<String>,
    /// What stood there when the typing began.
    began: StoredValue<Option<String>>,
    /// Whether a save is to come.
    waits: StoredValue<bool>,
    /// What is being saved.
    pending: StoredValue<Option<String>>,
}

impl Typing {
    fn type_on(self) {
        if self.began.with_value(Option::is_none) {
            self.began.set_value(Some(self.shown.get_value()));
        }
        if !self.waits.get_value() {
            self.waits.set_value(true);
            dom::after(SAVE_AFTER_MS, move || {
                if self.waits.try_set_value(false).is_none() {
                    self.save(false);
                }
            });
        }
    }

    /// Shows what the device has, unless something stands here that it does not have yet.
    fn take_in(self) {
        let (Some(area), Some(shown)) = (self.area.try_get_untracked().flatten(), self.shown.try_get_value()) else {
            return;
        };
        let Some(text) = self.text.try_get_untracked() else { return };
        if self.pending.with_value(Option::is_some) || area.value() != shown {
            return;
        }
        if text != shown {
            replace(&area, &shown, &text);
            // As the browser has it: its line ends are its own.
            self.shown.set_value(area.value());
        }
    }

    /// Saves what is new. One save after the other, unless there is no later (`last`).
    fn save(self, last: bool) {
        let (Some(area), Some(pending)) = (self.area.try_get_untracked().flatten(), self.pending.try_get_value())
        else {
            return;
        };
        if pending.is_some() && !last {
            return;
        }
        let (from, to) = (pending.unwrap_or_else(|| self.shown.get_value()), area.value());
        if to == from {
            return;
        }
        self.pending.set_value(Some(to.clone()));
        spawn_local(async move {
            let edit = Change::of_text(self.entity, self.field, &from, &to);
            let (_, saved) = self.app.dispatch_all(edit.forward()).await;
            let still = self.pending.try_update_value(|pending| pending.take_if(|pending| *pending == to).is_some());
            if still != Some(true) {
                return;
            }
            match saved {
                Ok(()) => {
                    self.shown.set_value(to);
                    self.take_in();
                    // What was typed meanwhile.
                    self.save(false);
                }
                Err(error) => self.app.ui.say(&complaint(&error)),
            }
        });
    }

    /// The typing ends: what it made of the text is one change that can be undone.
    fn leave(self) {
        self.save(true);
        let Some(began) = self.began.try_update_value(Option::take).flatten() else { return };
        if let Some(area) = self.area.try_get_untracked().flatten() {
            self.app.note(Change::of_text(self.entity, self.field, &began, &area.value()));
        }
    }
}

/// Replaces the text of a field; the selection stays with its words.
fn replace(area: &HtmlTextAreaElement, old: &str, new: &str) {
    let selection = (area.selection_start().ok().flatten(), area.selection_end().ok().flatten());
    area.set_value(new);
    if let (Some(start), Some(end)) = selection
        && dom::active_element().is_some_and(|active| active == **area)
    {
        let (start, end) = (carried(start, old, new), carried(end, old, new));
        let _ = area.set_selection_range(start, end);
    }
}

/// Where a place in a text is after a change; counted as browsers do, in UTF-16 units.
fn carried(place: u32, old: &str, new: &str) -> u32 {
    let (old, new): (Vec<u16>, Vec<u16>) = (old.encode_utf16().collect(), new.encode_utf16().collect());
    let before = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - before;
    let after = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let place = place as usize;
    let carried = if place <= before {
        place
    } else if place >= old.len() - after {
        place + new.len() - old.len()
    } else {
        new.len() - after
    };
    u32::try_from(carried).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_stays_with_its_words() {
        let old = "Hello world";
        assert_eq!(carried(5, old, "Hello beautiful world"), 5);
        assert_eq!(carried(11, old, "Hello beautiful world"), 21);
        assert_eq!(carried(11, old, "Hello world!"), 11);
        assert_eq!(carried(8, old, "Hello"), 5);
        assert_eq!(carried(11, old, ""), 0);
        assert_eq!(carried(2, "🚢!", "🚢 ahoy!"), 2);
    }
}
