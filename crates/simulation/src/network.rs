//! Requests and answers on their way, and the server's end of it.

use std::collections::BTreeSet;

use engine::transport::TransportError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use server::domain::pull;
use server::domain::push::PushProblem;
use shared::clock::{Actor, Millis};
use shared::compact;
use shared::ids::{DeviceId, EntityId, Epoch, MutationId};
use shared::merge::Outcome;
use shared::protocol::{OLDEST_SCHEMA, PullRequest, PullResponse, PushRequest, PushResponse, PushResult};
use shared::resume::History;

use crate::device::{Living, TabId, ready};
use crate::fault::Fault;
use crate::release;
use crate::world::{Event, World};
use crate::{Check, Violation, ensure, note};

/// What a tab asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    Push(PushRequest),
    Pull(PullRequest),
    Resume(History),
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Push(PushResponse),
    Pull(PullResponse),
    Resume(DeviceId, Actor),
    Failed(TransportError),
}

/// As whom a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    device: DeviceId,
    actor: Actor,
    /// Whether by the release before this one.
    earlier: bool,
}

/// How long a tab waits for an answer.
const TIMEOUT: Millis = 10_000;

impl Request {
    fn describe(&self) -> String {
        match self {
            Self::Push(push) => {
                let numbers = push.mutations.iter().map(|mutation| mutation.n.to_string());
                format!("push {}", numbers.collect::<Vec<_>>().join(","))
            }
            Self::Resume(history) => format!("who is {history:?}"),
            Self::Pull(PullRequest { fill: Some(fill), .. }) => format!("pull {fill:?}"),
            Self::Pull(pull) => format!("pull from {} (seen {}, confirmed {})", pull.cursor, pull.seen, pull.confirmed),
        }
    }
}

impl Answer {
    fn describe(&self) -> String {
        match self {
            Self::Push(push) => format!("handled, at {}", push.ver),
            Self::Pull(PullResponse::Reset { .. }) => "reset".into(),
            Self::Pull(PullResponse::Page(page)) => {
                let more = if page.more { ", more" } else { "" };
                let rows: Vec<_> = page.rows.iter().map(|pulled| pulled.row.ver).collect();
                let (last, snapshot, open) = (page.last_mutation.n, page.snapshot, &page.open);
                format!("rows {rows:?}, left {:?}, open {open:?}, last {last}, snapshot {snapshot}{more}", page.left)
            }
            Self::Pull(PullResponse::Filled(page)) => {
                let rows: Vec<_> = page.rows.iter().map(|pulled| pulled.row.ver).collect();
                let (last, snapshot, next) = (page.last_mutation.n, page.snapshot, page.next);
                format!("old rows {rows:?}, last {last}, snapshot {snapshot}, next {next:?}")
            }
            Self::Resume(_, actor) => format!("go on as {actor}"),
            Self::Failed(error) => error.to_string(),
        }
    }
}

impl World {
    /// Sends a request of a tab.
    pub fn send(&mut self, tab: TabId, request: Request) {
        self.calls += 1;
        let (call, living) = (self.calls, self.life(tab));
        self.tab_mut(tab).call = Some(call);
        note!(self, "tab {}.{}: #{call} {}", tab.device, tab.tab, request.describe());
        self.after(TIMEOUT, Event::GiveUp { tab: living, call, request: request.clone() });
        let Some(session) = self.session(tab.device, &request) else { return };
        let arrive = Event::Arrive { from: living, call, request, session };
        let lost = self.chaos.strikes(Fault::RequestLost) || !self.devices[tab.device].connected;
        let mut pause = self.rng.range(10, 600);
        if self.chaos.strikes(Fault::RequestLate) {
            pause = self.rng.range(TIMEOUT, 40_000);
        }
        if !lost {
            let again = self.rng.range(100, 30_000);
            if self.chaos.strikes(Fault::RequestDoubled) {
                self.after(again, arrive.clone());
            }
            self.after(pause, arrive);
        }
    }

    /// With which session a device asks; none where it was never known as who it says it is.
    fn session(&self, device: usize, request: &Request) -> Option<Session> {
        let device = &self.devices[device];
        let actor = match request {
            Request::Push(push) => push.actor,
            Request::Pull(pull) => pull.actor,
            Request::Resume(_) => device.actor,
        };
        Some(Session { device: *device.seats.get(&actor)?, actor, earlier: device.earlier })
    }

