//! Times as cursors: whatever clocks do and others write meanwhile, no row is missed.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::{Value as Json, json};

use super::Old;
use crate::harness::{Device, Server, create, task_id};
use crate::rest::{Program, good};
use crate::sync::waiting_backends;

/// Everything since a time, page by page; the time that the last page gave. `cut`: what becomes of times in the client.
async fn pull(
    program: &Program<'_>,
    since: &Json,
    limit: usize,
    cut: impl Fn(&str) -> String,
    mut between: impl AsyncFnMut(),
) -> (BTreeSet<String>, Json, usize) {
    let (mut titles, mut since, mut pages) = (BTreeSet::new(), since.clone(), 0);
    loop {
        let body = json!({ "client_id": "reader", "since": since, "types": ["task"], "limit": limit });
        let page = good(program.post("/api/sync/pull", &body).await, StatusCode::OK).await;
        let entities = page["entities"].as_array().unwrap();
        titles.extend(entities.iter().map(|one| one["data"]["title"].as_str().unwrap().to_owned()));
        let next = json!(cut(page["last_sync"].as_str().unwrap()));
        pages += 1;
        let more = page["has_more"].as_bool().unwrap();
        assert!(!more || next != since, "a page leads to the next one");
        since = next;
        if !more {
            return (titles, since, pages);
        }
        between().await;
    }
}

/// What becomes of times in a client.
type Cut = fn(&str) -> String;

fn whole(time: &str) -> String {
    time.to_owned()
}

/// As whoever keeps times in milliseconds.
fn milliseconds(time: &str) -> String {
    format!("{}Z", &time[..23])
}

async fn fill(device: &mut Device<'_>, name: &str, pushes: usize) -> BTreeSet<String> {
    let project = device.project().await;
    let mut titles = BTreeSet::new();
    for at in 0..pushes {
        let names: Vec<String> = (0..100).map(|n| format!("{name} {at} {n}")).collect();
        device.push(1, names.iter().map(|name| create(task_id(), project, name))).await;
        titles.extend(names);
    }
    titles
}

#[tokio::test]
async fn pages_follow_each_other_while_others_write() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut ada = server.join(&ines, "ada@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let mut all = fill(&mut ines, "Old", 10).await;
    let cuts: [(Cut, usize); 2] = [(whole, 30), (milliseconds, 30)];
    for (round, (cut, limit)) in cuts.into_iter().enumerate() {
        let project = ada.project().await;
        let mut later = BTreeSet::new();
        // Somebody writes between the pages, and somebody else at the same time as they are read.
        let name = format!("Beside {round}");
        let (beside, (found, since, pages)) = tokio::join!(fill(&mut ines, &name, 3), async {
            let between = async || {
                let title = format!("Between {round} {}", later.len());
                ada.push(1, [create(task_id(), project, &title)]).await;
                later.insert(title);
            };
            pull(&program, &Json::Null, limit, cut, between).await
        });
        assert!(pages > 5, "{pages}");
        let rest = pull(&program, &since, 1_000, cut, async || {}).await;
        all.extend(beside);
        all.extend(later);
        let found: BTreeSet<String> = found.union(&rest.0).cloned().collect();
        assert_eq!(all.difference(&found).collect::<Vec<_>>(), Vec::<&String>::new());
    }
}

#[tokio::test]
async fn a_clock_that_goes_back_hides_nothing() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let mut owner = server.owner().await;
    // The server's clock is an hour ahead, and is put right.
    for ahead in [
        "UPDATE mutations SET handled_at = handled_at + interval '1 hour'",
        "UPDATE organizations SET moment = moment + interval '1 hour'",
    ] {
        sqlx::query(ahead).execute(&mut owner).await.unwrap();
    }
    for (name, cut) in [("a", whole as Cut), ("b", milliseconds)] {
        let (_, since, _) = pull(&program, &Json::Null, 1_000, cut, async || {}).await;
        let titles = fill(&mut ines, name, 1).await;
        let (found, ..) = pull(&program, &since, 1_000, cut, async || {}).await;
        assert_eq!(titles.difference(&found).count(), 0);
    }
    // A moment names one version: they grow together, although the clock says less.
    let growing = "SELECT bool_and(handled_at > before) FROM (
         SELECT handled_at, lag(handled_at) OVER (PARTITION BY org_id ORDER BY ver) AS before FROM mutations WHERE ver IS NOT NULL) AS one";
    assert!(sqlx::query_scalar::<_, bool>(growing).fetch_one(&mut owner).await.unwrap());
}

