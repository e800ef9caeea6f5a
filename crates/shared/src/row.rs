//! A row: anything that is synced, with everything that merging needs, as stored and as pulled.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::{Millis, Stamp, Version};
use crate::field::{Field, TextField};
use crate::ids::{CommentId, EntityId, Kind, ProjectId};
use crate::limits::KEPT_FOR;
use crate::policy::Resolution;
use crate::register::{Life, Reg, Set, Sibling, Tag};
use crate::relation::Relation;
use crate::text::TextChange;
use crate::value::{Place, Subject, Value};

/// A project, a task, a comment…
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub id: EntityId,
    /// Of the last change; `0` while the row is only on a device.
    pub ver: Version,
    pub created: Stamp,
    /// The last write to any of its fields.
    pub updated: Stamp,
    pub life: Life,
    /// Merged by character. One that is empty is not there.
    pub texts: BTreeMap<TextField, String>,
    /// One that nobody has written is not there.
    pub values: BTreeMap<Field, Reg<Value>>,
    pub tags: Set<Tag>,
    pub relations: Set<Relation>,
    /// Values that lost against another and were then overwritten by somebody who had seen both, the oldest first.
    /// Those that have lost but not been overwritten are still in `values`.
    pub lost: Vec<Lost>,
}

/// A value that a merge has set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lost {
    pub field: Field,
    pub value: Value,
    /// Who wrote it.
    pub stamp: Stamp,
    /// When it left its field: the ledger keeps it for [`KEPT_FOR`] from here.
    pub since: Millis,
}

/// The log of one text field of a row, as far back as somebody needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextLog {
    pub field: TextField,
    /// In the server's order.
    pub changes: Vec<TextChange>,
}

impl Row {
    /// A row that has just been made and holds nothing.
    pub fn new(id: EntityId, created: Stamp) -> Self {
        Self {
            id,
            ver: created.ver,
            created,
            updated: created,
            life: Life::default(),
            texts: BTreeMap::new(),
            values: BTreeMap::new(),
            tags: Set::default(),
            relations: Set::default(),
            lost: Vec::new(),
        }
    }

    /// The text in a field, if this kind of row has the field.
    pub fn text(&self, field: TextField) -> Option<&str> {
        field.is_on(self.id.kind()).then(|| self.texts.get(&field).map_or("", String::as_str))
    }

    pub(crate) fn set_text(&mut self, field: TextField, text: String) {
        if text.is_empty() {
            self.texts.remove(&field);
        } else {
            self.texts.insert(field, text);
        }
    }

    /// What a field says, and whether a person should look. `None` if nobody has written it.
    pub fn resolve(&self, field: Field) -> Option<Resolution> {
        self.values.get(&field)?.resolve(field.spec().rule)
    }

    /// The value of a field; [`Value::Nothing`] if nobody has written it.
    pub fn value(&self, field: Field) -> Value {
        self.resolve(field).map_or(Value::Nothing, |resolution| resolution.value)
    }

    /// Whether a rule could not decide between concurrent values of some field.
    pub fn needs_review(&self) -> bool {
        self.unsettled().next().is_some()
    }

    /// The fields whose concurrent values no rule could decide between.
    pub fn unsettled(&self) -> impl Iterator<Item = Field> {
        let several = self.values.iter().filter(|(_, reg)| reg.siblings().len() > 1);
        several.map(|(field, _)| *field).filter(|field| self.resolve(*field).is_some_and(|found| found.review))
    }

    /// Where it stands; nowhere, if it has no place.
    pub fn place(&self) -> Place {
        match self.value(Field::Place) {
            Value::Place(place) => place,
            _ => Place::default(),
        }
    }

    /// What a comment or a file is about.
    pub fn subject(&self) -> Option<Subject> {
        match self.value(Field::Subject) {
            Value::Subject(subject) => Some(subject),
            _ => None,
        }
    }

    /// The project that this row is in, as far as the row itself says. A project is in itself.
    pub fn project(&self) -> Option<ProjectId> {
        match self.id {
            EntityId::Project(id) => Some(id),
            _ => self.place().project,
        }
    }

    /// Whether it was deleted up to this version of the organization, and so is not kept any more. Of members who have
    /// left the names are needed as long as anything that they wrote.
    pub fn is_gone_at(&self, floor: Version) -> bool {
        self.life.is_deleted() && self.ver <= floor && self.id.kind() != Kind::Member
    }

    /// Whether the server has put it with the finished work of its project, and nothing has happened to it since:
    /// whoever touches it takes it out again.
    pub fn is_filed(&self) -> bool {
        let filed = self.values.get(&Field::Filed).map(Reg::siblings).unwrap_or_default();
        filed.iter().any(|sibling| sibling.stamp.ver == self.ver)
    }

    /// Every write that the row remembers.
    pub fn stamps(&self) -> impl Iterator<Item = &Stamp> {
        let values = self.values.values().flat_map(Reg::siblings).map(|sibling| &sibling.stamp);
        let sets = self.tags.stamps().chain(self.relations.stamps());
        std::iter::once(&self.created).chain(values).chain(sets).chain(self.life.deletions())
    }

    /// Gives a field that only the server writes its value.
    pub fn assign(&mut self, field: Field, value: Value, stamp: Stamp) {
        self.values.entry(field).or_default().write(stamp, value);
    }

    /// Keeps a value that has left its field with a write, and lets go of those that were kept long enough by then.
    pub(crate) fn keep_lost(&mut self, field: Field, lost: Sibling<Value>, write: Stamp) {
        // A write that was made offline, long ago, takes the value away only now: not before the row's last change.
        let since = write.at.max(self.updated.at);
        self.lost.retain(|kept| since.saturating_sub(kept.since) < KEPT_FOR);
        self.lost.push(Lost { field, value: lost.value, stamp: lost.stamp, since });
    }
}

impl Subject {
    /// The rows that must exist for it.
    pub fn rows(&self) -> impl Iterator<Item = EntityId> + use<> {
        let answered: Option<CommentId> = self.reply_to;
        std::iter::once(EntityId::from(self.task)).chain(answered.map(EntityId::from))
    }
}

impl Place {
    /// The rows that must exist for it.
    pub fn rows(&self) -> impl Iterator<Item = EntityId> + use<> {
        let project = self.project.map(EntityId::from);
        let section = self.section.map(EntityId::from);
        let parent = self.parent.map(EntityId::from);
        project.into_iter().chain(section).chain(parent)
    }
}
