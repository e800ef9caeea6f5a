//! Why a command was not carried out, and the exit code that tells a script so.

use std::io;

use engine::command::CommandError;
use engine::store::StoreError;
use serde_json::json;

/// What went wrong, by what can be done about it. Each has an exit code, which never changes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// 1: anything that is not one of the others.
    #[error("{0}")]
    Failed(String),
    /// 2: the command makes no sense as it was given.
    #[error("{0}")]
    Usage(String),
    /// 3: nobody is signed in, or the session is over.
    #[error("{0}")]
    SignedOut(String),
    /// 4: there is nothing, or more than one thing, of this name.
    #[error("{0}")]
    NotFound(String),
    /// 5: the rules, the server, or a choice that a person has to make first.
    #[error("{0}")]
    Refused(String),
    /// 6: the server is needed and cannot be reached.
    #[error("{0}")]
    Offline(String),
    /// 0: whoever reads the output has had enough of it, as `head` has.
    #[error("the output was closed")]
    Closed,
}

pub(crate) type Outcome<T> = Result<T, Trouble>;

impl Trouble {
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Closed => 0,
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::SignedOut(_) => 3,
            Self::NotFound(_) => 4,
            Self::Refused(_) => 5,
            Self::Offline(_) => 6,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Failed(_) => "failed",
            Self::Usage(_) => "usage",
            Self::SignedOut(_) => "signed_out",
            Self::NotFound(_) => "not_found",
            Self::Refused(_) => "refused",
            Self::Offline(_) => "offline",
        }
    }

    /// For programs.
    pub(crate) fn json(&self) -> serde_json::Value {
        json!({ "error": { "code": self.name(), "message": self.to_string() } })
    }

    pub(crate) fn signed_out() -> Self {
        Self::SignedOut("You are not signed in. Sign in with `tern login SERVER --email YOU`.".into())
    }

    pub(crate) fn session_over() -> Self {
        Self::SignedOut(
            "Your session is over. Sign in again with `tern login`; what you have done is kept and will be sent."
                .into(),
        )
    }

    pub(crate) fn offline() -> Self {
        Self::Offline("The server cannot be reached. What you have done is saved on this device.".into())
    }

    /// Something about a file.
    pub(crate) fn file(path: &std::path::Path, error: &io::Error) -> Self {
        Self::Failed(format!("{}: {error}", path.display()))
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        // The engine's words are for a page in a browser.
        Self::Failed(match error {
            StoreError::Newer => "A newer release of tern has written the data here. Install that release.".into(),
            StoreError::Full => "There is no space left on the disk. Free some and try again.".into(),
            StoreError::Stale | StoreError::Closed => "Other processes keep changing the data. Try again.".into(),
            StoreError::Corrupt(why) => format!("The data on this device cannot be read: {why}"),
            StoreError::Platform(why) => format!("The data on this device cannot be used: {why}"),
        })
    }
}

impl From<CommandError> for Trouble {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Refused(refusal) => Self::Refused(format!("That cannot be done: {refusal}.")),
            CommandError::Storage(error) => error.into(),
        }
    }
}

/// Of writing the output; errors of files name the file ([`Trouble::file`]).
impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Failed(format!("The output could not be written: {error}")),
        }
    }
}
