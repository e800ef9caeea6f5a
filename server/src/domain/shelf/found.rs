//! Searching a shelf: which tasks have the words of a query, the best first, and where.

use std::collections::HashMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use shared::field::TextField;
use shared::ids::{EntityId, TaskId};
use shared::query::highlight::highlight;
use shared::query::search::Source;
use shared::row::Row;
use uuid::Uuid;

use super::{Answer, Open, Shelf};

/// Characters of an excerpt.
const EXCERPT: usize = 200;
/// Characters before the first mark of an excerpt, at most.
const BEFORE: usize = 40;

/// Where a task stands among what was found: the better before the worse, of equals the one made last first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HitPlace {
    rank: u32,
    id: TaskId,
}

/// A part of a text in which words of the query are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    pub source: Source,
    pub excerpt: String,
    /// Where in the excerpt they are, in characters.
    pub marks: Vec<Range<usize>>,
}

/// A task that was found.
#[derive(Clone, Debug)]
pub struct FoundTask<'a> {
    pub row: &'a Row,
    pub rank: u32,
    pub matches: Vec<Match>,
}

impl Shelf {
    /// The tasks that are open to a reader and have the words of a query, after a place. Its words must be noted.
    pub fn search(
        &self,
        open: &Open,
        query: &str,
        after: Option<HitPlace>,
        limit: usize,
    ) -> Answer<FoundTask<'_>, HitPlace> {
        let hits = self.words.hits(query).into_iter().map(|hit| HitPlace { rank: hit.rank, id: hit.id });
        let hits = hits.filter(|place| after.is_none_or(|after| *place < after));
        let rows = hits.filter_map(|place| {
            let row = self.get(place.id.into(), open).filter(|row| !row.life.is_deleted())?;
            Some((place, row))
        });
        let mut found: Vec<(HitPlace, &Row)> = rows.take(limit + 1).collect();
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(place, _)| *place);
        let comments = self.comments_on(&found);
        let told = |(place, row): (HitPlace, &'_ Row)| {
            let own = super::words::texts(row).into_iter();
            let said = comments.get(&place.id).into_iter().flatten();
            let said = said.map(|(id, body)| (Source::Comment(*id), (*body).to_owned()));
            let matches = own.chain(said).filter_map(|(source, text)| mark(source, &text, query)).collect();
            (place.rank, matches)
        };
        let rows = found.into_iter().map(|(place, row)| {
            let (rank, matches) = told((place, row));
            FoundTask { row, rank, matches }
        });
        Answer { rows: rows.collect(), next }
    }

    /// What is said on tasks.
    fn comments_on(&self, tasks: &[(HitPlace, &Row)]) -> HashMap<TaskId, Vec<(Uuid, &str)>> {
        let mut comments: HashMap<TaskId, Vec<(Uuid, &str)>> =
            tasks.iter().map(|(place, _)| (place.id, Vec::new())).collect();
        for book in self.books.values() {
            let EntityId::Comment(id) = book.row.id else { continue };
            let Some(subject) = book.row.subject().filter(|_| !book.row.life.is_deleted()) else { continue };
            if let Some(of_task) = comments.get_mut(&subject.task) {
                of_task.push((id.0, book.row.text(TextField::Body).unwrap_or_default()));
            }
        }
        for of_task in comments.values_mut() {
            of_task.sort_unstable();
        }
        comments
    }
}

/// Marks the words of a query in a text; `None` where there are none.
fn mark(source: Source, text: &str, query: &str) -> Option<Match> {
    let ranges = highlight(text, query);
    let first = ranges.first()?.start;
    let before = text[..first].chars().count();
    let skipped = before.saturating_sub(BEFORE);
    let excerpt: String = text.chars().skip(skipped).take(EXCERPT).collect();
    let character = |at: usize| text[..at].chars().count();
    let marks = ranges.into_iter().map(|range| character(range.start) - skipped..character(range.end) - skipped);
    let marks: Vec<Range<usize>> = marks.take_while(|mark| mark.end <= EXCERPT).collect();
    Some(Match { source, excerpt, marks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_around_the_first_word_that_was_found() {
        let parts = |text: &str, query: &str| -> Option<(String, Vec<String>)> {
            let Match { excerpt, marks, .. } = mark(Source::Title, text, query)?;
            let marked = |mark: &Range<usize>| excerpt.chars().skip(mark.start).take(mark.len()).collect();
            let marked = marks.iter().map(marked).collect();
            Some((excerpt, marked))
        };
        assert_eq!(parts("Mend the net", "boat"), None);
        let whole = Some(("Mënd the nets".to_owned(), vec!["Mënd".to_owned(), "net".to_owned()]));
        assert_eq!(parts("Mënd the nets", "net mend"), whole);
        let long = format!("{}boat {} boat", "ä ".repeat(500), "x".repeat(300));
        let (excerpt, marks) = parts(&long, "boat").unwrap();
        assert_eq!((excerpt.chars().count(), marks), (EXCERPT, vec!["boat".to_owned()]), "the second is too far away");
        assert!(excerpt.starts_with("ä ä "));
    }
}
