//! The tags of a task: take one off, put one on that exists, or type a new one.

use leptos::prelude::*;
use shared::limits::TAG_CHARS;
use shared::register::Tag;
use web_sys::KeyboardEvent;

use crate::components::icon::icon;
use crate::components::menu_layer::MenuTarget;
use crate::components::tag;
use crate::state::changes::Edit;
use crate::state::use_app;
use crate::{dom, i18n as t};

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
        let wanted = dom::lower_case(typed.get().trim());
        target.values.with(|values| {
            let fits = |tag: &&Tag| !values.tags.contains(tag) && dom::lower_case(tag.as_str()).contains(&wanted);
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
                {move || offered().into_iter().map(|tag| offer(tag, add)).collect_view()}
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

fn offer(tag: Tag, add: impl Fn(&str) + 'static) -> AnyView {
    let label = t::add_this_tag(tag.as_str());
    let chip = tag::chip(tag.as_str());
    view! { <button class="menu-item" type="button" aria-label=label on:click=move |_| add(tag.as_str())>{chip}</button> }
        .into_any()
}
