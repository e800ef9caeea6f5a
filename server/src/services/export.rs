//! What goes out as a file: what the member who asks may see.

use std::collections::BTreeSet;
use std::fmt::{self, Write};
use std::io::{BufWriter, Seek as _, Write as _};

use exchange::json::About;
use exchange::library::Library;
use exchange::{Format, calendar, json, markdown, table};
use serde_json::json;
use shared::clock::Actor;
use shared::ids::ProjectId;
use shared::row::Row;
use tempfile::SpooledTempFile;

use super::shelves::Reading;
use super::{Failure, Services, now};
use crate::db::OrgTx;
use crate::member::Member;

/// A file that has been written and not been sent yet: a small one in memory, a large one on the disk.
pub type Exported = SpooledTempFile;

/// Bytes of a file that is kept in memory.
const SMALL: usize = 1024 * 1024;

impl Services {
    /// A file of everything, or of one project, and how many bytes it has. It is written as a whole before the first byte is
    /// sent: a slow reader would otherwise keep others from bringing the rows up to date.
    pub async fn export(
        &self,
        member: &Member,
        format: Format,
        project: Option<ProjectId>,
    ) -> Result<(Exported, u64), Failure> {
        let mut tx = OrgTx::snapshot(&self.db, member).await?;
        let reading = self.shelves.open(&mut tx).await?;
        if let Some(project) = project {
            reading.shelf.get(project.into(), &reading.open).ok_or(Failure::NotFound)?;
        }
        let account = tx.account(member.user(), member.actor()).await?;
        let actors: BTreeSet<Actor> = reading.shelf.all(&reading.open).map(|row| row.created.actor).collect();
        let authors = tx.people(&Vec::from_iter(actors)).await?;
        drop(tx);
        let write = move || {
            let Reading { shelf, open } = &reading;
            let library = Library::of(shelf.all(open), project);
            let mut text = Text(BufWriter::new(SpooledTempFile::new(SMALL)));
            let name = account.organization_name.as_str();
            match format {
                Format::Json => {
                    let (organization, exported_at) = (account.organization, now());
                    let about = About { organization, organization_name: name, exported_at };
                    let author =
                        |row: &Row| authors.get(&row.created.actor).map(|author| ("created_by", json!(author)));
                    json::write(&library, &about, |row| author(row).into_iter().collect(), &mut text)
                }
                Format::Csv => table::write(&library, &mut text),
                Format::Markdown => markdown::write(&library, &mut text),
                Format::Ics => calendar::write(&library, name, |_| true, &mut text),
            }
            .map_err(|_| Failure::NoRoom)?;
            let mut file = text.0.into_inner().map_err(|_| Failure::NoRoom)?;
            let length = file.stream_position().map_err(|_| Failure::NoRoom)?;
            file.rewind().map_err(|_| Failure::NoRoom)?;
            Ok((file, length))
        };
        let written = tokio::task::spawn_blocking(write).await;
        written.map_err(|_| Failure::Bug("an export could not be written"))?
    }
}

/// A text on its way into a file.
struct Text(BufWriter<Exported>);

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_all(text.as_bytes()).map_err(|error| {
            tracing::warn!(%error, "an export cannot be kept until it is sent");
            fmt::Error
        })
    }
}
