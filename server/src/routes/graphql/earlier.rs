//! What clients of earlier systems ask and send: whole rows, with a time for what they have seen. The same service answers
//! them at all their addresses.

use async_graphql::Error;
use async_graphql::Value;
use async_graphql::dynamic::{
    Field, FieldValue, InputValue, Object as ObjectType, ResolverContext, SchemaBuilder, TypeRef,
};
use serde_json::{Value as Json, json};

use super::asking::asking;
use super::names::code;
use super::refusal::{invalid, refusal};
use super::values::{DATE_TIME, JSON, Node, as_json, field, plain, surely};
use crate::domain::earlier::{self, Words};
use crate::domain::resource::{self, Object};
use crate::problem::ApiProblem;
use crate::routes::resources::CHANGES;
use crate::services::{EarlierDone, EarlierResult, Failure};

const PULLED: &str = "SyncPullResponse";
const RESULT: &str = "SyncResultItem";
const CONFLICT: &str = "ConflictPayload";
/// Rows of a page, if nothing is said, and at most.
const ROWS: u64 = 1_000;

/// Registers the types that they know.
pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let any = |name| field(name, TypeRef::named(JSON), plain);
    let node = |json: &Json| FieldValue::owned_any(Node(json.as_object().cloned().unwrap_or_default()));
    let pulled = ObjectType::new(PULLED)
        .description("What has changed.")
        .field(field("items", TypeRef::named_nn_list_nn(JSON), plain))
        .field(field("last_sync_at", TypeRef::named_nn(DATE_TIME), plain).description("For `since`, the next time."))
        .field(field("has_more", TypeRef::named_nn(TypeRef::BOOLEAN), plain));
    let result = ObjectType::new(RESULT)
        .description("What came of a change.")
        .field(field("client_id", TypeRef::named(TypeRef::STRING), plain))
        .field(field("id", TypeRef::named(TypeRef::ID), plain))
        .field(field("success", TypeRef::named_nn(TypeRef::BOOLEAN), plain))
        .field(field("error_code", TypeRef::named(TypeRef::STRING), plain))
        .field(field("error_message", TypeRef::named(TypeRef::STRING), plain))
        .field(field("conflict", TypeRef::named(CONFLICT), node))
        .field(field("version", TypeRef::named(TypeRef::INT), plain))
        .field(field("updated_at", TypeRef::named(DATE_TIME), plain));
    let conflict = ObjectType::new(CONFLICT)
        .description("Others have changed the row meanwhile, and the change was merged with theirs.")
        .field(any("server_data"))
        .field(any("client_data"))
        .field(field("server_version", TypeRef::named(TypeRef::INT), plain))
        .field(any("resolution_suggested"));
    schema.register(pulled).register(result).register(conflict)
}

fn entity(ctx: &ResolverContext<'_>) -> Result<String, Error> {
    let named = ctx.args.get("entity").and_then(|entity| entity.string().ok().map(str::to_owned));
    named.ok_or_else(|| invalid("The argument `entity` names a kind of rows, such as \"task\"."))
}

/// What changed of a kind of rows since a time.
pub(super) fn pull() -> Field {
    let field = Field::new("syncPull", TypeRef::named_nn(PULLED), |ctx| {
        surely(ctx, async |ctx: ResolverContext<'_>| {
            let (asking, entity) = (asking(&ctx)?, entity(&ctx)?);
            let since = ctx.args.get("since").and_then(|since| since.string().ok().map(str::to_owned));
            let limit = ctx.args.get("limit").filter(|limit| !limit.is_null()).map_or(Ok(ROWS), |limit| limit.u64());
            let limit =
                limit.ok().filter(|limit| (1..=ROWS).contains(limit)).and_then(|limit| usize::try_from(limit).ok());
            let limit = limit.ok_or_else(|| invalid(format!("The argument `limit` must be from 1 to {ROWS}.")))?;
            let page = asking.services.earlier_pull(&asking.member, &entity, since.as_deref(), limit).await;
            let page = page.map_err(refusal)?;
            let page = [
                ("items", json!(page.items())),
                ("last_sync_at", json!(page.last_sync)),
                ("has_more", json!(page.has_more)),
            ];
            Ok(FieldValue::owned_any(Node(object(page))))
        })
    });
    field
        .argument(InputValue::new("entity", TypeRef::named_nn(TypeRef::STRING)))
        .argument(InputValue::new("since", TypeRef::named(DATE_TIME)))
        .argument(InputValue::new("limit", TypeRef::named(TypeRef::INT)).default_value(ROWS))
        .description("For clients of earlier systems.")
}

fn object<const N: usize>(fields: [(&str, Json); N]) -> Object {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Changes of a kind of rows, each done wholly or not at all.
pub(super) fn push() -> Field {
    let field = Field::new("syncPush", TypeRef::named_nn_list_nn(RESULT), |ctx| {
        surely(ctx, async |ctx: ResolverContext<'_>| {
            let (asking, entity) = (asking(&ctx)?, entity(&ctx)?);
            let items: Vec<Json> = match ctx.args.get("items").map(|items| items.as_value()) {
                Some(Value::List(items)) => items.iter().map(as_json).collect::<Result<_, _>>()?,
                _ => return Err(invalid("The argument `items` is a list.")),
            };
            if items.len() > CHANGES {
                return Err(invalid(format!("One field changes at most {CHANGES} rows. Send several.")));
            }
            asking.forget().await;
            let results = asking.services.earlier_push(&asking.member, &entity, &items).await.map_err(refusal)?;
            let (_, words) = earlier::kind(&entity).map_err(|invalid| refusal(Failure::from(invalid)))?;
            let results = results.into_iter().map(|result| FieldValue::owned_any(Node(shown(result, words))));
            Ok(FieldValue::list(results.collect::<Vec<_>>()))
        })
    });
    field
        .argument(InputValue::new("entity", TypeRef::named_nn(TypeRef::STRING)))
        .argument(InputValue::new("items", TypeRef::named_nn_list_nn(JSON)))
        .description("For clients of earlier systems.")
}

fn shown(EarlierResult { local_id, came, .. }: EarlierResult, words: Words) -> Object {
    match came {
        Ok(EarlierDone { row, version, conflict, .. }) => {
            let conflict = conflict.map(|conflict| {
                object([
                    ("server_data", json!(earlier::show(&row, words))),
                    ("client_data", json!(conflict.sent)),
                    ("server_version", json!(row.ver)),
                    ("resolution_suggested", json!(conflict.suggested(&row, words))),
                ])
            });
            object([
                ("client_id", json!(local_id)),
                ("id", json!(row.id.uuid())),
                ("success", json!(true)),
                ("conflict", json!(conflict)),
                ("version", json!(version)),
                ("updated_at", resource::time(row.updated.at)),
            ])
        }
        Err(failure) => {
            let problem = ApiProblem::from(failure);
            object([
                ("client_id", json!(local_id)),
                ("success", json!(false)),
                ("error_code", json!(code(&problem.body().kind))),
                ("error_message", json!(problem.body().detail)),
            ])
        }
    }
}
