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
use shared::date::Date;
use shared::hash::{Checksum, Hash};
use shared::ids::{EntityId, Epoch, MutationId, ProjectId, TaskId};
use shared::merge::{self, Outcome};
use shared::mutation::{
    Mutation, Op, ProjectCreate, Refusal, TaskCreate, TaskDue, TaskPriority, TaskStatus, TaskTags, TextEdit,
};
use shared::protocol::{
    LastMutation, NumberedResult, Problem, PullPage, PullRequest, PullResponse, PulledRow, PushRequest, PushResponse,
    PushResult, RefusedMutation, SCHEMA, kind,
};
use shared::register::Tag;
use shared::row::{Row, TextField, TextLog};
use shared::text::{Delta, Step, TextChange};
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

fn create() -> TaskCreate {
    TaskCreate {
        id: task(),
        project: project(),
        title: "Paint the \u{201c}boat\u{201d} ⛵".into(),
        status: Status::InProgress,
        priority: Priority::Urgent,
        due: Some("2026-11-30".parse().unwrap()),
        tags: vec![Tag::new("harbour"), Tag::new("ops")],
    }
}

fn title_edit() -> TextEdit {
    let delta = Delta::new(vec![Step::Keep(5), Step::Insert(" all".into()), Step::Delete(2), Step::Keep(8)]);
    TextEdit { entity: task().into(), field: TextField::Title, delta }
}

/// Every operation there is.
fn ops() -> Vec<Op> {
    vec![
        Op::ProjectCreate(ProjectCreate { id: project(), name: "Harbour".into() }),
        Op::TaskCreate(create()),
        Op::TextEdit(title_edit()),
        Op::TextEdit(TextEdit { entity: project().into(), field: TextField::Name, delta: Delta::between("a", "b") }),
        Op::TaskStatus(TaskStatus { id: task(), status: Status::Done }),
        Op::TaskPriority(TaskPriority { id: task(), priority: Priority::None }),
        Op::TaskDue(TaskDue { id: task(), due: None }),
        Op::TaskDue(TaskDue { id: task(), due: Some("2024-02-29".parse().unwrap()) }),
        Op::TaskTags(TaskTags { id: task(), add: vec![Tag::new("web")], remove: vec![Tag::new("ops")] }),
        Op::Delete(task().into()),
        Op::Restore(project().into()),
    ]
}

fn mutation(n: u64, op: Op) -> Mutation {
    let id = MutationId(Uuid::from_u128(0x0199_0000_0000_7000_8000_0001_0000_0000 + u128::from(n)));
    Mutation { n, id, prev_hash: Hash(n * 0x0101), ctx: n + 40, at: 1_795_000_000_000 + i64::try_from(n).unwrap(), op }
}

fn row() -> Row {
    let mut row = None;
    for (n, op) in (1..).zip(ops().into_iter().filter(|op| op.entity() == EntityId::from(task()))) {
        let stamp = Stamp { actor: 7, ctr: n, ver: 40 + n, ctx: 40, at: 1_795_000_000_000 };
        merge::apply(&mut row, &op, stamp, &[]).ok();
    }
    // Somebody else, who had seen nothing of it after its creation.
    let stamp = Stamp { actor: 8, ctr: 1, ver: 60, ctx: 41, at: 1_795_000_000_500 };
    merge::apply(&mut row, &Op::TaskPriority(TaskPriority { id: task(), priority: Priority::Low }), stamp, &[])
        .unwrap();
    row.unwrap()
}

#[test]
fn a_push_with_every_operation() {
    let mutations = (1..).zip(ops()).map(|(n, op)| mutation(n, op)).collect();
    check("push_request.json", &PushRequest { schema: SCHEMA, actor: 7, epoch: epoch(), mutations });
}

#[test]
fn an_answer_with_every_result() {
    let refusals = [
        Refusal::NotFound,
        Refusal::AlreadyExists,
        Refusal::UnknownProject,
        Refusal::Empty,
        Refusal::TooLong { limit: 500 },
        Refusal::InvalidText,
        Refusal::InvalidTags { limit: 50 },
        Refusal::TextBase,
    ];
    let accepted = [Outcome::Applied, Outcome::Merged, Outcome::Superseded].map(PushResult::Accepted);
    let results = accepted.into_iter().chain(refusals.map(PushResult::Rejected));
    let results = (1..).zip(results).map(|(n, result)| NumberedResult { n, result }).collect();
    check("push_response.json", &PushResponse { results, ver: 60 });
}

