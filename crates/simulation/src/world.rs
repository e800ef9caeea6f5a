//! Time, the queue of events, and the two halves of a run: first everything goes wrong, then it heals.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use engine::engine::{Commit, Engine};
use engine::status::Pill;
use engine::store::StoreError;
use engine::sync::Step;
use shared::clock::{Actor, Millis, NOBODY, Version};
use shared::ids::{Epoch, UserId};
use shared::scope::Scope;
use shared::value::Role;
use uuid::Uuid;

use crate::database::Database;
use crate::device::{Device, Living, Surroundings, TabId, ready};
use crate::fault::{Chaos, Fault};
use crate::network::{Answer, Request, Session};
use crate::oracle::{Before, Oracle};
use crate::rng::Rng;
use crate::{Check, Violation, ensure};

/// What to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub seed: u64,
    /// How often somebody does something.
    pub ops: usize,
    /// Faults that do not happen.
    pub disabled: BTreeSet<Fault>,
}

/// What happened, line by line; shared, so that it survives a world that panics.
pub type Trace = Rc<RefCell<Vec<String>>>;

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    pub result: Check,
    pub seen: BTreeSet<Fault>,
}

/// Something that is due.
#[derive(Clone, Debug)]
pub enum Event {
    /// Somebody does something.
    Act,
    /// A tab wanted to be woken.
    Alarm(Living),
    /// A request reaches the server.
    Arrive { from: Living, call: u64, request: Request, session: Session },
    /// An answer reaches the tab.
    Answer { to: Living, call: u64, request: Request, answer: Answer },
    /// A tab has waited long enough for an answer.
    GiveUp { tab: Living, call: u64, request: Request },
    /// A tab hears what another one has saved.
    News { to: Living, commit: Commit },
    /// The server says that there is something new.
    Poke { device: usize, ver: Version },
    /// The member signs in again.
    SignIn(usize),
    /// The member loads the app anew, in its newest release.
    Update(usize),
    /// The device's network is back.
    Connect(usize),
    /// A tab is opened.
    Open(TabId),
    /// A tab stops syncing, because another one does.
    StepDown(Living),
}

/// Everything there is.
#[derive(Debug)]
pub struct World {
    /// True time.
    pub now: Millis,
    pub began: Millis,
    queue: BTreeMap<(Millis, u64), Event>,
    queued: u64,
    pub rng: Rng,
    /// For the ids and the jitter of the engines.
    pub ids: Rng,
    pub chaos: Chaos,
    pub db: Database,
    /// Until when the server is of a release that knows nobody's.
    pub behind_until: Millis,
    /// The server's data as it was when it was last saved.
    pub backup: Option<Database>,
    /// Whether devices are copied in this world; in the others the server is restored. After both at once nothing is
    /// done twice, but who is told of what was refused is not always clear.
    pub copies: bool,
    pub devices: Vec<Device>,
    pub oracle: Oracle,
    pub acts_left: usize,
    pub calls: u64,
    pub healed: bool,
    /// Where to write down what happens, if anybody wants to know.
    pub trace: Option<Trace>,
    events: usize,
}

/// When every world begins.
const BEGINNING: Millis = 1_700_000_000_000;
/// A wrong clock is wrong by at most this: ten years.
pub const TEN_YEARS: Millis = 10 * 365 * 24 * 3_600_000;
/// How long the outboxes may take to empty once everything works.
const PATIENCE: Millis = 60_000;
/// How long it may take until everybody has heard of it. A device that nobody pokes polls every 30 seconds.
const CONVERGENCE: Millis = 180_000;
/// A world that does not come to rest within this many events is in a loop.
const MOST_EVENTS: usize = 100_000;

/// Runs a world to its end.
pub fn run(plan: &Plan, trace: Option<Trace>) -> Outcome {
    let mut world = World::new(plan, trace);
    let result = world.live();
    Outcome { result, seen: world.chaos.seen().clone() }
}

/// Writes down what happens, if somebody wants to read it.
#[macro_export]
macro_rules! note {
    ($world:expr, $($what:tt)+) => {
        if let Some(trace) = &$world.trace {
            let (since, what) = ($world.now - $world.began, format_args!($($what)+));
            trace.borrow_mut().push(format!("{:>6}.{:03} s  {what}", since / 1_000, since % 1_000));
        }
    };
}

