//! A directory that goes with its value.

use std::fs;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::outcome::Outcome;

#[derive(Debug)]
pub(crate) struct Directory(PathBuf);

impl Directory {
    /// A new one, among the system's temporary files.
    pub(crate) fn new() -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("tern-bench-{}", Uuid::now_v7().simple()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What cannot be removed is in the system's directory for such things.
        let _ = fs::remove_dir_all(&self.0);
    }
}
