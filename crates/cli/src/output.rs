//! Where everything is printed, and in which form: tables and colours for a terminal, lines with tabs for a pipe, JSON
//! for programs.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write as _};

use anstyle::{AnsiColor, Style};
use serde_json::Value as Json;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Columns of a terminal that does not say how many it has.
const COLUMNS: u16 = 80;
/// Between two columns of a table.
const GAP: usize = 2;
/// Columns that the one which gives way keeps at least.
const LEAST: usize = 16;

/// What is printed to.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
    color: bool,
    /// Columns of the terminal; `None` where there is no terminal.
    width: Option<u16>,
    out: BufWriter<StdoutLock<'static>>,
}

/// What something in a table looks like, where there are colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Look {
    #[default]
    Plain,
    Faint,
    Notable,
    Alarming,
}

/// One place in a table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell<'a> {
    text: Cow<'a, str>,
    look: Look,
}

/// What stands in a row of a table.
pub(crate) type Cells<'a> = Vec<Cell<'a>>;

/// A column: its heading, the most columns of the terminal that it takes, and when it is left out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// `None`: as much as is left.
    pub(crate) most: Option<usize>,
    /// Of columns that do not fit, the one with the highest number goes first; 0 never goes.
    pub(crate) dispensable: u8,
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self { text: Cow::Owned(text), look: Look::Plain }
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(text), look: Look::Plain }
    }
}

impl Cell<'_> {
    #[must_use]
    pub(crate) fn look(self, look: Look) -> Self {
        Self { look, ..self }
    }
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        let says = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let color = terminal && says("NO_COLOR").is_none() && says("TERM").is_none_or(|term| term != "dumb");
        let width = terminal.then(|| terminal_size::terminal_size().map_or(COLUMNS, |(width, _)| width.0));
        Self { json, color, width, out: BufWriter::with_capacity(1 << 16, io::stdout().lock()) }
    }

    /// A value for programs, on a line of its own.
    pub(crate) fn json(&mut self, value: &Json) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        writeln!(self.out)
    }

    /// A line for people.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        for line in text.split('\n') {
            writeln!(self.out, "{}", isolated(&readable(&line.replace('\t', "    "))))?;
        }
        Ok(())
    }

    /// Bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// A table: fitted into the terminal, or into `width` columns; where neither is given, lines with tabs.
    pub(crate) fn table<'a>(
        &mut self,
        columns: &[Column],
        rows: impl IntoIterator<Item = Cells<'a>>,
        width: Option<u16>,
    ) -> io::Result<()> {
        let Some(width) = width.or(self.width) else {
            for row in rows {
                for (at, cell) in row.iter().enumerate() {
                    let tab = if at == 0 { "" } else { "\t" };
                    write!(self.out, "{tab}{}", readable(&cell.text))?;
                }
                writeln!(self.out)?;
            }
            return Ok(());
        };
        let rows: Vec<Cells<'_>> = rows.into_iter().map(|row| row.into_iter().map(tidy).collect()).collect();
        let widths = widths(columns, &rows, width.into());
        let heading: Cells<'_> = columns.iter().map(|column| Cell::from(column.name).look(Look::Faint)).collect();
        for row in std::iter::once(&heading).chain(&rows) {
            let line = self.laid_out(row, &widths);
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn laid_out(&self, row: &[Cell<'_>], widths: &[Option<usize>]) -> String {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths).filter_map(|(cell, width)| Some((cell, (*width)?))) {
            if !line.is_empty() {
                line.extend(std::iter::repeat_n(' ', GAP));
            }
            let text = cut(&cell.text, width);
            let padding = width.saturating_sub(text.width());
            let style = if self.color { style(cell.look) } else { Style::new() };
            // Writing to a string cannot fail.
            let _ = write!(line, "{style}{}{style:#}", isolated(&text));
            line.extend(std::iter::repeat_n(' ', padding));
        }
        line
    }
}

fn tidy(cell: Cell<'_>) -> Cell<'_> {
    let text = match cell.text {
        Cow::Borrowed(text) => readable(text),
        Cow::Owned(text) => Cow::Owned(readable(&text).into_owned()),
    };
    Cell { text, look: cell.look }
}

fn style(look: Look) -> Style {
    match look {
        Look::Plain => Style::new(),
        Look::Faint => Style::new().dimmed(),
        Look::Notable => AnsiColor::Yellow.on_default(),
        Look::Alarming => AnsiColor::Red.on_default(),
    }
}

/// How many columns of the terminal each column gets; `None` for those that are left out.
fn widths(columns: &[Column], rows: &[Cells<'_>], total: usize) -> Vec<Option<usize>> {
    let mut widths: Vec<Option<usize>> = (0..columns.len())
        .map(|at| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.text.width()).max();
            // A column in which nothing is says nothing.
            let wanted = cells.filter(|width| *width > 0)?.max(columns[at].name.width());
            Some(columns[at].most.map_or(wanted, |most| wanted.min(most)))
        })
        .collect();
    let gives_way = columns.iter().position(|column| column.most.is_none());
    loop {
        let there: Vec<usize> = widths.iter().flatten().copied().collect();
        let taken = there.iter().sum::<usize>() + GAP * there.len().saturating_sub(1);
        let Some(over) = taken.checked_sub(total).filter(|over| *over > 0) else { return widths };
        let flexible = gives_way.and_then(|at| widths.get_mut(at)?.as_mut());
        match flexible {
            Some(width) if *width >= over + LEAST => {
                *width -= over;
                return widths;
            }
            _ => {}
        }
        let left_out = (0..columns.len()).filter(|at| widths[*at].is_some() && columns[*at].dispensable > 0);
        match left_out.max_by_key(|at| columns[*at].dispensable) {
            Some(at) => widths[at] = None,
            // A terminal as narrow as that breaks the lines itself.
            None => return widths,
        }
    }
}

/// As much of a text as fits, cut between two characters as readers see them.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    for character in text.graphemes(true) {
        if cut.width() + character.width() + 1 > width {
            break;
        }
        cut += character;
    }
    cut + "…"
}

