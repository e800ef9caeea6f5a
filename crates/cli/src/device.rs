//! The open replica of the signed-in member in this process: commands, and short syncs.
//!
//! Every process saves its own edits; the store lets one of two that plan on the same state win, and the other plans anew.
//! That one of them syncs at a time ([`Home::sync_lock`](crate::home::Home::sync_lock)) only saves requests.

use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use engine::command::{Command, CommandError};
use engine::engine::Engine;
use engine::replica::Replica;
use engine::status::{Blocked, Pill, SyncStatus};
use engine::sync::Step;
use engine::transport::Transport as _;
use shared::account::Account;
use shared::ids::EntityId;
use tokio::time::{Instant, sleep, timeout_at};

use crate::home::Lock;
use crate::machine::Machine;
use crate::names::Names;
use crate::session::{Session, who};
use crate::store::SqliteStore;
use crate::transport::HttpTransport;
use crate::trouble::{Outcome, Trouble};

/// How long a command that changes something tries to reach the server before it leaves that to a later one.
const SHORT: Duration = Duration::from_secs(2);
/// How often to look whether another process has finished.
const LOOK: Duration = Duration::from_millis(25);

/// See the module.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) engine: Engine<SqliteStore>,
    pub(crate) account: Account,
    session: Rc<Session>,
}

impl Device {
    /// Opens the database of the member who is signed in.
    pub(crate) async fn open(session: Rc<Session>) -> Outcome<Self> {
        let account = session.account()?;
        let store = SqliteStore::open(&session.home().database(who(&account)))?;
        let engine = Engine::open(store, account.actor).await?;
        Ok(Self { engine, account, session })
    }

    pub(crate) fn replica(&self) -> &Replica {
        self.engine.replica()
    }

    pub(crate) fn names(&self) -> Names<'_> {
        Names::new(self.replica().view(), self.account.user)
    }

    /// Carries out a command; ready when it is durable.
    pub(crate) async fn execute(&mut self, command: &Command) -> Outcome<EntityId> {
        Ok(self.engine.execute(command, &mut Machine).await?)
    }

    /// The same, for who goes on where the rules refuse it.
    pub(crate) async fn carry(&mut self, command: &Command) -> Result<EntityId, CommandError> {
        self.engine.execute(command, &mut Machine).await
    }

    /// Tries for a moment to bring what was done to the server. Whether that works is not what the member has asked for:
    /// what was done is saved.
    pub(crate) async fn send(&mut self) -> Outcome<()> {
        let until = Instant::now() + SHORT;
        let lock = self.session.home().sync_lock(who(&self.account));
        loop {
            if let Some(_turn) = try_lock(&lock)? {
                return self.cycle_until(until).await;
            }
            // Whoever syncs just now may bring these changes along.
            self.follow().await?;
            if self.replica().waiting() == 0 || Instant::now() >= until {
                return Ok(());
            }
            sleep(LOOK).await;
        }
    }

    /// Sends and fetches until there is nothing left, and says why if that is not how it ended.
    pub(crate) async fn sync(&mut self) -> Outcome<()> {
        let until = Instant::now() + SHORT;
        let lock = self.session.home().sync_lock(who(&self.account));
        let mut turn = try_lock(&lock)?;
        while turn.is_none() && Instant::now() < until {
            sleep(LOOK).await;
            turn = try_lock(&lock)?;
        }
        // Where another process keeps syncing, this one does it beside.
        self.follow().await?;
        self.cycle().await?;
        complaint(&self.engine.status())
    }

    /// As much of a cycle as there is time for. One that is cut short goes on with the next: the store commits between
    /// two waits, or not at all. Only a session that is being renewed is waited for.
    async fn cycle_until(&mut self, mut until: Instant) -> Outcome<()> {
        let session = Rc::clone(&self.session);
        let mut cycle = pin!(self.cycle());
        loop {
            match timeout_at(until, &mut cycle).await {
                Ok(done) => return done,
                Err(_) if session.is_renewing() => until = Instant::now() + LOOK,
                Err(_) => return Ok(()),
            }
        }
    }

    /// Asks the server until it has nothing more to say, or does not answer.
    async fn cycle(&mut self) -> Outcome<()> {
        let transport = HttpTransport::new(Rc::clone(&self.session), who(&self.account));
        let engine = &mut self.engine;
        engine.wake();
        loop {
            match engine.step(&mut Machine).await? {
                Step::Push(request) => {
                    let answer = transport.push(&request).await;
                    engine.pushed(&request, answer, &mut Machine);
                }
                Step::Pull(request) => {
                    let answer = transport.pull(&request).await;
                    engine.pulled(&request, answer, &mut Machine).await?;
                }
                Step::Resume(history) => {
                    let answer = transport.resume(&history).await;
                    engine.resumed(&history, answer, &mut Machine).await?;
                }
                // Nothing is left, or the last request has failed.
                Step::Wait(_) => return Ok(()),
            }
        }
    }

    /// Takes over what other processes have saved; whether there was anything.
    pub(crate) async fn follow(&mut self) -> Outcome<bool> {
        let changed = self.engine.store().revision()? != self.replica().revision();
        if changed {
            self.engine.reload().await?;
        }
        Ok(changed)
    }
}

fn try_lock(path: &std::path::Path) -> Outcome<Option<Lock>> {
    Lock::try_acquire(path).map_err(|error| Trouble::file(path, &error))
}

/// What keeps a device from being synced, if anything does.
pub(crate) fn complaint(status: &SyncStatus) -> Outcome<()> {
    match status.blocked {
        Some(Blocked::SignIn) => return Err(Trouble::session_over()),
        Some(Blocked::Update) => {
            return Err(Trouble::Failed("This tern and the server do not fit. Install the server's release.".into()));
        }
        Some(Blocked::Rejected) => {
            return Err(Trouble::Failed("The server does not understand this device. Install the latest tern.".into()));
        }
        None => {}
    }
    match status.pill() {
        Pill::Offline { .. } => Err(Trouble::offline()),
        Pill::Attention { count } => Err(Trouble::Refused(format!(
            "{count} of your changes or tasks need you: see `tern outbox` and `tern conflicts`."
        ))),
        Pill::Synced => Ok(()),
        _ => Err(Trouble::Offline("The server is busy. What you have done is saved; try again later.".into())),
    }
}
