//! The table: what was measured, what was to be reached, and whether it was.

use std::fmt::Write as _;
use std::fs;

use crate::criterion::Code;
use crate::device::now;
use crate::machine;
use crate::outcome::Outcome;
use crate::samples::Samples;
use crate::settings::Settings;
use shared::date::Date;

/// Everything from here on in the file is written by people, and stays.
const REMARKS: &str = "## What dominates";

/// What a figure must keep to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bar {
    AtMost(f64),
    AtLeast(f64),
}

#[derive(Clone, Debug)]
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    bar: Option<Bar>,
}

/// One thing that was measured.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    what: String,
    figures: Vec<Figure>,
}

impl Line {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), figures: Vec::new() }
    }

    /// A percentile of times, in milliseconds.
    pub(crate) fn times(self, samples: &Samples, percent: usize, at_most: Option<f64>) -> Self {
        self.amount(&format!("p{percent}"), samples.percentile(percent), "ms", at_most)
    }

    pub(crate) fn amount(self, name: &str, value: f64, unit: &'static str, at_most: Option<f64>) -> Self {
        self.figure(name, value, unit, at_most.map(Bar::AtMost))
    }

    pub(crate) fn rate(self, name: &str, value: f64, at_least: Option<f64>) -> Self {
        self.figure(name, value, "", at_least.map(Bar::AtLeast))
    }

    fn figure(mut self, name: &str, value: f64, unit: &'static str, bar: Option<Bar>) -> Self {
        self.figures.push(Figure { name: name.to_owned(), value, unit, bar });
        self
    }

    fn row(&self) -> String {
        let shown: Vec<String> = self.figures.iter().map(Figure::shown).collect();
        let bars: Vec<String> = self.figures.iter().filter_map(Figure::shown_bar).collect();
        let missed: Vec<String> = self.figures.iter().filter_map(Figure::missed).collect();
        let kept = match (bars.is_empty(), missed.is_empty()) {
            (true, _) => String::new(),
            (false, true) => "yes".to_owned(),
            (false, false) => format!("**no**: {}", missed.join(", ")),
        };
        format!("| {} | {} | {} | {kept} |", self.what, shown.join(", "), bars.join(", "))
    }
}

impl Figure {
    fn shown(&self) -> String {
        format!("{} {}", self.name, with_unit(self.value, self.unit))
    }

    fn shown_bar(&self) -> Option<String> {
        Some(match self.bar? {
            Bar::AtMost(bar) => format!("{} ≤ {}", self.name, with_unit(bar, self.unit)),
            Bar::AtLeast(bar) => format!("{} ≥ {}", self.name, with_unit(bar, self.unit)),
        })
    }

    /// By how much a bar was missed.
    fn missed(&self) -> Option<String> {
        let times = match self.bar? {
            Bar::AtMost(bar) if self.value > bar => self.value / bar,
            Bar::AtLeast(bar) if self.value < bar => self.value / bar,
            _ => return None,
        };
        Some(format!("{} is {times:.2} of it", self.name))
    }
}

fn with_unit(value: f64, unit: &str) -> String {
    let number = if value.fract() == 0.0 || value >= 1_000.0 { format!("{value:.0}") } else { three_digits(value) };
    if unit.is_empty() { number } else { format!("{number} {unit}") }
}

fn three_digits(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A whole run.
pub(crate) struct Report<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) system: Vec<Line>,
    pub(crate) code: Vec<Code>,
}

impl Report<'_> {
    /// Writes the file anew, but for what people have written below the tables.
    pub(crate) fn write(&self) -> Outcome<()> {
        let path = &self.settings.results;
        let old = fs::read_to_string(path).unwrap_or_default();
        let remarks = old.find(REMARKS).map_or("", |at| &old[at..]);
        let mut text = self.text()?;
        if !remarks.is_empty() {
            write!(text, "\n{remarks}")?;
        }
        Ok(fs::write(path, text)?)
    }

    fn text(&self) -> Outcome<String> {
        let mut text = String::from("# Measured\n\nWritten by `make bench`; the remarks at the end are by hand.\n\n");
        writeln!(text, "| | |\n|---|---|")?;
        let today = i32::try_from(now() / 86_400_000).ok().and_then(|days| Date::from_days(days).ok());
        let date = today.map(|date| date.to_string()).unwrap_or_default();
        for (what, value) in [("date", date)].into_iter().chain(machine::facts()) {
            writeln!(text, "| {what} | {value} |")?;
        }
        writeln!(text, "| command | `{}` |", self.command())?;
        writeln!(text, "\n## The system\n\n{SYSTEM}\n")?;
        writeln!(text, "| what | measured | to reach | reached |\n|---|---|---|---|")?;
        self.system.iter().try_for_each(|line| writeln!(text, "{}", line.row()))?;
        writeln!(text, "\n## The code\n\n{CODE}\n")?;
        writeln!(text, "| what | measured | to reach | reached |\n|---|---|---|---|")?;
        self.code.iter().try_for_each(|code| writeln!(text, "{}", code.row()))?;
        Ok(text)
    }

    fn command(&self) -> String {
        let Settings { load, users, rate, stored, largest, rounds, .. } = self.settings;
        let seconds = load.as_secs();
        format!(
            "make bench SECONDS_OF_LOAD={seconds} USERS={users} RATE={rate} STORED={stored} LARGEST={largest} ROUNDS={rounds}"
        )
    }
}

const SYSTEM: &str = "The release build of the server with its defaults (also its log), its private PostgreSQL with durable \
commits, HTTP over the loopback. Clients and server share the machine's cores. Devices are real engines with their \
replica in memory; users under load are plain clients, each with a connection of its own, in organizations of 5 to 10 \
with STORED tasks each. Of three requests of theirs one is a push of 1 to 5 mutations and two are pulls. At a pace asked \
for, a request's time begins when it is due.";

const CODE: &str = "Criterion's estimate of the median, with its interval of 95 %.";
