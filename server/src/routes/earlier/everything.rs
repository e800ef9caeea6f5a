//! `POST /api/sync`: what was changed here, and what was changed elsewhere, in one request. In which form, its keys say.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::ids::Kind;
use shared::protocol::{PullRequest, PullResponse, PushRequest, PushResponse, kind};

use super::{About, CHANGES, check_count, conflict, error, updated_at};
use crate::domain::earlier::{SNAKE, SPACES};
use crate::openapi::{Api, op};
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::routes::extract::{Bearer, Body};
use crate::services::{EarlierPage, EarlierResult, EarlierRow};

/// Everything at once, as devices of Tern say it: first the one, then the other.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SyncBoth {
    push: PushRequest,
    pull: PullRequest,
}

/// Everything at once, of a client that names its device.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SyncByDevice {
    #[schemars(length(min = 1, max = 200))]
    device_id: String,
    /// What the last answer gave as `syncTimestamp`; null in the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_sync_timestamp: Option<String>,
    /// Each an object with `localId`, `entityType`, `operation`, `timestamp` and `data`. One that is otherwise is answered with
    /// what is wrong with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    changes: Vec<Value>,
}

/// Everything at once, of a client that names itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SyncByClient {
    #[schemars(length(min = 1, max = 200))]
    client_id: String,
    /// What the last answer gave as `last_sync`; null in the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_sync: Option<String>,
    /// Each an object with `id`, `type`, `operation`, `data` and `timestamp`. One that is otherwise is answered with what is
    /// wrong with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    changes: Vec<Value>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is needed")]
enum SyncBody {
    Both(SyncBoth),
    ByDevice(SyncByDevice),
    ByClient(SyncByClient),
}

