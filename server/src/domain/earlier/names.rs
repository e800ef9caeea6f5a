//! What earlier clients call things.

use serde_json::{Value as Json, json};
use shared::ids::{EntityId, Kind};
use shared::row::Row;

use super::InvalidChange;
use crate::domain::resource::{self, InvalidResource, Object};

/// In which words a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// `dueDate`, not `due_date`.
    camel: bool,
    /// Spaces, categories and items, not projects, sections and tasks.
    spaces: bool,
}

pub const SPACES: Words = Words { camel: true, spaces: true };
pub const PROJECTS: Words = Words { camel: true, spaces: false };
pub const SNAKE: Words = Words { camel: false, spaces: false };

/// What kinds of rows are called: by most, by some, and what several of them are.
const ENTITIES: [(Kind, &str, &str, [&str; 2]); 4] = [
    (Kind::Project, "project", "space", ["projects", "spaces"]),
    (Kind::Section, "section", "category", ["sections", "categories"]),
    (Kind::Task, "task", "item", ["tasks", "items"]),
    (Kind::Comment, "comment", "comment", ["comments", "comments"]),
];

/// The kind of row that a client means, and its words.
pub fn kind(name: &str) -> Result<(Kind, Words), InvalidChange> {
    let found = ENTITIES.iter().find_map(|(kind, one, other, many)| {
        if *one == name || many[0] == name {
            return Some((*kind, PROJECTS));
        }
        (*other == name || many[1] == name).then_some((*kind, SPACES))
    });
    found.ok_or_else(|| InvalidChange::Kind(name.to_owned()))
}

/// Fields with other names than in [`resource`]: ours, what they are called by most and by those who speak of spaces, and
/// what else is understood.
const FIELDS: [(&str, &str, &str, &[&str]); 9] = [
    ("project", "project_id", "space_id", &["space"]),
    ("section", "section_id", "category_id", &["category"]),
    ("parent", "parent_id", "parent_id", &[]),
    ("task", "task_id", "item_id", &["item"]),
    ("reply_to", "reply_to_id", "reply_to_id", &[]),
    ("due", "due_date", "due_date", &[]),
    ("start", "start_date", "start_date", &[]),
    ("body", "body", "body", &["content", "text"]),
    ("custom", "custom_fields", "custom_fields", &[]),
];

/// Fields that hold ids of rows, by our names.
pub(super) const REFERENCES: [(&str, Kind); 5] = [
    ("project", Kind::Project),
    ("section", Kind::Section),
    ("parent", Kind::Task),
    ("task", Kind::Task),
    ("reply_to", Kind::Comment),
];

/// What a row says and no client changes: whoever sends whole rows sends it along.
const FACTS: [&str; 15] = [
    "id",
    "local_id",
    "server_id",
    "client_id",
    "entity_type",
    "version",
    "vector_clock",
    "created_at",
    "updated_at",
    "unsettled",
    "key",
    "filed",
    "stored",
    "prefix",
    "timestamp",
];

/// Kinds of things outside that an item can stand for; what they are called and their ids begin with it.
const OUTSIDE: [&str; 4] = ["movie", "book", "place", "issue"];
const TYPE: &str = "type";
const PROVIDER: &str = "provider";
/// Of what is none of these.
const EXTERNAL: &str = "external";
const REFERENCE: &str = "reference";

impl Words {
    /// What rows of a kind are called.
    pub fn kind(self, kind: Kind) -> &'static str {
        let found = ENTITIES.iter().find(|(one, ..)| *one == kind);
        found.map_or(kind.name(), |(_, most, some, _)| if self.spaces { some } else { most })
    }

    /// What a field is called.
    pub fn field(self, ours: &str) -> String {
        let named = FIELDS.iter().find(|(field, ..)| *field == ours);
        let name = named.map_or(ours, |(_, most, some, _)| if self.spaces { some } else { most });
        if self.camel { camel(name) } else { name.to_owned() }
    }
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |so_far, word| {
        let mut letters = word.chars();
        let capital = letters.next().map(|letter| letter.to_ascii_uppercase());
        so_far + &capital.into_iter().chain(letters).collect::<String>()
    })
}

/// `due_date` for `dueDate`.
pub(super) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// A row in a client's words.
pub fn show(row: &Row, words: Words) -> Object {
    let shown = resource::show(row).into_iter();
    let mut object: Object = shown.map(|(name, value)| (words.field(&name), value)).collect();
    if row.id.kind() == Kind::Task {
        let reference = object.remove(REFERENCE).unwrap_or_default();
        show_reference(&reference, words, &mut object);
    }
    object
}

