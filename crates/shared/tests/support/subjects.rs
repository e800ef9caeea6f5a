//! Tasks for the tests of filters, orders and groups.
#![allow(unreachable_pub, reason = "a module of tests")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use shared::date::Date;
use shared::ids::{ProjectId, SectionId, TaskId, UserId};
use shared::query::subject::Subject;
use shared::register::Tag;
use shared::workflow::{Priority, Status};
use uuid::Uuid;

pub fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 + n)
}

pub fn user(n: u128) -> UserId {
    UserId(uuid(n))
}

pub fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// 2026-11-20, a Friday.
pub fn today() -> Date {
    date("2026-11-20")
}

/// A task that owns what a [`Subject`] borrows.
#[derive(Clone, Debug)]
pub struct Owned {
    pub id: u128,
    pub project: u128,
    pub section: Option<u128>,
    pub parent: Option<u128>,
    pub order: String,
    pub title: String,
    pub status: Status,
    pub priority: Priority,
    pub assignees: BTreeSet<UserId>,
    pub tags: Vec<Tag>,
    pub due: Option<Date>,
    pub start: Option<Date>,
    pub created_at: i64,
    pub updated_at: i64,
    pub review: bool,
    pub deleted: bool,
}

impl Owned {
    pub fn new(id: u128) -> Self {
        Self {
            id,
            project: 1,
            section: None,
            parent: None,
            order: String::new(),
            title: String::new(),
            status: Status::Todo,
            priority: Priority::None,
            assignees: BTreeSet::new(),
            tags: Vec::new(),
            due: None,
            start: None,
            created_at: 0,
            updated_at: 0,
            review: false,
            deleted: false,
        }
    }

    pub fn subject(&self) -> Subject<'_> {
        Subject {
            id: TaskId(uuid(self.id)),
            project: ProjectId(uuid(self.project)),
            section: self.section.map(|n| SectionId(uuid(n))),
            parent: self.parent.map(|n| TaskId(uuid(n))),
            order: &self.order,
            title: &self.title,
            status: self.status,
            priority: self.priority,
            assignees: &self.assignees,
            tags: &self.tags,
            due: self.due,
            start: self.start,
            created_at: self.created_at,
            updated_at: self.updated_at,
            review: self.review,
            deleted: self.deleted,
        }
    }
}

pub fn tags(names: &[&str]) -> Vec<Tag> {
    names.iter().map(|name| Tag::new(name)).collect()
}

pub fn any_task() -> impl Strategy<Value = Owned> {
    let places = (0..4_u128, prop::option::of(0..3_u128), prop::option::of(0..3_u128), "[a-c]{0,10}");
    let title = prop::sample::select(vec![
        "",
        "boat",
        "Boat",
        "BOÁT",
        "boats",
        "ærø",
        "aero",
        "日本",
        "a very long title",
        "a very long title 2",
        "Boathouse",
        "BOAT BUILDER",
    ]);
    let what = (title, prop::sample::select(&Status::ALL[..]), prop::sample::select(&Priority::ALL[..]));
    let people = prop::collection::btree_set((0..4_u128).prop_map(user), 0..3);
    let tags = prop::sample::subsequence(vec!["Ops", "harbour", "ops", "Ærø"], 0..3).prop_map(|names| tags(&names));
    let day = || prop::option::of((-5..12_i32).prop_map(|days| Date::from_days(today().days() + days).unwrap()));
    let times = (-3..3_i64, prop::sample::select(vec![i64::MIN, -1, 0, 1, i64::MAX]));
    (places, what, people, tags, day(), day(), times, any::<(bool, bool)>()).prop_map(
        |((project, section, parent, order), what, assignees, tags, due, start, times, flags)| Owned {
            id: 0,
            project,
            section,
            parent,
            order,
            title: what.0.to_owned(),
            status: what.1,
            priority: what.2,
            assignees,
            tags,
            due,
            start,
            created_at: times.0,
            updated_at: times.1,
            review: flags.0,
            deleted: flags.1,
        },
    )
}

pub fn tasks() -> impl Strategy<Value = Vec<Owned>> {
    prop::collection::vec(any_task(), 0..20)
        .prop_map(|tasks| (0..).zip(tasks).map(|(n, task)| Owned { id: (n * 7) % 23, ..task }).collect())
}
