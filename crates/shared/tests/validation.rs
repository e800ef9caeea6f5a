//! What an operation may say, at its limits: of each thing the last that is accepted and the first that is not.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate tern_shared as shared;

use std::collections::{BTreeMap, BTreeSet};

use shared::date::Date;
use shared::field::{Field, TextField};
use shared::ids::{CustomFieldId, EntityId, Kind, ProjectId, SectionId, TaskId, UserId};
use shared::limits::{
    BODY_CHARS, CHOICES, DELTA_STEPS, DESCRIPTION_CHARS, ELEMENTS_PER_MUTATION, FILTER_CHARS, LINE_CHARS, NAME_CHARS,
    ORDER_CHARS, PEOPLE, REFERENCE_CHARS, REMINDERS, TAG_CHARS, TITLE_CHARS,
};
use shared::mutation::{Author, Create, EditRelations, EditTags, Op, Refusal, TextEdit, Undo};
use shared::recurrence::{From, Recurrence, Unit};
use shared::register::Tag;
use shared::relation::Relation;
use shared::text::{Delta, Step};
use shared::value::{FieldType, FileFacts, Place, Reference, Role, Subject, Value};
use shared::workflow::{Priority, Status};
use uuid::Uuid;

const INVALID: Result<(), Refusal> = Err(Refusal::InvalidValue);

fn id(kind: Kind) -> EntityId {
    kind.of(Uuid::from_u128(1))
}

fn task() -> TaskId {
    TaskId(Uuid::from_u128(1))
}

fn too_long(limit: usize) -> Result<(), Refusal> {
    Err(Refusal::TooLong { limit: u32::try_from(limit).unwrap() })
}

#[track_caller]
fn check(op: &Op, expected: Result<(), Refusal>) {
    assert_eq!(op.validate(Author::Member).err(), expected.err(), "{op:?}");
}

/// Writes a value to a field of the first kind of row that has it.
#[track_caller]
fn writes(field: Field, value: impl Into<Value>, expected: Result<(), Refusal>) {
    check(&Op::write(id(field.spec().on[0]), field, value), expected);
}

fn text(value: impl Into<String>) -> Value {
    Value::Text(value.into())
}

fn people(count: usize) -> BTreeSet<UserId> {
    (0..count as u128).map(|number| UserId(Uuid::from_u128(number))).collect()
}

fn subject() -> Subject {
    Subject { task: task(), reply_to: None }
}

fn in_project() -> Place {
    Place { project: Some(ProjectId(Uuid::from_u128(2))), ..Place::default() }
}

fn custom() -> Field {
    Field::Custom(CustomFieldId(Uuid::from_u128(7)))
}

#[test]
fn a_field_holds_what_it_is_for() {
    let day = Date::new(2026, 11, 30).unwrap();
    writes(Field::Status, Status::Done, Ok(()));
    writes(Field::Priority, Priority::Low, Ok(()));
    writes(Field::Due, Some(day), Ok(()));
    writes(Field::Estimate, Value::Count(0), Ok(()));
    writes(Field::Hidden, true, Ok(()));
    for value in [Value::Date(day), true.into(), text("x"), people(1).into(), Value::Nothing] {
        writes(custom(), value, Ok(()));
    }
    for value in [Value::Count(1), Status::Done.into(), Value::Moments([1].into())] {
        writes(custom(), value, INVALID);
    }
    for field in Field::ALL.iter().filter(|field| **field != Field::Subject) {
        let wrong = Value::Subject(subject());
        let expected = match field {
            Field::Key
            | Field::Prefix
            | Field::Role
            | Field::Email
            | Field::File
            | Field::Owner
            | Field::Filed
            | Field::Stored => Err(Refusal::NotAllowed),
            _ => INVALID,
        };
        writes(*field, wrong, expected);
    }
}

#[test]
fn some_fields_are_never_empty() {
    for field in [Field::Status, Field::Priority, Field::FieldType] {
        writes(field, Value::Nothing, INVALID);
    }
    for field in [Field::Due, Field::Place, Field::Icon, Field::Assignees, Field::Reminders, Field::Filter] {
        writes(field, Value::Nothing, Ok(()));
    }
}

