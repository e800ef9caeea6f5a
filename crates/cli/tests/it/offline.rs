//! Without a connection: everything works, waits, and arrives.

use serde_json::json;

use crate::harness::Person;

#[test]
fn everything_works_without_a_server_and_arrives_once_it_is_there() {
    let ines = Person::found();
    let terminal = ines.device();
    let server = terminal.session()["server"].clone();
    // A port at which nobody listens.
    terminal.change_session(|session| session["server"] = json!("http://127.0.0.1:1"));
    let line = terminal.ok(&["add", "Mend the net !low"]);
    assert!(line.trim_end().ends_with("Mend the net  (saved on this device)"), "{line}");
    let name = line.split(' ').next().unwrap();
    terminal.ok(&["edit", name, "--priority", "high", "--title", "Mend both nets"]);
    terminal.ok(&["comment", name, "Soon"]);
    terminal.ok(&["projects", "--add", "Boats"]);
    terminal.ok(&["add", "Paint the hull +boats"]);
    terminal.ok(&["delete", name]);
    terminal.ok(&["restore", name]);
    assert_eq!(terminal.titles(&[]), ["Mend both nets", "Paint the hull"]);
    assert_eq!(terminal.json(&["show", name])["mark"], "waiting");
    assert!(terminal.fails(6, &["sync"]).contains("saved on this device"));
    let waiting = terminal.json(&["outbox"])["waiting"].as_array().unwrap().len();
    assert_eq!(terminal.json(&["status"])["waiting"], waiting);
    assert!(terminal.ok(&["outbox"]).contains("new: Boats"));

    terminal.change_session(|session| session["server"] = server);
    assert_eq!(terminal.json(&["sync"]), json!({ "synced": true, "sent": waiting, "waiting": 0 }));
    let other = ines.device();
    assert_eq!(other.titles(&[]), ["Mend both nets", "Paint the hull"]);
    let key = terminal.json(&["show", name])["key"].as_str().unwrap().to_owned();
    assert_eq!(other.json(&["show", &key])["priority"], "high");
    assert_eq!(other.json(&["show", &key])["comments"][0]["body"], "Soon");
    assert_eq!(terminal.ok(&["outbox"]), "Nothing waits, and nothing was refused.\n");
}

#[test]
fn without_a_connection_on_purpose_nothing_is_sent() {
    let ines = Person::found();
    let terminal = ines.device();
    terminal.ok(&["--offline", "add", "Mend the net"]);
    let ran = terminal.command(&["add", "Paint the hull"]).env("TERN_OFFLINE", "1").output().unwrap();
    assert!(ran.status.success());
    assert_eq!(ines.device().titles(&[]), [""; 0]);
    terminal.ok(&["add", "Order new nets"]);
    assert_eq!(ines.device().titles(&[]).len(), 3, "with a later command all of it is sent");
}

#[test]
fn what_two_devices_write_at_once_is_merged() {
    let ines = Person::found();
    let (one, two) = (ines.device(), ines.device());
    let key = one.add("Hello world !low #a");
    two.ok(&["sync"]);
    one.ok(&["--offline", "edit", &key, "--title", "Hello beautiful world", "--priority", "medium", "--tag", "b"]);
    two.ok(&["--offline", "edit", &key, "--title", "Hello world!", "--priority", "high", "--tag", "c"]);
    one.ok(&["sync"]);
    two.ok(&["sync"]);
    one.ok(&["sync"]);
    for device in [one, two] {
        let task = device.json(&["show", &key]);
        assert_eq!(task["title"], "Hello beautiful world!");
        assert_eq!((&task["priority"], &task["tags"]), (&json!("high"), &json!(["a", "b", "c"])));
    }
}

#[test]
fn a_copied_directory_becomes_a_device_of_its_own() {
    let ines = Person::found();
    let one = ines.device();
    one.ok(&["--offline", "add", "Before the copy"]);
    let two = one.copy();
    one.ok(&["--offline", "add", "On the first"]);
    two.ok(&["--offline", "add", "On the copy"]);
    one.ok(&["sync"]);
    two.ok(&["sync"]);
    one.ok(&["sync"]);
    let all = ["Before the copy", "On the copy", "On the first"];
    for device in [&one, &two, &ines.device()] {
        assert_eq!(device.titles(&[]), all);
    }
    assert_ne!(one.session()["device"], two.session()["device"]);
    // And both go on.
    one.ok(&["add", "Later on the first"]);
    two.ok(&["add", "Later on the copy"]);
    assert_eq!(ines.device().titles(&[]).len(), 5);
}