impl World {
    fn new(plan: &Plan, trace: Option<Trace>) -> Self {
        let mut rng = Rng::new(plan.seed);
        let (ids, dice) = (rng.fork(), rng.fork());
        let size = [2, 2, 2, 3, 3, 3, 3, 4][rng.index(8)];
        let mut members: BTreeMap<Actor, UserId> =
            (1..=size).map(|actor| (actor, UserId(Uuid::from_u128(actor.into())))).collect();
        if rng.chance(300) {
            // Two devices of one person.
            members.insert(2, UserId(Uuid::from_u128(1)));
        }
        let mut devices: Vec<Device> = (1..=size)
            .enumerate()
            .map(|(number, actor)| {
                let tabs = if rng.chance(350) { 2 } else { 1 };
                let skew = if rng.chance(500) { rng.range(-TEN_YEARS, TEN_YEARS) } else { 0 };
                Device::new(number, (actor, members[&actor]), tabs, skew)
            })
            .collect();
        if let Some(last) = devices.last_mut().filter(|_| rng.chance(300)) {
            // Its member begins without an account.
            last.account = Some(std::mem::replace(&mut last.actor, NOBODY));
        }
        // In most worlds everybody may do everything, and nothing may be refused.
        let restricted = rng.chance(400);
        let role = |n: u128, rng: &mut Rng| match rng.pick(&Role::ALL) {
            Some(role) if restricted && n > 1 => *role,
            _ => Role::Admin,
        };
        let roles = (1..=u128::from(size)).map(|n| (UserId(Uuid::from_u128(n)), role(n, &mut rng))).collect();
        let db = Database::new(Epoch(rng.uuid()), members, roles);
        let oracle = Oracle::new(restricted);
        let copies = rng.chance(500);
        Self {
            copies,
            chaos: Chaos::new(dice, plan.disabled.clone()),
            acts_left: plan.ops,
            now: BEGINNING,
            began: BEGINNING,
            queue: BTreeMap::new(),
            queued: 0,
            rng,
            ids,
            db,
            behind_until: 0,
            backup: None,
            devices,
            oracle,
            calls: 0,
            healed: false,
            trace,
            events: 0,
        }
    }

    fn live(&mut self) -> Check {
        for tab in self.all_tabs() {
            self.open(tab)?;
        }
        self.begin()?;
        if self.acts_left > 0 {
            self.after(0, Event::Act);
        }
        while self.acts_left > 0 {
            self.next()?;
        }
        self.heal()?;
        self.oracle.judge(&self.db, &self.devices)
    }

    pub fn all_tabs(&self) -> Vec<TabId> {
        let tabs = |(device, it): (usize, &Device)| (0..it.tabs.len()).map(move |tab| TabId { device, tab });
        self.devices.iter().enumerate().flat_map(tabs).collect()
    }

    /// Puts an event into the queue.
    pub fn after(&mut self, pause: Millis, event: Event) {
        self.queued += 1;
        self.queue.insert((self.now + pause.max(0), self.queued), event);
    }

    /// Lets the next event happen.
    fn next(&mut self) -> Check {
        self.events += 1;
        ensure!(self.events < MOST_EVENTS, "the world does not come to rest");
        let Some(((at, _), event)) = self.queue.pop_first() else {
            return Err(Violation("nothing is due, but not everything is done".into()));
        };
        self.now = self.now.max(at);
        match event {
            Event::Act => self.act(),
            Event::Alarm(tab) => self.alarm(tab),
            Event::Arrive { from, call, request, session } => self.arrive(from, call, request, session),
            Event::Answer { to, call, request, answer } => self.answer(to, call, request, answer),
            Event::GiveUp { tab, call, request } => self.give_up(tab, call, &request),
            Event::News { to, commit } => self.hear(to, &commit),
            Event::Poke { device, ver } => self.poke(device, ver),
            Event::SignIn(device) => {
                self.sign_in_again(device)?;
                self.wake(device)
            }
            Event::Update(device) => {
                self.update(device)?;
                self.wake(device)
            }
            Event::Connect(device) => self.connect(device),
            Event::Open(tab) => self.open(tab),
            Event::StepDown(tab) => {
                self.step_down(tab);
                Ok(())
            }
        }
    }

