//! The server's own PostgreSQL, for those who have not set one up: a cluster in the data directory, reached by a Unix
//! socket that only its user can open, started and stopped with the server.
//!
//! A server that is killed leaves its cluster running; the next one takes it over. Two servers never share one: a lock
//! on the data directory sees to that.

mod home;
mod pidfile;
mod programs;

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::process::Child;
use tokio::time::{Instant, sleep};

use home::Home;
use programs::Programs;

/// The superuser and owner of everything in the cluster; exists only there.
const OWNER: &str = "tern";
/// The socket's name carries it.
const PORT: u16 = 5432;

const POLL: Duration = Duration::from_millis(25);
/// How long a start may take: after a crash PostgreSQL replays its log first.
const START: Duration = Duration::from_mins(2);
/// How long PostgreSQL may take to stop before it is told to hurry.
const STOP: Duration = Duration::from_secs(30);
/// How often a start is tried: what an earlier postmaster has left may need a moment to go.
const ATTEMPTS: usize = 5;

/// For everybody, before the settings that are asked for.
const SETTINGS: [&str; 4] = ["unix_socket_permissions=0700", "timezone=UTC", "log_timezone=UTC", "jit=off"];

/// Why there is no cluster.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    #[error(
        "PostgreSQL's programs are not installed. Install them (Debian: apt-get install postgresql), or set DATABASE_URL."
    )]
    Missing,
    #[error(
        "PostgreSQL does not run as root, and there is no user 'postgres' to run it as. Create one, or start Tern as another user."
    )]
    NoUser,
    #[error("{} belongs to another user. Start Tern as that user, or set TERN_DATA_DIR to another directory.", .0.display())]
    ForeignDirectory(PathBuf),
    #[error("Another server uses {}. Stop it, or set TERN_DATA_DIR to another directory.", .0.display())]
    InUse(PathBuf),
    #[error("{} cannot be used ({error}). Set TERN_DATA_DIR to a directory that can be written.", path.display())]
    Directory { path: PathBuf, error: io::Error },
    #[error("PostgreSQL's initdb failed: {0}")]
    Init(String),
    #[error("PostgreSQL does not start. The end of {}: {end}", log.display())]
    Start { log: PathBuf, end: String },
    #[error("PostgreSQL cannot be set up: {0}")]
    SetUp(sqlx::Error),
}

/// A running PostgreSQL. Dropped without [`Self::stop`], it is told to stop and not waited for.
#[derive(Debug)]
pub struct Cluster {
    pid: Pid,
    socket: PathBuf,
    /// `None` when another server has started it.
    child: Option<Child>,
    stopped: bool,
    _lock: File,
}

impl Cluster {
    /// Starts the cluster of a data directory, and makes it first where there is none. `settings` are PostgreSQL's, as
    /// `name=value`.
    pub async fn start(data_dir: &Path, settings: &[&str]) -> Result<Self, ClusterError> {
        let directory = |error| ClusterError::Directory { path: data_dir.to_owned(), error };
        std::fs::create_dir_all(data_dir).map_err(directory)?;
        let data_dir = data_dir.canonicalize().map_err(directory)?;
        let lock = lock(&data_dir)?;
        let home = Home::open(&data_dir).await?;
        let programs = Programs::find(home.version().as_deref()).ok_or(ClusterError::Missing)?;
        if home.version().is_none() {
            tracing::info!(directory = %home.data().display(), "making a PostgreSQL cluster");
            programs.init(&home, OWNER).await?;
        }
        if let Some((pid, socket)) = left_running(&home).await {
            tracing::info!(pid = pid.as_raw_nonzero().get(), "taking over the PostgreSQL that an earlier server left");
            return Ok(Self { pid, socket, child: None, stopped: false, _lock: lock });
        }
        let (child, pid) = launch(&programs, &home, settings).await?;
        Ok(Self { pid, socket: home.socket().to_owned(), child: Some(child), stopped: false, _lock: lock })
    }

    /// How to connect to one of its databases, as the owner.
    pub fn options(&self, database: &str) -> PgConnectOptions {
        options(&self.socket, database)
    }

    /// The process of the postmaster.
    pub fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Makes a database unless it is there.
    pub async fn create_database(&self, name: &str) -> Result<(), ClusterError> {
        let create = async {
            let mut connection = PgConnection::connect_with(&self.options("postgres")).await?;
            let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
                .bind(name)
                .fetch_one(&mut connection)
                .await?;
            if !exists {
                let name = name.replace('"', "\"\"");
                sqlx::query(AssertSqlSafe(format!("CREATE DATABASE \"{name}\""))).execute(&mut connection).await?;
            }
            connection.close().await
        };
        create.await.map_err(ClusterError::SetUp)
    }

