//! Contents of attachments reach the server whole, whatever breaks on the way, and those that have not are not forgotten.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

extern crate tern_engine as engine;

mod support;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use engine::command::{Command, CommandError};
use engine::driver::Surroundings;
use engine::engine::Engine;
use engine::status::Pill;
use engine::store::StoreError;
use engine::store::files::FileStore;
use engine::store::memory::MemoryStore;
use engine::transport::TransportError;
use engine::upload::run::{Depot, Nudge, run};
use engine::upload::{Answer, Ask, Request, Step, Uploads};
use engine::view::Mark;
use futures::FutureExt;
use futures::channel::mpsc;
use futures::lock::Mutex;
use shared::attachment::{AttachmentView, BeginUpload, Upload};
use shared::clock::{Millis, Stamp};
use shared::field::Field;
use shared::ids::{AttachmentId, Epoch, TaskId};
use shared::merge::{self, Around};
use shared::mutation::Op;
use shared::protocol::{Problem, kind};
use shared::value::FileFacts;
use support::{Clock, Device, ready, team};
use uuid::Uuid;

fn id(n: u128) -> AttachmentId {
    AttachmentId(Uuid::from_u128(n))
}

fn facts(bytes: u64) -> FileFacts {
    FileFacts { media_type: "image/png".into(), bytes, sha256: "0".repeat(64) }
}

fn view(n: u128, bytes: u64) -> AttachmentView {
    let created = Stamp { actor: 1, ctr: 1, ver: 1, ctx: 0, at: 0 };
    let (name, file) = ("f".into(), facts(bytes));
    AttachmentView {
        id: id(n),
        task: TaskId::default(),
        comment: None,
        name,
        file,
        stored: false,
        created,
        deleted: false,
    }
}

fn problem(kind: &str) -> Answer {
    let (title, detail) = (String::new(), "No.".to_owned());
    Answer::Failed(TransportError::Rejected(Problem { kind: kind.into(), title, status: 400, detail }))
}

fn clock() -> Clock {
    Device::new(1).clock
}

fn asked(uploads: &mut Uploads, unsent: &[AttachmentView], now: Millis) -> Request {
    match uploads.next(unsent, now) {
        Step::Ask(request) => request,
        Step::Wait(until) => panic!("waits until {until:?}"),
    }
}

fn begun(uploads: &mut Uploads, unsent: &[AttachmentView], chunks: Vec<u64>) {
    let request = asked(uploads, unsent, 0);
    assert!(matches!(request.ask, Ask::Begin(_)));
    let upload = Upload { upload: request.attachment, chunk_size: 10, chunks, stored: false };
    uploads.answered(&request, Answer::Begun(upload), &mut clock());
}

#[test]
fn more_chunks_travel_at_once_while_all_goes_well_and_one_after_a_failure() {
    let (mut uploads, mut clock, unsent) = (Uploads::default(), clock(), [view(1, 200)]);
    begun(&mut uploads, &unsent, vec![0, 3]);
    let mut underway = vec![asked(&mut uploads, &unsent, 0)];
    assert_eq!(underway[0].ask, Ask::Chunk(1, 10..20));
    assert_eq!(uploads.next(&unsent, 0), Step::Wait(None));
    for most in [2, 3, 4, 5, 5] {
        uploads.answered(&underway.remove(0), Answer::Done, &mut clock);
        while let Step::Ask(request) = uploads.next(&unsent, 0) {
            underway.push(request);
        }
        assert_eq!(underway.len(), most);
    }
    assert_eq!(uploads.status().sending, Some((id(1), 35)));
    uploads.answered(&underway.remove(0), Answer::Failed(TransportError::Unreachable), &mut clock);
    uploads.answered(&underway.remove(0), Answer::Done, &mut clock);
    let until = clock.now + 750;
    assert_eq!(uploads.next(&unsent, clock.now), Step::Wait(Some(until)));
    uploads.wake();
    begun(&mut uploads, &unsent, (0..19).collect());
    uploads.answered(&underway.remove(0), Answer::Done, &mut clock);
    assert_eq!(uploads.status().sending, Some((id(1), 95)), "late answers count for nothing");
    let last = asked(&mut uploads, &unsent, 0);
    assert_eq!((last.ask.clone(), uploads.next(&unsent, 0)), (Ask::Chunk(19, 190..200), Step::Wait(None)));
    uploads.answered(&last, Answer::Done, &mut clock);
    let complete = asked(&mut uploads, &unsent, 0);
    assert_eq!(complete.ask, Ask::Complete);
    uploads.answered(&complete, Answer::Done, &mut clock);
    assert_eq!(uploads.next(&unsent, 0), Step::Wait(None), "until the row says that it is stored");
}

