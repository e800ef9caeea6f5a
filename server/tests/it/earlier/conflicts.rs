//! What people should decide, by the list of it.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value as Json, json};
use shared::field::Field;
use shared::ids::TaskId;
use shared::mutation::Op;
use shared::protocol::kind;
use shared::workflow::Status;

use crate::audit::audit;
use crate::harness::{Device, Server, check, create, task_id};
use crate::rest::{Program, good};

/// A task that one finishes and the other one drops.
async fn quarrel(ines: &mut Device<'_>, ada: &mut Device<'_>, title: &str) -> TaskId {
    let (project, task) = (ines.project().await, task_id());
    ines.push(1, [create(task, project, title)]).await;
    let seen = ines.now().await;
    ines.push(seen, [Op::write(task, Field::Status, Status::Done)]).await;
    ada.push(seen, [Op::write(task, Field::Status, Status::Cancelled)]).await;
    task
}

async fn list(program: &Program<'_>, query: &str) -> Json {
    program.get(&format!("/api/sync/conflicts{query}")).await
}

async fn resolve(program: &Program<'_>, id: &Json, body: Json) -> Response {
    program.post(&format!("/api/sync/conflicts/{}/resolve", id.as_str().unwrap()), &body).await
}

#[tokio::test]
async fn what_no_rule_decides_people_do() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut ada = server.join(&ines, "ada@saltmarsh.example").await;
    let (mine, theirs) = (Program::of(&ines, "write").await, Program::of(&ada, "write").await);
    assert_eq!(list(&mine, "").await, json!({ "conflicts": [], "next_cursor": null }));
    for (choice, status) in [
        (json!({ "choice": "local" }), "done"),
        (json!({ "choice": "remote" }), "cancelled"),
        (json!({ "choice": "custom", "value": "todo" }), "todo"),
    ] {
        let task = quarrel(&mut ines, &mut ada, "Mend the net").await;
        let found = list(&mine, "").await["conflicts"][0].clone();
        assert_eq!(
            (&found["entity_id"], &found["field"], &found["title"], &found["type"]),
            (&json!(task), &json!("status"), &json!("Mend the net"), &json!("task"))
        );
        assert_eq!((&found["local"]["value"], &found["remote"]["value"]), (&json!("done"), &json!("cancelled")));
        assert_eq!(found["local"]["user_id"], json!(ines.session.account.user));
        assert_eq!(list(&theirs, "").await["conflicts"][0]["local"]["value"], json!("cancelled"), "to her it is hers");
        let id = &found["id"];
        for bad in [
            json!({}),
            json!({ "choice": "mine" }),
            json!({ "choice": "custom" }),
            json!({ "choice": "custom", "value": "finished" }),
            json!({ "choice": "local", "value": "done" }),
            json!({ "choice": "local", "colour": "red" }),
        ] {
            check(resolve(&mine, id, bad).await, 422, kind::INVALID).await;
        }
        let done = good(resolve(&mine, id, choice.clone()).await, StatusCode::OK).await;
        assert_eq!((&done["resolved"], &done["entity"]["status"]), (&json!(true), &json!(status)));
        let row = mine.get(&format!("/api/tasks/{task}")).await;
        assert_eq!((&row["status"], &row["unsettled"]), (&json!(status), &json!([])));
        assert_eq!(list(&mine, "").await["conflicts"], json!([]));
        check(resolve(&mine, id, choice).await, 404, kind::NOT_FOUND).await;
    }
    audit(&server).await;
}

