//! An attachment: what is known of a file before its content has arrived, and how the content travels.
//!
//! The row is synced as all rows are. The content goes its own way: to the server in chunks, in any order and as often
//! as need be, and it counts once its size and its SHA-256 are those that the row names. Then the server writes
//! [`Field::Stored`], by which every device knows that it can have it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::clock::Stamp;
use crate::field::{Field, TextField};
use crate::ids::{AttachmentId, CommentId, EntityId, TaskId};
use crate::limits::{NAME_CHARS, REFERENCE_CHARS};
use crate::row::Row;
use crate::task::value;
use crate::value::{FileFacts, Value};

/// What a member sees of an attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentView {
    pub id: AttachmentId,
    pub task: TaskId,
    /// The comment that it belongs to.
    pub comment: Option<CommentId>,
    pub name: String,
    pub file: FileFacts,
    /// The server has the content.
    pub stored: bool,
    pub created: Stamp,
    pub deleted: bool,
}

impl AttachmentView {
    /// What a row shows, if it is an attachment's.
    pub fn of(row: &Row) -> Option<Self> {
        let EntityId::Attachment(id) = row.id else { return None };
        let (subject, file) = (row.subject()?, value!(row, File, File)?);
        Some(Self {
            id,
            task: subject.task,
            comment: subject.reply_to,
            name: row.text(TextField::Name).unwrap_or_default().to_owned(),
            file,
            stored: row.value(Field::Stored) == Value::Flag(true),
            created: row.created,
            deleted: row.life.is_deleted(),
        })
    }
}

/// A file's name as an attachment can have it: of one line and not too long, and with its ending.
pub fn name_of(file: &str) -> String {
    let clean: Vec<char> = file.trim().chars().filter(|c| !c.is_control()).collect();
    if clean.is_empty() {
        return "?".to_owned();
    }
    if clean.len() <= NAME_CHARS {
        return clean.into_iter().collect();
    }
    let ending = clean.iter().rposition(|c| *c == '.').map_or(0, |dot| clean.len() - dot);
    let ending = if ending > NAME_CHARS / 4 { 0 } else { ending };
    let (stem, end) = (&clean[..NAME_CHARS - 1 - ending], &clean[clean.len() - ending..]);
    stem.iter().chain(&['…']).chain(end).collect()
}

/// The media type that a device says a file has, if it is one.
pub fn media_type_of(said: &str) -> &str {
    let fits = said.len() <= REFERENCE_CHARS && said.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { said } else { "" }
}

/// The body of `POST /api/attachments`: a device wants to send the content of an attachment whose row the server has.
/// The facts are those of the row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BeginUpload {
    pub attachment: AttachmentId,
    pub size: u64,
    /// 64 hexadecimal digits.
    pub sha256: String,
}

/// The answer: how to send it, and what need not be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Upload {
    /// Names the upload in the addresses of its chunks. An attachment has one, whoever sends it.
    pub upload: AttachmentId,
    /// Bytes of each chunk but the last.
    pub chunk_size: u64,
    /// The chunks that are there, counted from 0.
    pub chunks: Vec<u64>,
    /// Nothing is to be sent: the whole content is there.
    pub stored: bool,
}

/// How a content is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    pub size: u64,
    /// At least 1.
    pub chunk_size: u64,
}

impl Cut {
    /// How many chunks there are. An empty file has none.
    pub fn count(self) -> u64 {
        self.size.div_ceil(self.chunk_size.max(1))
    }

    /// Where a chunk begins and ends; `None`: there is no such chunk.
    pub fn chunk(self, n: u64) -> Option<Range<u64>> {
        let start = n.checked_mul(self.chunk_size).filter(|start| *start < self.size)?;
        Some(start..self.size.min(start.saturating_add(self.chunk_size)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_and_keeps_its_ending() {
        assert_eq!(name_of(" a\n b.txt "), "a b.txt");
        assert_eq!(name_of("\t"), "?");
        let long = name_of(&format!("{}.tar.gz", "ä".repeat(300)));
        assert_eq!((long.chars().count(), long.ends_with("ä….gz")), (NAME_CHARS, true));
        assert_eq!(name_of(&".x".repeat(300)).chars().count(), NAME_CHARS);
        assert_eq!(name_of(&format!(".{}", "x".repeat(300))).chars().count(), NAME_CHARS);
    }

    #[test]
    fn the_chunks_are_the_whole() {
        for (size, chunk_size) in [(0, 4), (1, 4), (4, 4), (5, 4), (8, 4), (9, 1)] {
            let cut = Cut { size, chunk_size };
            let chunks: Vec<_> = (0..cut.count()).map(|n| cut.chunk(n).unwrap()).collect();
            assert_eq!(chunks.iter().map(|chunk| chunk.end - chunk.start).sum::<u64>(), size);
            assert!(chunks.windows(2).all(|pair| pair[0].end == pair[1].start));
            assert_eq!(cut.chunk(cut.count()), None);
        }
        assert_eq!(Cut { size: 9, chunk_size: 4 }.chunk(u64::MAX), None);
    }
}
