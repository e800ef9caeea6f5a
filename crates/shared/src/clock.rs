//! Causality, exact and small.
//!
//! All changes of an organization pass one total order on the server, and every device numbers its mutations without
//! gaps. So the vector clock of a device is determined by two integers: the server version it has applied and its own
//! counter. A write therefore carries a [`Stamp`]: who wrote it, the server version the writer had seen, and, once
//! the server has placed it, its own version.

use serde::{Deserialize, Serialize};

/// A device within an organization, as the server numbered it. `0` is work done before any sign-in.
pub type Actor = u32;

/// The number of a mutation on its device: 1, 2, 3… without gaps.
pub type Counter = u64;

/// A place in an organization's order of changes. `0` means: not placed yet.
pub type Version = u64;

/// Wall-clock time: milliseconds since 1970-01-01T00:00:00Z. Orders nothing but writes that are concurrent.
pub type Millis = i64;

/// Who wrote a value, what the writer had seen, and where the server put the write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "StampTuple", into = "StampTuple")]
pub struct Stamp {
    /// The device that wrote.
    pub actor: Actor,
    /// The number of the mutation on that device.
    pub ctr: Counter,
    /// The version the server gave the write; `0` while it is pending.
    pub ver: Version,
    /// Every version up to this one the writer had seen. Its own earlier writes are implied.
    pub ctx: Version,
    /// When, by the writer's clock, clamped by the server to [what the writer had seen, the server's now].
    pub at: Millis,
}

/// The form of a [`Stamp`] in storage and on the wire: `[actor, ctr, ver, ctx, at]`.
type StampTuple = (Actor, Counter, Version, Version, Millis);

impl From<StampTuple> for Stamp {
    fn from((actor, ctr, ver, ctx, at): StampTuple) -> Self {
        Self { actor, ctr, ver, ctx, at }
    }
}

impl From<Stamp> for StampTuple {
    fn from(stamp: Stamp) -> Self {
        (stamp.actor, stamp.ctr, stamp.ver, stamp.ctx, stamp.at)
    }
}

impl Stamp {
    /// Whether the writer of `self` had seen the write `other`: it happened before, or it is the same write.
    pub fn has_seen(&self, other: &Stamp) -> bool {
        let placed = other.ver != 0 && other.ver <= self.ctx;
        let own = other.actor == self.actor && other.ctr <= self.ctr;
        placed || own
    }

    /// Whether both stamps name the same write, wherever the server has put it meanwhile.
    pub fn same_write(&self, other: &Stamp) -> bool {
        self.actor == other.actor && self.ctr == other.ctr
    }

    /// The place of the write in the server's order; a pending write comes after all placed ones.
    pub fn order(&self) -> (Version, Counter) {
        (if self.ver == 0 { Version::MAX } else { self.ver }, self.ctr)
    }
}

/// How two writes relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Causality {
    /// The left write happened before the right one.
    Before,
    /// The left write happened after the right one.
    After,
    /// Neither writer had seen the other write.
    Concurrent,
    /// Both are the same write.
    Equal,
}

/// Compares two writes by what their writers had seen.
pub fn compare(left: &Stamp, right: &Stamp) -> Causality {
    if left.same_write(right) {
        return Causality::Equal;
    }
    match (left.has_seen(right), right.has_seen(left)) {
        (true, _) => Causality::After,
        (false, true) => Causality::Before,
        (false, false) => Causality::Concurrent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(actor: Actor, ctr: Counter, ver: Version, ctx: Version) -> Stamp {
        Stamp { actor, ctr, ver, ctx, at: 0 }
    }

    #[test]
    fn a_write_is_after_what_its_writer_had_seen() {
        assert_eq!(compare(&stamp(1, 1, 5, 4), &stamp(2, 9, 4, 0)), Causality::After);
        assert_eq!(compare(&stamp(2, 9, 4, 0), &stamp(1, 1, 5, 4)), Causality::Before);
        assert_eq!(compare(&stamp(1, 1, 5, 3), &stamp(2, 9, 4, 3)), Causality::Concurrent);
    }

    #[test]
    fn own_earlier_writes_are_seen_even_while_pending() {
        assert_eq!(compare(&stamp(1, 2, 0, 0), &stamp(1, 1, 0, 0)), Causality::After);
        assert_eq!(compare(&stamp(1, 2, 0, 0), &stamp(2, 1, 0, 0)), Causality::Concurrent);
        assert_eq!(compare(&stamp(1, 2, 0, 0), &stamp(1, 2, 7, 0)), Causality::Equal);
    }

    #[test]
    fn the_wire_form_is_a_tuple() {
        let json = serde_json::to_string(&stamp(1, 2, 3, 4)).unwrap();
        assert_eq!(json, "[1,2,3,4,0]");
        assert_eq!(serde_json::from_str::<Stamp>(&json).unwrap(), stamp(1, 2, 3, 4));
    }
}
