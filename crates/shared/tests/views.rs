//! Filters, orders and groups of a view.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

#[path = "support/subjects.rs"]
mod subjects;
mod support;

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;
use shared::ids::{ProjectId, SectionId, TaskId};
use shared::query::filter::{
    Condition, Day, FILTER_DEPTH, FILTER_SIZE, Filter, InvalidFilter, TagRule, Viewer, When, Who,
};
use shared::query::group::{Due, GroupBy, Heading, group};
use shared::query::sort::{SortBy, SortKey, compare, first};
use shared::query::subject::Places;
use shared::register::Tag;
use shared::workflow::{Priority, Status};
use subjects::{Owned, date, tags, tasks, today, user, uuid};
use support::cases;

fn is(condition: Condition) -> Filter {
    Filter::Is(condition)
}

fn shows(filter: &Filter, task: &Owned) -> bool {
    let viewer = Viewer { me: Some(user(1)), today: today() };
    filter.matcher(viewer, &|query, _| query == "boat").matches(&task.subject())
}

/// Checks that a condition holds for a task, does not hold for another, and that `not` says the contrary.
#[track_caller]
fn check(condition: Condition, holds: &Owned, does_not: &Owned) {
    let filter = is(condition);
    assert!(shows(&filter, holds), "{filter:?} should hold");
    assert!(!shows(&filter, does_not), "{filter:?} should not hold");
    let not = Filter::Not(Box::new(filter));
    assert!(!shows(&not, holds) && shows(&not, does_not), "{not:?}");
}

#[test]
fn conditions_about_what_a_task_is() {
    let plain = Owned::new(1);
    let child = Owned { parent: Some(1), section: Some(3), project: 2, ..Owned::new(2) };
    let done = Owned { status: Status::Done, priority: Priority::High, review: true, ..Owned::new(3) };
    check(Condition::Project(vec![ProjectId(uuid(2))]), &child, &plain);
    check(
        Condition::Project(vec![ProjectId(uuid(2)), ProjectId(uuid(1))]),
        &plain,
        &Owned { project: 3, ..child.clone() },
    );
    check(Condition::Section(vec![Some(SectionId(uuid(3)))]), &child, &plain);
    check(Condition::Section(vec![None]), &plain, &child);
    check(Condition::Parent(vec![TaskId(uuid(1))]), &child, &plain);
    check(Condition::Subtask(true), &child, &plain);
    check(Condition::Subtask(false), &plain, &child);
    check(Condition::Status(vec![Status::Blocked, Status::Done]), &done, &plain);
    check(Condition::Closed(true), &done, &plain);
    check(Condition::Closed(false), &plain, &Owned { status: Status::Cancelled, ..plain.clone() });
    check(Condition::Priority(vec![Priority::High]), &done, &plain);
    check(Condition::Review(true), &done, &plain);
    check(Condition::Review(false), &plain, &done);
    assert!(!shows(&is(Condition::Status(Vec::new())), &plain));
    assert!(shows(&is(Condition::Text("boat".into())), &plain) && !shows(&is(Condition::Text("ship".into())), &plain));
}

#[test]
fn conditions_about_people() {
    let nobody = Owned::new(1);
    let mine = Owned { assignees: [user(1), user(2)].into(), ..Owned::new(2) };
    let theirs = Owned { assignees: [user(3)].into(), ..Owned::new(3) };
    check(Condition::Assignee(vec![Who::Me]), &mine, &theirs);
    check(Condition::Assignee(vec![Who::Nobody]), &nobody, &mine);
    check(Condition::Assignee(vec![Who::Nobody, Who::User(user(3))]), &theirs, &mine);
    check(Condition::Assignee(vec![Who::User(user(2))]), &mine, &nobody);
    let filter = is(Condition::Assignee(vec![Who::Me]));
    assert!(!filter.matcher(Viewer { me: None, today: today() }, &|_, _| false).matches(&nobody.subject()));
}

#[test]
fn conditions_about_tags() {
    let none = Owned::new(1);
    let one = Owned { tags: tags(&["ops"]), ..Owned::new(2) };
    let two = Owned { tags: tags(&["harbour", "ops"]), ..Owned::new(3) };
    check(Condition::Tags(TagRule::Any(tags(&["harbour", "other"]))), &two, &one);
    check(Condition::Tags(TagRule::All(tags(&["harbour", "ops"]))), &two, &one);
    check(Condition::Tags(TagRule::None), &none, &one);
}

