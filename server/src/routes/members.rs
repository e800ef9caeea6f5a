//! Members: their roles, and their end.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::json;
use shared::ids::UserId;
use shared::member::{ChangeRole, Membership};
use shared::protocol::kind;

use super::extract::{Bearer, Body};
use crate::domain::members::MemberProblem;
use crate::openapi::{Api, op};
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::services::Failure;

const GROUP: &str = "Members";

pub(crate) fn routes(api: &mut Api) {
    let user = json!("01a1ff7c-7868-77ec-ac9f-5b3194bf5f81");
    let role = op(GROUP, "Give a member another role")
        .writes()
        .id("user", "The member.")
        .takes::<ChangeRole>(json!({ "role": "admin" }))
        .problem(StatusCode::FORBIDDEN, kind::NOT_FOUND)
        .problem(StatusCode::CONFLICT, kind::LAST_ADMIN)
        .gives::<Membership>(StatusCode::OK, "It counts at once.", json!({ "user": user, "role": "admin" }));
    api.patch("/api/members/{user}", change_role, role);
    let end = op(GROUP, "Remove a member, or leave")
        .writes()
        .id("user", "The member.")
        .problem(StatusCode::FORBIDDEN, kind::NOT_FOUND)
        .problem(StatusCode::CONFLICT, kind::LAST_ADMIN)
        .gives_nothing(StatusCode::NO_CONTENT, "What they wrote stays; their sessions and tokens end.");
    api.delete("/api/members/{user}", remove, end);
}

/// Whom a path names. What is no id is nobody's.
type Named = Result<Path<UserId>, PathRejection>;

fn user(named: Named) -> Result<UserId, Failure> {
    named.map(|Path(user)| user).map_err(|_| MemberProblem::Unknown.into())
}

async fn change_role(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Named,
    Body(ChangeRole { role }): Body<ChangeRole>,
) -> Result<Json<Membership>, ApiProblem> {
    Ok(Json(app.services.change_role(&member, user(named)?, role).await?))
}

async fn remove(State(app): State<AppState>, Bearer(member): Bearer, named: Named) -> Result<StatusCode, ApiProblem> {
    app.services.remove_member(&member, user(named)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
