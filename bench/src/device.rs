//! A device with the real engine, its replica in memory, and the real server on the other end.

use std::time::{SystemTime, UNIX_EPOCH};

use engine::command::Command;
use engine::engine::Engine;
use engine::env::Env;
use engine::store::memory::MemoryStore;
use engine::sync::Step;
use engine::transport::Transport as _;
use futures::StreamExt as _;
use shared::clock::{Millis, Version};
use shared::realtime::Hint;
use tokio::net::TcpStream;
use tokio_tungstenite::{WebSocketStream, client_async};
use uuid::Uuid;

use crate::client::Connection;
use crate::outcome::Outcome;

/// The machine's clock and ids. Pauses need no jitter where nothing is expected to fail.
#[derive(Debug)]
struct Machine;

impl Env for Machine {
    fn now(&mut self) -> Millis {
        now()
    }

    fn new_id(&mut self) -> Uuid {
        Uuid::now_v7()
    }

    fn random(&mut self) -> f64 {
        0.5
    }
}

/// The machine's time.
pub(crate) fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}

#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) engine: Engine<MemoryStore>,
    connection: Connection,
}

impl Device {
    /// One that has just signed in and holds nothing.
    pub(crate) async fn new(connection: Connection) -> Outcome<Self> {
        let engine = Engine::open(MemoryStore::new(), connection.account.actor).await?;
        Ok(Self { engine, connection })
    }

    /// Carries out what its member asks for.
    pub(crate) async fn execute(&mut self, command: &Command) -> Outcome<()> {
        self.engine.execute(command, &mut Machine).await?;
        Ok(())
    }

    /// Takes the next step of sync; whether there was one.
    pub(crate) async fn step(&mut self) -> Outcome<bool> {
        match self.engine.step(&mut Machine).await? {
            Step::Push(request) => {
                let answer = self.connection.push(&request).await?;
                self.engine.pushed(&request, Ok(answer), &mut Machine);
            }
            Step::Pull(request) => {
                let answer = self.connection.pull(&request).await?;
                self.engine.pulled(&request, Ok(answer), &mut Machine).await?;
            }
            Step::Resume(history) => {
                let answer = self.connection.resume(&history).await?;
                self.engine.resumed(&history, Ok(answer), &mut Machine).await?;
            }
            Step::Wait(_) => return Ok(false),
        }
        Ok(true)
    }

    /// Sends and fetches until there is nothing left, and checks that nothing is missing.
    pub(crate) async fn sync(&mut self) -> Outcome<()> {
        self.engine.wake();
        while self.step().await? {}
        let status = self.engine.status();
        if status.verified && status.waiting == 0 && status.attention == 0 {
            return Ok(());
        }
        Err(format!("A device has synced, and it does not agree with the server: {status:?}").into())
    }

    /// Bytes received since the last call.
    pub(crate) fn take_received(&self) -> u64 {
        self.connection.take_received()
    }

    /// Opens the socket on which the server pokes this device.
    pub(crate) async fn listen(&self) -> Outcome<Socket> {
        let address = self.connection.socket_address().await?;
        let host = address.trim_start_matches("ws://").split('/').next().unwrap_or_default();
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        Ok(Socket(client_async(&address, stream).await?.0))
    }

    /// Waits to be told of something new, and fetches it.
    pub(crate) async fn catch_up(&mut self, socket: &mut Socket) -> Outcome<()> {
        let known = self.engine.replica().meta().cursor;
        let ver = socket.later_than(known).await?;
        self.engine.poked(ver);
        while self.step().await? {}
        Ok(())
    }
}

/// What the server says unasked.
#[derive(Debug)]
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// The next version that is later than one.
    async fn later_than(&mut self, known: Version) -> Outcome<Version> {
        loop {
            let message = self.0.next().await.ok_or("The server has closed a socket.")??;
            let Ok(text) = message.to_text() else { continue };
            let hint = serde_json::from_str(text).unwrap_or(Hint { ver: None });
            if let Some(ver) = hint.ver.filter(|ver| *ver > known) {
                return Ok(ver);
            }
        }
    }
}
