//! Several servers on one database, and servers that die.

use std::process::Stdio;

use reqwest::Method;
use serde_json::json;
use tokio::process::{Child, Command};

use super::receiver::Receiver;
use super::{SECOND, anywhere, ask, deliver, hook, id, log, server, task, told};
use crate::harness::{Server, directory, dist, http};
use crate::process::served_at;

/// The server's program on a database of a test, with webhooks on the machine itself allowed.
pub(super) async fn process(database: &str, settings: &[(&str, &str)]) -> (Child, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tern-server"));
    command.env_clear().env("PORT", "0").env("TERN_DIST", dist(&directory())).env("TERN_LOG", "error");
    command.env("TERN_WEBHOOKS_PRIVATE", "allow").envs(settings.iter().copied());
    let options = crate::harness::cluster();
    let socket = options.get_socket().unwrap().to_str().unwrap().replace('/', "%2F");
    let url = format!("postgres://tern@{socket}:{}/{database}", options.get_port());
    command.env("DATABASE_URL", url);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let url = served_at(&mut child).await;
    (child, url)
}

#[tokio::test]
async fn two_servers_do_not_both_send_a_delivery() {
    let (one, listener) = (server().await, Receiver::start().await);
    let two = Server::restart_with(&one.database, anywhere()).await;
    let ines = one.register("ines@saltmarsh.example").await;
    hook(&ines, &json!({ "url": listener.url })).await;
    for title in ["Net", "Boat", "Sail"] {
        task(&ines, title).await;
    }
    listener.shut();
    let other = async {
        listener.has(3).await;
        // One of them is sending.
        deliver(&two, 0).await;
        deliver(&one, 0).await;
        assert_eq!(listener.received().len(), 3);
        listener.reopen();
    };
    tokio::join!(deliver(&one, 0), other);
    for _ in 0..5 {
        task(&ines, "Oar").await;
    }
    tokio::join!(deliver(&one, 0), deliver(&two, 0));
    tokio::join!(deliver(&one, 0), deliver(&two, 0));
    let received = listener.received();
    let ids: std::collections::BTreeSet<&str> = received.iter().map(|one| one.header("webhook-id")).collect();
    assert_eq!((received.len(), ids.len()), (8, 8));
}

#[tokio::test]
async fn what_a_killed_server_was_sending_is_sent_again_and_nothing_is_lost() {
    let (server, listener) = (server().await, Receiver::start().await);
    let ines = server.register("ines@saltmarsh.example").await;
    let made = hook(&ines, &json!({ "url": listener.url })).await;
    let (mut child, url) = process(&server.database, &[]).await;
    listener.shut();
    // It hears of the change by itself.
    task(&ines, "Net").await;
    let first = listener.has(1).await.remove(0);
    child.kill().await.unwrap();
    assert!(http().get(format!("{url}/api/health")).send().await.is_err());
    // What nobody has made a delivery of.
    task(&ines, "Boat").await;
    listener.reopen();
    deliver(&server, 0).await;
    assert_eq!(listener.received().len(), 1, "the dead one's claim stands yet");
    deliver(&server, 61 * SECOND).await;
    let received = listener.received();
    assert_eq!(received.len(), 3);
    let again = received[1..].iter().find(|one| one.title() == "Net").unwrap();
    assert_eq!(
        (again.header("webhook-id"), &again.text),
        (first.header("webhook-id"), &first.text),
        "the same as before"
    );
    assert!(received.iter().any(|one| (one.event(), one.title()) == ("task.created", "Boat")));
    let all = log(&ines, &made).await;
    assert!(all.len() == 2 && all.iter().all(|one| one["state"] == "delivered"), "{all:?}");
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_ends_what_it_is_sending() {
    let (server, listener) = (server().await, Receiver::start().await);
    let ines = server.register("ines@saltmarsh.example").await;
    let made = hook(&ines, &json!({ "url": listener.url })).await;
    let (mut child, url) = process(&server.database, &[]).await;
    listener.shut();
    ask(&ines, Method::POST, &format!("/{}/ping", id(&made)), &json!({})).await;
    task(&ines, "Net").await;
    listener.has(2).await;
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").arg(&pid).status().await.unwrap().success());
    while http().get(format!("{url}/api/health")).send().await.is_ok() {}
    listener.reopen();
    assert!(child.wait().await.unwrap().success());
    assert_eq!(listener.take().len(), 2);
    assert!(log(&ines, &made).await.iter().all(|one| one["state"] == "delivered"));
    // And it has let go of the webhook.
    task(&ines, "Boat").await;
    deliver(&server, 0).await;
    assert_eq!(listener.take(), told([("task.created", "Boat")]));
}
