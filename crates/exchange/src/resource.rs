//! Rows as plain JSON, for whoever does not sync: what REST and exports show of them, and what REST and imports take for
//! them.
//!
//! A row is one flat object. Its keys are the fields' own names; a place is shown as its parts, and so is what a comment
//! is about. What a writer leaves out stays as it is, and `null` empties a field (RFC 7396). Everything that is written
//! becomes operations like anybody's: whether they may be, and how they merge, is not decided here.

mod plain;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};
use shared::field::{Field, TextField, Writer};
use shared::ids::{CustomFieldId, EntityId, Kind, TaskId};
use shared::mutation::{Create, EditRelations, EditTags, Op, TextEdit};
use shared::register::{Reg, Sibling, Tag};
use shared::relation::Relation;
use shared::row::Row;
use shared::text::Delta;
use shared::value::{FieldType, Place, Subject, Value};

pub use plain::{empties, expected, time};

use plain::{plain, read, read_custom};

/// An object of JSON.
pub type Object = Map<String, Json>;

/// What an organization's custom fields hold.
pub type FieldTypes = BTreeMap<CustomFieldId, FieldType>;

/// What a custom field holds, by its row.
pub fn field_type(row: &Row) -> Option<(CustomFieldId, FieldType)> {
    match (row.id, row.value(Field::FieldType)) {
        (EntityId::CustomField(id), Value::FieldType(field_type)) => Some((id, field_type)),
        _ => None,
    }
}

/// A key of an object that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResource {
    #[error("There is no field `{0}` here. Leave it out, or look its name up in the API's documentation.")]
    Unknown(String),
    #[error("The field `{name}` must be {expected}.")]
    Value { name: String, expected: &'static str },
    #[error("The field `{0}` cannot be changed. Leave it out.")]
    Fixed(String),
}

impl InvalidResource {
    fn value(name: &str, expected: &'static str) -> Self {
        Self::Value { name: name.to_owned(), expected }
    }
}

/// The parts of a place, each a key of its own.
pub const PLACE: [&str; 4] = ["project", "section", "parent", "order"];
/// The parts of what a comment or a file is about.
pub const SUBJECT: [&str; 2] = ["task", "reply_to"];
/// What only the server says of a row.
pub const FACTS: [&str; 6] = ["id", "version", "created_at", "updated_at", "unsettled", "key"];

pub const CUSTOM: &str = "custom";
pub const ACCESS: &str = "access";
pub const TAGS: &str = "tags";
pub const RELATIONS: &str = "relations";
pub const DELETED: &str = "deleted";

/// What REST shows of a row.
pub fn show(row: &Row) -> Object {
    let kind = row.id.kind();
    let mut object = Object::new();
    object.insert("id".into(), json!(row.id.uuid()));
    for field in TextField::ALL.into_iter().filter(|field| field.is_on(kind)) {
        object.insert(field.name().into(), json!(row.text(field).unwrap_or_default()));
    }
    for field in plain_fields(kind) {
        object.insert(field.name().into(), plain(field.spec().shape, &row.value(field)));
    }
    if has(kind, Field::Place) {
        show_place(&row.place(), kind, &mut object);
    }
    if let Some(Subject { task, reply_to }) = row.subject() {
        object.insert("task".into(), json!(task));
        object.insert("reply_to".into(), json!(reply_to));
    }
    match kind {
        Kind::Task => {
            object.insert(TAGS.into(), json!(row.tags.iter().collect::<Vec<_>>()));
            object.insert(RELATIONS.into(), json!(row.relations.iter().collect::<Vec<_>>()));
            object.insert(
                CUSTOM.into(),
                many(row, |field| match field {
                    Field::Custom(id) => Some(id.to_string()),
                    _ => None,
                }),
            );
        }
        Kind::Project => {
            object.insert(
                ACCESS.into(),
                many(row, |field| match field {
                    Field::Access(user) => Some(user.to_string()),
                    _ => None,
                }),
            );
        }
        _ => {}
    }
    object.insert("unsettled".into(), json!(row.unsettled().collect::<Vec<_>>()));
    object.insert(DELETED.into(), json!(row.life.is_deleted()));
    object.insert("version".into(), json!(row.ver));
    object.insert("created_at".into(), time(row.created.at));
    object.insert("updated_at".into(), time(row.updated.at));
    object
}

