//! What must be true, from notes taken outside of the system: who was told that what is saved, which characters
//! somebody put in or took away, and what each writer saw when writing.
//!
//! While a world runs, every device must keep what it promised ([`tab`]). After it has healed, [`Oracle::judge`] looks
//! at everything: the outboxes, the server's history, the replicas, the texts ([`marks`]), and what concurrent writes
//! came to ([`causal`]).

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use engine::command::Command;
use engine::engine::Engine;
use engine::replica::Replica;
use engine::status::Pill;
use engine::store::Revision;
use engine::store::memory::MemoryStore;
use engine::view::View;
use shared::clock::{Actor, Counter, NOBODY};
use shared::field::TextField;
use shared::ids::{EntityId, Kind, MutationId};
use shared::mutation::{Mutation, Op, Refusal};
use shared::protocol::PushResult;
use shared::row::Row;

use crate::database::Database;
use crate::device::Device;
use crate::{Check, Violation, ensure};

pub mod aside;
pub mod causal;
pub mod lives;
pub mod marks;
pub mod mine;
pub mod replay;
pub mod tab;

/// A mutation of an actor.
pub type Dot = (Actor, Counter);

/// Who has reported a mutation as saved: the device that made it, and those that were copied from it since. With its
/// number there, or what it is called there since it was refused.
type Owners = BTreeMap<usize, Counter>;

/// The notes.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "six independent facts, not one state in disguise")]
pub struct Oracle {
    /// Every mutation that a device said it had saved.
    saved: BTreeMap<MutationId, Owners>,
    /// What was reported as saved by a device under a number, was confirmed, and then lost in a restore.
    lost: BTreeMap<(usize, Counter), MutationId>,
    /// Refused ones, by device and number, that their author has given up or sent again there.
    settled: BTreeSet<(usize, Counter)>,
    /// Whether a device was copied: what a copy wrote is not always known to have been seen by its next actor.
    cloned: bool,
    pub marks: marks::Marks,
    causal: causal::Causal,
    aside: aside::Aside,
    /// Whether the server's data ever got another epoch: a fetch anew knows less about what came when.
    reset: bool,
    /// Whether the server's data was ever put back to what it was before.
    pub restored: bool,
    /// Whether somebody was denied a row.
    denied: bool,
    /// Whether some members may do less than others.
    pub restricted: bool,
    /// Whether somebody wanted only a part of everything on a device.
    pub narrowed: bool,
}

/// What a tab showed and what its disk held, before something happened to it.
#[derive(Debug, Default)]
pub struct Before {
    revision: Option<Revision>,
    disk: Option<Rc<Replica>>,
    texts: BTreeMap<(EntityId, TextField), String>,
}

