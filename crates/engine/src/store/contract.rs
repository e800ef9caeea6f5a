//! What every [`Store`] must do, as one suite that runs on each of them: natively and in browsers.
//!
//! The suite opens handles by name. Two handles of one name are two tabs on one store; a name that was never used is an
//! empty store. A broken promise panics and says which.

#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "a test fails by panicking")]

use futures::future::{join, join_all};

use shared::ids::AttachmentId;
use uuid::Uuid;

use super::files::FileStore;
use super::{Batch, Contents, Key, Revision, Store, StoreError, Table};

/// The largest key that a store must keep: 2⁵³ − 1, the largest exact integer of JavaScript.
const LAST_KEY: u64 = (1 << 53) - 1;

/// Checks that the stores which `open` returns keep the contract.
pub async fn check<S: Store>(open: impl AsyncFn(&str) -> S) {
    an_unused_store_is_empty(&open("empty").await).await;
    what_was_put_is_loaded(&open("round-trip").await).await;
    records_come_in_the_order_of_their_keys(&open("order").await).await;
    given_keys_are_loaded_if_they_exist(&open("given-keys").await).await;
    a_put_replaces_and_a_delete_removes(&open("overwrite").await).await;
    every_commit_counts_one(&open("revision").await).await;
    a_stale_batch_changes_nothing(&open("stale").await).await;
    values_may_be_empty_or_large(&open("sizes").await).await;
    a_large_batch_is_one_commit(&open("batch").await).await;
    handles_see_each_other(&open("two").await, &open("two").await).await;
    one_of_two_racing_commits_wins(&open("race").await, &open("race").await).await;
    many_racing_commits_count_without_gaps(&open("crowd").await, &open("crowd").await).await;
    a_load_beside_a_commit_is_of_one_moment(&open("moment").await, &open("moment").await).await;

    let first = open("reopen").await;
    first.commit(&put(0, [((Table::Pages, 7), b"kept".to_vec())])).await.unwrap();
    drop(first);
    let kept = Contents { revision: 1, records: vec![((Table::Pages, 7), b"kept".to_vec())] };
    assert_eq!(open("reopen").await.load(None).await, Ok(kept), "everything is there after the store was closed");
}

fn put(expect: Revision, put: impl IntoIterator<Item = (Key, Vec<u8>)>) -> Batch {
    Batch { expect, put: put.into_iter().collect(), delete: Vec::new() }
}

fn delete(expect: Revision, keys: &[Key]) -> Batch {
    Batch { expect, put: Vec::new(), delete: keys.to_vec() }
}

async fn an_unused_store_is_empty(store: &impl Store) {
    assert_eq!(store.load(None).await, Ok(Contents::default()));
    assert_eq!(store.load(Some(&[(Table::Meta, 0)])).await, Ok(Contents::default()));
}

async fn what_was_put_is_loaded(store: &impl Store) {
    let bytes: Vec<u8> = (0..=255).collect();
    // The same number in every table is another record in each.
    let records: Vec<_> =
        Table::ALL.map(|table| ((table, 1), [&bytes[..], format!("{table:?}").as_bytes()].concat())).into();
    assert_eq!(store.commit(&put(0, records.clone())).await, Ok(1));
    assert_eq!(store.load(None).await, Ok(Contents { revision: 1, records }));
}

async fn records_come_in_the_order_of_their_keys(store: &impl Store) {
    let numbers = [LAST_KEY, 0, 256, 10, 9, 1 << 32, 2, LAST_KEY - 1, 255];
    let mixed = numbers.iter().flat_map(|number| [(Table::Refused, *number), (Table::Meta, *number)]);
    let records: Vec<_> = mixed.map(|key| (key, format!("{key:?}").into_bytes())).collect();
    store.commit(&put(0, records.clone())).await.unwrap();
    let mut sorted = records.clone();
    sorted.sort();
    assert_eq!(store.load(None).await, Ok(Contents { revision: 1, records: sorted.clone() }), "load of all");
    let keys: Vec<Key> = records.iter().map(|(key, _)| *key).collect();
    assert_eq!(store.load(Some(&keys)).await, Ok(Contents { revision: 1, records: sorted }), "load of given keys");
}

async fn given_keys_are_loaded_if_they_exist(store: &impl Store) {
    let records = (0..10).map(|number| ((Table::Pages, number), vec![0; 3]));
    store.commit(&put(0, records.chain([((Table::Meta, 0), vec![1])]))).await.unwrap();
    let asked = [
        (Table::Pages, 5),
        (Table::Pages, 4),
        (Table::Pages, 99),
        (Table::Outbox, 4),
        (Table::Meta, 0),
        (Table::Pages, 5),
    ];
    let found = vec![((Table::Meta, 0), vec![1]), ((Table::Pages, 4), vec![0; 3]), ((Table::Pages, 5), vec![0; 3])];
    assert_eq!(store.load(Some(&asked)).await, Ok(Contents { revision: 1, records: found }));
    assert_eq!(store.load(Some(&[])).await, Ok(Contents { revision: 1, records: Vec::new() }), "the revision alone");
}