    /// A request reaches the server.
    pub fn arrive(&mut self, from: Living, call: u64, request: Request, session: Session) -> Check {
        let device = from.at.device;
        if call < self.devices[device].arrived {
            self.chaos.notice(Fault::Reordered);
        }
        self.devices[device].arrived = self.devices[device].arrived.max(call);
        if self.chaos.strikes(Fault::NewEpoch) {
            note!(self, "server: a new epoch");
            self.db.begin_epoch(Epoch(self.rng.uuid()));
            self.oracle.new_epoch();
        }
        if self.chaos.threatens(Fault::Restored) {
            self.restore()?;
        }
        if self.chaos.strikes(Fault::ServerEarlier) {
            self.behind_until = self.now + self.rng.range(1_000, 20_000);
        }
        if self.chaos.strikes(Fault::Purged) {
            let floor = self.db.org.floor + self.rng.below(self.db.org.ver - self.db.org.floor + 1);
            note!(self, "server: lets go of what was deleted up to {floor}");
            self.db.purge(floor);
        }
        if self.chaos.strikes(Fault::Filed) {
            note!(self, "server: puts aside what is finished");
            let rng = &mut self.rng;
            self.db.file(&mut |_| rng.chance(700).then(|| MutationId(rng.uuid())), self.now)?;
        }
        let Some(answer) = self.serve(device, &request, session)? else { return Ok(()) };
        note!(self, "server: #{call} {}", answer.describe());
        let lost = self.chaos.strikes(Fault::AnswerLost) || !self.devices[device].connected;
        let mut pause = self.rng.range(10, 600);
        if self.chaos.strikes(Fault::AnswerLate) {
            pause = self.rng.range(TIMEOUT, 40_000);
        }
        if !lost {
            let back = Event::Answer { to: from, call, request, answer };
            let again = self.rng.range(100, 30_000);
            if self.chaos.strikes(Fault::AnswerDoubled) {
                self.after(again, back.clone());
            }
            self.after(pause, back);
        }
        Ok(())
    }

    /// What the server answers, if it lives to.
    fn serve(&mut self, device: usize, request: &Request, session: Session) -> Check<Option<Answer>> {
        if self.chaos.strikes(Fault::ServerDiesBefore) {
            note!(self, "server: dies before it commits");
            return Ok(None);
        }
        if self.chaos.strikes(Fault::ServerBusy) {
            let retry_after = self.rng.chance(500).then_some(3);
            return Ok(Some(Answer::Failed(TransportError::Busy { retry_after })));
        }
        if self.chaos.strikes(Fault::AnswerForged) {
            return Ok(Some(Answer::Failed(TransportError::Unreachable)));
        }
        if self.chaos.strikes(Fault::SignedOut) {
            return Ok(Some(Answer::Failed(TransportError::SignIn)));
        }
        if !self.db.seats(session.device, session.actor) {
            return Ok(Some(Answer::Failed(TransportError::SignIn)));
        }
        if self.now < self.behind_until {
            return Ok(Some(Answer::Failed(TransportError::Schema)));
        }
        let answer = match request {
            Request::Push(push) if session.earlier => self.serve_push(device, &release::push(push)?)?,
            Request::Pull(pull) if session.earlier => {
                let refused = pull::check(&PullRequest { schema: OLDEST_SCHEMA, ..pull.clone() }).is_err();
                ensure!(refused, "a device of the release before was told what it cannot read");
                Answer::Failed(TransportError::Schema)
            }
            Request::Push(push) => self.serve_push(device, &wire(push)?)?,
            Request::Resume(history) => self.serve_resume(device, &wire(history)?, session)?,
            Request::Pull(pull) => {
                let limit = if self.rng.chance(150) { 1_000 } else { 1 + self.rng.index(7) };
                let answer = self.db.pull(&wire(pull)?, limit)?;
                if matches!(answer, PullResponse::Reset { epoch, .. } if pull.epoch == Some(epoch)) {
                    self.chaos.notice(Fault::Forgotten);
                    self.oracle.new_epoch();
                }
                Answer::Pull(compact(&answer)?)
            }
        };
        let died = self.chaos.strikes(Fault::ServerDiesAfter);
        Ok((!died).then_some(answer))
    }

