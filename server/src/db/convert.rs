//! Between the domain's types and PostgreSQL's.

use serde::Serialize;
use shared::clock::{Actor, Millis, Version};
use shared::date::Date;
use shared::hash::Hash;
use shared::ids::{EntityId, ProjectId, TaskId};
use shared::row::{Entity, Row, TextField};
use time::{Month, OffsetDateTime};
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

pub(super) fn date(date: Date) -> Option<time::Date> {
    let (year, month, day) = date.ymd();
    time::Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<String, DbError> {
    Ok(serde_json::to_string(value)?)
}

/// The name of an enum's variant, as on the wire.
pub(super) fn label<T: Serialize>(value: &T) -> Result<String, DbError> {
    Ok(json(value)?.trim_matches('"').to_owned())
}

pub(super) const PROJECT: &str = "project";
pub(super) const TASK: &str = "task";

pub(super) fn kind(entity: EntityId) -> &'static str {
    match entity {
        EntityId::Project(_) => PROJECT,
        EntityId::Task(_) => TASK,
    }
}

pub(super) fn entity(kind: &str, id: Uuid) -> Result<EntityId, DbError> {
    match kind {
        PROJECT => Ok(ProjectId(id).into()),
        TASK => Ok(TaskId(id).into()),
        _ => Err(DbError::Unreadable(format!("a row of kind {kind}"))),
    }
}

pub(super) fn field_name(field: TextField) -> &'static str {
    match field {
        TextField::Name => "name",
        TextField::Title => "title",
    }
}

pub(super) fn field(name: &str) -> Result<TextField, DbError> {
    match name {
        "name" => Ok(TextField::Name),
        "title" => Ok(TextField::Title),
        _ => Err(DbError::Unreadable(format!("a text in the field {name}"))),
    }
}

/// A row from its version and its `state` as text.
pub(super) fn row(ver: i64, state: &str) -> Result<Row, DbError> {
    let entity: Entity = serde_json::from_str(state)?;
    Ok(Row { ver: Version::from(unsigned(ver)), entity })
}
