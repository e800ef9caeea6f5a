//! A device in a test's hands, and a server small enough to be read at once.
#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod teams;

use std::collections::{BTreeMap, BTreeSet};

use engine::command::{Command, CommandError, NewTask};
use engine::engine::Engine;
use engine::env::Env;
use engine::status::Pill;
use engine::store::StoreError;
use engine::store::memory::MemoryStore;
use engine::sync::Step;
use engine::transport::TransportError;
use futures::FutureExt;
use shared::clock::{Actor, Millis, Stamp, Version};
use shared::field::TextField;
use shared::hash::{Checksum, chain};
use shared::ids::{EntityId, Epoch, MutationId, ProjectId, TaskId};
use shared::merge;
use shared::merge::Around;
use shared::mutation::{Op, Refusal};
use shared::protocol::{
    Fill, FillPage, FillPlace, LastMutation, NumberedResult, PullPage, PullRequest, PullResponse, PulledRow,
    PushRequest, PushResponse, PushResult, RefusedMutation,
};
use shared::resume::History;
use shared::row::{Row, TextLog};
use shared::scope::{Scope, Stage};
use shared::text::{Delta, TextChange};
use shared::workflow::{Priority, Status};
use uuid::Uuid;

pub use teams::{cellar, misfit, opened, team};

/// The value of a future that never waits, as those of the memory store.
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("memory never waits")
}

/// Time, ids and chance as the test wants them.
#[derive(Debug)]
pub struct Clock {
    pub now: Millis,
    pub chance: f64,
    ids: u128,
}

impl Env for Clock {
    fn now(&mut self) -> Millis {
        self.now
    }

    fn new_id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    fn random(&mut self) -> f64 {
        self.chance
    }
}

/// A tab of a device.
#[derive(Debug)]
pub struct Device {
    pub engine: Engine<MemoryStore>,
    pub store: MemoryStore,
    pub clock: Clock,
    actor: Actor,
}

impl Device {
    pub fn new(actor: Actor) -> Self {
        Self::on(MemoryStore::new(), actor, 0)
    }

    /// A tab on a store that may be another tab's too.
    pub fn on(store: MemoryStore, actor: Actor, tab: u128) -> Self {
        let ids = u128::from(actor) << 64 | tab << 32;
        let clock = Clock { now: 1_000_000, chance: 0.5, ids };
        Self { engine: ready(Engine::open(store.clone(), actor)).unwrap(), store, clock, actor }
    }

    /// The program ends and starts again.
    pub fn reopen(&mut self) {
        self.engine = ready(Engine::open(self.store.clone(), self.actor)).unwrap();
    }

    pub fn run(&mut self, command: &Command) -> Result<EntityId, CommandError> {
        ready(self.engine.execute(command, &mut self.clock))
    }

    pub fn project(&mut self) -> ProjectId {
        match self.run(&Command::create_project("Harbour")).unwrap() {
            EntityId::Project(id) => id,
            _ => unreachable!(),
        }
    }

    pub fn task(&mut self, project: ProjectId, title: &str) -> TaskId {
        let new = NewTask {
            project,
            title: title.into(),
            status: Status::Todo,
            priority: Priority::None,
            due: None,
            tags: Vec::new(),
        };
        match self.run(&Command::create_task(new)).unwrap() {
            EntityId::Task(id) => id,
            _ => unreachable!(),
        }
    }

    /// Edits the title that the member sees.
    pub fn retitle(&mut self, id: TaskId, to: &str) -> Result<EntityId, CommandError> {
        let from = self.title(id);
        self.edit(id, &from, to)
    }

    pub fn edit(&mut self, id: TaskId, from: &str, to: &str) -> Result<EntityId, CommandError> {
        let (entity, field) = (id.into(), TextField::Title);
        self.run(&Command::EditText { entity, field, from: from.into(), to: to.into() })
    }

    pub fn title(&self, id: TaskId) -> String {
        self.engine.replica().view().tasks[&id].value.title.clone()
    }

    pub fn pill(&self) -> Pill {
        self.engine.status().pill()
    }

    pub fn outbox(&self) -> Vec<Op> {
        self.engine.replica().outbox().map(|mutation| mutation.op.clone()).collect()
    }

    pub fn step(&mut self) -> Result<Step, StoreError> {
        ready(self.engine.step(&mut self.clock))
    }

    pub fn push(&mut self) -> PushRequest {
        match self.step().unwrap() {
            Step::Push(request) => request,
            step => panic!("not a push: {step:?}"),
        }
    }

