//! The server as a program: settings from the environment, a log on stderr, one line on stdout when it serves.
//!
//! `tern-server new-epoch` serves nobody: after the database was restored from a backup, it begins another life of the
//! data, and says on stdout what is left of the one before.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use tern_server::config::{Config, Log};
use tern_server::run::{begin_epochs, run};
use tracing_subscriber::EnvFilter;

const USAGE: &str =
    "Say 'tern-server' to serve, or 'tern-server new-epoch' after the database was restored from a backup.";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let restored = match &arguments[..] {
        [] => false,
        [one] if one == "new-epoch" => true,
        _ => {
            let _ = writeln!(io::stderr(), "{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    let config = match Config::read(|name| std::env::var_os(name)) {
        Ok(config) => config,
        Err(error) => return fail(&error),
    };
    start_log(&config.log);
    let result = if restored { begin_epochs(config).await } else { run(config).await };
    match result {
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
