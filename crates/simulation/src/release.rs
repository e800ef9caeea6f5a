//! The release before this one: how it writes what it sends and what it stores.

use engine::record::Record;
use engine::store::memory::MemoryStore;
use engine::store::{Batch, Store, StoreError};
use serde_json::{Value as Json, json};
use shared::field::{Field, TextField};
use shared::ids::EntityId;
use shared::mutation::{Create, Mutation, Op};
use shared::protocol::{OLDEST_SCHEMA, PushRequest};
use shared::value::{Place, Value};

use crate::device::ready;
use crate::{Check, Violation};

/// A push of that release, as it arrives.
pub fn push(push: &PushRequest) -> Check<PushRequest> {
    let mut json = serde_json::to_value(push).map_err(broken)?;
    json["schema"] = json!(OLDEST_SCHEMA);
    for (place, one) in push.mutations.iter().enumerate() {
        if let Some(op) = operation(&one.op) {
            json["mutations"][place]["op"] = op;
        }
    }
    serde_json::from_value(json).map_err(broken)
}

/// Lets what waits on a disk look as that release has written it. (Its rows had another form too: the engine's own tests
/// have those.)
pub fn write(store: &MemoryStore) -> Check {
    let contents = ready(store.load(None)).map_err(broken)?;
    let mut put = Vec::new();
    for (key, bytes) in contents.records {
        if let Record::Outbox(mutation) = Record::decode(key, &bytes).map_err(broken)? {
            put.push((key, outbox_entry(&mutation)?));
        }
    }
    let batch = Batch { expect: contents.revision, put, delete: Vec::new() };
    // A disk that was to fail fails once, before or after.
    match ready(store.commit(&batch)) {
        Err(StoreError::Platform(_)) => write(store),
        other => other.map(drop).map_err(broken),
    }
}

fn outbox_entry(mutation: &Mutation) -> Check<Vec<u8>> {
    let mut json = serde_json::to_value(mutation).map_err(broken)?;
    if let Some(op) = operation(&mutation.op) {
        json["op"] = op;
    }
    serde_json::to_vec(&json).map_err(broken)
}

/// An operation of the schema before this one, where that has another form of it.
fn operation(op: &Op) -> Option<Json> {
    match op {
        Op::Create(create) => creation(create),
        Op::Write(write) => match (write.entity, write.field, &write.value) {
            (EntityId::Task(id), Field::Status, Value::Status(status)) => {
                Some(json!({ "task.status@1": { "id": id, "status": status } }))
            }
            (EntityId::Task(id), Field::Priority, Value::Priority(priority)) => {
                Some(json!({ "task.priority@1": { "id": id, "priority": priority } }))
            }
            (EntityId::Task(id), Field::Due, Value::Date(due)) => {
                Some(json!({ "task.due@1": { "id": id, "due": due } }))
            }
            (EntityId::Task(id), Field::Due, Value::Nothing) => {
                Some(json!({ "task.due@1": { "id": id, "due": null } }))
            }
            _ => None,
        },
        _ => None,
    }
}

/// That release knew projects by their names alone, and tasks directly in a project.
fn creation(create: &Create) -> Option<Json> {
    match create.entity {
        EntityId::Project(id) if create.values.is_empty() && create.tags.is_empty() && create.texts.len() == 1 => {
            let name = create.texts.get(&TextField::Name)?;
            Some(json!({ "project.create@1": { "id": id, "name": name } }))
        }
        EntityId::Task(id) if create.texts.len() == 1 && create.values.len() == 4 => {
            let title = create.texts.get(&TextField::Title)?;
            let (status, priority) = (create.values.get(&Field::Status)?, create.values.get(&Field::Priority)?);
            let (Value::Status(status), Value::Priority(priority)) = (status, priority) else { return None };
            let Value::Date(due) = create.values.get(&Field::Due)? else { return None };
            let Value::Place(place) = create.values.get(&Field::Place)? else { return None };
            let project = place.project.filter(|_| *place == Place { project: place.project, ..Place::default() })?;
            Some(json!({ "task.create@1": {
                "id": id, "project": project, "title": title, "status": status, "priority": priority, "due": due,
                "tags": create.tags,
            } }))
        }
        _ => None,
    }
}

fn broken(error: impl std::fmt::Display) -> Violation {
    Violation(format!("of the release before: {error}"))
}
