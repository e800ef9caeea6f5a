//! The server's tables in memory, with the server's real decisions: what `tern_server`'s services do with SQL.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use server::domain::lineage::Lineage;
use server::domain::pull::{self, Located, Open, PullInput};
use server::domain::push::{
    Departure, DeviceClock, Handled, OrgClock, Prefix, PushDecision, PushInput, PushProblem, ScopeState, Stored,
    TextKey, check, decide, needs,
};
use server::domain::resume::{self, Foreign, Resumption, Tree};
use shared::clock::{Actor, Counter, Millis, Version};
use shared::field::{Field, TextField};
use shared::hash::chain;
use shared::ids::{DeviceId, EntityId, Epoch, MutationId, TaskId, UserId};
use shared::mutation::{Create, Mutation, Op};
use shared::protocol::{
    Fill, LastMutation, PullRequest, PullResponse, PushRequest, PushResult, RefusedMutation, SCHEMA,
};
use shared::resume::History;
use shared::row::Row;
use shared::scope::{Reader, Scope, Stage};
use shared::text::TextChange;
use shared::tree::above;
use shared::value::{Role, Value};

use crate::{Check, Violation, ensure};

/// The actor of the server's own changes; nobody's device.
const SERVER: Actor = 1_000;
/// The first of the actors that come later.
const FIRST_LATER: Actor = 2_000;

/// One organization's tables.
#[derive(Clone, Debug)]
pub struct Database {
    pub org: OrgClock,
    pub rows: BTreeMap<EntityId, Row>,
    /// Which scope each row is in, and the version with which it last changed or came there.
    pub scopes: BTreeMap<EntityId, Scope>,
    pos: BTreeMap<EntityId, Version>,
    pub states_of: BTreeMap<Scope, ScopeState>,
    departures: Vec<Departure>,
    /// Whose device an actor is, and what they may do in the organization.
    pub members: BTreeMap<Actor, UserId>,
    pub roles: BTreeMap<UserId, Role>,
    devices: BTreeMap<Actor, LastMutation>,
    /// As which actor each device is known.
    seats: BTreeMap<DeviceId, Actor>,
    next_actor: Actor,
    /// Of each branch, the actor that it is of, and up to where.
    branches: BTreeMap<Actor, (Actor, Counter)>,
    logs: BTreeMap<TextKey, Vec<TextChange>>,
    prefixes: BTreeMap<String, Prefix>,
    /// Every mutation that was handled, in the order of its commit.
    pub history: Vec<(Actor, Handled)>,
    /// Every state that a row ever had. For the oracle; the server does not keep it.
    pub states: BTreeMap<(EntityId, Version), Row>,
    /// Every scope that a row ever was in, and from when on. For the oracle too.
    places: BTreeMap<(EntityId, Version), Scope>,
    /// What was deleted long ago, and is gone.
    pub purged: BTreeSet<EntityId>,
    /// When that happened: after this version, with this floor.
    pub purges: Vec<(Version, Version)>,
    /// Of each earlier life of the data, up to which version it is part of this one.
    ended: BTreeMap<Epoch, Version>,
    /// By their epochs, the lives that ended with a restore, as they were then. For the oracle.
    past: BTreeMap<Epoch, Rc<Database>>,
}

impl Database {
    pub fn new(epoch: Epoch, members: BTreeMap<Actor, UserId>, roles: BTreeMap<UserId, Role>) -> Self {
        Self {
            org: OrgClock { epoch, ver: 0, floor: 0, restored: false },
            rows: BTreeMap::new(),
            scopes: BTreeMap::new(),
            pos: BTreeMap::new(),
            states_of: BTreeMap::new(),
            departures: Vec::new(),
            devices: members.keys().map(|actor| (*actor, LastMutation::default())).collect(),
            seats: members.keys().map(|actor| (Self::first_device(*actor), *actor)).collect(),
            next_actor: FIRST_LATER,
            branches: BTreeMap::new(),
            members,
            roles,
            logs: BTreeMap::new(),
            prefixes: BTreeMap::new(),
            history: Vec::new(),
            states: BTreeMap::new(),
            places: BTreeMap::new(),
            purged: BTreeSet::new(),
            purges: Vec::new(),
            ended: BTreeMap::new(),
            past: BTreeMap::new(),
        }
    }

