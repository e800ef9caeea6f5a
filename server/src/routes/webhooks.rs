//! Webhooks: programs elsewhere that are told of what changes.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::protocol::kind;
use shared::webhook::{ChangeWebhook, CreatedWebhook, Delivery, DeliveryState, NewWebhook, Webhook, WebhookSecret};
use uuid::Uuid;

use super::extract::{Bearer, Body, Parameters};
use crate::openapi::{Api, Operation, op, parameter};
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::services::{Failure, Wanted};

const GROUP: &str = "Webhooks";

/// The organization's webhooks, the oldest first.
#[derive(Serialize, JsonSchema)]
struct Webhooks {
    items: Vec<Webhook>,
}

/// A page of the log, the latest first.
#[derive(Serialize, JsonSchema)]
struct Deliveries {
    items: Vec<Delivery>,
    /// For the parameter `cursor`; `null` on the last page.
    next_cursor: Option<Uuid>,
}

/// Deliveries of a page, if nothing is said, and at most.
const LIMIT: usize = 50;
const MOST: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    limit: Option<usize>,
    cursor: Option<Uuid>,
    state: Option<DeliveryState>,
}

pub(crate) fn routes(api: &mut Api) {
    let all = for_admins(op(GROUP, "The organization's webhooks").bearer());
    let all = all.gives::<Webhooks>(StatusCode::OK, "Without secrets.", json!({ "items": [about()] }));
    api.get("/api/webhooks", list, all);
    let new = op(GROUP, "Make a webhook")
        .about("It is told what happens from now on, at least once, in the order of each task (docs/webhooks.md).")
        .writes()
        .takes::<NewWebhook>(
            json!({ "url": "https://hooks.example.org/tern", "events": ["task.created", "task.updated"] }),
        );
    let mut made = about();
    made["secret"] = json!(SECRET);
    let new = new.gives::<CreatedWebhook>(StatusCode::CREATED, "With the secret, once.", made);
    api.post("/api/webhooks", create, new);
    one(api);
    log(api);
}

fn one(api: &mut Api) {
    let path = "/api/webhooks/{id}";
    let look = for_admins(named(op(GROUP, "A webhook").bearer()));
    api.get(path, show, look.gives::<Webhook>(StatusCode::OK, "Without its secret.", about()));
    let other = named(op(GROUP, "Change a webhook"))
        .about(
            "What happens while it is off, it is told once it is on again. Whoever switches it on owns it from then on: \
             it is told what they may see.",
        )
        .writes()
        .takes::<ChangeWebhook>(json!({ "active": false }));
    api.patch(path, change, other.gives::<Webhook>(StatusCode::OK, "As it is now.", about()));
    let gone = named(op(GROUP, "Delete a webhook")).writes();
    let gone = gone.gives_nothing(StatusCode::NO_CONTENT, "It is told nothing any more, and its log is gone.");
    api.delete(path, delete, gone);
    let secret = named(op(GROUP, "Give a webhook another secret")).writes();
    let secret = secret.about("The one before it signs as well, for a day.");
    let secret = secret.gives::<WebhookSecret>(StatusCode::CREATED, "Once.", json!({ "secret": SECRET }));
    api.post("/api/webhooks/{id}/secret", rotate, secret);
    let ping = named(op(GROUP, "Find out whether a webhook is reached")).writes();
    let ping = ping.about("Sends `ping`. What came of it is in the log.").problem(StatusCode::CONFLICT, kind::OFF);
    let waiting = json!({
        "id": ID, "event": "ping", "state": "waiting", "queued_at": 1_772_355_600_000_i64,
        "next_at": 1_772_355_600_000_i64, "attempts": [],
    });
    let ping = ping.gives::<Delivery>(StatusCode::ACCEPTED, "It is to be sent.", waiting);
    api.post("/api/webhooks/{id}/ping", send_ping, ping);
}

