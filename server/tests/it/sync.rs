//! Push and pull over HTTP, against SYNC's invariants.

use std::collections::BTreeSet;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, StatusCode};
use shared::clock::Version;
use shared::compact;
use shared::field::Field;
use shared::hash::Hash;
use shared::ids::Epoch;
use shared::limits::ROWS_PER_PULL;
use shared::merge::Outcome;
use shared::mutation::{EditTags, Op, Refusal};
use shared::protocol::{
    COMPACT, Fill, FillPlace, PullRequest, PullResponse, PulledRow, PushResult, RefusedMutation, kind,
};
use shared::register::Tag;
use shared::scope::Scope;
use shared::task::TaskView;
use shared::workflow::Priority;
use sqlx::PgConnection;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::harness::{Device, Server, check, checksum, create, edit, footprint, numbers, results, task_id, title};

pub(crate) const APPLIED: PushResult = PushResult::Accepted(Outcome::Applied);

#[tokio::test]
async fn what_is_pushed_is_pulled() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let (project, task) = (ines.project().await, task_id());
    let tags = EditTags { id: task, add: vec![Tag::new("ops"), Tag::new("päivä 🌊")], remove: vec![] };
    let ops = [create(task, project, "Paint the boat"), Op::Tags(tags)];
    let before = ines.now().await;
    let after = before + 2;
    assert_eq!(ines.push(before, ops).await, [APPLIED, APPLIED]);
    for device in [&ines, &bo] {
        let page = device.pull(before).await;
        assert_eq!((page.rows.len(), page.cursor, page.snapshot, page.more), (1, after, after, false));
        let pulled = TaskView::of(&page.rows[0].row).unwrap();
        assert_eq!(
            (pulled.title.as_str(), pulled.key.as_deref(), pulled.tags.len()),
            ("Paint the boat", Some("GEN-1"), 2)
        );
        assert_eq!(page.rows[0].row.ver, after);
        assert_eq!(page.checksum, checksum(&device.pull(0).await));
    }
    assert_eq!(ines.pull(after).await.last_mutation, ines.last);
    assert_eq!(bo.pull(after).await.last_mutation, bo.last);
    assert!(ines.pull(after).await.rows.is_empty());
}

#[tokio::test]
async fn a_push_whose_answer_was_lost_is_answered_again_and_not_done_again() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let (project, task) = (ines.project().await, task_id());
    let request =
        ines.next(1, [create(task, project, "Once"), create(task, project, "Twice"), edit(task, "Once", "Once!")]);
    let first = results(ines.send(&request).await).await;
    assert_eq!(first, [APPLIED, PushResult::Rejected(Refusal::AlreadyExists), APPLIED]);
    let before = footprint(&server).await;
    let (a, b) = tokio::join!(ines.send(&request), ines.send(&request));
    assert_eq!((results(a).await, results(b).await), (first.clone(), first));
    assert_eq!(footprint(&server).await, before);
}

#[tokio::test]
async fn the_same_push_sent_twice_at_once_is_done_once() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let request = ines.next(1, [create(task_id(), ines.project().await, "Once")]);
    let (a, b) = tokio::join!(ines.send(&request), ines.send(&request));
    assert_eq!((results(a).await, results(b).await), (vec![APPLIED], vec![APPLIED]));
    assert_eq!(ines.pull(2).await.rows.len(), 1);
}

#[tokio::test]
async fn a_gap_and_a_fork_are_refused_as_a_whole() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let project = ines.project().await;
    ines.push(1, [create(task_id(), project, "One")]).await;
    let before = footprint(&server).await;
    let next = ines.next(1, [create(task_id(), project, "Two"), create(task_id(), project, "Three")]);

    let mut gap = next.clone();
    gap.mutations.remove(0);
    assert_eq!(numbers(&gap), [3]);
    check(ines.send(&gap).await, 409, kind::GAP).await;

    let mut fork = next.clone();
    fork.mutations[1].prev_hash = Hash(1);
    check(ines.send(&fork).await, 409, kind::FORKED).await;

    let mut rewritten = next.clone();
    rewritten.mutations.truncate(1);
    rewritten.mutations[0].n = 1;
    check(ines.send(&rewritten).await, 409, kind::FORKED).await;

    let mut restored = next.clone();
    restored.epoch = Epoch(Uuid::now_v7());
    check(ines.send(&restored).await, 409, kind::EPOCH).await;

    assert_eq!(footprint(&server).await, before);
    assert_eq!(results(ines.send(&next).await).await, [APPLIED, APPLIED]);
}

