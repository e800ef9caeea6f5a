//! `tern import`: a file into the team's tasks, offline as well. Its rows are made one after the other; a command that was
//! interrupted is given again, and makes what is missing.

use std::io::Read as _;
use std::path::Path;

use engine::command::{Command, CommandError};
use exchange::parcel::Here;
use exchange::plan::plan;
use exchange::read::{BYTES, read};
use exchange::report::{LeftOut, Problem, Report};
use serde_json::json;
use shared::scope::Reader;
use shared::value::Role;

use crate::args::Import;
use crate::command::{Tern, export};
use crate::trouble::{Outcome, Trouble};

pub(crate) async fn import(tern: &mut Tern, asked: &Import) -> Outcome<()> {
    let bytes = content(&asked.file)?;
    let project = asked.project.as_deref().map(|name| tern.names().project(name)).transpose()?.map(|one| one.id);
    let (account, view) = (&tern.device.account, tern.device.replica().view());
    let role = view.members.get(&account.user).map_or(Role::Guest, |item| item.value.role);
    let mut here = Here::new(Reader { user: account.user, role }, account.organization.0, project);
    for row in &export::rows(tern.device.replica()) {
        here.open(row);
    }
    let parcel = read(&bytes, asked.format.map(Into::into), &here);
    let mut plan = plan(parcel.map_err(|error| Trouble::Refused(error.to_string()))?, &here);
    if !asked.dry_run {
        for (at, step) in plan.steps().to_vec().into_iter().enumerate() {
            tern.writes = true;
            match tern.device.carry(&Command::Carry(step.op)).await {
                Ok(_) => {}
                Err(CommandError::Refused(refusal)) => plan.refuse(at, &refusal),
                Err(error) => return Err(error.into()),
            }
        }
        for row in &export::rows(tern.device.replica()) {
            plan.see(row);
        }
    }
    let report = plan.finish(asked.dry_run);
    if tern.sends && tern.writes {
        tern.device.send().await?;
    }
    tell(tern, &report)
}

/// The bytes of a file, as many as one may have.
fn content(path: &Path) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = BYTES as u64 + 1; // whether it is larger shows by then
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|error| Trouble::file(path, &error))?;
    Ok(bytes)
}

fn tell(tern: &mut Tern, report: &Report) -> Outcome<()> {
    if tern.output.json {
        return Ok(tern.output.json(&json!(report))?);
    }
    let counts = |what: &std::collections::BTreeMap<&str, usize>| {
        let counts: Vec<String> =
            what.iter().filter(|(_, count)| **count > 0).map(|(kind, count)| format!("{count} {kind}")).collect();
        if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") }
    };
    let done = if report.dry_run { "Would make" } else { "Made" };
    tern.output.line(&format!("{done}: {}", counts(&report.made)))?;
    if !report.there.is_empty() {
        tern.output.line(&format!("There already: {}", counts(&report.there)))?;
    }
    for Problem { line, column, value, reason, left_out } in &report.problems {
        let row = if *left_out == LeftOut::Row { " (the row is left out)" } else { "" };
        let place = [column, value].into_iter().flatten().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>();
        let place = if place.is_empty() { String::new() } else { format!(" {}:", place.join(" ")) };
        tern.output.line(&format!("line {line}:{place} {reason}{row}"))?;
    }
    if report.more_problems > 0 {
        tern.output.line(&format!("and {} more", report.more_problems))?;
    }
    Ok(())
}
