//! A store in the browser's IndexedDB.
//!
//! Each [`Table`] is an object store of byte arrays under numeric keys; one more holds the revision. A commit is one
//! `readwrite` transaction with `durability: "strict"`: the browser reports it complete only when it has flushed the
//! data. The revision is compared inside this transaction, so of two tabs that commit on the same revision one wins.
//!
//! Nothing here is awaited while a transaction is open but the transaction itself: all requests are made before, or
//! inside the callback of the one request that decides. A future that is dropped therefore leaves a commit either whole
//! or not made.
//!
//! The connection closes when another tab wants to upgrade or delete the database; that is final
//! ([`StoreError::Closed`]). When the browser loses it instead (Safari does, in the background), it is opened anew, once
//! per operation.
//!
//! Two calls go around web-sys' typed methods, because it declares the options of a transaction only with an unstable
//! flag for the whole build. Source: Indexed Database API 3.0, W3C.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use futures::channel::oneshot;
use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{Event, IdbDatabase, IdbFactory, IdbOpenDbRequest, IdbRequest, IdbTransaction};

use super::{Batch, Contents, Key, Revision, Store, StoreError, Table};
use files::FILES;
use plan::{Attempt, Plan, REVISION, REVISION_KEY, Stamp, Verdict};
use value::{bytes, exception_name, integer, js_key, platform, store_name};

mod files;
mod plan;
mod value;

/// The version of the layout: which object stores there are. 2 added contents of attachments.
const LAYOUT: u32 = 2;

/// A handle on a database of the browser. Clones share its connection.
#[derive(Clone, Debug)]
pub struct IndexedDbStore {
    name: Rc<str>,
    connection: Rc<RefCell<Rc<Connection>>>,
}

impl IndexedDbStore {
    /// Opens the database of this name; creates it when there is none.
    pub async fn open(name: &str) -> Result<Self, StoreError> {
        let connection = Connection::open(name).await?;
        Ok(Self { name: name.into(), connection: Rc::new(RefCell::new(Rc::new(connection))) })
    }

    /// Behaves as if the browser had lost the connection, for tests.
    #[cfg(any(test, feature = "contract"))]
    pub fn lose_connection(&self) {
        self.connection.borrow().db.close();
    }

    /// The connection as it is, or a new one in place of a lost one.
    async fn connection(&self) -> Result<Rc<Connection>, StoreError> {
        let current = self.connection.borrow().clone();
        match current.life.get() {
            Life::Open => Ok(current),
            Life::Closed => Err(StoreError::Closed),
            Life::Lost => {
                let new = Rc::new(Connection::open(&self.name).await?);
                self.connection.replace(Rc::clone(&new));
                Ok(new)
            }
        }
    }
}

impl Store for IndexedDbStore {
    async fn load(&self, keys: Option<&[Key]>) -> Result<Contents, StoreError> {
        match self.connection().await?.load(keys).await {
            Err(Failure::Lost { .. }) => Ok(self.connection().await?.load(keys).await?),
            result => Ok(result?),
        }
    }

    async fn commit(&self, batch: &Batch) -> Result<Revision, StoreError> {
        let plan = Rc::new(Plan::new(batch)?);
        match self.connection().await?.commit(&plan, Attempt::First).await {
            Err(Failure::Lost { begun }) => {
                let attempt = if begun { Attempt::AfterUnknown } else { Attempt::First };
                self.connection().await?.commit(&plan, attempt).await?;
            }
            result => result?,
        }
        Ok(batch.expect + 1)
    }
}

/// Whether a connection can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Open,
    /// The browser has given it up: open another.
    Lost,
    /// It stood in the way of another tab: do not open another.
    Closed,
}

/// Why a transaction did not complete.
#[derive(Debug)]
enum Failure {
    /// The connection is gone; if the transaction had `begun`, what became of it is unknown.
    Lost {
        begun: bool,
    },
    Known(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Known(error)
    }
}

impl From<JsValue> for Failure {
    fn from(thrown: JsValue) -> Self {
        Self::Known(platform(&thrown))
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Lost { .. } => Self::Closed,
            Failure::Known(error) => error,
        }
    }
}

/// An open database.
#[derive(Debug)]
struct Connection {
    db: IdbDatabase,
    life: Rc<Cell<Life>>,
    /// `IDBDatabase.transaction` and what it is called with.
    transaction: Function,
    scope: Array,
    strict: Object,
    _on_version_change: Closure<dyn FnMut()>,
    _on_close: Closure<dyn FnMut()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.db.set_onversionchange(None);
        self.db.set_onclose(None);
        self.db.close();
    }
}

