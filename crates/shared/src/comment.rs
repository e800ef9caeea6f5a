//! A comment: what somebody says about a task, and who answers.

use serde::{Deserialize, Serialize};

use crate::clock::Stamp;
use crate::field::TextField;
use crate::ids::{CommentId, EntityId, TaskId};
use crate::row::Row;

/// What a member sees of a comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentView {
    pub id: CommentId,
    pub task: TaskId,
    /// The comment that this one answers.
    pub reply_to: Option<CommentId>,
    /// In Markdown.
    pub body: String,
    pub created: Stamp,
    pub updated: Stamp,
    pub deleted: bool,
}

impl CommentView {
    /// What a row shows, if it is a comment's.
    pub fn of(row: &Row) -> Option<Self> {
        let EntityId::Comment(id) = row.id else { return None };
        let subject = row.subject()?;
        Some(Self {
            id,
            task: subject.task,
            reply_to: subject.reply_to,
            body: row.text(TextField::Body).unwrap_or_default().to_owned(),
            created: row.created,
            updated: row.updated,
            deleted: row.life.is_deleted(),
        })
    }
}
