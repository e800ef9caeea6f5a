//! An organization's rows in memory, as of one version: what lists, filters and searches are answered from.
//!
//! Rows come as pulls read them, in the order of their positions, so a shelf is always everything up to its version,
//! and catching up costs what has changed since.

mod found;
mod words;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use shared::clock::{Millis, Version};
use shared::date::Date;
use shared::field::{Field, TextField};
use shared::ids::{EntityId, Epoch, Kind, ProjectId, TaskId, UserId};
use shared::query::filter::{Filter, Viewer};
use shared::query::search::Found;
use shared::query::sort::{SortKey, compare, first};
use shared::query::subject::{Places, Subject};
use shared::register::Tag;
use shared::row::Row;
use shared::scope::{Reader, Scope};
use shared::task::TaskView;
use shared::value::Value;
use shared::workflow::{Priority, Status};

use super::pull::{Located, Open};
use super::push::{OrgClock, ScopeState};

pub use found::{FoundTask, HitPlace, Match};
use words::Words;

/// The rows of an organization.
#[derive(Debug, Default)]
pub struct Shelf {
    epoch: Option<Epoch>,
    ver: Version,
    floor: Version,
    /// Who the scopes are open to; at least as new as the rows.
    states: BTreeMap<Scope, ScopeState>,
    books: HashMap<EntityId, Book>,
    words: Words,
}

/// A row as it stands on a shelf.
#[derive(Debug)]
pub struct Book {
    row: Row,
    scope: Scope,
    /// What a view of tasks looks at.
    task: Option<Box<TaskView>>,
}

/// Which tasks are wanted, in which order, from where on.
#[derive(Clone, Debug)]
pub struct Question {
    pub filter: Filter,
    pub sort: Vec<SortKey>,
    pub after: Option<TaskPlace>,
    pub limit: usize,
    pub viewer: Viewer,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Answer<R, P> {
    pub rows: Vec<R>,
    /// Where the next page begins, if there is one.
    pub next: Option<P>,
}

/// Where a task stood in a list. With all that an order compares, because it may stand elsewhere by now, or be gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskPlace {
    id: TaskId,
    order: String,
    title: String,
    status: Status,
    priority: Priority,
    assignees: BTreeSet<UserId>,
    due: Option<Date>,
    start: Option<Date>,
    created_at: Millis,
    updated_at: Millis,
}

/// Where a row stands in the list of its kind: in the order in which rows were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowPlace {
    made: Version,
    id: EntityId,
}

impl From<Located> for Book {
    fn from(Located { row, scope, .. }: Located) -> Self {
        let task = TaskView::of(&row).map(Box::new);
        Self { row, scope, task }
    }
}

impl Question {
    /// Whether it asks for words.
    pub fn has_words(&self) -> bool {
        !self.filter.texts().is_empty()
    }
}

impl TaskPlace {
    fn of(task: &Subject<'_>) -> Self {
        Self {
            id: task.id,
            order: task.order.to_owned(),
            title: task.title.to_owned(),
            status: task.status,
            priority: task.priority,
            assignees: task.assignees.clone(),
            due: task.due,
            start: task.start,
            created_at: task.created_at,
            updated_at: task.updated_at,
        }
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            id: self.id,
            project: ProjectId::default(),
            section: None,
            parent: None,
            order: &self.order,
            title: &self.title,
            status: self.status,
            priority: self.priority,
            assignees: &self.assignees,
            tags: NO_TAGS,
            due: self.due,
            start: self.start,
            created_at: self.created_at,
            updated_at: self.updated_at,
            review: false,
            deleted: false,
        }
    }
}

const NO_TAGS: &[Tag] = &[];

impl RowPlace {
    fn of(row: &Row) -> Self {
        Self { made: row.created.ver, id: row.id }
    }
}

impl Shelf {
    /// Everything up to here is on the shelf.
    pub fn ver(&self) -> Version {
        self.ver
    }

    /// Whether the shelf holds everything up to where an organization stands.
    pub fn reaches(&self, org: &OrgClock) -> bool {
        self.continues(org) && self.ver >= org.ver && self.floor >= org.floor
    }

    /// Whether the organization's data is still what the shelf was filled from.
    pub fn continues(&self, org: &OrgClock) -> bool {
        self.epoch == Some(org.epoch)
    }

