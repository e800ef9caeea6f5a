//! The routes of devices.

use serde_json::json;

use super::{Answer, Names, answer, as_deceived};
use crate::harness::Device;

/// Theirs by its id, and all of theirs.
pub(super) async fn attempt(eve: &Device<'_>, route: &str, names: &Names) -> Vec<Answer> {
    let (method, path) = route.split_once(' ').unwrap();
    let path = match path.replace("{id}", &names.device.to_string()) {
        path if path == "/api/devices" => format!("{path}?user={}", names.user),
        path => path,
    };
    let body = json!({ "name": "Hers" });
    let asked = |request: reqwest::RequestBuilder| if method == "PATCH" { request.json(&body) } else { request };
    let mut answers = vec![answer(asked(eve.request(method.parse().unwrap(), &path))).await];
    let ask = |token: String| asked(eve.server.request(method.parse().unwrap(), &path).bearer_auth(token));
    answers.extend(as_deceived(eve, names, ask).await);
    answers
}
