//! Somebody is removed: what stays of them, what they can still do, and how they come back.

use engine::status::Blocked;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value as Json, json};
use shared::clock::Millis;
use shared::field::{Field, TextField};
use shared::ids::{EntityId, ProjectId};
use shared::limits::KEPT_FOR;
use shared::member::MemberView;
use shared::mutation::{Create, Op};
use shared::protocol::kind;
use shared::row::Row;
use shared::value::{Role, Value};
use uuid::Uuid;

use crate::audit::audit;
use crate::device::Real;
use crate::harness::{PASSWORD, Server, check, create, credentials, footprint, invited, task_id, title};
use crate::members::{in_line, remove, removed, seen, user};
use crate::sync::APPLIED;

async fn register(server: &Server, token: &Json, email: &str, password: &str) -> Response {
    let mut body = invited(token, email, Uuid::now_v7());
    body["password"] = json!(password);
    server.post("/api/auth/register", &body).await
}

/// The device keeps what its member did, and sends it when they are back.
#[tokio::test]
async fn a_removed_members_unsent_work_arrives_once_they_are_back() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let mut bo = server.join(&ines, "bo@saltmarsh.example").await;
    let project = ines.project().await;
    let mut real = Real::of(&bo).await;
    real.sync().await;
    let task = real.task(project, "Made in the train").await;
    removed(&ines, &bo).await;

    let before = footprint(&server).await;
    real.engine.wake();
    while real.step().await {}
    let status = real.engine.status();
    assert_eq!((status.waiting, status.blocked), (1, Some(Blocked::SignIn)));
    let push = bo.next(9, [create(task_id(), project, "One")]);
    check(bo.send(&push).await, 401, kind::UNAUTHENTICATED).await;
    check(bo.ask(&bo.pull_request(0)).await, 401, kind::UNAUTHENTICATED).await;
    check(bo.refresh(&bo.refresh_token).await, 401, kind::UNAUTHENTICATED).await;
    let ticket = bo.request(Method::POST, "/api/ws/ticket").send().await.unwrap();
    check(ticket, 401, kind::UNAUTHENTICATED).await;
    assert_eq!(footprint(&server).await, before);
    let view = seen(&ines, user(&bo)).await;
    assert!(view.gone && view.name == "Ines Okafor", "names stay: {view:?}");

    let again = server.join_on(&ines, "bo@saltmarsh.example", bo.id).await;
    let (old, new) = (&bo.session.account, &again.session.account);
    assert_eq!((old.user, old.actor), (new.user, new.actor));
    real.signed_in(again.session.clone());
    real.reopen().await;
    real.sync().await;
    real.sync().await;
    assert_eq!(real.view(task).unwrap().title, "Made in the train");
    assert_eq!(real.engine.replica().refused().count(), 0);
    let page = ines.pull(0).await;
    assert_eq!(page.rows.iter().filter(|row| title(&row.row) == "Made in the train").count(), 1);
    let view = seen(&ines, user(&bo)).await;
    assert!(!view.gone && view.role == Role::Member);
    // What ended does not come back with them.
    check(bo.refresh(&bo.refresh_token).await, 401, kind::UNAUTHENTICATED).await;
    check(bo.ask(&bo.pull_request(0)).await, 401, kind::UNAUTHENTICATED).await;
    audit(&server).await;
}

#[tokio::test]
async fn a_removed_member_needs_an_invitation_of_somebody_elses() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let (own, theirs) = (bo.invite().await, ines.invite().await);
    // Whoever is in an organization has no use for another one.
    check(register(&server, &theirs, "bo@saltmarsh.example", PASSWORD).await, 409, kind::TAKEN).await;
    removed(&ines, &bo).await;
    let before = footprint(&server).await;
    check(register(&server, &own, "bo@saltmarsh.example", PASSWORD).await, 404, kind::NOT_FOUND).await;
    check(register(&server, &own, "cy@saltmarsh.example", PASSWORD).await, 404, kind::NOT_FOUND).await;
    check(register(&server, &theirs, "bo@saltmarsh.example", "wrong horse").await, 409, kind::TAKEN).await;
    let login = |password| credentials("bo@saltmarsh.example", password, bo.id);
    check(server.post("/api/auth/login", &login(PASSWORD)).await, 403, kind::NOT_FOUND).await;
    check(server.post("/api/auth/login", &login("wrong horse")).await, 401, kind::CREDENTIALS).await;
    assert_eq!(footprint(&server).await, before);
    assert_eq!(register(&server, &theirs, "bo@saltmarsh.example", PASSWORD).await.status(), StatusCode::CREATED);
    assert_eq!(server.login("bo@saltmarsh.example", bo.id).await.session.account.user, user(&bo));
    // They may also go where they have never been.
    let eve = server.register("eve@elsewhere.example").await;
    removed(&ines, &bo).await;
    let moved = server.join_on(&eve, "bo@saltmarsh.example", bo.id).await;
    assert_eq!(seen(&eve, user(&moved)).await.role, Role::Member);
    check(remove(&ines, user(&moved)).await, 404, kind::NOT_FOUND).await;
    audit(&server).await;
}

