//! Values of fields as plain JSON.

use serde::de::DeserializeOwned;
use serde_json::{Number, Value as Json, json};
use shared::clock::Millis;
use shared::field::Shape;
use shared::value::{FieldType, Value};
use shared::workflow::{Priority, Status};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A time as RFC 3339 says it; `null` for one that no calendar has.
pub fn time(at: Millis) -> Json {
    let nanoseconds = i128::from(at) * 1_000_000;
    let text = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok().and_then(|time| time.format(&Rfc3339).ok());
    json!(text)
}

fn read_time(json: &Json) -> Option<Millis> {
    let time = OffsetDateTime::parse(json.as_str()?, &Rfc3339).ok()?;
    Millis::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()
}

/// What a field shows. One that nobody has written shows what it is taken for.
pub(super) fn plain(shape: Shape, value: &Value) -> Json {
    match (shape, value) {
        (Shape::Flag, Value::Nothing) => json!(false),
        (Shape::People | Shape::Moments, Value::Nothing) => json!([]),
        (Shape::Status, Value::Nothing) => json!(Status::Backlog),
        (Shape::Priority, Value::Nothing) => json!(Priority::None),
        (_, Value::Nothing) => Json::Null,
        (_, Value::Flag(flag)) => json!(flag),
        (_, Value::Count(count)) => json!(count),
        (_, Value::Text(text)) => json!(text),
        (_, Value::Status(status)) => json!(status),
        (_, Value::Priority(priority)) => json!(priority),
        (_, Value::Date(date)) => json!(date),
        (_, Value::Moments(times)) => times.iter().map(|at| time(*at)).collect(),
        (_, Value::People(people)) => json!(people),
        (_, Value::Place(place)) => json!(place),
        (_, Value::Recurrence(recurrence)) => json!(recurrence),
        (_, Value::Reference(reference)) => json!(reference),
        (_, Value::Subject(subject)) => json!(subject),
        (_, Value::File(file)) => json!(file),
        (_, Value::FieldType(field_type)) => json!(field_type),
        (_, Value::Role(role)) => json!(role),
    }
}

/// What a field can hold, for people.
pub fn expected(shape: Shape) -> &'static str {
    match shape {
        Shape::Status => "a status: backlog, todo, in_progress, in_review, blocked, done or cancelled",
        Shape::Priority => "a priority: none, low, medium, high or urgent",
        Shape::Date => "a date such as \"2026-03-01\", or null",
        Shape::Flag => "true or false",
        Shape::Count => "a whole number from 0, or null",
        Shape::Text(_) => "a text, or null",
        Shape::Moments => "a list of times such as \"2026-03-01T09:00:00Z\"",
        Shape::People => "a list of user ids",
        Shape::Recurrence => "like {\"every\": 1, \"unit\": \"week\", \"from\": \"due\"}, or null",
        Shape::Reference => "like {\"provider\": \"github\", \"id\": \"7\"}, or null",
        Shape::File => "like {\"media_type\": \"image/png\", \"bytes\": 7, \"sha256\": \"…\"}",
        Shape::FieldType => "text, number, date, flag, people or {\"choice\": [\"…\"]}",
        Shape::Role | Shape::Access => "a role: guest, member, admin or owner; for a project also null",
        Shape::Place | Shape::Subject | Shape::Custom => "what the API's documentation says",
    }
}

/// Whether `null` empties a field.
pub fn empties(shape: Shape) -> bool {
    !matches!(shape, Shape::Status | Shape::Priority | Shape::File | Shape::FieldType | Shape::Role)
}

/// What a field is to hold; `None` where it holds nothing of that kind.
pub(super) fn read(shape: Shape, json: &Json) -> Option<Value> {
    if json.is_null() {
        return empties(shape).then_some(Value::Nothing);
    }
    match shape {
        Shape::Status => parse(json).map(Value::Status),
        Shape::Priority => parse(json).map(Value::Priority),
        Shape::Date => parse(json).map(Value::Date),
        Shape::Flag => json.as_bool().map(Value::Flag),
        Shape::Count => parse(json).map(Value::Count),
        Shape::Text(_) => json.as_str().map(line),
        Shape::Moments => {
            let times: std::collections::BTreeSet<Millis> =
                json.as_array()?.iter().map(read_time).collect::<Option<_>>()?;
            Some(if times.is_empty() { Value::Nothing } else { Value::Moments(times) })
        }
        Shape::People => parse::<std::collections::BTreeSet<_>>(json).map(Value::from),
        Shape::Recurrence => parse(json).map(Value::Recurrence),
        Shape::Reference => parse(json).map(Value::Reference),
        Shape::File => parse(json).map(Value::File),
        Shape::FieldType => parse(json).map(Value::FieldType),
        Shape::Role | Shape::Access => parse(json).map(Value::Role),
        Shape::Place | Shape::Subject | Shape::Custom => None,
    }
}

/// What a custom field of a type is to hold.
pub(super) fn read_custom(field_type: &FieldType, json: &Json) -> Option<Value> {
    if json.is_null() {
        return Some(Value::Nothing);
    }
    match field_type {
        FieldType::Text => json.as_str().map(line),
        // As it is shown, too.
        FieldType::Number => match json {
            Json::String(text) => text.parse::<Number>().ok().map(|_| line(text)),
            json => json.as_number().map(|number| Value::Text(number.to_string())),
        },
        FieldType::Date => read(Shape::Date, json),
        FieldType::Flag => read(Shape::Flag, json),
        FieldType::People => read(Shape::People, json),
        FieldType::Choice(choices) => json.as_str().filter(|text| choices.iter().any(|one| one == text)).map(line),
    }
}

fn line(text: &str) -> Value {
    if text.is_empty() { Value::Nothing } else { Value::Text(text.to_owned()) }
}

fn parse<T: DeserializeOwned>(json: &Json) -> Option<T> {
    serde_json::from_value(json.clone()).ok()
}
