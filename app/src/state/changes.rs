//! What a member does, as changes that can be undone and done again.

use std::collections::BTreeSet;

use engine::command::Command;
use engine::view::TaskItem;
use leptos::prelude::*;
use shared::date::Date;
use shared::field::{Field, TextField};
use shared::ids::{CustomFieldId, EntityId, ProjectId, SectionId, TaskId, UserId};
use shared::register::Tag;
use shared::task::TaskView;
use shared::value::{Place, Value};
use shared::workflow::{Priority, Status};

use crate::i18n as t;
use crate::state::tasks::Tasks;

/// An edit of one or more tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    Status(Status),
    Priority(Priority),
    Due(Option<Date>),
    Start(Option<Date>),
    Estimate(Option<u32>),
    /// Puts somebody on a task, or takes them off.
    Assign(UserId, bool),
    /// Exactly these people.
    Assignees(BTreeSet<UserId>),
    Project(ProjectId),
    /// Makes a task a part of another, the last one, or of none.
    Parent(Option<TaskId>, String),
    /// Where a task stands among the others.
    Order(String),
    /// In which section of its project, and where there.
    Section(Option<SectionId>, String),
    Custom(CustomFieldId, Value),
    Tags {
        add: Vec<Tag>,
        remove: Vec<Tag>,
    },
    Delete,
    Restore,
}

/// A command, and the one that takes it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) forward: Command,
    pub(crate) backward: Command,
}

/// What is done, undone and done again as one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// In the order in which they are done; they are undone from the last to the first.
    pub(crate) steps: Vec<Step>,
    /// What a toast says of it; small edits that the member sees happen need none.
    pub(crate) said: Option<String>,
}

impl Change {
    /// What an edit does to these tasks; a task that has the value already is left out.
    pub(crate) fn of(tasks: &[(TaskView, String)], edit: &Edit) -> Self {
        let mut change = Self::default();
        for (task, _) in tasks {
            // A task that moves together with the one it is a part of stays a part of it.
            let keeps_parent = matches!(edit, Edit::Project(_))
                && task.parent.is_some_and(|parent| tasks.iter().any(|(other, _)| other.id == parent));
            change.steps.extend(step(task, edit, keeps_parent));
        }
        change.said = say(tasks, change.steps.len(), edit);
        change
    }

    /// The edit of a text of any row.
    pub(crate) fn of_text(entity: EntityId, field: TextField, from: &str, to: &str) -> Self {
        Self { steps: (from != to).then(|| text(entity, field, from, to)).into_iter().collect(), said: None }
    }

    /// The deletion of any row.
    pub(crate) fn deletion(entity: EntityId, said: &str) -> Self {
        Self { steps: vec![deletion(entity)], said: Some(said.to_owned()) }
    }

    /// A row that has been made: without it, it is deleted, and with it again restored.
    pub(crate) fn creation(entity: EntityId) -> Self {
        let Step { forward, backward } = deletion(entity);
        Self { steps: vec![Step { forward: backward, backward: forward }], said: None }
    }

    /// Goes on with another one.
    pub(crate) fn and(mut self, later: Self) -> Self {
        self.steps.extend(later.steps);
        self
    }

    pub(crate) fn forward(&self) -> Vec<Command> {
        self.steps.iter().map(|step| step.forward.clone()).collect()
    }

    pub(crate) fn backward(&self) -> Vec<Command> {
        self.steps.iter().rev().map(|step| step.backward.clone()).collect()
    }
}

fn deletion(entity: EntityId) -> Step {
    Step { forward: Command::Delete(entity), backward: Command::Restore(entity) }
}

fn step(task: &TaskView, edit: &Edit, keeps_parent: bool) -> Option<Step> {
    let entity = EntityId::from(task.id);
    match edit {
        Edit::Tags { add, remove } => tags(task, add, remove),
        Edit::Delete => (!task.deleted).then(|| deletion(entity)),
        Edit::Restore => Change::creation(entity).steps.pop().filter(|_| task.deleted),
        _ => {
            let (field, to) = write(task, edit, keeps_parent)?;
            let from = value(task, field);
            // Writing the value that stands says that it is the right one, where that was in question.
            let differs = from != to || task.is_unsettled(field);
            differs.then(|| Step {
                forward: Command::write(entity, field, to),
                backward: Command::write(entity, field, from),
            })
        }
    }
}

