use super::*;
use shared::clock::Stamp;
use shared::field::TextField;
use shared::ids::TaskId;
use shared::merge::{self, Around};
use shared::mutation::{Create, TextEdit, Undo};
use shared::text::Delta;
use shared::value::Value;
use shared::workflow::Status;

const TASK: TaskId = TaskId(Uuid::from_u128(7));

fn line(ver: Version, actor: Actor, push: Millis, op: Op) -> Line {
    Line { ver, actor, author: None, at: 0, handled_at: push, op, undone: None }
}

fn create(id: TaskId) -> Op {
    Op::Create(Create::new(id).text(TextField::Title, "Mend the net"))
}

fn status() -> Op {
    Op::write(TASK, Field::Status, Status::Done)
}

fn retitle() -> Op {
    Op::TextEdit(TextEdit { entity: TASK.into(), field: TextField::Title, delta: Delta::between("a", "b") })
}

fn told(lines: &[Line]) -> Vec<(String, Version, Version, Vec<&'static str>)> {
    let one = |event: Event| (event.name.to_string(), event.first, event.last, event.changed.into_iter().collect());
    events(lines).into_iter().map(one).collect()
}

#[test]
fn what_one_push_does_to_a_row_is_one_event() {
    let other = TaskId(Uuid::from_u128(8));
    let lines = [
        line(1, 1, 10, create(TASK)),
        line(2, 1, 10, create(other)),
        line(3, 1, 10, status()),
        line(4, 1, 11, status()),
        line(5, 1, 11, retitle()),
        line(6, 2, 11, retitle()),
        line(7, 2, 11, Op::Delete(TASK.into())),
        line(8, 2, 11, status()),
        line(9, 2, 11, Op::Restore(TASK.into())),
        line(10, 2, 11, status()),
    ];
    assert_eq!(
        told(&lines),
        [
            ("task.created".to_owned(), 1, 3, vec!["status"]),
            ("task.created".to_owned(), 2, 2, vec![]),
            ("task.updated".to_owned(), 4, 5, vec!["status", "title"]),
            ("task.updated".to_owned(), 6, 6, vec!["title"]),
            ("task.deleted".to_owned(), 7, 7, vec![]),
            ("task.updated".to_owned(), 8, 8, vec!["status"]),
            ("task.restored".to_owned(), 9, 10, vec!["status"]),
        ]
    );
}

#[test]
fn an_undo_is_what_it_comes_to() {
    let undo = |ver, undone| {
        let op = Op::Undo(Undo { entity: TASK.into(), actor: 1, n: 1 });
        Line { undone: Some(undone), ..line(ver, 1, Millis::try_from(ver).unwrap(), op) }
    };
    let place = Inverse::Write { field: Field::Place, value: Value::Nothing };
    let lines = [undo(1, Inverse::Create), undo(2, Inverse::Delete), undo(3, Inverse::Restore), undo(4, place)];
    let names: Vec<_> = told(&lines).into_iter().map(|(name, .., changed)| (name, changed.len())).collect();
    let expected = [("task.deleted", 0), ("task.restored", 0), ("task.deleted", 0), ("task.updated", 4)];
    assert_eq!(names, expected.map(|(name, changed)| (name.to_owned(), changed)));
}

#[test]
fn what_is_only_for_devices_is_not_told() {
    let view = EntityId::SavedView(Uuid::from_u128(9).into());
    let lines = [line(1, 1, 1, Op::write(TASK, Field::Filed, true)), line(2, 1, 1, Op::Create(Create::new(view)))];
    assert_eq!(events(&lines), []);
}

#[test]
fn a_body_says_what_happened_and_what_is_there_now() {
    let mut row = None;
    let stamp = Stamp { actor: 1, ctr: 1, ver: 3, ctx: 0, at: 0 };
    merge::apply(&mut row, &create(TASK), stamp, &Around::default()).unwrap();
    let row = row.unwrap();
    let org = OrgId(Uuid::from_u128(1));
    let body = events(&[line(3, 1, 10, create(TASK))])[0].body(org, &row);
    assert_eq!(
        (&body["type"], &body["timestamp"], &body["version"], &body["author"], &body["changed"]),
        (&json!("task.created"), &json!("1970-01-01T00:00:00Z"), &json!(3), &Json::Null, &json!([]))
    );
    assert_eq!((&body["data"]["title"], lane(&row)), (&json!("Mend the net"), TASK.0));
}

fn webhook(events: &[EventName], projects: &[ProjectId]) -> Webhook {
    Webhook {
        id: Uuid::nil(),
        url: "https://hooks.example.org/".into(),
        events: events.iter().copied().collect(),
        projects: projects.iter().copied().collect(),
        active: true,
        note: None,
        owner: UserId(Uuid::nil()),
        version: 0,
        failing_since: None,
        created_at: 0,
        updated_at: 0,
    }
}

#[test]
fn a_webhook_is_told_what_it_asks_for() {
    let [created, updated] = [Happening::Created, Happening::Updated].map(|what| EventName { kind: Kind::Task, what });
    let [mine, other] = [1, 2].map(|id| ProjectId(Uuid::from_u128(id)));
    let all = webhook(&[], &[]);
    assert!(wants(&all, created, Scope::Everyone) && wants(&all, updated, Scope::Project(mine)));
    let some = webhook(&[created], &[mine]);
    assert!(wants(&some, created, Scope::Project(mine)) && wants(&some, created, Scope::Finished(mine)));
    for scope in [Scope::Project(other), Scope::Everyone, Scope::Person(UserId(mine.0))] {
        assert!(!wants(&some, created, scope));
    }
    assert!(!wants(&some, updated, Scope::Project(mine)));
}

#[test]
fn pauses_grow_differ_and_end_after_a_day() {
    assert_eq!(pause(0, 0), None);
    let least: Vec<Millis> = (1..).map_while(|failures| pause(failures, 0)).collect();
    let most: Vec<Millis> = (1..).map_while(|failures| pause(failures, u8::MAX)).collect();
    assert_eq!((least[0], most[0], least.len()), (750, 1_250, PAUSES.len()));
    assert!(least.windows(2).all(|pair| pair[0] <= pair[1]));
    assert!(least.iter().zip(&most).all(|(least, most)| least < most));
    let (short, long): (Millis, Millis) = (least.iter().sum(), most.iter().sum());
    assert!(short > 18 * HOUR && long < 33 * HOUR, "{short} {long}");
}

#[test]
fn a_webhook_that_fails_for_days_or_is_gone_is_switched_off() {
    assert_eq!(gives_up(0, FAILING_FOR - 1, Some(500)), None);
    assert!(gives_up(0, FAILING_FOR, None).is_some());
    assert!(gives_up(5, 5, Some(410)).is_some());
    assert!(is_good(Some(204)) && ![None, Some(199), Some(302), Some(410), Some(500)].into_iter().any(is_good));
}

#[test]
fn a_signature_is_that_of_the_standard() {
    let signed = Signed { id: Uuid::from_u128(1), timestamp: 1_700_000_000, body: "{}" };
    let (key, former) = ([7; SECRET_BYTES], [8; SECRET_BYTES]);
    assert!(secret(&key).0.starts_with("whsec_BwcH"));
    let one = sign(&signed, [&key]);
    assert_eq!(sign(&signed, [&key, &former]), format!("{one} {}", sign(&signed, [&former])));
    for other in [
        Signed { id: Uuid::from_u128(2), ..signed },
        Signed { timestamp: 1_700_000_001, ..signed },
        Signed { body: "{ }", ..signed },
    ] {
        assert_ne!(sign(&other, [&key]), one);
    }
}
