//! Identities. Every id is a `UUIDv7` that the client makes; there is no second, server-made id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    };
}

id!(
    /// A team with its own data, members and order of changes.
    OrgId
);
id!(
    /// A person; may belong to several organizations.
    UserId
);
id!(
    /// One browser profile or one installed app of a person.
    DeviceId
);
id!(
    /// A project: a named set of tasks with a prefix for their keys.
    ProjectId
);
id!(
    /// A task.
    TaskId
);
id!(
    /// A comment on a task.
    CommentId
);
id!(
    /// One mutation; distinguishes two mutations that carry the same number because a device's history forked.
    MutationId
);
id!(
    /// One life of an organization's data on a server. A restore from a backup starts a new one.
    Epoch
);

/// The identity of any synced row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityId {
    Project(ProjectId),
    Task(TaskId),
}

impl EntityId {
    /// The bare UUID, whatever the kind of the row.
    pub fn uuid(self) -> Uuid {
        match self {
            Self::Project(ProjectId(id)) | Self::Task(TaskId(id)) => id,
        }
    }
}

impl From<ProjectId> for EntityId {
    fn from(id: ProjectId) -> Self {
        Self::Project(id)
    }
}

impl From<TaskId> for EntityId {
    fn from(id: TaskId) -> Self {
        Self::Task(id)
    }
}
