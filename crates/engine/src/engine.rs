//! One replica with its store: commands in, durable changes out, and the steps of sync.

use serde::{Deserialize, Serialize};
use shared::clock::{Actor, Counter, NOBODY, Version};
use shared::ids::{AttachmentId, EntityId};
use shared::protocol::{LastMutation, PullRequest, PullResponse, PushRequest, PushResponse};
use shared::resume::History;

use crate::command::{Command, CommandError};
use crate::edit;
use crate::env::Env;
use crate::local;
use crate::mine;
use crate::pull::{self, PullFault};
use crate::record::{Changes, Kept, Meta};
use crate::replica::Replica;
use crate::resume;
use crate::status::SyncStatus;
use crate::store::{Batch, Contents, Key, Revision, Store, StoreError, Table};
use crate::sync::{Step, Sync};
use crate::theirs;
use crate::transport::TransportError;
use crate::upgrade;
use crate::view::ViewPatch;

/// A commit, so that other tabs on the same store can follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    pub from: Revision,
    pub to: Revision,
    pub keys: Vec<Key>,
}

/// The offline client of one member in one organization.
#[derive(Debug)]
pub struct Engine<S> {
    store: S,
    replica: Replica,
    sync: Sync,
    /// What the member's view changed since it was last asked for; `None` before that, when all of it is new.
    patch: Option<ViewPatch>,
    commits: Vec<Commit>,
}

impl<S: Store> Engine<S> {
    /// Opens the replica in `store`, for the device that the server knows as `actor`; [`NOBODY`] without an account.
    pub async fn open(store: S, actor: Actor) -> Result<Self, StoreError> {
        let mut contents = store.load(None).await?;
        while let Some(batch) = upgrade::plan(&contents)? {
            match store.commit(&batch).await {
                // Another tab was faster, or nothing is in the way any more.
                Ok(_) | Err(StoreError::Stale) => contents = store.load(None).await?,
                Err(error) => return Err(error),
            }
        }
        let replica = Replica::open(contents, actor)?;
        let mut engine = Self { store, replica, sync: Sync::default(), patch: None, commits: Vec::new() };
        engine.sign_in(actor).await?;
        Ok(engine)
    }

    /// The member has signed in, and the server knows this device as `actor`. What was done without an account is the
    /// member's from now on, and is sent. Whoever has not signed in ([`NOBODY`]) takes nothing from the account that a
    /// store is of.
    pub async fn sign_in(&mut self, actor: Actor) -> Result<(), StoreError> {
        if actor == NOBODY {
            return Ok(());
        }
        while local::is_local(&self.replica) {
            match self.commit(local::plan_sign_in(&self.replica, actor)).await {
                Err(StoreError::Stale) => self.reload().await?,
                other => other?,
            }
        }
        if self.replica.meta().actor != actor {
            self.become_actor(actor).await?;
        }
        Ok(())
    }

    /// Takes over what was done on this device without an account, in a store of its own, and lets go of it there.
    /// Returns how many changes wait now that did not before. Wherever it is interrupted, calling it once more goes on.
    pub async fn take_over<L: Store>(&mut self, local: L) -> Result<usize, StoreError> {
        let mut local = Engine::open(local, NOBODY).await?;
        if !local::is_local(&local.replica) || local::is_local(&self.replica) {
            return Ok(0);
        }
        // From now on no tab changes what is being taken over.
        while let Err(error) = local.mark_sent(local.replica.meta().made.n).await {
            local.after_race(error).await?;
        }
        let taken = loop {
            let waiting = self.replica.waiting();
            match self.commit(local::plan_take_over(&self.replica, &local.replica)).await {
                Ok(()) => break self.replica.waiting() - waiting,
                Err(error) => self.after_race(error).await?,
            }
        };
        let last = self.replica.meta().taken;
        while let Err(error) = local.commit(local::plan_let_go(&local.replica, last)).await {
            local.after_race(error).await?;
        }
        Ok(taken)
    }

    /// After a commit that another tab was faster with: plan on what it left.
    async fn after_race(&mut self, error: StoreError) -> Result<(), StoreError> {
        if error == StoreError::Stale { self.reload().await } else { Err(error) }
    }

    /// Commits what was planned, unless another tab has changed something meanwhile: then what it left is taken over, and
    /// whoever asked looks again.
    async fn commit_or_follow(&mut self, changes: Changes) -> Result<(), StoreError> {
        match self.commit(changes).await {
            Ok(()) => Ok(()),
            Err(error) => self.after_race(error).await,
        }
    }

