//! Where the cluster lives, and as whom it runs.
//!
//! PostgreSQL refuses to run as root. A server that was started as root runs it as the user `postgres`, who must be able
//! to reach the directory: where that is not so (below /root, say), the cluster lives in /var/lib/tern instead.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::geteuid;
use sha2::{Digest, Sha256};
use tokio::process::Command;

use super::{ClusterError, PORT, pidfile};

/// For clusters whose data directory their user cannot reach.
const ELSEWHERE: &str = "/var/lib/tern";
/// Longest path of a Unix socket (`sun_path` of `sockaddr_un`, without the terminating zero).
const SOCKET_PATH_BYTES: usize = 107;
/// A log that is longer is put aside at the next start.
const LOG_BYTES: u64 = 15 * 1024 * 1024;
/// Lines of the log in an error.
const LOG_LINES: usize = 5;

/// Whom PostgreSQL runs as where that is not the server's user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct User {
    uid: u32,
    gid: u32,
}

/// The directory of a cluster: its data, its log, and its socket unless the path is too long for one.
#[derive(Debug)]
pub(super) struct Home {
    directory: PathBuf,
    data: PathBuf,
    socket: PathBuf,
    user: Option<User>,
}

impl Home {
    /// The home that belongs to a data directory, with its directories made.
    pub(super) async fn open(data_dir: &Path) -> Result<Self, ClusterError> {
        let near = data_dir.join("postgres");
        let user = user(&near).await?;
        let directory = match user {
            Some(user) if !can_reach(user, &near).await => {
                let elsewhere = Path::new(ELSEWHERE).join(name_of(data_dir));
                tracing::info!(directory = %elsewhere.display(), "PostgreSQL's user cannot reach the data directory; the cluster is kept elsewhere");
                std::fs::create_dir_all(ELSEWHERE)
                    .map_err(|error| ClusterError::Directory { path: ELSEWHERE.into(), error })?;
                elsewhere
            }
            _ => near,
        };
        private(&directory, user)?;
        let socket = socket(&directory);
        private(&socket, user)?;
        Ok(Self { data: directory.join("data"), directory, socket, user })
    }

    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// The version of PostgreSQL that made the cluster; `None` when there is none.
    pub(super) fn version(&self) -> Option<String> {
        let version = std::fs::read_to_string(self.data.join("PG_VERSION")).ok()?;
        Some(version.trim().to_owned())
    }

    /// A program as PostgreSQL's user, without the server's environment: it may hold secrets, and settings that are
    /// meant for other clusters.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = as_user(program, self.user);
        command.current_dir(&self.directory);
        command
    }

    /// Where a new cluster is made, before it moves to its place as a whole.
    pub(super) fn fresh_data(&self) -> io::Result<PathBuf> {
        let fresh = self.directory.join("data.new");
        match std::fs::remove_dir_all(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(fresh),
        }
    }

    pub(super) fn remove_pid_file(&self) {
        // If it cannot be removed, PostgreSQL says so.
        let _ = std::fs::remove_file(self.data.join(pidfile::NAME));
    }

    pub(super) fn log(&self) -> PathBuf {
        self.directory.join("postgres.log")
    }

    pub(super) fn open_log(&self) -> io::Result<File> {
        let path = self.log();
        if std::fs::metadata(&path).is_ok_and(|log| log.len() > LOG_BYTES) {
            std::fs::rename(&path, path.with_extension("log.old"))?;
        }
        OpenOptions::new().create(true).append(true).open(path)
    }

    pub(super) fn end_of_log(&self) -> String {
        let log = std::fs::read(self.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join(" / ")
    }
}

fn as_user(program: &Path, user: Option<User>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("LC_ALL", "C.UTF-8").env("PATH", std::env::var_os("PATH").unwrap_or_default());
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid); // and no supplementary groups
    }
    command
}

/// Whom to run as: nobody else, unless this is root; then the owner of the cluster, or `postgres`.
async fn user(home: &Path) -> Result<Option<User>, ClusterError> {
    let owner = std::fs::metadata(home).ok().map(|home| User { uid: home.uid(), gid: home.gid() });
    let own = geteuid().as_raw();
    match owner {
        Some(owner) if own != 0 && owner.uid != own => return Err(ClusterError::ForeignDirectory(home.to_owned())),
        _ if own != 0 => return Ok(None),
        Some(owner) if owner.uid != 0 => return Ok(Some(owner)),
        _ => {}
    }
    let output = Command::new("getent").args(["passwd", "postgres"]).output().await;
    let entry = output.map(|output| output.stdout).or_else(|_| std::fs::read("/etc/passwd")).unwrap_or_default();
    let entry = String::from_utf8_lossy(&entry);
    let user = entry.lines().find_map(|line| {
        let mut fields = line.strip_prefix("postgres:")?.split(':').skip(1);
        Some(User { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
    });
    user.map(Some).ok_or(ClusterError::NoUser)
}

/// Whether a user can enter the directory above. Asked by trying: permissions, ACLs and mounts all have a say.
async fn can_reach(user: User, home: &Path) -> bool {
    let parent = home.parent().unwrap_or(home);
    let mut command = as_user(Path::new("/bin/sh"), Some(user));
    command.args(["-c", "cd \"$0\""]).arg(parent).current_dir("/").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().await.is_ok_and(|status| status.success())
}

/// A directory that nobody but the user can enter. One that is there must be so already: in a directory that everybody
/// can write to, it might be somebody's trap.
fn private(path: &Path, user: Option<User>) -> Result<(), ClusterError> {
    let failed = |error| ClusterError::Directory { path: path.to_owned(), error };
    let uid = user.map_or_else(|| geteuid().as_raw(), |user| user.uid);
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {
            let (uid, gid) = user.map(|user| (user.uid, user.gid)).unzip();
            chown(path, uid, gid).map_err(failed)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let found = std::fs::symlink_metadata(path).map_err(failed)?;
            let others = found.mode() & 0o077; // what they may do
            let fine = found.is_dir() && found.uid() == uid && others == 0;
            if fine { Ok(()) } else { Err(ClusterError::ForeignDirectory(path.to_owned())) }
        }
        Err(error) => Err(failed(error)),
    }
}

/// Where the socket is: with the cluster, or where paths are short.
fn socket(directory: &Path) -> PathBuf {
    let near = directory.join("socket");
    let file = near.join(format!(".s.PGSQL.{PORT}"));
    if file.as_os_str().len() <= SOCKET_PATH_BYTES {
        return near;
    }
    Path::new("/tmp").join(format!("tern-{}", name_of(directory)))
}

/// A short name for a directory, always the same one.
fn name_of(directory: &Path) -> String {
    let hash = Sha256::digest(directory.as_os_str().as_bytes());
    let bytes = hash.first_chunk().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(bytes))
}
