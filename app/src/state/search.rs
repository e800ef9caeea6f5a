//! Finding tasks by their words: an index over everything that is written about them, kept up to date edit by edit.
//!
//! What changes is put on a list, and the list is worked off in slices between which the page answers. Whoever searches
//! works off what is left, unless that is a whole team's tasks: then there are results of what has been read so far, and
//! more with each slice.

use engine::view::{Item, TaskItem};
use leptos::prelude::*;
use shared::comment::CommentView;
use shared::ids::{CommentId, TaskId};
use shared::query::highlight::highlight;
use shared::query::search::{SearchIndex, Source};
use shared::task::TaskView;

use crate::state::App;
use crate::state::order::sort_by;
use crate::{dates, dom, i18n as t};

/// How long a slice takes, and how long it is until the next.
const SLICE_MS: i64 = 6;
const PAUSE_MS: u64 = 10;
/// The first slice comes after the tasks are on the screen.
const FIRST_MS: u64 = 400;
/// So much is read at once before a search.
const FEW: usize = 64;
/// Characters of an excerpt before what was found, and in all.
const BEFORE: usize = 30;
const EXCERPT: usize = 160;

/// What is to be read: a task, or a comment on it.
type Unread = (TaskId, Option<CommentId>);

#[derive(Clone, Copy)]
pub(crate) struct Search {
    index: StoredValue<SearchIndex>,
    unread: StoredValue<Vec<Unread>>,
    /// Whether a slice is to come.
    busy: StoredValue<bool>,
    /// Fires when the index has changed.
    news: Trigger,
    /// What the page of the search looks for; nothing while the list is shown.
    pub(crate) words: RwSignal<Option<String>>,
    /// What that page shows.
    pub(crate) shown: RwSignal<Vec<Found>>,
}

/// A task that was found, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) id: TaskId,
    /// Where the words are, if not in the title; and what is there.
    pub(crate) excerpt: Option<(&'static str, String)>,
}

impl Search {
    pub(crate) fn new() -> Self {
        Self {
            index: StoredValue::new(SearchIndex::default()),
            unread: StoredValue::new(Vec::new()),
            busy: StoredValue::new(false),
            news: Trigger::new(),
            words: RwSignal::new(None),
            shown: RwSignal::new(Vec::new()),
        }
    }

    pub(crate) fn clear(self) {
        self.index.set_value(SearchIndex::default());
        self.unread.set_value(Vec::new());
        self.news.notify();
    }

    /// How many tasks are searched, and whether some are still to be read; notices when that changes.
    pub(crate) fn extent(self) -> (usize, bool) {
        self.news.track();
        (self.index.with_value(SearchIndex::len), self.unread.with_value(|unread| unread.len() > FEW))
    }
}

impl App {
    /// Takes note of what changes. To be called before it is shown, because a task that was deleted, or is there again,
    /// takes its comments along.
    pub(crate) fn note_for_search(
        self,
        tasks: &[(TaskId, Option<TaskItem>)],
        comments: &[(CommentId, Option<Item<CommentView>>)],
    ) {
        let mut unread: Vec<Unread> = Vec::with_capacity(tasks.len() + comments.len());
        let mut turned: Vec<TaskId> = Vec::new();
        for (id, item) in tasks {
            unread.push((*id, None));
            let lives = item.as_ref().is_some_and(|item| !item.value.deleted);
            if lives != self.lives(*id) {
                turned.push(*id);
            }
        }
        for (id, item) in comments {
            let known = item.as_ref().map(|item| item.value.task);
            let task = known.or_else(|| self.comments.read(*id, |item| item.value.task));
            unread.extend(task.map(|task| (task, Some(*id))));
        }
        if !turned.is_empty() {
            sort_by(&mut turned, &Ord::cmp);
            self.comments.each(&mut |item| {
                if turned.binary_search(&item.value.task).is_ok() {
                    unread.push((item.value.task, Some(item.value.id)));
                }
            });
        }
        if !unread.is_empty() {
            self.search.unread.update_value(|all| all.extend(unread));
            self.read_later(FIRST_MS);
        }
    }

    fn lives(self, id: TaskId) -> bool {
        self.tasks.item(id).is_some_and(|item| item.with_untracked(|item| !item.value.deleted))
    }

    fn living(self, id: TaskId) -> Option<TaskView> {
        self.tasks.task(id).filter(|task| !task.deleted)
    }

    fn read_later(self, ms: u64) {
        if !self.search.busy.get_value() {
            self.search.busy.set_value(true);
            dom::after(ms, move || {
                self.search.busy.set_value(false);
                let until = dates::now() + SLICE_MS;
                self.read(&mut || dates::now() < until);
                if self.search.unread.with_value(|unread| !unread.is_empty()) {
                    self.read_later(PAUSE_MS);
                }
            });
        }
    }

