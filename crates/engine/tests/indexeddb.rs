//! The browser's store keeps the contract of stores, and what only a browser can do to it.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use js_sys::{Array, Reflect, Uint8Array};
use shared::ids::AttachmentId;
use tern_engine::store::files::FileStore;
use tern_engine::store::indexeddb::IndexedDbStore;
use tern_engine::store::{Batch, Contents, Revision, Store, StoreError, Table, contract};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Blob, IdbFactory};

wasm_bindgen_test_configure!(run_in_browser);

async fn open(name: &str) -> IndexedDbStore {
    IndexedDbStore::open(name).await.unwrap()
}

fn put(expect: Revision, bytes: &[u8]) -> Batch {
    Batch { expect, put: vec![((Table::Outbox, 1), bytes.to_vec())], delete: Vec::new() }
}

fn indexed_db() -> IdbFactory {
    Reflect::get(&js_sys::global(), &"indexedDB".into()).unwrap().unchecked_into()
}

#[wasm_bindgen_test]
async fn keeps_the_contract() {
    contract::check(open).await;
    contract::check_files(open, blob, read).await;
}

fn blob(bytes: &[u8]) -> Blob {
    Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes))).unwrap()
}

async fn read(blob: Blob) -> Vec<u8> {
    Uint8Array::new(&JsFuture::from(blob.array_buffer()).await.unwrap()).to_vec()
}

#[wasm_bindgen_test]
async fn a_layout_without_contents_is_completed_and_keeps_what_it_holds() {
    let db = upgrade_with("layout-1", 1, &["meta", "pages", "outbox", "refused", "revision"]).await;
    let mode = web_sys::IdbTransactionMode::Readwrite;
    let tx = db.transaction_with_str_and_mode("outbox", mode).unwrap();
    tx.object_store("outbox").unwrap().put_with_key(&Uint8Array::from(&b"kept"[..]), &1.into()).unwrap();
    db.close();
    let store = open("layout-1").await;
    assert_eq!(store.load(None).await.unwrap().records, put(0, b"kept").put);
    let id = AttachmentId::default();
    store.put(id, &blob(b"file")).await.unwrap();
    assert_eq!(store.commit(&put(0, b"later")).await, Ok(1));
    store.lose_connection();
    assert_eq!(read(store.get(id).await.unwrap().unwrap()).await, b"file");
}

#[wasm_bindgen_test]
async fn a_lost_connection_is_opened_anew() {
    let store = open("lost").await;
    store.commit(&put(0, b"before")).await.unwrap();
    store.lose_connection();
    assert_eq!(store.load(Some(&[])).await.unwrap().revision, 1);
    store.clone().lose_connection();
    assert_eq!(store.commit(&put(1, b"after")).await, Ok(2));
    assert_eq!(store.load(None).await, Ok(Contents { revision: 2, records: put(0, b"after").put }));
}

#[wasm_bindgen_test]
async fn a_commit_in_progress_survives_the_loss_of_the_connection() {
    let store = open("lost-midway").await;
    let batch = put(0, b"kept");
    let (committed, ()) = futures::future::join(store.commit(&batch), async { store.lose_connection() }).await;
    assert_eq!(committed, Ok(1));
    assert_eq!(store.load(None).await.unwrap().records, batch.put);
}

#[wasm_bindgen_test]
async fn a_dropped_commit_is_whole_or_not_made() {
    let store = open("dropped").await;
    for _ in 0..10 {
        let expect = store.load(Some(&[])).await.unwrap().revision;
        let batch = Batch {
            put: Table::ALL.map(|table| ((table, 1), expect.to_le_bytes().to_vec())).into(),
            ..put(expect, b"")
        };
        // Polled once: the transaction is open, its first request on the way.
        assert_eq!(futures::FutureExt::now_or_never(store.commit(&batch)), None);
        let now = store.load(None).await.unwrap();
        assert!(now.revision == expect && now.records.is_empty(), "{now:?}");
    }
}

