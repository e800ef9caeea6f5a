//! The wire between the server and PostgreSQL, in the hands of a test: it reads the requests of the protocol as they
//! pass, and breaks at one of them.
//!
//! A request is what ends with `Query` or `Sync`, and its answer what ends with `ReadyForQuery` (PostgreSQL's manual,
//! "Frontend/Backend Protocol"). So the steps of a transaction are whatever the server really says, and a statement
//! that is added later is a step more without anybody's doing.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::{OwnedReadHalf as FromPostgres, OwnedWriteHalf as ToPostgres};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::{Notify, broadcast, mpsc};

/// What begins a transaction on an organization's data.
const BEGIN: [&str; 2] = ["BEGIN", "SELECT set_config('tern.org'"];

/// Where a step breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// PostgreSQL never gets the request.
    Before,
    /// PostgreSQL has done it, and the answer is lost.
    After,
    /// PostgreSQL ends the session, as an administrator would, and then gets the request.
    Ended,
    /// PostgreSQL has done it, and nothing goes on until the server's end is closed.
    Held,
    /// PostgreSQL has done it, and the server hears of it when the test says so.
    Paused,
}

/// A request in a transaction, by its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Break {
    pub(crate) step: usize,
    pub(crate) moment: Moment,
}

/// What passed of the transaction that was waited for.
#[derive(Debug, Default)]
struct Watch {
    /// Armed, and no transaction has begun yet.
    armed: bool,
    at: Option<Break>,
    steps: Vec<String>,
    broken: bool,
}

pub(crate) struct Wire {
    pub(crate) port: u16,
    watch: Arc<Mutex<Watch>>,
    cut: broadcast::Sender<()>,
    reached: mpsc::UnboundedReceiver<()>,
    resume: Arc<Notify>,
    statements: Arc<AtomicUsize>,
}

/// What every connection has of the wire.
#[derive(Clone)]
struct Shared {
    socket: PathBuf,
    admin: PgConnectOptions,
    watch: Arc<Mutex<Watch>>,
    cut: broadcast::Sender<()>,
    reached: mpsc::UnboundedSender<()>,
    resume: Arc<Notify>,
    statements: Arc<AtomicUsize>,
}

impl Wire {
    /// A wire to the PostgreSQL that these options lead to, by its Unix socket.
    pub(crate) async fn new(options: &PgConnectOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (watch, cut) = (Arc::default(), broadcast::channel(1).0);
        let (sender, reached) = mpsc::unbounded_channel();
        let socket = options.get_socket().unwrap().join(format!(".s.PGSQL.{}", options.get_port()));
        let (admin, resume, statements) = (options.clone(), Arc::<Notify>::default(), Arc::<AtomicUsize>::default());
        let shared = Shared {
            socket,
            admin,
            watch: Arc::clone(&watch),
            cut: cut.clone(),
            reached: sender,
            resume: Arc::clone(&resume),
            statements: Arc::clone(&statements),
        };
        tokio::spawn(async move {
            while let Ok((server, _)) = listener.accept().await {
                let connection = Connection::open(server, shared.clone()).await;
                tokio::spawn(connection.run());
            }
        });
        Self { port, watch, cut, reached, resume, statements }
    }

    /// How many statements PostgreSQL has been told to carry out. A transaction's begin and end are none: what ends one
    /// that only read goes out when its connection is given back, which may be after the answer has been read.
    pub(crate) fn statements(&self) -> usize {
        self.statements.load(Ordering::SeqCst)
    }

    /// Breaks every connection but those that listen for notifications: the next transaction is on a fresh one.
    pub(crate) fn cut_all(&self) {
        let _ = self.cut.send(()); // there may be none
    }

    /// Watches the next transaction, and breaks it.
    pub(crate) fn arm(&self, at: Option<Break>) {
        *self.watch.lock().unwrap() = Watch { armed: true, at, ..Watch::default() };
    }

    /// Whether the transaction got as far as it was to break.
    pub(crate) fn broke(&self) -> bool {
        self.watch.lock().unwrap().broken
    }

    /// What the transaction that was watched has said, request by request.
    pub(crate) fn steps(&self) -> Vec<String> {
        self.watch.lock().unwrap().steps.clone()
    }

    /// Returns when a transaction is held or paused at its step.
    pub(crate) async fn held(&mut self) {
        self.reached.recv().await.unwrap();
    }

    /// Lets a paused one go on.
    pub(crate) fn resume(&self) {
        self.resume.notify_one();
    }
}

/// One connection of the server, while it lasts.
struct Connection {
    shared: Shared,
    from_server: tokio::net::tcp::OwnedReadHalf,
    to_server: tokio::net::tcp::OwnedWriteHalf,
    from_postgres: FromPostgres,
    to_postgres: ToPostgres,
    /// The process of its backend.
    backend: i32,
    /// The texts of prepared statements.
    prepared: HashMap<Vec<u8>, String>,
    /// The step of the watched transaction, if that is this connection's.
    step: Option<usize>,
    listens: bool,
}

impl Connection {
    async fn open(server: TcpStream, shared: Shared) -> Self {
        server.set_nodelay(true).unwrap();
        let (from_server, to_server) = server.into_split();
        let (from_postgres, to_postgres) = UnixStream::connect(&shared.socket).await.unwrap().into_split();
        let (prepared, backend) = (HashMap::new(), 0);
        Self {
            shared,
            from_server,
            to_server,
            from_postgres,
            to_postgres,
            backend,
            prepared,
            step: None,
            listens: false,
        }
    }

    /// Passes on what is said, until one end closes or the wire breaks. Both ends are closed then.
    async fn run(mut self) {
        let mut cut = self.shared.cut.subscribe();
        loop {
            let listens = self.listens;
            tokio::select! {
                passed = self.pass() => if passed.is_none() { return },
                _ = cut.recv(), if !listens => return,
            }
        }
    }

