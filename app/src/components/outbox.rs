//! The changes that the team does not have yet: on their way, or refused and kept. It opens beside the list, which
//! stays usable; only on a phone it covers it.

use engine::command::Command;
use engine::view::RefusedChange;
use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::ids::{EntityId, TaskId};
use shared::mutation::Op;

use crate::components::icon::icon;
use crate::components::sync_detail::{on_this_device, with_your_team};
use crate::route::Route;
use crate::state::{App, key_of, use_app};
use crate::{dom, i18n as t};

/// A list of thousands helps nobody; the count is said.
const LISTED: usize = 100;

#[component]
pub(crate) fn Outbox() -> impl IntoView {
    let app = use_app();
    move || app.ui.outbox.get().then(|| view! { <Drawer /> }.into_any())
}

#[component]
fn Drawer() -> impl IntoView {
    let app = use_app();
    let dialog = NodeRef::<Dialog>::new();
    let before = StoredValue::new_local(dom::active_element());
    dialog.on_load(|dialog| {
        if dom::is_phone() {
            let _ = dialog.show_modal();
        } else {
            dialog.show();
        }
    });
    on_cleanup(move || {
        if let Some(before) = before.try_get_value().flatten().filter(|element| element.is_connected()) {
            dom::focus(&before);
        }
    });
    let close = move |_| app.ui.outbox.set(false);
    view! {
        <dialog class="drawer" aria-labelledby="outbox-title" node_ref=dialog on:close=move |_| app.ui.outbox.set(false)>
            <div class="drawer-head">
                <h2 id="outbox-title">{t::waiting_to_sync()}</h2>
                <button class="icon-btn" type="button" aria-label=t::close() on:click=close>{icon("#i-close")}</button>
            </div>
            <Lead />
            <div class="drawer-body" tabindex="0" role="region" aria-label=t::outbox_changes()>
                <Refused />
                <Waiting />
            </div>
            <div class="drawer-foot">
                <button class="btn" type="button" on:click=move |_| app.host().sync_now()>{t::try_now()}</button>
            </div>
        </dialog>
    }
    .into_any()
}

#[component]
fn Lead() -> impl IntoView {
    let app = use_app();
    let status = move || app.status.get().unwrap_or_default();
    let sentence = move || {
        let status = status();
        match (status.online, status.waiting, app.refused.with(Vec::len)) {
            (false, ..) => t::outbox_offline().to_owned(),
            (true, 0, 0) => t::outbox_empty().to_owned(),
            (true, 0, refused) => t::line_attention(refused),
            (true, ..) => t::outbox_online().to_owned(),
        }
    };
    let cloud = move || icon(if status().online { "#i-cloud-check" } else { "#i-cloud-off" });
    view! {
        <div class="drawer-lead">
            <p>{sentence}</p>
            <dl class="where">
                <div><dt>{icon("#i-device-check")}{t::on_this_device()}</dt><dd>{move || on_this_device(&status())}</dd></div>
                <div><dt>{cloud}{t::with_your_team()}</dt><dd class="num">{move || with_your_team(&status())}</dd></div>
            </dl>
        </div>
    }
    .into_any()
}

#[component]
fn Refused() -> impl IntoView {
    let app = use_app();
    move || {
        let refused = app.refused.get();
        (!refused.is_empty()).then(|| {
            view! {
                <div class="outbox-head">{t::needs_attention()}</div>
                <ul role="list" aria-label=t::needs_attention()>
                    {refused.iter().map(|change| refused_change(app, change)).collect_view()}
                </ul>
            }
            .into_any()
        })
    }
}

fn refused_change(app: App, change: &RefusedChange) -> AnyView {
    let id = change.id;
    let subject = subject(app, change.entity());
    let reason = t::refused(&change.reason);
    let copy = kept_text(change).map(|text| {
        let text_of_copy = text.clone();
        let copy = move |_| {
            let text = text_of_copy.clone();
            spawn_local(async move {
                if dom::copy(&text).await {
                    app.ui.say(t::text_copied());
                }
            });
        };
        view! {
            <p class="kept" dir="auto">{text}</p>
            <button class="link" type="button" on:click=copy>{t::copy_text()}</button>
        }
    });
    view! {
        <li class="change" data-state="attention">
            {icon("#i-warning")}
            <div>
                <div class="what"><b dir="auto">{subject}</b>": "{t::operation(&change.op)}</div>
                <div class="what">{reason}</div>
                <div class="when">
                    {copy}
                    <button class="link" type="button" on:click=move |_| app.send(Command::Retry(id))>
                        {t::try_again()}
                    </button>
                    <button class="link" type="button" on:click=move |_| app.send(Command::Discard(id))>
                        {t::discard_change()}
                    </button>
                </div>
            </div>
        </li>
    }
    .into_any()
}

/// What somebody has typed for this change.
fn kept_text(change: &RefusedChange) -> Option<String> {
    let made = match &change.op {
        Op::Create(made) => made.texts.values().next(),
        _ => None,
    };
    change.text.as_ref().or(made).cloned()
}

/// What a change is about: a task's key and title, a project's name, or what kind of thing it is.
fn subject(app: App, entity: EntityId) -> String {
    match entity {
        EntityId::Task(id) => app
            .tasks
            .task(id)
            .map_or_else(|| t::key_new().to_owned(), |task| format!("{} {}", key_of(&task), task.title)),
        EntityId::Project(id) => untrack(|| app.project_name(id)).unwrap_or_else(|| t::project().to_owned()),
        other => t::kind_name(other.kind()).to_owned(),
    }
}

#[component]
fn Waiting() -> impl IntoView {
    let app = use_app();
    let count = Memo::new(move |_| app.status.with(|status| status.as_ref().map_or(0, |status| status.waiting)));
    // The latest change first: ids are in the order of making.
    let waiting = Memo::new(move |_| app.waiting_tasks());
    let listed = move || waiting.with(|ids| ids.iter().rev().take(LISTED).copied().collect::<Vec<_>>());
    let more = Memo::new(move |_| waiting.with(|ids| ids.len().saturating_sub(LISTED)));
    view! {
        <Show when=move || { count.get() > 0 }>
            <div class="outbox-head">{move || t::saved_changes(count.get())}</div>
        </Show>
        <ul role="list" aria-label=t::waiting_changes()>
            <For each=listed key=|id| *id children=move |id| waiting_task(app, id) />
        </ul>
        <Show when=move || { more.get() > 0 }>
            <div class="outbox-head">{move || t::and_more(more.get())}</div>
        </Show>
    }
    .into_any()
}

fn waiting_task(app: App, id: TaskId) -> Option<AnyView> {
    let item = app.tasks.item(id)?;
    let (key, named) = item.with_untracked(|item| (key_of(&item.value), item.value.key.is_some()));
    let note = if named { t::saved_here() } else { t::number_when_synced() };
    let title = move || item.with(|item| item.value.title.clone());
    let row = view! {
        <li class="change" data-state="waiting">
            {icon("#i-device-up")}
            <div>
                <div class="what">{key}" "<a href=Route::Task(id).href() dir="auto"><b>{title}</b></a></div>
                <div class="when"><span>{note}</span></div>
            </div>
        </li>
    };
    Some(row.into_any())
}
