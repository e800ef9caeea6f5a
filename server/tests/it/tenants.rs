//! On every route and on every table somebody tries to reach into another organization. What is there and not theirs is
//! to them as what is not there at all: the same answer, to the letter.
//!
//! Routes are read off the router's document, tables off PostgreSQL's catalogue: a new one without a case fails here.

mod devices;
mod earlier;
mod files;
mod graphql;
mod own;
mod rows;
pub(crate) mod webhooks;

use std::collections::{BTreeMap, BTreeSet};

use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use shared::account::DeviceInfo;
use shared::clock::{Actor, Counter};
use shared::field::{Field, TextField};
use shared::ids::{
    AttachmentId, CommentId, CustomFieldId, DeviceId, EntityId, Epoch, Kind, OrgId, ProjectId, SavedViewId, SectionId,
    TaskId, UserId,
};
use shared::mutation::{Create, EditRelations, EditTags, Op, TextEdit, Undo};
use shared::protocol::{Fill, FillPlace, LastMutation, PullRequest};
use shared::register::Tag;
use shared::relation::Relation;
use shared::resume::{History, ResumeRequest};
use shared::scope::Scope;
use shared::text::Delta;
use shared::value::{FieldType, Place, Subject, Value};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use uuid::Uuid;

use crate::attachments;
use crate::audit::{audit, content};
use crate::harness::{Device, PASSWORD, Server, create, credentials, edit, registration, task_id};
use crate::openapi::operations;
use crate::sync::APPLIED;

/// In a file.
const SECRET: &[u8] = b"secret";

/// Everything that names something of an organization: once what is there, once what is nowhere.
struct Names {
    org: OrgId,
    user: UserId,
    family: Uuid,
    actor: Actor,
    n: Counter,
    epoch: Epoch,
    email: &'static str,
    rows: BTreeMap<Kind, Uuid>,
    /// A personal access token.
    token: Uuid,
    /// A calendar.
    feed: Uuid,
    device: Uuid,
    /// A webhook, and a delivery of it.
    webhook: [Uuid; 2],
}

impl Names {
    fn nowhere() -> Self {
        let id = Uuid::now_v7;
        Self {
            org: OrgId(id()),
            user: UserId(id()),
            family: id(),
            actor: 77,
            n: 77,
            epoch: Epoch(id()),
            email: "nobody@nowhere.example",
            rows: Kind::ALL.iter().map(|kind| (*kind, id())).collect(),
            token: id(),
            feed: id(),
            device: id(),
            webhook: [id(), id()],
        }
    }

    fn row(&self, kind: Kind) -> EntityId {
        kind.of(self.rows[&kind])
    }
}

/// Fills an organization with a row of every kind, and says what they are called.
async fn inhabit(ines: &mut Device<'_>) -> Names {
    let (project, id) = (ines.project().await, Uuid::now_v7);
    let (section, task, field) = (SectionId(id()), task_id(), CustomFieldId(id()));
    let place = Place { project: Some(project), ..Place::default() };
    let subject = Subject { task, reply_to: None };
    let file = attachments::facts(SECRET);
    let named = |id: EntityId| Create::new(id).text(TextField::Name, "Ours");
    let (comment, attachment, view) = (CommentId(id()), AttachmentId(id()), SavedViewId(id()));
    let about = |create: Create| create.value(Field::Subject, Value::Subject(subject));
    let second = ProjectId(id());
    let away = Place { project: Some(second), ..Place::default() };
    let ops = [
        Op::Create(named(second.into())),
        Op::Create(named(section.into()).value(Field::Place, place)),
        create(task, project, "Secret"),
        Op::Create(about(Create::new(comment).text(TextField::Body, "Secret"))),
        Op::Create(about(named(attachment.into())).value(Field::File, Value::File(file))),
        Op::Create(named(field.into()).value(Field::FieldType, Value::FieldType(FieldType::Text))),
        Op::Create(named(view.into()).value(Field::Filter, Value::Text("{}".into()))),
        edit(task, "Secret", "Secrets"),
        Op::write(task, Field::Place, Value::Place(away)),
    ];
    let count = ops.len();
    assert_eq!(ines.push(1, ops).await, vec![APPLIED; count]);
    attachments::upload(ines, attachment, SECRET).await;
    ines.request(Method::POST, "/api/invitations").send().await.unwrap();
    let (_, made) =
        answer(ines.request(Method::POST, "/api/tokens").json(&json!({ "name": "t", "access": "write" }))).await;
    let (_, feed) = answer(ines.request(Method::POST, "/api/feeds").json(&json!({ "name": "Secret" }))).await;
    let body = json!({ "title": "Secret", "project": second });
    answer(ines.request(Method::POST, "/api/tasks").header("Idempotency-Key", "k").json(&body)).await;
    let webhook = webhooks::make(ines).await;
    let account = &ines.session.account;
    let rows = ines.pull(0).await.rows.iter().map(|row| (row.row.id.kind(), row.row.id.uuid())).collect();
    Names {
        org: account.organization,
        user: account.user,
        family: Server::tokens().member(&ines.session.access_token.0).unwrap().family(),
        actor: account.actor,
        n: ines.last.n,
        epoch: account.epoch,
        email: "ines@saltmarsh.example",
        rows,
        token: made["id"].as_str().unwrap().parse().unwrap(),
        feed: feed["id"].as_str().unwrap().parse().unwrap(),
        device: ines.id,
        webhook,
    }
}

