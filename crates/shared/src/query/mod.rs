//! Which tasks a view shows, in which groups and in which order: the same on every device.
//!
//! | module | what it answers |
//! |---|---|
//! | [`fold`] | which letters readers take for the same |
//! | [`search`], [`highlight`] | which tasks have the words of a query, and where in a text they are |
//! | [`filter`] | which tasks fit the conditions of a view |
//! | [`sort`](mod@sort), [`group`] | in which order and under which headings they are shown |
//!
//! No clock and no language setting of the device decides anything: today and the order of people and projects come
//! in as arguments.

pub mod filter;
pub mod fold;
pub mod group;
pub mod highlight;
pub mod search;
pub mod sort;
pub mod subject;
mod words;

use std::cmp::Reverse;

use crate::ids::ProjectId;
use crate::task::TaskView;
use crate::workflow::Status;

/// The order of the groups in a list: what is being worked on comes first, what is closed comes last.
pub const GROUPS: [Status; 7] = [
    Status::InProgress,
    Status::InReview,
    Status::Blocked,
    Status::Todo,
    Status::Backlog,
    Status::Done,
    Status::Cancelled,
];

/// Whether a task belongs in the list of a project (`None`: of all projects).
pub fn shows(task: &TaskView, project: Option<ProjectId>) -> bool {
    !task.deleted && project.is_none_or(|project| task.project == project)
}

/// Orders the tasks of one group: the most urgent first, then the earliest due, then as they were made. Total, because ids
/// differ.
pub fn sort_key(task: &TaskView) -> impl Ord + use<> {
    (Reverse(task.priority), task.due.is_none(), task.due, task.created_at, task.id)
}
