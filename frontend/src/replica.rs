//! The open replica of the signed-in member in this tab: the engine, its way to the server, and the other tabs.
//!
//! Every tab saves its own edits. One tab leads and syncs; the others follow its commits and show its status.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use app::host::Listener as Audience;
use engine::answer::Failure;
use engine::command::{Command, CommandError};
use engine::driver::{self, Shared, Surroundings, Wake};
use engine::engine::Engine;
use engine::status::SyncStatus;
use engine::store::StoreError;
use engine::store::files::FileStore;
use engine::store::indexeddb::IndexedDbStore;
use engine::upload::run::Nudge;
use engine::upload::{self, Uploads};
use engine::view::Event;
use futures::channel::mpsc;
use futures::future::{AbortHandle, abortable, select};
use futures::lock::Mutex;
use shared::account::Account;
use shared::clock::Millis;
use shared::ids::{AttachmentId, EntityId, TaskId};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, File};

use crate::channel::{Channel, Message};
use crate::clock::{self, BrowserEnv};
use crate::files::{self, HttpDepot};
use crate::http::HttpTransport;
use crate::leader::Leadership;
use crate::online;
use crate::session::{Session, Who, who};
use crate::socket;

/// The member's data in this tab. Dropping it stops the sync and leaves the other tabs to themselves.
pub(crate) struct Replica {
    pub(crate) who: Who,
    inner: Rc<Inner>,
    session: Session,
    _watch: online::Watch,
    sync: AbortHandle,
}

struct Inner {
    engine: Mutex<Engine<IndexedDbStore>>,
    env: RefCell<BrowserEnv>,
    wakes: mpsc::UnboundedSender<Wake>,
    /// The same for the socket, as far as it concerns it.
    news: mpsc::UnboundedSender<Wake>,
    /// The contents of attachments on their way, where this tab leads.
    uploads: RefCell<Uploads>,
    nudges: mpsc::UnboundedSender<Nudge>,
    channel: Channel,
    audience: RefCell<Audience>,
    /// Whether this tab syncs.
    leads: Cell<bool>,
    /// What the leading tab said last, where this one follows.
    leader_status: RefCell<Option<SyncStatus>>,
    /// What this tab showed last.
    shown: RefCell<SyncStatus>,
    /// Commands that are being made durable.
    saving: Cell<usize>,
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.sync.abort();
    }
}

impl Replica {
    /// Opens the database of this member in this organization, and begins to sync.
    pub(crate) async fn open(account: &Account, session: Session, audience: Audience) -> Result<Self, StoreError> {
        let who = who(account);
        let (organization, user) = who;
        let store = IndexedDbStore::open(&format!("tern-{organization}-{user}")).await?;
        let engine = Engine::open(store, account.actor).await?;
        let ((wakes, woken), (news, heard), (nudges, hints)) =
            (mpsc::unbounded(), mpsc::unbounded(), mpsc::unbounded());
        let inner = Rc::new_cyclic(|inner: &Weak<Inner>| Inner {
            engine: Mutex::new(engine),
            env: RefCell::new(BrowserEnv),
            wakes,
            news,
            uploads: RefCell::default(),
            nudges,
            channel: Channel::open(who, hear(inner.clone())),
            audience: RefCell::new(audience),
            leads: Cell::new(false),
            leader_status: RefCell::default(),
            shown: RefCell::default(),
            saving: Cell::new(0),
        });
        inner.wake(Wake::Online(online::is_online()));
        let watched = Rc::clone(&inner);
        let watch = online::Watch::start(move |wake| watched.wake(wake));
        let (task, sync) =
            abortable(lead(Rc::clone(&inner), session.clone(), who, Heard { woken, news: heard, hints }));
        spawn_local(async {
            // Ends with an error only when this replica is dropped.
            let _ = task.await;
        });
        inner.publish();
        // A leading tab answers with its status.
        inner.channel.tell(&Message::SyncNow);
        Ok(Self { who, inner, session, _watch: watch, sync })
    }

