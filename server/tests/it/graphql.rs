//! GraphQL, as its clients see it.

mod bad;
mod changes;
mod earlier;
mod lists;
mod moments;
mod rights;
mod shown;
mod sockets;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value as Json, json};
use tern_server::router::COLLECTIONS;

use crate::harness::Device;
use crate::rest::{Program, good};

/// Whoever can send requests.
pub(crate) trait Asks {
    fn door(&self) -> RequestBuilder;

    /// The whole answer to a document.
    async fn answer(&self, query: &str, variables: Json) -> Json {
        let sent = self.door().json(&json!({ "query": query, "variables": variables })).send().await.unwrap();
        good(sent, StatusCode::OK).await
    }

    /// What it answers where nothing is wrong.
    async fn data(&self, query: &str, variables: Json) -> Json {
        let mut answer = self.answer(query, variables).await;
        assert!(answer.get("errors").is_none(), "{query}: {answer}");
        answer["data"].take()
    }

    /// The code of the one thing that is wrong, which is said in words, too.
    async fn refused(&self, query: &str, variables: Json) -> String {
        let answer = self.answer(query, variables).await;
        let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("{query} is not refused: {answer}"));
        assert_eq!(errors.len(), 1, "{answer}");
        let about = &errors[0]["extensions"];
        assert!(about["detail"].as_str().is_some_and(|detail| detail.len() > 15), "{answer}");
        assert_eq!(about["detail"], errors[0]["message"], "{answer}");
        about["code"].as_str().unwrap_or_else(|| panic!("{answer} has no code")).to_owned()
    }
}

impl Asks for Program<'_> {
    fn door(&self) -> RequestBuilder {
        self.request(Method::POST, "/api/graphql")
    }
}

impl Asks for Device<'_> {
    fn door(&self) -> RequestBuilder {
        self.request(Method::POST, "/api/graphql")
    }
}

/// What there is of each kind of row: its type, its field, its address by REST.
pub(crate) const KINDS: [(&str, &str, &str); 8] = [
    ("Project", "project", "projects"),
    ("Section", "section", "sections"),
    ("Task", "task", "tasks"),
    ("Comment", "comment", "comments"),
    ("Attachment", "attachment", "attachments"),
    ("CustomField", "customField", "fields"),
    ("SavedView", "savedView", "views"),
    ("Member", "member", "users"),
];

#[test]
fn every_collection_has_a_type() {
    for (name, _) in COLLECTIONS.iter().filter(|(name, _)| *name != "tickets") {
        assert!(KINDS.iter().any(|(.., rest)| rest == name), "{name}");
    }
}

/// Where a row is by REST.
pub(crate) fn address(rest: &str, id: &Json) -> String {
    let about = if rest == "attachments" { "/about" } else { "" };
    format!("/api/{rest}/{}{about}", id.as_str().unwrap())
}

/// A task with what goes with it.
pub(crate) async fn task(program: &Program<'_>, project: &Json, title: &str) -> Json {
    let create = "mutation($input: NewTask!) { createTask(input: $input) { id } }";
    program.data(create, json!({ "input": { "title": title, "project": project } })).await["createTask"]["id"].take()
}