    /// The server knows this device under another number than before, because the device has lost its identity.
    async fn become_actor(&mut self, actor: Actor) -> Result<(), StoreError> {
        if self.replica.waiting() == 0 && self.replica.refused().next().is_none() {
            return self.commit(self.replica.plan_actor(actor)).await;
        }
        // The numbers of the outbox are of another actor: the server says who that is.
        self.sync.fork();
        Ok(())
    }

    /// Carries out a command. When it returns, the change is durable; [`Engine::take_patch`] then shows it.
    pub async fn execute(&mut self, command: &Command, env: &mut impl Env) -> Result<EntityId, CommandError> {
        loop {
            let plan = edit::plan(&self.replica, command, env)?;
            match self.commit(plan.changes).await {
                Ok(()) => return Ok(plan.entity),
                // Another tab has saved something: plan on what it left.
                Err(StoreError::Stale) => self.reload().await?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// What to do next for sync. Before a push is handed out, that it may be sent is durable: from then on nothing
    /// changes the meaning of what is in it.
    pub async fn step(&mut self, env: &mut impl Env) -> Result<Step, StoreError> {
        // Another tab may have signed in, and its news may not have been heard. (With an account, what a pull brings is
        // not taken in by whoever has not heard of everything.)
        if local::is_local(&self.replica) && self.store.load(Some(&[])).await?.revision != self.replica.revision() {
            self.reload().await?;
        }
        loop {
            let step = self.sync.next(&self.replica, env.now());
            if let Step::Resume(history) = &step {
                // Unless another tab has made, and sent, what this one has not heard of yet, or has gone on already.
                self.reload().await?;
                if resume::history(&self.replica) == *history {
                    return Ok(step);
                }
                self.sync.resumed();
                continue;
            }
            let Step::Push(request) = &step else { return Ok(step) };
            let last = request.mutations.last().map_or(0, |mutation| mutation.n);
            match self.mark_sent(last).await {
                Ok(()) => return Ok(step),
                Err(StoreError::Stale) => self.reload().await?,
                Err(error) => return Err(error),
            }
        }
    }

    async fn mark_sent(&mut self, last: Counter) -> Result<(), StoreError> {
        if last <= self.replica.meta().sent {
            return Ok(());
        }
        let meta = Meta { sent: last, ..self.replica.meta().clone() };
        self.commit(vec![Replica::plan_meta(meta)]).await
    }

    /// Takes in the answer to a push. It drops nothing: only a pull does.
    pub fn pushed(&mut self, request: &PushRequest, answer: Result<PushResponse, TransportError>, env: &mut impl Env) {
        match answer {
            Ok(_) => self.sync.pushed(request.mutations.last().map_or(0, |mutation| mutation.n)),
            Err(error) => self.sync.failed(&error, env),
        }
    }

    /// Takes in the answer to a pull.
    pub async fn pulled(
        &mut self,
        request: &PullRequest,
        answer: Result<PullResponse, TransportError>,
        env: &mut impl Env,
    ) -> Result<(), StoreError> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                self.sync.failed(&error, env);
                return Ok(());
            }
        };
        match self.take_in(request, answer, env).await {
            // Another tab has pulled or saved meanwhile: what it left decides what to ask for.
            Err(StoreError::Stale) => {
                self.reload().await?;
                self.sync.outdated();
                Ok(())
            }
            other => other,
        }
    }