#[test]
fn lists_have_limits() {
    let moments = |count: usize| Value::Moments((0..count).map(|at| i64::try_from(at).unwrap()).collect());
    writes(Field::Reminders, moments(1), Ok(()));
    writes(Field::Reminders, moments(REMINDERS), Ok(()));
    writes(Field::Reminders, moments(0), INVALID);
    writes(Field::Reminders, moments(REMINDERS + 1), INVALID);
    for field in [Field::Assignees, custom()] {
        writes(field, people(PEOPLE), Ok(()));
        writes(field, people(PEOPLE + 1), INVALID);
        writes(field, Value::People(BTreeSet::new()), INVALID);
    }
    let choices = |count| Value::FieldType(FieldType::Choice(vec!["One".into(); count]));
    writes(Field::FieldType, choices(1), Ok(()));
    writes(Field::FieldType, choices(CHOICES), Ok(()));
    writes(Field::FieldType, choices(CHOICES + 1), INVALID);
    writes(Field::FieldType, choices(0), INVALID);
    writes(Field::FieldType, Value::FieldType(FieldType::Choice(vec!["One".into(), " ".into()])), INVALID);
    writes(Field::FieldType, Value::FieldType(FieldType::Number), Ok(()));
}

#[test]
fn a_line_is_one_line_of_some_length() {
    for (field, limit) in [(Field::Icon, LINE_CHARS), (Field::Filter, FILTER_CHARS), (custom(), LINE_CHARS)] {
        writes(field, text("ä".repeat(limit)), Ok(()));
        writes(field, text("ä".repeat(limit + 1)), too_long(limit));
        writes(field, text(" \u{a0}"), INVALID);
        writes(field, text("a\u{7}"), INVALID);
    }
}

#[test]
fn a_recurrence_goes_on() {
    let every = |every| Value::Recurrence(Recurrence { every, unit: Unit::Week, from: From::Due });
    writes(Field::Recurrence, every(1), Ok(()));
    writes(Field::Recurrence, every(0), INVALID);
}

#[test]
fn a_place_is_one_that_can_be() {
    let (section, parent) = (Some(SectionId(Uuid::from_u128(3))), Some(TaskId(Uuid::from_u128(4))));
    let order = |order: &str| Place { order: order.into(), ..in_project() };
    let checks = |kind, place: Place, expected| check(&Op::write(id(kind), Field::Place, place), expected);
    checks(Kind::Task, order(&"z".repeat(ORDER_CHARS)), Ok(()));
    checks(Kind::Task, order(&"z".repeat(ORDER_CHARS + 1)), INVALID);
    checks(Kind::Task, order("a-"), INVALID);
    checks(Kind::Task, Place { section, parent, ..in_project() }, Ok(()));
    checks(Kind::Task, Place { section, ..Place::default() }, INVALID);
    checks(Kind::Task, Place { parent: Some(task()), ..in_project() }, INVALID);
    checks(Kind::Task, Place { parent, ..Place::default() }, INVALID);
    checks(Kind::Section, in_project(), Ok(()));
    checks(Kind::Section, Place::default(), INVALID);
    checks(Kind::Section, Place { section, ..in_project() }, INVALID);
    checks(Kind::Section, Place { parent, ..in_project() }, INVALID);
    checks(Kind::Project, Place { order: "a0".into(), ..Place::default() }, Ok(()));
    checks(Kind::Project, in_project(), INVALID);
    checks(Kind::Project, Place { parent, ..Place::default() }, INVALID);
    checks(Kind::Comment, in_project(), INVALID);
}

#[test]
fn a_reference_names_a_provider_and_a_thing() {
    let refers = |provider: &str, id: &str, expected| {
        let reference = Reference { provider: provider.into(), id: id.into() };
        writes(Field::Reference, Value::Reference(reference), expected);
    };
    let long = "ü".repeat(REFERENCE_CHARS);
    refers(&long, &long, Ok(()));
    refers("tmdb", "", INVALID);
    refers("", "27205", INVALID);
    refers("tmdb", &format!("{long}x"), INVALID);
    refers("tm\ndb", "27205", INVALID);
}