impl Connection {
    async fn open(name: &str) -> Result<Self, StoreError> {
        let factory = Reflect::get(&js_sys::global(), &"indexedDB".into()).map_err(|thrown| platform(&thrown))?;
        if factory.is_falsy() {
            return Err(StoreError::Platform("this browser has no IndexedDB".into()));
        }
        let request = factory.unchecked_into::<IdbFactory>().open_with_u32(name, LAYOUT);
        let db = opened(request.map_err(|thrown| platform(&thrown))?).await?;

        let life = Rc::new(Cell::new(Life::Open));
        let on_version_change = Closure::new({
            let (db, life) = (db.clone(), Rc::clone(&life));
            move || {
                life.set(Life::Closed);
                db.close();
            }
        });
        let on_close = Closure::new({
            let life = Rc::clone(&life);
            move || life.set(Life::Lost)
        });
        db.set_onversionchange(Some(on_version_change.as_ref().unchecked_ref()));
        db.set_onclose(Some(on_close.as_ref().unchecked_ref()));

        let transaction =
            Reflect::get(&db, &"transaction".into()).map_err(|thrown| platform(&thrown))?.unchecked_into();
        let strict = Object::new();
        Reflect::set(&strict, &"durability".into(), &"strict".into()).map_err(|thrown| platform(&thrown))?;
        let scope = Table::ALL.map(store_name).into_iter().chain([REVISION]).map(JsValue::from_str).collect();
        Ok(Self { db, life, transaction, scope, strict, _on_version_change: on_version_change, _on_close: on_close })
    }

    fn begin(&self, mode: &str) -> Result<IdbTransaction, Failure> {
        self.begin_on(&self.scope, mode)
    }

    fn begin_on(&self, scope: &Array, mode: &str) -> Result<IdbTransaction, Failure> {
        let transaction = self.transaction.call3(&self.db, scope, &mode.into(), &self.strict);
        transaction.map(JsValue::unchecked_into).map_err(|thrown| {
            // Only a closing connection is in an invalid state (IndexedDB 3.0, `transaction()`).
            if exception_name(&thrown) == "InvalidStateError" {
                self.lost(false)
            } else {
                Failure::Known(platform(&thrown))
            }
        })
    }

    async fn load(&self, keys: Option<&[Key]>) -> Result<Contents, Failure> {
        let tx = self.begin("readonly")?;
        let revision = tx.object_store(REVISION)?.get(&REVISION_KEY.into())?;
        let reads: Vec<Read> = match keys {
            None => Table::ALL.iter().map(|table| Read::whole(&tx, *table)).collect::<Result<_, _>>()?,
            Some(keys) => {
                BTreeSet::from_iter(keys).into_iter().map(|key| Read::one(&tx, *key)).collect::<Result<_, _>>()?
            }
        };
        let ending = Ending::of(&tx);
        let complete = ending.completes().await;
        self.outcome(&tx, complete)?;
        let mut contents = Contents { revision: Stamp::read(&revision.result()?)?.revision, records: Vec::new() };
        for read in reads {
            read.finish(&mut contents.records)?;
        }
        Ok(contents)
    }

    async fn commit(&self, plan: &Rc<Plan>, attempt: Attempt) -> Result<(), Failure> {
        let tx = self.begin("readwrite")?;
        let request = tx.object_store(REVISION)?.get(&REVISION_KEY.into())?;
        let ending = Ending::of(&tx);
        // Why the callback did not make the changes.
        let refused = Rc::new(RefCell::new(None));
        let on_revision = Closure::once({
            let (tx, request, plan, refused) = (tx.clone(), request.clone(), Rc::clone(plan), Rc::clone(&refused));
            move || {
                if let Err(verdict) = plan.carry_out(&tx, &request, attempt) {
                    *refused.borrow_mut() = Some(verdict);
                    // Fails only where the transaction is over anyway.
                    let _ = tx.abort();
                }
            }
        });
        let _handler = OnSuccess::set(&request, on_revision);
        let complete = ending.completes().await;
        match refused.take() {
            None => self.outcome(&tx, complete),
            Some(Verdict::AlreadyMade) => Ok(()),
            Some(Verdict::Impossible(error)) => Err(error.into()),
        }
    }

    /// What became of a transaction that is over.
    fn outcome(&self, tx: &IdbTransaction, complete: bool) -> Result<(), Failure> {
        if complete {
            return Ok(());
        }
        match tx.error() {
            // A full disk, for example: it was rolled back.
            Some(error) if !matches!(error.name().as_str(), "AbortError" | "UnknownError") => {
                Err(Failure::Known(platform(&error)))
            }
            // The browser closed the connection, or the process that keeps its data has ended.
            _ => Err(self.lost(true)),
        }
    }