fn text(entity: EntityId, field: TextField, from: &str, to: &str) -> Step {
    let edit = |from: &str, to: &str| Command::EditText { entity, field, from: from.to_owned(), to: to.to_owned() };
    Step { forward: edit(from, to), backward: edit(to, from) }
}

fn count(number: Option<u32>) -> Value {
    number.map_or(Value::Nothing, Value::Count)
}

/// What a field that is edited here says now.
fn value(task: &TaskView, field: Field) -> Value {
    match field {
        Field::Status => task.status.into(),
        Field::Priority => task.priority.into(),
        Field::Due => task.due.into(),
        Field::Start => task.start.into(),
        Field::Estimate => count(task.estimate),
        Field::Assignees => task.assignees.clone().into(),
        Field::Place => place_of(task).into(),
        Field::Custom(id) => task.custom.get(&id).cloned().unwrap_or_default(),
        _ => Value::Nothing,
    }
}

/// Whether what a command did to a task still stands: nobody has done something else since.
pub(crate) fn stands(task: &TaskView, done: &Command) -> bool {
    match done {
        // What was typed into a field of the organization's may be kept in another form.
        Command::Write { field, value: written, .. } => {
            matches!(field, Field::Custom(_)) || value(task, *field) == *written
        }
        _ => true,
    }
}

/// The field that an edit gives a value, and that value.
fn write(task: &TaskView, edit: &Edit, keeps_parent: bool) -> Option<(Field, Value)> {
    let place = place_of(task);
    Some(match edit {
        Edit::Status(status) => (Field::Status, (*status).into()),
        Edit::Priority(priority) => (Field::Priority, (*priority).into()),
        Edit::Due(due) => (Field::Due, (*due).into()),
        Edit::Start(start) => (Field::Start, (*start).into()),
        Edit::Estimate(estimate) => (Field::Estimate, count(*estimate)),
        Edit::Assign(who, on) => {
            let mut people = task.assignees.clone();
            if *on {
                people.insert(*who)
            } else {
                people.remove(who)
            };
            (Field::Assignees, people.into())
        }
        Edit::Assignees(people) => (Field::Assignees, people.clone().into()),
        Edit::Project(project) => {
            let parent = task.parent.filter(|_| keeps_parent);
            let there = Place { project: Some(*project), section: None, parent, order: place.order.clone() };
            let stays = place.project == Some(*project);
            (Field::Place, if stays { place } else { there }.into())
        }
        Edit::Parent(parent, order) => {
            let there = Place { parent: *parent, order: order.clone(), ..place.clone() };
            let stays = place.parent == *parent;
            (Field::Place, if stays { place } else { there }.into())
        }
        Edit::Section(section, order) => {
            (Field::Place, Place { section: *section, order: order.clone(), ..place }.into())
        }
        Edit::Order(order) => (Field::Place, Place { order: order.clone(), ..place }.into()),
        Edit::Custom(id, value) => (Field::Custom(*id), value.clone()),
        Edit::Tags { .. } | Edit::Delete | Edit::Restore => return None,
    })
}

/// Where a task stands.
fn place_of(task: &TaskView) -> Place {
    let project = Some(task.project).filter(|project| *project != ProjectId::default());
    Place { project, section: task.section, parent: task.parent, order: task.order.clone() }
}

fn tags(task: &TaskView, add: &[Tag], remove: &[Tag]) -> Option<Step> {
    let id = task.id;
    let add: Vec<Tag> = add.iter().filter(|tag| !task.tags.contains(tag)).cloned().collect();
    let remove: Vec<Tag> = remove.iter().filter(|tag| task.tags.contains(tag)).cloned().collect();
    if add.is_empty() && remove.is_empty() {
        return None;
    }
    let backward = Command::EditTags { id, add: remove.clone(), remove: add.clone() };
    Some(Step { forward: Command::EditTags { id, add, remove }, backward })
}

