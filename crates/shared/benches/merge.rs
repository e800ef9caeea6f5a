//! What it costs to merge one mutation into a row, as the server does for each of a push and a device for each that
//! waits: alone, and where others have changed the same thing meanwhile.
//!
//! `cargo bench -p tern-shared --bench merge`
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

extern crate tern_shared as shared;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use shared::clock::{Counter, Stamp, Version};
use shared::field::{Field, TextField};
use shared::ids::{ProjectId, TaskId};
use shared::merge::{Around, apply};
use shared::mutation::{Author, Create, EditTags, Op, TextEdit};
use shared::register::Tag;
use shared::row::Row;
use shared::text::{Delta, TextChange};
use shared::value::Place;
use shared::workflow::{Priority, Status};
use uuid::Uuid;

/// Versions up to here everybody has seen.
const SEEN: Version = 100;

/// A write of the device `actor`, the `ctr`-th since everybody was of one mind.
fn stamp(actor: u32, ctr: Counter) -> Stamp {
    Stamp { actor, ctr, ver: SEEN + u64::from(actor) * 100 + ctr, ctx: SEEN, at: 0 }
}

fn task() -> TaskId {
    TaskId(Uuid::from_u128(7))
}

fn title() -> String {
    "Ask the harbour about the berth for the winter".to_owned()
}

/// A task with a title, a description of half a kilobyte, four fields and three tags.
fn row() -> Row {
    let place = Place { project: Some(ProjectId(Uuid::from_u128(1))), order: "8080".into(), ..Place::default() };
    let create = Create::new(task())
        .text(TextField::Title, title())
        .text(TextField::Description, "A berth of twelve metres, with water and power. ".repeat(10))
        .value(Field::Place, place)
        .value(Field::Status, Status::Todo)
        .value(Field::Priority, Priority::Medium);
    let tags = ["harbour", "winter", "boat"].map(Tag::new).to_vec();
    let mut row = None;
    let create = Op::Create(Create { tags, ..create });
    apply(&mut row, &create, Stamp { actor: 1, ctr: 1, ver: 1, ctx: 0, at: 0 }, &Around::default()).unwrap();
    row.unwrap()
}

/// Checks and merges one mutation, again and again into the same state.
fn merge(c: &mut Criterion, name: &str, row: Row, op: &Op, log: &[TextChange]) {
    let around = Around { log, ..Around::default() };
    let mut state = Some(row);
    c.bench_function(&format!("merge/{name}"), |b| {
        b.iter_batched_ref(
            || state.clone(),
            |row| {
                op.validate(Author::Member).unwrap();
                black_box(apply(row, black_box(op), stamp(2, 1), &around).unwrap())
            },
            BatchSize::SmallInput,
        );
    });
    state.take();
}

fn one_mutation(c: &mut Criterion) {
    let status = Op::write(task(), Field::Status, Status::InProgress);
    merge(c, "write", row(), &status, &[]);
    let mut disputed = Some(row());
    for actor in 3..6 {
        let done = Op::write(task(), Field::Status, Status::Done);
        apply(&mut disputed, &done, stamp(actor, 1), &Around::default()).unwrap();
    }
    merge(c, "write, three others at once", disputed.unwrap(), &status, &[]);

    let edit = |from: &str, to: &str| {
        let delta = Delta::between(from, to);
        Op::TextEdit(TextEdit { entity: task().into(), field: TextField::Title, delta })
    };
    let longer = edit(&title(), "Ask the harbour about the two berths for the winter");
    merge(c, "text edit", row(), &longer, &[]);
    let (mut edited, mut log) = (Some(row()), Vec::new());
    for ctr in 1..=10 {
        let text = edited.as_ref().unwrap().text(TextField::Title).unwrap().to_owned();
        let other = edit(&text, &format!("{text} again"));
        let seen = Stamp { ctx: SEEN + 1_000, ..stamp(3, ctr) };
        let merged = apply(&mut edited, &other, seen, &Around::default()).unwrap();
        log.extend(merged.text.map(|entry| entry.change));
    }
    merge(c, "text edit, ten others at once", edited.unwrap(), &longer, &log);

    let add = vec![Tag::new("urgent"), Tag::new("spring")];
    let tags = Op::Tags(EditTags { id: task(), add, remove: vec![Tag::new("winter")] });
    merge(c, "tags", row(), &tags, &[]);
    let mut tagged = Some(row());
    for actor in 3..6 {
        apply(&mut tagged, &tags, stamp(actor, 1), &Around::default()).unwrap();
    }
    merge(c, "tags, three others at once", tagged.unwrap(), &tags, &[]);
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(2))
        .without_plots();
    targets = one_mutation
}
criterion_main!(benches);
