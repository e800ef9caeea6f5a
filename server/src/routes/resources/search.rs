//! Searching: tasks by words, the best first, and where the words are.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json_, json};
use shared::ids::Kind;
use shared::query::search::Source;

use super::super::extract::{Bearer, Parameters};
use super::asked::{Cursor, ListParameters, invalid, limit};
use crate::domain::resource::{self, Object, Told};
use crate::domain::shelf::Match;
use crate::openapi::{Api, op, parameter, row};
use crate::problem::ApiProblem;
use crate::router::AppState;

/// Characters of a query.
const QUERY: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    q: String,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// A page of what was found.
#[derive(Serialize)]
pub(super) struct Page {
    items: Vec<Item>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct Item {
    task: Object,
    rank: u32,
    matches: Vec<Json_>,
}

pub(super) fn routes(api: &mut Api) {
    let words = parameter(
        "q",
        "Words, or their beginnings: each must be in the task's key, title, tags, description or notes, or in what is said on it.",
        json!({ "type": "string", "maxLength": QUERY, "examples": ["net"] }),
    );
    let cursor = parameter("cursor", "The `next_cursor` of the page before.", json!({ "type": "string" }));
    let task = resource::example(Kind::Task, Told::Shown);
    let found = json!({ "field": "title", "comment": null, "excerpt": "Mend the net", "marks": [[9, 12]] });
    let found = json!({ "items": [{ "task": task, "rank": 6, "matches": [found] }], "next_cursor": null });
    let search = op("search", "Tasks by words")
        .about(
            "As in the app: the best first, of equals the one made last. `matches` says which field has the words, with an \
             excerpt of it and where in the excerpt they are, in characters.",
        )
        .bearer()
        .needs(words)
        .query([limit(), cursor])
        .gives_as(StatusCode::OK, "A page.", schema(), found);
    api.get("/api/search", search_tasks, search);
}

fn schema() -> Json_ {
    let mark = json!({ "type": "array", "items": { "type": "integer", "minimum": 0 }, "minItems": 2, "maxItems": 2 });
    let found = json!({
        "type": "object", "required": ["field", "comment", "excerpt", "marks"], "additionalProperties": false,
        "properties": {
            "field": { "enum": ["key", "title", "tags", "description", "notes", "comment"] },
            "comment": { "type": ["string", "null"], "format": "uuid", "description": "Which one." },
            "excerpt": { "type": "string" },
            "marks": { "type": "array", "items": mark, "description": "Where the words begin and end." },
        },
    });
    let item = json!({
        "type": "object", "required": ["task", "rank", "matches"], "additionalProperties": false,
        "properties": {
            "task": row(Kind::Task, Told::Shown), "rank": { "type": "integer", "minimum": 1 },
            "matches": { "type": "array", "items": found },
        },
    });
    json!({
        "type": "object", "required": ["items", "next_cursor"], "additionalProperties": false,
        "properties": {
            "items": { "type": "array", "items": item },
            "next_cursor": { "type": ["string", "null"], "description": "For `cursor`; `null` on the last page." },
        },
    })
}

async fn search_tasks(
    State(app): State<AppState>,
    Bearer(member): Bearer,
    Parameters(Asked { q, limit, cursor }): Parameters<Asked>,
) -> Result<Json<Page>, ApiProblem> {
    if q.chars().count() > QUERY {
        return Err(invalid(format!("The parameter `q` must have at most {QUERY} characters.")));
    }
    let asked = ListParameters::page(limit, cursor);
    let limit = asked.limit()?;
    let after = match asked.cursor()? {
        None => None,
        Some(Cursor::Hit { q: of, place }) if of == q => Some(place),
        Some(_) => return Err(invalid("The cursor is of another list. Begin again without it.")),
    };
    let listing = app.services.search(&member, &q, after, limit).await?;
    let items = listing.items.into_iter().map(|found| Item {
        task: found.task,
        rank: found.rank,
        matches: found.matches.into_iter().map(matched).collect(),
    });
    let items = items.collect();
    let next_cursor = listing.next.map(|place| Cursor::Hit { q, place }.encode());
    Ok(Json(Page { items, next_cursor }))
}

fn matched(Match { source, excerpt, marks }: Match) -> Json_ {
    let (field, comment) = match source {
        Source::Key => ("key", None),
        Source::Title => ("title", None),
        Source::Tags => ("tags", None),
        Source::Description => ("description", None),
        Source::Notes => ("notes", None),
        Source::Comment(id) => ("comment", Some(id)),
    };
    let marks: Vec<[usize; 2]> = marks.into_iter().map(|mark| [mark.start, mark.end]).collect();
    json!({ "field": field, "comment": comment, "excerpt": excerpt, "marks": marks })
}
