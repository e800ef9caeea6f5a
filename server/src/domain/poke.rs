//! What the other devices of an organization are told of a push.

use serde::{Deserialize, Serialize};
use shared::clock::{Actor, Version};
use shared::ids::{CommentId, EntityId, OrgId, TaskId};
use shared::realtime::ServerMessage;
use shared::row::Row;
use shared::scope::{Access, Scope};

use super::push::PushDecision;

/// Changes that a poke names. Whoever changes more of them at once pokes without names: a poke stays far below the
/// 8,000 bytes that PostgreSQL carries in a notification, and no device is sent hundreds of messages for one pull.
pub const MOST_CHANGES: usize = 20;

/// An organization has reached a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poke {
    pub org: OrgId,
    pub ver: Version,
    /// The device that did it, which needs no poke.
    pub actor: Actor,
    /// Every change, where all of them have names, they are few, and every member may know of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<Change>>,
}

/// A change that has a message of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A task was made or changed.
    Task(TaskId),
    /// A comment was made, on a task.
    Comment(CommentId, TaskId),
}

impl Change {
    fn of(row: &Row) -> Option<Self> {
        match row.id {
            EntityId::Task(id) => Some(Self::Task(id)),
            EntityId::Comment(id) if row.created.ver == row.ver => Some(Self::Comment(id, row.subject()?.task)),
            _ => None,
        }
    }
}

impl Poke {
    /// What to tell of a push; nothing where it changed nothing.
    pub fn of(org: OrgId, decision: &PushDecision) -> Option<Self> {
        if decision.rows.is_empty() {
            return None;
        }
        let few = decision.rows.len() <= MOST_CHANGES;
        let public = |scope: &Scope, access: &Access| matches!(scope, Scope::Project(_)) && !access.private;
        let open = decision.states.iter().all(|(scope, state)| public(scope, &state.access));
        let changes = if few && open { decision.rows.values().map(Change::of).collect() } else { None };
        Some(Self { org, ver: decision.org.ver, actor: decision.device.actor, changes })
    }

    /// The messages of it.
    pub fn messages(&self) -> Vec<ServerMessage> {
        let ver = self.ver;
        let message = |change: &Change| match *change {
            Change::Task(id) => ServerMessage::TaskUpdated { id, ver },
            Change::Comment(id, task) => ServerMessage::CommentCreated { id, task, ver },
        };
        match &self.changes {
            Some(changes) => changes.iter().map(message).collect(),
            None => vec![ServerMessage::SyncRequired { ver }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn the_largest_poke_fits_into_a_notification() {
        let change = Change::Comment(CommentId(Uuid::max()), TaskId(Uuid::max()));
        let changes = Some(vec![change; MOST_CHANGES]);
        let poke = Poke { org: OrgId(Uuid::max()), ver: Version::MAX, actor: Actor::MAX, changes };
        let payload = serde_json::to_string(&poke).unwrap();
        assert!(payload.len() < 8_000 / 4, "{} bytes", payload.len());
        assert_eq!(serde_json::from_str::<Poke>(&payload).unwrap(), poke);
    }

    #[test]
    fn a_poke_names_the_tasks_or_asks_for_a_pull() {
        let (org, task) = (OrgId(Uuid::nil()), TaskId(Uuid::max()));
        let named = Poke { org, ver: 7, actor: 1, changes: Some(vec![Change::Task(task)]) };
        assert_eq!(named.messages(), [ServerMessage::TaskUpdated { id: task, ver: 7 }]);
        let unnamed = Poke { changes: None, ..named };
        assert_eq!(unnamed.messages(), [ServerMessage::SyncRequired { ver: 7 }]);
    }
}
