//! Who may see and change what: every row is in one scope, and a scope is open to a member or it is not.
//!
//! The server asks here before it hands out a row or accepts a mutation. A device holds whole scopes; when one opens or
//! closes to its member, the rows come or go although none of them has changed.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::field::Field;
use crate::ids::{EntityId, Kind, ProjectId, TaskId, UserId};
use crate::mutation::{Op, Write};
use crate::row::Row;
use crate::value::{Role, Value};

/// A set of rows that the same people see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The members, the custom fields and the shared views.
    Everyone,
    /// A project with its sections and its tasks, and with what is said and attached there.
    Project(ProjectId),
    /// What is one person's own, such as a view that is not shared.
    Person(UserId),
    /// Work of a project that was finished long ago, with what is said and attached there. It is open to whoever the
    /// project is open to; a scope of its own, because not every device keeps it.
    Finished(ProjectId),
}

/// How a [`Scope`] is written where nobody reads it.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Scope")]
enum Compact {
    Everyone,
    Project(ProjectId),
    Person(UserId),
    Finished(ProjectId),
}

/// Where a row's scope comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    Scope(Scope),
    /// The scope of this task.
    Task(TaskId),
}

impl Home {
    /// What a row says about its scope.
    pub fn of(row: &Row) -> Self {
        let project = |project: Option<ProjectId>| match project {
            None => Scope::Everyone,
            Some(project) if row.is_filed() => Scope::Finished(project),
            Some(project) => Scope::Project(project),
        };
        match row.id {
            EntityId::Project(id) => Self::Scope(Scope::Project(id)),
            EntityId::Section(_) | EntityId::Task(_) => Self::Scope(project(row.place().project)),
            EntityId::Comment(_) | EntityId::Attachment(_) => {
                row.subject().map_or(Self::Scope(Scope::Everyone), |subject| Self::Task(subject.task))
            }
            EntityId::SavedView(_) if row.value(Field::Shared) != Value::Flag(true) => {
                Self::Scope(owner(row).map_or(Scope::Everyone, Scope::Person))
            }
            EntityId::SavedView(_) | EntityId::CustomField(_) | EntityId::Member(_) => Self::Scope(Scope::Everyone),
        }
    }
}

/// Whose a row is.
fn owner(row: &Row) -> Option<UserId> {
    match row.value(Field::Owner) {
        Value::People(people) => people.first().copied(),
        _ => None,
    }
}

/// A member, as far as rights depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    pub user: UserId,
    /// In the organization.
    pub role: Role,
}

/// What somebody may do in a scope; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    See,
    Comment,
    Edit,
    /// Also decide who else may, archive and delete.
    Manage,
}

/// Who a project is open to, as its row says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Whether only the people named here see it, and the organization's admins.
    pub private: bool,
    /// People with a role of their own in the project.
    pub people: BTreeMap<UserId, Role>,
}

impl Access {
    /// What a project's row says.
    pub fn of(row: &Row) -> Self {
        let people = row.values.keys().filter_map(|field| match (field, row.value(*field)) {
            (Field::Access(user), Value::Role(role)) => Some((*user, role)),
            _ => None,
        });
        Self { private: row.value(Field::Private) == Value::Flag(true), people: people.collect() }
    }

    fn right(&self, reader: Reader) -> Option<Right> {
        let own = self.people.get(&reader.user).map(|role| match role {
            Role::Guest => Right::Comment,
            Role::Member => Right::Edit,
            Role::Admin | Role::Owner => Right::Manage,
        });
        match reader.role {
            Role::Admin | Role::Owner => Some(Right::Manage),
            Role::Member if !self.private => own.max(Some(Right::Edit)),
            Role::Member | Role::Guest => own,
        }
    }
}

impl Scope {
    /// The scope that says who this one is open to.
    #[must_use]
    pub fn gate(self) -> Self {
        match self {
            Self::Finished(project) => Self::Project(project),
            scope => scope,
        }
    }

    /// What a member may do here; `None`: not even know of it. `access` is that of the scope's [`gate`](Self::gate).
    pub fn right(self, access: &Access, reader: Reader) -> Option<Right> {
        match self {
            Self::Everyone if reader.role == Role::Guest => Some(Right::See),
            Self::Everyone => Some(Right::Edit),
            Self::Project(_) | Self::Finished(_) => access.right(reader),
            Self::Person(user) => (user == reader.user).then_some(Right::Manage),
        }
    }
}

