//! Values that need a choice, and changes that were refused.

use serde_json::json;

use crate::harness::{Person, Terminal, http};

/// Two devices, and a task that one has closed as done and the other as cancelled.
fn undecided() -> (Terminal, Terminal, String) {
    let ines = Person::found();
    let (one, two) = (ines.device(), ines.device());
    let key = one.add("Mend the net");
    two.ok(&["sync"]);
    one.ok(&["--offline", "done", &key]);
    two.ok(&["--offline", "edit", &key, "--status", "cancelled"]);
    one.ok(&["sync"]);
    assert!(two.fails(5, &["sync"]).contains("tern conflicts"));
    one.fails(5, &["sync"]);
    (one, two, key)
}

#[test]
fn done_against_cancelled_waits_for_a_choice() {
    let (one, two, key) = undecided();
    let cards = one.json(&["conflicts"]);
    assert_eq!(cards.as_array().unwrap().len(), 1);
    assert_eq!((&cards[0]["key"], &cards[0]["field"]), (&json!(key), &json!("status")));
    let mut values: Vec<_> = cards[0]["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["mine"].as_bool().unwrap(), one["value"].as_str().unwrap().to_owned()))
        .collect();
    values.sort();
    assert_eq!(values, [(false, "cancelled".into()), (true, "done".into())]);
    assert!(one.ok(&["conflicts"]).contains("mine    done"));
    assert_eq!(one.json(&["show", &key])["mark"], "attention");

    assert!(one.fails(4, &["resolve", &key, "assignees", "mine"]).contains("no conflict"));
    one.fails(2, &["resolve", &key, "status", "doing"]);
    assert_eq!(one.json(&["resolve", &key, "status", "theirs"])["status"], "cancelled");
    two.ok(&["sync"]);
    for device in [one, two] {
        let task = device.json(&["show", &key]);
        assert_eq!((&task["status"], &task["unsettled"]), (&json!("cancelled"), &json!([])));
        assert_eq!(device.ok(&["conflicts"]), "Nothing needs a choice.\n");
    }
}

#[test]
fn a_choice_may_be_a_value_and_is_made_offline_too() {
    let (one, two, key) = undecided();
    one.ok(&["--offline", "resolve", &key, "status", "in_progress"]);
    assert_eq!(one.json(&["show", &key])["status"], "in_progress");
    one.ok(&["sync"]);
    two.ok(&["sync"]);
    assert_eq!(two.json(&["show", &key])["status"], "in_progress");
}

#[test]
fn people_who_were_chosen_at_once_can_all_be_kept() {
    let ines = Person::found();
    ines.invite("Ada Lindqvist");
    let (one, two) = (ines.device(), ines.device());
    let key = one.add("Mend the net");
    two.ok(&["sync"]);
    one.ok(&["--offline", "edit", &key, "--assign", "me"]);
    two.ok(&["--offline", "edit", &key, "--assign", "ada"]);
    one.ok(&["sync"]);
    two.fails(5, &["sync"]);
    let all = two.json(&["resolve", &key, "assignees", "all"]);
    assert_eq!(all["assignees"].as_array().unwrap().len(), 2);
    two.ok(&["sync"]);
    one.ok(&["sync"]);
    assert_eq!(one.json(&["show", &key])["assignees"], all["assignees"]);
}

/// Ada's edits of a task were refused, because its project was closed to her meanwhile; it is open again. Her terminal,
/// and the key of the task.
fn refused() -> (Person, Terminal, String) {
    let ines = Person::found();
    let key = ines.device().add("Mend the net");
    let ada = ines.invite("Ada Lindqvist").device();
    let project = ada.json(&["show", &key])["project"].as_str().unwrap().to_owned();
    let close = |private: bool| {
        let body = json!({ "private": private });
        let (status, answer) = http("PATCH", &format!("/api/projects/{project}"), Some(&ines.access), Some(&body));
        assert_eq!(status, 200, "{answer}");
    };
    ada.ok(&["--offline", "edit", &key, "--title", "Mend both nets"]);
    ada.ok(&["--offline", "edit", &key, "--priority", "high"]);
    close(true);
    assert!(ada.fails(5, &["sync"]).contains("tern outbox"));
    assert_eq!(ada.titles(&[]), [""; 0]);
    assert!(ada.fails(5, &["outbox", "retry", &first_refused(&ada)]).contains("not exist"));
    close(false);
    ada.fails(5, &["sync"]);
    assert_eq!(ada.titles(&[]), ["Mend the net"]);
    (ines, ada, key)
}

fn first_refused(terminal: &Terminal) -> String {
    terminal.json(&["outbox"])["refused"][0]["id"].to_string()
}

#[test]
fn a_refused_change_is_kept_until_it_is_settled() {
    let (ines, ada, key) = refused();
    let outbox = ada.json(&["outbox"]);
    let change = &outbox["refused"][0];
    assert_eq!((&change["text"], outbox["refused"].as_array().unwrap().len()), (&json!("Mend both nets"), 2));
    let text = ada.ok(&["outbox"]);
    let id = first_refused(&ada);
    assert!(text.contains(&format!("refused {id}  {key}")) && text.contains("priority is"), "{text}");
    assert_eq!(ada.json(&["show", &key])["mark"], "attention");
    ada.fails(4, &["outbox", "discard", "77"]);
    ada.ok(&["outbox", "edit", &id, "Mend all nets"]);
    let other = first_refused(&ada);
    ada.fails(2, &["outbox", "edit", &other, "text"]);
    ada.ok(&["outbox", "retry", &other]);
    ada.ok(&["sync"]);
    let task = ines.device().json(&["show", &key]);
    assert_eq!((&task["title"], &task["priority"]), (&json!("Mend all nets"), &json!("high")));
}

#[test]
fn a_refused_change_can_be_given_up() {
    let (_, ada, key) = refused();
    ada.ok(&["outbox", "discard", &first_refused(&ada)]);
    ada.ok(&["outbox", "discard", &first_refused(&ada)]);
    ada.ok(&["sync"]);
    let task = ada.json(&["show", &key]);
    assert_eq!((&task["title"], &task["priority"]), (&json!("Mend the net"), &json!("none")));
}
