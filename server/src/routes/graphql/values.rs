//! What fields hold, as GraphQL says it: scalars, enums and small objects. Which of them a field has is read off the table
//! of fields; what REST shows and takes is turned into what GraphQL does, and back.

use async_graphql::dynamic::{
    Enum, Field, FieldFuture, FieldValue, InputObject, InputValue, Object as ObjectType, ResolverContext, Scalar,
    SchemaBuilder, TypeRef,
};
use async_graphql::{Error, Name, Value};
use serde::Serialize;
use serde_json::{Value as Json, json};
use shared::field::Shape;
use shared::query::sort::SortBy;
use shared::value::Role;
use shared::workflow::{Priority, Status};

use super::names::{camel, constant, word};
use super::refusal::{bug, invalid};
use crate::domain::resource::{Holds, Object};

/// What an argument must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// As in JSON.
    Plain(&'static str),
    Enum(&'static str),
    Struct(&'static Struct),
    FieldType,
}

/// A small object that a field holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Struct {
    name: &'static str,
    fields: &'static [(&'static str, Kind)],
}

const COUNT: &str = "Count";
pub(super) const DATE: &str = "Date";
pub(super) const DATE_TIME: &str = "DateTime";
pub(super) const JSON: &str = "JSON";
pub(super) const STATUS: &str = "Status";
pub(super) const PRIORITY: &str = "Priority";
pub(super) const SORT_BY: &str = "SortBy";
const ROLE: &str = "Role";
const UNIT: &str = "RecurrenceUnit";
const FROM: &str = "RecurrenceFrom";
const FIELD_KIND: &str = "FieldKind";
const FIELD_TYPE: &str = "FieldType";
const CHOICE: &str = "choice";

const RECURRENCE: Struct = Struct {
    name: "Recurrence",
    fields: &[("every", Kind::Plain(TypeRef::INT)), ("unit", Kind::Enum(UNIT)), ("from", Kind::Enum(FROM))],
};
const REFERENCE: Struct = Struct {
    name: "Reference",
    fields: &[("provider", Kind::Plain(TypeRef::STRING)), ("id", Kind::Plain(TypeRef::STRING))],
};
const FILE: Struct = Struct {
    name: "FileFacts",
    fields: &[
        ("media_type", Kind::Plain(TypeRef::STRING)),
        ("bytes", Kind::Plain(COUNT)),
        ("sha256", Kind::Plain(TypeRef::STRING)),
    ],
};

/// A value that has fields of its own.
#[derive(Clone, Debug)]
pub(super) struct Node(pub(super) Object);

impl Kind {
    fn of(shape: Shape) -> Self {
        match shape {
            Shape::Status => Self::Enum(STATUS),
            Shape::Priority => Self::Enum(PRIORITY),
            Shape::Role | Shape::Access => Self::Enum(ROLE),
            Shape::Date => Self::Plain(DATE),
            Shape::Flag => Self::Plain(TypeRef::BOOLEAN),
            Shape::Count => Self::Plain(COUNT),
            Shape::Text(_) => Self::Plain(TypeRef::STRING),
            Shape::Moments => Self::Plain(DATE_TIME),
            Shape::People => Self::Plain(TypeRef::ID),
            Shape::Recurrence => Self::Struct(&RECURRENCE),
            Shape::Reference => Self::Struct(&REFERENCE),
            Shape::File => Self::Struct(&FILE),
            Shape::FieldType => Self::FieldType,
            // Their parts are fields.
            Shape::Place | Shape::Subject | Shape::Custom => Self::Plain(JSON),
        }
    }

