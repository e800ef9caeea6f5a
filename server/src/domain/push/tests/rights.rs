//! Who may do what, and what moves along.

use shared::ids::{CommentId, SavedViewId};
use shared::value::Subject;

use super::*;

const BO: UserId = UserId(Uuid::from_u128(0xb0));
const NOT_FOUND: PushResult = PushResult::Rejected(Refusal::NotFound);
const NOT_ALLOWED: PushResult = PushResult::Rejected(Refusal::NotAllowed);

fn reader(user: UserId, role: Role) -> Reader {
    Reader { user, role }
}

fn private(n: u128, private: bool) -> Op {
    Op::write(project(n), Field::Private, Value::Flag(private))
}

fn let_in(n: u128, user: UserId, role: Role) -> Op {
    Op::write(project(n), Field::Access(user), Value::Role(role))
}

fn comment(n: u128, about: u128) -> Op {
    let subject = Value::Subject(Subject { task: task(about), reply_to: None });
    Op::Create(Create::new(CommentId(uuid(n))).text(TextField::Body, "Aye").value(Field::Subject, subject))
}

fn move_to(n: u128, to: u128) -> Op {
    Op::write(task(n), Field::Place, Value::Place(Place { project: Some(project(to)), ..Place::default() }))
}

/// Ada's project 1, with task 10 and a comment on it; Bo is a member too.
fn world() -> World {
    let mut world = World::new();
    let member = |user: UserId| Row::new(user.into(), Stamp { actor: 9, ctr: 1, ver: 0, ctx: 0, at: 0 });
    for user in [ADA, BO] {
        world.rows.insert(user.into(), member(user));
        world.scopes.insert(user.into(), Scope::Everyone);
        world.states.entry(Scope::Everyone).or_default().checksum.add(user.0, 0);
    }
    world.run(1, 0, [create(10, "One"), comment(20, 10)]);
    world
}

#[test]
fn who_makes_a_project_manages_it() {
    let mut world = world();
    assert_eq!(world.run(1, 1, [private(1, true), let_in(1, BO, Role::Member)]), [APPLIED, APPLIED]);
    world.reader = reader(BO, Role::Member);
    assert_eq!(world.run(2, 9, [priority(10, Priority::High), private(1, false)]), [APPLIED, NOT_ALLOWED]);
    assert_eq!(world.run(2, 9, [Op::Delete(project(1).into())]), [NOT_ALLOWED]);
}

#[test]
fn what_is_closed_to_somebody_does_not_exist_for_them() {
    let mut world = world();
    world.run(1, 1, [private(1, true)]);
    world.reader = reader(BO, Role::Member);
    let unknown = |kind| PushResult::Rejected(Refusal::Unknown { kind });
    let tried =
        world.run(2, 9, [edit(10, "One", "Two"), Op::Delete(task(10).into()), create(11, "New"), comment(21, 10)]);
    assert_eq!(tried, [NOT_FOUND, NOT_FOUND, unknown(Kind::Project), unknown(Kind::Task)]);
    world.reader = reader(BO, Role::Admin);
    assert_eq!(world.run(3, 9, [edit(10, "One", "Two")]), [APPLIED]);
}

#[test]
fn a_guest_sees_what_it_is_let_into_and_may_speak_there() {
    let mut world = world();
    world.reader = reader(BO, Role::Guest);
    assert_eq!(world.run(2, 9, [comment(21, 10), create_project(2, "Own")]).len(), 2);
    assert!(!world.rows.contains_key(&project(2).into()));
    world.reader = reader(ADA, Role::Member);
    world.run(1, 9, [let_in(1, BO, Role::Guest)]);
    world.reader = reader(BO, Role::Guest);
    assert_eq!(world.run(2, 9, [comment(22, 10), edit(10, "One", "Two"), create(12, "New")])[0], APPLIED);
    assert_eq!(world.task(10).title, "One");
    assert!(!world.rows.contains_key(&task(12).into()));
}

#[test]
fn nothing_is_put_where_its_author_may_not_edit() {
    let mut world = world();
    world.run(1, 9, [create_project(2, "Secret"), private(2, true), let_in(2, BO, Role::Guest)]);
    world.reader = reader(BO, Role::Member);
    assert_eq!(world.run(2, 99, [move_to(10, 2), create(11, "Mine")]), [NOT_ALLOWED, APPLIED]);
    assert_eq!(world.scopes[&task(10).into()], Scope::Project(project(1)));
    assert_eq!(world.checksums(), world.recount());
}

#[test]
fn what_is_said_about_a_task_goes_along_with_it() {
    let mut world = world();
    world.run(1, 9, [create_project(2, "Harvest")]);
    let request = world.next(1, 99, [comment(21, 10), move_to(10, 2)]);
    let decision = world.decide(&request).unwrap();
    let ver = decision.org.ver;
    let gone: Vec<_> = decision.departures.iter().map(|one| (one.entity, one.from, one.ver)).collect();
    let (said, new) = (CommentId(uuid(20)).into(), CommentId(uuid(21)).into());
    let from = Scope::Project(project(1));
    assert_eq!(gone, [(task(10).into(), from, ver), (said, from, ver), (new, from, ver)]);
    assert_eq!(decision.moved, BTreeMap::from([(task(10).into(), ver), (said, ver), (new, ver)]));
    world.push(&request).unwrap();
    assert_eq!(world.scopes[&said], Scope::Project(project(2)));
    // Also when it is edited there.
    world.run(1, 99, [Op::Delete(said)]);
    assert_eq!(world.scopes[&said], Scope::Project(project(2)));
    assert_eq!(world.checksums(), world.recount());
}

#[test]
fn a_view_is_its_makers_own_until_it_is_shared() {
    let mut world = world();
    let view = SavedViewId(uuid(30));
    let made = Create::new(view).text(TextField::Name, "Mine").value(Field::Filter, Value::Text("{}".into()));
    assert_eq!(world.run(1, 9, [Op::Create(made)]), [APPLIED]);
    assert_eq!(world.scopes[&view.into()], Scope::Person(ADA));
    world.reader = reader(BO, Role::Owner);
    assert_eq!(world.run(2, 9, [Op::Delete(view.into())]), [NOT_FOUND]);
    world.reader = reader(ADA, Role::Member);
    assert_eq!(world.run(1, 9, [Op::write(view, Field::Shared, Value::Flag(true))]), [APPLIED]);
    assert_eq!(world.scopes[&view.into()], Scope::Everyone);
    assert_eq!(world.checksums(), world.recount());
}