    /// The device that is known as an actor from the beginning.
    pub fn first_device(actor: Actor) -> DeviceId {
        DeviceId(uuid::Uuid::from_u128(actor.into()))
    }

    /// Ends the present life of the data where it stands, and begins another.
    pub fn begin_epoch(&mut self, next: Epoch) {
        self.ended.insert(self.org.epoch, self.org.ver);
        self.org = OrgClock { epoch: next, restored: true, ..self.org };
    }

    /// Puts a backup in the place of what there is.
    pub fn restore(&mut self, backup: Self, next: Epoch) {
        let mut lost = std::mem::replace(self, backup);
        self.past = std::mem::take(&mut lost.past);
        let lost = Rc::new(lost);
        for epoch in lost.ended.keys().chain([&lost.org.epoch]) {
            self.past.entry(*epoch).or_insert_with(|| Rc::clone(&lost));
        }
        self.begin_epoch(next);
    }

    /// The data as whoever knows of this epoch knows it.
    pub fn life(&self, epoch: Option<Epoch>) -> &Self {
        epoch.and_then(|epoch| self.past.get(&epoch)).map_or(self, Rc::as_ref)
    }

    /// This life of the data and all that were lost.
    fn lives(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.past.values().map(Rc::as_ref))
    }

    /// Whether a row was in a state at any time, in any life.
    pub fn ever_had(&self, row: &Row) -> bool {
        self.lives().any(|life| life.states.get(&(row.id, row.ver)) == Some(row))
    }

    /// Whether a mutation was handled in a life that is lost.
    pub fn has_handled_before(&self, id: MutationId) -> bool {
        self.past.values().any(|life| life.result(id).is_some())
    }

    /// The organization's members, whom only the server writes.
    pub fn join(&mut self, members: impl Iterator<Item = UserId>, now: Millis) -> Check {
        let create = |member: UserId| {
            let create = Create::new(member).text(TextField::Name, "Ada").value(Field::Role, Value::Role(Role::Member));
            (MutationId(member.0), Op::Create(create))
        };
        self.change(members.map(create).collect(), now)
    }

    /// Puts closed tasks aside, of those that the server would put aside if they were old enough.
    pub fn file(&mut self, wanted: &mut impl FnMut(TaskId) -> Option<MutationId>, now: Millis) -> Check {
        let closed = self.rows.values().filter(|row| {
            let apart = matches!(self.scopes[&row.id], Scope::Project(_));
            apart && Stage::of(row) == Stage::Done && !row.life.is_deleted() && !row.needs_review()
        });
        let file = |row: &Row| match row.id {
            EntityId::Task(task) => Some((wanted(task)?, Op::write(task, Field::Filed, true))),
            _ => None,
        };
        let ops = closed.filter_map(file).collect();
        self.change(ops, now)
    }

    /// Makes changes of the server's own.
    fn change(&mut self, ops: Vec<(MutationId, Op)>, now: Millis) -> Check {
        let mut last = self.last(SERVER);
        let mutations = ops.into_iter().map(|(id, op)| {
            let n = last.n + 1;
            let mutation = Mutation { n, id, prev_hash: last.hash, ctx: self.org.ver, at: now, op };
            last = LastMutation { n, hash: chain(last.hash, n, id) };
            mutation
        });
        let mutations = mutations.collect();
        let push = PushRequest { schema: SCHEMA, actor: SERVER, epoch: self.org.epoch, mutations };
        let decision = self.decide(&push, &BTreeSet::new(), now);
        let decision = decision.map_err(|problem| Violation(problem.to_string()))?;
        self.write(SERVER, &decision)
    }

    /// Lets go of what was deleted up to a version.
    pub fn purge(&mut self, floor: Version) {
        let gone: Vec<EntityId> = self.rows.values().filter(|row| row.is_gone_at(floor)).map(|row| row.id).collect();
        for id in gone {
            if let (Some(row), Some(scope)) = (self.rows.remove(&id), self.scopes.remove(&id)) {
                self.states_of.entry(scope).or_default().checksum.remove(id.uuid(), row.ver);
            }
            self.purged.insert(id);
        }
        self.logs.retain(|(id, _), _| !self.purged.contains(id));
        self.org.floor = floor;
        self.purges.push((self.org.ver, floor));
    }

    /// How far a device's mutations were handled.
    pub fn last(&self, actor: Actor) -> LastMutation {
        self.devices.get(&actor).copied().unwrap_or_default()
    }

    fn lineage(&self, actor: Actor) -> Lineage {
        Lineage::trace(actor, &self.branches)
    }

    /// Whether a device is known as an actor.
    pub fn seats(&self, device: DeviceId, actor: Actor) -> bool {
        self.seats.get(&device) == Some(&actor)
    }

    /// As which actor a member's device is known, from now on at the latest.
    pub fn sign_in(&mut self, user: UserId, device: DeviceId) -> Actor {
        if let Some(actor) = self.seats.get(&device) {
            return *actor;
        }
        self.seat(user, device, LastMutation::default())
    }

    /// A new actor.
    fn seat(&mut self, user: UserId, device: DeviceId, last: LastMutation) -> Actor {
        let actor = self.next_actor;
        self.next_actor += 1;
        self.seats.insert(device, actor);
        self.devices.insert(actor, last);
        self.members.insert(actor, user);
        actor
    }

    /// Says as whom a device of a member goes on that is signed in as `asking`. `next` is what it is, should it have to
    /// become another one.
    pub fn resume(
        &mut self,
        history: &History,
        (user, asking): (UserId, Actor),
        next: DeviceId,
    ) -> Result<(DeviceId, Actor), Foreign> {
        let handled = self.history.iter().map(|(actor, one)| ((*actor, one.n), one.id)).collect();
        let last = self.devices.iter().filter(|(actor, _)| self.members.get(actor) == Some(&user));
        let last = last.map(|(actor, last)| (*actor, *last)).collect();
        let tree = Tree { last, branches: self.branches.clone(), handled, ..Tree::new(self.org.epoch, asking) };
        match resume::decide(history, &tree)? {
            Resumption::As(actor) => {
                let known = self.seats.iter().find(|(_, seated)| **seated == actor);
                Ok((known.map_or(next, |(device, _)| *device), actor))
            }
            Resumption::Branch { of, at } => {
                let actor = self.seat(user, next, at);
                self.branches.insert(actor, (of, at.n));
                Ok((next, actor))
            }
        }
    }

    /// Whose device this is; nobody's, of the server's own.
    pub fn reader(&self, actor: Actor) -> Option<Reader> {
        let user = *self.members.get(&actor)?;
        Some(Reader { user, role: *self.roles.get(&user)? })
    }

    /// What is open to a device's member.
    fn open(&self, actor: Actor) -> Open {
        let states = self.states_of.clone();
        self.reader(actor).map_or_else(Open::default, |reader| Open::to(reader, states))
    }

    /// The scopes that are open to a device's member.
    pub fn open_to(&self, actor: Actor) -> Vec<Scope> {
        self.open(actor).other_than(&[]).unwrap_or_default()
    }

    /// Whether a device's member may know of a scope.
    pub fn shows(&self, actor: Actor, scope: Scope) -> bool {
        !self.open(actor).of(&[scope]).is_empty()
    }

    /// Decides a push. To somebody whose rows are `hidden` they do not exist.
    pub fn decide(
        &self,
        request: &PushRequest,
        hidden: &BTreeSet<EntityId>,
        now: Millis,
    ) -> Result<PushDecision, PushProblem> {
        check(request)?;
        let needs = needs(request);
        let last = self.last(request.actor);
        let rows = needs.entities.iter().filter(|id| !hidden.contains(id));
        let log = |(key, after): (&TextKey, &Version)| {
            let log = self.logs.get(key).map_or(&[][..], Vec::as_slice);
            (*key, log[log.partition_point(|change| change.ver <= *after)..].to_vec())
        };
        let wanted = |n: Counter| needs.results.as_ref().is_some_and(|results| results.contains(&n));
        let parent_of = |task: TaskId| self.rows.get(&task.into()).and_then(|row| row.place().parent);
        let lineage = self.lineage(request.actor);
        let own = self.history.iter().filter(|(actor, one)| lineage.owns(*actor, one.n) && wanted(one.n));
        let new = request.mutations.iter().filter(|one| self.org.restored && one.n > last.n);
        let elsewhere = new.filter_map(|one| Some((one.id, self.result(one.id)?.result.clone())));
        decide(PushInput {
            org: self.org,
            elsewhere: elsewhere.collect(),
            device: DeviceClock { actor: request.actor, last },
            reader: self.reader(request.actor),
            scopes: self.scopes.clone(),
            states: self.states_of.clone(),
            dependents: self.dependents(),
            parents: above(&needs.parents, parent_of),
            rows: rows.filter_map(|id| Some((*id, self.rows.get(id)?.clone()))).collect(),
            logs: needs.texts.iter().map(log).collect(),
            stored: own.map(|(_, one)| (one.n, Stored { id: one.id, result: one.result.clone() })).collect(),
            prefixes: self.prefixes.clone(),
            undone: BTreeMap::new(),
            now,
            request,
        })
    }

    /// What is about each task.
    fn dependents(&self) -> BTreeMap<TaskId, BTreeMap<EntityId, Version>> {
        let mut dependents: BTreeMap<TaskId, BTreeMap<EntityId, Version>> = BTreeMap::new();
        for (row, subject) in self.rows.values().filter_map(|row| Some((row, row.subject()?))) {
            dependents.entry(subject.task).or_default().insert(row.id, row.ver);
        }
        dependents
    }

    /// Commits a decision, and checks the constraints that the SQL tables have.
    pub fn write(&mut self, actor: Actor, decision: &PushDecision) -> Check {
        let mut last = self.last(actor).n;
        let mut ver = self.org.ver;
        for handled in &decision.handled {
            last += 1;
            ensure!(handled.n == last, "actor {actor}: mutation {} was handled as number {last}", handled.n);
            let accepted = matches!(handled.result, PushResult::Accepted(_));
            ensure!(handled.ver.is_some() == accepted, "mutation {} of {actor}: a version or a refusal", handled.n);
            if let Some(next) = handled.ver {
                ensure!(next == ver + 1, "version {next} follows {ver}");
                ver = next;
            }
            self.history.push((actor, handled.clone()));
        }
        ensure!(decision.org.ver == ver, "the organization is at {} after version {ver}", decision.org.ver);
        for text in &decision.texts {
            self.logs.entry((text.entity, text.field)).or_default().push(text.change.clone());
        }
        for (id, row) in &decision.rows {
            self.states.insert((*id, row.ver), row.clone());
            self.rows.insert(*id, row.clone());
            self.pos.insert(*id, row.ver);
        }
        for (id, ver) in &decision.moved {
            let pos = self.pos.entry(*id).or_default();
            *pos = (*pos).max(*ver);
        }
        for (id, scope) in &decision.scopes {
            self.scopes.insert(*id, *scope);
            self.places.insert((*id, self.pos.get(id).copied().unwrap_or_default()), *scope);
        }
        self.states_of.extend(decision.states.clone());
        self.departures.extend(&decision.departures);
        self.prefixes.extend(decision.prefixes.clone());
        self.org = decision.org;
        self.devices.insert(actor, decision.device.last);
        Ok(())
    }

    /// Answers a pull with pages of at most `limit` rows (the server's own limit is far larger than these worlds).
    pub fn pull(&self, request: &PullRequest, limit: usize) -> Check<PullResponse> {
        pull::check(request).map_err(|problem| Violation(problem.to_string()))?;
        if pull::must_reset(&self.org, request) {
            let other = request.epoch.filter(|epoch| *epoch != self.org.epoch);
            let common = other.map_or(self.org.ver, |epoch| self.ended.get(&epoch).copied().unwrap_or_default());
            return Ok(PullResponse::Reset { epoch: self.org.epoch, common });
        }
        let lineage = self.lineage(request.actor);
        let refused = |(actor, handled): &(Actor, Handled)| match &handled.result {
            PushResult::Rejected(reason) if lineage.owns(*actor, handled.n) && handled.n > request.confirmed => {
                Some(RefusedMutation { n: handled.n, reason: reason.clone() })
            }
            _ => None,
        };
        let refused = self.history.iter().filter_map(refused).collect();
        let open = self.open(request.actor);
        let request = &open.question(request);
        let input = PullInput {
            request,
            org: self.org,
            open,
            last: self.last(request.actor),
            lineage,
            rows: Vec::new(),
            texts: BTreeMap::new(),
            refused,
        };
        match &request.fill {
            Some(fill) => Ok(self.fill(input, fill, limit)),
            None => Ok(self.changes(input, limit)),
        }
    }

    fn changes(&self, mut input: PullInput<'_>, limit: usize) -> PullResponse {
        let request = input.request;
        let after = if request.epoch.is_some() { request.cursor } else { 0 };
        let followed = input.open.of(&request.scopes);
        input.rows = self.located(|row, pos| followed.contains(&self.scopes[&row.id]) && pos > after);
        let end = pull::cut(&mut input.rows, limit);
        let until = end.unwrap_or(self.org.ver);
        let left = self.departures.iter().filter(|one| {
            let found = self.scopes.get(&one.entity).is_some_and(|scope| followed.contains(scope));
            let here = found && self.pos[&one.entity] <= until;
            one.ver > after && one.ver <= until && followed.contains(&one.from) && !here
        });
        let left = left.map(|one| one.entity).collect();
        input.texts = self.texts(&input);
        pull::page(input, end, left)
    }

    fn fill(&self, mut input: PullInput<'_>, fill: &Fill, limit: usize) -> PullResponse {
        let followed = input.open.of(&fill.scopes);
        let me = self.members.get(&input.request.actor);
        let mine = |row: &Row| match row.value(Field::Assignees) {
            Value::People(people) => me.is_some_and(|me| people.contains(me)),
            _ => false,
        };
        let stage = |row: &Row| match Stage::of(row) {
            Stage::Open if mine(row) => Stage::Mine,
            stage => stage,
        };
        let wanted = |row: &Row, pos: Version| {
            let there = stage(row) == fill.from.stage && followed.contains(&self.scopes[&row.id]);
            there && pos > fill.from.after && pos <= fill.until
        };
        input.rows = self.located(wanted);
        let end = pull::cut(&mut input.rows, limit);
        input.texts = self.texts(&input);
        pull::fill_page(input, pull::go_on(fill.from, end))
    }

    fn located(&self, wanted: impl Fn(&Row, Version) -> bool) -> Vec<Located> {
        let located =
            |row: &Row| Located { row: row.clone(), scope: self.scopes[&row.id], pos: self.pos[&row.id], bytes: 0 };
        let mut rows: Vec<Located> =
            self.rows.values().filter(|row| wanted(row, self.pos[&row.id])).map(located).collect();
        rows.sort_by_key(|one| one.pos);
        rows
    }

    fn texts(&self, input: &PullInput<'_>) -> BTreeMap<TextKey, Vec<TextChange>> {
        let wanted = input.rows.iter().flat_map(|one| pull::texts(&one.row, input.request, &input.lineage));
        wanted.filter_map(|(key, after)| self.log_after(key, after)).collect()
    }

    fn log_after(&self, key: TextKey, seen: Version) -> Option<(TextKey, Vec<TextChange>)> {
        let log = self.logs.get(&key)?;
        let after = &log[log.partition_point(|change| change.ver <= seen)..];
        (!after.is_empty()).then(|| (key, after.to_vec()))
    }

    /// The rows as they were at a version, without those that were deleted up to the floor.
    pub fn rows_at(&self, ver: Version, floor: Version) -> BTreeMap<EntityId, &Row> {
        let states = self.states.iter().filter(|((_, of), _)| *of <= ver);
        let mut rows: BTreeMap<EntityId, &Row> = states.map(|((id, _), row)| (*id, row)).collect(); // the later wins
        rows.retain(|_, row| !row.is_gone_at(floor));
        rows
    }

    /// The scope that a row was in at a version.
    pub fn scope_at(&self, id: EntityId, ver: Version) -> Option<Scope> {
        self.places.range((id, 0)..=(id, ver)).next_back().map(|(_, scope)| *scope)
    }

    /// What came of a mutation.
    pub fn result(&self, id: MutationId) -> Option<&Handled> {
        self.history.iter().find(|(_, handled)| handled.id == id).map(|(_, handled)| handled)
    }
}
