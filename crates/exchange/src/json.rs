//! Tern's own form: every row with all that REST shows of it, deleted ones too, and a hash of what an import can restore.
//!
//! One object, `"format": "tern-export-1"`, with a list for each kind of row; each row stands on a line of its own. Contents
//! of attached files are not in it, nor are histories and ledgers. What is new in the form gets a new list or key; what
//! means something else gets a new number.

use std::fmt::{self, Write};

use serde_json::{Value as Json, json};
use shared::clock::Millis;
use shared::ids::{Kind, OrgId};
use shared::row::Row;

use crate::content::{self, Identities};
use crate::library::Library;
use crate::resource;

/// What the form is called.
pub const FORMAT: &str = "tern-export-1";

/// What the lists of rows are called, in the order in which they can be made again.
pub const LISTS: [(&str, Kind); 8] = [
    ("people", Kind::Member),
    ("fields", Kind::CustomField),
    ("projects", Kind::Project),
    ("sections", Kind::Section),
    ("tasks", Kind::Task),
    ("comments", Kind::Comment),
    ("attachments", Kind::Attachment),
    ("views", Kind::SavedView),
];

/// What is said of an export as a whole.
#[derive(Clone, Debug)]
pub struct About<'a> {
    pub organization: OrgId,
    pub organization_name: &'a str,
    pub exported_at: Millis,
}

/// Writes an export. `remarks` are what else is known of a row: no import restores them.
pub fn write(
    library: &Library<'_>,
    about: &About<'_>,
    remarks: impl Fn(&Row) -> Vec<(&'static str, Json)>,
    out: &mut impl Write,
) -> fmt::Result {
    let people = Identities::of(&library.people());
    writeln!(out, "{{\"format\": \"{FORMAT}\",")?;
    writeln!(out, "\"exported_at\": {},", resource::time(about.exported_at))?;
    writeln!(out, "\"organization\": \"{}\",", about.organization)?;
    writeln!(out, "\"organization_name\": {},", json!(about.organization_name))?;
    let mut hashes = Vec::new();
    for (name, kind) in LISTS {
        write!(out, "\"{name}\": [")?;
        for (at, row) in library.rows(kind).enumerate() {
            let mut object = resource::show(row);
            if kind != Kind::Member {
                hashes.push(content::row_hash(row.id, &object, &people));
            }
            object.extend(remarks(row).into_iter().map(|(name, json)| (name.to_owned(), json)));
            let comma = if at > 0 { "," } else { "" };
            write!(out, "{comma}\n{}", Json::Object(object))?;
        }
        writeln!(out, "],")?;
    }
    writeln!(out, "\"hash\": \"{}\"}}", content::hash(hashes))
}
