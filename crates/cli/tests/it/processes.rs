//! Several processes on one device: no edit is lost and none is there twice.

use crate::harness::Person;

const PROCESSES: usize = 8;
const ROUNDS: usize = 4;

#[test]
fn processes_that_save_at_once_do_not_lose_or_double_edits() {
    let ines = Person::found();
    let terminal = ines.device();
    let mut expected = Vec::new();
    for round in 0..ROUNDS {
        // Every other one tries to send, too.
        let children: Vec<_> = (0..PROCESSES)
            .map(|n| {
                let title = format!("task {round} {n}");
                let online = ["add", "--literal", &title];
                let offline = ["--offline", "add", "--literal", &title];
                let child = terminal.start(if n % 2 == 0 { &online } else { &offline });
                expected.push(title.clone());
                child
            })
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{output:?}");
        }
    }
    expected.sort_unstable();
    assert_eq!(terminal.titles(&[]), expected);
    terminal.ok(&["sync"]);
    assert_eq!(ines.device().titles(&[]), expected);
}

#[test]
fn edits_of_one_task_by_several_processes_are_all_there() {
    let ines = Person::found();
    let terminal = ines.device();
    let key = terminal.add("Mend the net");
    let tags: Vec<String> = (0..PROCESSES).map(|n| format!("tag{n}")).collect();
    let children: Vec<_> = tags.iter().map(|tag| terminal.start(&["edit", &key, "--tag", tag])).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    terminal.ok(&["sync"]);
    assert_eq!(ines.device().json(&["show", &key])["tags"], serde_json::json!(tags));
}
