//! Every word that occurs, and the tasks it occurs in.

use std::collections::BTreeMap;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// A word's number while it occurs anywhere; given to another one afterwards.
pub(super) type TermId = u32;

/// A task's number in the index while it has any text.
pub(super) type DocId = u32;

/// Where in a task a word occurs, as a set of bits.
pub(super) type Places = u8;

/// A task and the places in it, as `document * 8 + places`: one word of memory for each pair of task and word, of
/// which there are about as many as ten thousand tasks have words.
type Posting = u32;

const PLACE_BITS: u32 = 3;

fn posting(doc: DocId, places: Places) -> Posting {
    doc << PLACE_BITS | Posting::from(places)
}

fn doc_of(posting: Posting) -> DocId {
    posting >> PLACE_BITS
}

fn places_of(posting: Posting) -> Places {
    (posting & ((1 << PLACE_BITS) - 1)) as Places
}

#[derive(Clone, Debug, Default)]
struct Term {
    text: Box<str>,
    /// By document.
    postings: Vec<Posting>,
}

/// The words in alphabetical order, as far as their first bytes decide; looked up by these bytes, whole or begun.
#[derive(Clone, Debug, Default)]
pub(super) struct Dictionary {
    terms: Vec<Term>,
    by_text: HashTable<TermId>,
    /// Keys are made by [`key`].
    by_start: BTreeMap<u128, TermId>,
    free: Vec<TermId>,
}

/// Bytes that order the words.
const START_BYTES: usize = 8;

/// The first bytes of a word as a number that orders as they do; `fill` stands for bytes that it does not have.
fn start(text: &str, fill: u8) -> u64 {
    let mut bytes = [fill; START_BYTES];
    bytes.iter_mut().zip(text.bytes()).for_each(|(to, byte)| *to = byte);
    u64::from_be_bytes(bytes)
}

/// A number for each term that orders by the first bytes of its text, then by id.
fn key(start: u64, id: TermId) -> u128 {
    u128::from(start) << TermId::BITS | u128::from(id)
}

fn hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

/// Room for one more: an eighth more, not twice as much, since most of the memory of an index is here.
fn make_room<T>(items: &mut Vec<T>) {
    if items.len() == items.capacity() {
        items.reserve_exact(1 + items.len() / 8);
    }
}

impl Dictionary {
    /// The number of a word that occurs.
    pub(super) fn get(&self, text: &str) -> Option<TermId> {
        self.by_text.find(hash(text), |id| &*self.terms[*id as usize].text == text).copied()
    }

    /// The number of a word, given to it now if it has none. It keeps it only if it is then [put](Self::put) somewhere.
    pub(super) fn intern(&mut self, text: &str) -> TermId {
        let hashed = hash(text);
        if let Some(id) = self.by_text.find(hashed, |id| &*self.terms[*id as usize].text == text) {
            return *id;
        }
        let id = self.free.pop().unwrap_or_else(|| {
            make_room(&mut self.terms);
            self.terms.push(Term::default());
            #[expect(clippy::cast_possible_truncation, reason = "four billion words do not fit into memory")]
            let id = (self.terms.len() - 1) as TermId;
            id
        });
        self.terms[id as usize].text = text.into();
        let terms = &self.terms;
        self.by_text.insert_unique(hashed, id, |id| hash(&terms[*id as usize].text));
        self.by_start.insert(key(start(text, 0), id), id);
        id
    }

    /// Notes that a word occurs in a place of a task.
    pub(super) fn put(&mut self, id: TermId, doc: DocId, places: Places) {
        let postings = &mut self.terms[id as usize].postings;
        let at = match postings.last() {
            Some(last) if doc_of(*last) < doc => postings.len(),
            Some(last) if doc_of(*last) == doc => postings.len() - 1,
            _ => postings.partition_point(|posting| doc_of(*posting) < doc),
        };
        if let Some(found) = postings.get_mut(at).filter(|posting| doc_of(**posting) == doc) {
            *found |= Posting::from(places);
            return;
        }
        make_room(postings);
        postings.insert(at, posting(doc, places));
    }

    /// Notes that a word does not occur in these places of a task any more. A word that occurs nowhere is forgotten.
    pub(super) fn take(&mut self, id: TermId, doc: DocId, places: Places) {
        let term = &mut self.terms[id as usize];
        let Ok(at) = term.postings.binary_search_by_key(&doc, |posting| doc_of(*posting)) else { return };
        term.postings[at] &= !Posting::from(places);
        if places_of(term.postings[at]) != 0 {
            return;
        }
        term.postings.remove(at);
        if term.postings.is_empty() {
            let Term { text, .. } = std::mem::take(term);
            self.by_start.remove(&key(start(&text, 0), id));
            if let Ok(entry) = self.by_text.find_entry(hash(&text), |other| *other == id) {
                entry.remove();
            }
            self.free.push(id);
        }
    }

    /// The words that begin so.
    pub(super) fn starting_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = TermId> + 'a {
        let range = key(start(prefix, 0), TermId::MIN)..=key(start(prefix, u8::MAX), TermId::MAX);
        let long = prefix.len() > START_BYTES;
        let ids = self.by_start.range(range).map(|(_, id)| *id);
        ids.filter(move |id| !long || self.terms[*id as usize].text.starts_with(prefix))
    }

    /// The tasks in which a word occurs, by number, and where in them.
    pub(super) fn postings(&self, id: TermId) -> impl ExactSizeIterator<Item = (DocId, Places)> + '_ {
        self.terms[id as usize].postings.iter().map(|posting| (doc_of(*posting), places_of(*posting)))
    }

    /// How many tasks a word occurs in.
    pub(super) fn frequency(&self, id: TermId) -> usize {
        self.terms[id as usize].postings.len()
    }

    pub(super) fn occurs_in(&self, id: TermId, doc: DocId) -> bool {
        self.terms[id as usize].postings.binary_search_by_key(&doc, |posting| doc_of(*posting)).is_ok()
    }

    /// Words that occur.
    pub(super) fn len(&self) -> usize {
        self.by_text.len()
    }

    /// Bytes of memory, about.
    pub(super) fn bytes(&self) -> usize {
        let terms: usize = self.terms.iter().map(|term| term.text.len() + term.postings.capacity() * 4).sum();
        // Nodes of a B-tree are about two thirds full; a table's slot is a number and a byte.
        terms + self.terms.capacity() * size_of::<Term>() + self.by_start.len() * 30 + self.by_text.capacity() * 5
    }
}
