//! What the system takes: real engines and plain clients over real HTTP against the real server with a PostgreSQL of its
//! own, started for the run and gone after it. `scripts/bench.sh` builds everything, runs this, and has the table in
//! `bench/RESULTS.md` afterwards.

mod client;
mod criterion;
mod device;
mod directory;
mod machine;
mod outcome;
mod report;
mod samples;
mod scenario;
mod server;
mod settings;
mod workload;
mod writer;

use std::io::Write as _;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use crate::outcome::Outcome;
use crate::report::Report;
use crate::server::Server;
use crate::settings::Settings;

#[tokio::main]
async fn main() -> ExitCode {
    match whole().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs everything. Whatever ends it, the server and its directory are gone afterwards.
async fn whole() -> Outcome<()> {
    let settings = Settings::read()?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let server = Server::start(&settings.server).await?;
    let measured = tokio::select! {
        measured = scenario::run(&settings, server.url()) => measured,
        _ = terminate.recv() => Err("told to stop".into()),
        _ = interrupt.recv() => Err("told to stop".into()),
    };
    let stopped = server.stop().await;
    let lines = measured?;
    stopped?;
    Report { settings: &settings, system: lines, code: criterion::figures(&settings.criterion) }.write()?;
    say(&format!("written: {}", settings.results.display()));
    Ok(())
}

/// Tells whoever waits how far it is.
fn say(line: &str) {
    // Where nobody listens, nothing need be said.
    let _ = writeln!(std::io::stderr(), "{line}");
}
