//! The palette: one line to type in, and under it what can be opened or done.

use leptos::html::Input;
use leptos::prelude::*;
use shared::ids::TaskId;
use web_sys::KeyboardEvent;

use crate::components::avatar::avatar;
use crate::components::icon::{icon, priority_icon, status_icon};
use crate::components::marked::marked;
use crate::components::modal::Modal;
use crate::components::shortcuts::caps;
use crate::components::tag;
use crate::route::Route;
use crate::state::palette::{Does, Glyph, Offer, Section};
use crate::state::ui::Menu;
use crate::state::{App, use_app};
use crate::{dom, i18n as t};

#[component]
pub(crate) fn PaletteDialog() -> impl IntoView {
    let app = use_app();
    let close = Callback::new(move |()| app.ui.palette.set(false));
    view! { <Modal open=app.ui.palette on_close=close label=t::commands() class="palette"><Palette /></Modal> }
        .into_any()
}

#[derive(Clone, Copy)]
struct Choice {
    app: App,
    query: RwSignal<String>,
    /// The values of which action are to be chosen from.
    step: RwSignal<Option<Menu>>,
    /// The tasks that were at hand when the palette was opened.
    about: StoredValue<Vec<TaskId>>,
    sections: RwSignal<Vec<Section>>,
    /// Which offer Enter takes, counted from the first.
    active: RwSignal<usize>,
}

impl Choice {
    fn type_query(self, query: String) {
        self.active.set(0);
        self.query.set(query);
    }

    fn go_to(self, step: Option<Menu>) {
        self.step.set(step);
        self.type_query(String::new());
    }

    fn count(self) -> usize {
        self.sections.with(|sections| sections.iter().map(|section| section.offers.len()).sum())
    }

    fn take(self, place: usize) {
        let offer = self.sections.with_untracked(|sections| {
            sections.iter().flat_map(|section| &section.offers).nth(place).map(|offer| offer.does.clone())
        });
        match offer {
            Some(Does::Choose(menu)) if self.step.get_untracked().is_none() => self.go_to(Some(menu)),
            Some(does) => self.app.accept(does, &self.about.get_value()),
            None => {}
        }
    }

    fn press(self, event: &KeyboardEvent) {
        if event.is_composing() {
            return;
        }
        let (active, last) = (self.active.get_untracked(), untrack(|| self.count()).saturating_sub(1));
        match event.key().as_str() {
            "ArrowDown" => self.active.set(if active >= last { 0 } else { active + 1 }),
            "ArrowUp" => self.active.set(if active == 0 { last } else { active - 1 }),
            "PageDown" => self.active.set((active + 8).min(last)),
            "PageUp" => self.active.set(active.saturating_sub(8)),
            "Enter" => self.take(active),
            "Backspace" if self.query.with_untracked(String::is_empty) && self.step.get_untracked().is_some() => {
                self.go_to(None);
            }
            _ => return,
        }
        event.prevent_default();
        dom::after_paint(|| {
            if let Some(active) = dom::query(".palette [aria-selected=true]") {
                dom::bring_into_view(&active);
            }
        });
    }
}

#[component]
fn Palette() -> impl IntoView {
    let app = use_app();
    let choice = Choice {
        app,
        query: RwSignal::new(String::new()),
        step: RwSignal::new(None),
        about: StoredValue::new(app.at_hand()),
        sections: RwSignal::new(Vec::new()),
        active: RwSignal::new(0),
    };
    Effect::new(move |_| {
        let (query, step) = (choice.query.get(), choice.step.get());
        choice.sections.set(app.offers(&query, step, &choice.about.get_value()));
        let last = untrack(|| choice.count()).saturating_sub(1);
        if choice.active.get_untracked() > last {
            choice.active.set(last);
        }
    });
    let listed = move || {
        let query = choice.query.get_untracked();
        let mut place = 0;
        choice.sections.with(|sections| {
            sections.iter().enumerate().map(|(n, section)| group(choice, n, section, &mut place, &query)).collect_view()
        })
    };
    view! {
        <Line choice />
        <div class="palette-list" id="palette-list" role="listbox" aria-label=t::results() tabindex="-1">{listed}</div>
        <Foot choice />
    }
    .into_any()
}