/// That a row is not there for a client any more.
pub fn gone(id: EntityId) -> Object {
    Object::from_iter([("id".to_owned(), json!(id.uuid())), ("deleted".to_owned(), json!(true))])
}

/// What stands for something outside says what, and its id; a provider `movie/tmdb` is a movie of `tmdb`'s.
fn show_reference(reference: &Json, words: Words, object: &mut Object) {
    let Some(provider) = reference[PROVIDER].as_str() else {
        object.insert(TYPE.to_owned(), json!("task"));
        return;
    };
    let (kind, of) = provider.split_once('/').map_or((provider, None), |(kind, of)| (kind, Some(of)));
    let (kind, of) = if OUTSIDE.contains(&kind) { (kind, of) } else { (EXTERNAL, Some(provider)) };
    object.insert(TYPE.to_owned(), json!(kind));
    object.insert(words.field(&format!("{kind}_id")), reference["id"].clone());
    if let Some(of) = of {
        object.insert(PROVIDER.to_owned(), json!(of));
    }
}

/// What a client says of a row, in our words, and what it called each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Said {
    pub(super) object: Object,
    pub(super) names: Vec<(String, String)>,
}

/// Reads what a client says of a row.
pub(super) fn say(kind: Kind, sent: &Object) -> Result<Said, InvalidResource> {
    let mut said = Said::default();
    let mut outside = Object::new();
    for (theirs, value) in sent {
        let name = snake(theirs);
        if FACTS.contains(&name.as_str()) {
            continue;
        }
        if kind == Kind::Task && (name == TYPE || name == PROVIDER || id_of(&name).is_some()) {
            outside.insert(name, value.clone());
            continue;
        }
        let ours = ours(kind, &name);
        let value = adapted(&ours, value);
        if said.object.insert(ours.clone(), value).is_some() {
            return Err(InvalidResource::Value { name: theirs.clone(), expected: "said once" });
        }
        said.names.push((ours, theirs.clone()));
    }
    if !outside.is_empty() {
        said.object.insert(REFERENCE.to_owned(), read_reference(&outside)?);
    }
    Ok(said)
}

fn ours(kind: Kind, name: &str) -> String {
    let has = |ours: &str| match ours {
        "body" | "task" | "reply_to" => kind == Kind::Comment,
        _ => true,
    };
    let known = FIELDS.iter().filter(|(ours, ..)| has(ours));
    let mut named = known.filter(|(_, most, some, others)| *most == name || *some == name || others.contains(&name));
    named.next().map_or(name, |(ours, ..)| ours).to_owned()
}

/// Of what kind of thing outside a name is the id.
fn id_of(name: &str) -> Option<&str> {
    name.strip_suffix("_id").filter(|kind| OUTSIDE.contains(kind) || *kind == EXTERNAL)
}

fn read_reference(outside: &Object) -> Result<Json, InvalidResource> {
    let expected = |name: &str, expected| InvalidResource::Value { name: name.to_owned(), expected };
    let ids = outside.iter().filter(|(_, id)| !id.is_null()).filter_map(|(name, id)| Some((id_of(name)?, name, id)));
    let ids: Vec<_> = ids.collect();
    let named = match outside.get(TYPE) {
        Some(Json::String(kind)) => Some(kind.as_str()),
        None => None,
        Some(_) => return Err(expected(TYPE, "task, movie, book, place, issue or external")),
    };
    let none = matches!(named, Some("task" | "item" | "todo")) || (named.is_none() && ids.is_empty());
    match (ids.as_slice(), named) {
        ([], _) if none => Ok(Json::Null),
        ([(kind, name, id)], named) if named.is_none_or(|named| named == *kind) => {
            let id = match id {
                Json::String(id) => id.clone(),
                Json::Number(id) => id.to_string(),
                _ => return Err(expected(name, "a text or a number")),
            };
            let of = outside.get(PROVIDER).filter(|of| !of.is_null());
            let provider = match (*kind, of) {
                (EXTERNAL, Some(Json::String(of))) => of.clone(),
                (kind, None) if kind != EXTERNAL => kind.to_owned(),
                (kind, Some(Json::String(of))) => format!("{kind}/{of}"),
                _ => return Err(expected(PROVIDER, "a text")),
            };
            Ok(json!({ PROVIDER: provider, "id": id }))
        }
        ([], Some(kind)) if OUTSIDE.contains(&kind) || kind == EXTERNAL => {
            Err(expected(&format!("{kind}_id"), "the id of what the item stands for"))
        }
        _ => Err(expected(TYPE, "task, movie, book, place, issue or external, with the one id that goes with it")),
    }
}

