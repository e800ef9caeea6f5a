//! Taking back: what is still there of a change goes, what others did since stays, and an undo can be undone.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

#[path = "support/rows.rs"]
mod rows;

use rows::{TASK, edit_title, row, stamp, tags};
use shared::clock::{Stamp, Version};
use shared::field::{Field, TextField};
use shared::ids::{ProjectId, TaskId};
use shared::merge::{self, Around, Inverse, Merged, Outcome, Undone};
use shared::mutation::{EditRelations, Op, Refusal, TextEdit, Undo};
use shared::relation::Relation;
use shared::row::Row;
use shared::text::{Delta, TextChange};
use shared::value::{Place, Value};
use shared::workflow::Priority;
use uuid::Uuid;

/// A row with its history: what was done to it, and what would take that back.
struct Kept {
    row: Option<Row>,
    log: Vec<TextChange>,
    done: Vec<(Stamp, Option<Inverse>)>,
    outcome: Outcome,
}

impl Kept {
    fn new() -> Self {
        Self { row: row(), log: Vec::new(), done: Vec::new(), outcome: Outcome::Applied }
    }

    fn keep(&mut self, stamp: Stamp, merged: Merged) {
        self.log.extend(merged.text.map(|entry| entry.change));
        self.done.push((stamp, merged.inverse));
        self.outcome = merged.outcome;
    }

    /// Does something as version 2, 3, 4… whose author had seen everything up to `ctx`.
    #[track_caller]
    fn does(&mut self, actor: u32, ctx: Version, op: &Op) -> usize {
        let ver = self.done.len() as u64 + 2;
        let stamp = stamp(actor, ver, ver, ctx);
        let log = merge::after(&self.log, ctx).to_vec();
        let around = Around { log: &log, ..Around::default() };
        let merged = merge::apply(&mut self.row, op, stamp, &around).unwrap();
        self.keep(stamp, merged);
        self.done.len() - 1
    }

    fn undo(&mut self, which: usize, cycle: bool) -> Result<usize, Refusal> {
        let ver = self.done.len() as u64 + 2;
        let actor = self.done[which].0.actor;
        self.undo_as(stamp(actor, ver, ver, ver - 1), which, cycle)
    }

    /// From another device of the same member, to which nothing has come since the row was made.
    fn undo_elsewhere(&mut self, which: usize) {
        let ver = self.done.len() as u64 + 2;
        self.undo_as(stamp(8, 1, ver, 1), which, false).unwrap();
    }

    fn undo_as(&mut self, by: Stamp, which: usize, cycle: bool) -> Result<usize, Refusal> {
        let (target, inverse) = self.done[which].clone();
        let op = Op::Undo(Undo { entity: TASK.into(), actor: target.actor, n: target.ctr });
        let log = self.log.clone();
        let undone = inverse.as_ref().map(|inverse| Undone { stamp: target, inverse });
        let around = Around { log: &log, cycle, undone };
        let before = self.row.clone();
        let merged = merge::apply(&mut self.row, &op, by, &around);
        if merged.is_err() {
            assert_eq!(self.row, before, "what is refused changes nothing");
        }
        self.keep(by, merged?);
        Ok(self.done.len() - 1)
    }

    #[track_caller]
    fn takes_back(&mut self, which: usize) -> usize {
        self.undo(which, false).unwrap()
    }

    #[track_caller]
    fn cannot(&mut self, which: usize, reason: Refusal) {
        assert_eq!(self.undo(which, false), Err(reason));
    }

    fn priority(&self) -> Value {
        self.row.as_ref().unwrap().value(Field::Priority)
    }

    fn title(&self) -> &str {
        self.row.as_ref().unwrap().text(TextField::Title).unwrap()
    }

    fn tags(&self) -> Vec<&str> {
        self.row.as_ref().unwrap().tags.iter().map(shared::register::Tag::as_str).collect()
    }

    fn is_deleted(&self) -> bool {
        self.row.as_ref().unwrap().life.is_deleted()
    }
}

fn priority(priority: Priority) -> Op {
    Op::write(TASK, Field::Priority, priority)
}

#[test]
fn a_value_goes_back_to_what_was_before() {
    let mut task = Kept::new();
    task.does(1, 1, &priority(Priority::Low));
    let high = task.does(1, 2, &priority(Priority::High));
    let undo = task.takes_back(high);
    assert_eq!(task.priority(), Priority::Low.into());
    task.cannot(high, Refusal::NothingToUndo);
    task.takes_back(undo);
    assert_eq!(task.priority(), Priority::High.into(), "an undo can be undone");
}

