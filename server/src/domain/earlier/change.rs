//! A change as an earlier client sends it.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use shared::clock::{Counter, VectorClock, Version};
use shared::ids::{EntityId, Kind, MutationId};
use uuid::Uuid;

use super::names::{REFERENCES, kind, say, snake};
use super::{InvalidChange, Moment, Words};
use crate::domain::resource::{InvalidResource, Object};

/// What is to be done with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Create,
    Update,
    Delete,
    /// It is to be as said, whether it is there or not.
    Put,
}

impl Operation {
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Put => "put",
        }
    }
}

/// One change, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub entity: EntityId,
    pub operation: Operation,
    /// What the row is to say, in our words.
    pub body: Object,
    /// What the client called each of it.
    pub names: Vec<(String, String)>,
    /// The version of the row that its author had.
    pub version: Option<Version>,
    /// What its author knew of the row.
    pub clock: Option<VectorClock<String>>,
    /// The change itself: the same one, sent again, has the same.
    pub fingerprint: Uuid,
    /// Whether anything in it tells it apart from another one that says the same later.
    pub unique: bool,
}

/// What was sent, whether or not it can be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// What its author calls the row.
    pub local: Option<String>,
    /// The kind of the row, and in which words it was named.
    pub kind: Option<(Kind, Words)>,
    pub operation: Option<Operation>,
    /// What the row was to say, as it was sent.
    pub data: Object,
    pub change: Result<Change, InvalidChange>,
}

/// What rows that a client has named itself are called here. Always the same, so that a change which is sent again is about
/// the same row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ids {
    /// The client's own, within its organization.
    pub space: Uuid,
}

impl Ids {
    /// A UUID is kept; of anything else one is made.
    pub fn row(&self, kind: Kind, name: &str) -> EntityId {
        let id =
            name.parse().unwrap_or_else(|_| Uuid::new_v5(&self.space, format!("{} {name}", kind.name()).as_bytes()));
        kind.of(id)
    }

    /// The id of the `n`th mutation that a change becomes.
    pub fn mutation(fingerprint: Uuid, n: usize) -> MutationId {
        MutationId(Uuid::new_v5(&fingerprint, &n.to_be_bytes()))
    }
}

/// Characters of an id that a client makes.
const ID_CHARS: usize = 200;

/// Reads a change. `of`: of which kind all are, where the change itself does not say; its fields may then stand beside what
/// says which row is meant. `known`: what the request says its author had seen.
pub fn read(json: &Json, of: Option<(Kind, Words)>, ids: &Ids, known: &str) -> Sent {
    let mut sent =
        Sent { local: None, kind: of, operation: None, data: Object::new(), change: Err(InvalidChange::Form) };
    let Some(object) = json.as_object() else { return sent };
    match envelope(object, of.is_some(), &mut sent) {
        Ok(envelope) => sent.change = envelope.open(&sent, ids, known),
        Err(invalid) => sent.change = Err(invalid),
    }
    sent
}

/// What stands around the data of a change.
#[derive(Default)]
struct Envelope {
    server_id: Option<String>,
    deleted: bool,
    version: Option<Version>,
    clock: Option<VectorClock<String>>,
    timestamp: Option<String>,
}

/// What says which row is meant and what is to be done with it. Left empty, it says nothing.
const AROUND: [&str; 12] = [
    "id",
    "client_id",
    "local_id",
    "server_id",
    "entity_type",
    "type",
    "operation",
    "timestamp",
    "version",
    "vector_clock",
    "deleted",
    "data",
];

fn envelope(object: &Object, inline: bool, sent: &mut Sent) -> Result<Envelope, InvalidChange> {
    let mut envelope = Envelope::default();
    // What the client calls the row is known before anything is refused.
    for name in ["id", "client_id", "local_id"] {
        if let Some((_, Json::String(id))) = object.iter().find(|(key, _)| snake(key) == name) {
            sent.local = Some(id.clone());
        }
    }
    let mut problem = None;
    for (key, value) in object {
        let name = snake(key);
        if value.is_null() && AROUND.contains(&name.as_str()) && !(inline && name == "type") {
            continue;
        }
        let read = match name.as_str() {
            "id" | "server_id" => id(&name, value).map(|id| envelope.server_id = Some(id)),
            "client_id" | "local_id" => id(&name, value).map(|_| ()),
            "entity_type" | "type" if !inline => {
                text("type", value).and_then(kind).map(|named| sent.kind = Some(named))
            }
            "operation" => text("operation", value).and_then(operation).map(|one| sent.operation = Some(one)),
            "timestamp" => time(value).map(|time| envelope.timestamp = Some(time)),
            "version" => version(value).map(|version| envelope.version = Some(version)),
            "vector_clock" => clock(value).map(|clock| envelope.clock = Some(clock)),
            "deleted" => flag(value).map(|deleted| envelope.deleted = deleted),
            "data" => data(value).map(|data| sent.data = data),
            _ if inline => {
                sent.data.insert(key.clone(), value.clone());
                Ok(())
            }
            _ => Err(InvalidChange::Unknown(key.clone())),
        };
        problem = problem.or(read.err());
    }
    problem.map_or(Ok(envelope), Err)
}

