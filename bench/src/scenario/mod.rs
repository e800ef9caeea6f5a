//! What is measured, one file per question. Each answers with lines of the table.

mod device;
mod graphql;
mod import;
mod list;
mod load;
mod organization;
mod push;
mod terminal;

use crate::outcome::Outcome;
use crate::report::Line;
use crate::say;
use crate::scenario::organization::Organization;
use crate::settings::Settings;

/// Tasks of the organization that most figures are for.
const USUAL: usize = 10_000;

/// Measures everything, one thing after the other.
pub(crate) async fn run(settings: &Settings, url: &str) -> Outcome<Vec<Line>> {
    let (mut lines, mut flat) = (Vec::new(), Vec::new());
    let mut organization = Organization::found(url, "Saltmarsh").await?;
    if settings.only_files {
        organization.grow(USUAL).await?;
        return import::files(&organization, url).await;
    }
    for size in [USUAL / 10, USUAL, USUAL * 10].into_iter().filter(|size| *size <= settings.largest) {
        say(&format!("growing an organization to {size} tasks"));
        organization.grow(size).await?;
        flat.extend(push::costs(&mut organization, size, settings.rounds).await?);
        flat.extend(list::from_nothing(url, size).await?);
        flat.extend(list::pages(&mut organization, size).await?);
        if size == USUAL {
            say("first sync, the terminal, a full push");
            lines.push(device::first_sync(&organization, settings.rounds).await?);
            lines.push(terminal::list(&organization, &settings.terminal, url, settings.rounds).await?);
            lines.push(push::full(&mut organization, settings.rounds).await?);
            say("exports and imports, and 100 changes from one device to another");
            lines.extend(import::files(&organization, url).await?);
            // Last: it makes 100 tasks more.
            lines.push(device::relay(&organization, settings.rounds).await?);
        }
    }
    say("pages by GraphQL");
    lines.extend(graphql::pages(url, settings.largest.min(USUAL)).await?);
    lines.extend(load::run(settings, url).await?);
    lines.extend(flat);
    Ok(lines)
}