#[test]
fn what_somebody_has_written_over_it_is_theirs() {
    let mut task = Kept::new();
    let low = task.does(1, 1, &priority(Priority::Low));
    task.does(2, 2, &priority(Priority::High));
    task.cannot(low, Refusal::NothingToUndo);
    assert_eq!(task.priority(), Priority::High.into());
}

#[test]
fn what_others_wrote_at_the_same_time_is_what_stays() {
    let mut task = Kept::new();
    task.does(1, 1, &priority(Priority::Urgent));
    let high = task.does(2, 2, &priority(Priority::High));
    task.does(3, 2, &priority(Priority::Medium));
    let undo = task.takes_back(high);
    assert_eq!(task.priority(), Priority::Medium.into());
    assert_eq!(task.done[undo].1, Some(Inverse::Write { field: Field::Priority, value: Priority::High.into() }));
    let siblings = task.row.as_ref().unwrap().values[&Field::Priority].siblings();
    assert_eq!(siblings.iter().map(|sibling| sibling.stamp.actor).collect::<Vec<_>>(), [3]);
}

#[test]
fn a_place_that_would_be_within_the_task_by_now_is_not_gone_back_to() {
    let place = |parent: u128| Place {
        project: Some(ProjectId(Uuid::from_u128(2))),
        parent: Some(TaskId(Uuid::from_u128(parent))),
        ..Place::default()
    };
    let mut task = Kept::new();
    task.does(1, 1, &Op::write(TASK, Field::Place, place(5)));
    let moved = task.does(1, 2, &Op::write(TASK, Field::Place, place(6)));
    assert_eq!(task.done[moved].1.as_ref().and_then(Inverse::parent), Some(TaskId(Uuid::from_u128(5))));
    task.undo(moved, true).unwrap();
    let row = task.row.as_ref().unwrap();
    assert_eq!((task.outcome, row.place(), row.lost.len()), (Outcome::Superseded, place(6), 1));
    // With a concurrent move as well: the place from before is written, and checked, like any other.
    let mut task = Kept::new();
    task.does(1, 1, &Op::write(TASK, Field::Place, place(5)));
    let moved = task.does(1, 2, &Op::write(TASK, Field::Place, place(6)));
    task.does(2, 2, &Op::write(TASK, Field::Place, place(7)));
    task.takes_back(moved);
    assert_eq!(task.row.as_ref().unwrap().place(), place(5));
    assert_eq!(Inverse::Create.parent(), None);
}

#[test]
fn an_edit_of_a_text_goes_and_others_stay() {
    let mut task = Kept::new();
    let two = task.does(1, 1, &edit_title("One", "One two"));
    task.does(2, 2, &edit_title("One two", "One two three"));
    let undo = task.takes_back(two);
    assert_eq!(task.title(), "One three");
    assert_eq!(task.log.last().map(|change| change.ver), Some(4), "the others are told by the log");
    task.cannot(two, Refusal::NothingToUndo);
    task.takes_back(undo);
    assert_eq!(task.title(), "One two three");
}

#[test]
fn a_title_is_not_undone_to_nothing() {
    let mut task = Kept::new();
    let more = task.does(1, 1, &edit_title("One", "One more"));
    task.does(2, 2, &edit_title("One more", "more"));
    task.cannot(more, Refusal::Empty);
    let notes = |from: &str, to: &str| {
        let delta = Delta::between(from, to);
        Op::TextEdit(TextEdit { entity: TASK.into(), field: TextField::Notes, delta })
    };
    let mut task = Kept::new();
    let added = task.does(1, 1, &notes("", "a"));
    task.takes_back(added);
    assert_eq!(task.row.as_ref().unwrap().text(TextField::Notes), Some(""));
}

#[test]
fn tags_that_are_still_there_for_it_alone_go() {
    let mut task = Kept::new();
    task.does(1, 1, &tags(&["old"], &[]));
    let changed = task.does(1, 2, &tags(&["a", "b"], &["old"]));
    task.does(2, 2, &tags(&["b"], &[]));
    let undo = task.takes_back(changed);
    assert_eq!(task.tags(), ["b", "old"], "b somebody else has put on, too");
    task.cannot(changed, Refusal::NothingToUndo);
    task.takes_back(undo);
    assert_eq!(task.tags(), ["a", "b"]);
}

#[test]
fn one_side_of_a_change_is_enough_to_undo() {
    let mut task = Kept::new();
    let on = task.does(1, 1, &tags(&["a"], &[]));
    let off = task.takes_back(on);
    assert_eq!(task.tags(), [""; 0]);
    task.takes_back(off);
    assert_eq!(task.tags(), ["a"]);
}