    /// What it is called where it is shown.
    fn shown(self) -> &'static str {
        match self {
            Self::Plain(name) | Self::Enum(name) => name,
            Self::Struct(one) => one.name,
            Self::FieldType => FIELD_TYPE,
        }
    }

    /// What it is called where it is taken.
    fn taken(self) -> String {
        match self {
            Self::Plain(name) | Self::Enum(name) => name.to_owned(),
            Self::Struct(Struct { name, .. }) => format!("{name}Input"),
            Self::FieldType => format!("{FIELD_TYPE}Input"),
        }
    }

    /// As GraphQL shows what REST does.
    fn show(self, json: &Json) -> FieldValue<'static> {
        match (self, json) {
            (Self::Enum(_), Json::String(name)) => FieldValue::value(Value::Enum(Name::new(constant(name)))),
            (Self::Struct(_), Json::Object(object)) => FieldValue::owned_any(Node(object.clone())),
            (Self::FieldType, json) => {
                let (kind, choices) = match json {
                    Json::Object(object) => (json!(CHOICE), object.get(CHOICE).cloned().unwrap_or_default()),
                    name => (name.clone(), json!([])),
                };
                let object = [("kind".to_owned(), kind), ("choices".to_owned(), choices)];
                FieldValue::owned_any(Node(Object::from_iter(object)))
            }
            (_, json) => plain(json),
        }
    }

    /// As REST takes what GraphQL does.
    fn take(self, value: &Value) -> Result<Json, Error> {
        match (self, value) {
            (_, Value::Null) => Ok(Json::Null),
            (Self::Enum(_), Value::Enum(name)) => Ok(json!(word(name))),
            (Self::Enum(_), Value::String(name)) => Ok(json!(word(name))),
            (Self::Struct(Struct { fields, .. }), Value::Object(object)) => {
                let one = |(name, kind): &(&str, Self)| {
                    object.get(camel(name).as_str()).map(|value| Ok(((*name).to_owned(), kind.take(value)?)))
                };
                fields.iter().filter_map(one).collect::<Result<Object, Error>>().map(Json::Object)
            }
            (Self::FieldType, Value::Object(object)) => {
                let kind = Self::Enum(FIELD_KIND).take(object.get("kind").unwrap_or(&Value::Null))?;
                let choices = as_json(object.get("choices").unwrap_or(&Value::Null))?;
                Ok(if kind == CHOICE { json!({ CHOICE: choices }) } else { kind })
            }
            (Self::Enum(name), _) => Err(invalid(format!("A {name} is written as one of its names."))),
            (Self::Struct(_) | Self::FieldType, _) => Err(invalid(format!("A {} is an object.", self.shown()))),
            (Self::Plain(TypeRef::ID), Value::List(ids)) => {
                ids.iter().map(|id| self.take(id)).collect::<Result<_, _>>().map(Json::Array)
            }
            // GraphQL lets an id be written as a number.
            (Self::Plain(TypeRef::ID), Value::Number(number)) => Ok(json!(number.to_string())),
            (Self::Plain(_), value) => as_json(value),
        }
    }
}

pub(super) fn as_json(value: &Value) -> Result<Json, Error> {
    value.clone().into_json().map_err(|_| invalid("This value cannot be written as JSON."))
}

/// As it is in JSON.
pub(super) fn plain(json: &Json) -> FieldValue<'static> {
    FieldValue::value(Value::from_json(json.clone()).unwrap_or_default())
}

/// The type of a key where it is shown. What is of another row is for [`super::rows`] to say.
pub(super) fn output(holds: Holds) -> TypeRef {
    let list = |name: &str| TypeRef::named_nn_list_nn(name);
    match holds {
        Holds::Id => TypeRef::named_nn(TypeRef::ID),
        Holds::Text | Holds::Order => TypeRef::named_nn(TypeRef::STRING),
        Holds::Tags | Holds::Relations | Holds::Unsettled => list(TypeRef::STRING),
        Holds::Custom | Holds::Access => TypeRef::named_nn(JSON),
        Holds::Deleted => TypeRef::named_nn(TypeRef::BOOLEAN),
        Holds::Version => TypeRef::named_nn(TypeRef::INT),
        Holds::Moment => TypeRef::named(DATE_TIME),
        Holds::Row(_) => TypeRef::named(TypeRef::ID),
        Holds::Value(shape) => {
            let name = Kind::of(shape).shown();
            match shape {
                Shape::Status | Shape::Priority | Shape::Flag => TypeRef::named_nn(name),
                Shape::Moments | Shape::People => list(name),
                _ => TypeRef::named(name),
            }
        }
    }
}

/// What a key shows.
pub(super) fn show(holds: Holds, json: &Json) -> FieldValue<'static> {
    match holds {
        Holds::Value(shape) => Kind::of(shape).show(json),
        _ => plain(json),
    }
}

/// The type of a key where it is taken. `needed`: it cannot be left out.
pub(super) fn input(holds: Holds, needed: bool) -> TypeRef {
    let named = |name: &str| if needed { TypeRef::named_nn(name) } else { TypeRef::named(name) };
    match holds {
        Holds::Id | Holds::Row(_) => named(TypeRef::ID),
        Holds::Text | Holds::Order | Holds::Moment => named(TypeRef::STRING),
        Holds::Tags | Holds::Relations | Holds::Unsettled => TypeRef::named_nn_list(TypeRef::STRING),
        Holds::Custom | Holds::Access => named(JSON),
        Holds::Deleted => named(TypeRef::BOOLEAN),
        Holds::Version => named(TypeRef::INT),
        Holds::Value(shape) => {
            let name = Kind::of(shape).taken();
            match shape {
                Shape::Moments | Shape::People => TypeRef::named_nn_list(name),
                _ => named(&name),
            }
        }
    }
}

/// What a key takes. One alone is a list of one.
pub(super) fn take(holds: Holds, value: &Value) -> Result<Json, Error> {
    let several = match holds {
        Holds::Tags | Holds::Relations => true,
        Holds::Value(shape) => matches!(shape, Shape::Moments | Shape::People),
        _ => false,
    };
    if several && !matches!(value, Value::List(_) | Value::Null) {
        return take(holds, &Value::List(vec![value.clone()]));
    }
    match holds {
        Holds::Value(shape) => Kind::of(shape).take(value),
        Holds::Id | Holds::Row(_) => Kind::Plain(TypeRef::ID).take(value),
        _ => as_json(value),
    }
}

