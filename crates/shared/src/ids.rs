//! Identities. Every id is a `UUIDv7` that the client makes; there is no second, server-made id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
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
    /// A section: a named part of a project.
    SectionId
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
    /// A file attached to a task.
    AttachmentId
);
id!(
    /// A field that an organization adds to its tasks.
    CustomFieldId
);
id!(
    /// A saved view: a named filter with its order.
    SavedViewId
);
id!(
    /// One mutation; distinguishes two mutations that carry the same number because a device's history forked.
    MutationId
);
id!(
    /// One life of an organization's data on a server. A restore from a backup starts a new one.
    Epoch
);

macro_rules! entities {
    ($($kind:ident($id:ident) = $name:literal: $doc:literal),* $(,)?) => {
        /// What kinds of rows there are.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $(#[doc = $doc] $kind),*
        }

        /// The identity of any synced row.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum EntityId {
            $(#[doc = $doc] $kind($id)),*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The kind's name, as on the wire and in the database.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name),*
                }
            }

            /// The identity of the row of this kind with this id.
            pub fn of(self, id: Uuid) -> EntityId {
                match self {
                    $(Self::$kind => EntityId::$kind($id(id))),*
                }
            }
        }

        impl EntityId {
            pub fn kind(self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind),*
                }
            }

            /// The bare UUID, whatever the kind of the row.
            pub fn uuid(self) -> Uuid {
                match self {
                    $(Self::$kind($id(id)) => id),*
                }
            }
        }

        $(impl From<$id> for EntityId {
            fn from(id: $id) -> Self {
                Self::$kind(id)
            }
        })*
    };
}

entities! {
    Project(ProjectId) = "project": "A project.",
    Section(SectionId) = "section": "A section of a project.",
    Task(TaskId) = "task": "A task.",
    Comment(CommentId) = "comment": "A comment on a task.",
    Attachment(AttachmentId) = "attachment": "A file attached to a task.",
    CustomField(CustomFieldId) = "custom_field": "A field that the organization adds to its tasks.",
    SavedView(SavedViewId) = "saved_view": "A named filter with its order.",
    Member(UserId) = "member": "A person in the organization.",
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name).ok_or(UnknownKind)
    }
}

/// There is no such kind of row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such kind of row")]
pub struct UnknownKind;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_one_name_everywhere() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{}\"", kind.name()));
            assert_eq!(kind.name().parse(), Ok(*kind));
            let id = kind.of(Uuid::from_u128(7));
            assert_eq!((id.kind(), id.uuid()), (*kind, Uuid::from_u128(7)));
            assert!(serde_json::to_string(&id).unwrap().starts_with(&format!("{{\"{}\":", kind.name())));
        }
        assert_eq!("nothing".parse::<Kind>(), Err(UnknownKind));
    }
}
