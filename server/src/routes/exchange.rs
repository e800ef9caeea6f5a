//! Files out of an organization and into one.

use std::io::Read as _;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use exchange::Format;
use exchange::read::{BYTES, Source};
use exchange::report::Report;
use futures::stream;
use serde::Deserialize;
use serde_json::{Value as Json_, json};
use shared::ids::{Kind, ProjectId};
use shared::protocol::kind;
use shared::workflow::Status;

use super::extract::{Bearer, Parameters, read};
use crate::openapi::{Api, Operation, Parameter, op, parameter};
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::services::{Exported, Failure, Import};

const GROUP: &str = "Export and import";

/// Where files are taken in.
pub(super) const IMPORT: &str = "/api/import";

/// Bytes of a piece of a file on its way out.
const PIECE: usize = 256 * 1024;

pub(crate) fn routes(api: &mut Api) {
    let formats: Vec<&str> = Format::ALL.into_iter().map(Format::name).collect();
    let out = op(GROUP, "Everything that one may see, as a file")
        .about(
            "JSON is complete, and imported into an empty organization it gives an equal one; the other forms have tasks \
             only. Contents of attached files are in none.",
        )
        .bearer()
        .needs(parameter("format", "Its form.", json!({ "enum": formats, "examples": ["json"] })))
        .query([project("Only of this project.")])
        .problem(StatusCode::NOT_FOUND, kind::NOT_FOUND)
        .problem(StatusCode::TOO_MANY_REQUESTS, kind::BUSY)
        .gives_bytes(StatusCode::OK, "The file.", "application/json")
        .or_as("text/csv")
        .or_as("text/markdown")
        .or_as("text/calendar")
        .with_header("Content-Disposition", "A name for it.");
    api.get("/api/export", export, out);
    let sources: Vec<&str> = Source::ALL.into_iter().map(Source::name).collect();
    let into = op(GROUP, "Take a file in")
        .about(
            "All of it in one transaction. What is there already stays as it is, so the same file can be sent again. The \
             body is the file, whatever its content type says.",
        )
        .writes()
        .query([
            parameter("format", "Whose form it has; left out, what it looks like.", json!({ "enum": sources })),
            parameter("dry_run", "Whether it is only to be tried.", json!({ "type": "boolean", "examples": [true] })),
            project("Where its tasks go, whatever it says."),
        ])
        .takes_bytes()
        .or_takes("application/json")
        .or_takes("text/csv")
        .problem(StatusCode::NOT_FOUND, kind::NOT_FOUND)
        .problem(StatusCode::UNPROCESSABLE_ENTITY, kind::INVALID)
        .problem(StatusCode::TOO_MANY_REQUESTS, kind::BUSY);
    api.post(IMPORT, import, reported(into));
}

fn project(about: &'static str) -> Parameter {
    parameter("project", about, json!({ "type": "string", "format": "uuid" }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportParameters {
    format: String,
    project: Option<ProjectId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportParameters {
    format: Option<String>,
    dry_run: Option<bool>,
    project: Option<ProjectId>,
}

/// The one of these that has a name.
fn named<T: Copy>(all: &[T], name_of: fn(T) -> &'static str, name: &str) -> Result<T, ApiProblem> {
    all.iter().copied().find(|one| name_of(*one) == name).ok_or_else(|| {
        let names: Vec<&str> = all.iter().copied().map(name_of).collect();
        let detail = format!("The parameter `format` must be one of these: {}.", names.join(", "));
        ApiProblem::invalid(StatusCode::BAD_REQUEST, detail)
    })
}

async fn export(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    Parameters(asked): Parameters<ExportParameters>,
) -> Result<Response, ApiProblem> {
    let format = named(&Format::ALL, Format::name, &asked.format)?;
    let turn = app.services.begin_exchange(&member)?;
    let (file, length) = app.services.export(&member, format, asked.project).await?;
    // Somebody may take long to have it all; that keeps nobody waiting.
    drop(turn);
    let name = format!("attachment; filename=\"tern.{}\"", format.ending());
    let head = [
        (CONTENT_TYPE, format.media_type().to_owned()),
        (CONTENT_DISPOSITION, name),
        (CONTENT_LENGTH, length.to_string()),
    ];
    Ok((head, sent(file)).into_response())
}

/// A file as a body, piece by piece.
fn sent(file: Exported) -> axum::body::Body {
    let pieces = stream::try_unfold(file, |mut file| async move {
        let read = tokio::task::spawn_blocking(move || {
            let mut piece = vec![0; PIECE];
            let length = file.read(&mut piece)?;
            piece.truncate(length);
            Ok::<_, std::io::Error>((piece, file))
        });
        let (piece, file) = read.await.map_err(std::io::Error::other)??;
        Ok::<_, std::io::Error>((!piece.is_empty()).then_some((piece, file)))
    });
    axum::body::Body::from_stream(pieces)
}

async fn import(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    Parameters(asked): Parameters<ImportParameters>,
    request: Request,
) -> Result<Json<Report>, ApiProblem> {
    let source = asked.format.map(|name| named(&Source::ALL, Source::name, &name)).transpose()?;
    if !member.may_write() {
        return Err(Failure::ReadOnly.into());
    }
    let _turn = app.services.begin_exchange(&member)?;
    let file = read(request.into_body(), BYTES).await?;
    let wanted = Import { source, project: asked.project, dry_run: asked.dry_run.unwrap_or_default() };
    Ok(Json(app.services.import(&member, wanted, file).await?))
}

/// A report, for the document.
fn reported(operation: Operation) -> Operation {
    let count = json!({ "type": "integer", "minimum": 0 });
    let text = json!({ "type": ["string", "null"] });
    let object = |properties: Json_| {
        let needed: Vec<&String> = properties.as_object().into_iter().flat_map(|all| all.keys()).collect();
        json!({ "type": "object", "required": needed, "additionalProperties": false, "properties": properties })
    };
    let map = |of: Json_| json!({ "type": "object", "additionalProperties": of });
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    let counts = json!({ "type": "object", "propertyNames": { "enum": kinds }, "additionalProperties": count });
    let problem = object(json!({
        "line": count, "column": text, "value": text, "reason": { "type": "string" },
        "left_out": { "enum": ["row", "value"] },
    }));
    let mapped = object(json!({
        "columns": map(text.clone()),
        "people": map(json!({ "type": ["string", "null"], "format": "uuid" })),
        "statuses": map(json!({ "enum": Status::ALL })),
    }));
    let content = object(json!({
        "stated": text, "intact": { "type": "boolean" }, "here": { "type": "string" }, "equal": { "type": "boolean" },
    }));
    let mut schema = object(json!({
        "dry_run": { "type": "boolean" }, "format": { "type": "string" }, "made": counts, "there": counts,
        "problems": { "type": "array", "items": problem }, "more_problems": count, "mapped": mapped, "content": content,
    }));
    if let Some(needed) = schema["required"].as_array_mut() {
        needed.retain(|name| name != "content"); // only of what is complete
    }
    let example = json!({
        "dry_run": true, "format": "todoist", "made": { "project": 1, "task": 12 }, "there": {},
        "problems": [{
            "line": 7, "column": "date", "value": "next week", "left_out": "value",
            "reason": "This is not a day such as 2026-03-01; it is left out.",
        }],
        "more_problems": 0,
        "mapped": { "columns": { "CONTENT": "title, name or body" }, "people": { "Ada": null }, "statuses": {} },
    });
    operation.gives_as(StatusCode::OK, "What came of it.", schema, example)
}
