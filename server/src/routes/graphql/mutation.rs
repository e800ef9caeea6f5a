//! What can be changed. Each field of a mutation is one request as by REST: the same changes, in a transaction of its own,
//! one after the other. What one of them is refused for does not touch the others.

use async_graphql::dynamic::{
    Field, FieldValue, InputObject, InputValue, Object as ObjectType, ObjectAccessor, ResolverContext, SchemaBuilder,
    TypeRef, ValueAccessor,
};
use async_graphql::{Error, Value};
use axum::http::StatusCode;
use serde_json::Value as Json;
use shared::device::RenameDevice;
use shared::ids::{DeviceId, Kind};
use shared::protocol::Problem;
use uuid::Uuid;

use super::asking::asking;
use super::earlier;
use super::lists::named_id;
use super::names::type_name;
use super::query::{DEVICE, shown};
use super::refusal::{bug, invalid, refusal, refused};
use super::rows::{input_name, read};
use super::values::{Node, as_json, field, later, plain};
use crate::domain::resource::{Object, Told};
use crate::routes::resources::CHANGES;
use crate::routes::resources::answer::several;
use crate::services::{Change, Failure, What};

pub(super) const MUTATION: &str = "Mutation";
const PROBLEM: &str = "Problem";

/// Registers the root of mutations, and what changes of several rows take and answer.
pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let kinds = Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Member);
    let root = kinds.clone().flat_map(fields).fold(ObjectType::new(MUTATION), ObjectType::field);
    let root = root.field(rename_device()).field(sign_device_out()).field(earlier::push());
    let schema = kinds.fold(schema, |schema, kind| schema.register(result(kind)).register(one_of_several(kind)));
    let problem = ObjectType::new(PROBLEM)
        .description("Why a change was not done.")
        .field(field("type", TypeRef::named_nn(TypeRef::STRING), plain))
        .field(field("title", TypeRef::named_nn(TypeRef::STRING), plain))
        .field(field("status", TypeRef::named_nn(TypeRef::INT), plain))
        .field(field("detail", TypeRef::named_nn(TypeRef::STRING), plain));
    schema.register(root).register(problem)
}

fn id() -> InputValue {
    InputValue::new("id", TypeRef::named_nn(TypeRef::ID))
}

fn version() -> InputValue {
    let about = "The version that its author looked at: it is merged like any change that was made beside others.";
    InputValue::new("version", TypeRef::named(TypeRef::INT)).description(about)
}

fn if_version() -> InputValue {
    InputValue::new("ifVersion", TypeRef::named(TypeRef::INT)).description("Only if it is still of this version.")
}

fn result_name(kind: Kind) -> String {
    type_name(kind) + "Result"
}

fn change_name(kind: Kind) -> String {
    type_name(kind) + "Change"
}

/// What came of one of several changes: the row, or why nothing was done.
fn result(kind: Kind) -> ObjectType {
    let node = |json: &Json| FieldValue::owned_any(Node(json.as_object().cloned().unwrap_or_default()));
    ObjectType::new(result_name(kind)).field(field("item", TypeRef::named(type_name(kind)), node)).field(field(
        "problem",
        TypeRef::named(PROBLEM),
        node,
    ))
}

/// One of several changes.
fn one_of_several(kind: Kind) -> InputObject {
    let input = InputValue::new("input", TypeRef::named_nn(input_name(kind, Told::Changed)));
    InputObject::new(change_name(kind)).field(id()).field(input).field(version()).field(if_version())
}

