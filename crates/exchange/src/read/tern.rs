//! Tern's own JSON. Its rows are looked at one after the other, so that a large file takes little more than its bytes.

use serde::Deserialize;
use serde_json::value::RawValue;
use shared::ids::{EntityId, Kind};
use uuid::Uuid;

use super::{Source, Unreadable, lines};
use crate::json::{FORMAT, LISTS};
use crate::parcel::{Body, Item, Parcel, Person, Stated};
use crate::report::{Problem, Report};

/// What names of this form begin with, whatever their number.
const FAMILY: &str = "tern-export-";

#[derive(Deserialize)]
struct File<'a> {
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    hash: Option<String>,
    #[serde(borrow, default)]
    people: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    fields: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    projects: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    sections: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    tasks: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    comments: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    attachments: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    views: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Named {
    id: Uuid,
}

#[derive(Deserialize)]
struct Somebody {
    id: Uuid,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: Option<String>,
}

pub(super) fn read(text: &str) -> Result<Parcel<'_>, Unreadable> {
    let file: File<'_> = serde_json::from_str(text).map_err(|error| explain(text, &error))?;
    known(file.format.as_deref())?;
    let mut lines = Lines { text, at: 0, line: 1 };
    let report = Report { format: Source::Json.name(), ..Report::default() };
    let mut parcel = Parcel { stated: Some(Stated(file.hash)), report, ..Parcel::default() };
    for raw in file.people {
        match serde_json::from_str::<Somebody>(raw.get()) {
            Ok(Somebody { id, name, email }) => {
                parcel.people.insert(id.to_string(), Person { name, email });
            }
            Err(_) => parcel.report.problem(Problem::row(lines.of(raw), "A person needs an id; this one is left out.")),
        }
    }
    let lists = [file.fields, file.projects, file.sections, file.tasks, file.comments, file.attachments, file.views];
    let kinds = LISTS.into_iter().map(|(_, kind)| kind).filter(|kind| *kind != Kind::Member);
    for (rows, kind) in lists.into_iter().zip(kinds) {
        for raw in rows {
            let line = lines.of(raw);
            match serde_json::from_str::<Named>(raw.get()) {
                Ok(Named { id }) => {
                    let entity: EntityId = kind.of(id);
                    parcel.items.push(Item { line, entity, body: Body::Raw(raw) });
                }
                Err(_) => {
                    parcel.report.problem(Problem::row(line, "A row needs an `id`, a UUID; this one is left out."));
                }
            }
        }
    }
    Ok(parcel)
}

fn known(format: Option<&str>) -> Result<(), Unreadable> {
    match format {
        Some(FORMAT) => Ok(()),
        Some(format) if format.starts_with(FAMILY) => Err(Unreadable::Newer(format.chars().take(100).collect())),
        _ => Err(Unreadable::OtherJson),
    }
}

/// Why a file is none of this form: a later one may look otherwise.
fn explain(text: &str, error: &serde_json::Error) -> Unreadable {
    #[derive(Deserialize)]
    struct Versioned {
        format: String,
    }
    if !error.is_data() {
        return Unreadable::Json(error.to_string());
    }
    match serde_json::from_str::<Versioned>(text) {
        Ok(Versioned { format }) if format == FORMAT => Unreadable::Json(error.to_string()),
        Ok(Versioned { format }) => known(Some(&format)).err().unwrap_or(Unreadable::OtherJson),
        Err(_) => Unreadable::OtherJson,
    }
}

/// On which line a part of a text begins. Parts are asked for in their order, or the text is counted anew.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, raw: &RawValue) -> u64 {
        let begin = raw.get().as_ptr().addr().saturating_sub(self.text.as_ptr().addr()).min(self.text.len());
        if begin < self.at {
            (self.at, self.line) = (0, 1);
        }
        let between = self.text.as_bytes().get(self.at..begin).unwrap_or_default();
        self.line += lines(between);
        self.at = begin;
        self.line
    }
}
