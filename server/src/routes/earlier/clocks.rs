//! Push and pull of clients that say by vector clocks what they know. At the addresses of Tern's own devices, and told from
//! them by `client_id`.

use axum::extract::{FromRequest, Request};
use schemars::JsonSchema;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::ids::Kind;

use super::{About, check_count, conflict, error};
use crate::domain::earlier::{self, KINDS, SNAKE};
use crate::member::Member;
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::routes::extract::{Bytes, demand_json, read_json};
use crate::services::{Failure, Services};

/// Rows of a page, if nothing is said, and at most.
const MOST: usize = 1_000;

/// What is sent by a client that names itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PushByClock {
    #[schemars(length(min = 1, max = 200))]
    client_id: String,
    /// Each an object with `id`, `type`, `vector_clock` and `data`, or with `deleted`. One that is otherwise is answered with
    /// what is wrong with it.
    #[schemars(length(max = 100))]
    entities: Vec<Value>,
}

/// What came of each.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PushedByClock {
    results: Vec<ClockResult>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ClockResult {
    id: Option<String>,
    server_id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    success: bool,
    /// What the client knows of it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    vector_clock: Option<Value>,
    /// What it does not know: others have changed it, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    conflict: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

/// What is asked for by a client that names itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PullByClock {
    #[schemars(length(min = 1, max = 200))]
    client_id: String,
    /// What the last answer gave as `last_sync`; null in the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// Of which types; of all, if none are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    types: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000))]
    limit: Option<usize>,
}

/// What has changed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PulledByClock {
    /// Each with `id`, `type`, `version`, `vector_clock`, `deleted` and `data`.
    entities: Vec<Value>,
    last_sync: String,
    has_more: bool,
}

/// A body of a device of Tern's, or of a client that names itself.
pub(crate) enum Either<T, U> {
    Device(T),
    Client(U),
}

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "client_id")]
    _client: IgnoredAny,
}

impl<T: DeserializeOwned, U: DeserializeOwned> FromRequest<AppState> for Either<T, U> {
    type Rejection = ApiProblem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, ApiProblem> {
        demand_json(request.headers())?;
        let Bytes(bytes) = Bytes::from_request(request, app).await?;
        match read_json(&bytes) {
            Ok(body) => Ok(Self::Device(body)),
            Err(_) if serde_json::from_slice::<Named>(&bytes).is_ok() => read_json(&bytes).map(Self::Client),
            Err(problem) => Err(problem),
        }
    }
}

/// Takes what a client sends.
pub(crate) async fn push(services: &Services, member: &Member, body: PushByClock) -> Result<PushedByClock, ApiProblem> {
    let PushByClock { client_id, entities } = body;
    check_count(&entities)?;
    let results = services.earlier_push_clocks(member, &client_id, &entities).await?;
    let result = |result| {
        let About { local: id, kind, .. } = About::of(&result);
        let (mut server_id, mut vector_clock, mut unlike, mut wrong) = (None, None, None, None);
        match result.came {
            Ok(done) => {
                server_id = Some(done.row.id.uuid().to_string());
                vector_clock = Some(json!(done.clock));
                unlike = conflict(&done, SNAKE);
            }
            Err(failure) => wrong = Some(error(failure)),
        }
        let success = server_id.is_some();
        ClockResult { id, server_id, kind, success, vector_clock, conflict: unlike, error: wrong }
    };
    Ok(PushedByClock { results: results.into_iter().map(result).collect() })
}

/// Gives a client what it lacks.
pub(crate) async fn pull(services: &Services, member: &Member, body: PullByClock) -> Result<PulledByClock, ApiProblem> {
    let PullByClock { client_id, since, types, limit } = body;
    let kinds: Result<Vec<Kind>, _> = types.iter().map(|name| earlier::kind(name).map(|(kind, _)| kind)).collect();
    let kinds = kinds.map_err(Failure::from)?;
    let kinds = if kinds.is_empty() { KINDS.to_vec() } else { kinds };
    let limit = limit.unwrap_or(MOST);
    if !(1..=MOST).contains(&limit) {
        let detail = format!("`limit` must be from 1 to {MOST}.");
        return Err(ApiProblem::invalid(axum::http::StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    let (page, clocks) = services.earlier_pull_clocks(member, &client_id, &kinds, since.as_deref(), limit).await?;
    let entity = |(row, clock): (&crate::services::EarlierRow, _)| {
        json!({
            "id": row.id.uuid(), "type": SNAKE.kind(row.id.kind()), "version": row.row.as_ref().map(|row| row.ver),
            "vector_clock": clock, "deleted": row.is_deleted(), "data": row.show(SNAKE),
        })
    };
    let entities = page.rows.iter().zip(clocks).map(entity).collect();
    Ok(PulledByClock { entities, last_sync: page.last_sync, has_more: page.has_more })
}
