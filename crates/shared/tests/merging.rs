//! What each operation makes of a row: its outcome, what is kept of what it replaces, and what would take it back.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

#[path = "support/rows.rs"]
mod rows;

use rows::{TASK, at, edit_title, row, stamp, tags, task};
use shared::clock::{Actor, Counter, Millis, Stamp, Version};
use shared::field::{Field, TextField};
use shared::ids::{CommentId, EntityId, ProjectId, TaskId, UserId};
use shared::limits::TITLE_CHARS;
use shared::merge::{self, Around, Inverse, Merged, Outcome, TextEntry};
use shared::mutation::{Create, EditRelations, Op, Refusal, TextEdit};
use shared::register::Tag;
use shared::relation::Relation;
use shared::row::Row;
use shared::text::{Delta, Step, TextChange};
use shared::value::{Place, Value};
use shared::workflow::{Priority, Status};
use uuid::Uuid;

/// In milliseconds.
const DAYS_90: Millis = 7_776_000_000;

#[track_caller]
fn apply(row: &mut Option<Row>, op: &Op, stamp: Stamp) -> Merged {
    merge::apply(row, op, stamp, &Around::default()).unwrap()
}

/// Refused, and nothing has changed.
#[track_caller]
fn refused(row: Option<&Row>, op: &Op, around: &Around<'_>, reason: Refusal) {
    let mut after = row.cloned();
    assert_eq!(merge::apply(&mut after, op, stamp(2, 1, 9, 8), around), Err(reason), "{op:?}");
    assert_eq!(after.as_ref(), row);
}

fn priority(priority: Priority) -> Op {
    Op::write(TASK, Field::Priority, priority)
}

fn lost(row: Option<&Row>) -> Vec<(Value, (Actor, Counter), Millis)> {
    let lost = row.into_iter().flat_map(|row| &row.lost);
    lost.map(|lost| (lost.value.clone(), (lost.stamp.actor, lost.stamp.ctr), lost.since)).collect()
}

#[test]
fn a_row_is_made_once() {
    let mut made = None;
    let create = task().value(Field::Priority, Priority::Low);
    let op = Op::Create(Create { tags: vec![Tag::new("ops")], ..create });
    let merged = apply(&mut made, &op, stamp(1, 1, 4, 0));
    assert_eq!(merged, Merged { outcome: Outcome::Applied, text: None, inverse: Some(Inverse::Create) });
    let made = made.unwrap();
    assert_eq!((made.ver, made.created, made.updated), (4, stamp(1, 1, 4, 0), stamp(1, 1, 4, 0)));
    assert_eq!(made.text(TextField::Title), Some("One"));
    assert_eq!(made.value(Field::Priority), Priority::Low.into());
    assert!(made.tags.contains(&Tag::new("ops")));
    refused(Some(&made), &op, &Around::default(), Refusal::AlreadyExists);
}

#[test]
fn an_operation_on_another_row_is_refused() {
    let other = TaskId(Uuid::from_u128(77));
    refused(row().as_ref(), &Op::Delete(other.into()), &Around::default(), Refusal::NotFound);
    refused(None, &Op::Delete(TASK.into()), &Around::default(), Refusal::NotFound);
}

#[test]
fn a_row_is_of_its_last_change() {
    let mut row = row();
    apply(&mut row, &priority(Priority::Low), stamp(1, 1, 4, 1));
    assert_eq!(row.as_ref().map(|row| (row.ver, row.updated)), Some((4, stamp(1, 1, 4, 1))));
    apply(&mut row, &priority(Priority::High), stamp(1, 2, 0, 4));
    assert_eq!(row.map(|row| (row.ver, row.updated)), Some((4, stamp(1, 2, 0, 4))), "a waiting change has no version");
}

