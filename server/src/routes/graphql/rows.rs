//! Rows as GraphQL types: a field for each key that REST shows, read off the same table, so that a new field of rows is a
//! field here by itself. What REST shows as the id of another row is that row. This is why the schema is built and not
//! derived: eight types with three forms each would repeat the table.

use async_graphql::Error;
use async_graphql::dynamic::{
    Field, FieldValue, InputObject, InputValue, Object as ObjectType, ResolverContext, SchemaBuilder, TypeRef,
};
use serde_json::Value as Json;
use shared::clock::Actor;
use shared::field::Shape;
use shared::ids::{EntityId, Kind};
use uuid::Uuid;

use super::asking::{person, snapshot};
use super::lists::{self, Owner};
use super::names::{camel, type_name};
use super::refusal::bug;
use super::values::{self, JSON, Node, later};
use crate::domain::resource::{Holds, KeyOf, Object, Told, keys};
use crate::services::Snapshot;

/// The row that a value shows.
pub(super) fn id_of(kind: Kind, object: &Object) -> Result<EntityId, Error> {
    let id = object.get("id").and_then(read_id);
    id.map(|id| kind.of(id)).ok_or_else(|| bug("a row without an id"))
}

pub(super) fn read_id(json: &Json) -> Option<Uuid> {
    json.as_str()?.parse().ok()
}

/// The row of a kind that a field is about.
pub(super) fn parent(kind: Kind, ctx: &ResolverContext<'_>) -> Result<EntityId, Error> {
    let Node(object) = ctx.parent_value.downcast_ref::<Node>().ok_or_else(|| bug("a field of no row"))?;
    id_of(kind, object)
}

/// Registers the types of all rows.
pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let schema = Kind::ALL.iter().fold(schema, |schema, kind| schema.register(shown(*kind)));
    let taken = Kind::ALL.iter().filter(|kind| **kind != Kind::Member);
    let schema = taken
        .fold(schema, |schema, kind| schema.register(taking(*kind, Told::New)).register(taking(*kind, Told::Changed)));
    let standing = ObjectType::new("Standing")
        .description("One of several values that were written beside one another.")
        .field(values::field("value", TypeRef::named(JSON), values::plain))
        .field(values::field("at", TypeRef::named(values::DATE_TIME), values::plain))
        .field(values::field("version", TypeRef::named_nn(TypeRef::INT), values::plain))
        .field(author(|ctx, _| {
            let Node(standing) = ctx.parent_value.downcast_ref::<Node>()?;
            standing.get("actor")?.as_u64()?.try_into().ok()
        }));
    let conflict = ObjectType::new("Conflict")
        .description("A field with concurrent values that no rule could decide between. Writing the field settles it.")
        .field(values::field("field", TypeRef::named_nn(TypeRef::STRING), values::plain))
        .field(values::field("values", TypeRef::named_nn_list_nn("Standing"), nodes));
    schema.register(standing).register(conflict)
}

/// A list of objects.
fn nodes(json: &Json) -> FieldValue<'static> {
    let objects = json.as_array().into_iter().flatten().filter_map(Json::as_object);
    FieldValue::list(objects.map(|object| FieldValue::owned_any(Node(object.clone()))))
}

fn about(kind: Kind) -> &'static str {
    match kind {
        Kind::Project => "A named set of tasks.",
        Kind::Section => "A named part of a project.",
        Kind::Task => "What a team does.",
        Kind::Comment => "What somebody says of a task.",
        Kind::Attachment => "What is known of a file at a task. Its content is at `/api/attachments/{id}`.",
        Kind::CustomField => "A field that the organization has added to its tasks.",
        Kind::SavedView => "A named filter with its order.",
        Kind::Member => "A person in the organization.",
    }
}

/// The type that shows a row.
fn shown(kind: Kind) -> ObjectType {
    let object = ObjectType::new(type_name(kind)).description(about(kind));
    let object = keys(kind, Told::Shown).into_iter().fold(object, |object, key| object.field(shown_key(key)));
    let conflicts = Field::new("conflicts", TypeRef::named_nn_list("Conflict"), move |ctx| {
        later(ctx, async move |ctx: ResolverContext<'_>| {
            let found = snapshot(&ctx).await?.unsettled(parent(kind, &ctx)?);
            Ok(Some(FieldValue::list(found.into_iter().map(|one| FieldValue::owned_any(Node(one))))))
        })
    });
    let object = object.field(conflicts.description("What of it a person should look at.")).field(lists::history(kind));
    let object = object.field(author(move |ctx, snapshot| snapshot.maker(parent(kind, ctx).ok()?)));
    let parts: &[(&str, Kind)] = match kind {
        Kind::Project => &[("sections", Kind::Section), ("tasks", Kind::Task)],
        Kind::Section => &[("tasks", Kind::Task)],
        Kind::Task => &[("subtasks", Kind::Task), ("comments", Kind::Comment), ("attachments", Kind::Attachment)],
        Kind::Comment => &[("replies", Kind::Comment)],
        _ => &[],
    };
    parts.iter().fold(object, |object, (name, of)| object.field(lists::field(name, *of, Owner::Parent(kind))))
}