/// `in_progress` for `inProgress`, `In progress` and `IN-PROGRESS`.
fn spelled(text: &str) -> String {
    let capitals = !text.chars().any(char::is_lowercase);
    let words = if capitals { text.to_lowercase() } else { snake(text) };
    words.split(['_', '-', ' ']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

/// A value as we write it: dates without a time of day, statuses and priorities in our spelling.
fn adapted(ours: &str, value: &Json) -> Json {
    let Some(text) = value.as_str() else { return value.clone() };
    match ours {
        "due" | "start" => {
            let day = super::Moment::read(text).map(|moment| moment.to_string());
            json!(day.as_deref().and_then(|day| day.get(..10)).unwrap_or(text))
        }
        "status" => json!(match spelled(text).as_str() {
            "completed" => "done",
            "canceled" => "cancelled",
            "to_do" | "open" => "todo",
            "review" => "in_review",
            other => other,
        }),
        "priority" => json!(text.to_ascii_lowercase()),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "what is said is made to be read")]
    fn said(json: Json) -> Result<Json, InvalidResource> {
        say(Kind::Task, json.as_object().unwrap()).map(|said| Json::Object(said.object))
    }

    #[test]
    fn names_of_both_spellings_are_understood() {
        let theirs = json!({ "title": "a", "dueDate": "2026-03-01T22:30:00.000Z", "categoryId": null, "status": "inProgress",
            "id": 7, "createdAt": 1 });
        let ours = json!({ "title": "a", "due": "2026-03-01", "section": null, "status": "in_progress" });
        assert_eq!(said(theirs), Ok(ours.clone()));
        let snake = json!({ "title": "a", "due_date": "2026-03-01", "section_id": null, "status": "IN-PROGRESS" });
        assert_eq!(said(snake), Ok(ours));
        assert!(said(json!({ "dueDate": null, "due_date": null })).is_err());
        assert_eq!(said(json!({ "colour": "red" })), Ok(json!({ "colour": "red" })), "what is none is said so later");
    }

    #[test]
    fn what_stands_for_something_outside_keeps_its_kind_and_id() {
        for (theirs, ours) in [
            (json!({ "type": "movie", "movieId": "27205" }), json!({ "provider": "movie", "id": "27205" })),
            (json!({ "movieId": 27205, "provider": "tmdb" }), json!({ "provider": "movie/tmdb", "id": "27205" })),
            (
                json!({ "type": "external", "provider": "github", "externalId": "7" }),
                json!({ "provider": "github", "id": "7" }),
            ),
            (json!({ "type": "task", "movieId": null }), Json::Null),
        ] {
            assert_eq!(said(theirs), Ok(json!({ "reference": ours })));
            let mut shown = Object::new();
            show_reference(&ours, SPACES, &mut shown);
            assert_eq!(said(Json::Object(shown)), Ok(json!({ "reference": ours })), "{ours} reads back");
        }
        for bad in [
            json!({ "type": "movie" }),
            json!({ "type": "movie", "bookId": "1" }),
            json!({ "type": "boat" }),
            json!({ "type": 7 }),
            json!({ "movieId": "1", "bookId": "2" }),
            json!({ "movieId": [] }),
            json!({ "externalId": "1" }),
            json!({ "type": "task", "movieId": "1" }),
        ] {
            assert!(said(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_kind_has_its_names() {
        for (kind_, most, some, many) in ENTITIES {
            for (name, words) in [(most, PROJECTS), (many[0], PROJECTS)] {
                assert_eq!(kind(name), Ok((kind_, words)));
            }
            assert_eq!(kind(some).unwrap().0, kind_);
            assert_eq!((SPACES.kind(kind_), SNAKE.kind(kind_)), (some, most));
            assert_eq!(kind(many[1]).unwrap().0, kind_);
        }
        assert!(kind("member").is_err());
        assert_eq!((SPACES.field("due"), SNAKE.field("project")), ("dueDate".to_owned(), "project_id".to_owned()));
    }
}
