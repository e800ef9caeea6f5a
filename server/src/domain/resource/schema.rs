//! What rows look like as plain JSON, as JSON Schema: read off the tables that [`super::show`], [`super::create`] and
//! [`super::patch`] go by, so that a new field is in it by itself.

use schemars::SchemaGenerator;
use serde_json::{Map, Value as Json, json};
use shared::field::{Field, Shape, TextField, Writer};
use shared::ids::Kind;
use shared::limits::{ELEMENTS_PER_MUTATION, FILTER_CHARS, ORDER_CHARS, PEOPLE, REMINDERS, TAG_CHARS};
use shared::mutation::required;
use shared::recurrence::Recurrence;
use shared::value::{FieldType, FileFacts, Reference, Role};
use shared::workflow::{Priority, Status};

use super::{ACCESS, CUSTOM, DELETED, Key, PLACE, RELATIONS, SUBJECT, TAGS, empties, expected, plain_fields};

/// When a row is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// What REST shows of it.
    Shown,
    /// What makes one.
    New,
    /// What changes one.
    Changed,
}

/// What a key of an object holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Id,
    /// A text that is merged by character.
    Text,
    /// A field with one value.
    Value(Shape),
    /// The id of a row that this one belongs to.
    Row(Kind),
    Order,
    Tags,
    Relations,
    Custom,
    Access,
    /// Names of fields.
    Unsettled,
    Deleted,
    Version,
    Moment,
}

/// A key of an object that is about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyOf {
    pub name: &'static str,
    pub holds: Holds,
    /// Making a row cannot do without it.
    pub needed: bool,
}

/// The keys of an object that is about a row of a kind, but for those that change nothing.
pub fn keys(kind: Kind, told: Told) -> Vec<KeyOf> {
    let shown = every(kind, told).into_iter().filter(|(_, schema)| told == Told::Shown || schema["readOnly"] != true);
    let needed = needed(kind);
    shown
        .map(|(name, _)| KeyOf { name, holds: holds(kind, name), needed: needed.iter().any(|one| one == name) })
        .collect()
}

fn holds(kind: Kind, name: &str) -> Holds {
    match (Key::of(kind, name), name) {
        (Ok(Key::Id), _) => Holds::Id,
        (Ok(Key::Text(_)), _) => Holds::Text,
        (Ok(Key::Field(field)), _) => Holds::Value(field.spec().shape),
        (_, "order") => Holds::Order,
        (_, "project") => Holds::Row(Kind::Project),
        (_, "section") => Holds::Row(Kind::Section),
        (_, "parent" | "task") => Holds::Row(Kind::Task),
        (_, "reply_to") => Holds::Row(Kind::Comment),
        (Ok(Key::Tags), _) => Holds::Tags,
        (Ok(Key::Relations), _) => Holds::Relations,
        (Ok(Key::Custom), _) => Holds::Custom,
        (Ok(Key::Access), _) => Holds::Access,
        (Ok(Key::Deleted), _) => Holds::Deleted,
        (_, "unsettled") => Holds::Unsettled,
        (_, "version") => Holds::Version,
        (_, "created_at" | "updated_at") => Holds::Moment,
        (_, name) => {
            let fact = plain_fields(kind).find(|field| field.name() == name);
            fact.map_or(Holds::Text, |field| Holds::Value(field.spec().shape))
        }
    }
}

/// An example of an id.
const ID: &str = "01a1ff7c-7868-77ec-ac9f-5b3194bf5f81";
const OTHER_ID: &str = "01a1ff7c-7797-7383-8036-4ad6aa59b587";
const TIME: &str = "2026-03-01T09:00:00Z";

/// The schema of an object that is about a row of a kind.
pub fn schema(kind: Kind, told: Told) -> Json {
    let mut properties = Map::new();
    let mut all = Vec::new();
    for (name, property) in every(kind, told) {
        all.push(Json::from(name));
        properties.insert(name.to_owned(), property);
    }
    let needed = match told {
        Told::Shown => all,
        Told::New => needed(kind),
        Told::Changed => Vec::new(),
    };
    json!({ "type": "object", "properties": properties, "required": needed, "additionalProperties": false })
}

/// An example of such an object.
pub fn example(kind: Kind, told: Told) -> Json {
    let schema = schema(kind, told);
    let wanted = |name: &str| match told {
        Told::Shown => true,
        Told::New => schema["required"].as_array().is_some_and(|needed| needed.iter().any(|one| one == name)),
        Told::Changed => TextField::ALL.into_iter().any(|text| text.name() == name) || name == "priority",
    };
    let properties = schema["properties"].as_object().into_iter().flatten().filter(|(name, _)| wanted(name));
    Json::Object(properties.map(|(name, property)| (name.clone(), property["examples"][0].clone())).collect())
}

