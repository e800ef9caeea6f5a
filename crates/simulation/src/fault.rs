//! What goes wrong in a world, and the record of how often it did. A simulator that injects nothing proves nothing:
//! [`crate::report`] fails when one of these happens too rarely.

use std::collections::BTreeSet;

use crate::rng::Rng;

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $permille:literal),+ $(,)?) => {
        /// Something that goes wrong, or a place where it could.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[$doc])* $name),+
        }

        impl Fault {
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// How often of 1,000 opportunities; 0: not chosen, but noticed when it comes about.
            fn permille(self) -> u64 {
                match self {
                    $(Self::$name => $permille),+
                }
            }
        }
    };
}

faults! {
    /// A request never arrives.
    RequestLost = 60,
    /// A request arrives twice, the second time much later.
    RequestDoubled = 50,
    /// A request arrives long after its sender has given up.
    RequestLate = 30,
    /// The server has done it, and the answer is lost.
    AnswerLost = 60,
    /// An answer arrives twice.
    AnswerDoubled = 40,
    /// An answer arrives long after the device has given up, and asked again.
    AnswerLate = 40,
    /// Something else answers: a proxy, a captive portal.
    AnswerForged = 20,
    /// The server stops before it has committed.
    ServerDiesBefore = 30,
    /// The server stops after it has committed, before it has answered.
    ServerDiesAfter = 30,
    /// The server asks for patience.
    ServerBusy = 20,
    /// The server says no to everything about one row in a push.
    Denied = 40,
    /// The session is over until the member signs in.
    SignedOut = 10,
    /// The server's data gets another epoch: everybody fetches everything anew.
    NewEpoch = 1,
    /// The server's data is put back to what it was when it was last saved.
    Restored = 2,
    /// A device runs the release before this one: the server reads what it sends, and tells it to update.
    Earlier = 2,
    /// A device runs a release that the server does not know yet.
    ServerEarlier = 1,
    /// The server lets go of what was deleted long ago.
    Purged = 2,
    /// The server puts aside what is finished.
    Filed = 6,
    /// A member gets another role.
    RoleChanges = 12,
    /// All tabs of a device die.
    DeviceDies = 30,
    /// One of two tabs dies.
    TabDies = 60,
    /// The disk takes a commit, and the device dies before it knows.
    DiesAfterCommit = 12,
    /// The disk takes a commit and reports an error.
    FalseAlarm = 12,
    /// The disk refuses a commit.
    DiskFails = 15,
    /// The disk is full.
    DiskFull = 15,
    /// The device has no network, and knows it.
    Offline = 25,
    /// The device has no network, and believes it has.
    Unplugged = 25,
    /// A clock jumps by up to ten years.
    ClockJumps = 25,
    /// A tab does not hear what another has saved.
    NewsLost = 80,
    /// Two tabs sync at once, each believing to be the only one.
    TwoLeaders = 50,
    /// A device is copied with everything on its disk: the copy goes on as the same one.
    Cloned = 6,
    /// A member wants only a part of everything on a device.
    Narrowed = 1,
    /// A member takes everything from the server.
    TookTheirs = 2,
    /// Changes were put aside because of that.
    PutAside = 0,
    /// A member pushes everything of theirs.
    PushedMine = 30,
    /// Something counts against others because of that.
    Overwritten = 0,
    /// Somebody who has worked without an account signs in.
    SignedUp = 0,
    /// A device whose history had forked went on as another.
    Branched = 0,
    /// A tab's plan was on what another tab has changed meanwhile.
    Stale = 0,
    /// Requests of one device arrived in another order than they were sent.
    Reordered = 0,
    /// An answer to a question that was no longer asked.
    Outdated = 0,
    /// A device that was away while the server let go of what was deleted: it starts anew.
    Forgotten = 0,
    /// A pull of several pages.
    ManyPages = 0,
    /// A scope closed to a member whose device follows it.
    ScopeClosed = 0,
    /// A scope opened to a member whose device has others.
    ScopeOpened = 0,
    /// A row went to where a device does not follow it.
    RowLeft = 0,
    /// Old rows came in several pages.
    FilledInParts = 0,
    /// Mutations were handled between two pages of one pull.
    PushedBetweenPages = 0,
    /// A mutation was sent again and answered with the stored result.
    Repeated = 0,
    /// An edit was taken into one that was not sent yet.
    Composed = 0,
    /// An edit was made on a text that had changed since its author began.
    StaleDraft = 0,
    /// Two edits of a text met on the server.
    TextMerged = 0,
    /// A write met a concurrent one that counts.
    Superseded = 0,
    /// A mutation was refused for good.
    Refused = 0,
    /// A refused change was sent once more.
    Retried = 0,
    /// A refused change was given up.
    Discarded = 0,
}

/// The dice for faults, and the record of what they did.
#[derive(Clone, Debug)]
pub struct Chaos {
    rng: Rng,
    disabled: BTreeSet<Fault>,
    /// From now on nothing goes wrong any more.
    healed: bool,
    seen: BTreeSet<Fault>,
}

impl Chaos {
    pub fn new(rng: Rng, disabled: BTreeSet<Fault>) -> Self {
        Self { rng, disabled, healed: false, seen: BTreeSet::new() }
    }

    /// Whether this goes wrong now. The dice fall even where the answer is known, so that a fault less does not make
    /// another world at once.
    pub fn strikes(&mut self, fault: Fault) -> bool {
        let strikes = self.threatens(fault);
        if strikes {
            self.notice(fault);
        }
        strikes
    }

    /// As [`Self::strikes`], for what may yet have no effect: the caller notices it when it has.
    pub fn threatens(&mut self, fault: Fault) -> bool {
        self.rng.chance(fault.permille()) && !self.healed && !self.disabled.contains(&fault)
    }

    /// Records that something came about.
    pub fn notice(&mut self, fault: Fault) {
        self.seen.insert(fault);
    }

    pub fn heal(&mut self) {
        self.healed = true;
    }

    pub fn seen(&self) -> &BTreeSet<Fault> {
        &self.seen
    }
}
