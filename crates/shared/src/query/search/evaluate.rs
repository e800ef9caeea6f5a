//! Answering a query.
//!
//! Each part of the query (a word, a run) grades the tasks that have it; a task is found when every part has graded it.
//! Grades are an array with a byte for each task, because the first letter of a word is in most tasks: filling such an
//! array costs less than keeping a set.

use super::dictionary::{DocId, Places, TermId};
use super::{SearchIndex, document, sorted};
use crate::query::words::{Kind, tokens, units};

/// How well a task fits one part of the query; 0 when not at all.
type Grade = u8;

/// A part of a query, as it is compared.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Word(String),
    Run(String),
}

/// By the places where a word was found, the best one counts: the title, then tags, then other text.
fn grade(places: Places, exact: bool) -> Grade {
    let place = match places {
        0 => return 0,
        _ if places & 1 != 0 => 3,
        _ if places & 2 != 0 => 2,
        _ => 1,
    };
    if exact { 3 + place } else { place }
}

fn parts(query: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    tokens(query, &mut |token| {
        let part = match token.kind {
            Kind::Word => Part::Word(token.folded.to_owned()),
            Kind::Run => Part::Run(token.folded.to_owned()),
        };
        if !parts.contains(&part) {
            parts.push(part);
        }
    });
    parts
}

impl SearchIndex {
    /// How well each document fits; 0 when not at all. Empty when none does.
    pub(super) fn ranks(&self, query: &str) -> Vec<u32> {
        let parts = parts(query);
        let Some((first, others)) = parts.split_first() else { return Vec::new() };
        let mut grades = vec![0; self.documents.len()];
        self.grade(first, &mut grades);
        let mut ranks: Vec<u32> = grades.iter().map(|grade| u32::from(*grade)).collect();
        for part in others {
            if ranks.iter().all(|rank| *rank == 0) {
                return Vec::new();
            }
            grades.fill(0);
            self.grade(part, &mut grades);
            for (rank, grade) in ranks.iter_mut().zip(&grades) {
                *rank = if *rank == 0 || *grade == 0 { 0 } else { *rank + u32::from(*grade) };
            }
        }
        ranks
    }

    fn grade(&self, part: &Part, grades: &mut [Grade]) {
        match part {
            Part::Word(word) => self.grade_word(word, grades),
            Part::Run(run) => self.grade_run(run, grades),
        }
    }

    fn grade_word(&self, word: &str, grades: &mut [Grade]) {
        let exact = self.dictionary.get(word);
        for term in self.dictionary.starting_with(word) {
            self.grade_term(term, exact == Some(term), grades);
        }
    }

    fn grade_term(&self, term: TermId, exact: bool, grades: &mut [Grade]) {
        let by_places: [Grade; 8] = std::array::from_fn(|places| grade(u8::try_from(places).unwrap_or(0), exact));
        for (doc, places) in self.dictionary.postings(term) {
            let best = &mut grades[doc as usize];
            *best = (*best).max(by_places[usize::from(places)]);
        }
    }

    /// A run is found by its pairs of neighbours, the last of which may go on (가 begins 각).
    fn grade_run(&self, run: &str, grades: &mut [Grade]) {
        let units: Vec<_> = units(run).collect();
        let pairs: Vec<&str> = units.windows(2).map(|pair| &run[pair[0].start..pair[1].end]).collect();
        let (last, row) = pairs.split_last().map_or((run, &[][..]), |(last, row)| (*last, row));
        if row.is_empty() {
            for term in self.dictionary.starting_with(last) {
                self.grade_term(term, false, grades);
            }
            return;
        }
        // Each pair must occur, and in this order: the tasks with the rarest pair are looked through.
        let Some(row) = row.iter().map(|pair| self.dictionary.get(pair)).collect::<Option<Vec<_>>>() else { return };
        let last = sorted(self.dictionary.starting_with(last));
        let mut bytes = Vec::new();
        for term in &row {
            document::encode(*term, &mut bytes);
        }
        let rarest = row.iter().min_by_key(|term| self.dictionary.frequency(**term));
        for (doc, _) in rarest.into_iter().flat_map(|term| self.dictionary.postings(*term)) {
            grades[doc as usize] = self.grade_row(doc, &row, &bytes, &last);
        }
    }

    fn grade_row(&self, doc: DocId, row: &[TermId], bytes: &[u8], last: &[TermId]) -> Grade {
        let occurs = row.iter().all(|term| self.dictionary.occurs_in(*term, doc));
        match &self.documents[doc as usize] {
            Some(document) if occurs => grade(document.places_of_row(bytes, last), false),
            _ => 0,
        }
    }
}
