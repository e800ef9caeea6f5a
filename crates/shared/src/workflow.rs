//! Statuses, and how far along each is.

use serde::{Deserialize, Serialize};

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Backlog,
    Todo,
    InProgress,
    Blocked,
    InReview,
    Done,
    Cancelled,
}

impl Status {
    /// Every status, in the order of the workflow.
    pub const ALL: [Self; 7] =
        [Self::Backlog, Self::Todo, Self::InProgress, Self::Blocked, Self::InReview, Self::Done, Self::Cancelled];

    /// How far along the workflow; two statuses with one rank are not ordered.
    pub fn rank(self) -> u8 {
        match self {
            Self::Backlog => 0,
            Self::Todo => 1,
            Self::InProgress => 2,
            Self::Blocked => 3,
            Self::InReview => 4,
            Self::Done | Self::Cancelled => 5,
        }
    }

    /// Whether no more work is expected.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled)
    }
}

/// How urgent a task is; ordered from none to urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    None,
    Low,
    Medium,
    High,
    Urgent,
}

impl Priority {
    /// Every priority, the lowest first.
    pub const ALL: [Self; 5] = [Self::None, Self::Low, Self::Medium, Self::High, Self::Urgent];
}