/// A field of a [`Node`]. What is `null` is nothing to the library.
pub(super) fn field(
    name: &'static str,
    ty: TypeRef,
    show: impl Fn(&Json) -> FieldValue<'static> + Send + Sync + 'static,
) -> Field {
    Field::new(camel(name), ty, move |ctx| match ctx.parent_value.downcast_ref::<Node>() {
        Some(Node(object)) => FieldFuture::Value(object.get(name).filter(|json| !json.is_null()).map(&show)),
        None => FieldFuture::new(async { Err::<Option<Value>, _>(bug("a field of nothing")) }),
    })
}

/// What takes a while, or may be refused: the field is `null` then, and the others are answered all the same.
pub(super) fn later<'a, F, R>(ctx: ResolverContext<'a>, ask: impl FnOnce(ResolverContext<'a>) -> F) -> FieldFuture<'a>
where
    F: Future<Output = Result<Option<R>, Error>> + Send + 'a,
    R: Into<FieldValue<'a>> + Send,
{
    let here = ctx.ctx;
    let asked = ask(ctx);
    FieldFuture::new(async move {
        match asked.await {
            Ok(found) => Ok(found.map(Into::into)),
            Err(error) => {
                here.add_error(here.set_error_path(error.into_server_error(here.item.pos)));
                Ok(None::<FieldValue<'a>>)
            }
        }
    })
}

/// The same of what cannot be `null`.
pub(super) fn surely<'a, F, R>(ctx: ResolverContext<'a>, ask: impl FnOnce(ResolverContext<'a>) -> F) -> FieldFuture<'a>
where
    F: Future<Output = Result<R, Error>> + Send + 'a,
    R: Into<FieldValue<'a>> + Send,
{
    let asked = ask(ctx);
    FieldFuture::new(async move { asked.await.map(Some) })
}

/// Registers all of these types.
pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let schema = [
        (COUNT, "A whole number from 0 to 2^53 - 1."),
        (DATE, "A day of the calendar, such as \"2026-03-01\"."),
        (DATE_TIME, "A time as RFC 3339 writes it, such as \"2026-03-01T09:00:00Z\"."),
        (JSON, "Any JSON."),
    ]
    .into_iter()
    .fold(schema, |schema, (name, about)| schema.register(scalar(name).description(about)));
    let schema = [
        (STATUS, names(&Status::ALL), "How far a task is."),
        (PRIORITY, names(&Priority::ALL), "How urgent a task is."),
        (ROLE, names(&Role::ALL), "What a member may do."),
        (UNIT, words(&["day", "week", "month", "year"]), "What a recurrence counts in."),
        (FROM, words(&["due", "completion"]), "What the next date is counted from."),
        (FIELD_KIND, words(&["text", "number", "date", "flag", "people", CHOICE]), "What a custom field holds."),
        (SORT_BY, names(&SORTS), "What tasks are ordered by."),
    ]
    .into_iter()
    .fold(schema, |schema, (name, items, about)| schema.register(Enum::new(name).items(items).description(about)));
    let schema = [&RECURRENCE, &REFERENCE, &FILE].into_iter().fold(schema, |schema, Struct { name, fields }| {
        let of = |name: &'static str| TypeRef::named_nn(name);
        let shown = fields.iter().fold(ObjectType::new(*name), |object, (name, kind)| {
            object.field(field(name, of(kind.shown()), |json| kind.show(json)))
        });
        let taken = fields.iter().fold(InputObject::new(format!("{name}Input")), |object, (name, kind)| {
            object.field(InputValue::new(camel(name), of(kind.shown())))
        });
        schema.register(shown).register(taken)
    });
    let choices = || TypeRef::named_nn_list_nn(TypeRef::STRING);
    let shown = ObjectType::new(FIELD_TYPE)
        .description("What a custom field holds, and among what one chooses.")
        .field(field("kind", TypeRef::named_nn(FIELD_KIND), |json| Kind::Enum(FIELD_KIND).show(json)))
        .field(field("choices", choices(), plain));
    let taken = InputObject::new(Kind::FieldType.taken())
        .field(InputValue::new("kind", TypeRef::named_nn(FIELD_KIND)))
        .field(InputValue::new("choices", TypeRef::named_nn_list(TypeRef::STRING)));
    schema.register(shown).register(taken)
}

fn scalar(name: &'static str) -> Scalar {
    let holds = move |value: &Value| match name {
        COUNT => matches!(value, Value::Number(number) if number.is_u64()),
        JSON => true,
        _ => matches!(value, Value::String(_)),
    };
    Scalar::new(name).validator(holds)
}

const SORTS: [SortBy; 9] = [
    SortBy::Manual,
    SortBy::Priority,
    SortBy::Due,
    SortBy::Start,
    SortBy::Created,
    SortBy::Updated,
    SortBy::Title,
    SortBy::Status,
    SortBy::Assignee,
];

/// The names of an enum's values, as JSON has them.
fn names<T: Serialize>(all: &[T]) -> Vec<String> {
    all.iter().filter_map(|one| Some(constant(json!(one).as_str()?))).collect()
}

fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(|one| constant(one)).collect()
}
