//! An organization's rows in memory, as of one version: what lists, filters and searches are answered from.
//!
//! Rows come as pulls read them, in the order of their positions, so a shelf is always everything up to its version,
//! and catching up costs what has changed since.

mod found;
mod words;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

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
use uuid::Uuid;

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
    /// Of every kind all rows, and those that belong to another row, in the order in which they were made.
    lists: HashMap<(Kind, Option<EntityId>), BTreeSet<RowPlace>>,
    /// Every row by the version of its last change.
    changes: BTreeSet<(Version, EntityId)>,
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
    /// Only those in this project, in this section, or that are parts of this task.
    pub of: Option<EntityId>,
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
/// After every other id.
const LAST: EntityId = EntityId::Member(UserId(Uuid::max()));

impl RowPlace {
    pub fn of(row: &Row) -> Self {
        Self { made: row.created.ver, id: row.id }
    }
}

/// The lists that a row is in: that of its kind, and one for each row that it belongs to.
fn lists(row: &Row) -> impl Iterator<Item = (Kind, Option<EntityId>)> {
    let kind = row.id.kind();
    let place = (kind != Kind::Project).then(|| row.place()).into_iter().flat_map(|place| place.rows());
    let subject = row.subject().into_iter().flat_map(|subject| subject.rows());
    std::iter::once(None).chain(place.chain(subject).map(Some)).map(move |of| (kind, of))
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
            let id = book.row.id;
            self.words.come(id);
            self.take_out(id);
            for list in lists(&book.row) {
                self.lists.entry(list).or_default().insert(RowPlace::of(&book.row));
            }
            self.changes.insert((book.row.ver, id));
            self.books.insert(id, book);
        }
        self.ver = self.ver.max(ver);
    }

    /// Takes a row away, and from every list that it is in.
    fn take_out(&mut self, id: EntityId) -> Option<Book> {
        let book = self.books.remove(&id)?;
        self.changes.remove(&(book.row.ver, id));
        for list in lists(&book.row) {
            if let Some(rows) = self.lists.get_mut(&list) {
                rows.remove(&RowPlace::of(&book.row));
                if rows.is_empty() {
                    self.lists.remove(&list);
                }
            }
        }
        Some(book)
    }

    /// The books of a list, from a place on.
    fn list(&self, list: (Kind, Option<EntityId>), after: Option<RowPlace>) -> impl Iterator<Item = &Book> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let places = self.lists.get(&list).into_iter().flat_map(move |rows| rows.range((from, Bound::Unbounded)));
        places.filter_map(|place| self.books.get(&place.id))
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
        let gone = self.books.values().map(|book| &book.row).filter(|row| row.is_gone_at(floor));
        for id in gone.map(|row| row.id).collect::<Vec<_>>() {
            if let Some(book) = self.take_out(id) {
                self.words.go(&book.row);
            }
        }
    }

    /// Every row that is open to a reader.
    pub fn all<'a>(&'a self, open: &'a Open) -> impl Iterator<Item = &'a Row> {
        self.books.values().filter(|book| open.has(book.scope)).map(|book| &book.row)
    }

    /// The rows that are not.
    pub fn closed<'a>(&'a self, open: &'a Open) -> impl Iterator<Item = EntityId> {
        self.books.values().filter(|book| !open.has(book.scope)).map(|book| book.row.id)
    }

    /// The tasks that are open to a reader and for which a filter holds.
    pub fn matching(&self, open: &Open, filter: &Filter, viewer: Viewer) -> BTreeSet<TaskId> {
        let found: HashMap<&str, Found> =
            filter.texts().into_iter().map(|text| (text, self.words.find(text))).collect();
        let has_text = |text: &str, id: TaskId| found.get(text).is_some_and(|found| found.contains(id));
        let matcher = filter.matcher(viewer, &has_text);
        let books = self.books.values().filter(|book| open.has(book.scope));
        let tasks = books.filter_map(|book| Some(Subject::from(book.task.as_deref()?)));
        tasks.filter(|task| matcher.matches(task)).map(|task| task.id).collect()
    }

    /// A row that is open to a reader.
    pub fn get(&self, id: EntityId, open: &Open) -> Option<&Row> {
        self.books.get(&id).filter(|book| open.has(book.scope)).map(|book| &book.row)
    }

    /// Where a task would stand in a list.
    pub fn task_place(&self, id: TaskId) -> Option<TaskPlace> {
        self.books.get(&id.into())?.task.as_deref().map(|task| TaskPlace::of(&Subject::from(task)))
    }

    /// The first row of a kind, in the order in which they changed last, that is open to a reader and of which `wanted`
    /// holds. After a version, or after one of the rows that changed with it.
    pub fn changed_after(
        &self,
        kind: Kind,
        open: &Open,
        (ver, row): (Version, Option<EntityId>),
        wanted: impl Fn(&Row) -> bool,
    ) -> Option<&Row> {
        let from = (Bound::Excluded((ver, row.unwrap_or(LAST))), Bound::Unbounded);
        let ids = self.changes.range(from).map(|(_, id)| *id).filter(|id| id.kind() == kind);
        ids.filter_map(|id| self.get(id, open)).find(|row| wanted(row))
    }

    /// The tasks that are open to a reader and asked for. Where words are, those of the shelf must be noted.
    pub fn tasks(&self, open: &Open, question: &Question) -> Answer<&Row, TaskPlace> {
        let Question { filter, sort, after, limit, viewer, of } = question;
        let found: HashMap<&str, Found> =
            filter.texts().into_iter().map(|text| (text, self.words.find(text))).collect();
        let has_text = |text: &str, id: TaskId| found.get(text).is_some_and(|found| found.contains(id));
        let matcher = filter.matcher(*viewer, &has_text);
        let places = self.places();
        let from = after.as_ref().map(TaskPlace::subject);
        let follows =
            |task: &Subject<'_>| from.as_ref().is_none_or(|from| compare(sort, &places, from, task) == Ordering::Less);
        let books = self.list((Kind::Task, *of), None).filter(|book| open.has(book.scope));
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
        let people = self.list((Kind::Member, None), None);
        let mut people: Vec<_> =
            people.map(|book| (book.row.text(TextField::Name).unwrap_or_default(), book.row.id.uuid())).collect();
        people.sort_unstable();
        people.into_iter().map(|(_, id)| id).collect()
    }

    /// The rows of a kind, or those of them that belong to another row, that are open to a reader and of which `wanted`
    /// holds, in the order in which they were made.
    pub fn rows(
        &self,
        list: (Kind, Option<EntityId>),
        open: &Open,
        wanted: impl Fn(&Row) -> bool,
        after: Option<RowPlace>,
        limit: usize,
    ) -> Answer<&Row, RowPlace> {
        let books = self.list(list, after).filter(|book| open.has(book.scope));
        let mut rows: Vec<&Row> = books.map(|book| &book.row).filter(|row| wanted(row)).take(limit + 1).collect();
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
    use shared::value::{Place, Role};

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

    /// A row that anybody sees, made with operations.
    fn row(create: Create, ver: u64) -> Row {
        let stamp = Stamp { actor: 1, ctr: ver, ver, ctx: 0, at: 0 };
        let mut row = None;
        merge::apply(&mut row, &Op::Create(create), stamp, &Around::default()).unwrap();
        row.unwrap()
    }

    fn located(row: Row) -> Book {
        Book::from(Located { pos: row.ver, row, scope: Scope::Everyone, bytes: 0 })
    }

    #[test]
    fn a_row_is_in_the_lists_that_it_belongs_to_and_in_no_others() {
        let ada = UserId(Uuid::from_u128(1));
        let [one, two] = [2, 3].map(|id| ProjectId(Uuid::from_u128(id)));
        let task = |n: u128| TaskId(Uuid::from_u128(n));
        let place = |project, parent| Value::Place(Place { project: Some(project), parent, ..Place::default() });
        let new =
            |id, place, ver| located(row(Create::new(id).text(TextField::Title, "x").value(Field::Place, place), ver));
        let mut shelf = Shelf::default();
        shelf.restrict(BTreeMap::from([(Scope::Everyone, ScopeState::default())]));
        let member = Create::new(ada).text(TextField::Name, "Ada").value(Field::Role, Value::Role(Role::Member));
        let rows = vec![
            located(row(member, 1)),
            new(task(7), place(one, None), 2),
            new(task(8), place(one, Some(task(7))), 3),
            new(task(9), place(two, None), 4),
        ];
        shelf.put(rows, 4);
        let open = shelf.open_to(ada).unwrap();
        let rows = |shelf: &Shelf, of: EntityId, after| -> Vec<u128> {
            let found = shelf.rows((Kind::Task, Some(of)), &open, |_| true, after, 9).rows;
            found.iter().map(|row| row.id.uuid().as_u128()).collect()
        };
        assert_eq!((rows(&shelf, one.into(), None), rows(&shelf, task(7).into(), None)), (vec![7, 8], vec![8]));
        let first = shelf.get(task(7).into(), &open).map(RowPlace::of);
        assert_eq!(rows(&shelf, one.into(), first), [8]);
        // It moves, and is gone from where it was.
        let mut moved = shelf.get(task(8).into(), &open).unwrap().clone();
        moved.assign(Field::Place, place(two, None), Stamp { actor: 1, ctr: 5, ver: 5, ctx: 4, at: 0 });
        moved.ver = 5;
        shelf.put(vec![located(moved.clone())], 5);
        assert_eq!((rows(&shelf, one.into(), None), rows(&shelf, two.into(), None)), (vec![7], vec![8, 9]));
        assert_eq!(rows(&shelf, task(7).into(), None), [0; 0]);
        let changed = |shelf: &Shelf, after| {
            shelf.changed_after(Kind::Task, &open, after, |_| true).map(|row| (row.ver, row.id.uuid().as_u128()))
        };
        assert_eq!((changed(&shelf, (2, None)), changed(&shelf, (4, None))), (Some((4, 9)), Some((5, 8))));
        assert_eq!((changed(&shelf, (3, Some(task(6).into()))), changed(&shelf, (5, None))), (Some((4, 9)), None));
        // What is let go of is in no list.
        moved.life.delete(Stamp { actor: 1, ctr: 6, ver: 6, ctx: 5, at: 0 });
        moved.ver = 6;
        shelf.put(vec![located(moved)], 6);
        shelf.forget(6);
        assert_eq!((rows(&shelf, two.into(), None), changed(&shelf, (4, None))), (vec![9], None));
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