impl Envelope {
    fn open(self, sent: &Sent, ids: &Ids, known: &str) -> Result<Change, InvalidChange> {
        let (kind, _) = sent.kind.ok_or(InvalidChange::Missing("type"))?;
        let operation = match sent.operation {
            None | Some(Operation::Update) if self.deleted => Operation::Delete,
            other => other.unwrap_or(Operation::Put),
        };
        let name = self.server_id.as_ref().or(sent.local.as_ref()).ok_or(InvalidChange::Missing("id"))?;
        let entity = ids.row(kind, name);
        let data_version = sent.data.get("version").and_then(Json::as_u64);
        let mut said = say(kind, &sent.data)?;
        for (name, kind) in REFERENCES {
            if let Some(Json::String(named)) = said.object.get_mut(name) {
                *named = ids.row(kind, named).uuid().to_string();
            }
        }
        let version = self.version.or(data_version);
        // What was known tells two changes apart that say no time of their own.
        let unique = self.timestamp.is_some() || version.is_some() || self.clock.is_some() || !known.is_empty();
        let when = self.timestamp.unwrap_or_else(|| format!("{known} {version:?} {:?}", self.clock));
        let data = Json::Object(sent.data.clone());
        let all = format!("{} {} {when} {data}", entity.uuid(), operation.name());
        let fingerprint = Uuid::new_v5(&ids.space, all.as_bytes());
        let (body, names) = (said.object, said.names);
        Ok(Change { entity, operation, body, names, version, clock: self.clock, fingerprint, unique })
    }
}

impl Change {
    /// A problem with the name that the client has for the field.
    pub fn in_their_words(&self, invalid: InvalidResource) -> InvalidResource {
        let theirs = |ours: String| {
            self.names.iter().find(|(name, _)| *name == ours).map_or(ours.clone(), |(_, theirs)| theirs.clone())
        };
        match invalid {
            InvalidResource::Unknown(name) => InvalidResource::Unknown(theirs(name)),
            InvalidResource::Fixed(name) => InvalidResource::Fixed(theirs(name)),
            InvalidResource::Value { name, expected } => InvalidResource::Value { name: theirs(name), expected },
        }
    }
}

fn text<'a>(name: &'static str, json: &'a Json) -> Result<&'a str, InvalidChange> {
    json.as_str().ok_or(InvalidChange::Value { name, expected: "a text" })
}

fn id(name: &str, json: &Json) -> Result<String, InvalidChange> {
    let fits = |id: &&str| !id.is_empty() && id.chars().count() <= ID_CHARS && !id.chars().any(char::is_control);
    let name = match name {
        "local_id" => "localId",
        "server_id" => "serverId",
        "client_id" => "clientId",
        _ => "id",
    };
    let expected = "a text of 1 to 200 characters";
    json.as_str().filter(fits).map(str::to_owned).ok_or(InvalidChange::Value { name, expected })
}

fn operation(name: &str) -> Result<Operation, InvalidChange> {
    match name.to_ascii_lowercase().as_str() {
        "create" => Ok(Operation::Create),
        "update" => Ok(Operation::Update),
        "delete" => Ok(Operation::Delete),
        _ => Err(InvalidChange::Operation(name.to_owned())),
    }
}

fn flag(json: &Json) -> Result<bool, InvalidChange> {
    json.as_bool().ok_or(InvalidChange::Value { name: "deleted", expected: "true or false" })
}

fn data(json: &Json) -> Result<Object, InvalidChange> {
    json.as_object().cloned().ok_or(InvalidChange::Value { name: "data", expected: "an object" })
}

fn time(json: &Json) -> Result<String, InvalidChange> {
    let time = json.as_str().filter(|time| Moment::read(time).is_some());
    let expected = "a time such as \"2026-03-01T09:00:00.000Z\"";
    time.map(str::to_owned).ok_or(InvalidChange::Value { name: "timestamp", expected })
}

