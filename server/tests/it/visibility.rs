//! What a member may not see does not reach their devices, and leaves them when it closes; what opens arrives, although
//! nothing about it has changed.

use shared::clock::Version;
use shared::field::{Field, TextField};
use shared::ids::{CommentId, EntityId, ProjectId, SavedViewId, TaskId, UserId};
use shared::limits::{MUTATIONS_PER_PUSH, ROWS_PER_PULL};
use shared::merge::Outcome;
use shared::mutation::{Create, Op, Refusal};
use shared::protocol::{Fill, FillPage, FillPlace, PullPage, PullRequest, PullResponse, PushResult};
use shared::scope::{Scope, Stage};
use shared::value::{Place, Role, Subject, Value};
use shared::workflow::Status;
use uuid::Uuid;

use crate::harness::{Device, Server, checksum, create, task_id};

const APPLIED: PushResult = PushResult::Accepted(Outcome::Applied);

/// A private project of Ines, with a task and a comment on it.
struct Cellar {
    project: ProjectId,
    task: TaskId,
    comment: CommentId,
}

impl Cellar {
    async fn dig(ines: &mut Device<'_>) -> Self {
        let (project, task, comment) = (ProjectId(Uuid::now_v7()), task_id(), CommentId(Uuid::now_v7()));
        let subject = Value::Subject(Subject { task, reply_to: None });
        let said = Create::new(comment).text(TextField::Body, "Mind the step").value(Field::Subject, subject);
        let made = Create::new(project).text(TextField::Name, "Cellar").value(Field::Private, Value::Flag(true));
        let done = ines.push(99, [Op::Create(made), create(task, project, "Count the casks"), Op::Create(said)]).await;
        assert_eq!(done, [APPLIED, APPLIED, APPLIED]);
        Self { project, task, comment }
    }

    fn let_in(&self, user: UserId, role: Option<Role>) -> Op {
        Op::write(self.project, Field::Access(user), role.map_or(Value::Nothing, Value::Role))
    }

    fn rows(&self) -> [EntityId; 3] {
        [self.project.into(), self.task.into(), self.comment.into()]
    }
}

fn user(device: &Device<'_>) -> UserId {
    device.session.account.user
}

fn ids(page: &PullPage) -> Vec<EntityId> {
    page.rows.iter().map(|row| row.row.id).collect()
}

async fn page(device: &Device<'_>, request: &PullRequest) -> PullPage {
    match device.pull_as(request).await {
        PullResponse::Page(page) => page,
        other => panic!("{other:?}"),
    }
}

/// Everything old of one scope, page by page.
async fn fill(device: &Device<'_>, scope: Scope, until: Version) -> Vec<FillPage> {
    let mut from = Some(FillPlace::BEGIN);
    let mut pages = Vec::new();
    while let Some(place) = from {
        let scopes = vec![scope];
        let fill = Some(Fill { scopes: scopes.clone(), until, from: place });
        match device.pull_as(&PullRequest { scopes, fill, ..device.pull_request(until) }).await {
            PullResponse::Filled(page) => {
                from = page.next;
                pages.push(page);
            }
            other => panic!("{other:?}"),
        }
    }
    pages
}

#[tokio::test]
async fn a_private_project_reaches_those_it_names() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut bo = server.join(&ines, "bo@saltmarsh.example").await;
    let cellar = Cellar::dig(&mut ines).await;
    let scope = Scope::Project(cellar.project);
    let before = bo.pull(0).await;
    assert!(cellar.rows().iter().all(|id| !ids(&before).contains(id)));
    assert_eq!(before.checksum, checksum(&before));
    // To ask for it by name does not help, neither for changes nor for what is old.
    let named = page(&bo, &PullRequest { scopes: vec![scope], ..bo.pull_request(0) }).await;
    assert!(named.rows.is_empty() && named.open.as_ref().is_some_and(|open| !open.contains(&scope)));
    let old = Fill { scopes: vec![scope], until: before.cursor, from: FillPlace::BEGIN };
    let asked = page(&bo, &PullRequest { scopes: vec![scope], fill: Some(old), ..bo.pull_request(0) }).await;
    assert!(asked.rows.is_empty() && asked.open == named.open, "what is closed must not count as fetched");
    let refused = PushResult::Rejected(Refusal::NotFound);
    assert_eq!(bo.push(99, [Op::Delete(cellar.task.into())]).await, [refused]);

    // It opens: nothing about the task has changed, and yet it comes.
    assert_eq!(ines.push(99, [cellar.let_in(user(&bo), Some(Role::Member))]).await, [APPLIED]);
    let opened = page(&bo, &PullRequest { scopes: vec![Scope::Everyone], ..bo.pull_request(before.cursor) }).await;
    assert!(opened.open.is_some_and(|open| open.contains(&scope)));
    let filled = fill(&bo, scope, opened.cursor).await;
    let filled: Vec<EntityId> = filled.iter().flat_map(|page| &page.rows).map(|row| row.row.id).collect();
    assert_eq!(filled, cellar.rows());
    assert_eq!(bo.push(99, [Op::write(cellar.task, Field::Status, Value::Status(Status::Done))]).await, [APPLIED]);

    // It closes again.
    assert_eq!(ines.push(99, [cellar.let_in(user(&bo), None)]).await, [APPLIED]);
    let followed = vec![Scope::Everyone, scope];
    let closed = page(&bo, &PullRequest { scopes: followed, ..bo.pull_request(opened.cursor) }).await;
    assert!(closed.rows.is_empty() && closed.open.is_some_and(|open| !open.contains(&scope)));
    let whole = bo.pull(0).await;
    assert_eq!(whole.checksum, checksum(&whole));
}