    /// An empty shelf for an organization.
    pub fn of(org: &OrgClock) -> Self {
        Self { epoch: Some(org.epoch), ..Self::default() }
    }

    /// Notes who the scopes are open to, before newer rows come: what was written after something closed is not shown to
    /// those for whom it was open before.
    pub fn restrict(&mut self, states: BTreeMap<Scope, ScopeState>) {
        self.states = states;
    }

    /// What is open to a member, as of the rows; `None`: they are none.
    pub fn open_to(&self, user: UserId) -> Option<Open> {
        let member = self.books.get(&user.into()).filter(|book| !book.row.life.is_deleted())?;
        let Value::Role(role) = member.row.value(Field::Role) else { return None };
        Some(Open::to(Reader { user, role }, self.states.clone()))
    }

    /// Puts rows on the shelf, among which is all that changed after its version and up to `ver`.
    pub fn put(&mut self, books: Vec<Book>, ver: Version) {
        self.books.reserve(books.len());
        for book in books {
            self.words.come(book.row.id);
            self.books.insert(book.row.id, book);
        }
        self.ver = self.ver.max(ver);
    }

    /// Whether words can be looked for.
    pub fn has_words(&self) -> bool {
        self.words.are_noted()
    }

    /// Notes the words of what has come since the last time, of so many rows at most.
    pub fn note_words(&mut self, most: usize) {
        self.words.note(&self.books, most);
    }

    /// Takes away what was deleted so long ago that the server has let go of it.
    pub fn forget(&mut self, floor: Version) {
        if floor <= self.floor {
            return; // nothing has gone since
        }
        self.floor = floor;
        for (_, book) in self.books.extract_if(|_, book| book.row.is_gone_at(floor)) {
            self.words.go(&book.row);
        }
    }

    /// A row that is open to a reader.
    pub fn get(&self, id: EntityId, open: &Open) -> Option<&Row> {
        self.books.get(&id).filter(|book| open.has(book.scope)).map(|book| &book.row)
    }

    /// The tasks that are open to a reader and asked for. Where words are, those of the shelf must be noted.
    pub fn tasks(&self, open: &Open, question: &Question) -> Answer<&Row, TaskPlace> {
        let Question { filter, sort, after, limit, viewer } = question;
        let found: HashMap<&str, Found> =
            filter.texts().into_iter().map(|text| (text, self.words.find(text))).collect();
        let has_text = |text: &str, id: TaskId| found.get(text).is_some_and(|found| found.contains(id));
        let matcher = filter.matcher(*viewer, &has_text);
        let places = self.places();
        let from = after.as_ref().map(TaskPlace::subject);
        let follows =
            |task: &Subject<'_>| from.as_ref().is_none_or(|from| compare(sort, &places, from, task) == Ordering::Less);
        let books = self.books.values().filter(|book| open.has(book.scope));
        let tasks = books.filter_map(|book| Some(Subject::from(book.task.as_deref()?)));
        let tasks: Vec<Subject<'_>> = tasks.filter(|task| matcher.matches(task)).filter(follows).collect();
        let mut order = first(&tasks, sort, &places, limit + 1);
        let more = order.len() > *limit;
        order.truncate(*limit);
        let next = order.last().filter(|_| more).map(|last| TaskPlace::of(&tasks[*last]));
        let row = |at: usize| self.books.get(&tasks[at].id.into()).map(|book| &book.row);
        Answer { rows: order.into_iter().filter_map(row).collect(), next }
    }

    /// In which order people are listed: by name.
    fn places(&self) -> Places {
        let people = self.books.values().filter(|book| book.row.id.kind() == Kind::Member);
        let mut people: Vec<_> =
            people.map(|book| (book.row.text(TextField::Name).unwrap_or_default(), book.row.id.uuid())).collect();
        people.sort_unstable();
        people.into_iter().map(|(_, id)| id).collect()
    }

