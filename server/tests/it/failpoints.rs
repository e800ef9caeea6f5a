//! A push dies at each of its steps, and leaves everything or nothing.
//!
//! The steps are those of the wire (see [`crate::wire`]): every request that a push's transaction makes of PostgreSQL,
//! from BEGIN to COMMIT, found anew in each run. At each of them the connection is lost before and after PostgreSQL has
//! done it, PostgreSQL ends the session, and the server is killed.

use std::process::Stdio;

use shared::field::{Field, TextField};
use shared::ids::{CommentId, EntityId, ProjectId};
use shared::mutation::{Create, Op, Refusal};
use shared::protocol::{PushRequest, PushResult, kind};
use shared::value::{Place, Subject, Value};
use tokio::process::{Child, Command};
use uuid::Uuid;

use crate::audit::{audit, content};
use crate::harness::{Device, Server, check, cluster, create, directory, dist, edit, http, results, task_id};
use crate::process::served_at;
use crate::sync::APPLIED;
use crate::wire::{Break, Moment, Wire};

/// A push that writes to every table: two projects, a task that goes from one to the other with its comment, an edit of
/// its title, something that is refused.
fn everything(device: &mut Device<'_>) -> PushRequest {
    let (project, task) = (ProjectId(Uuid::now_v7()), task_id());
    let make = Op::Create(Create::new(project).text(TextField::Name, "Harbour"));
    let second = ProjectId(Uuid::now_v7());
    let make_second = Op::Create(Create::new(second).text(TextField::Name, "Second"));
    let subject = Value::Subject(Subject { task, reply_to: None });
    let comment = Create::new(CommentId(Uuid::now_v7())).text(TextField::Body, "Aye").value(Field::Subject, subject);
    let away = Op::write(task, Field::Place, Value::Place(Place { project: Some(second), ..Place::default() }));
    let ops = [make, make_second, create(task, project, "One"), Op::Create(comment), edit(task, "One", "Two"), away];
    device.next(1, ops.into_iter().chain([create(task, project, "Again")]))
}

fn expected() -> Vec<PushResult> {
    let mut results = vec![APPLIED; 6];
    results.push(PushResult::Rejected(Refusal::AlreadyExists));
    results
}

/// The steps must include all these, or the test looks at something else than it says.
const LANDMARKS: [&str; 15] = [
    "BEGIN",
    "FROM sessions",
    "FOR UPDATE",
    "SELECT e.state",
    "FROM prefixes",
    "FROM scopes",
    "INSERT INTO scopes",
    "INSERT INTO entities",
    "UPDATE entities",
    "INSERT INTO departures",
    "INSERT INTO prefixes",
    "INSERT INTO text_changes",
    "INSERT INTO mutations",
    "UPDATE actors",
    "COMMIT",
];

/// How many steps a push on a fresh connection takes.
async fn count_steps(wire: &Wire, ines: &mut Device<'_>) -> usize {
    wire.cut_all();
    wire.arm(None);
    let push = everything(ines);
    assert_eq!(results(ines.send(&push).await).await, expected());
    let steps = wire.steps();
    for landmark in LANDMARKS {
        assert!(steps.iter().any(|step| step.contains(landmark)), "no step of a push says {landmark}: {steps:#?}");
    }
    assert!(steps.last().is_some_and(|last| last.starts_with("COMMIT")), "{steps:#?}");
    steps.len()
}

