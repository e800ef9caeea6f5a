//! What a member does to tasks, as changes that can be undone and done again.

use engine::command::Command;
use engine::view::TaskItem;
use leptos::prelude::*;
use shared::date::Date;
use shared::field::{Field, TextField};
use shared::ids::{EntityId, TaskId};
use shared::register::Tag;
use shared::task::TaskView;
use shared::workflow::{Priority, Status};

use crate::i18n as t;
use crate::state::tasks::Tasks;

/// An edit of one or more tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    Title { from: String, to: String },
    Status(Status),
    Priority(Priority),
    Due(Option<Date>),
    Tags { add: Vec<Tag>, remove: Vec<Tag> },
    Delete,
    Restore,
}

/// Commands, and those that take them back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) forward: Vec<Command>,
    pub(crate) backward: Vec<Command>,
    /// What a toast says of it; small edits that the member sees happen need none.
    pub(crate) said: Option<String>,
}

impl Change {
    /// What an edit does to these tasks; a task that has the value already is left out.
    pub(crate) fn of(tasks: &[(TaskView, String)], edit: &Edit) -> Self {
        let mut change = Self::default();
        for (task, _) in tasks {
            if let Some((forward, backward)) = commands(task, edit) {
                change.forward.push(forward);
                change.backward.push(backward);
            }
        }
        change.said = say(tasks, change.forward.len(), edit);
        change
    }

    pub(crate) fn inverted(self) -> Self {
        Self { forward: self.backward, backward: self.forward, said: None }
    }
}

fn commands(task: &TaskView, edit: &Edit) -> Option<(Command, Command)> {
    let id = task.id;
    let entity = EntityId::from(id);
    let text = |from: &String, to: &String| Command::EditText {
        entity,
        field: TextField::Title,
        from: from.clone(),
        to: to.clone(),
    };
    let pair = match edit {
        Edit::Title { from, to } if from != to => (text(from, to), text(to, from)),
        Edit::Status(status) if task.status != *status || task.review => {
            (Command::write(id, Field::Status, *status), Command::write(id, Field::Status, task.status))
        }
        Edit::Priority(priority) if task.priority != *priority => {
            (Command::write(id, Field::Priority, *priority), Command::write(id, Field::Priority, task.priority))
        }
        Edit::Due(due) if task.due != *due => {
            (Command::write(id, Field::Due, *due), Command::write(id, Field::Due, task.due))
        }
        Edit::Tags { add, remove } => tags(task, add, remove)?,
        Edit::Delete if !task.deleted => (Command::Delete(entity), Command::Restore(entity)),
        Edit::Restore if task.deleted => (Command::Restore(entity), Command::Delete(entity)),
        _ => return None,
    };
    Some(pair)
}

fn tags(task: &TaskView, add: &[Tag], remove: &[Tag]) -> Option<(Command, Command)> {
    let id = task.id;
    let add: Vec<Tag> = add.iter().filter(|tag| !task.tags.contains(tag)).cloned().collect();
    let remove: Vec<Tag> = remove.iter().filter(|tag| task.tags.contains(tag)).cloned().collect();
    if add.is_empty() && remove.is_empty() {
        return None;
    }
    let back = Command::EditTags { id, add: remove.clone(), remove: add.clone() };
    Some((Command::EditTags { id, add, remove }, back))
}

fn say(tasks: &[(TaskView, String)], changed: usize, edit: &Edit) -> Option<String> {
    match (edit, tasks) {
        _ if changed == 0 => None,
        (Edit::Status(status), [(_, key)]) => Some(t::moved(key, *status)),
        (Edit::Status(status), _) => Some(t::tasks_moved(changed, *status)),
        (Edit::Delete, _) => Some(t::tasks_deleted(changed)),
        (Edit::Restore, _) => Some(t::task_restored().to_owned()),
        _ => None,
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
        assert_eq!(change.forward, [Command::write(task.id, Field::Status, Status::Todo)]);
        assert_eq!(change.backward, [Command::write(task.id, Field::Status, Status::Backlog)]);
        assert_eq!(change.said.as_deref(), Some("HAR-236 moved to To do"));
        assert_eq!(of(&task, &Edit::Delete).backward, [Command::Restore(task.id.into())]);
    }

    #[test]
    fn what_is_so_already_is_no_change() {
        let task = task(Status::Todo, &["Maps"]);
        for edit in [
            Edit::Status(Status::Todo),
            Edit::Priority(Priority::None),
            Edit::Due(None),
            Edit::Title { from: "a".into(), to: "a".into() },
            Edit::Tags { add: vec![Tag::new("Maps")], remove: vec![Tag::new("iOS")] },
            Edit::Restore,
        ] {
            assert_eq!(of(&task, &edit), Change::default(), "{edit:?}");
        }
    }

    #[test]
    fn taking_a_tag_back_leaves_those_that_were_there() {
        let task = task(Status::Todo, &["Maps"]);
        let change = of(&task, &Edit::Tags { add: vec![Tag::new("Maps"), Tag::new("iOS")], remove: vec![] });
        let back = Command::EditTags { id: task.id, add: vec![], remove: vec![Tag::new("iOS")] };
        assert_eq!(change.backward, [back]);
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
