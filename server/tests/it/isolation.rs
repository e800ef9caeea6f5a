//! Organizations never meet: not over HTTP, and not when the server's own statements forget to ask.

use serde_json::{Value, json};
use shared::field::{Field, TextField};
use shared::ids::{Kind, ProjectId};
use shared::merge::Outcome;
use shared::mutation::{Create, Op, Refusal};
use shared::protocol::{PullRequest, PushRequest, PushResult, kind};
use shared::value::{Place, Value as FieldValue};
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use uuid::Uuid;

use crate::attachments;
use crate::harness::{Server, check, create, edit, footprint, registration, task_id, title};

#[tokio::test]
async fn another_organizations_rows_do_not_exist() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut eve = server.register("eve@elsewhere.example").await;
    let (project, task) = (ines.project().await, task_id());
    ines.push(1, [create(task, project, "Secret")]).await;

    let seen: Vec<_> = eve.pull(0).await.rows.iter().map(|row| title(&row.row).to_owned()).collect();
    assert_eq!(seen, ["Ines Okafor", "General"], "her own");
    let ops = [
        edit(task, "Secret", "Mine"),
        Op::Delete(task.into()),
        Op::Delete(project.into()),
        create(task_id(), project, "In"),
    ];
    let refused = [Refusal::NotFound, Refusal::NotFound, Refusal::NotFound, Refusal::Unknown { kind: Kind::Project }];
    assert_eq!(eve.push(9, ops).await, refused.map(PushResult::Rejected));
    // The same id in two organizations is two rows.
    let own = eve.project().await;
    assert_eq!(eve.push(1, [create(task, own, "Mine")]).await, [PushResult::Accepted(Outcome::Applied)]);
    assert_eq!(title(&ines.pull(2).await.rows[0].row), "Secret");
    assert_eq!(title(&eve.pull(2).await.rows[0].row), "Mine");
    assert_eq!((ines.pull(0).await.snapshot, eve.pull(0).await.snapshot), (3, 3));
}

#[tokio::test]
async fn nobody_acts_as_another_device() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut bo = server.join(&ines, "bo@saltmarsh.example").await;
    let eve = server.register("eve@elsewhere.example").await;
    let project = ines.project().await;
    let before = footprint(&server).await;
    let of_ines = ines.next(1, [create(task_id(), project, "One")]);
    check(bo.send(&of_ines).await, 404, kind::NOT_FOUND).await;
    // Eve's actor has the same number as Ines's, in an organization of her own.
    assert_eq!(eve.session.account.actor, ines.session.account.actor);
    check(eve.send(&of_ines).await, 409, kind::EPOCH).await;
    let of_bo = bo.next(1, [create(task_id(), project, "One")]);
    check(ines.send(&PushRequest { actor: 1, ..of_bo }).await, 404, kind::NOT_FOUND).await;
    let other = PullRequest { actor: ines.session.account.actor, ..bo.pull_request(0) };
    check(bo.ask(&other).await, 404, kind::NOT_FOUND).await;
    assert_eq!(footprint(&server).await, before);
}

#[tokio::test]
async fn an_invitation_is_for_its_own_organization() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let eve = server.register("eve@elsewhere.example").await;
    let response = eve.request(reqwest::Method::POST, "/api/invitations").send().await.unwrap();
    let invitation: Value = response.json().await.unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(invitation["token"].as_str().unwrap()).unwrap();
    bytes[..16].copy_from_slice(ines.session.account.organization.0.as_bytes());
    let mut body = registration("mallory@elsewhere.example", Uuid::now_v7());
    body["invitation"] = json!(URL_SAFE_NO_PAD.encode(bytes));
    check(server.post("/api/auth/register", &body).await, 404, kind::NOT_FOUND).await;
}

/// The tables with rows of organizations.
async fn tables(owner: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND (c.relname = 'organizations' OR EXISTS (
           SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped))",
    )
    .fetch_all(owner)
    .await
    .unwrap()
}