/// Everything that changes rows of a kind.
fn fields(kind: Kind) -> [Field; 6] {
    let name = type_name(kind);
    let input = |told| TypeRef::named_nn(input_name(kind, told));
    let row = || TypeRef::named(type_name(kind));
    let results = || TypeRef::named_nn_list(result_name(kind));
    let create = Field::new(format!("create{name}"), row(), move |ctx| {
        later(ctx, async move |ctx: ResolverContext<'_>| one(&ctx, creation(kind, given(&ctx.args, "input")?)?).await)
    });
    let create_several = Field::new(format!("create{name}s"), results(), move |ctx| {
        later(ctx, async move |ctx: ResolverContext<'_>| {
            let changes = each(&ctx.args, |input| creation(kind, input.as_value()))?;
            all(&ctx, changes).await
        })
    });
    let update = Field::new(format!("update{name}"), row(), move |ctx| {
        later(ctx, async move |ctx: ResolverContext<'_>| {
            let change = patch(kind, &ctx.args)?;
            one(&ctx, change).await
        })
    });
    let update_several = Field::new(format!("update{name}s"), results(), move |ctx| {
        later(ctx, async move |ctx: ResolverContext<'_>| {
            let changes = each(&ctx.args, |change| {
                let change = change.object().map_err(|_| invalid(format!("A change is a {}.", change_name(kind))))?;
                patch(kind, &change)
            })?;
            all(&ctx, changes).await
        })
    });
    let delete = Field::new(format!("delete{name}"), row(), move |ctx| {
        later(ctx, async move |ctx: ResolverContext<'_>| one(&ctx, about(kind, &ctx.args, What::Delete)?).await)
    });
    let restore = Field::new(format!("restore{name}"), row(), move |ctx| {
        later(ctx, async move |ctx: ResolverContext<'_>| {
            let body = Object::from_iter([("deleted".to_owned(), Json::Bool(false))]);
            one(&ctx, about(kind, &ctx.args, What::Patch { body, seen: None })?).await
        })
    });
    let list = |name: String| TypeRef::named_nn_list_nn(name);
    [
        create.argument(InputValue::new("input", input(Told::New))),
        create_several.argument(InputValue::new("inputs", list(input_name(kind, Told::New)))),
        update
            .argument(id())
            .argument(InputValue::new("input", input(Told::Changed)))
            .argument(version())
            .argument(if_version()),
        update_several.argument(InputValue::new("inputs", list(change_name(kind)))),
        delete.argument(id()).argument(if_version()),
        restore.argument(id()).argument(if_version()).description("Brings it back."),
    ]
}

fn given<'a>(args: &'a ObjectAccessor<'_>, name: &str) -> Result<&'a Value, Error> {
    let value = args.get(name).ok_or_else(|| invalid(format!("The argument `{name}` is missing.")))?;
    Ok(value.as_value())
}

fn number(args: &ObjectAccessor<'_>, name: &str) -> Result<Option<u64>, Error> {
    let Some(value) = args.get(name).map(|value| value.as_value()).filter(|value| **value != Value::Null) else {
        return Ok(None);
    };
    let number = as_json(value)?.as_u64();
    number.map(Some).ok_or_else(|| invalid(format!("The argument `{name}` must be a version that you were shown.")))
}

/// A creation under the id that the client gives, or a new one.
fn creation(kind: Kind, input: &Value) -> Result<Change, Error> {
    let body = read(kind, Told::New, input)?;
    let id = match body.get("id") {
        None => Uuid::now_v7(),
        Some(id) => super::rows::read_id(id).ok_or_else(|| invalid("The field `id` must be a UUID."))?,
    };
    Ok(Change { entity: kind.of(id), only_if: None, what: What::Create(body) })
}

fn patch(kind: Kind, args: &ObjectAccessor<'_>) -> Result<Change, Error> {
    let body = read(kind, Told::Changed, given(args, "input")?)?;
    about(kind, args, What::Patch { body, seen: number(args, "version")? })
}

/// Something that is to be done with the row that the arguments name. What is no id is nobody's.
fn about(kind: Kind, args: &ObjectAccessor<'_>, what: What) -> Result<Change, Error> {
    let id = named_id(args, "id").ok().flatten().ok_or_else(|| refusal(Failure::NotFound))?;
    Ok(Change { entity: kind.of(id), only_if: number(args, "ifVersion")?, what })
}

