//! Mutations that can never be accepted, of every kind: none holds up those behind it, and none makes the server
//! answer so that its device would try for ever.

use reqwest::StatusCode;
use serde_json::{Value as Json, json};
use shared::clock::Version;
use shared::field::{Field, TextField};
use shared::ids::{
    AttachmentId, CommentId, CustomFieldId, EntityId, ProjectId, SavedViewId, SectionId, TaskId, UserId,
};
use shared::mutation::{Create, EditRelations, EditTags, Op, TextEdit, Undo};
use shared::protocol::{LastMutation, PushRequest, PushResponse};
use shared::register::Tag;
use shared::relation::Relation;
use shared::text::Delta;
use shared::value::{FieldType, FileFacts, Place, Reference, Subject, Value};
use shared::workflow::{Priority, Status};
use uuid::Uuid;

use crate::audit::audit;
use crate::device::Real;
use crate::harness::{Device, Server, create, edit, task_id};

/// Strings that somebody's storage does not like.
const STRINGS: [&str; 9] = ["", " ", "a\0b", "\u{1b}[31m", "\n", "\u{feff}", "\u{fffe}", "'\"\\;--", "\\u0000"];
const NUMBERS: [i128; 7] = [0, -1, 1, i64::MAX as i128, i64::MIN as i128, u64::MAX as i128, u32::MAX as i128 + 1];

/// Valid operations in which every field, and every kind of value, occurs.
fn valid(project: ProjectId, task: TaskId, other: TaskId, user: UserId) -> Vec<Op> {
    let id = Uuid::now_v7;
    let place = Place { project: Some(project), order: "a0".into(), ..Place::default() };
    let subject = Value::Subject(Subject { task, reply_to: None });
    let file = FileFacts { media_type: "image/png".into(), bytes: 7, sha256: "0".repeat(64) };
    let (section, field) = (SectionId(id()), CustomFieldId(id()));
    let named = |id: EntityId| Create::new(id).text(TextField::Name, "Name");
    let reference = Reference { provider: "github".into(), id: "7".into() };
    let choice = FieldType::Choice(vec!["Red".into(), "Blue".into()]);
    vec![
        Op::Create(named(section.into()).value(Field::Place, Place { order: "a0".into(), ..place.clone() })),
        Op::Create(named(field.into()).value(Field::FieldType, Value::FieldType(choice))),
        Op::Create(named(SavedViewId(id()).into()).value(Field::Filter, Value::Text("{}".into()))),
        Op::Create(
            named(AttachmentId(id()).into())
                .value(Field::Subject, subject.clone())
                .value(Field::File, Value::File(file)),
        ),
        Op::Create(Create::new(CommentId(id())).text(TextField::Body, "Body").value(Field::Subject, subject)),
        Op::Create(
            named(ProjectId(id()).into())
                .text(TextField::Description, "Text")
                .value(Field::Icon, Value::Text("x".into())),
        ),
        Op::Create(Create {
            tags: vec![Tag::new("ops")],
            ..Create::new(task_id()).text(TextField::Title, "T").value(Field::Place, place.clone())
        }),
        Op::write(task, Field::Custom(field), Value::Text("Red".into())),
        Op::write(task, Field::Status, Status::Done),
        Op::write(task, Field::Priority, Priority::High),
        Op::write(task, Field::Estimate, Value::Count(3)),
        Op::write(task, Field::Reminders, Value::Moments([1_790_000_000_000].into())),
        Op::write(task, Field::Assignees, Value::People([user].into())),
        Op::write(task, Field::Reference, Value::Reference(reference)),
        Op::write(task, Field::Place, place),
        Op::Tags(EditTags { id: task, add: vec![Tag::new("ops")], remove: vec![Tag::new("old")] }),
        Op::Relations(EditRelations { id: task, add: vec![Relation::Blocks(other)], remove: vec![] }),
        Op::TextEdit(TextEdit {
            entity: task.into(),
            field: TextField::Notes,
            delta: Delta::between("", "Some notes"),
        }),
        Op::Undo(Undo { entity: task.into(), actor: 1, n: 1 }),
        Op::Delete(other.into()),
        Op::Restore(other.into()),
    ]
}

/// The places of a JSON value that hold a string or a number, as pointers.
fn leaves(value: &Json, at: &str, into: &mut Vec<String>) {
    match value {
        Json::Object(fields) => fields.iter().for_each(|(name, value)| {
            leaves(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), into);
        }),
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| leaves(item, &format!("{at}/{n}"), into));
        }
        Json::String(_) | Json::Number(_) => into.push(at.to_owned()),
        Json::Null | Json::Bool(_) => {}
    }
}

