//! Which of several concurrent values counts. Each policy is a pure fold over the siblings of a register.

use crate::date::Date;
use crate::register::{Reg, Sibling};
use crate::workflow::{Priority, Status};

/// What a register is taken to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution<T> {
    /// The value that counts.
    pub value: T,
    /// Whether the rule could not decide and a person should look; `value` stands meanwhile.
    pub review: bool,
}

/// A kind of value with a rule for concurrent writes.
pub trait Policy: Copy + PartialEq {
    /// Picks among siblings, given in the server's order and never empty.
    fn resolve(siblings: &[Sibling<Self>]) -> Option<Resolution<Self>>;
}

impl<T: Policy> Reg<T> {
    /// What the register says, and whether a person should look.
    pub fn resolve(&self) -> Option<Resolution<T>> {
        T::resolve(self.siblings())
    }

    /// What the register says, or `empty` if it was decoded from a list without values.
    pub fn value_or(&self, empty: T) -> T {
        self.resolve().map_or(empty, |resolution| resolution.value)
    }
}

fn decided<T>(value: T) -> Resolution<T> {
    Resolution { value, review: false }
}

/// The furthest along wins. Done and cancelled are equally far: the one that reached the server first stands until a
/// person has looked.
impl Policy for Status {
    fn resolve(siblings: &[Sibling<Self>]) -> Option<Resolution<Self>> {
        let rank = siblings.iter().map(|sibling| sibling.value.rank()).max()?;
        let mut furthest = siblings.iter().map(|sibling| sibling.value).filter(|status| status.rank() == rank);
        let value = furthest.next()?;
        Some(Resolution { value, review: furthest.any(|other| other != value) })
    }
}

/// The higher wins.
impl Policy for Priority {
    fn resolve(siblings: &[Sibling<Self>]) -> Option<Resolution<Self>> {
        siblings.iter().map(|sibling| sibling.value).max().map(decided)
    }
}

/// The earlier date wins, and a date beats no date.
impl Policy for Option<Date> {
    fn resolve(siblings: &[Sibling<Self>]) -> Option<Resolution<Self>> {
        let earliest = siblings.iter().filter_map(|sibling| sibling.value).min();
        (!siblings.is_empty()).then_some(decided(earliest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Stamp;

    fn reg<T: Copy>(values: &[T]) -> Reg<T> {
        let stamp = |n: u32| Stamp { actor: n, ctr: 1, ver: u64::from(n), ctx: 0, at: 0 };
        let mut reg = Reg::new(stamp(1), values[0]);
        for (n, value) in (2..).zip(&values[1..]) {
            reg.write(stamp(n), *value);
        }
        reg
    }

    fn check<T: Policy + std::fmt::Debug>(values: &[T], value: T, review: bool) {
        assert_eq!(reg(values).resolve(), Some(Resolution { value, review }), "{values:?}");
    }

    #[test]
    fn the_status_furthest_along_wins() {
        check(&[Status::Todo, Status::InReview, Status::InProgress], Status::InReview, false);
        check(&[Status::Blocked, Status::Done], Status::Done, false);
        check(&[Status::Done, Status::Done], Status::Done, false);
    }

    #[test]
    fn done_against_cancelled_needs_a_person() {
        check(&[Status::Cancelled, Status::Done], Status::Cancelled, true);
        check(&[Status::Done, Status::Cancelled], Status::Done, true);
    }

    #[test]
    fn the_higher_priority_wins() {
        check(&[Priority::Medium, Priority::Urgent, Priority::None], Priority::Urgent, false);
    }

    #[test]
    fn the_earlier_date_wins_and_a_date_beats_none() {
        let day = |text: &str| Some(text.parse::<Date>().unwrap());
        check(&[day("2026-12-01"), None, day("2026-11-30")], day("2026-11-30"), false);
        check(&[None::<Date>, None], None, false);
    }
}