fn say(tasks: &[(TaskView, String)], changed: usize, edit: &Edit) -> Option<String> {
    match (edit, tasks) {
        _ if changed == 0 => None,
        (Edit::Status(status), [(_, key)]) => Some(t::moved(key, *status)),
        (Edit::Status(status), _) => Some(t::tasks_moved(changed, *status)),
        (Edit::Parent(..) | Edit::Project(_) | Edit::Section(..), [(_, key)]) => Some(t::task_moved(key)),
        (Edit::Project(_), _) => Some(t::tasks_moved_away(changed)),
        (Edit::Delete, _) => Some(t::tasks_deleted(changed)),
        (Edit::Restore, _) => Some(t::task_restored().to_owned()),
        (_, [_]) => None,
        _ => Some(t::tasks_changed(changed)),
    }
}

/// What has been done here and what has been undone, the latest last.
#[derive(Clone, Copy)]
pub(crate) struct History {
    done: StoredValue<Vec<(u32, Change)>>,
    undone: StoredValue<Vec<Change>>,
    next: StoredValue<u32>,
}

impl History {
    pub(crate) fn new() -> Self {
        Self { done: StoredValue::new(Vec::new()), undone: StoredValue::new(Vec::new()), next: StoredValue::new(0) }
    }

    /// Notes a change and names it.
    pub(crate) fn note(self, change: Change) -> u32 {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        self.done.update_value(|done| done.push((id, change)));
        id
    }

    /// A change done anew: what was undone before cannot be done again any more.
    pub(crate) fn note_new(self, change: Change) -> u32 {
        self.undone.update_value(Vec::clear);
        self.note(change)
    }

    /// Takes the named change, or the last one.
    pub(crate) fn take(self, id: Option<u32>) -> Option<(u32, Change)> {
        self.done.try_update_value(|done| {
            let place = match id {
                Some(id) => done.iter().position(|(other, _)| *other == id)?,
                None => done.len().checked_sub(1)?,
            };
            Some(done.remove(place))
        })?
    }

    pub(crate) fn note_undone(self, change: Change) {
        self.undone.update_value(|undone| undone.push(change));
    }

    pub(crate) fn take_undone(self) -> Option<Change> {
        self.undone.try_update_value(Vec::pop)?
    }

    pub(crate) fn clear(self) {
        self.done.update_value(Vec::clear);
        self.undone.update_value(Vec::clear);
    }
}

