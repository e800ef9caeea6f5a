//! Whose content goes where: who may send the content of an attachment and who may have it, and which part of it.

use std::ops::Range;

use shared::attachment::{AttachmentView, BeginUpload, Cut};
use shared::row::Row;
use shared::scope::{Access, Reader, Right, Scope};
use uuid::Uuid;

/// What a decision about a content depends on.
#[derive(Clone, Debug)]
pub struct Case {
    /// Of the attachment.
    pub row: Row,
    pub scope: Scope,
    /// Of the scope's gate.
    pub access: Access,
    /// `None`: nothing has come.
    pub content: Option<Content>,
}

/// What is there of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// Where it is in the store.
    pub folder: Uuid,
    pub chunk_size: u64,
    /// It is whole.
    pub stored: bool,
}

/// Why a content is not taken, or not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentProblem {
    /// Not there, or not theirs.
    #[error("There is no such attachment. Sync first, and choose one of those that you see.")]
    Unknown,
    #[error("You may see this attachment, but not change it. Ask somebody who manages the project.")]
    NotAllowed,
    #[error("The attachment is of another size or SHA-256. Attach the file anew.")]
    OtherFacts,
    #[error("The file is larger than {0} bytes, which is the most that this server takes. Attach a smaller one.")]
    TooLarge(u64),
    #[error(
        "The content of this attachment has not arrived yet. Try again when the device that attached it is online."
    )]
    NotStored,
    #[error("This upload was not begun, or has been given up. Begin it with POST /api/attachments.")]
    NotBegun,
    #[error("This upload has no such chunk, or the chunk is not {0} bytes long. See chunk_size.")]
    Chunk(u64),
    #[error("Chunks of this upload are missing. Begin it again to learn which ones are there, and send the others.")]
    Incomplete,
    #[error("What has arrived is not the file that was attached: its SHA-256 is another one. Send it anew.")]
    WrongContent,
    #[error("So many chunks of this file are on their way already. Wait for one of them.")]
    TooManyAtOnce,
    #[error("The file is only {0} bytes long. Ask for a part of it.")]
    Range(u64),
    #[error("This file is no PNG, JPEG, GIF or WebP, so it has no small picture. Ask for the file itself.")]
    NoImage,
    #[error("This image is too large to make a small picture of it. Ask for the file itself.")]
    LargeImage,
    #[error("This image is broken, or of a form that cannot be read here. Ask for the file itself.")]
    BrokenImage,
}

/// What somebody may do with an attachment; what they may not see is not there.
fn right(case: &Case, reader: Reader) -> Result<Right, ContentProblem> {
    case.scope.right(&case.access, reader).ok_or(ContentProblem::Unknown)
}

/// The attachment, for somebody who may see it.
pub fn seen(case: &Case, reader: Reader) -> Result<AttachmentView, ContentProblem> {
    right(case, reader)?;
    AttachmentView::of(&case.row).ok_or(ContentProblem::Unknown)
}

/// The attachment, for somebody who may send its content. Content of one that is deleted is taken as well: the deletion
/// may be taken back.
pub fn sendable(case: &Case, reader: Reader) -> Result<AttachmentView, ContentProblem> {
    let view = seen(case, reader)?;
    if right(case, reader)? < Right::Comment { Err(ContentProblem::NotAllowed) } else { Ok(view) }
}

/// Whether what a device wants to send is what the attachment names, and not too large.
pub fn check(view: &AttachmentView, wanted: &BeginUpload, most: u64) -> Result<(), ContentProblem> {
    if wanted.size != view.file.bytes || !wanted.sha256.eq_ignore_ascii_case(&view.file.sha256) {
        return Err(ContentProblem::OtherFacts);
    }
    if wanted.size > most { Err(ContentProblem::TooLarge(most)) } else { Ok(()) }
}