#[wasm_bindgen_test]
async fn stands_not_in_the_way_of_an_upgrade() {
    let (store, other) = (open("upgrade").await, open("upgrade").await);
    store.commit(&put(0, b"a")).await.unwrap();
    let upgraded = upgrade("upgrade", 99).await;
    assert_eq!(store.load(None).await, Err(StoreError::Closed));
    assert_eq!(other.commit(&put(1, b"b")).await, Err(StoreError::Closed));
    upgraded.close();
    assert_eq!(
        IndexedDbStore::open("upgrade").await.err(),
        Some(StoreError::Closed),
        "made by a newer version of the app"
    );
}

/// What a newer version of the app does.
async fn upgrade(name: &str, version: u32) -> web_sys::IdbDatabase {
    upgrade_with(name, version, &[]).await
}

/// The same, with object stores that are made on the way.
async fn upgrade_with(name: &str, version: u32, stores: &'static [&'static str]) -> web_sys::IdbDatabase {
    let request = indexed_db().open_with_u32(name, version).unwrap();
    let opening = request.clone();
    let make = wasm_bindgen::closure::Closure::once(move || {
        let db: web_sys::IdbDatabase = opening.result().unwrap().unchecked_into();
        for name in stores {
            db.create_object_store(name).unwrap();
        }
    });
    request.set_onupgradeneeded(Some(make.as_ref().unchecked_ref()));
    let (sender, receiver) = futures::channel::oneshot::channel();
    let done = wasm_bindgen::closure::Closure::once(move || sender.send(()).unwrap());
    request.set_onsuccess(Some(done.as_ref().unchecked_ref()));
    receiver.await.unwrap();
    request.result().unwrap().unchecked_into()
}

#[wasm_bindgen_test]
async fn what_another_program_wrote_is_corrupt_not_a_panic() {
    let store = open("corrupt").await;
    store.commit(&put(0, b"a")).await.unwrap();
    drop(store);
    let db = upgrade("corrupt", 2).await;
    let tx = db.transaction_with_str_and_mode("outbox", web_sys::IdbTransactionMode::Readwrite).unwrap();
    tx.object_store("outbox").unwrap().put_with_key(&"text".into(), &1.into()).unwrap();
    db.close();
    let store = open("corrupt").await;
    assert!(matches!(store.load(None).await, Err(StoreError::Corrupt(_))));
}

/// Prints how long commits and a cold load take; they are part of what a member feels with every keystroke that saves.
#[wasm_bindgen_test]
async fn latency() {
    let performance = web_sys::window().unwrap().performance().unwrap();
    let store = open("latency").await;
    let mut revision = 0;
    let mut times = async |put: Vec<_>| {
        let mut times = Vec::new();
        for _ in 0..200 {
            let batch = Batch { expect: revision, put: put.clone(), delete: Vec::new() };
            let began = performance.now();
            revision = store.commit(&batch).await.unwrap();
            times.push(performance.now() - began);
        }
        times.sort_by(f64::total_cmp);
        format!("p50 {:.2} ms, p95 {:.2} ms", times[100], times[190])
    };
    let small = times(vec![((Table::Outbox, 1), vec![7; 300])]).await;
    let edit = times(vec![
        ((Table::Pages, 1), vec![7; 9_000]),
        ((Table::Outbox, 2), vec![7; 300]),
        ((Table::Meta, 0), vec![7; 200]),
    ])
    .await;
    web_sys::console::log_1(&format!("commit of one small record: {small}").into());
    web_sys::console::log_1(&format!("commit of page, outbox entry and meta: {edit}").into());

    let pages = (0..500).map(|page| ((Table::Pages, page), vec![7; 9_000])).collect();
    let began = performance.now();
    revision = store.commit(&Batch { expect: revision, put: pages, delete: Vec::new() }).await.unwrap();
    let written = performance.now();
    let contents = store.load(None).await.unwrap();
    let read = performance.now();
    let keys: Vec<_> = (0..500).map(|page| (Table::Pages, page)).collect();
    store.load(Some(&keys)).await.unwrap();
    let (write, load, keyed) = (written - began, read - written, performance.now() - read);
    web_sys::console::log_1(
        &format!("500 pages of 9 kB: written in {write:.0} ms, all loaded in {load:.0} ms, by keys in {keyed:.0} ms")
            .into(),
    );
    assert_eq!((contents.revision, contents.records.len()), (revision, 503));
}
