//! What somebody is in the organization changes, and ends: who may do that, and what comes of work that is under way.

use std::time::Duration;

use engine::view::Reason;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Response, StatusCode};
use serde_json::json;
use shared::clock::Version;
use shared::field::{Field, TextField};
use shared::ids::{EntityId, ProjectId, UserId};
use shared::member::{MemberView, Membership};
use shared::mutation::{Create, Op, Refusal};
use shared::protocol::{PushResult, kind};
use shared::realtime::{ServerMessage, close};
use shared::value::{Role, Value};
use uuid::Uuid;

use crate::audit::audit;
use crate::device::Real;
use crate::harness::{Device, Server, check, checksum, create, edit, footprint, results, task_id, title};
use crate::realtime::Socket;
use crate::sync::APPLIED;

pub(crate) fn user(device: &Device<'_>) -> UserId {
    device.session.account.user
}

pub(crate) async fn give(by: &Device<'_>, to: impl ToString, role: &str) -> Response {
    let request = by.request(Method::PATCH, &format!("/api/members/{}", to.to_string()));
    request.json(&json!({ "role": role })).send().await.unwrap()
}

/// Gives a role, which must be possible.
pub(crate) async fn make(by: &Device<'_>, of: &Device<'_>, role: &str) {
    let response = give(by, user(of), role).await;
    assert_eq!(response.status(), StatusCode::OK, "{:?}", response.text().await);
    let Membership { user: whose, role: now } = response.json().await.unwrap();
    assert_eq!((whose, now.name()), (user(of), role));
}

pub(crate) async fn remove(by: &Device<'_>, whom: impl ToString) -> Response {
    by.request(Method::DELETE, &format!("/api/members/{}", whom.to_string())).send().await.unwrap()
}

pub(crate) async fn removed(by: &Device<'_>, whom: &Device<'_>) {
    assert_eq!(remove(by, user(whom)).await.status(), StatusCode::NO_CONTENT);
}

/// How the others see somebody.
pub(crate) async fn seen(by: &Device<'_>, whom: UserId) -> MemberView {
    let page = by.pull(0).await;
    assert_eq!(page.checksum, checksum(&page));
    page.rows.iter().filter_map(|row| MemberView::of(&row.row)).find(|view| view.id == whom).unwrap()
}

/// Everybody who is in Saltmarsh, one of each role.
struct People<'a> {
    ines: Device<'a>,
    ada: Device<'a>,
    bo: Device<'a>,
    gus: Device<'a>,
}

impl<'a> People<'a> {
    async fn of(server: &'a Server) -> Self {
        let ines = server.register("ines@saltmarsh.example").await;
        let ada = server.join(&ines, "ada@saltmarsh.example").await;
        let bo = server.join(&ines, "bo@saltmarsh.example").await;
        let gus = server.join(&ines, "gus@saltmarsh.example").await;
        make(&ines, &ada, "admin").await;
        make(&ada, &gus, "guest").await;
        Self { ines, ada, bo, gus }
    }
}

/// Asks for one thing, then for another, while somebody slow holds the organization's lock: both have come before either
/// has its turn, and they have it in this order.
pub(crate) async fn in_line(
    server: &Server,
    first: impl Future<Output = Response>,
    second: impl Future<Output = Response>,
) -> (Response, Response) {
    let mut slow = server.owner().await;
    sqlx::query("BEGIN").execute(&mut slow).await.unwrap();
    sqlx::query("SELECT FROM organizations FOR UPDATE").execute(&mut slow).await.unwrap();
    let second = async {
        waiting(server, 1).await;
        second.await
    };
    let release = async {
        waiting(server, 2).await;
        sqlx::query("COMMIT").execute(&mut slow).await.unwrap();
    };
    let (first, second, ()) = tokio::join!(first, second, release);
    (first, second)
}

