//! Everything about an operation that can be checked without the row it changes.

use std::collections::BTreeMap;

use super::{Author, Create, Op, Refusal, Write};
use crate::field::{Field, TextField, Writer};
use crate::ids::{EntityId, Kind};
use crate::limits::{DELTA_STEPS, ELEMENTS_PER_MUTATION, TAG_CHARS};
use crate::register::Tag;
use crate::text::Delta;
use crate::value::Value;

impl Op {
    /// Checks an operation by itself. Both sides do: the app before it saves an edit, the server for each mutation
    /// alone, because one bad mutation must not hold up the others of its batch.
    pub fn validate(&self, author: Author) -> Result<(), Refusal> {
        if self.entity().kind() == Kind::Member && author != Author::Server {
            return Err(Refusal::NotAllowed);
        }
        match self {
            Self::Create(op) => create(op, author),
            Self::Write(op) => write(op, author),
            Self::TextEdit(op) if op.field.is_on(op.entity.kind()) => delta(&op.delta, op.field),
            Self::TextEdit(_) => Err(Refusal::InvalidValue),
            Self::Tags(op) => tags(&op.add).and_then(|()| tags(&op.remove)),
            Self::Relations(op) => {
                let own = op.add.iter().any(|relation| relation.task() == op.id);
                elements(op.add.len().max(op.remove.len()))?;
                if own { Err(Refusal::InvalidValue) } else { Ok(()) }
            }
            Self::Delete(_) | Self::Restore(_) | Self::Undo(_) => Ok(()),
        }
    }
}

/// What a row of a kind cannot do without.
pub fn required(kind: Kind) -> (TextField, &'static [Field]) {
    match kind {
        Kind::Project => (TextField::Name, &[]),
        Kind::Section => (TextField::Name, &[Field::Place]),
        Kind::Task => (TextField::Title, &[Field::Place]),
        Kind::Comment => (TextField::Body, &[Field::Subject]),
        Kind::Attachment => (TextField::Name, &[Field::Subject, Field::File]),
        Kind::CustomField => (TextField::Name, &[Field::FieldType]),
        Kind::SavedView => (TextField::Name, &[Field::Filter]),
        Kind::Member => (TextField::Name, &[Field::Role]),
    }
}

fn create(op: &Create, author: Author) -> Result<(), Refusal> {
    let kind = op.entity.kind();
    let (text, fields) = required(kind);
    if op.texts.get(&text).is_none_or(|text| text.trim().is_empty()) {
        return Err(Refusal::Empty);
    }
    texts(kind, &op.texts)?;
    for (field, value) in &op.values {
        let writer = field.spec().writer;
        if writer == Writer::Server && author != Author::Server {
            return Err(Refusal::NotAllowed);
        }
        written(op.entity, *field, value)?;
    }
    if fields.iter().any(|field| op.values.get(field).is_none_or(|value| *value == Value::Nothing)) {
        return Err(Refusal::InvalidValue);
    }
    if !op.tags.is_empty() && kind != Kind::Task {
        return Err(Refusal::InvalidValue);
    }
    tags(&op.tags)
}

fn texts(kind: Kind, texts: &BTreeMap<TextField, String>) -> Result<(), Refusal> {
    for (field, text) in texts {
        if !field.is_on(kind) {
            return Err(Refusal::InvalidValue);
        }
        characters(text, *field)?;
        if text.chars().count() > field.max_chars() {
            return Err(Refusal::too_long(field.max_chars()));
        }
    }
    Ok(())
}

fn write(op: &Write, author: Author) -> Result<(), Refusal> {
    match op.field.spec().writer {
        Writer::Creator => return Err(Refusal::NotAllowed),
        Writer::Server if author != Author::Server => return Err(Refusal::NotAllowed),
        Writer::Server | Writer::Member => {}
    }
    written(op.entity, op.field, &op.value)
}

/// Whether a row of this kind has the field, and the field can hold the value.
fn written(entity: EntityId, field: Field, value: &Value) -> Result<(), Refusal> {
    let kind = entity.kind();
    if !field.spec().on.contains(&kind) {
        return Err(Refusal::InvalidValue);
    }
    field.check(value)?;
    let Value::Place(place) = value else { return Ok(()) };
    let fits = match kind {
        Kind::Project => place.project.is_none() && place.section.is_none() && place.parent.is_none(),
        Kind::Section => place.project.is_some() && place.section.is_none() && place.parent.is_none(),
        _ => place.project.is_some() && place.parent.is_none_or(|parent| EntityId::from(parent) != entity),
    };
    if fits { Ok(()) } else { Err(Refusal::InvalidValue) }
}

/// Characters that a text of this field cannot have.
fn characters(text: &str, field: TextField) -> Result<(), Refusal> {
    let allowed = |c: char| !c.is_control() || (field.has_lines() && matches!(c, '\n' | '\t'));
    if text.chars().all(allowed) { Ok(()) } else { Err(Refusal::InvalidText) }
}

fn delta(delta: &Delta, field: TextField) -> Result<(), Refusal> {
    let limit = field.max_chars();
    if delta.steps().len() > DELTA_STEPS || delta.inserted().map(|text| text.chars().count()).sum::<usize>() > limit {
        return Err(Refusal::too_long(limit));
    }
    delta.inserted().try_for_each(|text| characters(text, field))
}

fn elements(count: usize) -> Result<(), Refusal> {
    let limit = u32::try_from(ELEMENTS_PER_MUTATION).unwrap_or(u32::MAX);
    if count > ELEMENTS_PER_MUTATION { Err(Refusal::InvalidTags { limit }) } else { Ok(()) }
}

fn tags(tags: &[Tag]) -> Result<(), Refusal> {
    let invalid = |tag: &Tag| {
        let text = tag.as_str();
        text.is_empty() || text.trim() != text || text.chars().count() > TAG_CHARS || text.chars().any(char::is_control)
    };
    let limit = u32::try_from(ELEMENTS_PER_MUTATION).unwrap_or(u32::MAX);
    elements(tags.len())?;
    if tags.iter().any(invalid) { Err(Refusal::InvalidTags { limit }) } else { Ok(()) }
}