#[test]
fn a_write_tells_how_it_met_others() {
    let mut row = row();
    let mut writes = |op: &Op, stamp| {
        let merged = apply(&mut row, op, stamp);
        let Some(Inverse::Write { value, .. }) = merged.inverse else { panic!("{merged:?}") };
        (merged.outcome, value)
    };
    let low = (Outcome::Applied, Value::Nothing);
    assert_eq!(writes(&priority(Priority::Low), stamp(1, 1, 2, 1)), low, "the first");
    let high = (Outcome::Applied, Priority::Low.into());
    assert_eq!(writes(&priority(Priority::High), stamp(1, 2, 3, 2)), high, "it had seen the other");
    let medium = (Outcome::Superseded, Priority::High.into());
    assert_eq!(writes(&priority(Priority::Medium), stamp(2, 1, 4, 2)), medium, "it had not, and is lower");
    let urgent = (Outcome::Merged, Priority::High.into());
    assert_eq!(writes(&priority(Priority::Urgent), stamp(3, 1, 5, 2)), urgent, "it had not, and is higher");
    let none = (Outcome::Applied, Priority::Urgent.into());
    assert_eq!(writes(&priority(Priority::None), stamp(3, 2, 6, 5)), none, "it had seen all");
    let people = |id: u128| Value::People([UserId(Uuid::from_u128(id))].into());
    let assign = |id: u128| Op::write(TASK, Field::Assignees, people(id));
    assert_eq!(writes(&assign(1), stamp(1, 3, 7, 6)), (Outcome::Applied, Value::Nothing));
    assert_eq!(writes(&assign(2), stamp(2, 2, 8, 6)), (Outcome::Merged, people(1)), "both are assigned");
}

/// Two concurrent priorities in a row: high of actor 1 and low of actor 2.
fn contested() -> Option<Row> {
    let mut row = row();
    apply(&mut row, &priority(Priority::High), stamp(1, 1, 2, 1));
    apply(&mut row, &priority(Priority::Low), stamp(2, 1, 3, 1));
    assert_eq!(lost(row.as_ref()), [], "what has lost is still in its field");
    row
}

#[test]
fn what_had_lost_goes_to_the_ledger_when_both_are_replaced() {
    let mut row = contested();
    apply(&mut row, &priority(Priority::None), at(50, stamp(3, 1, 4, 3)));
    assert_eq!(lost(row.as_ref()), [(Priority::Low.into(), (2, 1), 50)], "high was shown, and replaced knowingly");
    let mut row = contested();
    apply(&mut row, &priority(Priority::Low), stamp(3, 1, 4, 3));
    assert_eq!(lost(row.as_ref()), [], "it is what was written");
}

#[test]
fn who_had_not_seen_all_may_have_replaced_what_counted() {
    let mut row = contested();
    apply(&mut row, &priority(Priority::Medium), stamp(3, 1, 4, 2));
    assert_eq!(
        lost(row.as_ref()),
        [(Priority::High.into(), (1, 1), 0)],
        "what else had been there is not known any more"
    );
    let mut row = contested();
    apply(&mut row, &priority(Priority::Medium), stamp(1, 2, 4, 1));
    assert_eq!(lost(row.as_ref()), [], "one's own value one knows");
}

#[test]
fn of_people_all_were_shown() {
    let mut row = row();
    for (actor, ver) in [(1, 2), (2, 3)] {
        let people = Value::People([UserId(Uuid::from_u128(actor.into()))].into());
        apply(&mut row, &Op::write(TASK, Field::Assignees, people), stamp(actor, 1, ver, 1));
    }
    apply(&mut row, &Op::write(TASK, Field::Assignees, Value::Nothing), stamp(3, 1, 4, 3));
    assert_eq!(lost(row.as_ref()), []);
}

#[test]
fn the_ledger_keeps_a_value_for_90_days() {
    let lose = |row: &mut Option<Row>, ver: Version, when: Millis| {
        let ctx = ver - 1;
        apply(row, &priority(Priority::High), stamp(1, ver, ver, ctx));
        apply(row, &priority(Priority::Low), stamp(2, ver, ver + 1, ctx));
        apply(row, &priority(Priority::None), at(when, stamp(3, ver, ver + 2, ver + 1)));
    };
    let mut row = row();
    lose(&mut row, 2, 1_000);
    lose(&mut row, 5, DAYS_90 + 999);
    assert_eq!(lost(row.as_ref()).len(), 2);
    lose(&mut row, 8, DAYS_90 + 1_000);
    assert_eq!(lost(row.as_ref()).iter().map(|lost| lost.2).collect::<Vec<_>>(), [DAYS_90 + 999, DAYS_90 + 1_000]);
    // Written long ago, and only now on the server: it takes the value away now.
    let mut row = contested();
    apply(&mut row, &priority(Priority::Urgent), at(70, stamp(4, 1, 4, 1)));
    apply(&mut row, &priority(Priority::None), at(20, stamp(3, 1, 5, 4)));
    assert!(lost(row.as_ref()).iter().all(|lost| lost.2 == 70), "{row:?}");
}

