//! Killed at any moment: a change and its entry in the outbox are there together, or not at all.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::harness::{Person, Terminal};

const ROUNDS: u32 = 60;

/// Kills a command after a while, without mercy. Whether it had ended in order before.
fn kill_after(terminal: &Terminal, args: &[&str], cut: Duration) -> bool {
    let started = Instant::now();
    let mut child = terminal.start(args);
    while started.elapsed() < cut {
        std::hint::spin_loop();
    }
    // Fails where it has ended already.
    let _ = child.kill();
    child.wait().unwrap().success()
}

/// How long a command takes that is not killed, so that the kills are spread over its life.
fn life(terminal: &Terminal, args: &[&str]) -> Duration {
    let started = Instant::now();
    terminal.ok(args);
    started.elapsed()
}

fn strings(list: &Json, name: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one[name].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_was_being_saved_is_there_whole_or_not_at_all() {
    let ines = Person::found();
    let terminal = ines.device();
    let mut saved = BTreeSet::from(["first".to_owned()]);
    let life = life(&terminal, &["--offline", "add", "first"]);
    let mut attempted = saved.clone();
    for round in 1..=ROUNDS {
        let title = format!("task {round}");
        // From the start to a little beyond the usual end.
        let cut = life * round / (ROUNDS * 5 / 6);
        attempted.insert(title.clone());
        if kill_after(&terminal, &["--offline", "add", "--literal", &title], cut) {
            saved.insert(title);
        }
        let outbox = terminal.json(&["outbox"]);
        let numbers: Vec<u64> =
            outbox["waiting"].as_array().unwrap().iter().map(|one| one["number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "without gaps");
        let rows: BTreeSet<String> = strings(&outbox["waiting"], "row").into_iter().collect();
        let tasks: BTreeSet<String> = strings(&terminal.json(&["list"]), "id").into_iter().collect();
        assert_eq!(rows, tasks, "each entry has its row, and each row its entry");
    }
    let there: BTreeSet<String> = terminal.titles(&[]).into_iter().collect();
    assert!(there.is_superset(&saved), "who was told that it is saved finds it");
    assert!(there.is_subset(&attempted));
    terminal.ok(&["sync"]);
    assert_eq!(ines.device().titles(&[]), there.into_iter().collect::<Vec<_>>());
}

#[test]
fn a_sync_that_is_killed_goes_on_and_sends_nothing_twice() {
    let ines = Person::found();
    let terminal = ines.device();
    terminal.ok(&["add", "--literal", "first"]);
    let life = life(&terminal, &["sync"]);
    let mut expected = BTreeSet::from(["first".to_owned()]);
    for round in 1..=ROUNDS / 2 {
        let title = format!("task {round}");
        terminal.ok(&["--offline", "add", "--literal", &title]);
        expected.insert(title);
        kill_after(&terminal, &["sync"], life * round / (ROUNDS / 2));
    }
    terminal.ok(&["sync"]);
    let expected: Vec<_> = expected.into_iter().collect();
    assert_eq!(terminal.titles(&[]), expected);
    assert_eq!(ines.device().titles(&[]), expected);
}
