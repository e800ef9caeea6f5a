//! A store in memory: for tests, for the simulator, and for a browser that keeps nothing.
//!
//! A clone is another handle on the same records, as a second tab is; [`MemoryStore::duplicate`] is another device
//! with the same past, as a copied profile or a restored disk is. It can be told to fail the way real storage does.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use shared::ids::AttachmentId;

use super::files::FileStore;
use super::{Batch, Contents, Key, Revision, Store, StoreError};

/// How a commit goes wrong. The caller gets the same error for both and cannot tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is stored.
    Before,
    /// Everything is stored, and only the news of it is lost.
    After,
}

/// A handle on records in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    disk: Rc<RefCell<Disk>>,
}

#[derive(Clone, Debug, Default)]
struct Disk {
    revision: Revision,
    records: BTreeMap<Key, Vec<u8>>,
    files: BTreeMap<AttachmentId, Vec<u8>>,
    /// Bytes that records and files may take.
    quota: Option<usize>,
    fault: Option<Fault>,
    closed: bool,
}

impl MemoryStore {
    pub fn new() -> Self {
        Self::default()
    }

    /// A store of its own with the same records and revision, and without faults.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        let disk = Disk { fault: None, closed: false, ..self.disk.borrow().clone() };
        Self { disk: Rc::new(RefCell::new(disk)) }
    }

    /// Lets the next commit that would succeed fail.
    pub fn fail_next_commit(&self, fault: Fault) {
        self.disk.borrow_mut().fault = Some(fault);
    }

    /// Limits the bytes that all records may take together; a commit beyond it is [`StoreError::Full`].
    pub fn set_quota(&self, bytes: Option<usize>) {
        self.disk.borrow_mut().quota = bytes;
    }

    /// Takes back what it was told of faults and room.
    pub fn repair(&self) {
        let mut disk = self.disk.borrow_mut();
        (disk.fault, disk.quota) = (None, None);
    }

    /// Closes all handles, as a newer version of the app does: everything is [`StoreError::Closed`] from now on.
    pub fn close(&self) {
        self.disk.borrow_mut().closed = true;
    }
}

impl Disk {
    fn load(&self, keys: Option<&[Key]>) -> Result<Contents, StoreError> {
        if self.closed {
            return Err(StoreError::Closed);
        }
        let records = match keys {
            None => self.records.clone(),
            Some(keys) => keys.iter().filter_map(|key| Some((*key, self.records.get(key)?.clone()))).collect(),
        };
        Ok(Contents { revision: self.revision, records: records.into_iter().collect() })
    }

    fn commit(&mut self, batch: &Batch) -> Result<Revision, StoreError> {
        if self.closed {
            return Err(StoreError::Closed);
        }
        if self.revision != batch.expect {
            return Err(StoreError::Stale);
        }
        if self.quota.is_some_and(|quota| self.bytes_after(batch) > quota) {
            return Err(StoreError::Full);
        }
        let fault = self.fault.take();
        if fault != Some(Fault::Before) {
            apply(&mut self.records, batch);
            self.revision += 1;
        }
        match fault {
            None => Ok(self.revision),
            Some(_) => Err(StoreError::Platform("the storage failed, as it was told to".into())),
        }
    }

    fn bytes_after(&self, batch: &Batch) -> usize {
        let mut records = self.records.clone();
        apply(&mut records, batch);
        records.values().chain(self.files.values()).map(Vec::len).sum()
    }
}

fn apply(records: &mut BTreeMap<Key, Vec<u8>>, batch: &Batch) {
    records.extend(batch.put.iter().cloned());
    for key in &batch.delete {
        records.remove(key);
    }
}

impl FileStore for MemoryStore {
    type Content = Vec<u8>;

    async fn put(&self, id: AttachmentId, content: &Vec<u8>) -> Result<(), StoreError> {
        let mut disk = self.disk.borrow_mut();
        if disk.closed {
            return Err(StoreError::Closed);
        }
        let bytes = disk.bytes_after(&Batch::default()) + content.len();
        if disk.quota.is_some_and(|quota| bytes > quota) {
            return Err(StoreError::Full);
        }
        disk.files.insert(id, content.clone());
        Ok(())
    }

    async fn get(&self, id: AttachmentId) -> Result<Option<Vec<u8>>, StoreError> {
        let disk = self.disk.borrow();
        if disk.closed { Err(StoreError::Closed) } else { Ok(disk.files.get(&id).cloned()) }
    }

    async fn ids(&self) -> Result<Vec<AttachmentId>, StoreError> {
        let disk = self.disk.borrow();
        if disk.closed { Err(StoreError::Closed) } else { Ok(disk.files.keys().copied().collect()) }
    }

