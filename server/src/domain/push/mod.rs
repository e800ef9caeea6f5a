//! A push: what a device's mutations make of the organization's rows.
//!
//! "Decide, then do": [`needs`] says what to load, [`decide`] says what to write, and neither does anything. What the
//! decision keeps:
//!
//! - **Gapless.** A device's mutations are numbered 1, 2, 3…; a repeated one is answered with its stored result, a
//!   number that skips is refused, and a history that differs from the one the server knows has forked.
//! - **One order.** Each accepted mutation takes the organization's next version, a refused one takes none.
//! - **Nothing blocks.** A mutation that can never be accepted keeps its number and its refusal; those behind it run.
//! - **Nobody's clock decides.** A time is clamped to [what its writer had seen, the server's now].
//!
//! The caller holds the organization's lock from before it loads until it has written, so that nobody else moves the
//! version meanwhile.

mod batch;
mod needs;
mod scopes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use shared::clock::{Actor, Counter, Millis, Version};
use shared::field::TextField;
use shared::hash::chain;
use shared::ids::{EntityId, Epoch, MutationId, ProjectId, TaskId};
use shared::limits::MUTATIONS_PER_PUSH;
use shared::merge::Inverse;
use shared::mutation::{Mutation, Op};
use shared::protocol::{LastMutation, NumberedResult, OLDEST_SCHEMA, PushRequest, PushResponse, PushResult, SCHEMA};
use shared::row::Row;
use shared::scope::{Reader, Scope};
use shared::text::TextChange;

pub use needs::{Needs, needs};
pub use scopes::{Departure, ScopeState};

use batch::Batch;

/// Where an organization stands in its order of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrgClock {
    pub epoch: Epoch,
    /// The version of the last accepted mutation.
    pub ver: Version,
    /// Rows deleted at or before this version may be gone for good.
    pub floor: Version,
    /// Whether a life of the data has ended before this one: devices may have numbered anew what waits.
    pub restored: bool,
}

/// How far a device's mutations have been handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceClock {
    pub actor: Actor,
    pub last: LastMutation,
}

/// What came of a mutation that was handled before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub id: MutationId,
    pub result: PushResult,
}

/// The prefix of a project's task keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    pub project: ProjectId,
    /// The last number that was given with it.
    pub last_number: u64,
}

/// An accepted mutation that could be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub entity: EntityId,
    pub ver: Version,
    pub inverse: Inverse,
}

/// One text of one row.
pub type TextKey = (EntityId, TextField);

/// Everything a decision depends on: what [`needs`] asked for, read under the organization's lock.
#[derive(Clone, Debug)]
pub struct PushInput<'a> {
    pub org: OrgClock,
    pub device: DeviceClock,
    /// Whose push it is; `None`: the server's own.
    pub reader: Option<Reader>,
    /// Those of [`Needs::entities`] that exist.
    pub rows: BTreeMap<EntityId, Row>,
    /// The scopes of these, and of [`Self::dependents`].
    pub scopes: BTreeMap<EntityId, Scope>,
    /// The states of these scopes, of everyone's and of the reader's own, as far as there are any.
    pub states: BTreeMap<Scope, ScopeState>,
    /// What is about the tasks of [`Needs::moved()`], and its versions.
    pub dependents: BTreeMap<TaskId, BTreeMap<EntityId, Version>>,
    /// The changes that [`Needs::texts`] asks for, in the server's order.
    pub logs: BTreeMap<TextKey, Vec<TextChange>>,
    /// The results of this device's mutations whose numbers [`Needs::results`] holds.
    pub stored: BTreeMap<Counter, Stored>,
    /// Of the mutations that are new in their number, those that were handled under another one, with their results.
    pub elsewhere: BTreeMap<MutationId, PushResult>,
    /// The parents of [`Needs::parents`], and theirs, as far up as there are any.
    pub parents: BTreeMap<TaskId, TaskId>,
    /// What [`Needs::all_prefixes`] and [`Needs::numbered`] ask for.
    pub prefixes: BTreeMap<String, Prefix>,
    /// Those of [`Needs::undone`] that were accepted, of the same member.
    pub undone: BTreeMap<(Actor, Counter), Accepted>,
    pub now: Millis,
    pub request: &'a PushRequest,
}

/// Why a push as a whole cannot be handled. Nothing of it has been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushProblem {
    #[error(
        "This server speaks schema {SCHEMA}, the request is of schema {0}. Reload the app to get its newest version."
    )]
    Schema(u16),
    #[error("The server's data is of another epoch than the request. Pull first.")]
    Epoch,
    #[error("A push holds at most {MUTATIONS_PER_PUSH} mutations, this one {0}. Send them in several pushes.")]
    TooMany(usize),
    #[error("The mutations of a push are numbered one after the other from 1 or later; {0} is out of place.")]
    OutOfPlace(Counter),
    #[error("The request is of another actor than the access token.")]
    OtherActor,
    #[error("The last mutation handled is {last}, so the next one must be {last} + 1. Send the missing ones first.")]
    Gap { last: Counter },
    #[error(
        "Mutation {at} does not continue the history that the server knows of this device: its data was copied or \
         restored. Sign in as a new device; waiting changes are kept."
    )]
    Forked { at: Counter },
}

