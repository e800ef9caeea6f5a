//! The server under measurement: the release program with its defaults, its data in a directory of its own.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::directory::Directory;
use crate::outcome::Outcome;

/// How long it may take to make a cluster and start.
const START: Duration = Duration::from_mins(2);
/// How long it may take to stop, with its cluster.
const STOP: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    url: String,
    // Dropped last: the server works in it.
    directory: Directory,
}

impl Server {
    /// Starts it, and waits until it serves.
    pub(crate) async fn start(program: &Path) -> Outcome<Self> {
        let directory = Directory::new()?;
        let root = directory.path();
        // PostgreSQL may run as another user, who must get to its data.
        fs::set_permissions(root, fs::Permissions::from_mode(0o755))?;
        fs::create_dir(root.join("dist"))?;
        fs::write(root.join("dist/index.html"), "<html></html>")?;
        let mut child = Command::new(program)
            .env_remove("DATABASE_URL")
            .env_remove("TERN_LOG")
            .env("PORT", "0")
            .env("TERN_HOST", "127.0.0.1")
            .env("TERN_DATA_DIR", root.join("data"))
            .env("TERN_DIST", root.join("dist"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(root.join("log"))?)
            // Ctrl-C in a terminal is for the driver, which tells the server when it is done with it.
            .process_group(0)
            .spawn()?;
        let out = child.stdout.take();
        let mut server = Self { child, url: String::new(), directory };
        server.url = timeout(START, address(out)).await.ok().flatten().ok_or_else(|| server.end_of_log())?;
        Ok(server)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Stops it and its PostgreSQL, in order.
    pub(crate) async fn stop(mut self) -> Outcome<()> {
        self.tell();
        let status = timeout(STOP, self.child.wait()).await.map_err(|_| "The server does not stop.")??;
        if status.success() { Ok(()) } else { Err(self.end_of_log().into()) }
    }

    fn tell(&self) {
        if let Some(pid) = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) {
            // One that has ended need not be told.
            let _ = kill_process(pid, Signal::TERM);
        }
    }

    fn end_of_log(&self) -> String {
        let log = fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        format!("The server has failed. The end of its log: {}", lines[lines.len().saturating_sub(5)..].join(" / "))
    }
}

impl Drop for Server {
    /// For ends that are not in order: told to stop, and waited for, because its directory goes next.
    fn drop(&mut self) {
        self.tell();
        for _ in 0..STOP.as_millis() / 50 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The address in the one line that the server prints.
async fn address(out: Option<tokio::process::ChildStdout>) -> Option<String> {
    let mut line = String::new();
    BufReader::new(out?).read_line(&mut line).await.ok()?;
    Some(line.trim().strip_prefix("Tern serves at ")?.to_owned())
}