#[tokio::test]
async fn a_refused_mutation_blocks_nothing_and_its_author_is_told() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let (project, task) = (ines.project().await, task_id());
    let long = "x".repeat(501);
    let ops = [create(task, project, "One"), create(task_id(), project, &long), edit(task, "One", "One!")];
    let reason = Refusal::TooLong { limit: 500 };
    assert_eq!(ines.push(1, ops).await, [APPLIED, PushResult::Rejected(reason.clone()), APPLIED]);
    let page = ines.pull(3).await;
    assert_eq!((page.rows.len(), title(&page.rows[0].row), page.last_mutation.n), (1, "One!", 3));
    assert_eq!(page.refused, [RefusedMutation { n: 2, reason }]);
    let confirmed = PullRequest { confirmed: 2, ..ines.pull_request(1) };
    assert!(matches!(ines.pull_as(&confirmed).await, PullResponse::Page(page) if page.refused.is_empty()));
    assert!(bo.pull(1).await.refused.is_empty());
}

#[tokio::test]
async fn refused_text_of_any_kind_is_kept() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let project = ines.project().await;
    for bad in ["a\0b", "\u{1b}[31m", "line\nbreak"] {
        let refused = [PushResult::Rejected(Refusal::InvalidText)];
        assert_eq!(ines.push(1, [create(task_id(), project, bad)]).await, refused, "{bad:?}");
    }
    for good in ["𝔘𝔫𝔦", "👩‍👩‍👧", "a\u{301}", "\u{202e}rtl", "'; DROP TABLE tasks; --", "\\u0000"]
    {
        assert_eq!(ines.push(1, [create(task_id(), project, good)]).await, [APPLIED], "{good:?}");
    }
    let page = ines.pull(2).await;
    assert_eq!((page.rows.len(), title(&page.rows[1].row)), (6, "👩‍👩‍👧"));
}

#[tokio::test]
async fn two_people_edit_one_title() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut bo = server.join(&ines, "bo@saltmarsh.example").await;
    let (project, task) = (ines.project().await, task_id());
    ines.push(1, [create(task, project, "Hello world")]).await;
    let seen = ines.now().await;
    assert_eq!(ines.push(seen, [edit(task, "Hello world", "Hello beautiful world")]).await, [APPLIED]);
    let merged = PushResult::Accepted(Outcome::Merged);
    assert_eq!(bo.push(seen, [edit(task, "Hello world", "Hello world!")]).await, [merged]);
    let page = ines.pull(seen).await;
    assert_eq!(title(&page.rows[0].row), "Hello beautiful world!");
    let log = &page.rows[0].texts[0].changes;
    assert_eq!(log.iter().map(|change| change.ver).collect::<Vec<_>>(), [seen + 1, seen + 2]);
    let text = log.iter().try_fold("Hello world".to_owned(), |text, change| change.delta.apply(&text));
    assert_eq!(text.unwrap(), "Hello beautiful world!");
    assert_eq!(bo.pull(seen + 1).await.rows[0].texts[0].changes.len(), 1);
}

#[tokio::test]
async fn the_higher_of_two_priorities_stands() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut bo = server.join(&ines, "bo@saltmarsh.example").await;
    let (project, task) = (ines.project().await, task_id());
    ines.push(1, [create(task, project, "One")]).await;
    let seen = ines.now().await;
    let set = |priority: Priority| [Op::write(task, Field::Priority, priority)];
    assert_eq!(ines.push(seen, set(Priority::Urgent)).await, [APPLIED]);
    assert_eq!(bo.push(seen, set(Priority::Low)).await, [PushResult::Accepted(Outcome::Superseded)]);
    assert_eq!(TaskView::of(&bo.pull(seen).await.rows[0].row).unwrap().priority, Priority::Urgent);
}

