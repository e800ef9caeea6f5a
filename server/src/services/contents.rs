//! The contents of attachments: taken in chunks, checked, given out.
//!
//! No transaction is open while bytes travel. What was decided before is asked again where it matters: a content counts
//! as stored only if its attachment is still the sender's to change, and its folder still the attachment's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{Stream, TryStreamExt as _};
use sha2::{Digest as _, Sha256};
use shared::attachment::{AttachmentView, BeginUpload, Upload};
use shared::clock::Millis;
use shared::field::Field;
use shared::ids::AttachmentId;
use shared::limits::{CHUNK_BYTES, CHUNKS_AT_ONCE};
use shared::mutation::Op;
use uuid::Uuid;

use super::{Failure, Services, now, sync};
use crate::contents::{ContentsError, Folder};
use crate::db::{Door, OrgTx};
use crate::domain::contents::{self, Case, Content, ContentProblem};
use crate::member::Member;

/// A content that somebody may have, and the part that was asked for.
#[derive(Debug)]
pub struct Given {
    pub view: AttachmentView,
    pub(super) folder: Folder,
    content: Content,
}

impl Services {
    /// A device wants to send a content: makes room for it, or tells what is there of it.
    pub async fn begin_upload(&self, member: &Member, wanted: &BeginUpload) -> Result<Upload, Failure> {
        let id = wanted.attachment;
        let (mut tx, _) = OrgTx::in_line(&self.db, member).await?;
        let (case, reader) = case(&mut tx, id).await?;
        let view = contents::sendable(&case, reader)?;
        contents::check(&view, wanted, self.most_bytes)?;
        let new = Content { folder: Uuid::now_v7(), chunk_size: CHUNK_BYTES, stored: false };
        let content = tx.begin_content(id, &new, now()).await?;
        tx.commit().await?;
        let folder = Folder { org: member.org(), id: content.folder };
        let chunks = if content.stored { Vec::new() } else { self.contents.chunks(folder).await? };
        Ok(Upload { upload: id, chunk_size: content.chunk_size, chunks, stored: content.stored })
    }

    /// How many bytes a chunk must have that a device wants to send.
    pub async fn expect_chunk(&self, member: &Member, id: AttachmentId, n: u64) -> Result<Expected, Failure> {
        let (view, content) = self.on_its_way(member, id).await?;
        let length = contents::chunk_length(contents::cut(&view, &content), n)?;
        let folder = Folder { org: member.org(), id: content.folder };
        let turn = Turn::take(&self.underway, content.folder)?;
        Ok(Expected { length, folder, n, stored: content.stored, _turn: turn })
    }

    /// Takes a chunk in.
    pub async fn take_chunk(&self, expected: Expected, bytes: Vec<u8>) -> Result<(), Failure> {
        if bytes.len() as u64 != expected.length {
            return Err(ContentProblem::Chunk(expected.length).into());
        }
        if !expected.stored {
            self.contents.put(expected.folder, expected.n, bytes).await?;
        }
        Ok(())
    }

    /// Everything was sent: the content counts, if it is what its attachment names. If it is not, all of it goes.
    pub async fn complete_upload(&self, member: &Member, id: AttachmentId) -> Result<(), Failure> {
        let (view, content) = self.on_its_way(member, id).await?;
        if content.stored {
            return Ok(());
        }
        let cut = contents::cut(&view, &content);
        let folder = Folder { org: member.org(), id: content.folder };
        if !self.contents.chunks(folder).await?.into_iter().eq(0..cut.count()) {
            return Err(ContentProblem::Incomplete.into());
        }
        let whole = self.contents.read(folder, contents::parts(cut, &(0..cut.size)));
        let hash = whole.try_fold(Sha256::new(), |hash, bytes| async move { Ok(hash.chain_update(bytes)) }).await?;
        if !format!("{:x}", hash.finalize()).eq_ignore_ascii_case(&view.file.sha256) {
            self.give_up(member, folder).await?;
            return Err(ContentProblem::WrongContent.into());
        }
        let (mut tx, _) = OrgTx::in_line(&self.db, member).await?;
        let (case, reader) = case(&mut tx, id).await?;
        contents::sendable(&case, reader)?;
        let now = now();
        if tx.store_content(folder.id, now).await? {
            sync::apply_as_server(&mut tx, vec![Op::write(id, Field::Stored, true)], now).await?;
        } else if !case.content.is_some_and(|content| content.stored) {
            // Another attempt has taken its place.
            return Err(ContentProblem::Incomplete.into());
        }
        tx.commit().await?;
        Ok(())
    }