#[test]
fn what_is_known_of_a_file_is_plausible() {
    let file = |media_type: &str, sha256: &str| {
        let facts = FileFacts { media_type: media_type.into(), bytes: 0, sha256: sha256.into() };
        let create = Create::new(id(Kind::Attachment)).text(TextField::Name, "a.png");
        Op::Create(create.value(Field::Subject, Value::Subject(subject())).value(Field::File, Value::File(facts)))
    };
    let hash = "0aF".repeat(21) + "9";
    check(&file("image/png", &hash), Ok(()));
    check(&file(&"x".repeat(REFERENCE_CHARS), &hash), Ok(()));
    check(&file(&"x".repeat(REFERENCE_CHARS + 1), &hash), INVALID);
    check(&file("image png", &hash), INVALID);
    check(&file("image/png", &hash[1..]), INVALID);
    check(&file("image/png", &("g".to_owned() + &hash[1..])), INVALID);
    check(&file("image/png", &(hash.clone() + "0")), INVALID);
}

#[test]
fn only_the_server_writes_some_things() {
    let key = Op::write(task(), Field::Key, text("HAR-1"));
    check(&key, Err(Refusal::NotAllowed));
    assert_eq!(key.validate(Author::Server), Ok(()));
    let made = Create::new(task()).text(TextField::Title, "One").value(Field::Place, in_project());
    let keyed = Op::Create(made.value(Field::Key, text("HAR-1")));
    check(&keyed, Err(Refusal::NotAllowed));
    assert_eq!(keyed.validate(Author::Server), Ok(()));
    let member = Op::Delete(id(Kind::Member));
    check(&member, Err(Refusal::NotAllowed));
    assert_eq!(member.validate(Author::Server), Ok(()));
    assert_eq!(Op::write(id(Kind::Member), Field::Role, Value::Role(Role::Owner)).validate(Author::Server), Ok(()));
    assert_eq!(Op::write(id(Kind::Member), Field::Role, Value::Nothing).validate(Author::Server), INVALID);
    // What a comment is about is said once, when it is written; not even by the server again.
    let about = Op::write(id(Kind::Comment), Field::Subject, Value::Subject(subject()));
    check(&about, Err(Refusal::NotAllowed));
    assert_eq!(about.validate(Author::Server), Err(Refusal::NotAllowed));
}

/// The least that a row of each kind is made with.
fn least(kind: Kind) -> Create {
    let facts = FileFacts { media_type: String::new(), bytes: 1, sha256: "0".repeat(64) };
    let create = Create::new(id(kind));
    match kind {
        Kind::Project => create.text(TextField::Name, "P"),
        Kind::Section => create.text(TextField::Name, "S").value(Field::Place, in_project()),
        Kind::Task => create.text(TextField::Title, "T").value(Field::Place, in_project()),
        Kind::Comment => create.text(TextField::Body, "C").value(Field::Subject, Value::Subject(subject())),
        Kind::Attachment => {
            let create = create.text(TextField::Name, "A").value(Field::Subject, Value::Subject(subject()));
            create.value(Field::File, Value::File(facts))
        }
        Kind::CustomField => {
            create.text(TextField::Name, "F").value(Field::FieldType, Value::FieldType(FieldType::Text))
        }
        Kind::SavedView => create.text(TextField::Name, "V").value(Field::Filter, text("{}")),
        Kind::Member => create.text(TextField::Name, "M").value(Field::Role, Value::Role(Role::Guest)),
    }
}

#[test]
fn a_row_is_made_with_what_it_cannot_do_without() {
    for kind in Kind::ALL {
        let least = least(*kind);
        let validate = |create: Create| Op::Create(create).validate(Author::Server);
        assert_eq!(validate(least.clone()), Ok(()), "{kind:?}");
        for field in least.values.keys() {
            let without = least.clone().value(*field, Value::Nothing);
            assert_eq!(validate(without), INVALID, "{kind:?} without {field}");
            let mut emptied = least.clone();
            emptied.values.insert(*field, Value::Nothing);
            assert_eq!(validate(emptied), INVALID, "{kind:?} with an empty {field}");
        }
        let text = *least.texts.keys().next().unwrap();
        assert_eq!(validate(least.clone().text(text, " \n")), Err(Refusal::Empty), "{kind:?}");
        assert_eq!(validate(Create { texts: BTreeMap::new(), ..least.clone() }), Err(Refusal::Empty), "{kind:?}");
        let tagged = Create { tags: vec![Tag::new("ops")], ..least.clone() };
        assert_eq!(validate(tagged), if *kind == Kind::Task { Ok(()) } else { INVALID }, "{kind:?}");
        let foreign = if *kind == Kind::Comment { TextField::Name } else { TextField::Body };
        assert_eq!(validate(least.text(foreign, "x")), INVALID, "{kind:?}");
    }
}

