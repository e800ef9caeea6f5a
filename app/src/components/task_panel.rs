//! One task in full, beside the list; on a phone a page of its own.

mod attachments;
mod comments;
mod conflict;
mod custom_fields;
mod properties;
mod subtasks;
mod text_editor;
mod title;

use engine::view::{Mark, TaskItem};
use leptos::prelude::*;
use shared::field::TextField;
use shared::ids::TaskId;
use shared::limits::DESCRIPTION_CHARS;
use web_sys::DragEvent;

use self::attachments::{Attachments, drag_over, drop_files, paste_files};
use self::comments::{Comments, Composer};
use self::conflict::Conflicts;
use self::properties::Properties;
use self::subtasks::Subtasks;
use self::text_editor::TextEditor;
use self::title::PanelTitle;
use crate::components::glance::unsynced;
use crate::components::icon::icon;
use crate::components::property::opens;

use crate::state::changes::Edit;
use crate::state::ui::{Menu, Subject};
use crate::state::{App, key_of, use_app};
use crate::{dates, i18n as t};

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
    let answered = RwSignal::new(None);
    let dragged = RwSignal::new(false);
    let dropped = move |event: DragEvent| {
        dragged.set(false);
        drop_files(app, id, &event);
    };
    view! {
        <aside
            class="panel"
            data-task=id.to_string()
            data-drop=move || dragged.get().then_some("")
            aria-label=move || t::task_panel(&key.get())
            on:dragover=move |event| drag_over(&event, dragged)
            on:dragleave=move |_| dragged.set(false)
            on:drop=dropped
            on:paste=move |event| paste_files(app, id, &event)
        >
            <div class="panel-head">
                <Back />
                <span class="key">{move || key.get()}</span>
                {move || unsynced(mark.get())}
                <div class="end">
                    <button
                        class="icon-btn hide-phone"
                        type="button"
                        aria-label=t::copy_link()
                        on:click=move |_| app.copy_link(id)
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
                <Show when=move || deleted.get()><Deleted id item /></Show>
                <Refused id item />
                <Conflicts id item />
                <PanelTitle id item />
                <Properties id item />
                <Texts id item />
                <Subtasks id item />
                <Attachments id />
                <Comments id answered />
            </div>
            <Composer id answered />
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
fn Deleted(id: TaskId, item: RwSignal<TaskItem>) -> impl IntoView {
    let app = use_app();
    let text = move || {
        item.with(|item| match item.value.deletion {
            Some(deletion) => t::deleted_by(&app.author(deletion.actor), &dates::moment(deletion.at)),
            None => String::new(),
        })
    };
    view! {
        <div class="banner" role="status">
            {icon("#i-trash")}
            <p>{text}</p>
            <div class="btn-row">
                <button class="btn small" type="button" on:click=move |_| app.edit(&[id], &Edit::Restore)>
                    {t::restore()}
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// The changes of the task that were refused, with the reasons.
#[component]
fn Refused(id: TaskId, item: RwSignal<TaskItem>) -> impl IntoView {
    let app = use_app();
    move || {
        item.with(|item| item.mark == Mark::Attention).then(|| {
            app.refused.with(|refused| {
                let about = refused.iter().filter(|change| change.entity() == id.into());
                about.map(|change| note(app, t::refused(&change.reason))).collect_view()
            })
        })
    }
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
fn Texts(id: TaskId, item: RwSignal<TaskItem>) -> impl IntoView {
    let description = Memo::new(move |_| item.with(|item| item.value.description.clone()));
    let notes = Memo::new(move |_| item.with(|item| item.value.notes.clone()));
    view! {
        <TextEditor
            entity=id
            field=TextField::Description
            text=description.into()
            label=t::description()
            placeholder=t::add_description()
            limit=DESCRIPTION_CHARS
        />
        <section class="section" aria-labelledby="notes-head">
            <div class="section-head"><h2 id="notes-head">{t::notes()}</h2></div>
            <TextEditor
                entity=id
                field=TextField::Notes
                text=notes.into()
                label=t::notes()
                placeholder=t::add_notes()
                limit=DESCRIPTION_CHARS
            />
        </section>
    }
    .into_any()
}
