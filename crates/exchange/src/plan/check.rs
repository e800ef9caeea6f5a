//! Whether what a file says is what is here, row by row.

use std::collections::{BTreeMap, HashMap};

use shared::ids::EntityId;
use shared::row::Row;

use super::find;
use crate::content::{Identities, RowHash, hash, row_hash};
use crate::parcel::{Here, Person};
use crate::report::Content;
use crate::resource::{Object, show};

/// A comparison.
#[derive(Debug)]
pub struct Check {
    stated: Option<String>,
    /// Who people are by the file, and who they are here.
    own: Identities,
    mapped: Identities,
    here: Identities,
    /// Of the file, as it is written.
    written: Vec<RowHash>,
    /// Of each row, with people as they are here.
    wanted: HashMap<EntityId, RowHash>,
    found: Vec<RowHash>,
    equal: usize,
}

impl Check {
    pub(super) fn new(stated: Option<String>, people: &BTreeMap<String, Person>, here: &Here) -> Self {
        let here_people = Identities::of(&here.people);
        let (mut own, mut mapped) = (Identities::default(), Identities::default());
        for (called, person) in people {
            let Ok(id) = called.parse() else { continue };
            let who = person.email.as_ref().unwrap_or(&person.name).to_lowercase();
            let found = find(called, person, here).and_then(|id| here_people.get(id));
            mapped.put(id, found.map_or_else(|| who.clone(), str::to_owned));
            own.put(id, who);
        }
        let (written, wanted, found) = (Vec::new(), HashMap::new(), Vec::new());
        Self { stated, own, mapped, here: here_people, written, wanted, found, equal: 0 }
    }

    /// Notes what the file says of a row.
    pub(super) fn want(&mut self, id: EntityId, object: &Object) {
        self.written.push(row_hash(id, object, &self.own));
        self.wanted.insert(id, row_hash(id, object, &self.mapped));
    }

    pub(super) fn wants(&self, id: EntityId) -> bool {
        self.wanted.contains_key(&id)
    }

    pub(super) fn see(&mut self, row: &Row) {
        let Some(wanted) = self.wanted.get(&row.id) else { return };
        let found = row_hash(row.id, &show(row), &self.here);
        self.equal += usize::from(found == *wanted);
        self.found.push(found);
    }

    pub(super) fn finish(self) -> Content {
        let written = self.written.len();
        let intact = self.stated.as_deref() == Some(hash(self.written).as_str());
        // A row that comes twice in the file is not what it says there.
        let equal = self.equal == self.wanted.len() && written == self.wanted.len();
        Content { stated: self.stated, intact, here: hash(self.found), equal }
    }
}
