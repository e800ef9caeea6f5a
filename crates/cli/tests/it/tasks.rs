//! Tasks: made of a line, listed, shown, changed; and the same for programs.

use serde_json::{Value as Json, json};

use crate::harness::{Person, http};

#[test]
fn a_line_makes_a_task() {
    let ines = Person::found();
    ines.invite("Ada Lindqvist");
    let terminal = ines.device();
    terminal.ok(&["projects", "--add", "Harbour app"]);
    let line = ["add", "Mend the net 2030-05-06 #ops !high +harbour-app @ada", "--estimate", "3", "--assign", "me"];
    let task = terminal.json(&line);
    for (name, value) in [
        ("title", json!("Mend the net")),
        ("due", json!("2030-05-06")),
        ("tags", json!(["ops"])),
        ("priority", json!("high")),
        ("status", json!("todo")),
        ("estimate", json!(3)),
        ("key", json!("HAR-1")),
        ("mark", json!("synced")),
    ] {
        assert_eq!(task[name], value, "{name}");
    }
    assert_eq!(task["assignees"].as_array().unwrap().len(), 2);
    let literal = terminal.json(&["add", "--literal", "+har", "today #1", "--project", "har"]);
    assert_eq!((&literal["title"], &literal["due"]), (&json!("+har today #1"), &json!(null)));
    assert!(terminal.fails(4, &["add", "Mend it +boats"]).contains("no project `boats`"));
    assert!(terminal.fails(2, &["add", "#ops", "today"]).contains("title"));
    assert!(terminal.fails(2, &["add", "In which project"]).contains("Harbour app"));
    assert!(terminal.fails(5, &["add", &"long ".repeat(200), "--project", "har"]).contains("500"));
}

