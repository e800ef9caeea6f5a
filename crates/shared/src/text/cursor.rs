//! Where a cursor or a selection is after an edit, while somebody goes on writing in the same text.
//!
//! Characters keep their side: what stood before a cursor and is still there stands before it afterwards, and what
//! stood behind it, behind it. That leaves open only where the cursor goes among characters put in at its place.

use serde::{Deserialize, Serialize};

use super::{Delta, Step};

/// Whose edit carries a cursor along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The cursor's owner: it goes behind what is put in at it, as with typing.
    Oneself,
    /// Anybody else: it stays before what is put in at it, so that nobody who writes there drags it along.
    Others,
}

/// What somebody has selected in a text, as positions: numbers of Unicode scalar values before them. A mere cursor
/// where both are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Where it was begun.
    pub anchor: u32,
    /// Where the cursor is; before `anchor` where the selection was made backwards.
    pub head: u32,
}

impl Selection {
    /// The selection after an edit: what is left of the selected characters and what was put in between them, but
    /// nothing that was put in at the edges, because typing would overwrite it unseen. A cursor where nothing is left.
    #[must_use]
    pub fn carry(self, delta: &Delta, by: By) -> Self {
        let (start, end) = (self.anchor.min(self.head), self.anchor.max(self.head));
        let (first, last) = (delta.gap(start).high, delta.gap(end).low);
        if first >= last {
            let cursor = delta.carry(self.head, by);
            return Self { anchor: cursor, head: cursor };
        }
        let (anchor, head) = if self.anchor <= self.head { (first, last) } else { (last, first) };
        Self { anchor, head }
    }
}

impl Delta {
    /// Where a position in the text is after the edit. One beyond the end of the text counts as the end.
    pub fn carry(&self, position: u32, by: By) -> u32 {
        let gap = self.gap(position);
        match by {
            By::Oneself => gap.high,
            By::Others if gap.only_next_is_left => gap.high,
            By::Others => gap.low,
        }
    }

    /// The positions after the edit that a position before it can have become.
    fn gap(&self, position: u32) -> Gap {
        let spans = spans(&self.0);
        let length = spans.iter().fold(0_u32, |sum, span| sum.saturating_add(span.kept).saturating_add(span.taken));
        let position = position.min(length);
        // How much of the old text, and of the new one, is to the left of a span.
        let (mut old, mut new) = (0_u32, 0_u32);
        for span in spans {
            let from = old.saturating_add(span.kept);
            let to = from.saturating_add(span.taken);
            if position < from {
                break;
            }
            let low = new.saturating_add(span.kept);
            let high = low.saturating_add(span.put);
            if position <= to {
                return Gap { low, high, only_next_is_left: position == to && span.taken > 0 };
            }
            (old, new) = (to, high);
        }
        let kept = new.saturating_add(position.saturating_sub(old));
        Gap { low: kept, high: kept, only_next_is_left: false }
    }
}

/// Where a cursor can stand after an edit without a character changing its side.
#[derive(Clone, Copy, Debug)]
struct Gap {
    /// Right behind the last character before it that is left.
    low: u32,
    /// Right before the first character behind it that is left.
    high: u32,
    /// Whether the character right before it is gone and the one right behind it is not.
    only_next_is_left: bool,
}

/// A piece that is kept, and what is replaced behind it, in whichever order the steps say it.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    kept: u32,
    taken: u32,
    put: u32,
}

fn spans(steps: &[Step]) -> Vec<Span> {
    let (mut spans, mut last) = (Vec::new(), Span::default());
    for step in steps {
        match step {
            Step::Keep(0) => {}
            Step::Keep(count) => {
                spans.push(last);
                last = Span { kept: *count, ..Span::default() };
            }
            Step::Insert(text) => {
                let count = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
                last.put = last.put.saturating_add(count);
            }
            Step::Delete(count) => last.taken = last.taken.saturating_add(*count),
        }
    }
    spans.push(last);
    spans
}
