//! A client of an earlier system: it works offline with whole rows, pushes what it has and pulls since a time.

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Asks, address};
use crate::audit::audit;
use crate::harness::{Server, footprint};
use crate::rest::{Program, project};

const PULL: &str = "query($since: DateTime, $limit: Int) {
    syncPull(entity: \"task\", since: $since, limit: $limit) { items lastSyncAt hasMore } }";
const PUSH: &str = "mutation($items: [JSON!]!) { syncPush(entity: \"task\", items: $items) {
    clientId id success errorCode errorMessage version updatedAt
    conflict { serverData clientData serverVersion resolutionSuggested } } }";

/// What the client keeps: the time it was given last.
struct Client<'a> {
    program: Program<'a>,
    since: Json,
}

impl Client<'_> {
    async fn push(&self, items: Json) -> Vec<Json> {
        let mut answer = self.program.data(PUSH, json!({ "items": items })).await;
        answer["syncPush"].as_array_mut().unwrap().drain(..).collect()
    }

    /// All that is new, page by page.
    async fn pull(&mut self, limit: usize) -> Vec<Json> {
        let mut items = Vec::new();
        loop {
            let mut page = self.program.data(PULL, json!({ "since": self.since, "limit": limit })).await;
            let page = &mut page["syncPull"];
            items.append(page["items"].as_array_mut().unwrap());
            self.since = page["lastSyncAt"].take();
            if page["hasMore"] == false {
                return items;
            }
        }
    }
}

#[tokio::test]
async fn an_earlier_client_makes_edits_meets_others_and_deletes() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let (program, other) = (Program::of(&ines, "write").await, Program::of(&ines, "write").await);
    let mut client = Client { program, since: Json::Null };
    let project = project(&ines).await;
    assert!(client.pull(100).await.is_empty());

    // Made offline, under an id of its own; pushed twice, because the first answer was lost.
    let id = json!(Uuid::now_v7());
    let new =
        json!([{ "clientId": id, "title": "Hello world", "projectId": project, "timestamp": "2026-03-01T09:00:00Z" }]);
    let made = client.push(new.clone()).await;
    assert_eq!((&made[0]["success"], &made[0]["id"], &made[0]["clientId"]), (&json!(true), &id, &id), "{made:?}");
    assert!(made[0]["version"].as_u64().is_some() && made[0]["updatedAt"].is_string(), "{made:?}");
    client.push(new).await;
    let pulled = client.pull(1).await;
    assert!(pulled.iter().any(|one| one["id"] == id && one["title"] == "Hello world"), "{pulled:?}");
    let tasks = other.data("{ tasks { nodes { id } } }", json!({})).await;
    assert_eq!(tasks["tasks"]["nodes"], json!([{ "id": id }]), "it was made once");

    // Edited offline, while somebody else edits it, too.
    let version = made[0]["version"].clone();
    let theirs = "mutation($id: ID!) { updateTask(id: $id, input: { title: \"Hello beautiful world\", priority: HIGH }) { id } }";
    other.data(theirs, json!({ "id": id })).await;
    let edit = json!([{ "id": id, "version": version, "title": "Hello world!", "timestamp": "2026-03-01T10:00:00Z" }]);
    let edited = client.push(edit).await;
    assert_eq!(edited[0]["success"], true, "{edited:?}");
    let conflict = &edited[0]["conflict"];
    assert_eq!(conflict["clientData"]["title"], "Hello world!", "{edited:?}");
    assert_eq!(conflict["serverData"]["title"], "Hello beautiful world!", "both keep their words: {edited:?}");
    assert_eq!(conflict["resolutionSuggested"]["title"], "Hello beautiful world!", "{edited:?}");
    let pulled = client.pull(100).await;
    let now = pulled.iter().find(|one| one["id"] == id).unwrap();
    assert_eq!(
        (&now["title"], &now["priority"], &now["version"]),
        (&json!("Hello beautiful world!"), &json!("high"), &conflict["serverVersion"])
    );
    assert_eq!(now["title"], other.get(&address("tasks", &id)).await["title"]);

    // One change that cannot be made spoils no other.
    let foreign = server.register("eve@elsewhere.example").await;
    let theirs =
        super::task(&Program::of(&foreign, "write").await, &crate::rest::project(&foreign).await, "Theirs").await;
    let both = json!([
        { "id": theirs, "title": "Mine", "version": 1 }, { "clientId": Uuid::now_v7(), "title": "" , "projectId": project },
        { "id": id, "version": now["version"], "operation": "delete" },
    ]);
    let came = client.push(both).await;
    let good: Vec<&Json> = came.iter().map(|one| &one["success"]).collect();
    assert_eq!(good, [&json!(false), &json!(false), &json!(true)], "{came:?}");
    assert!(came[..2].iter().all(|one| one["errorCode"].is_string() && one["errorMessage"].is_string()), "{came:?}");
    let pulled = client.pull(100).await;
    assert!(pulled.iter().any(|one| one["id"] == id && one["deleted"] == true), "{pulled:?}");
    assert_eq!(other.get(&address("tasks", &id)).await["deleted"], true);
    assert!(client.pull(100).await.iter().all(|one| one["id"] == id), "an overlap brings nothing else");
    audit(&server).await;
}

#[tokio::test]
async fn what_an_earlier_client_says_wrongly_is_refused() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let (program, reader) = (Program::of(&ines, "write").await, Program::of(&ines, "read").await);
    let before = footprint(&server).await;
    for query in [
        "{ syncPull(entity: \"boat\") { hasMore } }",
        "{ syncPull(entity: \"task\", limit: 0) { hasMore } }",
        "{ syncPull(entity: \"task\", limit: 1001) { hasMore } }",
        "{ syncPull(entity: \"task\", since: \"yesterday\") { hasMore } }",
        "mutation { syncPush(entity: \"boat\", items: []) { success } }",
        "mutation { syncPush(entity: \"task\", items: 7) { success } }",
    ] {
        assert_eq!(program.refused(query, json!({})).await, "INVALID_REQUEST", "{query}");
    }
    let many: Vec<Json> = (0..101).map(|_| json!({})).collect();
    assert_eq!(program.refused(PUSH, json!({ "items": many })).await, "INVALID_REQUEST");
    let odd = json!([7, "x", null, [], {}, { "id": 7 }, { "id": Uuid::now_v7(), "operation": "move" }]);
    // `null` is no item.
    assert_eq!(program.refused(PUSH, json!({ "items": odd })).await, "INVALID_REQUEST");
    let odd = json!([7, "x", [], {}, { "id": 7 }, { "id": Uuid::now_v7(), "operation": "move" }]);
    let came = program.data(PUSH, json!({ "items": odd })).await;
    assert!(came["syncPush"].as_array().unwrap().iter().all(|one| one["success"] == false), "{came}");
    assert_eq!(reader.refused(PUSH, json!({ "items": [] })).await, "NOT_ALLOWED");
    reader.data(PULL, json!({})).await;
    assert_eq!(footprint(&server).await, before);
}
