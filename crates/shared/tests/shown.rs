//! What members see of rows of each kind: every field that the row has, and nothing of a row of another kind.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

#[path = "support/rows.rs"]
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use rows::{TASK, at, row, stamp, task};
use shared::attachment::AttachmentView;
use shared::clock::Stamp;
use shared::comment::CommentView;
use shared::custom_field::CustomFieldView;
use shared::date::Date;
use shared::field::{Field, TextField};
use shared::ids::{AttachmentId, CommentId, CustomFieldId, Kind, ProjectId, SavedViewId, SectionId, TaskId, UserId};
use shared::member::MemberView;
use shared::merge::{self, Around};
use shared::mutation::{Create, EditRelations, Op};
use shared::project::ProjectView;
use shared::query::{shows, sort_key};
use shared::recurrence::{From, Recurrence, Unit};
use shared::register::Tag;
use shared::relation::Relation;
use shared::row::Row;
use shared::saved_view::SavedViewView;
use shared::scope::Access;
use shared::section::SectionView;
use shared::task::TaskView;
use shared::value::{FieldType, FileFacts, Place, Reference, Role, Subject, Value};
use shared::workflow::{Priority, Status};
use uuid::Uuid;

const ID: Uuid = Uuid::from_u128(1);
const PROJECT: ProjectId = ProjectId(Uuid::from_u128(2));
const MADE: Stamp = Stamp { actor: 1, ctr: 1, ver: 2, ctx: 0, at: 50 };

fn made(create: Create) -> Row {
    let mut row = None;
    merge::apply(&mut row, &Op::Create(create), MADE, &Around::default()).unwrap();
    row.unwrap()
}

