//! Causality, exact and small.
//!
//! All changes of an organization pass one total order on the server, and every device numbers its mutations without
//! gaps. So the vector clock of a device is determined by two integers: the server version it has applied and its own
//! counter. A write therefore carries a [`Stamp`]: who wrote it, the server version the writer had seen, and, once
//! the server has placed it, its own version. A [`VectorClock`] is what that stands for; it is rendered for those who
//! ask for one and stored nowhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A device within an organization, as the server numbered it.
pub type Actor = u32;

/// Who works on a device without an account. The server gives this number to nobody.
pub const NOBODY: Actor = 0;

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

/// How two writes, or two states of knowledge, relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Causality {
    /// The left one happened before the right one, or knows less.
    Before,
    /// The left one happened after the right one, or knows more.
    After,
    /// Neither writer had seen the other write; each knows something that the other does not.
    Concurrent,
    /// Both are the same write, or know the same.
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

/// Of each writer, the last write that is known (Fidge 1988; Mattern 1989). In JSON `{"<writer>": <counter>}`; who is
/// not in it has written nothing.
///
/// What somebody knows of a row is the clock of *all* writes that the row has accepted, not of those it remembers
/// ([`crate::row::Row::stamps`]): a row forgets what was overwritten, and a clock that forgets would go back.
///
/// Writers are [`Actor`]s here; outside of an organization they go by another name, see [`VectorClock::renamed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<W, Counter>", into = "BTreeMap<W, Counter>")]
#[serde(bound(serialize = "W: Ord + Clone + Serialize", deserialize = "W: Ord + Deserialize<'de>"))]
pub struct VectorClock<W: Ord = Actor>(BTreeMap<W, Counter>);

impl<W: Ord> VectorClock<W> {
    /// The last write that is known of a writer; `0` where none is.
    pub fn last(&self, writer: &W) -> Counter {
        self.0.get(writer).copied().unwrap_or(0)
    }

    /// Learns everything that the other one knows.
    pub fn merge(&mut self, other: Self) {
        for (writer, ctr) in other.0 {
            let last = self.0.entry(writer).or_insert(ctr);
            *last = ctr.max(*last);
        }
    }

    /// Whether it knows everything that the other one knows.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|(writer, ctr)| self.last(writer) >= *ctr)
    }

    /// How what the two know relates.
    pub fn compare(&self, other: &Self) -> Causality {
        match (self.covers(other), other.covers(self)) {
            (true, true) => Causality::Equal,
            (true, false) => Causality::After,
            (false, true) => Causality::Before,
            (false, false) => Causality::Concurrent,
        }
    }

    /// The same clock with other names for the writers, such as their devices for actors. Writers that get one name
    /// become one, with the later of their writes; those that get none are left out.
    pub fn renamed<V: Ord>(self, mut name: impl FnMut(W) -> Option<V>) -> VectorClock<V> {
        self.0.into_iter().filter_map(|(writer, ctr)| Some((name(writer)?, ctr))).collect()
    }
}

impl VectorClock {
    /// What the author of a write knew of a row with it: of the row's `writes` those that it has seen, and itself.
    pub fn of<'a>(write: &'a Stamp, writes: impl IntoIterator<Item = &'a Stamp>) -> Self {
        let seen = writes.into_iter().filter(|other| write.has_seen(other));
        seen.chain([write]).collect()
    }

    /// The context ([`Stamp::ctx`]) of a write by somebody who knows this much of a row: the version up to which
    /// nothing is missing. `writes` are all that the row has accepted, in the server's order.
    pub fn context<'a>(&self, writes: impl IntoIterator<Item = &'a Stamp>) -> Version {
        let known = writes.into_iter().take_while(|write| self.last(&write.actor) >= write.ctr);
        known.last().map_or(0, |write| write.ver)
    }
}

impl<W: Ord> Default for VectorClock<W> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<W: Ord> FromIterator<(W, Counter)> for VectorClock<W> {
    fn from_iter<I: IntoIterator<Item = (W, Counter)>>(writes: I) -> Self {
        let mut clock = Self::default();
        for (writer, ctr) in writes.into_iter().filter(|(_, ctr)| *ctr > 0) {
            let last = clock.0.entry(writer).or_default();
            *last = ctr.max(*last);
        }
        clock
    }
}

impl<'a> FromIterator<&'a Stamp> for VectorClock {
    fn from_iter<I: IntoIterator<Item = &'a Stamp>>(writes: I) -> Self {
        writes.into_iter().map(|write| (write.actor, write.ctr)).collect()
    }
}

impl<W: Ord> From<BTreeMap<W, Counter>> for VectorClock<W> {
    fn from(clock: BTreeMap<W, Counter>) -> Self {
        clock.into_iter().collect()
    }
}

impl<W: Ord> From<VectorClock<W>> for BTreeMap<W, Counter> {
    fn from(clock: VectorClock<W>) -> Self {
        clock.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::DeviceId;
    use uuid::Uuid;

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

    fn clock<const N: usize>(writes: [(Actor, Counter); N]) -> VectorClock {
        writes.into_iter().collect()
    }

    #[test]
    fn clocks_compare_by_what_they_know() {
        let both = clock([(1, 2), (2, 1)]);
        assert_eq!(both.compare(&clock([(1, 2)])), Causality::After);
        assert_eq!(clock([(1, 1), (2, 1)]).compare(&both), Causality::Before);
        assert_eq!(clock([(1, 3)]).compare(&both), Causality::Concurrent);
        assert_eq!(both.compare(&clock([(2, 1), (1, 1), (1, 2), (3, 0)])), Causality::Equal);
        assert_eq!(VectorClock::default().compare(&both), Causality::Before);
        assert_eq!((both.last(&1), both.last(&3)), (2, 0));
    }

    #[test]
    fn a_clock_is_rendered_by_device_and_reads_back() {
        let device = DeviceId(Uuid::from_u128(7));
        let name = |actor| (actor < 3).then_some(device);
        let by_device = clock([(1, 2), (2, 5), (3, 9)]).renamed(name);
        let json = serde_json::to_string(&by_device).unwrap();
        assert_eq!(json, r#"{"00000000-0000-0000-0000-000000000007":5}"#);
        assert_eq!(serde_json::from_str::<VectorClock<DeviceId>>(&json).unwrap(), by_device);
        assert_eq!(serde_json::to_string(&clock([(1, 2), (2, 5)])).unwrap(), r#"{"1":2,"2":5}"#);
        assert_eq!(serde_json::from_str::<VectorClock>(r#"{"2":5,"3":0}"#).unwrap(), clock([(2, 5)]));
    }

    #[test]
    fn a_clock_with_a_gap_claims_nothing_behind_it() {
        let writes = [stamp(1, 1, 4, 0), stamp(2, 1, 6, 4), stamp(1, 2, 7, 4), stamp(3, 1, 9, 7)];
        assert_eq!(clock([]).context(&writes), 0);
        assert_eq!(clock([(1, 2)]).context(&writes), 4);
        assert_eq!(clock([(1, 2), (2, 1)]).context(&writes), 7);
        assert_eq!(clock([(1, 2), (2, 1), (3, 8)]).context(&writes), 9);
    }

    #[test]
    fn the_wire_form_is_a_tuple() {
        let json = serde_json::to_string(&stamp(1, 2, 3, 4)).unwrap();
        assert_eq!(json, "[1,2,3,4,0]");
        assert_eq!(serde_json::from_str::<Stamp>(&json).unwrap(), stamp(1, 2, 3, 4));
    }
}
