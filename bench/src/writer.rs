//! A device without an engine: it numbers its mutations and knows how far it is, and costs next to nothing itself.

use engine::transport::Transport as _;
use shared::clock::Version;
use shared::field::TextField;
use shared::hash::chain;
use shared::ids::{MutationId, ProjectId};
use shared::mutation::{Create, Mutation, Op};
use shared::protocol::{LastMutation, PullPage, PullRequest, PullResponse, PushRequest, PushResult, SCHEMA};
use shared::scope::Scope;
use uuid::Uuid;

use crate::client::Connection;
use crate::device::now;
use crate::outcome::Outcome;
use crate::workload::PROJECTS;

#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    last: LastMutation,
    seen: Version,
    /// What is open to it.
    scopes: Vec<Scope>,
}

impl Writer {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, last: LastMutation::default(), seen: 0, scopes: Vec::new() }
    }

    /// Sends mutations in one push. All of them must be accepted.
    pub(crate) async fn push(&mut self, ops: Vec<Op>) -> Outcome<()> {
        let request = self.request(ops);
        let answer = self.connection.push(&request).await?;
        for one in answer.results {
            if let PushResult::Rejected(reason) = one.result {
                return Err(format!("Mutation {} was refused: {reason}.", one.n).into());
            }
        }
        Ok(())
    }

    fn request(&mut self, ops: Vec<Op>) -> PushRequest {
        let (ctx, at) = (self.seen, now());
        let mutations = ops.into_iter().map(|op| {
            let LastMutation { n, hash } = self.last;
            let mutation = Mutation { n: n + 1, id: MutationId(Uuid::now_v7()), prev_hash: hash, ctx, at, op };
            self.last = LastMutation { n: n + 1, hash: chain(hash, n + 1, mutation.id) };
            mutation
        });
        let mutations = mutations.collect();
        let account = &self.connection.account;
        PushRequest { schema: SCHEMA, actor: account.actor, epoch: account.epoch, mutations }
    }

    /// Fetches the next page of what it lacks.
    pub(crate) async fn pull(&mut self) -> Outcome<PullPage> {
        let account = &self.connection.account;
        let request = PullRequest {
            schema: SCHEMA,
            actor: account.actor,
            epoch: Some(account.epoch),
            cursor: self.seen,
            seen: self.seen,
            confirmed: self.last.n,
            scopes: self.scopes.clone(),
            fill: None,
        };
        match self.connection.pull(&request).await? {
            PullResponse::Page(page) => {
                self.seen = page.cursor;
                if let Some(open) = &page.open {
                    self.scopes.clone_from(open);
                }
                Ok(page)
            }
            PullResponse::Filled(_) => Err("Changes were asked for, and old rows came.".into()),
            PullResponse::Reset { .. } => Err("A device that had everything is told to start anew.".into()),
        }
    }

    /// Up to where it knows everything.
    pub(crate) fn seen(&self) -> Version {
        self.seen
    }

    /// It knows everything up to there, because a device of the same organization does that is to stand for it.
    pub(crate) fn has_seen(&mut self, ver: Version) {
        self.seen = ver;
    }

    /// Fetches everything up to where the organization is now.
    pub(crate) async fn skip_to_now(&mut self) -> Outcome<()> {
        while self.pull().await?.more {}
        Ok(())
    }

    /// Makes the projects of the workload.
    pub(crate) async fn make_projects(&mut self) -> Outcome<Vec<ProjectId>> {
        let projects: Vec<ProjectId> = (0..PROJECTS).map(|_| ProjectId(Uuid::now_v7())).collect();
        let name =
            |(n, id): (usize, &ProjectId)| Op::Create(Create::new(*id).text(TextField::Name, format!("Project {n}")));
        self.push(projects.iter().enumerate().map(name).collect()).await?;
        Ok(projects)
    }
}
