//! Personal access tokens.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use shared::api_token::{ApiToken, CreatedApiToken, NewApiToken};
use uuid::Uuid;

use super::extract::{Bearer, Body};
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::services::Failure;

#[derive(Serialize)]
pub(crate) struct Tokens {
    items: Vec<ApiToken>,
}

/// `GET /api/tokens`
pub(crate) async fn list(State(app): State<AppState>, Bearer(member): Bearer) -> Result<Json<Tokens>, ApiProblem> {
    Ok(Json(Tokens { items: app.services.api_tokens(&member).await? }))
}

/// `POST /api/tokens`
pub(crate) async fn create(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    Body(new): Body<NewApiToken>,
) -> Result<(StatusCode, Json<CreatedApiToken>), ApiProblem> {
    Ok((StatusCode::CREATED, Json(app.services.create_api_token(&member, new).await?)))
}

/// `DELETE /api/tokens/{id}`
pub(crate) async fn end(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<StatusCode, ApiProblem> {
    let Path(id) = id.map_err(|_| Failure::NotFound)?;
    app.services.end_api_token(&member, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
