//! Push and pull.

use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use shared::compact;
use shared::protocol::{COMPACT, PullRequest, PullResponse, PushRequest, PushResponse, SCHEMA, kind};

use super::extract::{Bearer, Body};
use crate::openapi::{Api, op};
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::services::Failure;

const GROUP: &str = "Syncing";

pub(crate) fn routes(api: &mut Api) {
    let epoch = json!("01a1ff7c-7868-77ec-ac9f-5b3194bf5f84");
    let pushing = op(GROUP, "Send a device's changes")
        .about("For devices that work without a connection; the protocol is docs/sync.md. A repeat changes nothing.")
        .writes()
        .takes::<PushRequest>(json!({ "schema": SCHEMA, "actor": 3, "epoch": epoch, "mutations": [] }))
        .problem(StatusCode::NOT_FOUND, kind::NOT_FOUND)
        .problem(StatusCode::CONFLICT, kind::EPOCH)
        .problem(StatusCode::CONFLICT, kind::GAP)
        .problem(StatusCode::CONFLICT, kind::FORKED)
        .gives::<PushResponse>(StatusCode::OK, "What came of each.", json!({ "results": [], "ver": 17 }));
    api.post("/api/sync/push", push, pushing);
    let pulling = op(GROUP, "Have what a device lacks")
        .bearer()
        .takes::<PullRequest>(json!({
            "schema": SCHEMA, "actor": 3, "epoch": epoch, "cursor": 17, "seen": 17, "confirmed": 0, "scopes": [],
        }))
        .problem(StatusCode::NOT_FOUND, kind::NOT_FOUND)
        .gives::<PullResponse>(
            StatusCode::OK,
            "As of one moment.",
            json!({ "reset": { "epoch": epoch, "common": 17 } }),
        )
        .or_as(COMPACT);
    api.post("/api/sync/pull", pull, pulling);
}

async fn push(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    Body(request): Body<PushRequest>,
) -> Result<Json<PushResponse>, ApiProblem> {
    Ok(Json(app.services.push(&member, &request).await?))
}

async fn pull(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    headers: HeaderMap,
    Body(request): Body<PullRequest>,
) -> Result<Response, ApiProblem> {
    let answer = app.services.pull(&member, &request).await?;
    if headers.get(ACCEPT).is_none_or(|accept| accept != COMPACT) {
        return Ok(Json(answer).into_response());
    }
    let bytes = compact::encode(answer).map_err(|_| Failure::Bug("an answer cannot be written in the compact form"))?;
    Ok(([(CONTENT_TYPE, COMPACT)], bytes).into_response())
}
