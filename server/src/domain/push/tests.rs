//! The rules of a push, on rows in memory.

use super::*;
use shared::hash::Hash;
use shared::ids::TaskId;
use shared::merge::Outcome;
use shared::mutation::{ProjectCreate, Refusal, TaskCreate, TaskPriority, TextEdit};
use shared::row::Entity;
use shared::text::Delta;
use shared::workflow::{Priority, Status};
use uuid::Uuid;

const NOW: Millis = 1_790_000_000_000;
const TEN_YEARS: Millis = 10 * 365 * 24 * 60 * 60 * 1_000;

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn project(n: u128) -> ProjectId {
    ProjectId(uuid(n))
}

fn task(n: u128) -> TaskId {
    TaskId(uuid(n))
}

/// An organization's tables, as the server and the simulator have them.
struct World {
    org: OrgClock,
    devices: BTreeMap<Actor, DeviceClock>,
    rows: BTreeMap<EntityId, Row>,
    logs: BTreeMap<TextKey, Vec<TextChange>>,
    handled: BTreeMap<(Actor, Counter), Handled>,
    numbers: BTreeMap<ProjectId, u32>,
    now: Millis,
}

impl World {
    /// One project (1), made by actor 1.
    fn new() -> Self {
        let mut world = Self {
            org: OrgClock { epoch: Epoch(uuid(99)), ver: 0, checksum: Checksum::default() },
            devices: BTreeMap::new(),
            rows: BTreeMap::new(),
            logs: BTreeMap::new(),
            handled: BTreeMap::new(),
            numbers: BTreeMap::new(),
            now: NOW,
        };
        world.run(1, 0, [create_project(1, "Harbour")]);
        world
    }

    fn device(&self, actor: Actor) -> DeviceClock {
        self.devices.get(&actor).copied().unwrap_or(DeviceClock { actor, last: LastMutation::default() })
    }

