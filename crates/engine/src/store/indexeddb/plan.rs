//! One commit: what it writes, and whether it may.

use js_sys::{Array, Math, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{IdbRequest, IdbTransaction};

use super::value::{integer, js_integer, js_key, platform, store_name};
use crate::store::{Batch, Revision, StoreError, Table};

/// The object store of the revision, and its only key.
pub(super) const REVISION: &str = "revision";
pub(super) const REVISION_KEY: f64 = 0.0;

/// Whether an earlier attempt at the same commit may have been made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    First,
    AfterUnknown,
}

/// Why the changes of a plan are not to be made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    AlreadyMade,
    Impossible(StoreError),
}

impl From<StoreError> for Verdict {
    fn from(error: StoreError) -> Self {
        Self::Impossible(error)
    }
}

impl From<JsValue> for Verdict {
    fn from(thrown: JsValue) -> Self {
        Self::Impossible(platform(&thrown))
    }
}

/// A batch, ready to be written without a pause.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) expect: Revision,
    /// Recognizes this commit should the news of it get lost.
    mark: f64,
    put: Vec<(Table, JsValue, Uint8Array)>,
    delete: Vec<(Table, JsValue)>,
}

impl Plan {
    pub(super) fn new(batch: &Batch) -> Result<Self, StoreError> {
        let put = batch.put.iter().map(|(key, value)| Ok((key.0, js_key(*key)?, Uint8Array::from(&value[..]))));
        let delete = batch.delete.iter().map(|key| Ok((key.0, js_key(*key)?)));
        Ok(Self {
            expect: batch.expect,
            mark: Math::random(),
            put: put.collect::<Result<_, StoreError>>()?,
            delete: delete.collect::<Result<_, StoreError>>()?,
        })
    }

    /// Makes the requests of this plan if `found` holds the revision that it expects.
    pub(super) fn carry_out(&self, tx: &IdbTransaction, found: &IdbRequest, attempt: Attempt) -> Result<(), Verdict> {
        self.judge(Stamp::read(&found.result()?)?, attempt)?;
        let next = Array::of2(&js_integer(self.expect + 1)?, &self.mark.into());
        tx.object_store(REVISION)?.put_with_key(&next, &REVISION_KEY.into())?;
        for (table, key, value) in &self.put {
            tx.object_store(store_name(*table))?.put_with_key(value, key)?;
        }
        for (table, key) in &self.delete {
            tx.object_store(store_name(*table))?.delete(key)?;
        }
        #[expect(
            deprecated,
            reason = "it is standard (IndexedDB 3.0, `commit()`); web-sys was generated from an older draft"
        )]
        tx.commit()?;
        Ok(())
    }

    fn judge(&self, found: Stamp, attempt: Attempt) -> Result<(), Verdict> {
        if found.revision == self.expect {
            return Ok(());
        }
        let next = found.revision == self.expect + 1;
        Err(match attempt {
            Attempt::AfterUnknown if next && found.mark.to_bits() == self.mark.to_bits() => Verdict::AlreadyMade,
            // Others have committed on top of whatever it was: nobody can tell any more. Loading anew can.
            Attempt::AfterUnknown if found.revision > self.expect + 1 => Verdict::Impossible(StoreError::Closed),
            _ => Verdict::Impossible(StoreError::Stale),
        })
    }
}

/// The record of the revision: `[revision, mark of its commit]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp {
    pub(super) revision: Revision,
    pub(super) mark: f64,
}

impl Stamp {
    pub(super) fn read(value: &JsValue) -> Result<Self, StoreError> {
        if value.is_undefined() {
            return Ok(Self { revision: 0, mark: 0.0 });
        }
        let corrupt = || StoreError::Corrupt("the revision is not a pair of numbers".into());
        let pair = value.dyn_ref::<Array>().ok_or_else(corrupt)?;
        Ok(Self { revision: integer(&pair.get(0))?, mark: pair.get(1).as_f64().ok_or_else(corrupt)? })
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::*;

    wasm_bindgen_test_configure!(run_in_browser);

    #[wasm_bindgen_test]
    fn a_lost_commit_is_recognized_when_it_was_made() {
        let plan = Plan { expect: 4, mark: 0.5, put: Vec::new(), delete: Vec::new() };
        let judge = |revision, mark, attempt| plan.judge(Stamp { revision, mark }, attempt);
        let stale = Err(Verdict::Impossible(StoreError::Stale));
        assert_eq!(judge(4, 0.25, Attempt::First), Ok(()));
        assert_eq!(judge(4, 0.25, Attempt::AfterUnknown), Ok(()), "it was not made");
        assert_eq!(judge(5, 0.5, Attempt::AfterUnknown), Err(Verdict::AlreadyMade));
        assert_eq!(judge(5, 0.75, Attempt::AfterUnknown), stale, "another tab was faster");
        assert_eq!(judge(5, 0.75, Attempt::First), stale);
        assert_eq!(judge(6, 0.75, Attempt::First), stale);
        assert_eq!(judge(3, 0.75, Attempt::AfterUnknown), stale, "somebody has deleted everything");
        assert_eq!(judge(6, 0.75, Attempt::AfterUnknown), Err(Verdict::Impossible(StoreError::Closed)));
    }
}