/// Returns when so many wait for a lock.
async fn waiting(server: &Server, count: i64) {
    let mut owner = server.owner().await;
    let now = "SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(now).fetch_one(&mut owner).await.unwrap() < count {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn who_may_change_what_somebody_is() {
    let server = Server::start().await;
    let People { ines, ada, bo, gus } = People::of(&server).await;
    let eve = server.register("eve@elsewhere.example").await;
    let before = footprint(&server).await;
    for by in [&bo, &gus] {
        for whom in [user(&ines), user(&ada), user(&bo), user(&gus), user(&eve), UserId(Uuid::now_v7())] {
            for role in ["guest", "member", "admin", "owner"] {
                check(give(by, whom, role).await, 403, kind::NOT_FOUND).await;
            }
            if whom != user(by) {
                check(remove(by, whom).await, 403, kind::NOT_FOUND).await;
            }
        }
    }
    // Above an admin there is the owner.
    check(give(&ada, user(&ines), "member").await, 403, kind::NOT_FOUND).await;
    check(give(&ada, user(&ada), "owner").await, 403, kind::NOT_FOUND).await;
    check(remove(&ada, user(&ines)).await, 403, kind::NOT_FOUND).await;
    // Whoever is in another organization is like nobody, to the letter.
    for by in [&ines, &ada] {
        let nobody = Uuid::now_v7().to_string();
        let mut answers = Vec::new();
        for whom in [user(&eve).to_string(), nobody, "17".to_owned(), "%ff".to_owned()] {
            for response in [give(by, &whom, "guest").await, remove(by, &whom).await] {
                answers.push((response.status().as_u16(), response.text().await.unwrap()));
            }
        }
        assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == 404), "{answers:?}");
    }
    check(give(&eve, user(&bo), "guest").await, 404, kind::NOT_FOUND).await;
    check(remove(&eve, user(&bo)).await, 404, kind::NOT_FOUND).await;
    for method in [Method::PATCH, Method::DELETE] {
        let request = server.request(method, &format!("/api/members/{}", user(&bo))).json(&json!({ "role": "guest" }));
        check(request.send().await.unwrap(), 401, kind::UNAUTHENTICATED).await;
    }
    assert_eq!(footprint(&server).await, before);

    // An admin may, and whoever wants to leave.
    make(&ada, &bo, "admin").await;
    make(&bo, &ada, "member").await;
    make(&ines, &ada, "owner").await;
    removed(&gus, &gus).await;
    removed(&bo, &bo).await;
    check(remove(&ada, user(&bo)).await, 404, kind::NOT_FOUND).await;
    audit(&server).await;
}

#[tokio::test]
async fn what_is_no_role_is_refused() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let before = footprint(&server).await;
    let path = format!("/api/members/{}", user(&bo));
    for body in [
        json!({}),
        json!([]),
        json!({ "role": "king" }),
        json!({ "role": "Admin" }),
        json!({ "role": { "king": 1 } }),
        json!({ "role": "guest", "user": user(&bo) }),
    ] {
        check(ines.request(Method::PATCH, &path).json(&body).send().await.unwrap(), 422, kind::INVALID).await;
    }
    // (Where a name is expected and there is none, the parser of JSON has stopped.)
    for body in ["{\"role\":", "{\"role\":null}", "{\"role\":3}", ""] {
        let broken = ines.request(Method::PATCH, &path).header(CONTENT_TYPE, "application/json").body(body);
        check(broken.send().await.unwrap(), 400, kind::INVALID).await;
    }
    let text = ines.request(Method::PATCH, &path).body("guest");
    check(text.send().await.unwrap(), 415, kind::INVALID).await;
    check(ines.request(Method::POST, &path).send().await.unwrap(), 405, kind::INVALID).await;
    // The same role again is no change.
    make(&ines, &bo, "member").await;
    make(&ines, &ines, "owner").await;
    assert_eq!(footprint(&server).await, before);
}

#[tokio::test]
async fn an_organization_always_has_an_admin() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    // An admin elsewhere is none here.
    let _eve = server.register("eve@elsewhere.example").await;
    let before = footprint(&server).await;
    check(give(&ines, user(&ines), "member").await, 409, kind::LAST_ADMIN).await;
    check(give(&ines, user(&ines), "guest").await, 409, kind::LAST_ADMIN).await;
    check(remove(&ines, user(&ines)).await, 409, kind::LAST_ADMIN).await;
    assert_eq!(footprint(&server).await, before);
    make(&ines, &bo, "admin").await;
    removed(&ines, &ines).await;
    check(remove(&bo, user(&bo)).await, 409, kind::LAST_ADMIN).await;
    check(give(&bo, user(&bo), "member").await, 409, kind::LAST_ADMIN).await;
    audit(&server).await;
}

/// Both were allowed when they asked. It is decided one after the other.
#[tokio::test]
async fn of_two_who_demote_each_other_one_stays() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    make(&ines, &bo, "owner").await;
    let (first, second) = in_line(&server, give(&ines, user(&bo), "member"), give(&bo, user(&ines), "member")).await;
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 403));

    make(&ines, &bo, "owner").await;
    let (first, second) = in_line(&server, remove(&ines, user(&ines)), remove(&bo, user(&bo))).await;
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (204, 409), "the last one cannot leave");
    audit(&server).await;
}

/// A push that came before the change of a role and is handled after it.
#[tokio::test]
async fn whoever_waits_for_their_turn_is_looked_at_when_it_comes() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut bo = server.join(&ines, "bo@saltmarsh.example").await;
    let (project, task) = (ines.project().await, task_id());
    ines.push(9, [create(task, project, "One")]).await;
    let edited = bo.next(9, [edit(task, "One", "Two")]);
    let (changed, pushed) = in_line(&server, give(&ines, user(&bo), "guest"), bo.send(&edited)).await;
    assert_eq!(changed.status(), StatusCode::OK);
    assert_eq!(results(pushed).await, [PushResult::Rejected(Refusal::NotFound)]);

    let edited = bo.next(9, [edit(task, "One", "Two")]);
    let (changed, pushed) = in_line(&server, give(&ines, user(&bo), "member"), bo.send(&edited)).await;
    assert_eq!(changed.status(), StatusCode::OK);
    assert_eq!(results(pushed).await, [APPLIED]);

    let edited = bo.next(9, [edit(task, "Two", "Three")]);
    let before = bo.now().await;
    let (gone, pushed) = in_line(&server, remove(&ines, user(&bo)), bo.send(&edited)).await;
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    check(pushed, 401, kind::UNAUTHENTICATED).await;
    assert_eq!(ines.now().await, before + 1, "the removal, and nothing else");
    audit(&server).await;
}