/// A line without what a terminal would obey: control characters, and marks that turn the writing round.
fn readable(text: &str) -> Cow<'_, str> {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.chars().any(|c| c.is_control() || turns(c)) {
        return Cow::Borrowed(text);
    }
    text.chars().filter(|c| !turns(*c)).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// A text that is written from right to left must not turn round what stands beside it (UAX #9, isolates).
fn isolated(text: &str) -> String {
    let rtl = |c: char| matches!(u32::from(c), 0x590..=0x8ff | 0xfb1d..=0xfdff | 0xfe70..=0xfeff | 0x10800..=0x10fff | 0x1e800..=0x1efff);
    if text.chars().any(rtl) { format!("\u{2068}{text}\u{2069}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [
        Column { name: "Key", most: Some(8), dispensable: 0 },
        Column { name: "Title", most: None, dispensable: 0 },
        Column { name: "Tags", most: Some(10), dispensable: 1 },
    ];

    fn lines(rows: &[[&str; 3]], width: usize) -> Vec<String> {
        let rows: Vec<Cells<'_>> =
            rows.iter().map(|row| row.iter().map(|text| tidy((*text).into())).collect()).collect();
        let widths = widths(&COLUMNS, &rows, width);
        let output = Output::new(false);
        rows.iter().map(|row| output.laid_out(row, &widths)).collect()
    }

    #[test]
    fn every_line_is_as_wide_as_the_others_whatever_is_written() {
        let rows = [
            ["HAR-1", "Mend the net", "ops"],
            ["HAR-2", "网を直す・港の作業を続ける・とても長い題名です", "港"],
            ["HAR-3", "תקן את הרשת", "עברית"],
            ["HAR-4", "👩‍👩‍👧‍👦 family, e\u{301}\u{323} and a title that is longer than what fits", "a,b"],
        ];
        for width in [30, 40, 60, 100] {
            let widths: Vec<usize> = lines(&rows, width).iter().map(|line| line.width()).collect();
            assert!(widths.iter().all(|one| *one == widths[0] && *one <= width), "{width}: {widths:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_cut_or_left_out() {
        let rows = [["HAR-1", "Mend the net that the storm has torn", "ops"]];
        assert_eq!(lines(&rows, 100), ["HAR-1  Mend the net that the storm has torn  ops "]);
        assert_eq!(lines(&rows, 40), ["HAR-1  Mend the net that the stor…  ops "]);
        assert_eq!(lines(&rows, 25), ["HAR-1  Mend the net that…"]);
        assert_eq!(lines(&rows, 3), ["HAR-1  Mend the net that the storm has torn"], "nothing else to be done");
        assert_eq!(lines(&[["HAR-1", "Mend", ""]], 80), ["HAR-1  Mend "], "a column without anything is not there");
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("網網網", 6), "網網網");
        assert_eq!(cut("網網網網", 6), "網網…");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
    }

    #[test]
    fn nothing_in_a_text_commands_the_terminal() {
        assert_eq!(readable("a\u{1b}[31mb\tc\u{202e}d\u{2069}"), "a\u{fffd}[31mb\u{fffd}cd");
        assert_eq!(isolated("שלום"), "\u{2068}שלום\u{2069}");
        assert_eq!(isolated("shalom"), "shalom");
    }
}
