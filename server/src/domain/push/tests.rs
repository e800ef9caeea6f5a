//! The rules of a push, on rows in memory.

mod rights;
mod world;

use super::*;
use shared::clock::Stamp;
use shared::field::Field;
use shared::hash::Hash;
use shared::ids::{Kind, UserId};
use shared::merge::Outcome;
use shared::mutation::{Create, Refusal, TextEdit, Undo};
use shared::register::Tag;
use shared::task::TaskView;
use shared::text::Delta;
use shared::tree::above;
use shared::value::{Place, Role, Value};
use shared::workflow::{Priority, Status};
use uuid::Uuid;

use world::World;

const NOW: Millis = 1_790_000_000_000;
const ADA: UserId = UserId(Uuid::from_u128(0xada));
const TEN_YEARS: Millis = 10 * 365 * 24 * 60 * 60 * 1_000;

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn project(n: u128) -> ProjectId {
    ProjectId(uuid(n))
}

fn task(n: u128) -> TaskId {
    TaskId(uuid(n))
}

fn create_project(n: u128, name: &str) -> Op {
    Op::Create(Create::new(project(n)).text(TextField::Name, name))
}

fn place(n: u128) -> Place {
    Place { project: Some(project(n)), ..Place::default() }
}

fn create_in(n: u128, title: &str, in_project: u128) -> Op {
    let create = Create::new(task(n)).text(TextField::Title, title).value(Field::Place, place(in_project));
    Op::Create(create.value(Field::Status, Status::Todo))
}

fn create(n: u128, title: &str) -> Op {
    create_in(n, title, 1)
}

fn put_under(n: u128, parent: u128) -> Op {
    Op::write(task(n), Field::Place, Place { parent: Some(task(parent)), ..place(1) })
}

fn edit(n: u128, old: &str, new: &str) -> Op {
    Op::TextEdit(TextEdit { entity: task(n).into(), field: TextField::Title, delta: Delta::between(old, new) })
}

fn priority(n: u128, priority: Priority) -> Op {
    Op::write(task(n), Field::Priority, priority)
}

const APPLIED: PushResult = PushResult::Accepted(Outcome::Applied);

#[test]
fn a_repeat_is_answered_with_the_stored_results_and_changes_nothing() {
    let mut world = World::new();
    let request = world.next(2, 1, [create(10, "One"), priority(77, Priority::High)]);
    let first = world.push(&request).unwrap();
    assert_eq!(first, [APPLIED, PushResult::Rejected(Refusal::NotFound)]);
    let again = world.decide(&request).unwrap();
    assert_eq!((again.org, again.device), (world.org, world.device(2)));
    assert!(again.rows.is_empty() && again.handled.is_empty() && again.texts.is_empty());
    assert_eq!(again.response.results.into_iter().map(|result| result.result).collect::<Vec<_>>(), first);
}

/// A copy of the device has sent both already, under other numbers.
#[test]
fn what_was_done_under_another_number_is_not_done_again() {
    let mut world = World::new();
    let request = world.next(2, 1, [create(10, "One"), create(11, "Two"), create(12, "Three")]);
    let results = [APPLIED, PushResult::Rejected(Refusal::NotAllowed)];
    world.elsewhere = request.mutations.iter().map(|mutation| mutation.id).zip(results).collect();
    let refused = [Refusal::Repeated, Refusal::NotAllowed].map(PushResult::Rejected);
    assert_eq!(world.push(&request).unwrap(), [refused[0].clone(), refused[1].clone(), APPLIED]);
    assert_eq!((world.rows.len(), world.org.ver), (2, 2), "the project, and the third");
}

#[test]
fn a_push_may_be_half_repeat() {
    let mut world = World::new();
    let both = world.next(2, 1, [create(10, "One"), create(11, "Two")]);
    let first = PushRequest { mutations: both.mutations[..1].to_vec(), ..both.clone() };
    world.push(&first).unwrap();
    assert_eq!(world.push(&both).unwrap(), [APPLIED, APPLIED]);
    assert_eq!((world.rows.len(), world.org.ver), (3, 3));
}