    /// Ends every connection, stops PostgreSQL and waits until it is gone.
    pub async fn stop(mut self) {
        self.stopped = true;
        for signal in [Signal::INT, Signal::QUIT] {
            // What is gone already need not be told.
            let _ = kill_process(self.pid, signal);
            if tokio::time::timeout(STOP, gone(self.pid, self.child.as_mut())).await.is_ok() {
                tracing::info!("PostgreSQL has stopped");
                // Made anew by the next start; of interest where it is not in the data directory.
                let _ = std::fs::remove_dir(&self.socket);
                return;
            }
        }
        tracing::error!(pid = self.pid(), "PostgreSQL does not stop");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if !self.stopped {
            let _ = kill_process(self.pid, Signal::INT);
        }
    }
}

fn options(socket: &Path, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket)
        .port(PORT)
        .username(OWNER)
        .database(database)
        .ssl_mode(PgSslMode::Disable)
}

/// Held by the running server; the system lets go of it when the server dies.
fn lock(data_dir: &Path) -> Result<File, ClusterError> {
    let path = data_dir.join("lock");
    let file = OpenOptions::new().create(true).append(true).open(&path);
    let file = file.map_err(|error| ClusterError::Directory { path: data_dir.to_owned(), error })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ClusterError::InUse(data_dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(ClusterError::Directory { path, error }),
    }
}

async fn gone(pid: Pid, child: Option<&mut Child>) {
    if let Some(child) = child {
        let _ = child.wait().await;
        return;
    }
    while pidfile::is_alive(pid) {
        sleep(POLL).await;
    }
}

async fn answers(socket: &Path) -> bool {
    match PgConnection::connect_with(&options(socket, "postgres")).await {
        Ok(connection) => {
            let _ = connection.close().await;
            true
        }
        Err(_) => false,
    }
}

/// The cluster that a killed server has left running, once it answers. Clears away the file of one that is gone.
async fn left_running(home: &Home) -> Option<(Pid, PathBuf)> {
    let deadline = Instant::now() + START;
    while let Some(left) = pidfile::read(home.data()) {
        if !pidfile::is_postgres(left.pid) {
            // Its number may belong to another process now, which PostgreSQL would take for a postmaster.
            home.remove_pid_file();
            return None;
        }
        let socket = left.socket.unwrap_or_else(|| home.socket().to_owned());
        if answers(&socket).await {
            return Some((left.pid, socket));
        }
        if Instant::now() > deadline {
            return None; // PostgreSQL itself will say what is in the way
        }
        sleep(POLL).await; // it is starting or stopping
    }
    None
}

async fn launch(programs: &Programs, home: &Home, settings: &[&str]) -> Result<(Child, Pid), ClusterError> {
    let failed = |end: String| ClusterError::Start { log: home.log(), end };
    let mut attempt = 1;
    loop {
        let mut child = spawn(programs, home, settings).map_err(|error| failed(error.to_string()))?;
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let guard = StopUnlessReady(pid);
        let ready = ready(&mut child, home).await;
        if ready || child.try_wait().is_ok_and(|status| status.is_some()) {
            guard.disarm();
        }
        if ready {
            return pid.map(|pid| (child, pid)).ok_or_else(|| failed("it has no process".to_owned()));
        }
        if attempt == ATTEMPTS {
            return Err(failed(home.end_of_log()));
        }
        attempt += 1;
        sleep(POLL * 20).await;
    }
}

/// Stops a PostgreSQL whose start is given up, because it takes too long or because the server is told to stop.
struct StopUnlessReady(Option<Pid>);

impl StopUnlessReady {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for StopUnlessReady {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            let _ = kill_process(pid, Signal::INT);
        }
    }
}

fn spawn(programs: &Programs, home: &Home, settings: &[&str]) -> io::Result<Child> {
    let log = home.open_log()?;
    let mut command = programs.postgres(home);
    command.arg("-D").arg(home.data()).arg("-k").arg(home.socket()).arg("-h").arg("").arg("-p").arg(PORT.to_string());
    for setting in SETTINGS.iter().chain(settings) {
        command.arg("-c").arg(setting);
    }
    // A group of its own: Ctrl-C in a terminal is for the server, which stops PostgreSQL when its work is done.
    command.process_group(0).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    command.spawn()
}

/// Whether it answers before it exits, and in time.
async fn ready(child: &mut Child, home: &Home) -> bool {
    let deadline = Instant::now() + START;
    while Instant::now() < deadline {
        if child.try_wait().is_ok_and(|status| status.is_some()) {
            return false;
        }
        if answers(home.socket()).await {
            return true;
        }
        sleep(POLL).await;
    }
    false
}
