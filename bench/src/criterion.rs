//! What Criterion has measured, read from where it keeps it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A figure of Criterion's, in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Code {
    name: String,
    median: f64,
    from: f64,
    to: f64,
}

/// What is to be reached, in nanoseconds, by names: of one benchmark, or of a group up to its `/`.
const BARS: [(&str, f64); 2] = [("merge/", 5_000.0), ("engine/pull of 100/10000", 2_000_000.0)];

#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

#[derive(Deserialize)]
struct Benchmark {
    title: String,
}

/// All of them, by name. None, where Criterion has not run.
pub(crate) fn figures(directory: &Path) -> Vec<Code> {
    let mut figures: Vec<Code> = runs(directory).iter().filter_map(|run| figure(run)).collect();
    figures.sort_by(|a, b| a.key().cmp(&b.key()));
    figures
}

/// The directories of the newest runs, wherever they are below this one.
fn runs(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let below = entries
        .filter(|path| path.is_dir())
        .flat_map(|path| if path.file_name().is_some_and(|name| name == "new") { vec![path] } else { runs(&path) });
    below.collect()
}

fn figure(run: &Path) -> Option<Code> {
    let Benchmark { title } = read(&run.join("benchmark.json"))?;
    let Estimates { median: Estimate { point_estimate, confidence_interval } } = read(&run.join("estimates.json"))?;
    let Interval { lower_bound: from, upper_bound: to } = confidence_interval;
    Some(Code { name: title, median: point_estimate, from, to })
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

impl Code {
    /// By group, and within it by the number at the end.
    fn key(&self) -> (&str, u64) {
        match self.name.rsplit_once('/').map(|(name, size)| (name, size.parse())) {
            Some((name, Ok(size))) => (name, size),
            _ => (&self.name, 0),
        }
    }

    pub(crate) fn row(&self) -> String {
        let Self { name, median, from, to } = self;
        let bar =
            BARS.iter().find(|(of, _)| name == of || of.ends_with('/') && name.starts_with(of)).map(|(_, bar)| *bar);
        let (to_reach, reached) = match bar {
            None => (String::new(), String::new()),
            Some(bar) if *median <= bar => (format!("≤ {}", time(bar)), "yes".to_owned()),
            Some(bar) => (format!("≤ {}", time(bar)), format!("**no**: {:.2} of it", median / bar)),
        };
        format!("| {name} | {} ({} to {}) | {to_reach} | {reached} |", time(*median), time(*from), time(*to))
    }
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        1e6.. => format!("{:.2} ms", nanoseconds / 1e6),
        1e3.. => format!("{:.2} µs", nanoseconds / 1e3),
        _ => format!("{nanoseconds:.0} ns"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_by_how_much_a_bar_is_missed() {
        let code = |name: &str, median| Code { name: name.into(), median, from: median, to: median };
        assert!(code("merge/write", 900.0).row().ends_with("| ≤ 5.00 µs | yes |"));
        assert!(code("merge/write", 10_000.0).row().ends_with("| **no**: 2.00 of it |"));
        assert!(code("view/all", 10_000.0).row().ends_with("| 10.00 µs (10.00 µs to 10.00 µs) |  |  |"));
        assert!(code("engine/pull of 100/100000", 3e6).row().ends_with("|  |  |"));
        assert!(code("a/9", 0.0).key() < code("a/10", 0.0).key());
    }
}
