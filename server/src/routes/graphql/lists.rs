//! Lists as connections (GraphQL Cursor Connections): with the cursors and filters that REST has.

use std::sync::Arc;

use async_graphql::dynamic::{
    Field, FieldFuture, FieldValue, InputObject, InputValue, Object as ObjectType, ObjectAccessor, ResolverContext,
    SchemaBuilder, TypeRef,
};
use async_graphql::{Error, Value};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use shared::clock::Version;
use shared::ids::{EntityId, Kind, TaskId, UserId};
use shared::query::filter::{Condition, Filter, TagRule, Viewer, Who};
use shared::query::sort::{SortBy, SortKey};
use uuid::Uuid;

use super::asking::{asking, history as load_history, snapshot};
use super::limits::LIMIT;
use super::names::{camel, type_name, word};
use super::refusal::{bug, invalid, refusal};
use super::rows::{id_of, parent};
use super::values::{self, DATE, DATE_TIME, JSON, Node, PRIORITY, SORT_BY, STATUS, as_json, later};
use crate::domain::shelf::Question;
use crate::routes::resources::asked::{self, Cursor, MOST};
use crate::services::{Selection, Snapshot};

/// Of what a list is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner {
    /// Of everything, or of what an argument names.
    Anything,
    /// Of the row that the field is on, which is of this kind.
    Parent(Kind),
}

/// A page of a list.
struct Connection {
    edges: Vec<Edge>,
    /// Whether there is more behind it, and before it.
    next: bool,
    previous: bool,
}

/// A row in a list.
struct Edge {
    node: Node,
    place: Place,
}

/// In which list a row stands, which its cursor says.
#[derive(Clone)]
enum Place {
    Task(Arc<Vec<SortKey>>),
    Row(Kind),
    Entry(Version),
}

const ENTRY: &str = "Entry";
const TASK_SORT: &str = "TaskSort";

/// By what a list can be asked: the name of an argument, and the kind of the row that it names.
fn owners(kind: Kind) -> &'static [(&'static str, Kind)] {
    match kind {
        Kind::Section => &[("project", Kind::Project)],
        Kind::Task => &[("project", Kind::Project), ("section", Kind::Section), ("parent", Kind::Task)],
        Kind::Comment | Kind::Attachment => &[("task", Kind::Task)],
        _ => &[],
    }
}

/// A field that is a list of rows of a kind.
pub(super) fn field(name: &str, kind: Kind, owner: Owner) -> Field {
    let field = Field::new(camel(name), TypeRef::named(connection(&type_name(kind))), move |ctx| {
        later(ctx, async move |ctx: ResolverContext<'_>| {
            let found = if kind == Kind::Task { tasks(&ctx, owner).await? } else { rows(&ctx, kind, owner).await? };
            Ok(Some(FieldValue::owned_any(found)))
        })
    });
    let field = paged(field).argument(argument(
        "deleted",
        TypeRef::BOOLEAN,
        match kind {
            Kind::Task => "What is deleted, alone.",
            _ => "Also what is deleted.",
        },
    ));
    let field = match owner {
        Owner::Anything => owners(kind)
            .iter()
            .fold(field, |field, (name, _)| field.argument(argument(name, TypeRef::ID, "Of this one."))),
        Owner::Parent(_) => field,
    };
    if kind != Kind::Task {
        return field;
    }
    let list = |name: &str, of: &str, about: &str| InputValue::new(name, TypeRef::named_nn_list(of)).description(about);
    field
        .argument(list("status", STATUS, "In one of these."))
        .argument(list("priority", PRIORITY, "With one of these."))
        .argument(argument("assignee", TypeRef::STRING, "A user's id, `me` or `nobody`."))
        .argument(list("tag", TypeRef::STRING, "With one of these."))
        .argument(argument("q", TypeRef::STRING, "Words, as in the app's search."))
        .argument(argument("filter", JSON, "A filter as saved views hold it, as JSON or as the text of it."))
        .argument(list("sort", TASK_SORT, "The first key counts most."))
        .argument(argument("today", DATE, "The day that filters take for today; the server's in UTC."))
}