    /// The content of an attachment, for somebody who may see it.
    pub async fn content(&self, member: &Member, id: AttachmentId) -> Result<Given, Failure> {
        let mut tx = OrgTx::snapshot(&self.db, member).await?;
        let (case, reader) = case(&mut tx, id).await?;
        tx.commit().await?;
        let view = contents::seen(&case, reader)?;
        let content = case.content.filter(|content| content.stored).ok_or(ContentProblem::NotStored)?;
        Ok(Given { view, folder: Folder { org: member.org(), id: content.folder }, content })
    }

    /// The bytes of a part of it.
    pub fn read(
        &self,
        given: &Given,
        part: &std::ops::Range<u64>,
    ) -> impl Stream<Item = Result<Vec<u8>, ContentsError>> + use<> {
        let parts = contents::parts(contents::cut(&given.view, &given.content), part);
        self.contents.read(given.folder, parts).map_ok(Into::into)
    }

    /// Removes contents that no attachment has any more, and uploads that nobody has gone on with since a time.
    /// Returns how many there were.
    pub async fn sweep_contents(&self, before: Millis) -> Result<u64, Failure> {
        let mut swept = 0;
        for org in Door::open(&self.db).await?.organizations().await? {
            // Before it is known which ones are in use: what begins meanwhile is not among them.
            let at_rest = self.contents.at_rest(org, before).await?;
            let mut tx = OrgTx::house(&self.db, org).await?;
            tx.drop_unfinished(before).await?;
            let used = tx.folders_in_use(&at_rest.iter().map(|folder| folder.id).collect::<Vec<_>>()).await?;
            tx.commit().await?;
            for folder in at_rest.into_iter().filter(|folder| !used.contains(&folder.id)) {
                self.contents.remove(folder).await?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    /// A content that somebody may send, and that was begun.
    async fn on_its_way(&self, member: &Member, id: AttachmentId) -> Result<(AttachmentView, Content), Failure> {
        // No transaction that writes asks it: the bytes go elsewhere.
        if !member.may_write() {
            return Err(Failure::ReadOnly);
        }
        let mut tx = OrgTx::snapshot(&self.db, member).await?;
        let (case, reader) = case(&mut tx, id).await?;
        tx.commit().await?;
        let view = contents::sendable(&case, reader)?;
        Ok((view, case.content.ok_or(ContentProblem::NotBegun)?))
    }

    async fn give_up(&self, member: &Member, folder: Folder) -> Result<(), Failure> {
        let (mut tx, _) = OrgTx::in_line(&self.db, member).await?;
        let dropped = tx.drop_content(folder.id).await?;
        tx.commit().await?;
        if dropped {
            // What stays behind, housekeeping removes.
            let _ = self.contents.remove(folder).await;
        }
        Ok(())
    }
}

async fn case(tx: &mut OrgTx, id: AttachmentId) -> Result<(Case, shared::scope::Reader), Failure> {
    let reader = tx.reader().ok_or(Failure::Bug("a member's transaction knows no member"))?;
    Ok((tx.attachment(id).await?.ok_or(ContentProblem::Unknown)?, reader))
}

/// A chunk that may come.
#[derive(Debug)]
pub struct Expected {
    pub length: u64,
    folder: Folder,
    n: u64,
    /// The content is whole: nothing needs to be written.
    stored: bool,
    _turn: Turn,
}

/// How many chunks of each folder are on their way to this server.
pub(super) type Underway = Arc<Mutex<HashMap<Uuid, usize>>>;

/// One of the chunks on their way, until it is dropped.
#[derive(Debug)]
struct Turn {
    underway: Underway,
    folder: Uuid,
}

impl Turn {
    fn take(underway: &Underway, folder: Uuid) -> Result<Self, ContentProblem> {
        let mut counts = underway.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(folder).or_default();
        if *count >= CHUNKS_AT_ONCE {
            return Err(ContentProblem::TooManyAtOnce);
        }
        *count += 1;
        Ok(Self { underway: Arc::clone(underway), folder })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut counts = self.underway.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.folder) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.folder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_chunks_of_a_file_come_at_once() {
        let (underway, folder) = (Underway::default(), Uuid::nil());
        let turns: Vec<_> = (0..CHUNKS_AT_ONCE).map(|_| Turn::take(&underway, folder).unwrap()).collect();
        assert_eq!(Turn::take(&underway, folder).map(drop), Err(ContentProblem::TooManyAtOnce));
        assert!(Turn::take(&underway, Uuid::max()).is_ok(), "each file by itself");
        drop(turns);
        assert!(Turn::take(&underway, folder).is_ok());
        assert!(underway.lock().unwrap().is_empty());
    }
}