    /// Repairs everything, and waits until everybody has everything.
    fn heal(&mut self) -> Check {
        note!(self, "everything heals");
        self.healed = true;
        self.chaos.heal();
        self.behind_until = 0;
        self.devices.iter().for_each(|device| device.store.repair());
        for device in 0..self.devices.len() {
            self.update(device)?;
        }
        for tab in self.all_tabs() {
            self.open(tab)?;
        }
        for device in 0..self.devices.len() {
            self.sign_up(device)?;
            self.elect(device);
            self.connect(device)?;
            self.wake(device)?;
        }
        let healed = self.now;
        while !self.at_rest() {
            self.next()?;
            let waiting: usize = self.devices.iter().map(|device| device.disk().map_or(1, |disk| disk.waiting())).sum();
            let late = self.now - healed > PATIENCE && waiting > 0;
            ensure!(
                !late,
                "{waiting} changes still wait in an outbox {PATIENCE} ms after everything healed: {}",
                self.restless()
            );
            ensure!(self.now - healed <= CONVERGENCE, "no rest after healing: {}", self.restless());
        }
        for tab in self.all_tabs() {
            if let Some(engine) = &mut self.tab_mut(tab).engine {
                ready(engine.reload()).map_err(|error| Violation(error.to_string()))?;
            }
        }
        Ok(())
    }

    /// Whether every device has sent everything, and has everything.
    fn at_rest(&self) -> bool {
        self.devices.iter().all(|device| self.rests(device))
    }

    fn rests(&self, device: &Device) -> bool {
        device.tabs.iter().filter(|tab| tab.leads).all(|tab| {
            let Some(engine) = &tab.engine else { return false };
            // (A session may have ended just before everything healed; its member is about to sign in.)
            let free = engine.status().blocked.is_none();
            let shown = free && matches!(engine.status().pill(), Pill::Synced | Pill::Attention { .. });
            let meta = engine.replica().meta();
            // (Roles change without a version here.)
            let mut wanted = self.db.open_to(device.actor);
            wanted.retain(|scope| meta.kept.wants(*scope));
            let followed: BTreeSet<Scope> = meta.scopes.iter().map(|followed| followed.scope).collect();
            let told = wanted.iter().eq(&followed);
            let whole = meta.seen == self.db.org.ver && told && engine.status().verified;
            let idle = tab.call.is_none() && engine.replica().waiting() == 0;
            let current = engine.replica().revision() == device.revision();
            let healthy = meta.epoch == Some(self.db.org.epoch);
            shown && whole && idle && current && healthy
        })
    }

    fn restless(&self) -> String {
        let state = |device: &Device| {
            let tabs = device.tabs.iter().map(|tab| {
                let engine = tab.engine.as_ref();
                let meta = engine.map(|engine| engine.replica().meta().clone());
                format!("leads {} call {:?} {:?} {meta:?}", tab.leads, tab.call, engine.map(Engine::status))
            });
            format!("device {}: {}", device.actor, tabs.collect::<Vec<_>>().join(" / "))
        };
        let devices = self.devices.iter().filter(|device| !self.rests(device)).map(state);
        devices.collect::<Vec<_>>().join("; ")
    }

    /// The tab, if it has not died meanwhile.
    pub fn living(&self, tab: Living) -> Option<TabId> {
        let found = &self.devices[tab.at.device].tabs[tab.at.tab];
        (found.life == tab.life && found.engine.is_some()).then_some(tab.at)
    }

    pub fn tab_mut(&mut self, tab: TabId) -> &mut crate::device::Tab {
        &mut self.devices[tab.device].tabs[tab.tab]
    }

    pub fn life(&self, tab: TabId) -> Living {
        Living { at: tab, life: self.devices[tab.device].tabs[tab.tab].life }
    }

