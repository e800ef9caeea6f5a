//! What the app needs from the place it runs in. The front end implements it with the engine, IndexedDB and HTTP; the
//! app itself never touches a store, a transport or the network.

use std::rc::Rc;

use engine::command::{Command, CommandError};
use engine::view::Event;
use futures::future::LocalBoxFuture;
use shared::account::{Account, Invitation, LoginRequest, RegisterRequest};
use shared::ids::{AttachmentId, EntityId, TaskId};
use shared::protocol::Problem;
use web_sys::{Blob, File};

/// Why a request did not work that is made while somebody waits for the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// The server could not be reached.
    Offline,
    /// The server said no; `detail` is for people.
    Problem(Problem),
}

/// Where changes of the engine are delivered: first everything there is, then what changes.
pub type Listener = Rc<dyn Fn(Event)>;

/// The platform under the app.
pub trait Host {
    /// Who used this device last, known without a connection.
    fn account(&self) -> Option<Account>;

    /// Opens the local data of [`Host::account`] and starts to sync. Events follow until [`Host::logout`].
    fn open(&self, listener: Listener) -> LocalBoxFuture<'static, Result<(), CommandError>>;

    fn register(&self, request: RegisterRequest) -> LocalBoxFuture<'static, Result<Account, RequestError>>;

    fn login(&self, request: LoginRequest) -> LocalBoxFuture<'static, Result<Account, RequestError>>;

    /// Ends the session. What waits on this device stays and goes on after the next sign-in of the same member.
    fn logout(&self) -> LocalBoxFuture<'static, ()>;

    /// A link with which one person can join the organization.
    fn invite(&self) -> LocalBoxFuture<'static, Result<Invitation, RequestError>>;

    /// This device for a sign-in: its id and a name for people.
    fn device(&self) -> shared::account::DeviceInfo;

    /// Carries a command out. Ready when the change is durable on this device; the row it concerns.
    fn dispatch(&self, command: Command) -> LocalBoxFuture<'static, Result<EntityId, CommandError>>;

    /// Saves a file on this device and attaches it to a task. Ready when both are durable; the attachment.
    fn attach(&self, task: TaskId, file: File) -> LocalBoxFuture<'static, Result<EntityId, CommandError>>;

    /// The content of an attachment: from this device, or else from the server.
    fn content(&self, id: AttachmentId) -> LocalBoxFuture<'static, Result<Blob, RequestError>>;

    /// Tries to sync at once.
    fn sync_now(&self);

    /// Reloads into a new version of the app that is ready (the service worker is waiting).
    fn apply_update(&self);
}