/// What was shared only with somebody who has gone is not lost: an admin sees it.
#[tokio::test]
async fn what_a_removed_member_had_to_themselves_stays() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let mut bo = server.join(&ines, "bo@saltmarsh.example").await;
    let (cellar, task) = (ProjectId(Uuid::now_v7()), task_id());
    let made = Create::new(cellar).text(TextField::Name, "Cellar").value(Field::Private, Value::Flag(true));
    assert_eq!(bo.push(99, [Op::Create(made), create(task, cellar, "Casks")]).await, [APPLIED, APPLIED]);
    removed(&ines, &bo).await;
    let ids: Vec<EntityId> = ines.pull(0).await.rows.iter().map(|row| row.row.id).collect();
    assert!(ids.contains(&cellar.into()) && ids.contains(&task.into()));
    let again = server.join_on(&ines, "bo@saltmarsh.example", bo.id).await;
    assert!(again.pull(0).await.rows.iter().any(|row| row.row.id == task.into()));
}

async fn later(server: &Server) -> Millis {
    sqlx::query("UPDATE mutations SET handled_at = now() - interval '91 days'")
        .execute(&mut server.owner().await)
        .await
        .unwrap();
    tern_server::services::now() - KEPT_FOR
}

/// Deleted rows are let go of after a time; what is of people who have left keeps their names.
#[tokio::test]
async fn of_who_left_long_ago_the_name_stays() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let task = task_id();
    ines.push(9, [create(task, ines.project().await, "Old"), Op::Delete(task.into())]).await;
    removed(&ines, &bo).await;
    // A device that is told of the floor, and lets go of the same.
    let mut real = Real::of(&ines).await;
    real.sync().await;
    let before = later(&server).await;
    assert_eq!(server.services.purge(before).await.unwrap(), 1, "the task");
    assert!(seen(&ines, user(&bo)).await.gone);
    real.sync().await;
    assert!(real.resets.is_empty());
    let known: Option<Row> = real.engine.replica().current(EntityId::Member(user(&bo)));
    assert!(MemberView::of(&known.unwrap()).unwrap().gone);
    let again = server.join_on(&ines, "bo@saltmarsh.example", bo.id).await;
    assert!(!seen(&again, user(&bo)).await.gone);
}

/// What somebody does to come in or to stay in, while their removal waits in the line before it.
#[tokio::test]
async fn nobody_slips_in_beside_a_removal() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let cy = server.join(&ines, "cy@saltmarsh.example").await;
    let dee = server.join(&ines, "dee@saltmarsh.example").await;
    let own = bo.invite().await;
    let mallory = register(&server, &own, "mallory@saltmarsh.example", PASSWORD);
    let (gone, refused) = in_line(&server, remove(&ines, user(&bo)), mallory).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    check(refused, 404, kind::NOT_FOUND).await;

    let body = credentials("cy@saltmarsh.example", PASSWORD, cy.id);
    let login = server.post("/api/auth/login", &body);
    let (gone, refused) = in_line(&server, remove(&ines, user(&cy)), login).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    check(refused, 403, kind::NOT_FOUND).await;

    let invite = async { dee.request(Method::POST, "/api/invitations").send().await.unwrap() };
    let (gone, refused) = in_line(&server, remove(&ines, user(&dee)), invite).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    check(refused, 401, kind::UNAUTHENTICATED).await;
    audit(&server).await;
}

#[tokio::test]
async fn whoever_comes_back_twice_at_once_is_back_once() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    removed(&ines, &bo).await;
    let (one, two) = (ines.invite().await, ines.invite().await);
    let back = |token| register(&server, token, "bo@saltmarsh.example", PASSWORD);
    let (first, second) = in_line(&server, back(&one), back(&two)).await;
    assert_eq!(first.status(), StatusCode::CREATED);
    check(second, 409, kind::TAKEN).await;
    // The other invitation is not used up.
    assert_eq!(register(&server, &two, "cy@saltmarsh.example", PASSWORD).await.status(), StatusCode::CREATED);
    audit(&server).await;
}