#[test]
fn a_move_into_itself_is_kept_and_not_made() {
    let before = row().unwrap().place();
    let place = Value::Place(Place { parent: Some(TaskId(Uuid::from_u128(5))), ..before.clone() });
    let op = Op::write(TASK, Field::Place, place.clone());
    let mut row = row();
    let around = Around { cycle: true, ..Around::default() };
    let merged = merge::apply(&mut row, &op, stamp(1, 1, 2, 1), &around).unwrap();
    assert_eq!(merged, Merged { outcome: Outcome::Superseded, text: None, inverse: None });
    assert_eq!(lost(row.as_ref()), [(place, (1, 1), 0)]);
    assert_eq!(row.unwrap().place(), before);
}

#[test]
fn tags_that_others_put_on_stay() {
    let mut row = row();
    let merged = apply(&mut row, &tags(&["a", "b"], &[]), stamp(1, 1, 2, 1));
    let inverse = |added: &[&str], removed: &[&str]| {
        let tags = |names: &[&str]| names.iter().map(|name| Tag::new(name)).collect();
        Some(Inverse::Tags { added: tags(added), removed: tags(removed) })
    };
    assert_eq!((merged.outcome, merged.inverse), (Outcome::Applied, inverse(&["a", "b"], &[])));
    let merged = apply(&mut row, &tags(&["b", "c"], &["a", "b", "z"]), stamp(2, 1, 3, 2));
    assert_eq!((merged.outcome, merged.inverse), (Outcome::Applied, inverse(&["c"], &["a"])));
    let merged = apply(&mut row, &tags(&[], &["b", "c"]), stamp(3, 1, 4, 2));
    assert_eq!(merged.outcome, Outcome::Merged, "c had been put on unseen");
    let left: Vec<_> = row.iter().flat_map(|row| row.tags.iter()).map(|tag| tag.as_str().to_owned()).collect();
    assert_eq!(left, ["b", "c"]);
}

#[test]
fn relations_that_others_made_stay() {
    let blocks = |id: u128| Relation::Blocks(TaskId(Uuid::from_u128(id)));
    let relations = |add: &[Relation], remove: &[Relation]| {
        Op::Relations(EditRelations { id: TASK, add: add.into(), remove: remove.into() })
    };
    let mut row = row();
    let merged = apply(&mut row, &relations(&[blocks(8)], &[]), stamp(1, 1, 2, 1));
    assert_eq!(merged.outcome, Outcome::Applied);
    assert_eq!(merged.inverse, Some(Inverse::Relations { added: vec![blocks(8)], removed: vec![] }));
    let merged = apply(&mut row, &relations(&[blocks(9)], &[blocks(8)]), stamp(2, 1, 3, 1));
    assert_eq!(merged.outcome, Outcome::Merged, "it had not seen the first");
    assert_eq!(merged.inverse, Some(Inverse::Relations { added: vec![blocks(9)], removed: vec![blocks(8)] }));
    let merged = apply(&mut row, &relations(&[], &[blocks(8)]), stamp(2, 2, 4, 3));
    assert_eq!(merged.outcome, Outcome::Applied);
    assert_eq!(row.unwrap().relations.iter().collect::<Vec<_>>(), [&blocks(9)]);
}

#[test]
fn a_deletion_wins_and_keeps_what_is_done_meanwhile() {
    let (delete, restore) = (Op::Delete(TASK.into()), Op::Restore(TASK.into()));
    let mut row = row();
    let merged = apply(&mut row, &delete, stamp(1, 1, 2, 1));
    assert_eq!((merged.outcome, merged.inverse), (Outcome::Applied, Some(Inverse::Delete)));
    let merged = apply(&mut row, &delete, stamp(2, 1, 3, 1));
    assert_eq!((merged.outcome, merged.inverse), (Outcome::Applied, None), "it was deleted already");
    let merged = apply(&mut row, &priority(Priority::High), stamp(3, 1, 4, 1));
    assert_eq!(merged.outcome, Outcome::Superseded);
    assert_eq!(row.as_ref().unwrap().value(Field::Priority), Priority::High.into());
    let merged = apply(&mut row, &restore, stamp(4, 1, 5, 2));
    assert_eq!((merged.outcome, merged.inverse), (Outcome::Superseded, Some(Inverse::Restore)), "one was not seen");
    let merged = apply(&mut row, &restore, stamp(4, 2, 6, 5));
    assert_eq!((merged.outcome, merged.inverse), (Outcome::Applied, Some(Inverse::Restore)));
    let merged = apply(&mut row, &restore, stamp(4, 3, 7, 6));
    assert_eq!((merged.outcome, merged.inverse), (Outcome::Applied, None), "there was nothing to restore");
}

