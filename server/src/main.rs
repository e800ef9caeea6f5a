//! The server as a program: settings from the environment, a log on stderr, one line on stdout when it serves.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use tern_server::config::{Config, Log};
use tern_server::run::run;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let config = match Config::read(|name| std::env::var_os(name)) {
        Ok(config) => config,
        Err(error) => return fail(&error),
    };
    start_log(&config.log);
    match run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    // Where even this cannot be written, the exit code is left.
    let _ = writeln!(io::stderr(), "{error}");
    ExitCode::FAILURE
}

fn start_log(log: &Log) {
    let filter = EnvFilter::new(&log.filter);
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    if log.json {
        subscriber.json().init();
    } else {
        subscriber.with_ansi(io::stderr().is_terminal()).init();
    }
}
