//! The files of an open task: attached by a button, by dropping them on the task, or by pasting.

use std::sync::Arc;

use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::ids::{AttachmentId, EntityId, TaskId};
use web_sys::{ClipboardEvent, DragEvent, FileList};

use crate::components::icon::icon;
use crate::components::keyed::keyed;
use crate::state::attachments::{AttachmentItem, Whereabouts};
use crate::state::changes::Change;
use crate::state::{App, complaint, use_app};
use crate::{dom, i18n as t};

#[component]
pub(crate) fn Attachments(id: TaskId) -> impl IntoView {
    let app = use_app();
    let files = Memo::new(move |_| app.attachments.of(id));
    let row = move |id| match id {
        EntityId::Attachment(id) => view! { <Attachment id /> }.into_any(),
        _ => ().into_any(),
    };
    let input = NodeRef::<Input>::new();
    let choose = move |_| input.get_untracked().iter().for_each(|input| input.click());
    let chosen = move |_| {
        if let Some(input) = input.get_untracked() {
            attach(app, id, input.files());
            // The same file may be chosen again.
            input.set_value("");
        }
    };
    let count = move || files.with(|files| (!files.is_empty()).then_some(files.len()));
    view! {
        <section class="section" aria-labelledby="files-head">
            <div class="section-head">
                <h2 id="files-head">{t::attachments()}</h2>
                <span class="count">{count}</span>
                <button class="icon-btn end" type="button" aria-label=t::attach_files() on:click=choose>
                    {icon("#i-clip")}
                </button>
                <input type="file" multiple hidden node_ref=input data-attach on:change=chosen />
            </div>
            <Show when=move || files.with(|files| !files.is_empty())>
                <ul class="attach" role="list" aria-label=t::attachments()>{keyed(files.into(), Arc::new(row))}</ul>
            </Show>
        </section>
    }
    .into_any()
}

#[component]
fn Attachment(id: AttachmentId) -> impl IntoView {
    let app = use_app();
    let item = Memo::new(move |_| app.attachments.find(id));
    let of = move |part: fn(&AttachmentItem) -> String| item.with(|item| item.as_ref().map(part).unwrap_or_default());
    let name = move || of(|item| item.value.name.clone());
    let state = Memo::new(move |_| {
        let uploads = app.status.with(|status| status.as_ref().map(|status| status.uploads.clone()));
        item.with(|item| item.as_ref().map(|item| Whereabouts::of(item, &uploads.unwrap_or_default())))
    });
    let told = move || {
        let size = t::bytes(item.with(|item| item.as_ref().map_or(0, |item| item.value.file.bytes)));
        match state.get() {
            None | Some(Whereabouts::Stored) => size,
            Some(Whereabouts::Here) => t::file_here(&size),
            Some(Whereabouts::Sending(percent)) => t::file_sending(&size, percent),
            Some(Whereabouts::Refused(reason)) => t::file_refused(&size, &reason),
            Some(Whereabouts::Elsewhere) => t::file_elsewhere(&size),
        }
    };
    let waits = move || state.with(|state| matches!(state, Some(Whereabouts::Here | Whereabouts::Sending(_))));
    let image = move || of(|item| item.value.file.media_type.clone()).starts_with("image/");
    let delete = move |_| app.make(Change::deletion(id.into(), t::attachment_deleted()));
    view! {
        <li data-attachment=id.to_string() data-waiting=move || waits().then_some("")>
            <span class="thumb">{move || icon(if image() { "#i-image" } else { "#i-file" })}</span>
            <span class="file">
                <button
                    class="link"
                    type="button"
                    dir="auto"
                    aria-label=move || t::download(&name())
                    on:click=move |_| download(app, id)
                >
                    {name}
                </button>
                <small>{told}</small>
            </span>
            <button class="icon-btn" type="button" aria-label=move || t::delete_file(&name()) on:click=delete>
                {icon("#i-trash")}
            </button>
        </li>
    }
    .into_any()
}

/// Attaches files one after the other, in their order.
fn attach(app: App, task: TaskId, files: Option<FileList>) {
    let Some(files) = files else { return };
    let files: Vec<_> = (0..files.length()).filter_map(|place| files.get(place)).collect();
    spawn_local(async move {
        for file in files {
            let name = file.name();
            match app.host().attach(task, file).await {
                Ok(made) => {
                    app.note(Change::creation(made));
                    app.ui.say(&t::attached(&name));
                }
                Err(error) => app.ui.say(&complaint(&error)),
            }
        }
    });
}

/// Gives a file out as a download, whatever it is: shown as a page of ours, it could do what the app can.
fn download(app: App, id: AttachmentId) {
    spawn_local(async move {
        let name = untrack(|| app.attachments.find(id)).map(|item| item.value.name).unwrap_or_default();
        match app.host().content(id).await {
            Ok(content) => dom::download(&content, &name),
            Err(error) => app.ui.say(&t::no_content(&name, &error)),
        }
    });
}

/// Whether something that is dragged has files in it.
fn has_files(event: &DragEvent) -> bool {
    event.data_transfer().is_some_and(|data| data.types().includes(&"Files".into(), 0))
}

/// Files are over an open task.
pub(crate) fn drag_over(event: &DragEvent, over: RwSignal<bool>) {
    if has_files(event) {
        // Or the browser would not let them be dropped.
        event.prevent_default();
        if !over.get_untracked() {
            over.set(true);
        }
    }
}

/// Files are dropped on an open task.
pub(crate) fn drop_files(app: App, task: TaskId, event: &DragEvent) {
    if has_files(event) {
        event.prevent_default();
        attach(app, task, event.data_transfer().and_then(|data| data.files()));
    }
}

/// Files are pasted into an open task. A text that is pasted is none of this one's business.
pub(crate) fn paste_files(app: App, task: TaskId, event: &ClipboardEvent) {
    let files = event.clipboard_data().and_then(|data| data.files());
    if files.as_ref().is_some_and(|files| files.length() > 0) {
        event.prevent_default();
        attach(app, task, files);
    }
}
