//! The page of the search: the tasks that have the words of the address, with the words marked.

use leptos::html::Input;
use leptos::prelude::*;
use shared::ids::TaskId;

use crate::components::icon::icon;
use crate::components::task_row::TaskRow;
use crate::route::Route;
use crate::state::search::Found;
use crate::state::{App, use_app};
use crate::{dom, i18n as t};

/// So many are shown at first, and so many more each time.
const PAGE: usize = 50;

#[component]
pub(crate) fn SearchPage() -> impl IntoView {
    let app = use_app();
    let most = RwSignal::new(PAGE);
    let words = Memo::new(move |_| app.search.words.get().unwrap_or_default());
    let wanted = Memo::new(move |_| words.with(|words| words.trim().to_owned()));
    Effect::new(move |_| {
        // One more than is shown tells whether there are more.
        let found = app.find(&wanted.get(), most.get() + 1);
        if app.search.shown.with_untracked(|shown| *shown != found) {
            app.search.shown.set(found);
        }
    });
    Effect::new(move |_| {
        if let Some(id) = app.ui.reveal.get() {
            app.ui.reveal.set(None);
            dom::after_paint(move || reveal(id));
        }
    });
    on_cleanup(move || app.search.shown.set(Vec::new()));
    let input = NodeRef::<Input>::new();
    // The words of the address, and those being typed, which it follows.
    let type_words = move |words: String| {
        most.set(PAGE);
        app.go_instead(Route::Search(words));
    };
    input.on_load(move |input| {
        if words.with_untracked(String::is_empty) {
            request_animation_frame(move || dom::focus(&input));
        }
    });
    let rows = move || {
        let shown = app.search.shown.get().into_iter().take(most.get());
        shown.enumerate().map(|(place, found)| Row { place, found, words: wanted.get_untracked() }).collect::<Vec<_>>()
    };
    let more = move || app.search.shown.with(Vec::len) > most.get();
    view! {
        <div class="content" tabindex="-1">
            <form class="search-line" role="search" on:submit=move |event| event.prevent_default()>
                {icon("#i-search")}
                <input
                    class="input"
                    type="search"
                    aria-label=t::search_tasks()
                    placeholder=t::search_tasks()
                    dir="auto"
                    autocomplete="off"
                    spellcheck="false"
                    node_ref=input
                    prop:value=move || words.get()
                    on:input=move |event| type_words(event_target_value(&event))
                />
            </form>
            <p class="search-said" role="status">{move || said(app, &wanted.get(), most.get())}</p>
            <ul class="tasks results" role="list" aria-label=t::results()>
                <For each=rows key=Row::key children=move |row| view! { <FoundRow row /> } />
            </ul>
            <Show when=more>
                <div class="search-more">
                    <button class="btn" type="button" on:click=move |_| most.update(|most| *most += PAGE)>
                        {t::more_results()}
                    </button>
                </div>
            </Show>
        </div>
    }
    .into_any()
}

/// Brings a task into view, and the focus to it.
fn reveal(id: TaskId) {
    if let Some(link) = dom::query_visible(&format!(".task-row[data-task=\"{id}\"] .title a")) {
        dom::focus(&link);
        dom::bring_into_view(&link);
    }
}

/// What was found in a place of the list.
#[derive(Clone)]
struct Row {
    place: usize,
    found: Found,
    words: String,
}

impl Row {
    /// A row is made anew when something else is to be marked in it.
    fn key(&self) -> (TaskId, usize, String, Option<String>) {
        let excerpt = self.found.excerpt.as_ref().map(|(_, text)| text.clone());
        (self.found.id, self.place, self.words.clone(), excerpt)
    }
}

#[component]
fn FoundRow(row: Row) -> impl IntoView {
    let app = use_app();
    let Row { place, found, words } = row;
    let count = Signal::derive(move || app.search.shown.with(Vec::len));
    let item = app.tasks.item(found.id);
    item.map(|item| {
        let place = Signal::derive(move || place + 1);
        view! { <TaskRow item=item.into() place count found=(words, found) /> }.into_any()
    })
}

/// What came of it.
fn said(app: App, words: &str, most: usize) -> AnyView {
    let found = app.search.shown.with(Vec::len);
    let (read, reading) = app.search.extent();
    if words.is_empty() {
        return t::search_lead().into_any();
    }
    let count = match found {
        0 if reading => t::reading(read),
        0 => return view! { <b>{t::no_result()}</b><br />{t::search_lead()} }.into_any(),
        _ if found > most => t::found_first(most),
        _ => t::found(found),
    };
    count.into_any()
}