fn paged(field: Field) -> Field {
    field
        .argument(argument("first", TypeRef::INT, "How many at most: from 1 to 500, 50 if it is left out."))
        .argument(argument("after", TypeRef::STRING, "The `endCursor` of the page before."))
}

fn argument(name: &str, of: &str, about: &str) -> InputValue {
    InputValue::new(name, TypeRef::named(of)).description(about)
}

/// What was done to a row of a kind.
pub(super) fn history(kind: Kind) -> Field {
    let field = Field::new("history", TypeRef::named(connection(ENTRY)), move |ctx| {
        later(ctx, async move |ctx: ResolverContext<'_>| {
            let (row, limit) = (parent(kind, &ctx)?, first(&ctx.args)?);
            let after = after(&ctx.args)?;
            let before = match after {
                Some(cursor) => cursor.parse().map_err(|_| other_list())?,
                None => Version::MAX,
            };
            let entries = load_history(&ctx, row, before, limit + 1).await?;
            let edge = |entry: &Arc<crate::services::Entry>| match asked::entry(entry) {
                Json::Object(object) => Some(Edge { node: Node(object), place: Place::Entry(entry.ver) }),
                _ => None,
            };
            let edges = entries.iter().take(limit).filter_map(edge).collect();
            Ok(Some(FieldValue::owned_any(Connection {
                edges,
                next: entries.len() > limit,
                previous: after.is_some(),
            })))
        })
    });
    paged(field).description("What was done to it, the latest first.")
}

fn given<'a>(args: &'a ObjectAccessor<'_>, name: &str) -> Option<&'a Value> {
    args.get(name).map(|value| value.as_value()).filter(|value| **value != Value::Null)
}

/// What an argument lists; one alone is a list of one.
fn list<'a>(args: &'a ObjectAccessor<'_>, name: &str) -> Option<&'a [Value]> {
    given(args, name).map(|value| match value {
        Value::List(all) => all,
        one => std::slice::from_ref(one),
    })
}

fn text<'a>(args: &'a ObjectAccessor<'_>, name: &str) -> Result<Option<&'a str>, Error> {
    match given(args, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(invalid(format!("The argument `{name}` is a text."))),
    }
}

fn after<'a>(args: &'a ObjectAccessor<'_>) -> Result<Option<&'a str>, Error> {
    text(args, "after")
}

fn first(args: &ObjectAccessor<'_>) -> Result<usize, Error> {
    let Some(first) = given(args, "first") else { return Ok(LIMIT) };
    let first = as_json(first)?.as_u64().and_then(|first| usize::try_from(first).ok());
    let first = first.filter(|first| (1..=MOST).contains(first));
    first.ok_or_else(|| invalid(format!("The argument `first` must be from 1 to {MOST}.")))
}

fn other_list() -> Error {
    invalid("The argument `after` must be the `endCursor` of a page of this list. Begin again without it.")
}

/// An id that an argument names. What is none is nobody's.
pub(super) fn named_id(args: &ObjectAccessor<'_>, name: &str) -> Result<Option<Uuid>, Error> {
    let unreadable = || invalid(format!("The argument `{name}` must be an id."));
    match given(args, name) {
        None => Ok(None),
        Some(Value::String(id)) => id.parse().map(Some).map_err(|_| unreadable()),
        Some(_) => Err(unreadable()),
    }
}

/// The row that a list is of.
fn owner(ctx: &ResolverContext<'_>, kind: Kind, owner: Owner) -> Result<Option<EntityId>, Error> {
    let names = match owner {
        Owner::Parent(kind) => return parent(kind, ctx).map(Some),
        Owner::Anything => owners(kind),
    };
    let mut owner = None;
    for (name, kind) in names {
        if let Some(id) = named_id(&ctx.args, name)? {
            if owner.is_some() {
                return Err(invalid("Tasks are asked for by one of `project`, `section` and `parent`."));
            }
            owner = Some(kind.of(id));
        }
    }
    Ok(owner)
}

