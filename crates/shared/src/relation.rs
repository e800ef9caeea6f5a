//! How tasks relate to each other.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ids::TaskId;

/// How a task relates to another. In JSON `blocks:<id>`, because it is the key of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// The other one cannot go on before this one is done. (The other one is blocked by this one.)
    Blocks(TaskId),
    RelatesTo(TaskId),
    Duplicates(TaskId),
}

const BLOCKS: &str = "blocks";
const RELATES_TO: &str = "relates_to";
const DUPLICATES: &str = "duplicates";

impl Relation {
    /// The task at the other end.
    pub fn task(self) -> TaskId {
        match self {
            Self::Blocks(task) | Self::RelatesTo(task) | Self::Duplicates(task) => task,
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Blocks(_) => BLOCKS,
            Self::RelatesTo(_) => RELATES_TO,
            Self::Duplicates(_) => DUPLICATES,
        };
        write!(f, "{name}:{}", self.task())
    }
}

/// The text names no relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a relation is written like blocks:<id of a task>")]
pub struct InvalidRelation;

impl FromStr for Relation {
    type Err = InvalidRelation;

    fn from_str(text: &str) -> Result<Self, InvalidRelation> {
        let (name, task) = text.split_once(':').ok_or(InvalidRelation)?;
        let task = task.parse().map_err(|_| InvalidRelation)?;
        match name {
            BLOCKS => Ok(Self::Blocks(task)),
            RELATES_TO => Ok(Self::RelatesTo(task)),
            DUPLICATES => Ok(Self::Duplicates(task)),
            _ => Err(InvalidRelation),
        }
    }
}

impl Serialize for Relation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.collect_str(self);
        }
        let kind: u8 = match self {
            Self::Blocks(_) => 0,
            Self::RelatesTo(_) => 1,
            Self::Duplicates(_) => 2,
        };
        (kind, self.task()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Relation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return String::deserialize(deserializer)?.parse().map_err(D::Error::custom);
        }
        match <(u8, TaskId)>::deserialize(deserializer)? {
            (0, task) => Ok(Self::Blocks(task)),
            (1, task) => Ok(Self::RelatesTo(task)),
            (2, task) => Ok(Self::Duplicates(task)),
            _ => Err(D::Error::custom(InvalidRelation)),
        }
    }
}
