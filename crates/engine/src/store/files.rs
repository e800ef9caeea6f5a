//! Where the contents of attachments live on the device: beside the records of a [`super::Store`], in the same database,
//! and never read with them. Every implementation passes the suite in [`super::contract`].

use std::ops::Range;

use shared::ids::AttachmentId;

use super::StoreError;

/// A device's storage for contents. A content never changes.
#[expect(async_fn_in_trait, reason = "browser futures are not Send; the engine is generic and never needs it")]
pub trait FileStore {
    /// Bytes, or a handle on bytes that need not be in memory.
    type Content: Clone;

    /// Makes a content durable.
    async fn put(&self, id: AttachmentId, content: &Self::Content) -> Result<(), StoreError>;

    async fn get(&self, id: AttachmentId) -> Result<Option<Self::Content>, StoreError>;

    /// The contents that are here, in the order of their ids.
    async fn ids(&self) -> Result<Vec<AttachmentId>, StoreError>;

    /// Removes those of these that are here.
    async fn remove(&self, ids: &[AttachmentId]) -> Result<(), StoreError>;

    /// Some bytes of a content.
    fn part(content: &Self::Content, range: Range<u64>) -> Result<Self::Content, StoreError>;
}