/// The fields of a row with concurrent values that no rule could decide between, each with the values that stand.
pub fn unsettled(row: &Row) -> Vec<Object> {
    let one = |field: Field| {
        let standing = row.values.get(&field).map(Reg::siblings).unwrap_or_default();
        let value = |one: &Sibling<Value>| {
            let value = shown(field, &one.value);
            json!({ "value": value, "at": time(one.stamp.at), "version": one.stamp.ver, "actor": one.stamp.actor })
        };
        let values: Vec<Json> = standing.iter().map(value).collect();
        Object::from_iter([("field".to_owned(), json!(field)), ("values".to_owned(), json!(values))])
    };
    row.unsettled().map(one).collect()
}

/// Whether a row is in a project or a section, a part of a task, or about another row.
pub fn belongs(row: &Row, of: EntityId) -> bool {
    row.place().rows().any(|one| one == of) || row.subject().is_some_and(|subject| subject.rows().any(|one| one == of))
}

/// What is shown of a value of a field.
pub fn shown(field: Field, value: &Value) -> Json {
    plain(field.spec().shape, value)
}

fn show_place(place: &Place, kind: Kind, object: &mut Object) {
    object.insert("order".into(), json!(place.order));
    if kind != Kind::Project {
        object.insert("project".into(), json!(place.project));
    }
    if kind == Kind::Task {
        object.insert("section".into(), json!(place.section));
        object.insert("parent".into(), json!(place.parent));
    }
}

/// The fields of which a row has many, by what names each.
fn many(row: &Row, name: impl Fn(Field) -> Option<String>) -> Json {
    let named = row.values.keys().filter_map(|field| Some((name(*field)?, *field)));
    let values = named.map(|(name, field)| (name, plain(field.spec().shape, &row.value(field))));
    Json::Object(values.filter(|(_, value)| !value.is_null()).collect())
}

fn has(kind: Kind, field: Field) -> bool {
    field.spec().on.contains(&kind)
}

/// The fields that are a key each, with one value.
pub fn plain_fields(kind: Kind) -> impl Iterator<Item = Field> {
    let parts = [Field::Place, Field::Subject, Field::Filed];
    Field::ALL.iter().copied().filter(move |field| has(kind, *field) && !parts.contains(field))
}

/// The creation of a row.
pub fn create(entity: EntityId, body: &Object, types: &FieldTypes) -> Result<Create, InvalidResource> {
    let kind = entity.kind();
    let mut create = Create { entity, texts: BTreeMap::new(), values: BTreeMap::new(), tags: Vec::new() };
    for (name, json) in body {
        match Key::of(kind, name)? {
            Key::Text(field) => {
                create.texts.insert(field, text(name, json)?);
            }
            Key::Field(field) => {
                insert(&mut create.values, field, value(name, field, json)?);
            }
            Key::Custom => {
                for (field, value) in custom(json, types)? {
                    insert(&mut create.values, field, value);
                }
            }
            Key::Access => {
                for (field, value) in access(json)? {
                    insert(&mut create.values, field, value);
                }
            }
            Key::Tags => create.tags = tags(json)?.into_iter().collect(),
            Key::Id | Key::Place | Key::Subject => {}
            Key::Relations | Key::Deleted | Key::Fact => return Err(InvalidResource::Fixed(name.clone())),
        }
    }
    if has(kind, Field::Place) {
        insert(&mut create.values, Field::Place, Value::Place(place(&Place::default(), body)?));
    }
    if has(kind, Field::Subject) {
        insert(&mut create.values, Field::Subject, Value::Subject(subject(body)?));
    }
    Ok(create)
}

fn insert(values: &mut BTreeMap<Field, Value>, field: Field, value: Value) {
    if value != Value::Nothing {
        values.insert(field, value);
    }
}

