//! What a push depends on, read under the organization's lock, and what it writes. One statement per table, however
//! many mutations there are.

mod load;
mod write;

use std::collections::BTreeMap;

use shared::clock::{Actor, Counter, Version};
use shared::hash::Checksum;
use shared::ids::{EntityId, Epoch, MutationId, TaskId};
use shared::protocol::PushResult;
use shared::row::Row;
use shared::scope::Scope;
use shared::text::TextChange;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::convert::{hash, scope, unsigned};
use super::{DbError, OrgTx};
use crate::domain::push::{Accepted, OrgClock, Prefix, ScopeState, Stored, TextKey};

/// What [`crate::domain::push::Needs`] asked for.
#[derive(Debug, Default)]
pub struct Loaded {
    pub rows: BTreeMap<EntityId, Row>,
    pub scopes: BTreeMap<EntityId, Scope>,
    pub states: BTreeMap<Scope, ScopeState>,
    pub dependents: BTreeMap<TaskId, BTreeMap<EntityId, Version>>,
    pub parents: BTreeMap<TaskId, TaskId>,
    pub logs: BTreeMap<TextKey, Vec<TextChange>>,
    pub stored: BTreeMap<Counter, Stored>,
    pub elsewhere: BTreeMap<MutationId, PushResult>,
    pub prefixes: BTreeMap<String, Prefix>,
    pub undone: BTreeMap<(Actor, Counter), Accepted>,
}

/// Of the organization `o`, which is `$1`.
pub(super) const ORG_CLOCK_COLUMNS: &str =
    "o.epoch, o.ver, o.floor, EXISTS (SELECT FROM ended_epochs WHERE org_id = $1)";

pub(super) fn org_clock_statement() -> String {
    format!("SELECT {ORG_CLOCK_COLUMNS} FROM organizations o WHERE o.id = $1")
}

pub(super) fn org_clock((epoch, ver, floor, restored): (Uuid, i64, i64, bool)) -> OrgClock {
    OrgClock { epoch: Epoch(epoch), ver: unsigned(ver), floor: unsigned(floor), restored }
}

/// A scope's name, access and checksum.
pub(super) type ScopeColumns = (String, String, i64);

pub(super) fn scope_state((name, access, bits): ScopeColumns) -> Result<(Scope, ScopeState), DbError> {
    Ok((scope(&name)?, ScopeState { access: serde_json::from_str(&access)?, checksum: Checksum(hash(bits)) }))
}

impl OrgTx {
    /// Takes the organization's place in line: until the end of the transaction nobody else moves its version. Comes
    /// before anything is read that a decision depends on.
    pub async fn lock(&mut self) -> Result<OrgClock, DbError> {
        let org = self.org().0;
        let clock = sqlx::query_as(AssertSqlSafe(format!("{} FOR UPDATE", org_clock_statement())))
            .bind(org)
            .fetch_optional(self.connection())
            .await?;
        // There is no such organization for whoever names one that does not exist.
        Ok(org_clock(clock.ok_or(DbError::SignedOut)?))
    }
}