/// The tasks with their keys, as of now.
pub(crate) fn with_keys(tasks: Tasks, ids: &[TaskId], key: impl Fn(&TaskView) -> String) -> Vec<(TaskView, String)> {
    let item = |id: &TaskId| tasks.item(*id).map(|item| item.with_untracked(|item: &TaskItem| item.value.clone()));
    ids.iter().filter_map(item).map(|task| (task.clone(), key(&task))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::clock::Stamp;
    use shared::row::Row;

    fn task(status: Status, tags: &[&str]) -> TaskView {
        let id: TaskId = "0199a000-0000-7000-8000-000000000001".parse().unwrap();
        let row = Row::new(id.into(), Stamp { actor: 1, ctr: 1, ver: 1, ctx: 0, at: 0 });
        TaskView {
            project: "0199b000-0000-7000-8000-000000000001".parse().unwrap(),
            key: Some("HAR-236".into()),
            title: "Extend a stay".into(),
            status,
            tags: tags.iter().map(|tag| Tag::new(tag)).collect(),
            ..TaskView::of(&row).unwrap()
        }
    }

    fn of(task: &TaskView, edit: &Edit) -> Change {
        Change::of(&[(task.clone(), "HAR-236".into())], edit)
    }

    #[test]
    fn an_edit_knows_its_way_back_and_says_what_happened() {
        let task = task(Status::Backlog, &[]);
        let change = of(&task, &Edit::Status(Status::Todo));
        assert_eq!(change.forward(), [Command::write(task.id, Field::Status, Status::Todo)]);
        assert_eq!(change.backward(), [Command::write(task.id, Field::Status, Status::Backlog)]);
        assert_eq!(change.said.as_deref(), Some("HAR-236 moved to To do"));
        assert_eq!(of(&task, &Edit::Delete).backward(), [Command::Restore(task.id.into())]);
    }

    #[test]
    fn what_is_so_already_is_no_change() {
        let task = task(Status::Todo, &["Maps"]);
        for edit in [
            Edit::Status(Status::Todo),
            Edit::Priority(Priority::None),
            Edit::Due(None),
            Edit::Tags { add: vec![Tag::new("Maps")], remove: vec![Tag::new("iOS")] },
            Edit::Restore,
        ] {
            assert_eq!(of(&task, &edit), Change::default(), "{edit:?}");
        }
    }

    #[test]
    fn the_value_that_stands_is_written_where_it_is_in_question() {
        let mut task = task(Status::Done, &[]);
        task.unsettled.push((Field::Status, Vec::new()));
        assert_eq!(of(&task, &Edit::Status(Status::Done)).steps.len(), 1);
        assert_eq!(of(&task, &Edit::Priority(Priority::None)), Change::default());
    }

    #[test]
    fn people_are_put_on_and_taken_off() {
        let who: UserId = "0199c000-0000-7000-8000-000000000001".parse().unwrap();
        let mut task = task(Status::Todo, &[]);
        let change = of(&task, &Edit::Assign(who, true));
        assert_eq!(change.forward(), [Command::write(task.id, Field::Assignees, Value::People([who].into()))]);
        assert_eq!(change.backward(), [Command::write(task.id, Field::Assignees, Value::Nothing)]);
        task.assignees.insert(who);
        assert_eq!(of(&task, &Edit::Assign(who, true)), Change::default());
    }

    #[test]
    fn a_part_stays_a_part_when_both_go_to_another_project() {
        let whole = task(Status::Todo, &[]);
        let id: TaskId = "0199a000-0000-7000-8000-000000000002".parse().unwrap();
        let part = TaskView { id, parent: Some(whole.id), ..whole.clone() };
        let to: ProjectId = "0199b000-0000-7000-8000-000000000002".parse().unwrap();
        let parents = |tasks: &[TaskView]| {
            let tasks: Vec<_> = tasks.iter().map(|task| (task.clone(), String::new())).collect();
            let parent = |command: &Command| match command {
                Command::Write { value: Value::Place(place), .. } => (place.project, place.parent),
                other => panic!("{other:?}"),
            };
            Change::of(&tasks, &Edit::Project(to)).forward().iter().map(parent).collect::<Vec<_>>()
        };
        assert_eq!(parents(&[whole.clone(), part.clone()]), [(Some(to), None), (Some(to), Some(whole.id))]);
        assert_eq!(parents(&[part]), [(Some(to), None)]);
    }

    #[test]
    fn taking_a_tag_back_leaves_those_that_were_there() {
        let task = task(Status::Todo, &["Maps"]);
        let change = of(&task, &Edit::Tags { add: vec![Tag::new("Maps"), Tag::new("iOS")], remove: vec![] });
        let back = Command::EditTags { id: task.id, add: vec![], remove: vec![Tag::new("iOS")] };
        assert_eq!(change.backward(), [back]);
    }

    #[test]
    fn undo_takes_the_named_change_or_the_last() {
        Owner::new().with(|| {
            let history = History::new();
            let change = |said: &str| Change { said: Some(said.into()), ..Change::default() };
            let first = history.note_new(change("first"));
            history.note_new(change("second"));
            history.note_new(change("third"));
            assert_eq!(history.take(Some(first)), Some((first, change("first"))));
            assert_eq!(history.take(None).map(|(_, change)| change), Some(change("third")));
            history.note_undone(change("third"));
            assert_eq!(history.take(Some(first)), None);
            history.note_new(change("fourth"));
            assert_eq!(history.take_undone(), None);
        });
    }
}
