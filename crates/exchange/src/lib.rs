//! What goes out of Tern as files, and what comes in: pure, as `shared` is. Rows, bytes, times and namespaces for ids come in
//! as arguments; texts, plans and reports go out.
//!
//! | module | what it answers |
//! |---|---|
//! | [`resource`] | what a row is as plain JSON, and what makes a row what such an object says |
//! | [`library`] | the rows that go out, with the names of what they name |
//! | [`json`] | Tern's own form, which is complete; written |
//! | [`content`] | whether two organizations hold the same, by hashes of what an import can restore |
//! | [`table`] | tasks as CSV; written |
//! | [`markdown`] | tasks for people; written |
//! | [`calendar`] | tasks as iCalendar (RFC 5545); written |
//! | [`read`] | what a file says: Tern's JSON and CSV, and what Todoist, Trello, Asana and Linear write |
//! | [`parcel`] | rows that have been read and are in no organization yet |
//! | [`plan`] | what an import does, as a value |
//! | [`report`] | what came of it, for whoever asked |

pub mod calendar;
pub mod content;
pub mod json;
pub mod library;
pub mod markdown;
pub mod parcel;
pub mod plan;
pub mod read;
pub mod report;
pub mod resource;
pub mod table;

/// A form that files have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Csv,
    Markdown,
    Ics,
}

impl Format {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Json, Self::Csv, Self::Markdown, Self::Ics];

    /// The name, as in the API and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Ics => "ics",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Ics => "text/calendar; charset=utf-8",
        }
    }

    /// What the names of such files end with.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Markdown => "md",
            Self::Ics => "ics",
        }
    }
}
