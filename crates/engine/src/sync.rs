//! When to talk to the server and about what: the sync state machine.
//!
//! It decides; it does no I/O. A cycle is: push until nothing may be sent any more, then pull until everything has
//! come. Only the pull confirms. What fails is tried again after a growing, jittered pause; what needs the member
//! (a new sign-in, an update) blocks until the member has acted. No decision here can lose a change: the outbox is
//! the replica's, and a replica drops an entry only while it takes in a page.

use shared::clock::{Counter, Millis, Version};
use shared::limits::{BODY_BYTES, MUTATIONS_PER_PUSH};
use shared::mutation::{Mutation, Op};
use shared::protocol::{PullRequest, PushRequest, SCHEMA};
use shared::resume::History;

use crate::breaker::{Admission, Breaker};
use crate::env::Env;
use crate::local;
use crate::pull;
use crate::replica::Replica;
use crate::resume;
use crate::status::{Blocked, Progress, SyncStatus, UploadStatus};
use crate::transport::TransportError;

/// A pull is made at least this often while the device is online; without an account, a look whether another tab has
/// signed in.
const POLL: Millis = 30_000;

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Push(PushRequest),
    Pull(PullRequest),
    /// Ask as whom to go on.
    Resume(History),
    /// Nothing until this time (`None`: until something happens).
    Wait(Option<Millis>),
}

/// Where the conversation with the server stands. Lives in memory: after a restart it begins anew.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "seven independent facts, not one state in disguise")]
pub struct Sync {
    /// What the device says about its network.
    online: bool,
    /// Whether the last request was answered.
    reachable: bool,
    blocked: Option<Blocked>,
    /// The server's history of this device is not this device's.
    forked: bool,
    breaker: Breaker,
    pull_wanted: bool,
    /// The server is at another place than this device assumed: until a pull is complete, every push would be too.
    pull_first: bool,
    next_poll: Option<Millis>,
    /// Changes have just come; where much is going on, old rows would never have their turn.
    fill_next: bool,
    /// The last own mutation that a push was answered for.
    answered: Counter,
    /// The cycle's first and last mutation, for progress.
    cycle: Option<(Counter, Counter)>,
    verified: bool,
    /// Whether everything was fetched anew because the checksums disagreed; once is enough.
    refetched: bool,
    last_synced: Option<Millis>,
}

impl Default for Sync {
    fn default() -> Self {
        Self {
            online: true,
            reachable: true,
            blocked: None,
            forked: false,
            breaker: Breaker::default(),
            pull_wanted: true,
            pull_first: false,
            next_poll: None,
            fill_next: false,
            answered: 0,
            cycle: None,
            verified: false,
            refetched: false,
            last_synced: None,
        }
    }
}

impl Sync {
    /// What to do now.
    pub fn next(&mut self, replica: &Replica, now: Millis) -> Step {
        if self.blocked.is_some() || !self.online {
            return Step::Wait(None);
        }
        if local::is_local(replica) {
            return Step::Wait(Some(now + POLL));
        }
        match self.breaker.admits(now) {
            Admission::Not(until) => return Step::Wait(Some(until)),
            Admission::Probe => return Step::Pull(pull::request(&replica.meta)),
            Admission::Free => {}
        }
        if self.forked {
            return Step::Resume(resume::history(replica));
        }
        // While old rows stand in for new ones, nothing is confirmed: first they must come.
        let fill = pull::fill_request(&replica.meta);
        if self.pull_first {
            let renewal = fill.filter(|_| replica.meta.renewing);
            return Step::Pull(renewal.unwrap_or_else(|| pull::request(&replica.meta)));
        }
        let mutations = slice(replica, self.answered);
        if let Some(last) = mutations.last() {
            let (first, _) = self.cycle.unwrap_or((mutations[0].n - 1, 0));
            self.cycle = Some((first, replica.meta.made.n.max(last.n)));
            let Some(epoch) = replica.meta.epoch else { return Step::Pull(pull::request(&replica.meta)) };
            return Step::Push(PushRequest { schema: SCHEMA, actor: replica.meta.actor, epoch, mutations });
        }
        if let Some(fill) = fill.clone().filter(|_| replica.meta.renewing || self.fill_next) {
            return Step::Pull(fill);
        }
        // Nothing is confirmed before the last old row is here.
        let unconfirmed = self.answered > replica.meta.confirmed.n && fill.is_none();
        let due = self.next_poll.is_none_or(|at| at <= now || at - now > POLL);
        if unconfirmed || self.pull_wanted || due {
            return Step::Pull(pull::request(&replica.meta));
        }
        fill.map_or(Step::Wait(self.next_poll), Step::Pull)
    }

