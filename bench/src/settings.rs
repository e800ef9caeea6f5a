//! What the environment says; everything but the places has a default.

use std::path::PathBuf;
use std::time::Duration;

use crate::outcome::Outcome;

/// How large a run is, and where its parts are.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// `TERN_SERVER`: the program to be measured.
    pub(crate) server: PathBuf,
    /// `TERN_CLI`: the terminal client to be measured.
    pub(crate) terminal: PathBuf,
    /// `BENCH_RESULTS`: the table to be written.
    pub(crate) results: PathBuf,
    /// `BENCH_CRITERION`: where Criterion keeps its figures.
    pub(crate) criterion: PathBuf,
    /// `SECONDS_OF_LOAD`: how long the users work at the pace asked for.
    pub(crate) load: Duration,
    /// `USERS` of the load, each with a device of their own.
    pub(crate) users: usize,
    /// `RATE`: requests a second that the users make together.
    pub(crate) rate: u32,
    /// `STORED`: tasks of each organization under load.
    pub(crate) stored: usize,
    /// `LARGEST`: tasks of the organization that push and pull are timed on as it grows.
    pub(crate) largest: usize,
    /// `ROUNDS` of what is done again and again.
    pub(crate) rounds: usize,
    /// `ONLY_FILES`, not 0: only exports and imports.
    pub(crate) only_files: bool,
}

impl Settings {
    pub(crate) fn read() -> Outcome<Self> {
        Ok(Self {
            server: place("TERN_SERVER")?,
            terminal: place("TERN_CLI")?,
            results: place("BENCH_RESULTS")?,
            criterion: place("BENCH_CRITERION")?,
            load: Duration::from_secs(number("SECONDS_OF_LOAD", 60)?),
            users: number("USERS", 50)?,
            rate: number("RATE", 1_000)?,
            stored: number("STORED", 10_000)?,
            largest: number("LARGEST", 100_000)?,
            rounds: number("ROUNDS", 20)?,
            only_files: number("ONLY_FILES", 0_u8)? != 0,
        })
    }
}

fn place(name: &str) -> Outcome<PathBuf> {
    let place = std::env::var_os(name).ok_or_else(|| format!("{name} is not set. Run scripts/bench.sh."))?;
    Ok(place.into())
}

fn number<T: std::str::FromStr>(name: &str, default: T) -> Outcome<T> {
    match std::env::var(name) {
        Ok(text) if !text.is_empty() => {
            text.parse().map_err(|_| format!("{name} is '{text}', but must be a number.").into())
        }
        _ => Ok(default),
    }
}
