//! The compact form of an answer: what comes out is what went in, whatever the rows are, and of bytes that are not such
//! an answer it says so.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

mod support;

use std::collections::BTreeMap;
use std::fmt::Debug;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::clock::Stamp;
use shared::compact::{Unreadable, decode, encode};
use shared::date::Date;
use shared::field::{Field, TextField};
use shared::hash::{Checksum, Hash};
use shared::ids::{CommentId, CustomFieldId, EntityId, Epoch, Kind, ProjectId, SectionId, TaskId, UserId};
use shared::limits::TAG_CHARS;
use shared::mutation::Refusal;
use shared::protocol::{FillPage, FillPlace, LastMutation, PullPage, PullResponse, PulledRow, RefusedMutation};
use shared::recurrence::{From, Recurrence, Unit};
use shared::register::{Life, Reg, Set, Tag};
use shared::relation::Relation;
use shared::row::{Lost, Row, TextLog};
use shared::scope::Scope;
use shared::text::{Delta, TextChange};
use shared::value::{FieldType, FileFacts, Place, Reference, Role, Subject, Value};
use shared::workflow::{Priority, Status};
use support::cases;
use uuid::Uuid;

/// Few, so that they meet, and any.
fn uuid() -> impl Strategy<Value = Uuid> {
    prop_oneof![(0..4_u128).prop_map(Uuid::from_u128), any::<u128>().prop_map(Uuid::from_u128)]
}

/// Stamps that meet, and follow each other, and any.
fn stamp() -> impl Strategy<Value = Stamp> {
    let like = |(actor, ver): (u32, u64)| Stamp { actor, ctr: ver, ver, ctx: ver / 2, at: 1_795_000_000_000 };
    let other = |(actor, ctr, ver, ctx, at)| Stamp { actor, ctr, ver, ctx, at };
    prop_oneof![
        4 => (1..3_u32, 0..5_u64).prop_map(like),
        1 => any::<(u32, u64, u64, u64, i64)>().prop_map(other),
    ]
}

fn place() -> impl Strategy<Value = Value> {
    let ids = (prop::option::of(uuid()), prop::option::of(uuid()), prop::option::of(uuid()));
    (ids, support::text()).prop_map(|((project, section, parent), order)| {
        let (project, section, parent) = (project.map(ProjectId), section.map(SectionId), parent.map(TaskId));
        Value::Place(Place { project, section, parent, order })
    })
}

fn value() -> impl Strategy<Value = Value> {
    let recurrence = |every| Value::Recurrence(Recurrence { every, unit: Unit::Month, from: From::Due });
    let subject = |(task, reply): (Uuid, Option<Uuid>)| {
        Value::Subject(Subject { task: TaskId(task), reply_to: reply.map(CommentId) })
    };
    let file = |(media_type, sha256, bytes)| Value::File(FileFacts { media_type, bytes, sha256 });
    prop_oneof![
        Just(Value::Nothing),
        any::<bool>().prop_map(Value::Flag),
        any::<u32>().prop_map(Value::Count),
        support::text().prop_map(Value::Text),
        select(&Status::ALL).prop_map(Value::Status),
        select(&Priority::ALL).prop_map(Value::Priority),
        (-700_000..2_900_000).prop_map(|days| Value::Date(Date::from_days(days).unwrap())),
        prop::collection::btree_set(any::<i64>(), 0..3).prop_map(Value::Moments),
        prop::collection::btree_set(uuid().prop_map(UserId), 0..3).prop_map(Value::People),
        place(),
        any::<u16>().prop_map(recurrence),
        (support::text(), support::text()).prop_map(|(provider, id)| Value::Reference(Reference { provider, id })),
        (uuid(), prop::option::of(uuid())).prop_map(subject),
        (support::text(), support::text(), any::<u64>()).prop_map(file),
        Just(Value::FieldType(FieldType::Number)),
        vec(support::text(), 0..3).prop_map(|choices| Value::FieldType(FieldType::Choice(choices))),
        select(&Role::ALL).prop_map(Value::Role),
    ]
}

fn field() -> impl Strategy<Value = Field> {
    prop_oneof![
        4 => select(Field::ALL),
        1 => uuid().prop_map(|id| Field::Custom(CustomFieldId(id))),
        1 => uuid().prop_map(|id| Field::Access(UserId(id))),
    ]
}

