//! The poke: who hears what over a socket, and when a socket is refused or closed.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use reqwest::header::{CONNECTION, ORIGIN, UPGRADE};
use shared::clock::Version;
use shared::field::{Field, TextField};
use shared::ids::{CommentId, TaskId};
use shared::mutation::{Create, Op};
use shared::protocol::kind;
use shared::realtime::{ServerMessage, SocketTicket, close};
use shared::value::{Subject, Value};
use tern_server::router::Pace;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};
use uuid::Uuid;

use crate::harness::{Device, Server, check, create, edit, task_id};

/// A message that has not come by then does not come: nothing here takes a second.
const PATIENCE: Duration = Duration::from_mins(1);

async fn patiently<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it comes")
}

/// An open socket.
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Opens one, and reads the first message: how far the organization is.
    pub(crate) async fn open(device: &Device<'_>) -> (Self, Version) {
        let stream = TcpStream::connect(address(device.server)).await.unwrap();
        let mut socket = Self(client_async(url(device).await, stream).await.unwrap().0);
        match socket.next().await {
            Ok(ServerMessage::SyncRequired { ver }) => (socket, ver),
            other => panic!("{other:?}"),
        }
    }

    /// The next message but for signs of life, or the code that the server closes with.
    pub(crate) async fn next(&mut self) -> Result<ServerMessage, u16> {
        loop {
            match patiently(self.0.next()).await.unwrap().unwrap() {
                Message::Text(text) => match serde_json::from_str(&text).unwrap() {
                    ServerMessage::Alive => {}
                    message => return Ok(message),
                },
                Message::Close(frame) => return Err(frame.unwrap().code.into()),
                _ => {}
            }
        }
    }
}

fn address(server: &Server) -> &str {
    server.url.strip_prefix("http://").unwrap()
}

async fn ticket(device: &Device<'_>) -> String {
    let answer = device.request(Method::POST, "/api/ws/ticket").send().await.unwrap();
    let SocketTicket { ticket, expires_in } = answer.json().await.unwrap();
    assert!(expires_in <= 30);
    ticket
}

async fn url(device: &Device<'_>) -> String {
    format!("ws://{}/api/ws?ticket={}", address(device.server), ticket(device).await)
}

fn updated(id: TaskId, ver: Version) -> ServerMessage {
    ServerMessage::TaskUpdated { id, ver }
}

#[tokio::test]
async fn a_push_pokes_the_other_devices_and_not_its_own() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let mut phone = server.login("ines@saltmarsh.example", Uuid::now_v7()).await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let (mut at_desk, ver) = Socket::open(&ines).await;
    let (mut in_pocket, _) = Socket::open(&phone).await;
    let (mut at_bo, _) = Socket::open(&bo).await;
    assert_eq!(ver, 3, "two members and the first project");

    let (project, first, second) = (ines.project().await, task_id(), task_id());
    ines.push(1, [create(first, project, "One")]).await;
    assert_eq!((in_pocket.next().await, at_bo.next().await), (Ok(updated(first, 4)), Ok(updated(first, 4))));
    phone.push(2, [create(second, project, "Two")]).await;
    // Had the first push poked its own device, that would have come before.
    assert_eq!((at_desk.next().await, at_bo.next().await), (Ok(updated(second, 5)), Ok(updated(second, 5))));
    // A device that comes later is told how far the organization is.
    assert_eq!(Socket::open(&bo).await.1, 5);

    let id = CommentId(Uuid::now_v7());
    let subject = Subject { task: first, reply_to: None };
    let comment = Create::new(id).text(TextField::Body, "Which colour?").value(Field::Subject, Value::Subject(subject));
    ines.push(5, [Op::Create(comment), edit(second, "Two", "Too")]).await;
    assert_eq!(at_bo.next().await, Ok(updated(second, 7)));
    assert_eq!(at_bo.next().await, Ok(ServerMessage::CommentCreated { id, task: first, ver: 7 }));
}

#[tokio::test]
async fn a_push_that_changes_nothing_pokes_nobody_and_one_that_changes_much_names_nothing() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let (mut socket, _) = Socket::open(&bo).await;
    let project = ines.project().await;
    let (known, many): (TaskId, Vec<TaskId>) = (task_id(), (0..21).map(|_| task_id()).collect());
    let first = ines.next(1, [create(known, project, "Known")]);
    ines.send(&first).await;
    ines.send(&first).await; // a repeat
    ines.push(2, [edit(task_id(), "Nobody's", "Anybody's")]).await; // refused
    ines.push(2, many.iter().map(|id| create(*id, project, "One of many"))).await;
    assert_eq!(socket.next().await, Ok(updated(known, 4)));
    assert_eq!(socket.next().await, Ok(ServerMessage::SyncRequired { ver: 25 }));
    ines.push(23, many[..20].iter().map(|id| edit(*id, "One of many", "One of few"))).await;
    let mut named = BTreeSet::new();
    for _ in 0..20 {
        match socket.next().await {
            Ok(ServerMessage::TaskUpdated { id, ver: 45 }) => named.insert(id),
            other => panic!("{other:?}"),
        };
    }
    assert_eq!(named, many[..20].iter().copied().collect());
}

