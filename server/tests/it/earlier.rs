//! Clients of earlier systems, played through what they do: they make things offline, under names of their own, edit what
//! others edit, delete, miss deletions, and send everything again.

mod clocks;
mod conflicts;
mod graph;
mod times;

use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use shared::protocol::{PullRequest, kind};
use shared::scope::Scope;
use uuid::Uuid;

use crate::audit::audit;
use crate::harness::{Device, Server, check, create, footprint, task_id};
use crate::rest::{Program, good};

/// A client of the first form.
struct Old<'a> {
    program: Program<'a>,
    device: &'static str,
    since: Json,
    clock: u32,
}

impl<'a> Old<'a> {
    async fn of(device: &Device<'a>, name: &'static str) -> Old<'a> {
        Old { program: Program::of(device, "write").await, device: name, since: Json::Null, clock: 0 }
    }

    /// A change, at the next moment of the client's own clock, which is wrong.
    fn change(&mut self, id: &str, entity: &str, operation: &str, data: Json) -> Json {
        self.clock += 1;
        let timestamp = format!("2019-01-01T00:00:{:02}.000Z", self.clock);
        let mut change = json!({ "localId": id, "entityType": entity, "operation": operation, "timestamp": timestamp });
        change["data"] = data;
        change
    }

    fn request(&self, changes: &[Json]) -> Json {
        json!({ "deviceId": self.device, "lastSyncTimestamp": self.since, "changes": changes })
    }

    /// Sends, and takes the time in only where the answer comes through.
    async fn lost(&self, changes: &[Json]) -> Json {
        let answer = good(self.program.post("/api/sync", &self.request(changes)).await, StatusCode::OK).await;
        assert_eq!(answer["success"], json!(true));
        answer["data"].clone()
    }

    async fn sync(&mut self, changes: &[Json]) -> Json {
        let data = self.lost(changes).await;
        self.since = data["syncTimestamp"].clone();
        data
    }
}

fn acknowledged(data: &Json) -> Vec<bool> {
    data["acknowledged"].as_array().unwrap().iter().map(|one| one["success"].as_bool().unwrap()).collect()
}

/// Of the items in an answer, the one with this id.
fn item<'a>(data: &'a Json, id: &Json) -> &'a Json {
    let items = data["serverUpdates"]["items"].as_array().unwrap();
    items.iter().find(|one| one["id"] == *id).unwrap_or_else(|| panic!("{id} is not in {data}"))
}

async fn task(program: &Program<'_>, id: &Json) -> Json {
    program.get(&format!("/api/tasks/{}", id.as_str().unwrap())).await
}