    /// The rows of a kind that are open to a reader and of which `wanted` holds, in the order in which they were made.
    pub fn rows(
        &self,
        kind: Kind,
        open: &Open,
        wanted: impl Fn(&Row) -> bool,
        after: Option<RowPlace>,
        limit: usize,
    ) -> Answer<&Row, RowPlace> {
        let books = self.books.values().filter(|book| book.row.id.kind() == kind && open.has(book.scope));
        let follows = |row: &&Row| after.is_none_or(|after| RowPlace::of(row) > after);
        let mut rows: Vec<&Row> = books.map(|book| &book.row).filter(follows).filter(|row| wanted(row)).collect();
        rows.sort_unstable_by_key(|row| RowPlace::of(row));
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| RowPlace::of(row));
        Answer { rows, next }
    }
}

#[cfg(test)]
mod tests {
    use shared::clock::Stamp;
    use shared::merge::{self, Around};
    use shared::mutation::{Create, Op};
    use shared::scope::Access;
    use shared::value::Role;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_open_is_as_of_the_rows() {
        let (ada, project) = (UserId(Uuid::from_u128(1)), Scope::Project(ProjectId(Uuid::from_u128(2))));
        let stamp = |ver| Stamp { actor: 1, ctr: ver, ver, ctx: 0, at: 0 };
        let create = Create::new(ada).text(TextField::Name, "Ada").value(Field::Role, Value::Role(Role::Member));
        let mut row = None;
        merge::apply(&mut row, &Op::Create(create), stamp(1), &Around::default()).unwrap();
        let mut member = row.unwrap();
        let located = |row: Row| Book::from(Located { pos: row.ver, row, scope: Scope::Everyone, bytes: 0 });
        let states = |private| {
            let access = Access { private, ..Access::default() };
            BTreeMap::from([(project, ScopeState { access, ..ScopeState::default() })])
        };
        let mut shelf = Shelf::default();
        shelf.restrict(states(false));
        assert!(shelf.open_to(ada).is_none(), "not known as a member yet");
        shelf.put(vec![located(member.clone())], 1);
        assert!(shelf.open_to(ada).unwrap().has(project));
        shelf.restrict(states(true));
        assert!(!shelf.open_to(ada).unwrap().has(project));
        member.life.delete(stamp(2));
        shelf.put(vec![located(member)], 2);
        assert!(shelf.open_to(ada).is_none(), "removed");
    }

    #[test]
    fn words_are_noted_when_somebody_asks_and_follow_the_rows() {
        let (task, ada) = (TaskId(Uuid::from_u128(7)), UserId(Uuid::from_u128(1)));
        let stamp = |ver| Stamp { actor: 1, ctr: ver, ver, ctx: ver - 1, at: 0 };
        let create = Create::new(task).text(TextField::Title, "Mend the net");
        let mut row = None;
        merge::apply(&mut row, &Op::Create(create), stamp(1), &Around::default()).unwrap();
        let book = |row: &Row| Book::from(Located { pos: row.ver, row: row.clone(), scope: Scope::Everyone, bytes: 0 });
        let open = Open::to(
            Reader { user: ada, role: Role::Member },
            BTreeMap::from([(Scope::Everyone, ScopeState::default())]),
        );
        let mut shelf = Shelf::default();
        let found = |shelf: &Shelf, query: &str| shelf.search(&open, query, None, 10).rows.len();
        shelf.put(vec![book(row.as_ref().unwrap())], 1);
        assert!(!shelf.has_words());
        shelf.note_words(10);
        assert!(shelf.has_words());
        assert_eq!((found(&shelf, "net"), found(&shelf, "boat")), (1, 0));
        let delta = shared::text::Delta::between("Mend the net", "Mend the boat");
        let edit = shared::mutation::TextEdit { entity: task.into(), field: TextField::Title, delta };
        merge::apply(&mut row, &Op::TextEdit(edit), stamp(2), &Around::default()).unwrap();
        shelf.put(vec![book(row.as_ref().unwrap())], 2);
        assert!(!shelf.has_words(), "it has come anew");
        shelf.note_words(10);
        assert_eq!((found(&shelf, "net"), found(&shelf, "boat")), (0, 1));
        row.as_mut().unwrap().life.delete(stamp(3));
        row.as_mut().unwrap().ver = 3;
        shelf.put(vec![book(row.as_ref().unwrap())], 3);
        shelf.forget(3);
        assert!(shelf.has_words() && shelf.books.is_empty());
        assert_eq!(found(&shelf, "boat"), 0);
    }
}
