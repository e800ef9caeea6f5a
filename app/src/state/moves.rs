//! Putting a task somewhere else on a board or in a list: by pointer, by key, by menu. Each is one change with a way back.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::ids::TaskId;
use shared::order::{self, effective};
use shared::query::group::{GroupBy, Heading};
use shared::register::Tag;
use shared::task::TaskView;
use shared::workflow::{Priority, Status};

use crate::i18n as t;
use crate::state::changes::{Change, Edit};
use crate::state::views::COLUMNS;
use crate::state::{App, key_of};

/// The columns of a board by status, in the order of the workflow.
const WORKFLOW: [Status; 7] = [
    Status::Backlog,
    Status::Todo,
    Status::InProgress,
    Status::InReview,
    Status::Blocked,
    Status::Done,
    Status::Cancelled,
];

/// Where a card comes from, and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    pub(crate) id: TaskId,
    pub(crate) from: Heading,
    pub(crate) to: Heading,
    /// Behind so many of the others there; `None`: wherever it comes to stand.
    pub(crate) place: Option<usize>,
}

impl App {
    /// The columns of the board: those that are filled, and those that could be.
    pub(crate) fn columns(self) -> Vec<Heading> {
        let filled: Vec<Heading> =
            self.tasks.groups().with(|groups| groups.filled().map(|(heading, _)| heading.clone()).collect());
        let usual: Vec<Heading> = match self.group_by() {
            GroupBy::Status => {
                let rare = |status: &Status| matches!(status, Status::Backlog | Status::Cancelled);
                let shown = |status: &Status| !rare(status) || filled.contains(&Heading::Status(*status));
                return WORKFLOW.into_iter().filter(shown).map(Heading::Status).collect();
            }
            GroupBy::Priority => Priority::ALL.into_iter().rev().map(Heading::Priority).collect(),
            GroupBy::Assignee => {
                let people = self.present_people().into_iter().map(|person| Heading::Assignee(Some(person.id)));
                people.chain([Heading::Assignee(None)]).collect()
            }
            _ => {
                let scope = self.tasks.scope.get();
                let sections = self.views.sections.with(|sections| {
                    let here = sections.iter().filter(|section| Some(section.project) == scope && !section.hidden);
                    here.map(|section| Heading::Section(Some(section.id))).collect::<Vec<_>>()
                });
                sections.into_iter().chain([Heading::Section(None)]).collect()
            }
        };
        // What has tasks is shown, also the column of somebody who has left.
        let others: Vec<Heading> = filled.into_iter().filter(|heading| !usual.contains(heading)).collect();
        others.into_iter().chain(usual).collect()
    }

    /// Where else a card could be put.
    pub(crate) fn destinations(self) -> Vec<Heading> {
        match self.group_by() {
            GroupBy::Status => WORKFLOW.into_iter().map(Heading::Status).collect(),
            group if COLUMNS.contains(&group) => self.columns(),
            _ => Vec::new(),
        }
    }

    /// The heading under which a card is found first.
    pub(crate) fn heading_of(self, id: TaskId) -> Option<Heading> {
        self.tasks.groups().with_untracked(|groups| {
            let holds = |heading: &Heading| groups.of(heading).contains(&id);
            groups.filled().map(|(heading, _)| heading).find(|heading| holds(heading)).cloned()
        })
    }

    /// Puts a card somewhere. By key it is told where it came to stand, because that is not seen by everybody.
    pub(crate) fn put(self, to: &Move, by_key: bool) {
        let Some(task) = self.tasks.task(to.id) else { return };
        let others = self.others(to);
        let place = to.place.filter(|_| self.is_by_hand()).map(|place| place.min(others.len()));
        let mut change = moved(&task, to, &others, place);
        if change.steps.is_empty() {
            return;
        }
        let name = untrack(|| self.heading_name(&to.to));
        let told = match place.filter(|_| by_key) {
            Some(place) => t::moved_place(&key_of(&task), &name, place + 1, others.len() + 1),
            None => t::moved_into(&key_of(&task), &name),
        };
        change.said = (to.from != to.to).then(|| told.clone());
        let announced = change.said.is_none() && by_key;
        spawn_local(async move {
            if self.carry_out(change).await.is_ok() && announced {
                self.ui.announced.set(told);
            }
        });
    }

