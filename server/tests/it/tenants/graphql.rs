//! GraphQL: theirs by their ids, in queries and in changes. `graphql::rights` tries every field.

use reqwest::Method;
use serde_json::{Value as Json, json};
use shared::ids::Kind;

use super::{Answer, Names, answer, as_deceived};
use crate::harness::Device;

pub(super) async fn attempt(eve: &Device<'_>, route: &str, names: &Names) -> Vec<Answer> {
    let server = eve.server;
    let (method, path) = route.split_once(' ').unwrap();
    if method == "GET" {
        return vec![answer(server.request(Method::GET, path).query(&[("org", names.org)])).await];
    }
    let id = |kind: Kind| json!(names.rows[&kind]);
    let mut asked: Vec<Json> = Vec::new();
    for (one, kind) in [
        ("project", Kind::Project),
        ("section", Kind::Section),
        ("task", Kind::Task),
        ("comment", Kind::Comment),
        ("attachment", Kind::Attachment),
        ("customField", Kind::CustomField),
        ("savedView", Kind::SavedView),
    ] {
        let query = format!("query($id: ID!) {{ {one}(id: $id) {{ id version }} }}");
        asked.push(json!({ "query": query, "variables": { "id": id(kind) } }));
    }
    for change in ["updateTask(id: $id, input: { title: \"Eve's\" })", "deleteTask(id: $id)", "restoreTask(id: $id)"] {
        let query = format!("mutation($id: ID!) {{ {change} {{ id }} }}");
        asked.push(json!({ "query": query, "variables": { "id": id(Kind::Task) } }));
    }
    let put = "mutation($project: ID!) { createTask(input: { title: \"Eve's\", project: $project }) { id } }";
    asked.push(json!({ "query": put, "variables": { "project": id(Kind::Project) } }));
    let list = "query($project: ID!) { tasks(project: $project) { nodes { id } } }";
    asked.push(json!({ "query": list, "variables": { "project": id(Kind::Project) } }));
    let mut answers = Vec::new();
    for body in &asked {
        answers.push(answer(eve.request(Method::POST, path).json(body)).await);
    }
    let all = json!({ "query": "{ tasks { nodes { id title } } organization { name } members { nodes { name } } }" });
    answers.extend(
        as_deceived(eve, names, |token| server.request(Method::POST, path).bearer_auth(token).json(&all)).await,
    );
    answers
}