#[test]
fn conditions_about_dates() {
    let due = |text: &str| Owned { due: Some(date(text)), ..Owned::new(1) };
    let none = Owned::new(1);
    check(Condition::Due(When::None), &none, &due("2026-11-20"));
    check(Condition::Due(When::Some), &due("2026-11-20"), &none);
    check(Condition::Due(When::On(Day::InDays(0))), &due("2026-11-20"), &due("2026-11-21"));
    check(Condition::Due(When::Before(Day::InDays(0))), &due("2026-11-19"), &due("2026-11-20"));
    check(Condition::Due(When::Before(Day::InDays(7))), &due("2026-11-26"), &none);
    check(Condition::Due(When::After(Day::Date(date("2026-12-01")))), &due("2026-12-02"), &due("2026-12-01"));
    let week = When::Between(Day::InDays(0), Day::Date(date("2026-11-27")));
    check(Condition::Due(week), &due("2026-11-20"), &due("2026-11-19"));
    check(Condition::Due(week), &due("2026-11-27"), &due("2026-11-28"));
    check(Condition::Overdue(true), &due("2026-11-19"), &due("2026-11-20"));
    check(Condition::Overdue(true), &due("2026-11-19"), &Owned { status: Status::Done, ..due("2026-11-19") });
    check(Condition::Overdue(false), &none, &due("2026-11-19"));
    check(Condition::Due(When::Before(Day::InDays(i32::MAX))), &due("9999-12-31"), &none);
    let start = Owned { start: Some(today()), ..Owned::new(1) };
    check(Condition::Start(When::On(Day::InDays(0))), &start, &due("2026-11-20"));
}

#[test]
fn deleted_tasks_are_shown_to_who_asks_for_them() {
    let deleted = Owned { deleted: true, ..Owned::new(1) };
    let asks = is(Condition::Deleted(true));
    assert!(shows(&Filter::everything(), &Owned::new(1)) && !shows(&Filter::everything(), &deleted));
    assert!(shows(&asks, &deleted) && !shows(&asks, &Owned::new(1)));
    assert!(shows(&Filter::All(vec![Filter::Any(vec![asks.clone()])]), &deleted));
    assert!(!shows(&Filter::Not(Box::new(is(Condition::Closed(true)))), &deleted));
}

#[test]
fn conditions_combine() {
    let (yes, no) = (is(Condition::Closed(false)), is(Condition::Closed(true)));
    let task = Owned::new(1);
    assert!(shows(&Filter::All(vec![yes.clone(), yes.clone()]), &task));
    assert!(!shows(&Filter::All(vec![yes.clone(), no.clone()]), &task));
    assert!(shows(&Filter::Any(vec![no.clone(), yes.clone()]), &task));
    assert!(!shows(&Filter::Any(vec![no.clone()]), &task) && !shows(&Filter::Any(Vec::new()), &task));
    assert!(shows(&Filter::All(Vec::new()), &task));
    assert_eq!(Filter::Any(vec![is(Condition::Text("a b".into())), no]).texts(), ["a b"]);
}

/// One of every condition and combinator.
fn every_condition() -> Filter {
    let day = Day::Date(date("2026-11-30"));
    let conditions = [
        Condition::Project(vec![ProjectId(uuid(1))]),
        Condition::Section(vec![Some(SectionId(uuid(2))), None]),
        Condition::Parent(vec![TaskId(uuid(3))]),
        Condition::Subtask(true),
        Condition::Status(Status::ALL.to_vec()),
        Condition::Closed(false),
        Condition::Priority(Priority::ALL.to_vec()),
        Condition::Assignee(vec![Who::Me, Who::Nobody, Who::User(user(4))]),
        Condition::Tags(TagRule::Any(tags(&["ops"]))),
        Condition::Tags(TagRule::All(tags(&["ops", "harbour"]))),
        Condition::Tags(TagRule::None),
        Condition::Due(When::None),
        Condition::Due(When::Some),
        Condition::Due(When::On(Day::InDays(0))),
        Condition::Due(When::Before(day)),
        Condition::Start(When::After(Day::InDays(-7))),
        Condition::Start(When::Between(day, Day::InDays(30))),
        Condition::Overdue(true),
        Condition::Text("\u{201c}boat\u{201d}".into()),
        Condition::Review(true),
        Condition::Deleted(false),
    ];
    let all = Filter::All(conditions.into_iter().map(is).collect());
    Filter::Any(vec![all, Filter::Not(Box::new(is(Condition::Closed(true))))])
}