#[tokio::test]
async fn a_task_that_moves_takes_along_what_was_said_about_it() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let general = ines.project().await;
    let cellar = Cellar::dig(&mut ines).await;
    let to = |project| {
        let place = Place { project: Some(project), ..Place::default() };
        Op::write(cellar.task, Field::Place, Value::Place(place))
    };
    let known = bo.now().await;
    assert_eq!(ines.push(99, [to(general)]).await, [APPLIED]);
    let came = bo.pull(known).await;
    assert_eq!(ids(&came), [cellar.task.into(), cellar.comment.into()]);
    assert_eq!(came.checksum, checksum(&bo.pull(0).await));

    assert_eq!(ines.push(99, [to(cellar.project)]).await, [APPLIED]);
    let went = bo.pull(came.cursor).await;
    assert_eq!((ids(&went), went.left.len()), (Vec::new(), 2));
    assert_eq!(went.checksum, checksum(&bo.pull(0).await));
    // To somebody who follows both it has only moved.
    let moved = ines.pull(came.cursor).await;
    assert_eq!((ids(&moved), moved.left), (vec![cellar.task.into(), cellar.comment.into()], Vec::new()));
}

/// Otherwise a device would keep it, were the scope to close before the page that brings it there.
#[tokio::test]
async fn what_comes_with_a_later_page_has_left_with_this_one() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let (cellar, attic) = (Cellar::dig(&mut ines).await, Cellar::dig(&mut ines).await);
    let known = ines.now().await;
    let place = Place { project: Some(attic.project), ..Place::default() };
    assert_eq!(ines.push(99, [Op::write(cellar.task, Field::Place, Value::Place(place))]).await, [APPLIED]);
    for _ in 0..=ROWS_PER_PULL / MUTATIONS_PER_PUSH {
        let many = (0..MUTATIONS_PER_PUSH).map(|_| create(task_id(), attic.project, "Dust"));
        ines.push(99, many).await;
    }
    assert_eq!(ines.push(99, [Op::write(cellar.task, Field::Status, Value::Status(Status::Done))]).await, [APPLIED]);
    let first = ines.pull(known).await;
    assert!(first.more && first.left.contains(&cellar.task.into()) && !ids(&first).contains(&cellar.task.into()));
    let last = ines.pull(first.cursor).await;
    assert!(!last.more && ids(&last).contains(&cellar.task.into()));
}

#[tokio::test]
async fn a_view_is_its_makers_own_until_it_is_shared() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let view = SavedViewId(Uuid::now_v7());
    let made = Create::new(view).text(TextField::Name, "Mine").value(Field::Filter, Value::Text("{}".into()));
    assert_eq!(ines.push(99, [Op::Create(made)]).await, [APPLIED]);
    assert!(ids(&ines.pull(0).await).contains(&view.into()));
    assert!(!ids(&bo.pull(0).await).contains(&view.into()));
    let shared = |shared| Op::write(view, Field::Shared, Value::Flag(shared));
    ines.push(99, [shared(true)]).await;
    let known = bo.pull(0).await;
    assert!(ids(&known).contains(&view.into()));
    ines.push(99, [shared(false)]).await;
    assert_eq!(bo.pull(known.cursor).await.left, [EntityId::from(view)]);
}

#[tokio::test]
async fn what_a_member_needs_first_comes_first() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let project = ines.project().await;
    let (mine, open, done) = (task_id(), task_id(), task_id());
    let ops = [
        create(done, project, "Done"),
        create(open, project, "Open"),
        create(mine, project, "Mine"),
        Op::write(done, Field::Status, Value::Status(Status::Done)),
        Op::write(mine, Field::Assignees, Value::People([user(&ines)].into())),
    ];
    ines.push(99, ops).await;
    let until = ines.now().await;
    let rows: Vec<EntityId> = fill(&ines, Scope::Project(project), until)
        .await
        .iter()
        .flat_map(|page| &page.rows)
        .map(|row| row.row.id)
        .collect();
    assert_eq!(rows, [project.into(), mine.into(), open.into(), done.into()]);
    let at = |stage| FillPlace { stage, after: 0 };
    let scopes = vec![Scope::Project(project)];
    let late = Fill { scopes: scopes.clone(), until: 2, from: at(Stage::Mine) };
    let page = ines.pull_as(&PullRequest { scopes, fill: Some(late), ..ines.pull_request(until) }).await;
    assert!(matches!(page, PullResponse::Filled(page) if page.rows.is_empty()), "what came later is a change");
}
