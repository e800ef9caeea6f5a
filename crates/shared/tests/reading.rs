//! What a row and an operation say of themselves: what they are in, what they need, and whether a person should look.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

#[path = "support/rows.rs"]
mod rows;

use std::collections::BTreeSet;

use rows::{TASK, edit_title, row, stamp, tags, task};
use shared::clock::Stamp;
use shared::field::{Field, TextField};
use shared::ids::{CommentId, CustomFieldId, EntityId, Kind, ProjectId, SectionId, TaskId, UserId};
use shared::merge::{self, Around};
use shared::mutation::{Create, EditRelations, Op, Undo};
use shared::policy::Resolution;
use shared::relation::Relation;
use shared::row::Row;
use shared::value::{Place, Subject, Value};
use shared::workflow::{Priority, Status};
use uuid::Uuid;

const PROJECT: ProjectId = ProjectId(Uuid::from_u128(2));

fn does(row: &mut Option<Row>, op: &Op, stamp: Stamp) {
    merge::apply(row, op, stamp, &Around::default()).unwrap();
}

fn people(ids: &[u128]) -> Value {
    Value::People(ids.iter().map(|id| UserId(Uuid::from_u128(*id))).collect())
}

#[test]
fn a_text_is_there_where_the_kind_has_it() {
    let row = row().unwrap();
    assert_eq!(row.text(TextField::Title), Some("One"));
    assert_eq!(row.text(TextField::Notes), Some(""));
    assert_eq!(row.text(TextField::Name), None);
}

#[test]
fn a_field_that_nobody_has_written_says_nothing() {
    let mut row = row();
    assert_eq!(row.as_ref().unwrap().resolve(Field::Status), None);
    assert_eq!(row.as_ref().unwrap().value(Field::Status), Value::Nothing);
    does(&mut row, &Op::write(TASK, Field::Status, Status::Done), stamp(1, 1, 2, 1));
    let done = Resolution { value: Status::Done.into(), review: false };
    assert_eq!(row.unwrap().resolve(Field::Status), Some(done));
}

#[test]
fn a_person_looks_at_what_no_rule_can_decide() {
    let mut row = row();
    let unsettled = |row: &Option<Row>| row.as_ref().unwrap().unsettled().collect::<Vec<_>>();
    does(&mut row, &Op::write(TASK, Field::Status, Status::Done), stamp(1, 1, 2, 1));
    does(&mut row, &Op::write(TASK, Field::Assignees, people(&[1])), stamp(1, 2, 3, 1));
    does(&mut row, &Op::write(TASK, Field::Priority, Priority::Low), stamp(1, 3, 4, 1));
    does(&mut row, &Op::write(TASK, Field::Priority, Priority::High), stamp(2, 1, 5, 1));
    assert!(unsettled(&row).is_empty() && !row.as_ref().unwrap().needs_review());
    does(&mut row, &Op::write(TASK, Field::Status, Status::Cancelled), stamp(2, 2, 6, 1));
    does(&mut row, &Op::write(TASK, Field::Assignees, people(&[2])), stamp(2, 3, 7, 1));
    assert_eq!(unsettled(&row), [Field::Status, Field::Assignees]);
    assert!(row.as_ref().unwrap().needs_review());
    does(&mut row, &Op::write(TASK, Field::Status, Status::Done), stamp(3, 1, 8, 7));
    does(&mut row, &Op::write(TASK, Field::Assignees, people(&[2])), stamp(3, 2, 9, 8));
    assert!(!row.unwrap().needs_review());
}

#[test]
fn a_row_knows_where_it_is() {
    let row = row().unwrap();
    assert_eq!((row.project(), row.place().project), (Some(PROJECT), Some(PROJECT)));
    let project = Row::new(PROJECT.into(), stamp(1, 1, 1, 0));
    assert_eq!((project.project(), project.place()), (Some(PROJECT), Place::default()));
    let comment = Row::new(CommentId(Uuid::from_u128(8)).into(), stamp(1, 1, 1, 0));
    assert_eq!((comment.project(), comment.subject()), (None, None));
}

#[test]
fn a_row_knows_what_it_is_about() {
    let (id, answered) = (CommentId(Uuid::from_u128(8)), CommentId(Uuid::from_u128(7)));
    let subject = Subject { task: TASK, reply_to: Some(answered) };
    let mut row = None;
    let create = Create::new(id).text(TextField::Body, "Yes").value(Field::Subject, Value::Subject(subject));
    does(&mut row, &Op::Create(create), stamp(1, 1, 1, 0));
    assert_eq!(row.unwrap().subject(), Some(subject));
    assert_eq!(subject.rows().collect::<Vec<_>>(), [EntityId::from(TASK), answered.into()]);
}

