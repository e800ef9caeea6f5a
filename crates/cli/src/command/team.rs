//! `tern projects` and `people`: what tasks are put into, and who does them.

use engine::command::Command;
use serde_json::Value as Json;
use shared::ids::EntityId;

use crate::command::{Tern, far};
use crate::output::{Cells, Column};
use crate::plain;
use crate::trouble::Outcome;

const PROJECTS: [Column; 4] = [
    Column { name: "Prefix", most: Some(12), dispensable: 0 },
    Column { name: "Name", most: None, dispensable: 0 },
    Column { name: "Open", most: Some(6), dispensable: 1 },
    Column { name: "", most: Some(8), dispensable: 2 },
];

const PEOPLE: [Column; 3] = [
    Column { name: "Name", most: None, dispensable: 0 },
    Column { name: "E-mail", most: Some(40), dispensable: 1 },
    Column { name: "Role", most: Some(8), dispensable: 2 },
];

/// Lists the projects that stand, in the team's order, or makes one.
pub(crate) async fn projects(tern: &mut Tern, add: Option<String>) -> Outcome<()> {
    if let Some(name) = add {
        let rows = tern.execute(&[Command::create_project(name)]).await?;
        let Some(EntityId::Project(id)) = rows.first() else { return Ok(()) };
        let Some(item) = tern.device.replica().view().projects.get(id) else { return Ok(()) };
        let prefix = item.value.prefix.as_deref().map_or(String::new(), |prefix| format!("{prefix} "));
        let text = format!("{prefix}{}{}", item.value.name, far(item.mark));
        let json = plain::project(item);
        return tern.say(&text, &json);
    }
    let view = tern.device.replica().view();
    let projects = tern.device.names().projects();
    if tern.output.json {
        let all: Json =
            projects.iter().filter_map(|project| view.projects.get(&project.id)).map(plain::project).collect();
        return Ok(tern.output.json(&all)?);
    }
    let open = |id| {
        let tasks = view.tasks.values().map(|item| &item.value);
        tasks.filter(|task| task.project == id && !task.deleted && !task.status.is_closed()).count()
    };
    let rows = projects.iter().map(|project| -> Cells<'_> {
        let note = if project.archived { "archived" } else { "" };
        let prefix = project.prefix.as_deref().unwrap_or_default();
        vec![prefix.into(), project.name.as_str().into(), open(project.id).to_string().into(), note.into()]
    });
    Ok(tern.output.table(&PROJECTS, rows, None)?)
}

/// Lists the members who have not left.
pub(crate) fn people(tern: &mut Tern) -> Outcome<()> {
    let present = tern.device.names().present();
    if tern.output.json {
        let all: Json = present.into_iter().map(plain::person).collect();
        return Ok(tern.output.json(&all)?);
    }
    let rows = present.into_iter().map(|member| -> Cells<'_> {
        let email = member.email.as_deref().unwrap_or_default();
        vec![member.name.as_str().into(), email.into(), member.role.name().into()]
    });
    Ok(tern.output.table(&PEOPLE, rows, None)?)
}