    async fn take_in(
        &mut self,
        request: &PullRequest,
        answer: PullResponse,
        env: &mut impl Env,
    ) -> Result<(), StoreError> {
        let (epoch, last) = match &answer {
            PullResponse::Page(page) => (page.epoch, page.last_mutation),
            PullResponse::Filled(page) => (page.epoch, page.last_mutation),
            PullResponse::Reset { epoch, common } => {
                let meta = self.replica.meta();
                if *request != pull::request(meta) && Some(request) != pull::fill_request(meta).as_ref() {
                    self.sync.outdated();
                    return Ok(());
                }
                self.commit(pull::plan_reset(&self.replica, *epoch, *common)).await?;
                self.sync.reset();
                return Ok(());
            }
        };
        let scopes = self.replica.meta().scopes.clone();
        let (plan, end) = match answer {
            PullResponse::Page(page) => {
                let end = (page.more, page.checksum);
                // Also where old rows were asked for of what is not open any more.
                let asked = PullRequest { fill: None, ..request.clone() };
                (pull::plan_page(&self.replica, &asked, page), Some(end))
            }
            PullResponse::Filled(page) => (pull::plan_fill(&self.replica, request, page), None),
            PullResponse::Reset { .. } => return Ok(()),
        };
        match plan {
            Ok(changes) => self.commit(changes).await?,
            Err(fault) => return self.not_taken_in(fault, last, env).await,
        }
        match end {
            None => self.sync.filled(&self.replica),
            Some((more, _)) if more || self.replica.meta().scopes != scopes => self.sync.pulled_part(&self.replica),
            Some((_, checksum)) => {
                let agrees = self.replica.checksum() == checksum;
                if self.sync.pulled(&self.replica, agrees, env.now()) {
                    self.commit(pull::plan_reset(&self.replica, epoch, Version::MAX)).await?;
                    self.sync.refetch();
                }
            }
        }
        Ok(())
    }

    async fn not_taken_in(
        &mut self,
        fault: PullFault,
        last: LastMutation,
        env: &mut impl Env,
    ) -> Result<(), StoreError> {
        match fault {
            PullFault::Outdated => self.sync.outdated(),
            // A server answers such a request with a reset; whatever this is, it must not be asked for in a loop.
            PullFault::OtherEpoch => self.sync.failed(&TransportError::OutOfStep, env),
            PullFault::Lost => {
                self.commit_or_follow(pull::plan_lost(&self.replica, last)).await?;
                self.sync.outdated();
            }
            PullFault::Forked => {
                let planned_on = self.replica.revision();
                self.reload().await?;
                if self.replica.revision() != planned_on {
                    self.sync.outdated();
                } else if let Some(changes) = pull::plan_adopt(&self.replica, last) {
                    self.commit(changes).await?;
                    self.sync.reset();
                } else {
                    self.sync.fork();
                }
            }
        }
        Ok(())
    }

    /// Takes in as whom to go on.
    pub async fn resumed(
        &mut self,
        asked: &History,
        answer: Result<Actor, TransportError>,
        env: &mut impl Env,
    ) -> Result<(), StoreError> {
        let actor = match answer {
            Ok(actor) => actor,
            Err(error) => {
                self.sync.failed(&error, env);
                return Ok(());
            }
        };
        if actor == self.replica.meta().actor {
            // It is no fork. That may change by the next look, but not at once.
            self.sync.resumed();
            self.sync.failed(&TransportError::OutOfStep, env);
            return Ok(());
        }
        if let Some(changes) = resume::plan_resume(&self.replica, asked, actor) {
            self.commit_or_follow(changes).await?;
        }
        self.sync.resumed();
        Ok(())
    }

    /// Keeps this on the device, of what is open to its member. What changes wait for stays until they are sent.
    pub async fn keep(&mut self, kept: &Kept) -> Result<(), StoreError> {
        loop {
            match self.commit(pull::plan_kept(&self.replica, kept.clone())).await {
                Err(StoreError::Stale) => self.reload().await?,
                other => {
                    self.sync.outdated();
                    return other;
                }
            }
        }
    }

    /// Takes everything from the server: what was never sent is put aside, where its author can send it again or
    /// discard it like a refused change ([`Reason::PutAside`](crate::view::Reason)), and all rows are fetched anew.
    /// Returns how many changes were put aside.
    pub async fn take_theirs(&mut self) -> Result<usize, StoreError> {
        // Without an account there is nothing to take.
        while !local::is_local(&self.replica) {
            let known = self.replica.refused().count();
            match self.commit(theirs::plan_theirs(&self.replica)).await {
                Ok(()) => {
                    self.sync.reset();
                    return Ok(self.replica.refused().count() - known);
                }
                Err(error) => self.after_race(error).await?,
            }
        }
        Ok(0)
    }

    /// Pushes everything of mine: where others changed the same meanwhile, what was done on this device counts. It
    /// overwrites what this device knows, no more; what may have been sent already stays as it is, and texts merge as
    /// ever. Returns how many changes that concerns.
    pub async fn push_mine(&mut self, env: &mut impl Env) -> Result<usize, StoreError> {
        // Without an account there is nobody else.
        while !local::is_local(&self.replica) {
            let changes = mine::plan_mine(&self.replica, env);
            let concerned = changes.iter().filter(|((table, _), _)| *table == Table::Outbox).count();
            match self.commit(changes).await {
                Ok(()) => {
                    self.sync.wake();
                    return Ok(concerned);
                }
                Err(error) => self.after_race(error).await?,
            }
        }
        Ok(0)
    }

