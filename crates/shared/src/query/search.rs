//! Full-text search over tasks, kept up to date edit by edit.
//!
//! A task is found when each word of the query begins some word of the task, in whatever source; in scripts without
//! spaces, when each run of characters of the query is part of some run of the task. Letters are compared as
//! [`super::fold`] says. An exact word counts more than a begun one, then the title more than tags and tags more than
//! other text; of equals the task made last comes first. All of it depends on the texts alone, not on the order of the
//! edits, so that every device shows the same.
//!
//! The index keeps no text. It keeps, for every word, the tasks it occurs in ([`dictionary`]), and for every text the
//! words it has ([`document`]): the first answers a query, the second says what an edit takes away.

mod dictionary;
mod document;
mod evaluate;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use uuid::Uuid;

use super::words::{terms, tokens};
use crate::ids::TaskId;
use dictionary::{Dictionary, DocId, Places, TermId};
use document::Document;

/// Which text of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// What people call the task: HAR-231. Counts as the title does.
    Key,
    Title,
    /// All tags, with spaces between.
    Tags,
    Description,
    Notes,
    /// The comment with this id.
    Comment(Uuid),
}

impl Source {
    fn place(self) -> Places {
        match self {
            Self::Key | Self::Title => 1,
            Self::Tags => 2,
            Self::Description | Self::Notes | Self::Comment(_) => 4,
        }
    }
}

/// A task that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub id: TaskId,
    /// How well it fits: 1 to 6 for each word of the query.
    pub rank: u32,
}

/// What a query found, to ask about single tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found(Vec<TaskId>);

impl Found {
    pub fn contains(&self, id: TaskId) -> bool {
        self.0.binary_search(&id).is_ok()
    }

    /// In the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = TaskId> {
        self.0.iter().copied()
    }
}

/// The words of all tasks of a device.
#[derive(Clone, Debug, Default)]
pub struct SearchIndex {
    dictionary: Dictionary,
    /// `None` where a task was removed; the next new one takes the place.
    documents: Vec<Option<Document>>,
    /// By id. A number, so that the program carries one kind of map for this and the dictionary.
    numbers: BTreeMap<u128, DocId>,
    free: Vec<DocId>,
}

impl SearchIndex {
    /// Notes what a text of a task says now.
    pub fn put(&mut self, id: TaskId, source: Source, text: &str) {
        let dictionary = &mut self.dictionary;
        let mut new: Vec<TermId> = Vec::with_capacity(text.len() / 6 + 1);
        tokens(text, &mut |token| terms(&token, |term| new.push(dictionary.intern(term))));
        if new.is_empty() {
            return self.remove_source(id, source);
        }
        let number = self.number(id);
        let Some(document) = &mut self.documents[number as usize] else { return };
        let old = document.set(source, &new);
        if old.is_empty() {
            for term in new {
                self.dictionary.put(term, number, source.place());
            }
            return;
        }
        let (old, new) = (distinct(old), distinct(new));
        for term in new.iter().filter(|term| old.binary_search(term).is_err()) {
            self.dictionary.put(*term, number, source.place());
        }
        self.take(number, source.place(), old.into_iter().filter(|term| new.binary_search(term).is_err()).collect());
    }

    /// Forgets a text of a task: a comment that was deleted.
    pub fn remove_source(&mut self, id: TaskId, source: Source) {
        let Some(&number) = self.numbers.get(&id.0.as_u128()) else { return };
        let Some(document) = &mut self.documents[number as usize] else { return };
        let old = document.set(source, &[]);
        let empty = document.is_empty();
        self.take(number, source.place(), distinct(old));
        if empty {
            self.vacate(id);
        }
    }

    /// Forgets a task.
    pub fn remove(&mut self, id: TaskId) {
        let Some(document) = self.vacate(id) else { return };
        let (number, document) = document;
        for (term, place) in document.words() {
            self.dictionary.take(term, number, place);
        }
    }

    /// The tasks that fit best, the best first, at most `limit`. A query without a word finds nothing.
    pub fn search(&self, query: &str, limit: usize) -> Vec<Hit> {
        // The least of those kept is on top, and goes when a better one comes.
        let mut best: BinaryHeap<Reverse<(u32, TaskId)>> = BinaryHeap::new();
        for (document, rank) in self.documents.iter().zip(self.ranks(query)) {
            let Some(document) = document.as_ref().filter(|_| rank != 0) else { continue };
            let hit = Reverse((rank, document.id));
            if best.len() < limit {
                best.push(hit);
            } else if let Some(mut least) = best.peek_mut().filter(|least| hit < **least) {
                *least = hit;
            }
        }
        best.into_sorted_vec().into_iter().map(|Reverse((rank, id))| Hit { id, rank }).collect()
    }

    /// All tasks that fit.
    pub fn find(&self, query: &str) -> Found {
        let ranks = self.ranks(query);
        let fits = |number: &DocId| ranks.get(*number as usize).is_some_and(|rank| *rank != 0);
        let ids = self.numbers.iter().filter(|(_, number)| fits(number));
        Found(ids.map(|(id, _)| TaskId(Uuid::from_u128(*id))).collect())
    }

    /// Tasks that have any word.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Different words that occur.
    pub fn words(&self) -> usize {
        self.dictionary.len()
    }

    /// Bytes of memory, about.
    pub fn bytes(&self) -> usize {
        let documents: usize = self.documents.iter().flatten().map(Document::bytes).sum();
        let slots = self.documents.capacity() * size_of::<Option<Document>>();
        // Nodes of a B-tree are about two thirds full.
        documents + slots + self.numbers.len() * 32 + self.dictionary.bytes()
    }

    fn number(&mut self, id: TaskId) -> DocId {
        if let Some(number) = self.numbers.get(&id.0.as_u128()) {
            return *number;
        }
        let number = self.free.pop().unwrap_or_else(|| {
            self.documents.push(None);
            #[expect(clippy::cast_possible_truncation, reason = "half a billion tasks do not fit into memory")]
            let number = (self.documents.len() - 1) as DocId;
            number
        });
        self.documents[number as usize] = Some(Document::new(id));
        self.numbers.insert(id.0.as_u128(), number);
        number
    }

    fn vacate(&mut self, id: TaskId) -> Option<(DocId, Document)> {
        let number = self.numbers.remove(&id.0.as_u128())?;
        self.free.push(number);
        Some((number, self.documents[number as usize].take()?))
    }

    /// Takes words from a place of a task, except those that another text there still has.
    fn take(&mut self, number: DocId, place: Places, gone: Vec<TermId>) {
        let Some(document) = &self.documents[number as usize] else { return };
        if gone.is_empty() {
            return;
        }
        let mut stays = vec![false; gone.len()];
        for term in document.words_in(place) {
            if let Ok(at) = gone.binary_search(&term) {
                stays[at] = true;
            }
        }
        for (term, _) in gone.into_iter().zip(stays).filter(|(_, stays)| !stays) {
            self.dictionary.take(term, number, place);
        }
    }
}

fn distinct(terms: Vec<TermId>) -> Vec<TermId> {
    let mut terms = sorted(terms);
    terms.dedup();
    terms
}

/// In order. By a heap, which is slower than the sort of slices, but a tenth of its code: these are words of one text.
fn sorted(terms: impl IntoIterator<Item = TermId>) -> Vec<TermId> {
    terms.into_iter().collect::<BinaryHeap<_>>().into_sorted_vec()
}
