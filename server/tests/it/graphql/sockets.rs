//! Subscriptions: who hears of what, and when a socket is refused or closed.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use reqwest::header::{CONNECTION, ORIGIN, UPGRADE};
use serde_json::{Value as Json, json};
use shared::protocol::kind;
use shared::realtime::close;
use tern_server::router::Pace;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{Asks, task};
use crate::harness::{Server, check, create, edit, task_id};
use crate::rest::{Program, project};

/// A message that has not come by then does not come: nothing here takes a second.
const PATIENCE: Duration = Duration::from_mins(1);

struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Opens one that nobody has said anything on.
    async fn connect(server: &Server) -> Self {
        let address = server.url.strip_prefix("http://").unwrap();
        let mut request = format!("ws://{address}/api/graphql/ws").into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        let stream = TcpStream::connect(address).await.unwrap();
        let (socket, answer) = client_async(request, stream).await.unwrap();
        assert_eq!(answer.headers()["sec-websocket-protocol"], "graphql-transport-ws");
        Self(socket)
    }

    /// Opens one for who bears a token.
    async fn open(server: &Server, token: &str) -> Self {
        let mut socket = Self::connect(server).await;
        socket
            .say(json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {token}") } }))
            .await;
        assert_eq!(socket.next().await, Ok(json!({ "type": "connection_ack" })));
        socket
    }

    async fn say(&mut self, message: Json) {
        self.0.send(Message::Text(message.to_string().into())).await.unwrap();
    }

    /// Subscribes, and waits until that has been heard.
    async fn subscribe(&mut self, id: &str, query: &str, variables: Json) {
        self.say(json!({ "type": "subscribe", "id": id, "payload": { "query": query, "variables": variables } })).await;
        self.say(json!({ "type": "ping" })).await;
        assert_eq!(self.next().await, Ok(json!({ "type": "pong" })), "the answer to a ping is not held up");
    }

    /// The next message but for signs of life, or the code that the server closes with.
    async fn next(&mut self) -> Result<Json, u16> {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("it comes").unwrap().unwrap() {
                Message::Text(text) => {
                    let message: Json = serde_json::from_str(&text).unwrap();
                    if message["type"] != "ping" {
                        return Ok(message);
                    }
                }
                Message::Close(frame) => return Err(frame.unwrap().code.into()),
                _ => {}
            }
        }
    }

    /// What a subscription says next.
    async fn data(&mut self, id: &str) -> Json {
        let mut message = self.next().await.unwrap();
        assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!(id)), "{message}");
        assert!(message["payload"].get("errors").is_none(), "{message}");
        message["payload"]["data"].take()
    }

    /// The task that a subscription tells of next.
    async fn task(&mut self, id: &str) -> Json {
        self.data(id).await["taskChanged"].take()
    }

    /// The code of what a subscription was refused for.
    async fn refused(&mut self, id: &str, query: &str, variables: Json) -> Json {
        self.say(json!({ "type": "subscribe", "id": id, "payload": { "query": query, "variables": variables } })).await;
        let message = self.next().await.unwrap();
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!(id)), "{message}");
        message["payload"][0]["extensions"]["code"].clone()
    }
}

const TASKS: &str = "subscription($project: ID) { taskChanged(project: $project) { title deleted project { name } comments { nodes { body } } } }";
const COMMENTS: &str =
    "subscription($task: ID) { commentChanged(task: $task) { body author { name } task { title } } }";

#[tokio::test]
async fn changes_are_told_whoever_makes_them() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let home = project(&ines).await;
    let mut socket = Socket::open(&server, &program.token).await;
    socket.subscribe("tasks", TASKS, json!({})).await;
    // By the program itself, by another device, and by REST.
    let name = program.get("/api/projects").await["items"][0]["name"].clone();
    let id = task(&program, &home, "Mend the net").await;
    let new =
        json!({ "title": "Mend the net", "deleted": false, "project": { "name": name }, "comments": { "nodes": [] } });
    assert_eq!(socket.task("tasks").await, new);
    let pushed = task_id();
    ines.push(1, [create(pushed, ines.project().await, "Pushed")]).await;
    assert_eq!(socket.task("tasks").await["title"], "Pushed");
    ines.push(1, [edit(pushed, "Pushed", "Pushed again")]).await;
    assert_eq!(socket.task("tasks").await["title"], "Pushed again");
    let path = format!("/api/tasks/{}", id.as_str().unwrap());
    program.request(Method::DELETE, &path).send().await.unwrap();
    let gone = socket.task("tasks").await;
    assert_eq!((&gone["title"], &gone["deleted"]), (&json!("Mend the net"), &json!(true)));
    // What one does not want any more does not come any more, and its id can be given anew.
    socket.say(json!({ "type": "complete", "id": "tasks" })).await;
    socket.subscribe("tasks", COMMENTS, json!({ "task": pushed })).await;
    for body in ["Red", "Blue"] {
        let query = "mutation($task: ID!, $body: String!) {
            updateTask(id: $task, input: { notes: $body }) { id } createComment(input: { body: $body, task: $task }) { id } }";
        program.data(query, json!({ "task": pushed, "body": body })).await;
        let told = json!({ "body": body, "author": { "name": "Ines Okafor" }, "task": { "title": "Pushed again" } });
        assert_eq!(socket.data("tasks").await["commentChanged"], told);
    }
}