    /// The store did not take in what sync brought: try again later.
    pub fn store_failed(&mut self, env: &mut impl Env) {
        self.sync.failed(&TransportError::Busy { retry_after: None }, env);
    }

    /// Forgets that some contents are here.
    pub async fn let_go(&mut self, contents: &[AttachmentId]) -> Result<(), StoreError> {
        while let Err(error) = self.commit(self.replica.plan_not_held(contents)).await {
            self.after_race(error).await?;
        }
        Ok(())
    }

    /// Makes changes durable, then shows them.
    async fn commit(&mut self, changes: Changes) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let from = self.replica.revision();
        let batch = self.replica.batch(&changes)?;
        let to = match self.store.commit(&batch).await {
            Ok(to) => to,
            Err(error @ (StoreError::Stale | StoreError::Full)) => return Err(error),
            // What became of it is unknown: saying "not saved" of a saved change would have its author do it twice.
            Err(error) => self.made(&batch).await.ok_or(error)?,
        };
        self.commits.push(Commit { from, to, keys: changes.iter().map(|(key, _)| *key).collect() });
        let patch = self.replica.apply(to, changes);
        self.add(patch);
        Ok(())
    }

    /// The revision of a batch that is in the store although its commit reported an error.
    async fn made(&self, batch: &Batch) -> Option<Revision> {
        let keys: Vec<Key> = batch.put.iter().map(|(key, _)| *key).chain(batch.delete.iter().copied()).collect();
        let found = self.store.load(Some(&keys)).await.ok()?;
        let holds = |record: &(Key, Vec<u8>)| found.records.contains(record);
        let made =
            found.revision == batch.expect + 1 && found.records.len() == batch.put.len() && batch.put.iter().all(holds);
        made.then_some(found.revision)
    }

    /// Takes over whatever the store holds now.
    pub async fn reload(&mut self) -> Result<(), StoreError> {
        let contents = self.store.load(None).await?;
        let known = self.replica.keys();
        self.absorb(contents, &known)
    }

    /// Takes over what another tab has saved.
    fn absorb(&mut self, contents: Contents, asked: &[Key]) -> Result<(), StoreError> {
        let (actor, generation) = (self.replica.meta().actor, self.replica.meta().generation);
        let patch = self.replica.absorb(contents, asked)?;
        self.add(patch);
        let now = self.replica.meta();
        if now.actor != actor {
            // It has gone on as another one: whether this device's history has forked is another question now.
            self.sync.resumed();
        } else if now.generation != generation {
            self.sync.renewed();
        }
        Ok(())
    }

    /// Follows a commit that another tab has made.
    pub async fn follow(&mut self, commit: &Commit) -> Result<(), StoreError> {
        if commit.to <= self.replica.revision() {
            return Ok(());
        }
        if commit.from != self.replica.revision() {
            return self.reload().await;
        }
        let contents = self.store.load(Some(&commit.keys)).await?;
        if contents.revision != commit.to {
            return self.reload().await;
        }
        self.absorb(contents, &commit.keys)
    }

    fn add(&mut self, patch: ViewPatch) {
        if let Some(known) = &mut self.patch {
            known.extend(patch);
        }
    }

    /// What changed in the view since the last call; at first, all of it.
    pub fn take_patch(&mut self) -> ViewPatch {
        self.patch.replace(ViewPatch::default()).unwrap_or_else(|| self.replica.whole())
    }

    /// The commits since the last call, for the other tabs.
    pub fn take_commits(&mut self) -> Vec<Commit> {
        std::mem::take(&mut self.commits)
    }

    pub fn status(&self) -> SyncStatus {
        self.sync.status(&self.replica)
    }

    pub fn replica(&self) -> &Replica {
        &self.replica
    }

    pub fn store(&self) -> &S {
        &self.store
    }

    /// The server has said, unasked, that the organization is at this version.
    pub fn poked(&mut self, ver: Version) {
        self.sync.poked(ver, &self.replica);
    }

    /// The member asks for an attempt, or has signed in.
    pub fn wake(&mut self) {
        self.sync.wake();
    }

    pub fn set_online(&mut self, online: bool) {
        self.sync.set_online(online);
    }
}