#[component]
fn Line(choice: Choice) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    input.on_load(|input| drop(input.focus()));
    let asks = move || match choice.step.get() {
        None => t::search_label(),
        Some(Menu::Status) => t::change_status(),
        Some(Menu::Priority) => t::change_priority(),
        Some(Menu::Assignees) => t::change_assignees(),
        Some(Menu::Due) => t::change_due(),
        Some(Menu::Start) => t::change_start(),
        Some(Menu::Tags) => t::change_tags(),
        Some(_) => t::change_project(),
    };
    view! {
        <div class="palette-input">
            {icon("#i-search")}
            <input
                type="text"
                role="combobox"
                aria-expanded="true"
                aria-autocomplete="list"
                aria-controls="palette-list"
                aria-activedescendant=move || (choice.count() > 0).then(|| offer_id(choice.active.get()))
                aria-label=t::search_label()
                placeholder=asks
                dir="auto"
                autocomplete="off"
                spellcheck="false"
                enterkeyhint="go"
                node_ref=input
                prop:value=move || choice.query.get()
                on:input=move |event| choice.type_query(event_target_value(&event))
                on:keydown=move |event| choice.press(&event)
            />
            <kbd class="hide-phone" aria-hidden="true">{t::key_name("Escape")}</kbd>
            <button
                class="icon-btn phone-only"
                type="button"
                aria-label=t::close()
                on:click=move |_| {
                    choice.app.toggle_palette();
                }
            >
                {icon("#i-close")}
            </button>
        </div>
    }
    .into_any()
}

fn offer_id(place: usize) -> String {
    format!("offer-{place}")
}

fn group(choice: Choice, n: usize, section: &Section, place: &mut usize, query: &str) -> AnyView {
    let id = format!("offers-{n}");
    let head = id.clone();
    let offer = |one: &Offer| {
        let view = offer(choice, *place, one, query);
        *place += 1;
        view
    };
    let offers = section.offers.iter().map(offer).collect_view();
    view! {
        <ul role="group" aria-labelledby=head>
            <li class="palette-group" id=id role="presentation">{section.name.clone()}</li>
            {offers}
        </ul>
    }
    .into_any()
}

fn offer(choice: Choice, place: usize, offer: &Offer, query: &str) -> AnyView {
    let said = |text: &str, class: &'static str| {
        (!text.is_empty()).then(|| view! { <span class=class>{text.to_owned()}</span> }.into_any())
    };
    // What is only a name for what was typed is not something that was found.
    let query = if matches!(offer.does, Does::NewTask(_) | Does::Go(Route::Search(_))) { "" } else { query };
    let keys = (!offer.keys.is_empty())
        .then(|| view! { <span class="palette-keys" aria-hidden="true">{caps(offer.keys, "")}</span> });
    view! {
        <li
            class="palette-item"
            role="option"
            id=offer_id(place)
            aria-selected=move || if choice.active.get() == place { "true" } else { "false" }
            on:pointermove=move |_| choice.active.set(place)
            on:click=move |_| choice.take(place)
        >
            {glyph(offer)}
            <span class="name" dir="auto">{marked(&offer.name, query)}</span>
            <span class="end">{said(&offer.note, "note")}{said(&offer.key, "key")}{keys}</span>
        </li>
    }
    .into_any()
}

fn glyph(offer: &Offer) -> AnyView {
    match &offer.glyph {
        Glyph::Icon(href) => icon(href),
        Glyph::Status(status) => status_icon(*status),
        Glyph::Priority(priority) => priority_icon(*priority),
        Glyph::Project(id) => view! { <span class="nav-glyph">{tag::glyph(id.0.as_bytes())}</span> }.into_any(),
        Glyph::Person(id) => avatar(Some(*id), &offer.name),
        Glyph::Tag => view! { <span class="nav-glyph">{tag::glyph(offer.name.as_bytes())}</span> }.into_any(),
    }
}

#[component]
fn Foot(choice: Choice) -> impl IntoView {
    let extent = move || match choice.app.search.extent() {
        (read, true) => t::reading(read),
        (read, false) => t::searching(read),
    };
    let back = move || {
        choice.step.get().map(|_| view! { <span><kbd>{t::key_name("Backspace")}</kbd>{t::palette_back()}</span> })
    };
    view! {
        <div class="palette-foot">
            <span><kbd>"↑"</kbd><kbd>"↓"</kbd>{t::palette_move()}</span>
            <span><kbd>{t::key_name("Enter")}</kbd>{t::palette_open()}</span>
            {back}
            <span class="end">{icon("#i-device")}{extent}</span>
        </div>
    }
    .into_any()
}