/// Everything that an operation can do to a row, and every way to name one.
fn ops(names: &Names, own: ProjectId) -> Vec<Op> {
    let mut ops = Vec::new();
    let row = |kind| names.row(kind);
    for kind in Kind::ALL {
        let entity = row(*kind);
        ops.extend([Op::Delete(entity), Op::Restore(entity)]);
        ops.push(Op::Undo(Undo { entity, actor: names.actor, n: names.n }));
        ops.push(Op::write(entity, Field::Hidden, Value::Flag(true)));
        for field in TextField::ALL {
            ops.push(Op::TextEdit(TextEdit { entity, field, delta: Delta::between("Secrets", "Mine") }));
        }
    }
    let (EntityId::Project(project), EntityId::Section(section)) = (row(Kind::Project), row(Kind::Section)) else {
        unreachable!()
    };
    let (task, comment) = (TaskId(names.rows[&Kind::Task]), CommentId(names.rows[&Kind::Comment]));
    let custom = Field::Custom(CustomFieldId(names.rows[&Kind::CustomField]));
    ops.push(Op::Tags(EditTags { id: task, add: vec![Tag::new("x")], remove: vec![] }));
    ops.push(Op::Relations(EditRelations { id: task_id(), add: vec![Relation::Blocks(task)], remove: vec![] }));
    ops.push(Op::write(task, Field::Estimate, Value::Count(1)));
    // One's own rows, with something of theirs.
    let place = Place { project: Some(own), ..Place::default() };
    for place in [
        Place { project: Some(project), ..place.clone() },
        Place { section: Some(section), ..place.clone() },
        Place { parent: Some(task), ..place.clone() },
    ] {
        let new = Create::new(task_id()).text(TextField::Title, "In");
        ops.push(Op::Create(new.value(Field::Place, place)));
    }
    let new = || Create::new(task_id()).text(TextField::Title, "Mine").value(Field::Place, place.clone());
    ops.push(Op::Create(new().value(Field::Assignees, Value::People(BTreeSet::from([names.user])))));
    ops.push(Op::Create(new().value(custom, Value::Text("x".into()))));
    for subject in [Subject { task, reply_to: None }, Subject { task, reply_to: Some(comment) }] {
        let new = Create::new(CommentId(Uuid::now_v7())).text(TextField::Body, "Mine");
        ops.push(Op::Create(new.value(Field::Subject, Value::Subject(subject))));
    }
    ops
}

/// What somebody does, and where it is tried: all that an answer says, but for what it says of the time.
type Answer = (StatusCode, Json);

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or(Json::Null))
}

/// Eve's own token, with another organization in it: signed as the server would, if it were deceived.
async fn deceived(eve: &Device<'_>, org: OrgId, change: impl Fn(&mut Json)) -> String {
    let key: Vec<u8> = sqlx::query_scalar("SELECT access_key FROM server_secret")
        .fetch_one(&mut eve.server.owner().await)
        .await
        .unwrap();
    let account = &eve.session.account;
    let family = Server::tokens().member(&eve.session.access_token.0).unwrap().family();
    let mut claims = json!({
        "sub": account.user, "org": org, "actor": account.actor, "device": eve.id,
        "family": family, "iat": 0, "exp": 4_000_000_000_u64,
    });
    change(&mut claims);
    encode(&Header::default(), &claims, &EncodingKey::from_secret(&key)).unwrap()
}

