//! An organization with as many tasks as a measurement needs.

use shared::ids::{ProjectId, UserId};
use shared::limits::MUTATIONS_PER_PUSH;

use crate::client::Connection;
use crate::outcome::Outcome;
use crate::workload::{Task, Workload};
use crate::writer::Writer;

#[derive(Debug)]
pub(super) struct Organization {
    pub(super) owner: Writer,
    people: Vec<UserId>,
    pub(super) projects: Vec<ProjectId>,
    pub(super) tasks: Vec<Task>,
    workload: Workload,
}

impl Organization {
    pub(super) async fn found(url: &str, name: &str) -> Outcome<Self> {
        let mut owner = Writer::new(Connection::found(url, name).await?);
        let projects = owner.make_projects().await?;
        let people = vec![owner.connection.account.user];
        Ok(Self { owner, people, projects, tasks: Vec::new(), workload: Workload::new() })
    }

    /// Registers another member.
    pub(super) async fn join(&mut self) -> Outcome<Writer> {
        let member = Writer::new(self.owner.connection.join().await?);
        self.people.push(member.connection.account.user);
        Ok(member)
    }

    /// Makes tasks until there are so many.
    pub(super) async fn grow(&mut self, size: usize) -> Outcome<()> {
        let more = size.saturating_sub(self.tasks.len());
        let new: Vec<Task> = self.workload.by_ref().take(more).collect();
        for batch in new.chunks(MUTATIONS_PER_PUSH) {
            let create = |task: &Task| task.create(&self.projects, &self.people);
            self.owner.push(batch.iter().map(create).collect()).await?;
        }
        self.tasks.extend(new);
        self.owner.skip_to_now().await
    }
}