#[test]
fn a_gap_is_refused() {
    let world = World::new();
    let mut request = world.next(2, 1, [create(10, "One"), create(11, "Two")]);
    request.mutations.remove(0);
    assert_eq!(world.decide(&request), Err(PushProblem::Gap { last: 0 }));
}

#[test]
fn the_mutations_of_a_push_are_consecutive() {
    let world = World::new();
    let mut request = world.next(2, 1, [create(10, "One"), create(11, "Two")]);
    request.mutations[1].n = 3;
    assert_eq!(world.decide(&request), Err(PushProblem::OutOfPlace(3)));
    request.mutations[0].n = 0;
    assert_eq!(world.decide(&request), Err(PushProblem::OutOfPlace(0)));
    request.mutations.truncate(1);
    request.mutations[0].n = Counter::MAX;
    assert!(world.decide(&request).is_err());
}

#[test]
fn a_forked_history_is_noticed() {
    let mut world = World::new();
    world.run(2, 1, [create(10, "One"), create(11, "Two")]);
    // A copy of the device made another second mutation …
    let mut repeat = world.next(2, 1, [create(12, "Three")]);
    repeat.mutations[0].n = 2;
    assert_eq!(world.decide(&repeat), Err(PushProblem::Forked { at: 2 }));
    // … or went on from it.
    let mut later = world.next(2, 1, [create(12, "Three"), create(13, "Four")]);
    later.mutations[0].prev_hash = Hash(7);
    assert_eq!(world.decide(&later), Err(PushProblem::Forked { at: 3 }));
    let mut broken = world.next(2, 1, [create(12, "Three"), create(13, "Four")]);
    broken.mutations[1].prev_hash = Hash(7);
    assert_eq!(world.decide(&broken), Err(PushProblem::Forked { at: 4 }));
}

#[test]
fn the_wrong_world_is_refused() {
    let world = World::new();
    let request = world.next(2, 1, [create(10, "One")]);
    let check = |request: PushRequest, problem| assert_eq!(world.decide(&request), Err(problem));
    check(PushRequest { schema: 9, ..request.clone() }, PushProblem::Schema(9));
    check(PushRequest { epoch: Epoch(uuid(1)), ..request.clone() }, PushProblem::Epoch);
    let many = vec![request.mutations[0].clone(); MUTATIONS_PER_PUSH + 1];
    check(PushRequest { mutations: many, ..request.clone() }, PushProblem::TooMany(MUTATIONS_PER_PUSH + 1));
    let device = world.device(3);
    let input = PushInput {
        org: world.org,
        device,
        reader: None,
        rows: BTreeMap::new(),
        scopes: BTreeMap::new(),
        states: BTreeMap::new(),
        dependents: BTreeMap::new(),
        parents: BTreeMap::new(),
        logs: BTreeMap::new(),
        stored: BTreeMap::new(),
        elsewhere: BTreeMap::new(),
        prefixes: BTreeMap::new(),
        undone: BTreeMap::new(),
        now: NOW,
        request: &request,
    };
    assert_eq!(decide(input), Err(PushProblem::OtherActor));
}

#[test]
fn a_refused_mutation_blocks_nothing() {
    let mut world = World::new();
    let results = world.run(2, 1, [create(10, "One"), create(11, " "), priority(10, Priority::High)]);
    assert_eq!(results, [APPLIED, PushResult::Rejected(Refusal::Empty), APPLIED]);
    assert_eq!((world.org.ver, world.device(2).last.n), (3, 3));
    assert_eq!(world.task(10).priority, Priority::High);
    let refused = &world.handled[&(2, 2)];
    assert_eq!((refused.ver, world.handled[&(2, 3)].ver), (None, Some(3)));
}

#[test]
fn what_an_operation_needs_must_exist() {
    let mut world = World::new();
    let orphan = create_in(10, "One", 5);
    let results = world.run(2, 1, [orphan, create_project(1, "Again"), edit(12, "", "x"), Op::Delete(task(13).into())]);
    let refusals =
        [Refusal::Unknown { kind: Kind::Project }, Refusal::AlreadyExists, Refusal::NotFound, Refusal::NotFound];
    assert_eq!(results, refusals.map(PushResult::Rejected));
    assert_eq!(world.org.ver, 1);
}

