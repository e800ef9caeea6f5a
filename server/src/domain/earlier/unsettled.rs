//! What concurrent changes have left for a person to decide.

use serde_json::Value as Json;
use serde_json::json;
use shared::clock::{Actor, Millis, Stamp};
use shared::field::Field;
use shared::ids::EntityId;
use shared::mutation::Op;
use shared::row::Row;
use shared::value::Value;
use uuid::Uuid;

use crate::domain::resource::{self, InvalidResource};

/// What two or more people meant at the same time, in the server's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// Its own as long as nobody has decided, and nobody has meant anything else.
    pub id: Uuid,
    pub entity: EntityId,
    /// What the row is called.
    pub title: String,
    /// `None`: it was deleted while somebody changed it.
    pub field: Option<Field>,
    pub sides: Vec<Side>,
}

/// What one of them meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    pub value: Json,
    pub actor: Actor,
    pub at: Millis,
    meant: Meant,
}

#[derive(Clone, Debug, PartialEq)]
enum Meant {
    Value(Value),
    There,
    Gone,
}

impl Conflict {
    fn new(row: &Row, field: Option<Field>, sides: Vec<(Stamp, Json, Meant)>) -> Self {
        let name = field.map_or_else(|| "deleted".to_owned(), |field| field.to_string());
        let writes: Vec<_> = sides.iter().map(|(stamp, ..)| (stamp.actor, stamp.ctr)).collect();
        let id = Uuid::new_v5(&row.id.uuid(), format!("{name} {writes:?}").as_bytes());
        let side =
            |(stamp, value, meant): (Stamp, Json, Meant)| Side { value, actor: stamp.actor, at: stamp.at, meant };
        let (text, _) = shared::mutation::required(row.id.kind());
        let title = row.text(text).unwrap_or_default().to_owned();
        Self { id, entity: row.id, title, field, sides: sides.into_iter().map(side).collect() }
    }

    /// The field's name.
    pub fn name(&self) -> String {
        self.field.map_or_else(|| "deleted".to_owned(), |field| field.to_string())
    }

    /// What settles it as one of them meant.
    pub fn settle(&self, side: &Side) -> Op {
        match (&side.meant, self.field) {
            (Meant::Value(value), Some(field)) => Op::write(self.entity, field, value.clone()),
            (Meant::Gone, _) => Op::Delete(self.entity),
            _ => Op::Restore(self.entity),
        }
    }

    /// What settles it in another way.
    pub fn settle_otherwise(&self, json: &Json) -> Result<Op, InvalidResource> {
        let Some(field) = self.field else {
            let invalid = InvalidResource::Value { name: "value".into(), expected: "true for deleted, or false" };
            let deleted = json.as_bool().ok_or(invalid)?;
            return Ok(if deleted { Op::Delete(self.entity) } else { Op::Restore(self.entity) });
        };
        Ok(Op::write(self.entity, field, resource::value("value", field, json)?))
    }
}

/// Everything about a row that a person should decide.
pub fn conflicts(row: &Row) -> Vec<Conflict> {
    let field = |field: Field| {
        let siblings = row.values.get(&field)?.siblings();
        let side = |one: &shared::register::Sibling<Value>| {
            (one.stamp, resource::shown(field, &one.value), Meant::Value(one.value.clone()))
        };
        Some(Conflict::new(row, Some(field), siblings.iter().map(side).collect()))
    };
    row.unsettled().filter_map(field).chain(edited_and_deleted(row)).collect()
}

/// A row that is deleted, and that somebody changed whom no deletion had seen.
fn edited_and_deleted(row: &Row) -> Option<Conflict> {
    let deletions = row.life.deletions();
    let last = deletions.last()?;
    let unseen = |write: &&Stamp| deletions.iter().all(|deletion| !deletion.has_seen(write));
    let edit = row.stamps().chain([&row.updated]).filter(unseen).max_by_key(|write| write.order())?;
    let sides = vec![(*edit, json!(false), Meant::There), (*last, json!(true), Meant::Gone)];
    Some(Conflict::new(row, None, sides))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::field::TextField;
    use shared::ids::TaskId;
    use shared::merge::{self, Around};
    use shared::mutation::Create;
    use shared::workflow::Status;

    fn stamp(actor: Actor, ver: u64, ctx: u64) -> Stamp {
        Stamp { actor, ctr: ver, ver, ctx, at: 0 }
    }

    fn row(ops: &[(Op, Stamp)]) -> Row {
        let id = TaskId(Uuid::from_u128(1));
        let mut row = None;
        let create = Op::Create(Create::new(id).text(TextField::Title, "Net"));
        for (op, stamp) in [(create, stamp(1, 1, 0))].iter().chain(ops) {
            merge::apply(&mut row, op, *stamp, &Around::default()).unwrap();
        }
        row.unwrap()
    }

    #[test]
    fn what_is_not_ordered_is_for_a_person() {
        let id = TaskId(Uuid::from_u128(1));
        let write = |status: Status| Op::write(id, Field::Status, status);
        let done = (write(Status::Done), stamp(1, 2, 1));
        assert_eq!(conflicts(&row(std::slice::from_ref(&done))), []);
        let two = [done.clone(), (write(Status::Cancelled), stamp(2, 3, 1))];
        let found = conflicts(&row(&two));
        assert_eq!((found.len(), found[0].name()), (1, "status".to_owned()));
        assert_eq!(found[0].settle(&found[0].sides[1]), write(Status::Cancelled));
        assert_eq!(found[0].settle_otherwise(&json!("todo")), Ok(write(Status::Todo)));
        assert!(found[0].settle_otherwise(&json!("finished")).is_err());
        assert_eq!(conflicts(&row(&two))[0].id, found[0].id);
        let three = [&two[..], &[(write(Status::Cancelled), stamp(3, 4, 1))]].concat();
        assert_ne!(conflicts(&row(&three))[0].id, found[0].id, "somebody has meant something else");
    }

    #[test]
    fn an_edit_that_no_deletion_had_seen_is_for_a_person() {
        let id = TaskId(Uuid::from_u128(1));
        let edit = (Op::write(id, Field::Start, Value::Nothing), stamp(1, 2, 1));
        let deleted = |ctx| (Op::Delete(id.into()), stamp(2, 3, ctx));
        assert_eq!(conflicts(&row(&[edit.clone(), deleted(2)])), []);
        let found = conflicts(&row(&[edit.clone(), deleted(1)]));
        assert_eq!((found.len(), found[0].name()), (1, "deleted".to_owned()));
        assert_eq!(found[0].settle(&found[0].sides[0]), Op::Restore(id.into()));
        let settled = [edit, deleted(1), (Op::Delete(id.into()), stamp(1, 4, 3))];
        assert_eq!(conflicts(&row(&settled)), []);
    }
}
