//! Invitations.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;
use shared::account::Invitation;
use shared::protocol::kind;

use super::extract::Bearer;
use crate::openapi::{Api, op};
use crate::problem::ApiProblem;
use crate::router::AppState;

pub(crate) fn routes(api: &mut Api) {
    let example = json!({ "token": "AZof…", "expires_at": 1_772_355_600_000_i64 });
    let invite = op("Members", "Invite somebody")
        .about("The token is the secret part of the link `/register?invitation={token}`.")
        .writes()
        .problem(StatusCode::FORBIDDEN, kind::NOT_FOUND)
        .gives::<Invitation>(StatusCode::CREATED, "Good for one person.", example);
    api.post("/api/invitations", create, invite);
}

async fn create(
    State(app): State<AppState>,
    Bearer(member): Bearer,
) -> Result<(StatusCode, Json<Invitation>), ApiProblem> {
    Ok((StatusCode::CREATED, Json(app.services.invite(&member).await?)))
}