#[test]
fn a_content_is_not_called_complete_while_a_chunk_of_it_travels() {
    let (mut uploads, mut clock, unsent) = (Uploads::default(), clock(), [view(1, 30)]);
    begun(&mut uploads, &unsent, vec![]);
    let first = asked(&mut uploads, &unsent, 0);
    uploads.answered(&first, Answer::Done, &mut clock);
    let [second, last] = [asked(&mut uploads, &unsent, 0), asked(&mut uploads, &unsent, 0)];
    uploads.answered(&second, Answer::Done, &mut clock);
    assert_eq!(uploads.next(&unsent, 0), Step::Wait(None));
    uploads.answered(&last, Answer::Done, &mut clock);
    assert_eq!(asked(&mut uploads, &unsent, 0).ask, Ask::Complete);
}

#[test]
fn a_pause_is_as_long_as_the_server_asks_and_a_minute_at_most() {
    let (mut uploads, mut clock, unsent) = (Uploads::default(), clock(), [view(1, 30)]);
    let begun_at = clock.now;
    let busy = |seconds| Answer::Failed(TransportError::Busy { retry_after: Some(seconds) });
    for (seconds, pause) in [(20, 20_000), (60, 60_000), (3_600, 60_000)] {
        let now = clock.now;
        let request = asked(&mut uploads, &unsent, now);
        uploads.answered(&request, busy(seconds), &mut clock);
        assert_eq!(uploads.next(&unsent, now), Step::Wait(Some(now + pause)), "{seconds}");
        assert_eq!(uploads.next(&unsent, now + pause - 1), Step::Wait(Some(now + pause)), "{seconds}");
        clock.now += pause;
    }
    let request = asked(&mut uploads, &unsent, clock.now);
    uploads.answered(&request, busy(60), &mut clock);
    asked(&mut uploads, &unsent, begun_at); // the clock was set back: nobody waits for more than a minute
}

#[test]
fn what_the_server_does_not_take_holds_up_nothing_and_is_told() {
    let (mut uploads, mut clock, unsent) = (Uploads::default(), clock(), [view(1, 10), view(2, 0)]);
    let first = asked(&mut uploads, &unsent, 0);
    uploads.answered(&first, problem(kind::TOO_LARGE), &mut clock);
    assert_eq!(uploads.status().refused, [(id(1), "No.".to_owned())]);
    let second = asked(&mut uploads, &unsent, 0);
    assert_eq!(second.attachment, id(2));
    let upload = Upload { upload: id(2), chunk_size: 10, chunks: vec![], stored: true };
    uploads.answered(&second, Answer::Begun(upload), &mut clock);
    assert_eq!(uploads.next(&unsent, 0), Step::Wait(None));
    uploads.wake();
    assert_eq!(asked(&mut uploads, &unsent, 0).attachment, id(1), "once more when the member asks");
    uploads.next(&[], 0);
    assert_eq!(uploads.status(), engine::status::UploadStatus::default(), "what is deleted is not sent");
}

#[test]
fn what_the_server_does_not_take_is_asked_once_until_its_member_asks() {
    let (mut uploads, mut clock, unsent) = (Uploads::default(), clock(), [view(1, 10)]);
    let only = asked(&mut uploads, &unsent, 0);
    uploads.answered(&only, problem(kind::TOO_LARGE), &mut clock);
    assert_eq!(uploads.next(&unsent, 0), Step::Wait(None));
    assert_eq!(uploads.status().refused, [(id(1), "No.".to_owned())]);
}

