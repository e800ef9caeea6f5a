//! Between the domain's types and PostgreSQL's.

use serde::Serialize;
use shared::clock::{Actor, Millis};
use shared::field::TextField;
use shared::hash::Hash;
use shared::ids::{EntityId, Kind};
use shared::row::Row;
use shared::scope::{Scope, Stage};
use shared::value::Role;
use time::OffsetDateTime;
use uuid::Uuid;

use super::DbError;

/// A version or a counter. What a client sends may be larger than any that exists: the largest stands for those.
pub(super) fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

pub(super) fn actor(number: i64) -> Result<Actor, DbError> {
    Actor::try_from(number).map_err(|_| DbError::Unreadable(format!("actor {number}")))
}

pub(super) fn bits(hash: Hash) -> i64 {
    hash.0.cast_signed()
}

pub(super) fn hash(bits: i64) -> Hash {
    Hash(bits.cast_unsigned())
}

pub(super) fn timestamp(millis: Millis) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

pub(super) fn millis(timestamp: OffsetDateTime) -> Millis {
    Millis::try_from(timestamp.unix_timestamp_nanos() / 1_000_000).unwrap_or(Millis::MAX)
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<String, DbError> {
    Ok(serde_json::to_string(value)?)
}

/// The role of this name.
pub(super) fn role(name: &str) -> Result<Role, DbError> {
    let known = Role::ALL.into_iter().find(|role| role.name() == name);
    known.ok_or_else(|| DbError::Unreadable(format!("the role {name}")))
}

/// The row that a kind and an id name.
pub(super) fn entity(kind: &str, id: Uuid) -> Result<EntityId, DbError> {
    let kind: Kind = kind.parse().map_err(|_| DbError::Unreadable(format!("a row of kind {kind}")))?;
    Ok(kind.of(id))
}

pub(super) fn scope(name: &str) -> Result<Scope, DbError> {
    name.parse().map_err(|_| DbError::Unreadable(format!("the scope {name}")))
}

/// The names of scopes.
pub(super) fn names(scopes: &[Scope]) -> Vec<String> {
    scopes.iter().map(Scope::to_string).collect()
}

/// A stage by its place among the stages.
pub(super) fn stage_number(stage: Stage) -> i16 {
    Stage::ALL.iter().zip(0..).find(|(other, _)| **other == stage).map_or(0, |(_, number)| number)
}

pub(super) fn field(name: &str) -> Result<TextField, DbError> {
    name.parse().map_err(|_| DbError::Unreadable(format!("a text in the field {name}")))
}

/// A row from its `state` as text.
pub(super) fn row(state: &str) -> Result<Row, DbError> {
    Ok(serde_json::from_str(state)?)
}
