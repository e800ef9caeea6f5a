//! Push and pull.

use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde_json::json;
use shared::compact;
use shared::protocol::{COMPACT, PullRequest, PullResponse, PushRequest, PushResponse, SCHEMA, kind};

use super::earlier::clocks::{self, Either, PullByClock, PulledByClock, PushByClock, PushedByClock};
use super::extract::Bearer;
use crate::openapi::{Api, op};
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::services::Failure;

const GROUP: &str = "Syncing";

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is needed")]
enum PushBody {
    Device(PushRequest),
    Client(PushByClock),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is needed")]
enum PushAnswer {
    Device(PushResponse),
    Client(PushedByClock),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is needed")]
enum PullBody {
    Device(PullRequest),
    Client(PullByClock),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is needed")]
enum PullAnswer {
    Device(PullResponse),
    Client(PulledByClock),
}

pub(crate) fn routes(api: &mut Api) {
    let epoch = json!("01a1ff7c-7868-77ec-ac9f-5b3194bf5f84");
    let pushing = op(GROUP, "Send a device's changes")
        .about(
            "For devices that work without a connection; the protocol is docs/sync.md. A repeat changes nothing. \
                With `client_id` and `entities`, for earlier clients that keep vector clocks.",
        )
        .writes()
        .takes::<PushBody>(json!({ "schema": SCHEMA, "actor": 3, "epoch": epoch, "mutations": [] }))
        .problem(StatusCode::NOT_FOUND, kind::NOT_FOUND)
        .problem(StatusCode::CONFLICT, kind::EPOCH)
        .problem(StatusCode::CONFLICT, kind::GAP)
        .problem(StatusCode::CONFLICT, kind::FORKED)
        .gives::<PushAnswer>(StatusCode::OK, "What came of each.", json!({ "results": [], "ver": 17 }));
    api.post("/api/sync/push", push, pushing);
    let pulling = op(GROUP, "Have what a device lacks")
        .about("With `client_id`, for earlier clients that keep vector clocks.")
        .bearer()
        .takes::<PullBody>(json!({
            "schema": SCHEMA, "actor": 3, "epoch": epoch, "cursor": 17, "seen": 17, "confirmed": 0, "scopes": [],
        }))
        .problem(StatusCode::NOT_FOUND, kind::NOT_FOUND)
        .gives::<PullAnswer>(StatusCode::OK, "As of one moment.", json!({ "reset": { "epoch": epoch, "common": 17 } }))
        .or_as(COMPACT);
    api.post("/api/sync/pull", pull, pulling);
}

async fn push(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    body: Either<PushRequest, PushByClock>,
) -> Result<Response, ApiProblem> {
    Ok(match body {
        Either::Device(request) => Json(app.services.push(&member, &request).await?).into_response(),
        Either::Client(request) => Json(clocks::push(&app.services, &member, request).await?).into_response(),
    })
}

async fn pull(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    headers: HeaderMap,
    body: Either<PullRequest, PullByClock>,
) -> Result<Response, ApiProblem> {
    let request = match body {
        Either::Device(request) => request,
        Either::Client(request) => {
            return Ok(Json(clocks::pull(&app.services, &member, request).await?).into_response());
        }
    };
    let answer = app.services.pull(&member, &request).await?;
    if headers.get(ACCEPT).is_none_or(|accept| accept != COMPACT) {
        return Ok(Json(answer).into_response());
    }
    let bytes = compact::encode(answer).map_err(|_| Failure::Bug("an answer cannot be written in the compact form"))?;
    Ok(([(CONTENT_TYPE, COMPACT)], bytes).into_response())
}
