//! Push and pull.

use axum::Json;
use axum::extract::State;
use shared::protocol::{PullRequest, PullResponse, PushRequest, PushResponse};

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
    Body(request): Body<PullRequest>,
) -> Result<Json<PullResponse>, ApiProblem> {
    Ok(Json(app.services.pull(&member, &request).await?))
}