#[test]
fn two_edits_of_one_title_become_one() {
    let mut world = World::new();
    world.run(2, 1, [create(10, "Hello world")]);
    let a = world.next(2, 2, [edit(10, "Hello world", "Hello beautiful world")]);
    let b = world.next(3, 2, [edit(10, "Hello world", "Hello world!")]);
    assert_eq!(world.push(&a).unwrap(), [APPLIED]);
    assert_eq!(world.push(&b).unwrap(), [PushResult::Accepted(Outcome::Merged)]);
    assert_eq!(world.task(10).title, "Hello beautiful world!");
    assert_eq!(world.logs[&(task(10).into(), TextField::Title)].len(), 2);
}

#[test]
fn later_mutations_of_a_batch_see_the_earlier_ones() {
    let mut world = World::new();
    let ops = [create_project(2, "Harvest"), create(10, "One"), edit(10, "One", "One!"), priority(10, Priority::Low)];
    assert_eq!(world.run(2, 1, ops), [APPLIED, APPLIED, APPLIED, APPLIED]);
    assert_eq!(world.task(10).title, "One!");
    // A second edit of a text that has not come back yet was made on a text that the server does not know.
    let results = world.run(2, 1, [edit(10, "One!", "One!!")]);
    assert_eq!(results, [PushResult::Rejected(Refusal::TextBase)]);
}

#[test]
fn tasks_are_numbered_per_project_and_projects_get_prefixes() {
    let mut world = World::new();
    world.run(2, 1, [create(10, "One"), create_project(2, "Harvest"), create(11, "Two"), create_in(12, "Three", 2)]);
    world.run(3, 1, [create(13, "Four")]);
    let keys = [10, 11, 12, 13].map(|n| world.task(n).key.unwrap());
    assert_eq!(keys, ["HAR-1", "HAR-2", "HAR2-1", "HAR-3"]);
    // A key is for life: a task that moves keeps it.
    world.run(3, 9, [Op::write(task(13), Field::Place, place(2)), create_in(14, "Five", 2)]);
    assert_eq!([13, 14].map(|n| world.task(n).key.unwrap()), ["HAR-3", "HAR2-2"]);
}

#[test]
fn a_clock_that_is_ten_years_off_changes_nothing_else() {
    for off in [-TEN_YEARS, TEN_YEARS, Millis::MIN, Millis::MAX] {
        let mut world = World::new();
        world.run(2, 1, [create(10, "One")]);
        world.now += 1_000;
        let mut request = world.next(3, 2, [priority(10, Priority::High)]);
        request.mutations[0].at = off.saturating_add(world.now);
        assert_eq!(world.push(&request).unwrap(), [APPLIED]);
        let stamp = world.row(10).values[&Field::Priority].siblings()[0].stamp;
        // Not before what its writer had seen, not after now.
        assert_eq!(stamp.at, if off < 0 { NOW } else { world.now }, "{off}");
        assert_eq!(world.handled[&(3, 1)].at, stamp.at);
    }
}

#[test]
fn nobody_has_seen_the_future() {
    let mut world = World::new();
    world.run(2, 1, [create(10, "One")]);
    let mut a = world.next(2, 2, [priority(10, Priority::High)]);
    a.mutations[0].ctx = Version::MAX;
    let b = world.next(3, 2, [priority(10, Priority::Low)]);
    world.push(&a).unwrap();
    // Had the context been believed, the second write would look like one that the first had seen.
    assert_eq!(world.push(&b).unwrap(), [PushResult::Accepted(Outcome::Superseded)]);
    assert_eq!(world.handled[&(2, 2)].ctx, 2);
}

