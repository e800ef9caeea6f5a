//! Whether two organizations hold the same: hashes of what an import can restore.
//!
//! Left out is what the server says of a row: versions, times, keys, who made it, what a merge could not decide. People are
//! who they are by their addresses, because somebody may have another id elsewhere. Each row has a hash, and a set of rows
//! the hash of these, so that the order of rows says nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};
use shared::field::Field;
use shared::ids::{EntityId, Kind, UserId};
use shared::member::MemberView;

use crate::resource::{ACCESS, CUSTOM, Object};

/// SHA-256 of a row's content.
pub type RowHash = [u8; 32];

/// What is said of a row and is not its content: an import does not restore it.
pub const NOT_RESTORED: [&str; 15] = [
    "id",
    "key",
    "prefix",
    "version",
    "created_at",
    "created_by",
    "updated_at",
    "unsettled",
    "owner",
    "stored",
    "role",
    "email",
    "mark",
    "mine",
    "gone",
];

/// Who people are, whatever their ids.
#[derive(Clone, Debug, Default)]
pub struct Identities(BTreeMap<UserId, String>);

impl Identities {
    /// By their addresses; whoever has none, by name.
    pub fn of(people: &[MemberView]) -> Self {
        let who = |person: &MemberView| person.email.as_ref().unwrap_or(&person.name).to_lowercase();
        Self(people.iter().map(|person| (person.id, who(person))).collect())
    }

    /// Says that an id stands for whom another identity names.
    pub fn put(&mut self, id: UserId, who: String) {
        self.0.insert(id, who);
    }

    pub fn get(&self, id: UserId) -> Option<&str> {
        self.0.get(&id).map(String::as_str)
    }

    fn text(&self, id: &str) -> String {
        id.parse().ok().and_then(|id| self.get(id)).unwrap_or(id).to_owned()
    }
}

/// The hash of what a row says, by its plain form.
pub fn row_hash(id: EntityId, object: &Object, people: &Identities) -> RowHash {
    let mut content = Map::new();
    for (name, json) in object.iter().filter(|(name, _)| !NOT_RESTORED.contains(&name.as_str())) {
        let json = match name.as_str() {
            "assignees" => of_people(json, people),
            CUSTOM => each(json, |name, json| (name.to_owned(), of_people(json, people))),
            ACCESS => each(json, |name, json| (people.text(name), json.clone())),
            "filter" if id.kind() == Kind::SavedView => filter(json, people),
            _ => json.clone(),
        };
        if !says_nothing(name, &json) {
            content.insert(name.clone(), json);
        }
    }
    let mut hash = Sha256::new().chain_update(id.kind().name()).chain_update(id.uuid().as_bytes());
    let mut text = String::new();
    canonical(&Json::Object(content), &mut text);
    hash.update(text);
    hash.finalize().into()
}

/// The hash of a set of rows, as 64 hexadecimal digits.
pub fn hash(rows: impl IntoIterator<Item = RowHash>) -> String {
    let rows: BTreeSet<RowHash> = rows.into_iter().collect();
    let all = rows.iter().fold(Sha256::new(), Sha256::chain_update);
    format!("{:x}", all.finalize())
}

/// Whether a field is as it is where nobody has said anything.
fn says_nothing(name: &str, json: &Json) -> bool {
    match json {
        Json::Null | Json::Bool(false) => true,
        Json::String(text) => {
            text.is_empty()
                || (name == Field::Status.name() && text == "backlog")
                || (name == Field::Priority.name() && text == "none")
        }
        Json::Array(all) => all.is_empty(),
        Json::Object(object) => object.is_empty(),
        _ => false,
    }
}

fn of_people(json: &Json, people: &Identities) -> Json {
    let Json::Array(all) = json else { return json.clone() };
    let who: BTreeSet<String> = all.iter().filter_map(Json::as_str).map(|id| people.text(id)).collect();
    json!(who)
}

fn each(json: &Json, one: impl Fn(&str, &Json) -> (String, Json)) -> Json {
    let Json::Object(object) = json else { return json.clone() };
    let all = object.iter().map(|(name, json)| one(name, json));
    Json::Object(all.filter(|(_, json)| !json.is_null()).collect())
}

/// A filter as what it means, whoever it names.
fn filter(json: &Json, people: &Identities) -> Json {
    let Some(parsed) = json.as_str().and_then(|text| serde_json::from_str::<Json>(text).ok()) else {
        return json.clone();
    };
    replace(&parsed, &|text| people.text(text))
}

/// The same with other texts.
pub(crate) fn replace(json: &Json, with: &dyn Fn(&str) -> String) -> Json {
    match json {
        Json::String(text) => Json::String(with(text)),
        Json::Array(all) => all.iter().map(|one| replace(one, with)).collect(),
        Json::Object(object) => {
            Json::Object(object.iter().map(|(name, one)| (name.clone(), replace(one, with))).collect())
        }
        json => json.clone(),
    }
}

/// JSON with the keys of its objects in order, and without spaces.
fn canonical(json: &Json, into: &mut String) {
    match json {
        Json::Object(object) => {
            let sorted: BTreeMap<&String, &Json> = object.iter().collect();
            into.push('{');
            for (name, json) in sorted {
                canonical(&json!(name), into);
                into.push(':');
                canonical(json, into);
                into.push(',');
            }
            into.push('}');
        }
        Json::Array(all) => {
            into.push('[');
            for json in all {
                canonical(json, into);
                into.push(',');
            }
            into.push(']');
        }
        json => into.push_str(&json.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::ids::TaskId;
    use uuid::Uuid;

    fn of(json: &Json, people: &[(u128, &str)]) -> RowHash {
        let people =
            Identities(people.iter().map(|(id, who)| (UserId(Uuid::from_u128(*id)), (*who).to_owned())).collect());
        row_hash(TaskId(Uuid::from_u128(7)).into(), json.as_object().unwrap(), &people)
    }

    #[test]
    fn what_an_import_cannot_restore_says_nothing() {
        let one = of(&json!({ "title": "Net", "version": 1, "key": "HAR-1", "due": null, "status": "backlog" }), &[]);
        assert_eq!(one, of(&json!({ "title": "Net", "version": 2, "tags": [], "deleted": false }), &[]));
        for other in [json!({ "title": "net" }), json!({ "title": "Net", "status": "todo" })] {
            assert_ne!(one, of(&other, &[]));
        }
    }

    #[test]
    fn people_are_who_they_are_whatever_their_ids() {
        let task = |id: u128| json!({ "assignees": [Uuid::from_u128(id)], "custom": { "x": [Uuid::from_u128(id)] } });
        assert_eq!(of(&task(1), &[(1, "ada@x.example")]), of(&task(2), &[(2, "ada@x.example")]));
        assert_ne!(of(&task(1), &[(1, "ada@x.example")]), of(&task(2), &[(2, "bo@x.example")]));
    }

    #[test]
    fn the_order_of_rows_says_nothing() {
        let (one, two) = ([1; 32], [2; 32]);
        assert_eq!(hash([one, two]), hash([two, one]));
        assert_ne!(hash([one]), hash([one, two]));
    }
}
