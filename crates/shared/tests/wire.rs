//! What devices and servers of different ages say to each other and store: it changes on purpose or not at all.
//!
//! The messages are in `golden/`. After a change that is meant, run with `UPDATE_GOLDEN=1` and read the difference.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

mod support;

use std::fmt::Debug;
use std::path::Path;

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::clock::Stamp;
use shared::compact;
use shared::field::{Field, TextField};
use shared::hash::{Checksum, Hash};
use shared::ids::{
    AttachmentId, CommentId, CustomFieldId, EntityId, Epoch, Kind, MutationId, ProjectId, SavedViewId, SectionId,
    TaskId, UserId,
};
use shared::merge::{self, Around, Outcome};
use shared::mutation::{Author, Create, EditRelations, EditTags, Mutation, Op, Refusal, TextEdit, Undo};
use shared::protocol::{
    Fill, FillPage, FillPlace, LastMutation, NumberedResult, Problem, PullPage, PullRequest, PullResponse, PulledRow,
    PushRequest, PushResponse, PushResult, RefusedMutation, SCHEMA, kind,
};
use shared::recurrence::{From, Recurrence, Unit};
use shared::register::Tag;
use shared::relation::Relation;
use shared::row::{Row, TextLog};
use shared::scope::{Scope, Stage};
use shared::text::{Delta, Step, TextChange};
use shared::value::{FieldType, FileFacts, Place, Reference, Role, Subject, Value};
use shared::workflow::{Priority, Status};
use support::cases;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

/// Compares a message with the one on record, and reads it back.
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, message: &T) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let json = serde_json::to_string_pretty(message).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &json).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(json, golden, "{name}");
    assert_eq!(&serde_json::from_str::<T>(&golden).unwrap(), message, "{name}");
}

fn project() -> ProjectId {
    ProjectId(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0001))
}

fn task() -> TaskId {
    TaskId(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0002))
}

fn epoch() -> Epoch {
    Epoch(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0003))
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0199_0000_0000_7000_8000_0002_0000_0000 + n)
}

fn place() -> Place {
    Place {
        project: Some(project()),
        section: Some(SectionId(id(1))),
        parent: Some(TaskId(id(2))),
        order: "a0V".into(),
    }
}

fn create() -> Create {
    let create = Create::new(task())
        .text(TextField::Title, "Paint the \u{201c}boat\u{201d} ⛵")
        .value(Field::Status, Status::InProgress)
        .value(Field::Priority, Priority::Urgent)
        .value(Field::Due, Value::Date("2026-11-30".parse().unwrap()))
        .value(Field::Place, place());
    Create { tags: vec![Tag::new("harbour"), Tag::new("ops")], ..create }
}

/// A row of every kind but the task.
fn creates() -> Vec<Op> {
    let subject = Subject { task: task(), reply_to: Some(CommentId(id(4))) };
    let file = FileFacts { media_type: "image/png".into(), bytes: 1 << 40, sha256: "ab".repeat(32) };
    let section = Place { project: Some(project()), ..Place::default() };
    vec![
        Create::new(project()).text(TextField::Name, "Harbour").value(Field::Icon, Value::Text("⚓".into())),
        Create::new(SectionId(id(1))).text(TextField::Name, "Boats").value(Field::Place, section),
        Create::new(CommentId(id(3)))
            .text(TextField::Body, "Line\n**two**")
            .value(Field::Subject, Value::Subject(subject)),
        Create::new(AttachmentId(id(5)))
            .text(TextField::Name, "mast.png")
            .value(Field::Subject, Value::Subject(Subject { reply_to: None, ..subject }))
            .value(Field::File, Value::File(file)),
        Create::new(CustomFieldId(id(6)))
            .text(TextField::Name, "Quay")
            .value(Field::FieldType, Value::FieldType(FieldType::Choice(vec!["North".into(), "South".into()]))),
        Create::new(SavedViewId(id(7)))
            .text(TextField::Name, "Mine")
            .value(Field::Filter, Value::Text("{}".into()))
            .value(Field::Shared, true),
        Create::new(UserId(id(8)))
            .text(TextField::Name, "Ines Okafor")
            .value(Field::Role, Value::Role(Role::Owner))
            .value(Field::Email, Value::Text("ines@saltmarsh.example".into())),
    ]
    .into_iter()
    .map(Op::Create)
    .collect()
}