/// Tries a route with these names; `None` for a route that this test does not know.
async fn attempt(eve: &mut Device<'_>, route: &str, names: &Names) -> Option<Vec<Answer>> {
    let server = eve.server;
    let post = |path: &str| server.request(Method::POST, path);
    let refresh = |token: String| ("cookie", format!("tern_refresh={token}"));
    Some(match route {
        "GET /api/health" | "GET /api/schema" | "GET /api/docs" => {
            let path = route.trim_start_matches("GET ");
            vec![answer(server.request(Method::GET, path).query(&[("org", names.org)])).await]
        }
        "POST /api/auth/register" => {
            let mut body = registration("mallory@elsewhere.example", Uuid::now_v7());
            body["invitation"] = json!(invitation(eve, names.org).await);
            vec![answer(post("/api/auth/register").json(&body)).await]
        }
        "POST /api/auth/login" => {
            let body = credentials(names.email, &format!("not {PASSWORD}"), eve.id);
            vec![answer(post("/api/auth/login").json(&body)).await]
        }
        "POST /api/auth/refresh" | "POST /api/auth/logout" => {
            let path = route.trim_start_matches("POST ");
            let own = Server::tokens().member(&eve.session.access_token.0).unwrap().family();
            let mut answers = Vec::new();
            // A session of hers in their organization, and one of theirs in hers.
            for (org, family) in [(names.org, own), (eve.session.account.organization, names.family)] {
                let (name, value) = refresh(Server::tokens().refresh(org, family, 0));
                answers.push(answer(post(path).header(name, value)).await);
            }
            answers
        }
        "POST /api/attachments"
        | "GET /api/attachments/{id}"
        | "GET /api/attachments/{id}/thumbnail"
        | "POST /api/attachments/{id}/chunks/{n}"
        | "POST /api/attachments/{id}/complete" => rows::attachment(eve, route, names).await,
        "POST /api/auth/resume" => resume(eve, names).await,
        "POST /api/invitations" | "POST /api/ws/ticket" => {
            as_deceived(eve, names, |token| post(route.trim_start_matches("POST ")).bearer_auth(token)).await
        }
        "PATCH /api/members/{user}" | "DELETE /api/members/{user}" => member(eve, route, names).await,
        "GET /api/ws" => {
            let query = [("ticket", deceived(eve, names.org, |_| {}).await)];
            vec![answer(server.request(Method::GET, "/api/ws").query(&query)).await]
        }
        route if route.contains("/api/tokens") || route.contains("/api/feeds") => own::attempt(eve, route, names).await,
        "GET /api/export" | "POST /api/import" => files::attempt(eve, route, names).await,
        route if route.contains("/api/graphql") => graphql::attempt(eve, route, names).await,
        route if route.contains("/api/webhooks") => webhooks::attempt(eve, route, names).await,
        route if route.contains("/api/devices") => devices::attempt(eve, route, names).await,
        "POST /api/sync/push" => push(eve, names).await,
        "POST /api/sync/pull" => pull(eve, names).await,
        route if route.contains("/api/sync") => earlier::attempt(eve, route, names).await,
        route => return rows::attempt(eve, route, names).await,
    })
}