async fn rows(ctx: &ResolverContext<'_>, kind: Kind, of: Owner) -> Result<Connection, Error> {
    let after = match after(&ctx.args)?.map(Cursor::decode) {
        None => None,
        Some(Some(Cursor::Row { place })) => Some(place),
        Some(_) => return Err(other_list()),
    };
    let (of, deleted) = (owner(ctx, kind, of)?, given(&ctx.args, "deleted") == Some(&Value::Boolean(true)));
    let selection = Selection { kind, of, deleted, after, limit: first(&ctx.args)? };
    let found = snapshot(ctx).await?.rows(selection);
    let edge = |object| Edge { node: Node(object), place: Place::Row(kind) };
    let edges = found.items.into_iter().map(edge).collect();
    Ok(Connection { edges, next: found.next.is_some(), previous: after.is_some() })
}

async fn tasks(ctx: &ResolverContext<'_>, of: Owner) -> Result<Connection, Error> {
    let sort = sort(&ctx.args)?;
    let after = match after(&ctx.args)?.map(Cursor::decode) {
        None => None,
        Some(Some(Cursor::Task { sort: of, place })) if of == sort => Some(place),
        Some(_) => return Err(other_list()),
    };
    let previous = after.is_some();
    let today = match given(&ctx.args, "today") {
        Some(today) => read("today", as_json(today)?)?,
        None => asked::today().map_err(refusal)?,
    };
    let viewer = Viewer { me: Some(asking(ctx)?.member.user()), today };
    let question = Question {
        filter: filter(&ctx.args)?,
        sort: sort.clone(),
        after,
        limit: first(&ctx.args)?,
        viewer,
        of: owner(ctx, Kind::Task, of)?,
    };
    let found = snapshot(ctx).await?.tasks(&question);
    let sort = Arc::new(sort);
    let edge = |object| Edge { node: Node(object), place: Place::Task(Arc::clone(&sort)) };
    let edges = found.items.into_iter().map(edge).collect();
    Ok(Connection { edges, next: found.next.is_some(), previous })
}

fn read<T: DeserializeOwned>(name: &str, json: Json) -> Result<T, Error> {
    serde_json::from_value(json).map_err(|error| invalid(format!("The argument `{name}`: {error}.")))
}

fn sort(args: &ObjectAccessor<'_>) -> Result<Vec<SortKey>, Error> {
    let Some(keys) = list(args, "sort") else { return Ok(vec![SortKey::ascending(SortBy::Created)]) };
    keys.iter().map(|key| read("sort", lowered(key)?)).collect()
}

/// JSON with the names of enums as they are elsewhere.
fn lowered(value: &Value) -> Result<Json, Error> {
    Ok(match value {
        Value::Enum(name) => json!(word(name)),
        Value::List(all) => all.iter().map(lowered).collect::<Result<Vec<_>, _>>()?.into(),
        Value::Object(object) => {
            let mut lower = serde_json::Map::new();
            for (name, value) in object {
                // What comes in a variable is a text.
                let value = match (name.as_str(), value) {
                    ("by", Value::String(by)) => json!(word(by)),
                    (_, value) => lowered(value)?,
                };
                lower.insert(name.to_string(), value);
            }
            lower.into()
        }
        value => as_json(value)?,
    })
}

/// The names of an enum's values that an argument lists.
fn enums<T: DeserializeOwned>(args: &ObjectAccessor<'_>, name: &str) -> Result<Option<Vec<T>>, Error> {
    let Some(all) = list(args, name) else { return Ok(None) };
    let one = |value: &Value| match value {
        Value::Enum(one) => read(name, json!(word(one))),
        Value::String(one) => read(name, json!(word(one))),
        _ => Err(invalid(format!("The argument `{name}` is a list of names."))),
    };
    all.iter().map(one).collect::<Result<_, _>>().map(Some)
}