    /// A push was answered for all mutations up to `last`.
    pub fn pushed(&mut self, last: Counter) {
        self.answered = self.answered.max(last);
        self.succeeded();
    }

    /// A page of changes was taken in, and another follows, or the scopes have changed with it.
    pub fn pulled_part(&mut self, replica: &Replica) {
        self.succeeded();
        self.verified = false;
        self.fill_next = true;
        self.pull_wanted = replica.meta.fills.is_empty();
    }

    /// The last page of changes was taken in. Returns whether everything must be fetched anew, because after it the
    /// replica does not hold what the server says it should.
    pub fn pulled(&mut self, replica: &Replica, agrees: bool, now: Millis) -> bool {
        self.succeeded();
        self.pull_wanted = false;
        self.fill_next = true;
        self.next_poll = Some(now + POLL);
        self.pull_first &= replica.meta.renewing;
        if !replica.meta.fills.is_empty() {
            self.verified = false;
            return false;
        }
        // What was answered and is not confirmed by now, the server has lost: it is sent again.
        self.answered = replica.meta.confirmed.n;
        if replica.meta.made.n == replica.meta.confirmed.n {
            self.cycle = None;
        }
        self.verified = agrees;
        if agrees {
            self.refetched = false;
            if replica.waiting() == 0 {
                self.last_synced = Some(now);
            }
        }
        !agrees && !self.refetched
    }

    /// A page of old rows was taken in.
    pub fn filled(&mut self, replica: &Replica) {
        self.succeeded();
        self.fill_next = false;
        // Whether all is there now, the next pull of changes says.
        self.pull_wanted |= replica.meta.fills.is_empty();
    }

    /// The replica begins to fetch everything anew, because it does not hold what it should.
    pub fn refetch(&mut self) {
        self.refetched = true;
        self.reset();
    }

    /// The replica begins to fetch everything anew.
    pub fn reset(&mut self) {
        self.succeeded();
        self.renewed();
    }

    /// Another tab has begun to fetch everything anew.
    pub fn renewed(&mut self) {
        self.answered = 0;
        self.cycle = None;
        self.pull_wanted = true;
        self.pull_first = true;
        self.verified = false;
    }

    /// A page was of no use, because another tab was faster: ask again.
    pub fn outdated(&mut self) {
        self.pull_wanted = true;
    }

    /// A request failed.
    pub fn failed(&mut self, error: &TransportError, env: &mut impl Env) {
        self.reachable = *error != TransportError::Unreachable;
        match error {
            TransportError::Unreachable => self.pause(None, env),
            TransportError::Busy { retry_after } => self.pause(*retry_after, env),
            TransportError::OutOfStep => {
                self.answered = 0;
                self.pull_first = true;
                self.pause(None, env);
            }
            TransportError::SignIn => self.block(Blocked::SignIn),
            TransportError::Forked => self.fork(),
            TransportError::Schema => self.block(Blocked::Update),
            TransportError::Rejected(_) => self.block(Blocked::Rejected),
        }
    }

    /// Syncing needs the member.
    fn block(&mut self, blocked: Blocked) {
        self.blocked = Some(blocked);
        self.cycle = None;
    }