/// What makes a row what an object says of it, as operations on the row that it is now. What it says already is none.
pub fn patch(row: &Row, body: &Object, types: &FieldTypes) -> Result<Vec<Op>, InvalidResource> {
    let (id, kind) = (row.id, row.id.kind());
    let shown = show(row);
    let mut ops = Vec::new();
    for (name, json) in body.iter().filter(|(name, json)| shown.get(*name) != Some(json)) {
        match Key::of(kind, name)? {
            Key::Text(field) => {
                let delta = Delta::between(row.text(field).unwrap_or_default(), &text(name, json)?);
                ops.push(Op::TextEdit(TextEdit { entity: id, field, delta }));
            }
            Key::Field(field) if field.spec().writer == Writer::Member => {
                ops.push(Op::write(id, field, value(name, field, json)?));
            }
            Key::Custom => {
                ops.extend(custom(json, types)?.into_iter().map(|(field, value)| Op::write(id, field, value)));
            }
            Key::Access => ops.extend(access(json)?.into_iter().map(|(field, value)| Op::write(id, field, value))),
            Key::Tags => ops.extend(edit_tags(row, &tags(json)?)),
            Key::Relations => ops.extend(edit_relations(row, &relations(json)?)),
            Key::Deleted => ops.push(match json {
                Json::Bool(true) => Op::Delete(id),
                Json::Bool(false) => Op::Restore(id),
                _ => return Err(InvalidResource::value(name, "true or false")),
            }),
            Key::Place => {}
            Key::Field(_) | Key::Id | Key::Subject | Key::Fact => return Err(InvalidResource::Fixed(name.clone())),
        }
    }
    if has(kind, Field::Place) {
        let (now, then) = (row.place(), place(&row.place(), body)?);
        if now != then {
            ops.push(Op::write(id, Field::Place, Value::Place(then)));
        }
    }
    Ok(ops)
}

/// What a key of an object stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Id,
    Text(TextField),
    Field(Field),
    Custom,
    Access,
    Tags,
    Relations,
    Deleted,
    Place,
    Subject,
    Fact,
}

impl Key {
    pub fn of(kind: Kind, name: &str) -> Result<Self, InvalidResource> {
        if let Some(field) = name.parse::<TextField>().ok().filter(|field| field.is_on(kind)) {
            return Ok(Self::Text(field));
        }
        if let Some(field) = plain_fields(kind).find(|field| field.name() == name) {
            return Ok(if field.spec().writer == Writer::Server { Self::Fact } else { Self::Field(field) });
        }
        let task = kind == Kind::Task;
        let place = match kind {
            Kind::Project => &PLACE[3..],
            Kind::Section => &["project", "order"][..],
            Kind::Task => &PLACE[..],
            _ => &[],
        };
        match name {
            "id" => Ok(Self::Id),
            CUSTOM if task => Ok(Self::Custom),
            TAGS if task => Ok(Self::Tags),
            RELATIONS if task => Ok(Self::Relations),
            ACCESS if kind == Kind::Project => Ok(Self::Access),
            DELETED => Ok(Self::Deleted),
            name if place.contains(&name) => Ok(Self::Place),
            name if SUBJECT.contains(&name) && has(kind, Field::Subject) => Ok(Self::Subject),
            name if FACTS.contains(&name) => Ok(Self::Fact),
            name => Err(InvalidResource::Unknown(name.to_owned())),
        }
    }
}

fn text(name: &str, json: &Json) -> Result<String, InvalidResource> {
    match json {
        Json::String(text) => Ok(text.clone()),
        Json::Null => Ok(String::new()),
        _ => Err(InvalidResource::value(name, "a text")),
    }
}

/// What a field is to hold that somebody calls so.
pub fn value(name: &str, field: Field, json: &Json) -> Result<Value, InvalidResource> {
    let shape = field.spec().shape;
    read(shape, json).ok_or_else(|| InvalidResource::value(name, expected(shape)))
}

fn custom(json: &Json, types: &FieldTypes) -> Result<Vec<(Field, Value)>, InvalidResource> {
    let object = json.as_object().ok_or_else(|| InvalidResource::value(CUSTOM, "an object of field ids and values"))?;
    let one = |(name, json): (&String, &Json)| {
        let full = format!("{CUSTOM}.{name}");
        let known = name.parse().ok().and_then(|id| Some((id, types.get(&id)?)));
        let (id, field_type) = known.ok_or_else(|| InvalidResource::Unknown(full.clone()))?;
        let value = read_custom(field_type, json);
        Ok((
            Field::Custom(id),
            value.ok_or_else(|| InvalidResource::value(&full, "what the custom field's type says"))?,
        ))
    };
    object.iter().map(one).collect()
}

