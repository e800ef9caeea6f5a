//! The document of the API: every route is in it, and what it says of itself is right. That the answers are what it says,
//! [`crate::contract`] sees to in all tests.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::header::{ALLOW, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::contract::{DOCUMENT, HELD, UNDOCUMENTED, faults, part};
use crate::harness::Server;

/// Every operation: where it stands in the document, its path and its method.
pub(crate) fn operations() -> Vec<(String, String, Method)> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().keys().map(move |method| {
            let at = format!("/paths/{}/{method}", part(path));
            (at, path.clone(), method.to_uppercase().parse().unwrap())
        })
    });
    each.collect()
}

/// The paths that the router itself says it has.
fn routed(server: &Server) -> BTreeSet<String> {
    let quoted = server.routes.split('"').skip(1).step_by(2);
    quoted.filter(|text| text.starts_with("/api")).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_route_is_in_the_document() {
    let server = Server::start().await;
    let routed = routed(&server);
    assert!(routed.contains("/api/tasks/{id}") && routed.len() > 30, "{}", server.routes);
    let mut documented: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, path, method) in operations() {
        let methods = documented.entry(path).or_default();
        if method == Method::GET {
            methods.insert("HEAD".to_owned());
        }
        methods.insert(method.to_string());
    }
    assert_eq!(routed, documented.keys().cloned().collect());
    for (path, methods) in documented {
        let path = path.replace("{id}", &Uuid::nil().to_string()).replace("{n}", "0");
        let answer = server.request(Method::from_bytes(b"PURGE").unwrap(), &path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let allowed = answer.headers()[ALLOW].to_str().unwrap().split(',').map(|one| one.trim().to_owned()).collect();
        assert_eq!(methods, allowed, "{path}");
    }
}

#[tokio::test]
async fn the_document_is_served_and_is_whole() {
    let server = Server::start().await;
    let answer = server.get("/api/schema").await;
    assert_eq!(answer.headers()[HELD], "yes", "answers of tests are held against it");
    assert_eq!(answer.json::<Json>().await.unwrap(), *DOCUMENT);
    let mut names = BTreeSet::new();
    for (at, path, method) in operations() {
        let operation = DOCUMENT.pointer(&at).unwrap();
        assert!(names.insert(operation["operationId"].as_str().unwrap()), "{at}: the name is taken");
        assert!(!operation["summary"].as_str().unwrap().is_empty(), "{at}");
        let good = operation["responses"].as_object().unwrap().keys().any(|status| status.as_str() < "400");
        assert!(good, "{method} {path} never succeeds");
        let in_path: BTreeSet<&str> =
            path.split('/').filter_map(|word| word.strip_prefix('{')?.strip_suffix('}')).collect();
        let parameters = operation["parameters"].as_array().unwrap().iter();
        let declared: BTreeSet<&str> =
            parameters.filter(|one| one["in"] == "path").map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(in_path, declared, "{at}");
    }
    let mut references = Vec::new();
    collect(&DOCUMENT, &mut references);
    assert!(references.len() > 100);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(DOCUMENT.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

/// Every `$ref`.
fn collect<'a>(json: &'a Json, into: &mut Vec<&'a str>) {
    match json {
        Json::Object(object) => {
            into.extend(object.get("$ref").and_then(Json::as_str));
            object.values().for_each(|value| collect(value, into));
        }
        Json::Array(all) => all.iter().for_each(|value| collect(value, into)),
        _ => {}
    }
}

/// The contents of an operation that are JSON: where their schema stands.
fn contents(at: &str) -> Vec<String> {
    let operation = DOCUMENT.pointer(at).unwrap();
    let body = [(format!("{at}/requestBody"), &operation["requestBody"])];
    let answers = operation["responses"].as_object().unwrap();
    let answers = answers.iter().map(|(status, answer)| (format!("{at}/responses/{status}"), answer));
    let all = body.into_iter().chain(answers).flat_map(|(at, described)| {
        let types = described["content"].as_object().into_iter().flatten().filter(|(_, one)| !one["schema"].is_null());
        types.map(move |(media_type, _)| format!("{at}/content/{}", part(media_type))).collect::<Vec<_>>()
    });
    all.collect()
}

#[test]
fn every_body_has_an_example_that_is_as_its_schema_says() {
    let mut seen = 0;
    for (at, ..) in operations() {
        for content in contents(&at) {
            let example = DOCUMENT.pointer(&format!("{content}/example"));
            let example = example.unwrap_or_else(|| panic!("{content} has no example"));
            assert_eq!(faults(&format!("{content}/schema"), example), None);
            seen += 1;
        }
        for (index, one) in DOCUMENT.pointer(&at).unwrap()["parameters"].as_array().unwrap().iter().enumerate() {
            for example in one["schema"]["examples"].as_array().into_iter().flatten() {
                let header = one["in"] == "header";
                assert!(!header || example.as_str().unwrap().is_ascii(), "{at}: no header can be {example}");
                assert_eq!(faults(&format!("{at}/parameters/{index}/schema"), example), None);
            }
        }
    }
    assert!(seen > 200, "{seen}");
}

#[test]
fn what_the_document_does_not_say_is_noticed() {
    let task = "/components/schemas/Task";
    let good =
        DOCUMENT.pointer("/paths/~1api~1tasks/get/responses/200/content/application~1json/example/items/0").unwrap();
    assert_eq!(faults(task, good), None);
    for (name, bad) in [
        ("status", json!("finished")),
        ("due", json!("soon")),
        ("id", json!("7")),
        ("version", json!(-1)),
        ("assignees", json!(["ada"])),
        ("recurrence", json!({ "every": 1 })),
        ("size", json!(7)),
    ] {
        let mut task_like = good.clone();
        task_like[name] = bad;
        assert!(faults(task, &task_like).is_some(), "{name}");
    }
    let mut short = good.clone();
    short.as_object_mut().unwrap().remove("title");
    assert!(faults(task, &short).is_some());
}

#[tokio::test]
async fn people_read_it_without_anything_from_elsewhere() {
    let server = Server::start().await;
    let page = server.get("/api/docs").await;
    assert_ne!(page.status().as_u16(), UNDOCUMENTED);
    assert!(page.headers()[CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'self'") && policy.contains("style-src 'self' 'unsafe-inline'"), "{policy}");
    let page = page.text().await.unwrap();
    for (at, ..) in operations() {
        let id = DOCUMENT.pointer(&format!("{at}/operationId")).unwrap().as_str().unwrap();
        assert!(page.contains(&format!("<details id=\"{id}\">")), "{id}");
    }
    for schema in DOCUMENT["components"]["schemas"].as_object().unwrap().keys() {
        assert!(page.contains(&format!("id=\"schema-{schema}\"")), "{schema}");
    }
    for elsewhere in ["<script", "<link", "<img", "<iframe", "src=", "@import", "url(", " onload="] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
}
