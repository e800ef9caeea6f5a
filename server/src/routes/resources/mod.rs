//! Rows by REST: the same for every kind, because a row is a row.

pub(super) mod answer;
pub(super) mod asked;
mod etag;
mod search;
mod table;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::ETAG;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value as Json_, json};
use shared::ids::{EntityId, Kind};
use uuid::Uuid;

use super::extract::{Bearer, Parameters};
use super::once::{Key, Keyed};
use crate::domain::resource::{InvalidResource, Object};
use crate::member::Member;
use crate::problem::ApiProblem;
use crate::router::AppState;
use crate::services::{Change, Failure, Once, What};

use asked::{Cursor, HistoryParameters, ListParameters};
use etag::{etag, only_if};

pub(super) use etag::unchanged;
pub use table::COLLECTIONS;
pub(crate) use table::routes;

/// How many changes one request may ask for.
pub(in crate::routes) const CHANGES: usize = 100;

/// A page of a list.
#[derive(Serialize)]
struct Page {
    items: Vec<Object>,
    /// For the parameter `cursor`; `null` on the last page.
    next_cursor: Option<String>,
}

/// Whom a path names. What is no id is nobody's.
type Named = Result<Path<Uuid>, PathRejection>;

fn entity(kind: Kind, named: Named) -> Result<EntityId, Failure> {
    named.map(|Path(id)| kind.of(id)).map_err(|_| Failure::NotFound)
}

async fn list(
    kind: Kind,
    State(app): State<AppState>,
    Bearer(member): Bearer,
    Parameters(asked): Parameters<ListParameters>,
) -> Result<Json<Page>, ApiProblem> {
    page(&app, &member, kind, &asked).await
}

async fn page(app: &AppState, member: &Member, kind: Kind, asked: &ListParameters) -> Result<Json<Page>, ApiProblem> {
    let limit = asked.limit()?;
    if kind == Kind::Task {
        let question = asked.question(member.user(), limit)?;
        let sort = question.sort.clone();
        let listing = app.services.list_tasks(member, &question).await?;
        let next_cursor = listing.next.map(|place| Cursor::Task { sort, place }.encode());
        return Ok(Json(Page { items: listing.items, next_cursor }));
    }
    let listing = app.services.list_rows(member, asked.selection(kind, limit)?).await?;
    let next_cursor = listing.next.map(|place| Cursor::Row { place }.encode());
    Ok(Json(Page { items: listing.items, next_cursor }))
}