async fn a_put_replaces_and_a_delete_removes(store: &impl Store) {
    let (a, b, c) = ((Table::Outbox, 1), (Table::Outbox, 2), (Table::Pages, 1));
    store.commit(&put(0, [a, b, c].map(|key| (key, b"old and long".to_vec())))).await.unwrap();
    let batch = Batch { expect: 1, put: vec![(a, b"new".to_vec())], delete: vec![b, (Table::Meta, 77)] };
    assert_eq!(store.commit(&batch).await, Ok(2), "deleting what is not there is no error");
    let records = vec![(c, b"old and long".to_vec()), (a, b"new".to_vec())];
    assert_eq!(store.load(None).await, Ok(Contents { revision: 2, records }));

    let twice = vec![(b, b"first".to_vec()), (b, b"second".to_vec()), (c, b"gone".to_vec())];
    store.commit(&Batch { expect: 2, put: twice, delete: vec![a, c] }).await.unwrap();
    let records = vec![(b, b"second".to_vec())];
    assert_eq!(
        store.load(None).await,
        Ok(Contents { revision: 3, records }),
        "the later put counts, a delete comes last"
    );
}

async fn every_commit_counts_one(store: &impl Store) {
    for expect in 0..20_u64 {
        let batch =
            if expect.is_multiple_of(2) { put(expect, [((Table::Meta, 0), vec![1])]) } else { delete(expect, &[]) };
        assert_eq!(store.commit(&batch).await, Ok(expect + 1), "also an empty batch");
    }
    assert_eq!(store.load(Some(&[])).await.unwrap().revision, 20);
}

async fn a_stale_batch_changes_nothing(store: &impl Store) {
    store.commit(&put(0, (0..3).map(|number| ((Table::Pages, number), vec![1])))).await.unwrap();
    store.commit(&put(1, [((Table::Meta, 0), vec![1])])).await.unwrap();
    let before = store.load(None).await.unwrap();
    for expect in [0, 1, 3, LAST_KEY] {
        let many = (0..200).map(|number| ((Table::Pages, number), vec![2; 100]));
        let batch = Batch { delete: vec![(Table::Meta, 0)], ..put(expect, many) };
        assert_eq!(store.commit(&batch).await, Err(StoreError::Stale), "revision is 2, the batch expects {expect}");
        assert_eq!(store.load(None).await.as_ref(), Ok(&before));
    }
    assert_eq!(store.commit(&delete(2, &[(Table::Meta, 0)])).await, Ok(3), "the store goes on");
}

async fn values_may_be_empty_or_large(store: &impl Store) {
    let large: Vec<u8> = (0..=250).cycle().take(1 << 20).collect();
    let records = vec![((Table::Pages, 0), Vec::new()), ((Table::Pages, LAST_KEY), large)];
    store.commit(&put(0, records.clone())).await.unwrap();
    assert_eq!(store.load(None).await, Ok(Contents { revision: 1, records: records.clone() }));
    let keys = [(Table::Pages, 0), (Table::Pages, LAST_KEY)];
    assert_eq!(store.load(Some(&keys)).await, Ok(Contents { revision: 1, records }));
}

async fn a_large_batch_is_one_commit(store: &impl Store) {
    let records: Vec<_> = (0..1_000).map(|number| ((Table::Pages, number), vec![7; 1_000])).collect();
    assert_eq!(store.commit(&put(0, records.clone())).await, Ok(1));
    assert_eq!(store.load(None).await, Ok(Contents { revision: 1, records: records.clone() }));
    let keys: Vec<Key> = records.iter().map(|(key, _)| *key).collect();
    assert_eq!(store.commit(&delete(1, &keys)).await, Ok(2));
    assert_eq!(store.load(None).await, Ok(Contents { revision: 2, records: Vec::new() }));
}

async fn handles_see_each_other(first: &impl Store, second: &impl Store) {
    assert_eq!(second.load(None).await, Ok(Contents::default()));
    first.commit(&put(0, [((Table::Outbox, 1), b"first".to_vec())])).await.unwrap();
    let late = put(0, [((Table::Outbox, 1), b"second".to_vec())]);
    assert_eq!(second.commit(&late).await, Err(StoreError::Stale), "it planned on the old revision");
    let seen = second.load(None).await.unwrap();
    assert_eq!(seen, Contents { revision: 1, records: vec![((Table::Outbox, 1), b"first".to_vec())] });
    assert_eq!(second.commit(&Batch { expect: seen.revision, ..late }).await, Ok(2));
    assert_eq!(first.load(None).await.unwrap().records, [((Table::Outbox, 1), b"second".to_vec())]);
}

