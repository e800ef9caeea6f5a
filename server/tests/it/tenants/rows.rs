//! The routes of rows, one by one.

use reqwest::Method;
use serde_json::json;
use shared::ids::Kind;
use tern_server::router::COLLECTIONS;

use super::{Answer, Names, answer, as_deceived};
use crate::attachments;
use crate::harness::Device;

/// A row of theirs by its id, and one of hers that names one of theirs.
pub(super) async fn attempt(eve: &Device<'_>, route: &str, names: &Names) -> Option<Vec<Answer>> {
    let (method, path) = route.split_once(' ')?;
    let method: Method = method.parse().unwrap();
    if ["/api/organizations", "/api/organizations/{id}", "/api/search"].contains(&path) {
        return Some(around(eve, path, names).await);
    }
    let name = path.strip_prefix("/api/")?.split('/').next()?;
    let (_, kind) = COLLECTIONS.iter().find(|(collection, _)| *collection == name)?;
    let id = |kind| names.rows[&kind];
    let path = path.replace("{id}", &id(*kind).to_string());
    let body = match (&method, *kind) {
        _ if path.ends_with("/comments") => json!({ "body": "Mine" }),
        _ if path.ends_with("/attachments") => json!({ "name": "Mine", "file": attachments::facts(b"mine") }),
        (&Method::POST, Kind::Task) => json!({ "title": "Mine", "project": id(Kind::Project) }),
        (&Method::POST, Kind::Section) => json!({ "name": "Mine", "project": id(Kind::Project) }),
        (&Method::POST, Kind::Comment) => json!({ "body": "Mine", "task": id(Kind::Task) }),
        (&Method::POST, _) => json!({ "id": id(*kind) }),
        _ if path.contains(&id(*kind).to_string()) => json!({ "deleted": true }),
        _ => json!([{ "id": id(*kind), "deleted": true }]),
    };
    let get = method == Method::GET;
    let asked = |request: reqwest::RequestBuilder| if get { request } else { request.json(&body) };
    let mut answers = vec![answer(asked(eve.request(method.clone(), &path))).await];
    let ask = |token| asked(eve.server.request(method.clone(), &path).bearer_auth(token));
    answers.extend(as_deceived(eve, names, ask).await);
    Some(answers)
}

/// Their organization, and their rows by a word.
async fn around(eve: &Device<'_>, path: &str, names: &Names) -> Vec<Answer> {
    let path = path.replace("{id}", &names.org.to_string());
    let word = [("q", "Secret")];
    let asked = |request: reqwest::RequestBuilder| if path == "/api/search" { request.query(&word) } else { request };
    let mut answers = vec![answer(asked(eve.request(Method::GET, &path))).await];
    let ask = |token| asked(eve.server.request(Method::GET, &path).bearer_auth(token));
    answers.extend(as_deceived(eve, names, ask).await);
    answers
}

/// As herself, with her session in their organization, and with theirs in hers.
pub(super) async fn attachment(eve: &Device<'_>, route: &str, names: &Names) -> Vec<Answer> {
    let (method, path) = route.split_once(' ').unwrap();
    let id = names.rows[&Kind::Attachment];
    let path = path.replace("{id}", &id.to_string()).replace("{n}", "0");
    let method: Method = method.parse().unwrap();
    let with = |request: reqwest::RequestBuilder| match (&method, path.as_str()) {
        (&Method::GET, _) => request,
        (_, "/api/attachments") => {
            let file = attachments::facts(super::SECRET);
            request.json(&json!({ "attachment": id, "size": file.bytes, "sha256": file.sha256 }))
        }
        _ => request.body(super::SECRET),
    };
    let mut answers = vec![answer(with(eve.request(method.clone(), &path))).await];
    let ask = |token| with(eve.server.request(method.clone(), &path).bearer_auth(token));
    answers.extend(as_deceived(eve, names, ask).await);
    answers
}
