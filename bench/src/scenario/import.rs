//! An organization out as a file, and into another one.

use std::time::Instant;

use super::USUAL;
use super::organization::Organization;
use crate::client::Connection;
use crate::outcome::Outcome;
use crate::report::Line;
use crate::samples::Samples;

/// Imports, each into an organization of its own.
const ROUNDS: usize = 3;
/// Milliseconds for each of them.
const BAR: f64 = 5_000.0;

/// What the usual organization takes as Tern's own JSON, which says everything, and as a table.
pub(super) async fn files(organization: &Organization, url: &str) -> Outcome<Vec<Line>> {
    let mut lines = Vec::new();
    for (format, bar) in [("json", Some(BAR)), ("csv", None)] {
        let (mut out, mut into, mut file) = (Samples::default(), Samples::default(), Vec::new());
        for _ in 0..ROUNDS {
            let start = Instant::now();
            file = organization.owner.connection.file(&format!("/api/export?format={format}")).await?;
            out.add(start.elapsed());
        }
        for _ in 0..ROUNDS {
            let other = Connection::found(url, "Elsewhere").await?;
            let start = Instant::now();
            let made = other.import(&format!("/api/import?format={format}"), file.clone()).await?;
            into.add(start.elapsed());
            if made != USUAL as u64 {
                return Err(format!("an import of {USUAL} tasks made {made}").into());
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a file is not that large")]
        let megabytes = file.len() as f64 / 1e6;
        lines.push(
            Line::new(format!("export of {USUAL} tasks as {format}"))
                .times(&out, 100, None)
                .amount("size", megabytes, "MB", None),
        );
        lines.push(Line::new(format!("import of {USUAL} tasks of {format}")).times(&into, 100, bar));
    }
    Ok(lines)
}
