//! Which of several concurrent values counts. Each rule is a pure fold over the siblings of a register.

use std::collections::BTreeSet;

use crate::register::{Reg, Sibling};
use crate::value::Value;
use crate::workflow::{Priority, Status};

/// What decides between concurrent values of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The later by the writers' clocks, as far as the server believed them; of two at one time the one that reached
    /// the server later.
    LastWriter,
    /// The status furthest along. Done and cancelled are equally far: the one that reached the server first stands
    /// until a person has looked.
    Furthest,
    /// The higher priority.
    Highest,
    /// The earlier date, and a date beats no date.
    Earliest,
    /// All people, and a person should look: two members meant somebody else each.
    Everybody,
}

/// What a register is taken to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// The value that counts.
    pub value: Value,
    /// Whether the rule could not decide and a person should look; `value` stands meanwhile.
    pub review: bool,
}

impl Rule {
    /// Picks among siblings, given in the server's order. `None` where there are none.
    pub fn resolve(self, siblings: &[Sibling<Value>]) -> Option<Resolution> {
        if let [only] = siblings {
            return Some(decided(only.value.clone()));
        }
        let values = siblings.iter().map(|sibling| &sibling.value);
        match self {
            Self::LastWriter => {
                let last = siblings.iter().max_by_key(|sibling| (sibling.stamp.at, sibling.stamp.order()))?;
                Some(decided(last.value.clone()))
            }
            Self::Furthest => furthest(siblings),
            Self::Highest => values.max_by_key(|value| priority(value)).cloned().map(decided),
            Self::Earliest => {
                let dates = values.filter_map(|value| match value {
                    Value::Date(date) => Some(*date),
                    _ => None,
                });
                let earliest = dates.min().map_or(Value::Nothing, Value::Date);
                (!siblings.is_empty()).then_some(decided(earliest))
            }
            Self::Everybody => everybody(siblings),
        }
    }
}

fn decided(value: Value) -> Resolution {
    Resolution { value, review: false }
}

fn priority(value: &Value) -> Priority {
    match value {
        Value::Priority(priority) => *priority,
        _ => Priority::None,
    }
}

fn furthest(siblings: &[Sibling<Value>]) -> Option<Resolution> {
    let rank = |value: &Value| match value {
        Value::Status(status) => status.rank(),
        _ => Status::Backlog.rank(),
    };
    let most = siblings.iter().map(|sibling| rank(&sibling.value)).max()?;
    let mut furthest = siblings.iter().map(|sibling| &sibling.value).filter(|value| rank(value) == most);
    let value = furthest.next()?.clone();
    let review = furthest.any(|other| *other != value);
    Some(Resolution { value, review })
}

fn everybody(siblings: &[Sibling<Value>]) -> Option<Resolution> {
    let first = &siblings.first()?.value;
    let review = siblings.iter().any(|sibling| sibling.value != *first);
    let people: BTreeSet<_> = siblings
        .iter()
        .filter_map(|sibling| match &sibling.value {
            Value::People(people) => Some(people),
            _ => None,
        })
        .flatten()
        .copied()
        .collect();
    Some(Resolution { value: people.into(), review })
}

impl Reg<Value> {
    /// What the register says under a rule, and whether a person should look.
    pub fn resolve(&self, rule: Rule) -> Option<Resolution> {
        rule.resolve(self.siblings())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Stamp;
    use crate::date::Date;
    use crate::ids::UserId;
    use uuid::Uuid;

    fn reg(values: &[Value]) -> Reg<Value> {
        let stamp = |n: u32| Stamp { actor: n, ctr: 1, ver: u64::from(n), ctx: 0, at: 0 };
        let mut reg = Reg::default();
        for (n, value) in (1..).zip(values) {
            reg.write(stamp(n), value.clone());
        }
        reg
    }

    fn check(rule: Rule, values: &[Value], value: impl Into<Value>, review: bool) {
        let value = value.into();
        assert_eq!(reg(values).resolve(rule), Some(Resolution { value, review }), "{values:?}");
    }

    #[test]
    fn the_status_furthest_along_wins() {
        let check = |values: &[Status], value: Status, review| {
            check(Rule::Furthest, &values.iter().map(|status| (*status).into()).collect::<Vec<_>>(), value, review);
        };
        check(&[Status::Todo, Status::InReview, Status::InProgress], Status::InReview, false);
        check(&[Status::Blocked, Status::Done], Status::Done, false);
        check(&[Status::Done, Status::Done], Status::Done, false);
        check(&[Status::Cancelled, Status::Done], Status::Cancelled, true);
        check(&[Status::Done, Status::Cancelled], Status::Done, true);
    }

    #[test]
    fn the_higher_priority_wins() {
        let values = [Priority::Medium, Priority::Urgent, Priority::None].map(Value::Priority);
        check(Rule::Highest, &values, Priority::Urgent, false);
    }

    #[test]
    fn the_earlier_date_wins_and_a_date_beats_none() {
        let day = |text: &str| Value::Date(text.parse::<Date>().unwrap());
        check(Rule::Earliest, &[day("2026-12-01"), Value::Nothing, day("2026-11-30")], day("2026-11-30"), false);
        check(Rule::Earliest, &[Value::Nothing, Value::Nothing], Value::Nothing, false);
    }

    #[test]
    fn all_people_are_kept_and_somebody_should_look() {
        let people = |ids: &[u128]| -> BTreeSet<UserId> { ids.iter().map(|id| UserId(Uuid::from_u128(*id))).collect() };
        let value = |ids: &[u128]| Value::from(people(ids));
        check(Rule::Everybody, &[value(&[1, 2]), value(&[3])], people(&[1, 2, 3]), true);
        check(Rule::Everybody, &[value(&[1]), value(&[1])], people(&[1]), false);
        check(Rule::Everybody, &[value(&[1]), Value::Nothing], people(&[1]), true);
    }

    #[test]
    fn the_last_writer_is_the_later_by_the_clock_then_by_the_order() {
        let mut reg = Reg::default();
        let mut write = |actor, at, text: &str| {
            reg.write(Stamp { actor, ctr: 1, ver: u64::from(actor), ctx: 0, at }, Value::Text(text.into()));
            reg.resolve(Rule::LastWriter).map(|resolution| resolution.value)
        };
        assert_eq!(write(1, 50, "noon"), Some(Value::Text("noon".into())));
        assert_eq!(write(2, 10, "morning, later in the order"), Some(Value::Text("noon".into())));
        assert_eq!(write(3, 50, "noon, later in the order"), Some(Value::Text("noon, later in the order".into())));
    }

    #[test]
    fn nothing_written_says_nothing() {
        for rule in [Rule::LastWriter, Rule::Furthest, Rule::Highest, Rule::Earliest, Rule::Everybody] {
            assert_eq!(rule.resolve(&[]), None);
        }
    }
}
