//! What the device itself needs, with a replica of growing size: to carry out a command, and to take in what others did.
//! Storage is memory here; what the browser's adds is measured in the browser.
//!
//! `cargo bench -p tern-bench --bench engine`
#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark fails by panicking")]

use std::cell::RefCell;
use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use engine::command::{Command, NewTask};
use engine::engine::Engine;
use engine::env::Env;
use engine::store::memory::MemoryStore;
use engine::sync::Step;
use futures::FutureExt;
use shared::clock::{Millis, Stamp, Version};
use shared::field::{Field, TextField};
use shared::hash::Checksum;
use shared::ids::{EntityId, Epoch, ProjectId, TaskId};
use shared::merge::{Around, apply};
use shared::mutation::{Create, Op};
use shared::protocol::{PullPage, PullRequest, PullResponse, PulledRow};
use shared::register::Tag;
use shared::row::Row;
use shared::scope::Scope;
use shared::value::Place;
use shared::workflow::{Priority, Status};
use uuid::Uuid;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// Rows in a page that a teammate's work fills.
const CHANGED: usize = 100;
/// Commands that wait for the server at most; with a connection it is a handful.
const WAITING: usize = 50;

/// The same at every run.
struct Fixed {
    now: Millis,
    ids: u128,
}

impl Env for Fixed {
    fn now(&mut self) -> Millis {
        self.now += 1;
        self.now
    }

    fn new_id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    fn random(&mut self) -> f64 {
        0.5
    }
}

/// The futures of the store in memory are ready at once.
fn ready<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

fn project() -> ProjectId {
    ProjectId(Uuid::from_u128(1))
}

fn task(n: usize) -> TaskId {
    TaskId(Uuid::from_u128(1_000 + n as u128))
}

/// A teammate's write at a version: another actor than the device's, who has seen everything before.
fn theirs(ver: Version) -> Stamp {
    Stamp { actor: 2, ctr: ver, ver, ctx: ver - 1, at: 0 }
}

/// A device and the team's rows, as the server has them.
struct World {
    engine: Engine<MemoryStore>,
    env: Fixed,
    rows: Vec<Row>,
    ver: Version,
    checksum: Checksum,
}

impl World {
    /// A device that has everything: a project, and so many tasks of half a kilobyte of text.
    fn new(size: usize) -> Self {
        let engine = ready(Engine::open(MemoryStore::new(), 1)).unwrap();
        let env = Fixed { now: 1_000_000, ids: 1 << 64 };
        let mut world = Self { engine, env, rows: Vec::new(), ver: 0, checksum: Checksum::default() };
        let mut rows = vec![world.made(Create::new(project()).text(TextField::Name, "Harbour"))];
        for n in 0..size {
            let place = Place { project: Some(project()), order: format!("{n:06}"), ..Place::default() };
            let create = Create::new(task(n))
                .text(TextField::Title, format!("Ask about the berth for boat {n}"))
                .text(TextField::Description, "A berth of twelve metres, with water and power. ".repeat(9))
                .value(Field::Place, place)
                .value(Field::Status, Status::Todo)
                .value(Field::Priority, Priority::Medium);
            let row = world.made(Create { tags: vec![Tag::new("harbour")], ..create });
            world.rows.push(row.clone());
            rows.push(row);
        }
        // What is open, and then what is in it.
        let ver = std::mem::take(&mut world.ver);
        let open = world.page(Vec::new());
        world.answer(open);
        world.ver = ver;
        let page = world.page(rows);
        world.take_in(page);
        world
    }

    fn made(&mut self, create: Create) -> Row {
        let mut row = None;
        self.ver += 1;
        apply(&mut row, &Op::Create(create), theirs(self.ver), &Around::default()).unwrap();
        let row = row.unwrap();
        self.checksum.add(row.id.uuid(), row.ver);
        row
    }

    /// A page of tasks that a teammate has moved on, far from each other.
    fn changes(&mut self, turn: usize) -> PullResponse {
        let size = self.rows.len();
        let change = |n: usize| {
            let at = (turn + n * (size / CHANGED)) % size;
            self.ver += 1;
            let status = Status::ALL[turn % Status::ALL.len()];
            let mut row = Some(self.rows[at].clone());
            self.checksum.remove(task(at).0, self.rows[at].ver);
            let op = Op::write(task(at), Field::Status, status);
            apply(&mut row, &op, theirs(self.ver), &Around::default()).unwrap();
            self.checksum.add(task(at).0, self.ver);
            self.rows[at] = row.unwrap();
            self.rows[at].clone()
        };
        let rows = (0..CHANGED).map(change).collect();
        self.page(rows)
    }