/// A value of every kind that a task can hold.
fn values() -> Vec<(Field, Value)> {
    let recurrence = Recurrence { every: 2, unit: Unit::Week, from: From::Completion };
    let reference = Reference { provider: "github".into(), id: "tern/tern#7".into() };
    let custom = Field::Custom(CustomFieldId(id(6)));
    vec![
        (Field::Status, Value::Status(Status::Done)),
        (Field::Priority, Value::Priority(Priority::None)),
        (Field::Due, Value::Nothing),
        (Field::Due, Value::Date("2024-02-29".parse().unwrap())),
        (Field::Start, Value::Date("2024-02-28".parse().unwrap())),
        (Field::Assignees, Value::People([UserId(id(8)), UserId(id(9))].into())),
        (Field::Estimate, Value::Count(8)),
        (Field::Place, Value::Place(Place { section: None, parent: None, ..place() })),
        (Field::Recurrence, Value::Recurrence(recurrence)),
        (Field::Reminders, Value::Moments([1_795_000_000_000].into())),
        (Field::Reference, Value::Reference(reference)),
        (custom, Value::Text("North".into())),
        (custom, Value::Flag(true)),
    ]
}

fn title_edit() -> TextEdit {
    let delta = Delta::new(vec![Step::Keep(5), Step::Insert(" all".into()), Step::Delete(2), Step::Keep(8)]);
    TextEdit { entity: task().into(), field: TextField::Title, delta }
}

/// Every operation there is.
fn ops() -> Vec<Op> {
    let name = TextEdit { entity: project().into(), field: TextField::Name, delta: Delta::between("a", "b") };
    let other = TaskId(id(2));
    let relations = EditRelations {
        id: task(),
        add: vec![Relation::Blocks(other), Relation::RelatesTo(other)],
        remove: vec![Relation::Duplicates(other)],
    };
    let mut ops = vec![Op::Create(create()), Op::TextEdit(title_edit()), Op::TextEdit(name)];
    ops.extend(values().into_iter().map(|(field, value)| Op::write(task(), field, value)));
    ops.extend([
        Op::Tags(EditTags { id: task(), add: vec![Tag::new("web")], remove: vec![Tag::new("ops")] }),
        Op::Relations(relations),
        Op::Delete(task().into()),
        Op::Restore(project().into()),
        Op::Undo(Undo { entity: task().into(), actor: 7, n: 2 }),
    ]);
    ops.extend(creates());
    ops
}

fn mutation(n: u64, op: Op) -> Mutation {
    let id = MutationId(Uuid::from_u128(0x0199_0000_0000_7000_8000_0001_0000_0000 + u128::from(n)));
    Mutation { n, id, prev_hash: Hash(n * 0x0101), ctx: n + 40, at: 1_795_000_000_000 + i64::try_from(n).unwrap(), op }
}

fn row() -> Row {
    let mut row = None;
    for (n, op) in (1..).zip(ops().into_iter().filter(|op| op.entity() == EntityId::from(task()))) {
        let stamp = Stamp { actor: 7, ctr: n, ver: 40 + n, ctx: 40, at: 1_795_000_000_000 };
        merge::apply(&mut row, &op, stamp, &Around::default()).ok();
    }
    // Somebody else, who had seen nothing of it after its creation.
    let stamp = Stamp { actor: 8, ctr: 1, ver: 60, ctx: 41, at: 1_795_000_000_500 };
    merge::apply(&mut row, &Op::write(task(), Field::Priority, Priority::Low), stamp, &Around::default()).unwrap();
    // And somebody who had seen both: what had lost goes to the ledger.
    let stamp = Stamp { actor: 7, ctr: 99, ver: 61, ctx: 60, at: 1_795_000_001_000 };
    merge::apply(&mut row, &Op::write(task(), Field::Priority, Priority::High), stamp, &Around::default()).unwrap();
    row.unwrap()
}

#[test]
fn a_push_with_every_operation() {
    let mutations = (1..).zip(ops()).map(|(n, op)| mutation(n, op)).collect();
    check("push_request.json", &PushRequest { schema: SCHEMA, actor: 7, epoch: epoch(), mutations });
}

#[test]
fn every_operation_passes_its_own_check() {
    for op in ops() {
        assert_eq!(op.validate(Author::Server), Ok(()), "{op:?}");
        let refused = if op.entity().kind() == Kind::Member { Err(Refusal::NotAllowed) } else { Ok(()) };
        assert_eq!(op.validate(Author::Member), refused, "{op:?}");
    }
}