#[tokio::test]
async fn an_item_goes_through_its_life() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let (mut phone, mut tablet) = (Old::of(&ines, "phone").await, Old::of(&ines, "tablet").await);
    // As the API shows it: in no space, which is the first one then.
    let movie = json!({ "title": "Watch Inception", "type": "movie", "movieId": "27205" });
    let made = phone.change("a-1", "item", "create", movie);
    let data = phone.sync(std::slice::from_ref(&made)).await;
    let one = &data["acknowledged"][0];
    let id = one["serverId"].clone();
    assert_eq!(
        *one,
        json!({ "localId": "a-1", "serverId": id, "entityType": "item", "operation": "create", "success": true })
    );
    assert_eq!((&data["conflicts"], &data["serverUpdates"]["categories"]), (&json!([]), &json!([])));
    assert_eq!(data["serverUpdates"]["spaces"].as_array().unwrap().len(), 1);
    let shown = item(&data, &id);
    assert_eq!((&shown["type"], &shown["movieId"]), (&json!("movie"), &json!("27205")));
    let row = task(&phone.program, &id).await;
    assert_eq!(row["reference"], json!({ "provider": "movie", "id": "27205" }));
    assert_eq!((&row["project"], &row["version"]), (&shown["spaceId"], &shown["version"]));

    // Both edit the text offline, and one of them the rest.
    let data = tablet.sync(&[]).await;
    assert_eq!(item(&data, &id)["title"], json!("Watch Inception"));
    let text = phone.change("a-1", "item", "update", json!({ "title": "Watch Inception twice" }));
    let more = phone.change("a-1", "item", "update", json!({ "title": "Watch Inception twice!", "tags": ["film"] }));
    assert_eq!(acknowledged(&phone.sync(&[text, more]).await), [true, true]);
    let id_text = id.as_str().unwrap().to_owned();
    let mut whole = item(&data, &id).clone();
    whole["title"] = json!("Please watch Inception");
    whole["dueDate"] = json!("2026-03-01T22:00:00.000Z");
    let theirs = tablet.change(&id_text, "item", "update", whole);
    let data = tablet.sync(&[theirs]).await;
    let merged = json!("Please watch Inception twice!");
    let conflict = &data["conflicts"][0];
    assert_eq!((&conflict["fields"], &conflict["serverId"]), (&json!(["title"]), &id), "{data}");
    assert_eq!(conflict["resolutionSuggested"], json!({ "title": merged }));
    assert_eq!(
        (&conflict["clientData"]["title"], &conflict["serverData"]["title"]),
        (&json!("Please watch Inception"), &merged)
    );
    let shown = item(&data, &id);
    assert_eq!((&shown["title"], &shown["tags"], &shown["dueDate"]), (&merged, &json!(["film"]), &json!("2026-03-01")));

    // What the phone deletes, the tablet is told, and may have edited meanwhile.
    phone.sync(&[]).await;
    let gone = phone.change("a-1", "item", "delete", json!({}));
    assert_eq!(acknowledged(&phone.sync(&[gone]).await), [true]);
    let late = tablet.change(&id_text, "item", "update", json!({ "priority": "high" }));
    let data = tablet.sync(&[late]).await;
    assert_eq!((acknowledged(&data), &data["conflicts"][0]["fields"]), (vec![true], &json!(["deleted"])));
    assert_eq!(item(&data, &id)["deleted"], json!(true));
    assert_eq!(task(&phone.program, &id).await["priority"], json!("high"), "it is kept, and comes back with a restore");
    audit(&server).await;
}

#[tokio::test]
async fn what_is_sent_again_is_not_done_again() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let (mut phone, mut tablet) = (Old::of(&ines, "phone").await, Old::of(&ines, "tablet").await);
    let space = phone.change("s", "space", "create", json!({ "name": "Films" }));
    let item_ = phone.change("i", "item", "create", json!({ "title": "Hello", "spaceId": "s" }));
    let first = phone.lost(&[space.clone(), item_.clone()]).await;
    let again = phone.lost(&[space.clone(), item_.clone()]).await;
    assert_eq!(first["acknowledged"], again["acknowledged"], "and under the same names");
    let id = first["acknowledged"][1]["serverId"].clone();
    // An answer is lost; the edit, whose author goes on, is sent again with what was made since.
    tablet.sync(&[]).await;
    let (edit, done) = (
        phone.change("i", "item", "update", json!({ "title": "Hello world", "tags": ["a"] })),
        phone.change("i", "item", "update", json!({ "status": "done" })),
    );
    phone.lost(&[space.clone(), item_.clone(), edit.clone(), done.clone()]).await;
    let theirs = tablet.change(id.as_str().unwrap(), "item", "update", json!({ "title": "Oh, Hello" }));
    tablet.sync(&[theirs]).await;
    let undone = tablet.change(id.as_str().unwrap(), "item", "update", json!({ "status": "todo", "tags": [] }));
    tablet.sync(&[undone]).await;
    let next = phone.change("i", "item", "update", json!({ "title": "Hello world!" }));
    let all = [space, item_, edit, done, next];
    for _ in 0..2 {
        assert_eq!(acknowledged(&phone.lost(&all).await), [true; 5]);
        let row = task(&phone.program, &id).await;
        assert_eq!(
            (&row["title"], &row["status"], &row["tags"]),
            (&json!("Oh, Hello world!"), &json!("todo"), &json!([])),
            "what others decided about it stands"
        );
    }
    // A client that has put its edit into what it made and never heard that it arrived.
    let mut whole = all[1].clone();
    whole["data"]["title"] = json!("Hello world!?");
    assert_eq!(acknowledged(&phone.sync(&[whole]).await), [true]);
    assert_eq!(task(&phone.program, &id).await["title"], json!("Oh, Hello world!?"));
    let gone = phone.change("i", "item", "delete", json!({}));
    phone.lost(std::slice::from_ref(&gone)).await;
    let restored = tablet.change(id.as_str().unwrap(), "item", "update", json!({ "deleted": false }));
    tablet.sync(&[]).await;
    tablet.sync(&[restored]).await;
    phone.sync(&[gone]).await;
    assert_eq!(task(&phone.program, &id).await["deleted"], json!(false), "it was deleted once");
    audit(&server).await;
}