#[test]
fn a_pull() {
    let pull = PullRequest { schema: SCHEMA, actor: 7, epoch: Some(epoch()), cursor: 60, seen: 40, confirmed: 3 };
    check("pull_request.json", &pull);
    check("first_pull_request.json", &PullRequest { epoch: None, cursor: 0, seen: 0, confirmed: 0, ..pull });
}

#[test]
fn a_page_and_a_reset() {
    let change = TextChange { ver: 42, actor: 7, ctr: 2, delta: title_edit().delta };
    let texts = vec![TextLog { field: TextField::Title, changes: vec![change] }];
    let mut plain = None;
    let stamp = Stamp { actor: 7, ctr: 1, ver: 39, ctx: 0, at: 1_795_000_000_000 };
    merge::apply(&mut plain, &ops()[0], stamp, &[]).unwrap();
    let page = PullPage {
        epoch: epoch(),
        rows: vec![PulledRow { row: plain.unwrap(), texts: Vec::new() }, PulledRow { row: row(), texts }],
        cursor: 60,
        snapshot: 61,
        more: true,
        last_mutation: LastMutation { n: 10, hash: Hash(0xfeed) },
        refused: vec![RefusedMutation { n: 4, reason: Refusal::TooLong { limit: 500 } }],
        checksum: Checksum(Hash(0xc0de)),
    };
    check("pull_response.json", &PullResponse::Page(page));
    check("reset.json", &PullResponse::Reset { epoch: epoch() });
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

/// The stored form has no names in it: a field that moves makes every device's data unreadable.
#[test]
fn the_stored_form_never_changes_unnoticed() {
    let mutations: Vec<Mutation> = (1..).zip(ops()).map(|(n, op)| mutation(n, op)).collect();
    let stored = postcard::to_stdvec(&mutations).unwrap();
    assert_eq!(format!("{:016x}", xxh3_64(&stored)), "97b4e190832cf410");
    assert_eq!(format!("{:016x}", xxh3_64(&postcard::to_stdvec(&row()).unwrap())), "242ce60668f71e60");
}

fn op() -> impl Strategy<Value = Op> {
    let ids = (1..4_u128, 1..3_u128);
    let tags = || prop::collection::vec(support::text().prop_map(|text| Tag::new(&text)), 0..3);
    let date = || prop::option::of((-700_000..2_900_000).prop_filter_map("a day", |days| Date::from_days(days).ok()));
    let status = || prop::sample::select(Status::ALL.to_vec());
    let priority = || prop::sample::select(Priority::ALL.to_vec());
    let values = (status(), priority(), date(), tags(), tags());
    let texts = (support::text(), support::script());
    (0..9_u8, ids, values, texts).prop_map(
        |(kind, (id, project), (status, priority, due, add, remove), (title, script))| {
            let (id, project) = (TaskId(Uuid::from_u128(id)), ProjectId(Uuid::from_u128(project)));
            let delta = support::edit(&script, &title);
            match kind {
                0 => Op::ProjectCreate(ProjectCreate { id: project, name: title }),
                1 => Op::TaskCreate(TaskCreate { id, project, title, status, priority, due, tags: add }),
                2 => Op::TextEdit(TextEdit { entity: id.into(), field: TextField::Title, delta }),
                3 => Op::TaskStatus(TaskStatus { id, status }),
                4 => Op::TaskPriority(TaskPriority { id, priority }),
                5 => Op::TaskDue(TaskDue { id, due }),
                6 => Op::TaskTags(TaskTags { id, add, remove }),
                7 => Op::Delete(id.into()),
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
            if merge::apply(&mut row, &op, stamp, &[]).is_err() {
                prop_assert_eq!(&row, &before, "a refused mutation changes nothing");
            }
            if let Some(row) = row {
                round_trip(&row);
                rows.insert(op.entity(), row);
            }
        }
    }
}
