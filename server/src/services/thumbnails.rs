//! The small pictures of attached images: made when somebody first asks for one, and kept beside the content from then on.
//!
//! Making one takes memory and a core for as long as it takes, whatever the file is that somebody has attached. So they are
//! made one after the other; who asks for one that is kept does not wait for those that are being made.

use std::sync::Arc;

use futures::{Stream, TryStreamExt as _};
use shared::ids::AttachmentId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::{error, warn};

use super::{Failure, Given, Services};
use crate::contents::{Contents, ContentsError, Folder};
use crate::domain::contents::ContentProblem;
use crate::domain::thumbnail;
use crate::member::Member;

/// How many are made at once.
const AT_ONCE: usize = 1;

/// Whose turn it is.
#[derive(Clone, Debug)]
pub(super) struct Thumbnails(Arc<Semaphore>);

impl Default for Thumbnails {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// A small picture.
#[derive(Debug)]
pub struct Thumbnail {
    pub picture: Vec<u8>,
    /// The SHA-256 of the file that it is of.
    pub of: String,
}

impl Services {
    /// The small picture of an attached image, for somebody who may have the image.
    pub async fn thumbnail(&self, member: &Member, id: AttachmentId) -> Result<Thumbnail, Failure> {
        let given = self.content(member, id).await?;
        let picture = match self.contents.thumbnail(given.folder).await? {
            Some(kept) => kept,
            None => self.draw(&given).await?,
        };
        Ok(Thumbnail { picture, of: given.view.file.sha256 })
    }

    /// Makes a picture, and keeps it.
    async fn draw(&self, given: &Given) -> Result<Vec<u8>, Failure> {
        let size = given.view.file.bytes;
        let head = joined(self.read(given, &(0..size.min(thumbnail::HEAD)))).await?;
        thumbnail::check(&head, size)?;
        let turn = Arc::clone(&self.thumbnails.0).acquire_owned().await;
        let turn = turn.map_err(|_| Failure::Bug("the semaphore of thumbnails is closed"))?;
        // Somebody else may have waited for the same one.
        if let Some(kept) = self.contents.thumbnail(given.folder).await? {
            return Ok(kept);
        }
        // By itself: it is kept also if who has asked for it hangs up meanwhile, and is not made again for the next one.
        let drawing = draw(self.contents.clone(), given.folder, self.read(given, &(0..size)), turn);
        tokio::spawn(drawing).await.map_err(|_| Failure::Bug("keeping a thumbnail panicked"))?
    }
}

async fn joined(parts: impl Stream<Item = Result<Vec<u8>, ContentsError>>) -> Result<Vec<u8>, ContentsError> {
    let append = |mut all: Vec<u8>, mut part: Vec<u8>| async move {
        all.append(&mut part);
        Ok(all)
    };
    parts.try_fold(Vec::new(), append).await
}

async fn draw(
    contents: Contents,
    folder: Folder,
    file: impl Stream<Item = Result<Vec<u8>, ContentsError>>,
    turn: OwnedSemaphorePermit,
) -> Result<Vec<u8>, Failure> {
    let file = joined(file).await?;
    let drawn = tokio::task::spawn_blocking(move || {
        let picture = thumbnail::picture(&file);
        drop(turn);
        picture
    });
    let picture = drawn.await.unwrap_or_else(|panic| {
        // Nothing in a file of somebody's may cost more than its own picture.
        error!(%panic, "making a thumbnail panicked");
        Err(ContentProblem::BrokenImage)
    })?;
    if let Err(error) = contents.keep_thumbnail(folder, picture.clone()).await {
        warn!(%error, "a thumbnail could not be kept");
    }
    Ok(picture)
}