/// What devices of Tern get.
#[derive(Debug, Serialize, JsonSchema)]
struct SyncedBoth {
    push: PushResponse,
    pull: PullResponse,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is needed")]
enum SyncAnswer {
    Both(SyncedBoth),
    ByDevice(SyncedByDevice),
    ByClient(SyncedByClient),
}

#[derive(Debug, Serialize, JsonSchema)]
struct SyncedByDevice {
    /// The request was handled; of each change, `acknowledged` says what came of it.
    success: bool,
    data: ByDevice,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ByDevice {
    acknowledged: Vec<Acknowledged>,
    conflicts: Vec<Value>,
    server_updates: ServerUpdates,
    sync_timestamp: String,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Acknowledged {
    local_id: Option<String>,
    server_id: Option<String>,
    entity_type: Option<&'static str>,
    operation: Option<&'static str>,
    success: bool,
    /// `code` and `message`, if it was not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
struct ServerUpdates {
    spaces: Vec<Value>,
    categories: Vec<Value>,
    items: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    comments: Vec<Value>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SyncedByClient {
    /// What others have changed, in the form of a change.
    server_changes: Vec<Value>,
    /// What is otherwise than it was sent, and what could not be done.
    conflicts: Vec<Value>,
    results: Vec<ClientResult>,
    last_sync: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ClientResult {
    id: Option<String>,
    server_id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    operation: Option<&'static str>,
    success: bool,
}

pub(super) fn routes(api: &mut Api) {
    let change = json!({
        "localId": "a-1", "entityType": "item", "operation": "create", "timestamp": "2025-12-29T14:31:00.000Z",
        "data": { "title": "Watch Inception", "type": "movie", "movieId": "27205" },
    });
    let request = json!({
        "deviceId": "Phone", "lastSyncTimestamp": "2025-12-29T14:30:00.000Z", "changes": [change],
    });
    let acknowledged = json!({
        "localId": "a-1", "serverId": "01a1ff7c-7868-77ec-ac9f-5b3194bf5f81", "entityType": "item",
        "operation": "create", "success": true,
    });
    let answer = json!({ "success": true, "data": {
        "acknowledged": [acknowledged], "conflicts": [], "serverUpdates": { "spaces": [], "categories": [], "items": [] },
        "syncTimestamp": "2025-12-29T14:31:02.417001Z",
    } });
    let everything = op("Earlier clients", "Send changes, and have those of others")
        .about(format!(
            "In the form that the keys of the request say: `deviceId`, `client_id`, or `push` and `pull` of Tern's own \
             protocol. At most {CHANGES} changes; each is done wholly or not at all, and none spoils another. The same change \
             sent again is done once."
        ))
        .writes()
        .takes::<SyncBody>(request)
        .problem(StatusCode::NOT_FOUND, kind::NOT_FOUND)
        .problem(StatusCode::CONFLICT, kind::EPOCH)
        .problem(StatusCode::CONFLICT, kind::GAP)
        .problem(StatusCode::CONFLICT, kind::FORKED)
        .gives::<SyncAnswer>(StatusCode::OK, "In the form of the request.", answer);
    api.post("/api/sync", sync, everything);
}

async fn sync(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    Body(body): Body<Value>,
) -> Result<Json<Value>, ApiProblem> {
    let has = |name: &str| body.get(name).is_some();
    if has("push") || has("pull") {
        let SyncBoth { push, pull } = read(body)?;
        let push = app.services.push(&member, &push).await?;
        let pull = app.services.pull(&member, &pull).await?;
        return Ok(Json(json!(SyncedBoth { push, pull })));
    }
    if has("client_id") {
        let SyncByClient { client_id, last_sync, changes } = read(body)?;
        check_count(&changes)?;
        let done = app.services.earlier_sync(&member, &client_id, last_sync.as_deref(), &changes, SNAKE).await?;
        return Ok(Json(json!(by_client(done.results, &done.page))));
    }
    let SyncByDevice { device_id, last_sync_timestamp, changes } = read(body)?;
    check_count(&changes)?;
    let since = last_sync_timestamp.as_deref();
    let done = app.services.earlier_sync(&member, &device_id, since, &changes, SPACES).await?;
    Ok(Json(json!(by_device(done.results, &done.page))))
}

fn read<T: DeserializeOwned>(body: Value) -> Result<T, ApiProblem> {
    let invalid = |error| {
        let detail = format!(
            "The JSON is not what this address expects: {error}. Send `deviceId`, `lastSyncTimestamp` and `changes`; or \
             `client_id`, `last_sync` and `changes`. See the API's documentation."
        );
        ApiProblem::invalid(StatusCode::UNPROCESSABLE_ENTITY, detail)
    };
    serde_json::from_value(body).map_err(invalid)
}

fn by_device(results: Vec<EarlierResult>, page: &EarlierPage) -> SyncedByDevice {
    let (mut acknowledged, mut conflicts) = (Vec::new(), Vec::new());
    for result in results {
        let About { local, kind, operation } = About::of(&result);
        let (server_id, error) = match result.came {
            Ok(done) => {
                let id = done.row.id.uuid().to_string();
                if let Some(mut conflict) = conflict(&done, page.words).filter(differs) {
                    conflict["localId"] = json!(local);
                    conflict["serverId"] = json!(id);
                    conflict["entityType"] = json!(kind);
                    conflict["operation"] = json!(operation);
                    conflicts.push(conflict);
                }
                (Some(id), None)
            }
            Err(failure) => (None, Some(error(failure))),
        };
        let success = error.is_none();
        acknowledged.push(Acknowledged { local_id: local, server_id, entity_type: kind, operation, success, error });
    }
    let mut updates = ServerUpdates::default();
    for row in &page.rows {
        let of = match row.id.kind() {
            Kind::Project => &mut updates.spaces,
            Kind::Section => &mut updates.categories,
            Kind::Comment => &mut updates.comments,
            _ => &mut updates.items,
        };
        of.push(json!(row.show(page.words)));
    }
    let sync_timestamp = page.last_sync.clone();
    SyncedByDevice {
        success: true,
        data: ByDevice { acknowledged, conflicts, server_updates: updates, sync_timestamp },
    }
}

/// What the client lacks beside what it sent, it gets in the same answer anyway.
fn differs(conflict: &Value) -> bool {
    conflict["fields"].as_array().is_some_and(|fields| !fields.is_empty())
}

fn by_client(sent: Vec<EarlierResult>, page: &EarlierPage) -> SyncedByClient {
    let (mut results, mut conflicts) = (Vec::new(), Vec::new());
    for result in sent {
        let About { local, kind, operation } = About::of(&result);
        let about = json!({ "id": local, "type": kind, "operation": operation });
        let (server_id, unlike) = match result.came {
            Ok(done) => (Some(done.row.id.uuid().to_string()), conflict(&done, page.words).filter(differs)),
            Err(failure) => (None, Some(json!({ "error": error(failure) }))),
        };
        if let (Some(Value::Object(mut conflict)), Value::Object(about)) = (unlike, about) {
            conflict.extend(about);
            conflicts.push(Value::Object(conflict));
        }
        results.push(ClientResult { id: local, success: server_id.is_some(), server_id, kind, operation });
    }
    let server_changes = page.rows.iter().map(|row| change(row, page)).collect();
    SyncedByClient { server_changes, conflicts, results, last_sync: page.last_sync.clone() }
}

/// What others did, as if a client had sent it.
fn change(row: &EarlierRow, page: &EarlierPage) -> Value {
    let operation = match (row.is_deleted(), row.made) {
        (true, _) => "delete",
        (false, true) => "create",
        (false, false) => "update",
    };
    json!({
        "id": row.id.uuid(), "type": page.words.kind(row.id.kind()), "operation": operation, "data": row.show(page.words),
        "timestamp": row.row.as_ref().map(updated_at),
    })
}
