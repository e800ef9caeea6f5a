//! Todoist's CSV: a project as lines of the types `section`, `task` and `note`. A task belongs to the section above it, and
//! by its indent to a task above it; a note is a comment on the task above it. Words like `@ops` in a task are labels.

use shared::workflow::Priority;

use super::draft::{Draft, Packer, Parent, Talk};
use super::sheet::{Line, Sheet};
use super::tern_table::{DAY, value};
use super::values::{date, recurrence};
use super::{Source, Unreadable};
use crate::parcel::{Here, Parcel};
use crate::report::{Problem, Report};

const COLUMNS: [(&str, &str); 8] = [
    ("type", "kind of row"),
    ("content", "title, name or body"),
    ("description", "description"),
    ("priority", "priority"),
    ("indent", "parent"),
    ("author", "author of a comment"),
    ("responsible", "assignees"),
    ("date", "due, or recurrence"),
];

/// Where tasks go: a file is one project, and does not say which.
const UNNAMED: &str = "Imported from Todoist";

pub(super) fn read(sheet: &Sheet, here: &Here) -> Result<Parcel<'static>, Unreadable> {
    sheet.needs("type")?;
    sheet.needs("content")?;
    let mut report = Report::default();
    sheet.map(&COLUMNS, &mut report.mapped);
    let mut board = Board::default();
    for line in sheet.lines(&mut report) {
        board.add(line, &mut report);
    }
    let mut packer = Packer::new(Source::Todoist, here, report);
    for (line, section) in board.sections {
        let project = packer.project(line, UNNAMED);
        packer.section(line, project, &section);
    }
    Ok(packer.pack(&board.drafts, UNNAMED))
}

#[derive(Default)]
struct Board {
    drafts: Vec<Draft>,
    sections: Vec<(u64, String)>,
    /// The last task of each indent.
    above: Vec<usize>,
}

impl Board {
    fn add(&mut self, line: Line<'_>, report: &mut Report) {
        match line.get("type") {
            "task" => {
                let draft = self.task(line, report);
                self.drafts.push(draft);
            }
            "section" => {
                self.above.clear();
                self.sections.push((line.number, line.get("content").to_owned()));
            }
            "note" => self.note(line, report),
            // Such as how the list is shown.
            other if other.is_empty() || line.get("content").is_empty() => {}
            other => {
                let reason = "Lines are of the type task, section or note; this one is left out.";
                report.problem(Problem::value(line.number, "TYPE", other, reason).of_row());
            }
        }
    }

    fn task(&mut self, line: Line<'_>, report: &mut Report) -> Draft {
        let (title, tags) = labels(line.get("content"));
        let indent = value(line, "indent", |text| text.parse().ok(), "a number from 1", report).unwrap_or(1_usize);
        self.above.truncate(indent.saturating_sub(1));
        let parent = self.above.last().map_or(Parent::None, |above| Parent::At(*above));
        self.above.push(self.drafts.len());
        let read_priority = |text: &str| match text {
            "1" => Some(Priority::Urgent),
            "2" => Some(Priority::High),
            "3" => Some(Priority::Medium),
            "4" => Some(Priority::None),
            _ => None,
        };
        let again = recurrence(line.get("date"));
        let due = if again.is_some() { None } else { value(line, "date", date, DAY, report) };
        let assignees = Some(line.get("responsible")).filter(|name| !name.is_empty());
        Draft {
            line: line.number,
            title,
            tags,
            description: line.whole("description").to_owned(),
            priority: value(line, "priority", read_priority, "a number from 1 to 4", report),
            section: self.sections.last().map(|(_, name)| name.clone()).unwrap_or_default(),
            parent,
            assignees: assignees.into_iter().map(str::to_owned).collect(),
            due,
            recurrence: again,
            ..Draft::default()
        }
    }

    fn note(&mut self, line: Line<'_>, report: &mut Report) {
        let Some(task) = self.drafts.last_mut() else {
            report.problem(Problem::row(line.number, "There is no task above this note; it is left out."));
            return;
        };
        let author = super::values::person(line.get("author")).name;
        let text = line.whole("content").to_owned();
        task.comments.push(Talk { line: line.number, author, when: String::new(), text });
    }
}

/// A task's words, and the labels among them.
fn labels(content: &str) -> (String, Vec<String>) {
    let is_label = |word: &&str| word.len() > 1 && word.starts_with('@');
    let tags = content.split_whitespace().filter(is_label).map(|word| word[1..].to_owned()).collect();
    let title: Vec<&str> = content.split_whitespace().filter(|word| !is_label(word)).collect();
    (title.join(" "), tags)
}
