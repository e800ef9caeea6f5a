//! Push and pull.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use shared::protocol::{COMPACT, PullRequest, PushRequest, PushResponse};

use super::extract::{Bearer, Body};
use crate::problem::ApiProblem;
use crate::router::AppState;

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
    let compact = headers.get(ACCEPT).is_some_and(|accept| accept == COMPACT);
    // (What cannot be written in the compact form is sent in the other one.)
    match compact.then(|| postcard::to_stdvec(&answer).ok()).flatten() {
        Some(bytes) => Ok(([(CONTENT_TYPE, COMPACT)], bytes).into_response()),
        None => Ok(Json(answer).into_response()),
    }
}
