//! The server as a program: it starts by itself, says what is wrong, and stops in order.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use futures::StreamExt as _;
use reqwest::StatusCode;
use serde_json::Value;
use shared::account::Session;
use shared::realtime::{SocketTicket, close};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};
use uuid::Uuid;

use crate::harness::{PASSWORD, credentials, directory, dist, http, registration};

/// A data directory and an app of its own.
struct Place {
    data: PathBuf,
    dist: PathBuf,
}

impl Place {
    fn new() -> Self {
        let root = directory();
        Self { data: root.join("data"), dist: dist(&root) }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tern-server"));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("PORT", "0").env("TERN_DATA_DIR", &self.data).env("TERN_DIST", &self.dist);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    async fn start(&self) -> Running {
        let mut child = self.command().spawn().unwrap();
        let (out, line) = first_line(&mut child).await;
        let url = address(&line);
        let Some(url) = url else {
            let output = child.wait_with_output().await.unwrap();
            panic!("{line}{}", String::from_utf8_lossy(&output.stderr));
        };
        Running { child, out, url, http: http() }
    }

    /// The process of the cluster.
    fn postmaster(&self) -> i32 {
        let file = self.data.join("postgres/data/postmaster.pid");
        std::fs::read_to_string(file).unwrap().lines().next().unwrap().parse().unwrap()
    }
}

/// The line that a server prints when it serves, and whatever it prints later.
async fn first_line(child: &mut Child) -> (BufReader<ChildStdout>, String) {
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).await.unwrap();
    (out, line)
}

fn address(line: &str) -> Option<String> {
    line.trim().strip_prefix("Tern serves at ").map(str::to_owned)
}

/// Where a server serves that has just been started.
pub(crate) async fn served_at(child: &mut Child) -> String {
    address(&first_line(child).await.1).unwrap()
}

struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
    url: String,
    http: reqwest::Client,
}

impl Running {
    async fn post(&self, path: &str, body: &Value) -> StatusCode {
        self.http.post(format!("{}{path}", self.url)).json(body).send().await.unwrap().status()
    }

    async fn signal(&mut self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().await.unwrap().success());
    }

    /// The exit code, and what was printed besides the first line.
    async fn end(mut self) -> (Option<i32>, String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).await.unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut err).await.unwrap();
        (self.child.wait().await.unwrap().code(), out, err)
    }
}

/// Whether it runs; one that has ended and waits for its parent to notice does not.
fn is_alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// Fails with one sentence on stderr and nothing on stdout.
async fn fails(mut command: Command) -> String {
    command.env("TERN_LOG", "error");
    let Output { status, stdout, stderr } = command.output().await.unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(stdout.is_empty());
    assert_eq!(stderr.trim().lines().count(), 1, "{stderr}");
    stderr.trim().to_owned()
}

#[tokio::test]
async fn it_brings_its_own_postgresql_and_takes_it_away() {
    let place = Place::new();
    for signal in ["TERM", "INT"] {
        let mut server = place.start().await;
        let health = server.http.get(format!("{}/api/health", server.url)).send().await.unwrap();
        assert_eq!(health.status(), StatusCode::OK);
        let postmaster = place.postmaster();
        assert!(is_alive(postmaster));
        server.signal(signal).await;
        let (code, out, err) = server.end().await;
        assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
        assert!(!is_alive(postmaster), "{err}");
        assert!(!place.data.join("postgres/data/postmaster.pid").exists());
    }
}

/// An open socket, without anybody who reads it.
async fn socket(server: &Running, access: &str) -> WebSocketStream<TcpStream> {
    let ticket = server.http.post(format!("{}/api/ws/ticket", server.url)).bearer_auth(access).send().await.unwrap();
    let ticket: SocketTicket = ticket.json().await.unwrap();
    let address = server.url.strip_prefix("http://").unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    client_async(format!("ws://{address}/api/ws?ticket={}", ticket.ticket), stream).await.unwrap().0
}

#[tokio::test]
async fn it_says_goodbye_to_its_sockets_and_waits_for_none_that_is_silent() {
    let place = Place::new();
    let mut server = place.start().await;
    let body = registration("ines@saltmarsh.example", Uuid::now_v7());
    let session = server.http.post(format!("{}/api/auth/register", server.url)).json(&body).send().await.unwrap();
    let session: Session = session.json().await.unwrap();
    let access = session.access_token.0.as_str();
    let (mut open, silent) = (socket(&server, access).await, socket(&server, access).await);
    server.signal("TERM").await;
    let code: u16 = loop {
        if let Message::Close(frame) = open.next().await.unwrap().unwrap() {
            break frame.unwrap().code.into();
        }
    };
    assert_eq!(code, close::GOING_AWAY);
    let (code, _, err) = server.end().await;
    assert_eq!(code, Some(0), "{err}");
    assert!(!err.contains("did not end in time"), "{err}");
    drop(silent);
}