#[test]
fn a_deleted_row_is_gone_once_the_floor_has_reached_it() {
    let mut row = row();
    assert!(!row.as_ref().unwrap().is_gone_at(9), "it lives");
    does(&mut row, &Op::Delete(TASK.into()), stamp(1, 1, 4, 1));
    let row = row.unwrap();
    assert!(!row.is_gone_at(3) && row.is_gone_at(4) && row.is_gone_at(5));
}

#[test]
fn a_row_remembers_every_write_that_stands() {
    let mut row = row();
    does(&mut row, &Op::write(TASK, Field::Priority, Priority::Low), stamp(1, 1, 2, 1));
    does(&mut row, &Op::write(TASK, Field::Priority, Priority::High), stamp(2, 1, 3, 1));
    does(&mut row, &tags(&["a"], &[]), stamp(3, 1, 4, 1));
    let relation = Relation::Blocks(TaskId(Uuid::from_u128(5)));
    does(&mut row, &Op::Relations(EditRelations { id: TASK, add: vec![relation], remove: vec![] }), stamp(4, 1, 5, 1));
    does(&mut row, &Op::Delete(TASK.into()), stamp(5, 1, 6, 1));
    let actors: BTreeSet<u32> = row.unwrap().stamps().map(|stamp| stamp.actor).collect();
    assert_eq!(actors, BTreeSet::from([1, 2, 3, 4, 5, 9]));
}

#[test]
fn the_server_gives_a_task_its_key() {
    let mut row = row().unwrap();
    row.assign(Field::Key, Value::Text("HAR-1".into()), stamp(0, 1, 2, 1));
    assert_eq!(row.value(Field::Key), Value::Text("HAR-1".into()));
}

#[test]
fn an_operation_names_the_rows_that_must_exist() {
    let (section, parent) = (SectionId(Uuid::from_u128(3)), TaskId(Uuid::from_u128(4)));
    let place = Place { section: Some(section), parent: Some(parent), project: Some(PROJECT), ..Place::default() };
    let placed: Vec<EntityId> = vec![PROJECT.into(), section.into(), parent.into()];
    assert_eq!(Op::write(TASK, Field::Place, place.clone()).requires(), placed);
    let custom = CustomFieldId(Uuid::from_u128(7));
    let create = task().value(Field::Place, place).value(Field::Custom(custom), true);
    let all: BTreeSet<EntityId> = placed.into_iter().chain([custom.into()]).collect();
    assert_eq!(Op::Create(create).requires().into_iter().collect::<BTreeSet<_>>(), all);
    let assign = Op::write(TASK, Field::Custom(custom), people(&[6]));
    assert_eq!(assign.requires(), [Kind::Member.of(Uuid::from_u128(6)), custom.into()]);
    let subject = Subject { task: TASK, reply_to: None };
    let comment = Create::new(CommentId(Uuid::from_u128(8))).value(Field::Subject, Value::Subject(subject));
    assert_eq!(Op::Create(comment).requires(), [EntityId::from(TASK)]);
    let (adds, takes) = (Relation::Blocks(parent), Relation::Blocks(TaskId(Uuid::from_u128(5))));
    let relates = Op::Relations(EditRelations { id: TASK, add: vec![adds], remove: vec![takes] });
    assert_eq!(relates.requires(), [EntityId::from(parent)]);
    for op in [edit_title("a", "b"), tags(&["a"], &[]), Op::Delete(TASK.into()), Op::Restore(TASK.into())] {
        assert_eq!(op.requires(), []);
    }
}

#[test]
fn an_operation_knows_which_texts_it_writes() {
    let (one, other) = (EntityId::from(TASK), EntityId::from(TaskId(Uuid::from_u128(77))));
    let edit = edit_title("a", "b");
    assert!(edit.writes_text(one, TextField::Title));
    assert!(!edit.writes_text(one, TextField::Notes) && !edit.writes_text(other, TextField::Title));
    for op in [Op::Create(task()), Op::Undo(Undo { entity: one, actor: 1, n: 1 })] {
        assert!(op.writes_text(one, TextField::Title) && op.writes_text(one, TextField::Notes));
        assert!(!op.writes_text(other, TextField::Title));
    }
    assert!(!Op::Delete(one).writes_text(one, TextField::Title));
    assert!(Op::Create(task()).creates() && !edit.creates());
}

#[test]
fn a_creation_says_its_project_and_leaves_out_what_says_nothing() {
    assert_eq!(task().project(), Some(PROJECT));
    assert_eq!(task().value(Field::Place, Value::Nothing).project(), None);
    let create = task().value(Field::Due, Value::Nothing).value(Field::Priority, Priority::Low);
    assert_eq!(create.values.keys().collect::<Vec<_>>(), [&Field::Priority, &Field::Place]);
}