fn each(
    args: &ObjectAccessor<'_>,
    read: impl Fn(ValueAccessor<'_>) -> Result<Change, Error>,
) -> Result<Vec<Change>, Error> {
    let inputs = args.try_get("inputs").and_then(|inputs| inputs.list());
    let inputs = inputs.map_err(|_| invalid("The argument `inputs` is a list."))?;
    if inputs.len() > CHANGES {
        return Err(invalid(format!("One field changes at most {CHANGES} rows. Send several.")));
    }
    inputs.iter().map(read).collect()
}

/// Does what is asked for, and says what came of each.
async fn results(ctx: &ResolverContext<'_>, changes: Vec<Change>) -> Result<Vec<Object>, Error> {
    let asking = asking(ctx)?;
    asking.forget().await; // what is shown is of afterwards
    let word = |results| several(results, StatusCode::OK);
    let done = asking.services.change(&asking.member, changes, asking.next_once(), word).await.map_err(refusal)?;
    let mut done: Json = serde_json::from_str(&done.body).map_err(|_| bug("an answer that is no JSON"))?;
    let Json::Array(results) = done["results"].take() else { return Err(bug("an answer without results")) };
    Ok(results.into_iter().filter_map(|one| if let Json::Object(one) = one { Some(one) } else { None }).collect())
}

async fn one(ctx: &ResolverContext<'_>, change: Change) -> Result<Option<FieldValue<'static>>, Error> {
    let mut result = results(ctx, vec![change]).await?.pop().ok_or_else(|| bug("a change came to nothing"))?;
    if let Some(Json::Object(item)) = result.remove("item") {
        return Ok(Some(FieldValue::owned_any(Node(item))));
    }
    let problem: Option<Problem> = result.remove("problem").and_then(|problem| serde_json::from_value(problem).ok());
    Err(problem.map_or_else(|| bug("a change came to nothing"), |problem| refused(&problem)))
}

async fn all(ctx: &ResolverContext<'_>, changes: Vec<Change>) -> Result<Option<FieldValue<'static>>, Error> {
    let results = results(ctx, changes).await?.into_iter();
    Ok(Some(FieldValue::list(results.map(|one| FieldValue::owned_any(Node(one))).collect::<Vec<_>>())))
}

fn rename_device() -> Field {
    let field = Field::new("renameDevice", TypeRef::named(DEVICE), |ctx| {
        later(ctx, async |ctx: ResolverContext<'_>| {
            let (asking, id) = (asking(&ctx)?, device(&ctx)?);
            let Value::String(name) = given(&ctx.args, "name")? else { return Err(invalid("A name is a text.")) };
            asking.forget().await;
            let wanted = RenameDevice { name: name.clone() };
            let device = asking.services.rename_device(&asking.member, id, &wanted).await.map_err(refusal)?;
            Ok(Some(FieldValue::owned_any(shown(&device))))
        })
    });
    field.argument(id()).argument(InputValue::new("name", TypeRef::named_nn(TypeRef::STRING)))
}

fn sign_device_out() -> Field {
    let field = Field::new("signDeviceOut", TypeRef::named(TypeRef::BOOLEAN), |ctx| {
        later(ctx, async |ctx: ResolverContext<'_>| {
            let (asking, id) = (asking(&ctx)?, device(&ctx)?);
            asking.forget().await;
            asking.services.sign_device_out(&asking.member, id).await.map_err(refusal)?;
            Ok(Some(Value::Boolean(true)))
        })
    });
    field.argument(id()).description("At once. What waits on it stays there.")
}

fn device(ctx: &ResolverContext<'_>) -> Result<DeviceId, Error> {
    let id = named_id(&ctx.args, "id").ok().flatten();
    id.map(DeviceId).ok_or_else(|| refusal(Failure::NotFound))
}
