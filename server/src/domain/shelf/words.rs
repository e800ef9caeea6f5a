//! The words on a shelf. Noting those of an organization takes longer than reading its rows, and most lists ask for none:
//! so they are noted when somebody asks, those of a row once after it was put there.

use std::collections::{BTreeSet, HashMap};

use shared::field::{Field, TextField};
use shared::ids::EntityId;
use shared::query::search::{Found, Hit, SearchIndex, Source};
use shared::register::Tag;
use shared::row::Row;
use shared::value::Value;

use super::Book;

#[derive(Debug, Default)]
pub(super) struct Words {
    index: SearchIndex,
    /// Rows whose words are not noted as they are now.
    unread: BTreeSet<EntityId>,
}

impl Words {
    /// A row has been put on the shelf.
    pub(super) fn come(&mut self, id: EntityId) {
        if matches!(id, EntityId::Task(_) | EntityId::Comment(_)) {
            self.unread.insert(id);
        }
    }

    /// A row leaves the shelf.
    pub(super) fn go(&mut self, row: &Row) {
        self.unread.remove(&row.id);
        match row.id {
            EntityId::Task(task) => self.index.remove(task),
            EntityId::Comment(comment) => {
                if let Some(subject) = row.subject() {
                    self.index.remove_source(subject.task, Source::Comment(comment.0));
                }
            }
            _ => {}
        }
    }

    pub(super) fn are_noted(&self) -> bool {
        self.unread.is_empty()
    }

    /// Notes the words of the rows that have come, of so many at most.
    pub(super) fn note(&mut self, books: &HashMap<EntityId, Book>, most: usize) {
        for _ in 0..most {
            let Some(id) = self.unread.pop_first() else { return };
            if let Some(book) = books.get(&id) {
                self.read(&book.row);
            }
        }
    }

    pub(super) fn find(&self, text: &str) -> Found {
        self.index.find(text)
    }

    /// All tasks that fit, the best first.
    pub(super) fn hits(&self, text: &str) -> Vec<Hit> {
        self.index.search(text, usize::MAX)
    }

    fn read(&mut self, row: &Row) {
        match row.id {
            EntityId::Task(id) => {
                for (source, text) in texts(row) {
                    self.index.put(id, source, &text);
                }
            }
            EntityId::Comment(id) => {
                let Some(subject) = row.subject() else { return };
                let body = if row.life.is_deleted() { "" } else { row.text(TextField::Body).unwrap_or_default() };
                self.index.put(subject.task, Source::Comment(id.0), body);
            }
            _ => {}
        }
    }
}

/// The texts of a task that are searched.
pub(super) fn texts(task: &Row) -> [(Source, String); 5] {
    let text = |field| task.text(field).unwrap_or_default().to_owned();
    let key = match task.value(Field::Key) {
        Value::Text(key) => key,
        _ => String::new(),
    };
    let tags: Vec<&str> = task.tags.iter().map(Tag::as_str).collect();
    [
        (Source::Key, key),
        (Source::Title, text(TextField::Title)),
        (Source::Tags, tags.join(" ")),
        (Source::Description, text(TextField::Description)),
        (Source::Notes, text(TextField::Notes)),
    ]
}
