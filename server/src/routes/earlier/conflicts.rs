//! What concurrent changes have left for a person: a list, and a decision.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::ids::Kind;
use uuid::Uuid;

use crate::domain::earlier::{self, SNAKE};
use crate::domain::resource;
use crate::domain::shelf::RowPlace;
use crate::openapi::{Api, op, parameter};
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::routes::extract::{Bearer, Body, Parameters};
use crate::services::{Choice, Failure, Unsettled, UnsettledSide};

/// Tasks with conflicts in a page, if nothing is said, and at most.
const LIMIT: usize = 100;
const MOST: usize = 500;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListParameters {
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Conflicts {
    conflicts: Vec<Conflict>,
    /// For the parameter `cursor`; null on the last page.
    next_cursor: Option<String>,
}

/// Something that no rule decides.
#[derive(Debug, Serialize, JsonSchema)]
struct Conflict {
    id: Uuid,
    #[serde(rename = "type")]
    kind: &'static str,
    entity_id: Uuid,
    title: String,
    /// Such as `status`; `deleted`, where somebody changed what somebody else deleted.
    field: String,
    /// What you meant, if you meant anything.
    local: Side,
    /// What somebody else meant.
    remote: Side,
    /// What everybody meant, in the order in which it came.
    sides: Vec<Side>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Side {
    value: Value,
    user_id: Option<Uuid>,
    /// What their device is called.
    device: Option<String>,
    at: Value,
}

/// A decision.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Resolve {
    choice: Which,
    /// What it is to be, with `custom`.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    value: Value,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Which {
    Local,
    Remote,
    Custom,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Settled {
    id: Uuid,
    resolved: bool,
    #[serde(rename = "type")]
    kind: &'static str,
    /// As it is now.
    entity: Value,
}

pub(super) fn routes(api: &mut Api) {
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": MOST, "examples": [LIMIT] });
    let id = "01a1ff7c-7868-77ec-ac9f-5b3194bf5f81";
    let side = |value: &str| {
        let user = "01a1ff7c-7797-7383-8036-4ad6aa59b587";
        json!({ "value": value, "user_id": user, "device": "Phone", "at": "2026-02-21T10:30:00Z" })
    };
    let (local, remote) = (side("done"), side("cancelled"));
    let example = json!({
        "id": id, "type": "task", "entity_id": id, "title": "Mend the net", "field": "status", "local": local,
        "remote": remote, "sides": [local, remote],
    });
    let all = op("Earlier clients", "What people should decide")
        .about("Two people meant something else at the same time, and no rule says what counts.")
        .bearer()
        .query([
            parameter("limit", "Of how many tasks.", limit),
            parameter("cursor", "Where the page before ended.", json!({ "type": "string" })),
        ])
        .gives::<Conflicts>(StatusCode::OK, "A page.", json!({ "conflicts": [example], "next_cursor": null }));
    api.get("/api/sync/conflicts", list, all);
    let row = resource::example(Kind::Task, resource::Told::Shown);
    let one = op("Earlier clients", "Decide one")
        .about("What was decided has seen what everybody meant. One that is settled meanwhile is not there any more.")
        .writes()
        .id("id", "Which one.")
        .takes::<Resolve>(json!({ "choice": "local" }))
        .gives::<Settled>(
            StatusCode::OK,
            "What it is about, as it is now.",
            json!({ "id": id, "resolved": true, "type": "task", "entity": row }),
        );
    api.post("/api/sync/conflicts/{id}/resolve", resolve, one);
}

async fn list(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    Parameters(asked): Parameters<ListParameters>,
) -> Result<Json<Conflicts>, ApiProblem> {
    let invalid = |detail: String| ApiProblem::invalid(StatusCode::BAD_REQUEST, detail);
    let limit = asked.limit.unwrap_or(LIMIT);
    if !(1..=MOST).contains(&limit) {
        return Err(invalid(format!("The parameter `limit` must be from 1 to {MOST}.")));
    }
    let after = match &asked.cursor {
        None => None,
        Some(cursor) => {
            let place = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|json| serde_json::from_slice(&json).ok());
            let wrong = "The parameter `cursor` must be the `next_cursor` of the page before.";
            Some(place.ok_or_else(|| invalid(wrong.to_owned()))?)
        }
    };
    let (found, next) = app.services.unsettled(&member, after, limit).await?;
    let cursor = |place: RowPlace| URL_SAFE_NO_PAD.encode(json!(place).to_string());
    Ok(Json(Conflicts { conflicts: found.iter().map(conflict).collect(), next_cursor: next.map(cursor) }))
}

fn conflict(one: &Unsettled) -> Conflict {
    let Unsettled { conflict, local, remote, sides } = one;
    Conflict {
        id: conflict.id,
        kind: SNAKE.kind(conflict.entity.kind()),
        entity_id: conflict.entity.uuid(),
        title: conflict.title.clone(),
        field: SNAKE.field(&conflict.name()),
        local: side(local),
        remote: side(remote),
        sides: sides.iter().map(side).collect(),
    }
}

fn side(one: &UnsettledSide) -> Side {
    Side {
        value: one.side.value.clone(),
        user_id: one.author.as_ref().map(|(user, _)| user.0),
        device: one.author.as_ref().map(|(_, device)| device.clone()),
        at: resource::time(one.side.at),
    }
}

async fn resolve(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Result<Path<Uuid>, PathRejection>,
    Body(body): Body<Resolve>,
) -> Result<Json<Settled>, ApiProblem> {
    let Path(id) = named.map_err(|_| Failure::NoConflict)?;
    let choice = match (body.choice, body.value) {
        (Which::Local, Value::Null) => Choice::Local,
        (Which::Remote, Value::Null) => Choice::Remote,
        (Which::Custom, value) => Choice::Custom(value),
        _ => {
            let detail = "A `value` goes with the choice `custom`. Leave it out, or choose `custom`.";
            return Err(ApiProblem::invalid(StatusCode::UNPROCESSABLE_ENTITY, detail));
        }
    };
    let row = app.services.settle(&member, id, &choice).await?;
    let entity = json!(earlier::show(&row, SNAKE));
    Ok(Json(Settled { id, resolved: true, kind: SNAKE.kind(row.id.kind()), entity }))
}