    /// This device's history is not the one that the server knows: nothing else is asked before it is known as whom to
    /// go on.
    pub fn fork(&mut self) {
        // That is an answer.
        self.succeeded();
        self.forked = true;
        self.cycle = None;
    }

    /// It is known as whom to go on, or the question has come to nothing: a complete pull shows.
    pub fn resumed(&mut self) {
        self.forked = false;
        self.reset();
    }

    /// The server says unasked that the organization is at version `ver`. Worth a pull as soon as one may be made, and
    /// no more than that: it answers neither what blocks nor why a pause is being made, and servers poke often.
    pub fn poked(&mut self, ver: Version, replica: &Replica) {
        if ver > replica.meta.cursor {
            self.pull_wanted = true;
        }
    }

    /// The member asks for an attempt, or has signed in.
    pub fn wake(&mut self) {
        self.blocked = None;
        self.breaker.retry();
        self.pull_wanted = true;
    }

    /// What the device says about its network.
    pub fn set_online(&mut self, online: bool) {
        if online && !self.online {
            self.breaker.retry();
            self.pull_wanted = true;
        }
        self.online = online;
        if !online {
            self.cycle = None;
        }
    }

    /// What to tell the member; whether something is being saved just now is not known here.
    pub fn status(&self, replica: &Replica) -> SyncStatus {
        let progress = self.cycle.map(|(first, last)| Progress {
            done: usize::try_from(self.answered.clamp(first, last) - first).unwrap_or(usize::MAX),
            total: usize::try_from(last - first).unwrap_or(usize::MAX),
        });
        let review =
            replica.view().tasks.values().filter(|item| item.value.needs_review() && !item.value.deleted).count();
        SyncStatus {
            online: self.online && self.reachable,
            saving: false,
            waiting: replica.waiting() + replica.waiting_contents(),
            progress: progress.filter(|_| self.breaker.until().is_none()),
            attention: replica.refused().count() + review,
            last_synced: self.last_synced,
            next_try: self.breaker.until(),
            blocked: self.blocked,
            verified: self.verified,
            local: local::is_local(replica),
            uploads: UploadStatus::default(),
        }
    }

    fn succeeded(&mut self) {
        self.reachable = true;
        self.breaker.succeeded();
    }

    fn pause(&mut self, asked: Option<u32>, env: &mut impl Env) {
        self.breaker.failed(asked, env);
        self.cycle = None;
    }
}

/// The next mutations to send after `answered`, in order: at most a batch, and no more than a request may weigh. Of
/// each text only one edit that has not come back, because the server must know the text that an edit was made on. For
/// the same reason none of a row that is being fetched anew: what the edit was made on is of another order of versions
/// until the row has come.
fn slice(replica: &Replica, answered: Counter) -> Vec<Mutation> {
    let from = answered.max(replica.meta.confirmed.n) + 1;
    let (mut slice, mut bytes) = (Vec::new(), 0);
    for mutation in replica.outbox_range(from..).take(MUTATIONS_PER_PUSH) {
        // (What cannot be written was not stored either.)
        bytes += serde_json::to_vec(mutation).map_or(0, |json| json.len());
        let full = !slice.is_empty() && bytes > BODY_BYTES / 2;
        if full || must_wait(replica, mutation) {
            break;
        }
        slice.push(mutation.clone());
    }
    slice
}

/// Whether an edit of a text waits for an earlier one, or for its row.
fn must_wait(replica: &Replica, mutation: &Mutation) -> bool {
    let Op::TextEdit(edit) = &mutation.op else { return false };
    let mut before = replica.pending(edit.entity).take_while(|other| other.n < mutation.n);
    let old = replica.base(edit.entity).is_some_and(|base| base.generation != replica.meta.generation);
    let old = old && replica.meta.renewing;
    old || before.any(|other| other.op.writes_text(edit.entity, edit.field))
}
