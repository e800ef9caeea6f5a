//! What must be true, from notes taken outside of the system: who was told that what is saved, which characters
//! somebody put in or took away, and what each writer saw when writing.
//!
//! While a world runs, every device must keep what it promised ([`tab`]). After it has healed, [`Oracle::judge`] looks
//! at everything: the outboxes, the server's history, the replicas, the texts ([`marks`]), and what concurrent writes
//! came to ([`causal`]).

use std::collections::{BTreeMap, BTreeSet};

use engine::command::Command;
use engine::engine::Engine;
use engine::replica::Replica;
use engine::status::Pill;
use engine::store::Revision;
use engine::store::memory::MemoryStore;
use engine::view::View;
use shared::clock::{Actor, Counter};
use shared::field::TextField;
use shared::ids::{EntityId, Kind, MutationId};
use shared::mutation::{Mutation, Op, Refusal};
use shared::protocol::PushResult;
use shared::row::Row;

use crate::database::Database;
use crate::device::Device;
use crate::{Check, Violation, ensure};

pub mod causal;
pub mod marks;
pub mod replay;
pub mod tab;

/// A mutation of a device.
pub type Dot = (Actor, Counter);

/// The notes.
#[derive(Debug, Default)]
pub struct Oracle {
    /// Every mutation that a device said it had saved.
    saved: BTreeMap<Dot, MutationId>,
    /// Refused ones that their author has given up or sent again.
    settled: BTreeSet<Dot>,
    pub marks: marks::Marks,
    causal: causal::Causal,
    /// Whether the server's data ever got another epoch: a fetch anew knows less about what came when.
    reset: bool,
    /// Whether somebody was denied a row.
    denied: bool,
    /// Whether some members may do less than others.
    pub restricted: bool,
}

/// What a tab showed and what its disk held, before something happened to it.
#[derive(Debug, Default)]
pub struct Before {
    revision: Option<Revision>,
    disk: Revision,
    texts: BTreeMap<(EntityId, TextField), String>,
}

impl Before {
    pub fn of(engine: Option<&Engine<MemoryStore>>, disk: Revision) -> Self {
        let Some(engine) = engine else { return Self::default() };
        Self { revision: Some(engine.replica().revision()), disk, texts: texts(engine.replica()) }
    }
}

/// The texts that a member sees.
fn texts(replica: &Replica) -> BTreeMap<(EntityId, TextField), String> {
    let mut texts = BTreeMap::new();
    for id in ids(replica.view()) {
        let Some(row) = replica.current(id) else { continue };
        texts.extend(row.texts.iter().map(|(field, text)| ((id, *field), text.clone())));
    }
    texts
}

/// Everything that a member sees, in a certain order.
pub fn ids(view: &View) -> Vec<EntityId> {
    let View { projects, sections, tasks, comments, attachments, custom_fields, saved_views, members } = view;
    let mut ids: Vec<EntityId> = projects.keys().map(|id| (*id).into()).collect();
    ids.extend(sections.keys().map(|id| EntityId::from(*id)));
    ids.extend(tasks.keys().map(|id| EntityId::from(*id)));
    ids.extend(comments.keys().map(|id| EntityId::from(*id)));
    ids.extend(attachments.keys().map(|id| EntityId::from(*id)));
    ids.extend(custom_fields.keys().map(|id| EntityId::from(*id)));
    ids.extend(saved_views.keys().map(|id| EntityId::from(*id)));
    ids.extend(members.keys().map(|id| EntityId::from(*id)));
    ids.sort_unstable();
    ids
}

fn text_of(replica: &Replica, id: EntityId, field: TextField) -> String {
    let row = replica.current(id);
    row.and_then(|row| row.text(field).map(str::to_owned)).unwrap_or_default()
}

impl Oracle {
    /// For a world in which some members may do less than others, or one in which nobody does.
    pub fn new(restricted: bool) -> Self {
        Self { restricted, ..Self::default() }
    }

    /// From now on the server's data is of another epoch.
    pub fn new_epoch(&mut self) {
        self.reset = true;
    }

    /// Somebody is denied a row, once.
    pub fn denied(&mut self) {
        self.denied = true;
    }

    /// Takes notes of what a command has done to a disk.
    pub fn record(&mut self, before: &Replica, after: &Replica, command: &Command) -> Check {
        if before.revision() == after.revision() {
            return Ok(());
        }
        let actor = after.meta().actor;
        if let Command::Retry(id) | Command::Discard(id) = command {
            self.settled.insert((actor, *id));
        }
        let known: BTreeMap<Counter, &Mutation> = before.outbox().map(|mutation| (mutation.n, mutation)).collect();
        let changed: Vec<&Mutation> =
            after.outbox().filter(|mutation| known.get(&mutation.n) != Some(mutation)).collect();
        ensure!(changed.len() <= 1, "one command changed {} mutations", changed.len());
        let Some(mutation) = changed.first() else { return Ok(()) };
        let dot = (actor, mutation.n);
        let composed = self.saved.insert(dot, mutation.id);
        ensure!(composed.is_none_or(|id| id == mutation.id), "mutation {dot:?} became another one");
        ensure!(
            composed.is_none() || mutation.n > before.meta().sent,
            "mutation {dot:?} was changed although it was sent"
        );
        let entity = mutation.op.entity();
        for field in TextField::ALL.into_iter().filter(|field| field.is_on(entity.kind())) {
            let (was, is) = (text_of(before, entity, field), text_of(after, entity, field));
            if was != is {
                self.marks.record(dot, (entity, field), &was, &is, command);
            }
        }
        if mutation.op.creates() && composed.is_none() {
            self.marks.record_creation(dot, entity);
        }
        if composed.is_none() {
            self.causal.record(dot, &mutation.op, before);
        }
        Ok(())
    }

