//! Whether the server can work.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::problem::ApiProblem;
use crate::router::AppState;

/// How long the database may take for nothing.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
    version: &'static str,
}

/// `GET /api/health`: 200 when the database answers, else 503.
pub(crate) async fn show(State(app): State<AppState>) -> Result<Json<Health>, ApiProblem> {
    tokio::time::timeout(PATIENCE, app.services.health()).await.map_err(|_| ApiProblem::unavailable())??;
    Ok(Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") }))
}