#[test]
fn an_edit_is_carried_over_the_log() {
    let mut row = row();
    let merged = apply(&mut row, &edit_title("One", "One two"), stamp(1, 1, 2, 1));
    let delta = Delta::between("One", "One two");
    let entry = TextEntry { field: TextField::Title, change: TextChange { ver: 2, actor: 1, ctr: 1, delta } };
    assert_eq!((merged.outcome, merged.text.as_ref()), (Outcome::Applied, Some(&entry)));
    let back = Inverse::Text { field: TextField::Title, delta: Delta::between("One two", "One") };
    assert_eq!(merged.inverse, Some(back));
    let log = [entry.change];
    let around = Around { log: &log, ..Around::default() };
    let merged = merge::apply(&mut row, &edit_title("One", "No One"), stamp(2, 1, 3, 1), &around).unwrap();
    assert_eq!(merged.outcome, Outcome::Merged);
    assert_eq!(merged.text.unwrap().change.delta, Delta::between("One two", "No One two"));
    assert_eq!(row.as_ref().unwrap().text(TextField::Title), Some("No One two"));
    let own = [TextChange { actor: 2, ..log[0].clone() }];
    refused(row.as_ref(), &edit_title("One", "Own"), &Around { log: &own, ..Around::default() }, Refusal::TextBase);
    refused(row.as_ref(), &edit_title("Another", "Text"), &Around::default(), Refusal::TextBase);
}

#[test]
fn a_text_has_a_limit_that_only_merging_may_exceed() {
    let full = "x".repeat(TITLE_CHARS - 3) + "One";
    let both = full.clone() + "yz";
    let mut row = row();
    let too_long = |row: Option<&Row>, from: &str, to: &str| {
        let limit = u32::try_from(TITLE_CHARS).unwrap();
        refused(row, &edit_title(from, to), &Around::default(), Refusal::TooLong { limit });
    };
    too_long(row.as_ref(), "One", &both);
    let delta = Delta::new(vec![Step::Insert("x".repeat(TITLE_CHARS - 3)), Step::Keep(3)]);
    let grows = Op::TextEdit(TextEdit { entity: TASK.into(), field: TextField::Title, delta: delta.clone() });
    apply(&mut row, &grows, stamp(1, 1, 2, 1));
    let around = Around { log: &[TextChange { ver: 2, actor: 1, ctr: 1, delta }], ..Around::default() };
    merge::apply(&mut row, &edit_title("One", "Oneyz"), stamp(2, 1, 3, 1), &around).unwrap();
    assert_eq!(row.as_ref().unwrap().text(TextField::Title), Some(both.as_str()), "each of the two kept the limit");
    too_long(row.as_ref(), &both, &(both.clone() + "!"));
    apply(&mut row, &edit_title(&both, &(full.clone() + "?!")), stamp(1, 2, 4, 3));
    apply(&mut row, &edit_title(&(full.clone() + "?!"), &(full.clone() + "?")), stamp(1, 3, 5, 4));
    let steps = vec![Step::Keep(u32::MAX)];
    let monster = Op::TextEdit(TextEdit { entity: TASK.into(), field: TextField::Title, delta: Delta::new(steps) });
    let reason = Refusal::TooLong { limit: u32::try_from(TITLE_CHARS).unwrap() };
    refused(row.as_ref(), &monster, &Around::default(), reason);
}