/// One mutation that was handled now: an entry of the organization's history, and what a repeat is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handled {
    pub n: Counter,
    pub id: MutationId,
    pub entity: EntityId,
    pub op: Op,
    /// What its author had seen, as far as that existed.
    pub ctx: Version,
    /// When, after clamping.
    pub at: Millis,
    /// Its place in the order; `None` when it was refused.
    pub ver: Option<Version>,
    pub result: PushResult,
    /// What would take it back.
    pub inverse: Option<Inverse>,
}

/// An entry of a text's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEntry {
    pub entity: EntityId,
    pub field: TextField,
    pub change: TextChange,
}

/// What to write, all of it or nothing, and what to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushDecision {
    pub org: OrgClock,
    pub device: DeviceClock,
    /// The rows that changed, as they are after the push.
    pub rows: BTreeMap<EntityId, Row>,
    /// The scopes of these rows, and of those that came into another scope without a change of their own.
    pub scopes: BTreeMap<EntityId, Scope>,
    /// With which version a row came into another scope.
    pub moved: BTreeMap<EntityId, Version>,
    pub departures: Vec<Departure>,
    /// The scopes that changed.
    pub states: BTreeMap<Scope, ScopeState>,
    pub texts: Vec<TextEntry>,
    /// In the order of their numbers.
    pub handled: Vec<Handled>,
    /// Those that are new or have given numbers.
    pub prefixes: BTreeMap<String, Prefix>,
    pub response: PushResponse,
}

/// Checks what can be checked before anything is loaded.
pub fn check(request: &PushRequest) -> Result<(), PushProblem> {
    if !(OLDEST_SCHEMA..=SCHEMA).contains(&request.schema) {
        return Err(PushProblem::Schema(request.schema));
    }
    if request.mutations.len() > MUTATIONS_PER_PUSH {
        return Err(PushProblem::TooMany(request.mutations.len()));
    }
    let mut expected = request.mutations.first().map_or(1, |first| first.n.max(1));
    for mutation in &request.mutations {
        if mutation.n != expected {
            return Err(PushProblem::OutOfPlace(mutation.n));
        }
        expected = expected.checked_add(1).ok_or(PushProblem::OutOfPlace(mutation.n))?;
    }
    Ok(())
}

/// Decides what becomes of a push.
pub fn decide(input: PushInput<'_>) -> Result<PushDecision, PushProblem> {
    check(input.request)?;
    if input.request.actor != input.device.actor {
        return Err(PushProblem::OtherActor);
    }
    if input.request.epoch != input.org.epoch {
        return Err(PushProblem::Epoch);
    }
    let (repeated, new) = split(&input)?;
    let mut results = repeated_results(repeated, &input.stored)?;
    continues(new, input.device.last)?;
    let mut batch = Batch::new(input);
    for mutation in new {
        let result = batch.handle(mutation);
        results.push(NumberedResult { n: mutation.n, result });
    }
    Ok(batch.finish(results))
}

/// The mutations that were handled before, and those that are new.
fn split<'a>(input: &PushInput<'a>) -> Result<(&'a [Mutation], &'a [Mutation]), PushProblem> {
    let last = input.device.last.n;
    let mutations = &input.request.mutations;
    let (repeated, new) = mutations.split_at(mutations.partition_point(|mutation| mutation.n <= last));
    match new.first() {
        Some(first) if first.n - last > 1 => Err(PushProblem::Gap { last }),
        _ => Ok((repeated, new)),
    }
}

fn repeated_results(
    repeated: &[Mutation],
    stored: &BTreeMap<Counter, Stored>,
) -> Result<Vec<NumberedResult>, PushProblem> {
    let result = |mutation: &Mutation| match stored.get(&mutation.n) {
        Some(stored) if stored.id == mutation.id => Ok(NumberedResult { n: mutation.n, result: stored.result.clone() }),
        _ => Err(PushProblem::Forked { at: mutation.n }),
    };
    repeated.iter().map(result).collect()
}

/// Each new mutation must carry the hash of the history before it.
fn continues(new: &[Mutation], last: LastMutation) -> Result<(), PushProblem> {
    let mut hash = last.hash;
    for mutation in new {
        if mutation.prev_hash != hash {
            return Err(PushProblem::Forked { at: mutation.n });
        }
        hash = chain(hash, mutation.n, mutation.id);
    }
    Ok(())
}