    async fn remove(&self, ids: &[AttachmentId]) -> Result<(), StoreError> {
        let mut disk = self.disk.borrow_mut();
        if disk.closed {
            return Err(StoreError::Closed);
        }
        disk.files.retain(|id, _| !ids.contains(id));
        Ok(())
    }

    fn part(content: &Vec<u8>, range: Range<u64>) -> Result<Vec<u8>, StoreError> {
        let place = |at| usize::try_from(at).unwrap_or(usize::MAX).min(content.len());
        Ok(content[place(range.start)..place(range.end)].to_vec())
    }
}

impl Store for MemoryStore {
    async fn load(&self, keys: Option<&[Key]>) -> Result<Contents, StoreError> {
        self.disk.borrow().load(keys)
    }

    async fn commit(&self, batch: &Batch) -> Result<Revision, StoreError> {
        self.disk.borrow_mut().commit(batch)
    }
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use std::collections::HashMap;

    use futures::FutureExt;

    use super::*;
    use crate::store::{Table, contract};

    /// The futures of this store are ready at once.
    fn now<T>(future: impl Future<Output = T>) -> T {
        future.now_or_never().expect("memory never waits")
    }

    fn put(expect: Revision, key: u64, bytes: &[u8]) -> Batch {
        Batch { expect, put: vec![((Table::Outbox, key), bytes.to_vec())], delete: Vec::new() }
    }

    #[test]
    fn keeps_the_contract() {
        let disks = RefCell::new(HashMap::<String, MemoryStore>::new());
        let open = async |name: &str| disks.borrow_mut().entry(name.to_owned()).or_default().clone();
        now(contract::check(open));
        now(contract::check_files(open, <[u8]>::to_vec, async |content| content));
    }

    #[test]
    fn a_commit_that_fails_before_it_takes_effect_changes_nothing() {
        let store = MemoryStore::new();
        store.fail_next_commit(Fault::Before);
        assert!(matches!(now(store.commit(&put(0, 1, b"a"))), Err(StoreError::Platform(_))));
        assert_eq!(now(store.load(None)), Ok(Contents::default()));
        assert_eq!(now(store.commit(&put(0, 1, b"a"))), Ok(1), "only the next commit fails");
    }

    #[test]
    fn a_commit_that_fails_after_it_took_effect_is_there() {
        let store = MemoryStore::new();
        store.fail_next_commit(Fault::After);
        assert!(matches!(now(store.commit(&put(0, 1, b"a"))), Err(StoreError::Platform(_))));
        assert_eq!(now(store.load(None)).unwrap().revision, 1);
        assert_eq!(now(store.commit(&put(0, 1, b"a"))), Err(StoreError::Stale));
    }

    #[test]
    fn a_full_store_takes_deletions() {
        let store = MemoryStore::new();
        store.set_quota(Some(3));
        assert_eq!(now(store.commit(&put(0, 1, b"abc"))), Ok(1));
        assert_eq!(now(store.commit(&put(1, 2, b"d"))), Err(StoreError::Full));
        let delete = Batch { expect: 1, delete: vec![(Table::Outbox, 1)], ..Batch::default() };
        assert_eq!(now(store.commit(&delete)), Ok(2));
        assert_eq!(now(store.commit(&put(2, 2, b"d"))), Ok(3));
    }

    #[test]
    fn a_duplicate_goes_its_own_way() {
        let store = MemoryStore::new();
        now(store.commit(&put(0, 1, b"a"))).unwrap();
        let copy = store.duplicate();
        assert_eq!(now(copy.load(None)), now(store.load(None)));
        now(copy.commit(&put(1, 2, b"b"))).unwrap();
        assert_eq!(now(store.commit(&put(1, 2, b"c"))), Ok(2));
        store.fail_next_commit(Fault::Before);
        store.close();
        assert_eq!(now(store.duplicate().commit(&put(2, 3, b"d"))), Ok(3), "faults are the handle's, not the records'");
    }

    #[test]
    fn a_repaired_store_takes_everything() {
        let store = MemoryStore::new();
        store.fail_next_commit(Fault::Before);
        store.set_quota(Some(0));
        store.repair();
        assert_eq!(now(store.commit(&put(0, 1, b"a"))), Ok(1));
    }

    #[test]
    fn a_closed_store_says_so() {
        let store = MemoryStore::new();
        store.clone().close();
        assert_eq!(now(store.load(None)), Err(StoreError::Closed));
        assert_eq!(now(store.commit(&put(0, 1, b"a"))), Err(StoreError::Closed));
    }
}
