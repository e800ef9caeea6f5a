//! One task in the index: which words each of its texts has, in their order.

use uuid::Uuid;

use super::Source;
use super::dictionary::{Places, TermId};
use crate::ids::TaskId;

#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) id: TaskId,
    /// One behind the other: source, length in bytes, words. No text without a word. One allocation for all of them,
    /// since there are as many documents as tasks, and an edit rewrites a few hundred bytes at most.
    texts: Box<[u8]>,
}

/// A source is a byte, a comment's is followed by its id.
const SINGLE: [Source; 5] = [Source::Key, Source::Title, Source::Tags, Source::Description, Source::Notes];
const COMMENT: u8 = 5;

impl Document {
    pub(super) fn new(id: TaskId) -> Self {
        Self { id, texts: Box::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Replaces the words of a source, and returns what they were.
    pub(super) fn set(&mut self, source: Source, ids: &[TermId]) -> Vec<TermId> {
        let mut old = Vec::new();
        let mut words = Vec::with_capacity(ids.len() * 2);
        for id in ids {
            encode(*id, &mut words);
        }
        let mut texts = Vec::with_capacity(self.texts.len() + words.len() + 20);
        for (other, words) in self.texts() {
            if other == source {
                old = decode(words).collect();
            } else {
                push(other, words, &mut texts);
            }
        }
        if !words.is_empty() {
            push(source, &words, &mut texts);
        }
        self.texts = texts.into();
        old
    }

    fn texts(&self) -> impl Iterator<Item = (Source, &[u8])> {
        let mut rest = &*self.texts;
        std::iter::from_fn(move || pop(&mut rest))
    }

    /// Every word in every place, repeated as in the texts.
    pub(super) fn words(&self) -> impl Iterator<Item = (TermId, Places)> + '_ {
        self.texts().flat_map(|(source, words)| decode(words).map(move |id| (id, source.place())))
    }

    /// The words in one place of the task.
    pub(super) fn words_in(&self, place: Places) -> impl Iterator<Item = TermId> + '_ {
        self.words().filter(move |(_, other)| *other == place).map(|(id, _)| id)
    }

    /// The places where the words `row` stand one behind the other, and behind them one of the words `last` (in order).
    pub(super) fn places_of_row(&self, row: &[u8], last: &[TermId]) -> Places {
        let found = |(source, words): (Source, &[u8])| if contains(words, row, last) { source.place() } else { 0 };
        self.texts().map(found).fold(0, |places, place| places | place)
    }

    /// Bytes of memory, about.
    pub(super) fn bytes(&self) -> usize {
        self.texts.len()
    }
}

fn push(source: Source, words: &[u8], texts: &mut Vec<u8>) {
    match source {
        Source::Key => texts.push(0),
        Source::Title => texts.push(1),
        Source::Tags => texts.push(2),
        Source::Description => texts.push(3),
        Source::Notes => texts.push(4),
        Source::Comment(id) => {
            texts.push(COMMENT);
            texts.extend(id.as_bytes());
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "a text is not 4 GB long")]
    encode(words.len() as u32, texts);
    texts.extend(words);
}

fn pop<'a>(rest: &mut &'a [u8]) -> Option<(Source, &'a [u8])> {
    let (kind, after) = rest.split_first()?;
    let (source, mut after) = match SINGLE.get(usize::from(*kind)) {
        Some(source) => (*source, after),
        None => after.split_first_chunk().map(|(id, after)| (Source::Comment(Uuid::from_bytes(*id)), after))?,
    };
    let length = decode_one(&mut after)?;
    let (words, after) = after.split_at_checked(length as usize)?;
    *rest = after;
    Some((source, words))
}

/// Whether words hold a row of words, and behind it one of the words `last`.
fn contains(words: &[u8], row: &[u8], last: &[TermId]) -> bool {
    let Some(first) = row.first() else { return false };
    // A number ends with the only one of its bytes below 128; the next begins behind it.
    words.iter().enumerate().any(|(at, byte)| {
        byte == first
            && (at == 0 || words[at - 1] < 0x80)
            && words[at..].starts_with(row)
            && decode(&words[at + row.len()..]).next().is_some_and(|next| last.binary_search(&next).is_ok())
    })
}

/// A number in LEB128: a common word, which got its number early, is a byte.
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

fn decode(mut bytes: &[u8]) -> impl Iterator<Item = TermId> + '_ {
    std::iter::from_fn(move || decode_one(&mut bytes))
}

fn decode_one(bytes: &mut &[u8]) -> Option<u32> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(number);
        }
        shift += 7;
    }
}
