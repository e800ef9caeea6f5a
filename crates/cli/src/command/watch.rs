//! `tern watch`: stays connected, syncs as soon as there is something, and prints each change of a task or comment.
//!
//! It is to the other processes of this device what a leading tab is to the others: it looks whether they have saved
//! something, and sends it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use engine::driver::{self, Surroundings, Wake};
use engine::engine::Engine;
use engine::view::ViewPatch;
use futures::channel::mpsc;
use futures::lock::Mutex;
use serde_json::json;
use shared::account::Account;
use shared::clock::Millis;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::args::Watch;
use crate::command::list::status;
use crate::command::{Tern, far};
use crate::device::complaint;
use crate::home::Lock;
use crate::machine::{self, Machine};
use crate::names::{key, label};
use crate::output::Output;
use crate::plain;
use crate::session::{Session, who};
use crate::socket;
use crate::store::SqliteStore;
use crate::transport::HttpTransport;
use crate::trouble::{Outcome, Trouble};

/// How often to look what the other processes of this device have saved.
const LOOK: Duration = Duration::from_millis(100);

/// What the parts of this command share.
struct Watcher {
    engine: Mutex<Engine<SqliteStore>>,
    account: Account,
    session: Rc<Session>,
    env: RefCell<Machine>,
    wakes: mpsc::UnboundedSender<Wake>,
    output: RefCell<Output>,
    /// How many more changes to print.
    left: Cell<Option<usize>>,
    /// Why there is nothing more to do, once there is not.
    end: RefCell<Option<Outcome<()>>>,
    ended: Notify,
}

pub(crate) async fn watch(tern: Tern, session: Rc<Session>, asked: Watch) -> Outcome<()> {
    let (mut terminate, mut interrupt) = (told(SignalKind::terminate())?, told(SignalKind::interrupt())?);
    let (wakes, woken) = mpsc::unbounded();
    let mut engine = tern.device.engine;
    // What is here already is no change.
    engine.take_patch();
    let watcher = Watcher {
        engine: Mutex::new(engine),
        account: tern.device.account,
        session,
        env: RefCell::default(),
        wakes,
        output: RefCell::new(tern.output),
        left: Cell::new(asked.count),
        end: RefCell::default(),
        ended: Notify::new(),
    };
    tokio::select! {
        synced = watcher.lead(woken) => synced?,
        followed = watcher.follow() => followed?,
        () = watcher.hear() => {}
        () = watcher.ended.notified() => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    watcher.end.into_inner().unwrap_or(Ok(()))
}

/// Hears a signal that is to end the command in order.
fn told(kind: SignalKind) -> Outcome<Signal> {
    signal(kind).map_err(|error| Trouble::Failed(format!("The system's signals cannot be heard: {error}")))
}

impl Watcher {
    /// Syncs once no other process does.
    async fn lead(&self, woken: mpsc::UnboundedReceiver<Wake>) -> Outcome<()> {
        let member = who(&self.account);
        let path = self.session.home().sync_lock(member);
        let _leadership = loop {
            match Lock::try_acquire(&path).map_err(|error| Trouble::file(&path, &error))? {
                Some(lock) => break lock,
                None => sleep(LOOK).await,
            }
        };
        let transport = HttpTransport::new(Rc::clone(&self.session), member);
        Ok(driver::run(&self.engine, &transport, &self.env, self, woken).await?)
    }

    /// Takes over what the other processes of this device save.
    async fn follow(&self) -> Outcome<()> {
        loop {
            sleep(LOOK).await;
            {
                let mut engine = self.engine.lock().await;
                if engine.store().revision()? == engine.replica().revision() {
                    continue;
                }
                engine.reload().await?;
            }
            self.changed();
            // Fails only after the sync has ended.
            let _ = self.wakes.unbounded_send(Wake::Changed);
        }
    }

    /// Hears the server. Once the session is over there is nothing to hear, and the sync will say so.
    async fn hear(&self) {
        socket::keep(&self.session, who(&self.account), &self.wakes).await;
        let _ = self.wakes.unbounded_send(Wake::Asked);
        std::future::pending::<()>().await;
    }

    /// Prints what has changed.
    fn print(&self, engine: &Engine<SqliteStore>, patch: &ViewPatch) -> Outcome<()> {
        let mut output = self.output.borrow_mut();
        for (id, item) in &patch.tasks {
            let Some(item) = item else { continue };
            if output.json {
                let row = engine.replica().current((*id).into());
                output.json(&json!({ "change": "task", "task": plain::task(item, row.as_ref()) }))?;
            } else {
                let task = &item.value;
                let state = if task.deleted { "deleted" } else { status(task.status) };
                let at = machine::moment(machine::now());
                output.line(&format!("{at}  {}  {state}  {}{}", key(task), task.title, far(item.mark)))?;
            }
            self.count();
        }
        for (_, item) in &patch.comments {
            let Some(item) = item else { continue };
            if output.json {
                output.json(&json!({ "change": "comment", "comment": plain::comment(item, self.account.actor) }))?;
            } else {
                let task = engine.replica().view().tasks.get(&item.value.task);
                let task = task.map_or_else(|| "a task".to_owned(), |task| label(&task.value));
                let body = item.value.body.lines().next().unwrap_or_default();
                output.line(&format!("{}  {task}  comment: {body}", machine::moment(machine::now())))?;
            }
            self.count();
        }
        Ok(output.flush()?)
    }

    /// One more was printed.
    fn count(&self) {
        let left = self.left.get().map(|left| left.saturating_sub(1));
        self.left.set(left);
        if left == Some(0) {
            self.stop(Ok(()));
        }
    }

    fn stop(&self, why: Outcome<()>) {
        self.end.borrow_mut().get_or_insert(why);
        self.ended.notify_one();
    }
}

impl Surroundings for Watcher {
    async fn sleep_until(&self, at: Millis) {
        machine::sleep_until(at).await;
    }

    fn changed(&self) {
        // Whoever holds the engine calls this when done.
        let Some(mut engine) = self.engine.try_lock() else { return };
        let patch = engine.take_patch();
        engine.take_commits();
        if let Err(trouble) = self.print(&engine, &patch) {
            return self.stop(Err(trouble));
        }
        // Without a connection it goes on and waits; what only a person can mend ends it.
        let status = engine.status();
        if status.blocked.is_some() {
            self.stop(complaint(&status));
        }
    }
}
