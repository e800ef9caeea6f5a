//! A store that another release of the app has written.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

extern crate tern_engine as engine;

mod support;

use engine::command::Command;
use engine::engine::Engine;
use engine::record::{FORMAT, META, Record};
use engine::status::Pill;
use engine::store::memory::MemoryStore;
use engine::store::{Batch, Store, StoreError, Table};
use shared::field::Field;
use shared::ids::AttachmentId;
use shared::limits::KEPT_FOR;
use shared::value::FileFacts;
use shared::workflow::{Priority, Status};
use support::{Device, ready, team};

/// Lets a store look as another release wrote it: of another format, with pages that this one cannot read.
fn write_as(store: &MemoryStore, format: u16) {
    let contents = ready(store.load(None)).unwrap();
    let mut put = Vec::new();
    for (key, bytes) in contents.records {
        match Record::decode(key, &bytes).unwrap() {
            Record::Meta(mut meta) => {
                meta.format = format;
                put.push((key, Record::Meta(meta).encode().unwrap()));
            }
            Record::Page(_) => put.push((key, vec![0xff; 9])),
            Record::Outbox(_) | Record::Refused(_) | Record::Held(_) => {}
        }
    }
    ready(store.commit(&Batch { expect: contents.revision, put, delete: Vec::new() })).unwrap();
}

#[test]
fn what_waits_and_what_was_refused_survives_a_new_release() {
    let (mut server, mut ada, _, task) = team();
    ada.run(&Command::write(task, Field::Status, Status::Done)).unwrap();
    server.refuse.push((1, 3));
    ada.sync(&mut server);
    let (id, file) =
        (AttachmentId::default(), FileFacts { media_type: String::new(), bytes: 0, sha256: "0".repeat(64) });
    ada.run(&Command::Attach { id, task, name: "Map".into(), file }).unwrap();
    ada.sync(&mut server);
    ada.run(&Command::write(task, Field::Priority, Priority::Urgent)).unwrap();
    let (waiting, refused) = (ada.outbox(), ada.engine.replica().refused().cloned().collect::<Vec<_>>());
    write_as(&ada.store, FORMAT - 1);
    ada.reopen();
    assert_eq!(ada.outbox(), waiting);
    assert!(ada.engine.replica().refused().eq(&refused));
    assert!(ada.engine.replica().held().eq([id]), "a content that is nowhere else");
    assert_eq!(ada.engine.replica().lapsed(ada.clock.now + 2 * KEPT_FOR), [], "its row has not come again yet");
    ada.sync(&mut server);
    assert_eq!(ada.engine.replica().view().tasks[&task].value.priority, Priority::Urgent);
    assert_eq!((ada.engine.replica().waiting(), ada.pill()), (0, Pill::Waiting { count: 1 }), "the content");
    ada.run(&Command::Delete(id.into())).unwrap();
    ada.sync(&mut server);
    assert_eq!((ada.engine.replica().waiting(), ada.pill()), (0, Pill::Attention { count: 1 }));
    let mut after = Device::on(ada.store.clone(), 1, 1);
    assert_eq!(after.title(task), "Hello world");
    after.sync(&mut server);
    assert_eq!(after.pill(), Pill::Attention { count: 1 });
}

#[test]
fn a_tab_of_an_earlier_release_changes_nothing_and_says_so() {
    let (_, mut ada, _, task) = team();
    write_as(&ada.store, FORMAT + 1);
    let before = ready(ada.store.load(None)).unwrap();
    assert_eq!(ready(Engine::open(ada.store.clone(), 1)).unwrap_err(), StoreError::Newer);
    // Nor does one that was open before.
    assert!(ada.run(&Command::write(task, Field::Status, Status::Done)).is_err());
    assert_eq!(ready(ada.store.load(None)).unwrap(), before);
    assert!(
        before.records.iter().any(|(key, _)| *key == META)
            && before.records.iter().any(|(key, _)| key.0 == Table::Pages)
    );
}
