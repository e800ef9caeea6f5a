//! Bad input: refused with a reason, never a 5xx, whatever it is; and what would cost too much is not begun.

use reqwest::StatusCode;
use serde_json::{Value as Json, json};
use shared::protocol::kind;
use uuid::Uuid;

use super::{Asks, task};
use crate::harness::{Server, check, footprint};
use crate::rest::{Program, good, project};

#[tokio::test]
async fn what_is_not_of_its_type_is_refused() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let project = project(&ines).await;
    let id = task(&program, &project, "Mend the net").await;
    let before = footprint(&server).await;
    let create = "mutation($input: NewTask!) { createTask(input: $input) { id } }";
    let long = "x".repeat(600);
    for (name, value) in [
        ("status", json!("FINISHED")),
        ("status", json!("done")),
        ("status", json!(1)),
        ("priority", json!(null)),
        ("due", json!("2026-02-30")),
        ("due", json!(20_260_301)),
        ("start", json!("soon")),
        ("estimate", json!(-1)),
        ("estimate", json!(1.5)),
        ("estimate", json!("3")),
        ("estimate", json!(u64::MAX)),
        ("title", json!("")),
        ("title", json!(7)),
        ("title", json!(long)),
        ("title", json!("a\u{0}b")),
        ("project", json!("x")),
        ("project", json!(Uuid::now_v7())),
        ("parent", json!(7)),
        ("section", json!({})),
        ("assignees", json!(["ada"])),
        ("assignees", json!([Uuid::now_v7()])),
        ("assignees", json!([null])),
        ("tags", json!([1])),
        ("tags", json!([["x"]])),
        ("recurrence", json!({ "every": 0, "unit": "WEEK", "from": "DUE" })),
        ("recurrence", json!({ "every": 1 })),
        ("recurrence", json!("weekly")),
        ("recurrence", json!({ "every": 99_999_999, "unit": "WEEK", "from": "DUE" })),
        ("reminders", json!(["tomorrow"])),
        ("reference", json!({ "provider": "", "id": "" })),
        ("reference", json!([])),
        ("custom", json!(7)),
        ("custom", json!({ "x": 1 })),
        ("id", json!("x")),
        ("id", id.clone()),
        ("colour", json!("red")),
        ("version", json!(7)),
        ("key", json!("HAR-1")),
    ] {
        let mut input = json!({ "title": "x", "project": project });
        input[name] = value.clone();
        let code = program.refused(create, json!({ "input": input })).await;
        assert!(
            ["INVALID_REQUEST", "NOT_FOUND", "ALREADY_REGISTERED"].contains(&code.as_str()),
            "{name}: {value}: {code}"
        );
    }
    for list in ["null", "[]", "7", "\"x\"", "{}", "{ project: 7 }"] {
        let query = format!("mutation {{ createTask(input: {list}) {{ id }} }}");
        assert_eq!(program.refused(&query, json!({})).await, "INVALID_REQUEST", "{list}");
    }
    let bad_kind =
        "mutation($of: FieldTypeInput!) { createCustomField(input: { name: \"x\", fieldType: $of }) { id } }";
    for of in [
        json!({ "kind": "CHOICE" }),
        json!({ "kind": "CHOICE", "choices": [] }),
        json!({ "kind": "SIZE" }),
        json!("TEXT"),
        json!({}),
    ] {
        assert_eq!(program.refused(bad_kind, json!({ "of": of })).await, "INVALID_REQUEST", "{of}");
    }
    assert_eq!(footprint(&server).await, before);
}

