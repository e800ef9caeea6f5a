//! What is said about an open task.

use std::sync::Arc;

use engine::command::{Command, New};
use leptos::html::Textarea;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::field::{Field, TextField};
use shared::ids::{CommentId, EntityId, Kind, TaskId};
use shared::limits::BODY_CHARS;
use shared::value::{Subject, Value};
use web_sys::{KeyboardEvent, SubmitEvent};

use crate::components::avatar::avatar;
use crate::components::glance::unsynced;
use crate::components::icon::icon;
use crate::components::keyed::keyed;
use crate::state::changes::Change;
use crate::state::comments::CommentItem;
use crate::state::ui::{comment_draft, keep_comment_draft};
use crate::state::{App, complaint, use_app};
use crate::{dates, dom, i18n as t};

#[component]
pub(crate) fn Comments(id: TaskId, answered: RwSignal<Option<CommentId>>) -> impl IntoView {
    let app = use_app();
    let thread = Memo::new(move |_| app.comments.thread(id));
    let comment_card = move |id| match id {
        EntityId::Comment(id) => view! { <Comment id answered /> }.into_any(),
        _ => ().into_any(),
    };
    let count = move || thread.with(|thread| (!thread.is_empty()).then_some(thread.len()));
    view! {
        <section class="section" aria-labelledby="comments-head">
            <div class="section-head">
                <h2 id="comments-head">{t::comments()}</h2>
                <span class="count">{count}</span>
            </div>
            <Show when=move || thread.with(Vec::is_empty)><p class="muted">{t::no_comments()}</p></Show>
            <div class="thread" role="list" aria-label=t::comments()>
                {keyed(thread.into(), Arc::new(comment_card))}
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Comment(id: CommentId, answered: RwSignal<Option<CommentId>>) -> impl IntoView {
    let app = use_app();
    let item = Memo::new(move |_| app.comments.find(id));
    let editing = RwSignal::new(false);
    let answers = item.with_untracked(|item| item.as_ref().is_some_and(|item| item.value.reply_to.is_some()));
    let author = move || {
        let Some(created) = item.with(|item| item.as_ref().map(|item| item.value.created)) else {
            return ().into_any();
        };
        let author = app.author(created.actor);
        view! {
            {avatar(author.id, &author.name)}
            <header><b dir="auto">{author.name}</b><time>{dates::moment(created.at)}</time></header>
        }
        .into_any()
    };
    // While it is edited nothing replaces what is typed; saving merges it with what has come in.
    let body = move || {
        if editing.get() {
            let body = item.with_untracked(|item| item.as_ref().map(|item| item.value.body.clone()));
            return view! { <BodyEditor id body=body.unwrap_or_default() editing /> }.into_any();
        }
        match item.get() {
            Some(CommentItem { value: comment, .. }) if comment.deleted => {
                view! { <p class="muted">{t::comment_deleted()}</p> }.into_any()
            }
            Some(CommentItem { value: comment, mark }) => {
                let author = app.author(comment.created.actor);
                view! {
                    <div class="body" dir="auto">{comment.body}</div>
                    {unsynced(mark)}
                    <Actions id own=author.me || author.id.is_none() editing answered />
                }
                .into_any()
            }
            None => ().into_any(),
        }
    };
    view! {
        <article class="comment" role="listitem" data-answer=answers.then_some("")>
            {author}
            <div class="said">{body}</div>
        </article>
    }
    .into_any()
}

/// `own`: as far as this device knows, the member may have written it, if perhaps on another device.
#[component]
fn Actions(id: CommentId, own: bool, editing: RwSignal<bool>, answered: RwSignal<Option<CommentId>>) -> impl IntoView {
    let app = use_app();
    let reply = move |_| {
        answered.set(Some(id));
        dom::focus_in_panel(t::comment());
    };
    let delete = move |_| app.make(Change::deletion(id.into(), t::comment_was_deleted()));
    view! {
        <div class="comment-actions">
            <button class="link" type="button" on:click=reply>{t::reply()}</button>
            {own.then(|| view! {
                <button class="link" type="button" on:click=move |_| editing.set(true)>{t::edit()}</button>
                <button class="link" type="button" on:click=delete>{t::delete()}</button>
            })}
        </div>
    }
    .into_any()
}

/// What others write into the comment meanwhile is merged with what is saved.
#[component]
fn BodyEditor(id: CommentId, body: String, editing: RwSignal<bool>) -> impl IntoView {
    let app = use_app();
    let area = NodeRef::<Textarea>::new();
    area.on_load(|area| drop(area.focus()));
    let from = StoredValue::new(body.clone());
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(to) = area.get_untracked().map(|area| area.value()).filter(|text| !text.trim().is_empty()) else {
            return;
        };
        spawn_local(async move {
            match app.edit_text(id.into(), TextField::Body, from.get_value(), to).await {
                Ok(()) => drop(editing.try_set(false)),
                Err(error) => app.ui.say(&complaint(&error)),
            }
        });
    };
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.is_composing() {
            event.stop_propagation();
            editing.set(false);
        } else {
            submit_by_key(&event);
        }
    };
    view! {
        <form class="comment-form" on:submit=save>
            <textarea
                class="textarea"
                aria-label=t::edit_comment()
                maxlength=BODY_CHARS
                dir="auto"
                node_ref=area
                prop:value=body
                on:keydown=on_key
            ></textarea>
            <div class="btn-row">
                <button class="btn primary small" type="submit">{t::save()}</button>
                <button class="btn plain small" type="button" on:click=move |_| editing.set(false)>{t::cancel()}</button>
            </div>
        </form>
    }
    .into_any()
}

