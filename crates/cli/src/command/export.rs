//! `tern export`: what is on this device, also what waits to be sent, as a file for other programs or for people.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use engine::replica::Replica;
use engine::view::Item;
use exchange::json::About;
use exchange::library::Library;
use exchange::{calendar, json, markdown, table};
use serde_json::{Value as Json, json};
use shared::ids::EntityId;
use shared::row::Row;

use crate::args::{Export, Format};
use crate::command::Tern;
use crate::machine::now;
use crate::plain;
use crate::trouble::{Outcome, Trouble};

pub(crate) fn export(tern: &mut Tern, asked: &Export) -> Outcome<()> {
    let project = asked.project.as_deref().map(|name| tern.names().project(name)).transpose()?.map(|one| one.id);
    let rows = rows(tern.device.replica());
    let library = Library::of(&rows, project);
    let (account, mut content) = (&tern.device.account, String::new());
    let written = match asked.format {
        Format::Json => {
            let (organization, organization_name) = (account.organization, account.organization_name.as_str());
            let about = About { organization, organization_name, exported_at: now() };
            json::write(&library, &about, |row| remarks(tern, row), &mut content)
        }
        Format::Csv => table::write(&library, &mut content),
        Format::Markdown => markdown::write(&library, &mut content),
        Format::Ics => calendar::write(&library, &account.organization_name, |_| true, &mut content),
    };
    written.map_err(|error| Trouble::Failed(format!("The export could not be written: {error}")))?;
    match &asked.output {
        None => Ok(tern.output.raw(content.as_bytes())?),
        Some(path) => write(path, content.as_bytes()).map_err(|error| Trouble::file(path, &error)),
    }
}

/// Replaces a file as a whole, or not at all. Unlike the session it is for others too, as their own files are.
fn write(path: &std::path::Path, content: &[u8]) -> std::io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut file = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o666)) // less what the umask takes
        .tempfile_in(directory.unwrap_or(std::path::Path::new(".")))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Everything that this device shows, as its member sees it.
pub(crate) fn rows(replica: &Replica) -> Vec<Row> {
    replica.view().ids().filter_map(|id| replica.current(id)).collect()
}

/// What only this device knows of a row.
fn remarks(tern: &Tern, row: &Row) -> Vec<(&'static str, Json)> {
    fn mark<T>(item: Option<&Item<T>>) -> Vec<(&'static str, Json)> {
        item.map(|item| ("mark", json!(plain::mark(item.mark)))).into_iter().collect()
    }
    let view = tern.device.replica().view();
    match row.id {
        EntityId::Project(id) => mark(view.projects.get(&id)),
        EntityId::Section(id) => mark(view.sections.get(&id)),
        EntityId::Task(id) => mark(view.tasks.get(&id)),
        EntityId::Comment(id) => {
            let mut known = mark(view.comments.get(&id));
            known.push(("mine", json!(row.created.actor == tern.device.account.actor)));
            known
        }
        EntityId::Attachment(id) => mark(view.attachments.get(&id)),
        EntityId::CustomField(id) => mark(view.custom_fields.get(&id)),
        EntityId::SavedView(id) => mark(view.saved_views.get(&id)),
        EntityId::Member(_) => vec![("gone", json!(row.life.is_deleted()))],
    }
}
