//! What GraphQL's `syncPull` and `syncPush` do.

use serde_json::{Value as Json, json};
use tern_server::member::Member;
use tern_server::services::{EarlierResult, Failure};

use super::{Program, task};
use crate::audit::audit;
use crate::harness::{Device, Server};

fn member(device: &Device<'_>) -> Member {
    device.server.services.member(&device.session.access_token.0).unwrap()
}

async fn push(device: &Device<'_>, items: Json) -> Vec<EarlierResult> {
    let items = items.as_array().unwrap();
    device.server.services.earlier_push(&member(device), "items", items).await.unwrap()
}

#[tokio::test]
async fn items_go_through_their_life() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let ada = server.join(&ines, "ada@saltmarsh.example").await;
    let new = json!([{ "clientId": "i", "title": "Hello world", "type": "book", "bookId": "7" }]);
    let made = push(&ines, new.clone()).await;
    let done = made[0].came.as_ref().unwrap();
    let (id, seen) = (done.row.id.uuid(), done.version.unwrap());
    assert_eq!((made[0].local_id.as_deref(), done.row.ver), (Some("i"), seen));
    let again = push(&ines, new).await;
    assert_eq!(again[0].came.as_ref().unwrap().row, done.row, "it is there once");

    let page = server.services.earlier_pull(&member(&ada), "item", None, 1_000).await.unwrap();
    let shown = json!(page.items());
    assert_eq!(
        (&shown[0]["title"], &shown[0]["bookId"], shown.as_array().unwrap().len()),
        (&json!("Hello world"), &json!("7"), 1)
    );
    push(&ada, json!([{ "id": id, "version": seen, "title": "Hello beautiful world" }])).await;
    // Who goes on from what they had, and never takes in what others did, does not undo it.
    let first = push(&ines, json!([{ "id": id, "version": seen, "title": "Hello world!" }])).await;
    let first = first[0].came.as_ref().unwrap();
    let conflict = first.conflict.as_ref().unwrap();
    assert_eq!((first.version, &conflict.fields), (Some(seen), &vec!["title".to_owned()]));
    push(&ines, json!([{ "id": id, "version": first.version, "title": "Hello world!?" }])).await;
    let program = Program::of(&ines, "read").await;
    let row = task(&program, &json!(id)).await;
    assert_eq!(row["title"], json!("Hello beautiful world!?"));
    // Who takes it in has the version that is in it.
    let taken =
        push(&ines, json!([{ "id": id, "version": row["version"], "title": "Hello, beautiful world!?" }])).await;
    assert!(taken[0].came.as_ref().unwrap().conflict.is_none());
    // Without a version it is set as it is said, as often as it is said.
    for title in ["One", "Two", "One"] {
        push(&ines, json!([{ "id": id, "title": title }])).await;
        assert_eq!(task(&program, &json!(id)).await["title"], json!(title));
    }
    let gone = push(&ada, json!([{ "id": id, "deleted": true }, { "id": "nothing", "operation": "update" }])).await;
    assert!(gone[0].came.as_ref().unwrap().row.life.is_deleted());
    assert!(matches!(gone[1].came, Err(Failure::NotFound)));
    let last = server.services.earlier_pull(&member(&ada), "item", Some(&page.last_sync), 1_000).await.unwrap();
    assert_eq!(json!(last.items())[0]["deleted"], json!(true));
    let boat = server.services.earlier_pull(&member(&ada), "boat", None, 1).await;
    assert!(matches!(boat, Err(Failure::Earlier(_))));
    audit(&server).await;
}