#[test]
fn the_checksum_is_that_of_the_rows() {
    let mut world = World::new();
    world.run(2, 1, [create(10, "One"), create(11, "Two"), priority(10, Priority::High), create(10, "Again")]);
    world.run(3, 1, [Op::Delete(task(11).into()), edit(10, "One", "One and a half"), create_project(2, "Harvest")]);
    assert_eq!(world.checksums(), world.recount());
    assert_eq!(world.org.ver, 7);
    assert!(world.rows.values().all(|row| row.ver <= 7));
}

#[test]
fn a_decision_writes_only_what_changed() {
    let mut world = World::new();
    world.run(2, 1, [create(10, "One")]);
    let decision = world.decide(&world.next(3, 2, [create(11, "Two"), create(12, "")])).unwrap();
    assert_eq!(decision.rows.keys().copied().collect::<Vec<_>>(), [EntityId::from(task(11))]);
    assert_eq!(decision.prefixes, BTreeMap::from([("HAR".into(), Prefix { project: project(1), last_number: 2 })]));
}

#[test]
fn two_moves_that_together_make_a_cycle_are_not_both_made() {
    let mut world = World::new();
    world.run(2, 1, [create(10, "One"), create(11, "Two"), create(12, "Three"), put_under(12, 11)]);
    let a = world.next(2, 5, [put_under(11, 10)]);
    let b = world.next(3, 5, [put_under(10, 12)]);
    assert_eq!(world.push(&a).unwrap(), [APPLIED]);
    assert_eq!(world.push(&b).unwrap(), [PushResult::Accepted(Outcome::Superseded)]);
    assert_eq!([10, 11, 12].map(|n| world.task(n).parent), [None, Some(task(10)), Some(task(11))]);
    let lost = &world.row(10).lost[0];
    assert_eq!((lost.field, lost.stamp.actor), (Field::Place, 3));
    // Within one push each move sees the ones before it.
    let both = world.run(2, 7, [create(13, "Four"), put_under(13, 12), put_under(10, 13)]);
    assert_eq!(both[2], PushResult::Accepted(Outcome::Superseded));
}

#[test]
fn a_cycle_through_a_new_task_or_by_undoing_a_move_is_not_made_either() {
    let mut world = World::new();
    world.run(2, 1, [create(10, "X"), create(11, "P")]);
    world.run(3, 3, [put_under(11, 10)]);
    let under = Create::new(task(12)).text(TextField::Title, "N");
    let under = Op::Create(under.value(Field::Place, Place { parent: Some(task(11)), ..place(1) }));
    let results = world.run(2, 3, [under, put_under(10, 12)]);
    assert_eq!(results, [APPLIED, PushResult::Accepted(Outcome::Superseded)]);

    world.run(2, 6, [create(20, "X"), create(21, "Y"), put_under(20, 21), Op::write(task(20), Field::Place, place(1))]);
    world.run(3, 10, [put_under(21, 20)]);
    let n = world.device(2).last.n;
    let undo = Op::Undo(Undo { entity: task(20).into(), actor: 2, n });
    assert_eq!(world.run(2, 11, [undo]), [PushResult::Accepted(Outcome::Superseded)]);
    assert_eq!([20, 21].map(|n| world.task(n).parent), [None, Some(task(20))]);
}

#[test]
fn undo_leaves_what_others_did_at_the_same_time() {
    let mut world = World::new();
    world.run(2, 1, [create(10, "One"), priority(10, Priority::Low)]);
    let (a, b) = (world.next(2, 3, [priority(10, Priority::High)]), world.next(3, 3, [priority(10, Priority::Urgent)]));
    world.push(&a).unwrap();
    world.push(&b).unwrap();
    let undo = |n| Op::Undo(Undo { entity: task(10).into(), actor: 2, n });
    assert_eq!(world.run(2, 5, [undo(3)]), [APPLIED]);
    assert_eq!(world.task(10).priority, Priority::Urgent);

    let delete = || [Op::Delete(task(10).into())];
    let (a, b) = (world.next(2, 6, delete()), world.next(3, 6, delete()));
    world.push(&a).unwrap();
    world.push(&b).unwrap();
    assert_eq!(world.run(2, 8, [undo(5)]), [PushResult::Accepted(Outcome::Superseded)]);
    assert!(world.task(10).deleted, "the other one's deletion stands");
    // Deleting once more what is deleted is nothing that could be taken back.
    assert_eq!(world.run(2, 9, delete()), [APPLIED]);
    assert_eq!(world.run(2, 10, [undo(7)]), [PushResult::Rejected(Refusal::NothingToUndo)]);
    assert!(world.task(10).deleted);
}