async fn one_of_two_racing_commits_wins(first: &impl Store, second: &impl Store) {
    for expect in 0..20 {
        // Each writes the record that both want and one of its own.
        let batch = |author: u64| {
            put(
                expect,
                [((Table::Meta, 0), vec![author.try_into().unwrap()]), ((Table::Outbox, expect * 2 + author), vec![0])],
            )
        };
        let batches = [batch(0), batch(1)];
        let results: [_; 2] = join(first.commit(&batches[0]), second.commit(&batches[1])).await.into();
        let winner = results.iter().position(Result::is_ok).unwrap();
        assert_eq!(results[winner], Ok(expect + 1));
        assert_eq!(results[1 - winner], Err(StoreError::Stale));
        let keys = [(Table::Meta, 0), batches[0].put[1].0, batches[1].put[1].0];
        let stored = first.load(Some(&keys)).await.unwrap();
        assert_eq!(stored, Contents { revision: expect + 1, records: batches[winner].put.clone() });
    }
}

async fn many_racing_commits_count_without_gaps(first: &impl Store, second: &impl Store) {
    const WRITERS: u64 = 8;
    let write = async |writer: u64| {
        let mut expect = 0;
        loop {
            let batch = put(expect, [((Table::Outbox, writer), vec![1])]);
            let result =
                if writer.is_multiple_of(2) { first.commit(&batch).await } else { second.commit(&batch).await };
            match result {
                Ok(revision) => break revision,
                Err(StoreError::Stale) => expect = first.load(Some(&[])).await.unwrap().revision,
                Err(error) => panic!("{error}"),
            }
        }
    };
    let mut revisions = join_all((0..WRITERS).map(write)).await;
    revisions.sort_unstable();
    assert_eq!(revisions, (1..=WRITERS).collect::<Vec<_>>(), "every writer got a revision of its own");
    assert_eq!(second.load(None).await.unwrap().records.len() as u64, WRITERS);
}

async fn a_load_beside_a_commit_is_of_one_moment(first: &impl Store, second: &impl Store) {
    for expect in 0..20_u64 {
        let stamp = expect.to_le_bytes().to_vec();
        let batch = put(expect, Table::ALL.map(|table| ((table, expect % 3), stamp.clone())));
        let (committed, loaded) = join(first.commit(&batch), second.load(None)).await;
        assert_eq!(committed, Ok(expect + 1));
        let loaded = loaded.unwrap();
        let Some(newest) = loaded.revision.checked_sub(1) else {
            assert_eq!(loaded, Contents::default());
            continue;
        };
        let whole = loaded.records.iter().filter(|(_, bytes)| *bytes == newest.to_le_bytes()).count();
        assert_eq!(whole, Table::ALL.len(), "at revision {}", loaded.revision);
    }
}

/// Checks that the stores which `open` returns keep contents as [`FileStore`] says. `content` makes one of bytes, `bytes`
/// reads one.
pub async fn check_files<S: Store + FileStore>(
    open: impl AsyncFn(&str) -> S,
    content: impl Fn(&[u8]) -> S::Content,
    bytes: impl AsyncFn(S::Content) -> Vec<u8>,
) {
    let (store, other) = (open("files").await, open("files").await);
    let [a, b, c] = [3, 1, 2].map(|n| AttachmentId(Uuid::from_u128(n)));
    assert_eq!(store.ids().await, Ok(vec![]));
    assert!(store.get(a).await.unwrap().is_none());
    let large: Vec<u8> = (0..=250).cycle().take(3 << 20).collect();
    for (id, file) in [(a, &large[..]), (b, b""), (c, b"small"), (c, b"small")] {
        store.put(id, &content(file)).await.unwrap();
    }
    assert_eq!(other.ids().await, Ok(vec![b, c, a]), "in the order of their ids, for every tab");
    for (id, file) in [(a, &large[..]), (b, b""), (c, b"small")] {
        let found = other.get(id).await.unwrap().unwrap();
        assert_eq!(bytes(found.clone()).await, file);
        let size = file.len() as u64;
        for range in [0..0, 0..size, size / 2..size, size / 3..size / 2] {
            let places = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
            assert_eq!(bytes(S::part(&found, range).unwrap()).await, file[places]);
        }
    }
    assert_eq!(store.load(None).await, Ok(Contents::default()), "no record is concerned");
    store.commit(&put(0, [((Table::Meta, 0), vec![1])])).await.unwrap();
    other.remove(&[a, AttachmentId(Uuid::max())]).await.unwrap();
    assert!(store.get(a).await.unwrap().is_none());
    drop((store, other));
    assert_eq!(open("files").await.ids().await, Ok(vec![b, c]), "everything is there after the store was closed");
}