#[test]
fn texts_have_lengths_and_characters() {
    let limits = [
        (Kind::Task, TextField::Title, TITLE_CHARS, 1),
        (Kind::Task, TextField::Description, DESCRIPTION_CHARS, 2),
        (Kind::Task, TextField::Notes, DESCRIPTION_CHARS, 2),
        (Kind::Project, TextField::Name, NAME_CHARS, 1),
        (Kind::Project, TextField::Description, DESCRIPTION_CHARS, 2),
        (Kind::Comment, TextField::Body, BODY_CHARS, 2),
    ];
    for (kind, field, limit, lines) in limits {
        let entity = id(kind);
        let edits = |old: &str, new: &str, expected| {
            check(&Op::TextEdit(TextEdit { entity, field, delta: Delta::between(old, new) }), expected);
        };
        let made = |text: &str, expected| check(&Op::Create(least(kind).text(field, text)), expected);
        let full = "ß".repeat(limit);
        edits("", &full, Ok(()));
        made(&full, Ok(()));
        edits("", &format!("{full}x"), too_long(limit));
        made(&format!("{full}x"), too_long(limit));
        let lines = if lines > 1 { Ok(()) } else { Err(Refusal::InvalidText) };
        for text in ["a\nb", "a\tb"] {
            edits("", text, lines.clone());
            made(text, lines.clone());
            edits(text, "", Ok(()));
        }
        edits("", "a\u{0}", Err(Refusal::InvalidText));
        made("a\r", Err(Refusal::InvalidText));
    }
    let title =
        |steps| Op::TextEdit(TextEdit { entity: task().into(), field: TextField::Title, delta: Delta::new(steps) });
    check(&title(vec![Step::Keep(1); DELTA_STEPS]), Ok(()));
    check(&title(vec![Step::Keep(1); DELTA_STEPS + 1]), too_long(TITLE_CHARS));
    let entity = id(Kind::Comment);
    check(&Op::TextEdit(TextEdit { entity, field: TextField::Title, delta: Delta::between("", "a") }), INVALID);
}

#[test]
fn tags_and_relations_have_limits() {
    let limit = u32::try_from(ELEMENTS_PER_MUTATION).unwrap();
    let refused = Err(Refusal::InvalidTags { limit });
    let tags = |add: Vec<Tag>, remove: Vec<Tag>| Op::Tags(EditTags { id: task(), add, remove });
    let many = |count: usize| vec![Tag::new("ops"); count];
    check(&tags(many(ELEMENTS_PER_MUTATION), many(ELEMENTS_PER_MUTATION)), Ok(()));
    check(&tags(many(ELEMENTS_PER_MUTATION + 1), vec![]), refused.clone());
    check(&tags(vec![], many(ELEMENTS_PER_MUTATION + 1)), refused.clone());
    check(&tags(vec![Tag::new(&"ö".repeat(TAG_CHARS))], vec![]), Ok(()));
    // A client of another make may send what `Tag::new` would not.
    let raw = |text: &str| serde_json::from_value::<Tag>(text.into()).unwrap();
    for bad in [String::new(), " ops".into(), "ops ".into(), "o\nps".into(), "ö".repeat(TAG_CHARS + 1)] {
        check(&tags(vec![raw(&bad)], vec![]), refused.clone());
        check(&tags(vec![], vec![raw(&bad)]), refused.clone());
    }
    let relations =
        |add: Vec<Relation>, remove: Vec<Relation>| Op::Relations(EditRelations { id: task(), add, remove });
    let many = |count: usize| vec![Relation::Blocks(TaskId(Uuid::from_u128(9))); count];
    check(&relations(many(ELEMENTS_PER_MUTATION), many(ELEMENTS_PER_MUTATION)), Ok(()));
    check(&relations(many(ELEMENTS_PER_MUTATION + 1), vec![]), refused.clone());
    check(&relations(vec![], many(ELEMENTS_PER_MUTATION + 1)), refused);
    check(&relations(vec![Relation::RelatesTo(task())], vec![]), INVALID);
    check(&relations(vec![], vec![Relation::RelatesTo(task())]), Ok(()));
}

#[test]
fn what_takes_away_needs_no_check() {
    for op in [Op::Delete(task().into()), Op::Restore(task().into())] {
        check(&op, Ok(()));
    }
    check(&Op::Undo(Undo { entity: task().into(), actor: 1, n: 1 }), Ok(()));
}