#[test]
fn a_value_that_lost_and_is_then_overwritten_goes_to_the_ledger() {
    let mut world = World::new();
    world.run(2, 1, [create(10, "One")]);
    let (a, b) = (world.next(2, 2, [priority(10, Priority::High)]), world.next(3, 2, [priority(10, Priority::Low)]));
    world.push(&a).unwrap();
    assert_eq!(world.push(&b).unwrap(), [PushResult::Accepted(Outcome::Superseded)]);
    assert!(world.row(10).lost.is_empty(), "it still stands beside the winner");
    world.run(2, 4, [priority(10, Priority::Medium)]);
    let lost: Vec<_> = world.row(10).lost.iter().map(|lost| lost.value.clone()).collect();
    assert_eq!(lost, [Value::Priority(Priority::Low)]);
}

#[test]
fn undo_takes_back_what_is_left_of_a_change_and_keeps_what_others_did() {
    let mut world = World::new();
    world.run(2, 1, [create(10, "Hello world"), priority(10, Priority::Low)]);
    world.run(2, 3, [edit(10, "Hello world", "Hello beautiful world"), priority(10, Priority::High)]);
    world.run(3, 5, [edit(10, "Hello beautiful world", "Hello beautiful world!")]);
    let undo = |n| Op::Undo(Undo { entity: task(10).into(), actor: 2, n });
    assert_eq!(world.run(2, 6, [undo(3), undo(4)]), [APPLIED, APPLIED]);
    assert_eq!((world.task(10).title.as_str(), world.task(10).priority), ("Hello world!", Priority::Low));
    // What somebody has written over it is theirs.
    world.run(3, 8, [priority(10, Priority::Urgent)]);
    assert_eq!(world.run(2, 9, [undo(2)]), [PushResult::Rejected(Refusal::NothingToUndo)]);
    assert_eq!(world.task(10).priority, Priority::Urgent);
    // An undo is a change like others: it can be taken back.
    assert_eq!(world.run(2, 9, [undo(5)]), [APPLIED]);
    assert_eq!(world.task(10).title, "Hello beautiful world!");
}

#[test]
fn undo_knows_tags_and_life() {
    let mut world = World::new();
    let tags = |add: &[&str], remove: &[&str]| {
        let tags = |tags: &[&str]| tags.iter().map(|tag| Tag::new(tag)).collect();
        Op::Tags(shared::mutation::EditTags { id: task(10), add: tags(add), remove: tags(remove) })
    };
    world.run(2, 1, [create(10, "One"), tags(&["ops", "web"], &[])]);
    world.run(3, 3, [tags(&["web"], &[])]);
    world.run(2, 4, [Op::Delete(task(10).into())]);
    let undo = |n| Op::Undo(Undo { entity: task(10).into(), actor: 2, n });
    assert_eq!(world.run(2, 5, [undo(3), undo(2)]), [APPLIED, APPLIED]);
    assert!(!world.task(10).deleted);
    assert_eq!(world.task(10).tags, [Tag::new("web")], "somebody else put it on, too");
    let refused = PushResult::Rejected(Refusal::NothingToUndo);
    assert_eq!(world.run(2, 7, [undo(3), undo(2), undo(77)]), [refused.clone(), refused.clone(), refused]);
}

#[test]
fn members_do_not_write_what_is_the_servers() {
    let mut world = World::new();
    world.run(2, 1, [create(10, "One")]);
    let key = Op::write(task(10), Field::Key, Value::Text("HAR-1000".into()));
    let role = Op::write(UserId(uuid(5)), Field::Role, Value::Role(Role::Owner));
    let refused = PushResult::Rejected(Refusal::NotAllowed);
    assert_eq!(world.run(2, 2, [key, role]), [refused.clone(), refused]);
}