/// An invitation of Eve's, as if it were of another organization.
async fn invitation(eve: &Device<'_>, org: OrgId) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let (_, own) = answer(eve.request(Method::POST, "/api/invitations")).await;
    let mut bytes = URL_SAFE_NO_PAD.decode(own["token"].as_str().unwrap()).unwrap();
    bytes[..16].copy_from_slice(org.0.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// With Eve's session in their organization, and with theirs in hers.
async fn as_deceived(
    eve: &Device<'_>,
    names: &Names,
    request: impl Fn(String) -> reqwest::RequestBuilder,
) -> Vec<Answer> {
    let hers = deceived(eve, names.org, |_| {}).await;
    let theirs = |claims: &mut Json| {
        claims["family"] = json!(names.family);
        claims["sub"] = json!(names.user);
    };
    let theirs = deceived(eve, eve.session.account.organization, theirs).await;
    vec![answer(request(hers)).await, answer(request(theirs)).await]
}

/// As one of their actors, and as her own one in their organization.
async fn resume(eve: &Device<'_>, names: &Names) -> Vec<Answer> {
    let (server, path) = (eve.server, "/api/auth/resume");
    let request = |actor| ResumeRequest {
        device: DeviceInfo { id: DeviceId(Uuid::now_v7()), name: "Hers".into() },
        history: History { epoch: None, actor, confirmed: LastMutation::default(), waiting: Vec::new() },
    };
    let mut answers = vec![answer(eve.request(Method::POST, path).json(&request(names.actor + 1))).await];
    let own = request(eve.session.account.actor);
    answers.extend(
        as_deceived(eve, names, |token| server.request(Method::POST, path).bearer_auth(token).json(&own)).await,
    );
    answers
}

/// Whom she sees there and nobody has invited into hers.
async fn member(eve: &Device<'_>, route: &str, names: &Names) -> Vec<Answer> {
    let method = if route.starts_with("PATCH") { Method::PATCH } else { Method::DELETE };
    let path = format!("/api/members/{}", names.user);
    let asked = |request: reqwest::RequestBuilder| request.json(&json!({ "role": "guest" }));
    let mut answers = vec![answer(asked(eve.request(method.clone(), &path))).await];
    let ask = |token| asked(eve.server.request(method.clone(), &path).bearer_auth(token));
    answers.extend(as_deceived(eve, names, ask).await);
    answers
}

async fn push(eve: &mut Device<'_>, names: &Names) -> Vec<Answer> {
    let own = eve.project().await;
    let ops = ops(names, own);
    assert!(ops.len() > 50);
    let request = eve.next(1, ops);
    let (status, body) = answer(eve.request(Method::POST, "/api/sync/push").json(&request)).await;
    let results = body["results"].as_array().unwrap().iter().map(|one| one["result"].clone()).collect();
    assert!(body["results"].as_array().unwrap().iter().all(|one| one["result"].get("rejected").is_some()), "{body}");
    let mut answers = vec![(status, results)];
    let mut of_another = eve.next(1, [create(task_id(), own, "One")]);
    of_another.actor = names.actor + 1;
    answers.push(answer(eve.request(Method::POST, "/api/sync/push").json(&of_another)).await);
    of_another.actor = eve.session.account.actor;
    of_another.epoch = names.epoch;
    answers.push(answer(eve.request(Method::POST, "/api/sync/push").json(&of_another)).await);
    let last = of_another.mutations[0].n - 1;
    eve.last = LastMutation { n: last, hash: of_another.mutations[0].prev_hash };
    let server = eve.server;
    let path = "/api/sync/push";
    answers.extend(
        as_deceived(eve, names, |token| server.request(Method::POST, path).bearer_auth(token).json(&of_another)).await,
    );
    answers
}

async fn pull(eve: &Device<'_>, names: &Names) -> Vec<Answer> {
    let path = "/api/sync/pull";
    let ask = |request: &PullRequest| eve.request(Method::POST, path).json(request);
    let own = eve.pull_request(0);
    let id = |kind| names.row(kind).uuid();
    let scopes = vec![Scope::Project(ProjectId(id(Kind::Project))), Scope::Person(names.user)];
    let fill = Fill { scopes: scopes.clone(), until: 99, from: FillPlace::BEGIN };
    let theirs = PullRequest { scopes, ..own.clone() };
    let mut answers = vec![
        answer(ask(&PullRequest { actor: names.actor + 1, ..own.clone() })).await,
        answer(ask(&PullRequest { epoch: Some(names.epoch), cursor: 1, ..own.clone() })).await,
        answer(ask(&theirs)).await,
        answer(ask(&PullRequest { fill: Some(fill), ..theirs })).await,
    ];
    let server = eve.server;
    answers.extend(
        as_deceived(eve, names, |token| server.request(Method::POST, path).bearer_auth(token).json(&own)).await,
    );
    answers
}

/// The routes of the API, as the document lists them.
fn routes() -> Vec<String> {
    operations().into_iter().map(|(_, path, method)| format!("{method} {path}")).collect()
}

/// What an organization has.
async fn of(server: &Server, org: OrgId) -> Vec<String> {
    content(server).await.into_iter().filter(|row| row.contains(&org.to_string())).collect()
}

#[tokio::test]
async fn on_no_route_another_organizations_data_are_there() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    // So that numbers of Ines's are not Eve's.
    let _bo = server.join(&ines, "bo@saltmarsh.example").await;
    let theirs = inhabit(&mut ines).await;
    let mut eve = server.register("eve@elsewhere.example").await;
    let before = of(&server, theirs.org).await;
    assert!(before.len() > 20);
    let routes = routes();
    assert!(routes.len() >= 10, "{routes:?}");
    for route in &routes {
        let there = attempt(&mut eve, route, &theirs).await;
        let nowhere = attempt(&mut eve, route, &Names::nowhere()).await;
        assert!(there.is_some(), "{route} is new: what can somebody of another organization try there?");
        assert_eq!(there, nowhere, "{route}");
        assert_eq!(of(&server, theirs.org).await, before, "{route}");
    }
    audit(&server).await;
}

/// Tables without organizations, and why that is no hole.
const COMMON: &[(&str, &str)] = &[
    ("_sqlx_migrations", "which migrations were made; the runtime role cannot read it"),
    ("server_secret", "the keys that sign tokens; the runtime role cannot read it"),
    ("users", "people are in several organizations; read by e-mail address while signing in, by id afterwards"),
    ("devices", "of people, as these"),
];

async fn all_tables(owner: &mut PgConnection) -> BTreeSet<String> {
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')")
            .fetch_all(owner)
            .await
            .unwrap();
    tables.into_iter().collect()
}

/// Rows that a statement touches; 0 where it is not allowed.
async fn touched(runtime: &mut PgConnection, statement: String) -> u64 {
    runtime.execute("SAVEPOINT attempt").await.unwrap();
    match runtime.execute(AssertSqlSafe(statement.clone())).await {
        Ok(done) => done.rows_affected(),
        Err(error) => {
            let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code).unwrap().into_owned();
            assert_eq!(code, "42501", "{statement}: {error}"); // insufficient_privilege, and what row security says
            runtime.execute("ROLLBACK TO attempt").await.unwrap();
            0
        }
    }
}