    /// A page with these rows that confirms everything the device has made.
    fn page(&self, rows: Vec<Row>) -> PullResponse {
        let rows = rows.into_iter().map(|row| PulledRow { row, scope: 0, texts: Vec::new() }).collect();
        PullResponse::Page(PullPage {
            epoch: Epoch(Uuid::from_u128(9)),
            rows,
            left: Vec::new(),
            open: self.engine.replica().meta().scopes.is_empty().then(|| vec![Scope::Everyone]),
            cursor: self.ver,
            snapshot: self.ver,
            more: false,
            last_mutation: self.engine.replica().meta().made,
            refused: Vec::new(),
            checksum: self.checksum,
            floor: 0,
        })
    }

    /// What the device asks for; what it has to send is taken as sent.
    fn request(&mut self) -> PullRequest {
        self.engine.wake();
        loop {
            match ready(self.engine.step(&mut self.env)).unwrap() {
                Step::Pull(request) => return request,
                Step::Push(request) => {
                    let answer = shared::protocol::PushResponse { results: Vec::new(), ver: self.ver };
                    self.engine.pushed(&request, Ok(answer), &mut self.env);
                }
                Step::Wait(_) | Step::Resume(_) => panic!("a device that was woken wants to pull"),
            }
        }
    }

    fn answer(&mut self, page: PullResponse) {
        let request = self.request();
        ready(self.engine.pulled(&request, Ok(page), &mut self.env)).unwrap();
        self.forget();
    }

    fn take_in(&mut self, page: PullResponse) {
        self.answer(page);
        assert!(self.engine.status().verified, "a page was not taken in");
    }

    /// As the app does after every change: takes what is to be shown and told.
    fn forget(&mut self) {
        black_box((self.engine.take_patch(), self.engine.take_commits()));
    }
}

/// Takes in a page of changes of others, from the parsed answer to what the app is to show.
fn pull(c: &mut Criterion) {
    for size in SIZES {
        let world = RefCell::new(World::new(size));
        let mut turn = 0;
        c.bench_with_input(BenchmarkId::new("engine/pull of 100", size), &size, |b, _| {
            b.iter_batched(
                || {
                    turn += 1;
                    let mut world = world.borrow_mut();
                    let page = world.changes(turn);
                    (world.request(), page)
                },
                |(request, page)| {
                    let World { engine, env, .. } = &mut *world.borrow_mut();
                    ready(engine.pulled(&request, Ok(page), env)).unwrap();
                    black_box((engine.take_patch(), engine.take_commits()))
                },
                BatchSize::PerIteration,
            );
        });
        assert!(world.borrow().engine.status().verified, "a page was not taken in");
    }
}

/// Carries out a command: checked, planned, stored and shown.
fn execute(c: &mut Criterion) {
    for size in SIZES {
        let world = RefCell::new(World::new(size));
        let mut turn = 0;
        let mut measure = |name: &str, command: &dyn Fn(&World, usize) -> Command| {
            c.bench_with_input(BenchmarkId::new(format!("engine/{name}"), size), &size, |b, _| {
                b.iter_batched(
                    || {
                        turn += 1;
                        let mut world = world.borrow_mut();
                        if world.engine.replica().waiting() >= WAITING {
                            let page = world.page(Vec::new());
                            world.take_in(page);
                        }
                        command(&world, turn)
                    },
                    |command| {
                        let World { engine, env, .. } = &mut *world.borrow_mut();
                        ready(engine.execute(&command, env)).unwrap();
                        black_box((engine.take_patch(), engine.take_commits()))
                    },
                    BatchSize::PerIteration,
                );
            });
        };
        let at = |turn: usize| task(turn * 101 % size);
        measure("write a status", &|_, turn| {
            Command::write(at(turn), Field::Status, Status::ALL[turn % Status::ALL.len()])
        });
        measure("edit a title", &|world, turn| {
            let (id, field) = (at(turn), TextField::Title);
            let from = world.engine.replica().view().tasks[&id].value.title.clone();
            Command::EditText { entity: EntityId::from(id), field, to: format!("{from}, and {turn}"), from }
        });
        measure("create a task", &|_, turn| {
            Command::create_task(NewTask {
                project: project(),
                title: format!("New berth {turn}"),
                status: Status::Todo,
                priority: Priority::None,
                due: None,
                tags: Vec::new(),
            })
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(50)
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(1))
        .without_plots();
    targets = pull, execute
}
criterion_main!(benches);