    fn serve_resume(&mut self, device: usize, history: &History, session: Session) -> Check<Answer> {
        let (asking, next) = ((self.devices[device].user, session.actor), DeviceId(self.rng.uuid()));
        let resumed = self.db.resume(history, asking, next);
        let (device, actor) = resumed.map_err(|foreign| Violation(format!("device {device} asked: {foreign}")))?;
        if actor != history.actor {
            self.chaos.notice(Fault::Branched);
        }
        Ok(Answer::Resume(device, actor))
    }

    fn serve_push(&mut self, device: usize, push: &PushRequest) -> Check<Answer> {
        let hidden = self.hidden(push);
        let last = self.db.last(push.actor).n;
        let decision = match self.db.decide(push, &hidden, self.now) {
            Ok(decision) => decision,
            Err(PushProblem::Epoch) => return Ok(Answer::Failed(TransportError::OutOfStep)),
            Err(PushProblem::Forked { .. }) if self.oracle.has_clones() || self.oracle.restored => {
                return Ok(Answer::Failed(TransportError::Forked));
            }
            // A device sends a mutation only after the ones before.
            Err(PushProblem::Gap { .. }) if self.oracle.restored => {
                return Ok(Answer::Failed(TransportError::OutOfStep));
            }
            Err(problem) => return Err(Violation(format!("device {device} pushed: {problem}"))),
        };
        self.db.write(push.actor, &decision)?;
        if push.mutations.first().is_some_and(|first| first.n <= last) {
            self.chaos.notice(Fault::Repeated);
        }
        for handled in &decision.handled {
            self.chaos_of(&handled.result, decision.texts.iter().any(|text| Some(text.change.ver) == handled.ver));
            note!(self, "server: {}/{} {:?} -> {:?}", push.actor, handled.n, handled.op, handled.result);
        }
        for other in (0..self.devices.len()).filter(|other| *other != device) {
            let pause = self.rng.range(50, 2_000);
            if self.rng.chance(400) {
                self.after(pause, Event::Poke { device: other, ver: decision.org.ver });
            }
        }
        Ok(Answer::Push(wire(&decision.response)?))
    }

    fn chaos_of(&mut self, result: &PushResult, text: bool) {
        match result {
            PushResult::Accepted(Outcome::Merged) if text => self.chaos.notice(Fault::TextMerged),
            PushResult::Accepted(Outcome::Superseded) => self.chaos.notice(Fault::Superseded),
            PushResult::Rejected(_) => self.chaos.notice(Fault::Refused),
            PushResult::Accepted(_) => {}
        }
    }

    /// The row that a pusher must not touch, if there is one this time.
    fn hidden(&mut self, push: &PushRequest) -> BTreeSet<EntityId> {
        if !self.chaos.strikes(Fault::Denied) {
            return BTreeSet::new();
        }
        self.oracle.denied();
        let named = push.mutations.iter().flat_map(|one| one.op.requires().into_iter().chain([one.op.entity()]));
        let existing: Vec<EntityId> = named.filter(|id| self.db.rows.contains_key(id)).collect();
        self.rng.pick(&existing).copied().into_iter().collect()
    }

    /// An answer reaches a tab: in time, or when nobody waits for it any more.
    pub fn answer(&mut self, to: Living, call: u64, request: Request, answer: Answer) -> Check {
        let Some(tab) = self.living(to) else { return Ok(()) };
        if self.tab_mut(tab).call == Some(call) {
            self.tab_mut(tab).call = None;
            if let Answer::Resume(id, actor) = answer {
                // What the device is, it knows before its replica does.
                self.devices[tab.device].seat(id, actor);
            }
        } else if matches!(answer, Answer::Failed(_) | Answer::Resume(..)) {
            return Ok(());
        } else {
            self.chaos.notice(Fault::Outdated);
        }
        self.take_in(tab, request, answer)
    }

    /// Nothing came back.
    pub fn give_up(&mut self, tab: Living, call: u64, request: &Request) -> Check {
        let Some(at) = self.living(tab) else { return Ok(()) };
        if self.tab_mut(at).call != Some(call) {
            return Ok(());
        }
        self.tab_mut(at).call = None;
        self.take_in(at, request.clone(), Answer::Failed(TransportError::Unreachable))
    }