/// How the content of an attachment is cut.
pub fn cut(view: &AttachmentView, content: &Content) -> Cut {
    Cut { size: view.file.bytes, chunk_size: content.chunk_size }
}

/// How many bytes a chunk must have.
pub fn chunk_length(cut: Cut, n: u64) -> Result<u64, ContentProblem> {
    cut.chunk(n).map(|chunk| chunk.end - chunk.start).ok_or(ContentProblem::Chunk(cut.chunk_size))
}

/// The chunks that some bytes are in, and which part of each.
pub fn parts(cut: Cut, wanted: &Range<u64>) -> Vec<(u64, Range<u64>)> {
    let first = wanted.start / cut.chunk_size.max(1);
    let chunks = (first..cut.count()).map_while(|n| cut.chunk(n).map(|chunk| (n, chunk)));
    let touched = chunks.take_while(|(_, chunk)| chunk.start < wanted.end);
    touched.map(|(n, at)| (n, wanted.start.max(at.start) - at.start..wanted.end.min(at.end) - at.start)).collect()
}

/// The part of a file that a header `Range` asks for (RFC 9110, section 14.2). `None`: all of it. What is no range of
/// bytes, or asks for several, is passed over, as it may be.
pub fn range(header: Option<&str>, size: u64) -> Result<Option<Range<u64>>, ContentProblem> {
    let Some((first, last)) = header.and_then(|header| header.strip_prefix("bytes=")?.split_once('-')) else {
        return Ok(None);
    };
    let (first, last) = (first.trim(), last.trim());
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.is_empty() => first..size,
        (None, Some(count)) if first.is_empty() => size.saturating_sub(count)..size,
        _ => return Ok(None),
    };
    if range.is_empty() { Err(ContentProblem::Range(size)) } else { Ok(Some(range)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_part_of_the_file_or_refused() {
        let ask = |header| range(Some(header), 10);
        assert_eq!(range(None, 10), Ok(None));
        assert_eq!(ask("bytes=0-3"), Ok(Some(0..4)));
        assert_eq!(ask("bytes=4-"), Ok(Some(4..10)));
        assert_eq!(ask("bytes=8-99"), Ok(Some(8..10)));
        assert_eq!(ask("bytes=-4"), Ok(Some(6..10)));
        assert_eq!(ask("bytes=-99"), Ok(Some(0..10)));
        assert_eq!(ask("bytes=10-"), Err(ContentProblem::Range(10)));
        assert_eq!(ask("bytes=-0"), Err(ContentProblem::Range(10)));
        assert_eq!(range(Some("bytes=0-0"), 0), Err(ContentProblem::Range(0)));
        for passed_over in ["lines=1-2", "bytes=3-1", "bytes=-", "bytes=0-1,4-5", "bytes=a-b", "bytes=+1-2", "bytes"] {
            assert_eq!(ask(passed_over), Ok(None), "{passed_over}");
        }
    }

    #[test]
    fn a_range_is_put_together_from_its_chunks() {
        let cut = Cut { size: 10, chunk_size: 4 };
        assert_eq!(parts(cut, &(0..10)), [(0, 0..4), (1, 0..4), (2, 0..2)]);
        assert_eq!(parts(cut, &(3..9)), [(0, 3..4), (1, 0..4), (2, 0..1)]);
        assert_eq!(parts(cut, &(4..8)), [(1, 0..4)]);
        assert_eq!(parts(cut, &(9..10)), [(2, 1..2)]);
        assert_eq!(parts(Cut { size: 0, chunk_size: 4 }, &(0..0)), []);
    }

    #[test]
    fn every_chunk_has_one_length() {
        let cut = Cut { size: 10, chunk_size: 4 };
        assert_eq!([0, 1, 2].map(|n| chunk_length(cut, n)), [Ok(4), Ok(4), Ok(2)]);
        assert_eq!(chunk_length(cut, 3), Err(ContentProblem::Chunk(4)));
    }
}