/// What an operation takes, in the scope of the row that it changes.
pub fn needed(op: &Op) -> Right {
    let entity = op.entity();
    match (entity.kind(), op) {
        (Kind::Comment | Kind::Attachment, _) => Right::Comment,
        (Kind::Project, Op::Delete(_) | Op::Restore(_) | Op::Undo(_)) => Right::Manage,
        (Kind::Project, Op::Write(Write { field: Field::Private | Field::Archived | Field::Access(_), .. })) => {
            Right::Manage
        }
        _ => Right::Edit,
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("everyone"),
            Self::Project(id) => write!(f, "project:{id}"),
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Finished(id) => write!(f, "finished:{id}"),
        }
    }
}

/// There is no such scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope is `everyone`, `project:<id>`, `person:<id>` or `finished:<id>`")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        match text.split_once(':') {
            None if text == "everyone" => Ok(Self::Everyone),
            Some(("project", id)) => id.parse().map(Self::Project).map_err(|_| UnknownScope),
            Some(("person", id)) => id.parse().map(Self::Person).map_err(|_| UnknownScope),
            Some(("finished", id)) => id.parse().map(Self::Finished).map_err(|_| UnknownScope),
            _ => Err(UnknownScope),
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { Compact::serialize(self, serializer) }
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return Compact::deserialize(deserializer);
        }
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// The stages in which a device fetches a scope that it has not had: what its member needs first comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Projects, sections, members, fields, views: what everything else hangs on.
    Structure,
    /// Open tasks that are assigned to the member.
    Mine,
    /// The other open tasks.
    Open,
    /// What was said and attached.
    Talk,
    /// Tasks that are closed or deleted.
    Done,
}

impl Stage {
    /// In their order.
    pub const ALL: [Self; 5] = [Self::Structure, Self::Mine, Self::Open, Self::Talk, Self::Done];