/// The push of a device that was offline since schema 1 means what it meant.
#[test]
fn the_operations_of_schema_1_are_lifted() {
    let json = include_str!("golden/push_request_1.json");
    let push: PushRequest = serde_json::from_str(json).unwrap();
    let place = Place { project: Some(project()), ..Place::default() };
    let mut create = create().value(Field::Place, place);
    create.values.insert(Field::Due, Value::Date("2026-11-30".parse().unwrap()));
    let lifted: Vec<Op> = push.mutations.into_iter().map(|mutation| mutation.op).collect();
    let name = TextEdit { entity: project().into(), field: TextField::Name, delta: Delta::between("a", "b") };
    let expected = vec![
        Op::Create(Create::new(project()).text(TextField::Name, "Harbour")),
        Op::Create(create),
        Op::TextEdit(title_edit()),
        Op::TextEdit(name),
        Op::write(task(), Field::Status, Status::Done),
        Op::write(task(), Field::Priority, Priority::None),
        Op::write(task(), Field::Due, Value::Nothing),
        Op::write(task(), Field::Due, Value::Date("2024-02-29".parse().unwrap())),
        Op::Tags(EditTags { id: task(), add: vec![Tag::new("web")], remove: vec![Tag::new("ops")] }),
        Op::Delete(task().into()),
        Op::Restore(project().into()),
    ];
    assert_eq!(lifted, expected);
}

#[test]
fn an_answer_with_every_result() {
    let refusals = [
        Refusal::NotFound,
        Refusal::AlreadyExists,
        Refusal::Unknown { kind: Kind::CustomField },
        Refusal::Empty,
        Refusal::TooLong { limit: 500 },
        Refusal::InvalidText,
        Refusal::InvalidTags { limit: 50 },
        Refusal::InvalidValue,
        Refusal::Cycle,
        Refusal::TextBase,
        Refusal::NotAllowed,
        Refusal::NothingToUndo,
    ];
    let accepted = [Outcome::Applied, Outcome::Merged, Outcome::Superseded].map(PushResult::Accepted);
    let results = accepted.into_iter().chain(refusals.map(PushResult::Rejected));
    let results = (1..).zip(results).map(|(n, result)| NumberedResult { n, result }).collect();
    check("push_response.json", &PushResponse { results, ver: 60 });
}

#[test]
fn a_pull() {
    let scopes = vec![Scope::Everyone, Scope::Project(project()), Scope::Person(UserId(Uuid::from_u128(8)))];
    let from = FillPlace { stage: Stage::Mine, after: 17 };
    let fill = Fill { scopes: scopes[1..].to_vec(), until: 50, from };
    let epoch = Some(epoch());
    let pull = PullRequest { schema: SCHEMA, actor: 7, epoch, cursor: 60, seen: 40, confirmed: 3, scopes, fill: None };
    check("pull_request.json", &pull);
    check("fill_request.json", &PullRequest { fill: Some(fill), ..pull.clone() });
    let first = PullRequest { epoch: None, cursor: 0, seen: 0, confirmed: 0, scopes: Vec::new(), ..pull };
    check("first_pull_request.json", &first);
}

#[test]
fn a_page_and_a_reset() {
    let change = TextChange { ver: 42, actor: 7, ctr: 2, delta: title_edit().delta };
    let texts = vec![TextLog { field: TextField::Title, changes: vec![change] }];
    let mut plain = None;
    let stamp = Stamp { actor: 7, ctr: 1, ver: 39, ctx: 0, at: 1_795_000_000_000 };
    merge::apply(&mut plain, &creates()[0], stamp, &Around::default()).unwrap();
    let old = PulledRow { row: plain.unwrap(), scope: 1, texts: Vec::new() };
    let filled = FillPage {
        epoch: epoch(),
        rows: vec![old.clone()],
        snapshot: 61,
        last_mutation: LastMutation { n: 10, hash: Hash(0xfeed) },
        refused: Vec::new(),
        next: Some(FillPlace { stage: Stage::Talk, after: 0 }),
    };
    check("fill_response.json", &PullResponse::Filled(filled.clone()));
    let page = PullPage {
        epoch: epoch(),
        rows: vec![old, PulledRow { row: row(), scope: 0, texts }],
        left: vec![task().into()],
        open: Some(vec![Scope::Everyone]),
        cursor: 60,
        snapshot: 61,
        more: true,
        last_mutation: LastMutation { n: 10, hash: Hash(0xfeed) },
        refused: vec![RefusedMutation { n: 4, reason: Refusal::TooLong { limit: 500 } }],
        checksum: Checksum(Hash(0xc0de)),
        floor: 30,
    };
    let (page, reset) = (PullResponse::Page(page), PullResponse::Reset { epoch: epoch(), common: 7 });
    // The compact form has no names in it: where it changes, the schema does, once there is a release.
    let compact = [&page, &PullResponse::Filled(filled), &reset].map(|answer| {
        let bytes = compact::encode(answer.clone()).unwrap();
        assert_eq!(compact::decode(&bytes).as_ref(), Ok(answer));
        format!("{:016x}", xxh3_64(&bytes))
    });
    assert_eq!((SCHEMA, compact), (2, ["fb8acba258991d26", "4a9889ea282c1305", "38c33c3f2b8d99b3"].map(String::from)));
    check("pull_response.json", &page);
    check("reset.json", &reset);
}