#[tokio::test]
async fn whole_rows_overwrite_nothing_that_their_author_has_not_changed() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let (mut phone, mut tablet) = (Old::of(&ines, "phone").await, Old::of(&ines, "tablet").await);
    let made = phone.change("i", "item", "create", json!({ "title": "Net", "priority": "high", "tags": ["a", "b"] }));
    let data = phone.sync(&[made]).await;
    let id = data["acknowledged"][0]["serverId"].clone();
    let mut whole = item(&tablet.sync(&[]).await, &id).clone();
    let changed = json!({ "priority": "low", "tags": ["b", "c"], "startDate": "2026-03-01", "notes": "mine" });
    let change = phone.change("i", "item", "update", changed);
    phone.sync(&[change]).await;
    whole["description"] = json!("Theirs");
    let change = tablet.change(id.as_str().unwrap(), "item", "update", whole);
    let data = tablet.sync(&[change]).await;
    let row = task(&phone.program, &id).await;
    assert_eq!(
        (&row["priority"], &row["tags"], &row["start"], &row["notes"], &row["description"]),
        (&json!("low"), &json!(["b", "c"]), &json!("2026-03-01"), &json!("mine"), &json!("Theirs"))
    );
    assert_eq!(item(&data, &id)["priority"], json!("low"), "and they hear of it");
    audit(&server).await;
}

#[tokio::test]
async fn names_of_a_client_are_its_own() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let (mut phone, mut tablet) = (Old::of(&ines, "phone").await, Old::of(&ines, "tablet").await);
    let id = Uuid::now_v7().to_string();
    let changes = [
        phone.change("x", "space", "create", json!({ "name": "Films", "icon": "x", "color": "#fff" })),
        phone.change("x", "category", "create", json!({ "name": "Seen", "spaceId": "x" })),
        phone.change("x", "item", "create", json!({ "title": "One", "categoryId": "x" })),
        phone.change(&id, "task", "create", json!({ "title": "Two", "parentId": "x", "projectId": "x" })),
        phone.change("x", "comment", "create", json!({ "content": "Good", "itemId": "x" })),
    ];
    let data = phone.sync(&changes).await;
    assert_eq!(acknowledged(&data), [true; 5], "{data}");
    let server_id = |at: usize| data["acknowledged"][at]["serverId"].clone();
    assert_eq!(server_id(3), json!(id), "a UUID is kept");
    let two = item(&data, &server_id(3));
    assert_eq!((&two["parentId"], &two["spaceId"]), (&server_id(2), &server_id(0)));
    assert_eq!(item(&data, &server_id(2))["categoryId"], server_id(1));
    assert_eq!(data["serverUpdates"]["comments"][0]["itemId"], server_id(2));
    let same = tablet.change("x", "item", "create", json!({ "title": "Another" }));
    let other = tablet.sync(&[same]).await;
    assert_ne!(other["acknowledged"][0]["serverId"], server_id(2), "another device's x is another one");
    // Its token is not what it is known by.
    let mut again = Old { program: Program::of(&ines, "write").await, ..Old::of(&ines, "phone").await };
    let known = again.sync(&changes[2..3]).await;
    assert_eq!(known["acknowledged"][0]["serverId"], server_id(2));
    audit(&server).await;
}