    /// Passes one request on and its answer back, or what PostgreSQL says unasked.
    async fn pass(&mut self) -> Option<()> {
        let mut unasked = [0; 8192];
        tokio::select! {
            ready = self.from_server.readable() => ready.ok()?,
            ready = self.from_postgres.readable() => {
                ready.ok()?;
                return match self.from_postgres.try_read(&mut unasked) {
                    Ok(0) => None,
                    Ok(length) => self.to_server.write_all(&unasked[..length]).await.ok(),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => Some(()),
                    Err(_) => None,
                };
            }
        }
        let first = self.backend == 0;
        let request = read_request(&mut self.from_server, first).await?;
        let text = if first { String::new() } else { self.text_of(&request) };
        self.listens |= text.contains("LISTEN");
        let moment = self.next_step(&text);
        match moment {
            Some(Moment::Before) => return None,
            Some(Moment::Ended) => self.end_backend().await,
            Some(Moment::After | Moment::Held | Moment::Paused) | None => {}
        }
        // Who is gone takes nothing, and may have said why.
        let _ = self.to_postgres.write_all(&request).await;
        let answer = self.answer().await?;
        match moment {
            Some(Moment::After) => return None,
            Some(Moment::Held) => {
                self.shared.reached.send(()).ok()?;
                while self.from_server.read(&mut unasked).await.ok()? > 0 {}
                return None;
            }
            Some(Moment::Paused) => {
                self.shared.reached.send(()).ok()?;
                self.shared.resume.notified().await;
            }
            Some(Moment::Before | Moment::Ended) | None => {}
        }
        self.to_server.write_all(&answer).await.ok()
    }

    /// Counts a request if it is of the watched transaction, and says how it breaks.
    fn next_step(&mut self, text: &str) -> Option<Moment> {
        let mut watch = self.shared.watch.lock().unwrap();
        if watch.armed && text.starts_with(BEGIN[0]) && text.contains(BEGIN[1]) {
            watch.armed = false;
            self.step = Some(0);
        }
        let step = self.step?;
        watch.steps.push(text.to_owned());
        // Whatever comes after the end is of another transaction.
        self.step = (!text.starts_with("COMMIT") && !text.starts_with("ROLLBACK")).then_some(step + 1);
        let at = watch.at.filter(|at| at.step == step)?;
        watch.broken = true;
        Some(at.moment)
    }

    /// The statement of a request.
    fn text_of(&mut self, request: &[u8]) -> String {
        let mut text = String::new();
        for (kind, body) in messages(request) {
            let mut strings = body.split(|byte| *byte == 0);
            let first = strings.next().unwrap_or_default().to_vec();
            match kind {
                b'Q' => text = String::from_utf8(first).unwrap(),
                b'P' => {
                    text = String::from_utf8(strings.next().unwrap_or_default().to_vec()).unwrap();
                    self.prepared.insert(first, text.clone());
                }
                b'B' => {
                    self.shared.statements.fetch_add(1, Ordering::SeqCst);
                    let name = strings.next().unwrap_or_default();
                    text = self.prepared.get(name).cloned().unwrap_or_default();
                }
                _ => {}
            }
        }
        text
    }

    /// PostgreSQL's answer, to its end.
    async fn answer(&mut self) -> Option<Vec<u8>> {
        let mut answer = Vec::new();
        loop {
            let Some((kind, message)) = read_message(&mut self.from_postgres).await else {
                // What it said before it hung up, such as why.
                let _ = self.to_server.write_all(&answer).await;
                return None;
            };
            if kind == b'K' {
                self.backend = i32::from_be_bytes(message[5..9].try_into().unwrap());
            }
            answer.extend(message);
            if kind == b'Z' {
                return Some(answer);
            }
        }
    }

    async fn end_backend(&self) {
        use sqlx::Connection as _;
        let mut admin = PgConnection::connect_with(&self.shared.admin).await.unwrap();
        let end = "SELECT pg_terminate_backend($1, 10000)";
        assert!(sqlx::query_scalar::<_, bool>(end).bind(self.backend).fetch_one(&mut admin).await.unwrap());
    }
}

/// The messages of a request.
fn messages(mut request: &[u8]) -> Vec<(u8, &[u8])> {
    let mut messages = Vec::new();
    while let [kind, a, b, c, d, ..] = *request {
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        messages.push((kind, &request[5..=length]));
        request = &request[length + 1..];
    }
    messages
}

async fn read_message(from: &mut (impl AsyncRead + Unpin)) -> Option<(u8, Vec<u8>)> {
    let mut message = vec![0; 5];
    from.read_exact(&mut message).await.ok()?;
    let length = u32::from_be_bytes(message[1..].try_into().unwrap()) as usize;
    message.resize(length + 1, 0);
    from.read_exact(&mut message[5..]).await.ok()?;
    Some((message[0], message))
}

/// Reads to the end of a request. The first message of a connection has no kind.
async fn read_request(from: &mut (impl AsyncRead + Unpin), first: bool) -> Option<Vec<u8>> {
    if first {
        let mut message = vec![0; 4];
        from.read_exact(&mut message).await.ok()?;
        let length = u32::from_be_bytes(message[..].try_into().unwrap()) as usize;
        message.resize(length, 0);
        from.read_exact(&mut message[4..]).await.ok()?;
        return Some(message);
    }
    let mut request = Vec::new();
    loop {
        let (kind, message) = read_message(from).await?;
        request.extend(message);
        // The end of a connection has no answer.
        if matches!(kind, b'Q' | b'S' | b'X') {
            return Some(request);
        }
    }
}
