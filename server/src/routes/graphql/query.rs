//! What can be asked.

use async_graphql::dynamic::{
    Field, FieldValue, InputValue, Object as ObjectType, ResolverContext, SchemaBuilder, TypeRef,
};
use async_graphql::{Error, Value};
use serde_json::json;
use shared::device::Device;
use shared::ids::Kind;

use super::asking::{asking, snapshot};
use super::earlier;
use super::lists::{self, Owner, named_id};
use super::names::{many, one, type_name};
use super::refusal::{bug, refusal};
use super::values::{self, DATE_TIME, Node, later};
use crate::domain::resource::{self, Object};
use crate::services::{Failure, Whose};

pub(super) const QUERY: &str = "Query";
pub(super) const DEVICE: &str = "Device";
const ORGANIZATION: &str = "Organization";

/// Registers the root of queries, and the types of what is no row.
pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let rows = Kind::ALL.iter().fold(ObjectType::new(QUERY), |query, kind| {
        query.field(row(*kind)).field(lists::field(&many(*kind), *kind, Owner::Anything))
    });
    let me = Field::new("me", TypeRef::named(type_name(Kind::Member)), |ctx| {
        later(ctx, async |ctx: ResolverContext<'_>| {
            let me = asking(&ctx)?.member.user().into();
            Ok(snapshot(&ctx).await?.show(me).map(|row| FieldValue::owned_any(Node(row))))
        })
    });
    let query = rows.field(me.description("Oneself.")).field(devices()).field(organization()).field(earlier::pull());
    let organization = ObjectType::new(ORGANIZATION)
        .description("A team with its own data.")
        .field(values::field("id", TypeRef::named_nn(TypeRef::ID), values::plain))
        .field(values::field("name", TypeRef::named_nn(TypeRef::STRING), values::plain))
        .field(
            values::field("version", TypeRef::named_nn(TypeRef::INT), values::plain)
                .description("Goes up with every change."),
        );
    schema.register(query).register(organization).register(device())
}

/// One row, by its id.
fn row(kind: Kind) -> Field {
    let field = Field::new(one(kind), TypeRef::named(type_name(kind)), move |ctx| {
        later(ctx, async move |ctx: ResolverContext<'_>| {
            let not_found = || refusal(Failure::NotFound);
            // What is no id is nobody's.
            let id = named_id(&ctx.args, "id").ok().flatten().ok_or_else(not_found)?;
            let row = snapshot(&ctx).await?.show(kind.of(id)).ok_or_else(not_found)?;
            Ok(Some(FieldValue::owned_any(Node(row))))
        })
    });
    field.argument(InputValue::new("id", TypeRef::named_nn(TypeRef::ID)))
}

fn organization() -> Field {
    let field = Field::new("organization", TypeRef::named(ORGANIZATION), |ctx| {
        later(ctx, async |ctx: ResolverContext<'_>| {
            let snapshot = snapshot(&ctx).await?;
            let name = snapshot.organization().await.map_err(refusal)?;
            let id = asking(&ctx)?.member.org();
            object(json!({ "id": id, "name": name, "version": snapshot.version() }))
        })
    });
    field.description("The one that one is a member of.")
}

fn object(json: serde_json::Value) -> Result<Option<FieldValue<'static>>, Error> {
    match json {
        serde_json::Value::Object(object) => Ok(Some(FieldValue::owned_any(Node(object)))),
        _ => Err(bug("what is no object")),
    }
}

fn devices() -> Field {
    let field = Field::new("devices", TypeRef::named_nn_list(DEVICE), |ctx| {
        later(ctx, async |ctx: ResolverContext<'_>| {
            let whose = match ctx.args.get("user").map(|user| user.as_value()) {
                None | Some(Value::Null) => Whose::Own,
                Some(Value::String(all)) if all == "all" => Whose::Everybodys,
                Some(_) => {
                    let user = named_id(&ctx.args, "user").ok().flatten();
                    Whose::Of(user.ok_or_else(|| refusal(Failure::NotFound))?.into())
                }
            };
            let found = snapshot(&ctx).await?.devices(whose).await.map_err(refusal)?;
            Ok(Some(FieldValue::list(found.iter().map(|one| FieldValue::owned_any(shown(one))).collect::<Vec<_>>())))
        })
    });
    let user = InputValue::new("user", TypeRef::named(TypeRef::ID)).description("For admins: a member's id, or `all`.");
    field.argument(user).description("On what one is signed in.")
}

/// What is shown of a device.
pub(super) fn shown(device: &Device) -> Node {
    let object = [
        ("id", json!(device.id)),
        ("user", json!(device.user)),
        ("name", json!(device.name)),
        ("signed_in_at", resource::time(device.signed_in_at)),
        ("seen_at", resource::time(device.seen_at)),
        ("expires_at", resource::time(device.expires_at)),
        ("current", json!(device.current)),
    ];
    Node(object.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Object>())
}

fn device() -> ObjectType {
    let time = |name| values::field(name, TypeRef::named(DATE_TIME), values::plain);
    ObjectType::new(DEVICE)
        .description("On what a member is signed in.")
        .field(values::field("id", TypeRef::named_nn(TypeRef::ID), values::plain))
        .field(values::field("user", TypeRef::named_nn(TypeRef::ID), values::plain))
        .field(values::field("name", TypeRef::named_nn(TypeRef::STRING), values::plain))
        .field(time("signed_in_at"))
        .field(time("seen_at"))
        .field(time("expires_at"))
        .field(values::field("current", TypeRef::named_nn(TypeRef::BOOLEAN), values::plain))
}
