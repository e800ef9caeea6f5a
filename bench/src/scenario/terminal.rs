//! The terminal client as a program: what somebody waits for who types `tern list`.

use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::organization::Organization;
use crate::client::PASSWORD;
use crate::directory::Directory;
use crate::outcome::Outcome;
use crate::report::Line;
use crate::samples::{Samples, count};

/// A terminal that has everything lists it: from the start of the process to its end, after the last line.
pub(super) async fn list(organization: &Organization, program: &Path, url: &str, rounds: usize) -> Outcome<Line> {
    let home = Directory::new()?;
    let tern = |args: &[&str]| {
        let mut command = Command::new(program);
        command.env_clear().env("TERN_HOME", home.path()).args(args).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command
    };
    let email = organization.owner.connection.account.email.as_str();
    let mut login = tern(&["login", url, "--email", email, "--password-stdin"]).spawn()?;
    login.stdin.take().ok_or("no standard input")?.write_all(PASSWORD.as_bytes()).await?;
    if !login.wait().await?.success() {
        return Err("The terminal could not sign in.".into());
    }
    let (mut times, mut bytes) = (Samples::default(), 0);
    for _ in 0..rounds {
        let start = Instant::now();
        let output = tern(&["list", "--all"]).output().await?;
        times.add(start.elapsed());
        let lines = std::str::from_utf8(&output.stdout)?.lines().count();
        if !output.status.success() || lines != organization.tasks.len() {
            return Err(format!("`tern list` printed {lines} tasks of {}.", organization.tasks.len()).into());
        }
        bytes = output.stdout.len();
    }
    Ok(Line::new(format!(
        "`tern list` of {} tasks, from the start of the process to its end",
        organization.tasks.len()
    ))
    .times(&times, 50, None)
    .times(&times, 95, Some(100.0))
    .amount("printed", count(bytes) / 1_000.0, "KB", None))
}