#[tokio::test]
async fn a_push_that_is_held_up_is_not_stepped_over_by_time() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut ada = server.join(&ines, "ada@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let project = ines.project().await;
    ines.push(1, [create(task_id(), project, "Before")]).await;
    let mut owner = server.owner().await;
    // It has its place in line, its time and its rows; only its commit waits.
    sqlx::query("CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END'")
        .execute(&mut owner)
        .await
        .unwrap();
    sqlx::query("CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON mutations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()")
        .execute(&mut owner)
        .await
        .unwrap();
    sqlx::query("SELECT pg_advisory_lock(7)").execute(&mut owner).await.unwrap();
    let held = ada.push(1, [create(task_id(), project, "Held up")]);
    let since = async {
        while waiting_backends(&mut owner).await.is_empty() {}
        let (found, since, _) = pull(&program, &Json::Null, 1_000, whole, async || {}).await;
        assert!(found.contains("Before") && !found.contains("Held up"));
        sqlx::query("SELECT pg_advisory_unlock(7)").execute(&mut owner).await.unwrap();
        since
    };
    let (_, since) = tokio::join!(held, since);
    for cut in [whole, milliseconds] {
        let since = json!(cut(since.as_str().unwrap()));
        let (found, ..) = pull(&program, &since, 1, whole, async || {}).await;
        assert!(found.contains("Held up"), "{found:?}");
    }
}

#[tokio::test]
async fn a_time_of_the_clients_own_clock_is_taken_with_care() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let titles = fill(&mut ines, "a", 1).await;
    let now = tern_server::services::now();
    let time = |ms: i64| tern_server::domain::resource::time(ms);
    // A little behind or ahead, in this century's beginning, and ten years ahead.
    for at in [now - 5_000, now + 5_000, 1_000, now + 10 * 365 * shared::limits::DAY] {
        let (found, ..) = pull(&program, &time(at), 1_000, whole, async || {}).await;
        assert_eq!(titles.difference(&found).count(), 0, "{at}");
    }
    // What was there long before need not come again.
    let mut owner = server.owner().await;
    sqlx::query("UPDATE mutations SET handled_at = handled_at - interval '1 day'").execute(&mut owner).await.unwrap();
    let (found, ..) = pull(&program, &time(now), 1_000, whole, async || {}).await;
    assert_eq!(found.len(), 0);
}

#[tokio::test]
async fn what_was_seen_by_a_cut_time_is_not_made_anew() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let (mut phone, mut tablet) = (Old::of(&ines, "phone").await, Old::of(&ines, "tablet").await);
    let made = phone.change("i", "item", "create", json!({ "title": "Hello", "priority": "low" }));
    let id = phone.sync(&[made]).await["acknowledged"][0]["serverId"].clone();
    let edit = phone.change("i", "item", "update", json!({ "title": "Hello world", "priority": "high" }));
    phone.sync(&[edit]).await;
    tablet.sync(&[]).await;
    tablet.since = json!(milliseconds(tablet.since.as_str().unwrap()));
    let edit =
        tablet.change(id.as_str().unwrap(), "item", "update", json!({ "title": "Hello world!", "priority": "medium" }));
    let data = tablet.sync(&[edit]).await;
    assert_eq!(data["conflicts"], json!([]), "all of it was seen");
    let row = super::task(&phone.program, &id).await;
    assert_eq!((&row["title"], &row["priority"]), (&json!("Hello world!"), &json!("medium")));
}
