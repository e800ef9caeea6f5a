//! The rows that go out: those that a member sees, or those of one project, with the names of what they name.

use std::collections::BTreeMap;

use shared::field::TextField;
use shared::ids::{EntityId, Kind, ProjectId, SectionId, TaskId, UserId};
use shared::member::MemberView;
use shared::project::ProjectView;
use shared::row::Row;
use shared::section::SectionView;
use shared::task::TaskView;
use uuid::Uuid;

/// Rows by kind and id.
#[derive(Clone, Debug, Default)]
pub struct Library<'a> {
    rows: BTreeMap<EntityId, &'a Row>,
}

impl<'a> Library<'a> {
    /// All of these rows; of one project its own, with the people and the custom fields that they name.
    pub fn of(rows: impl IntoIterator<Item = &'a Row>, project: Option<ProjectId>) -> Self {
        let all: BTreeMap<EntityId, &Row> = rows.into_iter().map(|row| (row.id, row)).collect();
        let Some(project) = project else { return Self { rows: all } };
        let of_task = |task: TaskId| all.get(&task.into()).is_some_and(|row| row.project() == Some(project));
        let belongs = |row: &Row| match row.id.kind() {
            Kind::Member | Kind::CustomField => true,
            Kind::Project | Kind::Section | Kind::Task => row.project() == Some(project),
            Kind::Comment | Kind::Attachment => row.subject().is_some_and(|subject| of_task(subject.task)),
            Kind::SavedView => false,
        };
        Self { rows: all.iter().filter(|(_, row)| belongs(row)).map(|(id, row)| (*id, *row)).collect() }
    }

    pub fn rows(&self, kind: Kind) -> impl Iterator<Item = &'a Row> {
        self.rows.range(kind.of(Uuid::nil())..=kind.of(Uuid::max())).map(|(_, row)| *row)
    }

    /// A name of a row; `unknown` where it is not there.
    fn name(&self, id: EntityId, unknown: &'static str) -> &'a str {
        self.rows.get(&id).and_then(|row| row.text(TextField::Name)).unwrap_or(unknown)
    }

    pub fn person(&self, id: UserId) -> &'a str {
        self.name(id.into(), "somebody")
    }

    pub fn project(&self, id: ProjectId) -> &'a str {
        self.name(id.into(), "?")
    }

    pub fn section(&self, id: SectionId) -> &'a str {
        self.name(id.into(), "?")
    }

    /// The tasks that stand, in the order of their ids. With a project that is deleted its tasks are out of sight.
    pub fn tasks(&self) -> Vec<TaskView> {
        let gone = |id: ProjectId| self.rows.get(&id.into()).is_some_and(|project| project.life.is_deleted());
        let tasks = self.rows(Kind::Task).filter_map(TaskView::of);
        tasks.filter(|task| shared::query::shows(task, None) && !gone(task.project)).collect()
    }

    /// The projects that stand, in the team's order.
    pub fn projects(&self) -> Vec<ProjectView> {
        let mut projects: Vec<_> =
            self.rows(Kind::Project).filter_map(ProjectView::of).filter(|project| !project.deleted).collect();
        projects.sort_by(|one, other| (&one.order, one.id).cmp(&(&other.order, other.id)));
        projects
    }

    /// The sections of a project that stand, in the team's order.
    pub fn sections(&self, project: ProjectId) -> Vec<SectionView> {
        let all = self.rows(Kind::Section).filter_map(SectionView::of);
        let mut sections: Vec<_> = all.filter(|section| section.project == project && !section.deleted).collect();
        sections.sort_by(|one, other| (&one.order, one.id).cmp(&(&other.order, other.id)));
        sections
    }

    /// Everybody who is or was a member.
    pub fn people(&self) -> Vec<MemberView> {
        self.rows(Kind::Member).filter_map(MemberView::of).collect()
    }
}
