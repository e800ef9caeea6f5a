//! Contents of attachments in IndexedDB: one `Blob` each, which the browser keeps outside of the database's records. A
//! transaction on them waits for none on the records, nor the other way round.

use std::ops::Range;

use js_sys::Array;
use shared::ids::AttachmentId;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, IdbRequest, IdbTransaction};

use super::value::{js_integer, platform};
use super::{Ending, Failure, IndexedDbStore};
use crate::store::StoreError;
use crate::store::files::FileStore;

/// The object store. Never change it: it holds members' unsent files.
pub(super) const FILES: &str = "files";

impl IndexedDbStore {
    /// Makes a request of a transaction on the contents, and waits for the end of both. Once more where the connection
    /// was lost: what is asked here may be done twice.
    async fn ask(
        &self,
        mode: &str,
        request: &dyn Fn(&IdbTransaction) -> Result<Option<IdbRequest>, JsValue>,
    ) -> Result<JsValue, StoreError> {
        match self.ask_once(mode, request).await {
            Err(Failure::Lost { .. }) => Ok(self.ask_once(mode, request).await?),
            result => Ok(result?),
        }
    }

    async fn ask_once(
        &self,
        mode: &str,
        request: &dyn Fn(&IdbTransaction) -> Result<Option<IdbRequest>, JsValue>,
    ) -> Result<JsValue, Failure> {
        let connection = self.connection().await?;
        let tx = connection.begin_on(&Array::of1(&FILES.into()), mode)?;
        let request = request(&tx)?;
        let ending = Ending::of(&tx);
        let complete = ending.completes().await;
        connection.outcome(&tx, complete)?;
        Ok(request.map_or(Ok(JsValue::UNDEFINED), |request| request.result())?)
    }
}

fn key(id: AttachmentId) -> JsValue {
    id.to_string().into()
}

impl FileStore for IndexedDbStore {
    type Content = Blob;

    async fn put(&self, id: AttachmentId, content: &Blob) -> Result<(), StoreError> {
        let put = |tx: &IdbTransaction| tx.object_store(FILES)?.put_with_key(content, &key(id)).map(Some);
        self.ask("readwrite", &put).await.map(drop)
    }

    async fn get(&self, id: AttachmentId) -> Result<Option<Blob>, StoreError> {
        let found = self.ask("readonly", &|tx| tx.object_store(FILES)?.get(&key(id)).map(Some)).await?;
        Ok(found.dyn_into().ok())
    }

    async fn ids(&self) -> Result<Vec<AttachmentId>, StoreError> {
        let keys: Array =
            self.ask("readonly", &|tx| tx.object_store(FILES)?.get_all_keys().map(Some)).await?.unchecked_into();
        Ok(keys.iter().filter_map(|key| key.as_string()?.parse().ok()).collect())
    }

    async fn remove(&self, ids: &[AttachmentId]) -> Result<(), StoreError> {
        let remove = |tx: &IdbTransaction| {
            let files = tx.object_store(FILES)?;
            ids.iter().try_for_each(|id| files.delete(&key(*id)).map(drop)).map(|()| None)
        };
        self.ask("readwrite", &remove).await.map(drop)
    }

    fn part(content: &Blob, range: Range<u64>) -> Result<Blob, StoreError> {
        let place = |at| js_integer(at).map(|at| at.as_f64().unwrap_or_default());
        let (start, end) = (place(range.start)?, place(range.end)?);
        content.slice_with_f64_and_f64(start, end).map_err(|thrown| platform(&thrown))
    }
}