#[tokio::test]
async fn only_what_is_asked_for_and_open_is_told() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let eve = server.register("eve@elsewhere.example").await;
    let (program, theirs) = (Program::of(&ines, "write").await, Program::of(&eve, "write").await);
    let open = project(&ines).await;
    let make = async |name: &str, private: bool| {
        let query = "mutation($name: String!, $private: Boolean) { createProject(input: { name: $name, private: $private }) { id } }";
        program.data(query, json!({ "name": name, "private": private })).await["createProject"]["id"].take()
    };
    let (other, closed) = (make("Other", false).await, make("Closed", true).await);
    let (at_eve, foreign) = (project(&eve).await, task(&theirs, &project(&eve).await, "Foreign").await);
    let mut socket = Socket::open(&server, &bo.session.access_token.0).await;
    for (id, query, variables) in [
        ("1", TASKS, json!({ "project": closed })),
        ("2", TASKS, json!({ "project": at_eve })),
        ("3", TASKS, json!({ "project": "x" })),
        ("4", COMMENTS, json!({ "task": foreign })),
    ] {
        assert_eq!(socket.refused(id, query, variables).await, "NOT_FOUND", "{id}");
    }
    socket.subscribe("of one", TASKS, json!({ "project": open })).await;
    let mut all = Socket::open(&server, &bo.session.access_token.0).await;
    all.subscribe("all", TASKS, json!({})).await;
    task(&program, &closed, "Closed").await;
    task(&theirs, &at_eve, "Foreign").await;
    task(&program, &other, "Other").await;
    task(&program, &open, "Open").await;
    assert_eq!(socket.task("of one").await["title"], "Open");
    assert_eq!(all.task("all").await["title"], "Other");
    assert_eq!(all.task("all").await["title"], "Open");
}

#[tokio::test]
async fn a_socket_is_for_who_says_who_they_are() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let init = |payload: Json| json!({ "type": "connection_init", "payload": payload });
    for payload in [
        Json::Null,
        json!({}),
        json!("x"),
        json!({ "Authorization": "Bearer x" }),
        json!({ "Authorization": "Bearer tern_x" }),
        json!({ "Authorization": 7 }),
        json!({ "Authorization": ines.session.access_token }),
        json!({ "ticket": "x" }),
        json!({ "ticket": ines.session.access_token }),
    ] {
        let mut socket = Socket::connect(&server).await;
        socket.say(init(payload.clone())).await;
        assert_eq!(socket.next().await, Err(4403), "{payload}");
    }
    let token = format!("Bearer {}", ines.session.access_token.0);
    let ticket: Json = ines.request(Method::POST, "/api/ws/ticket").send().await.unwrap().json().await.unwrap();
    for payload in [json!({ "ticket": ticket["ticket"] }), json!({ "authorization": token })] {
        let mut socket = Socket::connect(&server).await;
        socket.say(init(payload)).await;
        assert_eq!(socket.next().await, Ok(json!({ "type": "connection_ack" })));
        socket.say(init(Json::Null)).await;
        assert_eq!(socket.next().await, Err(4429));
    }
    let mut early = Socket::connect(&server).await;
    early.say(json!({ "type": "ping" })).await;
    assert_eq!(early.next().await, Ok(json!({ "type": "pong" })));
    early.say(json!({ "type": "subscribe", "id": "1", "payload": { "query": TASKS } })).await;
    assert_eq!(early.next().await, Err(4401));
    for bad in [
        "x",
        "{}",
        "[]",
        "{\"type\":\"start\"}",
        "{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":{}}",
        "{\"type\":\"subscribe\"}",
    ] {
        let mut socket = Socket::open(&server, &ines.session.access_token.0).await;
        socket.0.send(Message::Text(bad.into())).await.unwrap();
        assert_eq!(socket.next().await, Err(4400), "{bad}");
    }
}