/// What may stand there instead.
fn poisons(value: &Json) -> Vec<Json> {
    match value {
        Json::String(_) => {
            let long = [json!("x".repeat(100_000)), json!("💥".repeat(600)), json!(Uuid::nil())];
            STRINGS.iter().map(|text| json!(text)).chain(long).collect()
        }
        _ => NUMBERS.iter().map(|number| serde_json::from_str(&number.to_string()).unwrap()).collect(),
    }
}

/// Sends one mutation with another content, and returns whether the server counts it.
async fn handled(device: &mut Device<'_>, request: &PushRequest, body: &Json) -> bool {
    let response = device.request(reqwest::Method::POST, "/api/sync/push").json(body).send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    assert!(status == StatusCode::OK || status.is_client_error(), "{status} {text}: {}", body["mutations"]);
    if status != StatusCode::OK {
        // A device cannot have made it: its number is free.
        undone(device, request);
        return false;
    }
    let answer: PushResponse = serde_json::from_str(&text).unwrap();
    assert_eq!(answer.results.len(), 1);
    true
}

/// Gives the number of a mutation back that was never sent.
fn undone(device: &mut Device<'_>, request: &PushRequest) {
    let first = &request.mutations[0];
    device.last = LastMutation { n: first.n - 1, hash: first.prev_hash };
}

#[tokio::test]
async fn poison_anywhere_in_a_mutation_holds_up_nothing() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let (project, task, other) = (ines.project().await, task_id(), task_id());
    ines.push(1, [create(task, project, "One"), create(other, project, "Two")]).await;
    let (mut counted, mut refused_as_a_whole) = (0, 0);
    let user = ines.session.account.user;
    for (kind, op) in valid(project, task, other, user).into_iter().enumerate() {
        let mut places = vec!["/ctx".to_owned(), "/at".to_owned()];
        leaves(&serde_json::to_value(&op).unwrap(), "/op", &mut places);
        for place in places {
            let request = ines.next(1, [op.clone()]);
            let mutation = serde_json::to_value(&request.mutations[0]).unwrap();
            undone(&mut ines, &request);
            for poison in poisons(mutation.pointer(&place).unwrap()) {
                // What is made, and what is edited, is another one each time: else it would be refused for being there.
                let edited = if matches!(op, Op::TextEdit(_)) { task_id() } else { task };
                if edited != task {
                    ines.push(1, [create(edited, project, "Another")]).await;
                }
                let again = valid(project, edited, other, user).swap_remove(kind);
                let request = ines.next(1, [again]);
                let mut body = serde_json::to_value(&request).unwrap();
                *body["mutations"][0].pointer_mut(&place).unwrap() = poison;
                if handled(&mut ines, &request, &body).await { counted += 1 } else { refused_as_a_whole += 1 }
            }
        }
    }
    assert!(counted > 300 && refused_as_a_whole > 100, "{counted}, {refused_as_a_whole}");
    // Everybody can read what came of it, and work goes on.
    assert_eq!(ines.push(1, [edit(task, "One", "One!")]).await.len(), 1);
    let page = ines.pull(0).await;
    assert_eq!((page.last_mutation, page.more), (ines.last, false));
    audit(&server).await;
}

/// A real device, with a change that is refused at every third place of its outbox.
#[tokio::test]
async fn a_device_is_told_of_each_poison_and_everything_else_arrives() {
    const TASKS: usize = 150;
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut real = Real::of(&server.login("ines@saltmarsh.example", Uuid::now_v7()).await).await;
    real.sync().await;
    let project = ines.project().await;
    let doomed = task_id();
    ines.push(1, [create(doomed, project, "Doomed")]).await;
    real.sync().await;
    let mut tasks = Vec::new();
    for n in 0..TASKS {
        tasks.push(real.task(project, &format!("Task {n}")).await);
        if n % 3 == 0 {
            real.write(doomed, Field::Estimate, Value::Count(u32::try_from(n).unwrap())).await;
        }
    }
    // What the edits are of is gone for good before they arrive.
    let delete: Version = ines.now().await;
    ines.push(delete, [Op::Delete(doomed.into())]).await;
    sqlx::query("UPDATE mutations SET handled_at = now() - interval '91 days'")
        .execute(&mut server.owner().await)
        .await
        .unwrap();
    let now = tern_server::services::now();
    assert_eq!(server.services.purge(now - shared::limits::KEPT_FOR).await.unwrap(), 1);
    real.sync().await;
    assert_eq!(real.engine.replica().refused().count(), TASKS / 3);
    assert_eq!(real.engine.replica().view().tasks.len(), TASKS);
    let page = ines.pull(0).await;
    let there: Vec<_> = page.rows.iter().map(|row| row.row.id).filter(|id| matches!(id, EntityId::Task(_))).collect();
    assert_eq!(there, tasks.into_iter().map(EntityId::from).collect::<Vec<_>>(), "in their order");
}
