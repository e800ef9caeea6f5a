//! Searching by words, and what one's organization is.

use reqwest::{Method, StatusCode};
use serde_json::{Value as Json, json};
use shared::protocol::kind;

use crate::harness::{Device, Server, check};
use crate::rest::{Program, good, project};

async fn search(device: &Device<'_>, query: &[(&str, &str)]) -> Json {
    let asked = device.request(Method::GET, "/api/search").query(query);
    good(asked.send().await.unwrap(), StatusCode::OK).await
}

/// Titles of what was found, and in which fields.
async fn found(device: &Device<'_>, words: &str) -> Vec<(String, Vec<String>)> {
    let page = search(device, &[("q", words)]).await;
    let one = |item: &Json| {
        let fields = item["matches"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap().to_owned());
        (item["task"]["title"].as_str().unwrap().to_owned(), fields.collect())
    };
    page["items"].as_array().unwrap().iter().map(one).collect()
}

#[tokio::test]
async fn tasks_are_found_by_words_the_best_first_with_what_was_found() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let home = project(&ines).await;
    let make = async |body: Json| {
        let mut body = body;
        body["project"] = home.clone();
        good(program.post("/api/tasks", &body).await, StatusCode::CREATED).await
    };
    let net = make(json!({ "title": "Mend the nets", "description": "Those of the *harbour*" })).await;
    make(json!({ "title": "Harbour fees", "tags": ["harbour dues"], "notes": "ask at the harbour office" })).await;
    let quay = make(json!({ "title": "Sweep the quay" })).await;
    let said = program.post("/api/comments", &json!({ "body": "Only up to the harbour.", "task": quay["id"] })).await;
    let said = good(said, StatusCode::CREATED).await;
    let all = [
        ("Harbour fees", &["title", "tags", "notes"][..]),
        ("Sweep the quay", &["comment"]),
        ("Mend the nets", &["description"]),
    ];
    let all =
        all.map(|(title, fields)| (title.to_owned(), fields.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>()));
    assert_eq!(found(&ines, "HARBOUR").await, all);
    assert_eq!(found(&ines, "harb net").await.len(), 1, "each word, and beginnings");
    assert_eq!((found(&ines, "arbour").await, found(&ines, "").await), (vec![], vec![]));

    let page = search(&ines, &[("q", "harbour")]).await;
    let by = &page["items"][1];
    assert_eq!(
        by["matches"],
        json!([
            { "field": "comment", "comment": said["id"], "excerpt": "Only up to the harbour.", "marks": [[15, 22]] },
        ])
    );
    let key = net["key"].as_str().unwrap();
    assert_eq!(search(&ines, &[("q", key)]).await["items"][0]["matches"][0]["field"], json!("key"));

    // Page by page, whatever happens meanwhile.
    let first = search(&ines, &[("q", "harbour"), ("limit", "1")]).await;
    make(json!({ "title": "Harbour master" })).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = search(&ines, &[("q", "harbour"), ("limit", "5"), ("cursor", cursor)]).await;
    let titles: Vec<&Json> = second["items"].as_array().unwrap().iter().map(|one| &one["task"]["title"]).collect();
    assert_eq!(
        (titles, &second["next_cursor"]),
        (vec![&json!("Sweep the quay"), &json!("Mend the nets")], &json!(null))
    );
    let other = ines.request(Method::GET, "/api/search").query(&[("q", "net"), ("cursor", cursor)]);
    check(other.send().await.unwrap(), 400, kind::INVALID).await;
    check(ines.request(Method::GET, "/api/search").send().await.unwrap(), 400, kind::INVALID).await;

    // What is deleted is not found, nor what was said and is.
    let gone = format!("/api/comments/{}", said["id"].as_str().unwrap());
    program.request(Method::DELETE, &gone).send().await.unwrap();
    program.request(Method::DELETE, &format!("/api/tasks/{}", net["id"].as_str().unwrap())).send().await.unwrap();
    let titles: Vec<String> = found(&ines, "harbour").await.into_iter().map(|(title, _)| title).collect();
    assert_eq!(titles, ["Harbour master", "Harbour fees"]);
}

#[tokio::test]
async fn what_is_closed_is_not_found() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let closed = program.post("/api/projects", &json!({ "name": "Cellar", "private": true })).await;
    let closed = good(closed, StatusCode::CREATED).await["id"].clone();
    program.task(&closed, "Count the casks").await;
    assert_eq!((found(&ines, "casks").await.len(), found(&bo, "casks").await.len()), (1, 0));
}

/// More than is read at once, so that pages meet.
#[tokio::test]
async fn everything_is_on_the_shelf_however_much_it_is() {
    use tern_server::db::READ_AT_ONCE;

    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let home = project(&ines).await;
    let task = program.task(&home, "Mend the net").await;
    let copies = i64::try_from(READ_AT_ONCE * 2 + 7).unwrap();
    // Copies of a task, each with a version of its own, but for some that came into their scope together.
    sqlx::query(
        "INSERT INTO entities SELECT org_id, kind, md5(n::text)::uuid, ver + n, scope,
           CASE WHEN n BETWEEN 1990 AND 2010 THEN ver + 2010 ELSE ver + n END, stage, assignees, task_id, deleted,
           updated_at, jsonb_set(jsonb_set(state, '{ver}', to_jsonb(ver + n)), '{id,task}', to_jsonb(md5(n::text)::uuid))
         FROM entities, generate_series(1, $1) n WHERE id = $2",
    )
    .bind(copies)
    .bind(task.rsplit('/').next().unwrap().parse::<uuid::Uuid>().unwrap())
    .execute(&mut server.owner().await)
    .await
    .unwrap();
    sqlx::query("UPDATE organizations SET ver = ver + $1")
        .bind(copies)
        .execute(&mut server.owner().await)
        .await
        .unwrap();
    let (mut count, mut cursor) = (0, String::new());
    loop {
        let page = program.get(&format!("/api/tasks?limit=500{cursor}")).await;
        count += page["items"].as_array().unwrap().len();
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(i64::try_from(count).unwrap(), copies + 1);
}

#[tokio::test]
async fn ones_organization_is_shown() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let org = ines.session.account.organization;
    let list = good(bo.request(Method::GET, "/api/organizations").send().await.unwrap(), StatusCode::OK).await;
    let own = &list["items"][0];
    assert_eq!(
        (&own["id"], &own["name"], &own["role"], &own["members"]),
        (&json!(org), &json!("Saltmarsh"), &json!("member"), &json!(2))
    );
    assert_eq!(own["version"], json!(bo.now().await));
    let one = ines.request(Method::GET, &format!("/api/organizations/{org}")).send().await.unwrap();
    assert_eq!(good(one, StatusCode::OK).await["role"], json!("owner"));
}