/// The keys that making a row cannot do without.
fn needed(kind: Kind) -> Vec<Json> {
    let (text, fields) = required(kind);
    let key = |field: &Field| match field {
        Field::Place => "project",
        Field::Subject => "task",
        field => field.name(),
    };
    std::iter::once(text.name()).chain(fields.iter().map(key)).map(Json::from).collect()
}

/// Every key with its schema, in the order of [`super::show`].
fn every(kind: Kind, told: Told) -> Vec<(&'static str, Json)> {
    let mut keys = vec![("id", with(json!({ "type": "string", "format": "uuid" }), "", json!(ID)))];
    keys.extend(TextField::ALL.into_iter().filter(|field| field.is_on(kind)).map(|field| (field.name(), text(field))));
    keys.extend(plain_fields(kind).map(|field| (field.name(), value(field, told))));
    let parts =
        PLACE.into_iter().chain(SUBJECT).filter(|name| matches!(Key::of(kind, name), Ok(Key::Place | Key::Subject)));
    keys.extend(parts.map(|name| (name, part(kind, name, told))));
    let sets = [(TAGS, tags as fn() -> Json), (RELATIONS, relations), (CUSTOM, custom), (ACCESS, access)];
    let sets = sets.into_iter().filter(|(name, _)| !matches!(Key::of(kind, name), Err(_) | Ok(Key::Fact)));
    keys.extend(sets.map(|(name, schema)| (name, schema())));
    keys.extend(facts());
    if told == Told::Shown {
        return keys;
    }
    let writable = |name: &str| match Key::of(kind, name) {
        Ok(Key::Field(field)) => told == Told::New || field.spec().writer == Writer::Member,
        Ok(Key::Subject) => told == Told::New,
        Ok(Key::Relations | Key::Deleted) => told == Told::Changed,
        Ok(Key::Fact) => name == "version" && told == Told::Changed,
        Ok(_) => true,
        Err(_) => false,
    };
    let as_taken = |(name, mut schema): (&'static str, Json)| {
        if writable(name) {
            return Some((name, taken(kind, name, schema)));
        }
        // Whoever sends back what they were shown changes nothing by it.
        schema["readOnly"] = json!(true);
        (told == Told::Changed).then_some((name, schema))
    };
    keys.into_iter().filter_map(as_taken).collect()
}

/// As it is taken: `null` empties what can be empty.
fn taken(kind: Kind, name: &str, mut schema: Json) -> Json {
    let full = match Key::of(kind, name) {
        Ok(Key::Field(field)) => !empties(field.spec().shape),
        Ok(Key::Id | Key::Deleted | Key::Custom | Key::Access) => true,
        _ => false,
    };
    let needed = needed(kind).iter().any(|one| one == name);
    if full || needed {
        return schema;
    }
    if let Some(choices) = schema.get_mut("enum").and_then(Json::as_array_mut) {
        if !choices.contains(&Json::Null) {
            choices.push(Json::Null);
        }
    } else if let Some(one) = schema.get("type").and_then(Json::as_str).map(str::to_owned) {
        schema["type"] = json!([one, "null"]);
    }
    schema
}

fn with(mut schema: Json, description: &str, example: Json) -> Json {
    if !description.is_empty() {
        schema["description"] = json!(description);
    }
    schema["examples"] = Json::Array(vec![example]);
    schema
}

fn text(field: TextField) -> Json {
    let example = match field {
        TextField::Name => "Harbour",
        TextField::Title => "Mend the net",
        TextField::Description | TextField::Notes | TextField::Body => "With the **strong** twine.",
    };
    let schema = json!({ "type": "string", "maxLength": field.max_chars() });
    with(schema, "Merged by character where several change it at once.", json!(example))
}