#[test]
fn a_tag_that_others_took_off_or_put_back_is_theirs() {
    let mut task = Kept::new();
    let a = task.does(1, 1, &tags(&["a"], &[]));
    task.does(2, 2, &tags(&[], &["a"]));
    task.cannot(a, Refusal::NothingToUndo);
    task.does(2, 3, &tags(&["z"], &[]));
    let off = task.does(1, 4, &tags(&[], &["z"]));
    task.does(2, 5, &tags(&["z"], &[]));
    task.cannot(off, Refusal::NothingToUndo);
    assert_eq!(task.tags(), ["z"]);
}

#[test]
fn relations_are_taken_back_as_tags_are() {
    let relation = |id: u128| Relation::RelatesTo(TaskId(Uuid::from_u128(id)));
    let relate = |add: &[Relation], remove: &[Relation]| {
        Op::Relations(EditRelations { id: TASK, add: add.into(), remove: remove.into() })
    };
    let mut task = Kept::new();
    task.does(1, 1, &relate(&[relation(5)], &[]));
    let changed = task.does(1, 2, &relate(&[relation(6)], &[relation(5)]));
    let undo = task.takes_back(changed);
    let related = |task: &Kept| task.row.as_ref().unwrap().relations.iter().copied().collect::<Vec<_>>();
    assert_eq!(related(&task), [relation(5)]);
    task.takes_back(undo);
    assert_eq!(related(&task), [relation(6)]);
}

#[test]
fn a_creation_is_taken_back_by_a_deletion() {
    let mut task = Kept::new();
    task.done.push((stamp(9, 1, 1, 0), Some(Inverse::Create)));
    let undo = task.takes_back(0);
    assert!(task.is_deleted());
    assert_eq!(task.outcome, Outcome::Applied);
    task.cannot(0, Refusal::NothingToUndo);
    let again = task.takes_back(undo);
    assert!(!task.is_deleted());
    task.takes_back(again);
    assert!(task.is_deleted(), "a restore is taken back by a deletion");
}

#[test]
fn only_one_own_deletion_is_taken_back() {
    let delete = Op::Delete(TASK.into());
    let mut task = Kept::new();
    let deleted = task.does(1, 1, &delete);
    task.does(2, 1, &delete);
    task.takes_back(deleted);
    assert!(task.is_deleted());
    assert_eq!(task.outcome, Outcome::Superseded, "somebody else's stands");
    task.cannot(deleted, Refusal::NothingToUndo);
    let mut task = Kept::new();
    let deleted = task.does(1, 1, &delete);
    task.takes_back(deleted);
    assert!(!task.is_deleted());
    assert_eq!(task.outcome, Outcome::Applied);
}

/// The history says what a device's other devices did, also to one that has not pulled it yet.
#[test]
fn who_takes_a_change_back_knows_it() {
    let mut task = Kept::new();
    task.does(1, 1, &priority(Priority::Low));
    let high = task.does(1, 2, &priority(Priority::High));
    task.undo_elsewhere(high);
    assert_eq!((task.outcome, task.priority()), (Outcome::Applied, Priority::Low.into()));
    assert_eq!(task.row.as_ref().unwrap().values[&Field::Priority].siblings().len(), 1);

    let mut task = Kept::new();
    let order = |order: &str| Place { order: order.into(), ..row().unwrap().place() };
    let moved = task.does(1, 1, &Op::write(TASK, Field::Place, order("a1")));
    task.does(2, 1, &Op::write(TASK, Field::Place, order("a2")));
    task.undo_elsewhere(moved);
    let standing = task.row.as_ref().unwrap().values[&Field::Place].siblings();
    assert_eq!(standing.iter().map(|sibling| sibling.stamp.actor).collect::<Vec<_>>(), [2, 8]);
    assert_eq!((task.outcome, task.row.as_ref().unwrap().place()), (Outcome::Merged, order("")));

    let mut task = Kept::new();
    task.does(1, 1, &tags(&["old"], &[]));
    let changed = task.does(1, 2, &tags(&["new"], &["old"]));
    task.undo_elsewhere(changed);
    assert_eq!((task.outcome, task.tags()), (Outcome::Applied, vec!["old"]));
}

#[test]
fn what_left_nothing_to_take_back_is_not_undone() {
    let delete = Op::Delete(TASK.into());
    let mut task = Kept::new();
    task.does(1, 1, &delete);
    let second = task.does(2, 1, &delete);
    task.cannot(second, Refusal::NothingToUndo);
}

#[test]
fn undoing_in_a_deleted_row_says_what_became_of_it() {
    let mut task = Kept::new();
    let high = task.does(1, 1, &priority(Priority::High));
    task.does(2, 2, &Op::Delete(TASK.into()));
    task.takes_back(high);
    assert_eq!((task.outcome, task.priority()), (Outcome::Applied, Value::Nothing));
}