    fn lost(&self, begun: bool) -> Failure {
        if self.life.get() == Life::Closed {
            return Failure::Known(StoreError::Closed);
        }
        self.life.set(Life::Lost);
        Failure::Lost { begun }
    }
}

/// Opens the database that was asked for, and makes its object stores where it is new.
async fn opened(request: IdbOpenDbRequest) -> Result<IdbDatabase, StoreError> {
    let (sender, receiver) = oneshot::channel();
    let mut sender = Some(sender);
    let on_end = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        let _ = sender.take().map(|sender| sender.send(event.type_() == "success"));
    });
    let on_upgrade = Closure::once({
        let request = request.clone();
        move || {
            // An earlier layout has some of them, and making these anew is refused. Should one be missing for another
            // reason, every transaction on it says so.
            let Ok(db) = request.result().map(JsCast::unchecked_into::<IdbDatabase>) else { return };
            for name in Table::ALL.map(store_name).into_iter().chain([REVISION, FILES]) {
                let _ = db.create_object_store(name);
            }
        }
    });
    let on_end = on_end.as_ref().unchecked_ref();
    request.set_onsuccess(Some(on_end));
    request.set_onerror(Some(on_end));
    request.set_onupgradeneeded(Some(on_upgrade.as_ref().unchecked_ref()));
    let success = receiver.await.unwrap_or(false);
    request.set_onsuccess(None);
    request.set_onerror(None);
    request.set_onupgradeneeded(None);
    if success {
        return request.result().map(JsCast::unchecked_into).map_err(|thrown| platform(&thrown));
    }
    Err(match request.error() {
        Ok(Some(error)) => platform(&error),
        _ => StoreError::Platform("the database could not be opened".into()),
    })
}

/// Tells when a transaction is over.
struct Ending {
    tx: IdbTransaction,
    receiver: oneshot::Receiver<bool>,
    _on_end: Closure<dyn FnMut(Event)>,
}

impl Ending {
    fn of(tx: &IdbTransaction) -> Self {
        let (sender, receiver) = oneshot::channel();
        let mut sender = Some(sender);
        let on_end = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            let _ = sender.take().map(|sender| sender.send(event.type_() == "complete"));
        });
        tx.set_oncomplete(Some(on_end.as_ref().unchecked_ref()));
        tx.set_onabort(Some(on_end.as_ref().unchecked_ref()));
        Self { tx: tx.clone(), receiver, _on_end: on_end }
    }

    /// Waits for the end; `false` if the transaction was aborted.
    async fn completes(mut self) -> bool {
        (&mut self.receiver).await.unwrap_or(false)
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.tx.set_oncomplete(None);
        self.tx.set_onabort(None);
    }
}

/// A callback that is taken off its request when nobody waits for it any more.
struct OnSuccess {
    request: IdbRequest,
    _callback: Closure<dyn FnMut()>,
}

impl OnSuccess {
    fn set(request: &IdbRequest, callback: Closure<dyn FnMut()>) -> Self {
        request.set_onsuccess(Some(callback.as_ref().unchecked_ref()));
        Self { request: request.clone(), _callback: callback }
    }
}

impl Drop for OnSuccess {
    fn drop(&mut self) {
        self.request.set_onsuccess(None);
    }
}

/// Requests for records; their results are there once the transaction is complete.
enum Read {
    One(Key, IdbRequest),
    /// The keys and the values, in the same order.
    Whole(Table, IdbRequest, IdbRequest),
}

impl Read {
    fn whole(tx: &IdbTransaction, table: Table) -> Result<Self, Failure> {
        let store = tx.object_store(store_name(table))?;
        Ok(Self::Whole(table, store.get_all_keys()?, store.get_all()?))
    }

    fn one(tx: &IdbTransaction, key: Key) -> Result<Self, Failure> {
        Ok(Self::One(key, tx.object_store(store_name(key.0))?.get(&js_key(key)?)?))
    }

    fn finish(self, records: &mut Vec<(Key, Vec<u8>)>) -> Result<(), Failure> {
        match self {
            Self::One(key, request) => {
                let value = request.result()?;
                if !value.is_undefined() {
                    records.push((key, bytes(value)?));
                }
            }
            Self::Whole(table, keys, values) => {
                let (keys, values): (Array, Array) =
                    (keys.result()?.unchecked_into(), values.result()?.unchecked_into());
                for (key, value) in keys.iter().zip(values.iter()) {
                    records.push(((table, integer(&key)?), bytes(value)?));
                }
            }
        }
        Ok(())
    }
}