/// A field that is a key of its own.
fn value(field: Field, told: Told) -> Json {
    let shape = field.spec().shape;
    let schema = match shape {
        Shape::Status => json!({ "enum": Status::ALL }),
        Shape::Priority => json!({ "enum": Priority::ALL }),
        Shape::Date => json!({ "type": ["string", "null"], "format": "date" }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Count => json!({ "type": ["integer", "null"], "minimum": 0, "maximum": u32::MAX }),
        Shape::Text(limit) => json!({ "type": ["string", "null"], "maxLength": limit }),
        Shape::Moments => json!({ "type": "array", "items": time(), "maxItems": REMINDERS }),
        Shape::People => json!({ "type": "array", "items": id(), "maxItems": PEOPLE }),
        Shape::Recurrence => nullable("Recurrence"),
        Shape::Reference => nullable("Reference"),
        Shape::File => refers("FileFacts"),
        Shape::FieldType => refers("FieldType"),
        Shape::Role | Shape::Access => nullable("Role"),
        // Their parts are keys.
        Shape::Place | Shape::Subject | Shape::Custom => json!({}),
    };
    let mut schema = with(schema, &format!("{}.", expected(shape)), sample(field));
    if told == Told::Shown && field.spec().writer == Writer::Server {
        schema["readOnly"] = json!(true);
    }
    schema
}

/// An example of what a field shows.
fn sample(field: Field) -> Json {
    match field.spec().shape {
        Shape::Status => json!(Status::InProgress),
        Shape::Priority => json!(Priority::High),
        Shape::Date => json!("2026-03-01"),
        Shape::Flag => json!(false),
        Shape::Count => json!(3),
        Shape::Text(FILTER_CHARS) => json!("{\"is\":{\"overdue\":true}}"),
        Shape::Text(_) => json!(match field {
            Field::Key => "HAR-231",
            Field::Prefix => "HAR",
            Field::Email => "ines@saltmarsh.example",
            Field::Color => "#2f6f8f",
            _ => "⚓",
        }),
        Shape::Moments => json!([TIME]),
        Shape::People => json!([ID]),
        Shape::Recurrence => json!({ "every": 1, "unit": "week", "from": "due" }),
        Shape::Reference => json!({ "provider": "github", "id": "7" }),
        Shape::File => json!({
            "media_type": "text/plain", "bytes": 5,
            "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        }),
        Shape::FieldType => json!({ "choice": ["small", "large"] }),
        Shape::Role | Shape::Access => json!("member"),
        Shape::Place | Shape::Subject | Shape::Custom => Json::Null,
    }
}

/// A part of a place, or of what the row is about.
fn part(kind: Kind, name: &str, told: Told) -> Json {
    if name == "order" {
        let schema = json!({ "type": "string", "maxLength": ORDER_CHARS, "pattern": "^[0-9A-Za-z]*$" });
        return with(schema, "Compared as text; between any two there is room for another.", json!("a1"));
    }
    let always = needed(kind).iter().any(|one| one == name);
    // A row that was made before may be in none.
    let or_none = !always || (name == "project" && told == Told::Shown);
    let schema = if or_none { json!({ "type": ["string", "null"], "format": "uuid" }) } else { id() };
    with(schema, "", if always { json!(OTHER_ID) } else { Json::Null })
}

fn tags() -> Json {
    let items = json!({ "type": "string", "maxLength": TAG_CHARS });
    let about = format!("At most {ELEMENTS_PER_MUTATION} are added or removed at once.");
    with(json!({ "type": "array", "items": items }), &about, json!(["ops"]))
}

fn relations() -> Json {
    let items = json!({ "type": "string", "pattern": "^(blocks|relates_to|duplicates):[0-9a-fA-F-]{32,36}$" });
    with(json!({ "type": "array", "items": items }), "", json!([format!("blocks:{OTHER_ID}")]))
}

fn custom() -> Json {
    let values = json!({ "type": ["string", "number", "boolean", "array", "null"] });
    let about = "By the id of the custom field. What is left out stays, null empties. A number is shown as a text.";
    let schema = json!({ "type": "object", "propertyNames": id(), "additionalProperties": values });
    with(schema, about, json!({}))
}

fn access() -> Json {
    let about = "By the id of the user. Who is left out stays, null takes the role away.";
    let schema = json!({ "type": "object", "propertyNames": id(), "additionalProperties": nullable("Role") });
    with(schema, about, json!({ ID: "member" }))
}

/// What only the server says, and whether the row is deleted.
fn facts() -> Vec<(&'static str, Json)> {
    let only = |mut schema: Json| {
        schema["readOnly"] = json!(true);
        schema
    };
    let unsettled = json!({ "type": "array", "items": { "type": "string" } });
    let version = json!({ "type": "integer", "minimum": 0 });
    vec![
        ("unsettled", only(with(unsettled, "Fields with concurrent values that a person should look at.", json!([])))),
        (DELETED, with(json!({ "type": "boolean" }), "", json!(false))),
        ("version", with(version, "In a change: the version that its author looked at.", json!(17))),
        ("created_at", only(with(moment(), "", json!(TIME)))),
        ("updated_at", only(with(moment(), "", json!(TIME)))),
    ]
}

fn id() -> Json {
    json!({ "type": "string", "format": "uuid" })
}

fn time() -> Json {
    json!({ "type": "string", "format": "date-time" })
}

/// A time that no calendar has is shown as `null`.
fn moment() -> Json {
    json!({ "type": ["string", "null"], "format": "date-time" })
}

fn refers(name: &str) -> Json {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn nullable(name: &str) -> Json {
    json!({ "anyOf": [refers(name), { "type": "null" }] })
}

/// Makes the schemas that those of rows refer to.
pub fn refer(schemas: &mut SchemaGenerator) {
    schemas.subschema_for::<Recurrence>();
    schemas.subschema_for::<Reference>();
    schemas.subschema_for::<FileFacts>();
    schemas.subschema_for::<FieldType>();
    schemas.subschema_for::<Role>();
}
