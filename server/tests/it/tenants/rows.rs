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
