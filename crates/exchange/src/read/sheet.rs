//! A table in CSV: what is in which column of which line, by the names in the first line.

use csv::{ReaderBuilder, StringRecord};

use super::{ROWS, Unreadable};
use crate::parcel::fold;
use crate::report::{Mapped, Problem, Report};

/// A table that has been read.
#[derive(Debug)]
pub(super) struct Sheet {
    columns: Vec<String>,
    /// As they are compared.
    folded: Vec<String>,
    records: Vec<(u64, StringRecord)>,
}

/// A line of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) number: u64,
    folded: &'a [String],
    record: &'a StringRecord,
}

/// What may stand between cells.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

impl Sheet {
    pub(super) fn of(text: &str) -> Result<Self, Unreadable> {
        let first = text.lines().next().unwrap_or_default();
        let count = |delimiter: u8| first.bytes().filter(|byte| *byte == delimiter).count();
        let delimiter = DELIMITERS.into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',');
        let mut reader = ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
        let invalid = |error: csv::Error| {
            Unreadable::NotUtf8(error.position().map_or(1, csv::Position::line)) // nothing else can go wrong
        };
        let columns: Vec<String> =
            reader.headers().map_err(invalid)?.iter().map(|name| name.trim().to_owned()).collect();
        let folded = columns.iter().map(|name| fold(name)).collect();
        let mut records = Vec::new();
        let (mut last, mut at) = (1, 0);
        for record in reader.into_records() {
            let record = record.map_err(invalid)?;
            let begin = begin(text, record.position());
            last += lines(text, at, begin);
            at = begin;
            records.push((last, record));
            if records.len() > ROWS {
                return Err(Unreadable::TooManyRows);
            }
        }
        // Every mark opens, closes, or is one of two; where that does not come out even, the last cell is the rest of the file.
        if text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
            return Err(Unreadable::Unbalanced(last));
        }
        Ok(Self { columns, folded, records })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.folded.iter().any(|column| column == name)
    }

    /// Makes sure that there is a column.
    pub(super) fn needs(&self, name: &'static str) -> Result<(), Unreadable> {
        if self.has(name) { Ok(()) } else { Err(Unreadable::NoColumn(name)) }
    }

    /// Says what becomes of each column.
    pub(super) fn map(&self, fields: &[(&str, &str)], mapped: &mut Mapped) {
        for (column, folded) in self.columns.iter().zip(&self.folded) {
            let field = fields.iter().find(|(name, _)| name == folded).map(|(_, field)| *field);
            mapped.column(column, field);
        }
    }

    /// The lines with anything in them. What has more cells than there are columns is told.
    pub(super) fn lines<'a>(&'a self, report: &mut Report) -> Vec<Line<'a>> {
        let mut lines = Vec::new();
        for (number, record) in &self.records {
            let line = Line { number: *number, folded: &self.folded, record };
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let more = record.iter().skip(self.columns.len()).find(|cell| !cell.trim().is_empty());
            if let Some(cell) = more {
                let reason = "The line has more cells than there are columns; the rest is left out. \
                              Put what has a comma in it in quotation marks.";
                report.problem(Problem::value(*number, "", cell, reason));
            }
            lines.push(line);
        }
        lines
    }
}

/// Where a record begins. Of the two characters that end a line the second one is counted to the next record.
fn begin(text: &str, position: Option<&csv::Position>) -> usize {
    let at = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or_default();
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

/// How many lines end between two places.
fn lines(text: &str, from: usize, to: usize) -> u64 {
    let between = text.as_bytes().get(from..to).unwrap_or_default();
    super::lines(between)
}

impl<'a> Line<'a> {
    /// What is in a column; empty where there is none.
    pub(super) fn get(&self, column: &str) -> &'a str {
        self.whole(column).trim()
    }

    /// What is in a column, without taking away spaces around it.
    pub(super) fn whole(&self, column: &str) -> &'a str {
        let at = self.folded.iter().position(|name| name == column);
        at.and_then(|at| self.record.get(at)).unwrap_or_default()
    }
}
