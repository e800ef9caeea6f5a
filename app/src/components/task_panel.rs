//! One task in full, beside the list; on a phone a page of its own.

use engine::view::{Mark, TaskItem};
use leptos::html::Textarea;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::ids::TaskId;
use web_sys::KeyboardEvent;

use crate::components::icon::icon;
use crate::components::menu_items::copy_link;
use crate::components::property::{due_button, opens, priority_button, status_button};
use crate::components::tag;
use crate::components::task_row::unsynced;
use crate::i18n as t;
use crate::route::Route;
use crate::state::changes::Edit;
use crate::state::ui::{Menu, Subject};
use crate::state::{App, complaint, key_of, use_app};

#[component]
pub(crate) fn TaskPanel(id: TaskId) -> impl IntoView {
    let app = use_app();
    move || match app.tasks.find(id) {
        Some(item) => view! { <Panel id item=item.into() /> }.into_any(),
        None => view! { <Missing /> }.into_any(),
    }
}

#[component]
fn Missing() -> impl IntoView {
    let app = use_app();
    let missing = move || {
        app.loaded.get().then(|| {
            view! { <div class="empty compact">{icon("#i-info")}<h3>{t::task_missing()}</h3><p>{t::task_missing_lead()}</p></div> }
        })
    };
    view! {
        <aside class="panel" aria-label=t::task_details()>
            <div class="panel-head"><Back /><div class="end"><CloseButton /></div></div>
            <div class="panel-body">{missing}</div>
        </aside>
    }
    .into_any()
}

#[component]
fn Panel(id: TaskId, item: RwSignal<TaskItem>) -> impl IntoView {
    let app = use_app();
    let key = Memo::new(move |_| item.with(|item| key_of(&item.value)));
    let mark = Memo::new(move |_| item.with(|item| item.mark));
    let deleted = Memo::new(move |_| item.with(|item| item.value.deleted));
    view! {
        <aside class="panel" data-task=id.to_string() aria-label=move || t::task_panel(&key.get())>
            <div class="panel-head">
                <Back />
                <span class="key">{move || key.get()}</span>
                {move || unsynced(mark.get())}
                <div class="end">
                    <button
                        class="icon-btn hide-phone"
                        type="button"
                        aria-label=t::copy_link()
                        on:click=move |_| copy_link(app, id)
                    >
                        {icon("#i-link")}
                    </button>
                    <button
                        class="icon-btn"
                        type="button"
                        aria-label=t::more_actions()
                        aria-haspopup="menu"
                        data-menu="actions"
                        on:click=opens(app.ui.menus, Menu::Actions, Subject::Task(id))
                    >
                        {icon("#i-more")}
                    </button>
                    <CloseButton />
                </div>
            </div>
            <div class="panel-body" role="group" aria-label=t::task_details()>
                <Show when=move || deleted.get()><Deleted id /></Show>
                <Attention id item />
                <PanelTitle id item />
                <Properties id item />
            </div>
        </aside>
    }
    .into_any()
}

#[component]
fn Back() -> impl IntoView {
    let app = use_app();
    view! {
        <button class="icon-btn phone-only" type="button" aria-label=t::back_to_tasks() on:click=move |_| app.close_task()>
            {icon("#i-back")}
        </button>
    }
    .into_any()
}

#[component]
fn CloseButton() -> impl IntoView {
    let app = use_app();
    view! {
        <button class="icon-btn hide-phone" type="button" aria-label=t::close_task() on:click=move |_| app.close_task()>
            {icon("#i-close")}
        </button>
    }
    .into_any()
}

#[component]
fn Deleted(id: TaskId) -> impl IntoView {
    let app = use_app();
    view! {
        <div class="banner" role="status">
            {icon("#i-trash")}
            <p>{t::task_is_deleted()}</p>
            <div class="btn-row">
                <button class="btn small" type="button" on:click=move |_| app.edit(&[id], &Edit::Restore)>
                    {t::restore()}
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// Why the task is marked: refused changes with their reasons, or a status that somebody must choose.
#[component]
fn Attention(id: TaskId, item: RwSignal<TaskItem>) -> impl IntoView {
    let app = use_app();
    let review = Memo::new(move |_| item.with(|item| item.value.review));
    let reasons = move || {
        item.with(|item| item.mark == Mark::Attention).then(|| {
            app.refused.with(|refused| {
                let about = refused.iter().filter(|change| change.entity() == id.into());
                about.map(|change| note(app, t::refused(&change.reason))).collect_view()
            })
        })
    };
    view! {
        {reasons}
        {move || review.get().then(|| view! { <p class="panel-note">{icon("#i-warning")}<span>{t::review_status()}</span></p> })}
    }
    .into_any()
}

fn note(app: App, text: String) -> AnyView {
    view! {
        <p class="panel-note">
            {icon("#i-warning")}
            <span>
                {text}" "
                <button class="link" type="button" on:click=move |_| app.ui.outbox.set(true)>{t::show_changes()}</button>
            </span>
        </p>
    }
    .into_any()
}

#[component]
fn PanelTitle(id: TaskId, item: RwSignal<TaskItem>) -> impl IntoView {
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
            match app.edit_title(id, began.clone(), to).await {
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

#[component]
fn Properties(id: TaskId, item: RwSignal<TaskItem>) -> impl IntoView {
    let app = use_app();
    let (menus, subject) = (app.ui.menus, Subject::Task(id));
    let status = Memo::new(move |_| item.with(|item| item.value.status));
    let priority = Memo::new(move |_| item.with(|item| item.value.priority));
    let due = Memo::new(move |_| item.with(|item| (item.value.due, item.value.status.is_closed())));
    let tags = Memo::new(move |_| item.with(|item| item.value.tags.clone()));
    let project = Memo::new(move |_| item.with(|item| item.value.project));
    let project_link = move || {
        let id = project.get();
        let name = app.project_name(id).unwrap_or_default();
        view! { <a class="prop-btn" href=Route::Project(id).href()><span class="nav-glyph">{tag::glyph(id.0.as_bytes())}</span><span dir="auto">{name}</span></a> }
    };
    view! {
        <dl class="props">
            <dt>{t::status()}</dt>
            <dd>{status_button(status.into(), menus, subject)}</dd>
            <dt>{t::priority()}</dt>
            <dd>{priority_button(priority.into(), menus, subject)}</dd>
            <dt>{t::due_date()}</dt>
            <dd>{due_button(due.into(), t::no_due(), menus, subject)}</dd>
            <dt>{t::tags()}</dt>
            <dd class="tag-row">
                {move || tags.with(|tags| tags.iter().map(|tag| tag::chip(tag.as_str())).collect_view())}
                <button
                    class="icon-btn"
                    type="button"
                    aria-label=t::tags()
                    aria-haspopup="dialog"
                    data-menu="tags"
                    on:click=opens(menus, Menu::Tags, subject)
                >
                    {icon("#i-plus")}
                </button>
            </dd>
            <dt>{t::project()}</dt>
            <dd>{project_link}</dd>
        </dl>
    }
    .into_any()
}