/// A push is broken at a step; whether it was done.
async fn break_at(wire: &Wire, server: &Server, ines: &mut Device<'_>, at: Break) {
    wire.cut_all();
    let push = everything(ines);
    let before = content(server).await;
    wire.arm(Some(at));
    check(ines.send(&push).await, 503, kind::UNAVAILABLE).await;
    assert!(wire.broke(), "{at:?}");
    let committed = at.moment == Moment::After && wire.steps().last().is_some_and(|last| last.starts_with("COMMIT"));
    let after = content(server).await;
    assert_eq!(after != before, committed, "{at:?}, {:?}", wire.steps().last());
    audit(server).await;

    assert_eq!(results(ines.send(&push).await).await, expected(), "{at:?}");
    let done = content(server).await;
    if committed {
        assert_eq!(done, after, "what was stored already is not done again");
    }
    assert_ne!(done, before);
    assert_eq!(results(ines.send(&push).await).await, expected(), "{at:?}");
    assert_eq!(content(server).await, done);
    let page = ines.pull(0).await;
    assert_eq!((page.last_mutation, page.refused.last().map(|refused| refused.n)), (ines.last, Some(ines.last.n)));
    audit(server).await;
}

async fn break_everywhere(moment: Moment) {
    let wire = Wire::new(&cluster()).await;
    let server = Server::start_behind(&wire).await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    for step in 0..count_steps(&wire, &mut ines).await {
        break_at(&wire, &server, &mut ines, Break { step, moment }).await;
    }
}

#[tokio::test]
async fn a_connection_that_is_lost_before_any_step_leaves_nothing() {
    break_everywhere(Moment::Before).await;
}

#[tokio::test]
async fn a_connection_that_is_lost_after_any_step_leaves_everything_or_nothing() {
    break_everywhere(Moment::After).await;
}

#[tokio::test]
async fn a_session_that_postgresql_ends_at_any_step_leaves_nothing() {
    break_everywhere(Moment::Ended).await;
}

/// The server's program on a database of a test.
async fn serve(database: &str, wire: &Wire) -> (Child, String) {
    let root = directory();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tern-server"));
    command.env_clear().env("PORT", "0").env("TERN_DIST", dist(&root)).env("TERN_LOG", "error");
    let url = format!("postgres://tern@127.0.0.1:{}/{database}?sslmode=disable", wire.port);
    command.env("DATABASE_URL", url);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let url = served_at(&mut child).await;
    (child, url)
}

/// As the device, but to another server of the same database.
pub(crate) async fn post(url: &str, ines: &Device<'_>, push: &PushRequest) -> reqwest::Result<reqwest::Response> {
    let request = http().post(format!("{url}/api/sync/push")).bearer_auth(&ines.session.access_token.0);
    request.json(push).send().await
}

#[tokio::test]
async fn a_server_that_is_killed_at_any_step_has_done_everything_or_nothing() {
    let mut wire = Wire::new(&cluster()).await;
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let (mut child, mut url) = serve(&server.database, &wire).await;
    wire.arm(None);
    let push = everything(&mut ines);
    assert_eq!(results(post(&url, &ines, &push).await.unwrap()).await, expected());
    let steps = wire.steps();
    for step in 0..steps.len() {
        // Preparing a statement changes nothing: to be killed there is to be killed before it.
        if steps.get(step + 1) == Some(&steps[step]) {
            continue;
        }
        let push = everything(&mut ines);
        let before = content(&server).await;
        wire.cut_all();
        wire.arm(Some(Break { step, moment: Moment::Held }));
        let kill = async {
            wire.held().await;
            child.kill().await.unwrap();
        };
        let (answer, ()) = tokio::join!(post(&url, &ines, &push), kill);
        assert!(answer.is_err(), "{answer:?}");
        let committed = step + 1 == steps.len();
        assert_eq!(content(&server).await != before, committed, "{}", steps[step]);
        audit(&server).await;

        (child, url) = serve(&server.database, &wire).await;
        assert_eq!(results(post(&url, &ines, &push).await.unwrap()).await, expected());
        let rows = ines.pull(0).await.rows;
        let made = |op: &Op| rows.iter().filter(|row| row.row.id == op.entity()).count();
        assert!(push.mutations.iter().all(|mutation| made(&mutation.op) == 1), "once");
        audit(&server).await;
    }
    let project = |row: &shared::protocol::PulledRow| matches!(row.row.id, EntityId::Project(_));
    assert!(ines.pull(0).await.rows.iter().filter(|row| project(row)).count() > 10);
}
