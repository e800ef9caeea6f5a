//! The content store: where the bytes of attachments are. A directory so far; what is done with it here a bucket can do, too.
//!
//! A content lies in a folder of its organization, as the chunks that it came in. A chunk is written once and never
//! again: what was read to check it is what is there from then on. Beside the chunks of an image may lie its small picture,
//! which is no part of the content, counts for nothing, and goes with the folder.

use std::fs::DirBuilder;
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path as FilePath;
use std::sync::Arc;

use futures::{Stream, StreamExt as _, TryStreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload};
use shared::clock::Millis;
use shared::ids::OrgId;
use uuid::Uuid;

use crate::domain::thumbnail;

/// The content store.
#[derive(Clone, Debug)]
pub struct Contents {
    store: Arc<dyn ObjectStore>,
}

/// A content's place in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folder {
    pub org: OrgId,
    pub id: Uuid,
}

fn organization(id: OrgId) -> Path {
    Path::default().join(id.to_string())
}

impl Folder {
    fn path(self) -> Path {
        organization(self.org).join(self.id.to_string())
    }

    fn chunk(self, n: u64) -> Path {
        self.path().join(n.to_string())
    }

    /// No chunk is called like this: chunks are numbers.
    fn thumbnail(self) -> Path {
        self.path().join(thumbnail::NAME)
    }
}

/// The store did not do what it was asked to, or something is not in it that should be.
#[derive(Debug, thiserror::Error)]
#[error("the content store: {0}")]
pub struct ContentsError(#[from] Error);

/// The store cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "The directory {directory} for the contents of attachments cannot be used ({reason}). Make it writable, or set TERN_ATTACHMENTS_DIR."
)]
pub struct ContentsOpenError {
    directory: String,
    reason: String,
}

impl Contents {
    /// A store in a directory, which is made where there is none. What it has written is on the disk.
    pub fn in_directory(directory: &FilePath) -> Result<Self, ContentsOpenError> {
        let unusable = |reason: String| ContentsOpenError { directory: directory.display().to_string(), reason };
        // Nobody else's to read.
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(|error| unusable(error.to_string()))?;
        let store = LocalFileSystem::new_with_prefix(directory).map_err(|error| unusable(error.to_string()))?;
        let store = store.with_fsync(true).with_automatic_cleanup(true);
        Ok(Self { store: Arc::new(store) })
    }

    /// Writes a chunk, unless it is there.
    pub async fn put(&self, folder: Folder, n: u64, bytes: Vec<u8>) -> Result<(), ContentsError> {
        let put = self.store.put_opts(&folder.chunk(n), PutPayload::from(bytes), PutMode::Create.into()).await;
        match put {
            Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The chunks that are there, in their order.
    pub async fn chunks(&self, folder: Folder) -> Result<Vec<u64>, ContentsError> {
        let found: Vec<_> = self.store.list(Some(&folder.path())).try_collect().await?;
        let mut chunks: Vec<u64> = found.iter().filter_map(|object| object.location.filename()?.parse().ok()).collect();
        chunks.sort_unstable();
        Ok(chunks)
    }

    /// Parts of chunks, one after the other.
    pub fn read(
        &self,
        folder: Folder,
        parts: Vec<(u64, Range<u64>)>,
    ) -> impl Stream<Item = Result<impl AsRef<[u8]> + Into<Vec<u8>> + use<>, ContentsError>> + use<> {
        let this = self.clone();
        futures::stream::iter(parts).then(move |(n, range)| {
            let this = this.clone();
            async move { Ok(this.store.get_range(&folder.chunk(n), range).await?) }
        })
    }

    /// The small picture that is kept in a folder.
    pub async fn thumbnail(&self, folder: Folder) -> Result<Option<Vec<u8>>, ContentsError> {
        match self.store.get(&folder.thumbnail()).await {
            Ok(found) => Ok(Some(found.bytes().await?.into())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps one; it is there wholly or not at all.
    pub async fn keep_thumbnail(&self, folder: Folder, picture: Vec<u8>) -> Result<(), ContentsError> {
        self.store.put(&folder.thumbnail(), PutPayload::from(picture)).await?;
        Ok(())
    }

    /// Removes a folder.
    pub async fn remove(&self, folder: Folder) -> Result<(), ContentsError> {
        let found = self.store.list(Some(&folder.path())).map_ok(|object| object.location).boxed();
        self.store.delete_stream(found).try_for_each(|_| async { Ok(()) }).await?;
        Ok(())
    }

    /// The folders of an organization in which nothing was written since a time.
    pub async fn at_rest(&self, org: OrgId, since: Millis) -> Result<Vec<Folder>, ContentsError> {
        let mut last = std::collections::BTreeMap::<Uuid, Millis>::new();
        let mut found = self.store.list(Some(&organization(org)));
        while let Some(object) = found.try_next().await? {
            // Organization, folder, chunk.
            let folder = object.location.parts().rev().nth(1).and_then(|part| part.as_ref().parse().ok());
            let Some(folder) = folder else { continue };
            let latest = last.entry(folder).or_insert(Millis::MIN);
            *latest = object.last_modified.timestamp_millis().max(*latest);
        }
        Ok(last.into_iter().filter(|(_, at)| *at < since).map(|(id, _)| Folder { org, id }).collect())
    }
}
