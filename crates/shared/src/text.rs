//! Text that several people edit at once, merged character by character.
//!
//! Operational transformation against the server's order (Ellis & Gibbs, 1989; the client-server form of Jupiter,
//! Nichols et al., 1995). Because one party orders all edits, only the first transformation property is needed: for
//! concurrent `a` and `b`, `a` then `b'` and `b` then `a'` give the same text. Lengths are in Unicode scalar values.

mod cursor;

use std::collections::VecDeque;

use operational_transform::{Operation, OperationSeq};
use serde::{Deserialize, Serialize};

use crate::clock::{Actor, Counter, Version};
use crate::limits::DELTA_STEPS;

pub use cursor::{By, Selection};

/// One step of a [`Delta`], from left to right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Leave so many characters as they are.
    Keep(u32),
    /// Put these characters here.
    Insert(String),
    /// Take so many characters away.
    Delete(u32),
}

/// An edit of a text: steps that cover the whole of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Delta(Vec<Step>);

/// Why an edit and a text do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("the edit was made on another text")]
    WrongBase,
    #[error("the edit has more steps, or longer ones, than one edit may have")]
    TooLarge,
}

/// No step may be longer: keeps every sum of lengths far from overflow.
const STEP_CHARS: u32 = 10_000_000;

impl Delta {
    /// A delta from its steps.
    pub fn new(steps: Vec<Step>) -> Self {
        Self(steps)
    }

    /// The edit that turns `old` into `new`, in as few characters as a person would have typed.
    pub fn between(old: &str, new: &str) -> Self {
        let mut ops = OperationSeq::default();
        for chunk in dissimilar::diff(old, new) {
            match chunk {
                dissimilar::Chunk::Equal(text) => ops.retain(chars(text)),
                dissimilar::Chunk::Delete(text) => ops.delete(chars(text)),
                dissimilar::Chunk::Insert(text) => ops.insert(text),
            }
        }
        Self::from_ops(&ops)
    }

    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The characters this edit puts in.
    pub fn inserted(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|step| match step {
            Step::Insert(text) => Some(text.as_str()),
            Step::Keep(_) | Step::Delete(_) => None,
        })
    }

    /// How many characters longer (or shorter) the text becomes.
    pub fn growth(&self) -> i64 {
        let step = |step: &Step| match step {
            Step::Keep(_) => 0,
            Step::Insert(text) => i64::try_from(text.chars().count()).unwrap_or(i64::MAX),
            Step::Delete(count) => -i64::from(*count),
        };
        self.0.iter().map(step).fold(0, i64::saturating_add)
    }

    /// Whether applying it changes nothing.
    pub fn is_noop(&self) -> bool {
        self.0.iter().all(|step| matches!(step, Step::Keep(_)))
    }

    /// The text after the edit.
    pub fn apply(&self, text: &str) -> Result<String, TextError> {
        self.ops()?.apply(text).map_err(|_| TextError::WrongBase)
    }

    /// One edit that does what `self` and then `next` do.
    pub fn compose(&self, next: &Self) -> Result<Self, TextError> {
        let composed = self.ops()?.compose(&next.ops()?).map_err(|_| TextError::WrongBase)?;
        Ok(Self::from_ops(&composed))
    }

    /// The edit that takes `self`, made on `text`, back.
    pub fn invert(&self, text: &str) -> Result<Self, TextError> {
        let ops = self.ops()?;
        if ops.base_len() != text.chars().count() {
            return Err(TextError::WrongBase);
        }
        Ok(Self::from_ops(&ops.invert(text)))
    }

    /// For two edits of one text, `self` ordered first: what `self` becomes after `other`, and `other` after `self`.
    /// Where both insert at one place, `self`'s characters come first.
    pub fn transform(&self, other: &Self) -> Result<(Self, Self), TextError> {
        let (mine, theirs) = self.ops()?.transform(&other.ops()?).map_err(|_| TextError::WrongBase)?;
        Ok((Self::from_ops(&mine), Self::from_ops(&theirs)))
    }

    fn ops(&self) -> Result<OperationSeq, TextError> {
        if self.0.len() > DELTA_STEPS {
            return Err(TextError::TooLarge);
        }
        let mut ops = OperationSeq::with_capacity(self.0.len());
        for step in &self.0 {
            match step {
                Step::Keep(count) | Step::Delete(count) if *count > STEP_CHARS => return Err(TextError::TooLarge),
                Step::Keep(count) => ops.retain((*count).into()),
                Step::Insert(text) => ops.insert(text),
                Step::Delete(count) => ops.delete((*count).into()),
            }
        }
        Ok(ops)
    }

    fn from_ops(ops: &OperationSeq) -> Self {
        let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let step = |op: &Operation| match op {
            Operation::Retain(n) => Step::Keep(count(*n)),
            Operation::Insert(text) => Step::Insert(text.clone()),
            Operation::Delete(n) => Step::Delete(count(*n)),
        };
        Self(ops.ops().iter().map(step).collect())
    }
}

fn chars(text: &str) -> u64 {
    text.chars().count() as u64
}

/// One edit as the server applied it: an entry of a field's log of deltas.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextChange {
    pub ver: Version,
    pub actor: Actor,
    pub ctr: Counter,
    /// Applies to the text as it was just before `ver`.
    pub delta: Delta,
}

/// Carries an edit made on an older text over the changes that came after it, in their order.
pub fn transform_over(delta: &Delta, log: &[TextChange]) -> Result<Delta, TextError> {
    let mut delta = delta.clone();
    for change in log {
        (_, delta) = change.delta.transform(&delta)?;
    }
    Ok(delta)
}

/// Carries a device's waiting edits of one text over what the server did since.
///
/// `base` is the text the first of them was made on; `log` what the server did to it since, in order; `confirmed` the
/// last of the device's mutations that the server has handled. `pending` are the device's edits in their order, each
/// made on the result of the one before. Returns those not yet handled, made on the server's new text. A handled edit
/// that is not in the log was refused: the later ones are carried over its withdrawal. One that reached the server in
/// another form, because a copy of this device had carried it otherwise, counts as it is there.
pub fn rebase(
    base: &str,
    log: &[TextChange],
    actor: Actor,
    confirmed: Counter,
    pending: Vec<(Counter, Delta)>,
) -> Result<Vec<(Counter, Delta)>, TextError> {
    let mut text = base.to_owned();
    let mut pending = VecDeque::from(pending);
    for change in log {
        let own = pending.front().is_some_and(|(ctr, _)| change.actor == actor && change.ctr == *ctr);
        match pending.pop_front_if(|_| own) {
            Some((_, here)) if here == change.delta => {}
            Some((_, here)) => carry(&mut pending, here.invert(&text)?.compose(&change.delta)?)?,
            None => carry(&mut pending, change.delta.clone())?,
        }
        text = change.delta.apply(&text)?;
    }
    while let Some((_, refused)) = pending.pop_front_if(|(ctr, _)| *ctr <= confirmed) {
        carry(&mut pending, refused.invert(&text)?)?;
    }
    Ok(pending.into())
}

/// Carries edits, each made on the result of the one before, over a change of the text that the first was made on.
fn carry(edits: &mut VecDeque<(Counter, Delta)>, mut change: Delta) -> Result<(), TextError> {
    for (_, edit) in edits {
        (change, *edit) = change.transform(edit)?;
    }
    Ok(())
}
