//! Taking back what is with the server already, and work of clients before the present release.

use serde_json::{Value as Json, json};
use shared::field::{Field, TextField};
use shared::hash::{Hash, chain};
use shared::ids::MutationId;
use shared::mutation::{EditTags, Op, Refusal, TextEdit, Undo};
use shared::protocol::{NumberedResult, PushResponse, PushResult, kind};
use shared::register::Tag;
use shared::task::TaskView;
use shared::text::Delta;
use shared::value::Place;
use shared::workflow::Priority;
use uuid::Uuid;

use crate::audit::audit;
use crate::harness::{Server, check, create, edit, task_id, title};
use crate::sync::APPLIED;

#[tokio::test]
async fn who_may_take_back_what() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut bo = server.join(&ines, "bo@saltmarsh.example").await;
    let mut phone = server.login("ines@saltmarsh.example", Uuid::now_v7()).await;
    let (project, task) = (ines.project().await, task_id());
    let actor = ines.session.account.actor;
    let undo = |n| Op::Undo(Undo { entity: task.into(), actor, n });
    ines.push(1, [create(task, project, "Hello world")]).await;
    let seen = ines.now().await;
    let tags = EditTags { id: task, add: vec![Tag::new("ops")], remove: vec![] };
    let ops = [
        edit(task, "Hello world", "Hello big world"),
        Op::write(task, Field::Priority, Priority::High),
        Op::Tags(tags),
    ];
    assert_eq!(ines.push(seen, ops).await, [APPLIED, APPLIED, APPLIED]);
    let seen = ines.now().await;
    bo.push(seen, [edit(task, "Hello big world", "Hello big world!")]).await;

    // Nobody but the member, on any device; and nothing twice.
    let nothing = PushResult::Rejected(Refusal::NothingToUndo);
    let seen = bo.now().await;
    assert_eq!(bo.push(seen, [undo(2), undo(3), undo(4)]).await, vec![nothing.clone(); 3]);
    assert_eq!(phone.push(seen, [undo(2), undo(3)]).await, [APPLIED, APPLIED]);
    assert_eq!(ines.push(seen, [undo(4), undo(3), undo(77)]).await, [APPLIED, nothing.clone(), nothing]);
    let page = ines.pull(seen).await;
    let view = TaskView::of(&page.rows[0].row).unwrap();
    assert_eq!((view.title.as_str(), view.priority, view.tags.len()), ("Hello world!", Priority::None, 0));
    audit(&server).await;
}

/// Two moves that are each right, taken back so that they would meet in a circle: on rows that only SQL brings.
#[tokio::test]
async fn a_circle_is_made_neither_by_a_move_nor_by_taking_one_back() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let project = ines.project().await;
    let [top, middle, bottom] = [task_id(), task_id(), task_id()];
    let under = |task, parent| {
        let place = Place { project: Some(project), parent, ..Place::default() };
        Op::write(task, Field::Place, place)
    };
    ines.push(1, [create(top, project, "Top"), create(middle, project, "Middle"), create(bottom, project, "Bottom")])
        .await;
    let seen = ines.now().await;
    // The chain stands in the tables before the moves that would close it: each in a push of its own.
    ines.push(seen, [under(middle, Some(top)), under(bottom, Some(middle))]).await;
    let superseded = PushResult::Accepted(shared::merge::Outcome::Superseded);
    let seen = ines.now().await;
    assert_eq!(ines.push(seen, [under(top, Some(bottom))]).await, [superseded]);
    // Middle leaves, bottom is put above it, and then leaving is taken back.
    let seen = ines.now().await;
    assert_eq!(ines.push(seen, [under(bottom, None), under(top, Some(bottom))]).await, [APPLIED, APPLIED]);
    let undo = Op::Undo(Undo { entity: bottom.into(), actor: ines.session.account.actor, n: ines.last.n - 1 });
    let seen = ines.now().await;
    ines.push(seen, [undo]).await;
    let page = ines.pull(0).await;
    let parent_of = |task: shared::ids::TaskId| {
        page.rows.iter().find(|row| row.row.id == task.into()).and_then(|row| row.row.place().parent)
    };
    for task in [top, middle, bottom] {
        let above = shared::tree::above(&[task].into(), parent_of);
        assert!(above.values().all(|up| *up != task), "{task:?} is within itself");
    }
    audit(&server).await;
}

/// What a client of the schema before sent, as it is pinned for all time.
#[tokio::test]
async fn work_of_the_schema_before_is_taken_in() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let account = &ines.session.account;
    let mut push: Json =
        serde_json::from_str(include_str!("../../../crates/shared/tests/golden/push_request_1.json")).unwrap();
    (push["actor"], push["epoch"]) = (json!(account.actor), json!(account.epoch));
    let mut hash = Hash::default();
    for mutation in push["mutations"].as_array_mut().unwrap() {
        mutation["prev_hash"] = json!(hash);
        let id: MutationId = serde_json::from_value(mutation["id"].clone()).unwrap();
        hash = chain(hash, mutation["n"].as_u64().unwrap(), id);
    }
    let response = ines.request(reqwest::Method::POST, "/api/sync/push").json(&push).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200, "{:?}", response.text().await);
    let answer: PushResponse = response.json().await.unwrap();
    // (The pinned edits of texts are of another text than the one that is there.)
    let refused: Vec<_> = answer.results.iter().filter(|one| matches!(one.result, PushResult::Rejected(_))).collect();
    let of_another_text = |n| NumberedResult { n, result: PushResult::Rejected(Refusal::TextBase) };
    assert!(answer.results.len() == 11 && refused == [&of_another_text(3), &of_another_text(4)], "{answer:?}");
    let page = ines.pull(0).await;
    assert!(page.rows.iter().any(|row| title(&row.row) == "Harbour"));
    // One that is older still is told so.
    push["schema"] = json!(0);
    let response = ines.request(reqwest::Method::POST, "/api/sync/push").json(&push).send().await.unwrap();
    check(response, 422, kind::SCHEMA).await;
    audit(&server).await;
}

/// An edit of another text than the server's is refused by its reason, not by accident.
#[tokio::test]
async fn an_edit_of_what_is_not_there_is_refused() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let (project, task) = (ines.project().await, task_id());
    ines.push(1, [create(task, project, "Short")]).await;
    let delta = Delta::between("Something much longer than that", "Something");
    let op = Op::TextEdit(TextEdit { entity: task.into(), field: TextField::Title, delta });
    let seen = ines.now().await;
    assert_eq!(ines.push(seen, [op]).await, [PushResult::Rejected(Refusal::TextBase)]);
}
