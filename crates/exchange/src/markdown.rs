//! Tasks for people, in Markdown: a heading for each project and section, a list item for each task.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

use shared::ids::{ProjectId, SectionId, TaskId};
use shared::task::TaskView;
use shared::workflow::{Priority, Status};

use crate::library::Library;
use crate::table::{priority, status};

/// How deep parts of parts are indented; below that they stand beside each other.
const DEEPEST: usize = 32;

/// The last digits of an id stand for a task that has no key yet.
const SHORT: usize = 8;

/// Writes the tasks that stand.
pub fn write(library: &Library<'_>, out: &mut impl Write) -> fmt::Result {
    let mut by_project: BTreeMap<ProjectId, Vec<TaskView>> = BTreeMap::new();
    for task in library.tasks() {
        by_project.entry(task.project).or_default().push(task);
    }
    for project in library.projects() {
        let Some(mut tasks) = by_project.remove(&project.id) else { continue };
        tasks.sort_by(|one, other| (&one.order, one.id).cmp(&(&other.order, other.id)));
        writeln!(out, "# {}\n", one_line(&project.name))?;
        Page::of(library, &tasks).write(library, project.id, out)?;
    }
    Ok(())
}

/// The tasks of a project, by what they are parts of.
struct Page<'a> {
    top: BTreeMap<Option<SectionId>, Vec<&'a TaskView>>,
    parts: BTreeMap<TaskId, Vec<&'a TaskView>>,
}

impl<'a> Page<'a> {
    fn of(library: &Library<'_>, tasks: &'a [TaskView]) -> Self {
        let here: BTreeMap<TaskId, &TaskView> = tasks.iter().map(|task| (task.id, task)).collect();
        let mut page = Self { top: BTreeMap::new(), parts: BTreeMap::new() };
        let project = tasks.first().map(|task| task.project).unwrap_or_default();
        let sections: BTreeSet<SectionId> = library.sections(project).iter().map(|section| section.id).collect();
        for task in tasks {
            // Whose parent is elsewhere, or gone, stands by itself.
            match task.parent.filter(|parent| here.contains_key(parent)) {
                Some(parent) => page.parts.entry(parent).or_default().push(task),
                None => page.top.entry(task.section.filter(|id| sections.contains(id))).or_default().push(task),
            }
        }
        page
    }

    fn write(&self, library: &Library<'_>, project: ProjectId, out: &mut impl Write) -> fmt::Result {
        let sections = library.sections(project).into_iter().map(|section| Some(section.id));
        for section in std::iter::once(None).chain(sections) {
            let Some(top) = self.top.get(&section) else { continue };
            if let Some(section) = section {
                writeln!(out, "## {}\n", one_line(library.section(section)))?;
            }
            for task in top {
                self.item(library, task, out)?;
            }
            out.write_char('\n')?;
        }
        Ok(())
    }

    /// A task and its parts, however deep. (No task is within itself, so this ends.)
    fn item(&self, library: &Library<'_>, task: &TaskView, out: &mut impl Write) -> fmt::Result {
        let mut next = vec![(task, 0)];
        while let Some((task, depth)) = next.pop() {
            line(library, task, depth, out)?;
            let parts = self.parts.get(&task.id).into_iter().flatten();
            next.extend(parts.rev().map(|part| (*part, depth + 1)));
        }
        Ok(())
    }
}

fn line(library: &Library<'_>, task: &TaskView, depth: usize, out: &mut impl Write) -> fmt::Result {
    let done = if task.status.is_closed() { 'x' } else { ' ' };
    let mut facts: Vec<String> = Vec::new();
    if !matches!(task.status, Status::Todo | Status::Done) {
        facts.push(status(task.status).replace('_', " "));
    }
    if task.priority != Priority::None {
        facts.push(priority(task.priority).to_owned());
    }
    facts.extend(task.due.map(|due| format!("due {due}")));
    facts.extend(task.assignees.iter().map(|id| one_line(library.person(*id))));
    facts.extend(task.tags.iter().map(|tag| format!("#{}", tag.as_str())));
    let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
    let indent = "  ".repeat(depth.min(DEEPEST));
    writeln!(out, "{indent}- [{done}] {} {}{facts}", key(task), one_line(&task.title))?;
    for line in task.description.lines().filter(|line| !line.trim().is_empty()) {
        writeln!(out, "{indent}  {line}")?;
    }
    Ok(())
}

fn key(task: &TaskView) -> String {
    let short = || {
        let digits = task.id.0.simple().to_string();
        digits[digits.len() - SHORT..].to_owned()
    };
    task.key.clone().unwrap_or_else(short)
}

/// Names have no line breaks; should one have, it makes no heading.
fn one_line(text: &str) -> String {
    text.split(['\r', '\n']).collect::<Vec<_>>().join(" ")
}
