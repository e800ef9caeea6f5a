//! `tern watch`: what others do appears, and what other processes of this device save is sent.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout};

use serde_json::Value as Json;

use crate::harness::{Person, Terminal};

/// A `tern watch` that has connected; it is stopped with its value.
struct Watching {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watching {
    fn start(terminal: &Terminal) -> Self {
        let mut child = terminal.start(&["--json", "watch"]);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next change that it prints.
    fn next(&mut self) -> Json {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }

    /// The next change of a task with this mark.
    fn next_with(&mut self, mark: &str) -> Json {
        loop {
            let change = self.next();
            if change["task"]["mark"] == mark {
                return change["task"].clone();
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_a_teammate_does_appears() {
    let ines = Person::found();
    let ada = ines.invite("Ada Lindqvist").device();
    let terminal = ines.device();
    let mut watching = Watching::start(&terminal);
    let key = ada.add("Mend the net");
    assert_eq!(watching.next_with("synced")["key"], key.as_str());
    ada.ok(&["done", &key]);
    assert_eq!(watching.next_with("synced")["status"], "done");
    ada.ok(&["comment", &key, "It held"]);
    let comment = watching.next();
    assert_eq!((comment["change"].as_str(), comment["comment"]["body"].as_str()), (Some("comment"), Some("It held")));
}

#[test]
fn it_sends_what_other_processes_of_the_device_save() {
    let ines = Person::found();
    let terminal = ines.device();
    let mut watching = Watching::start(&terminal);
    terminal.ok(&["--offline", "add", "Mend the net"]);
    let task = watching.next_with("synced");
    assert_eq!(task["title"], "Mend the net");
    assert_eq!(terminal.json(&["show", task["id"].as_str().unwrap()])["key"], task["key"]);
    // And who does not send by itself waits until that one has.
    let task = terminal.json(&["add", "Paint the hull"]);
    assert_eq!(task["mark"], "synced");
}

#[test]
fn it_ends_after_so_many_changes_and_when_it_is_told_to() {
    let ines = Person::found();
    let terminal = ines.device();
    let child = terminal.start(&["watch", "--count", "1"]);
    ines.device().add("Mend the net");
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("Mend the net"));

    let mut watching = Watching::start(&terminal);
    terminal.ok(&["--offline", "add", "Paint the hull"]);
    watching.next_with("synced");
    let pid = rustix::process::Pid::from_child(&watching.child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(watching.child.wait().unwrap().success());
}

#[test]
fn when_the_session_is_over_it_says_so() {
    let terminal = Person::found().device();
    terminal.change_session(|session| {
        session["tokens"] = serde_json::json!({ "refresh": "none", "access": "none", "until": 0 });
    });
    assert!(terminal.fails(3, &["watch"]).contains("Sign in again"));
}