#[tokio::test]
async fn in_no_table_another_organizations_rows_are_there() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let theirs = inhabit(&mut ines).await.org;
    let mut eve = server.register("eve@elsewhere.example").await;
    let own = inhabit(&mut eve).await.org;
    server.services.begin_epochs().await.unwrap();
    let mut owner = server.owner().await;
    let (mut runtime, before) = (server.owner().await, content(&server).await);
    runtime.execute("SET ROLE tern_app").await.unwrap();
    for table in all_tables(&mut owner).await {
        if COMMON.iter().any(|(name, _)| *name == table) {
            continue;
        }
        let column = if table == "organizations" { "id" } else { "org_id" };
        let rows = format!("SELECT to_jsonb(t)::text FROM {table} t WHERE {column} = '{theirs}'");
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut owner).await.unwrap();
        assert!(
            !rows.is_empty(),
            "{table} is new, or empty: fill it here, or say in COMMON why it has no organization"
        );

        runtime.execute("BEGIN").await.unwrap();
        runtime.execute(AssertSqlSafe(format!("SELECT set_config('tern.org', '{own}', true)"))).await.unwrap();
        let count = format!("SELECT count(*) FROM {table} WHERE {column} = '{theirs}'");
        let seen: i64 = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut runtime).await.unwrap();
        assert_eq!(seen, 0, "{table}");
        for statement in [
            format!("UPDATE {table} SET {column} = {column} WHERE {column} = '{theirs}'"),
            format!("DELETE FROM {table} WHERE {column} = '{theirs}'"),
            format!("UPDATE {table} SET {column} = '{theirs}' WHERE {column} = '{own}'"),
        ] {
            assert_eq!(touched(&mut runtime, statement).await, 0, "{table}");
        }
        for row in rows {
            let row = row.replace('\'', "''");
            let insert = format!("INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, '{row}')");
            assert_eq!(touched(&mut runtime, insert).await, 0, "{table}");
        }
        runtime.execute("ROLLBACK").await.unwrap();
    }
    for table in ["_sqlx_migrations", "server_secret"] {
        let read = format!("SELECT FROM {table}");
        assert!(runtime.execute(AssertSqlSafe(read)).await.is_err(), "{table}");
    }
    assert_eq!(content(&server).await, before);
}

/// The policies hold whoever the connections of requests are: not the owner, whom none stops.
#[tokio::test]
async fn requests_run_as_a_role_that_policies_stop() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    assert_eq!(ines.pull(0).await.rows.len(), 2);
    let mut owner = server.owner().await;
    owner.execute("CREATE POLICY nobody ON entities AS RESTRICTIVE TO tern_app USING (false)").await.unwrap();
    assert_eq!(ines.pull(0).await.rows.len(), 0);
    owner.execute("DROP POLICY nobody ON entities").await.unwrap();
    assert_eq!(ines.pull(0).await.rows.len(), 2);
}