    /// Reads what is to be read, the latest first, while there is time.
    fn read(self, go_on: &mut dyn FnMut() -> bool) {
        let mut any = false;
        while go_on() {
            let Some((task, comment)) = self.search.unread.try_update_value(Vec::pop).flatten() else { break };
            match comment {
                Some(comment) => self.read_comment(task, comment),
                None => self.read_task(task),
            }
            any = true;
        }
        if any {
            self.search.news.notify();
        }
    }

    fn read_task(self, id: TaskId) {
        let task = self.living(id);
        self.search.index.update_value(|index| {
            let Some(task) = task else { return index.remove(id) };
            let mut tags = String::new();
            for tag in &task.tags {
                tags.push_str(tag.as_str());
                tags.push(' ');
            }
            index.put(id, Source::Key, task.key.as_deref().unwrap_or_default());
            index.put(id, Source::Title, &task.title);
            index.put(id, Source::Tags, &tags);
            index.put(id, Source::Description, &task.description);
            index.put(id, Source::Notes, &task.notes);
        });
    }

    fn read_comment(self, task: TaskId, id: CommentId) {
        let lives = self.lives(task);
        let body = self.comments.read(id, |item| (!item.value.deleted).then(|| item.value.body.clone())).flatten();
        self.search.index.update_value(|index| match body.filter(|_| lives) {
            Some(body) => index.put(task, Source::Comment(id.0), &body),
            None => index.remove_source(task, Source::Comment(id.0)),
        });
    }

    /// The tasks that have the words of a query, the best first; notices when there are others.
    pub(crate) fn find(self, query: &str, most: usize) -> Vec<Found> {
        let few = self.search.unread.with_value(|unread| unread.len() <= FEW);
        self.read(&mut || few);
        if !few {
            self.read_later(0);
        }
        self.search.news.track();
        let hits = self.search.index.with_value(|index| index.search(query, most));
        let mut found = Vec::with_capacity(hits.len());
        // Those that have the words elsewhere: in a comment, or as a tag.
        let mut elsewhere: Vec<TaskId> = Vec::new();
        for hit in hits {
            let Some(task) = self.living(hit.id) else { continue };
            let in_title = !highlight(&task.title, query).is_empty();
            let excerpt = if in_title { None } else { own_excerpt(&task, query) };
            if !in_title && excerpt.is_none() {
                elsewhere.push(hit.id);
            }
            found.push(Found { id: hit.id, excerpt });
        }
        if !elsewhere.is_empty() {
            self.add_comments(&mut found, &elsewhere, query);
        }
        found
    }

    fn add_comments(self, found: &mut [Found], elsewhere: &[TaskId], query: &str) {
        let mut first: Vec<Option<CommentId>> = vec![None; found.len()];
        self.comments.each(&mut |item| {
            let comment = &item.value;
            if comment.deleted || !elsewhere.contains(&comment.task) {
                return;
            }
            let Some(place) = found.iter().position(|found| found.id == comment.task) else { return };
            if first[place].is_none_or(|first| comment.id < first)
                && let Some(excerpt) = excerpt(&comment.body, query)
            {
                first[place] = Some(comment.id);
                found[place].excerpt = Some((t::in_comment(), excerpt));
            }
        });
    }
}

/// Where in a task's own texts the words are.
fn own_excerpt(task: &TaskView, query: &str) -> Option<(&'static str, String)> {
    let texts = [(t::in_description(), &task.description), (t::in_notes(), &task.notes)];
    texts.into_iter().find_map(|(name, text)| Some((name, excerpt(text, query)?)))
}

/// The part of a text around the first word that a query found in it, in one line.
fn excerpt(text: &str, query: &str) -> Option<String> {
    let first = highlight(text, query).into_iter().next()?;
    let from = text[..first.start].char_indices().rev().take(BEFORE).last().map_or(first.start, |(at, _)| at);
    let to = text[from..].char_indices().nth(EXCERPT).map_or(text.len(), |(at, _)| from + at);
    // What is left of a word at the beginning is nobody's.
    let cut = from > 0 && text[from..first.start].contains(char::is_whitespace);
    let words: Vec<&str> = text[from..to].split_whitespace().skip(usize::from(cut)).collect();
    let ends = |there: bool| if there { "…" } else { "" };
    Some(format!("{}{}{}", ends(from > 0), words.join(" "), ends(to < text.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_the_line_around_what_was_found() {
        let text = "The harbour master keeps a list of berths,\nand each spring the tide takes one of them away.";
        assert_eq!(excerpt(text, "list").as_deref(), Some(&text.replace('\n', " ")[..]));
        assert_eq!(excerpt(text, "tide").as_deref(), Some("…berths, and each spring the tide takes one of them away."));
        assert_eq!(excerpt(text, "ebb"), None);
        let long = "wind ".repeat(100);
        assert_eq!(excerpt(&long, "wind").unwrap().chars().count(), EXCERPT - 1 + 1);
        let dense = "東京都の波".repeat(60);
        assert!(excerpt(&format!("{dense}港"), "港").unwrap().ends_with("港"));
    }
}
