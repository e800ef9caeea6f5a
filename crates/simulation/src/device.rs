//! A device: a disk, a clock that may be wrong, and one or two tabs that share the disk.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use engine::engine::Engine;
use engine::env::Env;
use engine::replica::Replica;
use engine::store::memory::MemoryStore;
use engine::store::{Revision, Store};
use futures::FutureExt;
use shared::clock::{Actor, Millis};
use shared::field::TextField;
use shared::ids::{DeviceId, EntityId, UserId};
use uuid::Uuid;

use crate::database::Database;
use crate::rng::Rng;
use crate::{Check, Violation};

/// A device of a member.
#[derive(Debug)]
pub struct Device {
    /// Its place among the devices of the world.
    pub number: usize,
    pub actor: Actor,
    pub user: UserId,
    /// As which device it has been known, under each actor that it has been.
    pub seats: BTreeMap<Actor, DeviceId>,
    /// As whom its member will sign in, where nobody has yet.
    pub account: Option<Actor>,
    pub store: MemoryStore,
    pub tabs: Vec<Tab>,
    /// Whether it runs the release before this one.
    pub earlier: bool,
    /// How wrong its clock is.
    pub skew: Millis,
    /// Whether messages get through.
    pub connected: bool,
    /// A text that its member began to edit: which, and what it was then.
    pub draft: Option<(EntityId, TextField, String)>,
    /// The number of the last request that arrived at the server.
    pub arrived: u64,
    /// The disk as it was when it was last read.
    read: RefCell<Option<Rc<Replica>>>,
}

/// A tab, or what is left of it between a crash and the next start.
#[derive(Debug, Default)]
pub struct Tab {
    pub engine: Option<Engine<MemoryStore>>,
    /// Counts the starts: what was meant for an earlier life is not delivered.
    pub life: u32,
    /// Whether this tab talks to the server.
    pub leads: bool,
    /// The request that is under way.
    pub call: Option<u64>,
    /// When it wants to be woken.
    pub alarm: Option<Millis>,
}

/// A tab of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TabId {
    pub device: usize,
    pub tab: usize,
}

/// A tab in one of its lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Living {
    pub at: TabId,
    pub life: u32,
}

impl Device {
    pub fn new(number: usize, (actor, user): (Actor, UserId), tabs: usize, skew: Millis) -> Self {
        let tabs = (0..tabs).map(|tab| Tab { leads: tab == 0, ..Tab::default() }).collect();
        Self {
            number,
            actor,
            user,
            seats: [(actor, Database::first_device(actor))].into(),
            account: None,
            store: MemoryStore::new(),
            tabs,
            earlier: false,
            skew,
            connected: true,
            draft: None,
            arrived: 0,
            read: RefCell::default(),
        }
    }

    /// The device is known as this one now.
    pub fn seat(&mut self, device: DeviceId, actor: Actor) {
        self.seats.insert(actor, device);
        self.actor = actor;
    }

    /// Whether a life of the server's data knows this device as an actor.
    pub fn is_known(&self, life: &Database, actor: Actor) -> bool {
        self.seats.get(&actor).is_some_and(|id| life.seats(*id, actor))
    }

    /// A copy of it, with a disk of its own, that is not switched on yet.
    #[must_use]
    pub fn copy(&self, number: usize) -> Self {
        Self {
            store: self.store.duplicate(),
            draft: self.draft.clone(),
            seats: self.seats.clone(),
            earlier: self.earlier,
            ..Self::new(number, (self.actor, self.user), 1, self.skew)
        }
    }

    /// What the disk holds, read as a tab that starts would read it.
    pub fn disk(&self) -> Check<Rc<Replica>> {
        let mut read = self.read.borrow_mut();
        if let Some(disk) = read.as_ref().filter(|disk| disk.revision() == self.revision()) {
            return Ok(Rc::clone(disk));
        }
        let contents = ready(self.store.load(None)).map_err(|error| Violation(format!("the disk: {error}")))?;
        let disk = Replica::open(contents, self.actor).map_err(|error| Violation(format!("the disk: {error}")))?;
        Ok(Rc::clone(read.insert(Rc::new(disk))))
    }

    pub fn revision(&self) -> Revision {
        ready(self.store.load(Some(&[]))).map_or(0, |contents| contents.revision)
    }
}

/// What a device gives its engine.
#[derive(Debug)]
pub struct Surroundings<'a> {
    pub now: Millis,
    pub rng: &'a mut Rng,
}

impl Env for Surroundings<'_> {
    fn now(&mut self) -> Millis {
        self.now
    }

    fn new_id(&mut self) -> Uuid {
        self.rng.uuid()
    }

    fn random(&mut self) -> f64 {
        self.rng.unit()
    }
}

/// The value of a future that never waits, as those of the memory store.
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap_or_else(|| unreachable!("memory never waits"))
}
