//! What the query of a list asks for.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use shared::clock::Version;
use shared::date::Date;
use shared::ids::{EntityId, Kind, ProjectId, TaskId, UserId};
use shared::query::filter::{Condition, Filter, TagRule, Viewer, Who};
use shared::query::sort::{SortBy, SortKey};
use shared::register::Tag;
use shared::workflow::{Priority, Status};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::db::Entry;
use crate::domain::resource;
use crate::domain::shelf::{HitPlace, Question, RowPlace, TaskPlace};
use crate::openapi::{Parameter, parameter};
use crate::problem::ApiProblem;
use crate::services::Selection;

/// Rows of a page, if nothing is said, and at most.
const LIMIT: usize = 100;
pub(in crate::routes) const MOST: usize = 500;

/// The parameters of a list. Those that a kind of rows cannot be asked by are refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListParameters {
    limit: Option<usize>,
    cursor: Option<String>,
    deleted: Option<bool>,
    task: Option<Uuid>,
    project: Option<Uuid>,
    parent: Option<Uuid>,
    /// Several, with commas between.
    status: Option<String>,
    priority: Option<String>,
    /// A user's id, `me` or `nobody`.
    assignee: Option<String>,
    tag: Option<String>,
    /// Words.
    q: Option<String>,
    /// A filter as views store it, in JSON.
    filter: Option<String>,
    /// Such as `-priority,due`.
    sort: Option<String>,
    /// The day that filters take for today; the server's, if nothing is said.
    today: Option<String>,
}

pub(super) fn invalid(detail: impl Into<String>) -> ApiProblem {
    ApiProblem::invalid(StatusCode::BAD_REQUEST, detail)
}

/// Reads a name as JSON would say it.
fn named<T: serde::de::DeserializeOwned>(parameter: &str, name: &str) -> Result<T, ApiProblem> {
    serde_json::from_value(json!(name)).map_err(|error| invalid(format!("The parameter `{parameter}`: {error}.")))
}

fn several<T: serde::de::DeserializeOwned>(parameter: &str, names: &str) -> Result<Vec<T>, ApiProblem> {
    names.split(',').map(|name| named(parameter, name.trim())).collect()
}

impl ListParameters {
    /// A page, of what is asked for otherwise.
    pub(super) fn page(limit: Option<usize>, cursor: Option<String>) -> Self {
        Self { limit, cursor, ..Self::default() }
    }

    /// The same, of what is about a task.
    pub(super) fn about(self, task: Uuid) -> Self {
        Self { task: Some(task), ..self }
    }

    pub(super) fn limit(&self) -> Result<usize, ApiProblem> {
        let limit = self.limit.unwrap_or(LIMIT);
        if (1..=MOST).contains(&limit) {
            return Ok(limit);
        }
        Err(invalid(format!("The parameter `limit` must be from 1 to {MOST}.")))
    }

    /// What is asked of tasks.
    pub(super) fn question(&self, me: UserId, limit: usize) -> Result<Question, ApiProblem> {
        if self.task.is_some() {
            return Err(invalid("Tasks are asked for by `parent`, not by `task`."));
        }
        let sort = self.sort()?;
        let after = match self.cursor()? {
            None => None,
            Some(Cursor::Task { sort: of, place }) if of == sort => Some(place),
            Some(_) => return Err(invalid("The cursor is of another list. Begin again without it.")),
        };
        let today = match &self.today {
            Some(today) => named("today", today)?,
            None => today()?,
        };
        let parent = self.parent.map(|id| EntityId::Task(TaskId(id)));
        let of = parent.or_else(|| self.project.map(|id| EntityId::Project(ProjectId(id))));
        Ok(Question { filter: self.filter()?, sort, after, limit, viewer: Viewer { me: Some(me), today }, of })
    }

