//! What a file says: Tern's own JSON and CSV, and what Todoist, Trello, Asana and Linear write.

mod asana;
mod draft;
mod linear;
mod sheet;
mod tern;
mod tern_table;
mod todoist;
mod trello;
mod values;

use crate::parcel::{Here, Parcel};
use sheet::Sheet;

/// Rows of one file.
pub const ROWS: usize = 150_000;
/// Bytes of one file.
pub const BYTES: usize = 64 * 1024 * 1024;

/// Whose form a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Tern's JSON.
    Json,
    /// Tern's CSV, or any with a column `title`.
    Csv,
    Todoist,
    /// Trello's CSV or JSON.
    Trello,
    Asana,
    Linear,
}

impl Source {
    pub const ALL: [Self; 6] = [Self::Json, Self::Csv, Self::Todoist, Self::Trello, Self::Asana, Self::Linear];

    /// The name, as in the API and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Todoist => "todoist",
            Self::Trello => "trello",
            Self::Asana => "asana",
            Self::Linear => "linear",
        }
    }
}

/// Why nothing of a file can be read. It says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("The file is empty. Send one with rows in it.")]
    Empty,
    #[error("The file is UTF-16. Save it as UTF-8, in a spreadsheet as \"CSV UTF-8\", and send it again.")]
    Utf16,
    #[error("Line {0} is not UTF-8. Save the file as UTF-8, and send it again.")]
    NotUtf8(u64),
    #[error("Line {0} holds a byte that no text has. Send JSON or CSV, not an archive or a spreadsheet.")]
    NotText(u64),
    #[error(
        "The quotation marks do not pair up; look at line {0} and before it. Within quotes a mark is written twice."
    )]
    Unbalanced(u64),
    #[error("The file is no valid JSON: {0}. Correct it, or export it again.")]
    Json(String),
    #[error("This JSON is no export of Tern's or Trello's. Send one, or a table as CSV.")]
    OtherJson,
    #[error("The export is of the form `{0}`, which this release does not know. Update Tern, and send it again.")]
    Newer(String),
    #[error(
        "The table has no column `{0}`. Name its columns in the first line, or say with `format` whose form it has."
    )]
    NoColumn(&'static str),
    #[error("The file has more than {ROWS} rows. Send it in several parts.")]
    TooManyRows,
    #[error("The file is larger than {BYTES} bytes. Send it in several parts.")]
    TooLarge,
}

/// Reads a file. Without a source it is guessed from what the file says.
pub fn read<'a>(bytes: &'a [u8], source: Option<Source>, here: &Here) -> Result<Parcel<'a>, Unreadable> {
    if bytes.len() > BYTES {
        return Err(Unreadable::TooLarge);
    }
    let text = text(bytes)?;
    let json = text.trim_start().starts_with(['{', '[']);
    let parcel = match source {
        Some(Source::Json) => tern::read(text)?,
        Some(Source::Trello) if json => trello::read_json(text, here)?,
        None if json && trello::is_trello(text) => trello::read_json(text, here)?,
        None if json => tern::read(text)?,
        source => table(text, source, here)?,
    };
    if parcel.items.len() > ROWS {
        return Err(Unreadable::TooManyRows);
    }
    Ok(parcel)
}

fn table(text: &str, source: Option<Source>, here: &Here) -> Result<Parcel<'static>, Unreadable> {
    let sheet = Sheet::of(text)?;
    let source = source.unwrap_or_else(|| guess(&sheet));
    match source {
        Source::Todoist => todoist::read(&sheet, here),
        Source::Trello => trello::read_table(&sheet, here),
        Source::Asana => asana::read(&sheet, here),
        Source::Linear => linear::read(&sheet, here),
        Source::Json | Source::Csv => tern_table::read(&sheet, here),
    }
}

/// Whose columns these are.
fn guess(sheet: &Sheet) -> Source {
    let known: [(Source, &[&str]); 4] = [
        (Source::Todoist, &["type", "content"]),
        (Source::Trello, &["card name"]),
        (Source::Asana, &["task id", "name"]),
        (Source::Linear, &["team", "title"]),
    ];
    let has = |names: &[&str]| names.iter().all(|name| sheet.has(name));
    known.into_iter().find(|(_, names)| has(names)).map_or(Source::Csv, |(source, _)| source)
}

/// How many lines end in it.
fn lines(bytes: &[u8]) -> u64 {
    (bytes.split(|byte| *byte == b'\n').count() - 1) as u64
}

/// The bytes as text, without the mark that some programs put before it.
fn text(bytes: &[u8]) -> Result<&str, Unreadable> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Unreadable::Utf16);
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    let line = |at: usize| 1 + lines(bytes.get(..at).unwrap_or_default());
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(Unreadable::NotText(line(at)));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| Unreadable::NotUtf8(line(error.valid_up_to())))?;
    if text.trim().is_empty() { Err(Unreadable::Empty) } else { Ok(text) }
}
