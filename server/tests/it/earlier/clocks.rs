//! Clients that say by vector clocks what they know.

use reqwest::StatusCode;
use serde_json::{Value as Json, json};
use shared::clock::{Causality, VectorClock};
use shared::protocol::kind;

use crate::audit::audit;
use crate::harness::{Server, check};
use crate::rest::{Program, good};

struct Client<'a> {
    program: &'a Program<'a>,
    name: &'static str,
}

impl Client<'_> {
    async fn push(&self, entities: Json) -> Vec<Json> {
        let body = json!({ "client_id": self.name, "entities": entities });
        let answer = good(self.program.post("/api/sync/push", &body).await, StatusCode::OK).await;
        answer["results"].as_array().unwrap().clone()
    }

    async fn pull(&self, since: &Json) -> Json {
        let body = json!({ "client_id": self.name, "since": since, "types": ["task"] });
        good(self.program.post("/api/sync/pull", &body).await, StatusCode::OK).await
    }
}

fn clock(json: &Json) -> VectorClock<String> {
    serde_json::from_value(json["vector_clock"].clone()).unwrap()
}

#[tokio::test]
async fn clocks_say_what_is_known_and_what_is_concurrent() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let (a, b) = (Client { program: &program, name: "a" }, Client { program: &program, name: "b" });
    let made =
        a.push(json!([{ "id": "t", "type": "task", "data": { "title": "Hello world", "status": "todo" } }])).await;
    let id = made[0]["server_id"].clone();
    assert_eq!(made[0]["vector_clock"], json!({ "a": 1 }), "{made:?}");
    let first = b.pull(&Json::Null).await;
    let entity = first["entities"][0].clone();
    assert_eq!((&entity["id"], &entity["data"]["title"]), (&id, &json!("Hello world")));
    // To another one it is called by the id that it has here.
    let theirs = clock(&entity);
    assert_eq!((theirs.last(&"a".to_owned()), theirs.compare(&VectorClock::default())), (0, Causality::After));

    let edit = |clock: &Json, data: Json| json!([{ "id": id, "type": "task", "vector_clock": clock, "data": data }]);
    let by_a =
        a.push(edit(&made[0]["vector_clock"], json!({ "title": "Hello beautiful world", "priority": "low" }))).await;
    assert!(by_a[0].get("conflict").is_none(), "{by_a:?}");
    let stale = edit(&entity["vector_clock"], json!({ "title": "Hello world!", "priority": "high" }));
    let by_b = b.push(stale.clone()).await;
    let known = clock(&by_b[0]);
    assert_eq!(by_b[0]["conflict"]["fields"], json!(["title"]));
    assert_eq!(by_b[0]["conflict"]["server_data"]["title"], json!("Hello beautiful world!"));
    assert_eq!(clock(&by_a[0]).renamed(|_| Some(())).last(&()), 2 + 1, "made, and two fields edited");
    let now = b.pull(&first["last_sync"]).await;
    let whole = clock(&now["entities"][0]);
    assert_eq!(known.compare(&whole), Causality::Before, "what the others did is not known by an answer");
    assert_eq!(known.last(&"b".to_owned()), whole.last(&"b".to_owned()));
    assert_eq!(b.push(stale).await[0]["server_id"], id, "the same again");
    let row = program.get(&format!("/api/tasks/{}", id.as_str().unwrap())).await;
    assert_eq!((&row["title"], &row["priority"]), (&json!("Hello beautiful world!"), &json!("high")));
    // Whoever has seen the higher priority may lower it.
    let seen = now["entities"][0]["vector_clock"].clone();
    b.push(edit(&seen, json!({ "priority": "medium" }))).await;
    let row = program.get(&format!("/api/tasks/{}", id.as_str().unwrap())).await;
    assert_eq!(row["priority"], json!("medium"));
    let gone = a.push(json!([{ "id": "t", "type": "task", "vector_clock": seen, "deleted": true }])).await;
    assert_eq!(gone[0]["success"], json!(true));
    let heard = b.pull(&now["last_sync"]).await;
    assert_eq!((&heard["entities"][0]["deleted"], &heard["has_more"]), (&json!(true), &json!(false)));
    audit(&server).await;
}

#[tokio::test]
async fn what_is_no_clock_is_refused() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let a = Client { program: &program, name: "a" };
    let bad = [
        json!({ "id": "t", "type": "task", "vector_clock": 7, "data": { "title": "x" } }),
        json!({ "id": "t", "type": "task", "vector_clock": { "a": -1 }, "data": { "title": "x" } }),
        json!({ "id": "t", "type": "boat", "data": {} }),
        json!({ "type": "task", "data": { "title": "x" } }),
        json!({ "id": "t", "type": "task", "data": { "title": "Good" } }),
    ];
    let came = a.push(json!(bad)).await;
    let came: Vec<bool> = came.iter().map(|one| one["success"].as_bool().unwrap()).collect();
    assert_eq!(came, [false, false, false, false, true]);
    for bad in [
        json!({ "client_id": "", "entities": [] }),
        json!({ "client_id": "a", "entities": {} }),
        json!({ "client_id": "a", "entities": vec![json!({}); 101] }),
        json!({ "client_id": "a" }),
    ] {
        check(program.post("/api/sync/push", &bad).await, 422, kind::INVALID).await;
    }
    for bad in [
        json!({ "client_id": "a", "types": ["boat"] }),
        json!({ "client_id": "a", "limit": 0 }),
        json!({ "client_id": "a", "limit": 1001 }),
        json!({ "client_id": "a", "since": "x" }),
        json!({ "client_id": "\n" }),
    ] {
        check(program.post("/api/sync/pull", &bad).await, 422, kind::INVALID).await;
    }
    audit(&server).await;
}