/// Whose the actor is that something is by.
fn author(by: impl Fn(&ResolverContext<'_>, &Snapshot) -> Option<Actor> + Copy + Send + Sync + 'static) -> Field {
    let field = Field::new("author", TypeRef::named(type_name(Kind::Member)), move |ctx| {
        later(ctx, async move |ctx: ResolverContext<'_>| {
            let Some(actor) = by(&ctx, &*snapshot(&ctx).await?) else { return Ok(None) };
            Ok(person(&ctx, actor).await?.map(|row| FieldValue::owned_any(Node(row))))
        })
    });
    field.description("Who made it; `null`: the server itself.")
}

fn shown_key(KeyOf { name, holds, .. }: KeyOf) -> Field {
    match holds {
        Holds::Row(kind) => Field::new(camel(name), TypeRef::named(type_name(kind)), move |ctx| {
            later(ctx, async move |ctx: ResolverContext<'_>| {
                let Some(id) = named(&ctx, name).and_then(read_id) else { return Ok(None) };
                Ok(snapshot(&ctx).await?.show(kind.of(id)).map(|row| FieldValue::owned_any(Node(row))))
            })
        }),
        Holds::Value(Shape::People) => {
            Field::new(camel(name), TypeRef::named_nn_list(type_name(Kind::Member)), move |ctx| {
                later(ctx, async move |ctx: ResolverContext<'_>| {
                    let ids = named(&ctx, name).and_then(Json::as_array).into_iter().flatten().filter_map(read_id);
                    let people = snapshot(&ctx).await?;
                    let people = ids.filter_map(|id| people.show(Kind::Member.of(id)));
                    Ok(Some(FieldValue::list(people.map(|row| FieldValue::owned_any(Node(row))).collect::<Vec<_>>())))
                })
            })
        }
        holds => values::field(name, values::output(holds), move |json| values::show(holds, json)),
    }
}

/// What the row that a field is about says of it.
fn named<'a>(ctx: &ResolverContext<'a>, name: &str) -> Option<&'a Json> {
    let Node(object) = ctx.parent_value.downcast_ref::<Node>()?;
    object.get(name)
}

/// The keys that an input has. Which version its author looked at, and whether the row is to be deleted, is said beside it.
fn taken_keys(kind: Kind, told: Told) -> impl Iterator<Item = KeyOf> {
    let beside = move |key: &KeyOf| {
        matches!(key.holds, Holds::Version | Holds::Deleted) || (key.holds == Holds::Id && told == Told::Changed)
    };
    keys(kind, told).into_iter().filter(move |key| !beside(key))
}

/// What the input is called that makes a row, or changes one.
pub(super) fn input_name(kind: Kind, told: Told) -> String {
    format!("{}{}", if told == Told::New { "New" } else { "Changed" }, type_name(kind))
}

fn taking(kind: Kind, told: Told) -> InputObject {
    let about = match told {
        Told::New => "What makes one. Whoever chooses the id makes nothing twice by repeating it.",
        _ => "What changes one: what is left out stays as it is, `null` empties a field.",
    };
    taken_keys(kind, told).fold(InputObject::new(input_name(kind, told)).description(about), |input, key| {
        let needed = key.needed && told == Told::New;
        input.field(InputValue::new(camel(key.name), values::input(key.holds, needed)))
    })
}

/// An input as REST would have it.
pub(super) fn read(kind: Kind, told: Told, value: &async_graphql::Value) -> Result<Object, Error> {
    let async_graphql::Value::Object(given) = value else {
        return Err(super::refusal::invalid(format!("The argument `input` is a {}.", input_name(kind, told))));
    };
    let one = |key: KeyOf| {
        given.get(camel(key.name).as_str()).map(|value| Ok((key.name.to_owned(), values::take(key.holds, value)?)))
    };
    taken_keys(kind, told).filter_map(one).collect()
}
