//! Many worlds at once, how often each fault came about, and a small plan for a world that failed.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::Violation;
use crate::fault::Fault;
use crate::world::{Outcome, Plan, Trace, run};

/// What came of many worlds.
#[derive(Debug, Default)]
pub struct Report {
    pub passed: u64,
    /// By seed.
    pub failed: BTreeMap<u64, Violation>,
    /// In how many worlds each fault came about.
    pub faults: BTreeMap<Fault, u64>,
}

/// Of 100 worlds, so many at least must see each fault.
const RARE: u64 = 10;

impl Report {
    pub fn worlds(&self) -> u64 {
        self.passed + self.failed.len() as u64
    }

    /// The faults that came about too rarely for the run to say much. Few worlds say nothing about frequencies.
    pub fn rare(&self) -> Vec<Fault> {
        let enough = |fault: &Fault| self.faults.get(fault).copied().unwrap_or(0) * 100 >= RARE * self.worlds();
        Fault::ALL.iter().copied().filter(|fault| self.worlds() >= 100 && !enough(fault)).collect()
    }

    fn add(&mut self, seed: u64, outcome: Outcome) {
        match outcome.result {
            Ok(()) => self.passed += 1,
            Err(violation) => {
                self.failed.insert(seed, violation);
            }
        }
        for fault in outcome.seen {
            *self.faults.entry(fault).or_default() += 1;
        }
    }
}

/// Runs the worlds of these seeds, on all cores.
pub fn run_all(start: u64, seeds: u64, ops: usize) -> Report {
    let report = Mutex::new(Report::default());
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= seeds {
                        return;
                    }
                    let seed = start.wrapping_add(number);
                    let outcome = run_caught(&Plan { seed, ops, disabled: BTreeSet::new() }, None);
                    report.lock().unwrap_or_else(std::sync::PoisonError::into_inner).add(seed, outcome);
                }
            });
        }
    });
    report.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Runs a world; a panic in it is a violation like others.
pub fn run_caught(plan: &Plan, trace: Option<Trace>) -> Outcome {
    catch_unwind(AssertUnwindSafe(|| run(plan, trace))).unwrap_or_else(|panic| Outcome {
        result: Err(Violation(format!("panicked: {}", message(panic.as_ref())))),
        seen: BTreeSet::new(),
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

/// A smaller plan that fails in the same way: fewer operations, and no fault that the failure does not need.
pub fn shrink(mut plan: Plan) -> Plan {
    let failure = |plan: &Plan| run_caught(plan, None).result.err().map(|violation| kind(&violation));
    let wanted = failure(&plan);
    let fails = |plan: &Plan| failure(plan) == wanted;
    loop {
        let before = plan.clone();
        for ops in 0..plan.ops {
            let smaller = Plan { ops, ..plan.clone() };
            if fails(&smaller) {
                plan = smaller;
                break;
            }
        }
        for fault in Fault::ALL {
            let mut calmer = plan.clone();
            if calmer.disabled.insert(*fault) && fails(&calmer) {
                plan = calmer;
            }
        }
        if plan == before {
            return plan;
        }
    }
}

/// The beginning of a violation without its numbers.
fn kind(violation: &Violation) -> String {
    violation.0.chars().filter(|c| !c.is_ascii_digit()).take(16).collect()
}

/// A plan's violation and everything that led to it.
pub fn explain(plan: &Plan) -> (Option<Violation>, Vec<String>) {
    let trace = Trace::default();
    let outcome = run_caught(plan, Some(trace.clone()));
    (outcome.result.err(), trace.take())
}