#[tokio::test]
async fn a_deleted_task_is_restored_and_its_columns_follow() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let (project, task) = (ines.project().await, task_id());
    ines.push(1, [create(task, project, "One"), Op::Delete(task.into())]).await;
    let deleted = async || {
        let deleted = sqlx::query_scalar::<_, bool>("SELECT deleted FROM entities WHERE kind = 'task'");
        deleted.fetch_one(&mut server.owner().await).await.unwrap()
    };
    assert!(deleted().await);
    ines.push(ines.now().await, [Op::Restore(task.into())]).await;
    assert!(!deleted().await);
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let project = ines.project().await;
    let total = ROWS_PER_PULL + 200;
    for _ in 0..total / 100 {
        ines.push(1, (0..100).map(|n| create(task_id(), project, &format!("Task {n}"))).collect::<Vec<_>>()).await;
    }
    let fresh = PullRequest { epoch: None, ..ines.pull_request(77) };
    let PullResponse::Page(first) = ines.pull_as(&fresh).await else { panic!("reset") };
    assert_eq!((first.rows.len(), first.more, first.rows[0].row.ver), (ROWS_PER_PULL, true, 1));
    assert!(first.rows.is_sorted_by_key(|row| row.row.ver));
    let second = ines.pull(first.cursor).await;
    assert_eq!((second.rows.len(), second.more, second.cursor), (total + 2 - ROWS_PER_PULL, false, second.snapshot));
    let mut all = first.clone();
    all.rows.extend(second.rows);
    assert_eq!(checksum(&all), second.checksum);
    let last = TaskView::of(&all.rows[total + 1].row).unwrap();
    assert_eq!(last.key, Some(format!("GEN-{total}")));
}

#[tokio::test]
async fn the_compact_form_of_an_answer_says_the_same() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let (project, task) = (ines.project().await, task_id());
    ines.push(1, [create(task, project, "One"), edit(task, "One", "Two"), create(task, project, "Again")]).await;
    let scopes = vec![Scope::Everyone, Scope::Project(project)];
    let fill = Some(Fill { scopes: scopes.clone(), until: 3, from: FillPlace::BEGIN });
    let changes = PullRequest { scopes, ..ines.pull_request(0) };
    let foreign = PullRequest { epoch: Some(Epoch(Uuid::now_v7())), ..changes.clone() };
    for request in [PullRequest { fill, ..changes.clone() }, changes, foreign] {
        let ask = ines.request(Method::POST, "/api/sync/pull").header(ACCEPT, COMPACT).json(&request);
        let answer = ask.send().await.unwrap();
        assert_eq!(answer.headers()[CONTENT_TYPE], COMPACT);
        let read = compact::decode(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(read, ines.pull_as(&request).await);
    }
}

#[tokio::test]
async fn data_of_another_life_is_to_be_fetched_anew() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let epoch = ines.session.account.epoch;
    let other = PullRequest { epoch: Some(Epoch(Uuid::now_v7())), ..ines.pull_request(0) };
    // Of an unknown life nothing is known to be common; a future is cut to what there is.
    assert_eq!(ines.pull_as(&other).await, PullResponse::Reset { epoch, common: 0 });
    let reset = PullResponse::Reset { epoch, common: ines.now().await };
    assert_eq!(ines.pull_as(&ines.pull_request(3)).await, reset);
    assert_eq!(ines.pull_as(&ines.pull_request(Version::MAX)).await, reset);
}

/// The backends that wait for a lock.
pub(crate) async fn waiting_backends(owner: &mut PgConnection) -> Vec<i32> {
    // Within a transaction PostgreSQL would go on showing what it showed first.
    sqlx::query("SELECT pg_stat_clear_snapshot()").execute(&mut *owner).await.unwrap();
    let waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    sqlx::query_scalar(waiting).fetch_all(owner).await.unwrap()
}

async fn waiting_backend(owner: &mut PgConnection) -> i32 {
    loop {
        if let [pid] = waiting_backends(owner).await[..] {
            return pid;
        }
    }
}

/// A push that comes later waits for the one before, and a pull in between sees neither. (At every step:
/// `moments::a_push_that_is_held_up_at_any_step_is_not_stepped_over`.)
#[tokio::test]
async fn a_push_that_is_under_way_is_not_stepped_over() {
    let server: &'static Server = Box::leak(Box::new(Server::start().await));
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut bo = server.join(&ines, "bo@saltmarsh.example").await;
    let cy = server.join(&ines, "cy@saltmarsh.example").await;
    let project = ines.project().await;
    let known = cy.now().await;
    let mut owner = server.owner().await;
    // Holds up Ines's push at its last statement.
    sqlx::query("BEGIN").execute(&mut owner).await.unwrap();
    sqlx::query("SELECT 1 FROM actors WHERE actor = $1 FOR NO KEY UPDATE")
        .bind(i64::from(ines.session.account.actor))
        .execute(&mut owner)
        .await
        .unwrap();
    let first = tokio::spawn(async move { ines.push(1, [create(task_id(), project, "First")]).await });
    waiting_backend(&mut owner).await;
    let second = tokio::spawn(async move { bo.push(1, [create(task_id(), project, "Second")]).await });
    while !second.is_finished() && waiting_backends(&mut owner).await.len() < 2 {}
    let between = cy.pull(known).await;
    sqlx::query("ROLLBACK").execute(&mut owner).await.unwrap();
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (vec![APPLIED], vec![APPLIED]));
    let after = cy.pull(between.cursor).await;
    let versions: Vec<_> = between.rows.iter().chain(&after.rows).map(|row| row.row.ver).collect();
    assert_eq!(versions, [known + 1, known + 2]);
}