/// Ctrl or Cmd with Enter sends; Enter alone begins a line.
fn submit_by_key(event: &KeyboardEvent) {
    if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) && !event.is_composing() {
        event.prevent_default();
        if let Some(form) = dom::active_element().and_then(|area| area.closest("form").ok().flatten()) {
            dom::submit(&form);
        }
    }
}

/// Where a comment is written. What is typed is kept on this device until it is sent.
#[component]
pub(crate) fn Composer(id: TaskId, answered: RwSignal<Option<CommentId>>) -> impl IntoView {
    let app = use_app();
    let area = NodeRef::<Textarea>::new();
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(area) = area.get_untracked() else { return };
        let text = area.value();
        if text.trim().is_empty() {
            return;
        }
        let command = comment(id, answered.get_untracked(), &text);
        area.set_value("");
        spawn_local(async move {
            match app.create(command).await {
                Ok(_) => {
                    keep_comment_draft(id, "");
                    let _ = answered.try_set(None);
                }
                Err(error) => {
                    area.set_value(&text);
                    app.ui.say(&complaint(&error));
                }
            }
        });
    };
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.is_composing() {
            event.stop_propagation();
            answered.set(None);
            drop(area.get_untracked().map(|area| area.blur()));
        } else {
            submit_by_key(&event);
        }
    };
    view! {
        <form class="composer" on:submit=send>
            {move || answered.get().map(|comment| replying(app, comment, answered))}
            <div class="composer-box">
                <textarea
                    class="input"
                    rows="1"
                    aria-label=t::comment()
                    placeholder=t::write_comment()
                    maxlength=BODY_CHARS
                    dir="auto"
                    node_ref=area
                    prop:value=comment_draft(id)
                    on:input=move |event| keep_comment_draft(id, &event_target_value(&event))
                    on:keydown=on_key
                ></textarea>
                <button class="btn primary small" type="submit">{t::send()}</button>
            </div>
        </form>
    }
    .into_any()
}

fn replying(app: App, comment: CommentId, answered: RwSignal<Option<CommentId>>) -> AnyView {
    let name = app.comments.find(comment).map(|item| app.author(item.value.created.actor).name).unwrap_or_default();
    view! {
        <p class="replying">
            <span>{t::replying_to(&name)}</span>
            <button class="icon-btn" type="button" aria-label=t::no_reply() on:click=move |_| answered.set(None)>
                {icon("#i-close")}
            </button>
        </p>
    }
    .into_any()
}

fn comment(task: TaskId, reply_to: Option<CommentId>, body: &str) -> Command {
    let new = New::of(Kind::Comment).text(TextField::Body, body.trim());
    Command::Create(new.value(Field::Subject, Value::Subject(Subject { task, reply_to })))
}
