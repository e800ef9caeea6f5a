//! Signatures, order, repeats, the log.

use reqwest::{Method, StatusCode};
use serde_json::json;
use shared::limits::DAY;
use tern_server::domain::webhook::LOG_KEPT_FOR;
use tern_server::services::now;
use tokio::process::Command;

use super::receiver::{Received, Receiver, Said};
use super::{SECOND, ask, change, deliver, hook, id, log, look, patch, server, task, told};
use crate::harness::{Server, directory};
use crate::rest::good;

pub(super) const DOCS: &str = include_str!("../../../../docs/webhooks.md");

/// What the commands of docs/webhooks.md make of what was received.
async fn verified(received: &Received, body: &str, timestamp: &str, secret: &str) -> bool {
    let commands = DOCS.split("```sh\n").find(|block| block.contains("openssl")).unwrap().split("```").next().unwrap();
    let here = directory();
    tokio::fs::write(here.join("body"), body).await.unwrap();
    let mut bash = Command::new("bash");
    bash.arg("-c").arg(format!("set -euo pipefail; {commands}")).current_dir(&here);
    bash.env("SECRET", secret).env("ID", received.header("webhook-id")).env("TIMESTAMP", timestamp);
    bash.env("SIGNATURE", received.header("webhook-signature"));
    let done = bash.output().await.unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    match said.trim() {
        "good" => done.status.success(),
        "bad" => false,
        _ => panic!("{said}{}", String::from_utf8_lossy(&done.stderr)),
    }
}

#[tokio::test]
async fn a_signature_proves_who_sent_what_and_when() {
    let (server, listener) = (server().await, Receiver::start().await);
    let ines = server.register("ines@saltmarsh.example").await;
    let made = hook(&ines, &json!({ "url": listener.url })).await;
    let secret = made["secret"].as_str().unwrap();
    let ping = ask(&ines, Method::POST, &format!("/{}/ping", id(&made)), &json!({})).await;
    let ping = good(ping, StatusCode::ACCEPTED).await;
    deliver(&server, 0).await;
    let received = listener.received().remove(0);
    assert_eq!((received.event(), received.header("webhook-id")), ("ping", ping["id"].as_str().unwrap()));
    assert_eq!(received.body["data"]["webhook"], made["id"]);
    let (body, time) = (received.text.as_str(), received.header("webhook-timestamp"));
    assert!(verified(&received, body, time, secret).await);
    let later = (time.parse::<i64>().unwrap() + 1).to_string();
    let other = hook(&ines, &json!({ "url": listener.url })).await;
    for (body, time, secret) in [
        (body.replace("ping", "pong").as_str(), time, secret),
        (&format!("{body} "), time, secret),
        (body, &later, secret),
        (body, time, other["secret"].as_str().unwrap()),
    ] {
        assert!(!verified(&received, body, time, secret).await, "{body} {time}");
    }

    // A new secret, and the one before it for a day.
    let path = format!("/{}/secret", id(&made));
    let new = good(ask(&ines, Method::POST, &path, &json!({})).await, StatusCode::CREATED).await;
    let new = new["secret"].as_str().unwrap();
    for (later, old_is_good) in [(0, true), (DAY + SECOND, false)] {
        ask(&ines, Method::POST, &format!("/{}/ping", id(&made)), &json!({})).await;
        deliver(&server, later).await;
        let received = listener.received().pop().unwrap();
        let time = received.header("webhook-timestamp").to_owned();
        assert!(verified(&received, &received.text, &time, new).await);
        assert_eq!(verified(&received, &received.text, &time, secret).await, old_is_good);
    }
}