/// What closes leaves the device, what was done meanwhile is refused and shown to its author.
#[tokio::test]
async fn somebody_is_made_a_guest_while_they_are_away() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let (general, shared) = (ines.project().await, ProjectId(Uuid::now_v7()));
    let (closes, stays) = (task_id(), task_id());
    let made = Create::new(shared).text(TextField::Name, "Shared").value(Field::Private, Value::Flag(true));
    let ops = [
        Op::Create(made),
        Op::write(shared, Field::Access(user(&bo)), Value::Role(Role::Member)),
        create(closes, general, "Closes"),
        create(stays, shared, "Stays"),
    ];
    assert_eq!(ines.push(99, ops).await, [APPLIED, APPLIED, APPLIED, APPLIED]);
    let mut real = Real::of(&bo).await;
    real.sync().await;
    real.retitle(closes, "Closed").await;
    real.retitle(stays, "Stayed").await;
    make(&ines, &bo, "guest").await;
    real.sync().await;
    assert!(real.view(closes).is_none());
    assert_eq!(real.view(stays).unwrap().title, "Stayed");
    let refused: Vec<_> = real.engine.replica().refused().map(|one| (one.entity(), one.reason.clone())).collect();
    assert_eq!(refused, [(closes.into(), Reason::Refused(Refusal::NotFound))]);
    let titles: Vec<_> = ines.pull(0).await.rows.iter().map(|row| title(&row.row).to_owned()).collect();
    assert!(titles.contains(&"Closes".to_owned()) && titles.contains(&"Stayed".to_owned()));

    // An admin again, they see also what names nobody.
    make(&ines, &bo, "admin").await;
    real.sync().await;
    assert_eq!(real.view(closes).unwrap().title, "Closes");
    audit(&server).await;
}

fn asked(ver: Version) -> ServerMessage {
    ServerMessage::SyncRequired { ver }
}

#[tokio::test]
async fn everybody_is_poked_and_a_guest_hears_no_names() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let cy = server.join(&ines, "cy@saltmarsh.example").await;
    let (mut of_ines, ver) = Socket::open(&ines).await;
    let (mut of_bo, _) = Socket::open(&bo).await;
    let (mut of_cy, _) = Socket::open(&cy).await;
    make(&ines, &bo, "guest").await;
    for socket in [&mut of_ines, &mut of_bo, &mut of_cy] {
        assert_eq!(socket.next().await, Ok(asked(ver + 1)));
    }
    let (project, task) = (ines.project().await, task_id());
    let named = |ver| Ok(ServerMessage::TaskUpdated { id: task, ver });
    ines.push(9, [create(task, project, "One")]).await;
    assert_eq!((of_cy.next().await, of_bo.next().await), (named(ver + 2), Ok(asked(ver + 2))));
    make(&ines, &bo, "member").await;
    assert_eq!((of_cy.next().await, of_bo.next().await), (Ok(asked(ver + 3)), Ok(asked(ver + 3))));
    ines.push(9, [edit(task, "One", "Two")]).await;
    assert_eq!((of_cy.next().await, of_bo.next().await), (named(ver + 4), named(ver + 4)));

    removed(&ines, &bo).await;
    assert_eq!(of_cy.next().await, Ok(asked(ver + 5)));
    let last = match of_bo.next().await {
        Ok(_) => of_bo.next().await,
        closed => closed,
    };
    assert_eq!(last, Err(close::SESSION_ENDED));
    ines.push(9, [edit(task, "Two", "Three")]).await;
    assert_eq!(of_cy.next().await, named(ver + 6));
}

/// Roles are in the history as everything is, by the server.
#[tokio::test]
async fn what_became_of_a_member_is_in_the_history() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    make(&ines, &bo, "guest").await;
    make(&ines, &bo, "admin").await;
    removed(&ines, &bo).await;
    let _again = server.join_on(&ines, "bo@saltmarsh.example", bo.id).await;
    let history: Vec<String> = sqlx::query_scalar(
        "SELECT m.op::text FROM mutations m JOIN actors a USING (org_id, actor)
         WHERE m.entity_id = $1 AND m.ver IS NOT NULL AND a.user_id IS NULL ORDER BY m.ver",
    )
    .bind(user(&bo).0)
    .fetch_all(&mut server.owner().await)
    .await
    .unwrap();
    let ops: Vec<Op> = history.iter().map(|op| serde_json::from_str(op).unwrap()).collect();
    let row = EntityId::Member(user(&bo));
    let role = |role| Op::write(row, Field::Role, Value::Role(role));
    let then = [role(Role::Guest), role(Role::Admin), Op::Delete(row), Op::Restore(row), role(Role::Member)];
    assert!(matches!(ops[0], Op::Create(_)));
    assert_eq!(ops[1..], then);
    audit(&server).await;
}
