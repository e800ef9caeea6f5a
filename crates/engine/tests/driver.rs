//! The loop that syncs: it carries out what the engine wants, hears what wakes it, and survives what a store may do.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

extern crate tern_engine as engine;

mod support;

use std::cell::RefCell;

use engine::command::Command;
use engine::driver::{self, Shared, Surroundings, Wake};
use engine::engine::Engine;
use engine::env::Env;
use engine::status::Pill;
use engine::store::StoreError;
use engine::store::memory::{Fault, MemoryStore};
use engine::transport::{Transport, TransportError};
use futures::FutureExt;
use futures::channel::mpsc;
use futures::lock::Mutex;
use shared::clock::{Actor, Millis};
use shared::field::Field;
use shared::ids::TaskId;
use shared::protocol::{PullRequest, PullResponse, PushRequest, PushResponse};
use shared::resume::History;
use shared::workflow::Status;
use support::{Clock, Device, Server, ready, team};

/// A network that always works.
struct Line(RefCell<Server>);

impl Transport for Line {
    async fn push(&self, request: &PushRequest) -> Result<PushResponse, TransportError> {
        self.0.borrow_mut().push(request)
    }

    async fn pull(&self, request: &PullRequest) -> Result<PullResponse, TransportError> {
        Ok(self.0.borrow().pull(request))
    }

    async fn resume(&self, history: &History) -> Result<Actor, TransportError> {
        Ok(self.0.borrow_mut().resume(history))
    }
}

/// Where no time passes.
struct Still;

impl Surroundings for Still {
    async fn sleep_until(&self, _: Millis) {
        std::future::pending::<()>().await;
    }

    fn changed(&self) {}
}

struct Desk {
    engine: Mutex<Engine<MemoryStore>>,
    store: MemoryStore,
    env: RefCell<Clock>,
    line: Line,
    task: TaskId,
}

/// A device that has something to send.
fn desk() -> Desk {
    let (server, mut ada, _, task) = team();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    let Device { engine, store, clock, .. } = ada;
    Desk { engine: Mutex::new(engine), store, env: RefCell::new(clock), line: Line(RefCell::new(server)), task }
}

impl Desk {
    /// What comes of a run with these wakes, of which there are no more later.
    fn run(&self, wakes: &[Wake]) -> Result<(), StoreError> {
        let (sender, woken) = mpsc::unbounded();
        for wake in wakes {
            sender.unbounded_send(*wake).unwrap();
        }
        drop(sender);
        ready(driver::run(&self.engine, &self.line, &self.env, &Still, woken))
    }

    fn pill(&self) -> Pill {
        ready(self.engine.lock()).status().pill()
    }
}

#[test]
fn what_waits_is_sent_and_confirmed() {
    let desk = desk();
    assert_eq!((desk.run(&[]), desk.pill()), (Ok(()), Pill::Synced));
    let server = desk.line.0.borrow();
    assert!(server.rows[&desk.task.into()].values.contains_key(&Field::Status));
}

#[test]
fn it_hears_of_the_network() {
    let desk = desk();
    assert_eq!((desk.run(&[Wake::Online(false)]), desk.pill()), (Ok(()), Pill::Offline { waiting: 1 }));
    assert_eq!((desk.run(&[Wake::Online(true)]), desk.pill()), (Ok(()), Pill::Synced));
}

#[test]
fn it_goes_on_as_long_as_nobody_ends_it() {
    let desk = desk();
    let (_sender, woken) = mpsc::unbounded();
    assert_eq!(driver::run(&desk.engine, &desk.line, &desk.env, &Still, woken).now_or_never(), None);
    assert_eq!(desk.pill(), Pill::Synced);
}

#[test]
fn a_store_that_is_closed_ends_it_and_one_that_fails_once_does_not() {
    let desk = desk();
    desk.store.fail_next_commit(Fault::Before);
    assert_eq!(desk.run(&[]), Ok(()));
    assert!(ready(desk.engine.lock()).status().next_try.is_some(), "it is tried again later");
    assert_eq!((desk.run(&[Wake::Asked]), desk.pill()), (Ok(()), Pill::Synced));
    desk.store.close();
    assert_eq!(desk.run(&[Wake::Asked]), Err(StoreError::Closed));
}

#[test]
fn time_ids_and_chance_are_those_of_its_surroundings() {
    let Device { clock, .. } = Device::new(1);
    let env = RefCell::new(clock);
    env.borrow_mut().chance = 0.25;
    assert_eq!((Shared(&env).now(), Shared(&env).random().to_bits()), (1_000_000, 0.25_f64.to_bits()));
    assert_ne!(Shared(&env).new_id(), Shared(&env).new_id());
}
