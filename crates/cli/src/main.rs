//! `tern`: the team's tasks in the terminal. The same engine as in the browser, with SQLite for storage and HTTP for a
//! way to the server. docs/cli.md says what it can do; this file, how it begins and ends.

mod args;
mod command;
mod device;
mod home;
mod machine;
mod names;
mod output;
mod plain;
mod session;
mod socket;
mod store;
mod transport;
mod trouble;
mod web;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::args::{Cli, Do};
use crate::output::Output;
use crate::trouble::{Outcome, Trouble};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.json;
    match carry_out(cli) {
        Ok(()) | Err(Trouble::Closed) => ExitCode::SUCCESS,
        Err(trouble) => {
            let mut err = std::io::stderr().lock();
            // Where nobody listens, the exit code says it.
            let _ = if json { writeln!(err, "{}", trouble.json()) } else { writeln!(err, "tern: {trouble}") };
            ExitCode::from(trouble.code())
        }
    }
}

fn carry_out(cli: Cli) -> Outcome<()> {
    let mut output = Output::new(cli.json);
    match &cli.command {
        Do::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "tern", &mut script);
            output.raw(&script)?;
            return Ok(output.flush()?);
        }
        Do::Man { dir } => return manual(output, dir.as_deref()),
        _ => {}
    }
    // Everything of a process is on one thread, as everything of a tab is.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Trouble::Failed(format!("The program could not start: {error}")))?;
    runtime.block_on(command::run(cli, output))
}

/// Prints the manual page, or writes one for each command.
fn manual(mut output: Output, directory: Option<&Path>) -> Outcome<()> {
    if let Some(directory) = directory {
        let written =
            std::fs::create_dir_all(directory).and_then(|()| clap_mangen::generate_to(Cli::command(), directory));
        return written.map_err(|error| Trouble::file(directory, &error));
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    output.raw(&page)?;
    Ok(output.flush()?)
}
