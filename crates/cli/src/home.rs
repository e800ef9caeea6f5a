//! The directory that belongs to one installation on one device: the session, a database for each member who was signed
//! in, and the locks that keep several `tern` processes out of each other's way. Only its owner can read it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use shared::ids::{OrgId, UserId};

use crate::trouble::{Outcome, Trouble};

#[derive(Clone, Debug)]
pub(crate) struct Home(PathBuf);

/// A lock that this process holds until it is dropped, or ends in whatever way.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Home {
    /// `TERN_HOME`, or else `tern` in the user's directory for data (XDG Base Directory Specification). Made where it is
    /// missing.
    pub(crate) fn find() -> Outcome<Self> {
        let path = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        // A relative path in XDG_DATA_HOME is to be ignored.
        let data = || path("XDG_DATA_HOME").filter(|path| path.is_absolute()).map(|path| path.join("tern"));
        let home = path("TERN_HOME").or_else(data).or_else(|| Some(path("HOME")?.join(".local/share/tern")));
        let home =
            home.ok_or_else(|| Trouble::Failed("Set TERN_HOME to the directory to keep your data in.".into()))?;
        DirBuilder::new().recursive(true).mode(0o700).create(&home).map_err(|error| Trouble::file(&home, &error))?;
        Ok(Self(home))
    }

    pub(crate) fn session(&self) -> PathBuf {
        self.0.join("session.json")
    }

    /// The database of a member.
    pub(crate) fn database(&self, (organization, user): (OrgId, UserId)) -> PathBuf {
        self.0.join(format!("{organization}-{user}.sqlite"))
    }

    /// Held by whoever uses the refresh token.
    pub(crate) fn session_lock(&self) -> PathBuf {
        self.0.join("session.lock")
    }

    /// Held by whoever syncs for a member.
    pub(crate) fn sync_lock(&self, (organization, user): (OrgId, UserId)) -> PathBuf {
        self.0.join(format!("{organization}-{user}.lock"))
    }

    /// Removes a member's database, for good.
    pub(crate) fn forget(&self, who: (OrgId, UserId)) -> Outcome<()> {
        let database = self.database(who);
        for end in ["", "-wal", "-shm"] {
            let mut path = database.clone().into_os_string();
            path.push(end);
            let path = PathBuf::from(path);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Trouble::file(&path, &error)),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Lock {
    /// Waits until nobody else holds it.
    pub(crate) fn acquire(path: &Path) -> io::Result<Self> {
        let file = open(path)?;
        file.lock()?;
        Ok(Self { _file: file })
    }

    /// `None` while another process holds it.
    pub(crate) fn try_acquire(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)
}

/// Replaces a file as a whole, or not at all; only its owner can read it.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?; // of mode 0600
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The name is in the directory.
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("session.json");
        for content in ["first and long", "second"] {
            replace(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing else is left behind");
    }

    #[test]
    fn one_at_a_time_holds_a_lock() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let held = Lock::acquire(&path).unwrap();
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        drop(held);
        assert!(Lock::try_acquire(&path).unwrap().is_some());
    }
}
