//! Personal access tokens.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use shared::api_token::{ApiToken, CreatedApiToken, NewApiToken};
use uuid::Uuid;

use super::extract::{Bearer, Body};
use crate::openapi::{Api, op};
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::services::Failure;

/// A member's tokens.
#[derive(Serialize, JsonSchema)]
struct Tokens {
    items: Vec<ApiToken>,
}

const GROUP: &str = "Tokens";

pub(crate) fn routes(api: &mut Api) {
    let about = json!({
        "id": "01a1ff7c-7868-77ec-ac9f-5b3194bf5f81", "name": "Nightly report", "access": "read",
        "created_at": 1_772_355_600_000_i64, "last_used_at": null, "expires_at": 1_780_131_600_000_i64,
    });
    let all = op(GROUP, "One's personal access tokens").bearer();
    api.get("/api/tokens", list, all.gives::<Tokens>(StatusCode::OK, "Without secrets.", json!({ "items": [about] })));
    let mut made = about;
    made["token"] = json!("tern_…");
    let new = op(GROUP, "Make a token")
        .about("Only who is signed in does: a token makes no tokens.")
        .writes()
        .takes::<NewApiToken>(json!({ "name": "Nightly report", "access": "read", "days": 90 }))
        .gives::<CreatedApiToken>(StatusCode::CREATED, "With the secret, once.", made);
    api.post("/api/tokens", create, new);
    let over = op(GROUP, "End a token").writes().id("id", "The token.");
    api.delete("/api/tokens/{id}", end, over.gives_nothing(StatusCode::NO_CONTENT, "It is good for nothing any more."));
}

async fn list(State(app): State<AppState>, Bearer(member): Bearer) -> Result<Json<Tokens>, ApiProblem> {
    Ok(Json(Tokens { items: app.services.api_tokens(&member).await? }))
}

async fn create(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    Body(new): Body<NewApiToken>,
) -> Result<(StatusCode, Json<CreatedApiToken>), ApiProblem> {
    Ok((StatusCode::CREATED, Json(app.services.create_api_token(&member, new).await?)))
}

async fn end(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<StatusCode, ApiProblem> {
    let Path(id) = id.map_err(|_| Failure::NotFound)?;
    app.services.end_api_token(&member, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
