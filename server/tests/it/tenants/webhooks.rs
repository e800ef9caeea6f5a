//! The routes of webhooks.

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::{Answer, Names, answer, as_deceived};
use crate::harness::Device;

/// A webhook that nobody is behind, and a delivery of it, tried once.
pub(crate) async fn make(ines: &Device<'_>) -> [Uuid; 2] {
    let id = |(_, made): Answer| made["id"].as_str().unwrap().parse().unwrap();
    let body = json!({ "url": "https://nowhere.invalid/" });
    let webhook: Uuid = id(answer(ines.request(Method::POST, "/api/webhooks").json(&body)).await);
    let delivery = id(answer(ines.request(Method::POST, &format!("/api/webhooks/{webhook}/ping"))).await);
    ines.server.services.deliver(tern_server::services::now).await.unwrap();
    [webhook, delivery]
}

/// Theirs by its id. Her own ones she may have.
pub(super) async fn attempt(eve: &Device<'_>, route: &str, names: &Names) -> Vec<Answer> {
    let (method, path) = route.split_once(' ').unwrap();
    let [webhook, delivery] = names.webhook.map(|id| id.to_string());
    let path = path.replace("{id}", &webhook).replace("{delivery}", &delivery);
    let method: Method = method.parse().unwrap();
    let body = match (&method, path.as_str()) {
        (&Method::PATCH, _) => Some(json!({ "active": false })),
        (_, "/api/webhooks") if method == Method::POST => Some(json!({ "url": "http://hooks.example.org/" })),
        _ => None,
    };
    let asked = |request: reqwest::RequestBuilder| match &body {
        Some(body) => request.json(body),
        None => request,
    };
    let mut answers = vec![answer(asked(eve.request(method.clone(), &path))).await];
    let ask = |token: String| asked(eve.server.request(method.clone(), &path).bearer_auth(token));
    answers.extend(as_deceived(eve, names, ask).await);
    answers
}
