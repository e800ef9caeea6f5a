//! Members: their roles, and their end.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use shared::ids::UserId;
use shared::member::{ChangeRole, Membership};

use super::extract::{Bearer, Body};
use crate::domain::members::MemberProblem;
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::services::Failure;

/// Whom a path names. What is no id is nobody's.
type Named = Result<Path<UserId>, PathRejection>;

fn user(named: Named) -> Result<UserId, Failure> {
    named.map(|Path(user)| user).map_err(|_| MemberProblem::Unknown.into())
}

/// `PATCH /api/members/{user}`
pub(crate) async fn change_role(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Named,
    Body(ChangeRole { role }): Body<ChangeRole>,
) -> Result<Json<Membership>, ApiProblem> {
    Ok(Json(app.services.change_role(&member, user(named)?, role).await?))
}

/// `DELETE /api/members/{user}`
pub(crate) async fn remove(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Named,
) -> Result<StatusCode, ApiProblem> {
    app.services.remove_member(&member, user(named)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
