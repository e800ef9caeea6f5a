//! GraphQL: a thin door to what REST does, for who asks for much at once. Queries are answered from one snapshot, changes
//! are the changes that REST makes, and both go through the same services.
//!
//! | module | holds |
//! |---|---|
//! | `schema` | everything together |
//! | `values` | scalars, enums and small objects |
//! | `rows`, `lists` | rows as types, read off the table of fields, and lists of them |
//! | `query`, `mutation`, `subscription` | what can be asked, changed and listened to |
//! | `earlier` | what clients of earlier systems ask and send |
//! | `asking` | who asks, and from which moment they are answered |
//! | `absent` | variables that are not given |
//! | `limits` | what a query may cost |
//! | `refusal` | errors |
//! | `socket` | the WebSocket of subscriptions |
//! | `explorer` | a page to try it with |

mod absent;
mod asking;
mod earlier;
mod explorer;
mod limits;
mod lists;
mod mutation;
mod names;
mod query;
mod refusal;
mod rows;
mod schema;
mod socket;
mod subscription;
mod values;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, ServerError, Variables};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value as Json_, json};
use shared::protocol::kind;

use super::extract::Bearer;
use super::once::{self, Keyed};
use crate::domain::resource::Object;
use crate::openapi::{Api, op};
use crate::problem::ApiProblem;
use crate::router::AppState;
use asking::Asking;

const GROUP: &str = "GraphQL";
const PATH: &str = "/api/graphql";

pub(crate) fn routes(api: &mut Api) {
    let asking = op(GROUP, "Ask, or change")
        .about(
            "A GraphQL document with one operation to do; the page at the same address tells the types. Whatever is wrong \
             with the operation is said in `errors`, each with `extensions` that hold the `code` and `detail` of the \
             problem. Subscriptions are for the WebSocket.",
        )
        .bearer()
        .header(
            once::NAME,
            "A new one for each request: a repeat of the request with its key changes nothing again, for at least 24 hours.",
            "8e03978e-40d5-43dd-bc93-6894a57f9324",
        )
        .takes_as(request_schema(), request_example())
        .gives_as(StatusCode::OK, "What came of it.", response_schema(), json!({ "data": { "me": { "name": "Ines" } } }));
    api.post(PATH, ask, asking);
    let page = op(GROUP, "A page to try it with")
        .about("A GET asks and changes nothing.")
        .problem(StatusCode::BAD_REQUEST, kind::INVALID)
        .gives_bytes(StatusCode::OK, "For people.", "text/html");
    api.get(PATH, explorer::page, page);
    socket::routes(api);
}

fn request_schema() -> Json_ {
    json!({
        "type": "object", "required": ["query"], "additionalProperties": false,
        "properties": {
            "query": { "type": "string", "description": "The document." },
            "operationName": { "type": ["string", "null"], "description": "Which of its operations." },
            "variables": { "type": ["object", "null"] },
            "extensions": { "type": ["object", "null"], "description": "Ignored." },
        },
    })
}

fn request_example() -> Json_ {
    json!({
        "query": "query Mine($first: Int) { me { name } tasks(first: $first, assignee: \"me\") { nodes { id title } } }",
        "operationName": "Mine", "variables": { "first": 10 },
    })
}

fn response_schema() -> Json_ {
    let error = json!({
        "type": "object", "required": ["message", "extensions"],
        "properties": {
            "message": { "type": "string" },
            "locations": { "type": "array" },
            "path": { "type": "array" },
            "extensions": {
                "type": "object", "required": ["code", "detail"],
                "properties": { "code": { "type": "string" }, "detail": { "type": "string" } },
            },
        },
    });
    json!({
        "type": "object", "required": ["data"],
        "properties": {
            "data": { "type": ["object", "null"] },
            "errors": { "type": "array", "items": error, "minItems": 1 },
        },
    })
}

/// A request (GraphQL over HTTP, section 5.1).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Asked {
    query: String,
    operation_name: Option<String>,
    variables: Option<Object>,
    #[serde(rename = "extensions")]
    _extensions: Option<Object>,
}

impl Asked {
    fn read(body: Json_) -> Result<Self, ApiProblem> {
        let invalid = |detail| ApiProblem::invalid(StatusCode::UNPROCESSABLE_ENTITY, detail);
        if !body.is_object() {
            return Err(invalid(
                "Send one request, which is an object with a `query`; several go one after the other.".to_owned(),
            ));
        }
        serde_json::from_value(body).map_err(|error| {
            invalid(format!("The JSON is not a GraphQL request: {error}. It has a `query`, and may have `variables` and an `operationName`."))
        })
    }

    /// What the library is to do, and of what type it is. What cannot be done, or would cost too much, is refused here.
    fn prepare(self) -> Result<(Request, OperationType), Box<Response>> {
        let Self { query, operation_name, variables, .. } = self;
        let too_much = |problem: limits::TooMuch| refusal::refuse(problem.to_string());
        limits::check_text(&query).map_err(too_much)?;
        let document = parse_query(&query);
        let mut document =
            document.map_err(|error| refusal::dress(Response::from_errors(vec![ServerError::from(error)])))?;
        let variables = Variables::from_json(variables.unwrap_or_default().into());
        let operation = limits::operation(&document, operation_name.as_deref()).map_err(too_much)?;
        limits::check(&document, operation, &variables).map_err(too_much)?;
        let (of, absent) = (operation.ty, absent::absent(operation, &variables));
        absent::leave_out(&mut document, &absent);
        let mut request = Request::new(query).variables(variables);
        request.operation_name = operation_name;
        request.set_parsed_query(document);
        Ok((request, of))
    }
}

async fn ask(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    Keyed(body, once): Keyed<Json_>,
) -> Result<Json<Response>, ApiProblem> {
    let schema = schema::schema()?;
    let mut request = match Asked::read(body)?.prepare() {
        Ok((request, OperationType::Query | OperationType::Mutation)) => request,
        Ok((_, OperationType::Subscription)) => {
            return Ok(Json(refusal::refuse(format!(
                "Subscriptions are opened on the WebSocket at {}.",
                socket::PATH
            ))));
        }
        Err(refused) => return Ok(Json(*refused)),
    };
    let asking = Asking::new(app.services, member, &request.query, once);
    request.data = asking.data();
    let response = refusal::dress(schema.execute(request).await);
    refusal::signed_out(&response).map_or(Ok(Json(response)), Err)
}