#[tokio::test]
async fn a_failing_delivery_holds_up_those_of_its_task_only() {
    let (server, listener) = (server().await, Receiver::start().await);
    let ines = server.register("ines@saltmarsh.example").await;
    let made = hook(&ines, &json!({ "url": listener.url })).await;
    listener.answers(|one: &Received| if one.title() == "Net" { 503 } else { 204 });
    let (net, boat) = (task(&ines, "Net").await, task(&ines, "Boat").await);
    for path in [&net, &boat] {
        patch(&ines, path, &json!({ "priority": "high" })).await;
    }
    let wait = deliver(&server, 0).await.unwrap();
    assert!((750..=1_250).contains(&wait), "{wait}");
    let all = listener.take();
    assert_eq!(all.iter().filter(|one| one.1 == "Net").cloned().collect::<Vec<_>>(), told([("task.created", "Net")]));
    let boat = told([("task.created", "Boat"), ("task.updated", "Boat")]);
    assert_eq!(all.into_iter().filter(|one| one.1 == "Boat").collect::<Vec<_>>(), boat);
    assert!(look(&ines, &made).await["failing_since"].is_null(), "some succeed");
    deliver(&server, 0).await;
    assert_eq!(listener.take(), [], "its time has not come");
    deliver(&server, 2 * SECOND).await;
    assert_eq!(listener.take(), told([("task.created", "Net")]));
    listener.answers(|_: &Received| 204);
    deliver(&server, 20 * SECOND).await;
    assert_eq!(listener.take(), told([("task.created", "Net"), ("task.updated", "Net")]));
    let all = log(&ines, &made).await;
    let tried: Vec<usize> = all.iter().map(|one| one["attempts"].as_array().unwrap().len()).collect();
    assert_eq!(tried.iter().sum::<usize>(), 6, "{all:?}");
}

#[tokio::test]
async fn what_fails_for_a_day_is_given_up_and_can_be_sent_again() {
    let (server, listener) = (server().await, Receiver::start().await);
    let ines = server.register("ines@saltmarsh.example").await;
    let made = hook(&ines, &json!({ "url": listener.url })).await;
    listener.answers(|one: &Received| Said {
        status: if one.event() == "task.created" { 500 } else { 200 },
        text: "a\0b".repeat(10_000),
        location: None,
    });
    let net = task(&ines, "Net").await;
    patch(&ines, &net, &json!({ "priority": "high" })).await;
    let mut later = 0;
    while let Some(wait) = deliver(&server, later).await {
        later += wait;
        assert!(later < 2 * DAY);
    }
    assert!(later > DAY * 3 / 4, "{later}");
    let received = listener.received();
    let ids: std::collections::BTreeSet<&str> = received[..14].iter().map(|one| one.header("webhook-id")).collect();
    assert_eq!((received.len(), ids.len(), received[14].event()), (15, 1, "task.updated"));
    let all = log(&ines, &made).await;
    assert_eq!(
        (&all[1]["state"], &all[0]["state"], &all[1]["next_at"]),
        (&json!("failed"), &json!("delivered"), &json!(null))
    );
    let attempts = all[1]["attempts"].as_array().unwrap();
    assert_eq!((attempts.len(), &attempts[13]["status"]), (14, &json!(500)));
    let response = attempts[0]["response"].as_str().unwrap();
    assert!(response.starts_with("a\u{fffd}b") && response.chars().count() <= 1_000, "bounded");

    listener.answers(|_: &Received| 200);
    let again = format!("/{}/deliveries/{}/retry", id(&made), id(&all[1]));
    let waiting = good(ask(&ines, Method::POST, &again, &json!({})).await, StatusCode::ACCEPTED).await;
    assert_eq!(waiting["state"], json!("waiting"));
    deliver(&server, later).await;
    let received = listener.received();
    assert_eq!((received.len(), received[15].header("webhook-id")), (16, *ids.first().unwrap()));
    assert_eq!(log(&ines, &made).await[1]["state"], json!("delivered"));
    let failed = good(
        ask(&ines, Method::GET, &format!("/{}/deliveries?state=failed", id(&made)), &json!({})).await,
        StatusCode::OK,
    );
    assert_eq!(failed.await["items"], json!([]));
}

