//! An attachment: what is known of a file before its content has arrived.

use serde::{Deserialize, Serialize};

use crate::clock::Stamp;
use crate::field::{Field, TextField};
use crate::ids::{AttachmentId, CommentId, EntityId, TaskId};
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
            created: row.created,
            deleted: row.life.is_deleted(),
        })
    }
}