#[test]
fn a_stored_filter_stays_readable() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/filter.json");
    let filter = every_condition();
    let json = serde_json::to_string_pretty(&filter).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &json).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(json, golden);
    assert_eq!(serde_json::from_str::<Filter>(&golden).unwrap(), filter);
    assert_eq!(postcard::from_bytes::<Filter>(&postcard::to_stdvec(&filter).unwrap()).unwrap(), filter);
    let key = r#"{"by":"updated","descending":true}"#;
    assert_eq!(serde_json::to_string(&SortKey::descending(SortBy::Updated)).unwrap(), key);
    assert_eq!(serde_json::from_str::<SortKey>(r#"{"by":"due"}"#).unwrap(), SortKey::ascending(SortBy::Due));
    assert_eq!(serde_json::to_string(&GroupBy::Assignee).unwrap(), r#""assignee""#);
}

/// A condition, so many times inside a `not`.
fn nested(depth: usize) -> Filter {
    (0..depth).fold(is(Condition::Closed(true)), |filter, _| Filter::Not(Box::new(filter)))
}

#[test]
fn what_is_too_deep_or_too_large_is_refused() {
    let read = |filter: &Filter| serde_json::from_str::<Filter>(&serde_json::to_string(filter).unwrap());
    let deepest = nested(FILTER_DEPTH - 1);
    assert_eq!(deepest.check(), Ok(()));
    assert_eq!(read(&deepest).unwrap(), deepest);
    assert_eq!(nested(FILTER_DEPTH).check(), Err(InvalidFilter::TooDeep));
    assert!(read(&nested(FILTER_DEPTH)).is_err());
    let largest = Filter::All(vec![Filter::everything(); FILTER_SIZE - 1]);
    assert_eq!(read(&largest).unwrap(), largest);
    assert!(read(&Filter::All(vec![Filter::everything(); FILTER_SIZE])).is_err());
    let lists: [fn(usize) -> Condition; 8] = [
        |count| Condition::Project(vec![ProjectId(uuid(1)); count]),
        |count| Condition::Section(vec![None; count]),
        |count| Condition::Parent(vec![TaskId(uuid(1)); count]),
        |count| Condition::Status(vec![Status::Todo; count]),
        |count| Condition::Priority(vec![Priority::High; count]),
        |count| Condition::Assignee(vec![Who::Me; count]),
        |count| Condition::Tags(TagRule::Any(vec![Tag::new("ops"); count])),
        |count| Condition::Tags(TagRule::All(vec![Tag::new("ops"); count])),
    ];
    for values in lists {
        assert_eq!(is(values(FILTER_SIZE - 1)).check(), Ok(()));
        let too_large = is(values(FILTER_SIZE));
        assert_eq!(too_large.check(), Err(InvalidFilter::TooLarge), "{:?}", is(values(1)));
        assert!(read(&too_large).is_err());
    }
}

#[test]
fn hostile_input_is_an_error_and_not_a_crash() {
    // `not` and `all`, a hundred thousand deep, in a format without a limit of its own and in one with.
    assert!(postcard::from_bytes::<Filter>(&[2].repeat(100_000)).is_err());
    assert!(postcard::from_bytes::<Filter>(&[0, 1].repeat(100_000)).is_err());
    assert!(serde_json::from_str::<Filter>(&r#"{"not":"#.repeat(100_000)).is_err());
    assert!(serde_json::from_str::<Filter>(&r#"{"all":["#.repeat(100_000)).is_err());
    // Refused where it is too deep, not read to its end first.
    let error = serde_json::from_str::<Filter>(&r#"{"not":"#.repeat(FILTER_DEPTH + 2)).unwrap_err();
    assert!(error.to_string().contains("nested"), "{error}");
    for bad in ["{}", "[]", "null", r#"{"is":{"colour":["red"]}}"#, r#"{"all":{}}"#, r#"{"is":{"due":{"in":3}}}"#] {
        assert!(serde_json::from_str::<Filter>(bad).is_err(), "{bad}");
    }
}

fn filter() -> impl Strategy<Value = Filter> {
    let Filter::Any(parts) = every_condition() else { unreachable!() };
    let Filter::All(conditions) = parts[0].clone() else { unreachable!() };
    prop::sample::select(conditions).prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Filter::All),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Filter::Any),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

const ALL_KEYS: [SortBy; 9] = [
    SortBy::Manual,
    SortBy::Priority,
    SortBy::Due,
    SortBy::Start,
    SortBy::Created,
    SortBy::Updated,
    SortBy::Title,
    SortBy::Status,
    SortBy::Assignee,
];

fn keys() -> impl Strategy<Value = Vec<SortKey>> {
    let key =
        (prop::sample::select(&ALL_KEYS[..]), any::<bool>()).prop_map(|(by, descending)| SortKey { by, descending });
    prop::collection::vec(key, 0..3)
}

fn places() -> Places {
    [user(2), user(0)].into_iter().map(|user| user.0).collect()
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_filter_is_read_as_it_was_written(filter in filter()) {
        let json = serde_json::to_string(&filter).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Filter>(&json).unwrap(), &filter);
    }

    #[test]
    fn an_order_is_total(tasks in tasks(), keys in keys()) {
        let (places, subjects) = (places(), tasks.iter().map(Owned::subject).collect::<Vec<_>>());
        let order = |left, right| compare(&keys, &places, left, right);
        for left in &subjects {
            for right in &subjects {
                prop_assert_eq!(order(left, right), order(right, left).reverse());
                prop_assert_eq!(order(left, right) == Ordering::Equal, left.id == right.id);
                for third in &subjects {
                    prop_assert!(order(left, right).is_ge() || order(right, third).is_ge() || order(left, third).is_lt());
                }
            }
        }
    }

    #[test]
    fn the_first_are_the_first_of_all(tasks in tasks(), keys in keys(), limit in 0..25_usize) {
        let (places, subjects) = (places(), tasks.iter().map(Owned::subject).collect::<Vec<_>>());
        let mut all: Vec<usize> = (0..subjects.len()).collect();
        all.sort_by(|left, right| compare(&keys, &places, &subjects[*left], &subjects[*right]));
        all.truncate(limit);
        prop_assert_eq!(first(&subjects, &keys, &places, limit), all);
    }

    #[test]
    fn groups_hold_every_task_and_stand_in_one_order(
        tasks in tasks(),
        by in prop::sample::select(vec![
            GroupBy::None, GroupBy::Status, GroupBy::Priority, GroupBy::Assignee,
            GroupBy::Project, GroupBy::Section, GroupBy::Due, GroupBy::Tag,
        ]),
    ) {
        let subjects: Vec<_> = tasks.iter().map(Owned::subject).collect();
        let groups = group(&subjects, by, today(), &places());
        let held: BTreeSet<usize> = groups.iter().flat_map(|group| group.tasks.iter().copied()).collect();
        prop_assert_eq!(held, (0..subjects.len()).collect::<BTreeSet<_>>());
        for group in &groups {
            prop_assert!(!group.tasks.is_empty() && group.tasks.is_sorted_by(|left, right| left < right));
        }
        let mut headings: Vec<_> = groups.into_iter().map(|group| group.heading).collect();
        let backwards: Vec<_> = subjects.iter().rev().copied().collect();
        let other: Vec<_> = group(&backwards, by, today(), &places()).into_iter().map(|group| group.heading).collect();
        prop_assert_eq!(&headings, &other);
        headings.dedup();
        prop_assert_eq!(headings, other);
    }
}

/// The ids of tasks in an order.
#[track_caller]
fn check_order(tasks: &[Owned], key: SortKey, expected: &[u128]) {
    let subjects: Vec<_> = tasks.iter().map(Owned::subject).collect();
    let ids: Vec<_> = first(&subjects, &[key], &places(), usize::MAX).into_iter().map(|at| tasks[at].id).collect();
    assert_eq!(ids, expected, "{key:?}");
}

#[test]
fn orders_go_both_ways_and_what_is_missing_comes_last() {
    let due = |id, due: Option<&str>| Owned { due: due.map(date), ..Owned::new(id) };
    let dates = [due(1, None), due(2, Some("2026-11-30")), due(3, Some("2026-11-01")), due(4, None)];
    check_order(&dates, SortKey::ascending(SortBy::Due), &[3, 2, 1, 4]);
    check_order(&dates, SortKey::descending(SortBy::Due), &[2, 3, 1, 4]);
    let title = |id, title: &str| Owned { title: title.into(), ..Owned::new(id) };
    let titles = [title(1, "Zinc anode"), title(2, "Ærø ferry"), title(3, "adder stone"), title(4, "AERIAL VIEW")];
    check_order(&titles, SortKey::ascending(SortBy::Title), &[3, 4, 2, 1]);
    let person = |id, n: u128| Owned { assignees: [user(n)].into(), ..Owned::new(id) };
    let people = [Owned::new(1), person(2, 3), person(3, 0), person(4, 2)];
    check_order(&people, SortKey::ascending(SortBy::Assignee), &[4, 3, 2, 1]);
    check_order(&people, SortKey::descending(SortBy::Assignee), &[2, 3, 4, 1]);
    let status = |id, status| Owned { status, ..Owned::new(id) };
    let statuses = [status(1, Status::Done), status(2, Status::Backlog), status(3, Status::InReview)];
    check_order(&statuses, SortKey::ascending(SortBy::Status), &[2, 3, 1]);
    let order = |id, order: &str| Owned { order: order.into(), ..Owned::new(id) };
    check_order(&[order(1, "80"), order(2, "7f80"), order(3, "7f7f")], SortKey::ascending(SortBy::Manual), &[3, 2, 1]);
}

#[track_caller]
fn check_groups(tasks: &[Owned], by: GroupBy, expected: &[(Heading, &[usize])]) {
    let subjects: Vec<_> = tasks.iter().map(Owned::subject).collect();
    let groups = group(&subjects, by, today(), &places());
    let groups: Vec<_> = groups.iter().map(|group| (group.heading.clone(), &group.tasks[..])).collect();
    assert_eq!(groups, expected, "{by:?}");
}

#[test]
fn due_dates_are_grouped_by_how_soon_they_are() {
    let due = |text: &str| Owned { due: Some(date(text)), ..Owned::new(1) };
    let tasks = [
        Owned::new(1),
        due("2026-11-23"),
        due("2026-11-22"),
        due("2026-11-21"),
        due("2026-11-20"),
        due("2026-11-19"),
        Owned { status: Status::Done, ..due("2026-11-19") },
    ];
    let expected: [(Heading, &[usize]); 7] = [
        (Heading::Due(Due::Overdue), &[5]),
        (Heading::Due(Due::Today), &[4]),
        (Heading::Due(Due::Tomorrow), &[3]),
        (Heading::Due(Due::ThisWeek), &[2]),
        (Heading::Due(Due::Later), &[1]),
        (Heading::Due(Due::Past), &[6]),
        (Heading::Due(Due::None), &[0]),
    ];
    check_groups(&tasks, GroupBy::Due, &expected);
}

#[test]
fn headings_have_their_order() {
    let tasks = [
        Owned { status: Status::Done, tags: tags(&["ops", "Ærø"]), ..Owned::new(1) },
        Owned {
            status: Status::InProgress,
            priority: Priority::Urgent,
            assignees: [user(0), user(3)].into(),
            ..Owned::new(2)
        },
        Owned { section: Some(1), tags: tags(&["Ops"]), assignees: [user(2)].into(), ..Owned::new(3) },
    ];
    let status: [(Heading, &[usize]); 3] = [
        (Heading::Status(Status::InProgress), &[1]),
        (Heading::Status(Status::Todo), &[2]),
        (Heading::Status(Status::Done), &[0]),
    ];
    check_groups(&tasks, GroupBy::Status, &status);
    let priority: [(Heading, &[usize]); 2] =
        [(Heading::Priority(Priority::Urgent), &[1]), (Heading::Priority(Priority::None), &[0, 2])];
    check_groups(&tasks, GroupBy::Priority, &priority);
    let people: [(Heading, &[usize]); 4] = [
        (Heading::Assignee(Some(user(2))), &[2]),
        (Heading::Assignee(Some(user(0))), &[1]),
        (Heading::Assignee(Some(user(3))), &[1]),
        (Heading::Assignee(None), &[0]),
    ];
    check_groups(&tasks, GroupBy::Assignee, &people);
    let section: [(Heading, &[usize]); 2] =
        [(Heading::Section(Some(SectionId(uuid(1)))), &[2]), (Heading::Section(None), &[0, 1])];
    check_groups(&tasks, GroupBy::Section, &section);
    let tag: [(Heading, &[usize]); 4] = [
        (Heading::Tag(Some(Tag::new("Ærø"))), &[0]),
        (Heading::Tag(Some(Tag::new("Ops"))), &[2]),
        (Heading::Tag(Some(Tag::new("ops"))), &[0]),
        (Heading::Tag(None), &[1]),
    ];
    check_groups(&tasks, GroupBy::Tag, &tag);
    check_groups(&tasks, GroupBy::None, &[(Heading::All, &[0, 1, 2])]);
}
