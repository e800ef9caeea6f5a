//! The shapes that clients of earlier systems speak. The names of fields are theirs.

pub(crate) mod clocks;
mod conflicts;
mod everything;

use serde_json::{Value as Json, json};
use shared::ids::Kind;

use crate::domain::earlier::{self, Operation, Words};
use crate::domain::resource;
use crate::openapi::Api;
use crate::problem::ApiProblem;
use crate::services::{EarlierDone, EarlierResult, Failure};

/// Changes that one request may bring.
pub(crate) const CHANGES: usize = 100;

pub(crate) fn routes(api: &mut Api) {
    everything::routes(api);
    conflicts::routes(api);
}

fn check_count(changes: &[Json]) -> Result<(), ApiProblem> {
    if changes.len() <= CHANGES {
        return Ok(());
    }
    let detail = format!("A request brings at most {CHANGES} changes. Send several requests.");
    Err(ApiProblem::invalid(axum::http::StatusCode::UNPROCESSABLE_ENTITY, detail))
}

/// Why a change was not made.
fn error(failure: Failure) -> Json {
    let problem = ApiProblem::from(failure);
    json!({ "code": problem.word(), "message": problem.body().detail })
}

/// What a result is about.
struct About {
    local: Option<String>,
    kind: Option<&'static str>,
    operation: Option<&'static str>,
}

impl About {
    fn of(result: &EarlierResult) -> Self {
        let name = |(kind, words): (Kind, Words)| words.kind(kind);
        Self {
            local: result.local_id.clone(),
            kind: result.kind.map(name),
            operation: result.operation.map(Operation::name),
        }
    }
}

/// What differs from what a client sent, if anything does: what it sent, what is, and what of that it lacks.
fn conflict(done: &EarlierDone, words: Words) -> Option<Json> {
    let conflict = done.conflict.as_ref()?;
    let named = |name: &str| words.field(name);
    Some(json!({
        named("fields"): conflict.fields.iter().map(|field| words.field(field)).collect::<Vec<_>>(),
        named("server_data"): earlier::show(&done.row, words),
        named("client_data"): conflict.sent,
        named("server_version"): done.row.ver,
        named("resolution_suggested"): conflict.suggested(&done.row, words),
    }))
}

/// When a row last changed.
fn updated_at(row: &shared::row::Row) -> Json {
    resource::time(row.updated.at)
}