/// The same in the large: many devices, and a pull at every moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cursor_never_steps_over_a_change() {
    const DEVICES: usize = 6;
    const PUSHES: usize = 15;
    let server: &'static Server = Box::leak(Box::new(Server::start().await));
    let ines: &'static Device<'_> = Box::leak(Box::new(server.register("ines@saltmarsh.example").await));
    let project = ines.project().await;
    let mut pushers = JoinSet::new();
    for n in 0..DEVICES {
        let mut device = server.join(ines, &format!("d{n}@saltmarsh.example")).await;
        pushers.spawn(async move {
            for _ in 0..PUSHES {
                let ops = [create(task_id(), project, "One"), create(task_id(), project, "Two")];
                assert_eq!(device.push(1, ops).await, [APPLIED, APPLIED]);
            }
        });
    }
    let known = 2 + DEVICES as Version;
    let total = known + (DEVICES * PUSHES * 2) as Version;
    let puller = tokio::spawn(async move {
        let mut cursor = 2;
        while cursor < total {
            let page = ines.pull(cursor).await;
            let versions: Vec<_> = page.rows.iter().map(|row| row.row.ver).collect();
            assert_eq!(versions, (cursor + 1..=page.cursor).collect::<Vec<_>>());
            cursor = page.cursor;
        }
        cursor
    });
    while let Some(pusher) = pushers.join_next().await {
        pusher.unwrap();
    }
    assert_eq!(puller.await.unwrap(), total);
    let everything = ines.pull(0).await;
    assert_eq!(everything.checksum, checksum(&everything));
    let key = |row: &PulledRow| TaskView::of(&row.row).and_then(|task| task.key);
    let keys: BTreeSet<_> = everything.rows.iter().filter_map(key).collect();
    assert_eq!(keys.len() as Version, total - known);
}

#[tokio::test]
async fn a_crash_before_the_commit_leaves_nothing() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let request = ines.next(1, [create(task_id(), ines.project().await, "One")]);
    let before = footprint(&server).await;
    let mut owner = server.owner().await;
    // Stops the push at its last statement: everything else is written, nothing is committed.
    sqlx::query("BEGIN").execute(&mut owner).await.unwrap();
    sqlx::query("SELECT 1 FROM actors FOR NO KEY UPDATE").execute(&mut owner).await.unwrap();
    let crash = async {
        let pid = waiting_backend(&mut owner).await;
        sqlx::query("SELECT pg_terminate_backend($1)").bind(pid).execute(&mut owner).await.unwrap();
    };
    let (response, ()) = tokio::join!(ines.send(&request), crash);
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key("retry-after"));
    check(response, 503, kind::UNAVAILABLE).await;
    sqlx::query("ROLLBACK").execute(&mut owner).await.unwrap();
    assert_eq!(footprint(&server).await, before);
    assert_eq!(results(ines.send(&request).await).await, [APPLIED]);
}

#[tokio::test]
async fn a_client_that_hangs_up_leaves_nothing_half_done() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let request = ines.next(1, [create(task_id(), ines.project().await, "One")]);
    let before = footprint(&server).await;
    let mut owner = server.owner().await;
    sqlx::query("BEGIN").execute(&mut owner).await.unwrap();
    sqlx::query("SELECT 1 FROM actors FOR NO KEY UPDATE").execute(&mut owner).await.unwrap();
    tokio::select! {
        _ = ines.send(&request) => panic!("the push did not wait"),
        _ = waiting_backend(&mut owner) => {} // and the request is dropped
    }
    sqlx::query("ROLLBACK").execute(&mut owner).await.unwrap();
    let after = footprint(&server).await;
    assert_eq!(results(ines.send(&request).await).await, [APPLIED]);
    assert_eq!(ines.pull(2).await.rows.len(), 1);
    assert!(after == before || after == footprint(&server).await, "{after:?}");
}
