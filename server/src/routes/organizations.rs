//! Organizations.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use shared::ids::OrgId;
use shared::organization::Organization;

use super::extract::Bearer;
use crate::openapi::{Api, op};
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::services::Failure;

const GROUP: &str = "Organizations";

/// Those of whoever asks.
#[derive(Serialize, JsonSchema)]
struct Organizations {
    items: Vec<Organization>,
}

pub(crate) fn routes(api: &mut Api) {
    let all = op(GROUP, "One's organizations").about("A session, or a token, is of one organization.").bearer();
    let all = all.gives::<Organizations>(StatusCode::OK, "That one.", json!({ "items": [example()] }));
    api.get("/api/organizations", list, all);
    let one = op(GROUP, "One's organization").bearer().id("id", "The organization.");
    api.get("/api/organizations/{id}", show, one.gives::<Organization>(StatusCode::OK, "As it is now.", example()));
}

fn example() -> Value {
    json!({
        "id": "01a1ff7c-7868-77ec-ac9f-5b3194bf5f81", "name": "Saltmarsh", "role": "member", "members": 7, "version": 1_204,
        "created_at": 1_772_355_600_000_i64,
    })
}

async fn list(State(app): State<AppState>, Bearer(member): Bearer) -> Result<Json<Organizations>, ApiProblem> {
    Ok(Json(Organizations { items: vec![app.services.organization(&member).await?] }))
}

async fn show(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Result<Path<OrgId>, PathRejection>,
) -> Result<Json<Organization>, ApiProblem> {
    let Path(id) = named.map_err(|_| Failure::NotFound)?;
    Ok(Json(app.services.organization_by_id(&member, id).await?))
}
