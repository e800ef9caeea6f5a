//! One task in the index: which words each of its texts has, in their order.

use super::Source;
use super::dictionary::{Places, TermId};
use crate::ids::TaskId;

#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) id: TaskId,
    /// By source; none without a word.
    texts: Vec<(Source, Words)>,
}

/// The words of a text in their order. Numbers in LEB128, so that a common word, which got its number early, is a byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words(Box<[u8]>);

impl Words {
    pub(super) fn new(ids: &[TermId]) -> Self {
        let mut bytes = Vec::with_capacity(ids.len() * 2);
        for id in ids {
            encode(*id, &mut bytes);
        }
        Self(bytes.into())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = TermId> + '_ {
        decode(&self.0)
    }

    /// Whether the words `row` stand one behind the other, and behind them one of the words `last` (in order).
    fn contain(&self, row: &[u8], last: &[TermId]) -> bool {
        let Some(first) = row.first() else { return false };
        let bytes = &self.0;
        // A number ends with the only one of its bytes below 128; the next begins behind it.
        bytes.iter().enumerate().any(|(at, byte)| {
            byte == first
                && (at == 0 || bytes[at - 1] < 0x80)
                && bytes[at..].starts_with(row)
                && decode(&bytes[at + row.len()..]).next().is_some_and(|next| last.binary_search(&next).is_ok())
        })
    }
}

pub(super) fn encode(id: TermId, bytes: &mut Vec<u8>) {
    let mut rest = id;
    while rest >= 0x80 {
        bytes.push(low_bits(rest) | 0x80);
        rest >>= 7;
    }
    bytes.push(low_bits(rest));
}

fn low_bits(n: u32) -> u8 {
    (n & 0x7f) as u8
}

fn decode(bytes: &[u8]) -> impl Iterator<Item = TermId> + '_ {
    let mut bytes = bytes.iter();
    std::iter::from_fn(move || {
        let (mut id, mut shift) = (0, 0);
        loop {
            let byte = *bytes.next()?;
            id |= TermId::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(id);
            }
            shift += 7;
        }
    })
}

impl Document {
    pub(super) fn new(id: TaskId) -> Self {
        Self { id, texts: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Replaces the words of a source, and returns what they were.
    pub(super) fn set(&mut self, source: Source, words: Words) -> Words {
        let absent = words.0.is_empty();
        match self.texts.binary_search_by_key(&source, |(source, _)| *source) {
            Ok(at) if absent => self.texts.remove(at).1,
            Ok(at) => std::mem::replace(&mut self.texts[at].1, words),
            Err(_) if absent => Words::default(),
            Err(at) => {
                self.texts.reserve_exact(1);
                self.texts.insert(at, (source, words));
                Words::default()
            }
        }
    }

    /// Every word in every place, repeated as in the texts.
    pub(super) fn words(&self) -> impl Iterator<Item = (TermId, Places)> + '_ {
        self.texts.iter().flat_map(|(source, words)| words.iter().map(|id| (id, source.place())))
    }

    /// The words in one place of the task.
    pub(super) fn words_in(&self, place: Places) -> impl Iterator<Item = TermId> + '_ {
        self.words().filter(move |(_, other)| *other == place).map(|(id, _)| id)
    }

    /// The places where these words stand one behind the other; see [`Words::contain`].
    pub(super) fn places_of_row(&self, row: &[u8], last: &[TermId]) -> Places {
        let found = |(source, words): &(Source, Words)| if words.contain(row, last) { source.place() } else { 0 };
        self.texts.iter().map(found).fold(0, |places, place| places | place)
    }

    /// Bytes of memory, about.
    pub(super) fn bytes(&self) -> usize {
        let words: usize = self.texts.iter().map(|(_, words)| words.0.len()).sum();
        words + self.texts.capacity() * size_of::<(Source, Words)>()
    }
}
