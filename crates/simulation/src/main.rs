//! Runs simulated worlds: `tern-simulation --seeds 1000 --start 0 --ops 60 [--verbose]`.
//!
//! The last line is `N passed, N failed`. It fails when a world fails, and when some fault came about in less than a
//! tenth of the worlds: then the run has proved less than it seems. `--verbose` prints every step of a failing world,
//! of the smallest plan that still fails.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use simulation::Violation;
use simulation::fault::Fault;
use simulation::report::{Report, explain, run_all, shrink};
use simulation::world::Plan;

struct Options {
    seeds: u64,
    start: u64,
    ops: usize,
    verbose: bool,
}

/// More failing worlds than this are only counted.
const MOST_EXPLAINED: usize = 5;
/// The last steps of a failing world that are printed without `--verbose`.
const LAST_STEPS: usize = 25;

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(wrong) => {
            let _ =
                writeln!(io::stderr(), "{wrong}\nusage: tern-simulation [--seeds N] [--start S] [--ops K] [--verbose]");
            return ExitCode::from(2);
        }
    };
    // A world that panics is reported with its seed; the default message would only tear the report.
    std::panic::set_hook(Box::new(|_| {}));
    let began = Instant::now();
    let report = run_all(options.start, options.seeds, options.ops);
    let seconds = began.elapsed().as_secs_f64();
    let sound = report.failed.is_empty() && report.rare().is_empty();
    match print(&mut io::stdout().lock(), &report, &options, seconds) {
        Ok(()) if sound => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn options(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options { seeds: 1_000, start: 0, ops: 60, verbose: false };
    while let Some(arg) = args.next() {
        let mut number = || {
            let value = args.next().ok_or_else(|| format!("{arg} needs a number"))?;
            value.parse::<u64>().map_err(|_| format!("{arg} needs a number, not {value}"))
        };
        match arg.as_str() {
            "--seeds" => options.seeds = number()?,
            "--start" => options.start = number()?,
            "--ops" => options.ops = usize::try_from(number()?).map_err(|error| error.to_string())?,
            "--verbose" => options.verbose = true,
            _ => return Err(format!("there is no option {arg}")),
        }
    }
    Ok(options)
}

fn print(out: &mut impl Write, report: &Report, options: &Options, seconds: f64) -> io::Result<()> {
    for (seed, violation) in report.failed.iter().take(MOST_EXPLAINED) {
        failure(out, *seed, violation, options)?;
    }
    for (seed, violation) in report.failed.iter().skip(MOST_EXPLAINED) {
        writeln!(out, "seed {seed}: {}", violation.0.chars().take(300).collect::<String>())?;
    }
    writeln!(out, "in how many of {} worlds it happened:", report.worlds())?;
    for fault in Fault::ALL {
        let count = report.faults.get(fault).copied().unwrap_or(0);
        writeln!(out, "  {:<20} {count:>7}", format!("{fault:?}"))?;
    }
    for fault in report.rare() {
        writeln!(out, "too rare to prove anything: {fault:?}")?;
    }
    writeln!(out, "{} worlds with {} operations each in {seconds:.1} s", report.worlds(), options.ops)?;
    writeln!(out, "{} passed, {} failed", report.passed, report.failed.len())
}

fn failure(out: &mut impl Write, seed: u64, violation: &Violation, options: &Options) -> io::Result<()> {
    writeln!(out, "seed {seed}: {}", violation.0)?;
    let plan = shrink(Plan { seed, ops: options.ops, disabled: std::collections::BTreeSet::default() });
    let (violation, trace) = explain(&plan);
    let needed: Vec<String> =
        Fault::ALL.iter().filter(|fault| !plan.disabled.contains(fault)).map(|fault| format!("{fault:?}")).collect();
    writeln!(out, "  fails with {} operations and these faults: {}", plan.ops, needed.join(", "))?;
    let skipped = if options.verbose { 0 } else { trace.len().saturating_sub(LAST_STEPS) };
    if skipped > 0 {
        writeln!(out, "  … {skipped} steps before, with --verbose")?;
    }
    for step in &trace[skipped..] {
        writeln!(out, "  {step}")?;
    }
    writeln!(out, "  {}", violation.map_or_else(|| "passes when it is watched".to_owned(), |violation| violation.0))
}
