//! Fields that several people write at once.
//!
//! A register keeps every value that no later writer had seen: usually one, and the concurrent ones otherwise. Which
//! of them counts is decided by [`crate::policy`] when somebody looks, never when somebody writes. Keeping only the
//! winner would be wrong: with "the higher priority wins", A sets high, B sets medium at the same time, then A, still
//! offline, lowers to low. Compared with a merged "high" A's own overwritten value would come back; what nobody has
//! overwritten is low and medium, so medium is right.

use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};
use std::collections::BTreeMap;

use crate::clock::Stamp;

/// One value of a register and the write that set it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sibling<T> {
    pub stamp: Stamp,
    pub value: T,
}

/// A field with one value, or with the concurrent ones. Empty only until its first write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reg<T> {
    siblings: SmallVec<[Sibling<T>; 1]>,
}

impl<T> Default for Reg<T> {
    fn default() -> Self {
        Self { siblings: SmallVec::new() }
    }
}

impl<T> Reg<T> {
    /// A register that one write has set.
    pub fn new(stamp: Stamp, value: T) -> Self {
        Self { siblings: smallvec![Sibling { stamp, value }] }
    }

    /// Writes: what the writer had seen goes, what it had not stays beside the new value. Returns what went, in the
    /// server's order.
    pub fn write(&mut self, stamp: Stamp, value: T) -> SmallVec<[Sibling<T>; 1]> {
        let (gone, stay) = self.siblings.drain(..).partition(|sibling| stamp.has_seen(&sibling.stamp));
        self.siblings = stay;
        // In the server's order on both sides, so that replicas are equal byte for byte.
        let place = self.siblings.partition_point(|sibling| sibling.stamp.order() < stamp.order());
        self.siblings.insert(place, Sibling { stamp, value });
        gone
    }

    /// Takes one value out, as if it had never been written.
    pub(crate) fn take_back(&mut self, write: &Stamp) -> Option<Sibling<T>> {
        let place = self.siblings.iter().position(|sibling| sibling.stamp.same_write(write))?;
        Some(self.siblings.remove(place))
    }

    /// A register with these values, as [`Self::siblings`] gives them.
    pub(crate) fn from_siblings(siblings: SmallVec<[Sibling<T>; 1]>) -> Self {
        Self { siblings }
    }

    pub(crate) fn into_siblings(self) -> SmallVec<[Sibling<T>; 1]> {
        self.siblings
    }

    /// The values that stand, in the server's order.
    pub fn siblings(&self) -> &[Sibling<T>] {
        &self.siblings
    }
}

/// A label on a task, compared exactly; [`Tag::new`] trims it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tag(String);

impl Tag {
    /// A tag from what somebody typed. Whether it is acceptable is [`crate::mutation::Op::validate`]'s to say.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Several things in no order, such as the tags of a task: an observed-remove set (Shapiro et al., 2011, "A
/// comprehensive study of convergent and commutative replicated data types", §3.3.5). Adding wins over a concurrent
/// removal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Set<T: Ord>(BTreeMap<T, SmallVec<[Stamp; 1]>>);

impl<T: Ord> Default for Set<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Ord> Set<T> {
    /// Puts something in.
    pub fn add(&mut self, one: T, stamp: Stamp) {
        let adds = self.0.entry(one).or_default();
        adds.retain(|add| !stamp.has_seen(add));
        let place = adds.partition_point(|add| add.order() < stamp.order());
        adds.insert(place, stamp);
    }

    /// Takes something out, as far as the writer had seen it put in. Returns whether it stays because somebody put it
    /// in concurrently.
    pub fn remove(&mut self, one: &T, stamp: Stamp) -> bool {
        let Some(adds) = self.0.get_mut(one) else { return false };
        adds.retain(|add| !stamp.has_seen(add));
        let stays = !adds.is_empty();
        if !stays {
            self.0.remove(one);
        }
        stays
    }

    /// Takes out what one write has put in, as if it had never been.
    pub(crate) fn take_back(&mut self, one: &T, write: &Stamp) {
        if let Some(adds) = self.0.get_mut(one) {
            adds.retain(|add| !add.same_write(write));
            if adds.is_empty() {
                self.0.remove(one);
            }
        }
    }

    pub fn contains(&self, one: &T) -> bool {
        self.0.contains_key(one)
    }