    pub fn pull(&mut self) -> PullRequest {
        match self.step().unwrap() {
            Step::Pull(request) => request,
            step => panic!("not a pull: {step:?}"),
        }
    }

    pub fn pushed(&mut self, request: &PushRequest, answer: Result<PushResponse, TransportError>) {
        self.engine.pushed(request, answer, &mut self.clock);
    }

    pub fn pulled(&mut self, request: &PullRequest, answer: Result<PullResponse, TransportError>) {
        ready(self.engine.pulled(request, answer, &mut self.clock)).unwrap();
    }

    /// One exchange with a server. Returns whether there was one.
    pub fn exchange(&mut self, server: &mut Server) -> bool {
        match self.step().unwrap() {
            Step::Push(request) => {
                let answer = server.push(&request);
                self.pushed(&request, answer);
            }
            Step::Pull(request) => {
                let answer = server.pull(&request);
                self.pulled(&request, Ok(answer));
            }
            Step::Resume(history) => {
                let answer = server.resume(&history);
                self.actor = answer;
                ready(self.engine.resumed(&history, Ok(answer), &mut self.clock)).unwrap();
            }
            Step::Wait(_) => return false,
        }
        true
    }

    /// Asks for an attempt and talks until there is nothing more to say.
    pub fn sync(&mut self, server: &mut Server) {
        self.engine.wake();
        let mut exchanges = 0;
        while self.exchange(server) {
            exchanges += 1;
            assert!(exchanges < 1_000, "no end of it");
        }
    }
}

/// What a server does, without a database: one order, stored results, pages.
#[derive(Clone)]
pub struct Server {
    pub epoch: Epoch,
    pub ver: Version,
    pub rows: BTreeMap<EntityId, Row>,
    logs: BTreeMap<(EntityId, TextField), Vec<TextChange>>,
    last: BTreeMap<Actor, LastMutation>,
    results: BTreeMap<(Actor, u64), (MutationId, PushResult)>,
    /// Of each branch, the actor that it is of, and up to where.
    branches: BTreeMap<Actor, (Actor, u64)>,
    /// Refuses these mutations whatever they say.
    pub refuse: Vec<(Actor, u64)>,
    /// Rows in a page.
    pub page: usize,
    /// Added to the checksum: another one than the rows have.
    pub wrong_sum: u64,
    /// What was deleted up to here is let go of.
    pub floor: Version,
    /// The scopes that are open to everybody. All rows are everyone's, but for those that [`Server::put`] names.
    pub open: BTreeSet<Scope>,
    pub places: BTreeMap<EntityId, Scope>,
    /// What has left which scope, and when.
    left: Vec<(Version, EntityId, Scope)>,
    /// When rows came into their scope.
    came: BTreeMap<EntityId, Version>,
}

impl Server {
    pub fn new() -> Self {
        Self {
            epoch: Epoch(Uuid::from_u128(1)),
            ver: 0,
            rows: BTreeMap::new(),
            logs: BTreeMap::new(),
            last: BTreeMap::new(),
            results: BTreeMap::new(),
            branches: BTreeMap::new(),
            refuse: Vec::new(),
            page: 100,
            wrong_sum: 0,
            floor: 0,
            open: [Scope::Everyone].into(),
            places: BTreeMap::new(),
            left: Vec::new(),
            came: BTreeMap::new(),
        }
    }

    fn scope(&self, id: EntityId) -> Scope {
        self.places.get(&id).copied().unwrap_or(Scope::Everyone)
    }

    /// Puts a row into another scope.
    pub fn put(&mut self, id: impl Into<EntityId>, scope: Scope) {
        let id = id.into();
        self.ver += 1;
        self.left.push((self.ver, id, self.scope(id)));
        self.came.insert(id, self.ver);
        self.places.insert(id, scope);
    }

    /// Lets go of what was deleted up to a version.
    pub fn purge(&mut self, floor: Version) {
        self.floor = floor;
        self.rows.retain(|_, row| !row.is_gone_at(floor));
    }

    /// Tells of how a row's texts came to be what they are what can't be, as no server should.
    pub fn garble(&mut self, id: TaskId) {
        let elsewhere = Delta::between(&"?".repeat(1_000), "!");
        let logs = self.logs.iter_mut().filter(|((entity, _), _)| *entity == id.into());
        logs.flat_map(|(_, log)| log).for_each(|change| change.delta = elsewhere.clone());
    }