fn filter(args: &ObjectAccessor<'_>) -> Result<Filter, Error> {
    let mut all = Vec::new();
    match given(args, "filter") {
        None => {}
        Some(Value::String(text)) => {
            all.push(serde_json::from_str(text).map_err(|error| invalid(format!("The argument `filter`: {error}.")))?);
        }
        Some(filter) => all.push(read("filter", as_json(filter)?)?),
    }
    let mut is = |condition| all.push(Filter::Is(condition));
    if let Some(status) = enums(args, "status")? {
        is(Condition::Status(status));
    }
    if let Some(priority) = enums(args, "priority")? {
        is(Condition::Priority(priority));
    }
    if let Some(assignee) = text(args, "assignee")? {
        is(Condition::Assignee(vec![match assignee {
            "me" => Who::Me,
            "nobody" => Who::Nobody,
            id => Who::User(read::<UserId>("assignee", json!(id))?),
        }]));
    }
    if let Some(tags) = list(args, "tag") {
        let tags = tags.iter().map(as_json).collect::<Result<Json, _>>()?;
        is(Condition::Tags(TagRule::Any(read("tag", tags)?)));
    }
    if let Some(words) = text(args, "q")? {
        is(Condition::Text(words.to_owned()));
    }
    if let Some(Value::Boolean(deleted)) = given(args, "deleted") {
        is(Condition::Deleted(*deleted));
    }
    let filter = Filter::All(all);
    filter.check().map_err(|error| invalid(format!("The argument `filter`: {error}.")))?;
    Ok(filter)
}

impl Edge {
    /// Where the list goes on behind it.
    fn cursor(&self, snapshot: &Snapshot) -> Result<String, Error> {
        const GONE: &str = "a row has left a snapshot";
        let place = match &self.place {
            Place::Entry(ver) => return Ok(ver.to_string()),
            Place::Row(kind) => {
                let place = snapshot.row_place(id_of(*kind, &self.node.0)?);
                Cursor::Row { place: place.ok_or_else(|| bug(GONE))? }
            }
            Place::Task(sort) => {
                let EntityId::Task(id) = id_of(Kind::Task, &self.node.0)? else { return Err(bug(GONE)) };
                let place = snapshot.task_place(TaskId(id.0));
                Cursor::Task { sort: sort.to_vec(), place: place.ok_or_else(|| bug(GONE))? }
            }
        };
        Ok(place.encode())
    }
}

fn connection(of: &str) -> String {
    format!("{of}Connection")
}

/// Registers the types of all lists.
pub(super) fn register(schema: SchemaBuilder) -> SchemaBuilder {
    let names = Kind::ALL.iter().map(|kind| type_name(*kind)).chain([ENTRY.to_owned()]);
    let schema = names.fold(schema, |schema, of| schema.register(edge_type(&of)).register(connection_type(&of)));
    let sort = InputObject::new(TASK_SORT)
        .field(InputValue::new("by", TypeRef::named_nn(SORT_BY)))
        .field(InputValue::new("descending", TypeRef::named(TypeRef::BOOLEAN)).default_value(false));
    schema.register(page_info()).register(entry_type()).register(author_type()).register(sort)
}

/// What a field of a page says.
fn of_page<T: Into<Value>>(name: &str, says: impl Fn(&Connection) -> T + Send + Sync + 'static) -> Field {
    Field::new(name, TypeRef::named_nn(TypeRef::BOOLEAN), move |ctx| {
        let page = ctx.parent_value.downcast_ref::<Connection>();
        FieldFuture::from_value(page.map(|page| says(page).into()))
    })
}

fn of_edge(name: &'static str, edge: impl Fn(&Connection) -> Option<&Edge> + Copy + Send + Sync + 'static) -> Field {
    Field::new(name, TypeRef::named(TypeRef::STRING), move |ctx| {
        later(ctx, async move |ctx: ResolverContext<'_>| {
            let Some(edge) = ctx.parent_value.downcast_ref::<Connection>().and_then(edge) else { return Ok(None) };
            Ok(Some(Value::from(edge.cursor(&*snapshot(&ctx).await?)?)))
        })
    })
}

