//! PostgreSQL's programs on this machine.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::ClusterError;
use super::home::Home;

/// Where distributions keep each version apart (Debian and its kin).
const VERSIONS: &str = "/usr/lib/postgresql";

/// A directory with `initdb` and `postgres`.
#[derive(Debug)]
pub(super) struct Programs {
    bin: PathBuf,
}

impl Programs {
    /// Those of the version that made the cluster, if there is one; else those in PATH; else the newest.
    pub(super) fn find(version: Option<&str>) -> Option<Self> {
        let own = version.map(|version| Path::new(VERSIONS).join(version).join("bin"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut candidates = own.into_iter().chain(std::env::split_paths(&path)).chain(installed());
        candidates
            .find(|bin| ["initdb", "postgres"].iter().all(|name| bin.join(name).is_file()))
            .map(|bin| Self { bin })
    }

    /// Makes the cluster, all of it or nothing.
    pub(super) async fn init(&self, home: &Home, owner: &str) -> Result<(), ClusterError> {
        let fresh = home.fresh_data().map_err(|error| ClusterError::Init(error.to_string()))?;
        let output = home
            .command(&self.bin.join("initdb"))
            .arg("-D")
            .arg(&fresh)
            .args(["--username", owner, "--encoding=UTF8", "--locale=C.UTF-8"])
            .args(["--auth-local=trust", "--auth-host=reject", "--no-instructions"])
            .output()
            .await
            .map_err(|error| ClusterError::Init(error.to_string()))?;
        if !output.status.success() {
            return Err(ClusterError::Init(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        std::fs::rename(&fresh, home.data()).map_err(|error| ClusterError::Init(error.to_string()))
    }

    pub(super) fn postgres(&self, home: &Home) -> Command {
        home.command(&self.bin.join("postgres"))
    }
}

fn installed() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    versions.into_iter().map(|(_, bin)| bin).collect()
}