#[tokio::test]
async fn one_bad_change_spoils_no_other() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let mut phone = Old::of(&ines, "phone").await;
    let good_one = phone.change("good", "item", "create", json!({ "title": "Good" }));
    phone.sync(std::slice::from_ref(&good_one)).await;
    for (data, word) in [
        (json!({ "title": "" }), "invalid-request"),
        (json!({ "title": 7 }), "invalid-request"),
        (json!({ "title": "x".repeat(501) }), "invalid-request"),
        (json!({ "description": [] }), "invalid-request"),
        (json!({ "status": "finished" }), "invalid-request"),
        (json!({ "status": null }), "invalid-request"),
        (json!({ "priority": "highest" }), "invalid-request"),
        (json!({ "dueDate": "soon" }), "invalid-request"),
        (json!({ "dueDate": 1_735_482_600_000_u64 }), "invalid-request"),
        (json!({ "tags": "film" }), "invalid-request"),
        (json!({ "tags": [""] }), "invalid-request"),
        (json!({ "type": "boat" }), "invalid-request"),
        (json!({ "type": "movie" }), "invalid-request"),
        (json!({ "type": "movie", "movieId": [] }), "invalid-request"),
        (json!({ "assignees": ["somebody"] }), "invalid-request"),
        (json!({ "assignees": [Uuid::now_v7()] }), "invalid-request"),
        (json!({ "spaceId": "nowhere" }), "invalid-request"),
        (json!({ "categoryId": 7 }), "invalid-request"),
        (json!({ "order": 3 }), "invalid-request"),
        (json!({ "customFields": { "size": 1 } }), "invalid-request"),
        (json!({ "estimate": -1 }), "invalid-request"),
        (json!({ "colour": "red" }), "invalid-request"),
    ] {
        let before = task_count(&phone.program).await;
        let bad = phone.change("good", "item", "update", data.clone());
        let next = phone.change("n", "item", "create", json!({ "title": "Next" }));
        let answer = phone.lost(&[bad, next]).await;
        assert_eq!(acknowledged(&answer), [false, true], "{data}: {answer}");
        let one = &answer["acknowledged"][0];
        assert_eq!((&one["localId"], &one["error"]["code"]), (&json!("good"), &json!(word)), "{data}");
        assert!(one["error"]["message"].as_str().unwrap().len() > 20, "{answer}");
        assert!(task_count(&phone.program).await <= before + 1);
    }
    // Of a change that is half good nothing is done.
    let half = phone.change("good", "item", "update", json!({ "priority": "high", "title": "" }));
    phone.sync(&[half]).await;
    let tasks = phone.program.get("/api/tasks?q=good").await;
    assert_eq!(tasks["items"][0]["priority"], json!("none"));
    for (bad, said) in [
        (json!(7), "object"),
        (json!({ "localId": "i", "operation": "create", "data": { "title": "x" } }), "type"),
        (json!({ "localId": "i", "entityType": "boat", "operation": "create", "data": {} }), "boat"),
        (json!({ "localId": "i", "entityType": "item", "operation": "rename", "data": {} }), "rename"),
        (json!({ "entityType": "item", "operation": "create", "data": {} }), "id"),
        (json!({ "localId": "i", "entityType": "item", "operation": "create", "when": "x" }), "when"),
        (
            json!({ "localId": "i", "entityType": "item", "operation": "update", "data": { "title": "x" } }),
            "no such thing",
        ),
        (json!({ "localId": "i", "entityType": "item", "operation": "delete" }), "no such thing"),
    ] {
        let answer = phone.lost(&[bad.clone(), good_one.clone()]).await;
        assert_eq!(acknowledged(&answer), [false, true], "{bad}");
        let message = answer["acknowledged"][0]["error"]["message"].as_str().unwrap();
        assert!(message.contains(said), "{bad}: {message}");
    }
    audit(&server).await;
}

