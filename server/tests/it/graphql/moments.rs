//! A query is answered from one moment, with as many statements for a long list as for a short one.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::{Asks, task};
use crate::harness::{self, Server};
use crate::rest::{Program, project};
use crate::wire::Wire;

/// A query that follows every way from a row to others.
const EVERYTHING: &str = "{
    tasks(first: 50) { edges { cursor node {
      id project { name } section { name } parent { title } author { name } assignees { name }
      subtasks(first: 5) { nodes { title } }
      comments(first: 5) { nodes { body author { name } replies(first: 5) { nodes { body author { name } } } } pageInfo { endCursor } }
      attachments(first: 5) { nodes { name author { name } } }
      history(first: 5) { nodes { version author { member { name } } } }
      conflicts { field values { author { name } } }
    } } }
    projects(first: 5) { nodes { author { name } history(first: 5) { nodes { version } } sections(first: 5) { nodes { name author { name } } } } }
    members(first: 5) { nodes { name history(first: 5) { nodes { version } } } }
    organization { name } devices { name }
  }";

#[tokio::test]
async fn more_rows_are_not_more_statements() {
    let wire = Wire::new(&harness::cluster()).await;
    let server = Server::start_behind(&wire).await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let project = project(&ines).await;
    let programs = [Program::of(&ines, "write").await, Program::of(&bo, "write").await];
    let grow = async |many: usize| {
        for number in 0..many {
            let program = &programs[number % 2];
            let id = task(program, &project, &format!("Task {number}")).await;
            let comment = "mutation($task: ID!) {
                createComments(inputs: [{ body: \"One\", task: $task }, { body: \"Two\", task: $task }]) { item { id } } }";
            program.data(comment, json!({ "task": id })).await;
        }
    };
    // Others' statements, such as those of what a server does by itself, are never fewer: the least of several is counted.
    let statements = async |query: &str| {
        let (mut least, mut answer) = (usize::MAX, Json::Null);
        for _ in 0..6 {
            let before = wire.statements();
            answer = ines.data(query, json!({})).await;
            least = least.min(wire.statements() - before);
        }
        (least, answer)
    };
    grow(2).await;
    let (of_few, few) = statements(EVERYTHING).await;
    grow(30).await;
    let (of_many, many) = statements(EVERYTHING).await;
    let rows = |answer: &Json| answer["tasks"]["edges"].as_array().unwrap().len();
    assert_eq!((rows(&few), rows(&many)), (2, 32));
    assert_eq!(of_many, of_few, "statements for 32 tasks, and for 2");
    assert!(of_few < 20, "{of_few}");
    // The rows themselves cost nothing: what a request always asks is who it is, and where the organization stands.
    let simple = "{ tasks(first: 50) { nodes { title project { name } comments(first: 5) { nodes { body } } assignees { name } } } }";
    let (of_rows, _) = statements(simple).await;
    assert!(of_rows <= 5, "{of_rows}");
}

#[tokio::test]
async fn everything_in_an_answer_is_of_one_moment() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let id = task(&program, &project(&ines).await, "0").await;
    let update =
        "mutation($id: ID!, $title: String) { updateTask(id: $id, input: { title: $title, notes: $title }) { id } }";
    program.data(update, json!({ "id": id, "title": "0" })).await;
    let write = async {
        for number in 1..=40 {
            program.data(update, json!({ "id": id, "title": number.to_string() })).await;
        }
    };
    let query = "query($id: ID!) {
        a: task(id: $id) { title version project { b: tasks { nodes { title version } } } history(first: 1) { nodes { version } } }
        c: tasks { nodes { notes } } d: organization { version }
        e: task(id: $id) { notes history(first: 1) { nodes { version } } }
      }";
    // Several at once: what one has brought into memory may be newer than what another's transaction sees.
    let read = async || {
        let mut seen = BTreeSet::new();
        while !seen.contains("\"40\"") {
            let answer = ines.data(query, json!({ "id": id })).await;
            let (a, c) = (&answer["a"], &answer["c"]["nodes"][0]);
            let nested = &a["project"]["b"]["nodes"][0];
            assert_eq!((&a["title"], &a["title"]), (&nested["title"], &c["notes"]), "{answer}");
            assert_eq!((&a["title"], &a["version"]), (&answer["e"]["notes"], &nested["version"]), "{answer}");
            // Also what only the database knows, and no row of it is newer.
            assert_eq!(a["history"]["nodes"][0]["version"], a["version"], "{answer}");
            assert_eq!(answer["e"]["history"], a["history"], "{answer}");
            assert_eq!(answer["d"]["version"], a["version"], "{answer}");
            seen.insert(a["title"].to_string());
        }
        seen.len()
    };
    let ((), one, two, three) = futures::join!(write, read(), read(), read());
    assert!(one.min(two).min(three) > 2, "{one} {two} {three}");
}
