//! The laws of the rules that pick one of several concurrent values.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

mod support;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use shared::clock::Stamp;
use shared::date::Date;
use shared::ids::UserId;
use shared::policy::{Resolution, Rule};
use shared::register::Sibling;
use shared::value::Value;
use shared::workflow::{Priority, Status};
use support::cases;
use uuid::Uuid;

/// Concurrent values in the server's order, all of one moment.
fn siblings(values: &[Value]) -> Vec<Sibling<Value>> {
    let stamp = |n: u32| Stamp { actor: n, ctr: 1, ver: u64::from(n), ctx: 0, at: 0 };
    (1..).zip(values).map(|(n, value)| Sibling { stamp: stamp(n), value: value.clone() }).collect()
}

fn resolve(rule: Rule, values: &[Value]) -> Resolution {
    rule.resolve(&siblings(values)).unwrap()
}

/// What holds of every rule: one value alone counts, and to say it twice adds nothing.
fn holds(rule: Rule, values: &[Value]) -> Result<Resolution, TestCaseError> {
    let resolution = resolve(rule, values);
    prop_assert_eq!(resolve(rule, &values[..1]), Resolution { value: values[0].clone(), review: false });
    let doubled: Vec<Value> = values.iter().chain(values).cloned().collect();
    prop_assert_eq!(&resolve(rule, &doubled), &resolution);
    prop_assert_eq!(rule.resolve(&[]), None);
    Ok(resolution)
}

fn shuffled(one: impl Strategy<Value = Value>) -> impl Strategy<Value = (Vec<Value>, Vec<Value>)> {
    prop::collection::vec(one, 1..6).prop_flat_map(|values| (Just(values.clone()), Just(values).prop_shuffle()))
}

fn due() -> impl Strategy<Value = Value> {
    prop::option::of((19_000..19_010).prop_map(|days| Date::from_days(days).unwrap())).prop_map(Value::from)
}

fn people() -> impl Strategy<Value = Value> {
    let person = (0..5_u128).prop_map(|id| UserId(Uuid::from_u128(id)));
    prop::collection::btree_set(person, 0..3).prop_map(Value::from)
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Status(status) => status.rank(),
        _ => 0,
    }
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn the_higher_priority_wins_in_any_order(
        (values, others) in shuffled(prop::sample::select(Priority::ALL.map(Value::Priority).to_vec()))
    ) {
        let won = holds(Rule::Highest, &values)?;
        prop_assert_eq!(&won, &resolve(Rule::Highest, &others));
        let highest = values.iter().filter_map(|value| match value {
            Value::Priority(priority) => Some(*priority),
            _ => None,
        }).max();
        prop_assert_eq!(won, Resolution { value: highest.unwrap().into(), review: false });
    }

    #[test]
    fn the_earlier_date_wins_in_any_order((values, others) in shuffled(due())) {
        let won = holds(Rule::Earliest, &values)?;
        prop_assert_eq!(&won, &resolve(Rule::Earliest, &others));
        let earliest = values.iter().filter_map(|value| match value {
            Value::Date(date) => Some(*date),
            _ => None,
        }).min();
        prop_assert_eq!(won, Resolution { value: earliest.into(), review: false });
    }

    #[test]
    fn the_status_furthest_along_wins(
        (values, others) in shuffled(prop::sample::select(Status::ALL.map(Value::Status).to_vec()))
    ) {
        let (one, other) = (holds(Rule::Furthest, &values)?, resolve(Rule::Furthest, &others));
        prop_assert!(values.contains(&one.value));
        prop_assert_eq!((rank(&one.value), one.review), (rank(&other.value), other.review));
        let both = values.contains(&Status::Done.into()) && values.contains(&Status::Cancelled.into());
        prop_assert_eq!(one.review, both);
        prop_assert!(both || one == other, "only done against cancelled depends on who was first");
        prop_assert!(values.iter().all(|value| rank(value) <= rank(&one.value)));
    }

    #[test]
    fn everybody_who_was_assigned_is_kept((values, others) in shuffled(people())) {
        let all = holds(Rule::Everybody, &values)?;
        prop_assert_eq!(&all, &resolve(Rule::Everybody, &others));
        let mut expected = BTreeSet::new();
        for value in &values {
            if let Value::People(people) = value {
                expected.extend(people.iter().copied());
            }
        }
        prop_assert_eq!(&all.value, &Value::from(expected));
        prop_assert_eq!(all.review, values.iter().any(|value| *value != values[0]));
    }
}
