//! Calendars by a secret address.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use exchange::Format;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use shared::feed::{CreatedFeed, Feed, NewFeed};
use shared::protocol::kind;
use uuid::Uuid;

use super::extract::{Bearer, Body};
use super::resources::unchanged;
use crate::openapi::{Api, op};
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::services::Failure;

/// A member's calendars.
#[derive(Serialize, JsonSchema)]
struct Feeds {
    items: Vec<Feed>,
}

const GROUP: &str = "Calendars";

/// A calendar program may keep it, and asks each time whether it has changed.
const CACHING: &str = "private, no-cache";

pub(crate) fn routes(api: &mut Api) {
    let about = json!({
        "id": "01a1ff7c-7868-77ec-ac9f-5b3194bf5f81", "name": "My tasks", "mine": true,
        "created_at": 1_772_355_600_000_i64, "last_used_at": null,
    });
    let all = op(GROUP, "One's calendars").bearer();
    api.get("/api/feeds", list, all.gives::<Feeds>(StatusCode::OK, "Without secrets.", json!({ "items": [about] })));
    let mut made = about;
    made["path"] = json!("/api/feeds/….ics");
    let new = op(GROUP, "Make a calendar")
        .about("Only who is signed in does. Whoever knows its address reads the calendar, until it is ended.")
        .writes()
        .takes::<NewFeed>(json!({ "name": "My tasks", "mine": true }))
        .problem(StatusCode::NOT_FOUND, kind::NOT_FOUND)
        .gives::<CreatedFeed>(StatusCode::CREATED, "With its address, once.", made);
    api.post("/api/feeds", create, new);
    let over = op(GROUP, "End a calendar").writes().id("id", "The calendar.");
    api.delete(
        "/api/feeds/{id}",
        end,
        over.gives_nothing(StatusCode::NO_CONTENT, "Nothing is at its address any more."),
    );
    let calendar = op(GROUP, "A calendar, for calendar programs")
        .about("iCalendar (RFC 5545): tasks as to-dos, and due dates as events. Needs nothing but the address.")
        .name("id", "The secret, with `.ics` behind it.", "c2VjcmV0.ics")
        .header("If-None-Match", "The tag of what is known already.", "\"5f81\"")
        .gives_bytes(StatusCode::OK, "The calendar.", "text/calendar")
        .with_header("ETag", "Of what is in it.")
        .with_header("Cache-Control", "Whose it is to keep.")
        .gives_nothing(StatusCode::NOT_MODIFIED, "It is still what is known already.");
    api.get("/api/feeds/{id}", show, calendar);
}

async fn list(State(app): State<AppState>, Bearer(member): Bearer) -> Result<Json<Feeds>, ApiProblem> {
    Ok(Json(Feeds { items: app.services.feeds(&member).await? }))
}

async fn create(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    Body(new): Body<NewFeed>,
) -> Result<(StatusCode, Json<CreatedFeed>), ApiProblem> {
    Ok((StatusCode::CREATED, Json(app.services.create_feed(&member, new).await?)))
}

async fn end(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<StatusCode, ApiProblem> {
    let Path(id) = id.map_err(|_| Failure::NotFound)?;
    app.services.end_feed(&member, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn show(
    State(app): State<AppState>,
    secret: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let Path(secret) = secret.map_err(|_| Failure::NotFound)?;
    let calendar = app.services.calendar(&secret).await?;
    let tag = format!("\"{:x}\"", Sha256::digest(&calendar));
    let head = [(CACHE_CONTROL, CACHING.to_owned()), (ETAG, tag.clone())];
    if unchanged(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, head).into_response());
    }
    let media_type = [(CONTENT_TYPE, Format::Ics.media_type())];
    Ok((head, media_type, calendar).into_response())
}