#[tokio::test]
async fn a_list_that_is_asked_for_wrongly_is_refused() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let deep = "{not: ".repeat(40) + "{all: []}" + &"}".repeat(40);
    for arguments in [
        "first: 0",
        "first: -1",
        "first: 501",
        "first: 1.5",
        "first: \"3\"",
        "first: 99_999_99999_999_9999999",
        "after: \"x\"",
        "after: \"\"",
        "after: 7",
        "after: \"eyJ0YXNrIjp7fX0\"",
        "status: [FINISHED]",
        "priority: [1]",
        "assignee: \"ada\"",
        "assignee: [\"me\"]",
        "project: \"x\"",
        "project: \"\", parent: \"\"",
        "filter: {is: {colour: true}}",
        "filter: \"{\"",
        "filter: 7",
        "filter: [[]]",
        &format!("filter: {deep}"),
        "sort: [{by: SIZE}]",
        "sort: [{descending: true}]",
        "sort: [7]",
        "today: \"2026-02-30\"",
        "today: 7",
        "deleted: \"yes\"",
        "colour: 1",
    ] {
        let query = format!("{{ tasks({arguments}) {{ nodes {{ id }} }} }}");
        assert_eq!(ines.refused(&query, json!({})).await, "INVALID_REQUEST", "{arguments}");
    }
    let query = "query($first: Int, $status: [Status!]) { tasks(first: $first, status: $status) { nodes { id } } }";
    for variables in
        [json!({ "first": "x" }), json!({ "first": 0 }), json!({ "status": ["FINISHED"] }), json!({ "status": [null] })]
    {
        assert_eq!(ines.refused(query, variables.clone()).await, "INVALID_REQUEST", "{variables}");
    }
    // More variables than are asked for are nobody's business.
    ines.data(query, json!({ "first": 1, "other": "x" })).await;
}

#[tokio::test]
async fn what_would_cost_too_much_is_not_begun() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let deep = "project { tasks(first: 1) { nodes { ".repeat(6) + "id" + &" } } }".repeat(6);
    let aliases = (0..21).map(|number| format!("a{number}: me {{ id }}")).collect::<Vec<_>>().join(" ");
    let doubled = |levels: usize| {
        let each = (0..levels).map(|number| format!("fragment f{number} on Member {{ ...f{0} ...f{0} }}", number + 1));
        let last = format!("fragment f{levels} on Member {{ id }}");
        format!("{{ me {{ ...f0 }} }} {} {last}", each.collect::<Vec<_>>().join(" "))
    };
    let many = (0..2_000).map(|number| format!("query q{number} {{ me {{ ...f }} }}")).collect::<Vec<_>>().join(" ");
    let introspected =
        "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }";
    let hidden = "{ tasks { ...page } } fragment page on TaskConnection { nodes { comments { nodes { task { comments { nodes { id } } } } } } }";
    for (what, query) in [
        (
            "long lists in long lists",
            "{ tasks(first: 500) { nodes { comments(first: 500) { nodes { id } } } } }".to_owned(),
        ),
        ("in fragments", hidden.to_owned()),
        ("without a number", "{ tasks { nodes { comments { nodes { replies { nodes { id } } } } } } }".to_owned()),
        ("depth", format!("{{ tasks(first: 1) {{ nodes {{ {deep} }} }} }}")),
        ("fields at the root", format!("{{ {aliases} }}")),
        ("fragments that double", doubled(30)),
        ("many operations", format!("{many} fragment f on Member {{ {} }}", "a: id ".repeat(20))),
        (
            "a fragment in itself",
            "{ me { ...f } } fragment f on Member { ...g } fragment g on Member { ...f }".to_owned(),
        ),
        ("no such fragment", "{ me { ...f } }".to_owned()),
        ("what the schema says of itself", introspected.to_owned()),
        ("a long text", format!("{{ me {{ id }} }} # {}", "x".repeat(40_000))),
        (
            "brackets",
            format!("{{ tasks(filter: {}1{}) {{ nodes {{ id }} }} }}", "[".repeat(10_000), "]".repeat(10_000)),
        ),
        ("open brackets", "{".repeat(30_000)),
        ("brackets behind a text", format!("{{ tasks(q: \"\\\"\") {{ {} }} }}", "{".repeat(100))),
        ("brackets behind a comment", format!("{{ # \"\n {} }}", "[".repeat(100))),
    ] {
        let answer = ines.answer(&query, json!({})).await;
        assert_eq!(answer["data"], Json::Null, "{what}: {answer}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID_REQUEST", "{what}: {answer}");
    }
    let query =
        "query($first: Int = 500) { tasks(first: $first) { nodes { comments(first: $first) { nodes { id } } } } }";
    assert_eq!(ines.refused(query, json!({})).await, "INVALID_REQUEST");
    ines.data(query, json!({ "first": 10 })).await;
    // What is meant honestly is answered.
    let page =
        "{ tasks(first: 50) { nodes { id title status priority due tags key version project { name } section { name }
        assignees { id name } comments(first: 20) { nodes { id body createdAt author { name } } } } } }";
    ines.data(page, json!({})).await;
    let brackets = "{ tasks(q: \"((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((\") { nodes { id } } }";
    ines.data(brackets, json!({})).await;
    ines.data(
        "{ tasks(q: \"\"\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[ \\\"\"\" \"\"\") { nodes { id } } }",
        json!({}),
    )
    .await;
    ines.data(INTROSPECTION, json!({})).await;
}