/// What can be made of its parts by reading it only.
fn read<T: DeserializeOwned>(parts: &impl Serialize) -> T {
    serde_json::from_value(serde_json::to_value(parts).unwrap()).unwrap()
}

fn register() -> impl Strategy<Value = Reg<Value>> {
    vec((stamp(), value()), 0..3).prop_map(|siblings| {
        let sibling = |(stamp, value): &(Stamp, Value)| serde_json::json!({ "stamp": stamp, "value": value });
        read(&siblings.iter().map(sibling).collect::<Vec<_>>())
    })
}

fn set<T: Ord + Debug + DeserializeOwned>(of: impl Strategy<Value = String>) -> impl Strategy<Value = Set<T>> {
    btree_map(of, vec(stamp(), 0..3), 0..3).prop_map(|adds: BTreeMap<String, Vec<Stamp>>| read(&adds))
}

fn tag() -> impl Strategy<Value = String> {
    prop_oneof![select(vec!["ops", "web"]).prop_map(str::to_owned), support::text(), Just("🚀".repeat(TAG_CHARS))]
}

fn relation() -> impl Strategy<Value = String> {
    (0..3_u8, uuid().prop_map(TaskId)).prop_map(|(kind, task)| match kind {
        0 => Relation::Blocks(task).to_string(),
        1 => Relation::RelatesTo(task).to_string(),
        _ => Relation::Duplicates(task).to_string(),
    })
}

fn lost() -> impl Strategy<Value = Lost> {
    let lost = |(field, value, stamp, since)| Lost { field, value, stamp, since };
    (field(), value(), stamp(), any::<i64>()).prop_map(lost)
}

fn log() -> impl Strategy<Value = TextLog> {
    let change = (any::<(u64, u32, u64)>(), support::text(), support::text());
    let change = change.prop_map(|((ver, actor, ctr), old, new)| TextChange {
        ver,
        actor,
        ctr,
        delta: Delta::between(&old, &new),
    });
    (select(&TextField::ALL), vec(change, 0..3)).prop_map(|(field, changes)| TextLog { field, changes })
}

/// Rarely something.
fn few<T: Clone + Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop_oneof![4 => Just(Vec::new()), 1 => vec(of, 0..3)]
}

fn row() -> impl Strategy<Value = Row> {
    let head = (select(Kind::ALL), uuid(), any::<u64>(), stamp(), stamp());
    let texts = btree_map(select(&TextField::ALL), support::text(), 0..3);
    let values = btree_map(field(), register(), 0..6);
    let sets = (set::<Tag>(tag()), prop_oneof![4 => Just(Set::default()), 1 => set::<Relation>(relation())]);
    (head, texts, values, sets, few(stamp()), few(lost())).prop_map(
        |((kind, id, ver, created, updated), texts, values, (tags, relations), deletions, lost)| {
            let life: Life = read(&deletions);
            // Mostly that of its last write.
            let ver = if ver % 2 == 0 { updated.ver } else { ver };
            Row { id: kind.of(id), ver, created, updated, life, texts, values, tags, relations, lost }
        },
    )
}

fn rows() -> impl Strategy<Value = Vec<PulledRow>> {
    let row = (row(), any::<u32>(), few(log())).prop_map(|(row, scope, texts)| PulledRow { row, scope, texts });
    vec(row, 0..8)
}

fn answer() -> impl Strategy<Value = PullResponse> {
    (0..5_u8, rows(), uuid(), any::<(u64, u64, u64, u64)>()).prop_map(
        |(kind, rows, id, (cursor, snapshot, n, hash))| {
            let (epoch, last_mutation) = (Epoch(id), LastMutation { n, hash: Hash(hash) });
            let refused = vec![RefusedMutation { n, reason: Refusal::TooLong { limit: 7 } }];
            match kind {
                0 => PullResponse::Reset { epoch, common: cursor },
                1 | 2 => {
                    let next = (kind == 1).then_some(FillPlace { after: n, ..FillPlace::BEGIN });
                    PullResponse::Filled(FillPage { epoch, rows, snapshot, last_mutation, refused, next })
                }
                _ => PullResponse::Page(PullPage {
                    epoch,
                    rows,
                    left: vec![EntityId::Task(TaskId(id))],
                    open: (kind == 3).then(|| vec![Scope::Everyone, Scope::Person(UserId(id))]),
                    cursor,
                    snapshot,
                    more: kind == 3,
                    last_mutation,
                    refused,
                    checksum: Checksum(Hash(hash)),
                    floor: n,
                }),
            }
        },
    )
}

