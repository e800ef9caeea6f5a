//! What earlier clients speak, with the names of another organization.

use reqwest::Method;
use serde_json::json;
use shared::ids::Kind;

use super::{Answer, Names, answer, as_deceived};
use crate::harness::Device;

pub(super) async fn attempt(eve: &Device<'_>, route: &str, names: &Names) -> Vec<Answer> {
    let (method, path) = route.split_once(' ').unwrap();
    let (method, path): (Method, _) = (method.parse().unwrap(), path.replace("{id}", &names.token.to_string()));
    let id = |kind: Kind| names.row(kind).uuid();
    let change = |entity: &str, kind: Kind, operation: &str, data| json!({ "localId": "x", "serverId": id(kind), "entityType": entity, "operation": operation, "data": data });
    let mut changes = Vec::new();
    for (entity, kind) in
        [("space", Kind::Project), ("category", Kind::Section), ("item", Kind::Task), ("comment", Kind::Comment)]
    {
        changes.push(change(entity, kind, "update", json!({ "name": "Mine" })));
        changes.push(change(entity, kind, "delete", json!({})));
    }
    for data in [
        json!({ "title": "Mine", "spaceId": id(Kind::Project) }),
        json!({ "title": "Mine", "categoryId": id(Kind::Section) }),
        json!({ "title": "Mine", "parentId": id(Kind::Task) }),
        json!({ "title": "Mine", "assignees": [names.user] }),
    ] {
        changes.push(json!({ "localId": "n", "entityType": "item", "operation": "create", "data": data }));
    }
    let body = match path.as_str() {
        "/api/sync" => json!({ "deviceId": "hers", "changes": changes }),
        _ => json!({ "choice": "local" }),
    };
    let ask = |token| eve.server.request(method.clone(), &path).bearer_auth(token).json(&body);
    let mut answers = vec![answer(eve.request(method.clone(), &path).json(&body)).await];
    if path == "/api/sync" {
        let acknowledged = answers[0].1["data"]["acknowledged"].as_array().unwrap();
        assert!(acknowledged.iter().all(|one| one["success"] == json!(false)), "{acknowledged:?}");
    }
    answers.extend(as_deceived(eve, names, ask).await);
    answers
}
