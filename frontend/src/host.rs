//! The platform under the app: this browser.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use app::host::{Host, Listener as Audience, RequestError};
use engine::command::{Command, CommandError};
use engine::driver::Wake;
use engine::store::StoreError;
use futures::future::LocalBoxFuture;
use shared::account::{Account, DeviceInfo, Invitation, LoginRequest, RegisterRequest};
use shared::ids::{AttachmentId, EntityId, TaskId};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, File};

use crate::listener::Listener;
use crate::online;
use crate::replica::Replica;
use crate::session::{Session, told, who};
use crate::update;

/// This browser, with at most one member's data open.
pub(crate) struct BrowserHost {
    session: Session,
    replica: Rc<RefCell<Option<Replica>>>,
    /// Whether the browser was asked not to evict the data.
    persistence_asked: Cell<bool>,
    _switched: Option<Listener>,
    /// Ends a session on the server that was ended here without a connection.
    _back: online::Watch,
}

impl BrowserHost {
    /// Starts on this page, as whoever used this browser last.
    pub(crate) async fn start() -> Self {
        let session = Session::restore().await;
        // A tab must not go on showing one member's data when another one has signed in.
        let switched = session.watch(|| {
            let _ = web_sys::window().map(|window| window.location().reload());
        });
        let unfinished = session.clone();
        let finish = move || {
            let session = unfinished.clone();
            spawn_local(async move { session.finish_logout().await });
        };
        finish();
        let back = online::Watch::start(move |wake| {
            if wake == Wake::Online(true) {
                finish();
            }
        });
        Self { session, replica: Rc::default(), persistence_asked: Cell::new(false), _switched: switched, _back: back }
    }

    /// Asks the browser not to evict the data, once there is something to lose.
    fn ask_for_persistence(&self) {
        if self.persistence_asked.replace(true) {
            return;
        }
        let storage = web_sys::window().map(|window| window.navigator().storage());
        if let Some(asked) = storage.and_then(|storage| storage.persist().ok()) {
            spawn_local(async move {
                // Whether it agrees or not, the data is saved; only how long the browser keeps it differs.
                let _ = JsFuture::from(asked).await;
            });
        }
    }
}

impl Host for BrowserHost {
    fn account(&self) -> Option<Account> {
        self.session.account()
    }

    fn open(&self, audience: Audience) -> LocalBoxFuture<'static, Result<(), CommandError>> {
        let (session, replica) = (self.session.clone(), Rc::clone(&self.replica));
        Box::pin(async move {
            let Some(account) = session.account() else { return Err(nobody().into()) };
            let open = replica.take().filter(|open| open.who == who(&account));
            let opened = match open {
                // Signed in again: what is open goes on.
                Some(open) => {
                    open.show(audience).await;
                    open.sync_now();
                    open
                }
                None => Replica::open(&account, session, audience).await?,
            };
            *replica.borrow_mut() = Some(opened);
            Ok(())
        })
    }

    fn register(&self, request: RegisterRequest) -> LocalBoxFuture<'static, Result<Account, RequestError>> {
        let session = self.session.clone();
        Box::pin(async move { session.register(&request).await })
    }

    fn login(&self, request: LoginRequest) -> LocalBoxFuture<'static, Result<Account, RequestError>> {
        let session = self.session.clone();
        Box::pin(async move { session.login(&request).await })
    }

    fn logout(&self) -> LocalBoxFuture<'static, ()> {
        let session = self.session.clone();
        drop(self.replica.borrow_mut().take());
        Box::pin(async move { session.logout().await })
    }

    fn invite(&self) -> LocalBoxFuture<'static, Result<Invitation, RequestError>> {
        let session = self.session.clone();
        Box::pin(async move { session.invite().await })
    }

    fn device(&self) -> DeviceInfo {
        self.session.device()
    }

    fn dispatch(&self, command: Command) -> LocalBoxFuture<'static, Result<EntityId, CommandError>> {
        self.ask_for_persistence();
        let commander = self.replica.borrow().as_ref().map(Replica::commander);
        Box::pin(async move {
            match commander {
                Some(commander) => commander.execute(command).await,
                None => Err(nobody().into()),
            }
        })
    }

    fn attach(&self, task: TaskId, file: File) -> LocalBoxFuture<'static, Result<EntityId, CommandError>> {
        self.ask_for_persistence();
        let commander = self.replica.borrow().as_ref().map(Replica::commander);
        Box::pin(async move {
            match commander {
                Some(commander) => commander.attach(task, file).await,
                None => Err(nobody().into()),
            }
        })
    }

    fn content(&self, id: AttachmentId) -> LocalBoxFuture<'static, Result<Blob, RequestError>> {
        let commander = self.replica.borrow().as_ref().map(Replica::commander);
        Box::pin(async move {
            match commander {
                Some(commander) => commander.content(id).await.map_err(told),
                None => Err(RequestError::Offline),
            }
        })
    }

    fn sync_now(&self) {
        if let Some(replica) = &*self.replica.borrow() {
            replica.sync_now();
        }
    }

    fn apply_update(&self) {
        spawn_local(update::apply());
    }
}

fn nobody() -> StoreError {
    StoreError::Platform("nobody is signed in on this device".into())
}