    /// The one after it.
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| *stage > self)
    }

    /// The stage of a row, for a member that no task is assigned to.
    pub fn of(row: &Row) -> Self {
        match row.id.kind() {
            Kind::Comment | Kind::Attachment => Self::Talk,
            Kind::Task if row.life.is_deleted() => Self::Done,
            Kind::Task => match row.value(Field::Status) {
                Value::Status(status) if status.is_closed() => Self::Done,
                _ => Self::Open,
            },
            _ => Self::Structure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Stamp;
    use crate::ids::{CommentId, SavedViewId};
    use crate::value::{Place, Subject};
    use crate::workflow::Status;
    use uuid::Uuid;

    const ADA: UserId = UserId(Uuid::from_u128(1));
    const BO: UserId = UserId(Uuid::from_u128(2));
    const STAMP: Stamp = Stamp { actor: 1, ctr: 1, ver: 1, ctx: 0, at: 0 };

    fn row(id: impl Into<EntityId>, values: impl IntoIterator<Item = (Field, Value)>) -> Row {
        let mut row = Row::new(id.into(), STAMP);
        values.into_iter().for_each(|(field, value)| row.assign(field, value, STAMP));
        row
    }

    fn access(row: &Row, user: UserId, role: Role) -> Option<Right> {
        let Home::Scope(scope) = Home::of(row) else { panic!("of a task") };
        scope.right(&Access::of(row), Reader { user, role })
    }

    #[test]
    fn a_project_is_open_to_members_and_a_private_one_to_those_it_names() {
        let project = ProjectId(Uuid::from_u128(7));
        let open = row(project, []);
        assert_eq!(access(&open, ADA, Role::Member), Some(Right::Edit));
        assert_eq!(access(&open, ADA, Role::Guest), None);
        let named = [(Field::Private, Value::Flag(true)), (Field::Access(ADA), Value::Role(Role::Guest))];
        let private = row(project, named);
        assert_eq!(access(&private, ADA, Role::Member), Some(Right::Comment));
        assert_eq!(access(&private, ADA, Role::Guest), Some(Right::Comment));
        assert_eq!(access(&private, BO, Role::Member), None);
        assert_eq!(access(&private, BO, Role::Admin), Some(Right::Manage));
        let led = row(project, [(Field::Access(ADA), Value::Role(Role::Admin))]);
        assert_eq!(access(&led, ADA, Role::Member), Some(Right::Manage));
        assert_eq!(access(&led, BO, Role::Member), Some(Right::Edit));
    }

    #[test]
    fn a_guest_sees_who_is_there_and_changes_nothing() {
        assert_eq!(access(&row(ADA, []), BO, Role::Guest), Some(Right::See));
        assert_eq!(access(&row(ADA, []), BO, Role::Member), Some(Right::Edit));
    }

    #[test]
    fn a_view_is_its_owners_until_it_is_shared() {
        let view = SavedViewId(Uuid::from_u128(3));
        let owned = (Field::Owner, Value::People([ADA].into()));
        let private = row(view, [owned.clone()]);
        assert_eq!(access(&private, ADA, Role::Guest), Some(Right::Manage));
        assert_eq!(access(&private, BO, Role::Owner), None);
        assert_eq!(
            access(&row(view, [owned, (Field::Shared, Value::Flag(true))]), BO, Role::Member),
            Some(Right::Edit)
        );
    }

    #[test]
    fn what_is_said_about_a_task_is_where_the_task_is() {
        let (task, project) = (TaskId(Uuid::from_u128(4)), ProjectId(Uuid::from_u128(5)));
        let subject = Value::Subject(Subject { task, reply_to: None });
        assert_eq!(Home::of(&row(CommentId(Uuid::from_u128(6)), [(Field::Subject, subject)])), Home::Task(task));
        let place = Value::Place(Place { project: Some(project), ..Place::default() });
        assert_eq!(Home::of(&row(task, [(Field::Place, place)])), Home::Scope(Scope::Project(project)));
    }

    #[test]
    fn what_is_finished_is_apart_until_somebody_touches_it() {
        let project = ProjectId(Uuid::from_u128(5));
        let place = (Field::Place, Value::Place(Place { project: Some(project), ..Place::default() }));
        let mut task = row(TaskId(Uuid::from_u128(4)), [place]);
        task.ver = 9;
        task.assign(Field::Filed, Value::Flag(true), Stamp { ver: 9, ..STAMP });
        let finished = Scope::Finished(project);
        assert_eq!((Home::of(&task), finished.gate()), (Home::Scope(finished), Scope::Project(project)));
        task.ver = 10;
        assert_eq!(Home::of(&task), Home::Scope(Scope::Project(project)));
        let (filed, other) = (row(TaskId(Uuid::from_u128(6)), [(Field::Filed, Value::Flag(true))]), Scope::Everyone);
        assert_eq!(Home::of(&filed), Home::Scope(other), "what is in no project stays");
    }

    #[test]
    fn who_may_is_for_those_who_manage_to_say() {
        let project = ProjectId(Uuid::from_u128(5));
        let write = |field, value| needed(&Op::write(project, field, value));
        assert_eq!(write(Field::Access(ADA), Value::Role(Role::Member)), Right::Manage);
        assert_eq!(write(Field::Private, Value::Flag(true)), Right::Manage);
        assert_eq!(write(Field::Color, Value::Text("red".into())), Right::Edit);
        assert_eq!(needed(&Op::Delete(project.into())), Right::Manage);
        assert_eq!(needed(&Op::Delete(CommentId(Uuid::nil()).into())), Right::Comment);
    }

    #[test]
    fn a_scope_reads_back() {
        for scope in [
            Scope::Everyone,
            Scope::Project(ProjectId(Uuid::max())),
            Scope::Person(BO),
            Scope::Finished(ProjectId(Uuid::nil())),
        ] {
            assert_eq!(scope.to_string().parse(), Ok(scope));
            let json = serde_json::to_string(&scope).unwrap();
            assert_eq!(serde_json::from_str::<Scope>(&json).unwrap(), scope);
            let bytes = postcard::to_stdvec(&scope).unwrap();
            assert_eq!(postcard::from_bytes::<Scope>(&bytes).unwrap(), scope);
        }
        for bad in ["", "nobody", "project", "project:7", "person:"] {
            assert_eq!(bad.parse::<Scope>(), Err(UnknownScope), "{bad}");
        }
    }

    #[test]
    fn what_is_needed_first_comes_first() {
        let task = TaskId(Uuid::from_u128(4));
        assert_eq!(Stage::of(&row(task, [])), Stage::Open);
        assert_eq!(Stage::of(&row(task, [(Field::Status, Value::Status(Status::Cancelled))])), Stage::Done);
        let mut deleted = row(task, []);
        deleted.life.delete(STAMP);
        assert_eq!(Stage::of(&deleted), Stage::Done);
        assert_eq!(Stage::of(&row(ADA, [])), Stage::Structure);
        assert!(Stage::ALL.is_sorted());
        assert_eq!(std::iter::successors(Some(Stage::Structure), |stage| stage.next()).count(), Stage::ALL.len());
    }
}
