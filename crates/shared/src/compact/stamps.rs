//! The stamps of rows. Most rows were made by one write, whose stamp stands in each of their fields: here it stands once,
//! and its numbers as what they are more than those of the stamp before, which is mostly the same.

use std::collections::HashMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::clock::{Actor, Stamp};

/// The stamps of all rows, row after row, each once in each row. The first one of a row is that of its creation.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Stamps {
    /// How many each row has beside that of its creation.
    others: Vec<usize>,
    actors: Vec<Actor>,
    /// This, and what follows, as what it is more than that of the stamp before; numbers wrap.
    ctrs: Vec<i64>,
    vers: Vec<i64>,
    ctxs: Vec<i64>,
    ats: Vec<i64>,
}

/// What the numbers of the first stamp of all are more than.
const ZERO: Stamp = Stamp { actor: 0, ctr: 0, ver: 0, ctx: 0, at: 0 };

/// Gives the stamps of one row their numbers in it.
#[derive(Debug)]
pub(super) struct Numbers {
    created: Stamp,
    others: Vec<Stamp>,
    known: HashMap<Stamp, usize>,
}

impl Numbers {
    pub(super) fn new(created: Stamp) -> Self {
        Self { created, others: Vec::new(), known: HashMap::new() }
    }

    pub(super) fn of(&mut self, stamp: Stamp) -> usize {
        if stamp == self.created {
            return 0;
        }
        *self.known.entry(stamp).or_insert_with(|| {
            self.others.push(stamp);
            self.others.len()
        })
    }
}

/// Puts stamps into columns.
#[derive(Debug)]
pub(super) struct Writer {
    stamps: Stamps,
    last: Stamp,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { stamps: Stamps::default(), last: ZERO }
    }

    /// The next row's.
    pub(super) fn add(&mut self, row: &Numbers) {
        self.stamps.others.push(row.others.len());
        for stamp in std::iter::once(&row.created).chain(&row.others) {
            let last = std::mem::replace(&mut self.last, *stamp);
            self.stamps.actors.push(stamp.actor);
            self.stamps.ctrs.push(stamp.ctr.wrapping_sub(last.ctr).cast_signed());
            self.stamps.vers.push(stamp.ver.wrapping_sub(last.ver).cast_signed());
            self.stamps.ctxs.push(stamp.ctx.wrapping_sub(last.ctx).cast_signed());
            self.stamps.ats.push(stamp.at.wrapping_sub(last.at));
        }
    }

    pub(super) fn finish(self) -> Stamps {
        self.stamps
    }
}

/// The stamps as they were.
#[derive(Debug)]
pub(super) struct Table {
    all: Vec<Stamp>,
    /// Which of them are whose.
    rows: Vec<Range<usize>>,
}

impl Stamps {
    /// `None` where the columns do not go together.
    pub(super) fn table(self) -> Option<Table> {
        let mut rows = Vec::with_capacity(self.others.len());
        let mut end = 0_usize;
        for others in &self.others {
            let start = end;
            end = start.checked_add(*others)?.checked_add(1)?;
            rows.push(start..end);
        }
        let lengths = [&self.ctrs, &self.vers, &self.ctxs, &self.ats].map(Vec::len);
        if self.actors.len() != end || lengths.iter().any(|length| *length != end) {
            return None;
        }
        Some(Table { all: self.stamps(), rows })
    }

    fn stamps(self) -> Vec<Stamp> {
        let more = self.ctrs.into_iter().zip(self.vers).zip(self.ctxs.into_iter().zip(self.ats));
        let mut last = ZERO;
        let mut all = Vec::with_capacity(self.actors.len());
        for (actor, ((ctr, ver), (ctx, at))) in self.actors.into_iter().zip(more) {
            last = Stamp {
                actor,
                ctr: last.ctr.wrapping_add_signed(ctr),
                ver: last.ver.wrapping_add_signed(ver),
                ctx: last.ctx.wrapping_add_signed(ctx),
                at: last.at.wrapping_add(at),
            };
            all.push(last);
        }
        all
    }
}

impl Table {
    /// How many rows it is of.
    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The stamp of this number in a row.
    pub(super) fn get(&self, row: usize, number: usize) -> Option<Stamp> {
        self.all.get(self.rows.get(row)?.clone())?.get(number).copied()
    }
}