    fn pos(&self, row: &Row) -> Version {
        row.ver.max(self.came.get(&row.id).copied().unwrap_or_default())
    }

    pub fn push(&mut self, request: &PushRequest) -> Result<PushResponse, TransportError> {
        if request.epoch != self.epoch {
            return Err(TransportError::OutOfStep);
        }
        let actor = request.actor;
        for mutation in &request.mutations {
            let last = self.last.entry(actor).or_default();
            if mutation.n <= last.n {
                if self.results[&(actor, mutation.n)].0 == mutation.id {
                    continue;
                }
                return Err(TransportError::Forked);
            }
            assert_eq!(mutation.n, last.n + 1, "a gap");
            if mutation.prev_hash != last.hash {
                return Err(TransportError::Forked);
            }
            *last = LastMutation { n: mutation.n, hash: chain(last.hash, mutation.n, mutation.id) };
            let stamp =
                Stamp { actor, ctr: mutation.n, ver: self.ver + 1, ctx: mutation.ctx.min(self.ver), at: mutation.at };
            let result = self.apply(&mutation.op, stamp);
            self.results.insert((actor, mutation.n), (mutation.id, result));
        }
        let result = |n: u64| NumberedResult { n, result: self.results[&(actor, n)].1.clone() };
        Ok(PushResponse { results: request.mutations.iter().map(|one| result(one.n)).collect(), ver: self.ver })
    }

    fn apply(&mut self, op: &Op, stamp: Stamp) -> PushResult {
        if self.refuse.contains(&(stamp.actor, stamp.ctr)) {
            return PushResult::Rejected(Refusal::NotFound);
        }
        let id = op.entity();
        let mut row = self.rows.get(&id).cloned();
        let log: &[TextChange] = match op {
            Op::TextEdit(edit) => self.logs.entry((id, edit.field)).or_default(),
            _ => &[],
        };
        let log = merge::after(log, stamp.ctx);
        match merge::apply(&mut row, op, stamp, &Around { log, ..Around::default() }) {
            Ok(merged) => {
                if let Some(text) = merged.text {
                    self.logs.entry((id, text.field)).or_default().push(text.change);
                }
                self.rows.extend(row.map(|row| (id, row)));
                self.ver = stamp.ver;
                PushResult::Accepted(merged.outcome)
            }
            Err(refusal) => PushResult::Rejected(refusal),
        }
    }

    pub fn pull(&self, request: &PullRequest) -> PullResponse {
        if request.epoch.is_some_and(|epoch| epoch != self.epoch) {
            return PullResponse::Reset { epoch: self.epoch, common: self.ver };
        }
        let own = self.results.range((request.actor, request.confirmed + 1)..=(request.actor, u64::MAX));
        let refused = |(key, (_, result)): (&(Actor, u64), &(MutationId, PushResult))| match result {
            PushResult::Rejected(reason) => Some(RefusedMutation { n: key.1, reason: reason.clone() }),
            PushResult::Accepted(_) => None,
        };
        let refused = own.filter_map(refused).collect();
        let last_mutation = self.last.get(&request.actor).copied().unwrap_or_default();
        match &request.fill {
            Some(fill) if fill.scopes.iter().all(|scope| self.open.contains(scope)) => {
                PullResponse::Filled(self.filled(request, fill, last_mutation, refused))
            }
            _ => PullResponse::Page(self.changes(request, last_mutation, refused)),
        }
    }

    fn changes(&self, request: &PullRequest, last_mutation: LastMutation, refused: Vec<RefusedMutation>) -> PullPage {
        let followed: Vec<Scope> = request.scopes.iter().copied().filter(|scope| self.open.contains(scope)).collect();
        let here = |row: &&Row| followed.contains(&self.scope(row.id));
        let mut rows: Vec<&Row> =
            self.rows.values().filter(here).filter(|row| self.pos(row) > request.cursor).collect();
        rows.sort_by_key(|row| self.pos(row));
        let more = rows.len() > self.page;
        rows.truncate(self.page);
        let cursor = if more { self.pos(rows[rows.len() - 1]) } else { self.ver };
        let mut checksum = Checksum::default();
        self.rows.values().filter(here).for_each(|row| checksum.add(row.id.uuid(), row.ver));
        checksum.0.0 = checksum.0.0.wrapping_add(self.wrong_sum);
        let asked: BTreeSet<Scope> = request.scopes.iter().copied().collect();
        let told = |id: &EntityId| {
            followed.contains(&self.scope(*id)) && self.rows.get(id).is_some_and(|row| self.pos(row) <= cursor)
        };
        let left = self
            .left
            .iter()
            .filter(|(ver, id, from)| *ver > request.cursor && *ver <= cursor && followed.contains(from) && !told(id));
        PullPage {
            epoch: self.epoch,
            rows: rows.into_iter().map(|row| self.pulled(row, request)).collect(),
            left: left.map(|(_, id, _)| *id).collect(),
            open: (asked != self.open).then(|| self.open.iter().copied().collect()),
            cursor,
            snapshot: self.ver,
            more,
            last_mutation,
            refused,
            checksum,
            floor: self.floor,
        }
    }

