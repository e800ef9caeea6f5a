//! Texts: every character that somebody put in and nobody took away is there, exactly once.
//!
//! Members of a simulated world type *marks*: characters of the supplementary private use areas, each of which is
//! typed once in a world. So whatever happens to a text, who typed a character and who deleted it is known from what
//! they saw change, and a loss or a double application shows.

use std::collections::{BTreeMap, BTreeSet};

use engine::command::Command;
use shared::field::TextField;
use shared::ids::{EntityId, MutationId};
use shared::mutation::Op;
use shared::text::Delta;

use crate::database::Database;
use crate::{Check, ensure};

/// The first of the characters that serve as marks.
pub const FIRST_MARK: u32 = 0xf_0000;

/// Whether an operation asks for nothing: what it was to do, its author's device has refused.
pub fn is_empty(op: &Op) -> bool {
    matches!(op, Op::TextEdit(edit) if edit.delta.is_noop())
}

/// Whether an operation takes away characters of a text, and does nothing else.
pub fn takes_away(op: &Op) -> bool {
    matches!(op, Op::TextEdit(edit) if edit.delta.inserted().next().is_none())
}

pub fn is_mark(c: char) -> bool {
    u32::from(c) >= FIRST_MARK
}

/// What is known of the marks.
#[derive(Debug, Default)]
pub struct Marks {
    made: u32,
    of: BTreeMap<char, Mark>,
    /// The mutations that made a row: one, unless a refused creation was sent again.
    created: BTreeMap<EntityId, Vec<MutationId>>,
    /// Edits that may have been carried over a difference, because their rows were fetched anew: what they took away
    /// may have come back.
    compared: BTreeSet<MutationId>,
}

#[derive(Debug)]
struct Mark {
    entity: EntityId,
    field: TextField,
    /// The mutations that put it in: one, unless a refused text was sent again.
    inserted: Vec<MutationId>,
    /// The mutations after which it was gone for their author.
    deleted: Vec<MutationId>,
    /// An edit took it out and put it back, because it replaced a whole passage.
    rewritten: bool,
}

impl Marks {
    /// A mark that nobody has typed yet.
    pub fn fresh(&mut self) -> Option<char> {
        self.made += 1;
        char::from_u32(FIRST_MARK + self.made - 1)
    }

    /// Takes notes of a row that somebody made.
    pub fn record_creation(&mut self, id: MutationId, entity: EntityId) {
        self.created.entry(entity).or_default().push(id);
    }

    /// An edit waits while its row is fetched anew.
    pub fn compared(&mut self, id: MutationId) {
        self.compared.insert(id);
    }

    /// A mutation that was not sent has become another one.
    pub fn rename(&mut self, old: MutationId, new: MutationId) {
        if self.compared.contains(&old) {
            self.compared.insert(new);
        }
        let noted = self.of.values_mut().flat_map(|mark| mark.inserted.iter_mut().chain(&mut mark.deleted));
        for id in noted.chain(self.created.values_mut().flatten()).filter(|id| **id == old) {
            *id = new;
        }
    }

    /// Takes notes of what a command changed in the text that its author sees.
    pub fn record(
        &mut self,
        id: MutationId,
        text: (EntityId, TextField),
        before: &str,
        after: &str,
        command: &Command,
    ) {
        let (entity, field) = text;
        let marks = |text: &str| -> BTreeSet<char> { text.chars().filter(|c| is_mark(*c)).collect() };
        let (then, now) = (marks(before), marks(after));
        for mark in now.difference(&then) {
            let new = Mark { entity, field, inserted: Vec::new(), deleted: Vec::new(), rewritten: false };
            self.of.entry(*mark).or_insert(new).inserted.push(id);
        }
        for mark in then.difference(&now) {
            if let Some(mark) = self.of.get_mut(mark) {
                mark.deleted.push(id);
            }
        }
        let (from, to) = match command {
            Command::EditText { from, to, .. } if field.has_lines() => (from.as_str(), to.as_str()),
            Command::EditText { from, to, .. } => (from.as_str(), to.trim()),
            _ => (before, after),
        };
        for mark in Delta::between(from, to).inserted().flat_map(str::chars).filter(|c| from.contains(*c)) {
            if let Some(mark) = self.of.get_mut(&mark) {
                mark.rewritten = true;
            }
        }
    }

    /// The marks that one mutation alone has put in, and nobody has taken out.
    pub fn only_by(&self, id: MutationId) -> impl Iterator<Item = char> {
        let only = move |mark: &Mark| mark.inserted == [id] && mark.deleted.is_empty() && !mark.rewritten;
        self.of.iter().filter(move |(_, mark)| only(mark)).map(|(c, _)| *c)
    }

    /// Whether a mark may leave somebody's view: it was taken away, or what put it in was refused, or its row was.
    pub fn may_vanish(&self, mark: char, refused: impl Fn(MutationId) -> bool) -> bool {
        let Some(mark) = self.of.get(&mark) else { return true };
        let all = |ids: &[MutationId]| ids.iter().all(|id| refused(*id));
        !mark.deleted.is_empty() || all(&mark.inserted) || self.created.get(&mark.entity).is_some_and(|ids| all(ids))
    }

    /// Whether the texts hold what was typed, and what was refused is with its author.
    pub fn check(&self, db: &Database, reset: bool) -> Check {
        let accepted: BTreeSet<MutationId> = db
            .history
            .iter()
            .filter(|(_, one)| one.ver.is_some() && !is_empty(&one.op))
            .map(|(_, one)| one.id)
            .collect();
        let text = |mark: &Mark| db.rows.get(&mark.entity).and_then(|row| row.text(mark.field)).unwrap_or_default();
        for (c, mark) in self.of.iter().filter(|(_, mark)| !db.purged.contains(&mark.entity)) {
            let count = text(mark).chars().filter(|other| other == c).count();
            let inserted = mark.inserted.iter().filter(|id| accepted.contains(id)).count();
            let deleted = mark.deleted.iter().any(|id| accepted.contains(id));
            let number = u32::from(*c) - FIRST_MARK;
            let story =
                || format!("mark {number} of {:?} ({mark:?}) is there {count} times: {:?}", mark.entity, text(mark));
            // (Whoever has replaced a passage put in again what was there, though it was lost meanwhile.)
            let again = mark.rewritten && db.org.restored;
            ensure!(inserted > 0 || count == 0 || again, "refused, and yet: {}", story());
            ensure!(deleted || inserted == 0 || count > 0, "lost: {}", story());
            ensure!(mark.rewritten || count <= inserted, "doubled: {}", story());
            let reset = reset || mark.deleted.iter().any(|id| self.compared.contains(id));
            let gone = deleted && mark.inserted.len() == 1 && !mark.rewritten && !reset;
            ensure!(!gone || count == 0, "deleted, and yet: {}", story());
        }
        Ok(())
    }
}