fn log(api: &mut Api) {
    let log = for_admins(named(op(GROUP, "What a webhook was told and is to be told").bearer()))
        .about("The latest first. What is settled stays for 30 days.")
        .query([
            parameter(
                "limit",
                "How many of them.",
                json!({ "type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT, "examples": [LIMIT] }),
            ),
            parameter(
                "cursor",
                "The `next_cursor` of the page before.",
                json!({ "type": "string", "format": "uuid", "examples": [ID] }),
            ),
            parameter(
                "state",
                "Only those that are as far.",
                json!({ "enum": DeliveryState::ALL.map(DeliveryState::name), "examples": ["failed"] }),
            ),
        ]);
    let page = json!({ "items": [delivery()], "next_cursor": null });
    let log = log.gives::<Deliveries>(StatusCode::OK, "A page.", page);
    api.get("/api/webhooks/{id}/deliveries", deliveries, log);
    let again = named(op(GROUP, "Send a delivery once more"))
        .about("At once, and then as often as a new one, whatever came of it before.")
        .writes()
        .id("delivery", "The delivery.")
        .problem(StatusCode::CONFLICT, kind::OFF)
        .gives::<Delivery>(StatusCode::ACCEPTED, "It is to be sent.", delivery());
    api.post("/api/webhooks/{id}/deliveries/{delivery}/retry", retry, again);
}

fn for_admins(operation: Operation) -> Operation {
    operation.problem(StatusCode::FORBIDDEN, kind::NOT_ALLOWED)
}

fn named(operation: Operation) -> Operation {
    operation.id("id", "The webhook.")
}

const ID: &str = "01a1ff7c-7868-77ec-ac9f-5b3194bf5f81";
const SECRET: &str = "whsec_3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn about() -> Value {
    json!({
        "id": ID, "url": "https://hooks.example.org/tern", "events": ["task.created", "task.updated"], "projects": [],
        "active": true, "note": null, "owner": "01a1ff7c-7868-77ec-ac9f-5b3194bf5f82", "version": 17,
        "failing_since": null, "created_at": 1_772_355_600_000_i64, "updated_at": 1_772_355_600_000_i64,
    })
}

fn delivery() -> Value {
    json!({
        "id": ID, "event": "task.updated", "state": "waiting", "queued_at": 1_772_355_600_000_i64,
        "next_at": 1_772_355_601_000_i64,
        "attempts": [
            { "at": 1_772_355_600_000_i64, "took": 31, "status": 503, "error": null, "response": "Come back later" },
        ],
    })
}

async fn list(State(app): State<AppState>, Bearer(member): Bearer) -> Result<Json<Webhooks>, ApiProblem> {
    Ok(Json(Webhooks { items: app.services.webhooks(&member).await? }))
}

async fn create(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    Body(new): Body<NewWebhook>,
) -> Result<(StatusCode, Json<CreatedWebhook>), ApiProblem> {
    Ok((StatusCode::CREATED, Json(app.services.create_webhook(&member, new).await?)))
}

/// Which one a path names. What is no id is nobody's.
type Named = Result<Path<Uuid>, PathRejection>;

fn webhook(named: Named) -> Result<Uuid, Failure> {
    named.map(|Path(id)| id).map_err(|_| Failure::NotFound)
}

async fn show(State(app): State<AppState>, Bearer(member): Bearer, named: Named) -> Result<Json<Webhook>, ApiProblem> {
    Ok(Json(app.services.webhook(&member, webhook(named)?).await?))
}

async fn change(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Named,
    Body(wanted): Body<ChangeWebhook>,
) -> Result<Json<Webhook>, ApiProblem> {
    Ok(Json(app.services.change_webhook(&member, webhook(named)?, wanted).await?))
}

async fn delete(State(app): State<AppState>, Bearer(member): Bearer, named: Named) -> Result<StatusCode, ApiProblem> {
    app.services.delete_webhook(&member, webhook(named)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn rotate(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Named,
) -> Result<(StatusCode, Json<WebhookSecret>), ApiProblem> {
    Ok((StatusCode::CREATED, Json(app.services.rotate_secret(&member, webhook(named)?).await?)))
}

async fn send_ping(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Named,
) -> Result<(StatusCode, Json<Delivery>), ApiProblem> {
    Ok((StatusCode::ACCEPTED, Json(app.services.ping_webhook(&member, webhook(named)?).await?)))
}

async fn deliveries(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Named,
    Parameters(Asked { limit, cursor, state }): Parameters<Asked>,
) -> Result<Json<Deliveries>, ApiProblem> {
    let limit = limit.unwrap_or(LIMIT);
    if !(1..=MOST).contains(&limit) {
        let detail = format!("The parameter `limit` must be from 1 to {MOST}.");
        return Err(ApiProblem::invalid(StatusCode::BAD_REQUEST, detail));
    }
    let wanted = Wanted { webhook: webhook(named)?, state, before: cursor, limit: limit + 1 };
    let mut items = app.services.deliveries(&member, wanted).await?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = items.last().filter(|_| more).map(|last| last.id);
    Ok(Json(Deliveries { items, next_cursor }))
}

async fn retry(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Result<Path<(Uuid, Uuid)>, PathRejection>,
) -> Result<(StatusCode, Json<Delivery>), ApiProblem> {
    let Path((webhook, delivery)) = named.map_err(|_| Failure::NotFound)?;
    Ok((StatusCode::ACCEPTED, Json(app.services.retry_delivery(&member, webhook, delivery).await?)))
}