    fn filter(&self) -> Result<Filter, ApiProblem> {
        let mut all = Vec::new();
        if let Some(filter) = &self.filter {
            let read = serde_json::from_str(filter);
            all.push(read.map_err(|error| invalid(format!("The parameter `filter`: {error}.")))?);
        }
        let mut is = |condition| all.push(Filter::Is(condition));
        if let Some(project) = self.project {
            is(Condition::Project(vec![ProjectId(project)]));
        }
        if let Some(parent) = self.parent {
            is(Condition::Parent(vec![TaskId(parent)]));
        }
        if let Some(status) = &self.status {
            is(Condition::Status(several::<Status>("status", status)?));
        }
        if let Some(priority) = &self.priority {
            is(Condition::Priority(several::<Priority>("priority", priority)?));
        }
        if let Some(assignee) = &self.assignee {
            is(Condition::Assignee(vec![match assignee.as_str() {
                "me" => Who::Me,
                "nobody" => Who::Nobody,
                id => Who::User(named("assignee", id)?),
            }]));
        }
        if let Some(tag) = &self.tag {
            is(Condition::Tags(TagRule::Any(tag.split(',').map(|tag| Tag::new(tag.trim())).collect())));
        }
        if let Some(words) = &self.q {
            is(Condition::Text(words.clone()));
        }
        if let Some(deleted) = self.deleted {
            is(Condition::Deleted(deleted));
        }
        let filter = Filter::All(all);
        filter.check().map_err(|error| invalid(format!("The parameter `filter`: {error}.")))?;
        Ok(filter)
    }

    fn sort(&self) -> Result<Vec<SortKey>, ApiProblem> {
        let Some(sort) = &self.sort else { return Ok(vec![SortKey::ascending(SortBy::Created)]) };
        let key = |name: &str| match name.strip_prefix('-') {
            Some(name) => Ok(SortKey::descending(named("sort", name)?)),
            None => Ok(SortKey::ascending(named("sort", name)?)),
        };
        sort.split(',').map(|name| key(name.trim())).collect()
    }

    pub(super) fn cursor(&self) -> Result<Option<Cursor>, ApiProblem> {
        let misread = || invalid("The parameter `cursor` must be the `next_cursor` of the page before.");
        self.cursor.as_deref().map(|text| Cursor::decode(text).ok_or_else(misread)).transpose()
    }

    fn row_place(&self) -> Result<Option<RowPlace>, ApiProblem> {
        match self.cursor()? {
            None => Ok(None),
            Some(Cursor::Row { place }) => Ok(Some(place)),
            Some(_) => Err(invalid("The cursor is of another list. Begin again without it.")),
        }
    }

    /// What is asked of rows that are no tasks.
    pub(super) fn selection(&self, kind: Kind, limit: usize) -> Result<Selection, ApiProblem> {
        let given = [
            ("task", self.task.is_some() && !matches!(kind, Kind::Comment | Kind::Attachment)),
            ("project", self.project.is_some() && kind != Kind::Section),
            ("parent", self.parent.is_some()),
            ("status", self.status.is_some()),
            ("priority", self.priority.is_some()),
            ("assignee", self.assignee.is_some()),
            ("tag", self.tag.is_some()),
            ("q", self.q.is_some()),
            ("filter", self.filter.is_some()),
            ("sort", self.sort.is_some()),
            ("today", self.today.is_some()),
        ];
        if let Some((name, _)) = given.iter().find(|(_, given)| *given) {
            return Err(invalid(format!("This list cannot be asked by `{name}`. Leave the parameter out.")));
        }
        let task = self.task.map(|id| EntityId::Task(TaskId(id)));
        let of = task.or_else(|| self.project.map(|id| EntityId::Project(ProjectId(id))));
        Ok(Selection { kind, of, deleted: self.deleted.unwrap_or(false), after: self.row_place()?, limit })
    }
}

