//! Rows by columns: all ids, all stamps, all titles, all values of one field, all that have one tag. A column names the
//! rows that are in it. What few rows have stands with its row, as it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::stamps::{Numbers, Stamps, Table, Writer};
use crate::clock::Stamp;
use crate::field::{Field, TextField};
use crate::ids::EntityId;
use crate::limits::TAG_CHARS;
use crate::protocol::PulledRow;
use crate::register::{Life, Reg, Set, Sibling, Tag};
use crate::relation::Relation;
use crate::row::{Lost, Row, TextLog};
use crate::value::Value;

/// No tag is longer.
const TAG_BYTES: usize = TAG_CHARS * 4;

/// All rows of a page.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Columns {
    ids: Vec<EntityId>,
    scopes: Vec<u32>,
    stamps: Stamps,
    /// Of their last writes.
    updated: Vec<usize>,
    /// By what they are more than those of the last writes; numbers wrap.
    vers: Vec<i64>,
    texts: BTreeMap<TextField, Texts>,
    values: BTreeMap<Field, Values>,
    tags: BTreeMap<Tag, Writes>,
    few: (Members, Vec<Few>),
}

/// Which rows are in a column, in their order: how many are left out before each.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Members {
    skipped: Vec<usize>,
    /// Where the next one may be.
    #[serde(skip)]
    next: usize,
}

/// The writes that stand in each row of a column, by the numbers of their stamps.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Writes {
    members: Members,
    counts: Vec<usize>,
    stamps: Vec<usize>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Texts {
    members: Members,
    /// In bytes.
    lengths: Vec<usize>,
    /// One after the other: with nothing between them they compress better.
    joined: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Values {
    writes: Writes,
    /// One for each stamp.
    values: Vec<Value>,
}

/// What few rows have.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Few {
    life: Life,
    relations: Set<Relation>,
    lost: Vec<Lost>,
    logs: Vec<TextLog>,
}

impl Columns {
    /// Puts rows into columns.
    pub(super) fn of(rows: Vec<PulledRow>) -> Self {
        let (mut columns, mut stamps) = (Self::default(), Writer::new());
        for (number, row) in rows.into_iter().enumerate() {
            stamps.add(&columns.add(number, row));
        }
        columns.stamps = stamps.finish();
        columns
    }

    fn add(&mut self, number: usize, PulledRow { row, scope, texts: logs }: PulledRow) -> Numbers {
        let Row { id, ver, created, updated, life, texts, values, tags, relations, lost } = row;
        let mut stamps = Numbers::new(created);
        self.ids.push(id);
        self.scopes.push(scope);
        self.updated.push(stamps.of(updated));
        self.vers.push(ver.wrapping_sub(updated.ver).cast_signed());
        for (field, text) in texts {
            let column = self.texts.entry(field).or_default();
            column.add(number, &text);
        }
        for (field, register) in values {
            let column = self.values.entry(field).or_default();
            let siblings = register.into_siblings();
            column.writes.add(number, siblings.iter().map(|one| stamps.of(one.stamp)));
            column.values.extend(siblings.into_iter().map(|one| one.value));
        }
        for (tag, adds) in tags.into_adds() {
            self.tags.entry(tag).or_default().add(number, adds.into_iter().map(|stamp| stamps.of(stamp)));
        }
        let few = Few { life, relations, lost, logs };
        if few != Few::default() {
            self.few.0.add(number);
            self.few.1.push(few);
        }
        stamps
    }

    /// The rows as they were. `None` where the columns do not go together.
    pub(super) fn rows(self) -> Option<Vec<PulledRow>> {
        let stamps = self.stamps.table()?;
        let mut rows = bare(&stamps, self.ids, self.scopes, &self.updated, &self.vers)?;
        for (field, Texts { members, lengths, joined }) in self.texts {
            let mut left = joined.as_str();
            for (number, length) in members.with(lengths)? {
                let (text, after) = left.split_at_checked(length)?;
                rows.get_mut(number)?.row.texts.insert(field, text.to_owned());
                left = after;
            }
            left.is_empty().then_some(())?;
        }
        for (field, Values { writes, values }) in self.values {
            let mut values = values.into_iter();
            for (number, stamps) in writes.rows(&stamps)? {
                let siblings = stamps.into_iter().map(|stamp| Some(Sibling { stamp, value: values.next()? }));
                let register = Reg::from_siblings(siblings.collect::<Option<_>>()?);
                rows.get_mut(number)?.row.values.insert(field, register);
            }
            values.next().is_none().then_some(())?;
        }
        for (tag, writes) in self.tags {
            // Here it stands once, there in each row.
            (tag.as_str().len() <= TAG_BYTES).then_some(())?;
            for (number, adds) in writes.rows(&stamps)? {
                rows.get_mut(number)?.row.tags.insert_adds(tag.clone(), adds);
            }
        }
        let (members, few) = self.few;
        for (number, Few { life, relations, lost, logs }) in members.with(few)? {
            let one = rows.get_mut(number)?;
            (one.row.life, one.row.relations, one.row.lost, one.texts) = (life, relations, lost, logs);
        }
        Some(rows)
    }
}

/// The rows with nothing in them.
fn bare(
    stamps: &Table,
    ids: Vec<EntityId>,
    scopes: Vec<u32>,
    updated: &[usize],
    vers: &[i64],
) -> Option<Vec<PulledRow>> {
    let len = stamps.rows();
    if [ids.len(), scopes.len(), updated.len(), vers.len()].iter().any(|other| *other != len) {
        return None;
    }
    let mut rows = Vec::with_capacity(len);
    for (number, (id, scope)) in ids.into_iter().zip(scopes).enumerate() {
        let updated = stamps.get(number, *updated.get(number)?)?;
        let ver = updated.ver.wrapping_add_signed(*vers.get(number)?);
        let row = Row { ver, updated, ..Row::new(id, stamps.get(number, 0)?) };
        rows.push(PulledRow { row, scope, texts: Vec::new() });
    }
    Some(rows)
}

impl Members {
    fn add(&mut self, row: usize) {
        self.skipped.push(row - self.next);
        self.next = row + 1;
    }

    /// The rows by their numbers, each with what the column has of it.
    fn with<T>(self, of_each: Vec<T>) -> Option<Vec<(usize, T)>> {
        if self.skipped.len() != of_each.len() {
            return None;
        }
        let mut next = 0_usize;
        let number = |(skipped, of_it)| {
            let number = next.checked_add(skipped)?;
            next = number.checked_add(1)?;
            Some((number, of_it))
        };
        self.skipped.into_iter().zip(of_each).map(number).collect()
    }
}

impl Texts {
    fn add(&mut self, row: usize, text: &str) {
        self.members.add(row);
        self.lengths.push(text.len());
        self.joined.push_str(text);
    }
}

impl Writes {
    fn add(&mut self, row: usize, stamps: impl Iterator<Item = usize>) {
        let before = self.stamps.len();
        self.stamps.extend(stamps);
        self.members.add(row);
        self.counts.push(self.stamps.len() - before);
    }

    /// The rows by their numbers, each with the stamps of its writes.
    fn rows(self, table: &Table) -> Option<Vec<(usize, SmallVec<[Stamp; 1]>)>> {
        let mut numbers = self.stamps.into_iter();
        let mut rows = Vec::new();
        for (row, count) in self.members.with(self.counts)? {
            let stamps = (0..count).map(|_| table.get(row, numbers.next()?)).collect::<Option<_>>()?;
            rows.push((row, stamps));
        }
        numbers.next().is_none().then_some(rows)
    }
}