async fn show(
    kind: Kind,
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Named,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let object = app.services.show(&member, entity(kind, named)?).await?;
    let tag = etag(&object);
    if unchanged(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(([(ETAG, tag)], Json(object)).into_response())
}

/// A row with the tag of its version.
fn tagged(object: Object) -> Response {
    ([(ETAG, etag(&object))], Json(object)).into_response()
}

async fn me(State(app): State<AppState>, Bearer(member): Bearer) -> Result<Response, ApiProblem> {
    let object = app.services.show(&member, member.user().into()).await?;
    Ok(tagged(object))
}

/// One object makes one row; a list makes several, each with an answer of its own.
async fn create(
    name: &'static str,
    kind: Kind,
    State(app): State<AppState>,
    Bearer(member): Bearer,
    Keyed(body, once): Keyed<Json_>,
) -> Result<Response, ApiProblem> {
    match body {
        Json_::Object(body) => created(&app, &member, name, creation(kind, body)?, once).await,
        Json_::Array(bodies) => {
            let changes = each(bodies, |body| creation(kind, body))?;
            let word = |results| answer::several(results, StatusCode::CREATED);
            Ok(answer::response(app.services.change(&member, changes, once, word).await?))
        }
        _ => Err(no_object()),
    }
}

async fn created(
    app: &AppState,
    member: &Member,
    name: &str,
    change: Change,
    once: Option<Once>,
) -> Result<Response, ApiProblem> {
    let id = change.entity.uuid().to_string();
    let location = table::address(name, change.entity.kind()).replace("{id}", &id);
    let word = |results| answer::one(results, StatusCode::CREATED, Some(location));
    Ok(answer::response(app.services.change(member, vec![change], once, word).await?))
}

/// A creation under the id that the client gives, or a new one.
fn creation(kind: Kind, body: Object) -> Result<Change, ApiProblem> {
    let id = match body.get("id") {
        None => Uuid::now_v7(),
        Some(_) => id_of(&body)?,
    };
    Ok(Change { entity: kind.of(id), only_if: None, what: What::Create(body) })
}

fn id_of(body: &Object) -> Result<Uuid, ApiProblem> {
    let id = body.get("id").and_then(Json_::as_str).and_then(|id| id.parse().ok());
    id.ok_or_else(|| Failure::from(InvalidResource::Value { name: "id".into(), expected: "a UUID" }).into())
}

async fn patch(
    kind: Kind,
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Named,
    headers: HeaderMap,
    Keyed(body, once): Keyed<Object>,
) -> Result<Response, ApiProblem> {
    let change = patching(entity(kind, named)?, only_if(&headers)?, body)?;
    patched(&app, &member, change, once).await
}

async fn patched(app: &AppState, member: &Member, change: Change, once: Option<Once>) -> Result<Response, ApiProblem> {
    let word = |results| answer::one(results, StatusCode::OK, None);
    Ok(answer::response(app.services.change(member, vec![change], once, word).await?))
}

/// A list of objects that each name their `id`.
async fn patch_many(
    kind: Kind,
    State(app): State<AppState>,
    Bearer(member): Bearer,
    Keyed(bodies, once): Keyed<Vec<Json_>>,
) -> Result<Response, ApiProblem> {
    let changes = each(bodies, |body| patching(kind.of(id_of(&body)?), None, body))?;
    let word = |results| answer::several(results, StatusCode::OK);
    Ok(answer::response(app.services.change(&member, changes, once, word).await?))
}

/// A patch that names the version its author looked at is merged like any change that was made beside others.
fn patching(entity: EntityId, only_if: Option<u64>, mut body: Object) -> Result<Change, ApiProblem> {
    let seen = match body.remove("version") {
        None | Some(Json_::Null) => None,
        Some(version) => {
            let invalid = InvalidResource::Value { name: "version".into(), expected: "a version that you were shown" };
            Some(version.as_u64().ok_or(Failure::from(invalid))?)
        }
    };
    Ok(Change { entity, only_if, what: What::Patch { body, seen } })
}

async fn delete(
    kind: Kind,
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Named,
    headers: HeaderMap,
    Key(once): Key,
) -> Result<Response, ApiProblem> {
    let change = Change { entity: entity(kind, named)?, only_if: only_if(&headers)?, what: What::Delete };
    Ok(answer::response(app.services.change(&member, vec![change], once, answer::gone).await?))
}

async fn archive(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Named,
    headers: HeaderMap,
    Key(once): Key,
) -> Result<Response, ApiProblem> {
    let body = Object::from_iter([("archived".to_owned(), json!(true))]);
    let change = patching(entity(Kind::Project, named)?, only_if(&headers)?, body)?;
    patched(&app, &member, change, once).await
}

/// What is said of a task, or attached to it.
async fn on_task(
    kind: Kind,
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Named,
    Parameters(asked): Parameters<ListParameters>,
) -> Result<Json<Page>, ApiProblem> {
    let task = entity(Kind::Task, named)?;
    app.services.show(&member, task).await?; // of what is not there, there is no list
    let asked = asked.about(task.uuid());
    page(&app, &member, kind, &asked).await
}

/// `part` is what rows of the kind are called.
async fn put_on_task(
    kind: Kind,
    part: &'static str,
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Named,
    Keyed(mut body, once): Keyed<Object>,
) -> Result<Response, ApiProblem> {
    let task = entity(Kind::Task, named)?;
    app.services.show(&member, task).await?;
    body.insert("task".to_owned(), json!(task.uuid()));
    created(&app, &member, part, creation(kind, body)?, once).await
}

async fn history(
    kind: Kind,
    State(app): State<AppState>,
    Bearer(member): Bearer,
    named: Named,
    Parameters(asked): Parameters<HistoryParameters>,
) -> Result<Json<Json_>, ApiProblem> {
    let (before, limit) = asked.read()?;
    let entries = app.services.history(&member, entity(kind, named)?, before, limit + 1).await?;
    let next = (entries.len() > limit).then(|| entries[limit - 1].ver.to_string());
    let items: Vec<Json_> = entries.iter().take(limit).map(asked::entry).collect();
    Ok(Json(json!({ "items": items, "next_cursor": next })))
}

/// The objects of a list, each read by itself; one that is none spoils the request.
fn each(bodies: Vec<Json_>, read: impl Fn(Object) -> Result<Change, ApiProblem>) -> Result<Vec<Change>, ApiProblem> {
    if bodies.len() > CHANGES {
        let detail = format!("A request changes at most {CHANGES} rows. Send several requests.");
        return Err(ApiProblem::invalid(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    let change = |body| match body {
        Json_::Object(body) => read(body),
        _ => Err(no_object()),
    };
    bodies.into_iter().map(change).collect()
}

fn no_object() -> ApiProblem {
    ApiProblem::invalid(StatusCode::UNPROCESSABLE_ENTITY, "Send an object, or a list of objects.")
}
