//! The laws of the rules that pick one of several concurrent values.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

mod support;

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use shared::clock::Stamp;
use shared::date::Date;
use shared::policy::{Policy, Resolution};
use shared::register::Sibling;
use shared::workflow::{Priority, Status};
use support::cases;

/// Concurrent values in the server's order.
fn siblings<T: Copy>(values: &[T]) -> Vec<Sibling<T>> {
    let stamp = |n: u32| Stamp { actor: n, ctr: 1, ver: u64::from(n), ctx: 0, at: 0 };
    (1..).zip(values).map(|(n, value)| Sibling { stamp: stamp(n), value: *value }).collect()
}

fn resolve<T: Policy>(values: &[T]) -> Resolution<T> {
    T::resolve(&siblings(values)).unwrap()
}

/// What holds of every rule: it picks a value that is there, one value alone counts, and to say it twice adds nothing.
fn picks<T: Policy + Debug>(values: &[T]) -> Result<(), TestCaseError> {
    let resolution = resolve(values);
    prop_assert!(values.contains(&resolution.value));
    prop_assert_eq!(resolve(&values[..1]), Resolution { value: values[0], review: false });
    let doubled: Vec<T> = values.iter().chain(values).copied().collect();
    prop_assert_eq!(resolve(&doubled), resolution);
    prop_assert_eq!(T::resolve(&[]), None);
    Ok(())
}

fn shuffled<T: Clone + Debug + 'static>(one: impl Strategy<Value = T>) -> impl Strategy<Value = (Vec<T>, Vec<T>)> {
    prop::collection::vec(one, 1..6).prop_flat_map(|values| (Just(values.clone()), Just(values).prop_shuffle()))
}

fn due() -> impl Strategy<Value = Option<Date>> {
    prop::option::of((19_000..19_010).prop_map(|days| Date::from_days(days).unwrap()))
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn the_higher_priority_wins_in_any_order((values, others) in shuffled(prop::sample::select(Priority::ALL.to_vec()))) {
        picks(&values)?;
        prop_assert_eq!(resolve(&values), resolve(&others));
        prop_assert_eq!(resolve(&values).value, *values.iter().max().unwrap());
    }

    #[test]
    fn the_earlier_date_wins_in_any_order((values, others) in shuffled(due())) {
        picks(&values)?;
        prop_assert_eq!(resolve(&values), resolve(&others));
        let earliest = values.iter().flatten().min().copied();
        prop_assert_eq!(resolve(&values), Resolution { value: earliest, review: false });
    }

    #[test]
    fn the_status_furthest_along_wins((values, others) in shuffled(prop::sample::select(Status::ALL.to_vec()))) {
        picks(&values)?;
        let (one, other) = (resolve(&values), resolve(&others));
        prop_assert_eq!((one.value.rank(), one.review), (other.value.rank(), other.review));
        let both = values.contains(&Status::Done) && values.contains(&Status::Cancelled);
        prop_assert_eq!(one.review, both);
        prop_assert!(both || one == other, "only done against cancelled depends on who was first");
        prop_assert!(values.iter().all(|status| status.rank() <= one.value.rank()));
    }
}