#[tokio::test]
async fn a_killed_server_leaves_a_cluster_that_the_next_one_takes_over() {
    let place = Place::new();
    let mut server = place.start().await;
    let device = Uuid::now_v7();
    let registered = server.post("/api/auth/register", &registration("ines@saltmarsh.example", device)).await;
    assert_eq!(registered, StatusCode::CREATED);
    let postmaster = place.postmaster();
    server.child.kill().await.unwrap();

    let mut next = place.start().await;
    assert_eq!(place.postmaster(), postmaster);
    let login = next.post("/api/auth/login", &credentials("ines@saltmarsh.example", PASSWORD, device)).await;
    assert_eq!(login, StatusCode::OK);
    next.signal("TERM").await;
    let (code, _, err) = next.end().await;
    assert_eq!(code, Some(0), "{err}");
    assert!(!is_alive(postmaster), "{err}");
}

#[tokio::test]
async fn what_a_dead_cluster_leaves_is_in_nobodys_way() {
    let place = Place::new();
    let mut server = place.start().await;
    server.signal("TERM").await;
    server.end().await;
    // As after a restart of the machine: the number belongs to another process now, this one.
    let file = place.data.join("postgres/data/postmaster.pid");
    std::fs::write(&file, format!("{}\n/nowhere\n0\n5432\n/nowhere\n\n", std::process::id())).unwrap();
    let mut server = place.start().await;
    assert_ne!(place.postmaster().unsigned_abs(), std::process::id());
    server.signal("TERM").await;
    assert_eq!(server.end().await.0, Some(0));
}

#[tokio::test]
async fn two_servers_do_not_share_a_data_directory() {
    let place = Place::new();
    let mut server = place.start().await;
    let sentence = fails(place.command()).await;
    assert!(sentence.contains("Another server uses") && sentence.contains("TERN_DATA_DIR"), "{sentence}");
    server.signal("TERM").await;
    assert_eq!(server.end().await.0, Some(0));
}

#[tokio::test]
async fn a_long_path_is_no_obstacle() {
    let place = Place::new();
    let place = Place { data: place.data.join("x".repeat(120)), ..place };
    let mut server = place.start().await;
    server.signal("TERM").await;
    let (code, _, err) = server.end().await;
    assert_eq!(code, Some(0), "{err}");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut command = Place::new().command();
    command.env("PORT", port.to_string());
    let expected = format!("Port {port} is taken. Stop the other program or set PORT to another one.");
    assert_eq!(fails(command).await, expected);
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_named_without_its_password() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = Place::new().command();
    command.env("DATABASE_URL", format!("postgres://tern:hunter2@{closed}/tern"));
    let sentence = fails(command).await;
    assert!(sentence.contains(&closed.to_string()) && sentence.contains("DATABASE_URL"), "{sentence}");
    assert!(!sentence.contains("hunter2"), "{sentence}");
}

#[tokio::test]
async fn other_mistakes_are_named_too() {
    for (name, value, expected) in [
        ("PORT", "x", "PORT is 'x', but must be a number from 0 to 65535."),
        ("TERN_HOST", "x", "TERN_HOST is 'x', but must be an IP address such as 127.0.0.1, or 0.0.0.0 for all."),
        (
            "DATABASE_URL",
            "mysql://x",
            "DATABASE_URL is not a PostgreSQL URL. Write it like postgres://user:password@host:5432/database.",
        ),
        (
            "TERN_DIST",
            "/nowhere",
            "The app is not built: /nowhere/index.html cannot be read (entity not found). Run 'make build', or set TERN_DIST to the directory of the built app.",
        ),
        (
            "TERN_DATA_DIR",
            "/dev/null/x",
            "/dev/null/x cannot be used (Not a directory (os error 20)). Set TERN_DATA_DIR to a directory that can be written.",
        ),
    ] {
        let mut command = Place::new().command();
        command.env(name, value);
        assert_eq!(fails(command).await, expected);
    }
}

#[tokio::test]
async fn the_log_holds_no_secrets() {
    let place = Place::new();
    let mut command = place.command();
    command.env("TERN_LOG", "trace/json");
    let mut child = command.spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let log = tokio::spawn(async move {
        let mut log = String::new();
        stderr.read_to_string(&mut log).await.unwrap();
        log
    });
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).await.unwrap();
    let url = line.trim().strip_prefix("Tern serves at ").unwrap();
    let register = format!("{url}/api/auth/register");
    let response =
        http().post(register).json(&registration("ines@saltmarsh.example", Uuid::now_v7())).send().await.unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let refresh = crate::harness::cookie(&response);
    let session: Session = response.json().await.unwrap();
    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").arg(&pid).status().await.unwrap().success());
    assert!(child.wait().await.unwrap().success());
    let log = log.await.unwrap();
    let answered: Value = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|event| event["fields"]["message"] == "answered")
        .unwrap();
    assert_eq!(answered["span"]["id"], id.as_str());
    assert_eq!(answered["fields"]["path"], "/api/auth/register");
    assert_eq!(answered["fields"]["status"], 201);
    for secret in [PASSWORD, refresh.as_str(), session.access_token.0.as_str()] {
        assert!(!log.contains(secret), "the log holds {secret}");
    }
}