#[test]
fn what_arrives_as_another_file_is_sent_again_and_then_told() {
    let (mut uploads, mut clock, unsent) = (Uploads::default(), clock(), [view(1, 0)]);
    for attempt in 1..=3 {
        begun(&mut uploads, &unsent, vec![]);
        let complete = asked(&mut uploads, &unsent, 0);
        uploads.answered(&complete, problem(kind::CONTENT), &mut clock);
        assert_eq!(uploads.status().refused.len(), usize::from(attempt == 3));
        if attempt < 3 {
            uploads.wake();
        }
    }
    uploads.wake();
    begun(&mut uploads, &unsent, vec![]);
    let complete = asked(&mut uploads, &unsent, 0);
    uploads.answered(&complete, problem(kind::INCOMPLETE), &mut clock);
    assert!(uploads.status().refused.is_empty(), "the server has forgotten it: it is begun anew");
}

/// Saves a content and attaches it.
fn attach(device: &mut Device, n: u128, task: TaskId, content: &[u8]) -> AttachmentId {
    ready(device.store.put(id(n), &content.to_vec())).unwrap();
    let command = Command::Attach { id: id(n), task, name: "Map.png".into(), file: facts(content.len() as u64) };
    device.run(&command).unwrap();
    id(n)
}

fn mark(device: &Device, id: AttachmentId) -> Mark {
    device.engine.replica().view().attachments[&id].mark
}

#[test]
fn a_content_waits_until_its_row_says_that_the_server_has_it() {
    let (mut server, mut one, mut two, task) = team();
    let attached = attach(&mut one, 1, task, b"bytes");
    assert_eq!((mark(&one, attached), one.engine.status().waiting), (Mark::Waiting, 1), "row and content are one");
    assert_eq!(one.engine.replica().unsent(), [], "the server does not know the row");
    one.sync(&mut server);
    two.sync(&mut server);
    assert_eq!((mark(&one, attached), one.engine.status().waiting), (Mark::Waiting, 1));
    assert_eq!(one.engine.status().pill(), Pill::Waiting { count: 1 });
    assert_eq!(mark(&two, attached), Mark::None);
    assert_eq!(one.engine.replica().unsent().len(), 1);
    assert_eq!(one.engine.replica().copies(), []);
    // After a restart as well.
    let again = Device::on(one.store.clone(), 1, 5);
    assert_eq!((again.engine.replica().unsent().len(), again.engine.status().waiting), (1, 1));

    server.ver += 1;
    let stamp = Stamp { actor: 9, ctr: 1, ver: server.ver, ctx: server.ver - 1, at: 0 };
    let mut row = server.rows.remove(&attached.into());
    merge::apply(&mut row, &Op::write(attached, Field::Stored, true), stamp, &Around::default()).unwrap();
    server.rows.insert(attached.into(), row.unwrap());
    one.sync(&mut server);
    assert_eq!((mark(&one, attached), one.engine.status().pill()), (Mark::None, Pill::Synced));
    assert_eq!(one.engine.replica().copies(), [attached]);
    ready(one.engine.let_go(&[attached])).unwrap();
    assert_eq!(one.engine.replica().held().count(), 0);
}

#[test]
fn an_attachment_is_deleted_and_comes_back_with_its_content() {
    let (mut server, mut one, _, task) = team();
    let attached = attach(&mut one, 1, task, b"bytes");
    one.sync(&mut server);
    one.run(&Command::Delete(attached.into())).unwrap();
    assert_eq!(one.engine.replica().unsent(), [], "nobody wants it");
    one.sync(&mut server);
    assert_eq!((one.engine.status().waiting, one.engine.replica().held().count()), (0, 1));
    one.run(&Command::Restore(attached.into())).unwrap();
    one.sync(&mut server);
    assert_eq!(one.engine.replica().unsent().len(), 1);
}

