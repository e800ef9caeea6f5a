//! A store that an earlier release has written.
//!
//! What is nowhere else is kept: the outbox and what was refused, which are read by names, and where the device stands.
//! Rows are fetched anew, because the server has them too. A release that changes their form may read the earlier one
//! here instead, so that they are there without a network as well.

use crate::pull::plan_reset;
use crate::record::{FORMAT, META, Meta, Record};
use crate::replica::Replica;
use crate::store::{Batch, Contents, StoreError, Table};

/// What to commit before the store can be opened, if an earlier release has written it. An error, and nothing to
/// commit, where a newer one has.
pub fn plan(contents: &Contents) -> Result<Option<Batch>, StoreError> {
    let Some((_, bytes)) = contents.records.iter().find(|(key, _)| *key == META) else { return Ok(None) };
    let Record::Meta(meta) = Record::decode(META, bytes)? else { return Ok(None) };
    if meta.format == FORMAT {
        return Ok(None);
    }
    let (actor, epoch) = (meta.actor, meta.epoch);
    let kept = contents.records.iter().filter(|((table, _), _)| *table != Table::Pages).cloned().collect();
    let mut replica = Replica::open(Contents { revision: contents.revision, records: kept }, actor)?;
    let upgraded = Meta { format: FORMAT, ..meta };
    let anew = vec![Replica::plan_meta(upgraded)];
    let mut batch = replica.batch(&anew)?;
    if let Some(epoch) = epoch {
        replica.apply(contents.revision, anew);
        batch = replica.batch(&plan_reset(&replica, epoch, shared::clock::Version::MAX))?;
    }
    let pages = contents.records.iter().map(|(key, _)| *key).filter(|(table, _)| *table == Table::Pages);
    batch.delete.extend(pages);
    Ok(Some(batch))
}
