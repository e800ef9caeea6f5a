//! The keyboard: finds the action that a key calls. Single keys act only while nothing takes text, and not at all for
//! members who have turned them off.

use leptos::ev;
use leptos::prelude::*;
use shared::clock::Millis;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use crate::route::Route;
use crate::state::App;
use crate::state::actions::{Place, begins, called};
use crate::{dates, dom};

/// How long after the first key of a row the next one counts.
const ROW_MS: Millis = 1_500;
/// Whether single keys are off, among what the browser keeps.
const SINGLE_KEYS: &str = "tern.single-keys";
const OFF: &str = "off";

pub(crate) struct Keyboard {
    /// Whether single keys are shortcuts.
    pub(crate) single: RwSignal<bool>,
    /// The beginning of a row of keys, and when it was pressed.
    begun: StoredValue<Option<(String, Millis)>>,
}

impl Keyboard {
    pub(crate) fn new() -> Self {
        let single = dom::remembered(SINGLE_KEYS).as_deref() != Some(OFF);
        Self { single: RwSignal::new(single), begun: StoredValue::new(None) }
    }

    pub(crate) fn allow_single(&self, allow: bool) {
        self.single.set(allow);
        if allow { dom::forget(SINGLE_KEYS) } else { dom::remember(SINGLE_KEYS, OFF) }
    }

    /// The keys of a row, with those pressed just before.
    fn row(&self, stroke: String, now: Millis) -> String {
        let begun = self.begun.try_update_value(Option::take).flatten();
        match begun.filter(|(_, at)| now - at <= ROW_MS) {
            Some((first, _)) => format!("{first} {stroke}"),
            None => stroke,
        }
    }
}

impl App {
    pub(crate) fn start_keyboard(self) {
        let _ = window_event_listener(ev::keydown, move |event| {
            if self.press(&event) {
                event.prevent_default();
            }
        });
    }

    /// Acts on a key; says whether it did.
    fn press(self, event: &KeyboardEvent) -> bool {
        let command = event.ctrl_key() || event.meta_key();
        let stroke = stroke(&event.key(), &event.code(), event.shift_key(), command);
        if stroke.is_empty() {
            return false;
        }
        if event.default_prevented()
            || event.is_composing()
            || event.alt_key()
            || !self.route.with_untracked(Route::is_workspace)
        {
            return false;
        }
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let aside = target.as_ref().is_some_and(dom::takes_text) || is_covered(self);
        let row = if aside { stroke } else { self.keys.row(stroke, dates::now()) };
        let off = is_single(&row) && !self.keys.single.get_untracked();
        let own = row == "Enter" && target.as_ref().is_some_and(answers_enter);
        let action = called(&row).filter(|action| !own && !off && (!aside || action.place == Place::Everywhere));
        if let Some(action) = action {
            return action.run(self);
        }
        if !aside && !off && begins(&row) {
            self.keys.begun.set_value(Some((row, dates::now())));
        }
        false
    }
}

/// Whether a layer over the page has the keyboard.
fn is_covered(app: App) -> bool {
    app.ui.menus.open.with_untracked(Option::is_some) || dom::query(":modal, :popover-open").is_some()
}

/// Whether a control does something itself when Enter is pressed on it.
fn answers_enter(target: &Element) -> bool {
    target.closest("a, button, input").ok().flatten().is_some()
}

/// A key as the table of actions writes it; empty for a key that only changes others.
fn stroke(key: &str, code: &str, shift: bool, command: bool) -> String {
    let mut only = key.chars();
    let name = match (only.next(), only.next()) {
        (Some(letter), None) if letter.is_ascii_alphabetic() => letter.to_ascii_lowercase().to_string(),
        // A letter of another script stands for the Latin one of its key.
        (Some(letter), None) if letter.is_alphabetic() => match code.strip_prefix("Key") {
            Some(latin) => latin.to_ascii_lowercase(),
            None => return String::new(),
        },
        // With Shift it would be another character.
        (Some(_), None) if key != " " => return format!("{}{key}", if command { "Mod+" } else { "" }),
        _ if matches!(key, "Shift" | "Control" | "Meta" | "Alt" | "AltGraph" | "CapsLock") => return String::new(),
        _ => key.to_owned(),
    };
    format!("{}{}{name}", if command { "Mod+" } else { "" }, if shift { "Shift+" } else { "" })
}

/// Whether a row of keys is made of characters, which speech input and assistive technology may type.
pub(crate) fn is_single(row: &str) -> bool {
    row.split(' ').any(|stroke| stroke.strip_prefix("Shift+").unwrap_or(stroke).chars().count() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_as_the_table_writes_it() {
        let strokes = [
            stroke("c", "KeyC", false, false),
            stroke("Z", "KeyZ", true, false),
            stroke("Z", "KeyZ", false, true),
            stroke("k", "KeyK", false, true),
            stroke("Z", "KeyZ", true, true),
            stroke("?", "Slash", true, false),
            stroke("/", "Digit7", true, false),
            stroke("Enter", "Enter", false, true),
            stroke("F2", "F2", false, false),
            stroke("с", "KeyC", false, false),
            stroke("Shift", "ShiftLeft", true, false),
            stroke("é", "Digit2", false, false),
        ];
        let expected = ["c", "Shift+z", "Mod+z", "Mod+k", "Mod+Shift+z", "?", "/", "Mod+Enter", "F2", "c", "", ""];
        assert_eq!(strokes, expected);
    }

    #[test]
    fn characters_are_single_keys_and_names_are_not() {
        for single in ["c", "Shift+z", "?", "g l"] {
            assert!(is_single(single), "{single}");
        }
        for other in ["Mod+z", "Enter", "Escape", "F2", "Mod+Enter", "Mod+Shift+z"] {
            assert!(!is_single(other), "{other}");
        }
    }

    #[test]
    fn the_second_key_of_a_row_counts_for_a_while() {
        Owner::new().with(|| {
            let keyboard = Keyboard { single: RwSignal::new(true), begun: StoredValue::new(None) };
            let press = |key: &str, at| keyboard.row(key.into(), at);
            keyboard.begun.set_value(Some(("g".into(), 0)));
            assert_eq!(press("l", 1_500), "g l");
            assert_eq!(press("l", 1_500), "l", "a row is over with its last key");
            keyboard.begun.set_value(Some(("g".into(), 0)));
            assert_eq!(press("l", 1_501), "l");
        });
    }
}