/// A page with one row, made by one write.
fn plain() -> PullResponse {
    let stamp = Stamp { actor: 1, ctr: 1, ver: 1, ctx: 0, at: 7 };
    let mut row = Row::new(TaskId(Uuid::from_u128(1)).into(), stamp);
    row.texts.insert(TextField::Title, "One".into());
    row.values.insert(Field::Status, Reg::new(stamp, Value::Status(Status::Todo)));
    row.tags.add(Tag::new("ops"), stamp);
    let rows = vec![PulledRow { row, scope: 0, texts: Vec::new() }];
    let (epoch, last_mutation) = (Epoch(Uuid::nil()), LastMutation::default());
    PullResponse::Filled(FillPage { epoch, rows, snapshot: 1, last_mutation, refused: Vec::new(), next: None })
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn an_answer_reads_back(answer in answer()) {
        let bytes = encode(answer.clone()).unwrap();
        prop_assert_eq!(decode(&bytes), Ok(answer));
    }

    /// Whatever has become of an answer on its way, it is read as one, or refused: nothing worse.
    #[test]
    fn what_was_changed_on_the_way_is_read_or_refused(
        answer in answer(),
        changes in vec((any::<Index>(), any::<u8>()), 1..4),
        end in any::<Index>(),
    ) {
        let mut bytes = encode(answer).unwrap();
        prop_assert_eq!(decode(&bytes[..end.index(bytes.len())]), Err(Unreadable));
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(read) = decode(&bytes) {
            prop_assert_eq!(decode(&encode(read.clone()).unwrap()), Ok(read));
        }
    }

    #[test]
    fn noise_is_read_or_refused(bytes in vec(any::<u8>(), 0..400)) {
        decode(&bytes).ok();
    }
}

#[test]
fn more_than_an_answer_is_none() {
    let mut bytes = encode(plain()).unwrap();
    assert_eq!(decode(&bytes), Ok(plain()));
    bytes.push(0);
    assert_eq!(decode(&bytes), Err(Unreadable));
    assert_eq!(decode(&[]), Err(Unreadable));
}

/// Every byte of a small page, in turn, as every other one.
#[test]
fn each_byte_may_be_any_other() {
    let good = encode(plain()).unwrap();
    for at in 0..good.len() {
        for byte in 0..=u8::MAX {
            let mut bytes = good.clone();
            bytes[at] = byte;
            decode(&bytes).ok();
        }
    }
}

/// It stands once in the bytes and once for each row in memory: a few bytes must not become many.
#[test]
fn a_tag_that_nobody_can_give_is_refused() {
    let tagged = |tag: &str| {
        let mut answer = plain();
        let PullResponse::Filled(page) = &mut answer else { panic!("not a page") };
        let stamp = page.rows[0].row.created;
        page.rows[0].row.tags.add(Tag::new(tag), stamp);
        answer
    };
    let longest = tagged(&"🚀".repeat(TAG_CHARS));
    assert_eq!(decode(&encode(longest.clone()).unwrap()), Ok(longest));
    assert_eq!(decode(&encode(tagged(&"🚀".repeat(TAG_CHARS + 1))).unwrap()), Err(Unreadable));
}

/// Of what a row has said once, nothing is said again: of a thousand rows that were made alike, each one takes its id,
/// its text and a few bytes.
#[test]
fn a_row_takes_few_bytes() {
    let PullResponse::Filled(mut page) = plain() else { panic!("not a page") };
    let one = page.rows.remove(0);
    let json = serde_json::to_vec(&one).unwrap().len();
    page.rows = vec![one; 1_000];
    let bytes = encode(PullResponse::Filled(page)).unwrap().len() / 1_000;
    assert!(bytes < 50 && bytes < json / 6, "{bytes} of {json}");
}
