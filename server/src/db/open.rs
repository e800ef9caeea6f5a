//! Connecting: the owner migrates, everybody else is the runtime role.

use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Error, Executor, PgConnection};
use tokio::time::{Instant, sleep};

use super::Db;

/// The role of every pooled connection. It owns no table and bypasses no policy.
pub const RUNTIME_ROLE: &str = "tern_app";

/// How long to wait for a database that does not answer yet.
const PATIENCE: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_millis(200);
/// How long a request waits for a connection before it is told to come back.
const ACQUIRE: Duration = Duration::from_secs(5);

/// What every pooled connection does first. The limits are the last resort: requests have shorter ones.
const SET_UP: &str = "SET ROLE tern_app; SET timezone = 'UTC'; SET statement_timeout = '20s'; \
                      SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s'";

/// Why the database cannot be used. Each says what to do, and none holds a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("DATABASE_URL is not a PostgreSQL URL. Write it like postgres://user:password@host:5432/database.")]
    Url,
    #[error("PostgreSQL at {place} does not answer ({reason}). Start it, or correct DATABASE_URL.")]
    Unreachable { place: String, reason: String },
    #[error("PostgreSQL at {place} refused the connection: {reason}. Correct DATABASE_URL.")]
    Refused { place: String, reason: String },
    #[error("The database cannot be migrated: {0}. Use an empty database, or the version of Tern that wrote this one.")]
    Migration(MigrateError),
    #[error(
        "The role {RUNTIME_ROLE} may bypass row-level security. Run ALTER ROLE {RUNTIME_ROLE} NOSUPERUSER NOBYPASSRLS."
    )]
    Role,
    #[error("The database cannot be set up: {0}. See its log.")]
    SetUp(Error),
}

/// The keys that tokens are signed with.
#[derive(Clone)]
pub struct Keys {
    pub access: [u8; 32],
    pub refresh: [u8; 32],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// Reads a `DATABASE_URL`.
pub fn options_from_url(url: &str) -> Result<PgConnectOptions, OpenError> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(OpenError::Url);
    }
    url.parse().map_err(|_| OpenError::Url)
}

/// As the owner: migrates, and returns the keys, which it makes the first time.
pub async fn prepare(options: &PgConnectOptions) -> Result<Keys, OpenError> {
    let mut owner = connect(options).await?;
    sqlx::migrate!("../migrations").run(&mut owner).await.map_err(OpenError::Migration)?;
    let bypasses: bool = sqlx::query_scalar("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = $1")
        .bind(RUNTIME_ROLE)
        .fetch_one(&mut owner)
        .await
        .map_err(OpenError::SetUp)?;
    if bypasses {
        return Err(OpenError::Role);
    }
    let keys = keys(&mut owner).await.map_err(OpenError::SetUp)?;
    // Nothing depends on a polite farewell.
    let _ = owner.close().await;
    Ok(keys)
}

/// As the runtime role: the pool that requests share.
pub async fn open(options: PgConnectOptions, connections: u32) -> Result<Db, OpenError> {
    let options = options.disable_statement_logging().application_name("tern");
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute(SET_UP).await?;
                Ok(())
            })
        })
        .connect_with(options)
        .await
        .map_err(OpenError::SetUp)?;
    Ok(Db { pool })
}

/// Connects, waiting a while for a server that is just starting.
async fn connect(options: &PgConnectOptions) -> Result<PgConnection, OpenError> {
    let place = place(options);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let error = match tokio::time::timeout_at(deadline, PgConnection::connect_with(options)).await {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(error)) => error,
            Err(_) => return Err(OpenError::Unreachable { place, reason: "no answer within 10 seconds".to_owned() }),
        };
        if let Error::Database(refusal) = &error {
            // 57P03: it is starting up or shutting down.
            if refusal.code().as_deref() != Some("57P03") {
                return Err(OpenError::Refused { place, reason: refusal.message().to_owned() });
            }
        }
        if Instant::now() + RETRY >= deadline {
            return Err(OpenError::Unreachable { place, reason: reason(&error) });
        }
        sleep(RETRY).await;
    }
}

fn place(options: &PgConnectOptions) -> String {
    options.get_socket().map_or_else(
        || format!("{}:{}", options.get_host(), options.get_port()),
        |directory| directory.display().to_string(),
    )
}

fn reason(error: &Error) -> String {
    match error {
        Error::Io(error) => error.kind().to_string(),
        error => error.to_string(),
    }
}

async fn keys(owner: &mut PgConnection) -> Result<Keys, Error> {
    let mut fresh = [[0_u8; 32]; 2];
    for key in &mut fresh {
        getrandom::fill(key).map_err(|error| Error::Configuration(Box::new(error)))?;
    }
    sqlx::query("INSERT INTO server_secret (access_key, refresh_key) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(&fresh[0][..])
        .bind(&fresh[1][..])
        .execute(&mut *owner)
        .await?;
    let (access, refresh): (Vec<u8>, Vec<u8>) =
        sqlx::query_as("SELECT access_key, refresh_key FROM server_secret").fetch_one(owner).await?;
    let key = |bytes: Vec<u8>| <[u8; 32]>::try_from(bytes).map_err(|_| Error::RowNotFound);
    Ok(Keys { access: key(access)?, refresh: key(refresh)? })
}
