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

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_relation_reads_back_as_text_and_as_number() {
        let task = TaskId(Uuid::from_u128(7));
        let written = [Relation::Blocks(task), Relation::RelatesTo(task), Relation::Duplicates(task)];
        for (number, (relation, name)) in (0_u8..).zip(written.into_iter().zip(["blocks", "relates_to", "duplicates"]))
        {
            assert_eq!(relation.task(), task);
            assert_eq!(relation.to_string(), format!("{name}:{task}"));
            assert_eq!(relation.to_string().parse(), Ok(relation));
            let json = serde_json::to_string(&relation).unwrap();
            assert_eq!(serde_json::from_str::<Relation>(&json).unwrap(), relation);
            // Devices keep the number: it never changes.
            let bytes = postcard::to_stdvec(&relation).unwrap();
            assert_eq!(bytes[0], number);
            assert_eq!(postcard::from_bytes::<Relation>(&bytes).unwrap(), relation);
        }
        let bytes = postcard::to_stdvec(&(3_u8, task)).unwrap();
        assert!(postcard::from_bytes::<Relation>(&bytes).is_err());
        for bad in ["", "blocks", "blocks:7", "BLOCKS:00000000-0000-0000-0000-000000000007"] {
            assert_eq!(bad.parse::<Relation>(), Err(InvalidRelation), "{bad}");
        }
    }
}
