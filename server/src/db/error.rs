//! What can go wrong with the database, by what the caller can do.

use sqlx::Error;

/// Why the database did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Try again later. Nothing has been written, unless it is the answer to COMMIT that did not come.
    #[error("the database does not answer: {0}")]
    Unavailable(Error),
    /// Whoever asks is no member any more, or the session has ended.
    #[error("the session has ended")]
    SignedOut,
    /// Whoever asks may only read.
    #[error("a token that may only read was used to write")]
    ReadOnly,
    /// Something stored cannot be read back: a bug, or a newer server's data.
    #[error("stored data cannot be read: {0}")]
    Unreadable(String),
    /// A bug.
    #[error("the database refused a statement: {0}")]
    Refused(Error),
}

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        if is_transient(&error) { Self::Unavailable(error) } else { Self::Refused(error) }
    }
}

impl From<serde_json::Error> for DbError {
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

fn is_transient(error: &Error) -> bool {
    match error {
        Error::Io(_)
        | Error::Tls(_)
        | Error::Protocol(_)
        | Error::PoolTimedOut
        | Error::PoolClosed
        | Error::WorkerCrashed
        | Error::BeginFailed => true,
        Error::Database(database) => database.code().is_some_and(|code| is_transient_code(&code)),
        _ => false,
    }
}

/// PostgreSQL's classes of errors (appendix A of its manual) that pass by themselves or with an operator's help:
/// connection and authorization, no such database, insufficient resources, object or lock not available, operator
/// intervention (shutdown, statement timeout); and single ones: serialization, deadlock, a standby that does not write.
fn is_transient_code(code: &str) -> bool {
    let class = |class: &&str| code.starts_with(*class);
    ["08", "28", "3D", "53", "55", "57"].iter().any(class) || ["40001", "40P01", "25006"].contains(&code)
}