#[tokio::test]
async fn somebody_elses_word_makes_it_another_conflict() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut ada = server.join(&ines, "ada@saltmarsh.example").await;
    let mut bo = server.join(&ines, "bo@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let task = quarrel(&mut ines, &mut ada, "Mend the net").await;
    let seen = ines.now().await;
    let before = list(&program, "").await["conflicts"][0]["id"].clone();
    bo.push(seen - 2, [Op::write(task, Field::Status, Status::Cancelled)]).await;
    check(resolve(&program, &before, json!({ "choice": "local" })).await, 404, kind::NOT_FOUND).await;
    let found = list(&program, "").await["conflicts"][0].clone();
    assert_eq!(found["sides"].as_array().unwrap().len(), 3);
    good(resolve(&program, &found["id"], json!({ "choice": "local" })).await, StatusCode::OK).await;
    assert_eq!(list(&program, "").await["conflicts"], json!([]));
    audit(&server).await;
}

#[tokio::test]
async fn what_was_deleted_while_somebody_changed_it_can_come_back() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut ada = server.join(&ines, "ada@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    for (choice, deleted) in [("local", false), ("remote", true)] {
        let (project, task) = (ines.project().await, task_id());
        ines.push(1, [create(task, project, "Mend the net")]).await;
        let seen = ines.now().await;
        ada.push(seen, [Op::Delete(task.into())]).await;
        ines.push(seen, [Op::write(task, Field::Status, Status::Done)]).await;
        let found = list(&program, "").await["conflicts"][0].clone();
        assert_eq!((&found["field"], &found["remote"]["value"]), (&json!("deleted"), &json!(true)));
        let done = resolve(&program, &found["id"], json!({ "choice": choice })).await;
        assert_eq!(good(done, StatusCode::OK).await["entity"]["deleted"], json!(deleted));
        assert_eq!(list(&program, "").await["conflicts"], json!([]));
    }
    audit(&server).await;
}

#[tokio::test]
async fn whose_they_are_not_neither_sees_nor_decides_them() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut ada = server.join(&ines, "ada@saltmarsh.example").await;
    let guest = server.join(&ines, "gus@saltmarsh.example").await;
    let eve = server.register("eve@elsewhere.example").await;
    let path = format!("/api/members/{}", guest.session.account.user);
    let given = ines.request(Method::PATCH, &path).json(&json!({ "role": "guest" })).send().await.unwrap();
    assert_eq!(given.status(), StatusCode::OK);
    for at in 0..5 {
        quarrel(&mut ines, &mut ada, &format!("Net {at}")).await;
    }
    let (owner, reader) = (Program::of(&ines, "write").await, Program::of(&ines, "read").await);
    let page = list(&owner, "?limit=2").await;
    assert_eq!(page["conflicts"].as_array().unwrap().len(), 2);
    let mut titles = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = list(&reader, &query).await;
        titles.extend(page["conflicts"].as_array().unwrap().iter().map(|one| one["title"].clone()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("?limit=2&cursor={cursor}");
    }
    assert_eq!(titles, ["Net 0", "Net 1", "Net 2", "Net 3", "Net 4"]);
    let id = &page["conflicts"][0]["id"];
    let local = json!({ "choice": "local" });
    check(resolve(&reader, id, local.clone()).await, 403, kind::NOT_ALLOWED).await;
    for other in [&guest, &eve] {
        let program = Program::of(other, "write").await;
        assert_eq!(list(&program, "").await["conflicts"], json!([]));
        check(resolve(&program, id, local.clone()).await, 404, kind::NOT_FOUND).await;
    }
    // A guest who may comment sees them, and may not decide.
    let project = ines.project().await;
    let access = json!({ "access": { guest.session.account.user.to_string(): "guest" } });
    good(owner.patch(&format!("/api/projects/{project}"), &access).await, StatusCode::OK).await;
    let program = Program::of(&guest, "write").await;
    assert_eq!(list(&program, "").await["conflicts"].as_array().unwrap().len(), 5);
    check(resolve(&program, id, local).await, 403, kind::NOT_ALLOWED).await;
    for bad in ["?limit=0", "?limit=501", "?cursor=x", "?colour=red"] {
        let asked = owner.request(Method::GET, &format!("/api/sync/conflicts{bad}")).send().await.unwrap();
        check(asked, 400, kind::INVALID).await;
    }
    audit(&server).await;
}