#[test]
fn a_list_is_what_words_and_options_say() {
    let ines = Person::found();
    let terminal = ines.device();
    terminal.ok(&["projects", "--add", "Boats"]);
    for line in [
        "Mend the net #ops #sea !high 2020-01-01 +general @me",
        "Paint the hull #sea !low 2030-01-01 +boats",
        "Order new nets #ops !urgent +boats @me",
    ] {
        terminal.ok(&["add", line]);
    }
    terminal.ok(&["done", "BOA-1"]);
    let titles = |args: &[&str]| {
        let list = terminal.json(&[&["list"], args].concat());
        list.as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (mend, paint, order) = ("Mend the net", "Paint the hull", "Order new nets");
    assert_eq!(titles(&[]), [order, mend], "the most urgent first, nothing that is done");
    assert_eq!(titles(&["--all", "--sort", "title"]), [mend, order, paint]);
    assert_eq!(titles(&["--status", "done"]), [paint]);
    assert_eq!(titles(&["#ops"]), [order, mend]);
    assert_eq!(titles(&["#ops #sea"]), [mend]);
    assert_eq!(titles(&["!high", "!urgent", "--sort", "-title"]), [order, mend]);
    assert_eq!(titles(&["+boats", "--all"]), [order, paint]);
    assert_eq!(titles(&["@me", "overdue"]), [mend]);
    assert_eq!(titles(&["--all", "@nobody"]), [paint]);
    assert_eq!(titles(&["--all", "2030-01-01"]), [paint]);
    assert_eq!(titles(&["--due", "none"]), [order]);
    assert_eq!(titles(&["net"]), [order, mend], "words that begin so");
    assert_eq!(titles(&["net", "-n", "1"]), [order]);
    assert_eq!(titles(&["nothing of the kind"]), [""; 0]);
    assert_eq!(titles(&["--filter", r#"{"not": {"is": {"tags": {"any": ["sea"]}}}}"#]), [order]);
    terminal.fails(4, &["list", "+nets"]);
    terminal.fails(2, &["list", "--sort", "colour"]);
    terminal.fails(2, &["list", "--filter", "{}"]);

    // Programs read tabs, people a table that fits.
    let tabs = terminal.ok(&["list", "+boats"]);
    assert_eq!(tabs, "BOA-2\tOrder new nets\ttodo\turgent\t\tInes Okafor\tops\tBoats\n");
    let table = terminal.ok(&["list", "--width", "40"]);
    assert!(table.lines().all(|line| line.chars().count() <= 40) && table.starts_with("Key"), "{table}");
}

#[test]
fn a_task_is_changed_field_by_field() {
    let terminal = Person::found().device();
    let key = terminal.add("Mend the net #ops @me");
    let edit = |args: &[&str]| terminal.json(&[&["edit", key.as_str()], args].concat());
    assert_eq!(edit(&["--title", "Mend both nets"])["title"], "Mend both nets");
    let many = edit(&[
        "--status",
        "in_review",
        "--priority",
        "urgent",
        "--due",
        "2030-01-02",
        "--start",
        "2030-01-01",
        "--estimate",
        "5",
        "--tag",
        "sea",
        "--untag",
        "ops",
        "--unassign",
        "ines",
        "--notes",
        "Two needles",
        "-d",
        "- one\n- two",
    ]);
    for (name, value) in [
        ("status", json!("in_review")),
        ("priority", json!("urgent")),
        ("due", json!("2030-01-02")),
        ("start", json!("2030-01-01")),
        ("estimate", json!(5)),
        ("tags", json!(["sea"])),
        ("assignees", json!([])),
        ("notes", json!("Two needles")),
        ("description", json!("- one\n- two")),
    ] {
        assert_eq!(many[name], value, "{name}");
    }
    assert_eq!(edit(&["--due", "none", "--estimate", "none"])["due"], json!(null));
    let ran = terminal.run_with(&["edit", &key, "--description", "-"], "From a pipe\n");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(terminal.json(&["show", &key])["description"], "From a pipe");

    terminal.ok(&["projects", "--add", "Boats"]);
    let part = terminal.json(&["add", "Buy twine", "--parent", &key]);
    assert_eq!(part["parent"], many["id"]);
    assert_eq!(terminal.json(&["show", &key])["subtasks"], json!([part["id"]]));
    assert!(terminal.fails(5, &["edit", &key, "--parent", part["key"].as_str().unwrap()]).contains("part of itself"));
    let moved = terminal.json(&["edit", part["key"].as_str().unwrap(), "--project", "boats"]);
    assert_eq!((&moved["parent"], moved["project"] == part["project"]), (&json!(null), false));
    terminal.fails(2, &["edit", &key]);
}

#[test]
fn what_is_done_can_be_reopened_and_what_is_deleted_restored() {
    let terminal = Person::found().device();
    let (net, hull) = (terminal.add("Mend the net"), terminal.add("Paint the hull"));
    let states = |json: &Json| {
        json.as_array().unwrap().iter().map(|task| task["status"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states(&terminal.json(&["done", &net, &hull])), ["done", "done"]);
    assert_eq!(states(&terminal.json(&["reopen", &net.to_lowercase()])), ["todo"]);
    terminal.fails(4, &["delete", &net, "XYZ-9"]);
    assert_eq!(terminal.titles(&[]).len(), 2, "all of them or none");
    terminal.ok(&["delete", &net]);
    assert_eq!(terminal.titles(&[]), ["Paint the hull"]);
    assert_eq!(terminal.titles(&["--deleted"]), ["Mend the net"]);
    terminal.ok(&["restore", &net]);
    assert_eq!(terminal.titles(&[]).len(), 2);
}

#[test]
fn a_task_is_shown_with_what_people_say_of_it() {
    let ines = Person::found();
    let ada = ines.invite("Ada Lindqvist").device();
    let terminal = ines.device();
    let key = terminal.add("Mend the net #ops");
    terminal.ok(&["comment", &key, "It is the **red** one"]);
    ada.ok(&["sync"]);
    let ran = ada.run_with(&["comment", &key], "I have twine\nand a needle\n");
    assert_eq!(ran.code, 0, "{ran:?}");
    terminal.ok(&["sync"]);
    let shown = terminal.json(&["show", &key]);
    let comments = shown["comments"].as_array().unwrap();
    assert_eq!((&comments[0]["body"], &comments[0]["mine"]), (&json!("It is the **red** one"), &json!(true)));
    assert_eq!((&comments[1]["body"], &comments[1]["mine"]), (&json!("I have twine\nand a needle"), &json!(false)));
    let text = terminal.ok(&["show", &key]);
    for part in [&format!("{key} Mend the net"), "Tags        ops", "  It is the **red** one", "  and a needle"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    terminal.fails(5, &["comment", &key, " "]);
    assert_eq!(ada.ok(&["people"]).lines().count(), 2);
}

#[test]
fn programs_get_the_row_that_rest_shows() {
    let ines = Person::found();
    let terminal = ines.device();
    let key = terminal.add("Mend the net tomorrow #ops !high @me");
    terminal.ok(&["edit", &key, "-d", "Red", "--notes", "Twine", "--start", "today", "--estimate", "2"]);
    let ours = terminal.json(&["show", &key]);
    let id = ours["id"].as_str().unwrap();
    let (status, rest) = http("GET", &format!("/api/tasks/{id}"), Some(&ines.access), None);
    assert_eq!(status, 200, "{rest}");
    for (name, value) in rest.as_object().unwrap() {
        assert_eq!(&ours[name], value, "{name}");
    }
}

#[test]
fn a_name_that_fits_more_than_one_thing_fits_none() {
    let terminal = Person::found().device();
    let first = terminal.json(&["add", "Mend the net"]);
    terminal.add("Paint the hull");
    let id = first["id"].as_str().unwrap();
    assert_eq!(terminal.json(&["show", id])["key"], first["key"]);
    assert_eq!(terminal.json(&["show", &id[24..]])["key"], first["key"]);
    assert!(terminal.fails(4, &["show", &id[..6]]).contains("more than one task"));
    assert!(terminal.fails(4, &["show", "mend"]).contains("tern sync"));
}
