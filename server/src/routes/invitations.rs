//! Invitations.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use shared::account::Invitation;

use super::extract::Bearer;
use crate::problem::ApiProblem;
use crate::router::AppState;

/// `POST /api/invitations`
pub(crate) async fn create(
    State(app): State<AppState>,
    Bearer(member): Bearer,
) -> Result<(StatusCode, Json<Invitation>), ApiProblem> {
    Ok((StatusCode::CREATED, Json(app.services.invite(&member).await?)))
}
