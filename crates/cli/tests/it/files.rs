//! Files for others: exports, completions, the manual.

use serde_json::Value as Json;

use crate::harness::{Person, Terminal};

#[test]
fn an_export_has_everything_also_what_waits() {
    let terminal = Person::found().device();
    let key = terminal.add("Mend the \"net\", soon #ops !high 2030-01-02 @me");
    terminal.ok(&["comment", &key, "Red"]);
    terminal.ok(&["add", "Buy twine", "--parent", &key, "-d", "Strong\nand red"]);
    terminal.ok(&["delete", &terminal.add("Gone")]);
    terminal.ok(&["--offline", "add", "Paint the hull"]);

    let export: Json = serde_json::from_str(&terminal.ok(&["export"])).unwrap();
    assert_eq!(export["format"], "tern-export-1");
    let count = |name: &str| export[name].as_array().unwrap().len();
    assert_eq!(
        (count("tasks"), count("comments"), count("projects"), count("people")),
        (4, 1, 1, 1),
        "with the deleted one"
    );
    let marks: Vec<&Json> = export["tasks"].as_array().unwrap().iter().map(|task| &task["mark"]).collect();
    assert!(marks.contains(&&Json::from("synced")) && marks.contains(&&Json::from("waiting")), "{marks:?}");
    assert_eq!(export["hash"].as_str().unwrap().len(), 64);

    let csv = terminal.ok(&["export", "--format", "csv"]);
    assert!(csv.starts_with("id,key,title,status,"));
    assert!(
        csv.contains(&format!(",{key},\"Mend the \"\"net\"\", soon\",todo,high,General,,,Ines Okafor,2030-01-02,"))
    );
    assert!(csv.contains(",\"Strong\nand red\",") && csv.contains("Paint the hull") && !csv.contains("Gone"), "{csv}");

    let calendar = terminal.ok(&["export", "--format", "ics"]);
    assert!(
        calendar.starts_with("BEGIN:VCALENDAR\r\n") && calendar.contains("DUE;VALUE=DATE:20300102\r\n"),
        "{calendar}"
    );

    let markdown = terminal.ok(&["export", "--format", "markdown"]);
    assert!(markdown.starts_with("# General\n"));
    let task = format!("- [ ] {key} Mend the \"net\", soon (high, due 2030-01-02, Ines Okafor, #ops)\n  - [ ] ");
    assert!(markdown.contains(&task), "{markdown}");
    assert!(markdown.contains(" Buy twine\n    Strong\n    and red\n"), "{markdown}");
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    let terminal = Person::found().device();
    terminal.add("Mend the net");
    let path = terminal.home.path().join("export.json");
    std::fs::write(&path, "old").unwrap();
    terminal.ok(&["export", "--output", path.to_str().unwrap()]);
    let export: Json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(export["tasks"][0]["title"], "Mend the net");
    let nowhere = terminal.home.path().join("no/such/file");
    terminal.fails(1, &["export", "--output", nowhere.to_str().unwrap()]);
}

#[test]
fn a_file_comes_in_offline_and_once() {
    let person = Person::found();
    let terminal = person.device();
    let path = terminal.home.path().join("tasks.csv");
    std::fs::write(&path, "title,section,tags,due\nMend the net,Sails,ops,2030-01-02\nBuy twine,Sails,,soon\n")
        .unwrap();
    let import = |more: &[&str]| {
        let mut words = vec!["--offline", "--json", "import", path.to_str().unwrap(), "--project", "General"];
        words.extend(more);
        serde_json::from_str::<Json>(&terminal.ok(&words)).unwrap()
    };
    let tried = import(&["--dry-run"]);
    assert_eq!(terminal.ok(&["--offline", "--json", "list", "--all"]).trim(), "[]", "a trial does nothing");
    let report = import(&[]);
    assert_eq!((&report["made"], &report["problems"]), (&tried["made"], &tried["problems"]));
    assert_eq!(report["made"], serde_json::json!({ "section": 1, "task": 2 }));
    let again = import(&["--format", "csv"]);
    assert_eq!((&again["made"], &again["there"]), (&serde_json::json!({}), &serde_json::json!({ "task": 2 })));
    terminal.ok(&["sync"]);
    let other = person.device();
    other.ok(&["sync"]);
    assert!(other.ok(&["list"]).contains("Mend the net"));

    // What one organization writes out, another one takes in as it is.
    let export = terminal.home.path().join("export.json");
    terminal.ok(&["export", "--output", export.to_str().unwrap()]);
    let elsewhere = Person::found().device();
    let report: Json = serde_json::from_str(&elsewhere.ok(&["--json", "import", export.to_str().unwrap()])).unwrap();
    assert_eq!((&report["content"]["intact"], &report["made"]["task"]), (&true.into(), &2.into()), "{report}");
    std::fs::write(&path, "name\nMend").unwrap();
    elsewhere.fails(5, &["import", path.to_str().unwrap()]);
    elsewhere.fails(1, &["import", "no/such/file"]);
}

#[test]
fn shells_complete_and_the_manual_has_a_page_for_each_command() {
    let terminal = Terminal::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = terminal.ok(&["completions", shell]);
        assert!(script.contains("outbox") && script.contains("status"), "{shell}");
    }
    let page = terminal.ok(&["man"]);
    assert!(page.contains(".TH tern 1") && page.contains("EXIT CODES"), "{page}");
    let pages = terminal.home.path().join("man");
    terminal.ok(&["man", "--dir", pages.to_str().unwrap()]);
    let names: Vec<_> = std::fs::read_dir(pages).unwrap().map(|file| file.unwrap().file_name()).collect();
    for page in ["tern.1", "tern-add.1", "tern-outbox-retry.1"] {
        assert!(names.iter().any(|name| name == page), "{page} is not among {names:?}");
    }
}

#[test]
fn who_reads_no_further_is_no_error() {
    let terminal = Person::found().device();
    for n in 0..3 {
        terminal.ok(&["--offline", "add", &format!("task {n}")]);
    }
    // A reader that is gone before anything is written.
    let mut child = terminal.start(&["list"]);
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}
