//! Orders of tasks: total, and the same on every device.
//!
//! Tasks that a key does not tell apart are ordered by the next one, and at last by id, so by when they were made.
//! What a task does not have comes last, whichever way the key goes: no due date is neither early nor late.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

use super::fold::spell;
use super::subject::{Places, Subject};
use crate::order::effective;

/// What tasks are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortBy {
    /// As members put them, by hand; what nobody has put anywhere stands where it was made.
    Manual,
    Priority,
    Due,
    Start,
    Created,
    Updated,
    /// By letters that readers take for the same; a language's own order is not known here.
    Title,
    /// Along the workflow.
    Status,
    /// By the first of the assignees in the list of people.
    Assignee,
}

/// One key of an order. In JSON `{"by": "due", "descending": false}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SortKey {
    pub by: SortBy,
    #[serde(default)]
    pub descending: bool,
}

impl SortKey {
    pub fn ascending(by: SortBy) -> Self {
        Self { by, descending: false }
    }

    pub fn descending(by: SortBy) -> Self {
        Self { by, descending: true }
    }

    fn compare(self, left: &Subject<'_>, right: &Subject<'_>, places: &Places) -> Ordering {
        match self.by {
            SortBy::Manual => self.directed(by_hand(left, right)),
            SortBy::Priority => self.directed(left.priority.cmp(&right.priority)),
            SortBy::Due => self.optional(left.due, right.due),
            SortBy::Start => self.optional(left.start, right.start),
            SortBy::Created => self.directed(left.created_at.cmp(&right.created_at)),
            SortBy::Updated => self.directed(left.updated_at.cmp(&right.updated_at)),
            SortBy::Title => self.directed(letters(left.title).cmp(letters(right.title))),
            SortBy::Status => self.directed((left.status as u8).cmp(&(right.status as u8))),
            SortBy::Assignee => self.optional(first_assignee(left, places), first_assignee(right, places)),
        }
    }

    fn directed(self, ordering: Ordering) -> Ordering {
        if self.descending { ordering.reverse() } else { ordering }
    }

    fn optional<T: Ord>(self, left: Option<T>, right: Option<T>) -> Ordering {
        match (left, right) {
            (Some(left), Some(right)) => self.directed(left.cmp(&right)),
            (left, right) => left.is_none().cmp(&right.is_none()),
        }
    }

    /// The beginning of what this key compares, as a number: less or greater exactly where [`Self::compare`] says so,
    /// equal where it may say anything.
    fn rough(self, task: &Subject<'_>, places: &Places) -> u64 {
        let number = match self.by {
            SortBy::Manual => Some(bytes(effective(task.order, task.id.0).bytes())),
            SortBy::Priority => Some(task.priority as u64),
            SortBy::Due => task.due.map(|due| signed(due.days().into())),
            SortBy::Start => task.start.map(|start| signed(start.days().into())),
            SortBy::Created => Some(signed(task.created_at)),
            SortBy::Updated => Some(signed(task.updated_at)),
            SortBy::Title => Some(first_letters(task.title)),
            SortBy::Status => Some(task.status as u64),
            SortBy::Assignee => first_assignee(task, places).map(|(place, _)| place as u64),
        };
        match number {
            Some(number) if self.descending => u64::MAX - number,
            Some(number) => number,
            None => u64::MAX,
        }
    }
}

/// Compares two tasks. Equal only to itself.
pub fn compare(keys: &[SortKey], places: &Places, left: &Subject<'_>, right: &Subject<'_>) -> Ordering {
    let by_keys = keys.iter().map(|key| key.compare(left, right, places)).find(|ordering| ordering.is_ne());
    by_keys.unwrap_or(Ordering::Equal).then_with(|| left.id.cmp(&right.id))
}

/// The first `limit` tasks of an order, as places in `tasks`. Only these are put in order, which is much less than
/// ordering all: a view shows a hundred rows of ten thousand.
pub fn first(tasks: &[Subject<'_>], keys: &[SortKey], places: &Places, limit: usize) -> Vec<usize> {
    let order = Order { tasks, keys, places };
    // The last of those kept is on top, and goes when an earlier one comes.
    let mut kept = BinaryHeap::new();
    for (at, task) in tasks.iter().enumerate() {
        let rough = keys.first().map_or(0, |key| key.rough(task, places));
        let row = Row { order: &order, rough, at };
        if kept.len() < limit {
            kept.push(row);
        } else if let Some(mut last) = kept.peek_mut().filter(|last| row < **last) {
            *last = row;
        }
    }
    kept.into_sorted_vec().into_iter().map(|row| row.at).collect()
}

#[derive(Clone, Copy)]
struct Order<'a> {
    tasks: &'a [Subject<'a>],
    keys: &'a [SortKey],
    places: &'a Places,
}

/// A task in an order.
#[derive(Clone, Copy)]
struct Row<'a> {
    order: &'a Order<'a>,
    /// See [`SortKey::rough`]; most tasks are told apart by it, without a look at them.
    rough: u64,
    at: usize,
}

impl Ord for Row<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let Order { tasks, keys, places } = self.order;
        self.rough.cmp(&other.rough).then_with(|| compare(keys, places, &tasks[self.at], &tasks[other.at]))
    }
}

impl PartialOrd for Row<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Row<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Row<'_> {}

fn by_hand(left: &Subject<'_>, right: &Subject<'_>) -> Ordering {
    if left.order.is_empty() && right.order.is_empty() {
        return left.id.cmp(&right.id);
    }
    effective(left.order, left.id.0).cmp(&effective(right.order, right.id.0))
}

fn first_assignee(task: &Subject<'_>, places: &Places) -> Option<(usize, uuid::Uuid)> {
    task.assignees.iter().map(|user| places.of(user.0)).min()
}

/// A title as its letters are compared.
fn letters(title: &str) -> impl Iterator<Item = char> {
    title.chars().flat_map(spell)
}

/// The first bytes of a title as its letters are compared; most titles begin with eight of ASCII.
fn first_letters(title: &str) -> u64 {
    match title.as_bytes().first_chunk::<8>() {
        Some(ascii) if ascii.is_ascii() => u64::from_be_bytes(ascii.map(|byte| byte.to_ascii_lowercase())),
        _ => bytes(letters(title).flat_map(|c| encoded(c).into_iter())),
    }
}

/// A character as bytes that order as it does among others.
fn encoded(c: char) -> impl IntoIterator<Item = u8> {
    let mut buffer = [0; 4];
    let length = c.encode_utf8(&mut buffer).len();
    buffer.into_iter().take(length)
}

/// The first bytes as a number that orders as they do.
fn bytes(bytes: impl Iterator<Item = u8>) -> u64 {
    let mut first = [0; 8];
    first.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte);
    u64::from_be_bytes(first)
}

/// A number without a sign that orders as the signed ones do.
fn signed(number: i64) -> u64 {
    number.cast_unsigned() ^ (1 << 63)
}