fn deleted(row: &Row) -> Row {
    let mut row = Some(row.clone());
    let op = Op::Delete(row.as_ref().unwrap().id);
    merge::apply(&mut row, &op, stamp(1, 2, 3, 2), &Around::default()).unwrap();
    row.unwrap()
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn place(order: &str) -> Place {
    Place { order: order.into(), ..Place::default() }
}

/// Which kinds of views a row has.
fn kinds(row: &Row) -> Vec<Kind> {
    let views = [
        (Kind::Project, ProjectView::of(row).is_some()),
        (Kind::Section, SectionView::of(row).is_some()),
        (Kind::Task, TaskView::of(row).is_some()),
        (Kind::Comment, CommentView::of(row).is_some()),
        (Kind::Attachment, AttachmentView::of(row).is_some()),
        (Kind::CustomField, CustomFieldView::of(row).is_some()),
        (Kind::SavedView, SavedViewView::of(row).is_some()),
        (Kind::Member, MemberView::of(row).is_some()),
    ];
    views.into_iter().filter(|(_, seen)| *seen).map(|(kind, _)| kind).collect()
}

#[test]
fn a_task_shows_everything_that_it_has() {
    let (section, parent) = (SectionId(Uuid::from_u128(3)), TaskId(Uuid::from_u128(4)));
    let (custom, empty) = (CustomFieldId(Uuid::from_u128(5)), CustomFieldId(Uuid::from_u128(6)));
    let day = |day| Date::new(2026, 11, day).unwrap();
    let recurrence = Recurrence { every: 2, unit: Unit::Week, from: From::Due };
    let reference = Reference { provider: "tmdb".into(), id: "27205".into() };
    let people = BTreeSet::from([UserId(Uuid::from_u128(7))]);
    let standing = Place { project: Some(PROJECT), section: Some(section), parent: Some(parent), order: "a0".into() };
    let mut create = Create::new(TASK)
        .text(TextField::Title, "One")
        .text(TextField::Description, "Two")
        .text(TextField::Notes, "Three")
        .value(Field::Place, standing)
        .value(Field::Key, text("HAR-1"))
        .value(Field::Status, Status::Done)
        .value(Field::Priority, Priority::High)
        .value(Field::Assignees, people.clone())
        .value(Field::Due, Some(day(30)))
        .value(Field::Start, Some(day(20)))
        .value(Field::Estimate, Value::Count(5))
        .value(Field::Recurrence, Value::Recurrence(recurrence))
        .value(Field::Reminders, Value::Moments([9].into()))
        .value(Field::Reference, Value::Reference(reference.clone()))
        .value(Field::Custom(custom), true);
    create.values.insert(Field::Custom(empty), Value::Nothing);
    create.tags = vec![Tag::new("b"), Tag::new("a")];
    let mut row = Some(made(create));
    let relation = Relation::Blocks(parent);
    let relates = Op::Relations(EditRelations { id: TASK, add: vec![relation], remove: vec![] });
    merge::apply(&mut row, &relates, stamp(2, 1, 3, 2), &Around::default()).unwrap();
    let row = row.unwrap();
    let seen = TaskView {
        id: TASK,
        project: PROJECT,
        section: Some(section),
        parent: Some(parent),
        order: "a0".into(),
        key: Some("HAR-1".into()),
        title: "One".into(),
        description: "Two".into(),
        notes: "Three".into(),
        status: Status::Done,
        priority: Priority::High,
        assignees: people,
        due: Some(day(30)),
        start: Some(day(20)),
        estimate: Some(5),
        tags: vec![Tag::new("a"), Tag::new("b")],
        relations: vec![relation],
        custom: BTreeMap::from([(custom, Value::Flag(true))]),
        recurrence: Some(recurrence),
        reminders: [9].into(),
        reference: Some(reference),
        deleted: false,
        created_at: 50,
        updated: stamp(2, 1, 3, 2),
        closed: Some(MADE),
        deletion: None,
        unsettled: Vec::new(),
    };
    assert_eq!(TaskView::of(&row), Some(seen));
    assert!(TaskView::of(&deleted(&row)).unwrap().deleted);
    assert_eq!(kinds(&row), [Kind::Task]);
    let least = TaskView::of(&made(task())).unwrap();
    assert_eq!((least.status, least.priority, least.closed), (Status::Backlog, Priority::None, None));
}

#[test]
fn a_task_was_closed_by_the_first_who_said_what_counts() {
    let mut row = row();
    let mut says = |status: Status, by: Stamp| {
        merge::apply(&mut row, &Op::write(TASK, Field::Status, status), by, &Around::default()).unwrap();
        TaskView::of(row.as_ref().unwrap()).unwrap()
    };
    assert_eq!(says(Status::InReview, stamp(1, 1, 2, 1)).closed, None);
    let done = at(7, stamp(2, 1, 3, 1));
    assert_eq!(says(Status::Done, done).closed, Some(done));
    let seen = says(Status::Cancelled, at(8, stamp(3, 1, 4, 1)));
    assert_eq!((seen.status, seen.closed, seen.is_unsettled(Field::Status)), (Status::Done, Some(done), true));
    assert_eq!(says(Status::Todo, stamp(1, 2, 5, 4)).closed, None);
}

#[test]
fn a_project_and_its_sections_are_shown() {
    let create = Create::new(PROJECT)
        .text(TextField::Name, "Harbour")
        .text(TextField::Description, "Boats")
        .value(Field::Place, place("a1"))
        .value(Field::Prefix, text("HAR"))
        .value(Field::Icon, text("⚓"))
        .value(Field::Color, text("blue"))
        .value(Field::Hidden, true)
        .value(Field::Archived, true)
        .value(Field::Private, true)
        .value(Field::Access(UserId(ID)), Value::Role(Role::Guest));
    let seen = ProjectView {
        id: PROJECT,
        name: "Harbour".into(),
        description: "Boats".into(),
        order: "a1".into(),
        prefix: Some("HAR".into()),
        icon: Some("⚓".into()),
        color: Some("blue".into()),
        hidden: true,
        archived: true,
        access: Access { private: true, people: BTreeMap::from([(UserId(ID), Role::Guest)]) },
        deleted: false,
    };
    let row = made(create);
    assert_eq!((ProjectView::of(&row), kinds(&row)), (Some(seen.clone()), vec![Kind::Project]));
    assert_eq!(ProjectView::of(&deleted(&row)), Some(ProjectView { deleted: true, ..seen }));
    let least = ProjectView::of(&made(Create::new(PROJECT).text(TextField::Name, "Harbour"))).unwrap();
    assert!(!least.hidden && !least.archived && least.access == Access::default());

    let id = SectionId(ID);
    let create = Create::new(id)
        .text(TextField::Name, "Later")
        .value(Field::Place, Place { project: Some(PROJECT), ..place("a2") })
        .value(Field::Icon, text("⏳"))
        .value(Field::Color, text("grey"))
        .value(Field::Hidden, true);
    let seen = SectionView {
        id,
        project: PROJECT,
        order: "a2".into(),
        name: "Later".into(),
        icon: Some("⏳".into()),
        color: Some("grey".into()),
        hidden: true,
        deleted: false,
    };
    let row = made(create);
    assert_eq!((SectionView::of(&row), kinds(&row)), (Some(seen.clone()), vec![Kind::Section]));
    assert_eq!(SectionView::of(&deleted(&row)), Some(SectionView { deleted: true, ..seen }));
}

#[test]
fn what_is_about_a_task_is_shown() {
    let (id, answered) = (CommentId(ID), CommentId(Uuid::from_u128(8)));
    let subject = Subject { task: TASK, reply_to: Some(answered) };
    let create = Create::new(id).text(TextField::Body, "Yes").value(Field::Subject, Value::Subject(subject));
    let body = "Yes".into();
    let seen =
        CommentView { id, task: TASK, reply_to: Some(answered), body, created: MADE, updated: MADE, deleted: false };
    let row = made(create);
    assert_eq!((CommentView::of(&row), kinds(&row)), (Some(seen.clone()), vec![Kind::Comment]));
    let gone = CommentView { deleted: true, updated: stamp(1, 2, 3, 2), ..seen };
    assert_eq!(CommentView::of(&deleted(&row)), Some(gone));
    assert_eq!(CommentView::of(&made(Create::new(id).text(TextField::Body, "About nothing"))), None);

    let id = AttachmentId(ID);
    let file = FileFacts { media_type: "image/png".into(), bytes: 9, sha256: "0".repeat(64) };
    let create = Create::new(id)
        .text(TextField::Name, "a.png")
        .value(Field::Subject, Value::Subject(subject))
        .value(Field::File, Value::File(file.clone()));
    let name = "a.png".into();
    let seen = AttachmentView {
        id,
        task: TASK,
        comment: Some(answered),
        name,
        file,
        stored: false,
        created: MADE,
        deleted: false,
    };
    let row = made(create.clone());
    assert_eq!((AttachmentView::of(&row), kinds(&row)), (Some(seen.clone()), vec![Kind::Attachment]));
    assert_eq!(AttachmentView::of(&deleted(&row)), Some(AttachmentView { deleted: true, ..seen }));
    assert_eq!(AttachmentView::of(&made(create.value(Field::File, Value::Nothing))), None, "no file is known");
}

#[test]
fn what_an_organization_has_is_shown() {
    let id = CustomFieldId(ID);
    let create =
        Create::new(id).text(TextField::Name, "Size").value(Field::FieldType, Value::FieldType(FieldType::Number));
    let seen = CustomFieldView { id, name: "Size".into(), field_type: FieldType::Number, deleted: false };
    let row = made(create);
    assert_eq!((CustomFieldView::of(&row), kinds(&row)), (Some(seen.clone()), vec![Kind::CustomField]));
    assert_eq!(CustomFieldView::of(&deleted(&row)), Some(CustomFieldView { deleted: true, ..seen }));

    let id = SavedViewId(ID);
    let create =
        Create::new(id).text(TextField::Name, "Mine").value(Field::Filter, text("{}")).value(Field::Shared, true);
    let (name, filter) = ("Mine".into(), "{}".into());
    let seen = SavedViewView { id, name, filter, shared: true, created: MADE, deleted: false };
    let row = made(create);
    assert_eq!((SavedViewView::of(&row), kinds(&row)), (Some(seen.clone()), vec![Kind::SavedView]));
    assert_eq!(SavedViewView::of(&deleted(&row)), Some(SavedViewView { deleted: true, ..seen }));
    assert!(!SavedViewView::of(&made(Create::new(id).text(TextField::Name, "Mine"))).unwrap().shared);

    let id = UserId(ID);
    let create = Create::new(id)
        .text(TextField::Name, "Ines")
        .value(Field::Email, text("ines@saltmarsh.example"))
        .value(Field::Role, Value::Role(Role::Owner));
    let email = Some("ines@saltmarsh.example".into());
    let seen = MemberView { id, name: "Ines".into(), email, role: Role::Owner, gone: false };
    let row = made(create);
    assert_eq!((MemberView::of(&row), kinds(&row)), (Some(seen.clone()), vec![Kind::Member]));
    assert_eq!(MemberView::of(&deleted(&row)), Some(MemberView { gone: true, ..seen }));
    let least = MemberView::of(&made(Create::new(id).text(TextField::Name, "Ines"))).unwrap();
    assert_eq!(least.role, Role::Guest, "who is nothing else may do least");
}

#[test]
fn a_list_has_the_tasks_of_its_project_that_are_not_deleted() {
    let task = TaskView::of(&row().unwrap()).unwrap();
    let deleted = TaskView { deleted: true, ..task.clone() };
    let other = ProjectId(Uuid::from_u128(3));
    assert_eq!([Some(task.project), Some(other), None].map(|list| shows(&task, list)), [true, false, true]);
    assert_eq!([Some(task.project), None].map(|list| shows(&deleted, list)), [false, false]);
}

#[test]
fn a_list_begins_with_what_is_most_urgent_then_with_what_is_due_first_then_with_what_is_oldest() {
    let plain = TaskView::of(&row().unwrap()).unwrap();
    let due = |text: &str| Some(text.parse::<Date>().unwrap());
    let expected = [
        TaskView { priority: Priority::High, due: due("2026-12-01"), created_at: 9, ..plain.clone() },
        TaskView { priority: Priority::High, ..plain.clone() },
        TaskView { due: due("2026-11-20"), created_at: 8, ..plain.clone() },
        TaskView { due: due("2026-11-21"), ..plain.clone() },
        plain.clone(),
        TaskView { id: TaskId(Uuid::from_u128(2)), ..plain.clone() },
        TaskView { created_at: 7, ..plain.clone() },
    ];
    assert!(expected.is_sorted_by(|before, after| sort_key(before) < sort_key(after)));
}