#[tokio::test]
async fn another_organization_hears_nothing() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let mut eve = server.register("eve@elsewhere.example").await;
    let mallory = server.join(&eve, "mallory@elsewhere.example").await;
    let (mut at_bo, _) = Socket::open(&bo).await;
    let (mut at_mallory, _) = Socket::open(&mallory).await;
    let (secret, theirs) = (task_id(), task_id());
    ines.push(1, [create(secret, ines.project().await, "Secret")]).await;
    assert_eq!(at_bo.next().await, Ok(updated(secret, 4)));
    // The socket keeps the order: what was not to be heard would have come first.
    eve.push(1, [create(theirs, eve.project().await, "Theirs")]).await;
    assert_eq!(at_mallory.next().await, Ok(updated(theirs, 4)));
}

#[tokio::test]
async fn a_socket_is_refused_in_words() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let open = |ticket: &str| {
        let request = server.request(Method::GET, &format!("/api/ws?ticket={ticket}"));
        let request = request.header(CONNECTION, "Upgrade").header(UPGRADE, "websocket");
        request.header("sec-websocket-version", "13").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
    };
    let access = &ines.session.access_token.0;
    let good = ticket(&ines).await;
    let tokens = Server::tokens();
    let expired = tokens.socket_ticket(&tokens.member(access).unwrap(), 1_000_000_000_000).unwrap();
    for bad in ["", "garbage", "a.b.c", &good[1..], access, &expired] {
        check(open(bad).send().await.unwrap(), 401, kind::UNAUTHENTICATED).await;
    }
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        check(open(&good).header(ORIGIN, origin).send().await.unwrap(), 403, kind::INVALID).await;
    }
    check(server.get("/api/ws").await, 400, kind::INVALID).await;
    check(server.get(&format!("/api/ws?ticket={good}")).await, 426, kind::INVALID).await;
    check(server.request(Method::POST, "/api/ws/ticket").send().await.unwrap(), 401, kind::UNAUTHENTICATED).await;
    // A ticket opens a socket and nothing else.
    let pull = server.request(Method::POST, "/api/sync/pull").bearer_auth(&good).json(&ines.pull_request(0));
    check(pull.send().await.unwrap(), 401, kind::UNAUTHENTICATED).await;
    // The app's own page may.
    let mut request = format!("ws://{}/api/ws?ticket={good}", address(&server)).into_client_request().unwrap();
    request.headers_mut().insert("origin", server.url.parse().unwrap());
    let stream = TcpStream::connect(address(&server)).await.unwrap();
    let (mut socket, _) = client_async(request, stream).await.unwrap();
    assert!(socket.next().await.unwrap().unwrap().is_text());
}

#[tokio::test]
async fn a_session_that_ends_closes_its_sockets_and_opens_no_more() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let (mut of_ines, joined) = Socket::open(&ines).await;
    let (mut of_bo, _) = Socket::open(&bo).await;
    let late = ticket(&bo).await;
    bo.logout().await;
    assert_eq!(of_bo.next().await, Err(close::SESSION_ENDED));
    let stream = TcpStream::connect(address(&server)).await.unwrap();
    let refused = client_async(format!("ws://{}/api/ws?ticket={late}", address(&server)), stream).await;
    assert!(refused.unwrap_err().to_string().contains("401"));
    check(bo.request(Method::POST, "/api/ws/ticket").send().await.unwrap(), 401, kind::UNAUTHENTICATED).await;
    // Nobody else's does.
    let task = task_id();
    let mut phone = server.login("ines@saltmarsh.example", Uuid::now_v7()).await;
    phone.push(1, [create(task, ines.project().await, "Still there")]).await;
    let mut heard = of_ines.next().await;
    if heard == Ok(ServerMessage::SyncRequired { ver: joined }) {
        // That Bo has joined may be told of once more: the notice was on its way when the socket was opened.
        heard = of_ines.next().await;
    }
    assert_eq!(heard, Ok(updated(task, 4)));
    ines.refresh(&ines.refresh_token).await;
    ines.push(2, [edit(task, "Still there", "Still here")]).await;
}

/// PostgreSQL delivers to this server's one listening connection and to no other.
const LISTENERS: &str = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";