/// What tools ask a schema about itself.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema {
      queryType { name } mutationType { name } subscriptionType { name } types { ...FullType }
      directives { name description locations args { ...InputValue } } } }
    fragment FullType on __Type { kind name description
      fields(includeDeprecated: true) { name description args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
      inputFields { ...InputValue } interfaces { ...TypeRef }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
      ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

#[tokio::test]
async fn what_is_no_request_is_refused_as_everywhere() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    for body in [
        json!([{ "query": "{ me { id } }" }]),
        json!(["{ me { id } }"]),
        json!({}),
        json!({ "query": null }),
        json!({ "query": 7 }),
        json!({ "query": "{ me { id } }", "variables": [] }),
        json!({ "query": "{ me { id } }", "colour": "red" }),
    ] {
        check(ines.door().json(&body).send().await.unwrap(), 422, kind::INVALID).await;
    }
    let form = ines.door().header("content-type", "application/x-www-form-urlencoded").body("query={me{id}}");
    check(form.send().await.unwrap(), 415, kind::INVALID).await;
    for query in [
        "",
        " ",
        "x",
        "{",
        "{ me }",
        "{ nothing }",
        "{ me { id } } { me { id } }",
        "\u{0}",
        "{ me { id } }}",
        "subscription { taskChanged { id } }",
    ] {
        assert_eq!(ines.refused(query, json!({})).await, "INVALID_REQUEST", "{query}");
    }
    let named = json!({ "query": "query A { me { id } } query B { me { name } }", "operationName": "B" });
    let named = good(ines.door().json(&named).send().await.unwrap(), StatusCode::OK).await;
    assert_eq!(named["data"]["me"], json!({ "name": "Ines Okafor" }));
    for name in [json!(null), json!("C")] {
        let unnamed = json!({ "query": "query A { me { id } } query B { me { name } }", "operationName": name });
        let unnamed = good(ines.door().json(&unnamed).send().await.unwrap(), StatusCode::OK).await;
        assert_eq!(unnamed["errors"][0]["extensions"]["code"], "INVALID_REQUEST");
    }
}

/// What stands first between two marks.
fn between(page: &str, from: &str, to: &str) -> String {
    page.split(from).nth(1).unwrap().split(to).next().unwrap().to_owned()
}

#[tokio::test]
async fn a_get_is_for_people_and_does_nothing() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let before = footprint(&server).await;
    let mutation = "query=mutation{createProject(input:{name:%22x%22}){id}}";
    let get = ines.request(reqwest::Method::GET, &format!("/api/graphql?{mutation}"));
    check(get.send().await.unwrap(), 400, kind::INVALID).await;
    assert_eq!(footprint(&server).await, before);
    let page = server.get("/api/graphql").await;
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    let page = page.text().await.unwrap();
    // Texts in the types may name addresses.
    let own = page.replace(&between(&page, "id=\"types\">", "</script>"), "");
    for elsewhere in
        ["<link", "<img", "<iframe", " src=", "@import", "url(", " onload=", " style=", "http://", "https://"]
    {
        assert!(!own.contains(elsewhere), "{elsewhere}");
    }
    // The script and the style are those of the policy.
    for text in [between(&page, "<script>", "</script>"), between(&page, "<style>", "</style>")] {
        use base64::Engine as _;
        use sha2::Digest as _;
        let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(&text));
        assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
    }
    // It knows all types.
    let types: Json = serde_json::from_str(&between(&page, "id=\"types\">", "</script>")).unwrap();
    let types = types["__schema"]["types"].as_array().unwrap();
    assert!(types.iter().any(|one| one["name"] == "Task") && types.len() > 60, "{}", types.len());
}