#[test]
fn a_title_is_not_emptied_on_purpose() {
    let mut row = row();
    refused(row.as_ref(), &edit_title("One", "  "), &Around::default(), Refusal::Empty);
    // Two who each take a part away may leave nothing: that is no reason to lose one of them.
    apply(&mut row, &edit_title("One", "O"), stamp(1, 1, 2, 1));
    let log = [TextChange { ver: 2, actor: 1, ctr: 1, delta: Delta::between("One", "O") }];
    let around = Around { log: &log, ..Around::default() };
    merge::apply(&mut row, &edit_title("One", "ne"), stamp(2, 1, 3, 1), &around).unwrap();
    assert_eq!(row.as_ref().unwrap().text(TextField::Title), Some(""));
    let edit = |from: &str, to: &str, field| {
        Op::TextEdit(TextEdit { entity: TASK.into(), field, delta: Delta::between(from, to) })
    };
    apply(&mut row, &edit("", "x", TextField::Notes), stamp(1, 2, 4, 3));
    apply(&mut row, &edit("x", "", TextField::Notes), stamp(1, 3, 5, 4));
    assert_eq!(row.as_ref().unwrap().text(TextField::Notes), Some(""));
    refused(row.as_ref(), &edit("", "x", TextField::Body), &Around::default(), Refusal::NotFound);
}

#[test]
fn a_waiting_edit_counts_whatever_the_limits_say() {
    let mut row = row();
    merge::apply_waiting(&mut row, &edit_title("One", ""), stamp(1, 1, 0, 1), false);
    assert_eq!(row.as_ref().unwrap().text(TextField::Title), Some(""));
    let long = "x".repeat(TITLE_CHARS + 1);
    merge::apply_waiting(&mut row, &edit_title("", &long), stamp(1, 2, 0, 1), false);
    assert_eq!(row.as_ref().unwrap().text(TextField::Title), Some(long.as_str()));
    assert_eq!(row.as_ref().unwrap().updated, stamp(1, 2, 0, 1));
    let before = row.clone();
    merge::apply_waiting(&mut row, &edit_title("of another text", ""), stamp(1, 3, 0, 1), false);
    let other =
        TextEdit { entity: TaskId(Uuid::from_u128(77)).into(), field: TextField::Title, delta: Delta::default() };
    merge::apply_waiting(&mut row, &Op::TextEdit(other), stamp(1, 4, 0, 1), false);
    assert_eq!(row, before, "what cannot be applied changes nothing");
    merge::apply_waiting(&mut row, &priority(Priority::High), stamp(1, 5, 0, 1), false);
    assert_eq!(row.as_ref().unwrap().value(Field::Priority), Priority::High.into());
    let place = row.as_ref().unwrap().place();
    let under = Place { parent: Some(TaskId(Uuid::from_u128(5))), ..place.clone() };
    merge::apply_waiting(&mut row, &Op::write(TASK, Field::Place, under), stamp(1, 6, 0, 1), true);
    assert_eq!(row.unwrap().place(), place, "a move into itself is not shown");
}

#[test]
fn what_puts_a_task_under_another() {
    let parent = TaskId(Uuid::from_u128(5));
    let under = Place { parent: Some(parent), project: Some(ProjectId(Uuid::from_u128(2))), ..Place::default() };
    let moved = Op::write(TASK, Field::Place, under.clone());
    assert_eq!(merge::moves_under(&moved), Some((TASK, parent)));
    let made = Op::Create(Create::new(TASK).text(TextField::Title, "One").value(Field::Place, under.clone()));
    assert_eq!(merge::moves_under(&made), Some((TASK, parent)));
    assert_eq!(merge::moves_under(&Op::write(TASK, Field::Place, Place { parent: None, ..under.clone() })), None);
    assert_eq!(merge::moves_under(&Op::write(TASK, Field::Status, Status::Done)), None);
    assert_eq!(merge::moves_under(&Op::Create(task())), None);
    assert_eq!(merge::moves_under(&Op::Delete(TASK.into())), None);
    assert_eq!(merge::moves_under(&Op::write(EntityId::from(CommentId(TASK.0)), Field::Place, under)), None);
}

#[test]
fn a_log_is_cut_behind_a_version() {
    let change = |ver| TextChange { ver, actor: 1, ctr: ver, delta: Delta::default() };
    let log = [change(3), change(5), change(8)];
    assert_eq!(merge::after(&log, 2), log);
    assert_eq!(merge::after(&log, 5), &log[2..]);
    assert_eq!(merge::after(&log, 8), []);
}