#[test]
fn a_problem() {
    let problem = Problem {
        kind: kind::GAP.into(),
        title: "A number is missing".into(),
        status: 409,
        detail: "The last mutation handled is 3, so the next one must be 4.".into(),
    };
    check("problem.json", &problem);
}

#[test]
fn unknown_fields_and_operations_are_refused() {
    let refused = |json: &str| serde_json::from_str::<Mutation>(json).is_err();
    let good = serde_json::to_string(&mutation(1, Op::Delete(task().into()))).unwrap();
    assert!(!refused(&good));
    assert!(refused(&good.replace("\"ctx\"", "\"context\"")));
    assert!(refused(&good.replacen('{', "{\"extra\":1,", 1)));
    assert!(refused(&good.replace("delete@1", "delete@2")));
    assert!(refused(&good.replace("\"n\":1", "\"n\":-1")));
    assert!(refused(&good.replace("\"n\":1", "\"n\":1.5")));
}

fn digest<T: Serialize>(message: &T) -> String {
    format!("{:016x}", xxh3_64(&postcard::to_stdvec(message).unwrap()))
}

/// The stored form has no names in it: a field that moves makes every device's data unreadable.
#[test]
fn the_stored_form_never_changes_unnoticed() {
    assert_eq!(digest(&row()), "498ce422d7cc5303");
}

fn op() -> impl Strategy<Value = Op> {
    let ids = (1..4_u128, 1..3_u128);
    let tags = || prop::collection::vec(support::text().prop_map(|text| Tag::new(&text)), 0..3);
    let field = prop::sample::select(values());
    let texts = (support::text(), support::script());
    (0..8_u8, ids, field, (tags(), tags()), texts).prop_map(
        |(kind, (id, project), (field, value), (add, remove), (title, script))| {
            let (id, project) = (TaskId(Uuid::from_u128(id)), ProjectId(Uuid::from_u128(project)));
            let delta = support::edit(&script, &title);
            match kind {
                0 => Op::Create(Create::new(project).text(TextField::Name, title)),
                1 => Op::Create(Create {
                    tags: add,
                    ..Create::new(id).text(TextField::Title, title).value(field, value)
                }),
                2 => Op::TextEdit(TextEdit { entity: id.into(), field: TextField::Title, delta }),
                3 | 4 => Op::write(id, field, value),
                5 => Op::Tags(EditTags { id, add, remove }),
                6 => Op::Delete(id.into()),
                _ => Op::Restore(project.into()),
            }
        },
    )
}

/// Reads back what it writes, as JSON and as stored.
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    assert_eq!(&serde_json::from_str::<T>(&serde_json::to_string(value).unwrap()).unwrap(), value);
    assert_eq!(&postcard::from_bytes::<T>(&postcard::to_stdvec(value).unwrap()).unwrap(), value);
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn a_mutation_reads_back(op in op(), n in any::<u64>(), ctx in any::<u64>(), hash in any::<u64>(), at in any::<i64>()) {
        let id = MutationId(Uuid::from_u128(u128::from(hash)));
        round_trip(&Mutation { n, id, prev_hash: Hash(hash), ctx, at, op });
    }

    /// Rows as they come about: by mutations, of several devices that had seen more or less of each other.
    #[test]
    fn a_row_reads_back(ops in prop::collection::vec((op(), 1..4_u32, 0..30_u64), 0..30)) {
        let mut rows: std::collections::BTreeMap<EntityId, Row> = std::collections::BTreeMap::new();
        for (ver, (op, actor, ctx)) in (1..).zip(ops) {
            let mut row = rows.remove(&op.entity());
            let before = row.clone();
            let stamp = Stamp { actor, ctr: ver, ver, ctx: ctx.min(ver - 1), at: 0 };
            if merge::apply(&mut row, &op, stamp, &Around::default()).is_err() {
                prop_assert_eq!(&row, &before, "a refused mutation changes nothing");
            }
            if let Some(row) = row {
                round_trip(&row);
                rows.insert(op.entity(), row);
            }
        }
    }
}