#[tokio::test]
async fn a_webhook_that_fails_for_days_is_switched_off_and_loses_nothing() {
    let (server, listener) = (server().await, Receiver::start().await);
    let ines = server.register("ines@saltmarsh.example").await;
    let made = hook(&ines, &json!({ "url": listener.url, "events": ["task.created"] })).await;
    listener.answers(|_: &Received| 500);
    for day in 0..4 {
        assert_eq!(look(&ines, &made).await["active"], json!(true), "{day}");
        task(&ines, &format!("Day {day}")).await;
        deliver(&server, day * DAY).await;
    }
    let off = look(&ines, &made).await;
    assert_eq!(off["active"], json!(false));
    assert!(off["note"].as_str().unwrap().contains("three days"), "{off}");
    let tried = listener.take().len();
    task(&ines, "Meanwhile").await;
    deliver(&server, 5 * DAY).await;
    assert_eq!((tried > 4, listener.take()), (true, vec![]));
    listener.answers(|_: &Received| 200);
    change(&ines, &made, &json!({ "active": true })).await;
    deliver(&server, 6 * DAY).await;
    let titles: Vec<String> = listener.take().into_iter().map(|(_, title)| title).collect();
    for title in ["Day 0", "Day 1", "Day 2", "Day 3", "Meanwhile"] {
        assert_eq!(titles.iter().filter(|one| *one == title).count(), 1, "{titles:?}");
    }
    assert!(look(&ines, &made).await["failing_since"].is_null());

    listener.answers(|_: &Received| 410);
    task(&ines, "Too much").await;
    deliver(&server, 6 * DAY).await;
    assert!(look(&ines, &made).await["note"].as_str().unwrap().contains("410"));
}

#[tokio::test]
async fn the_log_has_pages_and_an_end() {
    let (server, listener) = (server().await, Receiver::start().await);
    let ines = server.register("ines@saltmarsh.example").await;
    let made = hook(&ines, &json!({ "url": listener.url })).await;
    listener.answers(|one: &Received| if one.title() == "Two" { 500 } else { 200 });
    for title in ["One", "Two", "Three"] {
        task(&ines, title).await;
    }
    deliver(&server, 0).await;
    let page = async |query: &str| {
        let path = format!("/{}/deliveries?{query}", id(&made));
        good(ask(&ines, Method::GET, &path, &json!({})).await, StatusCode::OK).await
    };
    let first = page("limit=2").await;
    let rest = page(&format!("limit=2&cursor={}", first["next_cursor"].as_str().unwrap())).await;
    let count = |page: &serde_json::Value| page["items"].as_array().unwrap().len();
    assert_eq!((count(&first), count(&rest), &rest["next_cursor"]), (2, 1, &json!(null)));
    assert_eq!(server.services.drop_deliveries(now() - LOG_KEPT_FOR).await.unwrap(), 0);
    assert_eq!(server.services.drop_deliveries(now() + SECOND).await.unwrap(), 2);
    let left = page("").await;
    assert_eq!((count(&left), &left["items"][0]["state"]), (1, &json!("waiting")), "what waits stays");
}

#[tokio::test]
async fn who_does_not_answer_is_not_waited_for() {
    use tern_server::courier::Courier;
    use tern_server::domain::webhook::Reach;

    let listener = Receiver::start().await;
    let database = Server::start().await.database;
    let impatient = Courier::new(Reach::Anywhere, std::time::Duration::from_millis(50));
    let server = Server::restart_with(&database, impatient).await;
    let ines = server.register("ines@saltmarsh.example").await;
    let made = hook(&ines, &json!({ "url": listener.url })).await;
    listener.shut();
    task(&ines, "Net").await;
    deliver(&server, 0).await;
    let attempt = log(&ines, &made).await[0]["attempts"][0].clone();
    assert_eq!((&attempt["status"], &attempt["error"]), (&json!(null), &json!("There was no answer in time.")));
}
