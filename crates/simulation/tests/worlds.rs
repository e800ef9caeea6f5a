//! A few worlds with every `cargo test`; `make simulate` runs many.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use simulation::report::{explain, run_all};
use simulation::world::Plan;

#[test]
fn everything_that_was_saved_is_where_it_belongs() {
    let report = run_all(0, 60, 60);
    assert!(report.failed.is_empty(), "run tern-simulation --start <seed> --seeds 1 --verbose: {:#?}", report.failed);
    assert_eq!(report.passed, 60);
}

#[test]
fn a_seed_is_one_world() {
    let plan = Plan { seed: 42, ops: 40, disabled: BTreeSet::new() };
    let (first, second) = (explain(&plan), explain(&plan));
    assert_eq!(first, second);
    assert!(first.1.len() > 50);
}