#[tokio::test]
async fn a_subscription_that_cannot_be_is_refused() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let mut socket = Socket::open(&server, &ines.session.access_token.0).await;
    for query in [
        "{ me { id } }",
        "mutation { createProject(input: { name: \"x\" }) { id } }",
        "subscription { nothing { id } }",
        "subscription { taskChanged { nothing } }",
        "subscription { taskChanged { id } commentChanged { id } }",
        "subscription { a: taskChanged { id } b: taskChanged { id } }",
        "subscription { taskChanged { comments(first: 500) { nodes { replies(first: 500) { nodes { id } } } } } }",
        "",
    ] {
        assert_eq!(socket.refused("1", query, json!({})).await, "INVALID_REQUEST", "{query}");
    }
    for number in 0..20 {
        socket.subscribe(&number.to_string(), TASKS, json!({})).await;
    }
    assert_eq!(socket.refused("more", TASKS, json!({})).await, "INVALID_REQUEST");
    socket.say(json!({ "type": "subscribe", "id": "7", "payload": { "query": TASKS } })).await;
    assert_eq!(socket.next().await, Err(4409));
    let mut large = Socket::open(&server, &ines.session.access_token.0).await;
    large.0.send(Message::Text("x".repeat(70_000).into())).await.unwrap();
    let ended = timeout(PATIENCE, large.0.next()).await.expect("it ends");
    assert!(!matches!(ended, Some(Ok(Message::Text(_)))), "{ended:?}");
}

#[tokio::test]
async fn a_socket_ends_with_its_session_and_its_client() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let (mut by_device, mut by_token) =
        (Socket::open(&server, &ines.session.access_token.0).await, Socket::open(&server, &program.token).await);
    by_token.subscribe("1", TASKS, json!({})).await;
    let tokens: Json = ines.request(Method::GET, "/api/tokens").send().await.unwrap().json().await.unwrap();
    let id = tokens["items"][0]["id"].as_str().unwrap().to_owned();
    ines.request(Method::DELETE, &format!("/api/tokens/{id}")).send().await.unwrap();
    assert_eq!(by_token.next().await, Err(close::SESSION_ENDED));
    ines.logout().await;
    assert_eq!(by_device.next().await, Err(close::SESSION_ENDED));
    let mut late = Socket::connect(&server).await;
    let token = format!("Bearer {}", ines.session.access_token.0);
    late.say(json!({ "type": "connection_init", "payload": { "Authorization": token } })).await;
    assert_eq!(late.next().await, Err(4403), "the session has ended, though the token has not");
}

#[tokio::test]
async fn signs_of_life_come_by_themselves_and_who_gives_none_is_left() {
    let server = Server::start_at(Pace { ping: Duration::from_millis(20) }).await;
    let ines = server.register("ines@saltmarsh.example").await;
    let mut socket = Socket::open(&server, &ines.session.access_token.0).await;
    let mut signs = BTreeSet::new();
    while signs.len() < 2 {
        match timeout(PATIENCE, socket.0.next()).await.expect("it comes").unwrap().unwrap() {
            Message::Ping(_) => signs.insert("of the socket"),
            Message::Text(text) => signs.insert(if text.contains("ping") { "of the protocol" } else { "something" }),
            other => panic!("{other:?}"),
        };
    }
    assert_eq!(signs, BTreeSet::from(["of the protocol", "of the socket"]));
    // Who reads nothing answers nothing. What was sent until then is still there, and then it is over.
    let mut deaf = Socket::open(&server, &ines.session.access_token.0).await.0.into_inner();
    let mut all = Vec::new();
    let ended = timeout(PATIENCE, deaf.read_to_end(&mut all)).await.expect("it ends");
    assert!(ended.is_ok() && !all.is_empty(), "{ended:?}");
}

#[tokio::test]
async fn a_socket_is_opened_by_the_own_site_in_its_protocol() {
    let server = Server::start().await;
    let open = |protocol: Option<&'static str>| {
        let request =
            server.request(Method::GET, "/api/graphql/ws").header(CONNECTION, "Upgrade").header(UPGRADE, "websocket");
        let request =
            request.header("sec-websocket-version", "13").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        protocol.into_iter().fold(request, |request, name| request.header("sec-websocket-protocol", name))
    };
    check(server.get("/api/graphql/ws").await, 426, kind::INVALID).await;
    check(open(None).send().await.unwrap(), 400, kind::INVALID).await;
    check(open(Some("graphql-ws")).send().await.unwrap(), 400, kind::INVALID).await;
    let elsewhere = open(Some("graphql-transport-ws")).header(ORIGIN, "https://evil.example");
    check(elsewhere.send().await.unwrap(), 403, kind::INVALID).await;
    let here = open(Some("graphql-transport-ws")).header(ORIGIN, server.url.as_str());
    assert_eq!(here.send().await.unwrap().status().as_u16(), 101);
}
