//! `postmaster.pid`: what a running PostgreSQL says of itself, and a killed one leaves behind.

use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

pub(super) const NAME: &str = "postmaster.pid";
/// The line with the directory of the socket (PostgreSQL's `pidfile.h`).
const SOCKET_LINE: usize = 4;

/// A postmaster that runs, or ran.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) pid: Pid,
    pub(super) socket: Option<PathBuf>,
}

pub(super) fn read(data: &Path) -> Option<Left> {
    let text = std::fs::read_to_string(data.join(NAME)).ok()?;
    let pid = Pid::from_raw(text.lines().next()?.trim().parse().ok()?)?;
    let socket = text.lines().nth(SOCKET_LINE).map(str::trim).filter(|line| !line.is_empty()).map(PathBuf::from);
    Some(Left { pid, socket })
}

/// Whether there is a process of this number.
pub(super) fn is_alive(pid: Pid) -> bool {
    !matches!(test_kill_process(pid), Err(Errno::SRCH)) && !is_zombie(pid)
}

/// Whether it is a PostgreSQL, as far as the system tells.
pub(super) fn is_postgres(pid: Pid) -> bool {
    let name = std::fs::read_to_string(format!("/proc/{}/comm", pid.as_raw_nonzero()));
    is_alive(pid) && name.map_or(true, |name| name.trim().starts_with("postgres") || name.trim() == "postmaster")
}

/// Dead, and its parent has not asked how it ended.
fn is_zombie(pid: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z'))
}