    /// In their own order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.keys()
    }

    /// The writes that put something in, in the server's order.
    pub fn adds(&self, one: &T) -> &[Stamp] {
        self.0.get(one).map_or(&[], SmallVec::as_slice)
    }

    /// Everything that is in it, with the writes that put it in.
    pub(crate) fn into_adds(self) -> impl Iterator<Item = (T, SmallVec<[Stamp; 1]>)> {
        self.0.into_iter()
    }

    /// Puts something in with all its writes, as [`Self::adds`] gives them.
    pub(crate) fn insert_adds(&mut self, one: T, adds: SmallVec<[Stamp; 1]>) {
        self.0.insert(one, adds);
    }

    /// The writes that put anything in.
    pub fn stamps(&self) -> impl Iterator<Item = &Stamp> {
        self.0.values().flatten()
    }
}

/// Whether a row is deleted: it is while any deletion stands that no restore has seen.
///
/// Every concurrent deletion is kept, not only the last: a restore made offline must not undo a deletion that its
/// author could not know of, even when the author had deleted the row too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Life {
    deletions: SmallVec<[Stamp; 1]>,
}

impl Life {
    pub fn delete(&mut self, stamp: Stamp) {
        self.deletions.retain(|deletion| !stamp.has_seen(deletion));
        let place = self.deletions.partition_point(|deletion| deletion.order() < stamp.order());
        self.deletions.insert(place, stamp);
    }

    /// Undoes the deletions that the writer had seen. Returns whether the row is still deleted.
    pub fn restore(&mut self, stamp: Stamp) -> bool {
        self.deletions.retain(|deletion| !stamp.has_seen(deletion));
        self.is_deleted()
    }

    /// Takes one deletion back, as if it had never been. Returns whether the row is still deleted.
    pub(crate) fn take_back(&mut self, deletion: &Stamp) -> bool {
        self.deletions.retain(|other| !other.same_write(deletion));
        self.is_deleted()
    }

    pub fn is_deleted(&self) -> bool {
        !self.deletions.is_empty()
    }

    /// The deletions that stand, in the server's order.
    pub fn deletions(&self) -> &[Stamp] {
        &self.deletions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(actor: u32, ctr: u64, ver: u64, ctx: u64) -> Stamp {
        Stamp { actor, ctr, ver, ctx, at: 0 }
    }

    #[test]
    fn an_own_overwritten_value_never_comes_back() {
        let mut priority = Reg::new(stamp(1, 1, 1, 0), 0);
        priority.write(stamp(1, 2, 2, 1), 3); // A: high
        priority.write(stamp(2, 1, 3, 1), 2); // B, concurrently: medium
        priority.write(stamp(1, 3, 4, 1), 1); // A, still offline: low
        let values: Vec<_> = priority.siblings().iter().map(|sibling| sibling.value).collect();
        assert_eq!(values, [2, 1]);
    }

    #[test]
    fn adding_a_tag_wins_over_a_removal_that_had_not_seen_it() {
        let tag = Tag::new(" ops ");
        let mut tags = Set::default();
        tags.add(tag.clone(), stamp(1, 1, 1, 0));
        tags.add(tag.clone(), stamp(2, 1, 2, 0));
        assert!(tags.remove(&tag, stamp(1, 2, 3, 1)));
        assert!(tags.contains(&Tag::new("ops")));
        assert!(!tags.remove(&tag, stamp(1, 3, 4, 3)));
        assert!(!tags.contains(&tag));
    }

    #[test]
    fn a_restore_must_have_seen_every_deletion() {
        let mut life = Life::default();
        life.delete(stamp(2, 1, 6, 3)); // somebody else's, unseen by actor 1
        life.delete(stamp(1, 7, 7, 3));
        assert!(life.restore(stamp(1, 8, 8, 3)));
        assert!(!life.restore(stamp(1, 9, 9, 8)));
    }

    #[test]
    fn a_repeated_write_changes_nothing() {
        let mut reg = Reg::new(stamp(1, 1, 1, 0), 'a');
        reg.write(stamp(2, 1, 2, 0), 'b');
        let once = reg.clone();
        reg.write(stamp(2, 1, 2, 0), 'b');
        assert_eq!(reg, once);
    }
}
