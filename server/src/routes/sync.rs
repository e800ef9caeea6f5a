//! Push and pull.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use shared::compact;
use shared::protocol::{COMPACT, PullRequest, PushRequest, PushResponse};

use super::extract::{Bearer, Body};
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::services::Failure;

/// `POST /api/sync/push`
pub(crate) async fn push(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    Body(request): Body<PushRequest>,
) -> Result<Json<PushResponse>, ApiProblem> {
    Ok(Json(app.services.push(&member, &request).await?))
}

/// `POST /api/sync/pull`
pub(crate) async fn pull(
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
