//! Tables small enough to be read at once.

use shared::hash::Checksum;

use super::*;

/// An organization's tables, as the server and the simulator have them.
pub(super) struct World {
    pub(super) org: OrgClock,
    pub(super) devices: BTreeMap<Actor, DeviceClock>,
    pub(super) rows: BTreeMap<EntityId, Row>,
    pub(super) scopes: BTreeMap<EntityId, Scope>,
    pub(super) states: BTreeMap<Scope, ScopeState>,
    pub(super) reader: Reader,
    pub(super) logs: BTreeMap<TextKey, Vec<TextChange>>,
    pub(super) handled: BTreeMap<(Actor, Counter), Handled>,
    pub(super) elsewhere: BTreeMap<MutationId, PushResult>,
    pub(super) prefixes: BTreeMap<String, Prefix>,
    pub(super) now: Millis,
}

impl World {
    /// One project (1), made by actor 1.
    pub(super) fn new() -> Self {
        let mut world = Self {
            org: OrgClock { epoch: Epoch(uuid(99)), ver: 0, floor: 0, restored: false },
            devices: BTreeMap::new(),
            rows: BTreeMap::new(),
            scopes: BTreeMap::new(),
            states: BTreeMap::new(),
            reader: Reader { user: ADA, role: Role::Member },
            logs: BTreeMap::new(),
            handled: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
            prefixes: BTreeMap::new(),
            now: NOW,
        };
        world.run(1, 0, [create_project(1, "Harbour")]);
        world
    }

    pub(super) fn device(&self, actor: Actor) -> DeviceClock {
        self.devices.get(&actor).copied().unwrap_or(DeviceClock { actor, last: LastMutation::default() })
    }

    /// The next mutations of a device that has seen everything up to `ctx`.
    pub(super) fn next<const N: usize>(&self, actor: Actor, ctx: Version, ops: [Op; N]) -> PushRequest {
        let mut last = self.device(actor).last;
        let mutations = ops.into_iter().map(|op| {
            let n = last.n + 1;
            let id = MutationId(uuid(u128::from(actor) << 64 | u128::from(n)));
            let mutation = Mutation { n, id, prev_hash: last.hash, ctx, at: self.now, op };
            last = LastMutation { n, hash: chain(last.hash, n, id) };
            mutation
        });
        PushRequest { schema: SCHEMA, actor, epoch: self.org.epoch, mutations: mutations.collect() }
    }

    pub(super) fn decide(&self, request: &PushRequest) -> Result<PushDecision, PushProblem> {
        let Needs { entities, texts, results, undone, .. } = needs(request);
        let mut texts = texts;
        let undoable = undone.iter().filter_map(|key| {
            let one = self.handled.get(key)?;
            Some((*key, Accepted { entity: one.entity, ver: one.ver?, inverse: one.inverse.clone()? }))
        });
        let undone: BTreeMap<_, _> = undoable.collect();
        for Accepted { entity, ver, inverse } in undone.values() {
            if let Inverse::Text { field, .. } = inverse {
                texts.entry((*entity, *field)).or_insert(*ver);
            }
        }
        let log = |(key, after): (&TextKey, &Version)| {
            let log = self.logs.get(key)?.iter().filter(|change| change.ver > *after).cloned();
            Some((*key, log.collect()))
        };
        let stored = results.into_iter().flatten().filter_map(|n| {
            let handled = self.handled.get(&(request.actor, n))?;
            Some((n, Stored { id: handled.id, result: handled.result.clone() }))
        });
        let mut wanted = needs(request).parents;
        wanted.extend(undone.values().filter_map(|accepted| accepted.inverse.parent()));
        let parents = above(&wanted, |task| self.rows.get(&task.into()).and_then(|row| row.place().parent));
        decide(PushInput {
            org: self.org,
            device: self.device(request.actor),
            reader: Some(self.reader),
            scopes: self.scopes.clone(),
            states: self.states.clone(),
            dependents: self.dependents(),
            rows: entities.iter().filter_map(|id| Some((*id, self.rows.get(id)?.clone()))).collect(),
            parents,
            logs: texts.iter().filter_map(log).collect(),
            stored: stored.collect(),
            elsewhere: self.elsewhere.clone(),
            prefixes: self.prefixes.clone(),
            undone,
            now: self.now,
            request,
        })
    }

    pub(super) fn dependents(&self) -> BTreeMap<TaskId, BTreeMap<EntityId, Version>> {
        let mut dependents: BTreeMap<TaskId, BTreeMap<EntityId, Version>> = BTreeMap::new();
        for (row, subject) in self.rows.values().filter_map(|row| Some((row, row.subject()?))) {
            dependents.entry(subject.task).or_default().insert(row.id, row.ver);
        }
        dependents
    }

    pub(super) fn push(&mut self, request: &PushRequest) -> Result<Vec<PushResult>, PushProblem> {
        let decision = self.decide(request)?;
        self.org = decision.org;
        self.devices.insert(request.actor, decision.device);
        self.rows.extend(decision.rows);
        self.scopes.extend(decision.scopes);
        self.states.extend(decision.states);
        for TextEntry { entity, field, change } in decision.texts {
            self.logs.entry((entity, field)).or_default().push(change);
        }
        self.handled.extend(decision.handled.into_iter().map(|one| ((request.actor, one.n), one)));
        self.prefixes.extend(decision.prefixes);
        Ok(decision.response.results.into_iter().map(|result| result.result).collect())
    }

    pub(super) fn run<const N: usize>(&mut self, actor: Actor, ctx: Version, ops: [Op; N]) -> Vec<PushResult> {
        self.push(&self.next(actor, ctx, ops)).unwrap()
    }

    pub(super) fn row(&self, n: u128) -> &Row {
        &self.rows[&task(n).into()]
    }

    pub(super) fn task(&self, n: u128) -> TaskView {
        TaskView::of(self.row(n)).unwrap()
    }

    /// The checksums of the scopes that hold anything.
    pub(super) fn checksums(&self) -> BTreeMap<Scope, Checksum> {
        let states = self.states.iter().map(|(scope, state)| (*scope, state.checksum));
        states.filter(|(_, sum)| *sum != Checksum::default()).collect()
    }

    /// The same, from the rows.
    pub(super) fn recount(&self) -> BTreeMap<Scope, Checksum> {
        let mut sums: BTreeMap<Scope, Checksum> = BTreeMap::new();
        for (id, row) in &self.rows {
            sums.entry(self.scopes[id]).or_default().add(id.uuid(), row.ver);
        }
        sums
    }
}
