//! Whether the server can work.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::openapi::{Api, op};
use crate::problem::ApiProblem;
use crate::router::AppState;

/// How long the database may take for nothing.
const PATIENCE: Duration = Duration::from_secs(3);

/// That the server works.
#[derive(Serialize, JsonSchema)]
struct Health {
    /// `ok`: otherwise it is another answer.
    status: &'static str,
    /// Of the server.
    version: &'static str,
}

pub(crate) fn routes(api: &mut Api) {
    let example = json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") });
    let health =
        op("Server", "Whether the server works").gives::<Health>(StatusCode::OK, "The database answers.", example);
    api.get("/api/health", show, health);
}

/// 200 when the database answers, else 503.
async fn show(State(app): State<AppState>) -> Result<Json<Health>, ApiProblem> {
    tokio::time::timeout(PATIENCE, app.services.health()).await.map_err(|_| ApiProblem::unavailable())??;
    Ok(Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") }))
}