/// What a list of rows of a kind can be asked by, as the document says it.
pub(super) fn parameters(kind: Kind) -> Vec<Parameter> {
    let id = || json!({ "type": "string", "format": "uuid", "examples": ["01a1ff7c-7868-77ec-ac9f-5b3194bf5f81"] });
    let text = |example: &str| json!({ "type": "string", "examples": [example] });
    let names = |all: Json| {
        let one = all.as_array().into_iter().flatten().filter_map(Json::as_str).collect::<Vec<_>>().join("|");
        json!({ "type": "string", "pattern": format!("^({one})(,({one}))*$"), "examples": [all[1]] })
    };
    let mut all = vec![
        limit(),
        parameter("cursor", "The `next_cursor` of the page before.", json!({ "type": "string" })),
        parameter(
            "deleted",
            "What is deleted: of tasks alone, of other rows beside the others.",
            json!({ "type": "boolean", "examples": [true] }),
        ),
    ];
    match kind {
        Kind::Comment | Kind::Attachment => all.push(parameter("task", "Of this task.", id())),
        Kind::Section => all.push(parameter("project", "Of this project.", id())),
        Kind::Task => all.extend([
            parameter("project", "In this project.", id()),
            parameter("parent", "Parts of this task.", id()),
            parameter("status", "In one of these, with commas between.", names(json!(Status::ALL))),
            parameter("priority", "With one of these.", names(json!(Priority::ALL))),
            parameter("assignee", "A user's id, `me` or `nobody`.", text("me")),
            parameter("tag", "With one of these, with commas between.", text("ops")),
            parameter("q", "Words, as in the app's search.", text("net")),
            parameter("filter", "A filter as saved views hold it, in JSON.", text("{\"is\":{\"overdue\":true}}")),
            parameter(
                "sort",
                "Keys with commas between, with a minus for descending: manual, priority, due, start, created, updated, \
                 title, status, assignee.",
                text("-priority,due"),
            ),
            parameter(
                "today",
                "The day that filters take for today; the server's in UTC, if nothing is said.",
                json!({ "type": "string", "format": "date", "examples": ["2026-03-01"] }),
            ),
        ]),
        _ => {}
    }
    all
}

pub(super) fn limit() -> Parameter {
    let schema = json!({ "type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT, "examples": [10] });
    parameter("limit", "How many at most.", schema)
}

/// What a history can be asked by.
pub(super) fn history_parameters() -> [Parameter; 2] {
    let cursor = json!({ "type": "string", "pattern": "^[0-9]+$", "examples": ["17"] });
    [limit(), parameter("cursor", "The `next_cursor` of the page before.", cursor)]
}

/// The server's day.
pub(in crate::routes) fn today() -> Result<Date, ApiProblem> {
    let today = OffsetDateTime::now_utc().date();
    Date::new(today.year(), today.month().into(), today.day()).map_err(|_| ApiProblem::bug())
}

/// Where a list goes on. Opaque to clients.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(in crate::routes) enum Cursor {
    Task { sort: Vec<SortKey>, place: TaskPlace },
    Row { place: RowPlace },
    Hit { q: String, place: HitPlace },
}

impl Cursor {
    pub(in crate::routes) fn encode(&self) -> String {
        // What is written has only texts for keys, so there is always a JSON of it.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    pub(in crate::routes) fn decode(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok())
    }
}

/// The parameters of a history.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HistoryParameters {
    limit: Option<usize>,
    cursor: Option<Version>,
}

impl HistoryParameters {
    /// Before which version, and how many.
    pub(super) fn read(&self) -> Result<(Version, usize), ApiProblem> {
        let limit = ListParameters { limit: self.limit, ..ListParameters::default() }.limit()?;
        Ok((self.cursor.unwrap_or(Version::MAX), limit))
    }
}

/// An entry of a history.
pub(in crate::routes) fn entry(entry: &Entry) -> Json {
    let author = entry
        .author
        .as_ref()
        .map(|(user, device, name)| json!({ "user": user, "device": device, "device_name": name }));
    json!({
        "version": entry.ver,
        "mutation": { "actor": entry.actor, "n": entry.n },
        "author": author,
        "at": resource::time(entry.at),
        "operation": entry.op,
    })
}