fn page_info() -> ObjectType {
    ObjectType::new("PageInfo")
        .field(of_page("hasNextPage", |page| page.next))
        .field(of_page("hasPreviousPage", |page| page.previous))
        .field(of_edge("startCursor", |page| page.edges.first()))
        .field(of_edge("endCursor", |page| page.edges.last()))
}

fn connection_type(of: &str) -> ObjectType {
    let edges = Field::new("edges", TypeRef::named_nn_list_nn(format!("{of}Edge")), |ctx| {
        let page = ctx.parent_value.downcast_ref::<Connection>();
        let edges = page.into_iter().flat_map(|page| &page.edges).map(|edge| FieldValue::borrowed_any(edge));
        FieldFuture::Value(Some(FieldValue::list(edges.collect::<Vec<_>>())))
    });
    let nodes = Field::new("nodes", TypeRef::named_nn_list_nn(of), |ctx| {
        let page = ctx.parent_value.downcast_ref::<Connection>();
        let nodes = page.into_iter().flat_map(|page| &page.edges).map(|edge| FieldValue::borrowed_any(&edge.node));
        FieldFuture::Value(Some(FieldValue::list(nodes.collect::<Vec<_>>())))
    });
    let info = Field::new("pageInfo", TypeRef::named_nn("PageInfo"), |ctx| {
        let page = ctx.parent_value.downcast_ref::<Connection>();
        FieldFuture::Value(page.map(|page| FieldValue::borrowed_any(page)))
    });
    ObjectType::new(connection(of)).field(edges).field(nodes).field(info)
}

fn edge_type(of: &str) -> ObjectType {
    let node = Field::new("node", TypeRef::named_nn(of), |ctx| {
        let edge = ctx.parent_value.downcast_ref::<Edge>();
        FieldFuture::Value(edge.map(|edge| FieldValue::borrowed_any(&edge.node)))
    });
    let cursor = Field::new("cursor", TypeRef::named(TypeRef::STRING), |ctx| {
        later(ctx, async move |ctx: ResolverContext<'_>| {
            let edge = ctx.parent_value.downcast_ref::<Edge>().ok_or_else(|| bug("a cursor of nothing"))?;
            Ok(Some(Value::from(edge.cursor(&*snapshot(&ctx).await?)?)))
        })
    });
    ObjectType::new(format!("{of}Edge")).field(cursor).field(node)
}

/// A change in a history.
fn entry_type() -> ObjectType {
    let author = Field::new("author", TypeRef::named("Author"), |ctx| {
        let Some(Node(entry)) = ctx.parent_value.downcast_ref::<Node>() else {
            return FieldFuture::Value(None);
        };
        let author = entry.get("author").and_then(Json::as_object);
        FieldFuture::Value(author.map(|one| FieldValue::owned_any(Node(one.clone()))))
    });
    ObjectType::new(ENTRY)
        .description("A change in a history.")
        .field(values::field("version", TypeRef::named_nn(TypeRef::INT), values::plain))
        .field(values::field("at", TypeRef::named(DATE_TIME), values::plain))
        .field(values::field("operation", TypeRef::named_nn(JSON), values::plain).description("As devices push it."))
        .field(author.description("`null`: the server itself."))
}

fn author_type() -> ObjectType {
    let member = Field::new("member", TypeRef::named(type_name(Kind::Member)), |ctx| {
        later(ctx, async move |ctx: ResolverContext<'_>| {
            let Some(Node(author)) = ctx.parent_value.downcast_ref::<Node>() else { return Ok(None) };
            let Some(user) = author.get("user").and_then(super::rows::read_id) else { return Ok(None) };
            let member = snapshot(&ctx).await?.show(Kind::Member.of(user));
            Ok(member.map(|row| FieldValue::owned_any(Node(row))))
        })
    });
    ObjectType::new("Author")
        .field(member)
        .field(values::field("device", TypeRef::named_nn(TypeRef::ID), values::plain))
        .field(values::field("device_name", TypeRef::named_nn(TypeRef::STRING), values::plain))
}
