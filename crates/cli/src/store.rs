//! The terminal's store: one SQLite database for each member of an organization.
//!
//! It keeps the contract of `engine::store`, as the browser's does: a batch is one transaction, committed only on the
//! revision that it was made for, and on disk when `commit` returns (write-ahead log, `synchronous=FULL`). Several
//! processes on one database are to each other what the tabs of a browser are.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use engine::store::{Batch, Contents, Key, Revision, Store, StoreError, Table};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Transaction, TransactionBehavior, params};

/// How long to wait for another process that writes. A commit takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);
/// The form of the database; a later release that changes it counts on.
const LAYOUT: i64 = 1;
/// A record's address is one number, in the order of the keys: the table in the upper bits, the record in the lower 53.
const NUMBER_BITS: u32 = 53;

const CREATE: &str = "
    CREATE TABLE record (address INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
    CREATE TABLE revision (revision INTEGER NOT NULL) STRICT;
    INSERT INTO revision VALUES (0);
";

/// A connection to the database of one member.
#[derive(Debug)]
pub(crate) struct SqliteStore {
    db: Connection,
}

impl SqliteStore {
    /// Opens a database, which is made where there is none.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        // For its owner alone; the log beside it gets the same rights.
        let made = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
        made.map_err(|error| StoreError::Platform(error.to_string()))?;
        let db = Connection::open(path).map_err(failure)?;
        db.busy_timeout(PATIENCE).map_err(failure)?;
        // Durable before it is shown; the log makes that one write to the disk.
        db.pragma_update(None, "synchronous", "FULL").map_err(failure)?;
        let store = Self { db };
        match store.layout()? {
            LAYOUT => Ok(store),
            0 => store.create(),
            _ => Err(StoreError::Newer),
        }
    }

    fn layout(&self) -> Result<i64, StoreError> {
        self.db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failure)
    }

    fn create(self) -> Result<Self, StoreError> {
        // Stays with the file.
        self.db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).map_err(failure)?;
        let tx = self.write()?;
        // Another process may have been faster.
        if self.layout()? == 0 {
            tx.execute_batch(CREATE).map_err(failure)?;
            tx.pragma_update(None, "user_version", LAYOUT).map_err(failure)?;
        }
        tx.commit().map_err(failure)?;
        Ok(self)
    }

    /// A transaction that nobody writes beside.
    fn write(&self) -> Result<Transaction<'_>, StoreError> {
        Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate).map_err(failure)
    }

    /// The revision as of now, to see whether another process has committed.
    pub(crate) fn revision(&self) -> Result<Revision, StoreError> {
        revision(&self.db)
    }

    fn read(&self, keys: Option<&[Key]>) -> Result<Contents, StoreError> {
        // What is read in one transaction is of one moment.
        let tx = self.db.unchecked_transaction().map_err(failure)?;
        let revision = revision(&tx)?;
        let mut records = Vec::new();
        match keys {
            None => {
                let mut all = tx.prepare("SELECT address, bytes FROM record ORDER BY address").map_err(failure)?;
                let mut rows = all.query([]).map_err(failure)?;
                while let Some(row) = rows.next().map_err(failure)? {
                    let address = row.get(0).map_err(failure)?;
                    records.push((key(address)?, row.get(1).map_err(failure)?));
                }
            }
            Some(keys) => {
                let mut sorted = keys.to_vec();
                sorted.sort_unstable();
                sorted.dedup();
                let mut one = tx.prepare("SELECT bytes FROM record WHERE address = ?1").map_err(failure)?;
                for key in sorted {
                    let bytes = one.query_row([address(key)?], |row| row.get(0)).optional().map_err(failure)?;
                    records.extend(bytes.map(|bytes: Vec<u8>| (key, bytes)));
                }
            }
        }
        Ok(Contents { revision, records })
    }

    fn write_batch(&self, batch: &Batch) -> Result<Revision, StoreError> {
        let tx = self.write()?;
        if revision(&tx)? != batch.expect {
            return Err(StoreError::Stale);
        }
        let next = batch.expect + 1;
        let number = i64::try_from(next).map_err(|_| StoreError::Platform("the store has no more revisions".into()))?;
        {
            let mut put =
                tx.prepare("INSERT OR REPLACE INTO record (address, bytes) VALUES (?1, ?2)").map_err(failure)?;
            for (key, bytes) in &batch.put {
                put.execute(params![address(*key)?, bytes]).map_err(failure)?;
            }
            let mut delete = tx.prepare("DELETE FROM record WHERE address = ?1").map_err(failure)?;
            for key in &batch.delete {
                delete.execute([address(*key)?]).map_err(failure)?;
            }
        }
        tx.execute("UPDATE revision SET revision = ?1", [number]).map_err(failure)?;
        tx.commit().map_err(failure)?;
        Ok(next)
    }
}

