//! A task, and what is done to it.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use shared::clock::{Actor, Counter, Millis, Stamp, Version};
use shared::field::{Field, TextField};
use shared::ids::{ProjectId, TaskId};
use shared::merge::{self, Around};
use shared::mutation::{Create, EditTags, Op, TextEdit};
use shared::register::Tag;
use shared::row::Row;
use shared::text::Delta;
use shared::value::Place;
use uuid::Uuid;

pub const TASK: TaskId = TaskId(Uuid::from_u128(1));

pub fn stamp(actor: Actor, ctr: Counter, ver: Version, ctx: Version) -> Stamp {
    Stamp { actor, ctr, ver, ctx, at: 0 }
}

pub fn at(at: Millis, stamp: Stamp) -> Stamp {
    Stamp { at, ..stamp }
}

/// Makes the task "One".
pub fn task() -> Create {
    let place = Place { project: Some(ProjectId(Uuid::from_u128(2))), ..Place::default() };
    Create::new(TASK).text(TextField::Title, "One").value(Field::Place, place)
}

/// The task "One", made by actor 9 as version 1.
pub fn row() -> Option<Row> {
    let mut row = None;
    merge::apply(&mut row, &Op::Create(task()), stamp(9, 1, 1, 0), &Around::default()).unwrap();
    row
}

pub fn edit_title(from: &str, to: &str) -> Op {
    Op::TextEdit(TextEdit { entity: TASK.into(), field: TextField::Title, delta: Delta::between(from, to) })
}

pub fn tags(add: &[&str], remove: &[&str]) -> Op {
    let tags = |names: &[&str]| names.iter().map(|name| Tag::new(name)).collect();
    Op::Tags(EditTags { id: TASK, add: tags(add), remove: tags(remove) })
}
