//! Exports of what is theirs, and imports into it.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value as Json, json};
use shared::ids::Kind;
use uuid::Uuid;

use super::{Answer, Names, answer, as_deceived};
use crate::harness::Device;

pub(super) async fn attempt(eve: &mut Device<'_>, route: &str, names: &Names) -> Vec<Answer> {
    let (method, path) = route.split_once(' ').unwrap();
    let method: Method = method.parse().unwrap();
    let project = names.rows[&Kind::Project];
    let path = format!("{path}?format={}&project={project}", if method == Method::GET { "json" } else { "csv" });
    let with = |request: RequestBuilder| request.body("title\nMine");
    let mut answers = vec![answer(with(eve.request(method.clone(), &path))).await];
    let deceived = |token: String| with(eve.server.request(method.clone(), &path).bearer_auth(token));
    answers.extend(as_deceived(eve, names, deceived).await);
    if method == Method::POST {
        answers.push(named(eve, names).await);
    }
    answers
}

/// A file that names what is theirs. It is only tried: what it makes would be Eve's, under their ids.
async fn named(eve: &Device<'_>, names: &Names) -> Answer {
    let (id, task) = (Uuid::now_v7(), names.rows[&Kind::Task]);
    let place = |id, project| json!({ "id": id, "title": "Mine", "project": project });
    let file = json!({
        "format": "tern-export-1",
        "tasks": [place(task, json!(eve.project().await)), place(Uuid::now_v7(), json!(names.rows[&Kind::Project]))],
        "comments": [{ "id": id, "task": names.rows[&Kind::Comment], "body": "Mine" }],
        "sections": [{ "id": names.rows[&Kind::Section], "name": "Mine", "project": names.rows[&Kind::Project] }],
    });
    let (status, mut report) =
        answer(eve.request(Method::POST, "/api/import?dry_run=true").body(file.to_string())).await;
    assert_eq!(report["made"], json!({ "task": 1 }), "an id of theirs is free: {report}");
    for problem in report["problems"].as_array_mut().unwrap() {
        problem["value"] = Json::Null;
    }
    // Made of the file's ids and of the time.
    report["content"] = Json::Null;
    (status, report)
}