    /// Whether everything came out as promised. The world has healed and rests.
    pub fn judge(&self, db: &Database, devices: &[Device]) -> Check {
        replay::check(db)?;
        Self::check_tree(db)?;
        for device in devices {
            Self::check_device(db, device)?;
        }
        self.check_saved(db, devices)?;
        self.check_refusals(db)?;
        // Where a row comes back after it had left, its texts are compared, as after a reset.
        self.marks.check(db, devices, &self.settled, self.reset || self.restricted)?;
        if !self.reset {
            self.causal.check(db)?;
        }
        Ok(())
    }

    /// No task is within itself.
    fn check_tree(db: &Database) -> Check {
        for id in db.rows.keys() {
            let mut above = vec![*id];
            while let Some(parent) = above.last().and_then(|id| db.rows.get(id)?.place().parent) {
                ensure!(!above.contains(&parent.into()), "{parent:?} is within itself: {above:?}");
                above.push(parent.into());
            }
        }
        Ok(())
    }

    /// A device holds what the server holds, byte for byte, and shows it.
    fn check_device(db: &Database, device: &Device) -> Check {
        let actor = device.actor;
        let disk = device.disk()?;
        ensure!(disk.waiting() == 0, "device {actor} has {} changes in its outbox", disk.waiting());
        let shown: BTreeMap<EntityId, &Row> =
            db.rows.iter().filter(|(id, _)| db.shows(actor, db.scopes[id])).map(|(id, row)| (*id, row)).collect();
        let bytes = |row: &Row| postcard::to_stdvec(row).map_err(|error| Violation(error.to_string()));
        let own: BTreeMap<EntityId, &Row> = disk.rows().map(|row| (row.id, row)).collect();
        ensure!(own.keys().eq(shown.keys()), "device {actor} has other rows than the server would show it");
        for (id, row) in shown {
            let same = own.get(&id).is_some_and(|own| bytes(own).is_ok() && bytes(own) == bytes(row));
            ensure!(same, "device {actor} has {id:?} as {:?}, the server {row:?}", own.get(&id));
        }
        for tab in device.tabs.iter().filter_map(|tab| tab.engine.as_ref().map(|engine| (engine, tab.leads))) {
            let (engine, leads) = tab;
            ensure!(engine.replica().view() == disk.view(), "device {actor} shows something else than its disk holds");
            let pill = engine.status().pill();
            let attention = engine.status().attention;
            let right = match pill {
                Pill::Synced => attention == 0,
                Pill::Attention { count } => count == attention && attention > 0,
                _ => false,
            };
            ensure!(!leads || right, "device {actor} says {pill:?} at rest");
        }
        Ok(())
    }

    /// Nothing is refused without need. A visible refusal loses nothing, but it is work for its author.
    fn check_refusals(&self, db: &Database) -> Check {
        for (actor, one) in &db.history {
            let PushResult::Rejected(refusal) = &one.result else { continue };
            let fair = match refusal {
                // Several edits that each kept the limits may break them together.
                Refusal::TooLong { .. } | Refusal::Empty => matches!(one.op, Op::TextEdit(_)),
                // Of a row that had left and came back.
                Refusal::TextBase => self.restricted,
                // What is gone takes along what would have been made in it.
                Refusal::NotFound | Refusal::Unknown { .. } => {
                    let view = one.entity.kind() == Kind::SavedView;
                    self.denied || !db.purged.is_empty() || self.restricted || view
                }
                // Only its owner takes a view back.
                Refusal::NotAllowed => self.restricted || one.entity.kind() == Kind::SavedView,
                _ => false,
            };
            ensure!(fair, "mutation {} of {actor} was refused without need: {refusal}; {:?}", one.n, one.op);
        }
        Ok(())
    }

    /// Every edit that was reported as saved is on the server once, or refused and visible to its author.
    fn check_saved(&self, db: &Database, devices: &[Device]) -> Check {
        let mut handled = BTreeMap::new();
        for (actor, one) in &db.history {
            let twice = handled.insert((*actor, one.n), one).is_some();
            ensure!(!twice, "the server has handled mutation {} of device {actor} twice", one.n);
        }
        for (dot, id) in &self.saved {
            let Some(one) = handled.get(dot) else {
                return Err(Violation(format!("mutation {dot:?} was reported as saved; the server never got it")));
            };
            ensure!(one.id == *id, "mutation {dot:?} on the server is another one");
            let Some(device) = devices.iter().find(|device| device.actor == dot.0) else { continue };
            let shown = device.disk()?.refused().any(|change| change.id == dot.1);
            match one.result {
                PushResult::Accepted(_) => {
                    ensure!(!shown, "mutation {dot:?} was accepted, its author is told otherwise");
                }
                PushResult::Rejected(_) => {
                    // With an edit that changes nothing any more nothing is lost.
                    let empty = matches!(&one.op, Op::TextEdit(edit) if edit.delta.is_noop());
                    let settled = empty || self.settled.contains(dot);
                    ensure!(shown || settled, "mutation {dot:?} was refused, its author cannot see it");
                    ensure!(
                        !shown || !self.settled.contains(dot),
                        "mutation {dot:?} was given up or sent again, and is back as refused"
                    );
                }
            }
        }
        Ok(())
    }
}