impl Before {
    pub fn of(engine: Option<&Engine<MemoryStore>>, disk: Option<Rc<Replica>>) -> Self {
        let Some(engine) = engine else { return Self { disk, ..Self::default() } };
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
    let mut ids: Vec<EntityId> = view.ids().collect();
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

    /// What was done without an account is an actor's from now on.
    pub fn signed_up(&mut self, account: Actor) {
        self.causal.rename(NOBODY, account);
    }

    /// Somebody is denied a row, once.
    pub fn denied(&mut self) {
        self.denied = true;
    }

    /// A device was copied: the copy owes what the original does.
    pub fn cloned(&mut self, original: usize, copy: usize) {
        self.cloned = true;
        for owners in self.saved.values_mut() {
            owners.extend(owners.get(&original).copied().map(|n| (copy, n)));
        }
        let lost = self.lost.iter().filter(|((device, _), _)| *device == original);
        let lost: Vec<_> = lost.map(|((_, n), id)| ((copy, *n), *id)).collect();
        self.lost.extend(lost);
        let settled: Vec<Counter> =
            self.settled.iter().filter(|(device, _)| *device == original).map(|(_, n)| *n).collect();
        self.settled.extend(settled.into_iter().map(|n| (copy, n)));
        self.aside.cloned(original, copy);
    }

    /// Whether a mutation of a device is also one of its copies'.
    pub fn is_shared(&self, device: usize, n: Counter) -> bool {
        if let Some(id) = self.aside.mutation(device, n) {
            return self.saved.contains_key(&id) || self.aside.is_elsewhere(device, id);
        }
        self.saved.values().any(|owners| owners.get(&device) == Some(&n) && owners.len() > 1)
    }

    pub fn has_clones(&self) -> bool {
        self.cloned
    }

    /// Takes notes of what a command has done to a device's disk.
    pub fn record(&mut self, device: usize, before: &Replica, after: &Replica, command: &Command) -> Check {
        if before.revision() == after.revision() {
            return Ok(());
        }
        let actor = after.meta().actor;
        if let Command::Retry(id) | Command::Discard(id) = command {
            self.settled.insert((device, *id));
        }
        let known: BTreeMap<Counter, &Mutation> = before.outbox().map(|mutation| (mutation.n, mutation)).collect();
        let kept = |one: &Mutation| known.get(&one.n).is_some_and(|old| old.id == one.id && old.op == one.op);
        let changed: Vec<&Mutation> = after.outbox().filter(|mutation| !kept(mutation)).collect();
        ensure!(changed.len() <= 1, "one command changed {} mutations", changed.len());
        let Some(mutation) = changed.first() else { return Ok(()) };
        let (dot, id) = ((actor, mutation.n), mutation.id);
        let composed = known.get(&mutation.n).map(|old| old.id);
        if let Some(old) = composed {
            ensure!(old != id, "mutation {dot:?} changed, and has the id of what it was");
            let shared = self.saved.remove(&old).is_none_or(|owners| owners.len() > 1);
            ensure!(!shared, "mutation {dot:?} was changed although a copy of the device has it");
            ensure!(mutation.n > before.meta().sent, "mutation {dot:?} was changed although it was sent");
            self.marks.rename(old, id);
        }
        self.saved.insert(id, [(device, mutation.n)].into());
        let entity = mutation.op.entity();
        for field in TextField::ALL.into_iter().filter(|field| field.is_on(entity.kind())) {
            let (was, is) = (text_of(before, entity, field), text_of(after, entity, field));
            if was != is {
                self.marks.record(id, (entity, field), &was, &is, command);
            }
        }
        if after.meta().renewing && matches!(mutation.op, Op::TextEdit(_)) {
            self.marks.compared(id);
        }
        if mutation.op.creates() && composed.is_none() {
            self.marks.record_creation(id, entity);
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
        self.marks.check(db, self.reset || self.rows_leave() || self.cloned)?;
        self.check_refused(db, devices)?;
        self.check_aside(devices)?;
        if !self.reset && !self.cloned {
            self.causal.check(db)?;
        }
        Ok(())
    }

    /// Whether rows leave devices, and come back.
    fn rows_leave(&self) -> bool {
        self.restricted || self.narrowed
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
        let kept = |scope| db.shows(actor, scope) && disk.meta().kept.wants(scope);
        let shown: BTreeMap<EntityId, &Row> =
            db.rows.iter().filter(|(id, _)| kept(db.scopes[id])).map(|(id, row)| (*id, row)).collect();
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
                // Made on one that was refused, or has never come back, because its row was away; or on a text that was
                // lost with its row, which others have made once more.
                Refusal::TextBase => self.rows_leave() || self.restored,
                Refusal::Repeated => self.restored && self.cloned,
                // What is gone takes along what would have been made in it.
                Refusal::NotFound | Refusal::Unknown { .. } => {
                    let view = one.entity.kind() == Kind::SavedView;
                    self.restored || self.denied || !db.purged.is_empty() || self.restricted || view
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
            // Copies that have numbered it anew may both send it, but it is done only once.
            let again = db.org.restored && one.ver.is_none() && handled.contains_key(&one.id);
            let twice = !again && handled.insert(one.id, one).is_some();
            ensure!(!twice, "the server has handled mutation {} of actor {actor} twice", one.n);
        }
        for (id, owners) in &self.saved {
            let Some(one) = handled.get(id) else {
                return Err(Violation(format!("{owners:?} reported a mutation as saved; the server never got it")));
            };
            for (number, n) in owners {
                let shown = devices[*number].disk()?.refused().any(|change| change.id == *n);
                match one.result {
                    PushResult::Accepted(_) => {
                        // What a life that is lost has refused, a copy may have sent to the present one; and of an
                        // edit that this device has given up, what it was.
                        let otherwise = self.restored && (self.cloned || marks::is_empty(&one.op));
                        let right = !shown || otherwise;
                        ensure!(right, "mutation {n} of device {number} was accepted, its author is told otherwise");
                    }
                    PushResult::Rejected(_) => {
                        let settled = self.settled.contains(&(*number, *n));
                        // With an edit that changes nothing any more nothing is lost.
                        // Nor with one that took away what a restore has lost.
                        let lost = self.restored && marks::takes_away(&one.op);
                        let empty = lost || marks::is_empty(&one.op);
                        ensure!(
                            shown || settled || empty,
                            "mutation {n} of {number} was refused, its author cannot see it"
                        );
                        // (It may be refused by each life that it is sent to.)
                        let back = shown && settled && !self.restored;
                        ensure!(!back, "mutation {n} of {number} was settled, and is back as refused");
                    }
                }
            }
        }
        Ok(())
    }

    /// A refused edit of a text stays with its author: every character of it, in its whole text.
    fn check_refused(&self, db: &Database, devices: &[Device]) -> Check {
        for (_, one) in &db.history {
            if marks::is_empty(&one.op) {
                self.check_given_up(one.id, devices)?;
                continue;
            }
            let (PushResult::Rejected(refusal), Op::TextEdit(edit)) = (&one.result, &one.op) else { continue };
            // Of what a restore has lost, nothing is left to take away.
            let lost = self.restored && marks::takes_away(&one.op);
            if lost || *refusal == Refusal::Repeated {
                continue;
            }
            let owners = self.saved.get(&one.id).into_iter().flatten();
            for (number, n) in owners.filter(|(number, n)| !self.settled.contains(&(**number, **n))) {
                let disk = devices[*number].disk()?;
                let Some(change) = disk.refused().find(|change| change.id == *n) else {
                    return Err(Violation(format!("mutation {} of {number} was refused and is gone", one.n)));
                };
                let Some(text) = &change.text else { continue };
                for mark in edit.delta.inserted().flat_map(str::chars).filter(|c| marks::is_mark(*c)) {
                    let kept = text.contains(mark);
                    ensure!(kept, "mutation {} of {number} was refused, and some of it is lost", one.n);
                }
            }
        }
        Ok(())
    }

    /// An edit that its author's device has given up: what was typed is among what was refused there.
    fn check_given_up(&self, id: MutationId, devices: &[Device]) -> Check {
        for number in self.saved.get(&id).into_iter().flat_map(BTreeMap::keys) {
            // What is sent again or discarded from there is not followed.
            if self.settled.iter().any(|(device, _)| device == number) {
                continue;
            }
            let disk = devices[*number].disk()?;
            let kept = |c| disk.refused().any(|change| change.text.as_ref().is_some_and(|text| text.contains(c)));
            let lost = self.marks.only_by(id).find(|c| !kept(*c));
            ensure!(lost.is_none(), "device {number} has given up an edit, and {lost:?} of it is lost");
        }
        Ok(())
    }
}
