//! Values that several people chose at the same time and that no rule decides between: what each chose, and a way to
//! say which is right. Choosing is a change like any other, made by somebody who has seen all of them.

use std::collections::BTreeSet;

use engine::view::TaskItem;
use leptos::prelude::*;
use shared::field::Field;
use shared::ids::{TaskId, UserId};
use shared::register::Sibling;
use shared::value::Value;

use crate::components::avatar::{avatar, nobody};
use crate::components::icon::{icon, status_icon};
use crate::state::changes::Edit;
use crate::state::{App, use_app};
use crate::{dates, i18n as t};

#[component]
pub(crate) fn Conflicts(id: TaskId, item: RwSignal<TaskItem>) -> impl IntoView {
    let app = use_app();
    let unsettled = Memo::new(move |_| item.with(|item| item.value.unsettled.clone()));
    move || {
        let cards = unsettled.get().into_iter().map(|(field, values)| card(app, id, field, &values));
        cards.collect_view()
    }
}

fn card(app: App, id: TaskId, field: Field, values: &[Sibling<Value>]) -> AnyView {
    let mut everybody = BTreeSet::new();
    for one in values {
        everybody.extend(people(&one.value));
    }
    let all = (field == Field::Assignees
        && values.iter().filter(|one| people(&one.value).next().is_some()).count() > 1)
        .then(|| {
            let keep = move |_| app.edit(&[id], &Edit::Assignees(everybody.clone()));
            view! { <button class="btn small" type="button" on:click=keep>{t::keep_all()}</button> }
        });
    view! {
        <section class="clash" aria-label=t::conflict()>
            <h2>{icon("#i-merge")}{t::clash(field)}</h2>
            <ul role="list">{values.iter().map(|one| version(app, id, one)).collect_view()}</ul>
            {all}
        </section>
    }
    .into_any()
}

fn version(app: App, id: TaskId, one: &Sibling<Value>) -> AnyView {
    let author = app.author(one.stamp.actor);
    let (shown, said) = value(app, &one.value);
    let label = if author.me { t::keep_mine() } else { t::use_theirs() };
    let full = t::choice(label, &said);
    let edit = edit(&one.value);
    let who = if author.me { t::you().to_owned() } else { author.name };
    view! {
        <li>
            <div class="clash-value">{shown}</div>
            <small>{who}" · "{dates::moment(one.stamp.at)}</small>
            <button class="btn small" type="button" aria-label=full on:click=move |_| app.edit(&[id], &edit)>
                {label}
            </button>
        </li>
    }
    .into_any()
}

fn people(value: &Value) -> impl Iterator<Item = &UserId> {
    match value {
        Value::People(people) => Some(people),
        _ => None,
    }
    .into_iter()
    .flatten()
}

/// A value as it is shown, and in words.
fn value(app: App, value: &Value) -> (AnyView, String) {
    if let Value::Status(status) = value {
        let name = t::status_name(*status);
        return (view! { {status_icon(*status)}<span>{name}</span> }.into_any(), name.to_owned());
    }
    let name = |id: &UserId| app.person_name(*id).unwrap_or_else(|| t::somebody().to_owned());
    let named: Vec<(UserId, String)> = people(value).map(|id| (*id, name(id))).collect();
    if named.is_empty() {
        return (view! { {nobody()}<span>{t::no_one()}</span> }.into_any(), t::no_one().to_owned());
    }
    let said = t::list(named.iter().map(|(_, name)| name));
    let avatars = named.iter().map(|(id, name)| avatar(Some(*id), name)).collect_view();
    (view! { {avatars}<span dir="auto">{said.clone()}</span> }.into_any(), said)
}

/// The edit that says that this value is the right one.
fn edit(value: &Value) -> Edit {
    match value {
        Value::Status(status) => Edit::Status(*status),
        _ => Edit::Assignees(people(value).copied().collect()),
    }
}
