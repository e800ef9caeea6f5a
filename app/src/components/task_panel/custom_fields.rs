//! What the organization has added to its tasks.

use engine::view::TaskItem;
use leptos::prelude::*;
use shared::custom_field::CustomFieldView;
use shared::date::Date;
use shared::ids::{CustomFieldId, TaskId};
use shared::limits::LINE_CHARS;
use shared::value::{FieldType, Value};

use crate::components::avatar::avatar;
use crate::i18n as t;
use crate::state::changes::Edit;
use crate::state::{App, use_app};

#[component]
pub(crate) fn CustomFields(id: TaskId, item: RwSignal<TaskItem>) -> impl IntoView {
    let app = use_app();
    move || {
        let fields = app.custom_fields.get();
        fields.into_iter().map(|field| view! { <CustomField id item field /> }).collect_view()
    }
}

#[component]
fn CustomField(id: TaskId, item: RwSignal<TaskItem>, field: CustomFieldView) -> impl IntoView {
    let app = use_app();
    let key = field.id;
    let value = Signal::derive(move || item.with(|item| item.value.custom.get(&key).cloned().unwrap_or_default()));
    let name = format!("custom-{key}");
    let editor = match field.field_type {
        FieldType::People => people(app, value),
        kind => input(app, (id, key), &kind, value, &name),
    };
    view! {
        <dt><label for=name dir="auto">{field.name}</label></dt>
        <dd>{editor}</dd>
    }
    .into_any()
}

fn input(app: App, at: (TaskId, CustomFieldId), kind: &FieldType, value: Signal<Value>, name: &str) -> AnyView {
    let (id, key) = at;
    let write = move |value: Value| app.edit(&[id], &Edit::Custom(key, value));
    let shown = move || value.with(as_text);
    let name = name.to_owned();
    match kind {
        FieldType::Flag => view! {
            <input
                class="check"
                type="checkbox"
                id=name
                prop:checked=move || value.with(|value| *value == Value::Flag(true))
                on:change=move |event| write(Value::Flag(event_target_checked(&event)))
            />
        }
        .into_any(),
        FieldType::Choice(choices) => {
            let options = choices.clone();
            let option = move |choice: String| {
                let (name, chosen) = (choice.clone(), choice.clone());
                view! { <option value=choice selected=move || shown() == chosen>{name}</option> }
            };
            view! {
                <select class="prop-input" id=name prop:value=shown on:change=move |event| write(line(&event_target_value(&event)))>
                    <option value="">{t::nothing()}</option>
                    {options.into_iter().map(option).collect_view()}
                </select>
            }
            .into_any()
        }
        kind => {
            let (input_type, mode) = match kind {
                FieldType::Date => ("date", "text"),
                FieldType::Number => ("text", "decimal"),
                _ => ("text", "text"),
            };
            let is_date = *kind == FieldType::Date;
            let save = move |text: String| {
                let date = text.parse::<Date>().map_or(Value::Nothing, Value::Date);
                write(if is_date { date } else { line(&text) });
            };
            view! {
                <input
                    class="prop-input wide"
                    type=input_type
                    inputmode=mode
                    id=name
                    dir="auto"
                    autocomplete="off"
                    maxlength=LINE_CHARS
                    placeholder=t::nothing()
                    prop:value=shown
                    on:change=move |event| save(event_target_value(&event))
                />
            }
            .into_any()
        }
    }
}

fn line(text: &str) -> Value {
    let text = text.trim();
    if text.is_empty() { Value::Nothing } else { Value::Text(text.to_owned()) }
}

fn as_text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Date(date) => date.to_string(),
        _ => String::new(),
    }
}

fn people(app: App, value: Signal<Value>) -> AnyView {
    let shown = move || {
        let Value::People(people) = value.get() else { return ().into_any() };
        let person = |id| {
            let name = app.person_name(id).unwrap_or_else(|| t::somebody().to_owned());
            view! { <span class="person">{avatar(Some(id), &name)}<span dir="auto">{name}</span></span> }
        };
        people.into_iter().map(person).collect_view().into_any()
    };
    shown.into_any()
}