#[tokio::test]
async fn every_table_of_organizations_is_protected() {
    let server = Server::start().await;
    let mut owner = server.owner().await;
    let all = tables(&mut owner).await;
    assert!(all.len() >= 9, "{all:?}");
    let bare: Vec<String> = sqlx::query_scalar(
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.oid::regclass::text = ANY($1) AND NOT (
           c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))",
    )
    .bind(&all)
    .fetch_all(&mut owner)
    .await
    .unwrap();
    assert!(bare.is_empty(), "without forced row-level security: {bare:?}");
    // Keys begin with the organization, and so do references between such tables.
    let loose: Vec<String> = sqlx::query_scalar(
        "SELECT conname::text FROM pg_constraint WHERE contype IN ('p', 'u', 'f') AND conrelid::regclass::text = ANY($1)
           AND confrelid <> 'devices'::regclass AND confrelid <> 'users'::regclass
           AND conrelid <> 'organizations'::regclass
           AND (SELECT attname FROM pg_attribute WHERE attrelid = conrelid AND attnum = conkey[1]) <> 'org_id'",
    )
    .bind(&all)
    .fetch_all(&mut owner)
    .await
    .unwrap();
    assert!(loose.is_empty(), "{loose:?}");
}

#[tokio::test]
async fn the_runtime_role_sees_nothing_without_an_organization() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let (project, task) = (ines.project().await, task_id());
    let second = ProjectId(Uuid::now_v7());
    let create_second = Op::Create(Create::new(second).text(TextField::Name, "Second"));
    let place = Place { project: Some(second), ..Place::default() };
    let away = Op::write(task, Field::Place, FieldValue::Place(place));
    ines.push(1, [create(task, project, "One"), edit(task, "One", "Two"), create_second, away]).await;
    let attachment = attachments::attach_to(&mut ines, task, b"x").await;
    attachments::upload(&ines, attachment, b"x").await;
    ines.request(reqwest::Method::POST, "/api/invitations").send().await.unwrap();
    let token = serde_json::json!({ "name": "t", "access": "read" });
    ines.request(reqwest::Method::POST, "/api/tokens").json(&token).send().await.unwrap();
    let feed = serde_json::json!({ "name": "f" });
    ines.request(reqwest::Method::POST, "/api/feeds").json(&feed).send().await.unwrap();
    let task = serde_json::json!({ "title": "Three", "project": project });
    let new = ines.request(reqwest::Method::POST, "/api/tasks").header("Idempotency-Key", "k").json(&task);
    assert_eq!(new.send().await.unwrap().status(), reqwest::StatusCode::CREATED);
    crate::tenants::webhooks::make(&ines).await;
    server.services.begin_epochs().await.unwrap();

    let mut owner = server.owner().await;
    let all = tables(&mut owner).await;
    let (privileged, owns): (bool, i64) = sqlx::query_as(
        "SELECT rolsuper OR rolbypassrls, (SELECT count(*) FROM pg_class WHERE relowner = r.oid)
         FROM pg_roles r WHERE rolname = 'tern_app'",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert_eq!((privileged, owns), (false, 0));

    let mut runtime = server.owner().await;
    runtime.execute("SET ROLE tern_app").await.unwrap();
    for table in &all {
        let count = format!("SELECT count(*) FROM {table}");
        let hidden: i64 = sqlx::query_scalar(AssertSqlSafe(count.clone())).fetch_one(&mut runtime).await.unwrap();
        let there: i64 = sqlx::query_scalar(AssertSqlSafe(count.clone())).fetch_one(&mut owner).await.unwrap();
        assert!(there > 0 && hidden == 0, "{table}: {hidden} of {there}");
    }
    // With an organization, that one's rows, and nobody else's can be written.
    let org = ines.session.account.organization;
    sqlx::query("SELECT set_config('tern.org', $1, false)").bind(org.to_string()).execute(&mut runtime).await.unwrap();
    let own: i64 = sqlx::query_scalar("SELECT count(*) FROM entities").fetch_one(&mut runtime).await.unwrap();
    assert_eq!(own, 6);
    let foreign = "INSERT INTO actors (org_id, actor) VALUES (gen_random_uuid(), 7)";
    assert!(runtime.execute(foreign).await.unwrap_err().to_string().contains("row-level security"));
    runtime.execute("SET row_security = off").await.unwrap();
    assert!(runtime.execute("SELECT count(*) FROM entities").await.is_err());
    for forbidden in
        ["SELECT * FROM server_secret", "ALTER TABLE entities DISABLE ROW LEVEL SECURITY", "DELETE FROM mutations"]
    {
        assert!(runtime.execute(forbidden).await.is_err(), "{forbidden}");
    }
}
