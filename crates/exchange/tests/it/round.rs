//! What is written is what is read, whatever tasks say.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use shared::ids::Kind;
use tern_exchange::{markdown, table};
use uuid::Uuid;

use crate::support::{INES, Organization};

fn line() -> impl Strategy<Value = String> {
    "[\\PC]{1,40}".prop_filter("a title says something", |text| !text.trim().is_empty())
}

/// The one that a task is a part of comes before it, or after it.
fn task() -> impl Strategy<Value = Json> {
    let texts = (line(), "[\\PC\n\t]{0,80}", "[\\PC\n]{0,40}");
    let tags = prop::collection::btree_set("[\\PC]{1,20}".prop_map(|tag| tag.trim().to_owned()), 0..4);
    let choices =
        (0_usize..7, 0_usize..5, prop::option::of(0_i32..40_000), prop::option::of(any::<u32>()), any::<bool>());
    (texts, tags, choices).prop_map(
        |((title, description, notes), mut tags, (status, priority, due, estimate, mine))| {
            tags.remove("");
            json!({
                "title": title, "description": description, "notes": notes, "tags": tags,
                "status": shared::workflow::Status::ALL[status], "priority": shared::workflow::Priority::ALL[priority],
                "due": due.map(|days| shared::date::Date::from_days(days).unwrap()), "estimate": estimate,
                "assignees": if mine { vec![INES] } else { Vec::new() },
            })
        },
    )
}

fn furnished(tasks: &[Json], parents: &[usize]) -> Organization {
    let mut organization = Organization::new();
    let mut bodies = tasks.to_vec();
    for (at, parent) in parents.iter().enumerate().skip(1).take(bodies.len().saturating_sub(1)) {
        // Never of one behind it: a circle is none that anybody could make.
        let parent = Uuid::from_u128(0xc + (parent % at) as u128);
        bodies[at]["parent"] = json!(parent);
    }
    organization.furnish(&bodies);
    organization
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_is_read_as_it_was_written(tasks in prop::collection::vec(task(), 1..8), parents in prop::collection::vec(0_usize..8, 8)) {
        let source = furnished(&tasks, &parents);
        let mut target = Organization::new();
        let report = target.import(&source.export(), None).unwrap();
        prop_assert_eq!(&report.problems, &Vec::new());
        let content = report.content.unwrap();
        prop_assert!(content.intact && content.equal, "{:?}", content);
        prop_assert_eq!(content.stated.as_ref(), Some(&content.here));
        let plain = |organization: &Organization| -> Vec<Json> {
            let mut tasks = organization.of(Kind::Task);
            tasks.sort_by_key(|task| task["id"].to_string());
            for task in &mut tasks {
                task["version"] = Json::Null;
            }
            tasks
        };
        prop_assert_eq!(plain(&source), plain(&target));
    }

    #[test]
    fn a_table_is_read_as_it_was_written(tasks in prop::collection::vec(task(), 1..8), parents in prop::collection::vec(0_usize..8, 8)) {
        let source = furnished(&tasks, &parents);
        let mut text = String::new();
        table::write(&source.library(), &mut text).unwrap();
        let mut target = Organization::new();
        let report = target.import(&text, None).unwrap();
        prop_assert_eq!(&report.problems, &Vec::new());
        for task in source.of(Kind::Task) {
            let other = target.of(Kind::Task).into_iter().find(|other| other["id"] == task["id"]).unwrap();
            for name in ["description", "notes", "tags", "status", "priority", "due", "estimate", "assignees", "parent"] {
                prop_assert_eq!(&other[name], &task[name], "{}", name);
            }
            prop_assert_eq!(other["title"].as_str().unwrap(), task["title"].as_str().unwrap().trim());
        }
    }

    #[test]
    fn nothing_that_is_read_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[\\PC\n,\";{}\\[\\]:]{0,200}") {
        let _ = Organization::new().import(&text, None);
        let _ = Organization::new().import(&format!("TYPE,CONTENT,INDENT\n{text}"), None);
        let _ = Organization::new().import(&format!("title,id,parent\n{text}"), None);
        let here = tern_exchange::parcel::Here::new(shared::scope::Reader { user: INES, role: shared::value::Role::Guest }, Uuid::nil(), None);
        let _ = tern_exchange::read::read(&bytes, None, &here);
    }
}

#[test]
fn people_read_it_too() {
    let mut organization = Organization::new();
    organization.furnish(&[
        json!({ "title": "Mend\u{2028}the net", "status": "in_progress", "priority": "high", "tags": ["ops"], "assignees": [INES] }),
        json!({ "title": "Buy twine", "parent": Uuid::from_u128(0xc), "status": "done", "description": "Strong\n\nand red" }),
    ]);
    let mut text = String::new();
    markdown::write(&organization.library(), &mut text).unwrap();
    assert_eq!(
        text,
        "# General\n\n- [ ] 0000000c Mend\u{2028}the net (in progress, high, Ines Okafor, #ops)\n  - [x] 0000000d Buy twine\n    \
         Strong\n    and red\n\n"
    );
}
