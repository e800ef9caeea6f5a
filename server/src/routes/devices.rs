//! The devices on which members are signed in.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::device::{Device, RenameDevice};
use shared::ids::DeviceId;
use shared::protocol::kind;

use super::extract::{Bearer, Body, Parameters};
use crate::openapi::{Api, op, parameter};
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::services::{Failure, Whose};

const GROUP: &str = "Devices";

/// Devices, those that signed in first before the others.
#[derive(Serialize, JsonSchema)]
struct Devices {
    items: Vec<Device>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    user: Option<String>,
}

pub(crate) fn routes(api: &mut Api) {
    let all = op(GROUP, "On what one is signed in")
        .about("What works with a token is not among them: see the tokens.")
        .bearer()
        .query([parameter(
            "user",
            "For admins: a member's id, or `all`.",
            json!({ "anyOf": [{ "const": "all" }, { "type": "string", "format": "uuid" }], "examples": ["all"] }),
        )])
        .problem(StatusCode::FORBIDDEN, kind::NOT_ALLOWED)
        .problem(StatusCode::NOT_FOUND, kind::NOT_FOUND)
        .gives::<Devices>(StatusCode::OK, "Those that are signed in.", json!({ "items": [example()] }));
    api.get("/api/devices", list, all);
    let name = op(GROUP, "Name a device of one's own")
        .writes()
        .id("id", "The device.")
        .takes::<RenameDevice>(json!({ "name": "Galley tablet" }))
        .gives::<Device>(StatusCode::OK, "The name stays when it signs in anew.", example());
    api.patch("/api/devices/{id}", rename, name);
    let out = op(GROUP, "Sign a device of one's own out")
        .about("At once. What waits on it stays there, and is sent when its member has signed in on it again.")
        .writes()
        .id("id", "The device.")
        .gives_nothing(StatusCode::NO_CONTENT, "Its access and its sockets have ended.");
    api.delete("/api/devices/{id}", sign_out, out);
}

fn example() -> Value {
    json!({
        "id": "01a1ff7c-7868-77ec-ac9f-5b3194bf5f81", "user": "01a1ff7c-7868-77ec-ac9f-5b3194bf5f82",
        "name": "Galley tablet", "signed_in_at": 1_772_355_600_000_i64, "seen_at": 1_772_359_200_000_i64,
        "expires_at": 1_780_131_600_000_i64, "current": false,
    })
}

async fn list(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    Parameters(Asked { user }): Parameters<Asked>,
) -> Result<Json<Devices>, ApiProblem> {
    let whose = match user.as_deref() {
        None => Whose::Own,
        Some("all") => Whose::Everybodys,
        Some(user) => Whose::Of(user.parse().map_err(|_| {
            let detail = "The parameter `user` must be a member's id, or `all`.";
            ApiProblem::invalid(StatusCode::BAD_REQUEST, detail)
        })?),
    };
    Ok(Json(Devices { items: app.services.devices(&member, whose).await? }))
}

/// Which one a path names. What is no id is nobody's.
type Named = Result<Path<DeviceId>, PathRejection>;

fn device(named: Named) -> Result<DeviceId, Failure> {
    named.map(|Path(id)| id).map_err(|_| Failure::NotFound)
}

async fn rename(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Named,
    Body(wanted): Body<RenameDevice>,
) -> Result<Json<Device>, ApiProblem> {
    Ok(Json(app.services.rename_device(&member, device(named)?, &wanted).await?))
}

async fn sign_out(State(app): State<AppState>, Bearer(member): Bearer, named: Named) -> Result<StatusCode, ApiProblem> {
    app.services.sign_device_out(&member, device(named)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