    /// Shows everything to a new audience.
    pub(crate) async fn show(&self, audience: Audience) {
        *self.inner.audience.borrow_mut() = audience;
        let whole = self.inner.engine.lock().await.replica().whole();
        self.inner.deliver(Event::View(whole));
        let status = self.inner.shown.borrow().clone();
        self.inner.deliver(Event::Status(status));
    }

    /// A handle for a command that outlives a borrow of this replica.
    pub(crate) fn commander(&self) -> Commander {
        Commander(Rc::clone(&self.inner), self.session.clone(), self.who)
    }

    /// Syncs as soon as possible, in whichever tab leads.
    pub(crate) fn sync_now(&self) {
        self.inner.wake(Wake::Asked);
        self.inner.channel.tell(&Message::SyncNow);
    }
}

/// Carries out commands.
pub(crate) struct Commander(Rc<Inner>, Session, Who);

impl Commander {
    /// Carries out a command; ready when it is durable.
    pub(crate) async fn execute(self, command: Command) -> Result<EntityId, CommandError> {
        let _saving = Saving::begin(&self.0);
        self.carry_out(&command).await
    }

    /// Saves a file on this device, and attaches it to a task; ready when both are durable.
    pub(crate) async fn attach(self, task: TaskId, file: File) -> Result<EntityId, CommandError> {
        let _saving = Saving::begin(&self.0);
        let id = AttachmentId(clock::new_id());
        let (content, facts) = files::read(&file).await?;
        let store = self.0.engine.lock().await.store().clone();
        let mut saved = store.put(id, &content).await;
        if saved == Err(StoreError::Full) && files::make_room(&self.0.engine).await {
            saved = store.put(id, &content).await;
        }
        saved?;
        let attached = self.carry_out(&Command::Attach { id, task, name: file.name(), file: facts }).await;
        // After any other error it may be attached all the same, and its content is not to be missing then.
        if matches!(attached, Err(CommandError::Refused(_) | CommandError::Storage(StoreError::Full))) {
            // What stays behind is tidied away later.
            let _ = store.remove(&[id]).await;
        }
        attached
    }

    /// The content of an attachment: from this device, or else from the server.
    pub(crate) async fn content(self, id: AttachmentId) -> Result<Blob, Failure> {
        let engine = self.0.engine.lock().await;
        let (store, item) = (engine.store().clone(), engine.replica().view().attachments.get(&id).cloned());
        drop(engine);
        if let Ok(Some(content)) = store.get(id).await {
            return Ok(content);
        }
        let item = item.ok_or(Failure::Unreachable)?;
        files::fetch(&self.1, self.2, &item.value).await
    }

    async fn carry_out(&self, command: &Command) -> Result<EntityId, CommandError> {
        let inner = &self.0;
        let mut result = inner.engine.lock().await.execute(command, &mut Shared(&inner.env)).await;
        if result == Err(CommandError::Storage(StoreError::Full)) && files::make_room(&inner.engine).await {
            result = inner.engine.lock().await.execute(command, &mut Shared(&inner.env)).await;
        }
        result
    }
}

/// Something is being made durable, until this is dropped; then what came of it is shown and sent.
struct Saving(Rc<Inner>);

impl Saving {
    fn begin(inner: &Rc<Inner>) -> Self {
        inner.saving.set(inner.saving.get() + 1);
        inner.show_saving();
        Self(Rc::clone(inner))
    }
}

impl Drop for Saving {
    fn drop(&mut self) {
        self.0.saving.set(self.0.saving.get() - 1);
        self.0.publish();
        self.0.wake(Wake::Changed);
    }
}

/// What the loops of the tab that leads hear.
struct Heard {
    woken: mpsc::UnboundedReceiver<Wake>,
    news: mpsc::UnboundedReceiver<Wake>,
    hints: mpsc::UnboundedReceiver<Nudge>,
}