    /// Lets a tab's engine do something, with the device's clock.
    pub fn with_engine<T>(
        &mut self,
        tab: TabId,
        run: impl FnOnce(&mut Engine<engine::store::memory::MemoryStore>, &mut Surroundings<'_>) -> T,
    ) -> Option<T> {
        let device = &mut self.devices[tab.device];
        let mut surroundings = Surroundings { now: self.now + device.skew, rng: &mut self.ids };
        device.tabs[tab.tab].engine.as_mut().map(|engine| run(engine, &mut surroundings))
    }

    /// Plays the driver: asks for the next step, and carries it out.
    pub fn drive(&mut self, tab: TabId) -> Check {
        let leads = self.devices[tab.device].tabs[tab.tab].leads;
        if !leads || self.devices[tab.device].tabs[tab.tab].call.is_some() {
            return Ok(());
        }
        let before = self.before(tab);
        let trouble = self.arm(tab);
        let step = self.with_engine(tab, |engine, env| ready(engine.step(env)));
        self.disarm(tab);
        self.committed(tab, &before)?;
        let Some(step) = step else { return Ok(()) };
        if self.suffer(tab, trouble, step.as_ref().err())? {
            return Ok(());
        }
        match step {
            Ok(Step::Push(request)) => self.send(tab, Request::Push(request)),
            Ok(Step::Pull(request)) => self.send(tab, Request::Pull(request)),
            Ok(Step::Resume(history)) => self.send(tab, Request::Resume(history)),
            Ok(Step::Wait(Some(at))) => {
                let pause = at - (self.now + self.devices[tab.device].skew);
                self.set_alarm(tab, pause.clamp(1, PATIENCE));
            }
            Ok(Step::Wait(None)) => {}
            Err(error) => self.disk_trouble(tab, &error),
        }
        Ok(())
    }

    /// The disk has failed a tab: it tries again after a while.
    pub fn disk_trouble(&mut self, tab: TabId, error: &StoreError) {
        note!(self, "tab {}.{}: {error}", tab.device, tab.tab);
        self.set_alarm(tab, 1_000);
    }

    /// Wakes a tab at the latest after this pause. Without that limit every reason to look would be a further alarm.
    fn set_alarm(&mut self, tab: TabId, pause: Millis) {
        let at = self.now + pause;
        let alarm = &mut self.tab_mut(tab).alarm;
        if alarm.is_none_or(|set| set > at) {
            *alarm = Some(at);
            let living = self.life(tab);
            self.after(pause, Event::Alarm(living));
        }
    }

    fn alarm(&mut self, tab: Living) -> Check {
        let Some(at) = self.living(tab) else { return Ok(()) };
        let due = self.tab_mut(at).alarm.is_some_and(|alarm| alarm <= self.now);
        if due {
            self.tab_mut(at).alarm = None;
            self.drive(at)?;
        }
        Ok(())
    }

    /// All tabs of a device look whether there is something to do.
    pub fn wake(&mut self, device: usize) -> Check {
        for tab in 0..self.devices[device].tabs.len() {
            let tab = TabId { device, tab };
            self.with_engine(tab, |engine, _| engine.wake());
            self.drive(tab)?;
        }
        Ok(())
    }

    /// All tabs of a device hear how far the server is.
    fn poke(&mut self, device: usize, ver: Version) -> Check {
        for tab in 0..self.devices[device].tabs.len() {
            let tab = TabId { device, tab };
            self.with_engine(tab, |engine, _| engine.poked(ver));
            self.drive(tab)?;
        }
        Ok(())
    }

    /// A tab hears what another one has saved.
    fn hear(&mut self, to: Living, commit: &Commit) -> Check {
        let Some(tab) = self.living(to) else { return Ok(()) };
        let before = self.before(tab);
        let followed = self.with_engine(tab, |engine, _| ready(engine.follow(commit)));
        if let Some(Err(error)) = followed {
            return Err(Violation(format!("follow: {error}")));
        }
        self.committed(tab, &before)?;
        self.drive(tab)
    }

    /// What a tab shows and what its disk holds, before something happens to it.
    pub fn before(&self, tab: TabId) -> Before {
        let device = &self.devices[tab.device];
        Before::of(device.tabs[tab.tab].engine.as_ref(), device.disk().ok())
    }

    /// After something has happened in a tab: tells the other one, and checks what must be true at any time.
    pub fn committed(&mut self, tab: TabId, before: &Before) -> Check {
        self.notice_sign_up(tab.device)?;
        let commits = self.with_engine(tab, |engine, _| engine.take_commits()).unwrap_or_default();
        for other in (0..self.devices[tab.device].tabs.len()).filter(|other| *other != tab.tab) {
            let other = self.life(TabId { device: tab.device, tab: other });
            for commit in &commits {
                let heard = !self.chaos.strikes(Fault::NewsLost);
                let pause = self.rng.range(0, 400);
                if heard {
                    self.after(pause, Event::News { to: other, commit: commit.clone() });
                }
            }
        }
        self.oracle.follow(&self.db, &self.devices[tab.device], before)?;
        self.oracle.check_tab(&self.db, &self.devices[tab.device], tab.tab, before)
    }
}