    fn filled(
        &self,
        request: &PullRequest,
        fill: &Fill,
        last_mutation: LastMutation,
        refused: Vec<RefusedMutation>,
    ) -> FillPage {
        let here = |row: &&Row| fill.scopes.contains(&self.scope(row.id)) && self.open.contains(&self.scope(row.id));
        let FillPlace { stage, after } = fill.from;
        let wanted = |row: &&Row| Stage::of(row) == stage && (after + 1..=fill.until).contains(&self.pos(row));
        let mut rows: Vec<&Row> = self.rows.values().filter(here).filter(wanted).collect();
        rows.sort_by_key(|row| self.pos(row));
        let more = rows.len() > self.page;
        rows.truncate(self.page);
        let next = match rows.last().filter(|_| more) {
            Some(last) => Some(FillPlace { stage, after: self.pos(last) }),
            None => stage.next().map(|stage| FillPlace { stage, after: 0 }),
        };
        let rows = rows.into_iter().map(|row| self.pulled(row, request)).collect();
        FillPage { epoch: self.epoch, rows, snapshot: self.ver, last_mutation, refused, next }
    }

    fn pulled(&self, row: &Row, request: &PullRequest) -> PulledRow {
        let branch = self.branches.get(&request.actor);
        let owns = |actor: Actor, n: u64| {
            actor == request.actor || branch.is_some_and(|(ancestor, at)| actor == *ancestor && n <= *at)
        };
        let own = owns(row.created.actor, row.created.ctr) && row.created.ctr > request.confirmed;
        let seen = match &request.fill {
            _ if own => row.created.ver,
            // The device does not have it.
            Some(_) => Version::MAX,
            None => request.seen,
        };
        let scope = request.scopes.iter().position(|scope| *scope == self.scope(row.id)).unwrap();
        let scope = u32::try_from(scope).unwrap();
        let claim = |change: &TextChange| {
            let actor = if owns(change.actor, change.ctr) { request.actor } else { change.actor };
            TextChange { actor, ..change.clone() }
        };
        let log = |(key, log): (&(EntityId, TextField), &Vec<TextChange>)| {
            let changes: Vec<TextChange> = merge::after(log, seen).iter().map(claim).collect();
            (key.0 == row.id && !changes.is_empty()).then_some(TextLog { field: key.1, changes })
        };
        let texts = self.logs.iter().filter_map(log).collect();
        PulledRow { row: row.clone(), scope, texts }
    }

    /// As whom a device goes on.
    pub fn resume(&mut self, history: &History) -> Actor {
        let actor = history.actor;
        let known = |n: u64| self.results.get(&(actor, n)).map(|(id, _)| *id);
        let numbered = (history.confirmed.n + 1..).zip(&history.waiting);
        let at = history.after(numbered.take_while(|(n, id)| known(*n) == Some(**id)).count());
        if self.last.get(&actor).copied().unwrap_or_default() == at {
            return actor;
        }
        let branch = 100 + Actor::try_from(self.branches.len()).unwrap();
        for n in 1..=at.n {
            let result = self.results[&(actor, n)].clone();
            self.results.insert((branch, n), result);
        }
        self.last.insert(branch, at);
        self.branches.insert(branch, (actor, at.n));
        branch
    }

    /// The numbers of a device's mutations that were refused.
    pub fn refusals(&self, actor: Actor) -> Vec<u64> {
        let own = self.results.range((actor, 0)..=(actor, u64::MAX));
        own.filter(|(_, (_, result))| matches!(result, PushResult::Rejected(_))).map(|(key, _)| key.1).collect()
    }

    /// How often a mutation was handled.
    pub fn handled(&self, id: MutationId) -> usize {
        self.results.values().filter(|(handled, _)| *handled == id).count()
    }

    pub fn title(&self, id: TaskId) -> &str {
        self.rows[&id.into()].text(TextField::Title).unwrap()
    }
}
