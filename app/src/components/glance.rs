//! What a row and a card say of a task, each only where there is something to say: not with the team yet, subtasks,
//! comments, a due date, and who is to do it.

use std::collections::BTreeSet;

use engine::view::{Mark, TaskItem};
use leptos::prelude::*;
use shared::date::Date;
use shared::ids::{TaskId, UserId};

use crate::components::avatar::{avatar, nobody};
use crate::components::icon::icon;
use crate::components::property::when_mark;
use crate::dates;
use crate::i18n as t;
use crate::state::App;

/// So many people are shown as pictures; of more, how many there are.
const PICTURES: usize = 3;

/// The mark of a task whose changes the team does not have.
pub(crate) fn unsynced(mark: Mark) -> Option<AnyView> {
    let (state, href, short, long) = match mark {
        Mark::None => return None,
        Mark::Waiting => ("waiting", "#i-device-up", t::saved_here(), t::saved_here_long()),
        Mark::Attention => ("attention", "#i-warning", t::needs_attention(), t::needs_attention()),
    };
    let mark = view! {
        <span class="unsynced" data-state=state title=long>
            {icon(href)}
            <span class="unsynced-text" aria-hidden="true">{short}</span>
            <span class="sr">{long}</span>
        </span>
    };
    Some(mark.into_any())
}

pub(crate) fn due_text(due: Date, closed: bool) -> AnyView {
    let mark = when_mark(due, closed);
    let late = mark == Some("late");
    view! {
        <span class="due" data-when=mark>
            <span class="sr">{t::due()}" "</span>
            {late.then(|| icon("#i-warning"))}
            {dates::short(due)}
            {late.then(|| view! { <span class="sr">" ("{t::late()}")"</span> })}
        </span>
    }
    .into_any()
}

/// How many of its subtasks are closed, of how many.
pub(crate) fn progress(app: App, id: TaskId) -> Option<AnyView> {
    let parts = app.tasks.parts_of(id);
    let closed = |id: &TaskId| app.tasks.find(*id).is_some_and(|part| part.with(|part| part.value.status.is_closed()));
    let done = parts.iter().filter(|part| closed(part)).count();
    (!parts.is_empty()).then(|| meta("meta parts", "#i-subtasks", t::subtasks(), format!("{done}/{}", parts.len())))
}

/// How many comments there are.
pub(crate) fn talk(app: App, id: TaskId) -> Option<AnyView> {
    let count = app.comments.count(id);
    (count > 0).then(|| meta("meta comments", "#i-comment", t::comments(), count.to_string()))
}

fn meta(class: &'static str, href: &'static str, name: &'static str, value: String) -> AnyView {
    view! {
        <span class=class>
            {icon(href)}
            <span class="sr">{name}" "</span>
            {value}
        </span>
    }
    .into_any()
}

/// The people that a task is given to, as pictures. [`names`] says who they are.
pub(crate) fn people(app: App, assignees: &BTreeSet<UserId>) -> AnyView {
    if assignees.is_empty() {
        return nobody();
    }
    let pictures: Vec<AnyView> = assignees.iter().take(PICTURES).map(|id| avatar(Some(*id), &name(app, *id))).collect();
    let more = assignees.len().saturating_sub(PICTURES);
    let more = (more > 0).then(|| view! { <span class="avatar more" aria-hidden="true">{format!("+{more}")}</span> });
    (pictures, more).into_any()
}

/// The people that a task is given to, in words; `nobody` where it is given to none.
pub(crate) fn names(app: App, item: RwSignal<TaskItem>, nobody: &'static str) -> String {
    let names: Vec<String> = item.with(|item| item.value.assignees.iter().map(|id| name(app, *id)).collect());
    if names.is_empty() { nobody.to_owned() } else { t::list(names.iter()) }
}

fn name(app: App, id: UserId) -> String {
    app.person_name(id).unwrap_or_else(|| t::somebody().to_owned())
}
