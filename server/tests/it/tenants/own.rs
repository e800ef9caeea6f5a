//! What members make for themselves: tokens, and calendars by a secret address.

use reqwest::Method;
use serde_json::json;

use super::{Answer, Names, answer, as_deceived, invitation};
use crate::harness::Device;

pub(super) async fn attempt(eve: &mut Device<'_>, route: &str, names: &Names) -> Vec<Answer> {
    let (method, path) = route.split_once(' ').unwrap();
    if route == "GET /api/feeds/{id}" {
        // Of a secret that says it is of theirs, and by the name of one.
        let secret = invitation(eve, names.org).await;
        let ids = [format!("/api/feeds/{secret}.ics"), format!("/api/feeds/{}", names.feed)];
        return vec![
            answer(eve.server.request(Method::GET, &ids[0])).await,
            answer(eve.request(Method::GET, &ids[1])).await,
        ];
    }
    let method: Method = method.parse().unwrap();
    let id = if path.contains("feeds") { names.feed } else { names.token };
    let path = path.replace("{id}", &id.to_string());
    let body = json!({ "name": "", "access": "read" });
    let deceived = |token: String| eve.server.request(method.clone(), &path).bearer_auth(token).json(&body);
    let mut answers = as_deceived(eve, names, deceived).await;
    if method == Method::DELETE {
        answers.push(answer(eve.request(Method::DELETE, &path)).await);
    }
    answers
}