#[tokio::test]
async fn after_the_listening_connection_was_lost_every_socket_is_told_to_catch_up() {
    let server = Server::start().await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let eve = server.register("eve@elsewhere.example").await;
    let (mut of_bo, _) = Socket::open(&bo).await;
    let (mut of_eve, _) = Socket::open(&eve).await;
    let gone = server.login("eve@elsewhere.example", Uuid::now_v7()).await;
    let (mut of_gone, _) = Socket::open(&gone).await;
    let project = ines.project().await;
    let mut owner = server.owner().await;
    let pids: Vec<i32> = sqlx::query_scalar(LISTENERS).fetch_all(&mut owner).await.unwrap();
    assert_eq!(pids.len(), 1);
    // An end of which nobody is told.
    sqlx::query("UPDATE sessions SET revoked_at = now() WHERE family = $1")
        .bind(Server::tokens().member(&gone.session.access_token.0).unwrap().family())
        .execute(&mut owner)
        .await
        .unwrap();
    sqlx::query("SELECT pg_terminate_backend($1)").bind(pids[0]).execute(&mut owner).await.unwrap();
    assert_eq!(of_gone.next().await, Err(close::SESSION_ENDED));
    assert_eq!(of_bo.next().await, Ok(ServerMessage::SyncRequired { ver: 3 }));
    assert_eq!(of_eve.next().await, Ok(ServerMessage::SyncRequired { ver: 2 }));
    let task = task_id();
    ines.push(1, [create(task, project, "Heard again")]).await;
    assert_eq!(of_bo.next().await, Ok(updated(task, 4)));
}

#[tokio::test]
async fn what_waits_for_a_slow_reader_collapses() {
    const NOTICES: i64 = 10_000;
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let tcp = TcpSocket::new_v4().unwrap();
    tcp.set_recv_buffer_size(4_096).unwrap();
    let stream = tcp.connect(address(&server).parse().unwrap()).await.unwrap();
    let mut slow = Socket(client_async(url(&bo).await, stream).await.unwrap().0);
    let (mut quick, _) = Socket::open(&bo).await;
    // Far more than all buffers between server and client take: nobody pushes so much in a second but a test.
    let pokes = "SELECT pg_notify('tern_poke', json_build_object('org', $1::text, 'ver', ver, 'actor', 0, 'changes',
                   (SELECT json_agg(json_build_object('task', $2::text)) FROM generate_series(1, 20)))::text)
                 FROM generate_series(1::bigint, $3) AS t (ver)";
    let org = ines.session.account.organization.to_string();
    let mut owner = server.owner().await;
    sqlx::query(pokes).bind(org).bind(task_id().to_string()).bind(NOTICES).execute(&mut owner).await.unwrap();
    let last = u64::try_from(NOTICES).unwrap();
    while quick.next().await.unwrap().ver() != Some(last) {}
    let (mut heard, mut collapsed) = (0, 0);
    loop {
        let message = slow.next().await.unwrap();
        heard += 1;
        collapsed += u64::from(matches!(message, ServerMessage::SyncRequired { .. }));
        if message.ver() == Some(last) {
            break;
        }
    }
    assert!(collapsed > 1, "beside the first message, which every socket gets");
    assert!(heard < last * 20, "{heard} messages were kept for somebody who did not read");
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_dropped() {
    let server = Server::start_at(Pace { ping: Duration::from_millis(20) }).await;
    let ines = server.register("ines@saltmarsh.example").await;
    let path = format!("/api/ws?ticket={}", ticket(&ines).await);
    let mut stream = TcpStream::connect(address(&server)).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        address(&server)
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    // To the end: there would be none if the server went on.
    patiently(stream.read_to_end(&mut received)).await.unwrap();
    let pings = received.windows(2).filter(|frame| *frame == [0x89, 0]).count();
    let alive = String::from_utf8_lossy(&received).matches(r#"{"type":"alive"}"#).count();
    assert_eq!((pings, alive), (2, 2));
}

#[tokio::test]
async fn a_client_that_answers_pings_stays_and_what_it_says_is_of_no_interest() {
    let server = Server::start_at(Pace { ping: Duration::from_millis(300) }).await;
    let mut ines = server.register("ines@saltmarsh.example").await;
    let bo = server.join(&ines, "bo@saltmarsh.example").await;
    let (project, task) = (ines.project().await, task_id());
    let (mut socket, _) = Socket::open(&bo).await;
    socket.0.send(Message::text("{\"type\":\"poke_everybody\"}")).await.unwrap();
    socket.0.send(Message::binary(vec![0; 1_000])).await.unwrap();
    let mut pings = 0;
    while pings < 4 {
        // Reading answers them.
        pings += usize::from(socket.0.next().await.unwrap().unwrap().is_ping());
    }
    let (_, heard) = tokio::join!(ines.push(1, [create(task, project, "One")]), socket.next());
    assert_eq!(heard, Ok(updated(task, 4)));
    // More than a client may say at once.
    socket.0.send(Message::binary(vec![0; 10_000])).await.unwrap();
    patiently(async { while let Some(Ok(_)) = socket.0.next().await {} }).await;
}
