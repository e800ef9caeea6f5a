//! What this browser must not forget: which device it is, and who used it last.
//!
//! Both decide what becomes of the edits that wait here: the server knows a device's outbox by the device's identity.
//! So they are kept as durably as the edits, in IndexedDB; `localStorage`, which a browser writes to disk seconds
//! later, is only their copy for the other tabs.

use engine::store::indexeddb::IndexedDbStore;
use engine::store::{Batch, Key, Store, StoreError, Table};
use serde::{Deserialize, Serialize};
use shared::account::Account;
use shared::ids::DeviceId;

/// The database, beside those of the members.
const DATABASE: &str = "tern";
const RECORD: Key = (Table::Meta, 0);

/// What is remembered; JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) device: DeviceId,
    pub(crate) account: Option<Account>,
}

/// What is remembered; `None` at the first start, and where the browser keeps nothing.
pub(crate) async fn recall() -> Option<Identity> {
    let store = IndexedDbStore::open(DATABASE).await.ok()?;
    let contents = store.load(Some(&[RECORD])).await.ok()?;
    contents.records.first().and_then(|(_, bytes)| serde_json::from_slice(bytes).ok())
}

/// Remembers it, durably where the browser lets it.
pub(crate) async fn remember(identity: &Identity) {
    // A browser that keeps nothing (a private window) still works until it is closed.
    let _ = try_remember(identity).await;
}

async fn try_remember(identity: &Identity) -> Result<(), StoreError> {
    let store = IndexedDbStore::open(DATABASE).await?;
    let bytes = serde_json::to_vec(identity).map_err(|error| StoreError::Platform(error.to_string()))?;
    loop {
        let expect = store.load(Some(&[])).await?.revision;
        let batch = Batch { expect, put: vec![(RECORD, bytes.clone())], delete: Vec::new() };
        match store.commit(&batch).await {
            // Another tab remembers something too: the last one counts.
            Err(StoreError::Stale) => {}
            result => return result.map(drop),
        }
    }
}

/// Forgets everything, for tests.
#[cfg(test)]
pub(crate) async fn forget() {
    let store = IndexedDbStore::open(DATABASE).await.unwrap();
    let expect = store.load(Some(&[])).await.unwrap().revision;
    store.commit(&Batch { expect, put: Vec::new(), delete: vec![RECORD] }).await.unwrap();
}