/// Syncs once this tab leads.
async fn lead(inner: Rc<Inner>, session: Session, who: Who, Heard { woken, news, hints }: Heard) {
    let _leadership = Leadership::win(who).await;
    inner.leads.set(true);
    // What the last leader did in its final moments may not have been told.
    if inner.engine.lock().await.reload().await.is_ok() {
        inner.publish();
        let (surroundings, transport) = (Browser(&inner), HttpTransport::new(session.clone(), who));
        let sync = std::pin::pin!(driver::run(&inner.engine, &transport, &inner.env, &surroundings, woken));
        let poke = std::pin::pin!(socket::keep(&session, who, &inner.wakes, news));
        let depot = HttpDepot { session: session.clone(), member: who };
        let upload = std::pin::pin!(async {
            // Another start will do.
            let _ = files::tidy(&inner.engine).await;
            upload::run::run(&inner.engine, &inner.uploads, &depot, &inner.env, &surroundings, hints).await;
        });
        // Ends when the store fails: then nothing more can be saved here, and every command says so.
        select(sync, select(poke, upload)).await;
    }
}

struct Browser<'a>(&'a Inner);

impl Surroundings for Browser<'_> {
    async fn sleep_until(&self, at: Millis) {
        clock::sleep_until(at).await;
    }

    fn changed(&self) {
        self.0.publish();
    }
}

impl Inner {
    fn wake(&self, wake: Wake) {
        // Fails only after the sync has ended.
        let _ = self.wakes.unbounded_send(wake);
        if matches!(wake, Wake::Asked | Wake::Online(_)) {
            let _ = self.news.unbounded_send(wake);
        }
        if matches!(wake, Wake::Asked | Wake::Online(true)) {
            let _ = self.nudges.unbounded_send(Nudge::Now);
        }
    }

    /// Delivers what has changed: the view to the app, the commits to the other tabs, the status to both.
    fn publish(&self) {
        // Whoever holds the engine publishes when done.
        let Some(mut engine) = self.engine.try_lock() else { return };
        let (patch, commits, status) = (engine.take_patch(), engine.take_commits(), engine.status());
        drop(engine);
        if !patch.attachments.is_empty() {
            let _ = self.nudges.unbounded_send(Nudge::Changed);
        }
        if !patch.is_empty() {
            self.deliver(Event::View(patch));
        }
        for commit in commits {
            self.channel.tell(&Message::Committed(commit));
        }
        let status = self.combine(&status);
        if *self.shown.borrow() != status {
            *self.shown.borrow_mut() = status.clone();
            if self.leads.get() {
                self.channel.tell(&Message::Status(status.clone()));
            }
            self.deliver(Event::Status(status));
        }
    }

    /// What a following tab shows: its own counts, and how syncing stands according to the leader.
    fn combine(&self, own: &SyncStatus) -> SyncStatus {
        let saving = self.saving.get() > 0;
        match &*self.leader_status.borrow() {
            Some(leader) if !self.leads.get() => {
                SyncStatus { saving, waiting: own.waiting, attention: own.attention, ..leader.clone() }
            }
            _ => SyncStatus { saving, uploads: self.uploads.borrow().status(), ..own.clone() },
        }
    }

    fn show_saving(&self) {
        let mut status = self.shown.borrow().clone();
        if !status.saving {
            status.saving = true;
            *self.shown.borrow_mut() = status.clone();
            self.deliver(Event::Status(status));
        }
    }

    fn deliver(&self, event: Event) {
        let audience = Rc::clone(&self.audience.borrow());
        audience(event);
    }
}

/// What the other tabs say.
fn hear(inner: Weak<Inner>) -> impl Fn(Message) + 'static {
    move |message| {
        let Some(inner) = inner.upgrade() else { return };
        match message {
            Message::SyncNow => {
                inner.wake(Wake::Asked);
                if inner.leads.get() {
                    inner.channel.tell(&Message::Status(inner.shown.borrow().clone()));
                }
            }
            Message::Status(status) => {
                *inner.leader_status.borrow_mut() = Some(status);
                inner.publish();
            }
            Message::Committed(commit) => spawn_local(async move {
                // A store that cannot be read says so with the next command.
                let _ = inner.engine.lock().await.follow(&commit).await;
                inner.publish();
                inner.wake(Wake::Changed);
            }),
        }
    }
}