fn access(json: &Json) -> Result<Vec<(Field, Value)>, InvalidResource> {
    let object = json.as_object().ok_or_else(|| InvalidResource::value(ACCESS, "an object of user ids and roles"))?;
    let one = |(name, json): (&String, &Json)| {
        let full = format!("{ACCESS}.{name}");
        let user = name.parse().map_err(|_| InvalidResource::Unknown(full.clone()))?;
        let field = Field::Access(user);
        Ok((field, value(&full, field, json)?))
    };
    object.iter().map(one).collect()
}

fn tags(json: &Json) -> Result<BTreeSet<Tag>, InvalidResource> {
    let tags = match json {
        Json::Null => Some(BTreeSet::new()),
        Json::Array(tags) => tags.iter().map(|tag| tag.as_str().map(Tag::new)).collect(),
        _ => None,
    };
    tags.ok_or_else(|| InvalidResource::value(TAGS, "a list of texts"))
}

fn relations(json: &Json) -> Result<BTreeSet<Relation>, InvalidResource> {
    let relations = match json {
        Json::Null => Some(BTreeSet::new()),
        Json::Array(relations) => relations.iter().map(|one| one.as_str()?.parse().ok()).collect(),
        _ => None,
    };
    relations.ok_or_else(|| InvalidResource::value(RELATIONS, "a list of relations such as \"blocks:<id of a task>\""))
}

fn edit_tags(row: &Row, wanted: &BTreeSet<Tag>) -> Option<Op> {
    let id = task(row)?;
    let now: BTreeSet<Tag> = row.tags.iter().cloned().collect();
    let (add, remove) = (difference(wanted, &now), difference(&now, wanted));
    (!add.is_empty() || !remove.is_empty()).then_some(Op::Tags(EditTags { id, add, remove }))
}

fn edit_relations(row: &Row, wanted: &BTreeSet<Relation>) -> Option<Op> {
    let id = task(row)?;
    let now: BTreeSet<Relation> = row.relations.iter().copied().collect();
    let (add, remove) = (difference(wanted, &now), difference(&now, wanted));
    (!add.is_empty() || !remove.is_empty()).then_some(Op::Relations(EditRelations { id, add, remove }))
}

fn difference<T: Ord + Clone>(of: &BTreeSet<T>, without: &BTreeSet<T>) -> Vec<T> {
    of.difference(without).cloned().collect()
}

fn task(row: &Row) -> Option<TaskId> {
    match row.id {
        EntityId::Task(id) => Some(id),
        _ => None,
    }
}

/// A place with the parts that an object names. What goes to another project is in no section and under no task of it,
/// unless the object says so.
fn place(now: &Place, body: &Object) -> Result<Place, InvalidResource> {
    let mut place = now.clone();
    if let Some(json) = body.get("project") {
        place.project = part("project", json)?;
        if place.project != now.project {
            (place.section, place.parent) = (None, None);
        }
    }
    if let Some(json) = body.get("section") {
        place.section = part("section", json)?;
    }
    if let Some(json) = body.get("parent") {
        place.parent = part("parent", json)?;
    }
    if let Some(json) = body.get("order") {
        place.order = text("order", json)?;
    }
    Ok(place)
}

fn subject(body: &Object) -> Result<Subject, InvalidResource> {
    let missing = || InvalidResource::value("task", "the id of a task");
    let task = part("task", body.get("task").ok_or_else(missing)?)?.ok_or_else(missing)?;
    Ok(Subject { task, reply_to: body.get("reply_to").map_or(Ok(None), |json| part("reply_to", json))? })
}

fn part<T: serde::de::DeserializeOwned>(name: &str, json: &Json) -> Result<Option<T>, InvalidResource> {
    serde_json::from_value(json.clone()).map_err(|_| InvalidResource::value(name, "an id, or null"))
}