    /// Where the other tasks stand where a card goes, in the order in which they are shown.
    fn others(self, to: &Move) -> Vec<Stand> {
        let stand_of = |id: &TaskId| self.tasks.item(*id).map(|item| item.with_untracked(|item| stand(&item.value)));
        let ids = self.tasks.groups().with_untracked(|groups| groups.of(&to.to).to_vec());
        ids.iter().filter(|id| **id != to.id).filter_map(stand_of).collect()
    }

    /// Moves a card by so many columns and places; whether there was somewhere to go.
    pub(crate) fn nudge(self, id: TaskId, columns: isize, places: isize) -> bool {
        let Some(from) = self.heading_of(id) else { return false };
        let all = untrack(|| if columns == 0 { vec![from.clone()] } else { self.columns() });
        let at = all.iter().position(|heading| *heading == from);
        let Some(to) = at.and_then(|at| at.checked_add_signed(columns)).and_then(|at| all.get(at).cloned()) else {
            return false;
        };
        let here = self.tasks.groups().with_untracked(|groups| groups.of(&from).iter().position(|other| *other == id));
        let Some(place) = here.and_then(|here| here.checked_add_signed(places)) else { return false };
        self.put(&Move { id, from, to, place: Some(place) }, true);
        true
    }
}

/// What a move changes: what its heading says, and the order where members choose it.
fn moved(task: &TaskView, to: &Move, others: &[Stand], place: Option<usize>) -> Change {
    let order = place.and_then(|place| order_at(task, others, place));
    let one = |edit: &Edit| Change::of(&[(task.clone(), String::new())], edit);
    if to.from == to.to {
        return order.map_or_else(Change::default, |order| one(&Edit::Order(order)));
    }
    if let Heading::Section(section) = to.to {
        return one(&Edit::Section(section, order.unwrap_or_else(|| task.order.clone())));
    }
    let there = heading_edit(task, &to.from, &to.to).map_or_else(Change::default, |edit| one(&edit));
    // Moving to another project is a place, too, and would be undone by a second one.
    match order.filter(|_| !matches!(to.to, Heading::Project(_))) {
        Some(order) => there.and(one(&Edit::Order(order))),
        None => there,
    }
}

/// What brings a task from one heading under another.
pub(crate) fn heading_edit(task: &TaskView, from: &Heading, to: &Heading) -> Option<Edit> {
    Some(match to {
        Heading::Status(status) => Edit::Status(*status),
        Heading::Priority(priority) => Edit::Priority(*priority),
        Heading::Project(project) => Edit::Project(*project),
        Heading::Section(section) => Edit::Section(*section, task.order.clone()),
        Heading::Assignee(None) => Edit::Assignees([].into()),
        Heading::Assignee(Some(user)) => {
            let mut people = task.assignees.clone();
            if let Heading::Assignee(Some(before)) = from {
                people.remove(before);
            }
            people.insert(*user);
            Edit::Assignees(people)
        }
        Heading::Tag(tag) => {
            let before: Vec<Tag> =
                if let Heading::Tag(Some(before)) = from { vec![before.clone()] } else { Vec::new() };
            Edit::Tags { add: tag.iter().cloned().collect(), remove: before }
        }
        Heading::All | Heading::Due(_) => return None,
    })
}

/// What orders tasks by hand.
type Stand = (String, TaskId);

fn stand(task: &TaskView) -> Stand {
    (effective(&task.order, task.id.0).into_owned(), task.id)
}

