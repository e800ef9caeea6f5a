//! Starting and stopping.

use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use shared::clock::Millis;
use shared::limits::DAY;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::config::{Config, MEGABYTE};
use crate::contents::{Contents, ContentsOpenError};
use crate::courier::{Courier, PATIENCE};
use crate::db::cluster::{Cluster, ClusterError};
use crate::db::{self, BegunEpoch, Db, DbError, Notices, OpenError};
use crate::router::{AppState, Files, FilesError, Pace, router};
use crate::services::{Failure, Services};
use crate::tokens::{TokenError, Tokens};

/// How long requests may take to end once the server has been told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How long the pool may take to close afterwards.
const CLOSE: Duration = Duration::from_secs(5);
/// Connections to PostgreSQL; its own default allows a hundred.
const CONNECTIONS: u32 = 20;
/// Of the database in the server's own PostgreSQL.
const DATABASE: &str = "tern";

/// Why the server does not start: a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("Port {0} is taken. Stop the other program or set PORT to another one.")]
    PortTaken(u16),
    #[error("The server cannot listen on {address}: {error}. Correct TERN_HOST and PORT.")]
    Listen { address: SocketAddr, error: io::Error },
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Tokens(#[from] TokenError),
    #[error(transparent)]
    Contents(#[from] ContentsOpenError),
    #[error("The database does not tell the server what changes: {0}. See its log.")]
    Notices(DbError),
    #[error("The new epoch could not begin everywhere: {0}. See the database's log, and run it again.")]
    Epoch(Failure),
    #[error("The system does not let the server handle signals: {0}.")]
    Signals(io::Error),
    #[error("The server stopped: {0}.")]
    Serve(io::Error),
}

/// Serves until SIGTERM or Ctrl-C, then stops in order: no new connections, requests ended, sockets and database closed,
/// and the private PostgreSQL stopped.
pub async fn run(config: Config) -> Result<(), StartError> {
    let stop = stop_signal().map_err(StartError::Signals)?;
    let listener = listen(&config).await?;
    let files = Files::open(&config.dist)?;
    let mut cluster = None;
    let result = tokio::select! {
        result = start(&config, &mut cluster) => result,
        () = told(stop.clone()) => {
            tracing::info!("told to stop while starting");
            stop_cluster(cluster).await;
            return Ok(());
        }
    };
    let result = match result {
        Ok(started) => serve(listener, started, files, i64::from(config.finished_days) * DAY, stop).await,
        Err(error) => Err(error),
    };
    stop_cluster(cluster).await;
    result
}

/// Begins a new epoch in every organization: what an operator does once, after restoring the database from a backup and
/// before anybody is served.
pub async fn begin_epochs(config: Config) -> Result<(), StartError> {
    let mut cluster = None;
    let result = match start(&config, &mut cluster).await {
        Ok(Started { services, notices, db }) => {
            let begun = services.begin_epochs().await.map_err(StartError::Epoch);
            drop(notices);
            db.close().await;
            begun
        }
        Err(error) => Err(error),
    };
    stop_cluster(cluster).await;
    let begun = result?;
    let mut out = io::stdout();
    for BegunEpoch { organization, ver, last_change } in &begun {
        let last = last_change.map_or("never".to_owned(), |at| format!("{} {}", at.date(), at.time()));
        // Without anybody to read it, it need not be said; what was done is done.
        let _ = writeln!(out, "{organization}: restored at version {ver}, last change {last} UTC");
    }
    let _ = writeln!(
        out,
        "A new epoch has begun in {} organizations. Their devices will fetch everything anew and send what waits on \
         them. What was changed after the times above, and does not wait on a device, is lost: tell the members.",
        begun.len()
    );
    Ok(())
}

async fn listen(config: &Config) -> Result<TcpListener, StartError> {
    let address = SocketAddr::new(config.host, config.port);
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => StartError::PortTaken(config.port),
        _ => StartError::Listen { address, error },
    })
}