    fn take_in(&mut self, tab: TabId, request: Request, answer: Answer) -> Check {
        note!(self, "tab {}.{}: hears {}", tab.device, tab.tab, answer.describe());
        self.notice_pages(tab, &answer);
        if answer == Answer::Failed(TransportError::SignIn) {
            let pause = self.rng.range(500, 20_000);
            self.after(pause, Event::SignIn(tab.device));
        }
        if answer == Answer::Failed(TransportError::Schema) {
            let pause = self.rng.range(500, 20_000);
            self.after(pause, Event::Update(tab.device));
        }
        let trouble = self.arm(tab);
        let before = self.before(tab);
        let reset = matches!(answer, Answer::Pull(PullResponse::Reset { .. }));
        let fetched = self.fetched(tab)?;
        let taken = self.with_engine(tab, |engine, env| match (request, answer) {
            (Request::Push(request), Answer::Push(response)) => {
                engine.pushed(&request, Ok(response), env);
                Ok(())
            }
            (Request::Pull(request), Answer::Pull(response)) => ready(engine.pulled(&request, Ok(response), env)),
            (Request::Push(request), Answer::Failed(error)) => {
                engine.pushed(&request, Err(error), env);
                Ok(())
            }
            (Request::Pull(request), Answer::Failed(error)) => ready(engine.pulled(&request, Err(error), env)),
            (Request::Resume(history), Answer::Resume(_, actor)) => ready(engine.resumed(&history, Ok(actor), env)),
            (Request::Resume(history), Answer::Failed(error)) => ready(engine.resumed(&history, Err(error), env)),
            (Request::Push(_) | Request::Pull(_) | Request::Resume(_), _) => Ok(()),
        });
        self.disarm(tab);
        self.committed(tab, &before)?;
        ensure!(reset || self.fetched(tab)? == fetched, "tab {tab:?} did not hold what the server says it should");
        let error = taken.and_then(Result::err);
        if let Some(error) = &error {
            self.disk_trouble(tab, error);
        }
        if self.suffer(tab, trouble, error.as_ref())? {
            return Ok(());
        }
        self.drive(tab)
    }

    /// How often everything was fetched anew.
    fn fetched(&self, tab: TabId) -> Check<u32> {
        Ok(self.devices[tab.device].disk()?.meta().generation)
    }

    fn notice_pages(&mut self, tab: TabId, answer: &Answer) {
        let page = match answer {
            Answer::Pull(PullResponse::Page(page)) => page,
            Answer::Pull(PullResponse::Filled(page)) => {
                if page.next.is_some() && !page.rows.is_empty() {
                    self.chaos.notice(Fault::FilledInParts);
                }
                return;
            }
            _ => return,
        };
        let followed = self.devices[tab.device].tabs[tab.tab].engine.as_ref().map(|engine| engine.replica().meta());
        if let (Some(open), Some(meta)) = (&page.open, followed) {
            if meta.scopes.iter().any(|followed| !open.contains(&followed.scope)) {
                self.chaos.notice(Fault::ScopeClosed);
            }
            if !meta.scopes.is_empty() {
                self.chaos.notice(Fault::ScopeOpened);
            }
        }
        if !page.left.is_empty() {
            self.chaos.notice(Fault::RowLeft);
        }
        let engine = self.devices[tab.device].tabs[tab.tab].engine.as_ref();
        let midway = engine.is_some_and(|engine| engine.replica().meta().cursor > engine.replica().meta().seen);
        if page.more {
            self.chaos.notice(Fault::ManyPages);
        }
        if midway && engine.is_some_and(|engine| page.last_mutation.n > engine.replica().meta().confirmed.n) {
            self.chaos.notice(Fault::PushedBetweenPages);
        }
    }
}

/// A message as it arrives: written as JSON and read again.
fn wire<T: Serialize + DeserializeOwned>(message: &T) -> Check<T> {
    let json = serde_json::to_string(message).map_err(|error| Violation(format!("a message: {error}")))?;
    serde_json::from_str(&json).map_err(|error| Violation(format!("a message: {error}: {json}")))
}

/// An answer to a pull as it arrives in a browser.
fn compact(answer: &PullResponse) -> Check<PullResponse> {
    let bytes = compact::encode(answer.clone()).map_err(|error| Violation(format!("an answer: {error}")))?;
    compact::decode(&bytes).map_err(|error| Violation(format!("an answer: {error}")))
}