    /// The next mutations of a device that has seen everything up to `ctx`.
    fn next<const N: usize>(&self, actor: Actor, ctx: Version, ops: [Op; N]) -> PushRequest {
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

    fn decide(&self, request: &PushRequest) -> Result<PushDecision, PushProblem> {
        let Needs { entities, texts, results, prefixes, numbers } = needs(request);
        let log = |(key, after): (&TextKey, &Version)| {
            let log = self.logs.get(key)?.iter().filter(|change| change.ver > *after).cloned();
            Some((*key, log.collect()))
        };
        let stored = results.into_iter().flatten().filter_map(|n| {
            let handled = self.handled.get(&(request.actor, n))?;
            Some((n, Stored { id: handled.id, result: handled.result.clone() }))
        });
        let all = self.rows.values().filter_map(|row| match &row.entity {
            Entity::Project(project) => project.prefix.clone(),
            Entity::Task(_) => None,
        });
        decide(PushInput {
            org: self.org,
            device: self.device(request.actor),
            rows: entities.iter().filter_map(|id| Some((*id, self.rows.get(id)?.clone()))).collect(),
            logs: texts.iter().filter_map(log).collect(),
            stored: stored.collect(),
            prefixes: if prefixes { all.collect() } else { BTreeSet::new() },
            numbers: numbers.iter().filter_map(|id| Some((*id, *self.numbers.get(id)?))).collect(),
            now: self.now,
            request,
        })
    }

    fn push(&mut self, request: &PushRequest) -> Result<Vec<PushResult>, PushProblem> {
        let decision = self.decide(request)?;
        self.org = decision.org;
        self.devices.insert(request.actor, decision.device);
        self.rows.extend(decision.rows);
        for TextEntry { entity, field, change } in decision.texts {
            self.logs.entry((entity, field)).or_default().push(change);
        }
        self.handled.extend(decision.handled.into_iter().map(|one| ((request.actor, one.n), one)));
        self.numbers.extend(decision.numbers);
        Ok(decision.response.results.into_iter().map(|result| result.result).collect())
    }

    fn run<const N: usize>(&mut self, actor: Actor, ctx: Version, ops: [Op; N]) -> Vec<PushResult> {
        self.push(&self.next(actor, ctx, ops)).unwrap()
    }

    fn task(&self, n: u128) -> &shared::task::Task {
        match &self.rows[&task(n).into()].entity {
            Entity::Task(task) => task,
            Entity::Project(_) => panic!("{n} is a project"),
        }
    }

    fn recount(&self) -> Checksum {
        let mut sum = Checksum::default();
        self.rows.values().for_each(|row| sum.add(row.id().uuid(), row.ver));
        sum
    }
}

fn create_project(n: u128, name: &str) -> Op {
    Op::ProjectCreate(ProjectCreate { id: project(n), name: name.into() })
}

fn create(n: u128, title: &str) -> Op {
    Op::TaskCreate(TaskCreate {
        id: task(n),
        project: project(1),
        title: title.into(),
        status: Status::Todo,
        priority: Priority::None,
        due: None,
        tags: vec![],
    })
}

fn edit(n: u128, old: &str, new: &str) -> Op {
    Op::TextEdit(TextEdit { entity: task(n).into(), field: TextField::Title, delta: Delta::between(old, new) })
}

fn priority(n: u128, priority: Priority) -> Op {
    Op::TaskPriority(TaskPriority { id: task(n), priority })
}

const APPLIED: PushResult = PushResult::Accepted(Outcome::Applied);

#[test]
fn a_repeat_is_answered_with_the_stored_results_and_changes_nothing() {
    let mut world = World::new();
    let request = world.next(2, 1, [create(10, "One"), priority(77, Priority::High)]);
    let first = world.push(&request).unwrap();
    assert_eq!(first, [APPLIED, PushResult::Rejected(Refusal::NotFound)]);
    let again = world.decide(&request).unwrap();
    assert_eq!((again.org, again.device), (world.org, world.device(2)));
    assert!(again.rows.is_empty() && again.handled.is_empty() && again.texts.is_empty());
    assert_eq!(again.response.results.into_iter().map(|result| result.result).collect::<Vec<_>>(), first);
}

#[test]
fn a_push_may_be_half_repeat() {
    let mut world = World::new();
    let both = world.next(2, 1, [create(10, "One"), create(11, "Two")]);
    let first = PushRequest { mutations: both.mutations[..1].to_vec(), ..both.clone() };
    world.push(&first).unwrap();
    assert_eq!(world.push(&both).unwrap(), [APPLIED, APPLIED]);
    assert_eq!((world.rows.len(), world.org.ver), (3, 3));
}

#[test]
fn a_gap_is_refused() {
    let world = World::new();
    let mut request = world.next(2, 1, [create(10, "One"), create(11, "Two")]);
    request.mutations.remove(0);
    assert_eq!(world.decide(&request), Err(PushProblem::Gap { last: 0 }));
}

#[test]
fn the_mutations_of_a_push_are_consecutive() {
    let world = World::new();
    let mut request = world.next(2, 1, [create(10, "One"), create(11, "Two")]);
    request.mutations[1].n = 3;
    assert_eq!(world.decide(&request), Err(PushProblem::OutOfPlace(3)));
    request.mutations[0].n = 0;
    assert_eq!(world.decide(&request), Err(PushProblem::OutOfPlace(0)));
    request.mutations.truncate(1);
    request.mutations[0].n = Counter::MAX;
    assert!(world.decide(&request).is_err());
}

#[test]
fn a_forked_history_is_noticed() {
    let mut world = World::new();
    world.run(2, 1, [create(10, "One"), create(11, "Two")]);
    // A copy of the device made another second mutation …
    let mut repeat = world.next(2, 1, [create(12, "Three")]);
    repeat.mutations[0].n = 2;
    assert_eq!(world.decide(&repeat), Err(PushProblem::Forked { at: 2 }));
    // … or went on from it.
    let mut later = world.next(2, 1, [create(12, "Three"), create(13, "Four")]);
    later.mutations[0].prev_hash = Hash(7);
    assert_eq!(world.decide(&later), Err(PushProblem::Forked { at: 3 }));
    let mut broken = world.next(2, 1, [create(12, "Three"), create(13, "Four")]);
    broken.mutations[1].prev_hash = Hash(7);
    assert_eq!(world.decide(&broken), Err(PushProblem::Forked { at: 4 }));
}

#[test]
fn the_wrong_world_is_refused() {
    let world = World::new();
    let request = world.next(2, 1, [create(10, "One")]);
    let check = |request: PushRequest, problem| assert_eq!(world.decide(&request), Err(problem));
    check(PushRequest { schema: 9, ..request.clone() }, PushProblem::Schema(9));
    check(PushRequest { epoch: Epoch(uuid(1)), ..request.clone() }, PushProblem::Epoch);
    let many = vec![request.mutations[0].clone(); MUTATIONS_PER_PUSH + 1];
    check(PushRequest { mutations: many, ..request.clone() }, PushProblem::TooMany(MUTATIONS_PER_PUSH + 1));
    let device = world.device(3);
    let input = PushInput {
        org: world.org,
        device,
        rows: BTreeMap::new(),
        logs: BTreeMap::new(),
        stored: BTreeMap::new(),
        prefixes: BTreeSet::new(),
        numbers: BTreeMap::new(),
        now: NOW,
        request: &request,
    };
    assert_eq!(decide(input), Err(PushProblem::OtherActor));
}

#[test]
fn a_refused_mutation_blocks_nothing() {
    let mut world = World::new();
    let results = world.run(2, 1, [create(10, "One"), create(11, " "), priority(10, Priority::High)]);
    assert_eq!(results, [APPLIED, PushResult::Rejected(Refusal::Empty), APPLIED]);
    assert_eq!((world.org.ver, world.device(2).last.n), (3, 3));
    assert_eq!(world.task(10).priority.value_or(Priority::None), Priority::High);
    let refused = &world.handled[&(2, 2)];
    assert_eq!((refused.ver, world.handled[&(2, 3)].ver), (None, Some(3)));
}

#[test]
fn what_an_operation_needs_must_exist() {
    let mut world = World::new();
    let mut orphan = create(10, "One");
    if let Op::TaskCreate(create) = &mut orphan {
        create.project = project(5);
    }
    let results = world.run(2, 1, [orphan, create_project(1, "Again"), edit(12, "", "x"), Op::Delete(task(13).into())]);
    let refusals = [Refusal::UnknownProject, Refusal::AlreadyExists, Refusal::NotFound, Refusal::NotFound];
    assert_eq!(results, refusals.map(PushResult::Rejected));
    assert_eq!(world.org.ver, 1);
}

#[test]
fn two_edits_of_one_title_become_one() {
    let mut world = World::new();
    world.run(2, 1, [create(10, "Hello world")]);
    let a = world.next(2, 2, [edit(10, "Hello world", "Hello beautiful world")]);
    let b = world.next(3, 2, [edit(10, "Hello world", "Hello world!")]);
    assert_eq!(world.push(&a).unwrap(), [APPLIED]);
    assert_eq!(world.push(&b).unwrap(), [PushResult::Accepted(Outcome::Merged)]);
    assert_eq!(world.task(10).title, "Hello beautiful world!");
    assert_eq!(world.logs[&(task(10).into(), TextField::Title)].len(), 2);
}

#[test]
fn later_mutations_of_a_batch_see_the_earlier_ones() {
    let mut world = World::new();
    let ops = [create_project(2, "Harvest"), create(10, "One"), edit(10, "One", "One!"), priority(10, Priority::Low)];
    assert_eq!(world.run(2, 1, ops), [APPLIED, APPLIED, APPLIED, APPLIED]);
    assert_eq!(world.task(10).title, "One!");
    // A second edit of a text that has not come back yet was made on a text that the server does not know.
    let results = world.run(2, 1, [edit(10, "One!", "One!!")]);
    assert_eq!(results, [PushResult::Rejected(Refusal::TextBase)]);
}

#[test]
fn tasks_are_numbered_per_project_and_projects_get_prefixes() {
    let mut world = World::new();
    let mut elsewhere = create(12, "Three");
    if let Op::TaskCreate(create) = &mut elsewhere {
        create.project = project(2);
    }
    world.run(2, 1, [create(10, "One"), create_project(2, "Harvest"), create(11, "Two"), elsewhere]);
    world.run(3, 1, [create(13, "Four")]);
    assert_eq!([10, 11, 12, 13].map(|n| world.task(n).number), [Some(1), Some(2), Some(1), Some(3)]);
    let prefix = |n| match &world.rows[&project(n).into()].entity {
        Entity::Project(project) => project.prefix.clone(),
        Entity::Task(_) => None,
    };
    assert_eq!([prefix(1), prefix(2)], [Some("HAR".into()), Some("HAR2".into())]);
}

#[test]
fn a_clock_that_is_ten_years_off_changes_nothing_else() {
    for off in [-TEN_YEARS, TEN_YEARS, Millis::MIN, Millis::MAX] {
        let mut world = World::new();
        world.run(2, 1, [create(10, "One")]);
        world.now += 1_000;
        let mut request = world.next(3, 2, [priority(10, Priority::High)]);
        request.mutations[0].at = off.saturating_add(world.now);
        assert_eq!(world.push(&request).unwrap(), [APPLIED]);
        let stamp = world.task(10).priority.siblings()[0].stamp;
        // Not before what its writer had seen, not after now.
        assert_eq!(stamp.at, if off < 0 { NOW } else { world.now }, "{off}");
        assert_eq!(world.handled[&(3, 1)].at, stamp.at);
    }
}

#[test]
fn nobody_has_seen_the_future() {
    let mut world = World::new();
    world.run(2, 1, [create(10, "One")]);
    let mut a = world.next(2, 2, [priority(10, Priority::High)]);
    a.mutations[0].ctx = Version::MAX;
    let b = world.next(3, 2, [priority(10, Priority::Low)]);
    world.push(&a).unwrap();
    // Had the context been believed, the second write would look like one that the first had seen.
    assert_eq!(world.push(&b).unwrap(), [PushResult::Accepted(Outcome::Superseded)]);
    assert_eq!(world.handled[&(2, 2)].ctx, 2);
}

#[test]
fn the_checksum_is_that_of_the_rows() {
    let mut world = World::new();
    world.run(2, 1, [create(10, "One"), create(11, "Two"), priority(10, Priority::High), create(10, "Again")]);
    world.run(3, 1, [Op::Delete(task(11).into()), edit(10, "One", "One and a half"), create_project(2, "Harvest")]);
    assert_eq!(world.org.checksum, world.recount());
    assert_eq!(world.org.ver, 7);
    assert!(world.rows.values().all(|row| row.ver <= 7));
}

#[test]
fn a_decision_writes_only_what_changed() {
    let mut world = World::new();
    world.run(2, 1, [create(10, "One")]);
    let decision = world.decide(&world.next(3, 2, [create(11, "Two"), create(12, "")])).unwrap();
    assert_eq!(decision.rows.keys().copied().collect::<Vec<_>>(), [EntityId::from(task(11))]);
    assert_eq!(decision.numbers, BTreeMap::from([(project(1), 2)]));
}