fn version(json: &Json) -> Result<Version, InvalidChange> {
    json.as_u64().ok_or(InvalidChange::Value { name: "version", expected: "a version that you were shown" })
}

fn clock(json: &Json) -> Result<VectorClock<String>, InvalidChange> {
    let read: Result<BTreeMap<String, Counter>, _> = serde_json::from_value(json.clone());
    let expected = "an object of device ids and numbers, as you were shown it";
    read.map(VectorClock::from).map_err(|_| InvalidChange::Value { name: "vector_clock", expected })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::PROJECTS;
    use super::*;

    const IDS: Ids = Ids { space: Uuid::from_u128(7) };

    #[expect(clippy::needless_pass_by_value, reason = "a change is made to be read")]
    fn change(json: Json) -> Result<Change, InvalidChange> {
        read(&json, None, &IDS, "").change
    }

    #[test]
    fn an_id_that_is_no_uuid_stands_for_always_the_same_row() {
        let id = Uuid::from_u128(9);
        assert_eq!(IDS.row(Kind::Task, &id.to_string()), Kind::Task.of(id));
        assert_eq!(IDS.row(Kind::Task, "temp-1"), IDS.row(Kind::Task, "temp-1"));
        assert_ne!(IDS.row(Kind::Task, "temp-1").uuid(), IDS.row(Kind::Project, "temp-1").uuid());
        let other = Ids { space: Uuid::from_u128(8) };
        assert_ne!(IDS.row(Kind::Task, "temp-1"), other.row(Kind::Task, "temp-1"));
        let item = json!({ "localId": "i", "entityType": "item", "operation": "create", "data": { "spaceId": "s" } });
        let space = json!(IDS.row(Kind::Project, "s").uuid());
        assert_eq!(change(item).unwrap().body["project"], space, "what it names is named the same way");
    }

    #[test]
    fn the_same_change_is_known_again() {
        let edit = |title: &str, when: &str| {
            let json = json!({ "id": "i", "type": "item", "operation": "update", "timestamp": when, "data": { "title": title } });
            change(json).unwrap().fingerprint
        };
        let (one, two) = ("2026-03-01T09:00:00Z", "2026-03-01T09:00:01Z");
        assert_eq!(edit("a", one), edit("a", one));
        assert_ne!(edit("a", one), edit("a", two));
        assert_ne!(edit("a", one), edit("b", one));
        // Without a time, what was known tells them apart.
        let json = json!({ "id": "i", "type": "item", "data": {} });
        let known = |known: &str| read(&json, None, &IDS, known).change.unwrap().fingerprint;
        assert_ne!(known("x"), known("y"));
    }

    #[test]
    fn what_is_wrong_with_a_change_is_said_beside_its_id() {
        for bad in [
            json!({}),
            json!({ "entityType": "boat" }),
            json!({ "entityType": "item", "operation": "rename" }),
            json!({ "entityType": "item", "operation": "update", "data": [] }),
            json!({ "entityType": "item", "timestamp": "soon" }),
            json!({ "entityType": "item", "version": -1 }),
            json!({ "entityType": "item", "vector_clock": { "a": "b" } }),
            json!({ "entityType": "item", "colour": "red" }),
            json!({ "entityType": "item", "deleted": "yes" }),
            json!({ "entityType": 7 }),
        ] {
            let mut bad = bad;
            bad["localId"] = json!("i");
            let sent = read(&bad, None, &IDS, "");
            assert_eq!(sent.local.as_deref(), Some("i"));
            assert!(sent.change.is_err(), "{bad}");
        }
        for none in [json!(null), json!(7), json!([])] {
            assert_eq!(change(none), Err(InvalidChange::Form));
        }
        assert_eq!(change(json!({ "type": "item" })), Err(InvalidChange::Missing("id")));
        assert!(change(json!({ "type": "item", "id": "" })).is_err());
    }

    #[test]
    fn fields_may_stand_beside_the_id_where_the_kind_is_known() {
        let item =
            json!({ "clientId": "i", "version": 3, "title": "a", "type": "movie", "movieId": "1", "dueDate": null });
        let change = read(&item, Some((Kind::Task, PROJECTS)), &IDS, "").change.unwrap();
        assert_eq!((change.version, change.operation), (Some(3), Operation::Put));
        assert_eq!(change.body["reference"]["id"], json!("1"));
        assert_eq!(change.body["due"], Json::Null);
        let gone = json!({ "id": "i", "deleted": true });
        assert_eq!(read(&gone, Some((Kind::Task, PROJECTS)), &IDS, "").change.unwrap().operation, Operation::Delete);
    }
}