impl Store for SqliteStore {
    async fn load(&self, keys: Option<&[Key]>) -> Result<Contents, StoreError> {
        self.read(keys)
    }

    async fn commit(&self, batch: &Batch) -> Result<Revision, StoreError> {
        self.write_batch(batch)
    }
}

fn revision(db: &Connection) -> Result<Revision, StoreError> {
    let number: i64 = db.query_row("SELECT revision FROM revision", [], |row| row.get(0)).map_err(failure)?;
    Revision::try_from(number).map_err(|_| StoreError::Corrupt(format!("revision {number}")))
}

/// The number of a table, which is never given to another one.
fn number(table: Table) -> i64 {
    match table {
        Table::Meta => 0,
        Table::Pages => 1,
        Table::Outbox => 2,
        Table::Refused => 3,
        Table::Held => 4,
    }
}

fn address((table, record): Key) -> Result<i64, StoreError> {
    let record = i64::try_from(record).ok().filter(|record| record >> NUMBER_BITS == 0);
    let record = record.ok_or_else(|| StoreError::Platform("a record's number is too large".into()))?;
    Ok(number(table) << NUMBER_BITS | record)
}

fn key(address: i64) -> Result<Key, StoreError> {
    let table = Table::ALL.into_iter().find(|table| number(*table) == address >> NUMBER_BITS);
    let record = u64::try_from(address & ((1 << NUMBER_BITS) - 1)).ok();
    table.zip(record).ok_or_else(|| StoreError::Corrupt(format!("record {address}")))
}

/// What went wrong, by what can be done about it. SQLite undoes a transaction that it could not finish.
#[expect(clippy::needless_pass_by_value, reason = "that is how `map_err` hands it over")]
fn failure(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt(error.to_string()),
        _ => StoreError::Platform(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use engine::store::contract;
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn keeps_the_contract() {
        let directory = tempfile::tempdir().unwrap();
        let open = async |name: &str| SqliteStore::open(&directory.path().join(name)).unwrap();
        contract::check(open).now_or_never().unwrap();
    }

    #[test]
    fn addresses_are_in_the_order_of_the_keys() {
        let last = (1 << NUMBER_BITS) - 1;
        let keys: Vec<Key> = Table::ALL.into_iter().flat_map(|table| [(table, 0), (table, 1), (table, last)]).collect();
        let addresses: Vec<i64> = keys.iter().map(|key| address(*key).unwrap()).collect();
        assert!(keys.is_sorted() && addresses.is_sorted_by(|before, after| before < after));
        let back: Vec<Key> = addresses.into_iter().map(|address| key(address).unwrap()).collect();
        assert_eq!(back, keys);
        assert!(address((Table::Meta, last + 1)).is_err() && address((Table::Meta, u64::MAX)).is_err());
        assert!(matches!(key(5 << NUMBER_BITS), Err(StoreError::Corrupt(_))));
        assert!(matches!(key(-1), Err(StoreError::Corrupt(_))));
    }

    #[test]
    fn the_database_of_a_newer_release_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("newer");
        drop(SqliteStore::open(&path).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", LAYOUT + 1).unwrap();
        assert_eq!(SqliteStore::open(&path).err(), Some(StoreError::Newer));
    }

    #[test]
    fn what_is_no_database_is_called_so() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("text");
        std::fs::write(&path, "not a database at all, but long enough to be read as one".repeat(99)).unwrap();
        assert!(matches!(SqliteStore::open(&path), Err(StoreError::Corrupt(_))));
    }
}
