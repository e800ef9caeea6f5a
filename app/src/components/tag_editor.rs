//! The tags of a task: take one off, put one on that exists, or type a new one.

use leptos::prelude::*;
use shared::limits::TAG_CHARS;
use shared::register::Tag;
use web_sys::KeyboardEvent;

use crate::components::icon::icon;
use crate::components::menu_layer::MenuTarget;
use crate::components::tag;
use crate::i18n as t;
use crate::state::changes::Edit;
use crate::state::use_app;

/// So many tags are offered at once; typing narrows them down.
const OFFERED: usize = 6;

#[component]
pub(crate) fn TagEditor(target: MenuTarget) -> impl IntoView {
    let known = use_app().tasks.all_tags();
    let typed = RwSignal::new(String::new());
    let add = move |name: &str| {
        let tag = Tag::new(name);
        typed.set(String::new());
        if !tag.as_str().is_empty() {
            target.apply.run(Edit::Tags { add: vec![tag], remove: Vec::new() });
        }
    };
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.is_composing() {
            event.prevent_default();
            add(&typed.get_untracked());
        }
    };
    let offered = move || {
        let wanted = typed.get().trim().to_lowercase();
        target.values.with(|values| {
            let fits = |name: &&String| {
                name.to_lowercase().contains(&wanted) && !values.tags.iter().any(|tag| tag.as_str() == name.as_str())
            };
            known.iter().filter(fits).take(OFFERED).cloned().collect::<Vec<_>>()
        })
    };
    view! {
        <div class="popover-form">
            <div class="tag-set">
                {move || target.values.with(|values| values.tags.iter().map(|tag| worn(tag, target)).collect_view())}
            </div>
            <input
                class="input"
                type="text"
                aria-label=t::add_tag()
                placeholder=t::add_tag()
                maxlength=TAG_CHARS
                dir="auto"
                data-first
                prop:value=move || typed.get()
                on:input=move |event| typed.set(event_target_value(&event))
                on:keydown=on_key
            />
            <div class="tag-offers">
                {move || offered().into_iter().map(|name| offer(name, add)).collect_view()}
            </div>
        </div>
    }
    .into_any()
}

fn worn(worn: &Tag, target: MenuTarget) -> AnyView {
    let label = t::remove_tag(worn.as_str());
    let name = worn.as_str().to_owned();
    let tag = worn.clone();
    let remove = move |_| target.apply.run(Edit::Tags { add: Vec::new(), remove: vec![tag.clone()] });
    view! {
        <button class="tag" type="button" dir="auto" aria-label=label on:click=remove>
            {tag::glyph(name.as_bytes())}
            <span class="tag-name">{name}</span>
            {icon("#i-close")}
        </button>
    }
    .into_any()
}

fn offer(name: String, add: impl Fn(&str) + 'static) -> AnyView {
    let label = t::add_this_tag(&name);
    let chip = tag::chip(&name);
    view! { <button class="menu-item" type="button" aria-label=label on:click=move |_| add(&name)>{chip}</button> }
        .into_any()
}