/// The index that puts a task behind so many of the others; `None` if it would stand there anyway.
fn order_at(task: &TaskView, others: &[Stand], place: usize) -> Option<String> {
    let mine = stand(task);
    if others.iter().filter(|other| **other < mine).count() == place {
        return None;
    }
    let before = place.checked_sub(1).and_then(|before| others.get(before));
    let order = |stand: Option<&'_ Stand>| stand.map(|(order, _)| order.clone());
    Some(order::between(order(before).as_deref(), order(others.get(place)).as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::command::Command;
    use shared::clock::Stamp;
    use shared::field::Field;
    use shared::ids::{SectionId, UserId};
    use shared::row::Row;
    use shared::value::Value;

    fn task(n: u32, order: &str) -> TaskView {
        let id: TaskId = format!("0199a000-{n:04x}-7000-8000-000000000001").parse().unwrap();
        let row = Row::new(id.into(), Stamp { actor: 1, ctr: 1, ver: 1, ctx: 0, at: 0 });
        TaskView { order: order.to_owned(), status: Status::Todo, ..TaskView::of(&row).unwrap() }
    }

    fn to(task: &TaskView, from: Heading, to: Heading) -> Move {
        Move { id: task.id, from, to, place: None }
    }

    #[test]
    fn one_write_puts_a_task_at_any_place() {
        let others = [task(1, ""), task(2, ""), task(3, ""), task(4, "j0000000001")].map(|task| stand(&task));
        for place in 0..=others.len() {
            for order in ["", "a0", "k00000000001"] {
                let mut card = task(9, order);
                if let Some(order) = order_at(&card, &others, place) {
                    card.order = order;
                }
                let before = others.iter().filter(|other| **other < stand(&card)).count();
                assert_eq!(before, place, "{order:?}");
            }
        }
        assert_eq!(order_at(&task(9, ""), &others[..3], 3), None, "it stands there");
    }

    #[test]
    fn a_move_to_another_column_is_one_change_with_a_way_back() {
        let card = task(9, "");
        let (todo, doing) = (Heading::Status(Status::Todo), Heading::Status(Status::InProgress));
        let change =
            moved(&card, &to(&card, todo.clone(), doing), &[stand(&task(1, "")), stand(&task(10, ""))], Some(0));
        let fields = |commands: &[Command]| {
            let field = |command: &Command| match command {
                Command::Write { field, .. } => *field,
                other => panic!("{other:?}"),
            };
            commands.iter().map(field).collect::<Vec<_>>()
        };
        assert_eq!(fields(&change.forward()), [Field::Status, Field::Place]);
        assert_eq!(fields(&change.backward()), [Field::Place, Field::Status]);
        assert_eq!(moved(&card, &to(&card, todo.clone(), todo), &[], Some(0)), Change::default());
    }

    #[test]
    fn a_section_and_an_order_are_one_place() {
        let (card, section) = (task(9, ""), SectionId::default());
        let there = Heading::Section(Some(section));
        let change = moved(&card, &to(&card, Heading::Section(None), there), &[stand(&task(1, ""))], Some(0));
        let forward = change.forward();
        let [Command::Write { value: Value::Place(place), .. }] = forward.as_slice() else { panic!("{change:?}") };
        assert!(place.section == Some(section) && !place.order.is_empty(), "{place:?}");
    }

    #[test]
    fn whoever_has_a_task_hands_it_over() {
        let [ada, bo, cleo] = ["a", "b", "c"].map(|n| format!("0199c000-0000-7000-8000-00000000000{n}"));
        let [ada, bo, cleo]: [UserId; 3] = [ada, bo, cleo].map(|id| id.parse().unwrap());
        let card = TaskView { assignees: [ada, bo].into(), ..task(9, "") };
        let (from, nobody) = (Heading::Assignee(Some(ada)), Heading::Assignee(None));
        let edit = |to| heading_edit(&card, &from, &to);
        assert_eq!(edit(Heading::Assignee(Some(cleo))), Some(Edit::Assignees([bo, cleo].into())));
        assert_eq!(edit(Heading::Assignee(Some(bo))), Some(Edit::Assignees([bo].into())));
        assert_eq!(edit(nobody), Some(Edit::Assignees([].into())));
    }
}