#[test]
fn only_what_nobody_can_ask_for_any_more_lapses() {
    let (mut server, mut one, _, task) = team();
    let attached = attach(&mut one, 1, task, b"bytes");
    one.sync(&mut server);
    let later = one.clock.now + 400 * 24 * 60 * 60 * 1_000;
    assert_eq!(one.engine.replica().lapsed(later), [], "it is there");
    assert!(matches!(
        one.run(&Command::Attach { id: id(2), task: TaskId::default(), name: "x".into(), file: facts(1) }),
        Err(CommandError::Refused(_))
    ));
    assert_eq!(one.engine.replica().held().count(), 1, "of what was not attached nothing is noted");
    server.rows.remove(&attached.into());
    server.epoch = Epoch(Uuid::from_u128(9));
    one.sync(&mut server);
    assert_eq!(one.engine.replica().lapsed(one.clock.now), [], "not yet");
    assert_eq!(one.engine.replica().lapsed(later), [attached]);
}

#[test]
fn a_full_device_refuses_a_file_and_takes_edits() {
    let (_, mut one, _, task) = team();
    one.store.set_quota(Some(100_000));
    assert_eq!(ready(one.store.put(id(1), &vec![0; 200_000])), Err(StoreError::Full));
    one.retitle(task, "Fits").unwrap();
}

/// A server that loses chunks as it is told to.
#[derive(Default)]
struct Shed {
    chunks: RefCell<BTreeMap<u64, Vec<u8>>>,
    failures: Cell<u32>,
    sent: Cell<u32>,
    whole: RefCell<Option<Vec<u8>>>,
}

impl Depot<Vec<u8>> for Shed {
    async fn begin(&self, upload: &BeginUpload) -> Result<Upload, TransportError> {
        let chunks = self.chunks.borrow().keys().copied().collect();
        Ok(Upload { upload: upload.attachment, chunk_size: 4, chunks, stored: false })
    }

    async fn send(&self, _: AttachmentId, n: u64, chunk: Vec<u8>) -> Result<(), TransportError> {
        self.sent.set(self.sent.get() + 1);
        if self.failures.get() > 0 {
            self.failures.set(self.failures.get() - 1);
            return Err(TransportError::Unreachable);
        }
        self.chunks.borrow_mut().insert(n, chunk);
        Ok(())
    }

    async fn complete(&self, _: AttachmentId) -> Result<(), TransportError> {
        *self.whole.borrow_mut() = Some(self.chunks.borrow().values().flatten().copied().collect());
        Ok(())
    }
}

/// Time passes at once.
struct Hasty(Rc<RefCell<Clock>>);

impl Surroundings for Hasty {
    async fn sleep_until(&self, at: Millis) {
        self.0.borrow_mut().now = at;
    }

    fn changed(&self) {}
}

#[test]
fn a_content_arrives_whole_although_chunks_are_lost_and_none_is_sent_twice() {
    let (mut server, mut one, _, task) = team();
    let content: Vec<u8> = (0..41).collect();
    attach(&mut one, 1, task, &content);
    one.sync(&mut server);
    let shed = Shed { failures: Cell::new(3), ..Shed::default() };
    let (_nudge, nudges) = mpsc::unbounded::<Nudge>();
    let env = Rc::new(RefCell::new(clock()));
    let store: MemoryStore = one.store.clone();
    let engine = Mutex::new(ready(Engine::open(store, 1)).unwrap());
    let (uploads, surroundings) = (RefCell::new(Uploads::default()), Hasty(Rc::clone(&env)));
    let running = run(&engine, &uploads, &shed, &env, &surroundings, nudges);
    assert_eq!(running.now_or_never(), None, "it waits for the next content");
    assert_eq!(shed.whole.borrow().as_deref(), Some(&content[..]));
    assert_eq!(shed.sent.get(), 11 + 3, "eleven chunks, of which three were lost");
}