async fn task_count(program: &Program<'_>) -> usize {
    program.get("/api/tasks?limit=500").await["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_request_that_is_none_changes_nothing() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let create = json!({ "localId": "i", "entityType": "item", "operation": "create", "data": { "title": "x" } });
    let before = footprint(&server).await;
    for bad in [
        json!({}),
        json!({ "changes": [create] }),
        json!({ "deviceId": "", "changes": [create] }),
        json!({ "deviceId": "x".repeat(201), "changes": [create] }),
        json!({ "deviceId": "p", "lastSyncTimestamp": "yesterday", "changes": [create] }),
        json!({ "deviceId": "p", "lastSyncTimestamp": "", "changes": [create] }),
        json!({ "deviceId": "p", "lastSyncTimestamp": 7, "changes": [create] }),
        json!({ "deviceId": "p", "changes": vec![create.clone(); 101] }),
        json!({ "deviceId": "p", "changes": create }),
        json!({ "deviceId": "p", "changes": [create], "colour": "red" }),
        json!({ "client_id": "p", "changes": vec![create.clone(); 101] }),
        json!({ "client_id": 7, "changes": [create] }),
        json!({ "client_id": "p", "last_sync": "soon", "changes": [create] }),
        json!({ "push": {}, "pull": {} }),
    ] {
        check(program.post("/api/sync", &bad).await, 422, kind::INVALID).await;
    }
    let reader = Program::of(&ines, "read").await;
    let asks = json!({ "deviceId": "p", "changes": [create] });
    check(reader.post("/api/sync", &asks).await, 403, kind::NOT_ALLOWED).await;
    let entities = json!({ "client_id": "p", "entities": [create] });
    check(reader.post("/api/sync/push", &entities).await, 403, kind::NOT_ALLOWED).await;
    assert_eq!(footprint(&server).await[6..], before[6..], "only tokens were made");
    // A program that may read has what it lacks.
    let read = good(reader.post("/api/sync", &json!({ "deviceId": "p" })).await, StatusCode::OK).await;
    assert_eq!(read["data"]["serverUpdates"]["spaces"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_closed_is_neither_shown_nor_changed() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let ada = server.join(&ines, "ada@saltmarsh.example").await;
    let (mut owner, mut member) = (Old::of(&ines, "phone").await, Old::of(&ada, "phone").await);
    let made = [
        owner.change("s", "space", "create", json!({ "name": "Secret", "private": true })),
        owner.change("i", "item", "create", json!({ "title": "Secret", "spaceId": "s" })),
    ];
    let data = owner.sync(&made).await;
    let (space, secret) = (&data["acknowledged"][0]["serverId"], &data["acknowledged"][1]["serverId"]);
    let id = secret.as_str().unwrap();
    let data = member.sync(&[]).await;
    assert!(!data.to_string().contains("Secret"), "{data}");
    let attempts = [
        member.change(id, "item", "update", json!({ "title": "Mine" })),
        member.change(id, "item", "delete", json!({})),
        member.change(id, "item", "create", json!({ "title": "Mine" })),
        member.change("n", "item", "create", json!({ "title": "Mine", "spaceId": space })),
    ];
    let data = member.sync(&attempts).await;
    assert_eq!(acknowledged(&data), [false; 4]);
    assert!(!data.to_string().contains("Secret"), "{data}");
    // What opens late is given, and what closes is gone.
    let user = ada.session.account.user;
    let open = |role: Json| json!({ "access": { user.to_string(): role } });
    let let_in = owner.change("s", "space", "update", open(json!("member")));
    assert_eq!(acknowledged(&owner.sync(&[let_in]).await), [true]);
    let data = member.sync(&[]).await;
    assert_eq!(item(&data, secret)["title"], json!("Secret"));
    assert!(member.sync(&[]).await["serverUpdates"]["items"].as_array().unwrap().is_empty(), "once");
    let public = &data["serverUpdates"]["items"];
    assert_eq!(public.as_array().unwrap().len(), 1);
    let elsewhere = owner.change("o", "space", "create", json!({ "name": "Other", "private": true }));
    let away = owner.change("i", "item", "update", json!({ "spaceId": "o" }));
    owner.sync(&[elsewhere, away]).await;
    let data = member.sync(&[]).await;
    assert_eq!(item(&data, secret), &json!({ "id": secret, "deleted": true }));
    // What they have made themselves is closed to them, too.
    let made = member.change("m", "item", "create", json!({ "title": "Mine" }));
    let data = member.sync(std::slice::from_ref(&made)).await;
    let mine = data["acknowledged"][0]["serverId"].as_str().unwrap().to_owned();
    let taken = owner.change(&mine, "item", "update", json!({ "spaceId": "o", "title": "Secret now" }));
    owner.sync(&[taken]).await;
    let data = member.sync(&[made]).await;
    assert_eq!(acknowledged(&data), [false], "{data}");
    assert!(!data.to_string().contains("Secret"), "{data}");
    audit(&server).await;
}

#[tokio::test]
async fn the_second_form_goes_through_the_same_life() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let ask = async |client: &str, since: &Json, changes: Json| {
        let body = json!({ "client_id": client, "last_sync": since, "changes": changes });
        good(program.post("/api/sync", &body).await, StatusCode::OK).await
    };
    let change = |id: &str, operation: &str, data: Json, second: u32| {
        let timestamp = format!("2031-01-01T00:00:{second:02}Z");
        json!({ "id": id, "type": "task", "operation": operation, "data": data, "timestamp": timestamp })
    };
    let create = change("t-1", "create", json!({ "title": "Hello world", "due_date": "2026-03-01" }), 1);
    let made = ask("a", &Json::Null, json!([create])).await;
    let id = made["results"][0]["server_id"].as_str().unwrap().to_owned();
    let changes = made["server_changes"].as_array().unwrap();
    let own = changes.iter().find(|one| one["id"] == json!(id)).unwrap();
    assert_eq!(
        (&own["type"], &own["operation"], &own["data"]["due_date"]),
        (&json!("task"), &json!("create"), &json!("2026-03-01"))
    );
    let seen = ask("b", &Json::Null, json!([])).await["last_sync"].clone();
    let edit = change("t-1", "update", json!({ "title": "Hello beautiful world", "status": "in_progress" }), 2);
    let after = ask("a", &made["last_sync"], json!([edit])).await;
    assert_eq!(after["conflicts"], json!([]));
    let theirs = change(&id, "update", json!({ "title": "Hello world!", "status": "done" }), 1);
    let bad = change(&id, "update", json!({ "titel": "x" }), 2);
    let merged = ask("b", &seen, json!([theirs, bad])).await;
    let title = "Hello beautiful world!";
    let conflict = &merged["conflicts"][0];
    assert_eq!((&conflict["fields"], &conflict["resolution_suggested"]["title"]), (&json!(["title"]), &json!(title)));
    assert_eq!(merged["conflicts"][1]["error"]["code"], json!("invalid-request"));
    assert_eq!(merged["results"][1]["success"], json!(false));
    let update = &merged["server_changes"][0];
    assert_eq!((&update["operation"], &update["data"]["title"]), (&json!("update"), &json!(title)));
    assert_eq!(update["data"]["status"], json!("done"), "the one furthest along");
    let gone = ask("b", &merged["last_sync"], json!([change(&id, "delete", json!({}), 3)])).await;
    let heard = ask("a", &after["last_sync"], json!([])).await;
    let last = &heard["server_changes"][0];
    assert_eq!((&last["id"], &last["operation"]), (&json!(id), &json!("delete")));
    let again = ask("a", &Json::Null, json!([create])).await;
    assert_eq!(again["results"][0]["server_id"], json!(id), "it was made, and is deleted");
    assert!(!again["server_changes"].to_string().contains(&id), "of what is gone a new client hears nothing");
    assert_eq!(ask("b", &gone["last_sync"], json!([])).await["server_changes"].as_array().unwrap().len(), 0);
    audit(&server).await;
}

#[tokio::test]
async fn a_device_of_terns_own_pushes_and_pulls_at_once() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let (project, task) = (ines.project().await, task_id());
    let push = ines.next(1, [create(task, project, "Both")]);
    let pull = PullRequest { scopes: vec![Scope::Project(project)], ..ines.pull_request(0) };
    let body = json!({ "push": push, "pull": pull });
    let both = ines.request(Method::POST, "/api/sync").json(&body).send().await.unwrap();
    let both = good(both, StatusCode::OK).await;
    assert_eq!(both["push"]["results"][0]["n"], json!(1));
    assert!(both["pull"].to_string().contains("Both"), "{both}");
    let mut bad = body.clone();
    bad["push"]["epoch"] = json!(Uuid::now_v7());
    check(ines.request(Method::POST, "/api/sync").json(&bad).send().await.unwrap(), 409, kind::EPOCH).await;
}
