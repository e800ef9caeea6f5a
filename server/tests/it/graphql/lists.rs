//! Lists: paged, filtered and ordered as by REST.

use serde_json::{Value as Json, json};

use super::{Asks, task};
use crate::harness::Server;
use crate::rest::{Program, project};

const TITLES: [&str; 7] =
    ["Mend the net", "Buy twine", "Paint the hull", "Net the fish", "Sweep", "Caulk", "Rig the mast"];

async fn tasks(program: &Program<'_>, project: &Json) -> Vec<Json> {
    let mut made = Vec::new();
    for (number, title) in TITLES.iter().enumerate() {
        let input = json!({
            "title": title, "project": project, "priority": (["LOW", "HIGH", "URGENT"][number % 3]), "tags": [format!("t{}", number % 2)],
            "status": (["TODO", "DONE"][number % 2]), "due": format!("2026-03-0{}", 9 - number),
        });
        let create = "mutation($input: NewTask!) { createTask(input: $input) { id } }";
        made.push(program.data(create, json!({ "input": input })).await["createTask"]["id"].take());
    }
    made
}

#[tokio::test]
async fn pages_follow_one_another_from_any_cursor() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let project = project(&ines).await;
    let made = tasks(&program, &project).await;
    let query = "query($first: Int, $after: String) { tasks(first: $first, after: $after) {
        edges { cursor node { id title } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
    let page = async |first: usize, after: Json| {
        program.data(query, json!({ "first": first, "after": after })).await["tasks"].take()
    };
    let all = page(100, Json::Null).await;
    let edges = all["edges"].as_array().unwrap();
    assert_eq!(edges.iter().map(|edge| &edge["node"]["id"]).collect::<Vec<_>>(), made.iter().collect::<Vec<_>>());
    assert_eq!(edges.iter().map(|edge| json!({ "id": edge["node"]["id"] })).collect::<Json>(), all["nodes"]);
    assert_eq!((&all["pageInfo"]["hasNextPage"], &all["pageInfo"]["hasPreviousPage"]), (&json!(false), &json!(false)));
    assert_eq!(
        (&all["pageInfo"]["startCursor"], &all["pageInfo"]["endCursor"]),
        (&edges[0]["cursor"], &edges[6]["cursor"])
    );
    let (mut walked, mut after, mut pages) = (Vec::new(), Json::Null, 0);
    loop {
        let one = page(3, after).await;
        walked.extend(one["edges"].as_array().unwrap().clone());
        pages += 1;
        after = one["pageInfo"]["endCursor"].clone();
        if one["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!((&walked, pages), (edges, 3));
    for (number, edge) in edges.iter().enumerate() {
        let rest = page(100, edge["cursor"].clone()).await;
        assert_eq!(rest["edges"].as_array().unwrap()[..], edges[number + 1..], "behind {number}");
    }
    // It is the cursor that REST has.
    let by_rest = program.get("/api/tasks?limit=3").await["next_cursor"].clone();
    assert_eq!(by_rest, edges[2]["cursor"]);
    // What is deleted meanwhile shifts nothing.
    program.data("mutation($id: ID!) { deleteTask(id: $id) { id } }", json!({ "id": made[2] })).await;
    assert_eq!(page(1, edges[2]["cursor"].clone()).await["nodes"], json!([{ "id": made[3] }]));
    // A cursor is of its own list.
    let other = "query($after: String) { tasks(after: $after, sort: [{ by: DUE }]) { nodes { id } } }";
    assert_eq!(program.refused(other, json!({ "after": edges[0]["cursor"] })).await, "INVALID_REQUEST");
    let other = "query($after: String) { projects(after: $after) { nodes { id } } }";
    assert_eq!(program.refused(other, json!({ "after": edges[0]["cursor"] })).await, "INVALID_REQUEST");
}

#[tokio::test]
async fn lists_of_other_rows_are_paged_too() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let project = project(&ines).await;
    let one = task(&program, &project, "Mend the net").await;
    let two = task(&program, &project, "Buy twine").await;
    let create = "mutation($inputs: [NewComment!]!) { createComments(inputs: $inputs) { item { id } } }";
    let inputs: Vec<Json> =
        (0..6).map(|number| json!({ "body": format!("{number}"), "task": ([&one, &two][number % 2]) })).collect();
    program.data(create, json!({ "inputs": inputs })).await;
    let query = "query($id: ID!, $after: String) {
        comments(task: $id, first: 2, after: $after) { nodes { body } pageInfo { hasNextPage endCursor } }
        task(id: $id) { comments(first: 2, after: $after) { nodes { body } pageInfo { hasNextPage endCursor } } }
      }";
    let first = program.data(query, json!({ "id": one })).await;
    assert_eq!(first["comments"]["nodes"], json!([{ "body": "0" }, { "body": "2" }]));
    assert_eq!(first["comments"], first["task"]["comments"]);
    let after = &first["comments"]["pageInfo"]["endCursor"];
    let second = program.data(query, json!({ "id": one, "after": after })).await;
    assert_eq!(second["comments"]["nodes"], json!([{ "body": "4" }]));
    assert_eq!(
        (&second["comments"], &second["comments"]["pageInfo"]["hasNextPage"]),
        (&second["task"]["comments"], &json!(false))
    );
    // A history goes back, page by page.
    let update = "mutation($id: ID!, $title: String) { updateTask(id: $id, input: { title: $title }) { id } }";
    for title in ["A", "B", "C"] {
        program.data(update, json!({ "id": one, "title": title })).await;
    }
    let past = "query($id: ID!, $after: String) { task(id: $id) { history(first: 2, after: $after) {
        edges { cursor node { version } } pageInfo { hasNextPage endCursor } } } }";
    let (mut versions, mut after) = (Vec::new(), Json::Null);
    loop {
        let page = program.data(past, json!({ "id": one, "after": after })).await["task"]["history"].take();
        versions.extend(page["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["version"].as_u64().unwrap()));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert!(versions.len() >= 4 && versions.is_sorted_by(|a, b| a > b), "{versions:?}");
}

#[tokio::test]
async fn filters_and_orders_are_those_of_rest() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let project = project(&ines).await;
    let made = tasks(&program, &project).await;
    let id = project.as_str().unwrap();
    let me = ines.session.account.user;
    program
        .data(
            "mutation($id: ID!, $me: ID!) { updateTask(id: $id, input: { assignees: [$me] }) { id } }",
            json!({ "id": made[4], "me": me }),
        )
        .await;
    program.data("mutation($id: ID!) { deleteTask(id: $id) { id } }", json!({ "id": made[5] })).await;
    let mut shown = 0;
    for (arguments, query) in [
        ("status: [TODO]", "status=todo"),
        ("status: TODO, tag: \"t0\", sort: { by: DUE }", "status=todo&tag=t0&sort=due"),
        ("status: [DONE, TODO], priority: [HIGH, URGENT]", "status=done,todo&priority=high,urgent"),
        ("q: \"net\"", "q=net"),
        ("tag: [\"t1\"]", "tag=t1"),
        ("assignee: \"me\"", "assignee=me"),
        ("assignee: \"nobody\", sort: [{ by: TITLE }]", "assignee=nobody&sort=title"),
        ("deleted: true", "deleted=true"),
        ("sort: [{ by: PRIORITY, descending: true }, { by: DUE }]", "sort=-priority,due"),
        (
            &format!("project: \"{id}\", today: \"2026-03-05\", filter: {{ is: {{ overdue: true }} }}"),
            &format!("project={id}&today=2026-03-05&filter={{\"is\":{{\"overdue\":true}}}}"),
        ),
        (
            "filter: \"{\\\"not\\\":{\\\"is\\\":{\\\"status\\\":[\\\"done\\\"]}}}\"",
            "filter={\"not\":{\"is\":{\"status\":[\"done\"]}}}",
        ),
        (&format!("parent: {}", made[0]), &format!("parent={}", made[0].as_str().unwrap())),
    ] {
        let found = program.data(&format!("{{ tasks({arguments}) {{ nodes {{ id }} }} }}"), json!({})).await;
        let found: Vec<&Json> = found["tasks"]["nodes"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
        let by_rest = program.get(&format!("/api/tasks?{query}")).await;
        let by_rest: Vec<&Json> = by_rest["items"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
        assert_eq!(found, by_rest, "{arguments}");
        shown += found.len();
    }
    assert!(shown > 20, "{shown}");
}