/// What works before the first request is answered.
struct Started {
    services: Services,
    notices: Notices,
    db: Db,
}

/// Opens the database. A cluster that was started is left in `cluster`, whatever happens after.
async fn start(config: &Config, cluster: &mut Option<Cluster>) -> Result<Started, StartError> {
    let options = if let Some(url) = &config.database_url {
        db::options_from_url(&url.0)?
    } else {
        let cluster = cluster.insert(Cluster::start(&config.data_dir, &[]).await?);
        cluster.create_database(DATABASE).await?;
        cluster.options(DATABASE)
    };
    let keys = db::prepare(&options).await?;
    let db = db::open(options, CONNECTIONS).await?;
    let most_bytes = u64::from(config.attachment_mb) * MEGABYTE;
    let contents = Contents::in_directory(&config.attachments_dir)?;
    let courier = Courier::new(config.webhooks, PATIENCE);
    let services = Services::new(db.clone(), Tokens::new(&keys)?, contents, most_bytes, courier);
    let notices = services.listen().await.map_err(StartError::Notices)?;
    Ok(Started { services, notices, db })
}

async fn serve(
    listener: TcpListener,
    Started { services, notices, db }: Started,
    files: Files,
    finished_for: Millis,
    stop: watch::Receiver<bool>,
) -> Result<(), StartError> {
    let address = listener.local_addr().map_err(StartError::Serve)?;
    let services = Arc::new(services);
    let app = router(AppState { services: Arc::clone(&services), files: Arc::new(files), pace: Pace::default() });
    let server = axum::serve(listener, app).with_graceful_shutdown(told(stop.clone()));
    // Ends when the database is closed.
    let following = tokio::spawn({
        let services = Arc::clone(&services);
        async move { services.follow(notices).await }
    });
    let housekeeping = tokio::spawn({
        let services = Arc::clone(&services);
        async move { services.keep_house(finished_for).await }
    });
    let delivering = tokio::spawn({
        let (services, stop) = (Arc::clone(&services), stop.clone());
        async move { services.keep_delivering(stop).await }
    });
    announce(address);
    // A socket is no request any more: nobody waits for it but this.
    let sockets = async {
        told(stop.clone()).await;
        services.close_sockets().await;
    };
    let result = tokio::select! {
        (result, (), _) = async { tokio::join!(async { server.await }, sockets, delivering) } => {
            result.map_err(StartError::Serve)
        }
        () = async { told(stop.clone()).await; tokio::time::sleep(GRACE).await } => {
            tracing::warn!("some requests did not end in time");
            Ok(())
        }
    };
    housekeeping.abort();
    if tokio::time::timeout(CLOSE, db.close()).await.is_err() {
        tracing::warn!("the connections to the database did not close in time");
    }
    following.abort();
    tracing::info!("stopped serving");
    result
}

/// The one line that a person waits for.
fn announce(address: SocketAddr) {
    let host = match address.ip() {
        ip if ip.is_unspecified() => "localhost".to_owned(),
        IpAddr::V6(ip) => format!("[{ip}]"),
        IpAddr::V4(ip) => ip.to_string(),
    };
    // Without anybody to read it, it need not be said.
    let mut out = io::stdout();
    let _ = writeln!(out, "Tern serves at http://{host}:{}", address.port()).and_then(|()| out.flush());
}

async fn stop_cluster(cluster: Option<Cluster>) {
    if let Some(cluster) = cluster {
        cluster.stop().await;
    }
}

/// Turns true on SIGTERM or Ctrl-C.
fn stop_signal() -> io::Result<watch::Receiver<bool>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        loop {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            tracing::info!(name, "told to stop");
            sender.send_replace(true);
        }
    });
    Ok(receiver)
}

async fn told(mut stop: watch::Receiver<bool>) {
    // The sender lives as long as the program.
    let _ = stop.wait_for(|stop| *stop).await;
}
